"""The running counts equal the rows, whatever happened; a fold changes none of them; the auditor names what differs."""

from collections import Counter
from datetime import date, timedelta
from io import StringIO
from random import Random

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Sum

from enrollment import ending, moving, tallies, village
from enrollment.models import Enrollment, Payment, Resident, Tally
from enrollment.village import Standing
from funds import auditing
from tests.proofs import collection_dashboard
from tests.town import Town

pytestmark = pytest.mark.django_db


def counted() -> dict[tuple[object, ...], int]:
    """Every count by adding up its lines; nothing that is zero."""
    rows = Tally.objects.order_by().values_list("area", "year", "kind", "day").annotate(Sum("number"), Sum("amount"))
    return {tuple(row[:4]): (row[4], row[5]) for row in rows if row[4] or row[5]}


def from_rows() -> dict[tuple[object, ...], int]:
    """The same from the people themselves, one by one, in Python."""
    told: Counter[tuple[object, ...]] = Counter()
    yuan: dict[tuple[object, ...], object] = {}
    for person in Resident.objects.prefetch_related("enrollments"):
        told[person.area_id, 0, "here", None] += person.ended_on is None
        for row in person.enrollments.all():
            told[person.area_id, row.year, row.state, None] += 1
            told[person.area_id, row.year, "gone", None] += person.ended_on is not None
            if row.paid_on:
                told[person.area_id, row.year, "paid", row.paid_on] += 1
    for payment in Payment.objects.filter(state="matched"):
        key = payment.area_id, payment.wanted_year, "money", payment.paid_on
        told[key] += 1
        yuan[key] = yuan.get(key, 0) + payment.amount
    return {key: (number, yuan.get(key, 0)) for key, number in told.items() if number}


def _live(town: Town, lots: Random, acts: int) -> None:
    """Acts of an office in any order: registering, enrolling, paying, moving, dying, rows written by hand."""
    people = [town.resident(village=lots.choice(town.villages)) for _ in range(4)]
    for _ in range(acts):
        person = Resident.objects.get(pk=lots.choice(people).pk)
        match lots.randrange(7):
            case 0:
                people.append(town.resident(village=lots.choice(town.villages)))
            case 1 if person.ended_on is None:
                town.enrolled(person, lots.choice((2025, 2026)), date(2025, 9, 10))
            case 2 if person.ended_on is None and not person.enrollments.filter(year=2025).exists():
                town.paid(person, date(2024, 10, 1) + timedelta(days=lots.randrange(20)))
            case 3 if person.ended_on is None:
                there = lots.choice([one for one in town.villages if one.pk != person.household.area_id])
                moving.relocate(person.household, there, by=town.clerk, on=town.today, at=town.now, why="搬迁")
            case 4 if person.ended_on is None:
                ending.end([person], "death", date(2025, 3, 1), by=town.clerk, at=town.now)
            case 5:
                Enrollment.objects.filter(resident=person).update(paid_on=date(2025, 1, lots.randrange(1, 28)))
                Resident.objects.filter(pk=person.pk).update(phone="1", area=lots.choice(town.villages))
            case 6:
                tallies.fold(lots.randrange(1, 9))
            case _:
                pass


@pytest.mark.parametrize("seed", range(4))
def test_after_any_acts_the_counts_are_the_rows(town: Town, seed: int) -> None:
    _live(town, Random(seed), 25)
    assert counted() == from_rows()
    while tallies.fold(7):
        pass
    assert counted() == from_rows()
    assert not Tally.objects.filter(folded=False).exists()
    for year in (2025, 2026):
        told = village.counted(town.city, year, town.clerk)
        people = village.people(town.city, year, town.clerk)
        assert tuple(told) == tuple(village.standing_as(people, one).count() for one in Standing)


def test_an_act_that_is_undone_is_not_counted(town: Town) -> None:
    town.enrolled(town.resident())
    before = counted()
    with transaction.atomic():
        town.paid(town.resident())
        assert counted() != before
        transaction.set_rollback(True)
    assert counted() == before


def test_a_row_taken_away_is_counted_away(town: Town) -> None:
    person = town.resident()
    before = counted()
    row = Enrollment(resident=person, period=town.period(), year=2025, area=person.area)
    row.save()
    assert counted() != before
    row.delete()
    assert counted() == before == from_rows()


def test_the_auditor_names_the_count_that_differs_from_the_rows(town: Town) -> None:
    town.covered("甲")
    name = "count of people is what the rows say"
    assert [found for found in auditing.findings() if found.check == name] == []
    line = Tally.objects.filter(kind="covered").first()
    Tally.objects.filter(pk=line.pk).update(number=5)
    [found] = [found for found in auditing.findings() if found.check == name]
    assert (found.row, found.detail) == (f"{town.village.code} 2025 covered", "5 ≠ 1")
    call_command("recount", stdout=StringIO())
    assert counted() == from_rows()


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_with_many_hands_at_once_the_counts_are_the_rows() -> None:
    assert collection_dashboard._race(Town(), 40)["failed"] == 0


def test_without_the_trigger_the_counts_would_be_wrong(town: Town) -> None:
    """The guard is what does it."""
    table, name = "enrollment_enrollment", "enrollment_enrollment_tallied_on_update"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if connection.vendor == "postgresql" else ""))
    town.covered()
    assert counted() != from_rows()
