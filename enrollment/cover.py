"""Cover follows from facts: the payment, the person, the regulation; nobody types a day of cover."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.utils import translation

from enrollment import belonging, correcting, rewritten
from enrollment.correcting import Cause
from enrollment.models import Due, Enrollment, Resident, SponsoredPerson, Sponsorship, Status
from office import bulk, notices
from office.models import Area
from policies import covering
from policies.covering import CoverAnswer, CoverQuestion, Event, Insured, Sponsor, Standard
from policies.money import ZERO
from policies.regulation import Regulation

State = Enrollment.State
BATCH: Final = 2000  # rows written by one statement
# A certified standing of these groups says nothing about a new need; every other one is news of its day (XZ10.6).
NO_NEWS = {Status.Group.ONLY_CHILD, Status.Group.FAMILY_PLANNING_REWARD, Status.Group.POOR_FAMILY_CHILD}
DECIDED = (
    "state", "origin", "paid_on", "benefits_from", "benefits_until", "transition_until", "inpatient_factor", "reasons",
)  # fmt: skip


@dataclass(slots=True)
class Case:
    """One enrollment with everything that its cover follows from."""

    enrollment: Enrollment
    regulation: Regulation
    statuses: list[Status] = field(default_factory=list)
    # Other enrollments of the same person that have benefits: (year, first day, last day).
    covers: list[tuple[int, date, date]] = field(default_factory=list)
    # Sponsors that have this person on their list, each with whether it has paid the share already.
    sponsors: list[tuple[Sponsorship, bool]] = field(default_factory=list)

    def groups(self, day: date) -> frozenset[str]:
        """The groups the person belongs to on that day."""
        return frozenset(s.group for s in self.statuses if s.since <= day and (s.until is None or day <= s.until))

    @property
    def insured_years(self) -> frozenset[int]:
        """Years with cover; the year before this one only counts where it lasted to its end (that is renewing).

        Of whoever was insured before this office knew them only the last year is known: earlier ones count as insured,
        for nobody pays back a year that nobody can show was missed (BZ11.3).
        """
        year, resident = self.enrollment.year, self.enrollment.resident
        years = {y for y, _since, until in self.covers if y < year and (y < year - 1 or until >= date(y, 12, 31))}
        if resident.insured_through is not None and resident.insured_through < year:
            years.update(range(resident.birth_on.year, resident.insured_through + 1))
        return frozenset(years)

    def event(self, day: date) -> Event | None:
        """What opens another way in: a first birth, else the last thing that happened up to that day."""
        resident, year = self.enrollment.resident, self.enrollment.year
        told = Event(resident.event, resident.event_on) if resident.event and resident.event_on else None
        if told is not None and told.kind == "birth":
            return told if not self.insured_years or told.date.year == year else None
        # A status counts as news only within the year it is asked for: older ones were known in the window.
        standings = [
            s.since for s in self.statuses if s.since.year == year and s.since <= day and s.group not in NO_NEWS
        ]
        seventy = covering.falls(f"{resident.birth_on:%m-%d}", resident.birth_on.year + 70)
        if seventy.year == year and seventy <= day:
            standings.append(seventy)
        happened = [Event("status", max(standings))] if standings else []
        if told is not None and told.date <= day:
            happened.append(told)
        return max(happened, key=lambda event: event.date, default=None)

    def question(self, paid_on: date | None, on: date) -> CoverQuestion:
        """Ask the regulation; `on` is the day on which entitlements are looked at while nothing is paid."""
        resident, period = self.enrollment.resident, self.enrollment.period
        day = paid_on or on
        employed = resident.end_reason == Resident.EndReason.EMPLOYEE_INSURANCE and day >= resident.ended_on
        return CoverQuestion(
            year=self.enrollment.year,
            paid_on=paid_on,
            person=Insured(
                birth_date=resident.birth_on,
                groups=self.groups(day),
                basis=resident.basis,
                insured_years=self.insured_years,
                pension_elsewhere=resident.pension_elsewhere,
                employee_insured=employed,
                registered_here=belonging.within(resident.registry, self.regulation.region),
                resides_here=belonging.within(resident.residence, self.regulation.region),
            ),
            event=self.event(day),
            standard=Standard(individual=period.individual, subsidy=period.subsidy),
            sponsors=tuple(
                Sponsor(one.kind, one.per_head, one.pk)
                for one, paid in self.sponsors
                if paid or one.since <= day <= one.until
            ),
        )

    def judge(self, paid_on: date | None, on: date) -> CoverAnswer:
        """What the regulation of the period, with its approved notices, says about this case."""
        return self.regulation.cover(self.question(paid_on, on))

    def settle(self, answer: CoverAnswer) -> None:
        """Write the answer into the enrollment, cut where the person's insurance here has ended."""
        enrollment = self.enrollment
        enrollment.reasons = [{"article": r.article, "message": r.message} for r in answer.reasons]
        enrollment.transition_until = answer.transition_until
        enrollment.inpatient_factor = answer.inpatient_factor
        since = self._first_free_day(answer.benefits_from) if answer.benefits_from else None
        until = date(enrollment.year, 12, 31)
        last = last_day(enrollment.resident)
        ended = last is not None and last < until
        if ended:
            until = last
            enrollment.reasons.append({"article": "", "message": end_message(enrollment.resident)})
        if since is None or since > until:
            since = until = None
        enrollment.benefits_from, enrollment.benefits_until = since, until
        if answer.eligible is False:
            enrollment.state = State.REFUSED
        elif ended:
            enrollment.state = State.ENDED
        else:
            enrollment.state = State.DUE if since is None else State.COVERED

    def _first_free_day(self, since: date) -> date:
        # Whoever is still covered by the enrollment of the year before goes on the day after it ends.
        year = self.enrollment.year
        return max(
            [since, *(until + timedelta(days=1) for y, _first, until in self.covers if y < year and until >= since)]
        )


