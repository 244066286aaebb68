"""One regulation on the shelf: its title and term, its dated figures, its articles and its formulas."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

from policies import collecting, covering, refunding
from policies.collecting import Phase, Standards
from policies.covering import CoverAnswer, CoverQuestion
from policies.outcome import unpaid
from policies.refunding import RefundAnswer, RefundQuestion
from policies.reimbursing import ReimbursementAnswer, ReimbursementQuestion
from policies.rules import Entry, Figures, Gap, NoRule, Notice, NotInForce, NotSet, Parameters, Rules, parse
from policies.settling import GapAnswer, GapQuestion, MonthAnswer, MonthQuestion, YearAnswer, YearQuestion
from policies.shapes import Benefit, Claim, NotUnderstood, Reason

# Every scalar stays the text that was written: no float can come near money.
_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

UNTIL = "regulation.until"  # the notice that extends or ends a regulation


def load(path: Path) -> Any:
    """Read a YAML file with every scalar as text."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506, the base loader makes plain text only


@dataclass(slots=True, frozen=True)
class Formulas:
    """The pure functions of a regulation; what it does not answer is left out."""

    benefit: Callable[[Claim, Rules], Benefit] | None = None
    cover: Callable[[CoverQuestion, Rules], CoverAnswer] | None = None
    phases: collecting.Phases | None = None
    minimum: collecting.Minimum | None = None
    month: Callable[[MonthQuestion, Rules], MonthAnswer] | None = None
    year: Callable[[YearQuestion, Rules], YearAnswer] | None = None
    gap: Callable[[GapQuestion, Rules], GapAnswer] | None = None
    refund: Callable[[RefundQuestion], RefundAnswer] | None = None
    reimbursement: Callable[[ReimbursementQuestion, Rules], ReimbursementAnswer] | None = None


