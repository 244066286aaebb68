"""What the regulations are asked about a set of claims: person, cover, institution, filing, stays and lines."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from claims.filing import Filings
from claims.institutions import Standing
from claims.models import Claim, ClaimLine, InstitutionFacts
from enrollment.models import Enrollment, Status
from office import notices
from policies import shapes, shelf
from policies.regulation import Regulation

State = Claim.State

STAYS: Final = (Claim.Benefit.INPATIENT, Claim.Benefit.DELIVERY, Claim.Benefit.MAJOR_DISEASE)
VOID: Final = (State.RETURNED, State.CANCELLED, State.REVERSED)  # what was never care, as far as the year goes


@dataclass(slots=True)
class Question:
    """A claim as the regulation is asked about it; `missing` says what the office has to supply before it can ask."""

    claim: Claim
    regulation: Regulation | None
    asked: shapes.Claim
    outpatient_last_year: bool
    missing: str = ""


def questions(claims: Sequence[Claim]) -> list[Question]:
    """Each claim as its regulation is asked, judged by the day of admission: person, cover, institution, filing, lines.

    Nine queries for the set of a city, whatever its size; residents and their areas come loaded with the claims.
    """
    residents = {claim.resident_id for claim in claims}
    lines = _lines(claims)
    standing = Standing(claim.institution_id for claim in claims)
    filings = Filings(residents)
    covers = _covers(residents)
    statuses = _statuses(residents)
    stays = _stays(residents, claims)
    outpatients = _outpatient_years(residents, claims)
    rules = {city: regulations_of(city) for city in {_city(claim) for claim in claims}}
    gathered = []
    for claim in claims:
        day, resident = claim.admitted, claim.resident
        regulation = in_force(rules[_city(claim)], day)
        facts = standing.facts(claim.institution_id, day)
        designated = standing.designated(claim.institution_id, day)
        asked = shapes.Claim(
            benefit=claim.benefit,
            person=shapes.Person(
                resident.birth_on,
                frozenset(s.group for s in statuses[claim.resident_id] if s.since <= day and (s.until or day) >= day),
            ),
            cover=_cover_of(covers[claim.resident_id], day),
            institution=_institution(facts, designated),
            care=_care(claim, designated, filings.on(claim.resident_id, day), stays[claim.resident_id]),
            lines=tuple(lines[claim.pk]),
        )
        missing = ""
        if regulation is None:
            missing = "参保地没有可用的待遇办法，请先配置办法。"
        elif facts is None:
            missing = f"机构在入院日（{day}）没有登记属性，请先登记级别等属性，再重新核算。"
        last_year = (claim.resident_id, claim.year - 1) in outpatients
        gathered.append(Question(claim, regulation, asked, last_year, missing))
    return gathered


def regulations_of(city: str) -> list[Regulation]:
    """The regulations by which a city (its code) pays benefits, with the notices approved so far, the oldest first."""
    own = (shelf.regulation(code) for code in shelf.codes())
    paying = [regulation.code for regulation in own if regulation.region == city and regulation.formulas.benefit]
    return sorted((notices.regulation(code) for code in paying), key=lambda regulation: regulation.since)


def in_force(regulations: Sequence[Regulation], day: date) -> Regulation | None:
    """The regulation of the day; where none is in force the last one, which answers that there is no rule."""
    last = regulations[-1] if regulations else None
    return next((regulation for regulation in regulations if regulation.in_force(day)), last)


def _city(claim: Claim) -> str:
    return claim.resident.area.path.partition("/")[0]


def _lines(claims: Sequence[Claim]) -> defaultdict[int, list[shapes.Line]]:
    lines: defaultdict[int, list[shapes.Line]] = defaultdict(list)
    rows = ClaimLine.objects.filter(claim__in=[claim.pk for claim in claims]).order_by("claim", "number")
    for claim, *line in rows.values_list(
        "claim", "item", "kind", "klass", "amount", "first_share", "ceiling", "day", "informed"
    ):
        lines[claim].append(shapes.Line(*line))
    return lines


def _institution(facts: InstitutionFacts | None, designated: bool) -> shapes.Institution:
    if facts is None:
        return shapes.Institution(designated, 0, "", "in_city")
    return shapes.Institution(
        designated=designated,
        level=facts.level,
        affiliation=facts.affiliation,
        location=facts.location,
        grade=facts.grade or None,
        ownership=facts.ownership,
        beds=facts.beds or None,
        chinese_medicine=facts.chinese_medicine,
    )


def _care(claim: Claim, designated: bool, filing: str, stays: list[tuple[int, date, date]]) -> shapes.Care:
    disease = None
    if claim.benefit == Claim.Benefit.MAJOR_DISEASE and claim.disease_class and claim.disease_quota is not None:
        disease = shapes.MajorDisease(claim.disease_class, claim.disease_quota, designated)
    return shapes.Care(
        admitted=claim.admitted,
        discharged=claim.discharged,
        emergency=claim.emergency,
        filing=filing,
        cause=claim.cause,
        inquiry=claim.inquiry or None,
        delivery=claim.delivery or None,
        major_disease=disease,
        inside_stay=claim.benefit == Claim.Benefit.OUTPATIENT
        and any(pk != claim.pk and first <= claim.admitted <= last for pk, first, last in stays),
    )


def _statuses(residents: set[int]) -> defaultdict[int, list[Status]]:
    statuses: defaultdict[int, list[Status]] = defaultdict(list)
    for status in Status.objects.filter(resident__in=residents):
        statuses[status.resident_id].append(status)
    return statuses


def _covers(residents: set[int]) -> defaultdict[int, list[shapes.Cover]]:
    """The covers of each resident in order; a year that follows another without gap or transition is one with it."""
    covers: defaultdict[int, list[shapes.Cover]] = defaultdict(list)
    rows = Enrollment.objects.filter(resident__in=residents, benefits_from__isnull=False).order_by("benefits_from")
    for resident, since, until, transition in rows.values_list(
        "resident", "benefits_from", "benefits_until", "transition_until"
    ):
        known = covers[resident]
        if known and transition is None and since == known[-1].until + timedelta(days=1):
            known[-1].until = until
        else:
            known.append(shapes.Cover(since, until, transition))
    return covers


def _cover_of(covers: list[shapes.Cover], day: date) -> shapes.Cover | None:
    """The cover of the day; where there is none the next one or the last, so that the refusal can name its days."""
    return next((cover for cover in covers if day <= cover.until), covers[-1] if covers else None)


def _stays(residents: set[int], claims: Sequence[Claim]) -> defaultdict[int, list[tuple[int, date, date]]]:
    """Stays that touch the days of the set, in which outpatient benefits rest [BZ12.1]."""
    stays: defaultdict[int, list[tuple[int, date, date]]] = defaultdict(list)
    first, last = min(claim.admitted for claim in claims), max(claim.admitted for claim in claims)
    rows = Claim.objects.filter(
        resident__in=residents, benefit__in=STAYS, admitted__lte=last, discharged__gte=first
    ).exclude(state__in=VOID)
    for resident, *stay in rows.values_list("resident", "pk", "admitted", "discharged"):
        stays[resident].append((stay[0], stay[1], stay[2]))
    return stays


def _outpatient_years(residents: set[int], claims: Sequence[Claim]) -> set[tuple[int, int]]:
    """Residents and years with outpatient costs just before the set: without them a better ratio may apply [BZ13.1]."""
    rows = Claim.objects.filter(
        resident__in=residents, benefit=Claim.Benefit.OUTPATIENT, year__in={claim.year - 1 for claim in claims}
    ).exclude(state__in=VOID)
    return set(rows.values_list("resident_id", "year").distinct())