def last_day(resident: Resident) -> date | None:
    """The last day on which cover can stand: the day of a death or move, the eve of an employee insurance."""
    if resident.ended_on is None:
        return None
    if resident.end_reason == Resident.EndReason.EMPLOYEE_INSURANCE:
        return resident.ended_on - timedelta(days=1)
    return resident.ended_on


def end_message(resident: Resident) -> str:
    """Why cover was cut, as it stands among the reasons."""
    with translation.override(settings.LANGUAGE_CODE):  # reasons are kept, and kept reasons are Chinese
        reason = str(resident.get_end_reason_display())
    return f"{resident.ended_on} {reason}，待遇截至 {last_day(resident)}"


def gather(enrollments: Sequence[Enrollment]) -> list[Case]:
    """Everything needed to judge these enrollments, saved or not (resident and period loaded), in three queries."""
    cases = {}
    regulations = {policy: notices.regulation(policy) for policy in {e.period.policy for e in enrollments}}
    residents: dict[int, list[Case]] = defaultdict(list)
    for enrollment in enrollments:
        case = cases[enrollment.resident_id, enrollment.year] = Case(enrollment, regulations[enrollment.period.policy])
        residents[enrollment.resident_id].append(case)
    for status in Status.objects.filter(resident__in=residents).order_by("since"):
        for case in residents[status.resident_id]:
            case.statuses.append(status)
    covers = Enrollment.objects.filter(resident__in=residents, benefits_from__isnull=False)
    for resident_id, *cover in covers.values_list("resident_id", "year", "benefits_from", "benefits_until"):
        for case in residents[resident_id]:
            if case.enrollment.year != cover[0]:
                case.covers.append((cover[0], cover[1], cover[2]))
    for enrollment, sponsorship, paid in sponsored(enrollments):
        cases[enrollment.resident_id, enrollment.year].sponsors.append((sponsorship, paid))
    return list(cases.values())


def sponsored(enrollments: Sequence[Enrollment]) -> Iterator[tuple[Enrollment, Sponsorship, bool]]:
    """Who of these has a sponsor for the year, and whether it has paid: one query, three more where there are sponsors.

    A sponsorship that has ended counts only where it had paid.
    """
    periods = {enrollment.period_id for enrollment in enrollments}
    confirmed = Sponsorship.objects.filter(period__in=periods, confirmed_by__isnull=False)
    sponsors = {one.pk: one for one in confirmed.select_related("area").order_by("pk")}
    if not sponsors:
        return
    paths = dict(Area.objects.filter(pk__in={e.area_id for e in enrollments}).values_list("pk", "path"))
    residents = {enrollment.resident_id for enrollment in enrollments}
    named = SponsoredPerson.objects.filter(sponsorship__in=sponsors, resident__in=residents)
    listed = set(named.values_list("sponsorship_id", "resident_id"))
    shares = Due.objects.filter(enrollment__in=[e.pk for e in enrollments if e.pk], settled_by__isnull=False)
    settled = set(shares.values_list("sponsorship_id", "enrollment_id"))
    for enrollment in enrollments:
        for one in sponsors.values():
            paid = (one.pk, enrollment.pk) in settled
            here = one.everybody and paths[enrollment.area_id].startswith(one.area.path)
            listed_now = one.period_id == enrollment.period_id and (here or (one.pk, enrollment.resident_id) in listed)
            if paid or (listed_now and one.ended_on is None):
                yield enrollment, one, paid


