"""No fen of difference between the product and a second reading of the texts, over thousands of requests of each kind.

SECOND_READING_COUNT sets how many of each kind, SECOND_READING_SEED which ones.
"""

import os
from decimal import Decimal
from typing import Any

import pytest

from policies import estimate, shelf
from policies.estimate.claim import read
from tests.policies.second_reading import claim, comparison, settled, settlement, year

COUNT = int(os.environ.get("SECOND_READING_COUNT", "4000"))
SEED = int(os.environ.get("SECOND_READING_SEED", "2025"))


@pytest.mark.parametrize("kind", comparison.READINGS)
def test_the_second_reading_comes_to_the_same_fen(kind: str) -> None:
    assert list(comparison.differences(estimate.answer, kind, COUNT, SEED)) == []


@pytest.mark.parametrize("kind", comparison.READINGS)
def test_a_broken_request_is_answered_with_its_faulty_field(kind: str) -> None:
    assert list(comparison.unnamed_faults(estimate.answer, kind, COUNT // 5, SEED)) == []


def _number(value: Any) -> Any:
    """A parameter as the product's functions take it, alone or by level."""
    return {tier: Decimal(one) for tier, one in value.items()} if isinstance(value, dict) else Decimal(value)


def _year_after(request: dict[str, Any]) -> dict[str, Any]:
    """The counters of the year as the product leaves them after one claim."""
    parameters = {name: _number(value) for name, value in request["parameters"].items()}
    left = shelf.regulation(request["policy"]).benefit(read(request), parameters).year_to_date
    sums = {name: f"{getattr(left, name):.2f}" for name in year.SUMS}
    return {**{name: getattr(left, name) for name in year.COUNTS}, **sums}


def test_the_year_adds_up_to_the_same_fen() -> None:
    assert list(comparison.year_differences(_year_after, COUNT // 20, SEED)) == []


@pytest.mark.parametrize(("field", "request_", "expected"), settled.CASES)
def test_both_readings_agree_with_the_settled_cases(field: str, request_: dict[str, Any], expected: str) -> None:
    assert claim.read(request_)[field] == expected
    assert estimate.answer("claim", request_)[field] == expected


@pytest.mark.parametrize(("approved", "carried"), settled.YEAR_END)
def test_both_readings_agree_on_the_settled_year_end(approved: str, carried: Decimal) -> None:
    request = settled.year_end(approved)
    assert Decimal(settlement.read(request)["due"]) == carried
    assert Decimal(estimate.answer("settlement", request)["due"]) == carried
