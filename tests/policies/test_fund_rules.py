"""Rules that no trial calculation asks for: premiums, interest, surpluses, deadlines, recognised diseases."""

from datetime import date
from decimal import Decimal

import pytest

from policies import shelf
from policies.binzhou_2021 import fund as binzhou_fund
from policies.binzhou_2021 import intake
from policies.jinzhong_2017 import fund, recognised
from policies.rules import NotSet
from policies.shapes import NotUnderstood

JINZHONG = shelf.regulation("jinzhong_2017").rules(date(2025, 3, 1))
BINZHOU = shelf.regulation("binzhou_2021").rules(date(2025, 3, 1))
POSTED = {"demand_preferential": Decimal("0.0036"), "term_three_months": Decimal("0.0110")}


def yuan(text):
    return Decimal(text)


@pytest.mark.article("JZ06.3")
@pytest.mark.parametrize(("heads", "amount"), [(0, "0.00"), (1, "50.00"), (1200, "60000.00")])
def test_the_fund_pays_fifty_yuan_a_head_for_critical_illness_insurance(heads, amount):
    assert fund.premium(heads, JINZHONG) == yuan(amount)


@pytest.mark.article("JZ29")
@pytest.mark.parametrize(
    ("account", "amount"), [("income", "900.00"), ("expenditure", "900.00"), ("special", "2750.00")]
)
def test_the_special_account_earns_the_term_rate_and_the_others_the_demand_rate(account, amount):
    assert fund.interest(account, yuan("1000000.00"), 90, POSTED, JINZHONG) == yuan(amount)


@pytest.mark.article("JZ29")
def test_an_account_without_a_rate_is_refused_by_name():
    with pytest.raises(NotUnderstood) as refused:
        fund.interest("cash", yuan("1.00"), 1, POSTED, JINZHONG)
    assert refused.value.field == "account"


@pytest.mark.article("JZ13.2")
def test_special_drugs_are_paid_at_their_own_ratio_up_to_the_ceiling():
    rules = JINZHONG.given({"special_drugs.ratio": Decimal("0.70")})
    assert recognised.special_drugs("breast_cancer", yuan("10000.00"), yuan("0.00"), rules).amount == yuan("7000.00")
    assert recognised.special_drugs("breast_cancer", yuan("10000.00"), yuan("399000.00"), rules).amount == yuan("1000")


@pytest.mark.article("JZ13.2")
def test_other_diseases_have_no_special_drugs_and_an_unset_ratio_is_not_guessed():
    refused = recognised.special_drugs("hypertension", yuan("10000.00"), yuan("0.00"), JINZHONG)
    assert (refused.amount, refused.reason.article) == (0, "JZ13.2")
    with pytest.raises(NotSet):
        recognised.special_drugs("breast_cancer", yuan("10000.00"), yuan("0.00"), JINZHONG)


@pytest.mark.article("JZ13.3")
@pytest.mark.parametrize(
    ("disease", "age", "amount"),
    [
        ("pku_classic", 18, "750.00"),
        ("pku_classic", 19, "0.00"),
        ("pku_with_disability", 30, "750.00"),
        ("bh4_deficiency", 30, "750.00"),
        ("asthma", 10, "0.00"),
    ],
)
def test_classic_pku_is_paid_up_to_eighteen_and_its_graver_forms_at_any_age(disease, age, amount):
    rules = JINZHONG.given({"metabolic.ratio": Decimal("0.75")})
    paid = recognised.metabolic(disease, age, yuan("1000.00"), yuan("0.00"), rules)
    assert paid.amount == yuan(amount)
    assert (paid.reason is None) == (paid.amount > 0)


@pytest.mark.article("BZ15")
def test_chronic_diseases_are_paid_by_the_citys_notice_and_not_before_it():
    rules = BINZHOU.given({"chronic.ratio": Decimal("0.60"), "chronic.limit": Decimal("3000.00")})
    assert intake.chronic(yuan("1000.00"), yuan("0.00"), rules) == yuan("600.00")
    assert intake.chronic(yuan("1000.00"), yuan("2500.00"), rules) == yuan("500.00")
    with pytest.raises(NotSet):
        intake.chronic(yuan("1000.00"), yuan("0.00"), BINZHOU)


@pytest.mark.article("BZ25.2")
@pytest.mark.parametrize(("filed_on", "late"), [(date(2025, 6, 30), False), (date(2025, 7, 1), True)])
def test_a_years_costs_are_claimed_by_the_end_of_june(filed_on, late):
    reason = intake.too_late(date(2024, 12, 31), filed_on, BINZHOU)
    assert (reason is not None) == late
    assert reason is None or reason.article == "BZ25.2"


@pytest.mark.article("BZ33.1")
@pytest.mark.parametrize(
    ("expenditure", "cumulative", "warned"),
    [
        ("850.00", "250.00", 0),  # exactly 15% and 25% are within the limits
        ("849.99", "250.00", 1),
        ("850.00", "250.01", 1),
        ("849.99", "250.01", 2),
    ],
)
def test_a_surplus_above_its_limit_is_warned_of(expenditure, cumulative, warned):
    told = binzhou_fund.warnings(yuan("1000.00"), yuan(expenditure), yuan(cumulative), BINZHOU)
    assert [reason.article for reason in told] == ["BZ33.1"] * warned
