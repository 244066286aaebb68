"""The comparison itself, without tables: lines of three sides, by receipt first, then by person, year and amount."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, Literal, NamedTuple

Side = Literal["ours", "tax", "fund"]
SIDES: Final[tuple[Side, ...]] = ("ours", "tax", "fund")
PAIRS: Final[tuple[tuple[Side, Side], ...]] = (("ours", "tax"), ("tax", "fund"), ("ours", "fund"))
Person = tuple[str, int, Decimal]


class Line(NamedTuple):
    """One line of one side; amounts in yuan."""

    side: Side
    pk: int
    day: date
    channel: str
    receipt: str
    id_index: str
    year: int | None
    amount: Decimal

    @property
    def person(self) -> Person | None:
        """By what it is found where its receipt finds nothing; None where the line does not say whose it is."""
        return (self.id_index, self.year, self.amount) if self.id_index and self.year else None


@dataclass(slots=True)
class Group:
    """Lines that belong together, at most one of each side; `pk` where it stands in the tables already."""

    lines: dict[Side, Line] = field(default_factory=dict)
    pk: int | None = None
    duplicate: bool = False
    by: str = "alone"
    changed: bool = False

    def lacks(self, side: Side) -> bool:
        return side not in self.lines and not self.duplicate

    def add(self, line: Line, by: str) -> None:
        self.lines[line.side], self.by, self.changed = line, by, True

    @property
    def verdict(self) -> str:
        """The class of the three sides together."""
        return "duplicate" if self.duplicate else verdict(*(self._amount(side) for side in SIDES))

    def _amount(self, side: Side) -> Decimal | None:
        line = self.lines.get(side)
        return line.amount if line else None


def verdict(ours: Decimal | None, tax: Decimal | None, fund: Decimal | None) -> str:
    """The class of one comparison.

    | sides that have it | amounts | class |
    |---|---|---|
    | all three | equal | matched |
    | two or three | not all equal | differs |
    | ours, alone or with one other | equal | ours_only: somebody else lacks it |
    | theirs, one or both | equal | theirs_only: we lack it |

    A second line of a side for what that side has already is a duplicate and stands alone.
    """
    there = [amount for amount in (ours, tax, fund) if amount is not None]
    if len(set(there)) > 1:
        return "differs"
    if len(there) == len(SIDES):
        return "matched"
    return "theirs_only" if ours is None else "ours_only"


def pair(first: Decimal | None, second: Decimal | None) -> str:
    """The class of one pair of sides; empty where neither has it."""
    if first is None or second is None:
        return "first_only" if first is not None else "second_only" if second is not None else ""
    return "matched" if first == second else "differs"


def by_receipt(lines: Iterable[Line], standing: Sequence[Group]) -> tuple[list[Group], list[Line]]:
    """Put lines with one receipt of one channel together, new ones with each other or with what waits for them.

    Answers the groups that are new or changed, and the lines whose receipt no other side knows: those are compared by
    person. A second line of one side under one receipt is a duplicate.
    """
    groups: dict[tuple[str, str], Group] = {}
    for group in standing:
        if not group.duplicate:
            for line in group.lines.values():
                groups.setdefault((line.channel, line.receipt), group)
    met: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        met[line.channel, line.receipt].append(line)
    made: list[Group] = []
    alone: list[Line] = []
    for key, found in met.items():
        found.sort(key=lambda line: line.pk)
        group = groups.get(key)
        if group is None and len({line.side for line in found}) == 1:
            alone.append(found[0])
            made += [_duplicate(line) for line in found[1:]]
            continue
        if group is None:
            group = Group()
            made.append(group)
        elif any(group.lacks(line.side) for line in found):
            made.append(group)
        for line in found:
            if group.lacks(line.side):
                group.add(line, "receipt")
            else:
                made.append(_duplicate(line))
    return made, alone


def by_person(lines: Iterable[Line], standing: Sequence[Group]) -> list[Group]:
    """Put lines of one person, year and amount together; what nobody else has stands alone or is a duplicate.

    Answers the groups that are new or changed: every line is in exactly one of them.
    """
    known: dict[Person, list[Group]] = defaultdict(list)
    for group in standing:
        for person in {line.person for line in group.lines.values() if not group.duplicate}:
            if person is not None:
                known[person].append(group)
    made: list[Group] = []
    met: dict[Person, list[Line]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: line.pk):
        if line.person is None:
            made.append(Group({line.side: line}, changed=True))
        else:
            met[line.person].append(line)
    for person, found in met.items():
        made += _of_one(found, known[person])
    return made


def _of_one(lines: Sequence[Line], standing: Sequence[Group]) -> list[Group]:
    """The lines of one person, year and amount: into what waits for them, with each other, and what is left over."""
    made: list[Group] = []
    waiting: dict[Side, list[Line]] = {side: [line for line in lines if line.side == side] for side in SIDES}
    for group in standing:
        for side in SIDES:
            if waiting[side] and group.lacks(side) and _equal(group, waiting[side][0]):
                if not group.changed:
                    made.append(group)
                group.add(waiting[side].pop(0), "person")
    has = {side for group in standing for side, line in group.lines.items() if line.person == lines[0].person}
    while sum(1 for side in SIDES if waiting[side]) > 1:
        group = Group()
        for side in SIDES:
            if waiting[side]:
                group.add(waiting[side].pop(0), "person")
                has.add(side)
        made.append(group)
    for side in SIDES:
        for line in waiting[side]:
            made.append(_duplicate(line) if side in has else Group({side: line}, changed=True))
            has.add(side)
    return made


def _equal(group: Group, line: Line) -> bool:
    return all(other.amount == line.amount for other in group.lines.values())


def _duplicate(line: Line) -> Group:
    return Group({line.side: line}, duplicate=True, changed=True)
