"""Which enrollment a payment settles: held against the register and the regulation, or kept with the reason why not."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from enrollment import correcting, cover
from enrollment.models import OPEN, CollectionPeriod, Enrollment, Payment, Resident
from office import audit, jobs
from office.models import Area, Chunk, Job, Staff
from policies.covering import CoverAnswer, CoverQuestion
from policies.money import ZERO
from policies.regulation import Regulation

State = Payment.State
JOB: Final = "rematch"
PIECE: Final = 1_000  # exceptions of one chunk
SHORT: Final = (State.TOO_SMALL, State.PART)
JUDGED: Final = ("resident", "enrollment", "area", "state", "reason", "completed_by", "settled_by", "settled_at")
# What no decision asks of a resident, and what is dear to read.
_UNASKED: Final = ("id_number", "phone", "initials", "id_tail")


@dataclass(slots=True)
class Judged:
    """What became of a set of payments besides themselves: enrollments, and earlier payments that wait for the rest."""

    decided: list[tuple[Enrollment, CoverAnswer]] = field(default_factory=list)
    touched: list[Payment] = field(default_factory=list)


@dataclass(slots=True)
class _Facts:
    """Everything that decides about a set of payments."""

    residents: dict[str, Resident]
    by_key: dict[int, Resident]
    cases: dict[tuple[int, int], cover.Case]
    unpaid: dict[int, list[int]]
    short: dict[int, list[Payment]]
    judged: Judged = field(default_factory=Judged)

    def owing(self, resident: int) -> list[int]:
        """Years for which this person still owes, payments of the same set counted."""
        paid = {year for (who, year), case in self.cases.items() if who == resident and case.enrollment.paid_on}
        return [year for year in self.unpaid.get(resident, ()) if year not in paid]


def judge(payments: Sequence[Payment]) -> Judged:
    """Match these payments (keys given, saved or not): each gets resident, enrollment, area, state and reason.

    Earlier payments come first. A sum is held against what the regulation asks on its day, so a late payer who owes
    the subsidy share too is matched by exactly that sum; several sums of one enrollment that together are exactly what
    is owed settle it on the day on which the last arrived (XZ10: after full payment reaches the system). Residents are
    locked before enrollments, as an end does, so that nobody is covered whose insurance ends meanwhile. What became of
    enrollments is handed back for `record`. Nine queries, however many payments.
    """
    facts = _gather(payments)
    for payment in sorted(payments, key=lambda p: (p.paid_on, p.line, p.pk or 0)):
        payment.state, payment.reason = _match(payment, facts)
    return facts.judged


def record(judged: Judged, by: Staff | None, at: datetime) -> None:
    """Keep what was decided besides the payments themselves."""
    cover.record(judged.decided, correcting.Cause(by=by))
    if judged.touched:
        settle(judged.touched, by, at)
        fields = ["state", "reason", "completed_by", "settled_by", "settled_at"]
        Payment.objects.bulk_update(judged.touched, fields, batch_size=200)


# --- gather -----------------------------------------------------------------------------------------------------------
def _gather(payments: Sequence[Payment]) -> _Facts:
    residents = _residents(payments)
    by_key = {resident.pk: resident for resident in residents.values()}
    named = {p.resident_id for p in payments if p.by_hand and p.resident_id not in by_key}
    if named:
        known = Resident.objects.select_for_update(no_key=True).defer(*_UNASKED)
        by_key.update(known.in_bulk(sorted(named)))
    areas = Area.objects.in_bulk({resident.area_id for resident in by_key.values()})
    for resident in by_key.values():
        resident.area = areas[resident.area_id]
    wanted = {(who.pk, p.wanted_year) for p in payments if (who := _whose(p, residents, by_key)) is not None}
    enrollments = _enrollments(wanted, by_key)
    cases = {(case.enrollment.resident_id, case.enrollment.year): case for case in cover.gather(enrollments)}
    return _Facts(
        residents,
        by_key,
        cases,
        _unpaid({pk for pk, year in wanted if (pk, year) not in cases}),
        _short([enrollment.pk for enrollment in enrollments], {p.pk for p in payments}),
    )


def _whose(payment: Payment, residents: dict[str, Resident], by_key: dict[int, Resident]) -> Resident | None:
    return by_key.get(payment.resident_id) if payment.by_hand else residents.get(payment.id_index)


def _residents(payments: Iterable[Payment]) -> dict[str, Resident]:
    """Residents by the index of their number; where a birth certificate has the same, the identity card decides."""
    found = (
        Resident.objects.select_for_update(of=("self",), no_key=True)
        .filter(id_index__in={p.id_index for p in payments})
        .defer(*_UNASKED)
        .order_by("-id_type", "pk")
    )
    return {resident.id_index: resident for resident in found}


def _enrollments(wanted: Collection[tuple[int, int]], by_key: dict[int, Resident]) -> list[Enrollment]:
    """The enrollments of these people and years, locked, each with the resident and period at hand."""
    found = list(
        Enrollment.objects.select_for_update()
        .filter(resident__in={pk for pk, _year in wanted}, year__in={year for _pk, year in wanted})
        .order_by("pk")
    )
    periods = CollectionPeriod.objects.in_bulk({enrollment.period_id for enrollment in found})
    for enrollment in found:
        enrollment.resident, enrollment.period = by_key[enrollment.resident_id], periods[enrollment.period_id]
    return found


def _unpaid(residents: Collection[int]) -> dict[int, list[int]]:
    """Years for which these people still owe, who have no enrollment for the year of their payment."""
    years: dict[int, list[int]] = defaultdict(list)
    if residents:
        owing = Enrollment.objects.filter(resident__in=residents, state=Enrollment.State.DUE, paid_on=None)
        for resident_id, year in owing.order_by("year").values_list("resident_id", "year"):
            years[resident_id].append(year)
    return years


def _short(enrollments: Collection[int], asked: Collection[int | None]) -> dict[int, list[Payment]]:
    """Earlier payments of these enrollments that were too small and wait for the rest."""
    waiting: dict[int, list[Payment]] = defaultdict(list)
    held = Payment.objects.select_for_update(of=("self",)).filter(enrollment__in=enrollments, state__in=SHORT)
    for payment in held.defer("id_number").order_by("paid_on", "pk"):
        if payment.pk not in asked:
            waiting[payment.enrollment_id].append(payment)
    return waiting


# --- decide -----------------------------------------------------------------------------------------------------------
def _match(payment: Payment, facts: _Facts) -> tuple[str, str]:
    """State and reason of one payment: who it is from, what it is for, whether the sum is right."""
    resident = _whose(payment, facts.residents, facts.by_key)
    if resident is None:
        return State.UNKNOWN_PERSON, "没有登记此证件号码"
    # A wrong digit that passes the check is somebody else's number: the name has to agree as well.
    if not payment.by_hand and payment.name != resident.name:
        return State.NAME_DIFFERS, "证件号码登记的是另一姓名"
    if not payment.batch.area.covers(resident.area):
        return State.UNKNOWN_PERSON, f"该人登记在{payment.batch.area}之外"
    payment.resident, payment.area_id = resident, resident.area_id
    payment.enrollment = payment.completed_by = None
    last = cover.last_day(resident)
    if last is not None and payment.paid_on > last:
        return State.ENDED_PERSON, cover.end_message(resident)
    case = facts.cases.get((resident.pk, payment.wanted_year))
    if case is None:
        return _no_year(payment.wanted_year, facts.owing(resident.pk))
    payment.enrollment = case.enrollment
    return _settle(payment, case, facts)


def _no_year(year: int, owing: Sequence[int]) -> tuple[str, str]:
    told = f"没有 {year} 年度的参保登记"
    if owing:
        return State.WRONG_YEAR, f"{told}，{'、'.join(map(str, owing))} 年度待缴费"
    return State.NOT_ENROLLED, told


def _settle(payment: Payment, case: cover.Case, facts: _Facts) -> tuple[str, str]:
    """Hold the payment against what is due on its day; a match is written into the enrollment and kept for `record`."""
    enrollment = case.enrollment
    if enrollment.paid_on is not None or enrollment.state == Enrollment.State.COVERED:
        return State.PAID_TWICE, "该年度已缴费或无须缴费"
    answer = answered(case, payment.paid_on)
    if not answer.eligible:
        case.settle(answer)
        facts.judged.decided.append((enrollment, answer))
        reason = answer.reasons[0]
        return State.NOT_ELIGIBLE, f"{reason.message}（{reason.article}）"[:200]
    short, due = facts.short.get(enrollment.pk, []), cover.individual(answer)
    if payment.amount == due:
        _leave_over(short, facts)
        return _matched(payment, case, answer, payment.paid_on, facts)
    total = sum((one.amount for one in short), payment.amount)
    day = max([payment.paid_on, *(one.paid_on for one in short)])
    if short and (whole := answered(case, day)).eligible and total == cover.individual(whole):
        for one in short:
            one.state, one.reason, one.completed_by = State.MATCHED, "", payment
        facts.judged.touched += [one for one in short if one.pk is not None and not one._state.adding]
        facts.short[enrollment.pk] = []
        return _matched(payment, case, whole, day, facts)
    told = f"{payment.paid_on} 缴费应缴 {due} 元，实缴 {payment.amount} 元"
    if payment.amount > due:
        return State.TOO_LARGE, told
    facts.short.setdefault(enrollment.pk, []).append(payment)
    return State.TOO_SMALL, f"{told}，连同此前共 {total} 元" if short else told


def _leave_over(short: list[Payment], facts: _Facts) -> None:
    """The whole sum came by itself: what came before it in parts is now paid a second time."""
    for one in short:
        one.state, one.reason = State.PAID_TWICE, "该年度已另行足额缴费"
    facts.judged.touched += [one for one in short if not one._state.adding]
    short.clear()


def _matched(payment: Payment, case: cover.Case, answer: CoverAnswer, day: date, facts: _Facts) -> tuple[str, str]:
    case.enrollment.paid_on = day
    case.settle(answer)
    facts.judged.decided.append((case.enrollment, answer))
    return State.MATCHED, ""


class _Same:
    """A regulation with its notices as a key: the very object, which is built anew where a notice changes."""

    __slots__ = ("regulation",)

    def __init__(self, regulation: Regulation) -> None:
        self.regulation = regulation

    def __hash__(self) -> int:
        return id(self.regulation)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.regulation is self.regulation


def answered(case: cover.Case, paid_on: date) -> CoverAnswer:
    """What the regulation says to a payment of that day; people of whom exactly the same is told share one answer."""
    return _answer(_Same(case.regulation), case.question(paid_on, paid_on))


@lru_cache(maxsize=20_000)
def _answer(same: _Same, question: CoverQuestion) -> CoverAnswer:
    return same.regulation.cover(question)


def owed(case: cover.Case, on: date) -> Decimal:
    """What the person would have to pay on that day (yuan); zero where they cannot join or owe nothing."""
    answer = answered(case, on)
    return cover.individual(answer) if answer.eligible else ZERO


# --- again ------------------------------------------------------------------------------------------------------------
def held(payments: QuerySet[Payment]) -> QuerySet[Payment]:
    """Those of them that a rematch can move: money that is held and not a school's sum or a debit that failed."""
    return payments.filter(state__in=OPEN).exclude(state__in=(State.SUM_DIFFERS, State.DEBIT_FAILED))


