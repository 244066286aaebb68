"""One sum of a school for its whole roster: spread over the students where it is exactly what they owe."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment import cover, crediting, payments
from enrollment.models import Enrollment, Payment, Resident, School
from office import bulk, cells, intake
from office.intake import Outcome, Row
from office.models import Batch, Staff
from office.secrecy import blind_index
from policies.money import ZERO

KIND: Final = Batch.Kind.SCHOOL_SUMS.value
State = Payment.State
MOST: Final = 30  # characters of a receipt: its shares are numbered after it
COLUMNS: Final = (
    intake.Column("receipt", "凭证号", lambda cell: cells.code(cell, most=MOST), synonyms=("流水号", "完税凭证号")),
    intake.Column("school", "学校代码", cells.code, synonyms=("学校编码",)),
    payments.YEAR,
    payments.AMOUNT,
    payments.PAID_ON,
)


class Owing(NamedTuple):
    """A student of the roster and what is owed for them on the day of the payment, in yuan."""

    resident: Resident
    amount: Decimal


def check(batch: Batch, rows: Sequence[Row], at: datetime) -> Outcome:
    """Receipts that are known already change nothing; schools nobody knows and other sums under a receipt go back."""
    outcome = Outcome()
    today, schools = timezone.localdate(at), _schools(batch, rows)
    told = payments.known(Payment.Channel.SCHOOL, [row["receipt"] for row in rows])
    before: dict[str, Row] = {}
    for row in rows:
        receipt = row["receipt"]
        first = before.setdefault(receipt, row)
        stands = told.get(receipt) or (_says(first) if first is not row else None)
        if row["school"] not in schools:
            outcome.faults.append(row.fault("学校代码", _("没有代码为 %(code)s 的学校") % {"code": row["school"]}))
        elif row["paid_on"] > today:
            outcome.faults.append(row.fault("到账日期", _("尚未到来：%(day)s") % {"day": row["paid_on"]}))
        elif stands is None:
            continue
        elif wrong := payments.differing(stands, _says(row)):
            outcome.faults.append(row.fault("凭证号", _("此凭证已导入，但%(what)s不同") % {"what": wrong}))
        else:
            outcome.duplicates.add(row.line)
    return outcome


def _schools(batch: Batch, rows: Sequence[Row]) -> dict[str, School]:
    codes = {row["school"] for row in rows}
    found = School.objects.filter(code__in=codes, area__path__startswith=batch.area.path).select_related("area")
    return {school.code: school for school in found}


def _index(code: str) -> str:
    return blind_index(f"school {code}")


def _says(row: Row) -> payments.Says:
    return (_index(row["school"]), row["year"], row["amount"], row["paid_on"])


def take(batch: Batch, rows: Sequence[Row], by: Staff, at: datetime) -> Outcome:
    """Keep each sum as one payment, and spread it over the school's students where it is exactly what they owe."""
    schools = _schools(batch, rows)
    for row in rows:
        school = schools[row["school"]]
        payment = Payment(
            batch=batch,
            line=row.line,
            channel=Payment.Channel.SCHOOL,
            source=Payment.Channel.SCHOOL,
            receipt=row["receipt"],
            year=row["year"],
            name=school.name,
            id_number=school.code,
            id_index=_index(school.code),
            amount=row["amount"],
            paid_on=row["paid_on"],
            school=school,
            area=school.area,
            state=State.SUM_DIFFERS,
        )
        payment.save(force_insert=True)
        spread(payment, by=by, at=at)
    return Outcome()


def owing(school: School, year: int, on: date) -> list[Owing]:
    """The students of a school who are put down for the year and have not paid, with what each owes on that day."""
    students = Enrollment.objects.filter(resident__school=school, resident__ended_on=None, year=year)
    waiting = students.filter(state=Enrollment.State.DUE, paid_on=None).select_related("resident__area", "period")
    cases = cover.gather(list(waiting.order_by("resident__name", "pk")))
    told = [Owing(case.enrollment.resident, crediting.owed(case, on)) for case in cases]
    return [one for one in told if one.amount]


def spread(payment: Payment, *, by: Staff | None, at: datetime, later: bool = False) -> bool:
    """Spread a school's sum over its students where it is exactly what they owe; else hold it with both sums.

    The line stays as it came (`later`: after it was held, which the books ask for); each student's share is a payment
    of its own beside it.
    """
    roster = owing(payment.school, payment.wanted_year, payment.paid_on)
    total = sum((one.amount for one in roster), ZERO)
    if total != payment.amount:
        payment.state = State.SUM_DIFFERS
        payment.reason = f"到账 {payment.amount} 元，名册 {len(roster)} 人应缴 {total} 元"
        payment.save(update_fields=["state", "reason"])
        return False
    shares = [
        share_of(payment, number, one.amount, one.resident.id_index, one.resident.id_number, one.resident.name)
        for number, one in enumerate(roster, start=1)
    ]
    payment.state, payment.reason = State.SPREAD, f"分摊至 {len(roster)} 名学生"
    payment.save(update_fields=["state", "reason"])
    keep_shares(shares, by=by, at=at, later=later)
    return True


def share_of(payment: Payment, number: int, amount: Decimal, index: str, id_number: str, name: str) -> Payment:
    """One part of a sum, as a payment of its own that names the line it came from."""
    return Payment(
        batch=payment.batch,
        line=payment.line,
        channel=payment.channel,
        source=payment.source,
        receipt=f"{payment.receipt}-{number}",
        year=payment.year,
        meant_year=payment.meant_year,
        name=name[:80],
        id_number=id_number,
        id_index=index,
        amount=amount,
        paid_on=payment.paid_on,
        area_id=payment.area_id,
        spread_of=payment,
    )


def keep_shares(shares: Sequence[Payment], *, by: Staff | None, at: datetime, later: bool) -> None:
    """Judge and write the parts of a sum; `later` where it was held before."""
    for share, key in zip(shares, bulk.fresh_keys(Payment, len(shares)), strict=True):
        share.pk = key
    judged = crediting.judge(shares)
    if later:
        crediting.settle(shares, by, at)
    payments.write(shares)
    crediting.record(judged, by, at)


intake.kind(KIND, COLUMNS, check, take)
