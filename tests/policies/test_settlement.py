"""Paying institutions for a month and a year, told as sentences."""

from __future__ import annotations

from dataclasses import astuple
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import shelf
from policies.settling import Band, Case, Grade, MonthAnswer, MonthQuestion, YearAnswer, YearQuestion
from policies.shapes import NotUnderstood

CITIES = ("xuzhou_2023", "jinzhong_2017", "binzhou_2021", "panzhihua_2023")
HALF_TO_120 = (Band(Decimal("1.20"), Decimal("0.50")),)
MILLION = Decimal("1000000.00")
BY_SCORE = (Grade(Decimal(90), Decimal("1.00")), Grade(Decimal(0), Decimal("0.80")))


def month(policy: str = "jinzhong_2017", **asked: object) -> MonthAnswer:
    fields = {
        name: Decimal(value) if isinstance(value, str) and name != "method" else value for name, value in asked.items()
    }
    return shelf.regulation(policy).month(MonthQuestion(**fields))  # type: ignore[arg-type]


def year(approved: str, policy: str = "jinzhong_2017", **asked: object) -> YearAnswer:
    fields: dict[str, object] = {"budget": MILLION, "paid": Decimal("900000.00"), "bands": HALF_TO_120, **asked}
    return shelf.regulation(policy).year(YearQuestion(Decimal(approved), **fields))  # type: ignore[arg-type]


def told(answer: MonthAnswer | YearAnswer) -> list[str]:
    return [str(amount) for amount in astuple(answer)[:-1]]


@pytest.mark.article("JZ23", "JZ22.2")
def test_what_exceeds_the_budget_to_date_is_held() -> None:
    answer = month(
        claimed="500000.00", deducted="12000.00", budget_to_date="900000.00", approved_before="450000.00",
        deposit_rate="0.05",
    )  # fmt: skip
    assert told(answer) == ["488000.00", "450000.00", "38000.00", "22500.00", "427500.00"]


@pytest.mark.article("XZ28.3")
def test_a_budget_used_up_holds_the_whole_month_and_never_turns_negative() -> None:
    answer = month(claimed="100.00", budget_to_date="50.00", approved_before="80.00", deposit_rate="0.05")
    assert told(answer) == ["100.00", "0.00", "100.00", "0.00", "0.00"]


@pytest.mark.article("BZ29")
def test_a_month_of_more_deductions_than_claims_is_owed_back() -> None:
    answer = month("binzhou_2021", claimed="100.00", deducted="150.01", budget_to_date="0.00")
    assert told(answer) == ["-50.01", "-50.01", "0.00", "0.00", "-50.01"]


@pytest.mark.article("JZ22.2")
@pytest.mark.parametrize("policy", CITIES)
def test_five_percent_may_be_withheld_and_not_a_hair_more(policy: str) -> None:
    assert told(month(policy, claimed="100.10", deposit_rate="0.05"))[3:] == ["5.01", "95.09"]
    with pytest.raises(NotUnderstood) as refusal:
        month(policy, claimed="100.00", deposit_rate="0.0501")
    assert refusal.value.field == "deposit_rate"


@pytest.mark.article("XZ26.2", "BZ13.2")
def test_heads_are_paid_one_twelfth_of_the_quota() -> None:
    answer = month("xuzhou_2023", method="capitation", heads=12000, quota="96.00", deposit_rate="0.05")
    assert told(answer) == ["96000.00", "96000.00", "0.00", "4800.00", "91200.00"]
    assert month("xuzhou_2023", method="capitation", heads=7, quota="100.01").approved == Decimal("58.34")


@pytest.mark.article("JZ23", "BZ29")
def test_days_and_diseases_are_paid_by_their_rates() -> None:
    assert month(method="per_diem", days=31, rate="180.50").approved == Decimal("5595.50")
    cases = (Case(quota_share=Decimal("5000.00")), Case(quota_share=Decimal("7200.50")))
    assert month("binzhou_2021", method="per_disease", cases=cases).approved == Decimal("12200.50")
    assert month(method="per_disease").approved == Decimal("0.00")


@pytest.mark.article("PZ21")
def test_groups_are_rounded_case_by_case_and_what_others_paid_is_taken_off() -> None:
    one = (Case(weight=Decimal("1.2500"), paid_by_others=Decimal("2100.00")),)
    answer = month(
        "panzhihua_2023", method="drg", cases=one, base_rate="6800.00", coefficient="1.05", deposit_rate="0.05"
    )
    assert told(answer) == ["6825.00", "6825.00", "0.00", "341.25", "6483.75"]
    three = tuple(Case(weight=Decimal("0.3337")) for _ in range(3))
    assert month("panzhihua_2023", method="drg", cases=three, base_rate="6800.00", coefficient="1.05").approved == (
        Decimal("7147.86")
    )


