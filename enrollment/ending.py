"""The end of an insurance here: a death, a move, an employee insurance; cover is cut at that day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment import cover
from enrollment.models import Enrollment, Resident
from office import audit
from office.models import Staff
from office.refusal import Refusal

# The article by which a contribution is kept once benefits have begun; Jinzhong's text is silent.
NO_REFUND: Final = {"xuzhou_2023": "XZ08.4c", "binzhou_2021": "BZ23", "panzhihua_2023": "PZ09"}
# Binzhou keeps what was paid for these ends even where benefits have not begun [BZ23].
KEPT_BEFORE: Final = {"binzhou_2021": {"moved_out", "employee_insurance", "death"}}


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
    if reason not in Resident.EndReason.values:
        raise CannotEnd(_("没有这种终止原因：%(reason)s") % {"reason": reason}, field="reason")
    with transaction.atomic():
        found = list(Resident.objects.select_for_update().filter(pk__in=[r.pk for r in residents]).order_by("pk"))
        for resident in found:
            _refuse_impossible(resident, on, at)
            resident.ended_on, resident.end_reason = on, reason
        Resident.objects.bulk_update(found, ["ended_on", "end_reason"])
        by_key = {resident.pk: resident for resident in found}
        touched = list(
            Enrollment.objects.select_for_update(of=("self",))
            .filter(resident__in=by_key, year__gte=on.year)
            .select_related("period")
        )
        for enrollment in touched:
            enrollment.resident = by_key[enrollment.resident_id]
        begun = {e.pk: e.benefits_from is not None and e.benefits_from <= on for e in touched}
        ended = [_told(enrollment, begun[enrollment.pk]) for enrollment in cover.derive(touched, on)]
        detail = {
            "reason": reason,
            "on": on,
            "residents": sorted(by_key),
            "enrollments": [e.enrollment.pk for e in ended],
        }
        audit.record(by, "ending.end", audit.subject(found), detail, at=at)
    return ended


def _refuse_impossible(resident: Resident, on: date, at: datetime) -> None:
    if resident.ended_on is not None:
        raise CannotEnd(
            _("%(name)s 已于 %(day)s 终止") % {"name": resident.name, "day": resident.ended_on}, field="ended_on"
        )
    if on < resident.birth_on:
        raise CannotEnd(_("终止日期早于出生日期 %(day)s") % {"day": resident.birth_on}, field="ended_on")
    if on > timezone.localdate(at):
        raise CannotEnd(_("终止日期 %(day)s 尚未到来") % {"day": on}, field="ended_on")


def _told(enrollment: Enrollment, begun: bool) -> Ended:
    paid, policy = enrollment.paid_on is not None, enrollment.period.policy
    if paid and not begun and enrollment.resident.end_reason in KEPT_BEFORE.get(policy, ()):
        return Ended(enrollment, False, NO_REFUND[policy], _("参保关系自动终止，所缴费用不退"))
    if begun or not paid:
        message = _("待遇已经开始，所缴费用不退") if begun else _("尚未缴费，无可退费用")
        return Ended(enrollment, False, NO_REFUND.get(policy, "") if begun else "", message)
    return Ended(enrollment, True, "XZ08.4c" if policy == "xuzhou_2023" else "", _("待遇尚未开始，可申请退费"))
