"""A year's collection as the regulations divide it: standards, phases, and what a payment on a day of each means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from policies import covering
from policies.covering import CoverAnswer, CoverQuestion, Insured, Standard
from policies.rules import Figure, Rules

MAIN: Final = "main"
LATE: Final = "late"
WAIT: Final = "wait"
CLOSED: Final = "closed"
BEFORE: Final = "before"


class NotAllowed(Exception):
    """A standard or a window that the text forbids; `article` forbids it, `message` tells the clerk why."""

    def __init__(self, article: str, message: str) -> None:
        super().__init__(message)
        self.article = article
        self.message = message


class Phase(NamedTuple):
    """A stretch of days, both inclusive, in which a payment means one thing."""

    kind: str
    name: str
    since: date
    until: date
    article: str

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.since <= day <= self.until


class Standards(NamedTuple):
    """What a person and the public pay for one coverage year, with the notice that says so."""

    individual: Figure
    subsidy: Figure


class Meaning(NamedTuple):
    """What a payment on the first day of a phase means for one kind of person."""

    phase: Phase
    person: str
    paid_on: date
    answer: CoverAnswer


Minimum = Callable[[int, Rules], Figure]
Phases = Callable[[int, Rules], Sequence[Phase]]


def standards(year: int, rules: Rules, minimum: Minimum | None) -> Standards:
    """The two standards that a notice set for this very year, each year anew.

    Raises NotSet where no notice has set one (or the minimum that it is held against), NotAllowed where the individual
    standard is zero or lies below the minimum.
    """
    individual, subsidy = rules("contribution.individual", str(year)), rules("contribution.subsidy", str(year))
    if not individual.value:
        raise NotAllowed(individual.article, "个人缴费标准应大于零")
    if minimum is not None and individual.value < (least := minimum(year, rules)).value:
        told = f"个人缴费标准{individual.value}元（{individual.article}）低于国家规定的最低标准{least.value}元"
        raise NotAllowed("PZ08", f"{told}（{least.article}）")
    return Standards(individual, subsidy)


def follow(first: Phase, *later: tuple[str, str, date, str]) -> tuple[Phase, ...]:
    """The phases after the first: each (kind, name, last day, article) begins on the day after the one before."""
    phases = [first]
    for kind, name, until, article in later:
        phases.append(Phase(kind, name, phases[-1].until + timedelta(days=1), until, article))
    return tuple(phases)


def main(year: int, rules: Rules) -> Phase:
    """The window of the text for the year."""
    window = covering.window(year, rules)
    return Phase(MAIN, "集中缴费期", window.opens, window.closes, window.article)


def at(phases: Iterable[Phase], day: date) -> Phase | None:
    """The phase of a day; None before the first and after the last."""
    return next((phase for phase in phases if day in phase), None)


def within(phases: Sequence[Phase], opens: date, closes: date, article: str) -> tuple[Phase, ...]:
    """The phases where a city or county collects on fewer days than the text's window.

    Nothing is lost by it: outside its own days and inside the window the text's consequences are those of the window.
    """
    found: list[Phase] = []
    for phase in phases:
        inside = phase.kind == MAIN and phase.since <= opens <= closes <= phase.until
        if not inside or (opens, closes) == (phase.since, phase.until):
            found.append(phase)
            continue
        day = timedelta(days=1)
        if phase.since < opens:
            found.append(Phase(BEFORE, "尚未开征，办法规定期内", phase.since, opens - day, phase.article))
        found.append(Phase(MAIN, phase.name, opens, closes, article))
        if closes < phase.until:
            found.append(Phase(MAIN, "已停征，仍在办法规定期内", closes + day, phase.until, phase.article))
    return tuple(found)


def meanings(
    phases: Sequence[Phase], ask: Callable[[CoverQuestion], CoverAnswer], year: int, standard: Standard
) -> list[Meaning]:
    """Ask the regulation what a payment on the first day of each phase means for who renews and for who joins anew."""
    birth = date(year - 40, 1, 1)
    people = (
        ("续保", Insured(birth, insured_years=frozenset(range(birth.year, year)))),
        ("首次参保", Insured(date(year - 1, 1, 1))),
    )
    told = []
    for phase in phases:
        for name, person in people:
            question = CoverQuestion(year, phase.since, person, None, standard)
            told.append(Meaning(phase, name, phase.since, ask(question)))
    return told
