"""Claims are worked out by the regulation of their day, count in their year, and keep the worksheet."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import adjudication, filing, intake
from claims.models import Accumulator, Claim, ClaimLine
from enrollment.models import Resident
from office import notices
from tests.town import Town

YUAN = Decimal


@pytest.mark.article("JZ15.1")
def test_a_stay_in_the_county_hospital_is_paid_by_the_article(town: Town) -> None:
    claim = town.claim(town.patient(), town.hospital("county"), "10000.00")
    assert (claim.state, claim.basic, claim.deductible) == ("adjudicated", YUAN("7200.00"), YUAN("400.00"))
    assert claim.ratio == YUAN("0.75")
    assert claim.personal == YUAN("2800.00")
    assert "JZ15.1" in {step["article"] for step in claim.worksheet}
    assert [(move.before, move.after) for move in claim.moves.all()] == [("received", "adjudicated")]


@pytest.mark.article("JZ15.2", "JZ15.3")
def test_a_childs_second_stay_pays_a_quarter_of_the_deductible(town: Town) -> None:
    child, hospital = town.patient(date(2013, 1, 1)), town.hospital("county")
    first = town.claim(child, hospital, "10000.00", on=date(2025, 3, 12))
    second = town.claim(child, hospital, "10000.00", on=date(2025, 5, 12))
    assert (first.deductible, second.deductible) == (YUAN("200.00"), YUAN("100.00"))


def test_claims_of_one_person_in_one_set_follow_one_another_in_order_of_discharge(town: Town) -> None:
    patient, hospital = town.patient(), town.hospital("county")
    later = town.claim(patient, hospital, "10000.00", on=date(2025, 6, 1), adjudicated=False)
    earlier = town.claim(patient, hospital, "10000.00", on=date(2025, 3, 1), adjudicated=False)
    adjudication.adjudicate([later.pk, earlier.pk], at=town.now)
    deductibles = dict(Claim.objects.values_list("pk", "deductible"))
    assert deductibles == {earlier.pk: YUAN("400.00"), later.pk: YUAN("200.00")}
    year = Accumulator.objects.get(resident=patient, year=2025)
    assert (year.admissions, year.inpatient_basic) == (2, YUAN("14550.00"))


@pytest.mark.article("JZ15.4")
def test_a_stay_over_new_year_counts_in_the_year_of_discharge(town: Town) -> None:
    patient = town.patient()
    town.grant_cover(patient, date(2026, 1, 1), date(2026, 12, 31))
    claim = town.claim(patient, town.hospital(), "10000.00", on=date(2026, 1, 5), days=20)
    assert claim.basic == YUAN("7200.00")
    assert list(Accumulator.objects.values_list("year", "admissions")) == [(2026, 1)]


def test_a_day_after_the_cover_is_out_of_scope_unless_the_next_year_follows_at_once(town: Town) -> None:
    lines = [
        {"amount": YUAN("3000.00"), "day": date(2025, 12, 30)},
        {"amount": YUAN("2000.00"), "day": date(2026, 1, 2)},
    ]
    lapsed, renewed, hospital = town.patient(), town.patient(), town.hospital()
    town.grant_cover(renewed, date(2026, 1, 1), date(2026, 12, 31))
    cut = town.claim(lapsed, hospital, lines, on=date(2026, 1, 5), days=10)
    whole = town.claim(renewed, hospital, [dict(line) for line in lines], on=date(2026, 1, 5), days=10)
    assert (cut.out_of_scope, whole.out_of_scope) == (YUAN("2000.00"), YUAN("0.00"))


@pytest.mark.article("JZ15.7", "JZ17", "JZ36")
def test_the_yearly_ceiling_stops_the_fund_and_critical_illness_takes_over(town: Town) -> None:
    claim = town.claim(town.patient(), town.hospital("city"), "150000.00")
    assert (claim.basic, claim.compliant_personal) == (YUAN("70000.00"), YUAN("80000.00"))
    assert claim.critical_illness == YUAN("52500.00")
    again = town.claim(claim.resident, claim.institution, "20000.00", on=date(2025, 8, 1))
    assert again.basic == YUAN("0.00")
    year = Accumulator.objects.get(resident=claim.resident)
    assert (year.inpatient_basic, year.inpatient_basic_ceiling) == (YUAN("70000.00"), YUAN("70000.00"))


def test_no_cover_on_the_day_of_admission_is_refused_with_the_article(town: Town) -> None:
    claim = town.claim(town.patient(cover=None), town.hospital(), "3000.00")
    assert (claim.state, claim.personal, claim.basic) == ("refused", YUAN("3000.00"), YUAN("0.00"))
    assert claim.reasons[0]["article"] == "JZ10.1"
    assert not Accumulator.objects.filter(admissions__gt=0).exists()


@pytest.mark.article("JZ19", "JZ20")
def test_a_hospital_without_agreement_is_refused_but_not_in_an_emergency(town: Town) -> None:
    hospital = town.hospital(agreed=False)
    assert town.claim(town.patient(), hospital).reasons[0]["article"] == "JZ19"
    assert town.claim(town.patient(), hospital, emergency=True).state == "adjudicated"


def test_no_rule_before_the_regulation_parks_the_claim(town: Town) -> None:
    patient = town.patient(cover=(date(2017, 1, 1), date(2017, 12, 31)))
    hospital = town.hospital(agreed=False)
    claim = town.claim(patient, hospital, on=date(2017, 6, 1), emergency=True)
    assert claim.state == "parked"
    assert "2020" not in claim.reasons[0]["message"]  # its facts begin in 2020, so that is asked first
    assert claim.personal == claim.total


def test_what_the_office_has_not_entered_parks_the_claim_until_it_has(town: Town) -> None:
    hospital = town.hospital("county")
    hospital.facts.update(since=date(2025, 6, 1))
    claim = town.claim(town.patient(), hospital, "10000.00")
    assert (claim.state, claim.policy) == ("parked", "jinzhong_2017")
    assert "机构属性" in claim.reasons[0]["message"] or "没有登记属性" in claim.reasons[0]["message"]
    hospital.facts.update(since=date(2020, 1, 1))
    adjudication.adjudicate([claim.pk], at=town.now)
    claim.refresh_from_db()
    assert (claim.state, claim.basic) == ("adjudicated", YUAN("7200.00"))


@pytest.mark.article("JZ24.1")
@pytest.mark.parametrize(("filed", "basic"), [("", "12825.00"), ("referral", "15675.00")])
def test_a_stay_out_of_the_province_is_paid_by_its_filing(town: Town, filed: str, basic: str) -> None:
    patient = town.patient()
    if filed:
        filing.file(patient, filed, date(2025, 1, 1), date(2025, 12, 31), by=town.clerk, at=town.now)
    away = town.hospital("province", location="out_of_province")
    assert town.claim(patient, away, "30000.00").basic == YUAN(basic)


@pytest.mark.article("JZ12.2")
def test_outpatient_care_stops_at_the_yearly_limit(town: Town) -> None:
    patient, clinic = town.patient(), town.hospital("clinic")
    paid = [
        town.claim(patient, clinic, "200.00", benefit="outpatient", on=date(2025, month, 3)).basic
        for month in (2, 3, 4)
    ]
    assert paid == [YUAN("120.00"), YUAN("80.00"), YUAN("0.00")]


@pytest.mark.article("JZ14.2")
def test_a_group_certified_on_the_day_of_admission_counts(town: Town) -> None:
    lines = [{"amount": YUAN("20000.00")}]
    facts = {"benefit": "major_disease", "disease_class": 2, "disease_quota": YUAN("30000.00")}
    poor = town.claim(town.patient(groups=["medical_assistance"]), town.hospital("city"), lines, **facts)
    other = town.claim(town.patient(), town.hospital("city"), [dict(line) for line in lines], **facts)
    assert (poor.assistance, other.assistance) == (YUAN("4000.00"), YUAN("0.00"))


@pytest.mark.article("XZ31")
def test_an_approved_notice_is_followed_and_cited(town: Town) -> None:
    told = notices.enter(
        town.policy, "inpatient.ceiling", "9000", date(2025, 1, 1), "市医保发〔2025〕1号", by=town.manager, at=town.now
    )
    notices.approve(told, by=town.rechecker, at=town.now)
    claim = town.claim(town.patient(), town.hospital(), "20000.00")
    assert claim.basic == YUAN("9000.00")
    assert "市医保发〔2025〕1号" in {step["article"] for step in claim.worksheet}


def test_a_ceiling_lowered_within_the_year_takes_back_nothing_that_was_paid(town: Town) -> None:
    first = town.claim(town.patient(), town.hospital(), "20000.00")
    told = notices.enter(
        town.policy, "inpatient.ceiling", "9000", date(2025, 4, 1), "市医保发〔2025〕2号", by=town.manager, at=town.now
    )
    notices.approve(told, by=town.rechecker, at=town.now)
    second = town.claim(first.resident, first.institution, "20000.00", on=date(2025, 6, 1))
    assert first.basic > YUAN("9000.00")
    assert second.basic == YUAN("0.00")


def test_the_number_of_queries_is_the_same_for_one_claim_and_for_many(town: Town) -> None:
    hospital = town.hospital()
    residents = [town.patient(date(1950 + i, 5, 5)) for i in range(21)]
    claims = [town.claim(resident, hospital, adjudicated=False).pk for resident in residents]
    counted = []
    for ids in (claims[:1], claims[1:]):
        with CaptureQueriesContext(connection) as queries:
            adjudication.adjudicate(ids, at=town.now)
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 32
    assert set(Claim.objects.values_list("state", flat=True)) == {"adjudicated"}


def test_working_out_twice_changes_nothing(town: Town) -> None:
    claim = town.claim(town.patient(), town.hospital())
    assert adjudication.adjudicate([claim.pk], at=town.now) == {}
    assert claim.moves.count() == 1
    assert Accumulator.objects.get().admissions == 1


def _drafts(town: Town, patient: Resident, *days: date) -> list[intake.Draft]:
    fees = [{"number": 1, "item": "西药费", "kind": "drug", "klass": "A", "amount": YUAN("10000.00")}]
    return [
        intake.Draft(
            number=f"直{on}",
            facts={"resident_id": patient.pk, "benefit": "inpatient", "admitted": on, "discharged": on},
            lines=[ClaimLine(**fee) for fee in fees],
            resident=patient,
        )
        for on in days
    ]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_claim_decided_as_it_comes_stands_like_one_that_was_received_before(town: Town, at_once: bool) -> None:
    hospital, days = town.hospital(), (date(2025, 6, 1), date(2025, 3, 1), date(2025, 4, 1))
    one, other = town.patient(), town.patient()
    for on in days:
        town.claim(one, hospital, "10000.00", on=on, days=0)
    for drafts in [_drafts(town, other, *days)] if at_once else [_drafts(town, other, on) for on in days]:
        intake.enter_decided(drafts, hospital, by=town.manager, at=town.now)
    names = [*adjudication.AMOUNTS, "state", "policy", "reasons", "worksheet", "added", "year", "total"]
    told = [list(Claim.objects.filter(resident=who).order_by("discharged").values(*names)) for who in (one, other)]
    assert told[0] == told[1]
    assert [claim.moves.last().after for claim in other.claims.all()] == ["adjudicated"] * 3
    assert {line.claim_id for line in ClaimLine.objects.all()} == set(Claim.objects.values_list("pk", flat=True))
    counted = [Accumulator.objects.filter(resident=who).values("admissions", "basic").get() for who in (one, other)]
    assert counted[0] == counted[1]
