"""Money that goes back: the regulation answers the application, one person checks, another approves."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from enrollment import cover, refund_moves
from enrollment.models import CollectionPeriod, Due, Payment, Refund, Resident
from enrollment.models.payment import MONEYLESS
from enrollment.models.refund import PAPERS
from office import areas, audit, notices
from office.models import Staff
from office.refusal import Refusal
from policies.money import ZERO
from policies.refunding import ENDS, RefundAnswer, RefundQuestion, for_nothing

State = Refund.State
Reason = Refund.Reason
# The papers without which an application is not taken, beside the applicant's identity and the account.
NEEDED: Final = {Reason.DEATH: ("death",), Reason.EMPLOYEE_INSURANCE: ("employment",)}
_ALWAYS: Final = ("identity", "account")
_CODES: Final = frozenset(code for code, _label in PAPERS)


class CannotRefund(Refusal):
    """An application that cannot be taken, or a step that this person or this refund does not allow."""


@dataclass(frozen=True, slots=True)
class Claimable:
    """What the regulation says about one payment, and how much of it could go back at most (yuan)."""

    answer: RefundAnswer
    at_most: Decimal
    happened_on: date
    counted: bool


def ask(payment: Payment, reason: str) -> Claimable:
    """Ask the regulation whether a payment goes back for this reason; nothing is written.

    Refused with CannotRefund: an unknown reason, a line without money, a death or other end that nobody registered.
    """
    if reason not in Reason.values:
        raise CannotRefund(_("没有这种退费原因：%(reason)s") % {"reason": reason}, field="reason")
    if payment.state in (*MONEYLESS, Payment.State.DISMISSED):
        raise CannotRefund(_("这一行没有到账款项，无可退费用"), field="reason")
    counted = payment.state == Payment.State.MATCHED
    if counted and reason == Reason.STRANGER:
        raise CannotRefund(_("该款已计入%(name)s的参保，请先改认缴费人") % {"name": payment.name}, field="reason")
    happened_on = _happened(payment, reason)
    question = RefundQuestion(reason, happened_on, _begins(payment), counted)
    # Money that was never a contribution goes back in whatever city; a payment for no year has no regulation yet.
    answer = for_nothing(question) if question.for_nothing else notices.regulation(_policy(payment)).refund(question)
    at_most = _excess(payment) if counted and reason == Reason.PAID_TOO_MUCH else payment.amount
    return Claimable(answer, at_most, happened_on, counted)


def apply_for(
    payment: Payment,
    reason: str,
    *,
    applicant: str,
    relation: str,
    papers: Iterable[str],
    payee: str,
    bank: str,
    account: str,
    by: Staff,
    on: date,
    at: datetime,
    amount: Decimal | None = None,
) -> Refund:
    """Take an application for money back; the regulation decides (XZ08.4c, BZ23, PZ09) and its no is kept and told.

    `relation` is the applicant's to the insured (Refund.Relation), `papers` the codes of what was seen (PAPERS),
    `amount` yuan, everything that may go back unless told otherwise. The payment waits as one to be refunded from
    here on; a refusal leaves it as it was. Refused with CannotRefund: a payment of another area, one that is refunded
    already, papers that lack, more than may go back, and where no rule applies on that day.
    """
    told = _checked(applicant, relation, papers, payee, bank, account, reason)
    try:
        with transaction.atomic():
            payment = _locked(payment, by)
            claimable = ask(payment, reason)
            refund = _refund(payment, reason, claimable, amount, told)
            refund.applied_by, refund.applied_on = by, on
            refund_moves.begin(refund, by=by, at=at)
            if refund.state == State.APPLIED and not refund.counted:
                settled = {"settled_by": by, "settled_at": at}
                Payment.objects.filter(pk=payment.pk).update(state=Payment.State.REFUND, **settled)
            audit.record(by, "refunds.apply", refund, _told([refund], refund.message), at=at)
    except IntegrityError as error:
        # Somebody applied for the same payment at the same moment; anything else is a true fault.
        if not Refund.objects.filter(payment=payment).exclude(state=State.REFUSED).exists():
            raise
        raise _once(payment) from error
    return refund


def _checked(
    applicant: str, relation: str, papers: Iterable[str], payee: str, bank: str, account: str, reason: str
) -> dict[str, Any]:
    seen = sorted(set(papers))
    if not applicant.strip():
        raise CannotRefund(_("请填写申请人"), field="applicant")
    if relation not in Refund.Relation.values:
        raise CannotRefund(_("请选择申请人与参保人的关系"), field="relation")
    if not set(seen) <= _CODES:
        raise CannotRefund(_("没有这种材料"), field="papers")
    needed = {*_ALWAYS, *NEEDED.get(Reason(reason), ())} if reason in Reason.values else set(_ALWAYS)
    if relation not in (Refund.Relation.SELF, Refund.Relation.PAYER):
        needed.add("relation")
    if lacking := [str(label) for code, label in PAPERS if code in needed - set(seen)]:
        raise CannotRefund(_("还缺材料：%(papers)s") % {"papers": "、".join(lacking)}, field="papers")
    if reason == Reason.DEATH and relation == Refund.Relation.SELF:
        raise CannotRefund(_("参保人已死亡，由继承人申请"), field="relation")
    return {
        "applicant": applicant.strip()[:60],
        "relation": relation,
        "papers": seen,
        **_account(payee, bank, account),
    }


def _account(payee: str, bank: str, account: str) -> dict[str, str]:
    """Where the money goes, as it is kept."""
    account = "".join(account.split())
    for name, value in (("payee", payee), ("bank", bank)):
        if not value.strip():
            raise CannotRefund(_("收款户名和开户银行都要填写"), field=name)
    if not (account.isascii() and account.isdigit() and 8 <= len(account) <= 32):
        raise CannotRefund(_("收款账号应为 8 至 32 位数字"), field="account")
    return {"payee": payee.strip()[:60], "bank": bank.strip()[:80], "account": account}


def _locked(payment: Payment, by: Staff) -> Payment:
    """The payment, held until the transaction ends, within the person's area and not refunded yet."""
    held = Payment.objects.visible_to(by).select_for_update(of=("self",))
    found = held.select_related("resident", "enrollment__period", "batch__area").defer("batch__content", "batch__plan")
    row = found.filter(pk=payment.pk).first()
    if row is None:
        raise CannotRefund(_("此笔缴费不在您的管辖区域内"))
    if Refund.objects.filter(payment=row).exclude(state=State.REFUSED).exists():
        raise _once(row)
    return row


