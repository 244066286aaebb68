"""The year's collection in Jinzhong: the autumn window, the late payer's own account, then the next year's window."""

from __future__ import annotations

from datetime import date, timedelta

from policies import collecting, covering
from policies.collecting import CLOSED, LATE, Phase
from policies.rules import Rules


def phases(year: int, rules: Rules) -> tuple[Phase, ...]:
    """The phases of the collection for `year`: once the next window opens it takes the next year's payments only."""
    following = covering.window(year + 1, rules)
    return collecting.follow(
        collecting.main(year, rules),
        (LATE, "逾期补缴期", following.opens - timedelta(days=1), rules("cover.late_days").article),
        (CLOSED, "不再受理", date(year, 12, 31), following.article),
    )
