"""Who of a village or town has not paid: by household for the round, and as a list of messages that others send."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from enrollment.models import CollectionPeriod, CountyWindow, Due, Enrollment
from office.models import Area, Staff
from office.refusal import Refusal
from policies.money import ZERO


class TooWide(Refusal):
    """A list of a whole county or city, which nobody calls through."""


class Message(NamedTuple):
    """One message: a phone, who is meant (without saying the name), for how many, how much and until when."""

    phone: str
    name: str
    people: int
    amount: Decimal
    last_day: date | None


def people(area: Area, year: int, by: Staff) -> QuerySet[Enrollment]:
    """Enrollments of the year that nobody has paid, household after household, with `owed` (yuan) and `call` (phone).

    Only within the scope of `by`. Refuses with TooWide what lies above a town.
    """
    if area.level < Area.Level.TOWN:
        raise TooWide(_("请先选择乡镇（街道）或村（社区），再看未缴费名单。"))
    own = Due.objects.filter(enrollment=OuterRef("pk"), payer=Due.Payer.INDIVIDUAL).order_by()
    rows = Enrollment.objects.visible_to(by).filter(
        year=year, state=Enrollment.State.DUE, resident__ended_on=None, resident__area__path__startswith=by.area.path
    )
    if area.level == Area.Level.VILLAGE:
        rows = rows.filter(resident__area=area)
    else:
        rows = rows.filter(resident__area__in=Area.objects.filter(path__startswith=area.path))
    return (
        rows.select_related("resident__area", "resident__household__head", "period")
        .annotate(owed=Subquery(own.values("amount")[:1]), head_phone=F("resident__household__head__phone"))
        .order_by("resident__area__code", "resident__household__number", "resident_id")
    )


def with_phone(rows: QuerySet[Enrollment], asked: str) -> QuerySet[Enrollment]:
    """Of `people` those who can be called ("yes": by their own number or the head's), or those who cannot ("no")."""
    reached = ~Q(resident__phone="") | (Q(head_phone__isnull=False) & ~Q(head_phone=""))
    return rows.filter(reached) if asked == "yes" else rows.exclude(reached)


def phone(row: Any) -> str:
    """The person's own number, else that of the head of the household."""
    return row.resident.phone or row.head_phone or ""


def last_day(area: Area, period: CollectionPeriod) -> date:
    """The last day of the window where these people live: the county's own, where it has narrowed the city's."""
    codes = area.path.strip("/").split("/")
    own = CountyWindow.objects.filter(period=period, area__code__in=codes, replaced_at=None).first()
    return own.closes_on if own else period.closes_on


def messages(rows: QuerySet[Enrollment], until: date | None) -> Iterator[Message]:
    """One message a phone and household; who has no phone gets none. Names are masked: a phone changes hands."""
    reached = (row for row in rows.iterator(chunk_size=2000) if phone(row))
    for _household, members in groupby(reached, key=lambda row: row.resident.household_id or -row.pk):
        by_phone: dict[str, list[Any]] = {}
        for row in members:
            by_phone.setdefault(phone(row), []).append(row)
        for number, owing in by_phone.items():
            yield Message(
                number,
                masked(owing[0].resident.name),
                len(owing),
                sum((row.owed or ZERO for row in owing), ZERO),
                until,
            )


def masked(name: str) -> str:
    """A name of which only the first character is read."""
    return name[:1] + "*" * max(1, len(name) - 1)
