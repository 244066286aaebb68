"""A certificate says what was paid, by whom it is returned, and can be checked without saying who it is about."""

import os
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import cn2an
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from enrollment import certificates
from enrollment.certificates import CannotCertify
from enrollment.models import Certificate, Enrollment, Payment, Resident
from office import paper
from office.capitals import capitals
from office.models import AuditEvent, Staff
from office.paper import Paper
from policies import shelf
from policies.reimbursing import ReimbursementAnswer, ReimbursementQuestion
from tests.town import Town


@given(st.integers(0, 10**13))
def test_capital_amounts_are_what_another_library_writes(fen: int) -> None:
    amount = Decimal(fen) / 100
    # Whether 整 follows the jiao is left to the writer; here it does, so that nothing can be added.
    assert capitals(amount).removesuffix("整") == cn2an.an2cn(str(amount), "rmb").removesuffix("整")


def _asked(amount: str, employers: int, born: date = date(2010, 1, 1), *groups: str) -> ReimbursementAnswer:
    told = frozenset(groups or ("only_child",))
    question = ReimbursementQuestion(2025, date(2024, 11, 1), Decimal(amount), born, told, employers)
    return shelf.regulation("xuzhou_2023").reimbursement(question)


@pytest.mark.article("XZ09.6")
def test_two_employers_return_half_each_and_a_single_one_all() -> None:
    assert _asked("400.01", 2).parts == (Decimal("200.01"), Decimal("200.00"))
    assert _asked("400.00", 2).parts == (Decimal("200.00"), Decimal("200.00"))
    assert _asked("400.00", 1).parts == (Decimal("400.00"),)
    assert _asked("400.00", 0).parts == ()
    assert _asked("400.00", 2, date(2007, 1, 1)).parts  # 17 on the last day before the year
    assert _asked("400.00", 2, date(2006, 12, 31)).parts == ()  # 18 on it
    assert _asked("400.00", 2, date(2010, 1, 1), "orphan").parts == ()
    question = ReimbursementQuestion(2025, date(2024, 11, 1), Decimal(1), date(2010, 1, 1), frozenset(), 1)
    assert shelf.regulation("jinzhong_2017").reimbursement(question).parts == ()


@pytest.fixture
def town(db: None) -> Town:
    """The town lies in Xuzhou here, whose text knows of such certificates."""
    return Town("320300", "xuzhou_2023")


@pytest.fixture
def child(town: Town) -> Resident:
    """An only child whose contribution was paid."""
    return town.covered("王小宝", date(2012, 5, 5), groups=["only_child"])


def _enrollment(resident: Resident) -> Enrollment:
    return Enrollment.objects.get(resident=resident, year=2025)


@pytest.mark.django_db
@pytest.mark.article("XZ09.6")
def test_each_print_is_numbered_and_the_second_is_marked(town: Town, child: Resident) -> None:
    row = _enrollment(child)
    first = certificates.issue(row, ["徐州一厂", "徐州二厂"], by=town.clerk, at=town.now)
    again = certificates.issue(row, ["徐州一厂"], by=town.clerk, at=town.now)
    assert [part["amount"] for part in first.split] == ["200.00", "200.00"]
    assert [part["amount"] for part in again.split] == ["400.00"]
    assert (first.copy, again.copy) == (1, 2)
    assert again.number == f"{first.number}-2"
    assert first.code != again.code
    assert AuditEvent.objects.filter(action="certificates.issue").count() == 2
    content = certificates.draw(again, "https://example.invalid/check/1/")
    assert content.startswith(b"%PDF")
    assert content == certificates.draw(again, "https://example.invalid/check/1/")
    if folder := os.environ.get("PICTURES"):
        Path(folder, "certificate.pdf").write_bytes(content)


@pytest.mark.django_db
def test_nobody_gets_a_certificate_of_what_was_not_paid_or_is_not_returned(town: Town, child: Resident) -> None:
    owing = town.enrolled(town.resident())
    with pytest.raises(CannotCertify, match="没有本人缴费"):
        certificates.issue(owing, [], by=town.clerk, at=town.now)
    grown = _enrollment(town.covered("大人"))
    with pytest.raises(CannotCertify, match="独生子女") as refused:
        certificates.issue(grown, ["某厂"], by=town.clerk, at=town.now)
    assert refused.value.article == "XZ09.6"
    with pytest.raises(CannotCertify, match="最多"):
        certificates.issue(_enrollment(child), ["长" * 61], by=town.clerk, at=town.now)
    assert certificates.issue(grown, [], by=town.clerk, at=town.now).split == []


