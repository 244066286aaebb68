"""A file of the tax authority from upload to cover, against the barest bulk write of the same rows and updates.

`TAX_FILE_ROWS=1000000 make bench NAME=tax_file` runs the whole of a city.
"""

import os
import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count

import enrollment.tasks  # noqa: F401  the bell is answered in this process, as in a worker
import office.tasks  # noqa: F401
from benchmarks.measure import figure
from enrollment.models import CollectionPeriod, Due, Enrollment, Payment, Resident
from office import bulk, identity, intake, secrecy
from office.models import Area, Batch, Job
from tests.town import Town

ROWS = int(os.environ.get("TAX_FILE_ROWS", "100000"))
TURNS = 2 if ROWS < 100_000 else 1
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = "建国秀英桂兰志强玉梅海燕丽华俊杰文静小明春生晓红家豪子涵雨欣"
_RESIDENT = (
    "id",
    "name",
    "id_number",
    "id_index",
    "sex",
    "birth_on",
    "area_id",
    "registered_on",
    "insured_through",
    "initials",
    "relation",
    "phone",
    "event",
    "end_reason",
)
_DECIDED = ("state", "paid_on", "benefits_from", "benefits_until", "reasons")


def run() -> Iterator[dict[str, Any]]:
    """Everybody of a county pays once; one line in two hundred is an exception."""
    town = Town()
    period = town.period(2025)
    people(town.village, period)
    content = file(0)
    written: dict[str, list[tuple[Any, ...]]] = {}

    def work() -> None:
        at = town.moment(date(2024, 12, 31))
        batch = intake.receive("payments", town.city, "税务.csv", content, {}, by=town.accountant, at=at)
        town.work()  # a large file is read by a job before it is shown
        intake.take(batch, by=town.accountant, at=at)
        town.work()
        batch.refresh_from_db()
        told = (batch.state, batch.taken, Payment.objects.count())
        assert told == (Batch.State.TAKEN, ROWS, ROWS), told
        states = dict(Payment.objects.order_by().values_list("state").annotate(Count("pk")))
        assert states == {"matched": ROWS - ROWS // 200, "too_small": ROWS // 200}, states
        if not written:
            written.update(_written())

    def floor() -> None:
        _barely(written)

    work()  # what the floor writes: the very rows
    yield figure("tax_file", rows=ROWS, work=work, floor=floor, before=_rewind, repeat=TURNS)


def id_number(order: int) -> str:
    """The identity number of the so-manieth person: people between 20 and 65, who owe what everybody owes."""
    born = date(1960, 1, 1) + timedelta(days=order % 16_000)
    digits = f"140721{born:%Y%m%d}{order // 16_000:03d}"
    return digits + identity.check_character(digits)


def name(order: int) -> str:
    """The name of the so-manieth person."""
    lot = random.Random(order)
    return lot.choice(_SURNAMES) + "".join(lot.choices(_GIVEN, k=2))


def people(village: Area, period: CollectionPeriod) -> None:
    """Register everybody and put them down for the year, past the office's own way: only what the file meets counts."""
    pieces = 20_000
    for start in range(0, ROWS, pieces):
        orders = range(start, min(start + pieces, ROWS))
        with transaction.atomic():
            keys, years = bulk.fresh_keys(Resident, len(orders)), bulk.fresh_keys(Enrollment, len(orders))
            bulk.copy_in(
                Resident,
                _RESIDENT,
                (
                    (key, name(order), number, secrecy.blind_index(number), "1", _born(number), village.pk,
                     date(2024, 8, 1), 2024, *[""] * (len(_RESIDENT) - 9))
                    for key, order in zip(keys, orders, strict=True)
                    for number in (id_number(order),)
                ),
            )  # fmt: skip
            bulk.copy_in(
                Enrollment,
                ("id", "resident_id", "period_id", "year", "area_id", "state", "reasons"),
                ((year, key, period.pk, 2025, village.pk, "due", []) for year, key in zip(years, keys, strict=True)),
            )
            bulk.copy_in(
                Due,
                ("enrollment_id", "payer", "amount", "article"),
                (
                    told
                    for year in years
                    for told in (
                        (year, "individual", period.individual, "JZ05"),
                        (year, "subsidy", period.subsidy, "JZ05"),
                    )
                ),
            )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def file(seed: int) -> bytes:
    """The file: 390 yuan instead of 400 in every two hundredth line."""
    lot = random.Random(seed)
    lines = ["完税凭证号,证件号码,姓名,年度,金额,到账日期"]
    for order in range(ROWS):
        day = date(2024, 9, 2) + timedelta(days=lot.randint(0, 100))
        amount = "390.00" if order % 200 == 199 else "400.00"
        lines.append(f"314{order:012},{id_number(order)},{name(order)},2025,{amount},{day}")
    return "\r\n".join(lines).encode()


def _born(number: str) -> date:
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def _written() -> dict[str, list[tuple[Any, ...]]]:
    """What the work wrote: payments as they stand, and what became of each enrollment."""
    columns = list(Payment._meta.concrete_fields)
    rows = Payment.objects.order_by("pk").values_list(*(field.attname for field in columns)).iterator(chunk_size=5000)
    place = [field.attname for field in columns].index("id_number")
    sealed = b"\x01" * 47
    prepared = bulk.prepare(Payment, [field.attname for field in columns])
    payments = [prepared((*row[:place], sealed, *row[place + 1 :])) for row in rows]
    ready = bulk.prepare(Enrollment, ["id", *_DECIDED])
    covered = Enrollment.objects.filter(state="covered").values_list("pk", *_DECIDED).iterator(chunk_size=5000)
    return {"payments": payments, "enrollments": [ready(row) for row in covered]}


def _barely(written: dict[str, list[tuple[Any, ...]]]) -> None:
    """COPY or executemany of the same payments, and the same columns of the same enrollments by key."""
    fields = [field.attname for field in Payment._meta.concrete_fields]
    table = Enrollment._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        bulk.copy_in(Payment, fields, written["payments"], prepared=True)
        if connection.vendor != "postgresql":
            sets = ", ".join(f"{name} = %s" for name in _DECIDED)
            rows = ((*row[1:], row[0]) for row in written["enrollments"])
            cursor.executemany(f"UPDATE {table} SET {sets} WHERE id = %s", rows)
            return
        columns = ", ".join(["id", *_DECIDED])
        cursor.execute(f"CREATE TEMPORARY TABLE floor ON COMMIT DROP AS SELECT {columns} FROM {table} LIMIT 0")
        with cursor.copy(f"COPY floor ({columns}) FROM STDIN") as stream:
            for row in written["enrollments"]:
                stream.write_row(row)
        sets = ", ".join(f"{name} = floor.{name}" for name in _DECIDED)
        cursor.execute(f"UPDATE {table} SET {sets} FROM floor WHERE {table}.id = floor.id")


def _rewind() -> None:
    """The register as it was before the file came."""
    with transaction.atomic():
        Payment.objects.all()._raw_delete("default")
        changed = Enrollment.objects.exclude(state="due")
        changed.update(state="due", paid_on=None, benefits_from=None, benefits_until=None, reasons=[])
        Batch.objects.update(state="discarded", digest="")
        Job.objects.all().delete()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
