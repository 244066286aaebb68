"""A workbook of 100,000 people from upload to register, against the barest bulk INSERT of the same rows."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from xlsxwriter import Workbook

import office.tasks  # noqa: F401  the bell is answered in this process, as in a worker
from benchmarks.measure import figure
from enrollment.models import Household, Resident
from office import identity, intake
from office.models import Batch, Job
from tests.town import Town

ROWS = 100_000
SIZE = 4  # people of a household
Table = tuple[str, list[tuple[Any, ...]]]  # a statement and the rows that it inserts
_HEADINGS = ["姓名", "证件号码", "村（社区）", "户主证件号码", "与户主关系", "电话", "住址", "上次参保年度"]
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = "建国秀英桂兰志强玉梅海燕丽华俊杰文静小明春生晓红家豪子涵雨欣𠮷䶮"


def run() -> Iterator[dict[str, Any]]:
    """Each turn sends people of its own, in the villages of a county, and takes every chunk of the job."""
    town = Town()
    turn, files = 0, [workbook(turn) for turn in range(2)]
    written: list[Table] = []

    def empty() -> None:
        """The register as it was before the file came."""
        nonlocal turn
        turn += 1
        _rewind()

    def work() -> None:
        content = files[turn % len(files)]
        batch = intake.receive("roster", town.county, "名册.xlsx", content, {}, by=town.clerk, at=town.now)
        town.work()  # a large file is read by a job
        intake._rows.cache_clear()  # another process takes the file than the one that showed it
        batch.refresh_from_db()
        intake.take(batch, by=town.clerk, at=town.now)
        town.work()
        batch.refresh_from_db()
        told = (batch.state, batch.taken, Resident.objects.count())
        assert told == (Batch.State.TAKEN, ROWS, ROWS), told
        if not written:
            written.extend(_table(model) for model in (Household, Resident))

    def floor() -> None:
        _insert(written)

    work()  # what the floor writes: the very rows
    yield figure("roster", rows=ROWS, work=work, floor=floor, before=empty, repeat=2)


def workbook(seed: int, rows: int = ROWS) -> bytes:
    """A roster as a county sends it: every household's head first, numbers that hold, all cells text."""
    lot = random.Random(seed)
    file = BytesIO()
    with Workbook(file, {"constant_memory": True, "strings_to_formulas": False}) as book:
        page = book.add_worksheet("名册")
        page.write_row(0, 0, _HEADINGS)
        head = ""
        for at in range(rows):
            number = id_number(seed * rows + at)
            head = number if at % SIZE == 0 else head
            village = ("东村", "西村")[at // SIZE % 2]
            name = lot.choice(_SURNAMES) + "".join(lot.choices(_GIVEN, k=lot.choice((1, 2, 2))))
            relation = ("户主", "妻", "子", "女")[at % SIZE]
            page.write_row(
                at + 1, 0, [name, number, village, head, relation, f"139{at:08d}", f"{village}{at // SIZE}号", "2024"]
            )
    return file.getvalue()


def id_number(order: int) -> str:
    """The identity number of the so-manieth person, no two alike."""
    born = date(1940, 1, 1) + timedelta(days=order % 25_000)
    digits = f"1407{21 + order // 25_000_000:02d}{born:%Y%m%d}{order // 25_000:03d}"
    return digits + identity.check_character(digits)


def _rewind() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE enrollment_household SET head_id = NULL")
        Resident.objects.all()._raw_delete("default")
        Household.objects.all()._raw_delete("default")
        Batch.objects.filter(pk__in=[]).delete()
        cursor.execute("UPDATE office_batch SET state = 'discarded', digest = ''")
        Job.objects.all().delete()


def _table(model: type[Model]) -> Table:
    """Every row of a table as the database keeps it, keys and sealed numbers included."""
    columns = [connection.ops.quote_name(field.column) for field in model._meta.concrete_fields]
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM {table}")
        rows = cursor.fetchall()
    marks = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows


def _insert(written: list[Table]) -> None:
    """The very rows that the work leaves; heads and households refer to one another until the commit."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement, rows in written:
            cursor.executemany(statement, rows)
