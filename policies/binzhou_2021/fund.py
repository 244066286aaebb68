"""How much of a year's money Binzhou's fund may keep, and the warnings above it."""

from __future__ import annotations

from decimal import Decimal

from policies.rules import Rules
from policies.shapes import Reason


def warnings(income: Decimal, expenditure: Decimal, cumulative: Decimal, rules: Rules) -> tuple[Reason, ...]:
    """What to warn of, in yuan of one year: a surplus above 15% of its income, a cumulative one above 25% [BZ33.1]."""
    told = []
    for name, kept, parameter in (
        ("当年结余", income - expenditure, "surplus.year_limit"),
        ("累计结余", cumulative, "surplus.cumulative_limit"),
    ):
        limit = rules(parameter)
        if kept > income * limit.value:
            told.append(Reason(limit.article, f"{name}{kept}元，超过当年基金收入{income}元的{limit.value:.0%}"))
    return tuple(told)
