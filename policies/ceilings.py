"""Yearly ceilings and points: how an amount is limited and a ratio raised or lowered."""

from __future__ import annotations

from decimal import Decimal

from policies.money import ZERO, positive
from policies.rules import Figure
from policies.worksheet import Worksheet

WHOLE = Decimal(1)
NOTHING = Decimal(0)


def limited(amount: Decimal, ceiling: Figure, used: Decimal, sheet: Worksheet, what: str) -> Decimal:
    """`amount` as far as it fits into what `used` has left of the yearly ceiling; the worksheet shows both."""
    left = positive(ceiling.value - used)
    sheet.write("年度限额尚余", left, ceiling, "%s − %s", ceiling.value, used)
    return sheet.write(what, min(amount, left), ceiling, "%s 与 %s 取低", amount, left)


def points(ratio: Decimal, change: Decimal, source: str | Figure, sheet: Worksheet, what: str) -> Decimal:
    """`ratio` raised (or with a negative `change` lowered) by percentage points, kept between nothing and the whole."""
    changed = min(max(ratio + change / 100, NOTHING), WHOLE)
    return sheet.write(what, changed, source, "%s 加 %s 个百分点", ratio, change)


def paid_above(in_scope: Decimal, deductible: Decimal) -> Decimal:
    """What lies above a deductible that never exceeds the costs themselves."""
    return in_scope - deductible if in_scope > deductible else ZERO
