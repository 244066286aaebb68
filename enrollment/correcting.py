"""What was fixed when due changes only by a dated correction: the old rows stay and say which correction ended them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from enrollment.models import Due, DueCorrection, Enrollment
from office import audit
from office.models import Staff
from office.refusal import Refusal
from policies import covering
from policies.covering import CoverAnswer
from policies.money import ZERO

BATCH: Final = 2000  # rows written by one statement
Reason = DueCorrection.Reason


class CannotEven(Refusal):
    """A difference that is evened already, or that there is none of."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why dues change: the reason, the day, on whose word. Without a day it is the day of each payment."""

    reason: str = Reason.PAYMENT
    on: date | None = None
    by: Staff | None = None
    note: str = ""
    document: str = ""
    at: datetime | None = None  # the moment of the act; where nobody told it, the end of its day counts


BY_PAYMENT: Final = Cause()


def rows(answer: CoverAnswer, enrollment: Enrollment) -> Iterator[Due]:
    """The dues of an answer, not saved."""
    for due in answer.due:
        yield Due(
            enrollment=enrollment,
            payer=due.payer,
            amount=due.amount,
            article=due.article,
            sponsorship_id=due.sponsor,
        )


def write(decided: Sequence[tuple[Enrollment, CoverAnswer]], cause: Cause = BY_PAYMENT) -> list[DueCorrection]:
    """Bring the dues of these enrollments to what was answered: new ones are fixed, others superseded by a correction.

    A row that stays as it was is not touched, so what a sponsor has settled stays settled. An answer that says nothing
    of dues (a refusal) leaves what stands. Six queries, however many enrollments.
    """
    standing: dict[int, dict[tuple[object, ...], Due]] = defaultdict(dict)
    answered = _otherwise(decided)
    if not answered:
        return []
    for due in Due.objects.filter(enrollment__in=[enrollment.pk for enrollment, _answer in answered]):
        standing[due.enrollment_id][_says(due)] = due
    fresh: list[Due] = []
    corrected: list[tuple[DueCorrection, list[Due], list[Due]]] = []
    for enrollment, answer in answered:
        told = {_says(due): due for due in rows(answer, enrollment)}
        there = standing[enrollment.pk]
        if told.keys() == there.keys():
            continue
        if not there:
            fresh += told.values()
            continue
        correction = DueCorrection(
            enrollment=enrollment,
            corrected_on=cause.on or enrollment.paid_on or enrollment.period.opens_on,
            reason=cause.reason,
            note=cause.note,
            document=cause.document,
            by=cause.by,
            before=_own(there.values()),
            after=_own(told.values()),
            after_payment=enrollment.paid_on is not None and cause.reason != Reason.PAYMENT,
        )
        gone = [due for key, due in there.items() if key not in told]
        corrected.append((correction, gone, [due for key, due in told.items() if key not in there]))
    DueCorrection.objects.bulk_create([one for one, _gone, _come in corrected], batch_size=BATCH)
    ended = []
    for correction, gone, come in corrected:
        for due in gone:
            due.superseded_by = correction
        for due in come:
            due.correction = correction
        ended += gone
        fresh += come
    # Out of force first: one payer has one due in force.
    Due.kept.bulk_update(ended, ["superseded_by"], batch_size=500)
    Due.objects.bulk_create(fresh, batch_size=BATCH)
    return [correction for correction, _gone, _come in corrected]


def _otherwise(
    decided: Sequence[tuple[Enrollment, CoverAnswer]],
) -> list[tuple[Enrollment, CoverAnswer]]:
    """Those whose answer says something else of dues than what stands; most payers owe what they were told."""
    answered = [(enrollment, answer) for enrollment, answer in decided if answer.due]
    standing: dict[int, set[tuple[object, ...]]] = defaultdict(set)
    there = Due.objects.filter(enrollment__in=[enrollment.pk for enrollment, _answer in answered])
    for key, *says in there.values_list("enrollment_id", "payer", "amount", "article", "sponsorship_id"):
        standing[key].add(tuple(says))
    return [
        (enrollment, answer)
        for enrollment, answer in answered
        if standing[enrollment.pk] != {(due.payer, due.amount, due.article, due.sponsor) for due in answer.due}
    ]


def _says(due: Due) -> tuple[object, ...]:
    return due.payer, due.amount, due.article, due.sponsorship_id


def _own(dues: Iterable[Due]) -> Decimal:
    return sum((due.amount for due in dues if due.payer == Due.Payer.INDIVIDUAL), ZERO)


def differences() -> QuerySet[DueCorrection]:
    """Corrections after the payment whose difference is still to collect from the person or to give back."""
    return uneven(DueCorrection.objects.all())


def uneven(rows: QuerySet[DueCorrection]) -> QuerySet[DueCorrection]:
    """Those of these corrections whose difference is still open."""
    return rows.filter(after_payment=True, evened_on=None).exclude(before=F("after"))


def even(correction: DueCorrection, document: str, *, by: Staff, on: date, at: datetime) -> DueCorrection:
    """Note that the difference of a correction was collected or given back, once, on a document."""
    if not document.strip():
        raise CannotEven(_("请写明收退款凭证号"), field="document")
    with transaction.atomic():
        done = differences().visible_to(by).filter(pk=correction.pk)
        if not done.update(evened_on=on, evened_by=by, evened_document=document.strip()):
            raise CannotEven(_("此更正没有待结清的差额"))
        correction.refresh_from_db()
        detail = {"difference": str(correction.difference), "document": document.strip()}
        audit.record(by, "collection.even", correction.enrollment, detail, at=at)
    return correction


def own(answer: CoverAnswer) -> Decimal:
    """What the person pays by an answer, in yuan."""
    return sum((due.amount for due in answer.due if due.payer == covering.INDIVIDUAL), ZERO)
