"""A settlement is paid twice at once, a month closes while documents are booked: each is booked once, and in time."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Any

from django.db import DatabaseError, connection

from funds import months, settlement
from funds.ledger import CannotBook
from funds.models import Entry, Month, Posting, Settlement
from funds.months import CannotClose
from tests.town import Town

_MARCH = date(2025, 3, 1)


def run(short: bool) -> Iterator[dict[str, Any]]:
    """Both races over and over, with the workers starting together."""
    town = Town()
    yield {"race": "pay twice", **_pay_twice(town, 8 if short else 60)}
    yield {"race": "close and book", **_close_and_book(town, 40 if short else 400)}


def _pay_twice(town: Town, trials: int) -> dict[str, int]:
    """Two accountants press the same button: one entry, the fund's money leaves once."""
    town.books_open()
    accountants = [town.accountant, town.member("accountant", town.county)]
    failed = 0
    for _ in range(trials):
        hospital = town.hospital()
        town.approved(town.patient(), hospital)
        draft = settlement.draft(hospital.pk, town.policy, _MARCH, town.accountant, town.now)
        assert draft is not None
        settlement.approve([draft], by=town.rechecker, at=town.now)
        seen = [Settlement.objects.get(pk=draft.pk) for _ in accountants]
        pay = partial(settlement.pay, on=date(2025, 4, 8), at=town.now)
        refused = _at_once([partial(pay, one, by=by) for one, by in zip(seen, accountants, strict=True)])
        paid = Posting.objects.filter(entry__source=f"settlement:{draft.pk}", credit__code="1004")
        failed += bool(refused) or [posting.amount for posting in paid] != [draft.payable]
    return {"tried": trials, "failed": failed}


def _close_and_book(town: Town, trials: int) -> dict[str, int]:
    """Documents of a month are booked while it is closed: what stood in it at the close is all it ever holds."""
    lot = random.Random(trials)
    failed = 0
    for number in range(trials):
        [month] = months.open_until(town.city, date(2031 + number, 1, 1), date(2031 + number, 1, 1))
        months.open_until(town.city, date(2031 + number, 2, 1), date(2031 + number, 2, 1))
        Month.objects.filter(first_day__lt=month.first_day, state="open").update(state="closed")
        at_close: list[int] = []
        waits = [lot.uniform(0, 0.005) for _ in range(4)]
        documents = [f"race:{number}:{n}" for n in range(3)]
        refused = _at_once(
            [
                partial(_close, town, month, waits[-1], at_close),
                *(
                    partial(_book, town, source, month.first_day, wait)
                    for source, wait in zip(documents, waits, strict=False)
                ),
            ]
        )
        late = Entry.objects.filter(month=month).count() - sum(at_close)
        booked = Entry.objects.filter(source__in=documents).count()
        failed += bool(refused) or late != 0 or booked != 3
    return {"tried": trials, "failed": failed}


def _close(town: Town, month: Month, wait: float, held: list[int]) -> None:
    time.sleep(wait)
    months.close(month, by=town.accountant, at=town.now)
    held.append(Entry.objects.filter(month=month).count())


def _book(town: Town, source: str, on: date, wait: float) -> None:
    time.sleep(wait)
    town.booked("1.00", source=source, on=on)


def _at_once(acts: list[Callable[[], object]]) -> list[str]:
    """Do all of it in threads that start together; gives back what went wrong."""
    together, refused = threading.Barrier(len(acts)), []

    def one(act: Callable[[], object]) -> None:
        together.wait()
        try:
            act()
        except (DatabaseError, CannotBook, CannotClose, settlement.CannotSettle) as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused
