"""People in whom the regulation sees no difference are judged once: a village is decided by its distinct facts."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from enrollment import belonging
from enrollment.cover import Case
from enrollment.models import CollectionPeriod, Due, Enrollment, RenewalCount, Resident, Status
from office import bulk
from policies.covering import CoverAnswer
from policies.regulation import Regulation

MOST: Final = 50_000  # answers kept in one process; an answer is a few hundred bytes
ELDERLY: Final = 70  # a seventieth birthday in the year itself is news of its day (XZ10.6)
# What of an enrollment does not hang on who the person is, in the order in which it is written.
DECIDED: Final = (
    "period_id", "year", "state", "origin", "paid_on", "benefits_from", "benefits_until", "transition_until",
    "inpatient_factor", "reasons",
)  # fmt: skip
OWED: Final = ("payer", "amount", "article")
List = RenewalCount.List


class Person(NamedTuple):
    """All that is asked of a resident to judge a year nobody paid for yet; asking for more is an error, not a None."""

    pk: int
    birth_on: date
    basis: str
    event: str
    event_on: date | None
    insured_through: int | None
    pension_elsewhere: bool
    registry: str
    residence: str
    ended_on: date | None
    end_reason: str


class Held(NamedTuple):
    """A certified standing."""

    group: str
    since: date
    until: date | None


Covers = tuple[tuple[int, date, date], ...]  # year, first and last day of cover


class Verdict(NamedTuple):
    """What is written for everybody of a profile, ready for the database, and in which list they stand, and why."""

    state: str  # empty: no rule could judge
    enrollment: tuple[Any, ...]
    dues: tuple[tuple[Any, ...], ...]
    listed: str
    reason: str
    article: str


class Judge:
    """One regulation with its notices, one period, one day, and every answer given so far."""

    def __init__(self, regulation: Regulation, period: CollectionPeriod, on: date) -> None:
        self.regulation, self.period, self.year, self.on = regulation, period, period.year, on
        self._known: dict[tuple[Any, ...], Verdict] = {}
        self._enrollment, self._due = bulk.prepare(Enrollment, DECIDED), bulk.prepare(Due, OWED)

    def of(self, person: Person, statuses: tuple[Held, ...], covers: Covers) -> Verdict:
        """The verdict on this person: worked out by `cover.Case`, as at the counter, once for each profile."""
        key = self._profile(person, statuses, covers)
        verdict = self._known.get(key)
        if verdict is None:
            if len(self._known) >= MOST:
                self._known.clear()
            with translation.override(settings.LANGUAGE_CODE):  # kept reasons are Chinese
                verdict = self._known[key] = self._judged(person, statuses, covers)
        return verdict

    def _profile(self, person: Person, statuses: tuple[Held, ...], covers: Covers) -> tuple[Any, ...]:
        """What the answer hangs on. While nothing is paid, age counts on the eve of the year, a 31 December, on which
        all who were born in one year are of one age: of a birthday only its year matters, except the seventieth in
        the coverage year, which is news of its day. Of a place only matters whether it lies in the city."""
        born, region = person.birth_on, self.regulation.region
        return (
            born if born.year + ELDERLY == self.year else born.year,
            person.basis,
            person.event_on and (person.event, person.event_on),
            person.insured_through,
            person.pension_elsewhere,
            person.registry and belonging.within(person.registry, region),
            person.residence and belonging.within(person.residence, region),
            statuses,
            covers,
        )

    def _judged(self, person: Person, statuses: Iterable[Held], covers: Covers) -> Verdict:
        case = self._case(person, statuses, covers, self.period)
        answer = case.judge(None, self.on)
        insured = self.year - 1 in case.insured_years
        listed, reason, article = self._told(case, answer, insured)
        if answer.eligible is None:
            return Verdict("", (), (), listed, reason, article)
        case.settle(answer)
        enrollment: Any = case.enrollment
        enrollment.origin = str(Enrollment.Origin.RENEWED if insured else Enrollment.Origin.NEW)
        enrollment.state = str(enrollment.state)
        owed = [(due.payer, due.amount, due.article) for due in answer.due]
        return Verdict(
            enrollment.state,
            self._enrollment([getattr(enrollment, name) for name in DECIDED]),
            tuple(map(self._due, owed)),
            listed,
            reason,
            article,
        )

    def _case(self, person: Person, statuses: Iterable[Held], covers: Covers, period: Any) -> Case:
        enrollment: Any = SimpleNamespace(
            resident=person, period=period, period_id=self.period.pk, year=period.year, paid_on=None
        )
        held: Any = list(statuses)
        return Case(enrollment, self.regulation, held, [cover for cover in covers if cover[0] != period.year])

    # --- why somebody stands where they stand -------------------------------------------------------------------------
    def _told(self, case: Case, answer: CoverAnswer, insured: bool) -> tuple[str, str, str]:
        listed = List.RENEWING if insured else List.NEW
        if not answer.eligible:
            why = answer.reasons[0]
            words = _("不予参保：%(why)s") if answer.eligible is False else _("没有规则可判：%(why)s")
            return listed, (words % {"why": why.message})[:200], why.article
        how, payer, article = "", *_payer(answer)
        if insured:
            how = self._changed(case, answer)
        elif (event := case.event(self.on)) is not None and event.kind == "birth":
            how = _("新生儿")
        else:
            how = _("中断后重新参保") if case.insured_years else _("首次参保")
        said = _("%(how)s：%(payer)s") % {"how": how, "payer": payer} if how else payer
        return listed, said[:200], article

    def _changed(self, case: Case, answer: CoverAnswer) -> str:
        """Why somebody else pays than the year before, asked of the same regulation a year earlier."""
        person: Any = case.enrollment.resident
        a_year_ago = date(
            self.on.year - 1, self.on.month, 28 if (self.on.month, self.on.day) == (2, 29) else self.on.day
        )
        period = SimpleNamespace(
            year=self.year - 1,
            policy=self.period.policy,
            individual=self.period.individual,
            subsidy=self.period.subsidy,
        )
        before_case = self._case(person, tuple(case.statuses), tuple(case.covers), period)
        before = before_case.judge(None, a_year_ago)
        if person.event == "graduation" and a_year_ago < person.event_on <= self.on:
            return _("已毕业，不再随学校参保")
        if not before.eligible or _payer(before) == _payer(answer):
            return ""
        if before.due[0].payer == Due.Payer.NONE:
            return _("出生当年已过")
        gained = case.groups(self.on) - before_case.groups(a_year_ago)
        lost = before_case.groups(a_year_ago) - case.groups(self.on)
        if gained:
            return _("新认定%(groups)s") % {"groups": _groups(gained)}
        if lost:
            return _("%(groups)s资格已止") % {"groups": _groups(lost)}
        return _("年满%(age)d周岁") % {"age": self.year - 1 - person.birth_on.year}


@lru_cache(maxsize=4)
def judge(
    regulation: Regulation, period_id: int, year: int, policy: str, individual: Any, subsidy: Any, on: date
) -> Judge:
    """The judge of these very figures, kept from one piece of a job to the next: whatever changes makes another."""
    period = CollectionPeriod(pk=period_id, year=year, policy=policy, individual=individual, subsidy=subsidy)
    return Judge(regulation, period, on)


def ended(person: Person) -> tuple[str, str, str]:
    """Where somebody stands whose insurance here has ended."""
    with translation.override(settings.LANGUAGE_CODE):
        return List.LAPSED, str(Resident.EndReason(person.end_reason).label), ""


def _payer(answer: CoverAnswer) -> tuple[str, str]:
    """Who pays the individual contribution, in words, and the article that says so."""
    own = [due for due in answer.due if due.payer != Due.Payer.SUBSIDY]
    first = own[0]
    if first.payer == Due.Payer.INDIVIDUAL:
        return _("个人缴纳"), first.article
    if first.payer == Due.Payer.NONE:
        return _("免缴"), first.article
    words = _("由%(payer)s缴纳") if len(own) == 1 else _("由%(payer)s部分缴纳")
    return words % {"payer": Due.Payer(first.payer).label}, first.article


def _groups(groups: Iterable[str]) -> str:
    return "、".join(str(Status.Group(group).label) for group in sorted(groups))
