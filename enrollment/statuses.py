"""Standings that other departments certify: minimum living, disability, assistance; they decide who pays."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from enrollment import cover
from enrollment.correcting import Cause, Reason
from enrollment.models import Enrollment, Resident, Status
from office import audit
from office.models import Staff
from office.refusal import Refusal


class CannotCertify(Refusal):
    """A status cannot be put down like this."""


def groups_on(resident_ids: Collection[int], day: date) -> dict[int, frozenset[str]]:
    """The groups each of these residents belongs to on that day; who belongs to none is missing. One query."""
    groups: dict[int, set[str]] = defaultdict(set)
    standing = Status.objects.filter(Q(until=None) | Q(until__gte=day), resident__in=resident_ids, since__lte=day)
    for resident_id, group in standing.values_list("resident_id", "group"):
        groups[resident_id].add(group)
    return {resident_id: frozenset(names) for resident_id, names in groups.items()}


def certify(
    residents: Collection[Resident],
    group: str,
    since: date,
    until: date | None,
    *,
    certified_by: str,
    document: str = "",
    by: Staff,
    on: date,
    at: datetime,
) -> list[Status]:
    """Put down that a department certified these residents as one of its groups, first and last day included.

    Unpaid enrollments from this year on are asked again who pays what. Refused with CannotCertify: an unknown group,
    an end before the beginning, days that another certificate of the same group already covers.
    """
    if group not in Status.Group.values:
        raise CannotCertify(_("没有这种身份：%(group)s") % {"group": group}, field="group")
    if until is not None and until < since:
        raise CannotCertify(_("止日 %(until)s 早于起日 %(since)s") % {"until": until, "since": since}, field="until")
    with transaction.atomic():
        # Certificates of the same people queue up here: two at once would not see each other's days.
        list(Resident.objects.select_for_update(no_key=True).filter(pk__in=[r.pk for r in residents]).order_by("pk"))
        same = Status.objects.filter(Q(until=None) | Q(until__gte=since), resident__in=residents, group=group)
        if until is not None:
            same = same.filter(since__lte=until)
        if there := same.select_related("resident").first():
            raise CannotCertify(
                _("%(name)s 在 %(since)s 起已有同类身份") % {"name": there.resident.name, "since": there.since},
                field="since",
            )
        kept = Status.objects.bulk_create(
            Status(resident=r, group=group, since=since, until=until, certified_by=certified_by, document=document)
            for r in residents
        )
        told = f"{Status.Group(group).label} {since}"
        cause = Cause(Reason.STATUS, on, by, note=told, document=(document or certified_by)[:80])
        reassess([resident.pk for resident in residents], on, cause)
        detail = {"residents": [r.pk for r in residents], "group": group, "since": since, "until": until}
        audit.record(by, "statuses.certify", audit.subject(residents), detail, at=at)
    return kept


def reassess(resident_ids: Collection[int], on: date, cause: Cause | None = None) -> list[Enrollment]:
    """Ask again who pays what for enrollments from this year on that nobody has paid yet: a correction of that day."""
    open_ones = Enrollment.objects.select_for_update(of=("self",)).filter(
        resident__in=resident_ids,
        year__gte=on.year,
        paid_on=None,
        state__in=[Enrollment.State.DUE, Enrollment.State.REFUSED],
    )
    return cover.derive(list(open_ones.select_related("resident", "period")), on, cause)
