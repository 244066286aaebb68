"""Refunds from the application to the bank's answer: what the text decides, who looks, what never happens twice."""

import threading
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from enrollment import ending, payments, refund_moves, refund_paying, refunds
from enrollment.models import Enrollment, Payment, Refund, Resident
from office import intake
from office.models import AuditEvent
from tests.town import Town
from tests.town_enrollment import refund_terms

NEW_YEAR = date(2025, 1, 1)
EVE = date(2024, 12, 31)


@pytest.fixture
def xuzhou(db: None) -> Town:
    return Town("320300", "xuzhou_2023")


def died(town: Town, day: date, policy: str = "") -> Payment:
    """Somebody who paid for 2025 in October 2024 dies on that day."""
    person = town.covered("王安")
    ending.end([person], "death", day, by=town.clerk, at=town.moment(max(day, town.today)))
    return Payment.objects.get(resident=person)


def twice(town: Town, day: date) -> Payment:
    """Somebody who is covered for 2025 pays for it a second time on that day."""
    person = town.covered("王安")
    town.tax_file(town.tax_line(person, day), name=f"又{day}.csv")
    return Payment.objects.get(resident=person, state="paid_twice")


def applied(town: Town, payment: Payment, reason: str, **more: Any) -> Refund:
    terms = refund_terms(reason) | {"by": town.clerk, "on": town.today, "at": town.now} | more
    return refunds.apply_for(payment, reason, **terms)


def approved(town: Town, payment: Payment, reason: str = "paid_twice", **more: Any) -> Refund:
    refund = applied(town, payment, reason, **more)
    refunds.check(refund, by=town.manager, at=town.now)
    return refunds.approve(refund, by=town.rechecker, at=town.now)


# --- what the text decides --------------------------------------------------------------------------------------------
@pytest.mark.article("XZ08.4c")
@pytest.mark.parametrize(("day", "state"), [(EVE, "applied"), (NEW_YEAR, "refused")])
def test_xuzhou_refunds_a_death_on_the_eve_of_benefits_and_not_on_their_first_day(xuzhou, day, state):
    refund = applied(xuzhou, died(xuzhou, day), "death")
    assert (refund.state, refund.article) == (state, "XZ08.4c")


@pytest.mark.article("XZ08.4c")
@pytest.mark.parametrize(("day", "state"), [(EVE, "applied"), (NEW_YEAR, "refused")])
def test_xuzhou_refunds_a_second_payment_only_where_it_came_before_benefits_began(xuzhou, day, state):
    assert applied(xuzhou, twice(xuzhou, day), "paid_twice").state == state


@pytest.mark.article("XZ10.7")
@pytest.mark.parametrize(("day", "state"), [(NEW_YEAR, "applied"), (date(2025, 1, 2), "refused")])
def test_an_employee_insurance_from_the_first_day_leaves_no_benefits_and_the_money_goes_back(xuzhou, day, state):
    person = xuzhou.covered()
    ending.end([person], "employee_insurance", day, by=xuzhou.clerk, at=xuzhou.now)
    assert applied(xuzhou, Payment.objects.get(), "employee_insurance").state == state


@pytest.mark.article("BZ23")
@pytest.mark.parametrize("day", [EVE, NEW_YEAR])
def test_binzhou_keeps_the_contribution_of_the_dead_before_benefits_as_after(db, day):
    town = Town("371600", "binzhou_2021")
    refund = applied(town, died(town, day), "death")
    assert (refund.state, refund.article) == ("refused", "BZ23")


@pytest.mark.article("BZ23")
def test_binzhou_gives_back_a_second_payment_for_one_year(db):
    town = Town("371600", "binzhou_2021")
    assert applied(town, twice(town, date(2025, 2, 3)), "paid_twice").state == "applied"


@pytest.mark.article("PZ09")
@pytest.mark.parametrize(("day", "state"), [(EVE, "applied"), (NEW_YEAR, "refused")])
def test_panzhihua_refunds_until_benefits_are_in_force(db, day, state):
    town = Town("510400", "panzhihua_2023")
    town.sample_notice("contribution.window.opens", "10-01", date(2024, 1, 1))
    town.sample_notice("contribution.window.closes", "12-31", date(2024, 1, 1))
    refund = applied(town, died(town, day), "death")
    assert (refund.state, refund.article) == (state, "PZ09")


@pytest.mark.article("JZ06.5")
def test_jinzhong_gives_back_what_was_paid_twice_whenever_it_came(town: Town) -> None:
    assert applied(town, twice(town, date(2025, 2, 3)), "paid_twice").article == "JZ06.5"


def test_a_refusal_says_why_in_one_sentence_and_leaves_the_payment_as_it_was(xuzhou: Town) -> None:
    payment = died(xuzhou, NEW_YEAR)
    refund = applied(xuzhou, payment, "death")
    payment.refresh_from_db()
    assert (refund.message, payment.state) == ("待遇已于 2025-01-01 开始，所缴费用不退", "matched")
    assert [move.after for move in refund.moves.all()] == ["refused"]
    # The refusal is kept, and what was wrong with it may be asked again.
    assert applied(xuzhou, payment, "death").pk != refund.pk


