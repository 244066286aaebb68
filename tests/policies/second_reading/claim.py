"""What is paid for one course of care, read a second time: a request goes in, the answer of the contract comes out."""

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import chain
from typing import Any

D = Decimal
FEN = D("0.01")
ZERO = D("0.00")

TERMS = {
    "xuzhou_2023": ("2023-06-01", "2028-06-20", "XZ33"),
    "jinzhong_2017": ("2017-07-01", "9999-12-31", "JZ43"),
    "binzhou_2021": ("2021-02-03", "2026-02-02", "BZ41"),
    "panzhihua_2023": ("2023-01-01", "2027-12-31", "PZ26"),
}
EXCLUDED = {
    "xuzhou_2023": ("XZ11", "work_injury third_party public_health abroad"),
    "jinzhong_2017": (
        "JZ19",
        "crime brawl drunkenness self_harm traffic_accident medical_accident abroad public_health work_injury"
        " third_party",
    ),
    "binzhou_2021": ("BZ22", "work_injury third_party public_health abroad"),
    "panzhihua_2023": ("PZ14", "work_injury third_party public_health abroad fitness_checkup"),
}
NOT_DESIGNATED = {"xuzhou_2023": ("XZ19",), "jinzhong_2017": ("JZ19",)}
JINZHONG_KIND_SHARE = {
    "large_equipment": D("0.40"),
    "implant_domestic": D("0.30"),
    "implant_imported": D("0.50"),
    "disposable": D("0.40"),
    "blood": D("0.50"),
}
JINZHONG_COLUMNS = {
    "class 3": ("100", "0.85"),
    "class 2 county": ("400", "0.75"),
    "class 2 city": ("500", "0.70"),
    "class 1": ("1000", "0.60"),
    "out of province": ("1500", "0.55"),
}
BINZHOU_LEVELS = {"1": ("200", "0.90"), "2": ("500", "0.75"), "3": ("1000", "0.50")}

NOTICE_PARAMETERS = (
    "inpatient.deductible", "inpatient.ratio", "inpatient.ceiling", "outpatient.ratio", "outpatient.limit",
    "delivery.normal", "out_of_area.unfiled_points",
)  # fmt: skip
POORER_GROUPS = {"minimum_living", "destitute", "registered_poor", "low_income_family"}


class NoValue(Exception):
    """A figure that the text leaves to a notice was needed and is not set."""


class Refused(Exception):
    """The text pays nothing; the argument is the article, or nothing where several could be named."""


def half_up(amount: Decimal) -> Decimal:
    return amount.quantize(FEN, rounding=ROUND_HALF_UP)


def completed_years(birth: str, on: str) -> int:
    born, day = date.fromisoformat(birth), date.fromisoformat(on)
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def read(request: dict[str, Any]) -> dict[str, Any]:
    """The answer to one claim request; each of its reasons lists what may be named in it."""
    policy, care, cover = request["policy"], request["care"], request["cover"]
    total = sum((D(line["amount"]) for line in request["lines"]), ZERO)
    first, last, term_article = TERMS[policy]
    if not first <= care["admitted"] <= last:
        return _all_personal(request, total, "no_rule", term_article)
    try:
        article, causes = EXCLUDED[policy]
        if care["cause"] in causes.split():
            raise Refused(article)
        if policy == "xuzhou_2023" and _inquired(request) and care.get("inquiry") == "not_covered":
            raise Refused("XZ18")
        if not request["institution"]["designated"] and not care["emergency"]:
            raise Refused(*NOT_DESIGNATED.get(policy, ()))
        if cover is None or not cover["from"] <= care["admitted"] <= cover["to"]:
            raise Refused
        amounts = BENEFITS[request["benefit"]](request, total)
    except Refused as refusal:
        return _all_personal(request, total, "refused", *refusal.args)
    except NoValue:
        return _all_personal(request, total, "no_rule", *_unset(request))
    status, reasons = "payable", []
    critical = ("critical_illness.threshold", "critical_illness.ratio", "critical_illness.ceiling")
    unset = [name for name in critical if name not in request["parameters"]]
    if unset and policy != "jinzhong_2017" and request["benefit"] == "inpatient":
        reasons.append({"one_of": ("critical_illness",)})
    if policy == "xuzhou_2023" and _inquired(request) and care.get("inquiry") is None:
        status = "pending"
        reasons.append({"one_of": ("XZ18",)})
    ratio = amounts.pop("ratio")
    amounts["personal"] = (
        total - amounts["basic"] - amounts["critical_illness"] - amounts["assistance"] - amounts["charity"]
    ) - amounts["hospital_borne"]
    return {
        "ref": request["ref"],
        "status": status,
        "total": f"{total:.2f}",
        **{name: f"{amount:.2f}" for name, amount in amounts.items()},
        "ratio": None if ratio is None else str(ratio),
        "reasons": reasons,
    }


