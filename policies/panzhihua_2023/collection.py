"""The year of collecting in Panzhihua: a window that a notice sets, then the wait; one standard, not too low (PZ08)."""

from __future__ import annotations

from datetime import date

from policies import collecting
from policies.collecting import WAIT, Phase
from policies.rules import Figure, Rules


def phases(year: int, rules: Rules) -> tuple[Phase, ...]:
    """The phases of the collection for `year`. Raises NotSet where no notice has set the window."""
    return collecting.follow(collecting.main(year, rules), (WAIT, "期外参保（等待期）", date(year, 12, 31), "PZ11"))


def minimum(year: int, rules: Rules) -> Figure:
    """The least that the State lets a person pay for `year`. Raises NotSet where no notice has told it."""
    return rules("contribution.individual.minimum", str(year))
