"""The cases that interpretations of the four texts settle by name: both readings have to come to these figures."""

from decimal import Decimal
from typing import Any

Case = tuple[str, dict[str, Any], str]


def _care(city: str, amount: str, **changes: Any) -> dict[str, Any]:
    """One drug line of class A on an ordinary stay; `changes` are laid over the part of the request they belong to."""
    request: dict[str, Any] = {
        "ref": "settled",
        "policy": city,
        "benefit": changes.pop("benefit", "inpatient"),
        "person": {"birth_date": changes.pop("birth_date", "1980-01-01"), "groups": []},
        "cover": {"from": "2025-01-01", "to": "2025-12-31", "transition_until": changes.pop("transition_until", None)},
        "institution": {
            "designated": True, "level": 3, "grade": "A", "affiliation": "city", "location": "in_city",
            "ownership": "public", "beds": 400, "chinese_medicine": False,
        },
        "care": {
            "admitted": "2025-03-02", "discharged": "2025-03-02", "emergency": False, "filing": "none",
            "cause": "illness",
        },
        "year_to_date": {},
        "parameters": {},
        "lines": [{"item": "西药费", "kind": "drug", "class": "A", "amount": amount}],
    }  # fmt: skip
    for name, value in changes.items():
        home = next((part for part in ("institution", "care") if name in request[part]), "year_to_date")
        home = "care" if name == "delivery" else home
        request[home][name] = value
    return request


def _binzhou(amount: str, basic: str, **changes: Any) -> Case:
    return "basic", _care("binzhou_2021", amount, **changes), basic


def _jinzhong(amount: str, expected: str, field: str = "basic", **changes: Any) -> Case:
    return field, _care("jinzhong_2017", amount, **changes), expected


ABROAD: dict[str, Any] = {"location": "out_of_province"}
COUNTY: dict[str, Any] = {"level": 2, "grade": "A", "affiliation": "county"}
DELIVERY: dict[str, Any] = {"benefit": "delivery", "delivery": "normal", "level": 1, "grade": None}
CASES = [
    _binzhou("20000.00", "9500.00"),
    _binzhou("10000.00", "7600.00", level=2, chinese_medicine=True),
    _binzhou("8000.00", "4000.00", admissions_level_2_3=2),
    _binzhou("20000.00", "4750.00", transition_until="2025-03-02"),
    _binzhou("20000.00", "9000.00", location="in_province", filing="referral"),
    _binzhou("20000.00", "8500.00", location="in_province"),
    _binzhou("500000.00", "200000.00"),
    _binzhou("500.00", "200.00", benefit="outpatient", level=1, grade=None),
    _binzhou("500.00", "280.00", benefit="outpatient", level=1, grade=None, outpatient_last_year=False),
    _binzhou("8000.00", "5625.00", ownership="private", beds=200),
    _binzhou("8000.00", "3500.00", ownership="private", beds=201),
    _jinzhong("3000.00", "2465.00", level=1, grade=None),
    _jinzhong("10000.00", "7200.00", **COUNTY),
    _jinzhong("10000.00", "7350.00", **COUNTY, admissions=1),
    _jinzhong("8000.00", "4500.00", birth_date="2013-01-01"),
    _jinzhong("8000.00", "4650.00", birth_date="2013-01-01", admissions=1),
    _jinzhong("30000.00", "15675.00", **ABROAD, filing="referral"),
    _jinzhong("30000.00", "12825.00", **ABROAD),
    _jinzhong("150000.00", "70000.00"),
    _jinzhong("150000.00", "80000.00", "compliant_personal"),
    _jinzhong("150000.00", "52500.00", "critical_illness"),
    _jinzhong("3000.00", "1000.00", **DELIVERY, affiliation="township"),
    _jinzhong("3000.00", "1200.00", **DELIVERY, affiliation="county"),
]

YEAR_END = [("1150000.00", Decimal("1075000.00")), ("1300000.00", Decimal("1100000.00"))]


def year_end(approved: str) -> dict[str, Any]:
    """A budget of a million, half of what lies above it up to 120 percent is carried by the fund."""
    return {
        "ref": "settled", "policy": "jinzhong_2017", "kind": "year", "approved": approved, "budget": "1000000.00",
        "paid": "0.00", "deposits": "0.00", "score": 100, "bands": [{"up_to": "1.20", "fund_share": "0.50"}],
        "savings_share": "0.00", "quality": [{"from": 0, "coefficient": "1.00"}],
    }  # fmt: skip
