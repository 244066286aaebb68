"""Areas are chosen by typing: few are offered, none beyond one's scope, and what is meant is found without scripts."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from office import area_choice, areas
from office.area_choice import AreaField
from office.models import Area, Staff
from tests.town import Town

pytestmark = pytest.mark.django_db


def _asked(staff: Staff, text: str = "", level: Any = 4) -> str:
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/work/areas/", {"field": "area", "area": text, "level": level})
    assert answer.status_code == 200
    return answer.content.decode()


def _chosen(staff: Staff, text: str) -> Area | None:
    field = AreaField(level=Area.Level.VILLAGE)
    field.within(staff)
    return field.clean(text)


def test_what_is_suggested_lies_within_the_scope_of_whoever_types(town: Town) -> None:
    near, far = areas.label(town.village), areas.label(town.far_village)
    assert town.county.name in near
    for staff, text, seen in (
        (town.clerk, "", (near, far)),
        (town.clerk, "dc", (near,)),
        (town.clerk, town.far_village.code, (far,)),
        (town.clerk, f"{town.other_county.name} 村", (far,)),
        (town.member("clerk", town.county), "", (near,)),
        (town.member("clerk", town.county), town.far_village.name, ()),
        (town.member("clerk", town.village), "", (near,)),
    ):
        told = _asked(staff, text)
        assert [one for one in (near, far) if one in told] == list(seen), (staff, text)
    assert "没有这样的区域" in _asked(town.clerk, "%_\\")
    assert town.county.name in _asked(town.clerk, town.county.name, "")


def test_suggestions_are_few_and_one_query_however_many_there_are(town: Town, django_assert_num_queries: Any) -> None:
    for n in range(30):
        areas.add(town.towns[0], f"{town.towns[0].code}{300 + n}", f"王家庄第{n}村")
    rows = area_choice.offered(town.clerk, Area.Level.VILLAGE)
    with django_assert_num_queries(1):
        assert [areas.label(area) for area in areas.matching(rows, "wjz")[:5]]
    told = _asked(town.clerk, "王家庄")
    assert told.count('role="option"') == area_choice.MOST
    assert "请继续输入" in told
    assert told.count('aria-selected="true"') == 1


def test_what_was_typed_is_understood_without_choosing_from_the_list(town: Town) -> None:
    village = town.village
    for text in (village.name, areas.label(village), village.code, f" {village.name} ", "dc"):
        assert _chosen(town.clerk, text) == village, text
    assert AreaField(required=False).clean("") is None
    twin = areas.add(town.towns[1], f"{town.towns[1].code}209", village.name)
    with pytest.raises(ValidationError, match="不止一处"):
        _chosen(town.clerk, village.name)
    assert _chosen(town.clerk, areas.label(twin)) == twin
    assert _chosen(town.member("clerk", town.county), village.name) == village
    for staff, text in (
        (town.member("clerk", town.county), town.far_village.code),
        (town.member("clerk", town.village), town.second_village.name),
        (town.clerk, town.county.name),
        (town.clerk, "没有的村" * 20),
    ):
        with pytest.raises(ValidationError):
            _chosen(staff, text)


def test_a_village_clerk_finds_the_village_in_the_field(town: Town) -> None:
    client = Client()
    client.force_login(town.member("clerk", town.village), backend="django.contrib.auth.backends.ModelBackend")
    assert f'value="{areas.label(town.village)}"' in client.get("/work/register/").content.decode()
    page = client.get("/work/files/new/roster/").content.decode()
    assert f'value="{areas.label(town.village)}"' in page
    assert town.second_village.name not in page


def test_a_page_jumps_to_any_area_of_ones_own(town: Town) -> None:
    client = Client()
    client.force_login(town.member("clerk", town.county), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/work/villages/", {"go": town.village.name})
    assert answer.url.startswith(f"/work/villages/{town.village.pk}/")
    answer = client.get("/work/villages/", {"go": town.far_village.name}, follow=True)
    assert "没有找到" in answer.content.decode()
