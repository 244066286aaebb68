"""Lists with days that come as files: held against what stands, the difference told first, then written as new rows."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, NamedTuple, Self

from django.utils.translation import gettext as _

from claims.models.catalogue import Dated
from office import bulk, cells, initials, intake
from office.intake import Fault, Outcome, Row
from office.models import Batch, Staff
from office.money import FenField

LEAVES: Final = "leaves"
SHOWN: Final = 200  # of each kind of difference, kept for the page that shows it before the taking
CODE: Final = intake.Column("code", "国家编码", cells.code, synonyms=("编码", "医保编码", "代码"))
NAME: Final = intake.Column("name", "名称", cells.words(120), synonyms=("项目名称", "药品名称", "注册名称", "通用名"))
SINCE: Final = intake.Column("since", "起始日期", cells.day, required=False, synonyms=("执行日期", "起"))
CHANGE: Final = intake.Column(
    "change", "变动", cells.label((("sets", "调入"), ("sets", "调整"), (LEAVES, "调出"))), required=False
)
_PIECE: Final = 10_000  # codes in one query


class Told(NamedTuple):
    """One line as it was understood, in what JSON can hold: days and amounts are text, an empty text is nothing.

    `gone` are codes that a full list leaves out and that are taken off the list together with this line.
    """

    line: int
    code: str
    since: str
    leaves: bool
    facts: list[str]
    gone: list[str]


class Standing(NamedTuple):
    """A row of the tables, in the same text."""

    since: str
    version: int
    listed: bool
    facts: list[str]


@dataclass(frozen=True)
class Book:
    """A table of dated rows: which columns are its facts, and which of them stay when a code leaves the list."""

    model: type[Dated]
    facts: tuple[str, ...]
    stay: frozenset[str]
    # What a row holds whose code has left the list.
    left: Mapping[str, str] = field(default_factory=dict)

    def plain(self, values: Iterable[Any]) -> list[str]:
        """Facts as text: shares with four decimals, amounts with two, yes as 1."""
        return [_text(value, money) for value, money in zip(values, self._money, strict=True)]

    @cached_property
    def _money(self) -> list[bool]:
        return [isinstance(self.model._meta.get_field(name), FenField) for name in self.facts]

    def value(self, name: str, text: str) -> Any:
        """A fact from its text, as the table keeps it."""
        asked = self.model._meta.get_field(name)
        kind = asked.get_internal_type()
        if kind == "BooleanField":
            return text == "1"
        if kind == "CharField":
            return text
        if not text:
            return None
        return int(text) if kind == "PositiveSmallIntegerField" else Decimal(text)

    def without(self, facts: Sequence[str]) -> list[str]:
        """The facts of a code that has left the list."""
        told = zip(self.facts, facts, strict=True)
        return [fact if name in self.stay else self.left.get(name, "") for name, fact in told]


def _text(value: Any, money: bool) -> str:
    if value is None or value == "" or value is False:
        return ""
    if value is True:
        return "1"
    if isinstance(value, Decimal):
        return f"{value:.2f}" if money else f"{value:.4f}"
    return str(value)


@dataclass(frozen=True, slots=True)
class Order:
    """What a file was sent with: the day it speaks of, whether it is the whole list, and for which region."""

    day: date
    full: bool
    region: str

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """As it is kept with the file."""
        told = batch.parameters
        return cls(date.fromisoformat(told["day"]), bool(told.get("full")), str(told.get("region", "")))

    @property
    def scope(self) -> dict[str, str]:
        """The rows of the table that the list is about."""
        return {"region": self.region} if self.region else {}


def parameters(day: date, *, full: bool, region: str = "") -> dict[str, Any]:
    """What is kept with a file: the day it speaks of, the whole list or changes, the region of a catalogue."""
    told: dict[str, Any] = {"day": day.isoformat(), "full": full}
    return told | {"region": region} if region else told


@dataclass(slots=True)
class Difference:
    """What taking a list would change: rows to write, each with what stood before it."""

    fresh: list[tuple[Told, Standing | None]] = field(default_factory=list)
    gone: list[tuple[str, Standing]] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)


Understand = Callable[[Row], list[str]]


class Lists:
    """How one kind of file becomes rows of one book: the checking, the taking and the taking again of a chunk."""

    def __init__(self, kind: str, book: Book, columns: Sequence[intake.Column], facts: Understand) -> None:
        self.book = book
        self._facts = facts
        intake.kind(
            kind, columns, self.check, self.take, unit=lambda row: row["code"], keeps=Told._fields, again=self.again,
            beyond=beyond,
        )  # fmt: skip

    # --- understanding ------------------------------------------------------------------------------------------
    def _understand(self, order: Order, rows: Sequence[Row]) -> tuple[list[Told], list[Fault]]:
        told: dict[str, Told] = {}
        faults: list[Fault] = []
        for row in rows:
            code = row["code"]
            if code in told:
                faults.append(row.fault(CODE.heading, _("与第 %(line)s 行重复") % {"line": told[code].line}))
                continue
            try:
                leaves = row["change"] == LEAVES
                facts = self.book.without(self._facts(row)) if leaves else self._facts(row)
            except cells.BadCell as refusal:
                faults.append(row.fault(refusal.field, str(refusal)))
                continue
            since = row["since"] or order.day
            told[code] = Told(row.line, code, since.isoformat(), leaves, facts, [])
        return list(told.values()), faults

    def _standing(self, order: Order, codes: Collection[str] | None) -> dict[str, list[Standing]]:
        """The rows that stand under these codes, or under all of them, the oldest first."""
        found: defaultdict[str, list[Standing]] = defaultdict(list)
        there = self.book.model._default_manager.filter(**order.scope)
        wanted = sorted(codes) if codes is not None else []
        pieces = [None] if codes is None else [wanted[at : at + _PIECE] for at in range(0, len(wanted), _PIECE)]
        for piece in pieces:
            rows = there if piece is None else there.filter(code__in=piece)
            values = rows.order_by("since", "version").values_list(
                "code", "since", "version", "listed", *self.book.facts
            )
            for code, since, version, listed, *facts in values.iterator(chunk_size=5_000):
                found[code].append(Standing(since.isoformat(), version, listed, self.book.plain(facts)))
        return found

    def _compare(self, told: Sequence[Told], there: Mapping[str, list[Standing]]) -> Difference:
        found = Difference()
        for one in told:
            before = _on(there.get(one.code, []), one.since)
            if one.leaves and (before is None or not before.listed):
                # Gone already, or never there: nothing to take off.
                found.outcome.duplicates.add(one.line)
            elif before is not None and before.listed != one.leaves and before.facts == one.facts:
                found.outcome.duplicates.add(one.line)
            else:
                found.fresh.append((one, before))
        return found

    def _missing(
        self, order: Order, told: Sequence[Told], faults: Iterable[Fault], there: Mapping[str, list[Standing]]
    ) -> list[tuple[str, Standing]]:
        """Codes in force on the day that a full list leaves out; one that a refused line may have meant stays."""
        named = {one.code for one in told} | {cell.strip().upper() for fault in faults for cell in fault.row.values()}
        day, gone = order.day.isoformat(), []
        for code, rows in there.items():
            standing = _on(rows, day)
            if code not in named and standing is not None and standing.listed:
                gone.append((code, standing))
        return gone

    # --- the intake ---------------------------------------------------------------------------------------------
    def check(self, batch: Batch, rows: Sequence[Row], at: datetime) -> Outcome:
        """Hold the file against what stands and keep the difference for the page that shows it."""
        order = Order.of(batch)
        told, faults = self._understand(order, rows)
        there = self._standing(order, None if order.full else {one.code for one in told})
        found = self._compare(told, there)
        found.outcome.faults += faults
        if order.full:
            found.gone = self._missing(order, told, faults, there)
            if found.gone and batch.refused:  # the file is read once more, for the lines that nobody could read
                unread = [*faults, *intake.sheet_of(batch).faults]
                found.gone = self._missing(order, told, unread, there)
        batch.parameters = {**batch.parameters, "difference": self._summary(found)}
        spread: defaultdict[int, list[str]] = defaultdict(list)
        for place, (code, _standing) in enumerate(found.gone):
            if found.fresh:  # shared out, so that no chunk is much longer than the others
                spread[found.fresh[place % len(found.fresh)][0].line].append(code)
        fresh = {one.line: one for one, _before in found.fresh}
        found.outcome.kept = lambda: {
            line: list(one._replace(gone=spread.get(line, []))) for line, one in fresh.items()
        }
        return found.outcome

    def take(self, batch: Batch, rows: Sequence[Row], by: Staff, at: datetime) -> Outcome:
        """Write what the file changes, by the tables as they are now."""
        order = Order.of(batch)
        told, faults = self._understand(order, rows)
        there = self._standing(order, None if order.full else {one.code for one in told})
        found = self._compare(told, there)
        found.outcome.faults += faults
        if order.full:
            sheet = intake.sheet_of(batch)
            whole, unread = self._understand(order, sheet.rows)
            found.gone = self._missing(order, whole, [*unread, *sheet.faults], there)
        self._write(batch, order, found, there)
        return found.outcome

    def again(self, batch: Batch, kept: Sequence[list[Any]], by: Staff, at: datetime) -> Outcome:
        """Write one chunk from what was laid by: its own rows, and the codes that leave the list with them."""
        order, told = Order.of(batch), [Told(*row) for row in kept]
        gone = [code for one in told for code in one.gone]
        there = self._standing(order, {*gone, *(one.code for one in told)})
        found = self._compare(told, there)
        day = order.day.isoformat()
        found.gone = [
            (code, standing)
            for code in gone
            if (standing := _on(there.get(code, []), day)) is not None and standing.listed
        ]
        self._write(batch, order, found, there)
        return found.outcome

    def _write(self, batch: Batch, order: Order, found: Difference, there: Mapping[str, list[Standing]]) -> None:
        book, day = self.book, order.day
        facts = [name for name in book.facts if name != "name"]
        fields = [*order.scope, "code", "since", "version", "listed", "initials", "name", *facts, "batch_id"]

        def values(code: str, since: date, listed: bool, told: Sequence[str]) -> list[Any]:
            known = dict(zip(book.facts, told, strict=True))
            name = known["name"]
            version = 1 + max((row.version for row in there.get(code, []) if row.since == since.isoformat()), default=0)
            rest = [book.value(fact, known[fact]) for fact in facts]
            # A character before it: at the head of a person's name some characters are read otherwise.
            spoken = initials.of(f"一{name}")[1:]
            return [*order.scope.values(), code, since, version, listed, spoken, name, *rest, batch.pk]

        rows = [values(one.code, date.fromisoformat(one.since), not one.leaves, one.facts) for one, _b in found.fresh]
        rows += [values(code, day, False, book.without(standing.facts)) for code, standing in found.gone]
        bulk.copy_in(book.model, fields, rows)

    def _summary(self, found: Difference) -> dict[str, Any]:
        """How many rows of which kind, and the first of each, for the page of the comparison."""
        counted: Counter[str] = Counter()
        shown: defaultdict[str, list[list[Any]]] = defaultdict(list)
        for one, before in found.fresh:
            kind, told = self._kind(one, before)
            counted[kind] += 1
            if len(shown[kind]) < SHOWN:
                shown[kind].append([one.code, one.facts[self.book.facts.index("name")], one.since, told])
        for code, standing in found.gone:
            counted["gone"] += 1
            if len(shown["gone"]) < SHOWN:
                shown["gone"].append([code, standing.facts[self.book.facts.index("name")], "", []])
        return {"counts": dict(counted), "rows": dict(shown), "same": len(found.outcome.duplicates)}

    def _kind(self, one: Told, before: Standing | None) -> tuple[str, list[list[str]]]:
        if one.leaves:
            return "gone", []
        if before is None or not before.listed:
            return "new", []
        pairs = zip(self.book.facts, before.facts, one.facts, strict=True)
        changed = [[name, old, new] for name, old, new in pairs if old != new]
        names = {name for name, _old, _new in changed}
        if "klass" in names:
            return "klass", changed
        if "first_share" in names:
            return "share", changed
        return "ceiling" if any(name.startswith("ceiling") for name in names) else "other", changed


def _on(rows: Sequence[Standing], day: str) -> Standing | None:
    """The row in force on the day; of several of one day the one that came last."""
    return next((row for row in reversed(rows) if row.since <= day), None)


def beyond(batch: Batch) -> int:
    """How many codes a full list takes off that are none of its rows."""
    return int(batch.parameters.get("difference", {}).get("counts", {}).get("gone", 0))
