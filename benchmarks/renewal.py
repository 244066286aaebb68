"""A million people put down for the new year, each judged anew, against INSERT ... SELECT of the very same rows."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import connection, transaction

import office.tasks  # noqa: F401  the bell is answered in this process, as in a worker
from benchmarks.measure import figure
from enrollment import renewal
from enrollment.models import CollectionPeriod, Enrollment, RenewalCount, Resident
from office import days, jobs
from office.models import Area, Chunk, Job
from tests.town import Town

ROWS = 1_000_000
VILLAGES = 1_000
YEAR, ON = 2026, date(2025, 10, 2)
_FIRST = 1_000_000  # number of the first of them
_COPIES = (("enrollment_enrollment", "kept_enrollment"), ("enrollment_due", "kept_due"))


def run() -> Iterator[dict[str, Any]]:
    """The dry run (judges everybody, keeps counts) and the renewal; what the renewal wrote is what the floor writes."""
    town = Town("371600", "binzhou_2021")
    town.today = ON
    settle(town, ROWS, VILLAGES)
    period = town.period(YEAR)
    work(town, period)
    told = Job.objects.get(key=renewal.key(period))
    assert (told.state, told.done, told.report["enrolled"]) == (Job.State.DONE, ROWS + 1, ROWS + 1), (
        told.state,
        told.report,
    )
    _keep()
    yield figure(
        "renewal",
        rows=ROWS,
        work=lambda: work(town, period),
        floor=_write_bare,
        before=lambda: empty(period),
        repeat=1,  # a million rows each way, after one renewal that warmed everything up
    )


def work(town: Town, period: CollectionPeriod) -> None:
    """Start the renewal and do all of it in this process."""
    job = renewal.start(period, by=town.manager, on=ON, at=town.now)
    while jobs.work(job.pk, days.now):
        pass


def settle(town: Town, many: int, villages: int) -> None:
    """So many people of every age in so many villages, written in sets: most covered in 2025, some with standings."""
    seats = town.towns
    made = [
        Area(
            code=f"{seat.code}{300 + n // 2}",
            name=f"{seat.name}第{n}村",
            level=Area.Level.VILLAGE,
            parent=seat,
            path=f"{seat.path}{seat.code}{300 + n // 2}/",
        )
        for n in range(villages)
        for seat in [seats[n % 2]]
    ]
    Area.objects.bulk_create(made, batch_size=500)
    places = ",".join(str(area.pk) for area in made)
    period = town.period(YEAR - 1).pk
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE place AS SELECT row_number() OVER (ORDER BY id) - 1 AS at, id AS area_id"
            f" FROM office_area WHERE id IN ({places})"
        )
        # Born from 1931 on, on any day; of fifty one came back after years, one has moved in insured. What is not said
        # here is as it is with somebody who was registered at the counter.
        told = {
            "id": f"{_FIRST} + n",
            "name": "'王' || n",
            "id_index": "'bulk' || n",
            "id_tail": "'tail' || (n % 10000)",
            "birth_on": _day_after("1931-01-01", f"n * 37 % {94 * 365}"),
            "area_id": "place.area_id",
            "household_id": "NULL",
            "insured_through": f"CASE WHEN n % 50 = 7 THEN {YEAR - 1} WHEN n % 50 = 8 THEN 2019 END",
            "event": "CASE WHEN n % 200 = 3 THEN 'graduation' ELSE '' END",
            "event_on": f"CASE WHEN n % 200 = 3 THEN {_day('2025-06-30')} END",
        }
        columns = [field.column for field in Resident._meta.concrete_fields]
        cursor.execute(
            f"INSERT INTO enrollment_resident ({', '.join(columns)})"
            f" SELECT {', '.join(told.get(column, f'somebody.{column}') for column in columns)}"
            f" FROM {_numbers(many)} JOIN place ON place.at = n * {villages} / {many}"
            f" JOIN enrollment_resident somebody ON somebody.id = {town.resident().pk}"
        )
        cursor.execute(
            f"""INSERT INTO enrollment_enrollment (resident_id, period_id, year, area_id, state, origin, paid_on,
                benefits_from, benefits_until, inpatient_factor, reasons)
            SELECT id, {period}, {YEAR - 1}, area_id, 'covered', 'renewed', {_day("2024-11-11")},
                {_day("2025-01-01")}, {_day("2025-12-31")}, 1, '[]'
            FROM enrollment_resident WHERE id >= {_FIRST} AND id % 50 < 45"""
        )
        groups = "CASE id % 3 WHEN 0 THEN 'minimum_living' WHEN 1 THEN 'severely_disabled' ELSE 'registered_poor' END"
        cursor.execute(
            f"""INSERT INTO enrollment_status (resident_id, "group", since, until, certified_by, document)
            SELECT id, {groups}, {_day_after("2021-01-01", "(id % 48) * 30")},
                CASE WHEN id % 5 = 0 THEN {_day("2025-06-30")} END, '县民政局', ''
            FROM enrollment_resident WHERE id >= {_FIRST} AND id % 16 = 5"""
        )
    _analyze()


def empty(period: CollectionPeriod) -> None:
    """The tables as they were before the renewal."""
    jobs_of = Job.objects.filter(key=renewal.key(period))
    RenewalCount.objects.filter(job__in=jobs_of)._raw_delete("default")
    Chunk.objects.filter(job__in=jobs_of)._raw_delete("default")
    jobs_of._raw_delete("default")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE enrollment_due" if connection.vendor == "postgresql" else "DELETE FROM enrollment_due")
    Enrollment.objects.filter(year=YEAR)._raw_delete("default")
    _analyze()


def _keep() -> None:
    with connection.cursor() as cursor:
        for table, copy in _COPIES:
            year = f" WHERE year = {YEAR}" if table == "enrollment_enrollment" else ""
            cursor.execute(f"CREATE TABLE {copy} AS SELECT * FROM {table}{year}")


def _write_bare() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for table, copy in _COPIES:
            cursor.execute(f"INSERT INTO {table} SELECT * FROM {copy}")


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _day(day: str) -> str:
    return f"DATE '{day}'" if connection.vendor == "postgresql" else f"'{day}'"


def _day_after(day: str, count: str) -> str:
    if connection.vendor == "postgresql":
        return f"(DATE '{day}' + ({count})::int)"
    return f"date('{day}', '+' || ({count}) || ' days')"


def _numbers(many: int) -> str:
    """The numbers below `many`, as a table with one column n."""
    if connection.vendor == "postgresql":
        return f"generate_series(0::bigint, {many - 1}) AS one(n)"
    return (
        f"(WITH RECURSIVE one(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM one WHERE n < {many - 1}) SELECT n FROM one)"
    )
