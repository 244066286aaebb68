"""Taking a claim out of the resident's year: exactly what it put in, and what stands after it is worked out again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from claims import lifecycle, reflow
from claims.adjudication import AMOUNTS, State, flow
from claims.models import Adjustment, Claim
from office import audit
from office.models import Staff
from policies.money import ZERO

Reasons = list[dict[str, str]]


def withdraw(claim: Claim, *, by: Staff, at: datetime, why: str) -> Claim:
    """Cancel a claim; the year gets back exactly what the claim had used of it, and later claims follow.

    Before its settlement it is undone. After it the claim keeps its amounts and is reversed: what was paid becomes a
    negative line of the institution's next month. One that was cancelled or reversed before raises CannotMove.
    """
    with transaction.atomic():
        gone = undo(claim, by=by, at=at, why=why)
        audit.record(by, "claims.withdraw", gone, {"number": gone.number, "why": why, "state": gone.state}, at=at)
    return gone


def undo(claim: Claim, *, by: Staff, at: datetime, why: str) -> Claim:
    """What `withdraw` does, as part of another act."""
    with transaction.atomic():
        standing = Claim.objects.values_list("state", flat=True).get(pk=claim.pk)
        to = State.REVERSED if standing in (State.SETTLED, State.REVERSED) else State.CANCELLED
        [gone] = take_out([claim], to, by=by, at=at, why=why)
    return gone


def recalculate(*claims: Claim, by: Staff, at: datetime, why: str) -> list[Claim]:
    """Work claims out again because what they rest on has changed: a notice, a cover, the facts of an institution.

    For what waits for review, is parked or was refused; what a reviewer decided before has to be decided again.
    """
    with transaction.atomic():
        redone = take_out(
            claims, State.RECEIVED, by=by, at=at, why=why, reviewed_by=None, reviewed_at=None, review_note=""
        )
        for claim in redone:
            claim.refresh_from_db()
        audit.record(by, "claims.recalculate", f"claims:{len(redone)}", {"why": why}, at=at)
    return redone


def take_out(
    claims: Sequence[Claim],
    to: str,
    *,
    by: Staff | None,
    at: datetime,
    why: str,
    unpaid: Reasons | None = None,
    **facts: Any,
) -> list[Claim]:
    """Move claims to a state in which they count in no year; with reasons in `unpaid` they pay nothing either.

    To received means to be worked out anew at once. A settled claim keeps its amounts and gets the adjustment that
    takes back all of them, earlier differences included.
    """
    ids = [claim.pk for claim in claims]
    with transaction.atomic():
        year = reflow.hold(Claim.objects.filter(pk__in=ids))
        rows = Claim.objects.select_for_update(of=("self",)).filter(pk__in=ids).select_related("resident__area")
        out = list(rows.defer("resident__id_number").order_by("pk"))
        remove(out, to, year, by=by, at=at, why=why, unpaid=unpaid, **facts)
        flow([claim for claim in out if claim.state == State.RECEIVED], year, at=at, by=by)
    return out


def remove(
    out: Sequence[Claim],
    to: str,
    year: reflow.Held,
    *,
    by: Staff | None,
    at: datetime,
    why: str,
    unpaid: Reasons | None = None,
    **facts: Any,
) -> None:
    """Take locked claims out of the held years; whoever calls works out what stands after them."""
    for claim in out:
        lifecycle.refuse_impossible(claim, to)
    year.learn(out)
    for claim in out:
        year.take_back(claim)
    if to == State.REVERSED:
        Adjustment.objects.bulk_create(_reversal(claim, year, by, at, why) for claim in out)
    else:
        _empty(out, unpaid)
    lifecycle.move(out, to, by=by, at=at, why=why, **facts)


def _reversal(claim: Claim, year: reflow.Held, by: Staff | None, at: datetime, why: str) -> Adjustment:
    """All that was given for a settled claim, taken back from its institution."""
    return Adjustment(
        claim=claim,
        payee=Adjustment.Payee.INSTITUTION,
        why=why[:300],
        made_by=by,
        made_at=at,
        **{part: -amount for part, amount in year.worth(claim).items()},
    )


def _empty(claims: Sequence[Claim], unpaid: Reasons | None) -> None:
    """These claims add nothing to a year any more, and where reasons are given they pay nothing."""
    for claim in claims:
        claim.added = {}
        if unpaid is not None:
            for name in AMOUNTS:
                setattr(claim, name, ZERO)
            claim.ratio = None
            claim.personal = claim.total
            claim.reasons = unpaid
    Claim.objects.bulk_create(
        claims,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=[*AMOUNTS, "reasons", "added"],
        batch_size=500,
    )
