"""The same work under the other regulations: what differs is the text, never the code around it."""

from datetime import date
from decimal import Decimal

import pytest

from enrollment import collection, cover, ending, opening
from enrollment.models import Enrollment, Payment
from tests.town import Town


@pytest.fixture
def xuzhou(db: None) -> Town:
    return Town("320300", "xuzhou_2023")


@pytest.fixture
def binzhou(db: None) -> Town:
    return Town("371600", "binzhou_2021")


@pytest.fixture
def panzhihua(db: None) -> Town:
    return Town("510400", "panzhihua_2023")


def span(enrollment: Enrollment) -> tuple[date | None, date | None]:
    enrollment.refresh_from_db()
    return enrollment.benefits_from, enrollment.benefits_until


@pytest.mark.article("XZ21.2")
def test_a_new_student_is_covered_from_the_entry_and_through_the_year_paid_for(xuzhou: Town) -> None:
    student = xuzhou.resident(
        birth=date(2006, 3, 1), basis="university", event="university_entry", event_on=date(2024, 9, 1),
        on=date(2024, 9, 5),
    )  # fmt: skip
    enrollment = xuzhou.paid(student, on=date(2024, 10, 10))
    assert span(enrollment) == (date(2024, 9, 1), date(2025, 12, 31))
    assert set(cover.covered_on([student.pk], date(2024, 11, 1))) == {student.pk}


@pytest.mark.article("XZ21.2")
def test_a_student_who_is_covered_already_goes_on_when_that_cover_ends(xuzhou: Town) -> None:
    student = xuzhou.resident(birth=date(2006, 3, 1), basis="university", on=date(2023, 10, 5))
    xuzhou.paid(student, on=date(2023, 10, 10), year=2024)
    type(student).objects.filter(pk=student.pk).update(event="university_entry", event_on=date(2024, 9, 1))
    assert span(xuzhou.paid(student, on=date(2024, 10, 10))) == (date(2025, 1, 1), date(2025, 12, 31))


@pytest.mark.article("XZ10.3a", "XZ10.3b", "XZ10.3c")
@pytest.mark.parametrize(
    ("paid_on", "since"),
    [
        (date(2025, 5, 1), date(2025, 2, 1)),
        (date(2025, 5, 2), date(2025, 5, 3)),
    ],
)
def test_a_newborn_is_covered_by_the_day_of_payment(xuzhou: Town, paid_on: date, since: date) -> None:
    assert span(xuzhou.paid(xuzhou.newborn(date(2025, 2, 1)), on=paid_on))[0] == since


@pytest.mark.article("XZ08.4b", "XZ10.2a")
@pytest.mark.parametrize(
    ("paid_on", "since"),
    [
        (date(2025, 3, 31), date(2025, 4, 1)),
        (date(2025, 4, 1), date(2025, 6, 2)),
    ],
)
def test_a_renewing_payer_has_until_the_end_of_march(xuzhou: Town, paid_on: date, since: date) -> None:
    assert span(xuzhou.paid(xuzhou.resident(insured_through=2024), on=paid_on))[0] == since


@pytest.mark.article("XZ09.2", "XZ10.6")
def test_a_new_assistance_recipient_is_covered_from_the_day_of_the_status(xuzhou: Town) -> None:
    resident = xuzhou.resident()
    enrollment = xuzhou.enrolled(resident)
    xuzhou.status(resident, "medical_assistance", since=date(2025, 2, 10), on=date(2025, 3, 1))
    day = date(2025, 3, 5)
    told = collection.confirm_paid_by_others(xuzhou.period(), by=xuzhou.manager, on=day, at=xuzhou.moment(day))
    assert told.confirmed == 1
    assert span(enrollment)[0] == date(2025, 2, 10)
    assert dict(enrollment.dues.values_list("payer", "amount")) == {
        "medical_assistance": Decimal("400.00"), "subsidy": Decimal("670.00")
    }  # fmt: skip


@pytest.mark.article("XZ09.4")
def test_who_is_seventy_owes_nothing(xuzhou: Town) -> None:
    enrollment = xuzhou.enrolled(xuzhou.resident(birth=date(1954, 12, 31)))
    assert set(enrollment.dues.values_list("payer", flat=True)) == {"government", "subsidy"}
    younger = xuzhou.enrolled(xuzhou.resident(birth=date(1955, 1, 1)))
    assert set(younger.dues.values_list("payer", flat=True)) == {"individual", "subsidy"}


@pytest.mark.article("XZ07.4")
def test_a_pensioner_from_elsewhere_is_refused_with_the_article(xuzhou: Town) -> None:
    enrollment = xuzhou.enrolled(xuzhou.resident(birth=date(1950, 1, 1), pension_elsewhere=True))
    assert (enrollment.state, enrollment.reasons[0]["article"]) == ("refused", "XZ07.4")


@pytest.mark.article("BZ11.2")
def test_a_late_payer_in_binzhou_carries_both_shares_and_stands_in_transition(binzhou: Town) -> None:
    enrollment = binzhou.paid(binzhou.resident(), on=date(2025, 1, 1), amount="1070.00")
    assert span(enrollment)[0] == date(2025, 1, 1)
    assert enrollment.transition_until == date(2025, 4, 1)
    assert enrollment.inpatient_factor == Decimal("0.5")


@pytest.mark.article("BZ07.4")
def test_a_newborn_in_binzhou_pays_its_share_within_six_months(binzhou: Town) -> None:
    assert span(binzhou.paid(binzhou.newborn(date(2025, 2, 1)), on=date(2025, 8, 1)))[0] == date(2025, 2, 1)


@pytest.mark.article("BZ23")
def test_a_death_in_binzhou_ends_cover_without_refund(binzhou: Town) -> None:
    told = ending.end([binzhou.covered()], "death", date(2025, 3, 1), by=binzhou.clerk, at=binzhou.now)
    assert [(one.refundable, one.article) for one in told] == [(False, "BZ23")]


def test_a_period_after_the_regulation_has_ended_is_refused_by_name(binzhou: Town) -> None:
    with pytest.raises(opening.CannotOpen, match="有效期"):
        binzhou.period(2027)


@pytest.mark.article("PZ11")
def test_a_window_that_no_notice_has_set_is_refused_by_parameter(panzhihua: Town) -> None:
    with pytest.raises(opening.CannotOpen, match=r"contribution\.window"):
        panzhihua.period()
    panzhihua.sample_notice("contribution.window.opens", "09-01", since=date(2024, 1, 1))
    panzhihua.sample_notice("contribution.window.closes", "12-31", since=date(2024, 1, 1))
    assert panzhihua.period().closes_on == date(2024, 12, 31)
    assert span(panzhihua.paid(panzhihua.resident(), on=date(2024, 12, 31)))[0] == date(2025, 1, 1)
    held = panzhihua.paid(panzhihua.resident(), on=date(2025, 1, 1))
    assert held.state == "due"
    assert "cover.waiting_months" in Payment.objects.order_by("-pk")[0].reason
