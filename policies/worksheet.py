"""The worksheet of a decision: one line per step, enough to redo the sum by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from policies.rules import Figure


class Step(NamedTuple):
    """One line as people read it: the article it follows, what is worked out, the amount (yuan or a ratio), and how."""

    article: str
    what: str
    amount: Decimal
    how: str


class Worksheet:
    """Collects the steps of a decision; the text of a step is only made when somebody reads it."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        self._rows: list[tuple[str, str, Decimal, str, tuple[object, ...]]] = []

    def write(self, what: str, amount: Decimal, article: str | Figure, how: str = "", *terms: object) -> Decimal:
        """Put down a step and give its amount back; a figure is cited by its article, `how` has a %s for each term."""
        self._rows.append((article if isinstance(article, str) else article.article, what, amount, how, terms))
        return amount

    def steps(self) -> tuple[Step, ...]:
        """The steps in the order in which they were written."""
        return tuple(
            [
                Step(article, what, amount, how % terms if terms else how)
                for article, what, amount, how, terms in self._rows
            ]
        )
