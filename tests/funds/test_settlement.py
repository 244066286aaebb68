"""Month's end with institutions: each claim in one settlement, each settlement paid and booked once, by two people."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import Error, connection, transaction

from claims import institutions
from claims.models import Agreement, Claim, Institution
from claims.withdrawing import withdraw
from funds import auditing, redressing, settlement, statements
from funds.models import Entry, Posting, Redress, Settlement, SettlementItem
from funds.settlement import CannotSettle
from office.models import Job
from tests.town import Town

pytestmark = pytest.mark.django_db

MARCH = date(2025, 3, 1)


def month_end(town: Town, first_day: date = MARCH) -> Job:
    """The accountant starts the month end and a worker does it."""
    job = settlement.start(town.city, town.policy, first_day, by=town.accountant, at=town.now)
    town.work()
    job.refresh_from_db()
    return job


def paid(town: Town, found: Settlement) -> Settlement:
    settlement.approve([found], by=town.rechecker, at=town.now)
    found.refresh_from_db()
    return settlement.pay(found, on=date(2025, 4, 8), by=town.accountant, at=town.now)


def test_a_month_is_drafted_checked_paid_and_booked(town: Town) -> None:
    town.books_open()
    hospital, patient = town.hospital(), town.patient()
    claim = town.approved(patient, hospital, "3000.00")
    assert month_end(town).state == "done"
    found = Settlement.objects.get()
    assert (found.claimed, found.deposit, found.payable) == (
        Decimal("1950.00"),
        Decimal("97.50"),
        Decimal("1852.50"),
    )
    paid(town, found)
    claim.refresh_from_db()
    assert claim.state == "settled"
    entry = Entry.objects.get(source=f"settlement:{found.pk}")
    assert {(p.debit.code, p.credit.code): p.amount for p in entry.postings.all()} == {
        ("5001", "1004"): Decimal("1852.50"),
        ("5001", "2101"): Decimal("97.50"),
    }
    assert list(auditing.findings()) == []


@pytest.mark.article("JZ22.2")
def test_the_deposit_is_at_most_five_percent_and_withheld_from_every_settlement(town: Town) -> None:
    hospital = town.hospital(agreed=False)
    terms = {"by": town.manager, "at": town.now}
    with pytest.raises(institutions.CannotContract, match="5%"):
        institutions.sign(hospital, "X1", MARCH, date(2025, 12, 31), deposit_rate=Decimal("0.0501"), **terms)
    institutions.sign(hospital, "X1", MARCH, date(2025, 12, 31), deposit_rate=Decimal("0.05"), **terms)
    town.approved(town.patient(), hospital, "3000.00", on=date(2025, 3, 25))
    month_end(town)
    assert Settlement.objects.get().deposit == Decimal("97.50")


def test_settling_a_month_twice_changes_nothing(town: Town) -> None:
    town.books_open()
    town.approved(town.patient(), town.hospital())
    first = month_end(town)
    assert month_end(town) == first
    again = settlement.draft(Settlement.objects.get().institution_id, town.policy, MARCH, town.accountant, town.now)
    assert again == Settlement.objects.get()
    assert SettlementItem.objects.count() == 1
    found = paid(town, again)
    settlement.pay(found, on=date(2025, 4, 9), by=town.accountant, at=town.now)
    assert Posting.objects.filter(credit__code="1004").count() == 1


def test_a_claim_discharged_on_the_last_day_is_settled_and_the_next_days_waits(town: Town) -> None:
    hospital, patient = town.hospital(), town.patient()
    in_time = town.approved(patient, hospital, on=date(2025, 3, 31))
    late = town.approved(patient, hospital, on=date(2025, 4, 1))
    month_end(town)
    assert [item.claim for item in SettlementItem.objects.all()] == [in_time]
    month_end(town, date(2025, 4, 1))
    assert {item.claim for item in SettlementItem.objects.all()} == {in_time, late}


def test_claims_that_nobody_approved_are_not_settled(town: Town) -> None:
    town.claim(town.patient(), town.hospital())
    month_end(town)
    assert not Settlement.objects.exists()


def test_whoever_drafted_does_not_check_and_whoever_checked_does_not_pay(town: Town) -> None:
    town.books_open()
    town.approved(town.patient(), town.hospital())
    month_end(town)
    found = Settlement.objects.get()
    with pytest.raises(CannotSettle, match="不能是同一人"):
        settlement.approve([found], by=town.accountant, at=town.now)
    with pytest.raises(CannotSettle, match="尚未复核"):
        settlement.pay(found, on=date(2025, 4, 8), by=town.accountant, at=town.now)
    settlement.approve([found], by=town.rechecker, at=town.now)
    found.refresh_from_db()
    with pytest.raises(CannotSettle, match="不能是同一人"):
        settlement.pay(found, on=date(2025, 4, 8), by=town.rechecker, at=town.now)


def test_an_institution_without_an_agreement_fails_alone_and_by_name(town: Town) -> None:
    good, lapsed = town.hospital("city"), town.hospital()
    town.approved(town.patient(), good)
    town.approved(town.patient(), lapsed)
    Agreement.objects.filter(institution=lapsed).update(until=date(2025, 2, 28))
    job = month_end(town)
    assert job.state == "failed"
    assert Settlement.objects.get().institution == good
    assert "没有服务协议" in job.chunks.get(state="failed").error


def test_care_under_an_agreement_that_has_ended_is_settled_by_its_terms(town: Town) -> None:
    hospital = town.hospital()
    town.approved(town.patient(), hospital, on=date(2025, 2, 20))
    Agreement.objects.filter(institution=hospital).update(ended_on=date(2025, 2, 28))
    assert month_end(town).state == "done"
    assert Settlement.objects.get().claims == 1


def test_an_earlier_month_is_not_settled_after_a_later_one(town: Town) -> None:
    town.approved(town.patient(), town.hospital())
    month_end(town)
    with pytest.raises(CannotSettle, match="更晚的月份已经结算"):
        month_end(town, date(2025, 2, 1))


def test_what_exceeds_the_budget_to_date_is_held(town: Town) -> None:
    hospital = town.hospital(agreed=False)
    terms = {"by": town.manager, "at": town.now, "year_budget": Decimal("6000.00")}
    institutions.sign(hospital, "X1", date(2025, 1, 1), date(2025, 12, 31), **terms)
    town.approved(town.patient(), hospital, "3000.00")  # 1,950 of the fund; 6,000 a year is 1,500 until March
    month_end(town)
    found = Settlement.objects.get()
    assert (found.within, found.held) == (Decimal("1500.00"), Decimal("450.00"))


def test_critical_illness_is_advanced_and_returned_by_its_insurer(town: Town) -> None:
    town.books_open()
    town.approved(town.patient(), town.hospital("city"), "150000.00")
    month_end(town)
    found = paid(town, Settlement.objects.get())
    assert found.critical_illness == Decimal("52500.00")
    balance = {line.account.code: line.balance for line in statements.trial_balance(town.city).lines}
    assert balance["1101"] == Decimal("52500.00")
    settlement.booking.book_advances_returned(town.city, MARCH, date(2025, 4, 20), town.accountant)
    balance = {line.account.code: line.balance for line in statements.trial_balance(town.city).lines}
    assert balance["1101"] == 0


def test_a_claim_reversed_after_its_settlement_is_a_negative_line_of_the_next_month(town: Town) -> None:
    town.books_open()
    hospital, patient = town.hospital(), town.patient()
    gone = town.approved(patient, hospital, "3000.00", on=date(2025, 3, 10))
    month_end(town)
    paid(town, Settlement.objects.get())
    gone.refresh_from_db()
    withdraw(gone, by=town.manager, at=town.now, why="重复")
    other = town.approved(town.patient(), hospital, "5000.00", on=date(2025, 4, 10))
    month_end(town, date(2025, 4, 1))
    april = Settlement.objects.get(first_day=date(2025, 4, 1))
    assert (april.claimed, april.claims) == (other.basic - gone.basic, 1)
    assert sorted(item.basic for item in april.items.all()) == [-gone.basic, other.basic]
    paid(town, april)
    assert list(auditing.findings()) == []


def test_a_reversal_larger_than_the_month_waits_for_a_later_one(town: Town) -> None:
    hospital = town.hospital()
    gone = town.approved(town.patient(), hospital, "9000.00", on=date(2025, 3, 10))
    month_end(town)
    gone.refresh_from_db()
    withdraw(gone, by=town.manager, at=town.now, why="重复")
    small = town.approved(town.patient(), hospital, "1000.00", on=date(2025, 4, 10))
    month_end(town, date(2025, 4, 1))
    assert Settlement.objects.get(first_day=date(2025, 4, 1)).claimed == small.basic
    large = town.approved(town.patient(), hospital, "20000.00", on=date(2025, 5, 10))
    month_end(town, date(2025, 5, 1))
    assert Settlement.objects.get(first_day=date(2025, 5, 1)).claimed == large.basic - gone.basic


def test_a_difference_is_paid_to_the_person_by_two_people_and_booked_once(town: Town) -> None:
    town.books_open()
    patient, hospital = town.patient(), town.hospital()
    town.approved(patient, hospital, "10000.00", on=date(2025, 3, 20))
    month_end(town)
    town.claim(patient, hospital, "10000.00", on=date(2025, 2, 1))
    made = redressing.owed(town.accountant).get()
    assert made.basic == Decimal("150.00")
    with pytest.raises(redressing.CannotRedress, match="凭据"):
        redressing.prepare(made, " ", by=town.accountant, at=town.now)
    prepared = redressing.prepare(made, "收款账户 6222", by=town.accountant, at=town.now)
    with pytest.raises(redressing.CannotRedress, match="不能是同一人"):
        redressing.settle(prepared, date(2025, 5, 1), by=town.accountant, at=town.now)
    for _twice in range(2):
        redressing.settle(prepared, date(2025, 5, 1), by=town.rechecker, at=town.now)
    assert Posting.objects.filter(debit__code="5001", credit__code="1004").get().amount == Decimal("150.00")
    assert list(auditing.findings()) == []
    with pytest.raises(Error), transaction.atomic():
        Redress.objects.update(document="改")
    with pytest.raises(redressing.CannotRedress, match="已有人办理"):
        redressing.prepare(made, "再来", by=town.accountant, at=town.now)


def test_a_recovery_is_booked_back(town: Town) -> None:
    town.books_open()
    patient, hospital = town.patient(), town.hospital()
    first = town.claim(patient, hospital, "10000.00", on=date(2025, 2, 1))
    town.approved(patient, hospital, "10000.00", on=date(2025, 3, 20))
    month_end(town)
    withdraw(first, by=town.manager, at=town.now, why="重复")
    prepared = redressing.prepare(redressing.owed(town.accountant).get(), "收据 17", by=town.accountant, at=town.now)
    redressing.settle(prepared, date(2025, 5, 1), by=town.rechecker, at=town.now)
    assert Posting.objects.filter(debit__code="1004", credit__code="5001").get().amount == Decimal("150.00")
    assert list(auditing.findings()) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE funds_settlement SET payable_fen = payable_fen + 1, within_fen = within_fen + 1",
        "UPDATE funds_settlement SET state = 'draft'",
        "DELETE FROM funds_settlement",
        "UPDATE funds_settlementitem SET basic_fen = 1",
        "DELETE FROM funds_settlementitem",
        "UPDATE claims_claim SET basic_fen = 0, personal_fen = total_fen",
        "UPDATE claims_claim SET state = 'approved'",
    ],
)
def test_plain_sql_cannot_touch_what_was_paid(town: Town, statement: str) -> None:
    town.books_open()
    town.approved(town.patient(), town.hospital())
    month_end(town)
    paid(town, Settlement.objects.get())
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_cost_of_a_settlement_is_a_constant_number_of_queries(town: Town, django_assert_max_num_queries) -> None:
    hospital = town.hospital()
    for _ in range(12):
        town.approved(town.patient(), hospital)
    with django_assert_max_num_queries(22):
        settlement.draft(hospital.pk, town.policy, MARCH, town.accountant, town.now)
    assert Settlement.objects.get().claims == 12


def test_the_auditor_finds_what_was_changed_behind_the_books(town: Town) -> None:
    town.books_open()
    town.claim(town.patient(), town.hospital())
    assert list(auditing.findings()) == []
    Claim.objects.update(in_scope=Decimal(0), basic=Decimal(0), personal=Decimal("3000.00"))
    names = {finding.check for finding in auditing.findings()}
    assert names == {"year's basic payments are what its claims were paid"}


@pytest.mark.parametrize("somebody_came", [True, False])
def test_capitation_pays_heads_whether_anybody_came_or_not(town: Town, somebody_came: bool) -> None:
    town.books_open()
    hospital: Institution = town.hospital("clinic", agreed=False)
    institutions.sign(
        hospital,
        "X1",
        date(2025, 1, 1),
        date(2025, 12, 31),
        method="capitation",
        heads=1200,
        quota=Decimal("96.00"),
        by=town.manager,
        at=town.now,
    )
    if somebody_came:
        town.approved(town.patient(), hospital, "500.00", benefit="outpatient")
    month_end(town)
    found = Settlement.objects.get()
    assert (found.approved, found.deposit) == (Decimal("9600.00"), Decimal("480.00"))
    paid(town, found)
    assert {posting.sub_fund for posting in Posting.objects.all()} == {"outpatient"}
    assert list(auditing.findings()) == []
