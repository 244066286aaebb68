"""What holds for every claim everywhere: parts add up, more cost never pays less, ceilings hold, nothing negative."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from policies import shelf
from policies.days import add_months
from policies.estimate.claim import KINDS, write
from policies.exclusion import CAUSES
from policies.shapes import Benefit, Care, Claim, Cover, Institution, Line, MajorDisease, Person, YearToDate

CITIES = [code for code in shelf.codes() if code != "national_2024"]
DAYS = st.dates(date(2020, 12, 1), date(2028, 12, 31))
EVERY = settings(max_examples=120, deadline=None)


def yuan(most: str = "300000.00") -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(0), Decimal(most), places=2).map(lambda value: value.quantize(Decimal("0.01")))


def share() -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(0), Decimal(1), places=3)


@st.composite
def claims(draw: Callable[..., Any]) -> Claim:
    """Any course of care, mostly covered and at a designated institution."""
    admitted = draw(DAYS)
    benefit = draw(st.sampled_from(["inpatient", "inpatient", "outpatient", "delivery", "major_disease"]))
    stay = 0 if benefit == "outpatient" else draw(st.integers(0, 40))
    cover = Cover(date(admitted.year, 1, 1), date(admitted.year, 12, 31), draw(st.none() | DAYS))
    return Claim(
        benefit=benefit,
        person=Person(
            add_months(admitted, -draw(st.integers(0, 1200))),
            draw(st.frozensets(st.sampled_from(["medical_assistance", "poor_family_child", "orphan"]))),
        ),
        cover=draw(st.sampled_from([cover, cover, cover, None])),
        institution=Institution(
            designated=draw(st.sampled_from([True, True, True, False])),
            level=draw(st.integers(0, 3)),
            affiliation=draw(st.sampled_from(["township", "county", "city", "province"])),
            location=draw(st.sampled_from(["in_city", "in_city", "in_province", "out_of_province"])),
            grade=draw(st.sampled_from(["A", "B", "C", None])),
            ownership=draw(st.sampled_from(["public", "private"])),
            beds=draw(st.integers(0, 400)),
            chinese_medicine=draw(st.booleans()),
            contracted=draw(st.sampled_from([True, True, False])),
        ),
        care=Care(
            admitted,
            date.fromordinal(admitted.toordinal() + stay),
            emergency=draw(st.booleans()),
            filing=draw(st.sampled_from(["none", "referral", "resident"])),
            cause=draw(st.sampled_from(["illness"] * 20 + list(CAUSES))),
            inquiry=draw(st.sampled_from([None, "covered", "not_covered"])),
            delivery=draw(st.sampled_from(["normal", "complicated", "caesarean"])),
            major_disease=MajorDisease(draw(st.integers(1, 2)), draw(yuan()), draw(st.booleans())),
            inside_stay=draw(st.booleans()),
        ),
        lines=tuple(draw(st.lists(lines(admitted), max_size=6))),
        year_to_date=YearToDate(
            admissions=draw(st.integers(0, 4)),
            admissions_level_2_3=draw(st.integers(0, 4)),
            basic=draw(yuan()),
            inpatient_basic=draw(yuan("80000.00")),
            outpatient_basic=draw(yuan("300.00")),
            outpatient_in_scope=draw(yuan("500.00")),
            compliant_personal=draw(yuan()),
            critical_illness=draw(yuan("500000.00")),
            outpatient_last_year=draw(st.booleans()),
        ),
    )


def lines(admitted: date) -> st.SearchStrategy[Line]:
    return st.builds(
        Line,
        st.text(max_size=4),
        st.sampled_from(KINDS),
        st.sampled_from(["A", "A", "B", "C"]),
        yuan("90000.00"),
        st.none() | share(),
        st.none() | yuan("90000.00"),
        st.none() | st.just(admitted) | DAYS,
        st.booleans(),
    )


@st.composite
def parameters(draw: Callable[..., Any]) -> dict[str, Any]:
    """What the two cities of yearly notices need, sometimes with one missing, sometimes by level."""
    every: dict[str, Any] = {
        "inpatient.deductible": draw(
            yuan("2000.00") | st.fixed_dictionaries({level: yuan("2000.00") for level in "123"})
        ),
        "inpatient.ratio": draw(share() | st.fixed_dictionaries({level: share() for level in "123"})),
        "inpatient.ceiling": draw(yuan()),
        "outpatient.ratio": draw(share()),
        "outpatient.limit": draw(yuan("900.00")),
        "delivery.normal": draw(yuan("5000.00")),
        "out_of_area.unfiled_points": draw(st.integers(0, 100).map(Decimal)),
        "critical_illness.threshold": draw(yuan("30000.00")),
        "critical_illness.ratio": draw(share()),
        "critical_illness.ceiling": draw(yuan("500000.00")),
    }
    for missing in draw(st.lists(st.sampled_from(sorted(every)), max_size=1)):
        every.pop(missing)
    return every


ASKED = {"city": st.sampled_from(CITIES), "claim": claims(), "given_": st.just({}) | parameters()}


def decided(city: str, claim: Claim, given_: dict[str, Any]) -> Benefit:
    return shelf.regulation(city).benefit(claim, given_)


@EVERY
@given(**ASKED)
def test_the_parts_add_up_to_the_total_both_ways(city: str, claim: Claim, given_: dict[str, Any]) -> None:
    told = decided(city, claim, given_)
    payers = (told.basic, told.critical_illness, told.assistance, told.charity, told.hospital_borne, told.personal)
    assert sum(payers) == told.total == sum(line.amount for line in claim.lines)
    if told.status in ("payable", "pending"):
        steps = (told.hospital_borne, told.out_of_scope, told.over_ceiling, told.first_share, told.in_scope)
        assert sum(steps) == told.total
    else:
        assert told.personal == told.total
        assert told.ratio is None
        assert told.reasons


@EVERY
@given(**ASKED)
def test_nothing_is_negative_and_every_amount_ends_at_the_fen(city: str, claim: Claim, given_: dict[str, Any]) -> None:
    told = write(decided(city, claim, given_), explain=True)
    for name, value in told.items():
        if isinstance(value, str) and name not in ("status", "ratio"):
            assert re.fullmatch(r"\d+\.\d\d", value), name
    assert told["ratio"] is None or 0 <= Decimal(told["ratio"]) <= 1
    assert all(Decimal(step["amount"]) >= 0 and step["article"] for step in told["steps"])


@EVERY
@given(**ASKED, more=yuan("50000.00"))
def test_more_cost_in_scope_never_pays_less(city: str, claim: Claim, given_: dict[str, Any], more: Decimal) -> None:
    dearer = replace(claim, lines=(*claim.lines, Line("西药费", "drug", "A", more)))
    less, paid = decided(city, claim, given_), decided(city, dearer, given_)
    assert paid.basic >= less.basic
    assert paid.total - paid.personal >= less.total - less.personal


@EVERY
@given(**ASKED)
def test_the_yearly_ceilings_hold(city: str, claim: Claim, given_: dict[str, Any]) -> None:
    told, used = decided(city, claim, given_), claim.year_to_date
    after = told.year_to_date
    counted = "basic" if city == "binzhou_2021" else "inpatient_basic"
    written = {"jinzhong_2017": "70000.00", "binzhou_2021": "200000.00"}.get(city)
    ceiling = given_.get("inpatient.ceiling", Decimal(written) if written else None)
    critical = given_.get("critical_illness.ceiling", Decimal("400000.00"))
    if ceiling is not None:
        assert getattr(after, counted) <= max(ceiling, getattr(used, counted))
    assert after.critical_illness <= max(critical, used.critical_illness)


@EVERY
@given(**ASKED)
def test_what_is_paid_stays_within_what_is_in_scope(city: str, claim: Claim, given_: dict[str, Any]) -> None:
    told = decided(city, claim, given_)
    fixed_sum = claim.benefit == "delivery"  # paid of the whole bill
    assert told.deductible <= told.in_scope
    assert told.basic + told.compliant_personal <= told.total
    assert fixed_sum or told.basic <= told.in_scope
    assert told.critical_illness <= told.compliant_personal


@EVERY
@given(**ASKED)
def test_the_same_question_has_the_same_answer(city: str, claim: Claim, given_: dict[str, Any]) -> None:
    assert write(decided(city, claim, given_), True) == write(decided(city, claim, given_), True)
