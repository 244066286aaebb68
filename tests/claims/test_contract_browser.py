"""From the application to the designated list, a suspension, the list of a day: two people in a real browser."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from claims import admission
from claims.models import Application, ContractAct
from office.models import Staff
from tests.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NARROW = {"width": 390, "height": 844}


def test_an_applicant_becomes_designated_and_is_suspended(
    standing_town: Town, signed_in: Callable[[Staff], Page], picture: Callable[[str], None]
) -> None:
    town, today = standing_town, timezone.localdate()
    other = town.hospital("county", name="老医院")
    hospital = town.hospital("clinic", agreed=False, name="新卫生院")
    page = signed_in(town.manager)
    page.goto(f"/work/institutions/{hospital.pk}/")
    page.click("text=申请定点")
    page.fill("[name=materials]", "执业许可证、法人证照、信息系统说明")
    page.click("text=受理 >> nth=-1")
    expect(page.locator("body")).to_contain_text("等待两人评估")
    made = Application.objects.get()
    for who, score in ((town.reviewer, "92"), (town.rechecker, "88")):
        page = signed_in(who)
        page.goto(f"/work/applications/{made.pk}/")
        page.fill("[name=score]", score)
        page.fill("[name=findings]", "人员、设备、信息系统符合条件")
        page.get_by_role("button", name="登记评估").click()
        expect(page.locator("body")).to_contain_text("评估已登记")
    picture("application")
    made.refresh_from_db()
    long_ago = town.moment(today - timedelta(days=9))  # a browser cannot wait for a week of publication
    admission.publish(made, long_ago.date(), today - timedelta(days=2), by=town.manager, at=long_ago)
    page = signed_in(town.manager)
    page.goto(f"/work/applications/{made.pk}/")
    page.click("text=签订协议")
    for name, value in {"number": "协-9", "since": str(today), "until": str(today + timedelta(days=400)),
                        "why": "新增定点", "year_budget": "500000"}.items():  # fmt: skip
        page.fill(f"[name={name}]", value)
    picture("sign")
    page.get_by_role("button", name="提出").click()
    expect(page.locator("body")).to_contain_text("由另一人复核后生效")
    act = ContractAct.objects.get()
    page = signed_in(town.rechecker)
    page.goto(f"/work/agreement-acts/{act.pk}/")
    picture("act")
    page.get_by_role("button", name="复核通过").click()
    expect(page.locator("body")).to_contain_text("已复核")
    page.goto("/work/designated/")
    expect(page.locator("#results")).to_contain_text("新卫生院")
    page = signed_in(town.manager)
    page.goto(f"/work/institutions/{hospital.pk}/")
    page.click("a:text-is('暂停')")
    page.fill("[name=since]", str(today + timedelta(days=1)))
    page.fill("[name=until]", str(today + timedelta(days=30)))
    page.fill("[name=why]", "重复收费待查")
    page.get_by_role("button", name="提出").click()
    page = signed_in(town.rechecker)
    page.goto("/work/agreement-acts/?state=proposed")
    page.locator("#results a").first.click()
    page.get_by_role("button", name="复核通过").click()
    for days, there in ((0, True), (1, False), (30, False), (31, True)):
        page.goto(f"/work/designated/?on={today + timedelta(days=days)}")
        expect(page.locator("#results")).to_contain_text("老医院")
        assert page.locator("#results", has_text="新卫生院").count() == there
    page.goto(f"/work/designated/?on={today + timedelta(days=1)}&since={today}")
    expect(page.locator("body")).to_contain_text("退出或暂停 1 家")
    picture("designated")
    page.click("text=打印")
    expect(page.locator(".hm-sheet")).not_to_contain_text("新卫生院")
    picture("print-designated")
    page = signed_in(town.manager)
    page.goto(f"/work/institutions/{hospital.pk}/")
    picture("institution")
    page.get_by_role("button", name="开通接入").click()
    secret = page.locator("#secret").inner_text()
    picture("connected")
    page.goto(f"/work/institutions/{hospital.pk}/")
    expect(page.locator("body")).not_to_contain_text(secret)
    town.contracted(other)
    for name in ("institutions", "applications", "agreement-acts", "physicians", "messages"):
        page.goto(f"/work/{name}/")
        picture(name)
    page.goto("/work/physicians/")
    page.locator("#results a").first.click()
    picture("physician")
    page.goto(f"/work/institutions/{hospital.pk}/history/")
    picture("history")
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    for name in ("designated", f"institutions/{hospital.pk}", f"institutions/{hospital.pk}/history",
                 f"applications/{made.pk}", f"agreement-acts/{act.pk}"):  # fmt: skip
        page.goto(f"/work/{name}/")
        picture(f"narrow-{name.replace('/', '-')}")
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert Decimal(made.assessments.first().score) == 92
