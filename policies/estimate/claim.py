"""`estimate claim`: a request about one course of care is read into a claim, its benefit written as an answer."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from functools import lru_cache
from typing import Any

from policies import shelf
from policies.estimate import reading
from policies.estimate.reading import Reader, Table, within
from policies.exclusion import CAUSES
from policies.money import FEN
from policies.rules import LEVELS
from policies.shapes import (
    Benefit,
    Care,
    Claim,
    Cover,
    Institution,
    Line,
    MajorDisease,
    NotUnderstood,
    Person,
    YearToDate,
)

GROUPS = (
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
)
BENEFITS = ("inpatient", "outpatient", "delivery", "major_disease")
KINDS = (
    "drug",
    "service",
    "large_equipment",
    "implant_domestic",
    "implant_imported",
    "disposable",
    "blood",
    "bed",
    "other",
)
CLASSES = ("A", "B", "C")
AFFILIATIONS = ("township", "county", "city", "province")
LOCATIONS = ("in_city", "in_province", "out_of_province")
OWNERSHIPS = ("public", "private")
FILINGS = ("none", "referral", "resident")
INQUIRIES = ("covered", "not_covered")
DELIVERIES = ("normal", "complicated", "caesarean")

PARAMETERS: dict[str, Reader] = {
    "inpatient.deductible": reading.as_money,
    "inpatient.ratio": reading.as_fraction,
    "inpatient.ceiling": reading.as_money,
    "outpatient.ratio": reading.as_fraction,
    "outpatient.limit": reading.as_money,
    "delivery.normal": reading.as_money,
    "out_of_area.unfiled_points": reading.as_points,
    "critical_illness.threshold": reading.as_money,
    "critical_illness.ratio": reading.as_fraction,
    "critical_illness.ceiling": reading.as_money,
}
BY_LEVEL = (
    "inpatient.deductible",
    "inpatient.ratio",
    "inpatient.ceiling",
    "outpatient.ratio",
    "outpatient.limit",
    "delivery.normal",
)

_REQUEST = frozenset(
    "ref policy benefit person cover institution care year_to_date parameters lines".split()  # noqa: SIM905
)
_PERSON = frozenset(("birth_date", "groups"))
_COVER = frozenset(("from", "to", "transition_until"))
_INSTITUTION = frozenset(
    (
        "designated",
        "level",
        "grade",
        "affiliation",
        "location",
        "ownership",
        "beds",
        "chinese_medicine",
        "contracted",
    )
)
_CARE = frozenset(
    (
        "admitted",
        "discharged",
        "emergency",
        "filing",
        "cause",
        "inquiry",
        "delivery",
        "major_disease",
        "inside_stay",
    )
)
_MAJOR_DISEASE = frozenset(("class", "quota", "named_hospital"))
_COUNTS = ("admissions", "admissions_level_2_3")
_SUMS = (
    "basic",
    "inpatient_basic",
    "outpatient_basic",
    "outpatient_in_scope",
    "compliant_personal",
    "critical_illness",
)
_YEAR = frozenset((*_COUNTS, *_SUMS, "outpatient_last_year"))
_LINE = frozenset(("item", "kind", "class", "amount", "first_share", "ceiling", "date", "informed"))


def answer(request: Table, explain: bool = False) -> Table:
    """The answer to one request, without its `ref`. Raises NotUnderstood with the path of what cannot be read."""
    reading.table(request, _REQUEST)
    code = reading.choice(request, "policy", shelf.codes())
    claim = read(request)
    parameters = within("parameters", reading.parameters, request.get("parameters", {}), _parameters_of(code))
    return write(shelf.regulation(code).benefit(claim, parameters), explain)


def read(request: Table) -> Claim:
    """The claim in a request whose keys are known."""
    claim = Claim(
        benefit=reading.choice(request, "benefit", BENEFITS),
        person=within("person", _person, reading.required(request, "person")),
        cover=within("cover", _cover, reading.required(request, "cover")),
        institution=within("institution", _institution, reading.required(request, "institution")),
        care=within("care", _care, reading.required(request, "care")),
        lines=within("lines", _lines, reading.required(request, "lines")),
        year_to_date=within("year_to_date", _year_to_date, request.get("year_to_date", {})),
    )
    care = claim.care
    if claim.benefit == "outpatient" and care.admitted != care.discharged:
        raise NotUnderstood("care.discharged", "门诊只有一天，出院日期应与入院日期相同")
    if claim.benefit == "delivery" and care.delivery is None:
        raise NotUnderstood("care.delivery", f"生育待遇须写明 {'、'.join(DELIVERIES)} 之一")
    if claim.benefit == "major_disease" and care.major_disease is None:
        raise NotUnderstood("care.major_disease", "重特大疾病须写明类别、限额标准和是否指定医院")
    return claim


def write(benefit: Benefit, explain: bool = False) -> Table:
    """The benefit as the contract writes it; with `explain` the worksheet too."""
    told: Table = {
        "status": benefit.status,
        "total": str(benefit.total),
        "hospital_borne": str(benefit.hospital_borne),
        "out_of_scope": str(benefit.out_of_scope),
        "over_ceiling": str(benefit.over_ceiling),
        "first_share": str(benefit.first_share),
        "in_scope": str(benefit.in_scope),
        "deductible": str(benefit.deductible),
        "ratio": None if benefit.ratio is None else ratio_text(benefit.ratio),
        "basic": str(benefit.basic),
        "compliant_personal": str(benefit.compliant_personal),
        "critical_illness": str(benefit.critical_illness),
        "assistance": str(benefit.assistance),
        "charity": str(benefit.charity),
        "personal": str(benefit.personal),
        "reasons": [{"article": reason.article, "message": reason.message} for reason in benefit.reasons],
    }
    if explain:
        told["steps"] = [
            {
                "article": step.article,
                "what": f"{step.what}（{step.how}）" if step.how else step.what,
                "amount": ratio_text(step.amount),
            }
            for step in benefit.steps
        ]
    return told


@lru_cache(maxsize=4096)
def ratio_text(ratio: Decimal) -> str:
    """A ratio (or an amount) with at least two decimals and no idle zeros behind them."""
    short = ratio.normalize()
    exponent = short.as_tuple().exponent
    return str(short.quantize(FEN) if isinstance(exponent, int) and exponent > -2 else short)


def _person(raw: object) -> Person:
    row = reading.table(raw, _PERSON)
    return Person(birth_date=reading.day(row, "birth_date"), groups=reading.words(row, "groups", GROUPS))


def _cover(raw: object) -> Cover | None:
    if raw is None:
        return None
    row = reading.table(raw, _COVER)
    return Cover(reading.day(row, "from"), reading.day(row, "to"), reading.day_or_none(row, "transition_until"))


def _institution(raw: object) -> Institution:
    row = reading.table(raw, _INSTITUTION)
    return Institution(
        designated=reading.flag(row, "designated"),
        level=reading.whole(row, "level", 0, 3),
        affiliation=reading.choice(row, "affiliation", AFFILIATIONS),
        location=reading.choice(row, "location", LOCATIONS),
        grade=reading.choice_or_none(row, "grade", CLASSES),
        ownership=reading.choice(row, "ownership", OWNERSHIPS, "public"),
        beds=None if row.get("beds") is None else reading.whole(row, "beds", 0, 1_000_000),
        chinese_medicine=reading.flag(row, "chinese_medicine", False),
        contracted=reading.flag(row, "contracted", True),
    )


def _care(raw: object) -> Care:
    row = reading.table(raw, _CARE)
    disease = row.get("major_disease")
    care = Care(
        admitted=reading.day(row, "admitted"),
        discharged=reading.day(row, "discharged"),
        emergency=reading.flag(row, "emergency", False),
        filing=reading.choice(row, "filing", FILINGS, "none"),
        cause=reading.choice(row, "cause", CAUSES, "illness"),
        inquiry=reading.choice_or_none(row, "inquiry", INQUIRIES),
        delivery=reading.choice_or_none(row, "delivery", DELIVERIES),
        major_disease=None if disease is None else within("major_disease", _major_disease, disease),
        inside_stay=reading.flag(row, "inside_stay", False),
    )
    if care.discharged < care.admitted:
        raise NotUnderstood("discharged", "出院日期早于入院日期，请核对")
    return care


def _major_disease(raw: object) -> MajorDisease:
    row = reading.table(raw, _MAJOR_DISEASE)
    return MajorDisease(
        reading.whole(row, "class", 1, 2), reading.money(row, "quota"), reading.flag(row, "named_hospital")
    )


def _year_to_date(raw: object) -> YearToDate:
    row = reading.table(raw, _YEAR)
    if not row:
        return YearToDate()
    given: dict[str, Any] = {key: reading.whole(row, key, 0, 10_000) for key in _COUNTS if key in row}
    given |= {key: reading.money(row, key) for key in _SUMS if key in row}
    return YearToDate(**given, outpatient_last_year=reading.flag(row, "outpatient_last_year", True))


def _lines(raw: object) -> tuple[Line, ...]:
    if type(raw) is not list:
        raise NotUnderstood("", "应为列表，每行一项费用")
    return tuple([within(f"[{number}]", _line, one) for number, one in enumerate(raw)])


def _line(raw: object) -> Line:
    row = reading.table(raw, _LINE)
    item = reading.required(row, "item")
    if type(item) is not str:
        raise NotUnderstood("item", "项目名称应为文本")
    return Line(
        item=item,
        kind=reading.choice(row, "kind", KINDS),
        klass=reading.choice(row, "class", CLASSES),
        amount=reading.money(row, "amount"),
        first_share=reading.fraction_or_none(row, "first_share"),
        ceiling=reading.money_or_none(row, "ceiling"),
        date=reading.day_or_none(row, "date"),
        informed=reading.flag(row, "informed", True),
    )


@lru_cache(maxsize=16)
def _parameters_of(code: str) -> dict[str, tuple[Reader, Collection[str]]]:
    """What a request may set under this regulation: by its own tiers or their class, else by level where it counts."""
    own: dict[str, set[str]] = {parameter: set() for parameter in PARAMETERS}
    for entry in shelf.regulation(code).figures():
        if entry.parameter in own and entry.tier:
            own[entry.parameter] |= {entry.tier, entry.tier.partition(".")[0]}
    return {
        parameter: (read, own[parameter] or (LEVELS if parameter in BY_LEVEL else ()))
        for parameter, read in PARAMETERS.items()
    }
