"""The running counts of a big city: pages that count nobody, what the triggers cost, and counts that stay the rows."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from random import Random
from typing import Any

from django.db import DatabaseError, connection, connections, transaction
from django.urls import reverse

from enrollment import tallies, targets
from enrollment.models import Enrollment, Resident, Tally
from funds import auditing
from tests.proofs import million_residents
from tests.town import Town

_MANY, _FEW = 1_000_000, 50_000  # numbers of people that million_residents settles
_ACTS = {True: 60, False: 400}
_COUNTS = ("count of people is what the rows say", "money counted by day is what the payments say")


def run(short: bool) -> Iterator[dict[str, Any]]:
    """The race first, among few; then the pages among many."""
    town = Town()
    yield _race(town, _ACTS[short])
    many = _FEW if short or connection.vendor == "sqlite" else _MANY
    yield {"part": "cost", **_cost(town, many)}
    begun = time.perf_counter()
    while tallies.fold(20_000):
        pass
    yield {"part": "fold", "tried": 1, "failed": len(_differing()), "seconds": round(time.perf_counter() - begun, 2)}
    yield from _pages(town, many)


def _differing() -> list[str]:
    with connection.cursor() as cursor:
        found = []
        for name in _COUNTS:
            cursor.execute(auditing.CHECKS[name])
            found += [f"{row}: {stands} ≠ {should}" for row, stands, should in cursor.fetchall()]
    return found


# --- many hands at once -----------------------------------------------------------------------------------------------
def _race(town: Town, acts: int) -> dict[str, Any]:
    """People move, end and are put down for years, one by one and in sets, by four hands, while a fifth folds."""
    people = [town.resident(village=town.villages[n % 4]).pk for n in range(6)]
    period, later = town.period(2025).pk, town.period(2026).pk

    def put_down(lots: Random) -> None:
        person, year = lots.choice(people), lots.choice((2025, 2026))
        place = Resident.objects.values_list("area", flat=True).get(pk=person)
        rows = [Enrollment(resident_id=person, year=year, area_id=place, period_id=period if year == 2025 else later)]
        Enrollment.objects.bulk_create(rows, ignore_conflicts=True)

    def pay(lots: Random) -> None:
        some = Enrollment.objects.filter(resident__in=lots.sample(people, 2))
        some.update(
            state=lots.choice(("due", "refused")), paid_on=lots.choice((None, date(2025, 1, lots.randrange(1, 9))))
        )

    def move(lots: Random) -> None:
        rows = Resident.objects.filter(pk__in=lots.sample(people, 2))
        rows.update(area=lots.choice(town.villages))

    def end(lots: Random) -> None:
        gone = lots.random() < 0.5
        day, why = (date(2025, 1, 1), "death") if gone else (None, "")
        Resident.objects.filter(pk=lots.choice(people)).update(ended_on=day, end_reason=why)

    def take_away(lots: Random) -> None:
        Enrollment.objects.filter(resident=lots.choice(people), state="due").delete()

    deeds: list[Callable[[Random], None]] = [put_down, put_down, pay, move, end, take_away]

    def hand(seed: int) -> int:
        lots, lost = Random(seed), 0
        try:
            for _ in range(acts):
                try:
                    with transaction.atomic():
                        for deed in lots.choices(deeds, k=2):
                            deed(lots)
                        time.sleep(lots.random() / 500)
                        if lots.random() < 0.1:
                            transaction.set_rollback(True)
                except DatabaseError:  # two hands held what the other wanted: one gives way and has done nothing
                    lost += 1
                if seed == 0:
                    tallies.fold(50)
        finally:
            connections.close_all()
        return lost

    with ThreadPoolExecutor(5) as hands:
        lost = sum(hands.map(hand, range(5)))
    wrong = _differing()
    told = {"part": "race", "tried": acts * 5, "failed": len(wrong), "gave_way": lost}
    return told | ({"wrong": wrong[:5]} if wrong else {})


# --- a big city -------------------------------------------------------------------------------------------------------
def _cost(town: Town, many: int) -> dict[str, Any]:
    """Write everybody, with the triggers and, on PostgreSQL, once without: the price of counting as it happens."""
    begun = time.perf_counter()
    million_residents._settle(town, many)
    told: dict[str, Any] = {"tried": 1, "failed": len(_differing()), "residents": many}
    told["settled_seconds"] = round(time.perf_counter() - begun, 1)
    if connection.vendor != "postgresql":
        return told
    for name, action in (("without", "DISABLE"), ("with", "ENABLE")):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE enrollment_enrollment {action} TRIGGER USER")
            begun = time.perf_counter()
            cursor.execute(
                f"""INSERT INTO enrollment_enrollment (resident_id, period_id, year, area_id, state, origin,
                    inpatient_factor, reasons)
                SELECT id, {town.period(2026).pk}, 2030, area_id, 'due', 'renewed', 1, '[]' FROM enrollment_resident
                WHERE id < {million_residents._FIRST + min(many, 100_000)}"""
            )
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            told[f"insert_{name}_seconds"] = round(time.perf_counter() - begun, 2)
            cursor.execute("ALTER TABLE enrollment_enrollment ENABLE TRIGGER USER")
            transaction.set_rollback(True)
    told["ratio"] = round(told["insert_with_seconds"] / max(told["insert_without_seconds"], 0.01), 2)
    return told


def _pages(town: Town, many: int) -> Iterator[dict[str, Any]]:
    manager = town.member("manager")
    whole = targets.set_city(town.city, 2025, many, "样本", by=manager, at=town.now)
    parts = [part.area.pk for part in targets.split_of(town.city, 2025, manager).parts]
    split = dict(zip(parts, targets.proposed(whole.people, [1] * len(parts)), strict=True))
    targets.split(town.city, 2025, split, "样本", by=manager, at=town.now)
    seat, village = town.towns[0], town.village
    pages = {
        "map of bars": (reverse("enrollment:targets"), (town.city, town.county, seat)),
        "completion": (reverse("enrollment:villages"), (town.city, town.county, seat)),
        "split": (reverse("enrollment:split-target", args=[town.city.pk]), (town.city,)),
        "unpaid of a village": (reverse("enrollment:unpaid", args=[village.pk]), (town.city, village)),
        "unpaid on paper": (reverse("enrollment:print-unpaid", args=[village.pk]), (village,)),
        "messages of a village": (reverse("enrollment:unpaid-messages", args=[village.pk]), (village,)),
    }
    for name, (address, places) in pages.items():
        for area in places:
            staff = town.member("manager", area)
            asked = million_residents._ask(staff, address, {"year": "2025"}, many)
            yield {"part": "page", "page": name, "area": area.get_level_display(), "residents": many, **asked}
    lines = Tally.objects.count()
    yield {"part": "lines", "tried": 1, "failed": int(lines > many), "lines": lines}
