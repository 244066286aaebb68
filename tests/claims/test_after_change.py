"""Claims worked out before their days of cover were corrected are found, whichever way the correction came."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from claims import adjudication, after_change
from enrollment import changing, ending
from enrollment.models import CoverChange
from tests.town import Town

pytestmark = pytest.mark.django_db


def found(town: Town) -> set[str]:
    return set(after_change.after_change(town.reviewer).values_list("resident__name", flat=True))


def test_an_end_put_down_after_the_claim_lists_the_claims_of_the_days_that_were_cut(town: Town) -> None:
    hospital = town.hospital("county")
    before, after = town.covered("赵先"), town.covered("钱后")
    for resident in (before, after):
        town.claim(resident, hospital, on=date(2025, 3, 3))
    at = town.moment(date(2025, 3, 20))
    ending.end([before], "moved_out", date(2025, 3, 10), by=town.clerk, at=at)
    assert found(town) == set()  # the stay lies before the days that were cut
    ending.end([after], "moved_out", date(2025, 2, 1), by=town.clerk, at=at)
    assert found(town) == {"钱后"}
    change = CoverChange.objects.get(resident=after)
    assert (change.since, change.until, change.now_until) == (date(2025, 2, 2), date(2025, 12, 31), date(2025, 2, 1))
    client = Client()
    client.force_login(town.reviewer, backend="django.contrib.auth.backends.ModelBackend")
    assert "钱后" in client.get(reverse("claims:after-change")).content.decode()
    assert "1 笔费用在参保事实更正后待核" in client.get(reverse("funds:dashboard")).content.decode()
    assert not after_change.after_change(town.member("reviewer", town.other_county)).exists()


@pytest.mark.article("JZ08")
def test_a_corrected_birthday_moves_cover_and_its_claims_are_listed_until_they_are_worked_out_again(
    town: Town,
) -> None:
    child = town.newborn(date(2025, 2, 1))
    town.enrolled(child, on=date(2025, 2, 10))
    claim = town.claim(child, town.hospital("county"), on=date(2025, 2, 12), days=11)
    assert found(town) == set()
    at = town.moment(date(2025, 3, 20))
    told = {"birth_on": date(2025, 2, 8), "event_on": date(2025, 2, 8)}
    changing.change(child, by=town.clerk, on=date(2025, 3, 20), at=at, why="出生日期登记有误", **told)
    change = CoverChange.objects.get()
    assert (change.was_from, change.now_from, change.since, change.until) == (
        date(2025, 2, 1), date(2025, 2, 8), date(2025, 2, 1), date(2025, 2, 7)
    )  # fmt: skip
    assert found(town) == {child.name}
    type(claim).objects.filter(pk=claim.pk).update(state="received")
    adjudication.adjudicate([claim.pk], at=at + timedelta(minutes=1))
    assert found(town) == set()


def test_a_first_payment_is_no_correction(town: Town) -> None:
    town.covered()
    assert not CoverChange.objects.exists()


def test_a_change_without_days_is_refused_by_the_database(town: Town) -> None:
    resident = town.covered()
    ending.end([resident], "moved_out", date(2025, 2, 1), by=town.clerk, at=town.now)
    with pytest.raises(IntegrityError, match="a_changed_stretch_has_days"), transaction.atomic():
        CoverChange.objects.update(until=date(2025, 2, 1))
