"""Working out what is paid: gather a set of claims once, let the regulations decide each, record them all."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from claims import counters, lifecycle
from claims.filing import Filings
from claims.institutions import Standing
from claims.models import Accumulator, Claim, ClaimLine, InstitutionFacts
from enrollment.models import Enrollment, Status
from office import audit, notices
from office.models import Staff
from policies import shapes, shelf
from policies.outcome import unpaid
from policies.regulation import Regulation
from policies.worksheet import Step

State = Claim.State

WAITING = (State.RECEIVED, State.PARKED)
STAYS = (Claim.Benefit.INPATIENT, Claim.Benefit.DELIVERY, Claim.Benefit.MAJOR_DISEASE)
VOID = (State.RETURNED, State.CANCELLED)
AMOUNTS = (
    "hospital_borne", "out_of_scope", "over_ceiling", "first_share", "in_scope", "deductible", "ratio", "basic",
    "compliant_personal", "critical_illness", "assistance", "charity", "personal",
)  # fmt: skip
_WRITTEN = (*AMOUNTS, "policy", "reasons", "worksheet", "added", "adjudicated_at")
_STATE_OF = {
    "payable": State.ADJUDICATED,
    "pending": State.INQUIRY,
    "refused": State.REFUSED,
    "no_rule": State.PARKED,
}
Answer = shapes.Benefit


@dataclass(slots=True)
class Question:
    """A claim as the regulation is asked about it; `missing` says what the office has to supply before it can ask."""

    claim: Claim
    regulation: Regulation | None
    asked: shapes.Claim
    outpatient_last_year: bool
    missing: str = ""


def adjudicate(claim_ids: Iterable[int], *, at: datetime, by: Staff | None = None) -> Counter[str]:
    """Work out the received and parked claims among these ids; answers how many now stand in which state.

    The counters of every resident and year are locked first; a person's claims follow one another in the order of
    discharge and each counts in the year of its discharge [JZ15.4]. Payable claims wait for review, refused ones keep
    the article, claims that wait for an inquiry count in no year until it is answered, and where no rule applies the
    claim is parked with the reason. The number of queries is the same for one claim and for hundreds; beyond that only
    the bulk writes are cut where the database limits the parameters of a statement.
    """
    ids = list(claim_ids)
    with transaction.atomic():
        years = counters.lock(Claim.objects.filter(pk__in=ids).values_list("resident_id", "year"))
        claims = list(
            Claim.objects.select_for_update(of=("self",))
            .filter(pk__in=ids, state__in=WAITING)
            .select_related("resident__area")
            .defer("resident__id_number")
            .order_by("discharged", "admitted", "pk")
        )
        if not claims:
            return Counter()
        decided: defaultdict[str, list[Claim]] = defaultdict(list)
        for question in questions(claims):
            answer = _decide(question, years[question.claim.resident_id, question.claim.year])
            _write(question, answer, at)
            decided[_STATE_OF[answer.status]].append(question.claim)
        Claim.objects.bulk_create(
            claims, update_conflicts=True, unique_fields=["id"], update_fields=list(_WRITTEN), batch_size=500
        )
        counters.keep(years.values())
        for state, group in decided.items():
            lifecycle.move((claim for claim in group if claim.state != state), state, by=by, at=at)
        outcome = Counter({state: len(group) for state, group in decided.items()})
        audit.record(by, "claims.adjudicate", f"claims:{len(claims)}", dict(outcome), at=at, area=None)
    return outcome


def _decide(question: Question, counter: Accumulator) -> Answer:
    """Ask the regulation with what the year holds so far, and bring the year on."""
    claim, asked = question.claim, question.asked
    asked.year_to_date = counters.year_to_date(counter, question.outpatient_last_year)
    if question.missing or question.regulation is None:
        return unpaid(asked, "no_rule", shapes.Reason("", question.missing))
    try:
        answer = question.regulation.benefit(asked)
    except shapes.NotUnderstood as lacking:
        return unpaid(asked, "no_rule", shapes.Reason("", f"{lacking.message}（{lacking.field}）"))
    claim.added = {}
    if answer.status == "payable":
        claim.added = counters.add(counter, answer.year_to_date, question.regulation.ceilings(asked))
    return answer


def _write(question: Question, answer: Answer, at: datetime) -> None:
    """Put the answer on the claim with the worksheet from which anybody can redo the sum."""
    claim = question.claim
    for name in AMOUNTS:
        setattr(claim, name, getattr(answer, name))
    claim.policy = question.regulation.code if question.regulation else ""
    claim.reasons = as_reasons(answer.reasons)
    claim.worksheet = as_steps(answer.steps)
    claim.adjudicated_at = at


def as_reasons(reasons: Iterable[shapes.Reason]) -> list[dict[str, str]]:
    """Reasons as a claim keeps them."""
    return [{"article": reason.article, "message": reason.message} for reason in reasons]


def as_steps(steps: Iterable[Step]) -> list[dict[str, str]]:
    """The worksheet as a claim or a settlement keeps it."""
    return [{"article": step.article, "what": step.what, "amount": str(step.amount), "how": step.how} for step in steps]


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