def record(decided: Sequence[tuple[Enrollment, CoverAnswer]], cause: Cause = correcting.BY_PAYMENT) -> None:
    """Keep what was decided: the enrollments, and dated corrections of the dues that are others now, with the cause."""
    if not decided:
        return
    changes = rewritten.found([enrollment for enrollment, _answer in decided], cause)
    changed = {enrollment.pk: enrollment for enrollment, _answer in decided}
    bulk.change(Enrollment, DECIDED, ((key, *[getattr(one, name) for name in DECIDED]) for key, one in changed.items()))
    correcting.write(decided, cause)
    rewritten.keep(changes)


def dues(decided: Iterable[tuple[Enrollment, CoverAnswer]]) -> Iterator[Due]:
    """The due rows of the answers."""
    for enrollment, answer in decided:
        yield from correcting.rows(answer, enrollment)


def individual(answer: CoverAnswer) -> Decimal:
    """What the person pays, in yuan."""
    return sum((due.amount for due in answer.due if due.payer == Due.Payer.INDIVIDUAL.value), ZERO)


def derive(enrollments: Sequence[Enrollment], on: date, cause: Cause | None = None) -> list[Enrollment]:
    """Work cover out anew from the facts as they stand on `on` and keep it.

    Refused ones stay refused with the article, unpaid ones due with the day by which to pay; a payer who comes late
    owes what the day of payment asks: dues that change are corrected on that day, for the cause that is told. A
    constant number of queries, however many enrollments.
    """
    cases = gather(enrollments)
    decided = []
    for case in cases:
        answer = case.judge(case.enrollment.paid_on, on)
        case.settle(answer)
        decided.append((case.enrollment, answer))
    record(decided, cause or Cause(correcting.Reason.FACTS, on))
    return [enrollment for enrollment, _answer in decided]


def covered_on(resident_ids: Collection[int], day: date) -> dict[int, Enrollment]:
    """The enrollment that covers each of these residents on that day; who is missing is not covered. One query."""
    covering_then = Enrollment.objects.filter(
        resident__in=resident_ids, benefits_from__lte=day, benefits_until__gte=day
    )
    return {enrollment.resident_id: enrollment for enrollment in covering_then}


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether somebody can use the insurance on a day, and if not from when, with the article that says so."""

    covered: bool
    since: date | None
    until: date | None
    article: str
    message: str


def standing(resident: Resident, day: date) -> Standing:
    """Answer the question at the counter: can this person use it on that day, and if not, from when?"""
    told = list(Enrollment.objects.filter(resident=resident).order_by("year"))
    current = next((e for e in told if e.benefits_from and e.benefits_from <= day <= e.benefits_until), None)
    coming = next((e for e in told if e.benefits_from and e.benefits_from > day), None)
    asked = current or coming or next((e for e in reversed(told) if e.year >= day.year), None)
    reason = (asked.reasons or [{}])[0] if asked else {}
    article, message = reason.get("article", ""), reason.get("message", "")
    if current:
        return Standing(True, current.benefits_from, current.benefits_until, article, message)
    if coming:
        return Standing(False, coming.benefits_from, coming.benefits_until, article, message)
    if resident.ended_on and resident.ended_on <= day:
        message = end_message(resident)
        # The end's own article where the text has one, never that of how the cover once began.
        told_of_it = [one for one in (asked.reasons if asked else []) if one.get("message") == message]
        article = told_of_it[-1].get("article", "") if told_of_it else ""
    elif asked is None:
        message = f"{day.year} 年度没有参保登记"
    return Standing(False, None, None, article, message)
