"""One inpatient decision with its written-out worksheet, and trial calculations from JSON to JSON."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from benchmarks.measure import figure
from policies import estimate, shelf
from policies.estimate import claim as claims

DATABASE = False
DECISIONS = 20_000
REQUESTS = 10_000

REQUEST: dict[str, Any] = {
    "ref": "b1",
    "policy": "jinzhong_2017",
    "benefit": "inpatient",
    "person": {"birth_date": "1960-03-01", "groups": []},
    "cover": {"from": "2025-01-01", "to": "2025-12-31", "transition_until": None},
    "institution": {
        "designated": True,
        "level": 2,
        "grade": "A",
        "affiliation": "county",
        "location": "in_city",
        "ownership": "public",
        "beds": 400,
        "chinese_medicine": False,
    },
    "care": {
        "admitted": "2025-03-02",
        "discharged": "2025-03-12",
        "emergency": False,
        "filing": "none",
        "cause": "illness",
    },
    "year_to_date": {"admissions": 1, "inpatient_basic": "3000.00", "compliant_personal": "9000.00"},
    "parameters": {},
    "lines": [
        {"item": "西药费", "kind": "drug", "class": "A", "amount": "3000.00"},
        {"item": "中成药费", "kind": "drug", "class": "B", "amount": "1234.56", "first_share": "0.10"},
        {"item": "CT", "kind": "large_equipment", "class": "A", "amount": "1000.00"},
        {"item": "床位费", "kind": "bed", "class": "A", "amount": "600.00", "ceiling": "450.00"},
        {"item": "陪护费", "kind": "other", "class": "C", "amount": "300.00"},
    ],
}


def run() -> Iterator[dict[str, Any]]:
    """The decision alone (question and figures at hand), then the whole way that `manage.py estimate claim` goes."""
    claim = claims.read(REQUEST)
    regulation = shelf.regulation("jinzhong_2017")

    def decide() -> None:
        for _ in range(DECISIONS):
            regulation.benefit(claim).steps  # noqa: B018, reading the worksheet writes it out

    def bare() -> None:
        for _ in range(DECISIONS):
            _bare_sum(claim.person.birth_date, claim.care.admitted)

    assert _bare_sum(claim.person.birth_date, claim.care.admitted) == regulation.benefit(claim).personal
    yield figure("decision", rows=DECISIONS, work=decide, floor=bare, in_database=False)

    lines = [json.dumps({**REQUEST, "ref": f"b{number}"}).encode() + b"\n" for number in range(REQUESTS)]

    def answer() -> None:
        for _ in estimate.answers("claim", lines):
            pass

    def copy() -> None:
        for line in lines:
            json.dumps(json.loads(line)).encode()

    yield figure("estimate", rows=REQUESTS, work=answer, floor=copy, in_database=False)


def _bare_sum(born: date, admitted: date) -> Decimal:
    """The same sum in bare Decimal arithmetic, every figure written in: what the person carries of REQUEST."""
    fen = Decimal("0.01")
    drug = (Decimal("1234.56") * Decimal("0.10")).quantize(fen, ROUND_HALF_UP)
    scan = (Decimal("1000.00") * Decimal("0.40")).quantize(fen, ROUND_HALF_UP)
    total = Decimal("3000.00") + Decimal("1234.56") + Decimal("1000.00") + Decimal("600.00") + Decimal("300.00")
    over = Decimal("600.00") - Decimal("450.00")
    in_scope = total - Decimal("300.00") - over - drug - scan
    child = admitted.year - born.year <= 14
    deductible = (Decimal("400.00") * Decimal("0.5") * (Decimal("0.5") if child else 1)).quantize(fen, ROUND_HALF_UP)
    share = (Decimal("0.75") * (in_scope - min(deductible, in_scope))).quantize(fen, ROUND_HALF_UP)
    basic = min(share, Decimal("70000.00") - Decimal("3000.00"))
    compliant = in_scope - basic
    above = max(Decimal("9000.00") + compliant - Decimal("10000.00"), Decimal(0))
    critical = min((Decimal("0.75") * above).quantize(fen, ROUND_HALF_UP), Decimal("400000.00"))
    return total - basic - critical
