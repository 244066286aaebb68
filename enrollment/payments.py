"""The tax authority's files: every line is kept and matched to an enrollment, or held with the reason why not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import Count, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment import cover
from enrollment.models import Enrollment, Payment, Resident
from office import audit, cells, identity, intake
from office.intake import Row
from office.models import Batch, Staff
from office.secrecy import blind_index
from policies.covering import CoverAnswer

State = Payment.State
SOURCE: Final = "tax"


def _document(cell: cells.Cell) -> str:
    """An identity number, checked, or that of another paper: births' and foreigners' begin with a letter."""
    number = cells.code(cell)
    return number if number[:1].isalpha() else identity.check(number).number


KIND: Final = Batch.Kind.PAYMENTS.value
COLUMNS: Final = (
    intake.Column("receipt", "完税凭证号", cells.code, synonyms=("电子税票号", "凭证号")),
    intake.Column("id_number", "证件号码", _document, synonyms=("身份证号", "身份证号码")),
    intake.Column("name", "姓名", cells.name, synonyms=("纳税人姓名", "缴费人姓名")),
    intake.Column("year", "年度", cells.year, synonyms=("参保年度", "缴费年度")),
    intake.Column("amount", "金额", cells.positive, synonyms=("实缴金额", "缴费金额")),
    intake.Column("paid_on", "到账日期", cells.day, synonyms=("到账日", "入库日期")),
)


def check(batch: Batch, rows: Sequence[Row], at: datetime) -> intake.Outcome:
    """Receipts that are known already change nothing; one that says something else than before is refused."""
    outcome = intake.Outcome()
    today = timezone.localdate(at)
    told = {
        receipt: (index, year, amount, paid_on)
        for receipt, index, year, amount, paid_on in Payment.objects.filter(
            source=SOURCE, receipt__in=[row["receipt"] for row in rows]
        ).values_list("receipt", "id_index", "year", "amount", "paid_on")
    }
    before: dict[str, int] = {}
    for row in rows:
        receipt = row["receipt"]
        if row["paid_on"] > today:
            outcome.faults.append(row.fault("到账日期", _("尚未到来：%(day)s") % {"day": row["paid_on"]}))
        elif receipt in before:
            outcome.faults.append(row.fault("完税凭证号", _("与第 %(line)s 行重复") % {"line": before[receipt]}))
        elif receipt in told:
            says = (blind_index(row["id_number"]), row["year"], row["amount"], row["paid_on"])
            if says == told[receipt]:
                outcome.duplicates.add(row.line)
            else:
                outcome.faults.append(row.fault("完税凭证号", _("此凭证已导入，但证件、年度、金额或到账日不同")))
        before.setdefault(receipt, row.line)
    return outcome


def take(batch: Batch, rows: Sequence[Row], by: Staff, at: datetime) -> intake.Outcome:
    """Keep every line as a payment, matched or held with its reason, and let cover follow from the matched ones."""
    payments = [
        Payment(
            batch=batch,
            line=row.line,
            source=SOURCE,
            receipt=row["receipt"],
            year=row["year"],
            name=row["name"],
            id_number=row["id_number"],
            id_index=blind_index(row["id_number"]),
            amount=row["amount"],
            paid_on=row["paid_on"],
            area_id=batch.area_id,
        )
        for row in rows
    ]
    decided = judge(payments)
    Payment.objects.bulk_create(payments, batch_size=cover.BATCH)
    cover.record(decided)
    return intake.Outcome()


intake.kind(KIND, COLUMNS, check, take)


@dataclass(slots=True)
class _Facts:
    """Everything that decides about a set of payments."""

    residents: dict[str, Resident]
    cases: dict[tuple[int, int], cover.Case]
    decided: list[tuple[Enrollment, CoverAnswer]] = field(default_factory=list)


def judge(payments: Sequence[Payment]) -> list[tuple[Enrollment, CoverAnswer]]:
    """Match these payments (saved or not): each gets resident, enrollment, area, state and reason.

    The earliest payment of an enrollment counts; its amount is held against what the regulation asks on its day, so a
    late payer who owes the subsidy share too is matched by exactly that sum. Residents are locked before enrollments,
    as an end does, so that nobody is covered whose insurance ends meanwhile; what the enrollments became is handed
    back for `cover.record`. Five queries, however many payments.
    """
    residents = _residents(payments)
    wanted = {(residents[p.id_index].pk, p.year) for p in payments if p.id_index in residents}
    enrollments = (
        Enrollment.objects.select_for_update(of=("self",))
        .filter(resident__in={pk for pk, _year in wanted}, year__in={year for _pk, year in wanted})
        .select_related("resident", "period")
        .order_by("pk")
    )
    cases = {(case.enrollment.resident_id, case.enrollment.year): case for case in cover.gather(list(enrollments))}
    facts = _Facts(residents, cases)
    for payment in sorted(payments, key=lambda p: (p.paid_on, p.line)):
        payment.state, payment.reason = _match(payment, facts)
    return facts.decided


def _residents(payments: Iterable[Payment]) -> dict[str, Resident]:
    """Residents by the index of their number; where a birth certificate has the same, the identity card decides."""
    found = (
        Resident.objects.select_for_update(of=("self",), no_key=True)
        .filter(id_index__in={p.id_index for p in payments})
        .select_related("area")
        .order_by("-id_type", "pk")
    )
    return {resident.id_index: resident for resident in found}


def _match(payment: Payment, facts: _Facts) -> tuple[str, str]:
    """State and reason of one payment: who it is from, what it is for, whether the sum is right."""
    resident = facts.residents.get(payment.id_index)
    if resident is None:
        return State.UNKNOWN_PERSON, "没有登记此证件号码"
    # A wrong digit that passes the check is somebody else's number: the name has to agree as well.
    if payment.name != resident.name:
        return State.UNKNOWN_PERSON, "证件号码登记的是另一姓名"
    if not payment.batch.area.covers(resident.area):
        return State.UNKNOWN_PERSON, f"该人登记在{payment.batch.area}之外"
    payment.resident, payment.area_id = resident, resident.area_id
    last = cover.last_day(resident)
    if last is not None and payment.paid_on > last:
        return State.ENDED_PERSON, cover.end_message(resident)
    case = facts.cases.get((resident.pk, payment.year))
    if case is None:
        return State.NOT_ENROLLED, f"没有 {payment.year} 年度的参保登记"
    payment.enrollment = case.enrollment
    return _settle(payment, case, facts)


def _settle(payment: Payment, case: cover.Case, facts: _Facts) -> tuple[str, str]:
    """Hold the payment against what is due on its day; a match is written into the enrollment and `facts.decided`."""
    enrollment = case.enrollment
    if enrollment.paid_on is not None or enrollment.state == Enrollment.State.COVERED:
        return State.PAID_TWICE, "该年度已缴费或无须缴费"
    answer = case.judge(payment.paid_on, payment.paid_on)
    due = cover.individual(answer)
    if answer.eligible and payment.amount != due:
        state = State.TOO_SMALL if payment.amount < due else State.TOO_LARGE
        return state, f"{payment.paid_on} 缴费应缴 {due} 元，实缴 {payment.amount} 元"
    if answer.eligible:
        enrollment.paid_on = payment.paid_on
    case.settle(answer)
    facts.decided.append((enrollment, answer))
    if answer.eligible:
        return State.MATCHED, ""
    reason = answer.reasons[0]
    return State.NOT_ELIGIBLE, f"{reason.message}（{reason.article}）"[:200]


def rematch(payments: QuerySet[Payment], *, by: Staff, at: datetime) -> int:
    """Judge held payments again, after what was missing has been put right. Gives how many are matched now."""
    with transaction.atomic():
        held = list(
            payments.select_for_update(of=("self",))
            .exclude(state=State.MATCHED)
            .select_related("batch__area")
            .defer("batch__content")  # a whole file beside each of its lines
            .order_by("pk")
        )
        decided = judge(held)
        cover.record(decided)
        Payment.objects.bulk_update(held, ["resident", "enrollment", "area", "state", "reason"], batch_size=200)
        matched = sum(payment.state == State.MATCHED for payment in held)
        detail = {"payments": [payment.pk for payment in held], "matched": matched}
        audit.record(by, "payments.rematch", f"payments:{len(held)}", detail, at=at)
    return matched


@dataclass(frozen=True, slots=True)
class Total:
    """Lines and yuan of one result within a file."""

    state: str
    label: str
    lines: int
    amount: Decimal


def totals(batch: Batch) -> list[Total]:
    """What became of a file, result by result; lines and yuan add up to what the file held."""
    rows = Payment.objects.filter(batch=batch).order_by("state").values("state")
    return [
        Total(row["state"], str(State(row["state"]).label), row["lines"], row["sum"])
        for row in rows.annotate(lines=Count("pk"), sum=Sum("amount"))
    ]
