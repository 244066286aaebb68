"""Somebody's cover over all years, day by day: which days are covered, which are not, and by which article."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrollment import cover
from enrollment.models import Enrollment, Resident

_DAY: Final = timedelta(days=1)
State = Enrollment.State
# The article by which nothing is paid for days before a late payment; Jinzhong's text says it with the wait (JZ09).
UNPAID: Final = {"xuzhou_2023": "XZ08.4b", "jinzhong_2017": "JZ09", "binzhou_2021": "BZ11.4", "panzhihua_2023": "PZ11"}


class Kind(TextChoices):
    COVERED = "covered", gettext_lazy("享受待遇")
    TRANSITION = "transition", gettext_lazy("过渡期，住院待遇降低")
    WAITING = "waiting", gettext_lazy("等待期")
    UNPAID = "unpaid", gettext_lazy("未缴费")
    REFUSED = "refused", gettext_lazy("不予参保")
    GAP = "gap", gettext_lazy("未参保")
    ENDED = "ended", gettext_lazy("已终止")


# The classes of the bar's colours, the darkest for full cover.
TONES: Final = {
    Kind.COVERED: "hm-c3",
    Kind.TRANSITION: "hm-c4",
    Kind.WAITING: "hm-c2",
    Kind.UNPAID: "hm-c0",
    Kind.REFUSED: "hm-c5",
    Kind.GAP: "hm-c6",
    Kind.ENDED: "hm-c6",
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days without a break, first and last included, on which one thing holds for one reason."""

    since: date
    until: date
    kind: Kind
    reason: str = ""
    article: str = ""

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    @property
    def tone(self) -> str:
        return TONES[self.kind]


class Part(NamedTuple):
    """A stretch as the bar draws it: its share of the whole in percent."""

    stretch: Stretch
    percent: str


class Tick(NamedTuple):
    """A year below the bar."""

    year: int
    percent: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the person can use the insurance today, else from when; `if_paid`: from when if they paid today."""

    standing: cover.Standing
    if_paid: date | None = None
    article: str = ""
    message: str = ""


def stretches(resident: Resident, enrollments: Iterable[Enrollment], today: date) -> list[Stretch]:
    """Every day from the first year known, or a birth in it, to the end of the last one or of today's year, each once.

    Enrollments come with their periods; nothing is asked of the database.
    """
    told = sorted(enrollments, key=lambda enrollment: enrollment.year)
    if not told:
        return []
    first = min([date(told[0].year, 1, 1), *(e.benefits_from for e in told if e.benefits_from)])
    if resident.birth_on is not None and first < resident.birth_on.replace(month=12, day=31):
        first = max(first, resident.birth_on)
    last = date(max(told[-1].year, today.year), 12, 31)
    covered = sorted((one for e in told for one in _covered(e)), key=lambda one: one.since)
    by_year = {enrollment.year: enrollment for enrollment in told}
    found: list[Stretch] = []
    day = first
    for one in covered:
        found += _without(resident, by_year, day, one.since - _DAY)
        found.append(one)
        day = one.until + _DAY
    found += _without(resident, by_year, day, last)
    return _joined(found)


def parts(found: Sequence[Stretch]) -> list[Part]:
    """The stretches as a bar."""
    whole = sum(one.days for one in found)
    return [Part(one, f"{one.days * 100 / whole:.3f}") for one in found]


def ticks(found: Sequence[Stretch]) -> list[Tick]:
    """The years of the bar, each as wide as its days."""
    if not found:
        return []
    first, last = found[0].since, found[-1].until
    whole = (last - first).days + 1
    return [
        Tick(year, f"{((min(last, date(year, 12, 31)) - max(first, date(year, 1, 1))).days + 1) * 100 / whole:.3f}")
        for year in range(first.year, last.year + 1)
    ]


def answer(resident: Resident, enrollments: Sequence[Enrollment], today: date) -> Answer:
    """今天能否享受待遇, and for somebody who only has not paid: from which day, if they paid today."""
    standing = cover.standing(resident, today)
    unpaid = [e for e in enrollments if e.state == State.DUE and e.paid_on is None and e.year >= today.year]
    if standing.covered or standing.since or not unpaid or resident.ended_on is not None:
        return Answer(standing)
    first = min(unpaid, key=lambda enrollment: enrollment.year)
    first.resident = resident
    (case,) = cover.gather([first])
    said = case.judge(today, today)
    why = said.reasons[0] if said.reasons else None
    return Answer(standing, said.benefits_from, why.article if why else "", why.message if why else "")


def _covered(enrollment: Enrollment) -> Iterator[Stretch]:
    since, until, change = enrollment.benefits_from, enrollment.benefits_until, enrollment.transition_until
    if since is None or until is None:
        return
    reason, article = _reason(enrollment)
    if change is not None and change >= since:
        yield Stretch(since, min(change, until), Kind.TRANSITION, reason, article)
        since = change + _DAY
    if since <= until:
        yield Stretch(since, until, Kind.COVERED, reason, article)


def _without(resident: Resident, by_year: dict[int, Enrollment], since: date, until: date) -> Iterator[Stretch]:
    """Why there is no cover from one day to another, year by year."""
    while since <= until:
        end = min(until, date(since.year, 12, 31))
        yield from _year_without(resident, by_year.get(since.year), since, end)
        since = end + _DAY


def _year_without(resident: Resident, enrollment: Enrollment | None, since: date, until: date) -> Iterator[Stretch]:
    last = cover.last_day(resident)
    if last is not None and until > last:
        if since <= last:
            yield from _year_without_end(resident, enrollment, since, last)
        yield Stretch(max(since, last + _DAY), until, Kind.ENDED, cover.end_message(resident))
        return
    yield from _year_without_end(resident, enrollment, since, until)


def _year_without_end(resident: Resident, enrollment: Enrollment | None, since: date, until: date) -> Iterator[Stretch]:
    if enrollment is None:
        told = ""
        if resident.insured_through is not None and resident.insured_through >= since.year:
            told = _("在本系统登记之前已参保，记录在原经办机构")
        yield Stretch(since, until, Kind.GAP, told or _("%(year)s 年度没有参保登记") % {"year": since.year})
        return
    reason, article = _reason(enrollment)
    paid = enrollment.paid_on
    if enrollment.state == State.REFUSED:
        yield Stretch(since, until, Kind.REFUSED, reason, article)
    elif paid is None:
        yield Stretch(since, until, Kind.UNPAID, reason, article)
    else:
        # Until the money came nothing was paid for; from then on the person waits.
        if since < paid:
            told = _("%(day)s 足额缴费，此前的费用不予支付") % {"day": paid}
            yield Stretch(since, min(until, paid - _DAY), Kind.UNPAID, told, UNPAID.get(enrollment.period.policy, ""))
        if until >= paid:
            yield Stretch(max(since, paid), until, Kind.WAITING, reason, article)


def _reason(enrollment: Enrollment) -> tuple[str, str]:
    first = (enrollment.reasons or [{}])[0]
    return first.get("message", ""), first.get("article", "")


def _joined(found: Iterable[Stretch]) -> list[Stretch]:
    """Neighbours that say the same are one."""
    joined: list[Stretch] = []
    for one in found:
        before = joined[-1] if joined else None
        if before and (before.kind, before.reason, before.article) == (one.kind, one.reason, one.article):
            joined[-1] = replace(before, until=one.until)
        else:
            joined.append(one)
    return joined
