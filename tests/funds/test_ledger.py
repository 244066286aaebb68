"""The books balance by shape, take a document once, and are never changed."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import Error, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from funds import booking, ledger, months, statements
from funds.ledger import CannotBook, Leg
from funds.models import Entry, Posting
from tests.town import Town

pytestmark = pytest.mark.django_db


def test_a_document_is_booked_once(town: Town) -> None:
    town.books_open()
    first = town.booked("100.00", source="settlement:17")
    again = town.booked("999.00", source="settlement:17")
    assert again == first
    assert Posting.objects.get().amount == Decimal("100.00")


def test_money_moves_from_the_credit_to_the_debit_account(town: Town) -> None:
    town.books_open()
    town.booked("250.50")
    balance = statements.trial_balance(town.city)
    assert {line.account.code: line.balance for line in balance.lines} == {
        "1003": Decimal("250.50"),
        "4101": Decimal("250.50"),
    }
    assert balance.difference == 0


def test_an_entry_of_nothing_is_refused(town: Town) -> None:
    town.books_open()
    with pytest.raises(CannotBook, match="金额为零"):
        town.booked("0.00")
    assert not Entry.objects.exists()


def test_without_an_open_month_nothing_is_booked(town: Town) -> None:
    with pytest.raises(CannotBook, match="2025-01 起没有开放的会计月份"):
        town.booked("1.00")


def test_a_document_of_a_closed_month_lands_in_the_next_open_one(town: Town) -> None:
    january, *_rest = town.books_open()
    months.close(january, by=town.accountant, at=town.now)
    entry = town.booked("1.00", on=date(2025, 1, 31))
    assert str(entry.month) == "2025-02"
    assert entry.booked_on == date(2025, 1, 31)


def test_a_reversal_mirrors_its_entry_and_happens_once(town: Town) -> None:
    town.books_open()
    entry = town.booked("88.88")
    ledger.reverse(entry, on=date(2025, 2, 3), why="误记", by=town.accountant)
    assert all(line.balance == 0 for line in statements.trial_balance(town.city).lines)
    with pytest.raises(CannotBook, match="已冲销"):
        ledger.reverse(entry, on=date(2025, 2, 4), why="误记", by=town.accountant)


ATTACKS = {
    "change an amount": "UPDATE funds_posting SET amount_fen = amount_fen + 1",
    "change an account": "UPDATE funds_posting SET debit_id = credit_id",
    "change an entry": "UPDATE funds_entry SET memo = 'x'",
    "delete a posting": "DELETE FROM funds_posting",
    "delete an entry": "DELETE FROM funds_entry",
    "replace a posting": """INSERT OR REPLACE INTO funds_posting (id, entry_id, leg, debit_id, credit_id, amount_fen,
        sub_fund, area_id, payer) SELECT id, entry_id, leg, debit_id, credit_id, 1, sub_fund, area_id, payer
        FROM funds_posting""",
    "empty the books": "TRUNCATE funds_posting CASCADE",
    "move nothing": """INSERT INTO funds_posting (entry_id, leg, debit_id, credit_id, amount_fen, sub_fund, area_id,
        payer) SELECT entry_id, 9, debit_id, credit_id, 0, sub_fund, area_id, payer FROM funds_posting""",
    "move to itself": """INSERT INTO funds_posting (entry_id, leg, debit_id, credit_id, amount_fen, sub_fund, area_id,
        payer) SELECT entry_id, 9, debit_id, debit_id, 1, sub_fund, area_id, payer FROM funds_posting""",
    "book a document twice": """INSERT INTO funds_entry (month_id, source, memo, booked_on)
        SELECT month_id, source, memo, booked_on FROM funds_entry""",
    "delete a month": "DELETE FROM funds_month",
    "change the audit trail": "UPDATE office_auditevent SET action = 'x'",
    "delete from the audit trail": "DELETE FROM office_auditevent",
    "delete the head of the audit trail": "DELETE FROM office_audithead",
}
ONLY = {"replace a posting": "sqlite", "empty the books": "postgresql"}


@pytest.mark.parametrize("attack", ATTACKS)
def test_plain_sql_cannot(town: Town, attack: str) -> None:
    if ONLY.get(attack, connection.vendor) != connection.vendor:
        return  # the other database has no such statement; its own run tries it
    town.books_open()
    entry = town.booked("100.00")
    months.audit.record(town.accountant, "test", entry, {}, at=town.now)
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ATTACKS[attack])
    assert Posting.objects.get().amount == Decimal("100.00")


def test_plain_sql_cannot_post_into_a_closed_month_nor_open_it_again(town: Town) -> None:
    january, *_rest = town.books_open()
    entry = town.booked("100.00")
    months.close(january, by=town.accountant, at=town.now)
    for statement in (
        """INSERT INTO funds_posting (entry_id, leg, debit_id, credit_id, amount_fen, sub_fund, area_id, payer)
           SELECT entry_id, 2, debit_id, credit_id, 5, sub_fund, area_id, payer FROM funds_posting""",
        f"""INSERT INTO funds_entry (month_id, source, memo, booked_on)
            SELECT month_id, 'late', memo, booked_on FROM funds_entry WHERE id = {entry.pk}""",
        "UPDATE funds_month SET state = 'open' WHERE state = 'closed'",
    ):
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


_LEGS = st.lists(
    st.tuples(st.sampled_from(sorted(booking.MOVES)), st.integers(min_value=1, max_value=10**13)),
    min_size=1,
    max_size=8,
)


@pytest.mark.django_db(transaction=False)
def test_the_books_balance_whatever_is_booked(town: Town) -> None:
    town.books_open()
    count = 0

    @settings(max_examples=40, deadline=None)
    @given(_LEGS)
    def book(legs: list[tuple[str, int]]) -> None:
        nonlocal count
        count += 1
        ways = [(booking.MOVES[move], Decimal(fen).scaleb(-2)) for move, fen in legs]
        ledger.book(
            f"any:{count}",
            town.city,
            date(2025, 1 + count % 12, 9),
            "any",
            [Leg(way.debit, way.credit, amount, ledger.SubFund.INPATIENT, town.county.pk) for way, amount in ways],
            town.accountant,
        )
        balance = statements.trial_balance(town.city)
        assert balance.difference == 0
        assert sum(line.debit for line in balance.lines) == sum(p.amount for p in Posting.objects.all())

    book()
