"""The counter in a real browser: a household of four from papers without the mouse, a resident found from anywhere."""

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from enrollment.models import Household
from office.models import Staff
from tests.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_household_of_four_is_registered_without_the_mouse(
    standing_town: Town, signed_in: Callable[[Staff], Page], picture: Callable[[str], None]
) -> None:
    town = standing_town
    family = [
        ("", "赵志强", date(1975, 1, 2), "1"),
        ("配偶", "钱桂兰", date(1977, 3, 4), "2"),
        ("子", "赵思远", date(2005, 5, 6), "1"),
        ("女", "赵雨桐", date(2012, 7, 8), "2"),
    ]
    window = signed_in(town.member("clerk", town.village))
    window.goto("/work/register/")
    hands = window.keyboard
    expect(window.locator("#id_address")).to_be_focused()
    hands.type("文昌街1号")  # the page begins where a village's own clerk begins
    for place, (relation, name, birth, sex) in enumerate(family):
        who = "head" if place == 0 else f"members-{place - 1}"
        hands.press("Tab")
        if relation:
            hands.type(relation)
            hands.press("Tab")
        expect(window.locator(f"#id_{who}-id_number")).to_be_focused()
        hands.type(town.number(birth, sex))
        expect(window.locator(f"#id_{who}-birth_on")).to_have_value(birth.isoformat())  # before the field is left
        expect(window.locator(f"#id_{who}-sex")).to_have_value(sex)
        hands.press("Tab")  # the type of the document
        hands.press("Tab")
        expect(window.locator(f"#id_{who}-name")).to_be_focused()
        hands.type(name)
        if place < len(family) - 1:
            hands.press("Tab")  # the papers that were seen: one stop, however many boxes
            hands.press("Space")
            expect(window.locator(f"#id_{who}-seen_0")).to_be_checked()
            hands.press("ArrowRight")
            expect(window.locator(f"#id_{who}-seen_1")).to_be_focused()
            hands.press("Tab")  # more about this person
    picture("register-four")
    tops = {window.locator(f"#id_members-0-{field}").bounding_box()["y"] for field in ("id_number", "id_type")}  # type: ignore[index]
    assert max(tops) - min(tops) < 4  # the type stands beside the number
    hands.press("Enter")
    window.wait_for_url("**/work/residents/*/")
    household = Household.objects.get()
    people = household.members.order_by("pk")
    assert [(one.relation, one.name, one.birth_on, one.sex) for one in people] == [
        ("户主", *family[0][1:]),
        *family[1:],
    ]
    assert household.address == "文昌街1号"


def test_the_page_fits_a_phone(
    standing_town: Town, signed_in: Callable[[Staff], Page], picture: Callable[[str], None]
) -> None:
    window = signed_in(standing_town.member("clerk", standing_town.village))
    window.set_viewport_size({"width": 390, "height": 844})
    window.goto("/work/register/")
    picture("phone-register")
    assert window.evaluate("document.documentElement.scrollWidth") <= 390


def test_somebody_is_found_from_any_page(
    standing_town: Town, signed_in: Callable[[Staff], Page], picture: Callable[[str], None]
) -> None:
    one = standing_town.resident("单雨桐")
    window = signed_in(standing_town.clerk)
    window.goto("/work/periods/")
    window.fill(".hm-find input", "syt")
    picture("find-from-anywhere")
    window.keyboard.press("Enter")
    window.wait_for_url("**/work/residents/?q=syt")
    expect(window.locator("#results tbody tr")).to_have_count(1)
    window.click(f"text={one.name}")
    window.wait_for_url(f"**/work/residents/{one.pk}/")