def _unset(request: dict[str, Any]) -> list[str]:
    """Of several parameters without a value any may be named."""
    return [name for name in NOTICE_PARAMETERS if name not in request["parameters"]]


def _inquired(request: dict[str, Any]) -> bool:
    return request["care"]["cause"] in ("trauma", "poisoning")


def _all_personal(request: dict[str, Any], total: Decimal, status: str, *articles: str) -> dict[str, Any]:
    names = (
        "hospital_borne out_of_scope over_ceiling first_share in_scope deductible basic compliant_personal"
        " critical_illness assistance charity"
    )
    return {
        "ref": request["ref"],
        "status": status,
        "total": f"{total:.2f}",
        **dict.fromkeys(names.split(), "0.00"),
        "personal": f"{total:.2f}",
        "ratio": None,
        "reasons": [{"one_of": articles}] if articles else [],
    }


def _parameter(request: dict[str, Any], name: str, text: str | None = None, tier: str | None = None) -> Decimal:
    """What the request sets, else what the text says, else there is no value."""
    value = request.get("parameters", {}).get(name)
    if tier is not None and value is not None:
        value = value.get(tier)
    if value is None:
        value = text
    if value is None:
        raise NoValue(name)
    return D(value)


def _points(request: dict[str, Any], text: str | None = None) -> Decimal:
    """Points are written as they are spoken ("10") or, like every ratio, as a fraction ("0.10")."""
    value = _parameter(request, "out_of_area.unfiled_points", text)
    return value / 100 if value >= 1 else value


def _ytd(request: dict[str, Any], name: str) -> Decimal:
    return D(request.get("year_to_date", {}).get(name, "0"))


def _from_fees(request: dict[str, Any]) -> dict[str, Decimal]:
    """The four steps of each fee line, in their order."""
    sums = dict.fromkeys(("hospital_borne", "out_of_scope", "over_ceiling", "first_share", "in_scope"), ZERO)
    cover = request["cover"]
    for line in request["lines"]:
        amount = D(line["amount"])
        own = D(line.get("first_share", "0")) if line["class"] == "B" else D(0)
        unsaid = not line.get("informed", True) and not request["care"]["emergency"]
        if request["policy"] == "xuzhou_2023" and unsaid and (line["class"] == "C" or own >= D("0.30")):
            sums["hospital_borne"] += amount
            continue
        if line["class"] == "C" or ("date" in line and not cover["from"] <= line["date"] <= cover["to"]):
            sums["out_of_scope"] += amount
            continue
        if line.get("ceiling") is not None and amount > D(line["ceiling"]):
            sums["over_ceiling"] += amount - D(line["ceiling"])
            amount = D(line["ceiling"])
        share = own
        if request["policy"] == "jinzhong_2017":
            share = max(own, JINZHONG_KIND_SHARE.get(line["kind"], D(0)))
        first = half_up(share * amount)
        sums["first_share"] += first
        sums["in_scope"] += amount - first
    return sums