def _once(payment: Payment) -> CannotRefund:
    return CannotRefund(_("凭证 %(receipt)s 已申请退费，一笔缴费只退一次") % {"receipt": payment.receipt})


def _refund(
    payment: Payment, reason: str, claimable: Claimable, amount: Decimal | None, told: dict[str, Any]
) -> Refund:
    answer = claimable.answer
    if answer.allowed is None:
        raise CannotRefund(answer.message, article=answer.article)
    asked = claimable.at_most if amount is None else amount
    if answer.allowed and not ZERO < asked <= claimable.at_most:
        raise CannotRefund(_("最多可退 %(most)s 元") % {"most": claimable.at_most}, field="amount")
    if not ZERO < asked <= payment.amount:  # a refusal names what was asked, as far as it was paid
        asked = payment.amount
    return Refund(
        payment=payment,
        resident=payment.resident,
        enrollment=payment.enrollment,
        area_id=payment.area_id,
        year=payment.wanted_year,
        reason=reason,
        happened_on=claimable.happened_on,
        paid=payment.amount,
        amount=asked,
        counted=claimable.counted,
        stood_as=payment.state,
        article=answer.article,
        message=answer.message,
        state=State.APPLIED if answer.allowed else State.REFUSED,
        **told,
    )


def _happened(payment: Payment, reason: str) -> date:
    """The day on which the reason arose: the second payment, or the end that was registered."""
    counted = payment.state == Payment.State.MATCHED
    end = Resident.EndReason.DUPLICATE if counted and reason == Reason.PAID_TWICE else reason
    if reason not in ENDS and end != Resident.EndReason.DUPLICATE:
        return payment.paid_on
    resident = payment.resident
    if resident is None or resident.ended_on is None or resident.end_reason != end:
        told = {"reason": Resident.EndReason(end).label}
        raise CannotRefund(_("请先在人员页面登记终止（%(reason)s），再申请退费") % told, field="reason")
    return resident.ended_on


def _begins(payment: Payment) -> date | None:
    """The first day of the benefits for which the enrollment was paid, as if nobody had left."""
    enrollment = payment.enrollment
    if enrollment is None or enrollment.benefits_from is not None or enrollment.paid_on is None:
        return enrollment.benefits_from if enrollment else None
    enrollment.resident = payment.resident
    [case] = cover.gather([enrollment])
    return case.judge(enrollment.paid_on, enrollment.paid_on).benefits_from


