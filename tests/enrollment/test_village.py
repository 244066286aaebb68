"""The village roster, the completion above it, a household on one page, and the papers to print."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from enrollment import ending, village
from enrollment.models import Household, Resident
from enrollment.village import Counts
from office.models import AuditEvent, Staff
from tests.town import Town


def _client(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _page(staff: Staff, name: str, *keys: int, **query: Any) -> str:
    answer = _client(staff).get(reverse(name, args=keys), query)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def _people(town: Town) -> dict[str, Resident]:
    """One who paid, one who did not, one who died in the year, one nobody put down, one who left before the year."""
    paid, owing, died, absent, left = (
        town.resident(name) for name in ("甲已缴", "乙未缴", "丙故去", "丁未登", "戊早迁")
    )
    town.paid(paid)
    town.enrolled(owing)
    town.paid(died)
    ending.end([died], "death", date(2025, 2, 1), by=town.clerk, at=town.now)
    ending.end([left], "moved_out", date(2024, 9, 1), by=town.clerk, at=town.moment(date(2024, 9, 2)))
    return {"paid": paid, "owing": owing, "died": died, "absent": absent, "left": left}


@pytest.mark.django_db
def test_everybody_of_a_village_stands_somewhere(town: Town) -> None:
    _people(town)
    assert village.counted(town.village, 2025, town.clerk) == Counts(covered=1, unpaid=1, out=1, absent=1)
    assert village.counted(town.village, 2025, town.clerk).completion == Decimal("33.3")
    assert village.counted(town.far_village, 2025, town.clerk).people == 0
    assert village.counted(town.far_village, 2025, town.clerk).completion is None


@pytest.mark.django_db
def test_a_town_sees_its_villages_and_a_county_its_towns(town: Town) -> None:
    _people(town)
    for above, below in ((town.city, town.county), (town.county, town.towns[0]), (town.towns[0], town.village)):
        counts = {part.area: part.counts for part in village.completion(above, 2025, town.clerk)}
        assert counts[below] == Counts(1, 1, 1, 1)
        assert sum(part.people for part in counts.values()) == 4
    stranger = town.member("clerk", town.far_village)
    assert village.counted(town.city, 2025, stranger).people == 0


@pytest.mark.django_db
@time_machine.travel("2025-03-10T09:00:00+08:00", tick=False)
def test_the_roster_filters_finds_and_leaves_as_a_file(town: Town) -> None:
    folk = _people(town)
    clerk = town.member("clerk", town.village)
    told = _page(clerk, "enrollment:villages")
    for who in ("paid", "owing", "died", "absent"):
        assert folk[who].name in told
        assert folk[who].id_number not in told
    assert folk["left"].name not in told
    unpaid = _page(clerk, "enrollment:village", town.village.pk, standing="unpaid")
    assert folk["owing"].name in unpaid
    assert folk["paid"].name not in unpaid
    for asked in (folk["paid"].id_number, folk["paid"].household.number, "甲"):
        assert folk["paid"].name in _page(clerk, "enrollment:village", town.village.pk, q=asked)
        assert folk["owing"].name not in _page(clerk, "enrollment:village", town.village.pk, q=asked)
    file = _client(clerk).get(reverse("enrollment:village", args=[town.village.pk]), {"export": "csv"})
    assert folk["absent"].name in file.content.decode("utf-8-sig")
    above = _client(town.clerk).get(reverse("enrollment:villages"), {"export": "csv"}).content.decode("utf-8-sig")
    assert f'"{town.county.name}","1","1","1","1","4","33.3"' in above
    assert town.county.name in _page(town.clerk, "enrollment:villages")


@pytest.mark.django_db
@time_machine.travel("2025-03-10T09:00:00+08:00", tick=False)
def test_papers_are_masked_until_somebody_asks_and_that_is_recorded(town: Town) -> None:
    wife = town.papers("李秀英", date(1982, 3, 4), "2", relation="配偶")
    household = town.household(town.papers("王建国"), wife)
    head = household.head
    town.paid(head)
    town.status(head, "minimum_living", since=date(2025, 1, 1))
    whole = _page(town.clerk, "enrollment:household", household.pk)
    for word in ("王建国", "李秀英", "配偶", "最低生活保障对象", "2025"):
        assert word in whole
    for name, row, action in (
        ("enrollment:print-household", household, "households.print_numbers"),
        ("enrollment:print-resident", head, "residents.print_number"),
    ):
        masked = _page(town.clerk, name, row.pk)
        assert head.id_number not in masked
        assert head.id_masked in masked
        assert not AuditEvent.objects.filter(action=action).exists()
        full = _client(town.clerk).post(reverse(name, args=[row.pk])).content.decode()
        assert head.id_number in full
        assert AuditEvent.objects.filter(action=action).count() == 1
    roster = _page(town.clerk, "enrollment:print-village", town.village.pk)
    assert "李秀英" in roster
    assert wife.id_number not in roster
    assert "李秀英" not in _page(town.clerk, "enrollment:print-village", town.village.pk, standing="in")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_clerk_walks_from_the_roster_to_a_household_and_its_paper(
    standing_town: Town, signed_in: Callable[[Staff], Page], picture: Callable[[str], None]
) -> None:
    town = standing_town
    people = [town.papers(relation=relation) for relation in ("", "配偶", "子", "父")]
    household: Household = town.household(*people)
    for member in household.members.all()[:2]:
        town.paid(member)
    window = signed_in(town.member("clerk", town.village))
    window.goto("/work/villages/?year=2025")
    expect(window.locator("#results tbody tr")).to_have_count(4)
    picture("village")
    window.select_option("select[name=standing]", "in")
    expect(window.locator("#results tbody tr")).to_have_count(2)
    window.click(f"text={household.number} >> nth=0")
    window.wait_for_url(f"**/households/{household.pk}/")
    picture("household")
    window.click("text=打印家庭登记表")
    expect(window.locator(".hm-sheet")).to_contain_text(household.number)
    picture("print-household")
    window.emulate_media(media="print")
    expect(window.locator("#nav-sidebar")).to_be_hidden()
    expect(window.locator("#header-inner")).to_be_hidden()
    sheet = window.locator(".hm-sheet").bounding_box()
    assert sheet is not None
    assert sheet["x"] < 60  # the desk leaves no empty column on the paper
    picture("print-household-on-paper")
    window.emulate_media(media="screen")
    window.click("text=显示完整证件号码")
    expect(window.locator(".hm-sheet")).to_contain_text(household.head.id_number)

    window.set_viewport_size({"width": 390, "height": 844})
    for address in ("villages/?year=2025", f"households/{household.pk}/", f"residents/{household.head_id}/print/"):
        window.goto(f"/work/{address}")
        assert window.evaluate("document.documentElement.scrollWidth") <= 390, address
        picture("phone-" + address.split("/")[0])
    chief = signed_in(town.member("clerk", town.county))
    chief.goto("/work/villages/?year=2025")
    expect(chief.locator("tbody tr")).to_have_count(1)
    picture("completion")