def _critical_illness(request: dict[str, Any], compliant: Decimal) -> Decimal:
    jinzhong = request["policy"] == "jinzhong_2017"
    try:
        threshold = _parameter(request, "critical_illness.threshold", "10000" if jinzhong else None)
        ratio = _parameter(request, "critical_illness.ratio", "0.75" if jinzhong else None)
        ceiling = _parameter(request, "critical_illness.ceiling", "400000" if jinzhong else None)
    except NoValue:
        return ZERO
    before = _ytd(request, "compliant_personal")
    newly = max(before + compliant - threshold, ZERO) - max(before - threshold, ZERO)
    left = max(ceiling - _ytd(request, "critical_illness"), ZERO)
    return min(half_up(ratio * newly), left)


def _plain_tier(request: dict[str, Any]) -> str:
    return str(max(request["institution"]["level"], 1))


def _outside(request: dict[str, Any]) -> bool:
    return bool(request["institution"]["location"] != "in_city")


def _inpatient(request: dict[str, Any], total: Decimal) -> dict[str, Any]:
    sums = _from_fees(request)
    deductible, ratio, ceiling, used = STAYS[request["policy"]](request, sums)
    deductible = min(deductible, sums["in_scope"])
    ratio = min(max(ratio, D(0)), D(1))
    basic = min(half_up(ratio * (sums["in_scope"] - deductible)), max(ceiling - used, ZERO))
    compliant = sums["in_scope"] - basic
    return {
        **sums,
        "deductible": deductible,
        "ratio": ratio,
        "basic": basic,
        "compliant_personal": compliant,
        "critical_illness": _critical_illness(request, compliant),
        "assistance": ZERO,
        "charity": ZERO,
    }


Stay = tuple[Decimal, Decimal, Decimal, Decimal]


def _xuzhou_stay(request: dict[str, Any], sums: dict[str, Decimal]) -> Stay:
    tier, filing = _plain_tier(request), request["care"]["filing"]
    deductible = _parameter(request, "inpatient.deductible", tier=tier)
    ceiling = _parameter(request, "inpatient.ceiling")
    if _outside(request) and filing == "referral" and tier == "3":
        ratio = D("0.60")
    else:
        ratio = _parameter(request, "inpatient.ratio", tier=tier)
        if _outside(request) and filing == "referral":
            ratio -= D("0.05")
        if _outside(request) and filing == "none":
            ratio -= _points(request)
    return deductible, ratio, ceiling, _ytd(request, "inpatient_basic")


def _jinzhong_stay(request: dict[str, Any], sums: dict[str, Decimal]) -> Stay:
    place, care = request["institution"], request["care"]
    level, grade = place["level"], place["grade"]
    if level == 3 and grade == "A":
        column = "class 1"
    elif level == 3 or (level == 2 and grade == "A"):
        column = "class 2 county" if place["affiliation"] in ("township", "county") else "class 2 city"
    else:
        column = "class 3"
    points = D(0)
    if _outside(request) and care["filing"] == "resident":
        if column == "class 2 county":
            column = "class 2 city"
    elif _outside(request):
        if place["location"] == "out_of_province":
            column = "out of province"
        if care["filing"] != "referral" and not care["emergency"]:
            points = _points(request, "10")
    klass = column[6:7]  # the column outside the province has none
    text_deductible, text_ratio = JINZHONG_COLUMNS[column]
    deductible = _parameter(request, "inpatient.deductible", text_deductible, klass)
    ratio = _parameter(request, "inpatient.ratio", text_ratio, klass)
    if completed_years(request["person"]["birth_date"], care["admitted"]) <= 14:
        deductible = half_up(deductible / 2)
    if _ytd(request, "admissions") >= 1:
        deductible = half_up(deductible / 2)
    ceiling = _parameter(request, "inpatient.ceiling", "70000")
    return deductible, ratio - points, ceiling, _ytd(request, "inpatient_basic")


