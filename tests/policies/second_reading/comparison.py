"""Laying the product's answers beside the second reading's: what differs, in words that name request and field."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from random import Random
from types import ModuleType
from typing import Any

from tests.policies.second_reading import claim, cover, gap, requests, settlement, year

Answer = Callable[[str, dict[str, Any]], dict[str, Any]]
Decide = Callable[[dict[str, Any]], dict[str, Any]]
READINGS: dict[str, ModuleType] = {"claim": claim, "cover": cover, "settlement": settlement, "gap": gap}
DECIMALS = ("ratio", "inpatient_factor")
OTHER_PAYERS = ("critical_illness", "assistance", "charity", "hospital_borne")
STEPS = ("hospital_borne", "out_of_scope", "over_ceiling", "first_share", "in_scope")
AMOUNTS = ("total", *STEPS, "deductible", "basic", "compliant_personal", *OTHER_PAYERS, "personal")
COUNTS_MISSED_YEARS = ("binzhou_2021", "national_2024")


def differences(answer: Answer, kind: str, count: int, seed: int) -> Iterator[str]:
    """One line per request on which the two disagree; what the texts leave open has at least to be sound."""
    for request in requests.many(kind, count, seed):
        given = answer(kind, request)
        fields = unsound(kind, given) if open_question(kind, request) else unequal(kind, request, given)
        if fields:
            yield f"{fields} {json.dumps(request, ensure_ascii=False)}"


def unsound(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """What no reading of the texts allows: no answer, parts that do not add up, or an amount below nothing."""
    if "error" in given:
        return {"error": given["error"]}
    if kind != "claim":
        return {}
    amounts = {name: Decimal(value) for name, value in given.items() if name in AMOUNTS}
    parts = sum(amounts[name] for name in ("basic", *OTHER_PAYERS, "personal"))
    steps = sum(amounts[name] for name in STEPS) if given["status"] in ("payable", "pending") else parts
    wrong = {name: str(value) for name, value in amounts.items() if value < 0}
    if not parts == steps == amounts["total"]:
        wrong["total"] = f"{parts} paid, {steps} sorted, {amounts['total']} charged"
    return wrong


def open_question(kind: str, request: dict[str, Any]) -> str | None:
    """What the texts leave open in a request, where they do."""
    reading = READINGS[kind]
    question: str | None = reading.open_question(request) if hasattr(reading, "open_question") else None
    return question


def unequal(kind: str, request: dict[str, Any], given: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The fields that differ: (what the second reading says, what was answered)."""
    expected = READINGS[kind].read(request)
    unfit = unsound(kind, given)
    if unfit:
        return unfit
    if kind == "cover" and (request["policy"] not in COUNTS_MISSED_YEARS or expected["missed_years"] is None):
        expected.pop("missed_years")
    pairs = {name: (value, given.get(name, "missing")) for name, value in expected.items() if name != "reasons"}
    found = {name: pair for name, pair in pairs.items() if _plain(name, pair[0]) != _plain(name, pair[1])}
    said = json.dumps(given.get("reasons", []), ensure_ascii=False)
    unsaid = [one["one_of"] for one in expected.get("reasons", []) if not any(word in said for word in one["one_of"])]
    if unsaid:
        found["reasons"] = (unsaid, given["reasons"])
    return found


def _plain(name: str, value: Any) -> Any:
    """A share is the same with and without a last zero, a list of payers in any order and without those of nothing."""
    if name in DECIMALS and isinstance(value, str):
        return Decimal(value)
    if name == "due" and isinstance(value, list):  # of cover; that of a settlement is an amount
        return sorted((due["payer"], due["amount"]) for due in value if Decimal(due["amount"]))
    if name == "missed_years":
        return sorted(int(item["year"]) if isinstance(item, dict) else int(item) for item in value)
    return value


def year_differences(decide: Decide, count: int, seed: int) -> Iterator[str]:
    """One line per year on which the two disagree, each claim starting from what the product made of those before."""
    for requests_of_year in year.years(count, seed):
        known: dict[str, Any] = {}
        for request in requests_of_year:
            request["year_to_date"] = {"outpatient_last_year": False} | known
            expected = claim.read(request)
            known = decide(request)
            wanted = year.after(request, expected)
            if expected["status"] != "pending" and known != wanted:
                yield f"{known} instead of {wanted} {json.dumps(request, ensure_ascii=False)}"
                break


def unnamed_faults(answer: Answer, kind: str, count: int, seed: int) -> Iterator[str]:
    """One line per broken request whose answer is not an error that names the faulty field."""
    draw = Random(f"broken {kind} {seed}")
    for _ in range(count):
        request, field = requests.broken(draw, kind)
        error = answer(kind, request).get("error") or {}
        named = error.get("field", "").replace("[", ".").replace("]", "")
        if not _names(named, field) or not error.get("message"):
            yield f"{field}: {error} {json.dumps(request, ensure_ascii=False)}"


def _names(named: str, field: str) -> bool:
    """The path may go on into the faulty value (groups.0), and it may name an unknown key's home with the key."""
    return named == field or named.startswith(f"{field}.")
