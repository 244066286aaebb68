"""A clerk sends a bank's file in a real browser, says where its headings lead, and takes it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from enrollment.models import Resident
from office.models import Staff
from tests.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_clerk_leads_the_headings_of_a_bank_once(
    standing_town: Town, signed_in: Callable[[Staff], Page], picture: Callable[[str], None], tmp_path: Path
) -> None:
    town = standing_town
    files = []
    for turn, names in enumerate((("赵一", "钱二"), ("孙三",))):
        lines = "".join(f"{name},{town.number()},139000000{turn}{at},2020-01-01\n" for at, name in enumerate(names))
        files.append(tmp_path / f"开户{turn}.csv")
        files[-1].write_text("户名,身份证,手机,开户日期\n" + lines)
    window = signed_in(town.member("clerk", town.village))
    window.set_viewport_size({"width": 1366, "height": 768})
    window.goto("/work/files/new/roster/")
    window.fill("[name=place]", town.village.name)
    window.fill("[name=sender]", "农商银行")
    window.set_input_files("[name=file]", str(files[0]))
    picture("upload")
    window.click("text=上传并预览")
    window.wait_for_url("**/headings/")
    expect(window.locator("body")).to_contain_text("还缺必需的栏目")
    picture("headings")
    window.set_viewport_size({"width": 390, "height": 844})
    picture("headings-phone")
    window.set_viewport_size({"width": 1366, "height": 768})
    window.select_option("select >> nth=0", "name")
    window.get_by_label("身份证").select_option("id_number")
    window.get_by_label("户名").select_option("name")
    window.get_by_label("手机").select_option("phone")
    window.click("text=按此读取并预览")
    window.wait_for_url("**/work/files/*/")
    expect(window.locator("body")).to_contain_text("户名 → 姓名")
    picture("preview")
    window.set_viewport_size({"width": 390, "height": 844})
    picture("preview-phone")
    window.click("text=导入 2 行")
    expect(window.locator("body")).to_contain_text("已导入 2 行")
    assert Resident.objects.filter(name="赵一", phone="13900000000").exists()

    window.goto("/work/files/new/roster/")
    window.fill("[name=place]", town.village.name)
    window.fill("[name=sender]", "农商银行")
    window.set_input_files("[name=file]", str(files[1]))
    window.click("text=上传并预览")
    expect(window.locator("body")).to_contain_text("导入 1 行")
    window.goto("/work/files/headings/")
    expect(window.locator("body")).to_contain_text("户名→姓名")
    picture("remembered-phone")
