"""The tree of areas: planted once, added to by code, and nobody put where the code does not belong."""

import pytest

from office import areas
from office.areas import CannotPlant
from office.models import Area
from tests.town import Town


@pytest.mark.django_db
@pytest.mark.parametrize(("code", "counties"), [("320300", 10), ("140700", 11), ("371600", 7), ("510400", 5)])
def test_a_city_is_planted_with_its_counties_and_planting_twice_changes_nothing(code: str, counties: int) -> None:
    city = areas.plant(code)
    assert areas.plant(code) == city
    assert Area.objects.filter(parent=city, level=Area.Level.COUNTY).count() == counties
    assert all(area.path == f"{code}/{area.code}/" for area in Area.objects.filter(parent=city))


@pytest.mark.parametrize("code", ["110000", "140702", "", "999900"])
def test_a_city_that_is_not_in_the_table_is_refused(code: str) -> None:
    with pytest.raises(CannotPlant):
        areas.plant(code)


@pytest.mark.parametrize(
    "code", ["320302100", "14070210020", "1407021002", "14070a100", "１４０７０２１００", "140702", "", "140700"]
)
def test_a_code_that_does_not_lie_in_its_parent_is_refused(town: Town, code: str) -> None:
    with pytest.raises(CannotPlant) as refusal:
        areas.add(town.county, code, "某镇")
    assert refusal.value.field == "code"


def test_the_same_code_is_not_given_to_two_places(town: Town) -> None:
    assert areas.add(town.towns[0], town.village.code, town.village.name) == town.village
    with pytest.raises(CannotPlant, match="已属于"):
        areas.add(town.towns[0], town.village.code, "另一村")


def test_everybody_sees_their_own_area_and_what_lies_below(town: Town) -> None:
    def seen(area: Area) -> set[str]:
        return {row.code for row in Area.objects.visible_to(town.member("clerk", area))}

    assert seen(town.village) == {town.village.code}
    assert town.village.code in seen(town.county)
    assert town.far_village.code not in seen(town.county)
    assert seen(town.city) == set(Area.objects.values_list("code", flat=True))