def test_after_the_regulation_has_lapsed_nothing_is_decided_either_way(db: None) -> None:
    town = Town("371600", "binzhou_2021")
    person = town.covered(year=2026)
    town.tax_file(town.tax_line(person, date(2026, 2, 3), year=2026))
    payment = Payment.objects.get(state="paid_twice")
    with pytest.raises(refunds.CannotRefund, match="已无规定可依"):
        applied(town, payment, "paid_twice", on=date(2026, 3, 1), at=town.moment(date(2026, 3, 1)))
    assert not Refund.objects.exists()


def test_a_strangers_money_and_the_part_above_the_standard_go_back(town: Town) -> None:
    town.enrolled(town.resident("王安"))
    nobody = town.resident("李远")
    lines = [town.tax_line(nobody, date(2024, 10, 9), 姓名="张三"), town.tax_line(nobody, date(2024, 10, 9))]
    town.tax_file(*lines)
    refund = applied(town, Payment.objects.get(name="张三"), "stranger", relation="payer", amount=Decimal("400.00"))
    assert (refund.state, refund.counted, refund.payment.refunds.get().paid) == ("applied", False, Decimal("400.00"))


# --- what is not taken ------------------------------------------------------------------------------------------------
def test_an_application_lacks_nothing(town: Town) -> None:
    payment = died(town, EVE)
    for wrong, told in (
        ({"papers": ["identity", "account", "death"]}, "还缺材料：关系或继承证明"),
        ({"relation": "self"}, "由继承人申请"),
        ({"account": "6222 oo"}, "8 至 32 位数字"),
        ({"amount": Decimal("400.01")}, "最多可退 400.00 元"),
    ):
        with pytest.raises(refunds.CannotRefund, match=told):
            applied(town, payment, "death", **wrong)
    with pytest.raises(refunds.CannotRefund, match="请先在人员页面登记终止"):
        applied(town, payment, "moved_out")
    with pytest.raises(refunds.CannotRefund, match="不在您的管辖区域内"):
        applied(town, payment, "death", by=town.member("clerk", town.other_county))


def test_a_payment_is_applied_for_once(town: Town) -> None:
    payment = twice(town, EVE)
    applied(town, payment, "paid_twice")
    with pytest.raises(refunds.CannotRefund, match="一笔缴费只退一次"):
        applied(town, payment, "paid_twice")


