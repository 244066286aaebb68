"""`estimate settlement` and `estimate gap`: what an institution is paid, and who covers a county's deficit."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from policies import shelf
from policies.estimate import reading
from policies.estimate.cover import steps
from policies.estimate.reading import Table, within
from policies.money import ZERO
from policies.settling import (
    METHODS,
    WHOLE,
    Band,
    Case,
    GapAnswer,
    GapQuestion,
    Grade,
    MonthAnswer,
    MonthQuestion,
    YearAnswer,
    YearQuestion,
)
from policies.shapes import NotUnderstood

T = TypeVar("T")

KINDS = ("month", "year")
_MONTH = frozenset(("ref", "policy", "kind", "method", "deducted", "budget_to_date", "approved_before", "deposit_rate"))
_BY_METHOD = {
    "fee_for_service": frozenset(("claimed",)),
    "capitation": frozenset(("heads", "quota")),
    "per_diem": frozenset(("days", "rate")),
    "per_disease": frozenset(("cases",)),
    "drg": frozenset(("cases", "base_rate", "coefficient")),
}
_YEAR = frozenset(
    ("ref", "policy", "kind", "approved", "budget", "paid", "deposits", "score", "bands", "savings_share", "quality")
)
_GAP = frozenset(("ref", "policy", "deficit", "rolling_balance", "plan_met", "reserve"))
_MOST = 10**9
_MOST_POINTS = 1000


def answer(request: Table, explain: bool = False) -> Table:
    """The answer to one settlement request, without its `ref`. Raises NotUnderstood with the path of what is wrong."""
    regulation = shelf.regulation(reading.choice(request, "policy", shelf.codes()))
    if reading.choice(request, "kind", KINDS) == "month":
        return write(regulation.month(read_month(request)), explain)
    return write(regulation.year(read_year(request)), explain)


def gap(request: Table, explain: bool = False) -> Table:
    """The answer to one request about a county's deficit, without its `ref`. Raises NotUnderstood as above."""
    reading.table(request, _GAP)
    regulation = shelf.regulation(reading.choice(request, "policy", shelf.codes()))
    question = GapQuestion(
        deficit=reading.money(request, "deficit"),
        rolling_balance=reading.as_signed_money("rolling_balance", reading.required(request, "rolling_balance")),
        plan_met=reading.flag(request, "plan_met"),
        reserve=reading.money(request, "reserve"),
    )
    return write(regulation.gap(question), explain)


def write(told: MonthAnswer | YearAnswer | GapAnswer, explain: bool = False) -> Table:
    """The amounts under the names of the contract; with `explain` the worksheet too."""
    row: Table = {name: str(getattr(told, name)) for name in told.__slots__ if name != "steps"}
    return row | {"steps": steps(told.steps)} if explain else row


def read_month(request: Table) -> MonthQuestion:
    """One month; only the fields of its method are known."""
    method = reading.choice(request, "method", METHODS)
    reading.table(request, _MONTH | _BY_METHOD[method])
    by_method: dict[str, object] = {}
    if method == "fee_for_service":
        by_method = {"claimed": reading.money(request, "claimed")}
    elif method == "capitation":
        by_method = {"heads": reading.whole(request, "heads", 0, _MOST), "quota": reading.money(request, "quota")}
    elif method == "per_diem":
        by_method = {"days": reading.whole(request, "days", 0, _MOST), "rate": reading.money(request, "rate")}
    elif method == "per_disease":
        by_method = {"cases": _list(request, "cases", _case_of_a_disease)}
    elif method == "drg":
        by_method = {
            "cases": _list(request, "cases", _case_of_a_group),
            "base_rate": reading.money(request, "base_rate"),
            "coefficient": _number(request, "coefficient", WHOLE),
        }
    return MonthQuestion(
        method=method,
        deducted=_money(request, "deducted"),
        budget_to_date=reading.money_or_none(request, "budget_to_date"),
        approved_before=_money(request, "approved_before"),
        deposit_rate=_fraction(request, "deposit_rate"),
        **by_method,  # type: ignore[arg-type]
    )


def read_year(request: Table) -> YearQuestion:
    """One year."""
    reading.table(request, _YEAR)
    return YearQuestion(
        approved=reading.money(request, "approved"),
        budget=None if reading.required(request, "budget") is None else reading.money(request, "budget"),
        paid=reading.money(request, "paid"),
        deposits=_money(request, "deposits"),
        score=None if request.get("score") is None else _score(request, "score"),
        bands=_list(request, "bands", _band) if "bands" in request else (),
        savings_share=_fraction(request, "savings_share"),
        quality=_list(request, "quality", _grade) if "quality" in request else (),
    )


def _money(row: Table, key: str) -> Decimal:
    """Yuan; nothing where it is left out."""
    return reading.money(row, key) if key in row else ZERO


def _fraction(row: Table, key: str) -> Decimal:
    """A share; none where it is left out."""
    return reading.as_fraction(key, row[key]) if key in row else Decimal(0)


def _number(row: Table, key: str, default: Decimal) -> Decimal:
    return reading.as_number(key, row[key]) if key in row else default


def _score(row: Table, key: str) -> Decimal:
    return Decimal(reading.whole(row, key, 0, _MOST_POINTS))


def _list(row: Table, key: str, read: Callable[[object], T]) -> tuple[T, ...]:
    raw = reading.required(row, key)
    if type(raw) is not list:
        raise NotUnderstood(key, "应为列表")
    return tuple([within(f"{key}[{number}]", read, one) for number, one in enumerate(raw)])


def _case_of_a_disease(raw: object) -> Case:
    row = reading.table(raw, ("quota_share",))
    return Case(quota_share=reading.money(row, "quota_share"))


def _case_of_a_group(raw: object) -> Case:
    row = reading.table(raw, ("weight", "paid_by_others"))
    weight = reading.as_number("weight", reading.required(row, "weight"))
    return Case(weight=weight, paid_by_others=_money(row, "paid_by_others"))


def _band(raw: object) -> Band:
    row = reading.table(raw, ("up_to", "fund_share"))
    up_to = reading.as_number("up_to", reading.required(row, "up_to"))
    return Band(up_to, reading.as_fraction("fund_share", reading.required(row, "fund_share")))


def _grade(raw: object) -> Grade:
    row = reading.table(raw, ("from", "coefficient"))
    return Grade(_score(row, "from"), reading.as_fraction("coefficient", reading.required(row, "coefficient")))
