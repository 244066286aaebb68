"""Approved refunds go to the bank as a numbered list; what it answers is written down, and what bounced goes again."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment import cover, refund_moves
from enrollment.models import Enrollment, Payment, Refund, RefundList
from enrollment.refunds import CannotRefund
from office import audit, cells, export, intake
from office.intake import Outcome, Row
from office.models import Area, Batch, Staff

State = Refund.State
KIND: Final = Batch.Kind.REFUNDED.value
DONE: Final = "paid"
BACK: Final = "bounced"
COLUMNS: Final = (
    intake.Column("number", "退费单号", cells.code, synonyms=("业务单号", "附言")),
    intake.Column("amount", "金额", cells.positive, synonyms=("交易金额",)),
    intake.Column(
        "result",
        "结果",
        cells.choice({"成功": DONE, "已支付": DONE, "退回": BACK, "退票": BACK, "失败": BACK}),
        synonyms=("处理结果", "状态"),
    ),
    intake.Column("day", "日期", cells.day, synonyms=("交易日期", "退费日期")),
    intake.Column("why", "原因", cells.words(120), required=False, synonyms=("退回原因", "失败原因")),
)
# What the bank's file is headed with.
HEADINGS: Final = ("退费单号", "收款户名", "收款账号", "开户银行", "金额", "用途")


def make_list(area: Area, *, by: Staff, on: date, at: datetime) -> RefundList:
    """Put every approved refund of an area on one numbered list for the bank.

    Refused with CannotRefund: an area of somebody else, nothing approved, and who approved one of them.
    """
    if by.area is None or not by.area.covers(area):
        raise CannotRefund(_("%(area)s不在您的管辖区域内") % {"area": area}, field="area")
    with transaction.atomic():
        waiting = Refund.objects.filter(area__path__startswith=area.path, state=State.APPROVED)
        refunds = list(waiting.select_for_update(of=("self",)).order_by("pk"))
        if not refunds:
            raise CannotRefund(_("没有待支付的退费"))
        if any(refund.approved_by_id == by.pk for refund in refunds):
            raise CannotRefund(_("其中有您复核的退费，请交由他人制单"))
        prefix = f"TF{on:%Y%m%d}-{area.code[:6]}-"
        made = RefundList.objects.create(
            number=f"{prefix}{RefundList.objects.filter(number__startswith=prefix).count() + 1:02}",
            area=area,
            lines=len(refunds),
            amount=sum((refund.amount for refund in refunds), Decimal(0)),
            made_by=by,
            made_at=at,
        )
        refund_moves.move(refunds, State.LISTED, by=by, at=at, why=made.number, pay_list=made)
        audit.record(by, "refunds.list", made, {"number": made.number, "lines": made.lines}, at=at)
    return made


def bank_file(made: RefundList, *, by: Staff, at: datetime) -> bytes:
    """The list as the bank takes it, accounts in full; that it was taken out is recorded."""
    refunds = made.refunds.order_by("pk")
    rows = ([str(r), r.payee, r.account, r.bank, r.amount, f"{r.year}年度居民医保退费"] for r in refunds)
    return export.xlsx(made.number, HEADINGS, rows, by, at)


def paid(refunds: Collection[Refund], on: date, *, by: Staff, at: datetime) -> Collection[Refund]:
    """The bank has paid these on that day: what paid for cover pays for it no longer, and the cover ends.

    Refused with CannotRefund: a day that has not come, or one before the list went out.
    """
    if on > timezone.localdate(at):
        raise CannotRefund(_("退费日期 %(day)s 尚未到来") % {"day": on}, field="paid_on")
    lists = RefundList.objects.filter(pk__in={refund.pay_list_id for refund in refunds})
    if any(on < timezone.localdate(made.made_at) for made in lists):
        raise CannotRefund(_("退费日期早于制单日期"), field="paid_on")
    with transaction.atomic():
        refund_moves.move(refunds, State.PAID, by=by, at=at, paid_on=on)
        ended = [r for r in refunds if r.counted and r.reason != Refund.Reason.PAID_TOO_MUCH]
        Payment.objects.filter(pk__in=[r.payment_id for r in ended]).update(state=Payment.State.REFUND)
        touched = Enrollment.objects.filter(pk__in=[r.enrollment_id for r in ended]).select_related(
            "resident", "period"
        )
        unpaid = list(touched.select_for_update(of=("self",)).order_by("pk"))
        for enrollment in unpaid:
            enrollment.paid_on = None
        cover.derive(unpaid, on)
        audit.record(by, "refunds.paid", audit.subject(refunds), {"refunds": [str(r) for r in refunds]}, at=at)
    return refunds


def bounced(refunds: Collection[Refund], why: str, *, by: Staff, at: datetime) -> Collection[Refund]:
    """The bank could not pay these and says why; they go again once the account is put right."""
    if not why.strip():
        raise CannotRefund(_("请写明银行退回的原因"), field="why")
    with transaction.atomic():
        refund_moves.move(refunds, State.BOUNCED, by=by, at=at, why=why)
        audit.record(by, "refunds.bounced", audit.subject(refunds), {"why": why[:120]}, at=at)
    return refunds


# --- what the bank answers, as a file ---------------------------------------------------------------------------------
def _refunds(batch: Batch, rows: Sequence[Row]) -> dict[str, Refund]:
    keys = {int(row["number"][2:]) for row in rows if _is_number(row["number"])}
    within = Refund.objects.filter(area__path__startswith=batch.area.path)
    return {str(refund): refund for refund in within.filter(pk__in=keys).select_related("pay_list")}


def _is_number(text: str) -> bool:
    return text.startswith("TF") and text[2:].isascii() and text[2:].isdigit() and len(text) == 10


def check(batch: Batch, rows: Sequence[Row], at: datetime) -> Outcome:
    """Every line must name a refund that is on its way, with its sum; what was written down before changes nothing."""
    outcome, known = Outcome(), _refunds(batch, rows)
    seen: dict[str, int] = {}
    for row in rows:
        refund = known.get(row["number"])
        if refund is None:
            outcome.faults.append(row.fault("退费单号", _("没有这笔退费")))
        elif row["number"] in seen:
            outcome.faults.append(row.fault("退费单号", _("与第 %(line)s 行重复") % {"line": seen[row["number"]]}))
        elif row["amount"] != refund.amount:
            outcome.faults.append(row.fault("金额", _("应为 %(amount)s 元") % {"amount": refund.amount}))
        elif refund.state == row["result"] and refund.paid_on in (None, row["day"]):
            outcome.duplicates.add(row.line)
        elif refund.state != State.LISTED:
            told = {"state": refund.get_state_display()}
            outcome.faults.append(row.fault("退费单号", _("现为“%(state)s”，不在支付中") % told))
        elif row["day"] > timezone.localdate(at) or row["day"] < timezone.localdate(refund.pay_list.made_at):
            outcome.faults.append(row.fault("日期", _("不在制单日与今日之间：%(day)s") % {"day": row["day"]}))
        elif row["result"] == BACK and not row["why"]:
            outcome.faults.append(row.fault("原因", _("退回的应写明原因")))
        seen.setdefault(row["number"], row.line)
    return outcome


def take(batch: Batch, rows: Sequence[Row], by: Staff, at: datetime) -> Outcome:
    """Write down what the bank paid, day by day, and what it sent back, reason by reason."""
    known = _refunds(batch, rows)
    days: dict[date, list[Refund]] = {}
    reasons: dict[str, list[Refund]] = {}
    for row in rows:
        if row["result"] == DONE:
            days.setdefault(row["day"], []).append(known[row["number"]])
        else:
            reasons.setdefault(row["why"], []).append(known[row["number"]])
    for day, group in days.items():
        paid(group, day, by=by, at=at)
    for why, group in reasons.items():
        bounced(group, why, by=by, at=at)
    return Outcome()


intake.kind(KIND, COLUMNS, check, take)