@dataclass(frozen=True)
class Regulation:
    """A regulation with the notices that stand beside it; asked for benefits, cover, settlement and gap."""

    code: str
    folder: Path
    formulas: Formulas
    notices: tuple[Notice, ...] = ()

    @cached_property
    def _facts(self) -> dict[str, str]:
        facts: dict[str, str] = _page(self.folder / "regulation.yaml")
        return facts

    @cached_property
    def _bounds(self) -> dict[str, str]:
        bounds: dict[str, str] = _page(self.folder / "regulation.yaml").get("ceilings", {})
        return bounds

    @property
    def title(self) -> str:
        """The title of the text."""
        return self._facts["title"]

    @property
    def number(self) -> str:
        """The document number, empty where the text carries none."""
        return _given(self._facts["number"])

    @property
    def region(self) -> str:
        """The GB/T 2260 code of the city."""
        return self._facts["region"]

    @property
    def city(self) -> str:
        """The name of the city."""
        return self._facts["city"]

    @cached_property
    def since(self) -> date:
        """The first day on which the regulation is followed."""
        return date.fromisoformat(self._facts["since"])

    @cached_property
    def until(self) -> date | None:
        """The last day, by the text or by the latest notice about it; None where none is named."""
        told = [notice.value for notice in sorted(self.notices, key=_by_day) if notice.key == UNTIL]
        last = told[-1] if told else _given(self._facts["until"])
        return date.fromisoformat(last) if last else None

    @cached_property
    def _figures(self) -> Figures:
        return Figures(_written(self.folder / "figures"), (notice for notice in self.notices if notice.key != UNTIL))

    def with_notices(self, notices: Iterable[Notice]) -> Regulation:
        """The same regulation with the city's dated notices beside it (`regulation.until` moves its last day)."""
        return Regulation(self.code, self.folder, self.formulas, (*self.notices, *notices))

    def figures(self) -> tuple[Entry, ...]:
        """Every dated figure, its article, and who sets what is left open, as the admin shows them."""
        return tuple(self._figures)

    def articles(self) -> list[dict[str, Any]]:
        """What each article asks and where it lives, as written in articles.yaml."""
        rows: list[dict[str, Any]] = load(self.folder / "articles.yaml")
        return rows

    def gaps(self, first: date, last: date) -> tuple[Gap, ...]:
        """Every silence from `first` to `last`: the days outside the term, and inside it the parameters nobody set."""
        found = []
        if first < self.since:
            until = min(last, self.since - timedelta(days=1))
            found.append(self._outside("since", first, until, f"{self.title}自 {self.since} 起施行，此前没有规定"))
        if self.until is not None and self.until < last:
            since = max(first, self.until + timedelta(days=1))
            found.append(self._outside("until", since, last, f"{self.title}有效期至 {self.until}，此后没有规定"))
        end = last if self.until is None else min(last, self.until)
        for left, set_on in self._figures.unset():
            since = max(first, self.since, left.since)
            until = end if set_on is None else min(end, set_on - timedelta(days=1))
            if since <= until:
                message = f"{left.name}（{left.parameter}）由{left.setter}另行公布，尚无数值"
                found.append(Gap(left.parameter, left.tier, left.article, left.setter, since, until, message))
        return tuple(found)

    def _outside(self, bound: str, since: date, until: date, message: str) -> Gap:
        return Gap(
            f"regulation.{bound}", "", self._facts[f"{bound}_article"], self._facts["issuer"], since, until, message
        )

    def in_force(self, day: date) -> bool:
        """Whether the regulation is followed on that day."""
        return self.since <= day and (self.until is None or day <= self.until)

    def rules(self, day: date, parameters: Parameters | None = None) -> Rules:
        """The figures of that day, with the parameters of a request on top. Raises NotInForce outside the term."""
        if not self.since <= day:
            raise NotInForce(self._facts["since_article"], f"{self.title}自 {self.since} 起施行，{day} 尚无规定可依")
        if self.until is not None and day > self.until:
            raise NotInForce(self._facts["until_article"], f"{self.title}有效期至 {self.until}，{day} 已无规定可依")
        rules = self._figures.on(day)
        return rules.given(parameters) if parameters else rules

    def benefit(self, claim: Claim, parameters: Parameters | None = None) -> Benefit:
        """What is paid for a course of care, judged by the rules of the admission day.

        Outside the term, or where a parameter that is needed has no value, the status is no_rule: all is the person's.
        Raises NotUnderstood where the regulation pays no benefits at all or lacks a fact.
        """
        if self.formulas.benefit is None:
            raise NotUnderstood("policy", f"{self.title}只规定参保，不能用于待遇计算，请改用当地的办法")
        try:
            return self.formulas.benefit(claim, self.rules(claim.care.admitted, parameters))
        except NoRule as silent:
            return unpaid(claim, "no_rule", Reason(silent.article, silent.message))

    def ceilings(self, claim: Claim) -> dict[str, Decimal]:
        """What bounds the year's counters for this claim, in yuan by counter; what no notice has set yet is left out.

        Raises NotInForce outside the term.
        """
        rules, tier = self.rules(claim.care.admitted), str(max(claim.institution.level, 1))
        bounds: dict[str, Decimal] = {}
        for counter, parameter in self._bounds.items():
            try:
                bounds[counter] = rules(parameter, tier).value
            except NotSet:
                continue
        return bounds

    def cover(self, question: CoverQuestion, parameters: Parameters | None = None) -> CoverAnswer:
        """Who may join, what is due from whom in yuan, and when benefits begin, by the rules of the day of payment.

        Outside the term, or where a parameter that is needed has no value, `eligible` is None and the reason says why.
        """
        if self.formulas.cover is None:
            raise NotUnderstood("policy", f"{self.title}不规定参保")
        try:
            return self.formulas.cover(question, self.rules(question.judged_on(self.since), parameters))
        except NoRule as silent:
            return covering.unruled(silent)

    def phases(self, year: int) -> tuple[Phase, ...]:
        """How the collection for a year is divided into days on which a payment means one thing, by the rules of its
        eve. Raises NoRule where the text does not reach that day or a notice that is needed has not come.
        """
        if self.formulas.phases is None:
            raise NotUnderstood("policy", f"{self.title}不规定缴费期")
        return tuple(self.formulas.phases(year, self.rules(date(year - 1, 12, 31))))

    def standards(self, year: int, on: date) -> Standards:
        """The standards of a coverage year by the notices in force on a day. Raises NoRule or NotAllowed."""
        return collecting.standards(year, self.rules(on), self.formulas.minimum)

    def refund(self, question: RefundQuestion) -> RefundAnswer:
        """Whether a contribution goes back, by the rules of the day on which the reason for it arose.

        Outside the term, or where the regulation does not speak of contributions at all, `allowed` is None.
        """
        if question.for_nothing:
            return refunding.for_nothing(question)
        try:
            self.rules(question.happened_on)
        except NoRule as silent:
            return RefundAnswer(None, silent.article, silent.message)
        if self.formulas.refund is None:
            return RefundAnswer(None, "", f"{self.title}没有规定退费，请改用当地的办法")
        return self.formulas.refund(question)

    def reimbursement(self, question: ReimbursementQuestion) -> ReimbursementAnswer:
        """What employers return of a contribution, in yuan, by the rules of the day it was paid; none where none do."""
        if self.formulas.reimbursement is None:
            return ReimbursementAnswer((), "", f"{self.title}没有规定由单位报销")
        try:
            return self.formulas.reimbursement(question, self.rules(question.paid_on))
        except NoRule as silent:
            return ReimbursementAnswer((), silent.article, silent.message)

    def month(self, question: MonthQuestion, on: date | None = None) -> MonthAnswer:
        """What an institution is paid for one month, in yuan, by the figures of the day `on` (else of the text itself).

        Raises NotUnderstood where the regulation does not settle or a field of the question does not fit it.
        """
        if self.formulas.month is None:
            raise NotUnderstood("policy", f"{self.title}只规定参保，不能用于结算，请改用当地的办法")
        return self.formulas.month(question, self._settled_by(on))

    def year(self, question: YearQuestion, on: date | None = None) -> YearAnswer:
        """What an institution is owed at the year's end, in yuan. Refuses as `month` does."""
        if self.formulas.year is None:
            raise NotUnderstood("policy", f"{self.title}只规定参保，不能用于结算，请改用当地的办法")
        return self.formulas.year(question, self._settled_by(on))

    def gap(self, question: GapQuestion, on: date | None = None) -> GapAnswer:
        """Who covers a county's deficit, in yuan. Raises NotUnderstood where the text does not say."""
        if self.formulas.gap is None:
            raise NotUnderstood("policy", f"{self.title}没有规定县级缺口如何分担")
        return self.formulas.gap(question, self._settled_by(on))

    def _settled_by(self, on: date | None) -> Rules:
        return self.rules(on) if on is not None else self._figures.on(self.since)


_page = cache(load)  # read once, however many notices are laid beside it


@cache
def _written(folder: Path) -> tuple[Entry, ...]:
    """The figures of the text itself."""
    return tuple(entry for path in sorted(folder.glob("*.yaml")) for entry in _entries(load(path)))


def _by_day(notice: Notice) -> date:
    return notice.since


def _given(text: str) -> str:
    """An empty string for what YAML writes as null."""
    return "" if text in ("null", "~", "") else text


def _entries(page: dict[str, Any]) -> Iterable[Entry]:
    """The dated values of one page of figures: parameter -> days -> article, value (one, or one for each tier)."""
    for parameter, kept in page.items():
        for since, told in kept["days"].items():
            values = told["value"] if isinstance(told["value"], dict) else {"": told["value"]}
            for tier, written in values.items():
                text = _given(written if isinstance(written, str) else " ".join(written))
                yield Entry(
                    parameter=parameter,
                    tier=tier,
                    name=kept["name"],
                    unit=kept["unit"],
                    value=parse(kept["unit"], text) if text else None,
                    article=told["article"],
                    since=date.fromisoformat(since),
                    setter=told.get("setter", ""),
                )
