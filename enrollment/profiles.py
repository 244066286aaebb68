"""People in whom the regulation sees no difference are judged once: a village is decided by its distinct facts."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache, partial
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


# The same as the database tells it: every day as its text, which is compared and never read unless a new profile is
# judged. Of a person the values of `Person` in their order; standings as group, since, until; cover as year, since,
# until. Those who have none of them have an empty tuple.
Told = tuple[Any, ...]
Many = tuple[Told, ...]


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
        self._seventy = str(period.year - ELDERLY)
        self._within = lru_cache(maxsize=MOST)(partial(belonging.within, region=regulation.region))

    def of(self, told: Told, statuses: Many, covers: Many) -> Verdict:
        """The verdict on this person: worked out by `cover.Case`, as at the counter, once for each profile."""
        key = self._profile(told, statuses, covers)
        verdict = self._known.get(key)
        if verdict is None:
            if len(self._known) >= MOST:
                self._known.clear()
            with translation.override(settings.LANGUAGE_CODE):  # kept reasons are Chinese
                verdict = self._known[key] = self._judged(told, statuses, covers)
        return verdict

    def _profile(self, told: Told, statuses: Many, covers: Many) -> tuple[Any, ...]:
        """What the answer hangs on. While nothing is paid, age counts on the eve of the year, a 31 December, on which
        all who were born in one year are of one age: of a birthday only its year matters, except the seventieth in
        the coverage year, which is news of its day. Of a place only matters whether it lies in the city."""
        _pk, born, basis, event, event_on, through, pension, registry, residence, _ended, _why = told
        year = born[:4]
        return (
            born if year == self._seventy else year,
            basis,
            event_on and event,
            event_on,
            through,
            pension,
            registry and self._within(registry),
            residence and self._within(residence),
            statuses,
            covers,
        )

    def _judged(self, told: Told, statuses: Many, covers: Many) -> Verdict:
        person = Person(*told)._replace(
            birth_on=_day(told[1]), event_on=_day(told[4]), pension_elsewhere=bool(told[6]), ended_on=_day(told[9])
        )
        held = [Held(group, _day(since), _day(until)) for group, since, until in statuses]
        case = self._case(person, held, [(year, _day(since), _day(until)) for year, since, until in covers])
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

    def _case(
        self, person: Person, statuses: Iterable[Held], covers: Iterable[tuple[int, date, date]], period: Any = None
    ) -> Case:
        period = period or self.period
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
        before_case = self._case(person, case.statuses, case.covers, period)
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


def ended(reason: str) -> tuple[str, str, str]:
    """Where somebody stands whose insurance here has ended, for this reason."""
    with translation.override(settings.LANGUAGE_CODE):
        return List.LAPSED, str(Resident.EndReason(reason).label), ""


def _day(text: str | None) -> Any:
    return text and date.fromisoformat(text)


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
