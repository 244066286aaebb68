"""What is asked and answered about cover: who may join, what is due from whom, when benefits begin."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from policies import days
from policies.money import yuan
from policies.rules import Figure, NoRule, NotSet, Rules
from policies.shapes import Reason
from policies.worksheet import Step, Worksheet

WHOLE = Decimal(1)
INDIVIDUAL = "individual"  # the payer who is the person


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to the person and may open another way in: a birth, a status, a graduation."""

    kind: str
    date: date


@dataclass(frozen=True, slots=True)
class Insured:
    """The person who asks, with the years insured so far and the ground for joining here (`basis`)."""

    birth_date: date
    groups: Collection[str] = frozenset()
    basis: str = "household"
    insured_years: Collection[int] = frozenset()
    pension_elsewhere: bool = False
    employee_insured: bool = False
    repaired_years: int = 0
    # Whether household registration and residence lie in the city; None where nobody wrote it down.
    registered_here: bool | None = None
    resides_here: bool | None = None


@dataclass(frozen=True, slots=True)
class Standard:
    """The year's contribution of one person, in yuan: the individual part and the public subsidy."""

    individual: Decimal
    subsidy: Decimal


@dataclass(frozen=True, slots=True)
class CoverQuestion:
    """Cover for the year `year`; `paid_on` is the day the full payment reached the system, None if it did not yet."""

    year: int
    paid_on: date | None
    person: Insured
    event: Event | None
    standard: Standard
    sponsors: tuple[Sponsor, ...] = ()

    @property
    def new_year(self) -> date:
        """First day of the coverage year."""
        return date(self.year, 1, 1)

    @property
    def eve(self) -> date:
        """The last day before the coverage year, on which a renewing person is covered."""
        return date(self.year - 1, 12, 31)

    def judged_on(self, since: date) -> date:
        """The day whose rules answer: the payment. Unpaid, it is the eve of the year or what followed it within the
        year: a birth, or the first day `since` of the regulation."""
        if self.paid_on is not None:
            return self.paid_on
        later = [day for day in (self.happened("birth"), since) if day is not None and day.year <= self.year]
        return max(self.eve, *later) if later else self.eve

    @property
    def age(self) -> int:
        """Age that counts for a subsidy: on the later of the payment and the eve of the year."""
        return days.age(self.person.birth_date, max(self.paid_on or self.eve, self.eve))

    @property
    def renewing(self) -> bool:
        """Covered on the eve of the year."""
        return self.year - 1 in self.person.insured_years

    @property
    def missed_years(self) -> tuple[int, ...]:
        """The years after the last insured one and before the coverage year; none for someone never insured."""
        before = [year for year in self.person.insured_years if year < self.year]
        return tuple(range(max(before) + 1, self.year)) if before else ()

    def happened(self, *kinds: str) -> date | None:
        """Day of the event, if it is one of these kinds."""
        return self.event.date if self.event is not None and self.event.kind in kinds else None


class Sponsor(NamedTuple):
    """Who pays of its own free will for this person: kind of payer, yuan a head, the office's key for it."""

    payer: str
    amount: Decimal
    key: int


class Due(NamedTuple):
    """One payer's part of the contribution, in yuan, with the article that puts it there; a sponsor's part names it."""

    payer: str
    amount: Decimal
    article: str
    sponsor: int | None = None


@dataclass(frozen=True, slots=True)
class CoverAnswer:
    """`eligible` is None where no rule applies; the factor lowers the inpatient ratio through `transition_until`."""

    eligible: bool | None
    due: tuple[Due, ...] = ()
    benefits_from: date | None = None
    transition_until: date | None = None
    inpatient_factor: Decimal = WHOLE
    missed_years: tuple[int, ...] = ()
    reasons: tuple[Reason, ...] = ()
    steps: tuple[Step, ...] = ()


class Start(NamedTuple):
    """The first day of benefits and the article that sets it."""

    day: date
    article: str
    message: str


class Window(NamedTuple):
    """The days in which the coverage year is paid for, both inclusive."""

    opens: date
    closes: date
    article: str

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.opens <= day <= self.closes

    def __str__(self) -> str:
        return f"{self.opens}至{self.closes}"


class Entitlement(NamedTuple):
    """Somebody else pays this share of the individual contribution; a sponsor (by its key) pays a sum."""

    payer: str
    share: Decimal
    article: str
    sponsor: int | None = None
    amount: Decimal | None = None


def window(year: int, rules: Rules) -> Window:
    """The window for `year` lies in the year before it; where it closes earlier in the calendar than it opens it
    runs on into `year` itself."""
    opens, closes = rules.text("contribution.window.opens"), rules.text("contribution.window.closes")
    first, last = falls(opens.value, year - 1), falls(closes.value, year - 1)
    return Window(first, last if last >= first else falls(closes.value, year), opens.article)


