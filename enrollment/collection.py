"""The yearly collection: put residents down with what is due from whom, confirm those for whom others pay."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from enrollment import correcting, cover, proving
from enrollment.models import CollectionPeriod, Due, Enrollment, Resident
from office import audit
from office.models import Staff

State = Enrollment.State


@dataclass(slots=True)
class Outcome:
    """What became of a set of residents: numbers, and by name everybody for whom nothing could be decided."""

    enrolled: int = 0
    covered: int = 0
    refused: int = 0
    known: int = 0
    ended: int = 0
    undecided: list[tuple[Resident, str, str]] = field(default_factory=list)  # resident, article, message

    def as_detail(self) -> dict[str, object]:
        """The outcome as it is kept with the act."""
        return {
            "enrolled": self.enrolled,
            "covered": self.covered,
            "refused": self.refused,
            "known": self.known,
            "ended": self.ended,
            "undecided": [[resident.pk, article, message] for resident, article, message in self.undecided],
        }


def enroll(residents: Sequence[Resident], period: CollectionPeriod, *, by: Staff, on: date, at: datetime) -> Outcome:
    """Put residents down for the year of the period, with what is due from whom as it stands on `on`.

    Who is enrolled already stays as they are; whose insurance has ended is left out and counted; whom the regulation
    refuses is kept as refused with the article; for whom it has no answer (a figure not set) is named in the outcome.
    """
    with transaction.atomic():
        outcome = put_down(residents, period, on)
        audit.record(by, "collection.enroll", period, outcome.as_detail(), at=at)
    return outcome


def missing(period: CollectionPeriod, by: Staff) -> QuerySet[Resident]:
    """Residents within scope who are here and not put down for the year: newcomers, and whom no rule could judge."""
    there = Enrollment.objects.filter(resident=OuterRef("pk"), year=period.year)
    return Resident.objects.visible_to(by).filter(~Exists(there), ended_on=None)


def put_down(residents: Sequence[Resident], period: CollectionPeriod, on: date) -> Outcome:
    """What `enroll` does, without the record of an act: a chunk of the renewal is part of the act that started it."""
    outcome = Outcome()
    there = set(
        Enrollment.objects.filter(resident__in=residents, year=period.year).values_list("resident_id", flat=True)
    )
    fresh = []
    for resident in residents:
        if resident.pk in there:
            outcome.known += 1
        elif resident.ended_on is not None:
            outcome.ended += 1
        else:
            fresh.append(Enrollment(resident=resident, period=period, year=period.year, area_id=resident.area_id))
    decided = []
    for case in cover.gather(fresh):
        answer = case.judge(None, on)
        if answer.eligible is None:
            outcome.undecided += [(case.enrollment.resident, r.article, r.message) for r in answer.reasons[:1]]
            continue
        case.settle(answer)
        if period.year - 1 in case.insured_years:
            case.enrollment.origin = Enrollment.Origin.RENEWED
        decided.append((case.enrollment, answer))
        outcome.refused += case.enrollment.state == Enrollment.State.REFUSED
        outcome.covered += case.enrollment.state == Enrollment.State.COVERED
        outcome.enrolled += case.enrollment.state != Enrollment.State.REFUSED
    # A second run beside this one may have been quicker; its rows stay and ours are dropped by the unique constraints.
    Enrollment.objects.bulk_create(
        [enrollment for enrollment, _answer in decided], ignore_conflicts=True, batch_size=cover.BATCH
    )
    keys = dict(
        Enrollment.objects.filter(
            resident__in=[enrollment.resident_id for enrollment, _answer in decided], year=period.year
        ).values_list("resident_id", "pk")
    )
    for enrollment, _answer in decided:
        enrollment.pk = keys[enrollment.resident_id]
    Due.objects.bulk_create(cover.dues(decided), ignore_conflicts=True, batch_size=cover.BATCH)
    return outcome


@dataclass(slots=True)
class Confirmed:
    """Who is covered because others pay, and who was left with the reason."""

    confirmed: int = 0
    left: list[tuple[Enrollment, str]] = field(default_factory=list)


def paid_by_others(period: CollectionPeriod, by: Staff) -> QuerySet[Enrollment]:
    """Unpaid enrollments within scope whose own contribution others carry in full."""
    return _unpaid(Enrollment.objects.visible_to(by).filter(period=period)).select_related("resident", "period")


def unpaid_by_themselves(period: CollectionPeriod) -> QuerySet[Enrollment]:
    """The same for everybody of the period: for the job, whose pieces were cut within somebody's scope."""
    return _unpaid(Enrollment.objects.filter(period=period))


def _unpaid(enrollments: QuerySet[Enrollment]) -> QuerySet[Enrollment]:
    # Whom a sponsor pays for in full waits for the sponsor's money, not for a confirmation.
    dues = Due.objects.filter(enrollment=OuterRef("pk"))
    own = dues.filter(payer=Due.Payer.INDIVIDUAL, amount__gt=0)
    sponsored = dues.filter(sponsorship__isnull=False, settled_by=None)
    return enrollments.filter(Exists(dues), ~Exists(own), ~Exists(sponsored), state=State.DUE, paid_on=None)


def confirm_paid_by_others(period: CollectionPeriod, *, by: Staff, on: date, at: datetime) -> Confirmed:
    """Confirm the list of those who owe nothing themselves: the day of the confirmation counts as their day of payment.

    The regulation is asked with that day: whoever would owe something on it stays unpaid and is named; and so, where
    people have to prove who they are every year within the window (JZ10.2), does whoever has not. A whole city is the
    work of `confirming`.
    """
    with transaction.atomic():
        result = confirm(paid_by_others(period, by), by=by, on=on)
        detail = {"confirmed": result.confirmed, "left": [[e.pk, why] for e, why in result.left]}
        audit.record(by, "collection.confirm_paid_by_others", period, detail, at=at)
    return result


def confirm(found: QuerySet[Enrollment], *, by: Staff | None, on: date) -> Confirmed:
    """What `confirm_paid_by_others` does to these enrollments, without the record of an act."""
    result = Confirmed()
    listed = (
        Enrollment.objects.select_for_update(of=("self",))
        .filter(pk__in=found.values("pk"), state=State.DUE, paid_on=None)
        .select_related("resident", "period")
        .order_by("pk")
    )
    decided = []
    cases = cover.gather(list(listed))
    unproved = proving.unproved([case.enrollment for case in cases])
    for case in cases:
        answer = case.judge(on, on)
        if not answer.eligible or correcting.own(answer) or any(due.sponsor for due in answer.due):
            why = answer.reasons[0].message if answer.reasons else ""
            result.left.append((case.enrollment, why or _("当日缴费须由本人承担")))
            continue
        if case.enrollment.resident_id in unproved:
            result.left.append((case.enrollment, _("尚未完成本年度身份认证")))
            continue
        case.enrollment.paid_on = on
        case.settle(answer)
        decided.append((case.enrollment, answer))
    cover.record(decided, correcting.Cause(correcting.Reason.PAYMENT, on, by))
    result.confirmed = len(decided)
    return result
