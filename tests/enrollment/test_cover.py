"""Cover follows from payment, person and regulation; the stories of the Jinzhong year 2025, day by day."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from enrollment import collection, cover, ending
from enrollment.models import Due, Enrollment, Payment, Resident
from tests.town import Town

NEW_YEAR, YEARS_END = date(2025, 1, 1), date(2025, 12, 31)


def dues(enrollment: Enrollment) -> dict[str, Decimal]:
    return dict(enrollment.dues.values_list("payer", "amount"))


def span(enrollment: Enrollment) -> tuple[date | None, date | None]:
    enrollment.refresh_from_db()
    return enrollment.benefits_from, enrollment.benefits_until


@pytest.mark.article("JZ06.1")
@pytest.mark.parametrize("day", [date(2024, 9, 1), date(2024, 12, 20)])
def test_who_pays_within_the_window_is_covered_for_the_calendar_year(town: Town, day: date) -> None:
    enrollment = town.paid(town.resident(), on=day)
    assert enrollment.state == "covered"
    assert span(enrollment) == (NEW_YEAR, YEARS_END)
    assert enrollment.reasons[0]["article"] == "JZ06.1"
    assert dues(enrollment) == {"individual": Decimal("400.00"), "subsidy": Decimal("670.00")}


@pytest.mark.article("JZ06.1", "JZ09")
def test_a_new_person_who_pays_a_day_after_the_window_is_refused_and_the_payment_is_held(town: Town) -> None:
    enrollment = town.paid(town.resident(), on=date(2024, 12, 21))
    assert enrollment.state == "refused"
    assert enrollment.reasons[0]["article"] == "JZ09"
    payment = Payment.objects.get()
    assert payment.state == "not_eligible"
    assert "JZ09" in payment.reason


@pytest.mark.article("JZ09")
def test_a_late_renewing_payer_owes_both_shares_and_waits_thirty_full_days(town: Town) -> None:
    resident = town.resident(insured_through=2024)
    assert town.paid(resident, on=date(2025, 1, 15)).state == "due"
    assert Payment.objects.get().state == "too_small"
    assert "1070.00" in Payment.objects.get().reason
    enrollment = town.paid(resident, on=date(2025, 1, 20), amount="1070.00")
    assert enrollment.paid_on == date(2025, 1, 20)
    assert span(enrollment) == (date(2025, 2, 20), YEARS_END)
    assert dues(enrollment) == {"individual": Decimal("1070.00")}


@pytest.mark.article("JZ08")
def test_a_newborn_owes_nothing_and_is_covered_from_birth(town: Town) -> None:
    enrollment = town.enrolled(town.newborn(date(2025, 2, 1)), on=date(2025, 2, 10))
    assert enrollment.state == "covered"
    assert span(enrollment) == (date(2025, 2, 1), YEARS_END)
    assert dues(enrollment) == {"none": Decimal("0.00")}


@pytest.mark.article("JZ10.2")
def test_who_is_paid_for_by_others_is_covered_once_the_list_is_confirmed_in_the_window(town: Town) -> None:
    town.sample_notice("subsidy.share", "1", since=date(2024, 1, 1))
    poor, other = town.resident(groups=["minimum_living"]), town.resident()
    enrollment = town.enrolled(poor)
    town.enrolled(other)
    assert dues(enrollment) == {"government": Decimal("400.00"), "subsidy": Decimal("670.00")}
    day = date(2024, 11, 5)
    town.proved(poor, on=day)
    told = collection.confirm_paid_by_others(town.period(), by=town.manager, on=day, at=town.moment(day))
    assert (told.confirmed, told.left) == (1, [])
    assert span(enrollment) == (NEW_YEAR, YEARS_END)
    assert Enrollment.objects.get(resident=other).state == "due"


@pytest.mark.article("JZ10.2")
def test_a_list_confirmed_after_the_window_leaves_people_uncovered_with_the_reason(town: Town) -> None:
    town.sample_notice("subsidy.share", "1", since=date(2024, 1, 1))
    enrollment = town.enrolled(town.resident(groups=["destitute"]))
    day = date(2024, 12, 21)
    told = collection.confirm_paid_by_others(town.period(), by=town.manager, on=day, at=town.moment(day))
    assert told.confirmed == 0
    assert [left.pk for left, _why in told.left] == [enrollment.pk]
    assert "缴费期" in told.left[0][1]


@pytest.mark.article("JZ07")
def test_a_share_that_no_notice_has_set_leaves_the_person_undecided_by_name(town: Town) -> None:
    resident = town.resident(groups=["destitute"])
    day = date(2024, 9, 10)
    told = collection.enroll([resident], town.period(), by=town.clerk, on=day, at=town.moment(day))
    assert [(who.pk, article) for who, article, _message in told.undecided] == [(resident.pk, "JZ07")]
    assert not Enrollment.objects.exists()


@pytest.mark.article("JZ07")
def test_a_status_certified_later_changes_who_owes_what_while_nothing_is_paid(town: Town) -> None:
    town.sample_notice("subsidy.share", "0.5", since=date(2024, 1, 1))
    resident = town.resident()
    enrollment = town.enrolled(resident)
    town.status(resident, "minimum_living", since=date(2024, 9, 15), on=date(2024, 9, 20))
    assert dues(enrollment) == {
        "government": Decimal("200.00"), "individual": Decimal("200.00"), "subsidy": Decimal("670.00")
    }  # fmt: skip


def test_enrolling_twice_changes_nothing(town: Town) -> None:
    resident = town.resident()
    first = town.enrolled(resident)
    day = date(2024, 9, 11)
    told = collection.enroll([resident], town.period(), by=town.clerk, on=day, at=town.moment(day))
    assert (told.enrolled, told.known) == (0, 1)
    assert Enrollment.objects.get().pk == first.pk
    assert Due.objects.count() == 2


def test_the_counter_is_told_whether_somebody_can_use_it_and_from_when(town: Town) -> None:
    resident = town.resident(insured_through=2024)
    town.paid(resident, on=date(2025, 1, 20), amount="1070.00")
    waiting = cover.standing(resident, date(2025, 2, 19))
    assert (waiting.covered, waiting.since, waiting.article) == (False, date(2025, 2, 20), "JZ09")
    assert cover.standing(resident, date(2025, 2, 20)).covered
    assert cover.covered_on([resident.pk], date(2025, 2, 19)) == {}
    assert set(cover.covered_on([resident.pk], date(2025, 2, 20))) == {resident.pk}
    nobody = cover.standing(town.resident(), date(2025, 2, 20))
    assert not nobody.covered
    assert "2025" in nobody.message


def test_a_death_cuts_cover_at_its_day_and_nothing_is_paid_back(town: Town) -> None:
    resident = town.covered()
    told = ending.end([resident], "death", date(2025, 3, 5), by=town.clerk, at=town.now)
    assert [(one.refundable, one.enrollment.state) for one in told] == [(False, "ended")]
    enrollment = Enrollment.objects.get()
    assert span(enrollment) == (NEW_YEAR, date(2025, 3, 5))
    assert "死亡" in enrollment.reasons[-1]["message"]
    assert set(cover.covered_on([resident.pk], date(2025, 3, 5))) == {resident.pk}
    assert cover.covered_on([resident.pk], date(2025, 3, 6)) == {}


@pytest.mark.article("XZ10.7")
def test_an_employee_insurance_ends_cover_on_the_eve_of_its_first_day(town: Town) -> None:
    resident = town.covered()
    ending.end([resident], "employee_insurance", date(2025, 3, 1), by=town.clerk, at=town.now)
    assert span(Enrollment.objects.get()) == (NEW_YEAR, date(2025, 2, 28))


@pytest.mark.article("XZ08.4c")
def test_a_death_before_the_year_begins_ends_it_without_a_day_of_cover_and_may_be_refunded(town: Town) -> None:
    resident = town.covered()
    day = date(2024, 12, 1)
    told = ending.end([resident], "death", day, by=town.clerk, at=town.moment(day))
    assert [one.refundable for one in told] == [True]
    assert span(Enrollment.objects.get()) == (None, None)
    assert Enrollment.objects.get().state == "ended"


def test_an_end_is_refused_twice_in_the_future_and_before_birth(town: Town) -> None:
    resident = town.resident()
    for day in (town.today + timedelta(days=1), date(1980, 5, 4)):
        with pytest.raises(ending.CannotEnd):
            ending.end([resident], "death", day, by=town.clerk, at=town.now)
    ending.end([resident], "moved_out", town.today, by=town.clerk, at=town.now)
    with pytest.raises(ending.CannotEnd):
        ending.end([resident], "death", town.today, by=town.clerk, at=town.now)


def test_judging_anew_takes_the_same_number_of_queries_for_two_as_for_twenty(
    town: Town, django_assert_max_num_queries: object
) -> None:
    for _ in range(20):
        town.enrolled(town.resident())
    rows = list(Enrollment.objects.select_related("resident", "period"))
    for size in (2, 20):
        with django_assert_max_num_queries(10):  # type: ignore[operator]  PostgreSQL writes through a table of its own
            cover.derive(rows[:size], date(2024, 9, 20))


# --- what the database itself refuses -------------------------------------------------------------------------------


def test_the_database_keeps_one_enrollment_per_resident_and_year(town: Town) -> None:
    enrollment = town.enrolled(town.resident())
    with pytest.raises(IntegrityError), transaction.atomic():
        Enrollment.objects.create(
            resident=enrollment.resident, period=enrollment.period, year=2025, area=enrollment.area
        )


def test_the_database_refuses_two_covers_of_one_day(town: Town) -> None:
    resident = town.covered()
    before = Enrollment.objects.create(resident=resident, period=town.period(), year=2024, area=resident.area)
    with pytest.raises(IntegrityError), transaction.atomic():
        Enrollment.objects.filter(pk=before.pk).update(
            state="covered", benefits_from=date(2024, 12, 1), benefits_until=NEW_YEAR
        )


def test_the_database_pays_an_enrollment_once(town: Town) -> None:
    town.covered()
    payment = Payment.objects.get()
    payment.pk, payment.receipt = None, "another"
    with pytest.raises(IntegrityError), transaction.atomic():
        payment.save(force_insert=True)


def test_covered_without_days_is_refused_by_the_database(town: Town) -> None:
    enrollment = town.enrolled(town.resident())
    with pytest.raises(IntegrityError), transaction.atomic():
        Enrollment.objects.filter(pk=enrollment.pk).update(state="covered")


def test_an_end_needs_day_and_reason_in_the_database(town: Town) -> None:
    resident = town.resident()
    with pytest.raises(IntegrityError), transaction.atomic():
        Resident.objects.filter(pk=resident.pk).update(ended_on=town.today)
