"""Who covers a county's deficit in Binzhou."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import shelf
from policies.settling import GapAnswer, GapQuestion
from policies.shapes import NotUnderstood

MONEY = st.decimals(0, 10_000_000, places=2)


def gap(deficit: Decimal | str, rolling: Decimal | str, reserve: Decimal | str, plan_met: bool = True) -> GapAnswer:
    question = GapQuestion(Decimal(deficit), Decimal(rolling), plan_met, Decimal(reserve))
    return shelf.regulation("binzhou_2021").gap(question)


def parts(answer: GapAnswer) -> list[str]:
    return [str(part) for part in (answer.from_rolling, answer.from_reserve, answer.from_county, answer.uncovered)]


@pytest.mark.article("BZ35.2")
def test_rolling_balance_first_then_forty_to_sixty() -> None:
    assert parts(gap("3000000.00", "1000000.00", "900000.00")) == ["1000000.00", "800000.00", "1200000.00", "0.00"]


@pytest.mark.article("BZ35.2")
def test_what_the_reserve_lacks_is_left_to_the_city() -> None:
    assert parts(gap("3000000.00", "1000000.00", "500000.00")) == ["1000000.00", "500000.00", "1200000.00", "300000.00"]


@pytest.mark.article("BZ35.3")
def test_a_county_that_missed_its_plan_pays_the_rest_alone() -> None:
    assert parts(gap("3000000.00", "1000000.00", "500000.00", plan_met=False)) == [
        "1000000.00",
        "0.00",
        "2000000.00",
        "0.00",
    ]


@pytest.mark.article("BZ35.2")
def test_a_balance_below_zero_gives_nothing_and_a_large_one_gives_all() -> None:
    assert parts(gap("100.00", "-5.00", "500.00")) == ["0.00", "40.00", "60.00", "0.00"]
    assert parts(gap("100.00", "100.00", "500.00")) == ["100.00", "0.00", "0.00", "0.00"]


@pytest.mark.article("BZ35.2", "BZ35.3")
@given(deficit=MONEY, rolling=MONEY, reserve=MONEY, plan_met=st.booleans())
def test_the_parts_are_the_deficit(deficit: Decimal, rolling: Decimal, reserve: Decimal, plan_met: bool) -> None:
    answer = gap(deficit, rolling, reserve, plan_met)
    shares = (answer.from_rolling, answer.from_reserve, answer.from_county, answer.uncovered)
    assert sum(shares) == deficit
    assert min(shares) >= 0


@pytest.mark.parametrize("policy", ["xuzhou_2023", "jinzhong_2017", "panzhihua_2023", "national_2024"])
def test_the_other_texts_do_not_say_and_are_named(policy: str) -> None:
    with pytest.raises(NotUnderstood) as refusal:
        shelf.regulation(policy).gap(GapQuestion(Decimal(1), Decimal(0), True, Decimal(0)))
    assert refusal.value.field == "policy"
