"""Direct debit: mandates of residents, the file that asks a bank for the contributions, and the bank's answer."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment import cover, crediting, payments
from enrollment.models import CollectionPeriod, Debit, DebitLine, Enrollment, Mandate, Payment, Resident
from office import audit, cells, intake
from office.intake import Outcome, Row
from office.models import Area, Batch, Staff
from office.refusal import Refusal
from office.secrecy import blind_index
from policies.money import ZERO

KIND: Final = Batch.Kind.DEBITED.value
State = DebitLine.State
RESULTS: Final = (("paid", "成功"), ("failed", "失败"))
COLUMNS: Final = (
    intake.Column("debit", "批次号", cells.code),
    intake.Column("line", "序号", cells.whole, synonyms=("明细序号",)),
    payments.AMOUNT,
    intake.Column("result", "结果", cells.label(RESULTS), synonyms=("扣款结果", "处理结果")),
    intake.Column("reason", "失败原因", cells.words(100), required=False, synonyms=("原因", "返回信息")),
    intake.Column("paid_on", "扣款日期", cells.day, synonyms=("交易日期", "到账日期")),
)
HEADINGS: Final = ("批次号", "序号", "户名", "银行账号", "金额", "参保人", "参保年度")
TOTAL: Final = "合计"


class CannotAuthorize(Refusal):
    """A mandate that cannot be kept like this."""


class CannotDebit(Refusal):
    """A file to a bank that cannot be made."""


# --- mandates ---------------------------------------------------------------------------------------------------------
def authorize(
    resident: Resident,
    bank: str,
    holder: str,
    account: str,
    since: date,
    *,
    by: Staff,
    at: datetime,
    household: bool = False,
    document: str = "",
) -> Mandate:
    """Keep somebody's leave to debit an account; a mandate that stands ends the day before.

    The account is sealed. Refuses an account that is not of 8 to 30 digits, a day to come, somebody whose insurance
    has ended, and a second mandate of the same day.
    """
    number = "".join(account.split())
    if not (number.isascii() and number.isdigit() and 8 <= len(number) <= 30):
        raise CannotAuthorize(_("银行账号应为 8 至 30 位数字"), field="account")
    if since > timezone.localdate(at):
        raise CannotAuthorize(_("授权日尚未到来：%(day)s") % {"day": since}, field="since")
    if resident.ended_on is not None:
        raise CannotAuthorize(_("%(name)s 已于 %(day)s 终止") % {"name": resident.name, "day": resident.ended_on})
    with transaction.atomic():
        standing = Mandate.objects.select_for_update().filter(resident=resident, until=None).first()
        if standing is not None and standing.since >= since:
            raise CannotAuthorize(_("已有 %(day)s 的授权，新授权须在其后") % {"day": standing.since}, field="since")
        if standing is not None:
            Mandate.objects.filter(pk=standing.pk).update(until=since - timedelta(days=1))
        mandate = Mandate.objects.create(
            resident=resident,
            bank=bank.strip(),
            holder=holder.strip(),
            account=number,
            account_index=blind_index(number),
            household=household,
            document=document.strip(),
            since=since,
            kept_by=by,
            kept_at=at,
        )
        audit.record(by, "debits.authorize", mandate, {"resident": resident.pk}, at=at, area=resident.area)
    return mandate


def withdraw(mandate: Mandate, on: date, *, by: Staff, at: datetime) -> Mandate:
    """End a mandate; the account is not debited after that day. Refuses one that has ended or not begun."""
    with transaction.atomic():
        if not Mandate.objects.filter(pk=mandate.pk, until=None, since__lte=on).update(until=on):
            raise CannotAuthorize(_("授权已撤销，或尚未生效"))
        audit.record(by, "debits.withdraw", mandate, {"on": on}, at=at, area=mandate.resident.area)
    mandate.refresh_from_db()
    return mandate


# --- the file out -----------------------------------------------------------------------------------------------------
def candidates(period: CollectionPeriod, area: Area, bank: str, on: date) -> list[tuple[Enrollment, Mandate, Decimal]]:
    """Whoever owes for the year, gave leave to debit an account of this bank, and is not asked already, with the sum.

    A mandate for the household covers everybody in it; one's own goes first. Four queries.
    """
    live = Mandate.objects.filter(bank=bank, since__lte=on, until=None, resident__area__path__startswith=area.path)
    own: dict[int, Mandate] = {}
    family: dict[int, Mandate] = {}
    for mandate in live.select_related("resident").order_by("pk"):
        own[mandate.resident_id] = mandate
        if mandate.household and mandate.resident.household_id:
            family.setdefault(mandate.resident.household_id, mandate)
    waiting = (
        Enrollment.objects.filter(period=period, state=Enrollment.State.DUE, paid_on=None)
        .filter(Q(resident__in=own) | Q(resident__household__in=family))
        .filter(area__path__startswith=area.path, resident__ended_on=None)
        .exclude(debits__state=State.SENT)
        .select_related("resident", "period")
        .order_by("pk")
    )
    found = []
    for case in cover.gather(list(waiting)):
        who = case.enrollment.resident
        mandate = own.get(who.pk) or family[who.household_id]
        if amount := crediting.owed(case, on):
            found.append((case.enrollment, mandate, amount))
    return found


def banks(area: Area) -> list[str]:
    """The banks of the live mandates of an area."""
    live = Mandate.objects.filter(until=None, resident__area__path__startswith=area.path)
    return sorted(set(live.order_by().values_list("bank", flat=True).distinct()))


def ask(period: CollectionPeriod, area: Area, bank: str, *, by: Staff, on: date, at: datetime) -> Debit:
    """Make the next numbered file to a bank. Refuses with CannotDebit an area of others, and where nobody is to ask."""
    if not by.area.covers(area):
        raise CannotDebit(_("%(area)s不在您的管辖区域内") % {"area": area}, field="area")
    try:
        with transaction.atomic():
            found = candidates(period, area, bank, on)
            if not found:
                raise CannotDebit(_("没有待缴费且授权该银行代扣的人员"), field="bank")
            number = f"D{on:%Y%m%d}{Debit.objects.filter(number__startswith=f'D{on:%Y%m%d}').count() + 1:03d}"
            debit = Debit.objects.create(
                number=number,
                area=area,
                period=period,
                bank=bank,
                lines=len(found),
                amount=sum((amount for _e, _m, amount in found), ZERO),
                made_by=by,
                made_at=at,
            )
            DebitLine.objects.bulk_create(
                [
                    DebitLine(debit=debit, line=line, mandate=mandate, enrollment=enrollment, amount=amount)
                    for line, (enrollment, mandate, amount) in enumerate(found, start=1)
                ],
                batch_size=2000,
            )
            audit.record(by, "debits.ask", debit, {"lines": debit.lines, "amount": str(debit.amount)}, at=at)
    except IntegrityError as error:
        raise CannotDebit(_("刚刚有人制作了代扣文件，请重新查看"), field="bank") from error
    return debit


def file_out(debit: Debit, *, by: Staff, at: datetime) -> bytes:
    """The file as the bank gets it: a line for each debit, count and sum in the last; handing it out is recorded."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    lines = DebitLine.objects.filter(debit=debit).select_related("mandate", "enrollment__resident").order_by("line")
    for one in lines:
        name = one.enrollment.resident.name
        writer.writerow(
            [debit.number, one.line, one.mandate.holder, one.mandate.account, one.amount, name, one.enrollment.year]
        )
    writer.writerow([TOTAL, debit.lines, "", "", debit.amount, "", ""])
    audit.record(by, "debits.hand_out", debit, {"lines": debit.lines}, at=at)
    return out.getvalue().encode("utf-8-sig")


