"""Two claims of one person are worked out at the same moment, over and over: no yearly ceiling is ever passed."""

import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import DatabaseError, connection

from claims import adjudication
from claims.models import Accumulator, Claim
from tests.town import Town

CEILING = Decimal("70000.00")  # of a year's stays in the town's city


def run(short: bool) -> Iterator[dict[str, Any]]:
    """Pairs of stays that are each worth the whole ceiling; together they must be paid it once, and never fail.

    For every second person they are the first of the year, for the others the year's counter is already there: the
    first needs the row before the lock, the second the lock.
    """
    town = Town()
    hospital = town.hospital("city")
    pairs = []
    for number in range(60 if short else 400):
        patient = town.patient(name=f"竞争{number}")
        if number % 2:
            Accumulator.objects.create(resident=patient, year=2025)
        pairs.append(
            [
                town.claim(patient, hospital, "150000.00", on=date(2025, month, 20), adjudicated=False).pk
                for month in (3, 5)
            ]
        )
    refused = []
    for pair in pairs:
        refused += _at_once(pair)
    broken = [claims for claims in pairs if not _holds(claims)]
    yield {"tried": len(pairs), "failed": len(broken) + len(refused)}


def _at_once(pair: list[int]) -> list[str]:
    """Work both out in threads that start together; gives back what the database refused."""
    together, refused = threading.Barrier(len(pair)), []

    def one(claim: int) -> None:
        together.wait()
        try:
            adjudication.adjudicate([claim], at=Town.moment(Town.today))
        except DatabaseError as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(claim,)) for claim in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def _holds(pair: list[int]) -> bool:
    """Both are decided, one of them as the second stay of the year, and the year holds what the two were paid."""
    claims = list(Claim.objects.filter(pk__in=pair))
    year = Accumulator.objects.get(resident=claims[0].resident_id)
    paid = sum(claim.basic for claim in claims)
    critical = sum(claim.critical_illness for claim in claims)
    return (
        {claim.state for claim in claims} == {Claim.State.ADJUDICATED}
        and len({claim.deductible for claim in claims}) == len(claims)
        and paid == year.inpatient_basic == CEILING
        and critical == year.critical_illness
        and year.admissions == len(claims)
    )