def test_the_database_refunds_a_payment_once_and_never_more_than_was_paid(town: Town) -> None:
    payment = twice(town, EVE)
    refund = applied(town, payment, "paid_twice")
    refund.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        refund.save(force_insert=True)
    for wrong in ({"amount": Decimal("400.01")}, {"paid": Decimal("999.00"), "amount": Decimal("500.00")}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Refund.objects.update(**wrong)


# --- people -----------------------------------------------------------------------------------------------------------
def test_who_applied_does_not_check_and_neither_of_them_approves(town: Town) -> None:
    refund = applied(town, twice(town, EVE), "paid_twice", by=town.manager)
    with pytest.raises(refunds.CannotRefund, match="交由他人初审"):
        refunds.check(refund, by=town.manager, at=town.now)
    refunds.check(refund, by=town.accountant, at=town.now)
    for staff in (town.manager, town.accountant):
        with pytest.raises(refunds.CannotRefund, match="交由他人复核"):
            refunds.approve(refund, by=staff, at=town.now)
        with pytest.raises(IntegrityError), transaction.atomic():
            Refund.objects.update(state="approved", approved_by=staff)
    with pytest.raises(IntegrityError), transaction.atomic():
        Refund.objects.update(state="approved")


def test_of_two_who_approve_at_once_one_decides(town: Town) -> None:
    refund = applied(town, twice(town, EVE), "paid_twice")
    refunds.check(refund, by=town.manager, at=town.now)
    seen_by_another = Refund.objects.get()
    refunds.approve(refund, by=town.rechecker, at=town.now)
    with pytest.raises(refund_moves.CannotMove, match="刚被他人办理"):
        refunds.refuse(seen_by_another, by=town.accountant, at=town.now, message="材料不实")


def test_a_refusal_by_a_person_puts_the_payment_back_where_it_stood(town: Town) -> None:
    payment = twice(town, EVE)
    refund = applied(town, payment, "paid_twice")
    payment.refresh_from_db()
    assert payment.state == "refund"
    refunds.refuse(refund, by=town.manager, at=town.now, message="缴费凭证不是原件")
    payment.refresh_from_db()
    assert (payment.state, refund.state) == ("paid_twice", "refused")


# --- the bank ---------------------------------------------------------------------------------------------------------
def test_a_death_before_benefits_is_paid_back_and_the_cover_is_gone(xuzhou: Town) -> None:
    refund = approved(xuzhou, died(xuzhou, EVE), "death")
    made = refund_paying.make_list(xuzhou.city, by=xuzhou.accountant, on=xuzhou.today, at=xuzhou.now)
    assert (made.number, made.lines, made.amount) == ("TF20250310-320300-01", 1, Decimal("400.00"))
    content = refund_paying.bank_file(made, by=xuzhou.accountant, at=xuzhou.now)
    assert content[:2] == b"PK"
    refund.refresh_from_db()
    refund_paying.paid([refund], xuzhou.today, by=xuzhou.accountant, at=xuzhou.now)
    enrollment = Enrollment.objects.get()
    assert (enrollment.state, enrollment.paid_on, enrollment.benefits_from) == ("ended", None, None)
    assert Payment.objects.get().state == "refund"
    moves = ["applied", "checked", "approved", "listed", "paid"]
    assert [move.after for move in refund.moves.all()] == moves
    acts = AuditEvent.objects.filter(action__startswith="refunds.").order_by("number")
    assert list(acts.values_list("action", flat=True)) == [
        "refunds.apply", "refunds.check", "refunds.approve", "refunds.list", "refunds.paid",
    ]  # fmt: skip


def test_the_banks_file_says_what_was_paid_and_what_bounced_goes_again(town: Town) -> None:
    first, second = town.covered("王安"), town.covered("李远")
    town.tax_file(*(town.tax_line(person, EVE) for person in (first, second)), name="又.csv")
    waiting = [approved(town, payment) for payment in Payment.objects.filter(state="paid_twice").order_by("pk")]
    refund_paying.make_list(town.city, by=town.accountant, on=town.today, at=town.now)
    headings = ("退费单号", "金额", "结果", "日期", "原因")
    rows = [
        (waiting[0], "400.00", "成功", town.today, ""),
        (waiting[1], "400.00", "退回", town.today, "户名不符"),
        (waiting[1], "400.01", "成功", town.today, ""),
        ("TF99999999", "400.00", "成功", town.today, ""),
    ]
    lines = [dict(zip(headings, map(str, row), strict=True)) for row in rows]
    content = town.csv(lines, headings)
    batch = intake.receive("refunded", town.city, "回盘.csv", content, {}, by=town.accountant, at=town.now)
    batch = intake.take(batch, by=town.accountant, at=town.now)
    assert (batch.taken, batch.refused) == (2, 2)
    states = dict(Refund.objects.values_list("payment__name", "state"))
    assert states == {"王安": "paid", "李远": "bounced"}
    back = Refund.objects.get(state="bounced")
    refunds.again(back, "李远", "农业银行", "6222000011112222", by=town.clerk, on=town.today, at=town.now)
    back.refresh_from_db()
    assert (back.state, back.checked_by, back.approved_by, back.account) == ("applied", None, None, "6222000011112222")


def test_money_that_goes_back_is_never_matched_again(town: Town) -> None:
    """A rematch passes it by, and the database refuses what would slip past."""
    person = town.resident("王安")
    town.tax_file(town.tax_line(person, EVE))
    payment = Payment.objects.get(state="not_enrolled")
    applied(town, payment, "stranger", relation="payer")
    enrollment = town.enrolled(person)
    payments.rematch(Payment.objects.all(), by=town.accountant, at=town.now)
    payment.refresh_from_db()
    assert payment.state == "refund"
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(state="matched", enrollment=enrollment, resident=person)


def test_what_was_paid_back_stays_and_its_history_too(town: Town) -> None:
    refund = approved(town, twice(town, EVE))
    refund_paying.make_list(town.city, by=town.accountant, on=town.today, at=town.now)
    refund.refresh_from_db()
    refund_paying.paid([refund], town.today, by=town.accountant, at=town.now)
    tables = {"enrollment_refund": "amount_fen = 1", "enrollment_refundmove": "why = ''"}
    for table, change in tables.items():
        for sql in (f"UPDATE {table} SET {change}", f"DELETE FROM {table}"):
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_ten_counters_at_once_take_one_application() -> None:
    """Seen to fail (ten refunds of one payment) without the lock, the look and `a_payment_is_refunded_once`."""
    town = Town()
    payment = twice(town, EVE)
    clerk, told, start = town.clerk, [], threading.Barrier(10)

    def counter() -> None:
        start.wait()
        try:
            terms = refund_terms("paid_twice") | {"by": clerk, "on": town.today, "at": town.now}
            refunds.apply_for(payment, "paid_twice", **terms)
            told.append("taken")
        except refunds.CannotRefund as refusal:
            told.append(refusal.message)
        finally:
            connection.close()

    counters = [threading.Thread(target=counter) for _number in range(10)]
    for one in counters:
        one.start()
    for one in counters:
        one.join()
    assert (told.count("taken"), Refund.objects.count()) == (1, 1)
    assert Resident.objects.count() == 1
