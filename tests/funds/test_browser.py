"""A month with hospitals through its people in a real browser: drafted, checked, paid, booked, the month closed."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from enrollment.models import CollectionPeriod
from funds import auditing
from funds.models import Settlement
from office.models import Staff
from tests.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Come = Callable[[Staff], Page]


def test_an_accountant_settles_a_month_and_another_person_checks_it(
    standing_town: Town, signed_in: Come, picture: Callable[[str], None]
) -> None:
    town = standing_town
    town.books_open(date(2025, 3, 1), date(2027, 12, 31))
    town.approved(town.patient(), town.hospital(), "3000.00")
    window = signed_in(town.accountant)
    window.goto("/work/settlements/month-end/")
    window.select_option("#month", label="2025-03")
    window.get_by_role("button", name="开始结算").click()
    expect(window.locator("#progress")).to_contain_text("完成")
    picture("job")
    found = Settlement.objects.get()

    window = signed_in(town.rechecker)
    window.goto(f"/work/settlements/{found.pk}/")
    window.get_by_role("button", name="复核通过").click()
    expect(window.locator("body")).to_contain_text("已复核")

    window = signed_in(town.accountant)
    window.goto(f"/work/settlements/{found.pk}/")
    window.get_by_role("button", name="支付并记账").click()
    expect(window.locator("body")).to_contain_text("已支付记账")
    picture("settlement")
    window.click("dd a[href*='/work/entries/']")
    expect(window.locator("tfoot")).to_contain_text("1,950.00")
    picture("entry")
    window.goto("/work/months/")
    window.get_by_role("link", name="2025-03").click()
    expect(window.locator("body")).to_contain_text("借贷相平")
    window.get_by_role("button", name="结账").click()
    expect(window.locator("body")).to_contain_text("已结账")
    window.goto("/work/statements/")
    picture("statements")
    assert list(auditing.findings()) == []


def test_a_manager_opens_the_collection(standing_town: Town, signed_in: Come, picture: Callable[[str], None]) -> None:
    town = standing_town
    window = signed_in(town.manager)
    town.standards(2027, on=date(2025, 1, 1))
    window.goto("/work/periods/new/")
    window.fill("#id_year", "2027")
    picture("period")
    window.keyboard.press("Enter")
    window.wait_for_url(re.compile(r"/work/periods/\d+/"))
    assert CollectionPeriod.objects.get().closes_on == date(2026, 12, 20)