def rematch(payments: QuerySet[Payment], *, by: Staff, at: datetime) -> int:
    """Judge held payments again, after what was missing has been put right. Gives how many are matched now."""
    with transaction.atomic():
        rows = _again(payments, by, at)
        matched = sum(payment.state == State.MATCHED for payment in rows)
        detail = {"payments": [payment.pk for payment in rows], "matched": matched}
        audit.record(by, "payments.rematch", f"payments:{len(rows)}", detail, at=at)
    return matched


def _again(payments: QuerySet[Payment], by: Staff | None, at: datetime) -> list[Payment]:
    rows = list(
        held(payments)
        .select_for_update(of=("self",))
        .select_related("batch__area")
        .defer("batch__content", "batch__plan", "id_number")  # a whole file beside each of its lines
        .order_by("pk")
    )
    judged = judge(rows)
    settle(rows, by, at)
    Payment.objects.bulk_update(rows, JUDGED, batch_size=200)
    record(judged, by, at)
    return rows


def settle(payments: Iterable[Payment], by: Staff | None, at: datetime) -> None:
    """Note who brought about that these are exceptions no longer; the books ask for it."""
    for payment in payments:
        if payment.state not in OPEN:
            payment.settled_by, payment.settled_at = by, at


def start_rematch(area: Area, *, by: Staff, at: datetime) -> Job:
    """Judge every exception of an area again, as a job in chunks; started twice at one moment it is one job."""
    waiting = held(Payment.objects.filter(area__path__startswith=area.path))
    keys = list(waiting.order_by("pk").values_list("pk", flat=True))
    parts = [(start + 1, keys[start : start + PIECE]) for start in range(0, len(keys), PIECE)]
    pieces = [jobs.Piece(f"{first}–{first + len(part) - 1}", part, len(part)) for first, part in parts]
    with transaction.atomic():
        job = jobs.start(JOB, f"{JOB}:{area.code}:{at.isoformat()}", f"{area} 缴费例外重新核对", area, pieces, by, at)
        audit.record(by, "payments.start_rematch", job, {"payments": len(keys)}, at=at)
    return job


@jobs.handler(JOB)
def _rematch_chunk(job: Job, chunk: Chunk) -> jobs.Counts:
    rows = _again(Payment.objects.filter(pk__in=chunk.keys), job.created_by, job.created_at)
    return {"judged": len(rows), "matched": sum(payment.state == State.MATCHED for payment in rows)}
