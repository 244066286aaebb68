"""Those for whom others pay are confirmed village by village: a job that can stop, go on and be started again."""

from collections import Counter
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from enrollment import collection, sponsoring
from enrollment.models import CollectionPeriod
from office import audit, jobs
from office.models import Chunk, Job, Staff

KIND = "confirm_paid_by_others"


def key(period: CollectionPeriod, by: Staff, on: date) -> str:
    """One confirmation of an area on a day; who proves themselves later is confirmed on a later day."""
    return f"confirm:{period.pk}:{by.area.code}:{on}"


def latest(period: CollectionPeriod, by: Staff) -> Job | None:
    """The last confirmation that the person's area started."""
    return Job.objects.filter(kind=KIND, key__startswith=f"confirm:{period.pk}:{by.area.code}:").order_by("-pk").first()


def start(period: CollectionPeriod, *, by: Staff, on: date, at: datetime) -> Job:
    """Start the confirmation of everybody within scope for whom others pay; `on` counts as their day of payment.

    Started again while it runs it is the same job; after its end, with people left or new, it is a new one.
    """
    with transaction.atomic():
        CollectionPeriod.objects.select_for_update(no_key=True).get(pk=period.pk)
        name = key(period, by, on)
        before = Job.objects.filter(key__startswith=name).order_by("-pk").first()
        if before is not None and before.state in (Job.State.WAITING, Job.State.RUNNING, Job.State.FAILED):
            return before
        again = Job.objects.filter(key__startswith=name).count()
        title = _("%(area)s %(year)s 年度确认他方缴费") % {"area": by.area, "year": period.year}
        job = jobs.start(
            KIND,
            f"{name}:{again + 1}",
            title,
            by.area,
            sponsoring.pieces(collection.paid_by_others(period, by)),
            by,
            at,
            {"period": period.pk, "on": on.isoformat()},
        )
        audit.record(by, "collection.start_confirming", period, {"job": job.pk, "total": job.total}, at=at)
    return job


@transaction.atomic
def _finish(job: Job) -> None:
    detail: dict[str, Any] = {"job": job.pk, **job.report}
    subject = f"enrollment.collectionperiod:{job.parameters['period']}"
    audit.record(job.created_by, "collection.confirm_paid_by_others", subject, detail, at=job.finished_at,
                 area=job.area)  # fmt: skip


@jobs.handler(KIND, finish=_finish)
def confirm(job: Job, chunk: Chunk) -> dict[str, int]:
    """Confirm one piece of a village; done twice it changes nothing."""
    period = CollectionPeriod.objects.get(pk=job.parameters["period"])
    area_id, first, last = chunk.keys
    found = collection.unpaid_by_themselves(period).filter(area=area_id, pk__range=(first, last))
    told = collection.confirm(found, by=job.created_by, on=date.fromisoformat(job.parameters["on"]))
    # Why people were left is read on the job's page, counted by reason; who they are stays on the period's list.
    reasons = Counter(f"未确认：{why[:60]}" for _enrollment, why in told.left)
    return {"已确认": told.confirmed, "未确认": len(told.left), **reasons}
