"""Targets are split so that the parts add up; the map of bars leads down; the unpaid are listed for whoever calls."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from enrollment import progress, targets, unpaid
from enrollment.models import CollectionPeriod, Target
from enrollment.tallies import Day
from enrollment.targets import CannotSet
from office.models import AuditEvent, Staff
from tests.town import Town


def _client(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _page(staff: Staff, name: str, *keys: int, **query: Any) -> str:
    answer = _client(staff).get(reverse(name, args=keys), query)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def _folk(town: Town) -> None:
    """Two who paid and one who owes near, one who owes far away."""
    for name in ("甲已缴", "乙已缴"):
        town.paid(town.resident(name))
    town.enrolled(town.resident("丙未缴", phone="13900000001"))
    town.enrolled(town.resident("丁未缴", village=town.far_village))


def _set(town: Town, people: int = 10) -> None:
    town.period()
    manager = town.member("manager", town.city)
    targets.set_city(town.city, 2025, people, "市政办〔2024〕9号", by=manager, at=town.now)


@given(st.integers(0, 10**7), st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_whatever_is_proposed_adds_up(people: int, weights: list[int]) -> None:
    shares = targets.proposed(people, weights)
    assert sum(shares) == people
    assert min(shares) >= 0
    if any(weights):
        exact = [Decimal(people * weight) / sum(weights) for weight in weights]
        assert all(abs(share - told) < 1 for share, told in zip(shares, exact, strict=True))


@pytest.mark.django_db
@pytest.mark.article("XZ23.2", "PZ23")
def test_the_city_sets_a_target_and_splits_it_over_counties_towns_and_villages(town: Town) -> None:
    _folk(town)
    _set(town)
    manager = town.member("manager", town.city)
    told = targets.split_of(town.city, 2025, manager, targets.Basis.REGISTERED)
    proposed = {part.area: part.proposed for part in told.parts}
    assert (proposed[town.county], proposed[town.other_county], sum(proposed.values())) == (8, 2, 10)
    assert told.over is None
    counties = {part.area.pk: part.proposed for part in told.parts}
    targets.split(town.city, 2025, counties, "市政办〔2024〕9号", by=manager, at=town.now)
    assert targets.split_of(town.city, 2025, manager).over == 0
    chief = town.member("manager", town.county)
    towns = [part.area.pk for part in targets.split_of(town.county, 2025, chief).parts]
    targets.split(town.county, 2025, dict.fromkeys(towns, 0) | {towns[0]: 8}, "县发3号", by=chief, at=town.now)
    assert targets.split_of(town.county, 2025, chief).parts[0].target.people == 8
    assert AuditEvent.objects.filter(action="targets.split").count() == 2


@pytest.mark.django_db
def test_parts_that_do_not_add_up_or_are_not_ones_own_are_refused(town: Town) -> None:
    _set(town)
    manager, chief = town.member("manager", town.city), town.member("manager", town.county)
    counties = {part.area.pk: part.proposed for part in targets.split_of(town.city, 2025, manager).parts}
    first = next(iter(counties))
    with pytest.raises(CannotSet, match="多 1 人"):
        targets.split(town.city, 2025, counties | {first: counties[first] + 1}, "文", by=manager, at=town.now)
    with pytest.raises(CannotSet, match="少 1 人"):
        targets.split(town.city, 2025, counties | {first: counties[first] - 1}, "文", by=manager, at=town.now)
    with pytest.raises(CannotSet, match="每个区域"):
        targets.split(town.city, 2025, {first: 10}, "文", by=manager, at=town.now)
    with pytest.raises(CannotSet, match="依据"):
        targets.split(town.city, 2025, counties, " ", by=manager, at=town.now)
    with pytest.raises(CannotSet, match="管辖"):
        targets.split(town.city, 2025, counties, "文", by=chief, at=town.now)
    with pytest.raises(CannotSet, match="由上级"):
        targets.set_city(town.county, 2025, 5, "文", by=chief, at=town.now)
    with pytest.raises(CannotSet, match="还没有目标"):
        targets.split(town.county, 2025, {}, "文", by=chief, at=town.now)
    assert Target.objects.count() == 1


@pytest.mark.django_db
def test_a_change_is_a_new_version_and_shows_that_the_parts_no_longer_add_up(town: Town) -> None:
    _set(town)
    manager = town.member("manager", town.city)
    counties = {part.area.pk: part.proposed for part in targets.split_of(town.city, 2025, manager).parts}
    targets.split(town.city, 2025, counties, "文", by=manager, at=town.now)
    _set(town, 12)
    assert [target.people for target in targets.history(town.city, 2025)] == [12, 10]
    assert targets.split_of(town.city, 2025, manager).over == -2
    assert "请重新分解" in _page(manager, "enrollment:targets", year=2025)


@pytest.mark.django_db
def test_plain_sql_cannot_change_a_target_or_write_one_twice(town: Town) -> None:
    _set(town)
    row = Target.objects.get()
    for attack in (
        lambda: Target.objects.filter(pk=row.pk).update(people=1),
        lambda: Target.objects.filter(pk=row.pk).delete(),
        lambda: Target.objects.create(
            area=row.area, year=2025, version=1, people=3, why="再次", set_by=row.set_by, set_at=town.now
        ),
        lambda: Target.objects.create(
            area=row.area, year=2025, version=0, people=3, why="零", set_by=row.set_by, set_at=town.now
        ),
        lambda: Target.objects.create(
            area=row.area, year=2025, version=2, people=3, why="", set_by=row.set_by, set_at=town.now
        ),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            attack()


def test_the_calendar_gives_a_bar_its_tone() -> None:
    period = CollectionPeriod(opens_on=date(2024, 10, 1), closes_on=date(2024, 10, 10))
    due = [progress.due_by(period, date(2024, 10, day)) for day in (1, 5, 10)]
    assert due == [10, 50, 100]
    assert progress.due_by(period, date(2024, 9, 1)) == 0
    assert progress.due_by(period, date(2025, 9, 1)) == 100
    tones = [progress.tone(Decimal(reached), Decimal(50)) for reached in (50, 49, 40, 39)]
    assert tones == ["good", "wait", "wait", "bad"]
    assert progress.tone(None, Decimal(50)) == "plain"
    days = [Day(date(2024, 10, 2), 3), Day(date(2024, 10, 6), 2)]
    line = progress.line(days, period, 10, date(2024, 10, 8))
    assert (line.total, line.top, line.target) == (5, 10, 0)
    assert line.points.split()[0] == "0.0,300.0"
    assert line.points.split()[-1] == "777.8,150.0"
    assert progress.line([], period, 10, date(2024, 10, 8)) is None


@pytest.mark.django_db
@time_machine.travel("2024-11-10T09:00:00+08:00", tick=False)
def test_the_map_of_bars_asks_little_and_leads_to_the_village(town: Town) -> None:
    _folk(town)
    _set(town)
    manager = town.member("manager", town.city)
    client = _client(manager)
    with CaptureQueriesContext(connection) as asked:
        told = client.get(reverse("enrollment:targets"), {"year": 2025, "order": "lag"}).content.decode()
    assert len(asked) <= 20, [query["sql"][:200] for query in asked]
    assert not [q["sql"] for q in asked if 'FROM "enrollment_enrollment"' in q["sql"]]
    assert town.county.name in told
    assert "已参保 2 · 未缴费 1 · 未登记 0" in told
    answer = _client(manager).get(reverse("enrollment:targets-of", args=[town.village.pk]), {"year": 2025})
    assert answer.url.startswith(reverse("enrollment:village", args=[town.village.pk]))
    file = _client(manager).get(reverse("enrollment:targets"), {"year": 2025, "export": "csv"}).content.decode()
    assert f'"{town.county.name}","","2","1","0","",""' in file


@pytest.mark.django_db
@time_machine.travel("2024-11-10T09:00:00+08:00", tick=False)
def test_the_unpaid_are_called_by_household_and_messages_say_no_name(town: Town) -> None:
    _folk(town)
    wife = town.papers("李秀英", date(1982, 3, 4), "2", relation="配偶")
    household = town.household(town.papers("王建国", phone="13800000002"), wife)
    for member in household.members.all():
        town.enrolled(member)
    clerk, seat = town.member("clerk", town.village), town.village.parent
    told = _page(clerk, "enrollment:unpaid", town.village.pk, year=2025)
    for word in ("丙未缴", "13900000001", "王建国", "李秀英", "400.00"):
        assert word in told
    assert "甲已缴" not in told
    assert "丙未缴" not in _page(clerk, "enrollment:unpaid", town.village.pk, year=2025, phone="no")
    rows = unpaid.people(seat, 2025, town.clerk)
    sent = sorted(tuple(message)[:4] for message in unpaid.messages(rows, None))
    assert sent == [("13800000002", "王**", 2, Decimal(800)), ("13900000001", "丙**", 1, Decimal(400))]
    address = reverse("enrollment:unpaid-messages", args=[seat.pk])
    file = _client(town.member("clerk", seat)).get(address, {"year": 2025, "export": "csv"}).content.decode("utf-8-sig")
    assert '"13800000002","王**","2","800.00"' in file
    assert "王建国" not in file
    paper = _page(clerk, "enrollment:print-unpaid", town.village.pk, year=2025)
    assert "800.00" in paper
    assert AuditEvent.objects.filter(action="unpaid.print").count() == 1
    assert AuditEvent.objects.filter(action="office.export", subject="list:messages").count() == 1
    with pytest.raises(unpaid.TooWide):
        unpaid.people(town.county, 2025, town.clerk)
    assert _client(town.member("auditor")).get(address).status_code == 403


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_manager_splits_the_target_and_walks_down_the_map(
    standing_town: Town, signed_in: Callable[[Staff], Page], picture: Callable[[str], None]
) -> None:
    town = standing_town
    _folk(town)
    window = signed_in(town.member("manager", town.city))
    window.goto("/work/targets/?year=2025")
    window.click("text=录入目标")
    window.fill("input[name=people]", "10")
    window.fill("input[name=why]", "市政办〔2024〕9号")
    window.click(".hm-form button")
    expect(window.locator("#bars-title")).to_be_visible()
    window.click("text=分解目标")
    window.click("text=在册人数")
    picture("split")
    first = window.locator(".hm-form input[type=number]").first
    kept = first.input_value()
    first.fill("99")
    window.fill("input[name=why]", "市政办〔2024〕9号")
    window.click(".hm-form button")
    expect(window.locator("[role=alert]").first).to_contain_text("多")
    window.locator(".hm-form input[type=number]").first.fill(kept)
    window.click(".hm-form button")
    expect(window.locator("body")).to_contain_text("与本级目标一致")
    picture("targets")
    window.click("text=落后在前")
    window.locator(".hm-map-row", has_text=town.county.name).click()
    expect(window.locator("h1, #header-inner").first).to_be_visible()
    window.locator(".hm-map-row").first.click()
    window.locator(".hm-map-row", has_text=town.village.name).click()
    window.wait_for_url(f"**/villages/{town.village.pk}/**")
    window.set_viewport_size({"width": 390, "height": 844})
    window.goto("/work/targets/?year=2025")
    assert window.evaluate("document.documentElement.scrollWidth") <= 390
    picture("phone-targets")
    clerk = signed_in(town.member("clerk", town.village))
    clerk.goto(f"/work/unpaid/{town.village.pk}/?year=2025")
    expect(clerk.locator("#results")).to_contain_text("13900000001")
    picture("unpaid")
    clerk.set_viewport_size({"width": 390, "height": 844})
    assert clerk.evaluate("document.documentElement.scrollWidth") <= 390
    picture("phone-unpaid")