def _binzhou_stay(request: dict[str, Any], sums: dict[str, Decimal]) -> Stay:
    place, care = request["institution"], request["care"]
    tier = _plain_tier(request)
    if place["ownership"] == "private":
        tier = "2" if place["beds"] <= 200 else "3"
    if _outside(request) and care["filing"] != "resident":
        tier = "3"
        share = D("0.05") if care["filing"] == "referral" else D("0.10")
        moved = half_up(share * sums["in_scope"])
        sums["first_share"] += moved
        sums["in_scope"] -= moved
    text_deductible, text_ratio = BINZHOU_LEVELS[tier]
    deductible = _parameter(request, "inpatient.deductible", text_deductible, tier)
    ratio = _parameter(request, "inpatient.ratio", text_ratio, tier)
    if tier in ("2", "3") and _ytd(request, "admissions_level_2_3") >= 2:
        deductible = ZERO
    if place["chinese_medicine"] and place["designated"] and not _outside(request):
        ratio = min(ratio + D("0.05"), D(1))
    transition = request["cover"]["transition_until"]
    if transition is not None and care["admitted"] <= transition:
        ratio = ratio / 2
    return deductible, ratio, _parameter(request, "inpatient.ceiling", "200000"), _ytd(request, "basic")


def _panzhihua_stay(request: dict[str, Any], sums: dict[str, Decimal]) -> Stay:
    tier = _plain_tier(request)
    deductible = _parameter(request, "inpatient.deductible", tier=tier)
    ratio = _parameter(request, "inpatient.ratio", tier=tier)
    if _outside(request) and request["care"]["filing"] == "none":
        ratio -= _points(request)
    return deductible, ratio, _parameter(request, "inpatient.ceiling"), _ytd(request, "inpatient_basic")


STAYS = {
    "xuzhou_2023": _xuzhou_stay,
    "jinzhong_2017": _jinzhong_stay,
    "binzhou_2021": _binzhou_stay,
    "panzhihua_2023": _panzhihua_stay,
}


def _outpatient(request: dict[str, Any], total: Decimal) -> dict[str, Any]:
    policy, place = request["policy"], request["institution"]
    if policy == "jinzhong_2017" and place["level"] > 1:
        raise Refused("JZ12.2")
    if policy == "binzhou_2021" and request["care"].get("inside_stay", False):
        raise Refused("BZ12.1")
    if policy == "binzhou_2021" and (not place.get("contracted", True) or place["level"] > 1):
        raise Refused("BZ13.2")
    sums = _from_fees(request)
    if policy == "binzhou_2021":
        ratio = D("0.50") if request.get("year_to_date", {}).get("outpatient_last_year", True) else D("0.70")
        limit = _parameter(request, "outpatient.limit", "400")
        counted = min(sums["in_scope"], max(limit - _ytd(request, "outpatient_in_scope"), ZERO))
        left = max(_parameter(request, "inpatient.ceiling", "200000") - _ytd(request, "basic"), ZERO)
    else:
        text_ratio, text_limit = ("0.60", "200") if policy == "jinzhong_2017" else (None, None)
        ratio = _parameter(request, "outpatient.ratio", text_ratio)
        counted = sums["in_scope"]
        left = max(_parameter(request, "outpatient.limit", text_limit) - _ytd(request, "outpatient_basic"), ZERO)
    basic = min(half_up(ratio * counted), left)
    return {
        **sums,
        "deductible": ZERO,
        "ratio": ratio,
        "basic": basic,
        "compliant_personal": sums["in_scope"] - basic,
        "critical_illness": ZERO,
        "assistance": ZERO,
        "charity": ZERO,
    }


def _delivery(request: dict[str, Any], total: Decimal) -> dict[str, Any]:
    if request["care"]["delivery"] != "normal":
        return _inpatient(request, total)
    township = request["institution"]["affiliation"] == "township"
    text = ("1000" if township else "1200") if request["policy"] == "jinzhong_2017" else None
    fixed = _parameter(request, "delivery.normal", text)
    sums = _from_fees(request)
    basic = min(total - sums["hospital_borne"], fixed)
    return {
        **sums,
        "deductible": ZERO,
        "ratio": None,
        "basic": basic,
        "compliant_personal": max(sums["in_scope"] - basic, ZERO),
        "critical_illness": ZERO,
        "assistance": ZERO,
        "charity": ZERO,
    }


