"""The gate of applications and agreements: the tables of moves, where each stands, one row of history per move."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from claims.models import Agreement, Application, ContractMove, Institution
from office.models import Staff
from office.refusal import Refusal

State = Application.State
Stand = ContractMove.Stand

# From where to where. What was refused or withdrawn is applied for anew.
MOVES: Final[Mapping[str, frozenset[str]]] = {
    State.APPLIED: frozenset({State.ASSESSED, State.REFUSED, State.WITHDRAWN}),
    State.ASSESSED: frozenset({State.PUBLISHED, State.REFUSED, State.WITHDRAWN}),
    State.PUBLISHED: frozenset({State.SIGNED, State.REFUSED, State.WITHDRAWN}),
    State.SIGNED: frozenset(),
    State.REFUSED: frozenset(),
    State.WITHDRAWN: frozenset(),
}
# An agreement stands by its days: what it is on a day follows from its term, its end and its suspensions.
AGREEMENT_MOVES: Final[Mapping[str, frozenset[str]]] = {
    "": frozenset({Stand.IN_FORCE}),
    Stand.IN_FORCE: frozenset({Stand.SUSPENDED, Stand.ENDED}),
    Stand.SUSPENDED: frozenset({Stand.IN_FORCE, Stand.ENDED}),
    Stand.ENDED: frozenset(),
}


class CannotMove(Refusal):
    """The application or agreement does not stand where this move begins, or somebody else moved it first."""


def begin(application: Application, *, by: Staff, at: datetime) -> Application:
    """Write an application down with the first row of its history."""
    with transaction.atomic():
        application.save(force_insert=True)
        _write(application, None, "", application.state, application.applied_on, by, None, at, "", "PZ16")
    return application


def move(
    application: Application, to: str, *, on: date, by: Staff, at: datetime, why: str, article: str = "",
    checked_by: Staff | None = None, **facts: Any,
) -> Application:  # fmt: skip
    """Move an application; `facts` are columns that belong to the move. Raises CannotMove where the table does not."""
    before = application.state
    if to not in MOVES[before]:
        raise CannotMove(
            _("定点申请 %(number)s 现为“%(state)s”，不能转为“%(to)s”。")
            % {"number": application, "state": application.get_state_display(), "to": State(to).label}
        )
    with transaction.atomic():
        if not Application.objects.filter(pk=application.pk, state=before).update(state=to, **facts):
            raise CannotMove(_("定点申请刚被他人办理，请刷新后重试。"))
        _write(application, None, before, to, on, by, checked_by, at, why, article)
    for name, value in {"state": to, **facts}.items():
        setattr(application, name, value)
    return application


def stands(agreement: Agreement, day: date) -> str:
    """How an agreement stands on a day: "" before its term, then in force, suspended or ended."""
    if day < agreement.since:
        return ""
    if day > (agreement.ended_on or agreement.until):
        return Stand.ENDED
    suspended = any(one.since <= day and (one.until is None or day <= one.until) for one in agreement.suspensions.all())
    return Stand.SUSPENDED if suspended else Stand.IN_FORCE


def move_agreement(
    agreement: Agreement, to: str, *, on: date, by: Staff, at: datetime, why: str, article: str = "",
    checked_by: Staff | None = None,
) -> None:  # fmt: skip
    """Say that an agreement stands otherwise from `on`; whoever calls writes the days in the same transaction.

    Moves of one institution wait for each other at its row. Raises CannotMove where the table does not lead there.
    """
    Institution.objects.select_for_update().get(pk=agreement.institution_id)
    new = to == Stand.IN_FORCE and not agreement.moves.exists() and agreement.since == on
    before = "" if new else stands(Agreement.objects.get(pk=agreement.pk), on)
    if to not in AGREEMENT_MOVES[before]:
        raise CannotMove(
            _("协议 %(number)s 在 %(day)s %(state)s，不能转为“%(to)s”。")
            % {"number": agreement, "day": on, "state": Stand(before).label if before else _("尚未生效"),
               "to": Stand(to).label}
        )  # fmt: skip
    _write(None, agreement, before, to, on, by, checked_by, at, why, article)


def _write(
    application: Application | None, agreement: Agreement | None, before: str, after: str, on: date, by: Staff,
    checked_by: Staff | None, at: datetime, why: str, article: str,
) -> None:  # fmt: skip
    about = application or agreement
    ContractMove.objects.create(
        institution_id=about.institution_id, application=application, agreement=agreement, before=before, after=after,
        on=on, by=by, checked_by=checked_by, at=at, why=why[:300], article=article,
    )  # fmt: skip
