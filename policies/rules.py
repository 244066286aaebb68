"""The figures of one regulation as they stand on one day, each travelling with its article."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from policies.money import FEN

Value = Decimal | str | tuple[str, ...]
Parameters = Mapping[str, Value | Mapping[str, Value]]

UNITS = {
    "yuan": "元",
    "fraction": "比例",
    "points": "百分点",
    "days": "天",
    "months": "个月",
    "years": "年",
    "count": "个",
    "month_day": "月-日",
    "words": "名单",
}


LEVELS = ("1", "2", "3")
_YEAR = re.compile(r"20\d\d")  # the tier of a figure that is set anew for each coverage year


class NoRule(Exception):
    """Nothing in the regulation answers this question; `article` says where it is silent, `message` tells the clerk."""

    def __init__(self, article: str, message: str) -> None:
        super().__init__(message)
        self.article = article
        self.message = message


class NotSet(NoRule):
    """A parameter that the regulation leaves to a notice has no value on that day."""

    def __init__(self, parameter: str, article: str, setter: str, tier: str = "") -> None:
        which = f"{parameter}（{tier} 档）" if tier else parameter
        super().__init__(article, f"参数 {which} 尚未确定，由{setter}公布后在“标准公告”中录入")
        self.parameter = parameter
        self.setter = setter


class NotInForce(NoRule):
    """The day lies outside the term of the regulation."""


class UnknownParameter(LookupError):
    """A notice or a formula names a parameter that the regulation does not have."""


class Figure(NamedTuple):
    """A number with the article (or the document of the notice) that sets it and its first day."""

    value: Decimal
    article: str
    since: date


class Text(NamedTuple):
    """A word or a day of the year ("09-01") with its article."""

    value: str
    article: str
    since: date


class Words(NamedTuple):
    """A list of codes with its article."""

    value: tuple[str, ...]
    article: str
    since: date


class Notice(NamedTuple):
    """What a dated document sets: one parameter, for one tier or for all of them, from one day on."""

    key: str
    tier: str | None
    value: str
    since: date
    document: str


class Entry(NamedTuple):
    """One dated value of a parameter as the shelf keeps it; `value` None means left open to `setter`."""

    parameter: str
    tier: str
    name: str
    unit: str
    value: Value | None
    article: str
    since: date
    setter: str


class Gap(NamedTuple):
    """Days, both included, on which the regulation is silent: outside its term, or on a parameter that nobody set."""

    name: str
    tier: str
    article: str
    setter: str
    since: date
    until: date
    message: str


def parse(unit: str, text: str) -> Value:
    """Read the written value of a figure in its unit; yuan are brought to the fen. Refuses nonsense with ValueError."""
    if unit == "words":
        return tuple(text.split())
    if unit == "month_day":
        date.fromisoformat(f"2000-{text}")
        return text
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text} 不是数字") from None
    if not number.is_finite() or number < 0:
        raise ValueError(f"{text} 不能为负")
    if unit == "fraction" and number > 1:
        raise ValueError(f"{text} 大于 1，比例请写小数，例如 0.75")
    if unit == "yuan":
        if number != number.quantize(FEN):
            raise ValueError(f"{text} 超过两位小数")
        return number.quantize(FEN)
    return number


class Figures:
    """All dated entries of a regulation and its notices, cut into stretches of days within which nothing changes."""

    __slots__ = ("_days", "_entries", "_names", "_notices", "_stretches")

    def __init__(self, entries: Iterable[Entry], notices: Iterable[Notice] = ()) -> None:
        self._entries = sorted(entries, key=lambda entry: entry.since)
        self._names = {entry.parameter: entry for entry in self._entries}
        self._notices = [
            self._names[notice.key]._replace(
                tier=notice.tier or "",
                value=parse(self._unit(notice.key), notice.value),
                article=notice.document,
                since=notice.since,
                setter="",
            )
            for notice in sorted(notices, key=lambda notice: notice.since)
            if self._unit(notice.key)
        ]
        self._days = sorted({entry.since for entry in (*self._entries, *self._notices)})
        self._stretches: dict[int, Rules] = {}

    def __iter__(self) -> Iterator[Entry]:
        return iter((*self._entries, *self._notices))

    def unset(self) -> Iterator[tuple[Entry, date | None]]:
        """What the text leaves open, with the first day on which a notice or a later figure sets it (None: never)."""
        for left in self._entries:
            if left.value is not None:
                continue
            later = [e for e in self if e.parameter == left.parameter and e.value is not None and e.since >= left.since]
            flat = [e.since for e in later if e.tier in ("", left.tier) or _YEAR.fullmatch(e.tier)]
            levels = [min((e.since for e in later if e.tier == level), default=None) for level in LEVELS]
            if None not in levels:
                flat.append(max(day for day in levels if day is not None))
            yield left, min(flat, default=None)

    def _unit(self, parameter: str) -> str:
        try:
            return self._names[parameter].unit
        except KeyError:
            raise UnknownParameter(parameter) from None

    def on(self, day: date) -> Rules:
        """The rules as they stand on `day`; every day of one stretch shares one object."""
        stretch = bisect_right(self._days, day)
        try:
            return self._stretches[stretch]
        except KeyError:
            figures, notices = self._standing(self._entries, day), self._standing(self._notices, day)
            rules = self._stretches[stretch] = Rules(figures, notices)
            return rules

    @staticmethod
    def _standing(entries: Iterable[Entry], day: date) -> dict[tuple[str, str], Entry]:
        return {(entry.parameter, entry.tier): entry for entry in entries if entry.since <= day}


class Rules:
    """The figures of one regulation on one day: `rules("inpatient.deductible", "2")` gives value, article and since.

    Asked in this order: the parameters of the request, the notices in force, the dated figures of the text; within
    each the tier itself ("2.county"), its class ("2") and the figure for all tiers.
    """

    __slots__ = ("_figures", "_notices", "_numbers", "_parameters")

    def __init__(
        self,
        figures: Mapping[tuple[str, str], Entry],
        notices: Mapping[tuple[str, str], Entry],
        parameters: Parameters | None = None,
    ) -> None:
        self._figures = figures
        self._notices = notices
        self._parameters = parameters
        self._numbers: dict[tuple[str, str], Figure] = {}

    def given(self, parameters: Parameters | None) -> Rules:
        """The same rules with the parameters of one request on top."""
        return Rules(self._figures, self._notices, parameters) if parameters else self

    def __call__(self, parameter: str, tier: str = "") -> Figure:
        """The number that holds. Raises NotSet where it is left to a notice that has not come."""
        try:
            return self._numbers[parameter, tier]
        except KeyError:
            value, article, since = self._standing(parameter, tier)
            if not isinstance(value, Decimal):
                raise UnknownParameter(f"{parameter} is not a number") from None
            figure = self._numbers[parameter, tier] = Figure(value, article, since)
            return figure

    def text(self, parameter: str, tier: str = "") -> Text:
        """The word that holds, such as the month and day on which a window opens. Raises NotSet as above."""
        value, article, since = self._standing(parameter, tier)
        if not isinstance(value, str):
            raise UnknownParameter(f"{parameter} is not a text")
        return Text(value, article, since)

    def words(self, parameter: str, tier: str = "") -> Words:
        """The list of codes that holds, such as the groups whose contribution is paid for. Raises NotSet as above."""
        value, article, since = self._standing(parameter, tier)
        if not isinstance(value, tuple):
            raise UnknownParameter(f"{parameter} is not a list")
        return Words(value, article, since)

    def _standing(self, parameter: str, tier: str) -> tuple[Value, str, date]:
        ways = (tier, tier.partition(".")[0], "")
        written = next((e for way in ways if (e := self._figures.get((parameter, way)))), None)
        if written is None:
            raise UnknownParameter(f"{parameter} {tier}".strip())
        if self._parameters is not None and (given := self._parameters.get(parameter)) is not None:
            if not isinstance(given, Mapping):
                return given, written.article, written.since
            for way in ways:
                if way in given:
                    return given[way], written.article, written.since
        for way in ways:
            if notice := self._notices.get((parameter, way)):
                written = notice
                break
        if written.value is None:
            raise NotSet(parameter, written.article, written.setter, tier)
        return written.value, written.article, written.since
