"""Yearly identity proof of those whose contribution others pay: who has shown who they are, within the window."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment.models import CollectionPeriod, Due, Enrollment, Proof
from office import audit
from office.models import Staff
from office.refusal import Refusal

# Regulations that ask for it, with the article; elsewhere the list of the paying office is enough.
ASKED_BY: Final = {"jinzhong_2017": "JZ10.2"}


class CannotProve(Refusal):
    """A proof cannot be put down like this."""


def listed(period: CollectionPeriod, by: Staff) -> QuerySet[Enrollment]:
    """Enrollments of the period within scope whose contribution others carry in full, with `proved_on` or None."""
    dues = Due.objects.filter(enrollment=OuterRef("pk"))
    own = Q(payer=Due.Payer.INDIVIDUAL, amount__gt=0)
    nobody = Q(payer__in=[Due.Payer.INDIVIDUAL, Due.Payer.SUBSIDY, Due.Payer.NONE])
    proof = Proof.objects.filter(resident=OuterRef("resident"), year=period.year).values("proved_on")
    return (
        Enrollment.objects.visible_to(by)
        .filter(~Exists(dues.filter(own)), Exists(dues.exclude(nobody)), period=period, resident__ended_on=None)
        .annotate(proved_on=Subquery(proof))
        .select_related("resident", "area")
    )


def prove(
    resident_ids: Collection[int], period: CollectionPeriod, how: str, *, by: Staff, on: date, at: datetime
) -> int:
    """Put down that these residents showed who they are on that day, for the year of the period; returns how many.

    Who has proved before stays as they are. Refused with CannotProve: a day outside the window (JZ10.2) or after the
    day of the act, no word on how it was shown, somebody who is not on the list within scope. Four queries.
    """
    article, how = ASKED_BY.get(period.policy, ""), how.strip()
    if not period.opens_on <= on <= period.closes_on:
        told = {"opens": period.opens_on, "closes": period.closes_on}
        message = _("身份认证应在缴费期 %(opens)s 至 %(closes)s 内办理") % told
        raise CannotProve(message, article=article, field="proved_on")
    if on > timezone.localdate(at):
        raise CannotProve(_("认证日期 %(day)s 尚未到来") % {"day": on}, field="proved_on")
    if not how:
        raise CannotProve(_("请填写认证方式"), field="how")
    wanted = set(resident_ids)
    with transaction.atomic():
        there = dict(listed(period, by).filter(resident__in=wanted).values_list("resident", "proved_on"))
        if wanted - there.keys():
            raise CannotProve(_("所选人员不都在名单之内"), article=article)
        fresh = sorted(pk for pk, proved_on in there.items() if proved_on is None)
        # A second desk may enter the same people at the same moment: the first proof stands.
        Proof.objects.bulk_create(
            [Proof(resident_id=pk, year=period.year, proved_on=on, how=how, kept_by=by, kept_at=at) for pk in fresh],
            ignore_conflicts=True,
            batch_size=2000,
        )
        audit.record(by, "proving.prove", period, {"residents": fresh, "on": on, "how": how}, at=at)
    return len(fresh)


def unproved(enrollments: Collection[Enrollment]) -> frozenset[int]:
    """Residents of these enrollments who have still to prove who they are, where the regulation asks it. One query."""
    asked = {(e.resident_id, e.year) for e in enrollments if e.period.policy in ASKED_BY}
    done = Proof.objects.filter(resident__in={pk for pk, _year in asked}, year__in={year for _pk, year in asked})
    return frozenset(pk for pk, _year in asked - set(done.values_list("resident", "year")))
