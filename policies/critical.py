"""Critical illness insurance: the part of the year's compliant personal costs above the threshold."""

from __future__ import annotations

from decimal import Decimal

from policies.ceilings import limited
from policies.money import ZERO, positive, yuan
from policies.rules import NotSet, Rules
from policies.shapes import Reason, YearToDate
from policies.worksheet import Worksheet


def critical_illness(
    compliant: Decimal, before: YearToDate, rules: Rules, sheet: Worksheet
) -> tuple[Decimal, tuple[Reason, ...]]:
    """Yuan paid for `compliant` on top of what the year had before, and the reason where the figures are not set.

    Only what this claim lifts above the threshold counts, limited to what is left of the yearly ceiling.
    """
    try:
        threshold = rules("critical_illness.threshold")
        ratio = rules("critical_illness.ratio")
        ceiling = rules("critical_illness.ceiling")
    except NotSet as silent:
        return ZERO, (Reason(silent.article, f"大病保险未计算：{silent.message}"),)
    already = positive(before.compliant_personal - threshold.value)
    above = positive(before.compliant_personal + compliant - threshold.value) - already
    sheet.write(
        "大病保险起付线以上新增", above, threshold, "%s + %s 超过 %s 的部分，减去此前已超过的 %s",
        before.compliant_personal, compliant, threshold.value, already,
    )  # fmt: skip
    paid = sheet.write("大病保险按比例", yuan(ratio.value * above), ratio, "%s × %s", above, ratio.value)
    return limited(paid, ceiling, before.critical_illness, sheet, "大病保险支付"), ()
