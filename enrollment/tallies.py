"""Who stands how in a year, read from running counts instead of counting; and the sweep that folds their lines."""

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import connection, transaction
from django.db.models import Q, QuerySet, Sum

from enrollment import tally_triggers
from enrollment.models import Tally
from office import audit
from office.models import Area, Staff
from policies.money import ZERO

Kind = Tally.Kind
STATES: Final = (Kind.DUE, Kind.COVERED, Kind.REFUSED, Kind.ENDED)
AT_ONCE: Final = 2000  # new lines that one call folds


class Day(NamedTuple):
    """How many people's contribution arrived on a day."""

    day: date
    people: int


def standing(area: Area, year: int, by: Staff) -> dict[str, dict[str, int]]:
    """Counts by kind for every village of the area (by its path), within the scope of `by`. One query.

    `here` is everybody registered; the four states of an enrollment; `gone` those enrolled for the year who have left.
    """
    rows = _within(area, by).filter(year__in=(Tally.HERE_YEAR, year), kind__in=(Kind.HERE, *STATES, Kind.GONE))
    told: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for path, kind, number in rows.order_by().values_list("area__path", "kind").annotate(Sum("number")):
        told[path][kind] = number
    return told


def days(area: Area, year: int, by: Staff) -> list[Day]:
    """The days on which contributions for the year arrived, with how many; in order. One query."""
    rows = _within(area, by).filter(year=year, kind=Kind.PAID).order_by("day")
    return [Day(day, people) for day, people in rows.values_list("day").annotate(Sum("number")) if people]


def money(area: Area, year: int, by: Staff) -> Decimal:
    """Yuan that payments brought for the year and that are matched to an enrollment. One query."""
    return _within(area, by).filter(year=year, kind=Kind.MONEY).aggregate(sum=Sum("amount"))["sum"] or ZERO


def _within(area: Area, by: Staff) -> QuerySet[Any]:
    rows = Tally.objects.visible_to(by)
    return rows.filter(area=area) if area.level == Area.Level.VILLAGE else rows.filter(area__path__startswith=area.path)


def fold(most: int = AT_ONCE) -> int:
    """Add up to `most` new lines into one line of each count, in one transaction; gives how many lines were folded.

    Every count stays what it was at any moment, whoever reads or folds beside this: a line is added up by whom it is
    taken out by.
    """
    skip = connection.features.has_select_for_update_skip_locked
    with transaction.atomic():
        fresh = list(Tally.objects.filter(folded=False).order_by("id").select_for_update(skip_locked=skip)[:most])
        counts = {_key(line) for line in fresh}
        if not fresh:
            return 0
        areas, years, kinds, dates = (set(column) for column in zip(*counts, strict=True))
        of_days = Q(day__in=dates - {None}) | Q(day=None) if None in dates else Q(day__in=dates)
        old = Tally.objects.filter(of_days, folded=True, area__in=areas, year__in=years, kind__in=kinds)
        lines = fresh + [line for line in old.select_for_update(skip_locked=skip) if _key(line) in counts]
        sums: dict[tuple[int, int, str, date | None], Tally] = {}
        for line in lines:
            area, year, kind, day = _key(line)
            whole = sums.setdefault(
                _key(line), Tally(area_id=area, year=year, kind=kind, day=day, number=0, amount=ZERO, folded=True)
            )
            whole.number += line.number
            whole.amount += line.amount
        Tally.objects.filter(pk__in=[line.pk for line in lines]).delete()
        Tally.objects.bulk_create(
            [whole for whole in sums.values() if whole.number or whole.amount], batch_size=AT_ONCE
        )
    return len(fresh)


def recount(at: datetime) -> None:
    """Count everybody anew, where the auditor found a count that is not the rows; whoever writes waits meanwhile."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"LOCK TABLE {', '.join(tally_triggers.TABLES)} IN SHARE MODE")
        Tally.objects.all().delete()
        for statement in tally_triggers.COUNTED.split(";;"):
            cursor.execute(statement)
        audit.record(None, "tallies.recount", "enrollment.tally", at=at)


def _key(line: Tally) -> tuple[int, int, str, date | None]:
    return line.area_id, line.year, line.kind, line.day
