"""The end of an insurance here: a death, a move, an employee insurance; cover is cut at that day."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment import cover
from enrollment.correcting import Cause, Reason
from enrollment.models import Enrollment, Resident
from office import audit, notices
from office.models import Staff
from office.refusal import Refusal
from policies.refunding import RefundQuestion
from policies.regulation import Regulation

# What an end is called where somebody asks whether the contribution goes back.
REFUND_REASONS: Final = {"duplicate": "paid_twice"}


class CannotEnd(Refusal):
    """An end cannot be put down like this."""


@dataclass(frozen=True, slots=True)
class Ended:
    """An enrollment that was cut, and whether its contribution may be claimed back: only before benefits begin."""

    enrollment: Enrollment
    refundable: bool
    article: str
    message: str


def end(residents: Collection[Resident], reason: str, on: date, *, by: Staff, at: datetime) -> list[Ended]:
    """End the insurance of these residents; `on` is the day of death or move, or the first day of employee insurance.

    Benefits are cut at that day (an employee insurance: the day before), years that have not begun end without any.
    Refused with CannotEnd: an unknown reason, a day before birth or after the day of the act, somebody ended already.
    """
    return end_each({resident.pk: on for resident in residents}, reason, by=by, at=at)


def end_each(days: Mapping[int, date], reason: str, *, by: Staff, at: datetime) -> list[Ended]:
    """End the insurance of many residents (by key) for one reason, each on a day of their own; as `end` does it."""
    if reason not in Resident.EndReason.values:
        raise CannotEnd(_("没有这种终止原因：%(reason)s") % {"reason": reason}, field="reason")
    if not days:
        return []
    with transaction.atomic():
        found = list(Resident.objects.select_for_update().filter(pk__in=days).order_by("pk"))
        for resident in found:
            if why := impossible(resident, days[resident.pk], at):
                raise CannotEnd(why, field="ended_on")
            resident.ended_on, resident.end_reason = days[resident.pk], reason
        Resident.objects.bulk_update(found, ["ended_on", "end_reason"], batch_size=500)
        by_key = {resident.pk: resident for resident in found}
        touched = [
            enrollment
            for enrollment in Enrollment.objects.select_for_update(of=("self",))
            .filter(resident__in=by_key, year__gte=min(days.values()).year)
            .select_related("period")
            if enrollment.year >= days[enrollment.resident_id].year
        ]
        for enrollment in touched:
            enrollment.resident = by_key[enrollment.resident_id]
        began = {e.pk: e.benefits_from for e in touched}
        told = max(days.values())
        regulations = {policy: notices.regulation(policy) for policy in {e.period.policy for e in touched}}
        cause = Cause(Reason.FACTS, told, by, at=at)
        cut = cover.derive(touched, told, cause)
        ended = [_told(e, began[e.pk], regulations[e.period.policy]) for e in cut]
        each = {} if len(set(days.values())) == 1 else {"days": {str(pk): day for pk, day in sorted(days.items())}}
        detail = {
            "reason": reason,
            "on": told,
            "residents": sorted(by_key),
            "enrollments": [e.enrollment.pk for e in ended],
        }
        audit.record(by, "ending.end", audit.subject(found), detail | each, at=at)
    return ended


def impossible(resident: Resident, on: date, at: datetime) -> str:
    """Why this resident cannot end on that day, in Chinese; empty where nothing stands against it."""
    if resident.ended_on is not None:
        return _("%(name)s 已于 %(day)s 终止") % {"name": resident.name, "day": resident.ended_on}
    if on < resident.birth_on:
        return _("终止日期早于出生日期 %(day)s") % {"day": resident.birth_on}
    if on > timezone.localdate(at):
        return _("终止日期 %(day)s 尚未到来") % {"day": on}
    return ""


def _told(enrollment: Enrollment, begins_on: date | None, regulation: Regulation) -> Ended:
    """Whether the contribution of an enrollment that was cut may be claimed back, as its regulation answers."""
    if enrollment.paid_on is None:
        return Ended(enrollment, False, "", _("尚未缴费，无可退费用"))
    resident = enrollment.resident
    reason = REFUND_REASONS.get(resident.end_reason, resident.end_reason)
    answer = regulation.refund(RefundQuestion(reason, resident.ended_on, begins_on, counted=True))
    message = _("可申请退费：%(why)s") % {"why": answer.message} if answer.allowed else answer.message
    return Ended(enrollment, bool(answer.allowed), answer.article, message)
