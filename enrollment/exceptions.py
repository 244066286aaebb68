"""Payments that did not settle anything by themselves, and the acts that settle them, one by one."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from enrollment import collection, cover, crediting, school_sums
from enrollment.models import OPEN, CollectionPeriod, Enrollment, Payment, Reassignment, Resident
from office import audit
from office.models import Staff
from office.refusal import Refusal

State = Payment.State
# What can be done about each kind, in the order in which it is offered.
ACTS: Final[dict[str, tuple[str, ...]]] = {
    State.UNKNOWN_PERSON: ("assign", "refund", "dismiss"),
    State.NAME_DIFFERS: ("assign", "refund", "dismiss"),
    State.NOT_ENROLLED: ("enroll", "year", "assign", "refund"),
    State.WRONG_YEAR: ("year", "enroll", "assign", "refund"),
    State.TOO_SMALL: ("part", "assign", "refund"),
    State.TOO_LARGE: ("split", "assign", "refund"),
    State.PAID_TWICE: ("year", "assign", "refund"),
    State.NOT_ELIGIBLE: ("assign", "refund"),
    State.ENDED_PERSON: ("assign", "refund"),
    State.SUM_DIFFERS: ("spread", "year", "refund", "dismiss"),
    State.DEBIT_FAILED: ("told",),
}


class CannotSettle(Refusal):
    """An exception cannot be settled like this."""


def open_ones(by: Staff) -> QuerySet[Payment]:
    """The work list within scope, the oldest first."""
    rows = Payment.objects.visible_to(by).open().select_related("area", "batch", "resident__area")
    # The second condition is that of the index over what is held.
    return rows.exclude(state=State.MATCHED).defer("batch__content", "batch__plan").order_by("pk")


def _held(payment: Payment, by: Staff, act: str) -> Payment:
    """The payment as it stands, locked. Refused: what is settled already, is another area's, or needs another act."""
    found = Payment.objects.select_for_update(of=("self",)).select_related("batch__area", "area", "school__area")
    held = found.defer("batch__content", "batch__plan").get(pk=payment.pk)
    if by.area is None or not by.area.covers(held.area):
        raise CannotSettle(_("该笔缴费不在您的管辖区域内"))
    if held.state not in OPEN:
        raise CannotSettle(_("该笔缴费已处理：%(state)s") % {"state": held.get_state_display()})
    if act not in ACTS[held.state]:
        raise CannotSettle(_("“%(state)s”不能这样处理") % {"state": held.get_state_display()})
    return held


def _said(why: str) -> str:
    if not why.strip():
        raise CannotSettle(_("请写明理由"), field="why")
    return why.strip()[:200]


def _again(payment: Payment, by: Staff, at: datetime) -> None:
    """Judge the payment by what is known now and keep what follows."""
    judged = crediting.judge([payment])
    crediting.settle([payment], by, at)
    payment.save(update_fields=[*crediting.JUDGED, "by_hand", "meant_year"])
    crediting.record(judged, by, at)


def _written(payment: Payment, act: str, by: Staff, at: datetime, **detail: Any) -> Payment:
    detail = {"payment": payment.pk, "state": payment.state, "reason": payment.reason} | detail
    audit.record(by, f"exceptions.{act}", payment, detail, at=at)
    return payment


def assign(payment: Payment, resident: Resident, why: str, *, by: Staff, at: datetime) -> Payment | Reassignment:
    """Say whose money it is. Under the same document it counts at once; for another person somebody else decides.

    Refused with CannotSettle: a person of another area, the person it counts for already, and a second wish while the
    first waits.
    """
    said = _said(why)
    if by.area is None or not by.area.covers(resident.area):
        raise CannotSettle(_("该人登记在%(area)s，不在您的管辖区域内") % {"area": resident.area}, field="resident")
    try:
        with transaction.atomic():
            held = _held(payment, by, "assign")
            if held.resident_id == resident.pk:
                raise CannotSettle(_("这笔缴费已认定为此人"), field="resident")
            if held.id_index == resident.id_index:
                held.resident, held.by_hand = resident, True
                _again(held, by, at)
                return _written(held, "assign", by, at, resident=resident.pk, why=said)
            asked = Reassignment.objects.create(
                payment=held, resident=resident, why=said, asked_by=by, asked_at=at, state=Reassignment.State.OPEN
            )
            _written(held, "ask_to_assign", by, at, resident=resident.pk, why=said)
            return asked
    except IntegrityError as error:
        raise CannotSettle(_("这笔缴费已有待复核的改认申请")) from error


def decide(asked: Reassignment, agree: bool, *, by: Staff, at: datetime) -> Payment:
    """The second person's yes or no to money that is to count for another person.

    Refused with CannotSettle: whoever asked, a wish that is decided already, a payment that was settled meanwhile.
    """
    with transaction.atomic():
        found = Reassignment.objects.select_for_update(of=("self",)).select_related("resident__area", "payment")
        wish = found.get(pk=asked.pk)
        if wish.state != Reassignment.State.OPEN:
            raise CannotSettle(_("该申请已复核"))
        if wish.asked_by_id == by.pk:
            raise CannotSettle(_("须由另一人复核"))
        wish.state = Reassignment.State.DONE if agree else Reassignment.State.REFUSED
        wish.decided_by, wish.decided_at = by, at
        held = _held(wish.payment, by, "assign") if agree else wish.payment
        wish.save(update_fields=["state", "decided_by", "decided_at"])
        if agree:
            held.resident, held.by_hand = wish.resident, True
            _again(held, by, at)
        told = {"resident": wish.resident_id, "reassignment": wish.pk, "asked_by": wish.asked_by_id}
        return _written(held, "assign" if agree else "refuse_to_assign", by, at, **told)


