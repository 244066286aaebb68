"""One regulation on the shelf: its title and term, its dated figures, its articles and its formulas."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from policies.rules import Entry, Figures, Notice, NotInForce, Parameters, Rules, parse
from policies.shapes import Benefit, Claim

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
    cover: Callable[..., Any] | None = None
    month: Callable[..., Any] | None = None
    year: Callable[..., Any] | None = None
    gap: Callable[..., Any] | None = None


@dataclass(frozen=True)
class Regulation:
    """A regulation with the notices that stand beside it; asked for benefits, cover, settlement and gap."""

    code: str
    folder: Path
    formulas: Formulas
    notices: tuple[Notice, ...] = ()

    @cached_property
    def _facts(self) -> dict[str, str]:
        facts: dict[str, str] = load(self.folder / "regulation.yaml")
        return facts

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
        entries = [entry for path in sorted((self.folder / "figures").glob("*.yaml")) for entry in _entries(load(path))]
        return Figures(entries, (notice for notice in self.notices if notice.key != UNTIL))

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
