"""A claim of five lines sent by a hospital's system and decided, call by call, against the bare INSERT of its rows."""

import json
import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.test import Client

from benchmarks.measure import figure
from claims import connecting
from claims.models import Claim, ClaimLine, ClaimMove, Message
from tests.town import Town

CALLS = 200
PATH = "/api/claims"
FEES = ("西药费", "中成药费", "检查费", "护理费", "床位费")
_TABLES = (Claim, ClaimLine, ClaimMove, Message)


def run() -> Iterator[dict[str, Any]]:
    """`queries` are the statements of one call. First stays of as many people in every turn."""
    town = Town()
    hospital = town.hospital("county")
    wire = town.connected(hospital)
    client, turn = Client(), 0
    calls: list[tuple[bytes, dict[str, str]]] = []
    written: list[tuple[str, list[list[Any]]]] = []

    def sign() -> None:
        """The messages of this turn, signed beforehand as a hospital does."""
        nonlocal turn
        turn += 1
        calls.clear()
        born = date(1950, 1, 1) + timedelta(days=turn)
        for number in range(CALLS):
            name = f"T{turn}-{number}"
            fees = [{"item": item, "kind": "drug", "klass": "A", "amount": "800.00"} for item in FEES]
            body = json.dumps(town.message(town.patient(born), name, lines=fees), ensure_ascii=False).encode()
            stamp = str(int(time.time()))
            signed = connecting.signature(wire.secret, "POST", PATH, stamp, name, body)
            headers = {"X-Huimin-Key": wire.key, "X-Huimin-Time": stamp, "X-Huimin-Message": name}
            calls.append((body, headers | {"X-Huimin-Signature": signed}))

    def work() -> None:
        for body, headers in calls:
            answer = client.generic("POST", PATH, body, content_type="application/json", headers=headers)
            assert answer.status_code == 200, answer.content
        if not written:
            written.extend(_rows())

    def floor() -> None:
        _insert(written, turn)

    sign()
    work()  # what the floor writes: the very rows, under other numbers
    told = figure("claim_online", rows=CALLS, work=work, floor=floor, before=sign)
    yield told | {"queries": told["queries"] / CALLS}


def _rows() -> list[tuple[str, list[list[Any]]]]:
    """Each table's INSERT without its key, and its rows in the order of their claims."""
    told = []
    for model in _TABLES:
        columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
        names = ", ".join(connection.ops.quote_name(column) for column in columns)
        table, marks = model._meta.db_table, ", ".join(["%s"] * len(columns))
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {names} FROM {table} ORDER BY id")
            rows = [list(row) for row in cursor.fetchall()]
        told.append((f"INSERT INTO {table} ({names}) VALUES ({marks})", rows))
    return told


def _insert(written: list[tuple[str, list[list[Any]]]], turn: int) -> None:
    claims, lines, moves, messages = written
    fees = len(FEES)
    for at in range(CALLS):
        with transaction.atomic(), connection.cursor() as cursor:
            claim = _renamed(claims[1][at], f"F{turn}-{at}")
            cursor.execute(f"{claims[0]} RETURNING id", claim)
            [key] = cursor.fetchone()
            cursor.executemany(lines[0], [[key, *row[1:]] for row in lines[1][at * fees : (at + 1) * fees]])
            cursor.execute(moves[0], [key, *moves[1][at][1:]])
            cursor.execute(messages[0], _renamed(messages[1][at], f"F{turn}-{at}"))


def _renamed(row: list[Any], name: str) -> list[Any]:
    """The row under another number: both tables hold the institution first and the number or message after it."""
    return [value if not isinstance(value, str) or not value.startswith("T1-") else name for value in row]
