"""Months open and close in order, and only when nothing is owed and unbooked."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from funds import months, settlement
from funds.models import Entry
from funds.months import CannotClose
from office.models import Job
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


def test_payment_files_keep_a_month_open_until_they_are_booked(town: Town, client: Client) -> None:
    [march] = town.books_open(date(2025, 3, 1), date(2025, 3, 31))
    patient = town.patient()
    file = town.tax_file(town.tax_line(patient, on=date(2025, 3, 5)))
    with pytest.raises(CannotClose, match="1 项未入账"):
        months.close(march, by=town.accountant, at=town.now)
    client.force_login(town.accountant)
    client.post(reverse("funds:book-payments", args=[march.pk]))
    assert Entry.objects.get().source == f"payments:{file.pk}"
    client.post(reverse("funds:close-month", args=[march.pk]))
    march.refresh_from_db()
    assert march.state == "closed"


def test_reviewed_claims_keep_a_month_open_until_its_month_end(town: Town) -> None:
    [march] = town.books_open(date(2025, 3, 1), date(2025, 3, 31))
    town.approved(town.patient(), town.hospital())
    with pytest.raises(CannotClose, match="尚未办理月度结算"):
        months.close(march, by=town.accountant, at=town.now)
    settlement.start(town.city, town.policy, march.first_day, by=town.accountant, at=town.now)
    town.work()
    assert months.close(march, by=town.accountant, at=town.now).state == "closed"
    Job.objects.all().delete()
    with pytest.raises(settlement.CannotSettle, match="已结账"):
        settlement.start(town.city, town.policy, march.first_day, by=town.accountant, at=town.now)
