"""What Binzhou asks of a bill before it is worked out: the last day for claiming, and the chronic diseases apart."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from policies.covering import falls
from policies.money import positive, yuan
from policies.rules import Rules
from policies.shapes import Reason


def too_late(discharged: date, filed_on: date, rules: Rules) -> Reason | None:
    """Costs of a year are claimed by 30 June of the next one; the reason why a later claim is refused [BZ25.2]."""
    last_day = rules.text("claims.last_day")
    last = falls(last_day.value, discharged.year + 1)
    if filed_on <= last:
        return None
    return Reason(last_day.article, f"{discharged.year}年度的医药费用最迟于{last}报结，{filed_on}逾期不予支付")


def chronic(in_scope: Decimal, used: Decimal, rules: Rules) -> Decimal:
    """Yuan paid for a recognised chronic disease, within what `used` leaves of the yearly limit [BZ15].

    Raises NotSet while the city's notice has not set ratio and limit.
    """
    ratio, limit = rules("chronic.ratio"), rules("chronic.limit")
    return min(yuan(ratio.value * in_scope), positive(limit.value - used))
