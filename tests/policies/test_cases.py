"""Every case of the casebook, asked of the very function that pages, jobs and the command use."""

from collections import defaultdict

import pytest

from policies import estimate
from tests.policies import casebook

BOOK = list(casebook.load())


@pytest.mark.parametrize("case", BOOK, ids=lambda case: case.label)
def test_the_case_is_answered_as_the_texts_settle_it(case):
    answer = estimate.answer(case.kind, dict(case.request))
    assert not casebook.differences(case, answer), f"{case.label}\n{case.request}\n{answer}"


def test_a_twin_never_stands_alone():
    twins = defaultdict(list)
    for case in BOOK:
        if case.twin:
            twins[case.source, case.twin].append(case)
    alone = [key for key, cases in twins.items() if len(cases) < 2]
    same = [key for key, cases in twins.items() if len({repr((c.expect, c.reason, c.no_reason)) for c in cases}) < 2]
    assert not alone and not same


def test_no_case_is_told_twice():
    labels = [case.label for case in BOOK]
    assert len(labels) == len(set(labels))
