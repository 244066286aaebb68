"""A year's collection in a real browser: notice, period, days of a county, sponsor, split dues, correction."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from enrollment import opening
from enrollment.models import CollectionPeriod, Due, DueCorrection, Sponsorship
from office import days
from office.models import Staff
from tests.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_from_the_notice_to_the_corrected_due(
    live_server: object,
    signed_in: Callable[[Staff], Page],
    picture: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    town = Town("371600", "binzhou_2021")
    today = date(2025, 10, 20)
    monkeypatch.setattr(days, "today", lambda: today)
    monkeypatch.setattr(days, "now", lambda: town.moment(today, 10))
    near, second = town.resident("王志强"), town.resident("李秀英")
    manager, accountant = town.manager, town.accountant

    window = signed_in(manager)
    window.goto("/work/periods/new/?year=2026")
    expect(window.locator("body")).to_contain_text("尚无公告：个人缴费标准")
    picture("open-missing")
    town.standards(2026, "400", "700", on=date(2025, 9, 1))
    window.reload()
    expect(window.locator("body")).to_contain_text("样本〔2024〕1号")
    window.fill("#id_year", "2026")
    picture("open")
    window.keyboard.press("Enter")
    window.wait_for_url(re.compile(r"/work/periods/\d+/$"))
    period = CollectionPeriod.objects.get()
    assert (period.individual, period.document) == (400, "样本〔2024〕1号")
    expect(window.locator("body")).to_contain_text("逾期缴费（过渡期）")
    for person in (near, second):
        town.enrolled(person, 2026, on=today)

    window.click("text=县级缴费期")
    window.select_option("#id_area", str(town.county.pk))
    window.fill("#id_opens_on", "2025-10-15")
    window.fill("#id_closes_on", "2026-01-05")
    window.fill("#id_document", "县医保〔2025〕2号")
    window.keyboard.press("Enter")
    expect(window.locator(".hm-form")).to_contain_text("BZ11.1")
    picture("county-refused")
    window.fill("#id_closes_on", "2025-11-30")
    window.keyboard.press("Enter")
    window.wait_for_url(re.compile(r"/work/periods/\d+/$"))
    expect(window.locator(".hm-time")).to_have_count(2)
    picture("period")

    window.click("text=录入资助方")
    window.select_option("#id_kind", "village")
    window.fill("#id_area", town.village.code)
    window.fill("#id_name", "前营村村委会")
    window.fill("#id_document", "村民会议决议3号")
    window.fill("#id_per_head", "150")
    window.fill("#id_numbers", f"{near.id_number} 王志强\n{second.id_number} 李秀英")
    picture("sponsor-form")
    window.click(".hm-form button.hm-button")
    expect(window.locator("body")).to_contain_text("等待另一人确认")
    kept = Sponsorship.objects.get()

    window = signed_in(accountant)
    window.goto(f"/work/sponsors/{kept.pk}/")
    window.click("text=确认资助")
    window.wait_for_url(re.compile(r"/work/jobs/\d+/"))
    town.work()
    window.goto(f"/work/sponsors/{kept.pk}/")
    expect(window.locator(".hm-cards")).to_contain_text("300.00")
    picture("sponsor")
    window.set_viewport_size({"width": 390, "height": 844})
    for address, name in (
        (f"/work/sponsors/{kept.pk}/", "sponsor-phone"),
        (f"/work/periods/{period.pk}/", "period-phone"),
    ):
        window.goto(address)
        assert window.evaluate("document.documentElement.scrollWidth") <= 390, address
        picture(name)
    window.set_viewport_size({"width": 1366, "height": 768})
    window.goto(f"/work/sponsors/{kept.pk}/")
    window.fill("#id_amount", "299")
    window.fill("#id_receipt", "转账7号")
    window.keyboard.press("Enter")
    expect(window.locator("body")).to_contain_text("应到 300.00 元（2 人）")
    window.fill("#id_amount", "300")
    window.keyboard.press("Enter")
    expect(window.locator("body")).to_contain_text("结清 2 人的资助份额")

    town.tax_file(town.tax_line(near, today, "250.00", year=2026))
    town.status(near, "minimum_living", since=date(2025, 9, 1), on=today)
    enrollment = Due.objects.filter(enrollment__resident=near).first().enrollment
    window.goto(f"/work/enrollments/{enrollment.pk}/dues/")
    window.fill("#id_note", "低保认定晚到")
    window.fill("#id_document", "民政〔2025〕8号")
    window.keyboard.press("Enter")
    expect(window.locator("body")).to_contain_text("应退还")
    picture("dues")
    window.fill("input[name=document][placeholder]", "退款单1号")
    window.keyboard.press("Enter")
    expect(window.locator("body")).to_contain_text("退款单1号")
    assert DueCorrection.objects.filter(evened_by=accountant).count() == 1
    window.goto(f"/work/periods/{period.pk}/")
    expect(window.locator("body")).to_contain_text("县级财政")
    picture("period-paid")
    window.goto("/work/corrections/")
    picture("corrections")
    assert opening.later_notices(period).count() == 0
