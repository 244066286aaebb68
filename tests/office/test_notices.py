"""Notices: one enters, another approves, and from then on the rules know it by its document."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from office import notices
from office.models import AuditEvent, Notice
from office.notices import CannotApprove, CannotEnter
from policies.rules import NotSet
from tests.town import Town

DAY = date(2025, 1, 1)


@pytest.fixture
def town(db: None) -> Town:
    """The offices of Xuzhou, whose text leaves most to notices."""
    return Town("320300", "xuzhou_2023")


def _open_figure() -> tuple[str, str]:
    """A parameter in yuan that Xuzhou leaves to a notice."""
    figures = notices.regulation("xuzhou_2023").figures()
    return next((f.parameter, f.tier) for f in figures if f.value is None and f.unit == "yuan")


def _enter(town: Town, value: str = "1234.50", since: date = DAY) -> Notice:
    key, tier = _open_figure()
    return notices.enter("xuzhou_2023", key, value, since, "徐医保发〔2025〕1号", town.manager, town.now, tier=tier)


def test_a_notice_counts_once_a_second_person_approved_it(town: Town) -> None:
    key, tier = _open_figure()
    notice = _enter(town)
    with pytest.raises(NotSet):
        notices.regulation("xuzhou_2023").rules(DAY)(key, tier)
    with pytest.raises(CannotApprove, match="另一人"):
        notices.approve(notice, town.manager, town.now)
    notices.approve(notice, town.rechecker, town.now)
    figure = notices.regulation("xuzhou_2023").rules(DAY)(key, tier)
    assert figure == (Decimal("1234.50"), "徐医保发〔2025〕1号", DAY)
    with pytest.raises(NotSet):
        notices.regulation("xuzhou_2023").rules(date(2024, 12, 31))(key, tier)
    with pytest.raises(CannotApprove, match="已经批准"):
        notices.approve(notice, town.rechecker, town.now)
    acts = AuditEvent.objects.filter(action__contains="notice").order_by("number").values_list("action", flat=True)
    assert list(acts) == ["office.enter_notice", "office.approve_notice"]


def test_a_later_notice_takes_over_on_its_day_and_costs_one_query(
    town: Town, django_assert_num_queries: object
) -> None:
    key, tier = _open_figure()
    for value, since in (("100", DAY), ("200", date(2026, 1, 1))):
        notices.approve(_enter(town, value, since), town.rechecker, town.now)
    with django_assert_num_queries(1):  # type: ignore[operator]
        regulation = notices.regulation("xuzhou_2023")
    assert regulation.rules(date(2025, 12, 31))(key, tier).value == 100
    assert regulation.rules(date(2026, 1, 1))(key, tier).value == 200
    assert notices.regulation("xuzhou_2023") is regulation


def test_the_database_refuses_a_notice_checked_by_its_maker(town: Town) -> None:
    notice = _enter(town)
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.filter(pk=notice.pk).update(approved_by=town.manager, approved_at=town.now)


def test_an_approved_notice_stays_another_may_be_taken_back(town: Town) -> None:
    approved, waiting = _enter(town), _enter(town, since=date(2026, 1, 1))
    notices.approve(approved, town.rechecker, town.now)
    with pytest.raises(CannotApprove, match="不能撤回"):
        notices.take_back(approved, town.manager, town.now)
    notices.take_back(waiting, town.manager, town.now)
    assert list(Notice.objects.all()) == [approved]
    with pytest.raises(CannotEnter, match="同一施行日"):
        _enter(town)


@pytest.mark.parametrize(
    ("policy", "key", "tier", "value", "field"),
    [
        ("nowhere_1900", "inpatient.ceiling", "", "1", "policy"),
        ("jinzhong_2017", "inpatient.nonsense", "", "1", "key"),
        ("jinzhong_2017", "inpatient.ceiling", "", "很多", "value"),
        ("jinzhong_2017", "inpatient.ceiling", "", "-1", "value"),
        ("jinzhong_2017", "inpatient.ceiling", "", "1.001", "value"),
        ("jinzhong_2017", "inpatient.ceiling", "", "NaN", "value"),
        ("jinzhong_2017", "inpatient.ceiling", "三级 甲等", "1", "tier"),
        ("binzhou_2021", "regulation.until", "", "2027年", "value"),
        ("binzhou_2021", "regulation.until", "2", "2027-12-31", "tier"),
    ],
)
def test_what_the_regulation_cannot_read_is_refused_by_field(
    town: Town, policy: str, key: str, tier: str, value: str, field: str
) -> None:
    with pytest.raises(CannotEnter) as refusal:
        notices.enter(policy, key, value, DAY, "某发〔2025〕1号", town.manager, town.now, tier=tier)
    assert refusal.value.field == field


def test_the_office_is_warned_before_a_regulation_ends_and_a_notice_extends_it(db: None) -> None:
    until = notices.regulation("binzhou_2021").until
    assert until == date(2026, 2, 2)

    town = Town("371600", "binzhou_2021")

    def warning(on: date) -> int | None:
        return next((lapse.warning for lapse in notices.lapsing(on) if lapse.policy == "binzhou_2021"), None)

    assert warning(date(2025, 8, 5)) is None
    assert warning(date(2025, 8, 6)) == 180
    assert warning(date(2025, 11, 4)) == 90
    assert warning(date(2026, 1, 3)) == 30
    assert warning(date(2026, 2, 2)) == 30
    assert warning(date(2026, 2, 3)) == 0
    notice = notices.enter(
        "binzhou_2021", "regulation.until", "2028-12-31", date(2026, 1, 1), "滨政发〔2026〕1号", town.manager, town.now
    )
    notices.approve(notice, town.rechecker, town.now)
    assert warning(date(2026, 2, 3)) is None
    assert notices.regulation("binzhou_2021").in_force(date(2026, 2, 3))


@pytest.mark.parametrize(("role", "city", "county"), [("manager", "320300", True), ("manager", "140700", False)])
def test_standards_are_the_city_s_own(town: Town, role: str, city: str, county: bool) -> None:
    there = town if city == town.city.code else Town(city)
    somebody = there.member(role, there.county if county else there.city)
    key, tier = _open_figure()
    with pytest.raises(CannotEnter) as refusal:
        notices.enter("xuzhou_2023", key, "1.00", DAY, "某发〔2025〕1号", somebody, town.now, tier=tier)
    assert refusal.value.field == "policy"
    waiting = _enter(town)
    with pytest.raises(CannotEnter):
        notices.approve(waiting, there.member("rechecker", somebody.area), town.now)
    with pytest.raises(CannotEnter):
        notices.take_back(waiting, somebody, town.now)
