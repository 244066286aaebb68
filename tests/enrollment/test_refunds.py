"""Whether a contribution goes back when an insurance ends: three texts, before and after benefits begin."""

from datetime import date

import pytest

from enrollment import ending
from tests.town import Town

BEFORE, AFTER = date(2024, 12, 31), date(2025, 3, 5)


CITIES = {"xuzhou_2023": "320300", "binzhou_2021": "371600", "jinzhong_2017": "140700"}


def ended(policy: str, reason: str, day: date) -> ending.Ended:
    """Somebody who paid for 2025 in November 2024 ends that way on that day."""
    town = Town(CITIES[policy], policy)
    resident = town.resident()
    town.paid(resident, on=date(2024, 11, 5))
    (told,) = ending.end([resident], reason, day, by=town.clerk, at=town.moment(day))
    return told


@pytest.mark.article("XZ08.4c")
@pytest.mark.parametrize(("day", "refundable"), [(BEFORE, True), (AFTER, False)])
@pytest.mark.parametrize("reason", ["death", "duplicate"])
def test_xuzhou_pays_a_death_or_a_double_payment_back_only_before_benefits(db, reason, day, refundable):
    told = ended("xuzhou_2023", reason, day)
    assert (told.refundable, told.article) == (refundable, "XZ08.4c")


@pytest.mark.article("BZ23")
@pytest.mark.parametrize("day", [BEFORE, AFTER])
@pytest.mark.parametrize("reason", ["death", "moved_out", "employee_insurance"])
def test_binzhou_ends_the_cover_and_keeps_the_contribution_before_and_after(db, reason, day):
    told = ended("binzhou_2021", reason, day)
    assert (told.refundable, told.article, told.enrollment.state) == (False, "BZ23", "ended")


@pytest.mark.article("BZ23")
def test_binzhou_leaves_a_double_entry_before_benefits_open_to_a_refund(db):
    assert ended("binzhou_2021", "duplicate", BEFORE).refundable


@pytest.mark.parametrize(("day", "refundable"), [(BEFORE, True), (AFTER, False)])
def test_jinzhong_says_nothing_and_the_office_pays_back_before_benefits_only(db, day, refundable):
    told = ended("jinzhong_2017", "death", day)
    assert (told.refundable, told.article) == (refundable, "")
