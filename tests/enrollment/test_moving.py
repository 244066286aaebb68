"""Households change: who may leave whom behind, which number is whose, and from when another village insures."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from enrollment import moving
from enrollment.models import Enrollment, Household, Resident, ResidentChange
from enrollment.moving import CannotMove
from enrollment.registration import CannotRegister
from office.models import AuditEvent
from tests.town import Town

pytestmark = pytest.mark.django_db
TODAY = date(2025, 3, 10)


@pytest.fixture
def family(town: Town) -> Household:
    """Father, mother, son."""
    return town.household(
        town.papers("张父", date(1970, 1, 1)),
        town.papers("李母", date(1971, 1, 1), "2", relation="妻"),
        town.papers("张子", date(2000, 1, 1), relation="子"),
    )


def _of(name: str) -> Resident:
    return Resident.objects.select_related("household").get(name=name)


def _act(town: Town, **more: object) -> dict[str, object]:
    return {"by": town.clerk, "on": TODAY, "at": town.now, "why": "结婚", **more}


def test_a_member_joins_another_household_in_another_village(town: Town, family: Household) -> None:
    other = town.household(town.papers("王岳"), village=town.second_village)
    son = _of("张子")
    moved = moving.move(son, other, "婿", **_act(town, since=date(2025, 3, 1)))
    assert (moved.household, moved.relation, moved.area) == (other, "婿", town.second_village)
    kept = ResidentChange.objects.get(resident=son)
    assert (kept.kind, kept.since, kept.why) == ("moved", date(2025, 3, 1), "结婚")
    assert AuditEvent.objects.get(action="moving.move").detail["to"] == other.number


def test_a_head_does_not_leave_others_behind(town: Town, family: Household) -> None:
    other = town.household(village=town.second_village)
    with pytest.raises(CannotMove, match="请先变更户主"):
        moving.move(family.head, other, "父", **_act(town))
    with pytest.raises(CannotMove, match="请先变更户主"):
        moving.split(family, {family.head_id: "户主"}, **_act(town))


def test_a_head_who_lives_alone_may_go_and_leaves_an_empty_household(town: Town, family: Household) -> None:
    alone = town.resident("赵独")
    moving.move(alone, family, "叔", **_act(town))
    left = Household.objects.get(pk=alone.household_id)
    assert left.head is None
    with pytest.raises(CannotMove, match="没有户主"):
        moving.move(_of("张子"), left, "侄", **_act(town))


@pytest.mark.parametrize(("relation", "says"), [("户主", "不能是"), ("  ", "请填写")])
def test_who_joins_is_something_to_the_head(town: Town, family: Household, relation: str, says: str) -> None:
    with pytest.raises(CannotMove, match=says):
        moving.move(town.resident(), family, relation, **_act(town))


def test_nobody_moves_who_is_gone_or_not_theirs_or_tomorrow(town: Town, family: Household) -> None:
    son, far = _of("张子"), town.household(village=town.far_village)
    near = town.household()
    with pytest.raises(CannotMove, match="管辖"):
        moving.move(son, far, "子", **_act(town, by=town.member("clerk", town.county)))
    with pytest.raises(CannotMove, match="尚未到来"):
        moving.move(son, near, "子", **_act(town, since=date(2025, 3, 11)))
    with pytest.raises(CannotMove, match="已在该户"):
        moving.move(son, family, "子", **_act(town))
    with pytest.raises(CannotMove, match="原因"):
        moving.move(son, near, "子", **_act(town, why=" "))
    Resident.objects.filter(pk=son.pk).update(ended_on=TODAY, end_reason="death")
    with pytest.raises(CannotMove, match="终止"):
        moving.move(son, near, "子", **_act(town))
    assert not ResidentChange.objects.exists()


def test_some_found_a_household_of_their_own(town: Town, family: Household) -> None:
    mother, son = _of("李母"), _of("张子")
    founded = moving.split(family, {son.pk: "户主", mother.pk: "母"}, address="西街2号", **_act(town))
    assert founded.number.endswith("00002")
    assert {(m.name, m.relation) for m in founded.members.all()} == {("张子", "户主"), ("李母", "母")}
    assert Household.objects.get(pk=founded.pk).head == son
    assert list(family.members.all()) == [family.head]
    assert ResidentChange.objects.filter(kind="split").count() == 2


def test_a_split_has_one_head_and_leaves_somebody(town: Town, family: Household) -> None:
    mother, son = _of("李母").pk, _of("张子").pk
    for relations, says in (
        ({}, "有人分出"),
        ({son: "户主", mother: "户主"}, "只把一人"),
        ({son: "子"}, "只把一人"),
        ({family.head_id: "户主", son: "子", mother: "妻"}, "有人留下"),
        ({town.resident().pk: "户主"}, "不都在户"),
    ):
        with pytest.raises(CannotMove, match=says):
            moving.split(family, relations, **_act(town))


def test_another_head_and_what_everybody_is_to_them(town: Town, family: Household) -> None:
    mother, son = _of("李母"), _of("张子")
    relations = {family.head_id: "夫", mother.pk: "户主", son.pk: "子"}
    assert moving.change_head(family, relations, **_act(town)).head == mother
    assert _of("张父").relation == "夫"
    assert ResidentChange.objects.count() == 2
    with pytest.raises(CannotMove, match="已是户主"):
        moving.change_head(family, relations, **_act(town))
    with pytest.raises(CannotMove, match="原户主"):
        moving.change_head(family, {son.pk: "户主"}, **_act(town))


def test_a_household_moves_with_its_number_and_coming_years_follow(town: Town, family: Household) -> None:
    for year in (2025, 2026):
        town.enrolled(_of("张子"), year)
    moved = moving.relocate(family, town.second_village, address="新居", **_act(town))
    assert (moved.number, moved.area, moved.address) == (family.number, town.second_village, "新居")
    assert set(Resident.objects.values_list("area", flat=True)) == {town.second_village.pk}
    areas = dict(Enrollment.objects.values_list("year", "area"))
    assert areas == {2025: town.village.pk, 2026: town.second_village.pk}
    # Its number is neither given out again where it came from nor counted on where it came to.
    assert town.household().number == f"{town.village.code}00002"
    assert town.household(village=town.second_village).number == f"{town.second_village.code}00001"
    with pytest.raises(CannotMove, match="已在"):
        moving.relocate(family, town.second_village, **_act(town))
    with pytest.raises(CannotRegister, match="村"):
        moving.relocate(family, town.county, **_act(town))


def test_households_change_on_their_pages(town: Town, family: Household) -> None:
    client = Client()
    client.force_login(town.clerk, backend="django.contrib.auth.backends.ModelBackend")
    father, mother, son = (_of(name).pk for name in ("张父", "李母", "张子"))

    def post(name: str, key: int, **told: object) -> int:
        address = reverse(f"enrollment:{name}", args=[key])
        assert client.get(address).status_code == 200
        return client.post(address, {"why": "本人申请", **told}).status_code

    new_head = {f"member-{father}": "夫", f"member-{mother}": "户主", f"member-{son}": "子"}
    assert post("change-head", family.pk, **new_head) == 302
    assert post("split-household", family.pk, **{f"member-{son}": "户主"}) == 302
    assert post("relocate-household", family.pk, village=town.second_village.name) == 302
    assert post("move", son, household=family.number, relation="子") == 302
    assert post("move", son, household="404", relation="子") == 200
    page = client.get(reverse("enrollment:resident", args=[son])).content.decode()
    assert page.count("本人申请") == 2
    assert _of("张子").area == town.second_village
