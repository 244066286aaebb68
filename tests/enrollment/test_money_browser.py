"""Money that goes back and a day held against the bank, through their people in a real browser."""

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from enrollment.models import Comparison, Payment, Refund
from office import days, intake
from office.models import Staff
from tests.enrollment.test_reconciling import DAY, HEADINGS, line
from tests.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Come = Callable[[Staff], Page]


def test_a_second_payment_goes_back_through_four_people(
    standing_town: Town, signed_in: Come, picture: Callable[[str], None]
) -> None:
    town = standing_town
    person = town.covered("王安")
    town.tax_file(town.tax_line(person, date(2024, 12, 3)), name="又.csv")
    window = signed_in(town.clerk)
    window.goto("/work/refunds/new/?q=王安&state=paid_twice")
    window.locator("#results tbody a").first.click()
    window.fill("#id_bank", "农业银行晋中分行")
    window.fill("#id_account", "6228480011112222")
    for paper in ("申请人身份证件", "收款账户"):
        window.get_by_label(paper).check()
    picture("refund-apply")
    window.get_by_role("button", name="提交申请").click()
    expect(window.locator("body")).to_contain_text("等待初审")
    refund = Refund.objects.get()
    expect(window.locator("body")).not_to_contain_text("6228480011112222")

    for who, button, told in (
        (town.manager, "初审通过", "等待复核"),
        (town.rechecker, "复核通过", "等待列单支付"),
    ):
        window = signed_in(who)
        window.goto(f"/work/refunds/{refund.pk}/")
        window.get_by_role("button", name=button).click()
        expect(window.locator("body")).to_contain_text(told)

    window = signed_in(town.accountant)
    window.goto("/work/refunds/")
    picture("refunds")
    window.get_by_role("button", name="列单支付").click()
    expect(window.locator("body")).to_contain_text("请下载后送银行")
    with window.expect_download() as taken:
        window.get_by_role("button", name="下载银行文件").click()
    assert taken.value.suggested_filename.startswith("TF")
    picture("refund-list")
    window.get_by_role("button", name="全部记为已退费").click()
    expect(window.locator("tbody")).to_contain_text("已退费")
    window.goto(f"/work/refunds/{refund.pk}/")
    picture("refund")
    window.get_by_role("link", name="打印告知单").click()
    picture("refund-notice")
    window.set_viewport_size({"width": 390, "height": 844})
    refund.refresh_from_db()
    for address in (f"lists/{refund.pay_list_id}/", f"{refund.pk}/", ""):
        window.goto(f"/work/refunds/{address}")
        assert window.evaluate("document.documentElement.scrollWidth") <= 390, address
    picture("refunds-phone")
    assert (refund.state, refund.paid_on) == ("paid", days.today())


def test_a_day_is_held_against_tax_and_bank_and_its_difference_settled(
    standing_town: Town, signed_in: Come, picture: Callable[[str], None]
) -> None:
    town = standing_town
    people = [
        town.resident(name, village=place) for name, place in (("王安", town.village), ("李远", town.far_village))
    ]
    for person in people:
        town.enrolled(person)
    town.tax_file(*(town.tax_line(person, DAY) for person in people))
    same, other = Payment.objects.order_by("pk")
    for kind, lines in (("tax_detail", [line(same), line(other, 金额="380.00")]), ("fund_detail", [line(same)])):
        content = town.csv(lines, HEADINGS)
        batch = intake.receive(kind, town.city, f"{kind}.csv", content, {}, by=town.accountant, at=town.now)
        intake.take(batch, by=town.accountant, at=town.now)
    window = signed_in(town.accountant)
    window.goto(f"/work/reconciliation/?until={DAY}")
    window.fill("input[name=day]", DAY.isoformat())
    window.get_by_role("button", name="对账", exact=True).click()
    expect(window.locator("#progress")).to_contain_text("完成")
    window.goto(f"/work/reconciliation/?until={DAY}")
    expect(window.locator("tbody")).to_contain_text("1 项待处理")
    picture("reconciliation")
    window.get_by_role("link", name=DAY.isoformat()).click()
    picture("reconciled-day")
    window.goto("/work/reconciliation/differences/")
    window.locator("#results tbody a").first.click()
    window.fill("#why", "税务少录 20 元，已请其更正")
    picture("comparison")
    window.get_by_role("button", name="退回对方更正").click()
    expect(window.locator("body")).to_contain_text("差异已处理")
    window.goto(f"/work/reconciliation/?until={DAY}")
    expect(window.locator("tbody")).to_contain_text("差异已处理")
    window.set_viewport_size({"width": 390, "height": 844})
    for address in (f"?until={DAY}", f"days/{DAY}/", "differences/", f"items/{Comparison.objects.first().pk}/"):
        window.goto(f"/work/reconciliation/{address}")
        assert window.evaluate("document.documentElement.scrollWidth") <= 390, address
    window.goto(f"/work/reconciliation/days/{DAY}/")
    picture("reconciled-day-phone")
    assert Comparison.objects.get(verdict="differs").state == "handed_back"
