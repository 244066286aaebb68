"""Months open and close in order, and only when nothing is owed and unbooked."""

from datetime import date

import pytest

from funds import months
from funds.months import CannotClose
from tests.town import Town

pytestmark = pytest.mark.django_db


def test_months_are_opened_once_each(town: Town) -> None:
    assert [str(month) for month in town.books_open(date(2024, 11, 5), date(2025, 2, 1))] == [
        "2024-11",
        "2024-12",
        "2025-01",
        "2025-02",
    ]
    assert len(town.books_open(date(2024, 11, 1), date(2025, 2, 28))) == 4


def test_a_later_month_waits_for_the_earlier_one(town: Town) -> None:
    january, february, *_rest = town.books_open()
    with pytest.raises(CannotClose, match="先结清更早的月份"):
        months.close(february, by=town.accountant, at=town.now)
    months.close(january, by=town.accountant, at=town.now)
    assert months.close(february, by=town.accountant, at=town.now).state == "closed"


def test_a_month_closes_once(town: Town) -> None:
    january, *_rest = town.books_open()
    months.close(january, by=town.accountant, at=town.now)
    with pytest.raises(CannotClose, match="已结账"):
        months.close(january, by=town.accountant, at=town.now)


@pytest.mark.parametrize(
    ("day", "first"), [(date(2025, 1, 31), date(2025, 2, 1)), (date(2025, 12, 1), date(2026, 1, 1))]
)
def test_the_next_month_begins_on_its_first_day(day: date, first: date) -> None:
    assert months.next_month(day) == first
