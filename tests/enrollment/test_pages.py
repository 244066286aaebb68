"""The pages of the clerk: what each shows, to whom, and what a click does."""

import re
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from enrollment.models import CollectionPeriod, Enrollment, Household, Payment, Resident, Status
from office.models import AuditEvent, Batch, Job, Staff
from tests.town import Town


def signed_in(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def clerk(town: Town) -> Client:
    return signed_in(town.clerk)


@pytest.fixture(autouse=True)
def _tenth_of_march(town: Town, time_machine: Any) -> None:
    """Doors read the clock; here it stands on the town's day."""
    time_machine.move_to(town.now)


def page(client: Client, name: str, *args: object, **query: str) -> str:
    answer = client.get(reverse(f"enrollment:{name}", args=args), query)
    assert answer.status_code == 200, answer
    return str(answer.content.decode())


def rows(html: str) -> int:
    return len(re.findall(r"<tr>\s*<td", html))


def test_a_resident_is_found_by_name_initials_number_and_household_and_by_no_other_part_of_it(
    town: Town, clerk: Client
) -> None:
    one, _other = town.resident("单雨桐"), town.resident("张建国")
    for text in ("单雨", "syt", "S", one.id_number, one.id_number.lower(), one.household.number):
        assert "单雨桐" in page(clerk, "residents", q=text), text
        assert "张建国" not in page(clerk, "residents", q=text), text
    assert "单雨桐" not in page(clerk, "residents", q=one.id_number[-5:])
    assert one.id_number not in page(clerk, "residents")


def test_the_list_filters_by_area_and_by_the_state_of_the_year(town: Town, clerk: Client) -> None:
    covered, far = town.covered("王志强"), town.resident("李秀英", village=town.far_village)
    html = page(clerk, "residents", state="covered")
    assert covered.name in html
    assert far.name not in html
    html = page(clerk, "residents", area=town.other_county.path)
    assert far.name in html
    assert covered.name not in html


def test_the_resident_page_says_whether_it_works_today_and_masks_the_number(town: Town, clerk: Client) -> None:
    resident = town.covered("王志强")
    html = page(clerk, "resident", resident.pk)
    assert "今天可以使用" in html
    assert "JZ06.1" in html
    assert resident.id_number not in html
    shown = clerk.post(reverse("enrollment:show-number", args=[resident.pk]), headers={"HX-Request": "true"})
    assert resident.id_number in shown.content.decode()
    event = AuditEvent.objects.get(action="residents.show_number")
    assert (event.actor, event.subject) == (town.clerk, f"enrollment.resident:{resident.pk}")


def test_who_waits_is_told_from_when_with_the_article(town: Town, clerk: Client) -> None:
    resident = town.resident(insured_through=2024)
    town.paid(resident, on=date(2025, 3, 1), amount="1070.00")
    html = page(clerk, "resident", resident.pk)
    assert "自 2025-04-01 起可用" in html
    assert "JZ09" in html


def household(town: Town, **more: str) -> dict[str, str]:
    return {
        "area": town.village.code, "address": "东街 1 号",
        "head-id_type": "id_card", "head-id_number": town.number(date(1975, 1, 2), "2"), "head-name": "单兰",
        "members-TOTAL_FORMS": "9", "members-INITIAL_FORMS": "0",
        "members-0-id_type": "id_card", "members-0-id_number": town.number(date(2016, 2, 29)),
        "members-0-name": "张雨", "members-0-relation": "子",
        "members-0-basis": "household", "members-1-id_type": "id_card", "members-1-basis": "household",
    } | more  # fmt: skip


def test_a_household_is_registered_with_its_members_and_empty_rows_are_nobody(town: Town, clerk: Client) -> None:
    answer = clerk.post(reverse("enrollment:register"), household(town))
    head = Household.objects.get().head
    assert answer.headers["Location"] == reverse("enrollment:resident", args=[head.pk])
    assert [(r.name, r.birth_on, r.sex) for r in Resident.objects.order_by("pk")] == [
        ("单兰", date(1975, 1, 2), "2"), ("张雨", date(2016, 2, 29), "1")
    ]  # fmt: skip


def test_a_wrong_number_is_answered_beside_the_person_and_nothing_is_kept(town: Town, clerk: Client) -> None:
    answer = clerk.post(
        reverse("enrollment:register"), household(town, **{"members-0-id_number": "1407021980050500123"})
    )
    html = answer.content.decode()
    assert "19 位" in html
    assert html.index("成员 1") < html.index("19 位") < html.index("成员 2")
    assert not Resident.objects.exists()


def test_a_duplicate_is_refused_with_the_place(town: Town, clerk: Client) -> None:
    there = town.resident("老住户")
    answer = clerk.post(reverse("enrollment:register"), household(town, **{"members-0-id_number": there.id_number}))
    assert "不能重复登记" in answer.content.decode()


def test_a_typed_number_fills_birthday_and_sex(town: Town, clerk: Client) -> None:
    told = {"prefix": "head", "head-id_type": "id_card", "head-id_number": town.number(date(1975, 1, 2), "2")}
    html = clerk.post(reverse("enrollment:read-number"), told, headers={"HX-Request": "true"}).content.decode()
    assert 'value="1975-01-02"' in html
    assert re.search(r'value="2"\s+selected', html)
    wrong = clerk.post(reverse("enrollment:read-number"), told | {"head-id_number": "123"}).content.decode()
    assert "18 位" in wrong


def test_a_status_and_an_end_are_put_down_from_the_page(town: Town, clerk: Client) -> None:
    resident = town.covered()
    status = {"group": "severely_disabled", "since": "2025-01-01", "certified_by": "县残联"}
    assert clerk.post(reverse("enrollment:certify", args=[resident.pk]), status).status_code == 302
    assert Status.objects.get().certified_by == "县残联"
    late = clerk.post(reverse("enrollment:end", args=[resident.pk]), {"reason": "death", "ended_on": "2025-04-01"})
    assert "尚未到来" in late.content.decode()
    assert clerk.post(
        reverse("enrollment:end", args=[resident.pk]), {"reason": "death", "ended_on": "2025-03-05"}
    ).status_code == 302  # fmt: skip
    assert Enrollment.objects.get().benefits_until == date(2025, 3, 5)
    assert "今天不能使用" in page(clerk, "resident", resident.pk)


def test_a_newborn_is_put_down_from_its_page_and_covered_at_once(town: Town, clerk: Client) -> None:
    baby = town.newborn(date(2025, 2, 1))
    period = town.period()
    assert "登记 2025 年度参保" in page(clerk, "resident", baby.pk)
    clerk.post(reverse("enrollment:enroll", args=[baby.pk, period.pk]))
    assert "今天可以使用" in page(clerk, "resident", baby.pk)


def test_a_manager_opens_a_period_and_a_wide_window_is_refused_beside_the_field(town: Town) -> None:
    manager = signed_in(town.manager)
    told = {"year": "2026"}
    empty = manager.post(reverse("enrollment:open-period"), told).content.decode()
    assert "尚未确定" in empty
    assert "2026 年度尚无公告：个人缴费标准" in empty
    town.standards(2026, "420", "700", on=date(2025, 1, 1))
    wide = manager.post(reverse("enrollment:open-period"), told | {"closes_on": "2025-12-31"})
    assert "2025-12-20" in wide.content.decode()
    assert manager.post(reverse("enrollment:open-period"), told).status_code == 302
    period = CollectionPeriod.objects.get()
    assert (period.opens_on, period.closes_on) == (date(2025, 9, 1), date(2025, 12, 20))
    twice = manager.post(reverse("enrollment:open-period"), told)
    assert "已经开设" in twice.content.decode()
    assert "420.00" in page(manager, "period", period.pk)


def test_a_tax_file_goes_from_upload_to_the_list_with_its_exceptions(town: Town) -> None:
    good, short = town.resident("王志强"), town.resident("李秀英")
    for resident in (good, short):
        town.enrolled(resident)
    lines = [town.tax_line(good, date(2024, 10, 10)), town.tax_line(short, date(2024, 10, 10), "1.00")]
    accountant = signed_in(town.accountant)
    file = SimpleUploadedFile("税务.csv", town.csv(lines, lines[0]))
    told = {"file": file, "channel": "tax"}
    assert accountant.post(reverse("office:upload", args=["payments"]), told).status_code == 302
    assert accountant.post(reverse("office:take", args=[Batch.objects.get().pk])).status_code == 302
    html = page(accountant, "payments", state="held")
    assert "李秀英" in html
    assert "王志强" not in html
    assert "400.00" in html
    assert accountant.post(reverse("enrollment:rematch")).status_code == 302
    assert Payment.objects.filter(state="matched").count() == 1


def test_a_roster_is_sent_for_a_village_and_a_year(town: Town) -> None:
    clerk = signed_in(town.member("clerk", town.village))
    period = town.period()
    file = SimpleUploadedFile("名册.csv", town.csv([{"姓名": "陈思", "证件号码": town.number()}], ["姓名", "证件号码"]))
    told = {"file": file, "place": town.village.name, "period": period.pk}
    assert clerk.post(reverse("office:upload", args=["roster"]), told).status_code == 302
    assert clerk.post(reverse("office:take", args=[Batch.objects.get().pk])).status_code == 302
    assert Enrollment.objects.get().resident.area == town.village


def test_a_renewal_is_looked_at_then_started_once(town: Town) -> None:
    town.covered("王志强")
    period = town.period(2026)
    manager = signed_in(town.manager)
    assert "开始续保" in page(manager, "renewal")
    assert "王志强" in page(manager, "renewal-list", period.pk, "renewing")
    for _ in range(2):
        manager.post(reverse("enrollment:start-renewal", args=[period.pk]))
    assert Job.objects.count() == 1
    town.work()
    assert Enrollment.objects.filter(year=2026).count() == 1
    county = signed_in(town.member("manager", town.county))
    assert reverse("enrollment:start-renewal", args=[period.pk]) not in page(county, "renewal")
    county.post(reverse("enrollment:start-renewal", args=[period.pk]))
    assert "王志强" in page(manager, "enrollments", period.pk)


def test_the_list_of_those_paid_by_others_is_confirmed_from_the_period(town: Town) -> None:
    town.sample_notice("subsidy.share", "1", since=date(2024, 1, 1))
    town.enrolled(town.resident(groups=["destitute"]), 2026, on=town.today)
    manager = signed_in(town.manager)
    period = town.period(2026)
    assert "1 人" in page(manager, "period", period.pk)
    for _ in range(2):  # pressed twice it is one job
        answer = manager.post(reverse("enrollment:confirm", args=[period.pk]), follow=True)
    town.work()
    told = manager.get(answer.request["PATH_INFO"]).content.decode()
    assert "缴费期尚未开始" in told
    assert "100%" in page(manager, "period", period.pk)


def test_who_is_missing_is_put_down_from_the_period_and_named_where_no_rule_answers(town: Town, clerk: Client) -> None:
    town.resident("王志强")
    town.resident("李秀英", groups=["destitute"])
    period = town.period(2026)
    assert "补登记未参保的 2 人" in page(clerk, "period", period.pk)
    html = clerk.post(reverse("enrollment:enroll-missing", args=[period.pk]), follow=True).content.decode()
    assert "李秀英" in html
    assert "JZ07" in html
    assert Enrollment.objects.get().resident.name == "王志强"


def test_nobody_sees_people_of_another_county(town: Town) -> None:
    near, far = town.covered("王志强"), town.covered("李秀英", village=town.far_village)
    clerk = signed_in(town.member("clerk", town.county))
    for name in ("residents", "households", "payments"):
        html = page(clerk, name)
        assert near.name in html
        assert far.name not in html
    for name in ("resident", "certify", "end"):
        assert clerk.get(reverse(f"enrollment:{name}", args=[far.pk])).status_code == 404
    assert clerk.post(reverse("enrollment:show-number", args=[far.pk])).status_code == 404
    export = clerk.get(reverse("enrollment:residents"), {"export": "csv"}).content.decode()
    assert near.name in export
    assert far.name not in export


@pytest.mark.parametrize("role", ["system", "security"])
def test_who_keeps_the_system_or_its_safety_sees_nobody(town: Town, role: str) -> None:
    client = signed_in(town.member(role))
    resident = town.resident()
    assert client.get(reverse("enrollment:residents")).status_code == 403
    assert client.get(reverse("enrollment:resident", args=[resident.pk])).status_code == 403


def test_pages_take_a_constant_number_of_queries(town: Town, clerk: Client, django_assert_max_num_queries: Any) -> None:
    for size in (1, 12):
        for _ in range(size):
            town.covered()
        for name in ("residents", "households", "payments"):
            with django_assert_max_num_queries(14):
                page(clerk, name)
