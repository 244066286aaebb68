"""The year's collection in Xuzhou: the last quarter, the renewal until 31 March, then the wait (XZ08.4, XZ10.2)."""

from __future__ import annotations

from datetime import date

from policies import collecting, covering
from policies.collecting import LATE, WAIT, Phase
from policies.rules import Rules


def phases(year: int, rules: Rules) -> tuple[Phase, ...]:
    """The phases of the collection for `year`, to the end of the coverage year."""
    renewal = rules.text("contribution.renewal.closes")
    wait = rules("cover.waiting_months")
    return collecting.follow(
        collecting.main(year, rules),
        (LATE, "续保补缴期", covering.falls(renewal.value, year), renewal.article),
        (WAIT, "补缴等待期", date(year, 12, 31), wait.article),
    )
