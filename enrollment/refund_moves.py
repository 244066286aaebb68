"""The gate of a refund's state: the table of moves, one conditional update per set, one row of history per refund."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from enrollment.models import Refund, RefundMove
from office.models import Staff
from office.refusal import Refusal

State = Refund.State

# From where to where. What was paid stays paid; an account that is put right is looked at by two people again.
MOVES: Final[Mapping[str, frozenset[str]]] = {
    State.APPLIED: frozenset({State.CHECKED, State.REFUSED}),
    State.CHECKED: frozenset({State.APPROVED, State.REFUSED}),
    State.APPROVED: frozenset({State.LISTED, State.REFUSED}),
    State.LISTED: frozenset({State.PAID, State.BOUNCED}),
    State.BOUNCED: frozenset({State.APPLIED}),
    State.PAID: frozenset(),
    State.REFUSED: frozenset(),
}


class CannotMove(Refusal):
    """The refund does not stand where this move begins, or somebody else moved it first."""


def begin(refund: Refund, *, by: Staff, at: datetime) -> Refund:
    """Write an application down with the first row of its history."""
    with transaction.atomic():
        refund.save(force_insert=True)
        RefundMove.objects.create(refund=refund, after=refund.state, by=by, at=at, why=refund.message)
    return refund


def move(
    refunds: Collection[Refund], to: str, *, by: Staff, at: datetime, why: str = "", **facts: Any
) -> Collection[Refund]:
    """Move refunds that stand in one state; `facts` are columns that belong to the move (who checked, which list).

    One conditional update and one insert of history, whatever the size. Raises CannotMove where the table of moves
    does not lead there, or where one of them was moved meanwhile: then none is moved.
    """
    standing = {refund.state for refund in refunds}
    for refund in refunds:
        if to not in MOVES[refund.state]:
            raise CannotMove(
                _("退费 %(number)s 现为“%(state)s”，不能转为“%(to)s”。")
                % {"number": refund, "state": refund.get_state_display(), "to": State(to).label}
            )
    with transaction.atomic():
        for before in standing:
            group = [refund.pk for refund in refunds if refund.state == before]
            unmoved = Refund.objects.filter(pk__in=group, state=before)
            if unmoved.update(state=to, **facts) != len(group):
                raise CannotMove(_("其中有退费刚被他人办理，请刷新后重试。"))
        RefundMove.objects.bulk_create(
            [RefundMove(refund=r, before=r.state, after=to, by=by, at=at, why=why[:300]) for r in refunds],
            batch_size=1000,
        )
    for refund in refunds:
        for name, value in {"state": to, **facts}.items():
            setattr(refund, name, value)
    return refunds
