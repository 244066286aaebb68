"""How far a year's collection has come: bars of areas against their targets, and a line of the days; ready to draw."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from enrollment import village
from enrollment.models import CollectionPeriod
from enrollment.tallies import Day
from enrollment.targets import Part, Split
from enrollment.village import Counts

_HUNDRED: Final = Decimal(100)
_BEHIND: Final = Decimal(10)  # points behind the calendar from which an area is called late
_TENTH: Final = Decimal("0.1")
WIDEST: Final = Decimal(160)  # percent of the target that a bar is drawn up to: people without a target fill no screen


class Bar(NamedTuple):
    """One area: widths of its stretches and the place of its target, in percent of the drawn width; and its tone."""

    part: Part
    paid: Decimal
    unpaid: Decimal
    absent: Decimal
    target: Decimal | None
    reached: Decimal | None
    tone: str

    @property
    def lack(self) -> int | None:
        """People still missing to the target."""
        return max(0, self.part.target.people - self.part.counts.covered) if self.part.target else None


class Line(NamedTuple):
    """The sum of the days as points of a line in a field of 1000 by 300, the height of the target, and the ends."""

    points: str
    target: Decimal | None
    top: int
    first: date
    last: date
    now: Decimal
    total: int


def percent(part: int, whole: int) -> Decimal | None:
    """Part of whole in percent with one decimal; None of nothing."""
    return (Decimal(part * 100) / whole).quantize(_TENTH) if whole else None


def due_by(period: CollectionPeriod | None, on: date) -> Decimal | None:
    """How much of the window has passed on that day, in percent; None where no window is known."""
    if period is None:
        return None
    days = (period.closes_on - period.opens_on).days + 1
    return min(_HUNDRED, max(Decimal(0), Decimal(((on - period.opens_on).days + 1) * 100) / days))


def tone(reached: Decimal | None, due: Decimal | None) -> str:
    """Good where an area is as far as the calendar, wait where it is a little behind, bad where it is late."""
    if reached is None or due is None:
        return "plain"
    return "good" if reached >= due else "wait" if due - reached <= _BEHIND else "bad"


def bars(split: Split, due: Decimal | None, *, by_lag: bool = False) -> list[Bar]:
    """The areas below as bars, in the order of the divisions or the one that lags most first.

    Every bar is drawn on its own target, so that one line shows who has reached it; an area without a target is drawn
    on its people.
    """
    scale = max([_HUNDRED, *(_extent(part) for part in split.parts)])
    told = [_bar(part, scale, due) for part in split.parts]
    return sorted(told, key=lambda bar: (bar.reached is None, bar.reached or 0)) if by_lag else told


def _whole(part: Part) -> int:
    counts = part.counts
    return (part.target.people if part.target else 0) or counts.covered + counts.unpaid + counts.absent


def _extent(part: Part) -> Decimal:
    counts, whole = part.counts, _whole(part)
    people = counts.covered + counts.unpaid + counts.absent
    return min(WIDEST, Decimal(people * 100) / whole) if whole else Decimal(0)


def _bar(part: Part, scale: Decimal, due: Decimal | None) -> Bar:
    counts, whole, left = part.counts, _whole(part), scale
    widths = []
    for number in (counts.covered, counts.unpaid, counts.absent):
        width = min(left, Decimal(number * 100) / whole) if whole else Decimal(0)
        left -= width
        widths.append((width * 100 / scale).quantize(_TENTH))
    reached = percent(counts.covered, part.target.people) if part.target else None
    stands = (_HUNDRED * 100 / scale).quantize(_TENTH) if part.target and part.target.people else None
    return Bar(part, widths[0], widths[1], widths[2], stands, reached, tone(reached, due))


def line(days: list[Day], period: CollectionPeriod | None, target: int | None, on: date) -> Line | None:
    """The sum of people paid, day by day from the first of the window to today or its last; None without a day."""
    if not days:
        return None
    first = min(days[0].day, period.opens_on) if period else days[0].day
    last = max(days[-1].day, period.closes_on) if period else days[-1].day
    length = max(1, (last - first).days)
    total = sum(day.people for day in days)
    top = max(total, target or 0, 1)
    said, sums = 0, [(first, 0)]
    for day in days:
        sums += [(day.day - timedelta(days=1), said)] if day.day > sums[-1][0] + timedelta(days=1) else []
        said += day.people
        sums.append((day.day, said))
    if sums[-1][0] < min(on, last):
        sums.append((min(on, last), said))
    points = " ".join(f"{_across(day, first, length)},{_down(number, top)}" for day, number in sums)
    now = _across(min(max(on, first), last), first, length) / 10
    return Line(points, _down(target, top) if target else None, top, first, last, now, total)


def _across(day: date, first: date, length: int) -> Decimal:
    return (Decimal((day - first).days * 1000) / length).quantize(_TENTH)


def _down(number: int, top: int) -> Decimal:
    return (300 - Decimal(number * 300) / top).quantize(_TENTH)


def summed(split: Split) -> Counts:
    """How the people of all parts stand together."""
    whole = village.Counts()
    for part in split.parts:
        whole = whole.plus(part.counts)
    return whole