# --- the answer back --------------------------------------------------------------------------------------------------
def _asked(rows: Iterable[Row], batch: Batch, lock: bool = False) -> dict[tuple[str, int], DebitLine]:
    """The lines that the answer speaks of, by file and number."""
    asked = DebitLine.objects.filter(debit__number__in={row["debit"] for row in rows})
    asked = asked.filter(debit__area__path__startswith=batch.area.path).select_related("debit", "enrollment__resident")
    if lock:
        asked = asked.select_for_update(of=("self",))
    return {(one.debit.number, one.line): one for one in asked}


def check(batch: Batch, rows: Sequence[Row], at: datetime) -> Outcome:
    """An answer to what was not asked, of another sum, or that says something else than before goes back."""
    outcome = Outcome()
    today, asked = timezone.localdate(at), _asked(rows, batch)
    before: set[tuple[str, int]] = set()
    for row in rows:
        key = (row["debit"], row["line"])
        one = asked.get(key)
        if one is None:
            outcome.faults.append(row.fault("序号", _("没有向银行发出过这一笔")))
        elif one.amount != row["amount"]:
            outcome.faults.append(row.fault("金额", _("发出的是 %(amount)s 元") % {"amount": one.amount}))
        elif row["paid_on"] > today:
            outcome.faults.append(row.fault("扣款日期", _("尚未到来：%(day)s") % {"day": row["paid_on"]}))
        elif row["result"] == State.FAILED and not row["reason"]:
            outcome.faults.append(row.fault("失败原因", _("扣款失败须写明银行原因")))
        elif one.state == row["result"] or (key in before and one.state == State.SENT):
            outcome.duplicates.add(row.line)
        elif one.state != State.SENT:
            said = {"said": one.get_state_display()}
            outcome.faults.append(row.fault("结果", _("此前回盘为%(said)s，结果不同") % said))
        before.add(key)
    return outcome


def take(batch: Batch, rows: Sequence[Row], by: Staff, at: datetime) -> Outcome:
    """Keep the answer: what was debited settles its enrollment, what failed goes to the exceptions with the reason."""
    asked = _asked(rows, batch, lock=True)
    came, failed = [], []
    for row in rows:
        one = asked[row["debit"], row["line"]]
        one.state, one.reason = row["result"], row["reason"] or ""
        who = one.enrollment.resident
        payment = Payment(
            batch=batch,
            line=row.line,
            channel=Payment.Channel.BANK,
            source=Payment.Channel.BANK,
            receipt=f"{one.debit.number}-{one.line}",
            year=one.enrollment.year,
            name=who.name,
            id_number=who.id_number,
            id_index=who.id_index,
            amount=one.amount,
            paid_on=row["paid_on"],
            area_id=who.area_id,
        )
        if one.state == State.FAILED:
            payment.resident, payment.enrollment = who, one.enrollment
            payment.state, payment.reason = Payment.State.DEBIT_FAILED, f"银行：{one.reason}"
            failed.append(payment)
        else:
            came.append(payment)
    DebitLine.objects.bulk_update(asked.values(), ["state", "reason"], batch_size=500)
    payments.keep(came, by, at)
    Payment.objects.bulk_create(failed, batch_size=500)
    return Outcome()


intake.kind(KIND, COLUMNS, check, take)


def live(resident: Resident) -> Mandate | None:
    """The mandate that stands for a resident: one's own, else one of the household."""
    own = Q(resident=resident)
    if resident.household_id:
        own |= Q(resident__household=resident.household_id, household=True)
    return Mandate.objects.filter(own, until=None).order_by("-pk").first()


def visible(by: Staff) -> QuerySet[Debit]:
    """Files to banks within scope."""
    return Debit.objects.visible_to(by).select_related("area", "period", "made_by").order_by("-pk")
