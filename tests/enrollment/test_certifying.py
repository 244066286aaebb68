"""Departments' rosters of statuses: compared first, then taken; a full list ends whoever is missing from it."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from enrollment import certifying
from enrollment.models import Enrollment, Resident, Status
from office import intake
from office.models import Area, AuditEvent, Batch
from tests.town import Town

pytestmark = pytest.mark.django_db

HEADINGS = ("姓名", "证件号码", "身份起", "身份止", "变动")
GROUP = Status.Group.MINIMUM_LIVING.value
DAY = date(2024, 10, 1)
EVE = date(2024, 9, 30)


def line(resident: Resident, **cells: str) -> dict[str, str]:
    return {"姓名": resident.name, "证件号码": resident.id_number} | cells


def send(
    town: Town,
    *lines: dict[str, str],
    full: bool = False,
    area: Area | None = None,
    day: date = DAY,
    group: str = GROUP,
) -> Batch:
    told = certifying.parameters(group, day, full, "县民政局")
    content = town.csv(lines, HEADINGS)
    return intake.receive(
        certifying.KIND, area or town.county, "低保.csv", content, told, by=town.clerk, at=town.moment(DAY)
    )


def take(town: Town, batch: Batch) -> Batch:
    return intake.take(batch, by=town.clerk, at=town.moment(DAY))


def terms(resident: Resident) -> list[tuple[date, date | None]]:
    return list(resident.statuses.order_by("since").values_list("since", "until"))


@pytest.mark.article("XZ30.10")
def test_a_full_list_ends_from_its_day_whoever_is_missing_and_certifies_the_new(town: Town) -> None:
    stays, goes, comes = (town.resident(name) for name in ("赵留", "钱走", "孙来"))
    for resident in (stays, goes):
        town.status(resident, GROUP, since=date(2024, 1, 1))
    batch = send(town, line(stays), line(comes), full=True)
    found = certifying.difference(batch)
    assert [status.resident for status in found.new] == [comes]
    assert [(ending.status.resident, ending.last) for ending in found.ended] == [(goes, EVE)]
    assert [status.resident for status in found.unchanged] == [stays]
    assert terms(goes) == [(date(2024, 1, 1), None)], "looking changes nothing"
    batch = take(town, batch)
    assert (batch.read, batch.taken, batch.refused, batch.duplicate) == (2, 1, 0, 1)
    assert terms(goes) == [(date(2024, 1, 1), EVE)]
    assert terms(comes) == [(DAY, None)]
    assert terms(stays) == [(date(2024, 1, 1), None)]
    assert Status.objects.get(resident=comes).certified_by == "县民政局"
    detail = AuditEvent.objects.get(action="certifying.take").detail
    assert detail["new"] == [comes.pk]
    assert detail["ended"] == [[goes.pk, EVE.isoformat()]]


def test_a_list_of_changes_ends_only_whom_it_names(town: Town) -> None:
    ends, dated, silent = (town.resident(name) for name in ("赵止", "钱定", "孙默"))
    for resident in (ends, dated, silent):
        town.status(resident, GROUP, since=date(2024, 1, 1))
    take(town, send(town, line(ends, 变动="终止"), line(dated, 身份止="2024-12-31")))
    assert terms(ends) == [(date(2024, 1, 1), EVE)]
    assert terms(dated) == [(date(2024, 1, 1), date(2024, 12, 31))]
    assert terms(silent) == [(date(2024, 1, 1), None)]


def test_another_group_and_another_area_are_left_alone(town: Town) -> None:
    here, orphan, elsewhere = (
        town.resident("赵甲"),
        town.resident("钱乙"),
        town.resident("孙丙", village=town.far_village),
    )
    town.status(orphan, "orphan", since=date(2024, 1, 1))
    town.status(elsewhere, GROUP, since=date(2024, 1, 1))
    take(town, send(town, line(here), full=True))
    assert terms(orphan) == terms(elsewhere) == [(date(2024, 1, 1), None)]


@pytest.mark.article("XZ30.10")
def test_unknown_people_and_other_names_are_listed_and_end_nobody(town: Town) -> None:
    standing, far = town.resident("李抄错"), town.resident("周远", village=town.far_village)
    namesake = town.resident("吴真名")
    for resident in (standing, namesake):
        town.status(resident, GROUP, since=date(2024, 1, 1))
    batch = send(
        town,
        line(standing) | {"证件号码": town.number()},  # another number under the name of somebody who stands
        line(namesake) | {"姓名": "吴假名"},
        line(far),
        line(namesake) | {"姓名": "郑坏号", "证件号码": "123"},
        full=True,
    )
    assert (batch.read, batch.refused) == (4, 4)
    messages = " ".join(problem.message for problem in batch.problems.all())
    for told in ("没有登记此证件号码", "证件号码登记的是另一姓名", "之外"):
        assert told in messages
    found = certifying.difference(batch)
    assert [status.resident for status in found.held] == [standing]
    assert found.ended == []
    take(town, batch)
    assert terms(standing) == terms(namesake) == [(date(2024, 1, 1), None)]


def test_the_same_list_again_changes_nothing(town: Town) -> None:
    someone = town.resident()
    batch = take(town, send(town, line(someone, 身份起="2024-09-15"), full=True))
    assert send(town, line(someone, 身份起="2024-09-15"), full=True).pk == batch.pk
    again = send(town, line(someone, 身份起="2024-09-15", 身份止=""), line(town.resident("王新")), full=True)
    assert again.duplicate == 1
    assert terms(someone) == [(date(2024, 9, 15), None)]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"身份起": "2024-08-01", "身份止": "2024-07-01"}, "早于身份起日"),
        ({"身份起": "2024-03-01"}, "同类身份已登记"),
        ({"变动": "终止"}, "没有这种身份可以终止"),
    ],
)
def test_days_that_cannot_be_are_given_back(town: Town, cells: dict[str, str], told: str) -> None:
    resident = town.resident()
    town.status(resident, GROUP, since=date(2024, 1, 1), until=date(2024, 6, 30))
    batch = send(town, line(resident, **cells))
    assert batch.refused == 1
    assert told in batch.problems.get().message
    take(town, batch)
    assert terms(resident) == [(date(2024, 1, 1), date(2024, 6, 30))]


@pytest.mark.article("JZ07")
def test_entitlements_are_asked_again_for_who_came_and_who_went(town: Town) -> None:
    town.sample_notice("subsidy.share", "1", since=date(2024, 1, 1))
    comes, goes = town.resident("赵来"), town.resident("钱走")
    town.status(goes, GROUP, since=date(2024, 1, 1), on=date(2024, 1, 1))
    for resident in (comes, goes):
        town.enrolled(resident)
    take(town, send(town, line(comes), full=True))

    def payers(resident: Resident) -> set[str]:
        return set(Enrollment.objects.get(resident=resident).dues.values_list("payer", flat=True))

    assert payers(comes) == {"government", "subsidy"}
    assert payers(goes) == {"individual", "subsidy"}


def test_a_comparison_asks_a_constant_number_of_queries(town: Town, django_assert_max_num_queries: Any) -> None:
    people = [town.resident(f"张{name}") for name in "甲乙丙丁戊己庚辛"]
    batch = send(town, *(line(person) for person in people), full=True)
    with django_assert_max_num_queries(4):
        certifying.difference(batch)
    with django_assert_max_num_queries(40):
        take(town, batch)


def test_the_page_shows_who_comes_and_who_goes_and_takes_it(town: Town) -> None:
    comes, goes = town.resident("赵来"), town.resident("钱走")
    town.status(goes, GROUP, since=date(2024, 1, 1))
    client = Client()
    client.force_login(town.clerk, backend="django.contrib.auth.backends.ModelBackend")
    upload = client.get(reverse("office:upload", args=["statuses"]))
    assert "名册日期" in upload.content.decode()
    batch = send(town, line(comes), line(comes) | {"姓名": "孙无", "证件号码": town.number()}, full=True)
    assert (
        reverse("enrollment:compare-statuses", args=[batch.pk])
        in client.get(reverse("office:file", args=[batch.pk])).content.decode()
    )
    shown = client.get(reverse("enrollment:compare-statuses", args=[batch.pk])).content.decode()
    for told in ("赵来", "钱走", "孙无", "没有登记此证件号码", "2024-09-30", "县民政局"):
        assert told in shown
    assert client.post(reverse("office:take", args=[batch.pk])).status_code == 302
    assert client.get(reverse("enrollment:compare-statuses", args=[batch.pk])).status_code == 302
    listed = client.get(reverse("enrollment:statuses") + "?when=now").content.decode()
    assert "赵来" in listed
    assert "钱走" not in listed
    assert "钱走" in client.get(reverse("enrollment:statuses") + "?when=over").content.decode()
