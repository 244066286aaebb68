"""Taking a claim out of the resident's year: exactly what it put in, and what was worked out after it is redone."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from claims import counters, lifecycle
from claims.adjudication import AMOUNTS, State, adjudicate
from claims.models import Claim
from office import audit
from office.models import Staff
from policies.money import ZERO

Reasons = list[dict[str, str]]


def withdraw(claim: Claim, *, by: Staff, at: datetime, why: str) -> Claim:
    """Cancel a claim before it is settled; the year gets back exactly what the claim had used of it.

    Claims of that person and year that were worked out after it and are not reviewed yet are worked out again. Claims
    that a reviewer has approved keep the amounts that were approved. A settled claim raises CannotMove.
    """
    with transaction.atomic():
        [gone] = take_out([claim], State.CANCELLED, by=by, at=at, why=why)
        audit.record(by, "claims.withdraw", gone, {"number": gone.number, "why": why}, at=at)
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
    """Move claims to a state in which they count in no year; with reasons in `unpaid` they pay nothing either."""
    ids = [claim.pk for claim in claims]
    with transaction.atomic():
        years = counters.lock(Claim.objects.filter(pk__in=ids).values_list("resident_id", "year"))
        out = list(Claim.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
        for claim in out:
            lifecycle.refuse_impossible(claim, to)
        after = _worked_out_after(out)
        for claim in (*out, *after):
            counters.take_back(years[claim.resident_id, claim.year], claim)
        if unpaid is not None:
            for claim in out:
                _pay_nothing(claim, unpaid)
        Claim.objects.bulk_create(
            [*out, *after],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=[*AMOUNTS, "reasons", "added"],
            batch_size=500,
        )
        counters.keep(years.values())
        lifecycle.move(out, to, by=by, at=at, why=why, **facts)
        lifecycle.move(after, State.RECEIVED, by=by, at=at, why="同年度在前的申报有变动，重新核算")
        again = [claim.pk for claim in (*out, *after) if claim.state == State.RECEIVED]
        if again:
            adjudicate(again, by=by, at=at)
    return out


def _worked_out_after(out: Iterable[Claim]) -> list[Claim]:
    """Unreviewed claims of the same persons and years whose amounts rest on a year that held these claims."""
    first: dict[counters.Key, tuple[Any, ...]] = {}
    for claim in out:
        if claim.added:
            key = claim.resident_id, claim.year
            first[key] = min(first.get(key, _turn(claim)), _turn(claim))
    if not first:
        return []
    unreviewed = (
        Claim.objects.select_for_update(of=("self",))
        .filter(resident__in={key[0] for key in first}, year__in={key[1] for key in first}, state=State.ADJUDICATED)
        .exclude(pk__in=[claim.pk for claim in out])
        .order_by("pk")
    )
    return [
        claim
        for claim in unreviewed
        if (turn := first.get((claim.resident_id, claim.year))) is not None and _turn(claim) > turn
    ]


def _turn(claim: Claim) -> tuple[Any, ...]:
    """When a claim had its turn at the year: by set, within a set by discharge."""
    return claim.adjudicated_at, claim.discharged, claim.admitted, claim.pk


def _pay_nothing(claim: Claim, reasons: Reasons) -> None:
    for name in AMOUNTS:
        setattr(claim, name, ZERO)
    claim.ratio = None
    claim.personal = claim.total
    claim.reasons = reasons
