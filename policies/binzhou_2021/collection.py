"""The year's collection in Binzhou: the last quarter, then the late payer's transition (BZ11.1, BZ11.2)."""

from __future__ import annotations

from datetime import date

from policies import collecting
from policies.collecting import LATE, Phase
from policies.rules import Rules


def phases(year: int, rules: Rules) -> tuple[Phase, ...]:
    """The phases of the collection for `year`, to the end of the coverage year."""
    late = rules("cover.transition_days")
    return collecting.follow(
        collecting.main(year, rules), (LATE, "逾期缴费（过渡期）", date(year, 12, 31), late.article)
    )
