"""`estimate cover`: a question about joining is read strictly, its answer written as the contract has it."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from policies import shelf
from policies.covering import CoverAnswer, CoverQuestion, Event, Insured, Standard
from policies.estimate import reading
from policies.estimate.claim import GROUPS, PARAMETERS, ratio_text
from policies.estimate.reading import Reader, Table, within
from policies.rules import LEVELS
from policies.shapes import NotUnderstood, Reason
from policies.worksheet import Step

BASES = ("household", "pupil", "residence_permit", "university", "other")
EVENTS = (
    "birth",
    "status",
    "university_entry",
    "graduation",
    "discharge_from_service",
    "release",
    "moved_in_insured",
    "left_employee_insurance",
    "permit_transfer_insured",
)
FIRST_YEAR, LAST_YEAR = 1850, 2200  # no register reaches further; days beyond could not be counted on from

_REQUEST = frozenset(("ref", "policy", "year", "paid_on", "person", "event", "standard", "parameters"))
_PERSON = frozenset(
    ("birth_date", "groups", "basis", "insured_years", "pension_elsewhere", "employee_insured", "repaired_years")
)
_EVENT = frozenset(("kind", "date"))
_STANDARD = frozenset(("individual", "subsidy"))
_MONTH_DAY = re.compile(r"[0-9]{2}-[0-9]{2}")


def answer(request: Table, explain: bool = False) -> Table:
    """The answer to one request, without its `ref`. Raises NotUnderstood with the path of what cannot be read."""
    reading.table(request, _REQUEST)
    code = reading.choice(request, "policy", shelf.codes())
    question = read(request)
    parameters = within("parameters", reading.parameters, request.get("parameters", {}), _parameters_of(code))
    return write(shelf.regulation(code).cover(question, parameters), explain)


def read(request: Table) -> CoverQuestion:
    """The question in a request whose keys are known."""
    event = request.get("event")
    return CoverQuestion(
        year=reading.whole(request, "year", FIRST_YEAR + 1, LAST_YEAR),
        paid_on=None if reading.required(request, "paid_on") is None else _day(request, "paid_on"),
        person=within("person", _person, reading.required(request, "person")),
        event=None if event is None else within("event", _event, event),
        standard=within("standard", _standard, reading.required(request, "standard")),
    )


def write(told: CoverAnswer, explain: bool = False) -> Table:
    """The answer as the contract writes it; with `explain` the worksheet too."""
    row: Table = {
        "eligible": told.eligible,
        "due": [{"payer": due.payer, "amount": str(due.amount), "article": due.article} for due in told.due],
        "benefits_from": _written(told.benefits_from),
        "transition_until": _written(told.transition_until),
        "inpatient_factor": format(told.inpatient_factor.normalize(), "f"),
        "missed_years": list(told.missed_years),
        "reasons": reasons(told.reasons),
    }
    return row | {"steps": steps(told.steps)} if explain else row


def reasons(told: Collection[Reason]) -> list[Table]:
    """Reasons as the contract writes them."""
    return [{"article": reason.article, "message": reason.message} for reason in told]


def steps(told: Collection[Step]) -> list[Table]:
    """The worksheet as the contract writes it."""
    return [
        {
            "article": step.article,
            "what": f"{step.what}（{step.how}）" if step.how else step.what,
            "amount": ratio_text(step.amount),
        }
        for step in told
    ]


def _written(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(row: Table, key: str) -> date:
    day = reading.day(row, key)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise NotUnderstood(key, f"日期应在 {FIRST_YEAR} 年至 {LAST_YEAR} 年之间")
    return day


def _person(raw: object) -> Insured:
    row = reading.table(raw, _PERSON)
    return Insured(
        birth_date=_day(row, "birth_date"),
        groups=reading.words(row, "groups", GROUPS),
        basis=reading.choice(row, "basis", BASES),
        insured_years=_years(row, "insured_years"),
        pension_elsewhere=reading.flag(row, "pension_elsewhere", False),
        employee_insured=reading.flag(row, "employee_insured", False),
        repaired_years=reading.whole(row, "repaired_years", 0, LAST_YEAR - FIRST_YEAR, 0),
    )


def _years(row: Table, key: str) -> frozenset[int]:
    raw = row.get(key, [])
    if type(raw) is not list:
        raise NotUnderstood(key, "应为年份的列表，例如 [2023, 2024]")
    for number, year in enumerate(raw):
        if type(year) is not int or not FIRST_YEAR <= year <= LAST_YEAR:
            raise NotUnderstood(f"{key}[{number}]", f"应为 {FIRST_YEAR} 至 {LAST_YEAR} 的年份")
    return frozenset(raw)


def _event(raw: object) -> Event:
    row = reading.table(raw, _EVENT)
    return Event(reading.choice(row, "kind", EVENTS), _day(row, "date"))


def _standard(raw: object) -> Standard:
    row = reading.table(raw, _STANDARD)
    return Standard(reading.money(row, "individual"), reading.money(row, "subsidy"))


def _count(key: str, value: object) -> Decimal:
    number = reading.as_number(key, value)
    if number != number.to_integral_value() or number > LAST_YEAR:
        raise NotUnderstood(key, f"应为 0 至 {LAST_YEAR} 的整数")
    return number


def _month_day(key: str, value: object) -> str:
    try:
        if type(value) is str and _MONTH_DAY.fullmatch(value):
            date.fromisoformat(f"2000-{value}")
            return value
    except ValueError:
        pass
    raise NotUnderstood(key, '应为存在的“月-日”，例如 "09-01"')


_UNITS: dict[str, Reader] = {
    "fraction": reading.as_fraction,
    "months": _count,
    "days": _count,
    "years": _count,
    "month_day": _month_day,
}
_ALWAYS: dict[str, Reader] = {
    "cover.waiting_months": _count,
    "contribution.window.opens": _month_day,
    "contribution.window.closes": _month_day,
}


@lru_cache(maxsize=16)
def _parameters_of(code: str) -> dict[str, tuple[Reader, Collection[str]]]:
    """What a request may set: the contract's names, and the figures of the regulation's own cover, a share by group."""
    known: dict[str, tuple[Reader, Collection[str]]] = {key: (read, LEVELS) for key, read in PARAMETERS.items()}
    known |= {key: (read, ()) for key, read in _ALWAYS.items()}
    for entry in shelf.regulation(code).figures():
        if entry.parameter.startswith(("cover.", "contribution.", "subsidy.")) and entry.unit in _UNITS:
            tiers: Any = (*GROUPS, "elderly") if entry.parameter == "subsidy.share" else ()
            known[entry.parameter] = (_UNITS[entry.unit], tiers)
    return known
