"""Whom a row of another office's file means: found by the document, held against the name and the area."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from enrollment.models import Resident
from office import cells, identity, intake
from office.intake import Outcome, Row
from office.models import Area
from office.refusal import Refusal
from office.secrecy import blind_index


class NotFound(Refusal):
    """Nobody here is meant by the row, or not the one who is named."""


def document(cell: cells.Cell) -> str:
    """An identity number, checked, or that of another paper: births' and foreigners' begin with a letter."""
    number = cells.code(cell)
    return number if number[:1].isalpha() else identity.check(number).number


NAME: Final = intake.Column("name", "姓名", cells.name)
NUMBER: Final = intake.Column(
    "id_number", "证件号码", document, synonyms=("身份证号", "身份证号码", "公民身份号码", "残疾人证号码")
)


@dataclass(frozen=True, slots=True)
class Match:
    """A row and the resident whom it means."""

    row: Row
    resident: Resident


def residents(rows: Sequence[Row]) -> dict[str, Resident]:
    """Whom these documents belong to, by number; the identity card decides over other papers. One query."""
    numbers = {blind_index(row["id_number"]): row["id_number"] for row in rows}
    found: QuerySet[Resident] = Resident.objects.filter(id_index__in=numbers).select_related("area")
    return {numbers[resident.id_index]: resident for resident in found.order_by("-id_type", "pk")}


def match(rows: Sequence[Row], area: Area) -> tuple[list[Match], Outcome]:
    """The people of these rows within the area, and why each other row means nobody. One query.

    A number that is registered under another name is refused: a wrong digit that passes the check is somebody else's.
    """
    outcome, matched = Outcome(), []
    known = residents(rows)
    first: dict[str, int] = {}
    for row in rows:
        number = row["id_number"]
        try:
            if first.setdefault(number, row.line) != row.line:
                raise NotFound(_("与第 %(line)s 行重复") % {"line": first[number]}, field=NUMBER.heading)
            matched.append(Match(row, _who(row, known.get(number), area)))
        except NotFound as why:
            outcome.faults.append(row.fault(why.field, why))
    return matched, outcome


def _who(row: Row, resident: Resident | None, area: Area) -> Resident:
    if resident is None:
        raise NotFound(_("没有登记此证件号码"), field=NUMBER.heading)
    if not area.covers(resident.area):
        raise NotFound(_("该人登记在%(area)s之外") % {"area": area}, field=NUMBER.heading)
    if resident.name != row["name"]:
        raise NotFound(_("证件号码登记的是另一姓名"), field=NAME.heading)
    return resident
