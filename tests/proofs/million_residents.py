"""Among a million residents a search and a village's roster ask little: few queries, no walk through a table."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from enrollment.models import Enrollment, Household, Resident
from office import initials
from office.models import Area, Staff
from office.secrecy import seal
from tests.town import Town

_MANY, _FEW = 1_000_000, 50_000
_VILLAGES = {_MANY: 1_000, _FEW: 500}
_FIRST = 1_000_000  # number of the first of them
_MOST_QUERIES = 20  # of a whole page: the session, the person, the areas, the rows, their count
_BIG = ("enrollment_resident", "enrollment_enrollment", "enrollment_household")
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = "建国秀英志强桂兰海燕晓梅春生玉珍文博思远雨桐子涵"
_SURNAME_INITIALS, _GIVEN_INITIALS = "WLZLCYZHZWXSHZGLHGML", "JGXYZQGLHYXMCSYZWBSYYTZH"


def run(short: bool) -> Iterator[dict[str, Any]]:
    """Every way of finding somebody, by the clerk of the city, of a county and of a village."""
    many = _FEW if short or connection.vendor == "sqlite" else _MANY
    town = Town()
    someone = town.resident("单雨桐", village=town.village)
    town.paid(someone)
    _settle(town, many)
    number, home = someone.id_number, someone.household.number
    searches = {
        "number": number,
        "household": home,
        "name": "单雨桐",
        "surname": "王",
        "initials": "SYT",
        "last digits": number[-4:],
    }
    pages = {f"search by {what}": (reverse("enrollment:residents"), {"q": text}) for what, text in searches.items()}
    village = reverse("enrollment:village", args=[town.village.pk])
    above = reverse("enrollment:villages")
    pages |= {
        "completion": (above, {"year": "2025"}),
        "residents": (reverse("enrollment:residents"), {}),
        "village roster": (village, {"year": "2025"}),
        "village roster, unpaid": (village, {"year": "2025", "standing": "unpaid"}),
        "village roster, search": (village, {"year": "2025", "q": "王"}),
        "village roster, last digits": (village, {"year": "2025", "q": number[-4:]}),
        "village roster, number": (village, {"year": "2025", "q": number}),
        "villages suggested by name": (reverse("office:areas"), {"field": "area", "area": "村", "level": "4"}),
        "villages suggested by initials": (reverse("office:areas"), {"field": "area", "area": "dc", "level": "4"}),
        "village on paper": (reverse("enrollment:print-village", args=[town.village.pk]), {"year": "2025"}),
        "household": (reverse("enrollment:household", args=[someone.household_id]), {}),
    }
    for name, (address, query) in pages.items():
        for area in (town.city, town.county, town.village):
            staff = town.member("clerk", area)
            walks = name != "residents"  # the first page of a list stops after its rows
            yield {
                "page": name,
                "area": area.get_level_display(),
                "residents": many,
                **_ask(staff, address, query, many if walks else 0),
            }


def _ask(staff: Staff, address: str, query: dict[str, str], many: int) -> dict[str, Any]:
    """One page: its queries, how long they took, and, among so `many` people, what walks through a big table."""
    cache.clear()
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    asked: list[tuple[str, Any]] = []

    def listen(execute: Callable[..., Any], sql: str, params: Any, sets: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, sets, context)

    begun = time.perf_counter()
    with connection.execute_wrapper(listen):
        answer = client.get(address, query)
    seconds = round(time.perf_counter() - begun, 3)
    walked = [plan for sql, params in asked if many for plan in _walks(sql, params, many)]
    failed = (answer.status_code != 200) + (len(asked) > _MOST_QUERIES) + len(walked)
    return {"tried": 1, "failed": failed, "queries": len(asked), "seconds": seconds} | (
        {"walked": walked} if walked else {}
    )


def _walks(sql: str, params: Any, many: int) -> list[str]:
    """The lines of the plan in which the database reads a big table from its beginning to its end."""
    if connection.vendor != "postgresql" or not sql.lstrip().upper().startswith("SELECT"):
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        # A few thousand rows are read faster from end to end; of those we ask whether an index could serve at all.
        cursor.execute(f"SET LOCAL enable_seqscan = {'on' if many == _MANY else 'off'}")
        cursor.execute(f"EXPLAIN {sql}", params)
        lines = [line for (line,) in cursor.fetchall()]
    return [line.strip() for line in lines if "Seq Scan on" in line and any(f" on {table}" in line for table in _BIG)]


def _settle(town: Town, many: int) -> None:
    """Let this many people live in villages of the two counties, in fours, most of them insured: written in sets.

    Everybody shares one sealed number, which pages can show, under an index of their own.
    """
    made = [
        Area(
            code=f"{seat.code}{300 + n // 2}",
            name=f"{seat.name}第{n}村",
            initials=initials.of(f"{seat.name}第{n}村"),
            level=Area.Level.VILLAGE,
            parent=seat,
            path=f"{seat.path}{seat.code}{300 + n // 2}/",
        )
        for n in range(_VILLAGES[many] - len(town.villages))
        for seat in [town.towns[n % 2]]
    ]
    Area.objects.bulk_create(made, batch_size=500)
    places = ",".join(str(area.pk) for area in [*town.villages, *made])
    period, size = town.period().pk, many // _VILLAGES[many]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS place")
        cursor.execute(
            f"CREATE TEMPORARY TABLE place AS SELECT row_number() OVER (ORDER BY id) - 1 AS at, id AS area_id"
            f" FROM office_area WHERE id IN ({places})"
        )
        _put(
            cursor,
            Household,
            f"FROM {_numbers(many // 4)} JOIN place ON place.at = n * 4 / {size}",
            id=f"{_FIRST} + n",
            number="'H' || n",
            area_id="area_id",
            address="'1号'",
            registered_on=_day("2020-01-01"),
        )
        _put(
            cursor,
            Resident,
            f"FROM {_numbers(many)} JOIN place ON place.at = n / {size}",
            id=f"{_FIRST} + n",
            name=_name(_SURNAMES, _GIVEN),
            initials=_name(_SURNAME_INITIALS, _GIVEN_INITIALS),
            id_type="'id_card'",
            id_number=(seal("140702198005050013"),),
            id_index="'bulk' || n",
            id_tail="'tail' || (n %% 10000)",
            sex="'1'",
            birth_on=_day("1980-05-05"),
            area_id="area_id",
            household_id=f"{_FIRST} + n / 4",
            relation="CASE WHEN n %% 4 = 0 THEN '户主' ELSE '子' END",
            basis="'household'",
            registered_on=_day("2020-01-01"),
        )
        # Of ten people eight are covered, one owes, and one is not put down.
        covered = "CASE WHEN id %% 10 < 8 THEN {} ELSE {} END".format
        _put(
            cursor,
            Enrollment,
            f"FROM enrollment_resident WHERE id >= {_FIRST} AND id %% 10 < 9",
            resident_id="id",
            period_id=str(period),
            year="2025",
            area_id="area_id",
            state=covered("'covered'", "'due'"),
            origin="'renewed'",
            benefits_from=covered(_day("2025-01-01"), "NULL"),
            benefits_until=covered(_day("2025-12-31"), "NULL"),
            inpatient_factor="1",
            reasons="'[]'",
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _put(cursor: Any, model: type[Model], source: str, **columns: Any) -> None:
    """Write a table's rows in one sentence: expressions by column (a value in brackets is given as it is).

    What a table has besides is filled with its default, so that a column that comes later does not break the proof.
    """
    for field in model._meta.concrete_fields:
        if field.column not in columns and not field.null and not field.primary_key:
            columns[field.column] = (field.get_default(),)
    told = ", ".join("%s" if isinstance(value, tuple) else value for value in columns.values())
    given = [value[0] for value in columns.values() if isinstance(value, tuple)]
    table, names = connection.ops.quote_name(model._meta.db_table), ", ".join(columns)
    cursor.execute(f"INSERT INTO {table} ({names}) SELECT {told} {source}", given)


def _day(day: str) -> str:
    return f"DATE '{day}'" if connection.vendor == "postgresql" else f"'{day}'"


def _numbers(many: int) -> str:
    """The numbers below `many`, as a table with one column n."""
    if connection.vendor == "postgresql":
        return f"generate_series(0, {many - 1}) AS one(n)"
    return (
        f"(WITH RECURSIVE one(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM one WHERE n < {many - 1}) SELECT n FROM one)"
    )


def _name(surnames: str, given: str) -> str:
    """A surname and two characters, mixed so that no village is all of one name."""
    parts = ((surnames, "n * 7 + n / 11"), (given, "n / 3"), (given, "n / 61"))
    return " || ".join(f"substr('{letters}', ({turn}) %% {len(letters)} + 1, 1)" for letters, turn in parts)
