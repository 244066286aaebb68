"""What the regulations are asked about a set of claims: person, cover, institution, filing, stays and lines."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db.models import BigIntegerField, CharField, DateField, QuerySet, Value
from django.db.models.functions import Cast

from claims import catalogues
from claims.filing import Filings
from claims.institutions import Standing
from claims.models import Claim, ClaimLine, Filing, InstitutionFacts
from enrollment.models import Enrollment, Status
from office import notices
from policies import shapes, shelf
from policies.regulation import Regulation

State = Claim.State

STAYS: Final = (Claim.Benefit.INPATIENT, Claim.Benefit.DELIVERY, Claim.Benefit.MAJOR_DISEASE)
Lines = Mapping[int, Sequence[shapes.Line]]
VOID: Final = (State.RETURNED, State.CANCELLED, State.REVERSED)  # what was never care, as far as the year goes


@dataclass(slots=True)
class Question:
    """A claim as the regulation is asked about it; `missing` says what the office has to supply before it can ask."""

    claim: Claim
    regulation: Regulation | None
    asked: shapes.Claim
    outpatient_last_year: bool
    missing: str = ""
    # What the catalogues said of its lines; None where no line has a code.
    catalogue: catalogues.Judged | None = None


def questions(claims: Sequence[Claim], lines: Lines | None = None) -> list[Question]:
    """Each claim as its regulation is asked, judged by the day of admission: person, cover, institution, filing, lines.

    Four queries for the set of a city, whatever its size, and one more where lines carry codes of the catalogue;
    residents and their areas come loaded with the claims. Claims that are not written yet bring their `lines` along,
    by the key they go by in the set.
    """
    unread = [claim.pk for claim in claims if lines is None or claim.pk not in lines]
    lines = {**(lines or {}), **(_lines(unread) if unread else {})}
    standing = Standing(claim.institution_id for claim in claims)
    people = People(claims)
    judged = catalogues.judge(claims, lines, standing)
    rules = {city: regulations_of(city) for city in {_city(claim) for claim in claims}}
    gathered = []
    for claim in claims:
        day, resident = claim.admitted, claim.resident
        regulation = in_force(rules[_city(claim)], day)
        facts = standing.facts(claim.institution_id, day)
        designated = standing.designated(claim.institution_id, day)
        asked = shapes.Claim(
            benefit=claim.benefit,
            person=shapes.Person(resident.birth_on, people.groups(claim.resident_id, day)),
            cover=people.cover(claim.resident_id, day),
            institution=_institution(facts, designated),
            care=_care(claim, designated, people),
            lines=judged[claim.pk].lines if claim.pk in judged else tuple(lines.get(claim.pk, ())),
        )
        missing = ""
        if regulation is None:
            missing = "参保地没有可用的待遇办法，请先配置办法。"
        elif facts is None:
            missing = f"机构在入院日（{day}）没有登记属性，请先登记级别等属性，再重新核算。"
        last_year = (claim.resident_id, claim.year - 1) in people.visited
        gathered.append(Question(claim, regulation, asked, last_year, missing, judged.get(claim.pk)))
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


def _lines(claims: Iterable[int]) -> Lines:
    lines: defaultdict[int, list[shapes.Line]] = defaultdict(list)
    rows = ClaimLine.objects.filter(claim__in=claims).order_by("claim", "number")
    for claim, *line in rows.values_list(
        "claim", "item", "kind", "klass", "amount", "first_share", "ceiling", "day", "informed", "code", "quantity"
    ):
        lines[claim].append(shapes.Line(*line))
    return lines


def as_asked(line: ClaimLine) -> shapes.Line:
    """A fee line as the regulation is asked about it."""
    return shapes.Line(
        line.item, line.kind, line.klass, line.amount, line.first_share, line.ceiling, line.day, line.informed,
        line.code, line.quantity,
    )  # fmt: skip


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


def _care(claim: Claim, designated: bool, people: "People") -> shapes.Care:
    disease = None
    if claim.benefit == Claim.Benefit.MAJOR_DISEASE and claim.disease_class and claim.disease_quota is not None:
        disease = shapes.MajorDisease(claim.disease_class, claim.disease_quota, designated)
    return shapes.Care(
        admitted=claim.admitted,
        discharged=claim.discharged,
        emergency=claim.emergency,
        filing=people.filings.on(claim.resident_id, claim.admitted),
        cause=claim.cause,
        inquiry=claim.inquiry or None,
        delivery=claim.delivery or None,
        major_disease=disease,
        inside_stay=claim.benefit == Claim.Benefit.OUTPATIENT and people.in_a_stay(claim),
    )


# --- people -----------------------------------------------------------------------------------------------------------
class People:
    """What the tables know of the people of a set of claims: statuses, covers, filings, stays, visits of last years.

    One statement for all of it, so that a single claim over the wire costs hardly more than its own rows.
    """

    def __init__(self, claims: Sequence[Claim]) -> None:
        self.filings = Filings()
        self.visited: set[tuple[int, int]] = set()
        self._covers: defaultdict[int, list[shapes.Cover]] = defaultdict(list)
        self._statuses: defaultdict[int, list[tuple[str, date, date | None]]] = defaultdict(list)
        self._stays: defaultdict[int, dict[int, tuple[date, date]]] = defaultdict(dict)
        covers: list[tuple[int, date, date, date | None]] = []
        for what, resident, since, until, third, word, number in _told(claims):
            if what == _COVER:
                covers.append((resident, since, until, third))
            elif what == _STATUS:
                self._statuses[resident].append((word, since, until))
            elif what == _FILING:
                self.filings.learn(resident, since, until, word)
            elif what == _STAY:
                self._stays[resident][number] = (since, until)
            else:
                self.visited.add((resident, number))
        self._learn_covers(covers)
        for claim in claims:  # those of the set itself too, for they may not be written yet
            if claim.benefit in STAYS:
                self._stays[claim.resident_id][claim.pk] = (claim.admitted, claim.discharged)
            elif claim.benefit == Claim.Benefit.OUTPATIENT:
                self.visited.add((claim.resident_id, claim.year))

    def _learn_covers(self, covers: list[tuple[int, date, date, date | None]]) -> None:
        """The covers of each resident in order; a year that follows another at once and in full is one with it."""
        for resident, since, until, transition in sorted(covers, key=lambda cover: cover[:2]):
            known = self._covers[resident]
            if known and transition is None and since == known[-1].until + timedelta(days=1):
                known[-1].until = until
            else:
                known.append(shapes.Cover(since, until, transition))

    def groups(self, resident: int, day: date) -> frozenset[str]:
        """The groups that others certified for the day."""
        held = self._statuses[resident]
        return frozenset(group for group, since, until in held if since <= day and (until or day) >= day)

    def cover(self, resident: int, day: date) -> shapes.Cover | None:
        """The cover of the day; where there is none the next one or the last, so that the refusal can name its days."""
        covers = self._covers[resident]
        return next((cover for cover in covers if day <= cover.until), covers[-1] if covers else None)

    def in_a_stay(self, claim: Claim) -> bool:
        """Whether the day of this visit lies in a stay, in which outpatient benefits rest [BZ12.1]."""
        stays = self._stays[claim.resident_id].items()
        return any(pk != claim.pk and first <= claim.admitted <= last for pk, (first, last) in stays)


_COVER, _STATUS, _FILING, _STAY, _VISIT = "cover", "status", "filing", "stay", "visit"


def _told(claims: Sequence[Claim]) -> Iterable[tuple[Any, ...]]:
    """What, whose, from, until, a third day, a word and a number, of everything known about these people."""
    if not claims:
        return []
    residents = {claim.resident_id for claim in claims}
    first, last = min(claim.admitted for claim in claims), max(claim.admitted for claim in claims)
    care = Claim.objects.filter(resident__in=residents).exclude(state__in=VOID)
    stays = care.filter(benefit__in=STAYS, admitted__lte=last, discharged__gte=first)
    # Without outpatient costs in the year before, a better ratio may apply [BZ13.1].
    visits = care.filter(benefit=Claim.Benefit.OUTPATIENT, year__in={claim.year - 1 for claim in claims}).distinct()
    statuses = Status.objects.filter(resident__in=residents)
    filings = Filing.objects.filter(resident__in=residents)
    covers = Enrollment.objects.filter(resident__in=residents, benefits_from__isnull=False)
    return _as(_COVER, covers, "benefits_from", "benefits_until", third="transition_until").union(
        _as(_STATUS, statuses, "since", "until", word="group"),
        _as(_FILING, filings, "since", "until", word="kind"),
        _as(_STAY, stays, "admitted", "discharged", number="pk"),
        _as(_VISIT, visits, number="year"),
        all=True,
    )


def _as(what: str, rows: QuerySet[Any], since: str = "", until: str = "", *, third: str = "", word: str = "",
        number: str = "") -> QuerySet[Any, tuple[Any, ...]]:  # fmt: skip
    day, integer = DateField(null=True), BigIntegerField()
    return rows.order_by().values_list(
        Value(what),
        "resident_id",
        Cast(since or Value(None), day),
        Cast(until or Value(None), day),
        Cast(third or Value(None), day),
        Cast(word or Value(""), CharField(max_length=40)),
        Cast(number or Value(0), integer),
    )
