"""The register in a real browser: a family in with its papers and a scan, a school, two records that are one person."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from enrollment import registration
from enrollment.models import Merge, Paper, Resident
from office import days
from office.models import Staff
from tests.office.test_scans import PDF
from tests.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def xuzhou(live_server: object) -> Town:
    return Town("320300", "xuzhou_2023")


def _on_a_phone(window: Page, picture: Callable[[str], None], name: str) -> None:
    """The same page on a phone: nothing leaves it sideways."""
    picture(name)
    window.set_viewport_size({"width": 390, "height": 844})
    picture(f"{name}-phone")
    assert window.evaluate("document.documentElement.scrollWidth") <= 390
    window.set_viewport_size({"width": 1366, "height": 768})


@pytest.mark.article("XZ08.2")
def test_a_family_is_registered_with_its_papers_and_a_scan(
    xuzhou: Town, signed_in: Callable[[Staff], Page], picture: Callable[[str], None], tmp_path: Path
) -> None:
    window = signed_in(xuzhou.member("clerk", xuzhou.village))
    window.goto("/work/register/")
    window.click("text=各类人员的办理地点和须查验的材料")
    window.focus("#id_head-id_number")
    window.keyboard.type(xuzhou.number(date(1975, 1, 2), "2"))
    window.keyboard.press("Tab")
    expect(window.locator("#id_head-birth_on")).to_have_value("1975-01-02")
    window.fill("#id_head-name", "单雨桐")
    window.locator("section:has(> h2:text('户主')) >> text=居民身份证").last.click()
    window.locator("section:has(> h2:text('户主')) details summary").click()
    window.fill("#id_head-registry", "320302")
    _on_a_phone(window, picture, "register")
    window.locator("button:text-is('登记')").click()
    window.wait_for_url("**/work/residents/*/")
    papers = window.locator("#papers")
    expect(papers).to_contain_text("尚缺")
    expect(papers).to_contain_text("XZ08.2")
    expect(window.locator("body")).to_contain_text("320302 鼓楼区")
    _on_a_phone(window, picture, "resident-lacks")
    papers.locator("a:text-is('户口簿')").click()
    scan = tmp_path / "户口簿.pdf"
    scan.write_bytes(b"<script>alert(1)</script>")
    window.set_input_files("#id_scan", scan)
    window.check("#id_whole_household")
    window.click("button:text-is('登记')")
    expect(window.locator("body")).to_contain_text("只收 PDF、JPEG 或 PNG 扫描件")
    scan.write_bytes(PDF)
    window.set_input_files("#id_scan", scan)
    _on_a_phone(window, picture, "paper")
    window.click("button:text-is('登记')")
    window.wait_for_url("**/work/residents/*/")
    expect(papers).to_contain_text("办法要求的材料已齐")
    with window.expect_download() as came:
        window.click("text=下载扫描件")
    assert Path(came.value.path()).read_bytes() == PDF
    _on_a_phone(window, picture, "resident-complete")
    papers.locator("a:text-is('撤下')").first.click()
    window.fill("#id_why", "非本人户口簿")
    window.click("button:text-is('撤下')")
    expect(papers).to_contain_text("尚缺")
    assert Paper.objects.get(withdrawn_on__isnull=False).withdrawn_why == "非本人户口簿"
    window.goto("/work/papers/lacking/")
    expect(window.locator("#results")).to_contain_text("单雨桐")
    _on_a_phone(window, picture, "lacking")


@pytest.mark.article("XZ08.5")
def test_a_school_sends_its_roster_and_sees_who_is_unpaid(
    xuzhou: Town, signed_in: Callable[[Staff], Page], picture: Callable[[str], None], tmp_path: Path
) -> None:
    xuzhou.period()
    window = signed_in(xuzhou.clerk)
    window.goto("/work/schools/")
    window.click("text=登记学校")
    window.fill("#id_code", "10313")
    window.fill("#id_name", "徐州医科大学")
    window.select_option("#id_kind", "university")
    window.select_option("#id_area", str(xuzhou.county.pk))
    window.click("button:text-is('保存')")
    window.wait_for_url("**/work/schools/*/")
    window.click("text=导入名册")
    rows = [
        {"姓名": xuzhou.name(), "证件号码": xuzhou.number(date(2006, 1, n)), "班级": f"临床{n % 2 + 1}班"}
        for n in range(1, 9)
    ]
    roster = tmp_path / "名册.csv"
    roster.write_bytes(xuzhou.csv(rows, rows[0]))
    window.select_option("#id_period", index=1)
    window.set_input_files("#id_file", roster)
    window.click("button:text-is('上传并预览')")
    window.click("button:has-text('导入')")
    expect(window.locator("body")).to_contain_text("已导入")
    xuzhou.tax_file(*[xuzhou.tax_line(one, date(2024, 11, 1)) for one in Resident.objects.all()[:5]])
    window.goto("/work/schools/")
    expect(window.locator("#results")).to_contain_text("未缴清")
    _on_a_phone(window, picture, "schools")
    window.click("#results >> text=10313")
    expect(window.locator("body")).to_contain_text("3 人未缴")
    expect(window.locator("body")).to_contain_text("2,000.00")
    _on_a_phone(window, picture, "school")
    window.select_option("select[name=standing]", "unpaid")
    expect(window.locator("#results tbody tr")).to_have_count(3)
    window.click("text=打印未缴费名单")
    expect(window.locator("article tbody tr")).to_have_count(3)
    picture("school-print")


@pytest.mark.article("XZ20")
def test_two_records_are_merged_from_their_doubt_and_parted_again(
    standing_town: Town, signed_in: Callable[[Staff], Page], picture: Callable[[str], None]
) -> None:
    town, today = standing_town, days.today()
    born = today - timedelta(days=200)
    kept = town.newborn(born, name="张子涵", on=today)
    again = registration.register_resident(
        town.village, town.papers("张子涵", born), by=town.clerk, on=today, at=days.now()
    )
    window = signed_in(town.clerk)
    window.goto("/work/doubts/")
    window.click("button:has-text('查找')")
    window.click("#results >> text=张子涵")
    picture("doubt")
    window.click("text=合并两份登记")
    window.fill("#id_why", "同一名儿童重复登记")
    window.click("button:text-is('合并')")
    window.wait_for_url("**/work/residents/*/")
    expect(window.locator("body")).to_contain_text("撤销合并")
    again.refresh_from_db()
    assert (again.pk == kept.pk, Merge.objects.get().gone_id in (again.pk, kept.pk)) == (False, True)
    window.goto("/work/doubts/")
    expect(window.locator("#results")).not_to_contain_text("张子涵")
    window.goto("/work/doubts/settled/")
    expect(window.locator("#results")).to_contain_text("同一名儿童重复登记")
    window.goto(f"/work/residents/{Merge.objects.get().kept_id}/")
    _on_a_phone(window, picture, "merged")
    window.click("text=撤销合并")
    expect(window.locator("body")).to_contain_text("合并已撤销")
    window.goto("/work/doubts/")
    expect(window.locator("#results")).to_contain_text("张子涵")
