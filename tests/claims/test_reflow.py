"""A year is worked out in the order of care, whatever the order of arrival; what was settled gets a difference."""

from datetime import date
from decimal import Decimal
from itertools import permutations

import pytest
from django.db import Error, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from claims import adjudication, lifecycle, reflow, withdrawing
from claims.models import Accumulator, Adjustment, Claim
from tests.town import Town

YUAN = Decimal


def settled(town: Town, claim: Claim) -> Claim:
    """As the month end leaves it."""
    if claim.state == "adjudicated":
        lifecycle.move([claim], "approved", by=town.reviewer, at=town.now, reviewed_by=town.reviewer)
    lifecycle.move([claim], "settled", by=town.accountant, at=town.now)
    return claim


def worth(claim: Claim) -> tuple[Decimal, ...]:
    """What the payers give for a claim in all, as it stands now."""
    held = reflow.Held({}, {})
    claim.refresh_from_db()
    held.learn([claim])
    return tuple(held.worth(claim).values())


@pytest.mark.article("JZ15.3")
def test_a_stay_that_comes_in_late_halves_the_deductible_of_the_stay_after_it(town: Town) -> None:
    patient, hospital = town.patient(), town.hospital()
    june = town.claim(patient, hospital, "10000.00", on=date(2025, 6, 1))
    assert june.deductible == YUAN("400.00")
    march = town.claim(patient, hospital, "10000.00", on=date(2025, 3, 1))
    june.refresh_from_db()
    assert (march.deductible, june.deductible, june.state) == (YUAN("400.00"), YUAN("200.00"), "adjudicated")


def test_a_stay_that_comes_in_last_and_lies_last_moves_nothing(town: Town) -> None:
    patient, hospital = town.patient(), town.hospital()
    march = town.approved(patient, hospital, "10000.00", on=date(2025, 3, 1))
    town.claim(patient, hospital, "10000.00", on=date(2025, 6, 1))
    march.refresh_from_db()
    assert (march.state, march.moves.count()) == ("approved", 2)


@pytest.mark.parametrize("order", list(permutations(range(4)))[::3])
def test_every_order_of_arrival_gives_the_amounts_of_the_order_of_care(town: Town, order: tuple[int, ...]) -> None:
    hospitals = {word: town.hospital(word) for word in ("clinic", "county", "city")}
    care = [
        ("county", "90000.00", date(2025, 2, 10), "inpatient"),
        ("clinic", "300.00", date(2025, 3, 5), "outpatient"),
        ("city", "60000.00", date(2025, 4, 10), "inpatient"),
        ("clinic", "200.00", date(2025, 5, 5), "outpatient"),
    ]
    told = []
    for arrival in (range(4), order):
        patient = town.patient()
        claims = {}
        for turn in arrival:
            word, amount, on, benefit = care[turn]
            claims[turn] = town.claim(patient, hospitals[word], amount, on=on, benefit=benefit)
        told.append([worth(claims[turn]) for turn in range(4)])
    assert told[0] == told[1]


def test_a_settled_stay_keeps_its_amounts_and_the_person_is_paid_the_difference(town: Town) -> None:
    patient, hospital = town.patient(), town.hospital()
    june = settled(town, town.claim(patient, hospital, "10000.00", on=date(2025, 6, 1)))
    town.claim(patient, hospital, "10000.00", on=date(2025, 3, 1))
    june.refresh_from_db()
    made = june.adjustments.get()
    assert (june.state, june.basic) == ("settled", YUAN("7200.00"))
    assert (made.payee, made.basic) == ("resident", YUAN("150.00"))  # 200 less of deductible at 75 percent
    assert any(step["article"] == "JZ15.3" for step in made.worksheet)
    year = Accumulator.objects.get(resident=patient)
    assert year.basic == sum(one.basic for one in Claim.objects.all()) + made.basic


def test_what_moves_back_takes_the_difference_back(town: Town) -> None:
    patient, hospital = town.patient(), town.hospital()
    june = settled(town, town.claim(patient, hospital, "10000.00", on=date(2025, 6, 1)))
    march = town.claim(patient, hospital, "10000.00", on=date(2025, 3, 1))
    withdrawing.withdraw(march, by=town.manager, at=town.now, why="重复")
    assert [made.basic for made in june.adjustments.order_by("pk")] == [YUAN("150.00"), YUAN("-150.00")]
    assert worth(june)[0] == YUAN("7200.00")


def test_a_reversal_takes_back_the_claim_with_its_differences(town: Town) -> None:
    patient, hospital = town.patient(), town.hospital()
    june = settled(town, town.claim(patient, hospital, "10000.00", on=date(2025, 6, 1)))
    town.claim(patient, hospital, "10000.00", on=date(2025, 3, 1))
    withdrawing.withdraw(Claim.objects.get(pk=june.pk), by=town.manager, at=town.now, why="冒名就医")
    assert [made.basic for made in june.adjustments.filter(payee="institution")] == [YUAN("-7350.00")]
    assert set(worth(june)) == {YUAN("0.00")}
    assert Accumulator.objects.get(resident=patient).admissions == 1


@pytest.mark.django_db
@pytest.mark.article("BZ12.1")
def test_a_stay_that_comes_in_late_ends_the_outpatient_benefit_of_its_days() -> None:
    town = Town("371600", "binzhou_2021")
    patient, clinic = town.patient(), town.hospital("clinic")
    visit = town.claim(patient, clinic, "100.00", benefit="outpatient", on=date(2025, 3, 5))
    assert visit.state == "adjudicated"
    stay = town.claim(patient, town.hospital(), "10000.00", on=date(2025, 3, 12))
    visit.refresh_from_db()
    assert (visit.state, visit.reasons[0]["article"]) == ("refused", "BZ12.1")
    withdrawing.withdraw(stay, by=town.manager, at=town.now, why="重复")
    visit.refresh_from_db()
    assert (visit.state, visit.basic > 0) == ("adjudicated", True)


def test_the_queries_are_the_same_however_much_stands_after(town: Town) -> None:
    hospital, counted = town.hospital(), []
    for after in (1, 6):
        patients = [town.patient(date(1950 + n, 5, 5)) for n in range(after)]
        for patient in patients:
            settled(town, town.claim(patient, hospital, on=date(2025, 6, 1)))
            town.claim(patient, hospital, on=date(2025, 8, 1))
        late = [town.claim(patient, hospital, on=date(2025, 2, 1), adjudicated=False).pk for patient in patients]
        with CaptureQueriesContext(connection) as queries:
            adjudication.adjudicate(late, at=town.now)
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 45


def test_an_adjustment_is_written_once_and_an_institution_only_gives_back(town: Town) -> None:
    claim = settled(town, town.claim(town.patient(), town.hospital()))
    gone = withdrawing.withdraw(claim, by=town.manager, at=town.now, why="冒名")
    for statement in ("UPDATE claims_adjustment SET basic_fen = 1", "DELETE FROM claims_adjustment"):
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    told = {"claim": gone, "payee": "institution", "made_at": town.now, "critical_illness": 0, "assistance": 0}
    for basic in (YUAN("-1.00"), YUAN("1.00")):
        with pytest.raises(IntegrityError), transaction.atomic():
            Adjustment.objects.create(**told, basic=basic, charity=0, why="")
