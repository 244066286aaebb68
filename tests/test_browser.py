"""The way in, seen by a real browser: it is styled, says what is wrong, and speaks both languages."""

import re

import pytest
from playwright.sync_api import Page, expect

from office.models import Staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_person_signs_in_and_out_of_a_mistake(page: Page) -> None:
    Staff.objects.create_superuser("wang", password="黄河故道2025nongye")
    page.goto("/admin/")
    page.goto("/login/")
    expect(page).to_have_title(re.compile("登录"))
    page.get_by_label("用户名").fill("wang")
    page.get_by_label("密码").fill("mistaken")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_text("用户名或密码不正确")).to_be_visible()
    page.get_by_label("用户名").fill("wang")
    page.get_by_label("密码").fill("黄河故道2025nongye")
    page.get_by_role("button", name="登录").click()
    expect(page).not_to_have_url(re.compile("/login/"))
    page.goto("/admin/")
    expect(page.get_by_role("link", name="惠民").first).to_be_visible()


def test_the_switch_turns_the_page_to_english_and_back(page: Page) -> None:
    page.goto("/login/")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_role("button", name="登录")).to_be_visible()
