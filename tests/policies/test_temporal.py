"""Every month of 2017-2030, every kind of person and every level of institution: exactly one rule or one named gap."""

from calendar import monthrange
from datetime import date
from decimal import Decimal
from itertools import product

import pytest

from policies import shelf
from policies.covering import CoverQuestion, Event, Insured, Standard
from policies.rules import Notice
from policies.shapes import Care, Claim, Cover, Institution, Line, MajorDisease, Person

FIRST, LAST = date(2017, 1, 1), date(2030, 12, 31)
CITIES = ("xuzhou_2023", "jinzhong_2017", "binzhou_2021", "panzhihua_2023")
MONTHS = [
    (date(year, month, 1), date(year, month, monthrange(year, month)[1]))
    for year in range(FIRST.year, LAST.year + 1)
    for month in range(1, 13)
]
AGES = {"newborn": 0, "child": 10, "adult": 40, "elderly": 75, "very old": 85}
GROUPS = ((), ("medical_assistance",), ("severely_disabled",), ("minimum_living",), ("rural_low_income",))
CARE = ("inpatient", "outpatient", "delivery", "major_disease")
PLACES = (
    ("in_city", "none"),
    ("in_province", "referral"),
    ("out_of_province", "none"),
    ("out_of_province", "resident"),
)
STANDARD = Standard(Decimal("400.00"), Decimal("670.00"))
LINES = (Line("药费", "drug", "A", Decimal("5000.00")),)
QUOTA = MajorDisease(2, Decimal("30000.00"), named_hospital=True)


def born(age, day):
    return date(day.year - age, day.month, 1)


def claims(day):
    """One claim for each kind of care, person, level and place, admitted on that day."""
    cover = Cover(date(day.year, 1, 1), date(day.year, 12, 31))
    for benefit, age, level, (location, filing) in product(CARE, AGES.values(), (0, 1, 2, 3), PLACES):
        hospital = Institution(
            True, level, "township" if level == 0 else "county", location, grade="A" if level else None
        )
        delivery = "normal" if benefit == "delivery" else None
        disease = QUOTA if benefit == "major_disease" else None
        care = Care(day, day, filing=filing, delivery=delivery, major_disease=disease)
        yield Claim(benefit, Person(born(age, day)), cover, hospital, care, LINES)


def questions(paid_on):
    """One question for each kind of person who pays on that day, for the year it falls in and for the next one."""
    for year, age, groups, insured in product((paid_on.year, paid_on.year + 1), AGES.values(), GROUPS, (False, True)):
        birth = born(age, paid_on)
        event = Event("birth", birth) if age == 0 else None
        years = frozenset({year - 2, year - 1}) if insured and age else frozenset()
        yield CoverQuestion(year, paid_on, Insured(birth, frozenset(groups), insured_years=years), event, STANDARD)


def named(regulation, day, reason):
    """The gaps open on that day that this reason names: the term, or a parameter by its name and article."""
    return [
        gap
        for gap in regulation.gaps(FIRST, LAST)
        if gap.since <= day <= gap.until
        and gap.article == reason.article
        and (gap.name.startswith("regulation.") or gap.name in reason.message)
    ]


def known(regulation):
    return {row["id"] for row in regulation.articles()}


@pytest.mark.article("XZ33", "JZ43", "BZ41", "PZ26")
@pytest.mark.parametrize("code", CITIES)
def test_every_month_of_care_meets_one_rule_or_one_named_gap(code):
    regulation, silent = shelf.regulation(code), {}
    articles = known(regulation)
    for first, _last in MONTHS:
        for claim in claims(first):
            benefit = regulation.benefit(claim)
            where = (claim.benefit, claim.institution, first)
            if benefit.status == "no_rule":
                (reason,) = benefit.reasons
                key = (first, reason.article, reason.message)
                if key not in silent:
                    silent[key] = named(regulation, first, reason)
                assert len(silent[key]) == 1, where
            elif benefit.status == "refused":
                assert [reason.article in articles for reason in benefit.reasons] == [True], where
            else:
                assert benefit.status == "payable" and {step.article for step in benefit.steps} <= articles, where
                assert regulation.in_force(first), where


def outside(regulation, day):
    return [gap for gap in regulation.gaps(day, day) if gap.name.startswith("regulation.")]


@pytest.mark.parametrize("code", shelf.codes())
def test_every_month_of_paying_meets_one_rule_or_one_named_gap(code):
    regulation, silent = shelf.regulation(code), {}
    articles = known(regulation)
    for days in MONTHS:
        for day in days:
            for question in questions(day):
                answer = regulation.cover(question)
                reasons = answer.reasons
                where = (question, answer)
                assert reasons and {reason.article for reason in reasons} <= articles, where
                if answer.eligible is None:
                    key = (day, reasons[0].article, reasons[0].message)
                    if key not in silent:
                        silent[key] = named(regulation, day, reasons[0])
                    assert len(reasons) == 1 and len(silent[key]) == 1, where
                else:
                    assert regulation.in_force(day), where
                    assert answer.eligible == (answer.benefits_from is not None), where


@pytest.mark.parametrize("code", shelf.codes())
def test_no_figure_is_set_twice_for_one_day(code):
    told = [(figure.parameter, figure.tier, figure.since) for figure in shelf.regulation(code).figures()]
    assert len(told) == len(set(told))


@pytest.mark.article("XZ31", "XZ13")
def test_a_notice_closes_its_gap_from_its_first_day_on_and_changes_nothing_before():
    regulation = shelf.regulation("xuzhou_2023")
    start, eve = date(2025, 1, 1), date(2024, 12, 31)
    notices = [
        Notice(key, None, value, start, "徐医保发〔样例〕1号")
        for key, value in (
            ("inpatient.deductible", "500"),
            ("inpatient.ratio", "0.75"),
            ("inpatient.ceiling", "250000"),
        )
    ]
    settled = regulation.with_notices(notices)
    closed = {notice.key for notice in notices}
    assert {gap.until for gap in settled.gaps(FIRST, LAST) if gap.name in closed} == {eve}
    for day, status in ((eve, "no_rule"), (start, "payable")):
        cover = Cover(date(day.year, 1, 1), date(day.year, 12, 31))
        hospital = Institution(True, 2, "county", "in_city", grade="A")
        claim = Claim("inpatient", Person(date(1970, 1, 1)), cover, hospital, Care(day, day), LINES)
        benefit = settled.benefit(claim)
        assert benefit.status == status
        assert status == "no_rule" or "徐医保发〔样例〕1号" in {step.article for step in benefit.steps}


@pytest.mark.article("BZ41")
def test_a_city_that_extends_its_regulation_enters_a_notice():
    regulation = shelf.regulation("binzhou_2021")
    extended = regulation.with_notices([Notice("regulation.until", None, "2028-02-02", date(2026, 1, 10), "样例文件")])
    day = date(2026, 2, 3)
    assert not regulation.in_force(day) and extended.in_force(day) and extended.in_force(date(2028, 2, 2))
    assert not extended.in_force(date(2028, 2, 3))
    assert len(outside(regulation, day)) == 1 and not outside(extended, day)