def _policy(payment: Payment) -> str:
    """The regulation of the year that was paid for, or of the latest year that the city collected for."""
    if payment.enrollment is not None:
        return payment.enrollment.period.policy
    city = areas.city_of(payment.area)
    policies = dict(CollectionPeriod.objects.filter(area=city).order_by("year").values_list("year", "policy"))
    if not policies:
        raise CannotRefund(_("还没有开设缴费期，无法判断适用的办法"))
    return policies.get(payment.wanted_year) or list(policies.values())[-1]


def _excess(payment: Payment) -> Decimal:
    """How much more was counted for the enrollment than the person owes for it (yuan)."""
    matched = Payment.objects.filter(enrollment=payment.enrollment, state=Payment.State.MATCHED)
    due = Due.objects.filter(enrollment=payment.enrollment, payer=Due.Payer.INDIVIDUAL)
    paid = matched.aggregate(sum=Sum("amount"))["sum"] or ZERO
    owed = due.aggregate(sum=Sum("amount"))["sum"] or ZERO
    return min(payment.amount, max(ZERO, paid - owed))


# --- two people look --------------------------------------------------------------------------------------------------
def check(refund: Refund, *, by: Staff, at: datetime, note: str = "") -> Refund:
    """The first look, at papers and account, by somebody else than who took the application."""
    if refund.applied_by_id == by.pk:
        raise CannotRefund(_("退费 %(number)s 由您受理，请交由他人初审") % {"number": refund})
    with transaction.atomic():
        refund_moves.move([refund], State.CHECKED, by=by, at=at, why=note, checked_by=by)
        audit.record(by, "refunds.check", refund, _told([refund], note), at=at)
    return refund


def approve(refund: Refund, *, by: Staff, at: datetime, note: str = "") -> Refund:
    """The second look, by a third person; the regulation is asked once more with the facts as they stand now."""
    if by.pk in (refund.applied_by_id, refund.checked_by_id):
        raise CannotRefund(_("退费 %(number)s 由您受理或初审，请交由他人复核") % {"number": refund})
    with transaction.atomic():
        held = Payment.objects.select_for_update(of=("self",)).filter(pk=refund.payment_id)
        payment = held.select_related("resident", "enrollment__period", "area").defer("id_number").get()
        claimable = ask(payment, refund.reason)
        if not claimable.answer.allowed:
            raise CannotRefund(claimable.answer.message, article=claimable.answer.article)
        if claimable.counted != refund.counted or refund.amount > claimable.at_most:
            raise CannotRefund(_("此笔缴费受理后又有变动，请退回重新申请"))
        refund_moves.move([refund], State.APPROVED, by=by, at=at, why=note, approved_by=by)
        audit.record(by, "refunds.approve", refund, _told([refund], note), at=at)
    return refund


def refuse(refund: Refund, *, by: Staff, at: datetime, message: str, article: str = "") -> Refund:
    """Say no for a reason that the regulation could not see (a paper that does not hold); the payment stands again."""
    if not message.strip():
        raise CannotRefund(_("请写明不予退费的理由"), field="message")
    with transaction.atomic():
        told = {"message": message.strip()[:300], "article": article}
        refund_moves.move([refund], State.REFUSED, by=by, at=at, why=message, **told)
        if not refund.counted:
            stood = {"state": refund.stood_as, "settled_by": None, "settled_at": None}
            Payment.objects.filter(pk=refund.payment_id, state=Payment.State.REFUND).update(**stood)
        audit.record(by, "refunds.refuse", refund, _told([refund], message), at=at)
    return refund


def again(refund: Refund, payee: str, bank: str, account: str, *, by: Staff, on: date, at: datetime) -> Refund:
    """A refund that the bank sent back goes out again under an account that two people look at anew."""
    told = _account(payee, bank, account)
    with transaction.atomic():
        refund_moves.move(
            [refund],
            State.APPLIED,
            by=by,
            at=at,
            why="更正收款账户后重新办理",
            applied_by=by,
            applied_on=on,
            checked_by=None,
            approved_by=None,
            pay_list=None,
            **told,
        )
        audit.record(by, "refunds.again", refund, _told([refund], ""), at=at)
    return refund


def _told(refunds: Collection[Refund], note: str) -> dict[str, Any]:
    return {"refunds": [str(refund) for refund in refunds], "payments": [r.payment_id for r in refunds], "note": note}