def _major_disease(request: dict[str, Any], total: Decimal) -> dict[str, Any]:
    if request["policy"] != "jinzhong_2017":
        raise NoValue("major_disease")
    disease, groups = request["care"]["major_disease"], request["person"]["groups"]
    if not disease["named_hospital"]:
        raise Refused("JZ14.3")
    base = min(total, D(disease["quota"]))
    basic = half_up(D("0.70") * base)
    charity = assistance = ZERO
    age = completed_years(request["person"]["birth_date"], request["care"]["admitted"])
    if disease["class"] == 1 and "poor_family_child" in groups and 1 <= age <= 14:
        charity = base - basic
    elif "medical_assistance" in groups:
        assistance = half_up(D("0.20") * base)
    compliant = base - basic - charity - assistance
    return {
        "hospital_borne": total - base,
        "out_of_scope": ZERO,
        "over_ceiling": ZERO,
        "first_share": ZERO,
        "in_scope": base,
        "deductible": ZERO,
        "ratio": D("0.70"),
        "basic": basic,
        "compliant_personal": compliant,
        "critical_illness": _critical_illness(request, compliant),
        "assistance": assistance,
        "charity": charity,
    }


BENEFITS = {
    "inpatient": _inpatient,
    "outpatient": _outpatient,
    "delivery": _delivery,
    "major_disease": _major_disease,
}


def open_question(request: dict[str, Any]) -> str | None:
    """Where the texts can be read in two ways, what the question is; such requests are not compared fen by fen."""
    return next(chain(_open_benefits(request), _open_places(request), _open_lines(request)), None)


def _open_benefits(request: dict[str, Any]) -> Iterator[str]:
    policy, benefit = request["policy"], request["benefit"]
    if benefit == "delivery" and policy == "binzhou_2021":
        yield "Binzhou's text has no maternity benefit"
    if benefit == "delivery" and policy != "jinzhong_2017" and request["care"]["delivery"] != "normal":
        yield "complicated delivery where the city only names a fixed sum"
    if benefit == "major_disease" and policy != "jinzhong_2017":
        yield "major diseases are a benefit of Jinzhong only"
    if benefit == "major_disease" and POORER_GROUPS & set(request["person"]["groups"]):
        yield "who else than the medical assistance group is eligible for assistance"


def _open_places(request: dict[str, Any]) -> Iterator[str]:
    policy, benefit, place = request["policy"], request["benefit"], request["institution"]
    local = not _outside(request) or request["care"]["filing"] == "resident"
    jinzhong, parameters = policy == "jinzhong_2017", request["parameters"]
    if benefit == "outpatient" and _outside(request):
        yield "outpatient care outside the city"
    if policy == "panzhihua_2023" and benefit != "delivery" and not local:
        yield "Panzhihua leaves deductible and ratio outside the city to notices without a name in the contract"
    if jinzhong and benefit == "outpatient" and place["level"] > 1 and place["affiliation"] == "township":
        yield "is a township hospital of level 2 or 3 a primary institution"
    if jinzhong and place["level"] >= 2 and place["grade"] is None:
        yield "charge class of an ungraded hospital"
    if jinzhong and not local and {"inpatient.deductible", "inpatient.ratio"} & set(parameters):
        yield "does a figure for class 1 replace that of the column outside the province"


def _open_lines(request: dict[str, Any]) -> Iterator[str]:
    cover, benefit = request["cover"], request["benefit"]
    fixed = benefit == "major_disease" or (benefit == "delivery" and request["care"]["delivery"] == "normal")
    dates = [line["date"] for line in request["lines"] if "date" in line]
    if fixed and cover and not all(cover["from"] <= day <= cover["to"] for day in dates):
        yield "a fixed sum with a fee line dated outside the cover"
