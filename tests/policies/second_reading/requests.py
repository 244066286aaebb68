"""Requests for the second reading: of many kinds, drawn from a seed, dwelling on the edges of rules, or broken."""

import copy
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.policies.second_reading.cover import plus_days, plus_months

Request = dict[str, Any]

CITIES = ("xuzhou_2023", "jinzhong_2017", "binzhou_2021", "panzhihua_2023")
CAUSES = [
    "accident_no_liability",
    "trauma",
    "poisoning",
    "third_party",
    "work_injury",
    "crime",
    "brawl",
    "drunkenness",
    "self_harm",
    "traffic_accident",
    "medical_accident",
    "public_health",
    "abroad",
    "fitness_checkup",
]
GROUPS = [
    "minimum_living",
    "destitute",
    "registered_poor",
    "low_income_family",
    "medical_assistance",
    "severely_disabled",
    "disabled_no_work",
    "orphan",
    "special_care",
    "hardship_by_illness",
    "family_planning_reward",
    "only_child",
    "rural_low_income",
    "poor_family_child",
]
KINDS = [
    "drug",
    "service",
    "large_equipment",
    "implant_domestic",
    "implant_imported",
    "disposable",
    "blood",
    "bed",
    "other",
]
EVENTS = [
    "birth",
    "status",
    "university_entry",
    "graduation",
    "discharge_from_service",
    "release",
    "moved_in_insured",
    "left_employee_insurance",
    "permit_transfer_insured",
]
TERM_EDGES = {
    "xuzhou_2023": ("2023-05-31", "2023-06-01", "2023-06-20", "2023-06-21", "2028-06-20", "2028-06-21"),
    "jinzhong_2017": ("2017-06-30", "2017-07-01"),
    "binzhou_2021": ("2021-02-02", "2021-02-03", "2026-02-02", "2026-02-03"),
    "panzhihua_2023": ("2022-12-31", "2023-01-01", "2027-12-31", "2028-01-01"),
}
LEAP = date(2024, 2, 29)


