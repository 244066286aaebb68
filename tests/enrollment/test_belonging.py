"""Where somebody belongs: apart from where they are insured, and deciding who may join where."""

from datetime import date

import pytest

from enrollment import belonging, changing
from enrollment.belonging import CannotBelong
from enrollment.models import Enrollment, Resident
from office.models import Area
from tests.town import Town

pytestmark = pytest.mark.django_db


@pytest.fixture
def xuzhou(db: None) -> Town:
    return Town("320300", "xuzhou_2023")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("320321", "320321 丰县"),
        ("  320321   丰县孙楼镇 ", "320321 丰县孙楼镇"),
        ("110101 东城区", "110101 东城区"),
        ("河南省永城市", "河南省永城市"),
    ],
)
def test_a_place_is_a_code_of_the_divisions_and_words(typed: str, kept: str) -> None:
    assert belonging.read(typed, "registry") == kept


@pytest.mark.parametrize("typed", ["32032", "320399 没有", "32032100000 丰县", "3203"])
def test_digits_that_are_no_code_are_refused(typed: str) -> None:
    with pytest.raises(CannotBelong, match="代码"):
        belonging.read(typed, "registry")


@pytest.mark.article("XZ08.1")
def test_the_eight_insured_areas_are_drawn_from_the_counties(xuzhou: Town) -> None:
    drawn = {county.name: belonging.insured_area(county) for county in Area.objects.filter(parent=xuzhou.city)}
    assert {area.name for area in drawn.values() if area} == {
        "市区", "丰县", "沛县", "睢宁县", "邳州市", "新沂市", "铜山区", "贾汪区",
    }  # fmt: skip
    assert {drawn[name].name for name in ("鼓楼区", "云龙区", "泉山区")} == {"市区"}
    assert belonging.insured_area(xuzhou.village).name == "市区"
    assert belonging.insured_area(Town().village) is None


@pytest.mark.article("XZ08.1", "XZ08.2")
def test_who_belongs_to_another_insured_area_is_sent_there(xuzhou: Town) -> None:
    with pytest.raises(CannotBelong, match="丰县") as refusal:
        xuzhou.resident(registry="320321 丰县")
    assert (refusal.value.article, refusal.value.field) == ("XZ08.2", "registry")
    with pytest.raises(CannotBelong):
        xuzhou.resident(basis="residence_permit", residence="320321 丰县")
    # Another district of the same insured area, a permit with a registration anywhere, words alone: all are at home.
    xuzhou.resident(registry="320311 泉山区")
    xuzhou.resident(basis="residence_permit", registry="410000 河南省", residence="320302")
    xuzhou.resident(registry="丰县")
    assert Resident.objects.count() == 3


def _refused(town: Town, **papers: object) -> str:
    enrollment = town.enrolled(town.resident(**papers))
    return enrollment.reasons[0]["article"] if enrollment.state == Enrollment.State.REFUSED else ""


@pytest.mark.article("XZ07.1", "XZ07.2")
def test_xuzhou_asks_for_local_registration_or_residence_by_the_ground(xuzhou: Town) -> None:
    assert _refused(xuzhou, registry="410101 中原区") == "XZ07.1"
    assert _refused(xuzhou, registry="320302 鼓楼区") == ""
    assert _refused(xuzhou, birth=date(2014, 1, 1), basis="pupil", registry="410101 中原区") == ""
    assert _refused(xuzhou, basis="residence_permit", residence="410101 中原区") == "XZ07.2"
    assert _refused(xuzhou, basis="residence_permit", residence="320302", registry="410101 中原区") == ""


@pytest.mark.article("BZ02")
def test_binzhou_refuses_by_the_ground_as_well(db: None) -> None:
    binzhou = Town("371600", "binzhou_2021")
    assert _refused(binzhou, registry="410101 中原区") == "BZ02"
    assert _refused(binzhou, basis="residence_permit", residence="410101 中原区") == "BZ02"
    assert _refused(binzhou, basis="residence_permit", registry="410101 中原区") == ""


@pytest.mark.article("JZ04", "PZ05")
@pytest.mark.parametrize(
    ("city", "policy", "article"), [("140700", "jinzhong_2017", "JZ04"), ("510400", "panzhihua_2023", "PZ05")]
)
def test_where_the_text_covers_all_residents_only_who_is_away_altogether_is_refused(
    db: None, city: str, policy: str, article: str
) -> None:
    town, away = Town(city, policy), {"registry": "410101 中原区", "residence": "410102 二七区"}
    if policy == "panzhihua_2023":
        town.sample_notice("contribution.window.opens", "09-01", date(2023, 1, 1))
        town.sample_notice("contribution.window.closes", "12-31", date(2023, 1, 1))
    assert _refused(town, **away) == article
    assert _refused(town, **(away | {"residence": ""})) == ""
    assert _refused(town, birth=date(2014, 1, 1), basis="pupil", **away) == ""


@pytest.mark.article("XZ07.1")
def test_a_change_of_registration_is_kept_with_before_and_after_and_moves_the_cover(xuzhou: Town) -> None:
    resident = xuzhou.resident(registry="320302")
    enrollment = xuzhou.enrolled(resident, 2025)
    told = {"by": xuzhou.clerk, "on": date(2024, 11, 1), "at": xuzhou.now, "why": "户口迁出"}
    done = changing.change(resident, registry="410101 中原区", since=date(2024, 11, 1), **told)
    assert [str(line) for line in changing.lines(done.change)] == ["户籍地：320302 鼓楼区 → 410101 中原区"]
    enrollment.refresh_from_db()
    assert (enrollment.state, enrollment.reasons[0]["article"]) == ("refused", "XZ07.1")
    with pytest.raises(CannotBelong):
        changing.change(resident, registry="32", since=None, **told)
