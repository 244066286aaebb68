"""The reviewer's main path in a real browser, without a mouse: look, approve, refuse with a reason, done."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from claims.models import Claim
from office.models import Staff
from tests.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NARROW = {"width": 390, "height": 844}


def test_a_reviewer_works_through_the_queue_by_keyboard(
    standing_town: Town, signed_in: Callable[[Staff], Page], picture: Callable[[str], None]
) -> None:
    town = standing_town
    hospital, city = town.hospital("county"), town.hospital("city")
    lines = [
        {"amount": Decimal("8000.00"), "item": "西药费"},
        {"amount": Decimal("1000.00"), "item": "CT", "kind": "large_equipment"},
        {"amount": Decimal("900.00"), "item": "进口药", "klass": "B", "first_share": Decimal("0.2")},
        {"amount": Decimal("300.00"), "item": "特需服务", "kind": "service", "klass": "C"},
    ]
    first = town.claim(town.patient(name="李建国"), hospital, lines, diagnosis="冠心病")
    second = town.claim(town.patient(date(1948, 2, 3), name="王秀英"), city, "150000.00")
    page = signed_in(town.reviewer)
    page.goto("/work/review/")
    expect(page.locator("body")).to_contain_text("为什么是这个金额")
    expect(page.locator("body")).to_contain_text(first.number)
    picture("queue")
    page.keyboard.press("a")
    expect(page.locator("body")).to_contain_text(second.number)
    page.keyboard.press("r")
    expect(page.locator("#message")).to_be_focused()
    picture("refusing")
    page.keyboard.type("疑似冒名就医")
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_contain_text("没有等待您审核的申报")
    assert list(Claim.objects.order_by("pk").values_list("state", flat=True)) == ["approved", "refused"]
    page.goto(f"/work/claims/{first.pk}/")
    page.click("text=显示（将记录）")
    expect(page.locator("#private")).to_contain_text(first.resident.id_number)
    for name in ("claims", "institutions", "filings", "estimate"):
        page.goto(f"/work/{name}/")
        picture(name.replace("/", "-"))
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    for name in ("claims", f"claims/{first.pk}", "estimate", f"institutions/{hospital.pk}"):
        page.goto(f"/work/{name}/")
        picture(f"narrow-{name.replace('/', '-')}")
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_a_clerk_asks_the_trial_calculation(
    standing_town: Town, signed_in: Callable[[Staff], Page], picture: Callable[[str], None]
) -> None:
    page = signed_in(standing_town.clerk)
    page.goto("/work/estimate/")
    page.fill("#id_line-0-amount", "10000")
    page.get_by_role("button", name="计算").click()
    expect(page.locator("#answer")).to_contain_text("可支付")
    picture("estimate-answer")
