"""Files of deaths, employee insurance and moves: each ends cover by its rule, and nobody unmatched is lost."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from enrollment import leaving
from enrollment.models import Enrollment, Resident
from office import intake
from office.models import Area, AuditEvent, Batch
from tests.town import Town

pytestmark = pytest.mark.django_db

AT = date(2025, 6, 20)


def send(town: Town, kind: str, *lines: tuple[Resident, str], area: Area | None = None, **cells: str) -> Batch:
    heading = leaving.DAYS[kind][0]
    rows = [{"姓名": who.name, "证件号码": who.id_number, heading: on} | cells for who, on in lines]
    content = town.csv(rows, ("姓名", "证件号码", heading))
    return intake.receive(kind, area or town.county, f"{kind}.csv", content, {}, by=town.clerk, at=town.moment(AT))


def take(town: Town, batch: Batch) -> Batch:
    return intake.take(batch, by=town.clerk, at=town.moment(AT))


@pytest.mark.article("XZ30.9", "BZ23")
@pytest.mark.parametrize(
    ("kind", "reason", "last"),
    [
        ("deaths", "death", date(2025, 5, 8)),
        ("moved_out", "moved_out", date(2025, 5, 8)),
        ("employees", "employee_insurance", date(2025, 5, 7)),
    ],
)
def test_each_kind_of_file_cuts_cover_by_its_rule(town: Town, kind: str, reason: str, last: date) -> None:
    leaves, stays = town.covered("赵去"), town.covered("钱在")
    batch = send(town, kind, (leaves, "2025-05-08"))
    assert Enrollment.objects.get(resident=leaves).state == "covered", "looking changes nothing"
    batch = take(town, batch)
    assert (batch.taken, batch.refused) == (1, 0)
    leaves.refresh_from_db()
    assert (leaves.ended_on, leaves.end_reason) == (date(2025, 5, 8), reason)
    cut = Enrollment.objects.get(resident=leaves)
    assert (cut.state, cut.benefits_until) == ("ended", last)
    assert Enrollment.objects.get(resident=stays).state == "covered"


@pytest.mark.article("XZ30.9")
def test_everybody_has_a_day_of_their_own_and_one_act_is_recorded(town: Town) -> None:
    first, second = town.covered("赵先"), town.covered("钱后")
    take(town, send(town, "deaths", (first, "2024-12-30"), (second, "2025-06-20")))
    until = dict(Enrollment.objects.values_list("resident", "benefits_until"))
    assert until == {first.pk: None, second.pk: AT}
    detail = AuditEvent.objects.get(action="ending.end").detail
    assert detail["days"] == {str(first.pk): "2024-12-30", str(second.pk): "2025-06-20"}


@pytest.mark.article("XZ30.10")
def test_everybody_unmatched_is_listed_with_the_reason(town: Town) -> None:
    here, gone, unborn = town.covered("赵在"), town.covered("钱迁"), town.resident("孙童", birth=date(2020, 5, 1))
    far = town.covered("周远", village=town.far_village)
    take(town, send(town, "moved_out", (gone, "2025-02-01")))
    stranger = Resident(name="李生", id_number=town.number())
    renamed = Resident(name="赵别", id_number=here.id_number)
    batch = send(
        town, "deaths",
        (stranger, "2025-05-01"), (renamed, "2025-05-01"), (far, "2025-05-01"), (gone, "2025-05-01"),
        (unborn, "2020-04-30"), (town.covered("吴后"), "2025-06-21"),
    )  # fmt: skip
    assert (batch.read, batch.refused) == (6, 6)
    told = [problem.message for problem in batch.problems.order_by("line")]
    expected = ("没有登记此证件号码", "另一姓名", "之外", "转出本市", "早于出生日期", "尚未到来")
    assert all(word in message for word, message in zip(expected, told, strict=True))
    take(town, batch)
    assert Resident.objects.filter(end_reason="death").count() == 0


def test_the_same_news_again_changes_nothing(town: Town) -> None:
    someone = town.covered("赵去")
    take(town, send(town, "deaths", (someone, "2025-05-08")))
    again = send(town, "deaths", (someone, "2025-05-08"), area=town.city)
    assert (again.taken, again.duplicate) == (0, 1)


def test_a_large_file_asks_no_more_than_a_small_one(town: Town, django_assert_max_num_queries: Any) -> None:
    lines = [(town.covered(f"张{name}"), f"2025-05-0{n}") for n, name in enumerate("甲乙丙丁戊己", 1)]
    batch = send(town, "deaths", *lines)
    with django_assert_max_num_queries(34):
        take(town, batch)


def test_the_ended_are_listed_with_the_files_that_say_so(town: Town) -> None:
    take(town, send(town, "employees", (town.covered("赵职"), "2025-05-08")))
    client = Client()
    client.force_login(town.clerk, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("enrollment:ended")).content.decode()
    for told in ("赵职", "2025-05-08", "转职工医保", "导入死亡信息"):
        assert told in page
    assert client.get(reverse("office:upload", args=["deaths"])).status_code == 200