@pytest.mark.django_db
def test_plain_sql_cannot_change_a_certificate_or_make_it_twice(town: Town, child: Resident) -> None:
    row = certificates.issue(_enrollment(child), [], by=town.clerk, at=town.now)
    facts = {"enrollment": row.enrollment, "paid_on": row.paid_on, "issued_by": row.issued_by, "issued_at": town.now}
    for attack in (
        lambda: Certificate.objects.filter(pk=row.pk).update(amount=1),
        lambda: Certificate.objects.filter(pk=row.pk).delete(),
        lambda: Certificate.objects.create(number="1", code="1", copy=1, amount=Decimal(1), **facts),
        lambda: Certificate.objects.create(number=row.number, code="2", copy=2, amount=Decimal(1), **facts),
        lambda: Certificate.objects.create(number="3", code=row.code, copy=2, amount=Decimal(1), **facts),
        lambda: Certificate.objects.create(number="4", code="4", copy=2, amount=Decimal(0), **facts),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            attack()


@pytest.mark.django_db
def test_the_code_is_checked_by_anybody_and_says_nothing_about_the_person(town: Town, child: Resident) -> None:
    row = certificates.issue(_enrollment(child), ["徐州一厂"], by=town.clerk, at=town.now)
    told = Client().get(reverse("check-certificate", args=[row.code])).content.decode()
    for word in (row.number, "400.00", "证明有效"):
        assert word in told
    for secret in (child.name, child.id_number, child.id_masked, "徐州一厂", town.village.name):
        assert secret not in told
    assert Client().get("/check/", {"code": f" {row.code.upper()} "}).status_code == 200
    for odd in ("0" * 20, "\0", "王" * 40):
        answer = Client().get("/check/", {"code": odd})
        assert answer.status_code in (200, 404)
        assert "证明有效" not in answer.content.decode()
    Payment.objects.filter(enrollment=row.enrollment).update(state="refund")
    assert "已失效" in Client().get(reverse("check-certificate", args=[row.code])).content.decode()


def test_a_character_the_font_lacks_is_named_and_not_dropped(tmp_path: Path) -> None:
    assert paper.readable("买买提·艾力", "") == "买买提\u30fb艾力"
    assert paper.readable("王䶮𠮷", "") == "王[U+4DAE][U+20BB7]"
    with pytest.raises(ImproperlyConfigured, match="RECEIPT_FONT_PATH"):
        paper.font(str(tmp_path / "none.ttf"))
    dejavu = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
    if Path(dejavu).exists():
        assert paper.readable("Ж王", dejavu) == "Ж[U+738B]"


def test_a_long_table_goes_over_pages_that_are_numbered() -> None:
    sheet = Paper("长表", foot="脚注", wide=True)
    sheet.heading("长表", "副题")
    sheet.table(
        ["序号", "内容", "金额"], [[n, "文字<b>&" * 5, "1.00"] for n in range(120)], widths=(1, 4, 1), numbers={2}
    )
    sheet.stamp("样本")
    content = sheet.pdf()
    assert len(re.findall(rb"/Type /Page\b", content)) > 3


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_clerk_issues_a_certificate(
    town: Town, signed_in: Callable[[Staff], Page], picture: Callable[[str], None]
) -> None:
    child = town.covered("王小宝", date(2012, 5, 5), groups=["only_child"])
    window = signed_in(town.member("clerk", town.village))
    window.goto(f"/work/residents/{child.pk}/")
    window.click(".hm-card >> text=缴费证明")
    window.fill("input[name=employer_1]", "徐州一厂")
    window.fill("input[name=employer_2]", "徐州二厂")
    picture("certify")
    with window.expect_popup():
        window.click("text=开具证明")
    window.reload()
    expect(window.locator("tbody tr")).to_have_count(1)
    expect(window.locator("tbody")).to_contain_text("徐州二厂 200.00")
    picture("certified")
    row = Certificate.objects.get()
    window.set_viewport_size({"width": 390, "height": 844})
    assert window.evaluate("document.documentElement.scrollWidth") <= 390
    window.context.clear_cookies()
    window.goto(f"/check/{row.code}/")
    expect(window.locator("body")).to_contain_text("证明有效")
    assert window.evaluate("document.documentElement.scrollWidth") <= 390
    picture("check")
