"""The rows of articles.yaml: well formed, unique, pointing at code that exists, and proved on both sides."""

from collections import Counter, defaultdict
from importlib import import_module
from pathlib import Path

import pytest

from office import articles
from policies import shelf
from tests.policies import casebook

TESTS = Path(__file__).parent.parent
ROWS = articles.rows(TESTS)
KINDS = {"rule", "process", "model"}


def test_ids_are_unique_and_every_row_speaks_two_languages():
    assert [row for row, count in Counter(row.id for row in ROWS).items() if count > 1] == []
    assert [row.id for row in ROWS if row.kind not in KINDS or not row.asks.strip() or not row.asks_zh.strip()] == []
    assert {row.regulation for row in ROWS} == set(shelf.codes())


@pytest.mark.parametrize("reference", sorted({reference for row in ROWS for reference in row.code}))
def test_a_reference_to_code_can_be_imported(reference):
    module, _, name = reference.partition(":")
    assert callable(getattr(import_module(module), name))


def test_a_rule_is_proved_on_both_sides_of_its_boundary():
    """By twins of the casebook, or by a marked test, which holds both sides itself."""
    groups = defaultdict(list)
    for case in casebook.load():
        if case.twin:
            groups[case.source, case.twin].append(case)
    twinned = {article for cases in groups.values() if len(cases) > 1 for case in cases for article in case.articles}
    marked = {row.id for row in ROWS if any("::" in test for test in row.tests)}
    assert [row.id for row in ROWS if row.kind == "rule" and row.id not in twinned | marked] == []


def test_every_figure_cites_an_article_of_its_regulation():
    for code in shelf.codes():
        known = {row.id for row in ROWS if row.regulation == code}
        cited = {entry.article for entry in shelf.regulation(code).figures()}
        assert cited <= known, (code, cited - known)
