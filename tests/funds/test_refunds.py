"""Refunds in the books: out of what the money had become, once, and before the month closes."""

from datetime import date
from decimal import Decimal

import pytest

from enrollment import ending, refund_paying, refunds
from enrollment.models import Payment, Refund
from funds import auditing, booking, months, refunding
from funds.models import Entry, Posting
from tests.town import Town
from tests.town_enrollment import refund_terms


def paid_back(town: Town, payment: Payment, reason: str, on: date) -> Refund:
    """Applied for, looked at twice, listed and paid on that day."""
    at = town.moment(on)
    terms = refund_terms(reason) | {"by": town.clerk, "on": on, "at": at}
    refund = refunds.apply_for(payment, reason, **terms)
    refunds.check(refund, by=town.manager, at=at)
    refunds.approve(refund, by=town.rechecker, at=at)
    refund_paying.make_list(town.city, by=town.accountant, on=on, at=at)
    refund.refresh_from_db()
    refund_paying.paid([refund], on, by=town.accountant, at=at)
    return refund


def legs(refund: Refund) -> list[tuple[str, str, Decimal]]:
    rows = Posting.objects.filter(entry__source=f"refund:{refund.pk}").order_by("leg")
    return list(rows.values_list("debit__code", "credit__code", "amount"))


def booked(town: Town, batch_name: str, on: date) -> None:
    batch = Payment.objects.filter(batch__file_name=batch_name).first().batch
    booking.book_payments(batch, on, town.accountant)


@pytest.fixture
def books(town: Town) -> Town:
    town.books_open(date(2024, 10, 1), date(2025, 12, 31))
    return town


def test_what_was_kept_for_next_year_goes_back_out_of_it(books: Town) -> None:
    person = books.covered()
    booked(books, "税务.csv", date(2024, 10, 31))
    ending.end([person], "death", date(2024, 11, 20), by=books.clerk, at=books.moment(date(2024, 12, 1)))
    refund = paid_back(books, Payment.objects.get(), "death", date(2024, 12, 10))
    refunding.book_refunds([refund], books.city, books.accountant)
    assert legs(refund) == [("4601", "1003", Decimal("400.00"))]


@pytest.mark.parametrize("began", [False, True])
def test_after_the_year_has_begun_in_the_books_it_is_taken_out_of_income(books: Town, began: bool) -> None:
    """Also where the refund was paid in December and the books had turned the year meanwhile."""
    person = books.covered()
    booked(books, "税务.csv", date(2024, 10, 31))
    ending.end([person], "death", date(2024, 11, 20), by=books.clerk, at=books.moment(date(2024, 12, 1)))
    day = date(2024, 12, 10) if began else date(2025, 2, 10)
    refund = paid_back(books, Payment.objects.get(), "death", day)
    booking.book_year_begins(books.period(), books.accountant)
    refunding.book_refunds([refund], books.city, books.accountant)
    assert legs(refund) == [("4001", "1003", Decimal("400.00"))]


def test_a_second_payment_goes_back_out_of_what_is_only_held_and_the_month_waits_for_it(books: Town) -> None:
    person = books.covered()
    books.tax_file(books.tax_line(person, date(2024, 12, 3)), name="又.csv")
    refund = paid_back(books, Payment.objects.get(state="paid_twice"), "paid_twice", books.today)
    march = books.books_open()[2]
    assert ("refunds", 1) in [(item.kind, item.count) for item in months.unbooked(march)]
    assert refunding.book_waiting_refunds(march, books.accountant, books.now) == 1
    assert refunding.book_waiting_refunds(march, books.accountant, books.now) == 0
    assert "refunds" not in [item.kind for item in months.unbooked(march)]
    assert legs(refund) == [("2101", "1003", Decimal("400.00"))]
    assert Entry.objects.filter(source=f"refund:{refund.pk}").count() == 1
    assert [found for found in auditing.findings() if "refund" in found.check] == []


def test_a_payment_given_back_before_its_file_is_booked_leaves_income_at_nothing(books: Town) -> None:
    person = books.covered()
    ending.end([person], "death", date(2024, 11, 20), by=books.clerk, at=books.moment(date(2024, 12, 1)))
    refund = paid_back(books, Payment.objects.get(), "death", date(2025, 3, 10))
    booked(books, "税务.csv", date(2025, 3, 11))
    refunding.book_refunds([refund], books.city, books.accountant)
    assert booking.balances(Posting.objects.all(), booking.CONTRIBUTIONS) == {}
    assert booking.balances(Posting.objects.all(), booking.HELD) == {}


def test_the_auditor_finds_a_refund_that_is_booked_and_was_never_paid(books: Town) -> None:
    person = books.covered()
    books.tax_file(books.tax_line(person, date(2024, 12, 3)), name="又.csv")
    terms = refund_terms() | {"by": books.clerk, "on": books.today, "at": books.now}
    refund = refunds.apply_for(Payment.objects.get(state="paid_twice"), "paid_twice", **terms)
    books.booked("400.00", source=f"refund:{refund.pk}")
    assert "paid refund is booked to the fen, and nothing else is" in {found.check for found in auditing.findings()}
