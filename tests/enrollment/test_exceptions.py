"""Payments of every channel: what settles an enrollment, what is held, and how each exception is settled."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from enrollment import crediting, debiting, exceptions, payments
from enrollment.exceptions import CannotSettle
from enrollment.models import Debit, DebitLine, Enrollment, Mandate, Payment, Reassignment, Resident
from funds import booking, held, months, releasing
from funds.models import Posting
from office import intake
from office.models import AuditEvent, Batch
from tests.town import Town

pytestmark = pytest.mark.django_db
DAY = date(2024, 10, 10)


def _who(town: Town) -> dict[str, Any]:
    return {"by": town.accountant, "at": town.now}


def _states() -> list[str]:
    return list(Payment.objects.order_by("line", "pk").values_list("state", flat=True))


def _school_file(town: Town, *lines: tuple[str, str, str, str]) -> Batch:
    told = [
        {"凭证号": receipt, "学校代码": code, "年度": "2025", "金额": amount, "到账日期": day}
        for receipt, code, amount, day in lines
    ]
    content = town.csv(told, told[0])
    batch = intake.receive("school_sums", town.city, "学校.csv", content, {}, by=town.accountant, at=town.now)
    return intake.take(batch, by=town.accountant, at=town.now)


# --- several sums -----------------------------------------------------------------------------------------------------
@pytest.mark.article("XZ10.1", "XZ08.3")
def test_two_payments_that_make_up_what_is_owed_settle_it_on_the_day_of_the_second(town: Town) -> None:
    resident = town.resident()
    town.enrolled(resident)
    town.tax_file(town.tax_line(resident, DAY, "150.00"))
    assert _states() == ["too_small"]
    exceptions.keep_part(Payment.objects.get(), **_who(town))
    town.tax_file(town.tax_line(resident, date(2024, 10, 20), "250.00"))
    assert _states() == ["matched", "matched"]
    enrollment = Enrollment.objects.get()
    assert (enrollment.state, enrollment.paid_on) == ("covered", date(2024, 10, 20))
    part, rest = Payment.objects.order_by("pk")
    assert (part.completed_by, rest.completed_by) == (rest, None)


def test_parts_in_one_file_settle_too_and_a_part_beside_the_whole_sum_is_paid_twice(town: Town) -> None:
    parts, both = town.resident(), town.resident()
    for resident in (parts, both):
        town.enrolled(resident)
    town.tax_file(
        town.tax_line(parts, DAY, "100.00"),
        town.tax_line(parts, DAY, "300.00"),
        town.tax_line(both, DAY, "390.00"),
        town.tax_line(both, date(2024, 10, 11), "400.00"),
    )
    assert _states() == ["matched", "matched", "paid_twice", "matched"]


def test_the_database_settles_an_enrollment_once_and_completes_only_what_is_matched(town: Town) -> None:
    resident = town.resident()
    town.enrolled(resident)
    town.tax_file(town.tax_line(resident, DAY, "150.00"), town.tax_line(resident, DAY, "250.00"))
    part, rest = Payment.objects.order_by("line")
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=part.pk).update(completed_by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=part.pk).update(state="too_small")
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=rest.pk).update(state="part", enrollment=None, completed_by=None)


# --- one exception after the other ------------------------------------------------------------------------------------
def test_a_misspelt_name_counts_once_somebody_has_looked(town: Town) -> None:
    resident = town.resident("王志强")
    town.enrolled(resident)
    town.tax_file(town.tax_line(resident, DAY, 姓名="王志墙"))
    payment = Payment.objects.get()
    assert payment.state == "name_differs"
    with pytest.raises(CannotSettle, match="理由"):
        exceptions.assign(payment, resident, " ", **_who(town))
    exceptions.assign(payment, resident, "错一字", **_who(town))
    assert _states() == ["matched"]
    assert Payment.objects.get().name == "王志墙"  # the line stays as it came
    assert AuditEvent.objects.filter(action="exceptions.assign").count() == 1


def test_money_goes_to_another_person_only_when_a_second_person_agrees(town: Town) -> None:
    resident, other = town.resident(), town.resident()
    town.enrolled(other)
    town.tax_file({**town.tax_line(resident, DAY), "证件号码": town.number()})
    payment = Payment.objects.get()
    assert payment.state == "unknown_person"
    wish = exceptions.assign(payment, other, "代缴写错号码", **_who(town))
    assert isinstance(wish, Reassignment)
    assert _states() == ["unknown_person"]
    with pytest.raises(CannotSettle, match="待复核"):
        exceptions.assign(payment, other, "再来一次", **_who(town))
    with pytest.raises(CannotSettle, match="另一人"):
        exceptions.decide(wish, True, **_who(town))
    with pytest.raises(IntegrityError), transaction.atomic():
        Reassignment.objects.filter(pk=wish.pk).update(state="done", decided_by=wish.asked_by, decided_at=town.now)
    exceptions.decide(wish, True, by=town.rechecker, at=town.now)
    assert _states() == ["matched"]
    assert Payment.objects.get().resident == other
    assert Enrollment.objects.get(resident=other).state == "covered"
    with pytest.raises(CannotSettle, match="已复核"):
        exceptions.decide(wish, False, by=town.rechecker, at=town.now)


def test_a_refused_wish_leaves_the_exception_where_it_was(town: Town) -> None:
    other = town.resident()
    town.enrolled(other)
    town.tax_file({**town.tax_line(other, DAY), "证件号码": town.number()})
    wish = exceptions.assign(Payment.objects.get(), other, "同名", **_who(town))
    exceptions.decide(wish, False, by=town.rechecker, at=town.now)
    assert _states() == ["unknown_person"]
    assert Enrollment.objects.get().state == "due"


def test_whoever_was_not_put_down_is_put_down_and_the_wrong_year_is_moved(town: Town) -> None:
    late, wrong = town.resident(), town.resident()
    town.enrolled(wrong)
    town.tax_file(town.tax_line(late, DAY), town.tax_line(wrong, DAY, year=2024))
    assert _states() == ["not_enrolled", "wrong_year"]
    first, second = Payment.objects.order_by("line")
    exceptions.enroll(first, on=DAY, **_who(town))
    with pytest.raises(CannotSettle, match="已是"):
        exceptions.move_year(second, 2024, "写错", **_who(town))
    exceptions.move_year(second, 2025, "写错年度", **_who(town))
    assert _states() == ["matched", "matched"]
    assert Payment.objects.get(pk=second.pk).year == 2024
    with pytest.raises(CannotSettle, match="已处理"):
        exceptions.move_year(second, 2026, "再改", **_who(town))


def test_a_sum_that_is_too_large_is_split_and_only_the_rest_stays_on_the_list(town: Town) -> None:
    resident = town.resident()
    town.enrolled(resident)
    batch = town.tax_file(town.tax_line(resident, DAY, "500.00"))
    exceptions.split(Payment.objects.get(), **_who(town))
    assert _states() == ["spread", "matched", "paid_twice"]
    assert [one.amount for one in exceptions.open_ones(town.accountant)] == [Decimal("100.00")]
    told = payments.totals(batch)
    assert sum(total.amount for total in told) == payments.file_sum(batch) == Decimal("500.00")


def test_what_is_not_ours_is_dismissed_with_a_reason_by_whoever_it_lies_with(town: Town) -> None:
    resident = town.resident()
    town.tax_file({**town.tax_line(resident, DAY), "证件号码": town.number()})
    payment = Payment.objects.get()
    stranger = town.member("accountant", town.other_county)
    with pytest.raises(CannotSettle, match="管辖"):
        exceptions.dismiss(payment, "外市", by=stranger, at=town.now)
    with pytest.raises(CannotSettle, match="不能这样处理"):
        exceptions.keep_part(payment, **_who(town))
    exceptions.dismiss(payment, "外市款项", **_who(town))
    assert _states() == ["dismissed"]
    assert not exceptions.open_ones(town.accountant)


def test_all_exceptions_are_judged_again_by_a_job_in_chunks(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crediting, "PIECE", 2)
    people = [town.resident() for _ in range(5)]
    town.period()
    town.tax_file(*(town.tax_line(one, DAY) for one in people))
    for one in people:
        town.enrolled(one)
    job = crediting.start_rematch(town.city, **_who(town))
    assert job.chunks.count() == 3
    town.work()
    job.refresh_from_db()
    assert (job.state, job.report) == ("done", {"judged": 5, "matched": 5})
    assert set(_states()) == {"matched"}


# --- channels ---------------------------------------------------------------------------------------------------------
@pytest.mark.article("BZ09")
def test_an_agents_receipts_are_its_own_and_the_same_file_again_changes_nothing(town: Town) -> None:
    first, second = town.resident(), town.resident()
    for resident in (first, second):
        town.enrolled(resident)
    line = town.tax_line(first, DAY, 完税凭证号="A1")
    for sender, one in (("邮储", line), ("农商行", town.tax_line(second, DAY, 完税凭证号="A1")), ("邮储", line)):
        told = {"channel": "agent", "sender": sender}
        content = town.csv([one, one], one)  # the line is in the file twice
        batch = intake.receive("payments", town.city, "代收.csv", content, told, by=town.accountant, at=town.now)
        intake.take(batch, by=town.accountant, at=town.now)
    assert _states() == ["matched", "matched"]
    assert set(Payment.objects.values_list("source", flat=True)) == {"agent:邮储", "agent:农商行"}


@pytest.mark.article("XZ08.5", "BZ09")
def test_a_schools_sum_is_spread_over_its_students_or_held_with_both_sums(town: Town) -> None:
    school = town.school()
    students = [town.resident() for _ in range(3)]
    Resident.objects.filter(pk__in=[one.pk for one in students]).update(school=school, basis="university")
    for one in students:
        town.enrolled(one)
    batch = _school_file(town, ("S1", school.code, "800.00", "2024-10-10"))
    assert _states() == ["sum_differs"]
    assert "3 人应缴 1200.00 元" in Payment.objects.get().reason
    good = _school_file(town, ("S2", school.code, "1200.00", "2024-10-11"), ("S1", school.code, "800.00", "2024-10-10"))
    assert (good.taken, good.duplicate) == (1, 1)
    assert Payment.objects.filter(state="matched", spread_of__receipt="S2").count() == 3
    assert Enrollment.objects.filter(state="covered").count() == 3
    for file in (batch, good):
        assert sum(total.amount for total in payments.totals(file)) == payments.file_sum(file)


def test_a_schools_sum_is_spread_once_its_roster_is_right(town: Town) -> None:
    school = town.school()
    students = [town.resident() for _ in range(2)]
    Resident.objects.filter(pk__in=[one.pk for one in students]).update(school=school, basis="university")
    town.enrolled(students[0])
    _school_file(town, ("S1", school.code, "800.00", "2024-10-10"))
    town.enrolled(students[1])
    exceptions.spread(Payment.objects.get(), **_who(town))
    assert sorted(_states()) == ["matched", "matched", "spread"]


# --- direct debit -----------------------------------------------------------------------------------------------------
def _mandate(town: Town, resident: Resident, **more: Any) -> Mandate:
    told = {"bank": "农业银行", "holder": resident.name, "account": "6228 4800 1234 5678", "since": date(2024, 9, 1)}
    return debiting.authorize(resident, **(told | more), by=town.clerk, at=town.now)


def _answer(town: Town, debit: str, *lines: tuple[int, str, str, str]) -> Batch:
    told = [
        {"批次号": debit, "序号": str(n), "金额": amount, "结果": result, "失败原因": why, "扣款日期": "2024-10-12"}
        for n, amount, result, why in lines
    ]
    content = town.csv(told, told[0])
    batch = intake.receive("debited", town.city, "回盘.csv", content, {}, by=town.accountant, at=town.now)
    return intake.take(batch, by=town.accountant, at=town.now)


@pytest.mark.article("JZ06.5")
def test_a_bank_is_asked_and_its_answer_pays_or_stands_among_the_exceptions(town: Town) -> None:
    father, mother = town.papers(), town.papers()
    family = town.household(father, mother)
    people = list(family.members.order_by("pk"))
    other = town.resident()
    for one in (*people, other):
        town.enrolled(one)
    mandate = _mandate(town, people[0], household=True)
    assert "6228480012345678" not in str(mandate.masked)
    who = {"by": town.accountant, "on": DAY, "at": town.moment(DAY)}
    debit = debiting.ask(town.period(), town.city, "农业银行", **who)
    assert (debit.lines, debit.amount) == (2, Decimal("800.00"))
    with pytest.raises(debiting.CannotDebit):
        debiting.ask(town.period(), town.city, "农业银行", **who)  # both are asked already
    last = debiting.file_out(debit, by=town.accountant, at=town.now).decode("utf-8-sig").splitlines()[-1]
    assert last == "合计,2,,,800.00,,"
    batch = _answer(
        town, debit.number, (1, "400.00", "成功", ""), (2, "400.00", "失败", "余额不足"), (3, "1", "成功", "")
    )
    assert (batch.taken, batch.refused) == (2, 1)
    assert _states() == ["matched", "debit_failed"]
    assert "余额不足" in Payment.objects.get(state="debit_failed").reason
    again = _answer(town, debit.number, (1, "400.00", "成功", ""), (2, "400.00", "成功", ""))
    assert (again.taken, again.duplicate, again.refused) == (0, 1, 1)
    second = debiting.ask(town.period(), town.city, "农业银行", **who)
    assert second.lines == 1
    exceptions.told(Payment.objects.get(state="debit_failed"), "已电话告知", **_who(town))
    assert not exceptions.open_ones(town.accountant)


def test_a_mandate_is_refused_where_it_cannot_be_and_the_database_keeps_one(town: Town) -> None:
    resident = town.resident()
    for wrong in ({"account": "12ab"}, {"since": date(2099, 1, 1)}):
        with pytest.raises(debiting.CannotAuthorize):
            _mandate(town, resident, **wrong)
    first = _mandate(town, resident)
    second = _mandate(town, resident, since=date(2024, 10, 1), account="6222000011112222")
    first.refresh_from_db()
    assert first.until == date(2024, 9, 30)
    with pytest.raises(IntegrityError), transaction.atomic():
        Mandate.objects.filter(pk=first.pk).update(until=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Mandate.objects.filter(pk=first.pk).update(until=date(2024, 8, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Mandate.objects.filter(pk=first.pk).update(holder="")
    debiting.withdraw(second, DAY, by=town.clerk, at=town.now)
    with pytest.raises(debiting.CannotAuthorize):
        debiting.withdraw(second, DAY, by=town.clerk, at=town.now)


def test_the_database_asks_one_bank_at_a_time_and_wants_a_reason_for_a_failure(town: Town) -> None:
    resident = town.resident()
    town.enrolled(resident)
    _mandate(town, resident)
    debit = debiting.ask(town.period(), town.city, "农业银行", by=town.accountant, on=DAY, at=town.now)
    line = DebitLine.objects.get()
    for wrong in ({"state": "failed"}, {"amount": Decimal(0)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            DebitLine.objects.filter(pk=line.pk).update(**wrong)
    line.pk, line.line = None, 2
    with pytest.raises(IntegrityError), transaction.atomic():
        line.save(force_insert=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        type(debit).objects.filter(pk=debit.pk).update(lines=0)


# --- the books --------------------------------------------------------------------------------------------------------
def test_held_money_that_finds_its_person_is_owed_to_the_books_until_it_is_released(town: Town) -> None:
    town.books_open()
    resident, other = town.resident(), town.resident()
    town.period()
    batch = town.tax_file(town.tax_line(resident, DAY), {**town.tax_line(other, DAY), "证件号码": town.number()})
    booking.book_payments(batch, town.today, town.accountant)
    month = months.open_until(town.city, town.today, town.today)[0]
    assert not held.releases(town.city, date(2026, 1, 1))
    exceptions.enroll(Payment.objects.get(state="not_enrolled"), on=DAY, **_who(town))
    assert _states() == ["matched", "unknown_person"]
    assert [item.kind for item in months.unbooked(month)] == ["releases"]
    for _turn in range(2):
        releasing.book_waiting_releases(month, by=town.accountant, at=town.now)
    assert not months.unbooked(month)
    stands = booking.balances(Posting.objects.all(), held.HELD)
    assert list(stands.values()) == [Decimal("400.00")]
    assert sum(booking.balances(Posting.objects.all(), "4001").values()) == Decimal("400.00")
    town.enrolled(other)
    wish = exceptions.assign(Payment.objects.get(state="unknown_person"), other, "写错号码", **_who(town))
    exceptions.decide(wish, True, by=town.rechecker, at=town.now)
    releasing.book_waiting_releases(month, by=town.accountant, at=town.now)
    assert not booking.balances(Posting.objects.all(), held.HELD)
    assert {key[1] for key in booking.balances(Posting.objects.all(), "4001")} == {town.county.pk}


# --- the pages --------------------------------------------------------------------------------------------------------
def test_an_exception_is_settled_from_its_page_and_the_file_shows_that_its_sums_hold(town: Town) -> None:
    client, checker = Client(), Client()
    client.force_login(town.accountant, backend="django.contrib.auth.backends.ModelBackend")
    checker.force_login(town.rechecker, backend="django.contrib.auth.backends.ModelBackend")
    right, other = town.resident("王志强"), town.resident("李秀英")
    for one in (right, other):
        town.enrolled(one)
    batch = town.tax_file(
        town.tax_line(right, DAY, 姓名="王志墙"),
        {**town.tax_line(other, DAY), "证件号码": town.number()},
        town.tax_line(other, DAY, "100.00"),
    )
    listed = client.get(reverse("enrollment:exceptions")).content.decode()
    assert "王志墙" in listed
    spelt, stranger, short = Payment.objects.order_by("line")
    page = client.get(reverse("enrollment:exception", args=[spelt.pk])).content.decode()
    assert "姓名不同：王志墙 / 王志强" in page
    assert right.id_number not in page
    told = {"resident": right.pk, "why": "错一字"}
    assert client.post(reverse("enrollment:assign-payment", args=[spelt.pk]), told).status_code == 302
    found = client.get(reverse("enrollment:exception", args=[stranger.pk]), {"q": "李秀英"}).content.decode()
    assert "证件号码不同" in found
    client.post(reverse("enrollment:assign-payment", args=[stranger.pk]), {"resident": other.pk, "why": "代缴"})
    wish = Reassignment.objects.get()
    assert client.post(reverse("enrollment:decide-reassignment", args=[wish.pk]), {"agree": "1"}).status_code == 403
    assert "李秀英" in checker.get(reverse("enrollment:reassignments")).content.decode()
    checker.post(reverse("enrollment:decide-reassignment", args=[wish.pk]), {"agree": "1"})
    for odd in ({"act": "fly"}, {"act": "year", "year-year": "x"}, {"act": "dismiss"}, {}):
        assert client.post(reverse("enrollment:settle-exception", args=[short.pk]), odd).status_code == 302
    assert _states() == ["matched", "matched", "paid_twice"]
    client.post(reverse("enrollment:settle-exception", args=[short.pk]), {"act": "part"})
    assert _states()[-1] == "paid_twice"  # what is paid twice is no part of anything
    file = client.get(reverse("enrollment:payment-file", args=[batch.pk])).content.decode()
    assert "各项之和与文件一致" in file
    assert "900.00" in file


def test_pages_of_direct_debit_go_from_the_mandate_to_the_file(town: Town) -> None:
    client = Client()
    client.force_login(town.manager, backend="django.contrib.auth.backends.ModelBackend")
    resident = town.resident()
    town.enrolled(resident)
    form = {"bank": "农业银行", "holder": "张三", "account": "6228480012345678", "since": "2024-09-01"}
    address = reverse("enrollment:mandate", args=[resident.pk])
    assert "8 至 30" in client.post(address, {**form, "account": "12"}).content.decode()
    assert client.post(address, form).status_code == 302
    assert "6228480012345678" not in client.get(address).content.decode()
    told = {"period": town.period().pk, "bank": "农业银行"}
    assert client.post(reverse("enrollment:ask-debit"), {"bank": "没有"}).status_code == 302
    assert client.post(reverse("enrollment:ask-debit"), told).status_code == 302  # today nobody can pay for 2025
    assert not Debit.objects.exists()
    debit = debiting.ask(town.period(), town.city, "农业银行", by=town.accountant, on=DAY, at=town.now)
    page = reverse("enrollment:debit", args=[debit.pk])
    assert debit.number in client.get(reverse("enrollment:debits")).content.decode()
    assert "6228480012345678" not in client.get(page).content.decode()
    assert "6228480012345678" in client.post(reverse("enrollment:debit-file", args=[debit.pk])).content.decode()
    assert client.post(reverse("enrollment:withdraw-mandate", args=[Mandate.objects.get().pk])).status_code == 302
