"""Days of cover that stood already and became others: kept, so that whoever judged by the old ones looks again."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.utils import timezone

from enrollment.correcting import Cause
from enrollment.models import CoverChange, Enrollment

_DAY = timedelta(days=1)
_FIELDS = ("benefits_from", "benefits_until", "transition_until", "inpatient_factor")


class Days(NamedTuple):
    """The cover of an enrollment."""

    since: date | None
    until: date | None
    transition: date | None
    factor: object


def found(enrollments: Collection[Enrollment], cause: Cause) -> list[CoverChange]:
    """Which of these, about to be written, change days that stood or give days that had passed. One query."""
    rows = Enrollment.objects.filter(pk__in=[e.pk for e in enrollments], benefits_from__isnull=False)
    stood = {pk: Days(*told) for pk, *told in rows.values_list("pk", *_FIELDS)}
    changes = []
    for enrollment in {e.pk: e for e in enrollments}.values():
        was = stood.get(enrollment.pk, Days(None, None, None, 1))
        now = Days(*(getattr(enrollment, name) for name in _FIELDS))
        at = cause.at or _end_of(cause.on or enrollment.paid_on or enrollment.period.opens_on)
        late = now.since is not None and now.since < timezone.localdate(at)
        if was == now or (was.since is None and not late):
            continue
        since, until = touched(was, now)
        changes.append(
            CoverChange(
                enrollment=enrollment,
                resident_id=enrollment.resident_id,
                area_id=enrollment.area_id,
                was_from=was.since,
                was_until=was.until,
                was_transition=was.transition,
                was_factor=was.factor,
                now_from=now.since,
                now_until=now.until,
                now_transition=now.transition,
                now_factor=now.factor,
                since=since,
                until=until,
                changed_at=at,
            )
        )
    return changes


def keep(changes: Sequence[CoverChange]) -> None:
    """Write them down once the enrollments are written."""
    if changes:
        CoverChange.objects.bulk_create(changes, batch_size=500)


def touched(was: Days, now: Days) -> tuple[date, date]:
    """The first and the last day on which something is different."""
    ends = [day for day in (was.since, was.until, now.since, now.until) if day is not None]
    whole = min(ends), max(ends)
    if None in (was.since, now.since) or (was.transition, was.factor) != (now.transition, now.factor):
        return whole
    days = []
    if was.since != now.since:
        days += [min(was.since, now.since), max(was.since, now.since) - _DAY]
    if was.until != now.until:
        days += [min(was.until, now.until) + _DAY, max(was.until, now.until)]
    return min(days), max(days)


def _end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.max))
