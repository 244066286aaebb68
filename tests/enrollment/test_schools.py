"""Schools: their students by roster, who is unpaid, what was paid, and the day by which the school pays for all."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from enrollment import registration, schooling
from enrollment.models import Resident, School
from enrollment.schooling import CannotFound
from office import intake
from office.models import Batch
from tests.town import Town

pytestmark = pytest.mark.django_db


@pytest.fixture
def xuzhou(db: None) -> Town:
    return Town("320300", "xuzhou_2023")


def _signed_in(staff: object) -> Client:
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _student(town: Town, name: str = "", **more: object) -> Resident:
    papers = town.papers(name, date(2006, 3, 1), basis="university", school=town.school(), **more)
    on = date(2024, 9, 5)
    return registration.register_resident(town.county, papers, by=town.clerk, on=on, at=town.moment(on))


@pytest.mark.article("XZ08.5", "JZ06.4")
def test_a_school_sees_who_is_in_unpaid_and_absent_and_what_was_paid(xuzhou: Town) -> None:
    paid, due, _absent = _student(xuzhou, school_class="临床一班"), _student(xuzhou), _student(xuzhou)
    xuzhou.paid(paid)
    xuzhou.enrolled(due)
    whole = schooling.whole(xuzhou.school(), 2025, xuzhou.clerk)
    assert whole == ((1, 1, 0, 1), Decimal("400.00"))
    [listed] = schooling.listed(2025, xuzhou.clerk)
    assert (listed.on_roster, listed.unpaid) == (3, 2)
    client = _signed_in(xuzhou.clerk)
    address = reverse("enrollment:school", args=[listed.pk])
    page = client.get(address).content.decode()
    assert "临床一班" in page
    assert "2024-11-30" in page
    assert "XZ08.5" in page
    assert "已逾期，2 人未缴" in page
    assert "临床一班" in client.get(f"{address}?export=csv").content.decode("utf-8-sig")
    unpaid = client.get(reverse("enrollment:print-school", args=[listed.pk]), {"standing": "unpaid"}).content.decode()
    assert due.name in unpaid
    assert "临床一班" not in unpaid
    assert client.get(reverse("enrollment:schools"), {"paid": "lags"}).context["results"]
    assert not client.get(reverse("enrollment:schools"), {"paid": "clear"}).context["results"]


@pytest.mark.article("XZ08.5")
def test_only_universities_of_a_text_that_says_so_have_a_deadline(xuzhou: Town) -> None:
    due = schooling.deadline(xuzhou.county, "university", 2025)
    assert (due.day, due.article) == (date(2024, 11, 30), "XZ08.5")
    assert schooling.deadline(xuzhou.county, "pupil", 2025) is None
    assert schooling.deadline(Town().county, "university", 2025) is None


@pytest.mark.article("XZ08.5")
def test_a_roster_sent_from_the_page_of_a_school_needs_no_code_and_brings_classes(xuzhou: Town) -> None:
    school, period = xuzhou.school(), xuzhou.period()
    rows = [
        {"姓名": "李学生", "证件号码": xuzhou.number(date(2006, 1, 1)), "班级": "护理二班", "户籍地": "410101 中原区"}
    ]
    file = SimpleUploadedFile("名册.csv", xuzhou.csv(rows, rows[0]), "text/csv")
    client = _signed_in(xuzhou.clerk)
    answer = client.post(reverse("enrollment:school-roster", args=[school.pk]), {"file": file, "period": period.pk})
    batch = Batch.objects.get()
    assert answer.url == reverse("office:file", args=[batch.pk])
    intake.take(batch, by=xuzhou.clerk, at=xuzhou.now)
    student = Resident.objects.get()
    assert (student.school, student.area, student.basis) == (school, school.area, "university")
    assert (student.school_class, student.registry) == ("护理二班", "410101 中原区")
    assert student.enrollments.get().state == "due"


def test_a_school_is_put_down_once_and_within_scope(town: Town) -> None:
    client = _signed_in(town.member("clerk", town.county))
    told = {"code": "10109", "name": "山西农业大学", "kind": "university", "area": town.county.pk}
    assert client.post(reverse("enrollment:new-school"), told).status_code == 302
    assert "已登记" in client.post(reverse("enrollment:new-school"), told).content.decode()
    assert School.objects.count() == 1
    for area, code, says in ((town.other_county, "2", "管辖"), (town.county, " ", "不能为空")):
        with pytest.raises(CannotFound, match=says):
            schooling.found(code, "甲", "pupil", area, by=town.member("clerk", town.county), at=town.now)