def falls(month_day: str, year: int) -> date:
    """The day "MM-DD" of that year; 29 February falls on the 28th of a common year."""
    month, day = map(int, month_day.split("-"))
    return date(year, month, min(day, monthrange(year, month)[1]))


def optional(parameter: str, rules: Rules) -> Figure | None:
    """A figure that only counts where a notice has set it."""
    try:
        return rules(parameter)
    except NotSet:
        return None


def after_wait(paid_on: date, count: int) -> date:
    """First day after a wait of whole months counted from the payment: 2 months from 10 April end on 10 June."""
    return days.day_after(days.add_months(paid_on, count))


def lives_elsewhere(person: Insured) -> bool:
    """Whether somebody who does not study here is known to be registered and to live in other cities."""
    studies = person.basis in ("pupil", "university")
    return not studies and person.registered_here is False and person.resides_here is False


def best(entitlements: Iterable[Entitlement]) -> Entitlement | None:
    """The highest single entitlement, never two; among equals the one named first."""
    return max(entitlements, key=lambda one: one.share, default=None)


def entitled(payer: str, parameter: str, rules: Rules, tier: str = "") -> Entitlement:
    """The share that a figure gives, to be paid by `payer`. Raises NotSet where no notice has set it."""
    share = rules(parameter, tier)
    return Entitlement(payer, share.value, share.article)


def sponsored(question: CoverQuestion, article: str) -> list[Entitlement]:
    """What the sponsors of this person would pay, each as an entitlement beside those of the text."""
    whole = question.standard.individual
    return [
        Entitlement(sponsor.payer, min(WHOLE, sponsor.amount / whole), article, sponsor.key, sponsor.amount)
        for sponsor in question.sponsors
    ]


def contribution(
    standard: Standard,
    entitlement: Entitlement | None,
    individual: str,
    subsidy: str,
    sheet: Worksheet,
    carried: bool = False,
) -> tuple[Due, ...]:
    """The year's contribution by payer: a sponsor's share, the person's rest, the public subsidy.

    `individual` and `subsidy` are the articles of the two parts. A late payer carries the subsidy (`carried`): it is
    then part of what the person owes.
    """
    sheet.write("个人缴费标准", standard.individual, individual)
    due = []
    own = standard.individual
    if entitlement is not None:
        if entitlement.amount is None:
            sponsored = yuan(own * entitlement.share)
            sheet.write("由他方资助", sponsored, entitlement.article, "%s × %s", own, entitlement.share)
        else:
            sponsored = min(own, entitlement.amount)
            sheet.write("由他方资助", sponsored, entitlement.article, "每人%s，不超过%s", entitlement.amount, own)
        if sponsored:
            due.append(Due(entitlement.payer, sponsored, entitlement.article, entitlement.sponsor))
        own -= sponsored
    if carried:
        own = sheet.write("加由个人承担的财政补助", own + standard.subsidy, subsidy, "%s + %s", own, standard.subsidy)
    if own or not due:
        due.append(Due("individual", sheet.write("个人应缴", own, individual), individual))
    if not carried:
        due.append(Due("subsidy", sheet.write("财政补助", standard.subsidy, subsidy), subsidy))
    return tuple(due)


def refused(article: str, message: str) -> CoverAnswer:
    """The person cannot join, or cannot join with this payment."""
    return CoverAnswer(False, reasons=(Reason(article, message),))


def unruled(gap: NoRule) -> CoverAnswer:
    """No rule applies on that day: the term is over, or a figure has no value."""
    return CoverAnswer(None, reasons=(Reason(gap.article, gap.message),))


def unpaid(due: tuple[Due, ...], deadline: Reason, sheet: Worksheet, missed: tuple[int, ...] = ()) -> CoverAnswer:
    """Nothing has reached the system yet: what is due and by when."""
    return CoverAnswer(True, due, missed_years=missed, reasons=(deadline,), steps=sheet.steps())


def begun(due: tuple[Due, ...], start: Start, sheet: Worksheet, missed: tuple[int, ...] = ()) -> CoverAnswer:
    """The payment is in and benefits begin."""
    reasons = (Reason(start.article, start.message),)
    return CoverAnswer(True, due, start.day, missed_years=missed, reasons=reasons, steps=sheet.steps())


def noted(answer: CoverAnswer, *reasons: Reason) -> CoverAnswer:
    """The same answer with something more to know."""
    return replace(answer, reasons=(*answer.reasons, *reasons)) if reasons else answer
