"""Institutions and filings: dated facts, agreements that make an institution designated, care elsewhere."""

from datetime import date
from decimal import Decimal

import pytest

from claims import filing, institutions
from tests.town import Town


def test_facts_change_from_a_day_on_and_earlier_days_keep_theirs(town: Town) -> None:
    hospital = town.hospital("county")
    institutions.state_facts(
        hospital, date(2025, 6, 1), by=town.manager, at=town.now, level=3, grade="B", affiliation="county", beds=600
    )
    levels = [
        institutions.facts_on([hospital.pk], day)[hospital.pk].level for day in (date(2025, 5, 31), date(2025, 6, 1))
    ]
    assert levels == [2, 3]
    assert institutions.facts_on([hospital.pk], date(2019, 12, 31)) == {}


@pytest.mark.article("JZ20", "XZ27")
def test_designated_is_who_has_an_agreement_in_force_and_not_ended(town: Town) -> None:
    hospital = town.hospital(agreed=False)
    agreement = institutions.sign(hospital, "XY-1", date(2025, 1, 1), date(2025, 12, 31), by=town.manager, at=town.now)
    days = (date(2024, 12, 31), date(2025, 1, 1), date(2025, 6, 30), date(2025, 7, 1), date(2025, 12, 31))
    assert [institutions.designated_on(day).exists() for day in days] == [False, True, True, True, True]
    institutions.end_agreement(agreement, date(2025, 6, 30), by=town.manager, at=town.now, why="违约")
    assert [institutions.designated_on(day).exists() for day in days] == [False, True, True, False, False]
    assert institutions.designated_on(date(2025, 6, 30)).get().level == 2


def test_agreements_of_one_institution_do_not_overlap(town: Town) -> None:
    hospital = town.hospital()
    with pytest.raises(institutions.CannotContract, match="重叠"):
        institutions.sign(hospital, "XY-2", date(2027, 12, 31), date(2028, 12, 31), by=town.manager, at=town.now)


@pytest.mark.article("JZ22.2")
def test_more_than_five_percent_is_not_withheld(town: Town) -> None:
    hospital = town.hospital(agreed=False)
    with pytest.raises(institutions.CannotContract, match="5%") as refusal:
        institutions.sign(
            hospital,
            "XY-3",
            date(2025, 1, 1),
            date(2025, 12, 31),
            deposit_rate=Decimal("0.06"),
            by=town.manager,
            at=town.now,
        )
    assert refusal.value.article == "JZ22.2"


@pytest.mark.article("JZ21")
def test_a_filing_holds_from_its_first_to_its_last_day(town: Town) -> None:
    patient = town.patient()
    filing.file(patient, "referral", date(2025, 3, 1), date(2025, 3, 31), by=town.clerk, at=town.now)
    days = (date(2025, 2, 28), date(2025, 3, 1), date(2025, 3, 31), date(2025, 4, 1))
    assert [filing.filing_on([patient.pk], day)[patient.pk] for day in days] == ["none", "referral", "referral", "none"]


def test_living_elsewhere_goes_before_a_referral(town: Town) -> None:
    patient = town.patient()
    for kind in ("referral", "resident"):
        filing.file(patient, kind, date(2025, 1, 1), date(2025, 12, 31), by=town.clerk, at=town.now)
    assert filing.filing_on([patient.pk], date(2025, 5, 1)) == {patient.pk: "resident"}
    with pytest.raises(filing.CannotFile, match="重叠"):
        filing.file(patient, "resident", date(2025, 6, 1), date(2026, 5, 31), by=town.clerk, at=town.now)
