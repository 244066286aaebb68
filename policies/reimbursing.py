"""Whose employers return a contribution against its certificate: the question, the answer, and the shared sum."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from policies import money


@dataclass(frozen=True, slots=True)
class ReimbursementQuestion:
    """What somebody paid for a year, who they are, and how many of the parents have an employer (0, 1 or 2)."""

    year: int
    paid_on: date
    amount: Decimal
    birth_date: date
    groups: frozenset[str]
    employers: int


@dataclass(frozen=True, slots=True)
class ReimbursementAnswer:
    """What each employer returns, in yuan, adding up to what was paid; none with the reason why nobody does."""

    parts: tuple[Decimal, ...]
    article: str
    message: str


def shared(amount: Decimal, share: Decimal, employers: int) -> tuple[Decimal, ...]:
    """The amount over one employer whole, or over two by `share` and the rest; the parts add up to the fen."""
    return (amount,) if employers == 1 else tuple(money.split(amount, [share, 1 - share]))