@pytest.mark.article("XZ26.1")
def test_an_unknown_method_is_named() -> None:
    with pytest.raises(NotUnderstood) as refusal:
        month(method="by_feeling")
    assert refusal.value.field == "method"


@pytest.mark.article("XZ28.3", "JZ22.2")
@pytest.mark.parametrize(
    ("approved", "fund", "institution", "due"),
    [
        ("1000000.00", "0.00", "0.00", "100000.00"),
        ("1150000.00", "75000.00", "75000.00", "175000.00"),
        ("1200000.00", "100000.00", "100000.00", "200000.00"),
        ("1300000.00", "100000.00", "200000.00", "200000.00"),
    ],
)
def test_overspending_is_shared_in_its_band_and_borne_above_it(
    approved: str, fund: str, institution: str, due: str
) -> None:
    answer = year(approved)
    assert (str(answer.fund_share), str(answer.institution_share), str(answer.due)) == (fund, institution, due)


@pytest.mark.article("XZ28.3")
def test_bands_are_taken_in_rising_order_however_they_are_written() -> None:
    bands = (Band(Decimal("1.20"), Decimal("0.40")), Band(Decimal("1.05"), Decimal("0.80")))
    assert year("1100000.00", bands=bands).fund_share == Decimal("60000.00")
    assert year("1100000.00", bands=()).fund_share == Decimal("0.00")


@pytest.mark.article("XZ28.3")
def test_savings_are_shared_and_the_institution_may_owe() -> None:
    answer = year("800000.00", savings_share=Decimal("0.50"), paid=Decimal("950000.00"))
    assert (str(answer.savings_kept), str(answer.due)) == ("100000.00", "-50000.00")
    assert year("800000.00", budget=None).due == Decimal("-100000.00")


@pytest.mark.article("JZ22.2")
@pytest.mark.parametrize(("score", "returned"), [("90", "270000.00"), ("89.99", "216000.00")])
def test_deposits_come_back_by_the_score(score: str, returned: str) -> None:
    answer = year("6000000.00", deposits=Decimal("270000.00"), score=Decimal(score), quality=BY_SCORE)
    assert str(answer.deposit_returned) == returned


@pytest.mark.article("JZ22.2")
def test_deposits_without_a_score_or_a_grade_are_asked_for() -> None:
    with pytest.raises(NotUnderstood) as refusal:
        year("6000000.00", deposits=Decimal("1.00"), quality=BY_SCORE)
    assert refusal.value.field == "score"
    with pytest.raises(NotUnderstood) as refusal:
        year("6000000.00", deposits=Decimal("1.00"), score=Decimal(50), quality=BY_SCORE[:1])
    assert refusal.value.field == "quality"


def test_the_national_rule_settles_nothing() -> None:
    for ask in (lambda: month("national_2024"), lambda: year("1.00", "national_2024")):
        with pytest.raises(NotUnderstood) as refusal:
            ask()
        assert refusal.value.field == "policy"


MONEY = st.decimals(0, 10_000_000, places=2)


@pytest.mark.article("JZ22.2", "XZ28.3")
@given(claimed=MONEY, deducted=MONEY, budget=MONEY, before=MONEY, rate=st.decimals(0, "0.05", places=3))
def test_the_parts_of_a_month_add_up(
    claimed: Decimal, deducted: Decimal, budget: Decimal, before: Decimal, rate: Decimal
) -> None:
    deducted = min(claimed, deducted)
    answer = month(claimed=claimed, deducted=deducted, budget_to_date=budget, approved_before=before, deposit_rate=rate)
    assert answer.approved == claimed - deducted == answer.within + answer.held
    assert answer.within == answer.deposit + answer.payable
    assert min(answer.within, answer.held, answer.deposit, answer.payable) >= 0


@pytest.mark.article("XZ28.3")
@given(approved=MONEY, more=MONEY, budget=MONEY)
def test_more_care_is_never_carried_less(approved: Decimal, more: Decimal, budget: Decimal) -> None:
    less, greater = (year(str(amount), budget=budget, paid=Decimal(0)) for amount in (approved, approved + more))
    assert less.over == less.fund_share + less.institution_share
    assert less.due <= greater.due


@pytest.mark.parametrize("policy", CITIES)
def test_every_answer_shows_its_sum(policy: str) -> None:
    assert month(policy, claimed="10.00").steps[-1].amount == Decimal("10.00")
    assert year("1150000.00", policy).steps[-1].amount == Decimal("175000.00")
