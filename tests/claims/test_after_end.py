"""Care paid for after an insurance had ended is found and listed, and nothing else is."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from claims import after_end
from enrollment import ending
from tests.town import Town

pytestmark = pytest.mark.django_db


def found(town: Town) -> set[str]:
    return set(after_end.after_end(town.reviewer).values_list("resident__name", flat=True))


@pytest.mark.article("XZ30.9")
@pytest.mark.parametrize(
    ("reason", "last_free", "first_paid_wrongly"),
    [
        ("moved_out", date(2025, 3, 2), date(2025, 3, 1)),
        ("employee_insurance", date(2025, 3, 3), date(2025, 3, 2)),
        ("death", date(2025, 3, 12), date(2025, 3, 11)),
    ],
)
def test_the_day_of_the_end_decides(town: Town, reason: str, last_free: date, first_paid_wrongly: date) -> None:
    """The stay lasts from 2 to 12 March: one is ended just late enough for it, the other a day too early."""
    hospital = town.hospital("county")
    right, wrong = town.covered("赵先"), town.covered("钱后")
    for resident in (right, wrong):
        town.approved(resident, hospital, on=date(2025, 3, 12), days=10)
    at = town.moment(date(2025, 3, 20))
    ending.end([right], reason, last_free, by=town.clerk, at=at)
    ending.end([wrong], reason, first_paid_wrongly, by=town.clerk, at=at)
    assert found(town) == {"钱后"}


def test_a_claim_that_pays_nothing_is_not_listed(town: Town) -> None:
    resident, hospital = town.covered("赵先"), town.hospital("county")
    ending.end([resident], "death", date(2025, 2, 1), by=town.clerk, at=town.moment(date(2025, 2, 3)))
    town.claim(resident, hospital, on=date(2025, 3, 12))
    assert found(town) == set()


def test_the_page_lists_them_for_those_who_see_claims(town: Town) -> None:
    resident = town.covered("钱后")
    town.approved(resident, town.hospital("county"), on=date(2025, 3, 12))
    ending.end([resident], "moved_out", date(2025, 1, 5), by=town.clerk, at=town.now)
    client = Client()
    for staff, code in ((town.reviewer, 200), (town.clerk, 403)):
        client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
        assert client.get(reverse("claims:after-end")).status_code == code
    client.force_login(town.reviewer, backend="django.contrib.auth.backends.ModelBackend")
    assert "钱后" in client.get(reverse("claims:after-end")).content.decode()
