"""The gate of a claim's state: the table of moves, one conditional update per set, one row of history per claim."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from claims.models import Claim, ClaimLine, ClaimMove
from office import bulk
from office.models import Staff
from office.refusal import Refusal

State = Claim.State

# From where to where. What is settled keeps its amounts: reversed means that a later month takes them back.
MOVES: Final[Mapping[str, frozenset[str]]] = {
    State.RECEIVED: frozenset({State.ADJUDICATED, State.INQUIRY, State.PARKED, State.REFUSED, State.CANCELLED}),
    # Back to received means: to be worked out again, because what it rested on has changed.
    State.PARKED: frozenset(
        {State.RECEIVED, State.ADJUDICATED, State.INQUIRY, State.REFUSED, State.RETURNED, State.CANCELLED}
    ),
    State.INQUIRY: frozenset({State.RECEIVED, State.REFUSED, State.RETURNED, State.CANCELLED}),
    State.ADJUDICATED: frozenset(
        {State.RECEIVED, State.APPROVED, State.INQUIRY, State.REFUSED, State.RETURNED, State.CANCELLED}
    ),
    # Approved and worked out to another sum, because its year moved before it: to be looked at again.
    State.APPROVED: frozenset({State.RECEIVED, State.SETTLED, State.CANCELLED}),
    State.REFUSED: frozenset({State.RECEIVED, State.CANCELLED}),
    State.RETURNED: frozenset({State.CANCELLED}),
    State.SETTLED: frozenset({State.REVERSED}),
    State.REVERSED: frozenset(),
    State.CANCELLED: frozenset(),
}


class CannotMove(Refusal):
    """The claim does not stand where this move begins, or somebody else moved it first."""


def refuse_impossible(claim: Claim, to: str) -> None:
    """Raise CannotMove where the table of moves does not lead from where the claim stands to there."""
    if to not in MOVES[claim.state]:
        raise CannotMove(
            _("结算单 %(number)s 现为“%(state)s”，不能转为“%(to)s”。")
            % {"number": claim.number, "state": claim.get_state_display(), "to": State(to).label}
        )


def move(
    claims: Iterable[Claim], to: str, *, by: Staff | None, at: datetime, why: str = "", **facts: Any
) -> list[Claim]:
    """Move claims to a state and write who, when and why; `facts` are columns that belong to the move (a reviewer).

    One conditional update for each state that the set stands in, and one insert of history, whatever its size. A claim
    that stands elsewhere than it was read raises CannotMove and nothing of the set is moved.
    """
    standing: defaultdict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        refuse_impossible(claim, to)
        standing[claim.state].append(claim)
    moved = [claim for group in standing.values() for claim in group]
    with transaction.atomic():
        for before, group in standing.items():
            unmoved = Claim.objects.filter(pk__in=[claim.pk for claim in group], state=before)
            if unmoved.update(state=to, **facts) != len(group):
                raise CannotMove(_("其中有申报刚被他人办理，请刷新后重试。"))
        ClaimMove.objects.bulk_create(
            ClaimMove(claim=claim, before=before, after=to, by=by, at=at, why=why[:300])
            for before, group in standing.items()
            for claim in group
        )
    for claim in moved:
        for name, value in {"state": to, **facts}.items():
            setattr(claim, name, value)
    return moved


_CLAIM: Final = tuple(field.attname for field in Claim._meta.concrete_fields)
_LINE: Final = (
    "claim_id",
    *(f.attname for f in ClaimLine._meta.concrete_fields if f.attname not in ("id", "claim_id")),
)
_MOVE: Final = ("claim_id", "before", "after", "by_id", "at", "why")


def enter(
    claims: Sequence[Claim], states: Sequence[str], lines: Sequence[Sequence[ClaimLine]], *, by: Staff | None,
    at: datetime,
) -> None:  # fmt: skip
    """Write new claims with their lines in the states in which they came to stand; each has moved there from received.

    Three statements for one claim and for thousands. Many carry keys of their own already; a single one is given its.
    """
    for claim, state in zip(claims, states, strict=True):
        claim.state = state
    if len(claims) == 1:
        claims[0].pk = None
        Claim.objects.bulk_create(claims)
    else:
        bulk.copy_in(Claim, _CLAIM, ([getattr(claim, name) for name in _CLAIM] for claim in claims))
    for claim, fees in zip(claims, lines, strict=True):
        for line in fees:
            line.claim_id = claim.pk
    bulk.copy_in(ClaimLine, _LINE, ([getattr(line, name) for name in _LINE] for fees in lines for line in fees))
    bulk.copy_in(
        ClaimMove,
        _MOVE,
        (
            (claim.pk, State.RECEIVED.value, claim.state, by.pk if by else None, at, "")
            for claim in claims
            if claim.state != State.RECEIVED
        ),
    )
