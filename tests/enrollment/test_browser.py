"""The clerk's main path in a real browser, by keyboard: a household in, the resident page, the number shown."""

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from enrollment.models import Resident
from office.models import AuditEvent, Staff
from tests.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_clerk_registers_a_family_by_keyboard_and_finds_it_again(
    standing_town: Town, signed_in: Callable[[Staff], Page]
) -> None:
    town = standing_town
    window = signed_in(town.member("clerk", town.village))
    window.set_viewport_size({"width": 1366, "height": 768})
    window.goto("/work/register/")
    window.focus("#id_head-id_number")
    window.keyboard.type(town.number(date(1975, 1, 2), "2"))
    window.keyboard.press("Tab")
    expect(window.locator("#id_head-birth_on")).to_have_value("1975-01-02")
    expect(window.locator("#id_head-sex")).to_have_value("2")
    window.focus("#id_head-name")
    window.keyboard.type("单雨桐")
    window.keyboard.press("Enter")
    window.wait_for_url("**/work/residents/*/")
    resident = Resident.objects.get()
    expect(window.locator("body")).to_contain_text("单雨桐")
    expect(window.locator("body")).not_to_contain_text(resident.id_number)
    window.click("text=显示")
    expect(window.locator("#number")).to_have_text(resident.id_number)
    assert AuditEvent.objects.filter(action="residents.show_number").count() == 1

    window.set_viewport_size({"width": 390, "height": 844})
    window.goto("/work/residents/")
    window.fill("input[type=search]", "syt")
    expect(window.locator("#results tbody tr")).to_have_count(1)
    assert window.evaluate("document.documentElement.scrollWidth") <= 390