def money(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def some_fen(draw: Random) -> int:
    """Amounts from a fen to tens of millions of yuan, often odd so that halves of a fen appear."""
    top = draw.choice((10, 999, 100_000, 1_000_000, 5_000_000, 60_000_000))
    if draw.random() < 0.02:
        top = 5_000_000_000
    fen = draw.randint(1, top)
    return draw.choice((fen, fen, fen // 10 * 10 + 5, fen // 100 * 100 + 100))


def birthday_near(draw: Random, on: date, ages: tuple[int, ...]) -> date:
    """Somebody whose birthday of one of these ages is on the day, the day before or after it, or anybody."""
    if draw.random() < 0.5:
        age = draw.choice(ages)
        year = on.year - age
        day = min(on.day, 28) if on.month == 2 else on.day
        return date(year, on.month, day) + timedelta(days=draw.choice((-1, 0, 0, 1)))
    if draw.random() < 0.05:
        return date(draw.choice((1936, 1944, 1956, 2008, 2012)), 2, 29)
    return date(draw.randint(1930, on.year - 1), draw.randint(1, 12), draw.randint(1, 28))


def groups(draw: Random) -> list[str]:
    return draw.sample(GROUPS, draw.choice((0, 0, 0, 1, 1, 2)))


def claim(draw: Random, ref: str = "c") -> Request:
    """One claim, of any regulation and any benefit."""
    policy = draw.choice(CITIES)
    benefit = draw.choice(
        ("inpatient",) * 6 + ("outpatient",) * 3 + ("delivery",) * 2 + ("major_disease",) * (3 * (policy == CITIES[1]))
    )
    admitted = date(draw.choice((2024, 2025, 2025)), draw.randint(1, 12), draw.randint(1, 28))
    if draw.random() < 0.06:
        admitted = date.fromisoformat(draw.choice(TERM_EDGES[policy]))
    elif draw.random() < 0.05:
        admitted = LEAP
    stay = 0 if benefit == "outpatient" else draw.choice((0, 1, 7, 10, 40))
    location = draw.choice(("in_city", "in_city", "in_province", "out_of_province"))
    if benefit == "outpatient" and draw.random() < 0.9:
        location = "in_city"
    level = draw.choice((0, 1, 2, 2, 3, 3)) if benefit != "outpatient" else draw.choice((0, 1, 1, 1, 2, 3))
    request: Request = {
        "ref": ref,
        "policy": policy,
        "benefit": benefit,
        "person": {"birth_date": birthday_near(draw, admitted, (1, 14, 15, 18, 60, 70, 80)).isoformat(), "groups": []},
        "cover": _cover_of(draw, admitted),
        "institution": {
            "designated": draw.random() < 0.95,
            "level": level,
            "grade": draw.choice("ABC") if level else None,
            "affiliation": draw.choice(("township", "county", "city", "province")),
            "location": location,
            "ownership": draw.choice(("public", "public", "public", "private")),
            "beds": draw.choice((0, 20, 199, 200, 201, 400)),
            "chinese_medicine": draw.random() < 0.25,
        },
        "care": {
            "admitted": admitted.isoformat(),
            "discharged": plus_days(admitted, stay).isoformat(),
            "emergency": draw.random() < 0.2,
            "filing": draw.choice(("none", "referral", "resident")),
            "cause": draw.choice(CAUSES) if draw.random() < 0.12 else "illness",
        },
        "year_to_date": _year_to_date(draw, policy),
        "parameters": _claim_parameters(draw, policy),
        "lines": [_line(draw, admitted, stay) for _ in range(draw.choice((1, 1, 2, 3, 8)))],
    }
    request["person"]["groups"] = groups(draw)
    if draw.random() < 0.1:
        request["institution"]["contracted"] = draw.random() < 0.5
    if policy == "xuzhou_2023" and draw.random() < 0.1:
        request["care"]["cause"] = draw.choice(("trauma", "poisoning"))
    if request["care"]["cause"] in ("trauma", "poisoning"):
        request["care"]["inquiry"] = draw.choice((None, "covered", "not_covered"))
    if benefit == "outpatient" and draw.random() < 0.1:
        request["care"]["inside_stay"] = draw.random() < 0.7
    if benefit == "delivery":
        request["care"]["delivery"] = draw.choice(("normal", "complicated", "caesarean"))
        request["person"]["birth_date"] = date(draw.randint(1985, 2002), 5, 17).isoformat()
    if benefit == "major_disease":
        request["care"]["major_disease"] = {
            "class": draw.choice((1, 2)),
            "quota": money(draw.choice((3_000_000, 1_234_567, some_fen(draw)))),
            "named_hospital": draw.random() < 0.9,
        }
        extra = draw.choice(
            ([], ["poor_family_child"], ["medical_assistance"], ["poor_family_child", "medical_assistance"])
        )
        request["person"]["groups"] = extra
        request["person"]["birth_date"] = birthday_near(draw, admitted, (0, 1, 14, 15, 15)).isoformat()
    return request


def _cover_of(draw: Random, admitted: date) -> Request | None:
    if draw.random() < 0.02:
        return None
    since, until = date(admitted.year, 1, 1), date(admitted.year, 12, 31)
    if draw.random() < 0.15:
        since = draw.choice((admitted, admitted, plus_days(admitted, 1), plus_days(admitted, -1)))
    if draw.random() < 0.05:
        until = draw.choice((admitted, admitted, plus_days(admitted, -1)))
        since = min(since, until)
    transition = draw.choice((None, None, admitted, plus_days(admitted, -1), plus_days(admitted, 1)))
    return {
        "from": since.isoformat(),
        "to": until.isoformat(),
        "transition_until": transition.isoformat() if transition else None,
    }


def _year_to_date(draw: Random, policy: str) -> Request:
    """What the year holds already: nothing, something, or a ceiling that is nearly or wholly used."""
    if draw.random() < 0.2:
        return {}
    admissions = draw.choice((0, 0, 1, 2, 3))
    known: Request = {
        "admissions": admissions,
        "admissions_level_2_3": min(admissions, draw.choice((0, 1, 2, 3))),
    }
    if draw.random() < 0.5:
        ceiling = {"jinzhong_2017": 7_000_000, "binzhou_2021": 20_000_000}.get(policy, 15_000_000)
        inpatient = max(ceiling - draw.choice((0, 0, 1, 100, 12_345, 500_000, ceiling, ceiling)), 0)
        outpatient = draw.choice((0, 0, 5, 10_000, 19_999, 20_000))
        known |= {
            "basic": money(inpatient + (outpatient if inpatient + outpatient <= ceiling else 0)),
            "inpatient_basic": money(inpatient),
            "outpatient_basic": money(outpatient),
            "outpatient_in_scope": money(draw.choice((0, 0, 5, 20_000, 39_999, 40_000))),
        }
    if draw.random() < 0.5:
        known["compliant_personal"] = money(draw.choice((0, 999_999, 1_000_000, 1_000_001, 1_499_999, some_fen(draw))))
        known["critical_illness"] = money(draw.choice((0, 0, 1, 39_999_999, 40_000_000)))
    if draw.random() < 0.5:
        known["outpatient_last_year"] = draw.random() < 0.5
    return known


def _line(draw: Random, admitted: date, stay: int) -> Request:
    kind, letter = draw.choice(KINDS), draw.choice("AAABBBC")
    fen = some_fen(draw)
    line: Request = {"item": f"{kind} {letter}", "kind": kind, "class": letter, "amount": money(fen)}
    if letter == "B" and draw.random() < 0.8:
        line["first_share"] = draw.choice(
            ("0.05", "0.10", "0.15", "0.29", "0.30", "0.31", "0.40", "0.50", "1.00", "0.00")
        )
    if draw.random() < 0.15:
        line["ceiling"] = money(max(fen + draw.choice((-1, 0, 1, -fen // 2)), 0))
    if draw.random() < 0.15:
        days = draw.choice((0, 0, stay, -1, -7, 1))
        line["date"] = plus_days(admitted, days).isoformat()
    if draw.random() < 0.15:
        line["informed"] = draw.random() < 0.3
    return line


def _claim_parameters(draw: Random, policy: str) -> Request:
    """Everything a notice would set, seldom with one thing missing; where the text has figures, seldom anything."""
    critical: Request = {
        "critical_illness.threshold": money(draw.choice((0, 1_000_000, 1_500_000, 1_234_567))),
        "critical_illness.ratio": draw.choice(("0.60", "0.65", "0.333")),
        "critical_illness.ceiling": money(draw.choice((0, 30_000_000, 40_000_000))),
    }
    if policy in ("jinzhong_2017", "binzhou_2021"):
        known = critical if draw.random() < (0.1 if policy == "jinzhong_2017" else 0.5) else {}
        if draw.random() < 0.05:
            known["inpatient.ceiling"] = money(draw.choice((10_000_000, 7_000_001)))
        if draw.random() < 0.05:
            known["outpatient.limit"] = money(draw.choice((25_000, 50_001)))
        if policy == "jinzhong_2017" and draw.random() < 0.2:
            others = {
                "inpatient.ratio": {"1": "0.61", "2": "0.72", "3": "0.88"},
                "inpatient.deductible": {"1": "900.04", "2": "440.04", "3": "120.04"},
                "outpatient.ratio": "0.655",
                "delivery.normal": "1100.05",
                "out_of_area.unfiled_points": "15",
            }
            name = draw.choice(sorted(others))
            known[name] = others[name]
        if policy == "binzhou_2021" and draw.random() < 0.05:
            known["inpatient.ratio"] = {"1": "0.91", "2": "0.77", "3": "0.55"}
        if policy == "binzhou_2021" and draw.random() < 0.05:
            known["inpatient.deductible"] = {"1": "100.01", "2": "300.03", "3": "900.05"}
        return known
    known = {
        "inpatient.deductible": {"1": "300.00", "2": "500.01", "3": money(draw.choice((100_000, 99_999)))},
        "inpatient.ratio": {"1": "0.90", "2": draw.choice(("0.75", "0.755")), "3": draw.choice(("0.65", "0.70"))},
        "inpatient.ceiling": money(draw.choice((15_000_000, 20_000_000))),
        "outpatient.ratio": draw.choice(("0.50", "0.55", "0.655")),
        "outpatient.limit": money(draw.choice((20_000, 30_000, 80_000))),
        "delivery.normal": money(draw.choice((100_000, 250_050))),
        "out_of_area.unfiled_points": draw.choice(("10", "20", "15", "12.5", "0.10")),
        **critical,
    }
    while known and draw.random() < 0.1:
        known.pop(draw.choice(sorted(known)))
    return known


WINDOWS = {
    "xuzhou_2023": ("10-01", "12-31"),
    "jinzhong_2017": ("09-01", "12-20"),
    "binzhou_2021": ("10-01", "12-31"),
    "panzhihua_2023": ("09-01", "12-25"),
    "national_2024": ("10-01", "12-25"),
}
NAMED_GROUPS = {
    "xuzhou_2023": ["medical_assistance", "severely_disabled", "family_planning_reward", "only_child"],
    "jinzhong_2017": [*GROUPS[:5], "low_income_family", "low_income_family", "disabled_no_work", "special_care"],
    "binzhou_2021": [*GROUPS[:3], "severely_disabled", "orphan", "hardship_by_illness"],
    "panzhihua_2023": ["rural_low_income"],
    "national_2024": ["medical_assistance"],
}
SHARES = {"xuzhou_2023": "subsidy.share.family_planning", "jinzhong_2017": "subsidy.share"}
COVERED_EVENTS = {
    "xuzhou_2023": [*EVENTS, "birth", "birth", "birth"],
    "jinzhong_2017": ["birth", "graduation"],
    "binzhou_2021": ["birth", "release"],
    "panzhihua_2023": ["birth", "moved_in_insured"],
    "national_2024": ["birth", "left_employee_insurance"],
}


def cover(draw: Random, ref: str = "p") -> Request:
    """One question of cover, of any regulation, mostly of those that its text speaks of."""
    policy = draw.choice((*CITIES, "national_2024"))
    year = draw.choice((2024, 2025, 2025, 2026))
    event = _event_of(draw, policy, year) if draw.random() < 0.5 else None
    paid = _paid_on(draw, policy, year, event)
    judged = max(paid, date(year - 1, 12, 31)) if paid else date(year - 1, 12, 31)
    born = birthday_near(draw, judged, (18, 60, 70, 80))
    if event and event["kind"] == "birth":
        born = date.fromisoformat(event["date"])
    request: Request = {
        "ref": ref,
        "policy": policy,
        "year": year,
        "paid_on": paid.isoformat() if paid else None,
        "person": {
            "birth_date": born.isoformat(),
            "groups": draw.sample(NAMED_GROUPS[policy], 1) if draw.random() < 0.35 else [],
            "basis": draw.choice(("household", "household", "pupil", "residence_permit", "university", "other")),
            "insured_years": _insured_years(draw, max(born.year, draw.choice((2012, 2015, 2016))), year),
        },
        "event": event,
        "standard": {"individual": money(draw.choice((40_000, 38_000, 35_005))), "subsidy": money(67_000)},
    }
    if draw.random() < 0.1:
        request["person"]["groups"] = groups(draw)
    if "low_income_family" in request["person"]["groups"]:
        request["person"]["birth_date"] = birthday_near(draw, judged, (18, 60)).isoformat()
    if event and event["kind"] == "status":
        request["person"]["groups"] = [draw.choice(("medical_assistance", "severely_disabled"))]
    for fact in ("employee_insured", "pension_elsewhere"):
        if draw.random() < 0.05:
            request["person"][fact] = draw.random() < 0.8
    if policy == "national_2024" and draw.random() < 0.6:
        request["person"]["repaired_years"] = draw.randint(0, 5)
    if policy in SHARES and draw.random() < 0.6:
        request["parameters"] = {SHARES[policy]: draw.choice(("1", "0.50", "0.333"))}
    if policy in ("panzhihua_2023", "national_2024"):
        known: Request = dict(
            zip(("contribution.window.opens", "contribution.window.closes"), WINDOWS[policy], strict=True)
        )
        if policy == "panzhihua_2023":
            known["cover.waiting_months"] = draw.choice((1, 3, 6))
        while known and draw.random() < 0.08:
            known.pop(draw.choice(sorted(known)))
        request["parameters"] = known
    return request


def _event_of(draw: Random, policy: str, year: int) -> Request:
    kind = draw.choice(COVERED_EVENTS[policy])
    on = date(year, draw.randint(1, 12), draw.randint(1, 28))
    if kind == "university_entry":
        on = date(draw.choice((year - 1, year - 1, year)), 9, draw.randint(1, 28))
    elif draw.random() < 0.3:
        on = draw.choice(
            (date(year, 1, 1), date(year, 1, 31), date(year, 8, 31), date(year, 11, 30), date(year, 12, 31))
        )
    if kind not in ("birth", "university_entry") and draw.random() < 0.1:
        on = date(year - 1, draw.randint(9, 12), 30)
    return {"kind": kind, "date": on.isoformat()}


def _insured_years(draw: Random, since: int, year: int) -> list[int]:
    """Every year, years with holes, a last year some time ago, or none."""
    years = list(range(since, year))
    return draw.choice((years, [y for y in years if draw.random() < 0.7], years[: -draw.randint(1, 4)], years[:-4], []))


def _paid_on(draw: Random, policy: str, year: int, event: Request | None) -> date | None:
    if draw.random() < 0.06:
        return None
    if draw.random() < 0.05 and policy in TERM_EDGES:
        return date.fromisoformat(draw.choice(TERM_EDGES[policy]))
    if event and draw.random() < 0.8:
        months = draw.choice((6, 6, 0) if policy == "binzhou_2021" else (3, 3, 12))
        edge = plus_months(date.fromisoformat(event["date"]), months)
        return plus_days(edge, draw.choice((-1, 0, 0, 1, 1)))
    opens, closes = (date.fromisoformat(f"{year - 1}-{day}") for day in WINDOWS[policy])
    if draw.random() < 0.6:
        edge = draw.choice((opens, opens, closes, closes, date(year, 3, 31), date(year, 1, 30), date(year, 2, 28)))
        return plus_days(edge, draw.choice((0, 0, 0, 1, 1, -1)))
    if year == 2024 and draw.random() < 0.3:
        return LEAP
    return opens + timedelta(days=draw.randint(0, 330))


def settlement(draw: Random, ref: str = "s") -> Request:
    """One month or one year of an institution."""
    policy = draw.choice(CITIES)
    if draw.random() < 0.5:
        return _settled_year(draw, ref, policy)
    method = draw.choice(["fee_for_service", "capitation", "per_diem", "per_disease", "drg"])
    request: Request = {"ref": ref, "policy": policy, "kind": "month", "method": method}
    if method == "fee_for_service":
        claimed = some_fen(draw)
        request |= {"claimed": money(claimed), "deducted": money(draw.choice((0, 1, claimed // 7, claimed)))}
    elif method == "capitation":
        request |= {"heads": draw.choice((0, 1, 7, 12_001)), "quota": money(draw.choice((9_600, 9_601, 1)))}
    elif method == "per_diem":
        request |= {"days": draw.choice((0, 1, 333)), "rate": money(draw.choice((12_000, 12_345)))}
    elif method == "per_disease":
        request["cases"] = [{"quota_share": money(some_fen(draw))} for _ in range(draw.randint(1, 5))]
    else:
        request |= {"base_rate": money(draw.choice((680_000, 680_005, 712_345)))}
        request["coefficient"] = draw.choice(("1.05", "0.985", "1.00"))
        request["cases"] = [
            {"weight": draw.choice(("1.2500", "0.3333", "7.0001")), "paid_by_others": money(draw.randint(0, 200_000))}
            for _ in range(draw.randint(1, 5))
        ]
    if draw.random() < 0.7:
        budget = some_fen(draw)
        request |= {
            "budget_to_date": money(budget),
            "approved_before": money(draw.choice((0, budget, budget // 2, max(budget - 1, 0), budget + 1))),
        }
    if method != "fee_for_service" and draw.random() < 0.3:
        request["deducted"] = money(draw.choice((1, 12_345)))
    request["deposit_rate"] = draw.choice(("0.05", "0.00", "0.03", "0.025"))
    return request


def _settled_year(draw: Random, ref: str, policy: str) -> Request:
    budget = some_fen(draw)
    factor = draw.choice((50, 90, 100, 105, 110, 111, 120, 121, 150))
    approved = max(budget * factor // 100 + draw.choice((-1, 0, 1)), 0)
    bands = draw.choice(
        (
            [],
            [{"up_to": "1.10", "fund_share": "0.50"}],
            [{"up_to": "1.05", "fund_share": "0.70"}, {"up_to": "1.10", "fund_share": "0.50"}],
            [{"up_to": "1.05", "fund_share": "0.80"}, {"up_to": "1.20", "fund_share": "0.333"}],
        )
    )
    return {
        "ref": ref,
        "policy": policy,
        "kind": "year",
        "approved": money(approved),
        "budget": money(budget),
        "paid": money(draw.choice((0, approved, approved * 9 // 10, budget))),
        "deposits": money(draw.choice((0, 1, approved // 20))),
        "score": draw.choice((0, 59, 60, 89, 90, 92, 100)),
        "bands": bands,
        "savings_share": draw.choice(("0.50", "0.00", "0.30", "1.00")),
        "quality": [
            {"from": 90, "coefficient": "1.00"},
            {"from": 60, "coefficient": "0.80"},
            {"from": 0, "coefficient": "0.00"},
        ],
    }


def gap(draw: Random, ref: str = "g") -> Request:
    """One county's deficit."""
    deficit = some_fen(draw)
    return {
        "ref": ref,
        "policy": "binzhou_2021",
        "deficit": money(deficit),
        "rolling_balance": money(draw.choice((0, deficit, deficit + 1, deficit // 3, deficit - 1))),
        "plan_met": draw.random() < 0.6,
        "reserve": money(draw.choice((0, deficit, deficit * 2 // 5, deficit // 5))),
    }


MAKERS: dict[str, Callable[[Random, str], Request]] = {
    "claim": claim, "cover": cover, "settlement": settlement, "gap": gap,
}  # fmt: skip


def many(kind: str, count: int, seed: int) -> Iterator[Request]:
    """The first `count` requests of a kind for a seed, always the same ones."""
    draw = Random(f"{kind} {seed}")
    for number in range(count):
        yield MAKERS[kind](draw, f"{kind[0]}{number}")


MISSING = object()
NOT_MONEY: tuple[Any, ...] = (
    "-0.01",
    "1.005",
    "abc",
    "",
    12.5,
    None,
    True,
    "NaN",
    "Infinity",
    "1e3",
    "１２.00",
    [],
    "--1.00",
)
NOT_DAYS: tuple[Any, ...] = ("2025-02-29", "2025-13-01", "01.02.2025", "20250102", "2025-1-2", 20250102, None, "")


def broken(draw: Random, kind: str) -> tuple[Request, str]:
    """A request with one fault in it and the field that the answer has to name."""
    request = copy.deepcopy(MAKERS[kind](draw, "b"))
    *path, value = draw.choice([*_faults_everywhere(), *FAULTS[kind](request)])
    place: Any = request
    for step in path[:-1]:
        place = place[step]
    if value is MISSING:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return request, ".".join(map(str, path))


Faults = Iterator[tuple[Any, ...]]


def _faults_everywhere() -> Faults:
    yield "surprise", 1
    yield "policy", "atlantis_1999"
    yield "policy", MISSING


def _faults_of_claims(request: Request) -> Faults:
    last = len(request["lines"]) - 1
    yield from (("lines", last, "amount", value) for value in NOT_MONEY)
    yield from (("care", "admitted", value) for value in NOT_DAYS)
    yield "person", "birth_date", "1990-02-30"
    yield "person", "groups", "destitute"
    yield "person", "groups", ["royalty"]
    yield "person", "age", 33
    yield "institution", "level", 4
    yield "institution", "level", "3"
    yield "institution", "grade", "D"
    yield "institution", "location", "moon"
    yield "institution", "designated", "yes"
    yield "care", "cause", "boredom"
    yield "care", "filing", None
    yield "care", "emergency", 0
    yield "benefit", "spa"
    yield "lines", {}
    yield "lines", last, "class", "D"
    yield "lines", last, "kind", "tea"
    yield "lines", last, "informed", "no"
    yield "lines", last, "first_share", "1.01"
    yield "lines", last, "first_share", "-0.10"
    yield "lines", last, "colour", "red"
    yield "year_to_date", "admissions", -1
    yield "year_to_date", "admissions", "1"
    yield "year_to_date", "basic", "-1.00"
    yield "year_to_date", "other", "1.00"
    yield "parameters", "tea.time", "1.00"
    yield "lines", last, "amount", MISSING
    yield "care", "admitted", MISSING
    yield "person", "birth_date", MISSING
    yield "lines", MISSING
    yield "benefit", MISSING
    yield "institution", MISSING


def _faults_of_cover(request: Request) -> Faults:
    yield "year", "2025"
    yield "year", 2025.0
    yield "paid_on", "2025-02-30"
    yield "paid_on", 5
    yield "person", "basis", "tourist"
    yield "person", "insured_years", "2024"
    yield "person", "employee_insured", "no"
    yield "person", "repaired_years", -1
    if request["policy"] == "panzhihua_2023" and "2023" <= (request["paid_on"] or "2023") < "2028":
        yield "parameters", "cover.waiting_months", 7
        yield "parameters", "contribution.window.opens", "02-30"
    yield "event", {"kind": "lottery", "date": "2025-01-01"}
    yield "standard", "individual", "-1.00"
    yield "standard", "subsidy", "670.001"
    yield "standard", "individual", MISSING
    yield "year", MISSING
    yield "person", MISSING


def _faults_of_settlement(request: Request) -> Faults:
    yield "kind", "decade"
    if request["kind"] == "month":
        yield "method", "barter"
        yield "deposit_rate", "0.06"
        yield "budget_to_date", "1.234"
        yield "method", MISSING
    else:
        yield "approved", "-1.00"
        yield "budget", 5
        yield "quality", 0, "coefficient", "x"
        yield "score", "92"
        yield "approved", MISSING


def _faults_of_gap(request: Request) -> Faults:
    yield "deficit", "-1.00"
    yield "plan_met", "true"
    yield "reserve", "0.001"
    yield "deficit", MISSING


FAULTS = {
    "claim": _faults_of_claims, "cover": _faults_of_cover, "settlement": _faults_of_settlement, "gap": _faults_of_gap,
}  # fmt: skip
