"""The clerk's main path in a real browser, by keyboard: a household in, the resident page, the number shown."""

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from enrollment.models import Payment, Resident
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


def test_a_payment_goes_from_the_file_to_the_exception_and_is_settled(
    standing_town: Town, signed_in: Callable[[Staff], Page], picture: Callable[[str], None]
) -> None:
    town = standing_town
    resident = town.resident("王志强")
    town.enrolled(resident)
    town.tax_file(town.tax_line(resident, date(2024, 10, 10), 姓名="王志墙"))
    window = signed_in(town.accountant)
    window.goto("/work/exceptions/")
    expect(window.locator("#results tbody tr")).to_have_count(1)
    picture("exceptions")
    window.click("#results tbody tr >> text=王志墙")
    window.wait_for_url("**/work/exceptions/*/")
    picture("exception")
    window.set_viewport_size({"width": 390, "height": 844})
    assert window.evaluate("document.documentElement.scrollWidth") <= 390
    picture("exception-phone")
    window.set_viewport_size({"width": 1366, "height": 768})
    window.fill("input[name=why]:visible >> nth=-1", "错一字")
    window.click("text=认定为此人")
    expect(window.locator("body")).to_contain_text("已入账")
    batch = Payment.objects.get().batch_id
    window.goto(f"/work/payments/files/{batch}/")
    expect(window.locator("body")).to_contain_text("各项之和与文件一致")
    picture("payment-file")
    window.goto("/work/debits/")
    picture("debits")


def test_the_manager_rehearses_the_renewal_starts_it_and_reads_the_lists(
    standing_town: Town, signed_in: Callable[[Staff], Page], picture: Callable[[str], None]
) -> None:
    town = standing_town
    person = town.resident("单雨桐", insured_through=2024)
    town.paid(person, on=date(2025, 1, 20), amount="1070.00")
    town.resident("王小明", village=town.far_village)
    town.period(2026)
    window = signed_in(town.manager)
    window.goto("/work/renewal/")
    window.click("button:has-text('试运行')")
    expect(window.locator("#progress")).to_contain_text("完成", timeout=20_000)
    picture("renewal-job")
    window.goto("/work/renewal/")
    expect(window.locator("#areas tbody tr")).to_have_count(2)
    expect(window.locator("body")).to_contain_text("首次参保：个人缴纳")
    picture("renewal-dry")
    window.click("button:has-text('开始续保')")
    expect(window.locator("#progress")).to_contain_text("完成", timeout=20_000)
    assert person.enrollments.filter(year=2026).exists()
    window.goto("/work/renewal/")
    expect(window.locator("body")).to_contain_text("查看任务")
    window.set_viewport_size({"width": 390, "height": 844})
    picture("renewal-phone")
    window.goto(f"/work/residents/{person.pk}/")
    expect(window.locator("#cover")).to_contain_text("今天能否享受待遇")
    expect(window.locator("#cover .hm-stretches li")).to_have_count(4)
    assert window.evaluate("document.documentElement.scrollWidth") <= 390
    picture("timeline-phone")
    window.set_viewport_size({"width": 1366, "height": 768})
    picture("timeline")
