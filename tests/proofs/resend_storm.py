"""A storm of resends: every message many times at once has one effect, and each sender gets the same answer."""

import threading
from collections.abc import Iterator
from typing import Any

from django.db import connection

from claims.models import Accumulator, Claim, ClaimLine, Message
from tests.town import Town

AT_ONCE = 20


def run(short: bool) -> Iterator[dict[str, Any]]:
    """Claims, each sent twenty times at the same moment, half of them under one name, half under twenty names.

    One claim each, one admission counted, one answer in all twenty hands.
    """
    town = Town()
    wire = town.connected(town.hospital("county"))
    wrong = []
    tried = 30 if short else 1_000
    for number in range(tried):
        patient = town.patient(name="重发")
        body = town.message(patient, f"R{number}")
        names = [f"R{number}"] * AT_ONCE if number % 2 else [f"R{number}-{n}" for n in range(AT_ONCE)]
        answers = _at_once(town, wire, body, names)
        claims = list(Claim.objects.filter(number=f"R{number}"))
        year = Accumulator.objects.filter(resident=patient).values_list("admissions", "basic")
        if (
            len(claims) != 1
            or {status for status, _content in answers} != {200}
            or len({content for _status, content in answers}) != 1
            or list(year) != [(1, claims[0].basic)]
            or ClaimLine.objects.filter(claim=claims[0]).count() != 1
            or Message.objects.filter(number=f"R{number}", opens=True).count() != 1
        ):
            wrong.append(number)
    yield {"tried": tried, "failed": len(wrong), "at_once": AT_ONCE}


def _at_once(town: Town, wire: Any, body: dict[str, Any], names: list[str]) -> list[tuple[int, bytes]]:
    """Send all of them from threads that start together."""
    together, answers = threading.Barrier(len(names)), []

    def one(name: str) -> None:
        together.wait()
        try:
            answer = town.send(wire, "/api/claims", body, message=name)
            answers.append((answer.status_code, answer.content))
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
