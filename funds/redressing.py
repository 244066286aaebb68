"""Evening out with a person what a settled claim is worth more or less: prepared by one, moved by another."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from claims.models import Adjustment
from funds import booking
from funds.models import Redress
from office import audit
from office.models import Staff
from office.refusal import Refusal

_PARTS = ("basic", "critical_illness", "assistance", "charity")


class CannotRedress(Refusal):
    """The difference is not one to be evened out with a person, or this step is not open to this person."""


def owed(by: Staff) -> QuerySet[Adjustment]:
    """Differences within scope that money moves for, to a person or back from them, settled or not."""
    moves = Q()
    for part in _PARTS:
        moves |= ~Q(**{part: 0})
    found = Adjustment.objects.visible_to(by).filter(moves, payee=Adjustment.Payee.RESIDENT)
    return found.select_related("claim__resident", "claim__institution", "redress").order_by("-pk")


def prepare(adjustment: Adjustment, document: str, *, by: Staff, at: datetime) -> Redress:
    """Put a further payment or a recovery down with its document (payee's account, receipt); once for a difference.

    Refused with CannotRedress where the difference is an institution's, or is evened out or prepared already.
    """
    if adjustment.payee != Adjustment.Payee.RESIDENT:
        raise CannotRedress(_("与医疗机构的差额在其下月结算中冲抵，不单独收付。"))
    if not document.strip():
        raise CannotRedress(_("请填写凭据（收款账户或收据编号）。"), field="document")
    try:
        with transaction.atomic():
            prepared = Redress.objects.create(
                adjustment=adjustment, document=document.strip()[:80], prepared_by=by, prepared_at=at
            )
            audit.record(by, "funds.prepare_redress", adjustment.claim, {"document": prepared.document}, at=at)
    except IntegrityError as error:
        raise CannotRedress(_("该差额已有人办理，请刷新后查看。")) from error
    return prepared


def settle(redress: Redress, on: date, *, by: Staff, at: datetime) -> Redress:
    """Pay it out or take it in, and book it: both or neither. A second time changes nothing.

    Refused with CannotRedress to whoever prepared it.
    """
    if redress.prepared_by_id == by.pk:
        raise CannotRedress(_("经办人与收付人不能是同一人。"))
    with transaction.atomic():
        moved = Redress.objects.filter(pk=redress.pk, settled_by=None).update(settled_by=by, settled_on=on)
        redress = Redress.objects.select_related("adjustment__claim").get(pk=redress.pk)
        if moved:
            booking.book_redress(redress, on, by)
            told = {"amount": str(redress.adjustment.total)}
            audit.record(by, "funds.settle_redress", redress.adjustment.claim, told, at=at)
    return redress
