"""The annual renewal: a dry run that shows who goes on, who is new, who drops out; then a job by villages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from enrollment import collection
from enrollment.models import CollectionPeriod, Enrollment, Resident
from office import audit, jobs
from office.models import Area, Chunk, Job, Staff

CHUNK: Final = 1000  # residents that are put down in well under two seconds


@dataclass(frozen=True, slots=True)
class Plan:
    """What a renewal would do: how many go on, join anew or drop out, and how many are put down already."""

    renewing: int
    new: int
    lapsed: int
    enrolled: int
    villages: int


def _insured_before(period: CollectionPeriod, to_the_end: bool) -> Q:
    """Residents covered in the year before the period's: at all, or on its last day."""
    before = Enrollment.objects.filter(resident=OuterRef("pk"), year=period.year - 1, benefits_from__isnull=False)
    if to_the_end:
        before = before.filter(benefits_until=date(period.year - 1, 12, 31))
    return Exists(before) | Q(insured_through=period.year - 1)


def _covered(period: CollectionPeriod) -> Exists:
    return Exists(Enrollment.objects.filter(resident=OuterRef("pk"), year=period.year, benefits_from__isnull=False))


def _residents(period: CollectionPeriod) -> QuerySet[Resident]:
    return Resident.objects.filter(area__path__startswith=period.area.path)


def renewing(period: CollectionPeriod, on: date) -> QuerySet[Resident]:
    """Covered on the last day of the year before and still here; once the window is over only those who are covered."""
    rows = _residents(period).filter(_insured_before(period, to_the_end=True), ended_on=None)
    return rows if on <= period.closes_on else rows.filter(_covered(period))


def new(period: CollectionPeriod) -> QuerySet[Resident]:
    """Here, and not covered on the last day of the year before."""
    return _residents(period).filter(~Q(_insured_before(period, to_the_end=True)), ended_on=None)


def lapsed(period: CollectionPeriod, on: date) -> QuerySet[Resident]:
    """Covered in the year before and not going on: ended, or without cover although the window is over."""
    gone = Q(ended_on__isnull=False) & _insured_before(period, to_the_end=False)
    if on > period.closes_on:
        gone |= Q(ended_on=None) & Q(_insured_before(period, to_the_end=True)) & ~Q(_covered(period))
    return _residents(period).filter(gone)


def plan(period: CollectionPeriod, on: date) -> Plan:
    """The dry run: counts only, nothing is written."""
    live = _residents(period).filter(ended_on=None)
    return Plan(
        renewing=renewing(period, on).count(),
        new=new(period).count(),
        lapsed=lapsed(period, on).count(),
        enrolled=Enrollment.objects.filter(period=period).count(),
        villages=live.order_by().values("area").distinct().count(),
    )


def key(period: CollectionPeriod) -> str:
    """Under this name a renewal runs once."""
    return f"renewal:{period.year}:{period.area.code}"


def start(period: CollectionPeriod, *, by: Staff, on: date, at: datetime) -> Job:
    """Start the renewal into the period's year; started again it is the same job. Entitlements are those of `on`."""
    with transaction.atomic():
        there = Job.objects.filter(key=key(period)).exists()
        job = jobs.start(
            "renewal",
            key(period),
            _("%(area)s %(year)s 年度续保") % {"area": period.area, "year": period.year},
            period.area,
            _pieces(period),
            by,
            at,
            {"period": period.pk, "on": on.isoformat()},
        )
        if not there:
            audit.record(by, "renewal.start", period, {"job": job.pk, "total": job.total}, at=at)
    return job


def _pieces(period: CollectionPeriod) -> Iterator[jobs.Piece]:
    """Villages, large ones cut at every thousandth resident: [area, first resident, last resident]."""
    names = dict(Area.objects.filter(path__startswith=period.area.path).values_list("pk", "name"))
    live = _residents(period).filter(ended_on=None).order_by("area_id", "pk").values_list("area_id", "pk")
    for area_id, rows in groupby(live.iterator(chunk_size=10_000), key=lambda row: row[0]):
        ids = [pk for _area, pk in rows]
        for first in range(0, len(ids), CHUNK):
            part = ids[first : first + CHUNK]
            yield jobs.Piece(names[area_id], [area_id, part[0], part[-1]], len(part))


@transaction.atomic
def _finish(job: Job) -> None:
    detail: dict[str, Any] = {"job": job.pk, **job.report}
    audit.record(job.created_by, "renewal.finish", f"enrollment.collectionperiod:{job.parameters['period']}",
                 detail, at=job.finished_at, area=job.area)  # fmt: skip


@jobs.handler("renewal", finish=_finish)
def renew(job: Job, chunk: Chunk) -> dict[str, int]:
    """Put one piece of a village down for the new year; done twice it changes nothing. Constant number of queries."""
    period = CollectionPeriod.objects.select_related("area").get(pk=job.parameters["period"])
    area_id, first, last = chunk.keys
    residents = list(Resident.objects.filter(area=area_id, pk__range=(first, last), ended_on=None))
    outcome = collection.put_down(residents, period, date.fromisoformat(job.parameters["on"]))
    return {
        "enrolled": outcome.enrolled,
        "covered": outcome.covered,
        "refused": outcome.refused,
        "known": outcome.known,
        "undecided": len(outcome.undecided),
    }
