"""The years of residents, held while something in them moves: from which turn on, what stands, what it is worth."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q, QuerySet

from claims import counters
from claims.counters import Added, Key
from claims.gathering import STAYS
from claims.models import Accumulator, Adjustment, Claim

State = Claim.State
Turn = tuple[Any, ...]

PARTS: Final = ("basic", "critical_illness", "assistance", "charity")
# What uses up the year; and what the rules alone refused, which another order of care may turn.
COUNTED: Final = (State.ADJUDICATED, State.APPROVED, State.SETTLED)
_STANDING: Final = Q(state__in=COUNTED) | Q(state=State.REFUSED, reviewed_by=None)


@dataclass(slots=True)
class Held:
    """Counters under lock, the turn from which each year is worked out again, and what was adjusted before."""

    counters: dict[Key, Accumulator]
    since: dict[Key, Turn]
    adjusted: dict[int, list[Adjustment]] = field(default_factory=dict)

    def worth(self, claim: Claim) -> dict[str, Decimal]:
        """What the payers gave for a claim so far, in yuan: as it was settled, and every difference since."""
        made = self.adjusted.get(claim.pk, ())
        return {part: sum((getattr(one, part) for one in made), getattr(claim, part)) for part in PARTS}

    def added(self, claim: Claim) -> Added:
        """What the claim adds to its year as it stands."""
        made = self.adjusted.get(claim.pk)
        return made[-1].added if made else claim.added

    def learn(self, claims: Iterable[Claim]) -> None:
        """Read what was adjusted on the settled ones among these claims: one query, or none."""
        paid = (State.SETTLED, State.REVERSED)
        settled = [claim.pk for claim in claims if claim.state in paid and claim.pk not in self.adjusted]
        for one in Adjustment.objects.filter(claim__in=settled).order_by("pk") if settled else ():
            self.adjusted.setdefault(one.claim_id, []).append(one)

    def take_back(self, claim: Claim) -> None:
        """Take out of the year exactly what the claim had put in."""
        counters.take_back(self.counters[claim.resident_id, claim.year], self.added(claim))


def turn(claim: Claim) -> Turn:
    """When a claim has its turn at the year: by its care, and never by when it came in."""
    return claim.discharged, claim.admitted, claim.institution_id, claim.number, claim.version


def hold(claims: QuerySet[Claim]) -> Held:
    """Lock the years in which these claims may move something: their own, and what hangs on a stay or a last year.

    An outpatient visit is judged by the stays around it [BZ12.1] and by the visits of the year before [BZ13.1], so a
    stay reaches back to its first day, over New Year too, and a visit reaches into the next year.
    """
    return _hold(
        claims.values_list(
            "resident_id", "year", "benefit", "discharged", "admitted", "institution_id", "number", "version"
        )
    )


def hold_new(claims: Iterable[Claim]) -> Held:
    """The same for claims that are not written yet."""
    return _hold((claim.resident_id, claim.year, claim.benefit, *turn(claim)) for claim in claims)


def _hold(claims: Iterable[tuple[Any, ...]]) -> Held:
    since: dict[Key, Turn] = {}
    beside: dict[Key, Turn] = {}
    for resident, year, benefit, *told in claims:
        _sooner(since, (resident, year), tuple(told))
        admitted: date = told[1]
        if benefit in STAYS:
            _sooner(since, (resident, year), (admitted,))
            if admitted.year != year:
                _sooner(beside, (resident, admitted.year), (admitted,))
        elif benefit == Claim.Benefit.OUTPATIENT:
            _sooner(beside, (resident, year + 1), (date(year + 1, 1, 1),))
    for key in _with_counters(beside):  # a year without a counter holds nothing that could move
        _sooner(since, key, beside[key])
    return Held(counters.lock(since), since)


def _sooner(since: dict[Key, Turn], key: Key, told: Turn) -> None:
    since[key] = min(since.get(key, told), told)


def _with_counters(keys: Mapping[Key, Turn]) -> list[Key]:
    if not keys:
        return []
    there = Accumulator.objects.filter(
        resident__in={resident for resident, _year in keys}, year__in={year for _resident, year in keys}
    )
    return sorted(keys.keys() & set(there.values_list("resident_id", "year")))


def after(held: Held) -> list[Claim]:
    """Everything that stands in the held years from their turn on, locked and taken out of the counters.

    Two queries, and a third where something of it is settled.
    """
    if not held.since:
        return []
    rows = (
        Claim.objects.select_for_update(of=("self",))
        .filter(
            _STANDING,
            resident__in={resident for resident, _year in held.since},
            year__in={year for _resident, year in held.since},
            discharged__gte=min(since[0] for since in held.since.values()),
        )
        .select_related("resident__area", "institution")
        .defer("resident__id_number")
        .order_by("pk")
    )
    found = [claim for claim in rows if _stands_after(held, claim)]
    held.learn(found)
    for claim in found:
        held.take_back(claim)
    return found


def _stands_after(held: Held, claim: Claim) -> bool:
    since = held.since.get((claim.resident_id, claim.year))
    return since is not None and turn(claim) > since
