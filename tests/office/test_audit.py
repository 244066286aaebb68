"""The trail finds every row that was changed, lost, slipped in or cut off, by its number."""

from decimal import Decimal
from threading import Thread

import pytest
from django.db import IntegrityError, connection, transaction

from office import audit
from office.models import AuditEvent, AuditHead, Staff
from tests.town import Town


def _unlocked(sql: str, *values: object) -> None:
    """Change the trail as somebody could who owns the database: the triggers taken off first."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no check may be pending on a table that is altered
            cursor.execute("ALTER TABLE office_auditevent DISABLE TRIGGER USER")
            cursor.execute(sql, values)
            cursor.execute("ALTER TABLE office_auditevent ENABLE TRIGGER USER")
            return
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'office_auditevent'")
        triggers = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'office_auditevent'")
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute(sql, values)
        for trigger in triggers:
            cursor.execute(trigger)


def _five(town: Town) -> None:
    before = AuditHead.objects.get().number
    assert before == 0
    for order in range(5):
        detail = {"第": order, "share": 0.1, "amount": Decimal("1.50"), "big": 1e16, "day": town.today, "rare": "䶮𠮷"}
        audit.record(town.clerk, "test.act", town.village, detail, at=town.now)


def test_a_chain_of_acts_holds(town: Town) -> None:
    _five(town)
    assert audit.verify() == (5, None, "")
    last = AuditEvent.objects.first()
    assert last is not None
    assert (last.number, last.subject, last.area) == (5, f"office.area:{town.village.pk}", town.city)
    assert last.detail == {
        "第": 4, "share": "0.1", "amount": "1.50", "big": "1e+16", "day": "2025-03-10", "rare": "䶮𠮷",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "values", "broken"),
    [
        ("UPDATE office_auditevent SET action = %s WHERE number = 3", ("test.other",), 3),
        ("UPDATE office_auditevent SET actor_id = NULL WHERE number = 2", (), 2),
        ("UPDATE office_auditevent SET hash = %s WHERE number = 5", ("0" * 64,), 5),
        ("DELETE FROM office_auditevent WHERE number = 4", (), 4),
        ("DELETE FROM office_auditevent WHERE number = 5", (), 5),
        ("UPDATE office_auditevent SET number = 6 WHERE number = 5", (), 5),
    ],
)
def test_a_touched_chain_breaks_at_its_number(town: Town, sql: str, values: tuple[object, ...], broken: int) -> None:
    _five(town)
    _unlocked(sql, *values)
    verdict = audit.verify()
    assert not verdict.holds
    assert verdict.broken == broken
    assert str(broken) in verdict.why


def test_the_database_refuses_to_change_or_delete_an_act(town: Town) -> None:
    _five(town)
    for change in (
        lambda: AuditEvent.objects.filter(number=1).update(action="x"),
        lambda: AuditEvent.objects.filter(number=1).delete(),
        lambda: AuditHead.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    assert audit.verify().holds


def test_an_act_that_is_undone_leaves_no_link(town: Town) -> None:
    _five(town)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        audit.record(town.clerk, "test.undone", "nothing", at=town.now)
        raise ZeroDivisionError
    audit.record(None, "test.clock", "nothing", at=town.now)
    assert audit.verify() == (6, None, "")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_many_hands_at_once_make_one_chain() -> None:
    town = Town()
    by = Staff.objects.get(pk=town.clerk.pk)

    def acts() -> None:
        for _act in range(20):
            audit.record(by, "test.act", "at once", at=town.now)
        connection.close()

    hands = [Thread(target=acts) for _hand in range(4)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert audit.verify() == (80, None, "")
