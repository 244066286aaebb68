"""The catalogue in a real browser: a new list is compared, taken, an item found and asked for a day."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from claims import catalogue_files, dated_lists
from claims.models import CatalogueItem
from office import intake
from office.models import Staff
from tests.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HEADINGS = ("国家编码", "名称", "目录", "目录分类", "先行自付比例", "限价", "限适应症")


def test_a_new_list_is_compared_taken_and_asked_for_a_day(
    standing_town: Town, signed_in: Callable[[Staff], Page], picture: Callable[[str], None]
) -> None:
    town = standing_town
    town.catalogued(code="XA1", name="阿莫西林胶囊", initials="AMXLJN", ceiling=Decimal("12.00"))
    town.catalogued(code="XA2", name="头孢克肟片", initials="TBKWP")
    town.catalogued(code="XA3", name="复方甘草片", initials="FFGCP")
    rows = [
        {"国家编码": "XA1", "名称": "阿莫西林胶囊", "目录分类": "乙类", "先行自付比例": "10%", "限价": "9.80"},
        {"国家编码": "XA2", "名称": "头孢克肟片", "目录分类": "甲类", "限价": "20"},
        {"国家编码": "XA4", "名称": "尿激酶原", "目录分类": "乙类", "先行自付比例": "0.3", "限适应症": "限急性心梗"},
    ]
    rows = [row | {"目录": "药品"} for row in rows]
    told = dated_lists.parameters(date(2025, 3, 1), full=True, region="140000")
    batch = intake.receive(
        catalogue_files.CATALOGUE, town.city, "省目录2025.csv", town.csv(rows, HEADINGS), told, town.manager, town.now
    )
    window = signed_in(town.manager)
    window.set_viewport_size({"width": 1366, "height": 768})
    window.goto(f"/work/files/{batch.pk}/")
    window.click("text=与登记比对")
    expect(window.locator("body")).to_contain_text("分类调整")
    expect(window.locator("body")).to_contain_text("复方甘草片")
    picture("compare-codes")
    window.click("text=导入 4 项变动")
    expect(window.locator("body")).to_contain_text("已导入")
    assert CatalogueItem.objects.filter(listed=False).get().code == "XA3"
    window.goto("/work/catalogue/?on=2025-03-10")
    expect(window.locator("#results tbody tr")).to_have_count(3)
    picture("catalogue")
    window.fill("input[type=search]", "amxl")
    expect(window.locator("#results tbody tr")).to_have_count(1)
    window.goto(f"/work/catalogue/{CatalogueItem.objects.filter(code='XA1').first().pk}/?on=2025-03-10")
    picture("catalogue-item")
    window.fill("#id_on", "2025-02-28")
    window.click("button:has-text('查询')")
    expect(window.locator(".hm-figure").first).to_have_text("甲类")
    claim = town.claim(
        town.patient(), town.hospital(), [
            {"item": "阿莫西林", "code": "XA1", "amount": Decimal(50), "quantity": Decimal(2), "day": date(2025, 3, 5)},
            {"item": "甘草片", "code": "XA3", "amount": Decimal("8.00"), "day": date(2025, 3, 5)},
        ],
    )  # fmt: skip
    window.goto(f"/work/claims/{claim.pk}/")
    expect(window.locator("body")).to_contain_text("医院申报")
    picture("claim-with-codes")
    window.set_viewport_size({"width": 390, "height": 844})
    for address, name in ((f"/work/catalogue/{CatalogueItem.objects.first().pk}/", "catalogue-item-phone"),
                          (f"/work/claims/{claim.pk}/", "claim-with-codes-phone")):  # fmt: skip
        window.goto(address)
        assert window.evaluate("document.documentElement.scrollWidth") <= 390
        picture(name)