def enroll(payment: Payment, *, by: Staff, on: date, at: datetime) -> Payment:
    """Put the person down for the year and match the payment. Refused where no period of the year is open here."""
    with transaction.atomic():
        held = _held(payment, by, "enroll")
        resident = Resident.objects.select_related("area").get(pk=held.resident_id)
        periods = CollectionPeriod.objects.filter(year=held.wanted_year).select_related("area")
        period = next((one for one in periods if one.area.covers(resident.area)), None)
        if period is None:
            raise CannotSettle(_("%(year)s 年度没有开设缴费期") % {"year": held.wanted_year})
        done = collection.enroll([resident], period, by=by, on=on, at=at)
        if done.undecided or done.ended:
            why = done.undecided[0][2] if done.undecided else _("该人已终止")
            raise CannotSettle(_("不能登记：%(why)s") % {"why": why})
        _again(held, by, at)
        return _written(held, "enroll", by, at, year=period.year)


def move_year(payment: Payment, year: int, why: str, *, by: Staff, at: datetime) -> Payment:
    """The money is for another year than the line says; it is judged for that one."""
    said = _said(why)
    with transaction.atomic():
        held = _held(payment, by, "year")
        if held.wanted_year == year:
            raise CannotSettle(_("已是 %(year)s 年度") % {"year": year}, field="year")
        held.meant_year = year
        if held.state == State.SUM_DIFFERS:
            held.save(update_fields=["meant_year"])
            _spread(held, by, at)
        else:
            _again(held, by, at)
        return _written(held, "move_year", by, at, year=year, why=said)


def keep_part(payment: Payment, *, by: Staff, at: datetime) -> Payment:
    """Keep a sum that is too small as a part: it is off the list and waits for the rest (XZ10.1)."""
    with transaction.atomic():
        held = _held(payment, by, "part")
        held.state, held.settled_by, held.settled_at = State.PART, by, at
        held.save(update_fields=["state", "settled_by", "settled_at"])
        return _written(held, "keep_part", by, at)


def split(payment: Payment, *, by: Staff, at: datetime) -> Payment:
    """Take what is owed out of a sum that is too large; the rest stays on the list as paid twice, to be refunded."""
    with transaction.atomic():
        held = _held(payment, by, "split")
        enrollment = Enrollment.objects.select_related("resident", "period").get(pk=held.enrollment_id)
        due = crediting.owed(cover.gather([enrollment])[0], held.paid_on)
        if not Decimal(0) < due < held.amount:
            raise CannotSettle(_("应缴金额已变，请先重新核对"))
        shares = [
            school_sums.share_of(held, number, amount, held.id_index, held.id_number, held.name)
            for number, amount in enumerate((due, held.amount - due), start=1)
        ]
        for share in shares:
            share.resident_id, share.by_hand = held.resident_id, held.by_hand
        held.state, held.settled_by, held.settled_at = State.SPREAD, by, at
        held.reason = f"应缴 {due} 元，多缴 {held.amount - due} 元"
        held.save(update_fields=["state", "reason", "settled_by", "settled_at"])
        school_sums.keep_shares(shares, by=by, at=at, later=True)
        return _written(held, "split", by, at, due=str(due))


def spread(payment: Payment, *, by: Staff, at: datetime) -> Payment:
    """Hold a school's sum against its roster again, after the roster was put right."""
    with transaction.atomic():
        held = _held(payment, by, "spread")
        _spread(held, by, at)
        return _written(held, "spread", by, at)


def _spread(held: Payment, by: Staff, at: datetime) -> None:
    if school_sums.spread(held, by=by, at=at, later=True):
        held.settled_by, held.settled_at = by, at
        held.save(update_fields=["settled_by", "settled_at"])


def dismiss(payment: Payment, why: str, *, by: Staff, at: datetime) -> Payment:
    """The money is not ours and goes back the way it came; it is off the list with the reason."""
    return _close(payment, "dismiss", State.DISMISSED, why, by, at)


def told(payment: Payment, why: str, *, by: Staff, at: datetime) -> Payment:
    """Whoever's debit failed was told; the next file to their bank asks again."""
    return _close(payment, "told", State.DEBIT_CLOSED, why, by, at)


def _close(payment: Payment, act: str, state: str, why: str, by: Staff, at: datetime) -> Payment:
    said = _said(why)
    with transaction.atomic():
        held = _held(payment, by, act)
        held.state, held.reason, held.settled_by, held.settled_at = state, said, by, at
        held.save(update_fields=["state", "reason", "settled_by", "settled_at"])
        return _written(held, act, by, at)
