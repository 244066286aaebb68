"""Jinzhong's recognised outpatient diseases whose costs critical illness insurance pays at ratios of its own."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from policies.money import positive, yuan
from policies.rules import Figure, Rules
from policies.shapes import Reason

CLASSIC, WITH_DISABILITY, BH4 = "pku_classic", "pku_with_disability", "bh4_deficiency"


class Paid(NamedTuple):
    """What critical illness insurance pays, in yuan, or the reason why it pays nothing."""

    amount: Decimal
    reason: Reason | None = None


def special_drugs(disease: str, cost: Decimal, used: Decimal, rules: Rules) -> Paid:
    """Special drugs for a disease on the list, at their own ratio, within what `used` leaves of the ceiling [JZ13.2].

    Raises NotSet while the province has not set the ratio.
    """
    listed = rules.words("special_drugs.diseases")
    if disease not in listed.value:
        return Paid(Decimal("0.00"), Reason(listed.article, "该疾病的药品不属于大病保险支付的特殊药品"))
    return _within_ceiling(cost, used, rules("special_drugs.ratio"), rules)


def metabolic(disease: str, age: int, cost: Decimal, used: Decimal, rules: Rules) -> Paid:
    """Classic phenylketonuria up to 18 years, and at any age with intellectual disability or for want of BH4 [JZ13.3].

    Raises NotSet while the province has not set the ratio.
    """
    oldest = rules("metabolic.classic_age")
    if disease not in (CLASSIC, WITH_DISABILITY, BH4):
        return Paid(Decimal("0.00"), Reason(oldest.article, "不属于纳入大病保险支付的遗传代谢病"))
    if disease == CLASSIC and age > oldest.value:
        return Paid(Decimal("0.00"), Reason(oldest.article, f"经典型苯丙酮尿症只纳入{oldest.value}周岁及以下"))
    return _within_ceiling(cost, used, rules("metabolic.ratio"), rules)


def _within_ceiling(cost: Decimal, used: Decimal, ratio: Figure, rules: Rules) -> Paid:
    return Paid(min(yuan(ratio.value * cost), positive(rules("critical_illness.ceiling").value - used)))
