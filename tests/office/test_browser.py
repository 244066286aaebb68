"""The main paths of manager, rechecker, system, security and audit administrator in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from office.models import Area, AuditEvent, Notice, Staff
from tests.town import Town
from tests.town_office import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def standing_town(transactional_db: None) -> Town:
    return Town()


def _sign_in(page: Page, staff: Staff) -> None:
    page.context.clear_cookies()
    page.goto("/login/")
    page.fill("input[name=username]", staff.username)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/login/" not in address)


def _tick_and_do(page: Page, action: str) -> None:
    page.locator("tbody input.action-select").first.check()
    page.locator("select[name=action]").first.select_option(action)
    page.locator("button[name=index]").first.click()


def test_a_notice_is_entered_by_one_and_approved_by_another(standing_town: Town, page: Page) -> None:
    town = standing_town
    _sign_in(page, town.manager)
    page.goto("/admin/office/notice/add/")
    page.select_option("select[name=policy]", "jinzhong_2017")
    page.select_option("select[name=key]", "inpatient.ceiling")
    page.fill("input[name=since]", "2025-06-01")
    page.fill("input[name=document]", "晋医保〔2025〕9号")
    page.fill("input[name=value]", "八万")
    page.click("button[name=_save]")
    expect(page.locator("body")).to_contain_text("不能读作")
    page.fill("input[name=value]", "80000")
    page.click("button[name=_save]")
    expect(page.locator("body")).to_contain_text("晋医保〔2025〕9号")

    _sign_in(page, town.rechecker if town.rechecker.is_staff else _admitted(town.rechecker))
    page.goto("/admin/office/notice/")
    _tick_and_do(page, "approve")
    expect(page.locator("body")).to_contain_text("已办理")
    assert Notice.objects.get().approved_by == town.rechecker
    page.goto("/admin/office/notice/figures/?policy=jinzhong_2017")
    expect(page.locator("table")).to_contain_text("晋医保〔2025〕9号")


def test_areas_accounts_and_the_trail_are_each_kept_by_their_own_administrator(standing_town: Town, page: Page) -> None:
    town = standing_town
    _sign_in(page, town.member("system", town.county))
    page.goto("/admin/office/area/add/")
    page.locator(".select2-selection").first.click()
    page.locator(".select2-search__field").last.fill(town.towns[0].name)
    page.locator(".select2-results__option", has_text=town.towns[0].name).first.click()
    page.fill("input[name=code]", f"{town.towns[0].code}209")
    page.fill("input[name=name]", "新村")
    page.click("button[name=_save]")
    expect(page.locator("body")).to_contain_text("新村")
    assert Area.objects.get(name="新村").parent == town.towns[0]

    _sign_in(page, town.security)
    page.goto(f"/admin/office/staff/{town.clerk.pk}/change/")
    page.select_option("select[name=role]", "reviewer")
    page.click("button[name=_save]")
    page.wait_for_url("**/admin/office/staff/")
    assert Staff.objects.get(pk=town.clerk.pk).role == "reviewer"

    _sign_in(page, town.auditor)
    page.goto("/admin/office/auditevent/")
    expect(page.locator("table").last).to_contain_text("office.change_account")
    page.get_by_role("link", name="校验审计链").click()
    expect(page.locator("body")).to_contain_text("审计链完整")
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {"office.add_area", "office.change_account"}


def _admitted(staff: Staff) -> Staff:
    """Let into the admin, as the security administrator does."""
    staff.is_staff = True
    staff.save()
    return staff
