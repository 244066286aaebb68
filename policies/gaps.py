"""Where a regulation has no answer, by name: the days outside its term, the parameters that no notice has set."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from policies.rules import Entry

TERM = "regulation.until"  # the parameter by which a city extends its regulation
_DAY = timedelta(days=1)


class Gap(NamedTuple):
    """Days, both inclusive, on which something is open: the whole regulation or one parameter for one tier or for all."""

    parameter: str
    tier: str
    since: date
    until: date
    article: str
    name: str
    setter: str

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.since <= day <= self.until


def outside(since: date, until: date | None, first: date, last: date, articles: tuple[str, str]) -> list[Gap]:
    """The days from `first` to `last` on which the regulation is not in force; `articles` set its first and last day."""
    found = []
    if first < since:
        found.append(Gap(TERM, "", first, min(last, since - _DAY), articles[0], "尚未施行", "有权机关"))
    if until is not None and until < last:
        found.append(Gap(TERM, "", max(first, until + _DAY), last, articles[1], "有效期已满", "有权机关"))
    return found


def unset(entries: Iterable[Entry], first: date, last: date) -> list[Gap]:
    """The parameters that the text leaves to a notice and no notice sets, between `first` and `last`."""
    entries = list(entries)
    found = []
    for open_ in (entry for entry in entries if entry.value is None):
        notices = [entry for entry in entries if entry.parameter == open_.parameter and entry.value is not None]
        tiers = {entry.tier for entry in notices if not open_.tier} - {""} or {open_.tier}
        for tier in sorted(tiers):
            sets = [entry.since for entry in notices if entry.tier in (tier, "")]
            begins, ends = max(first, open_.since), min(last, min(sets, default=date.max) - _DAY)
            if begins <= ends:
                found.append(Gap(open_.parameter, tier, begins, ends, open_.article, open_.name, open_.setter))
    return found
