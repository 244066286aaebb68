"""Registration at the counter: what papers say, what is refused, and how households get their numbers."""

from datetime import date
from typing import Any

import pytest

from enrollment import registration
from enrollment.models import Household, Resident
from enrollment.registration import AlreadyRegistered, CannotRegister
from office.identity import NotAnIdentityNumber
from office.models import AuditEvent
from office.refusal import Refusal
from office.secrecy import blind_index
from tests.town import Town


def test_a_household_gives_birth_and_sex_from_the_identity_number(town: Town) -> None:
    head = town.papers("单雨桐", date(1985, 6, 7), "2", phone="13800000000")
    child = town.papers("张子涵", date(2016, 2, 29), relation="子")
    household = town.household(head, child)
    assert household.number == f"{town.village.code}00001"
    mother = household.head
    assert (mother.birth_on, mother.sex, mother.initials, mother.relation) == (date(1985, 6, 7), "2", "SYT", "户主")
    assert [(m.name, m.relation, m.sex) for m in household.members.order_by("pk")][1] == ("张子涵", "子", "1")
    event = AuditEvent.objects.get(action="registration.household")
    assert event.area == town.village
    assert mother.id_number not in str(event.detail)


def test_households_of_a_village_are_numbered_on(town: Town) -> None:
    numbers = [town.household().number[-5:] for _ in range(3)]
    assert numbers == ["00001", "00002", "00003"]
    assert town.household(village=town.second_village).number.endswith("00001")


def test_numbers_are_kept_sealed_and_found_by_their_index(town: Town) -> None:
    resident = town.resident()
    assert Resident.objects.get(id_index=blind_index(resident.id_number)) == resident
    assert resident.id_masked == f"140{'*' * 13}{resident.id_number[-2:]}"


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("1407021980050500123", "19"),
        ("140702198005050010", "校验"),
        ("14070219800505001", "17"),
        ("140702800505001", "15"),
    ],
)
def test_a_number_that_is_none_is_refused_by_field(town: Town, number: str, says: str) -> None:
    with pytest.raises(NotAnIdentityNumber, match=says) as refused:
        town.household(town.papers(id_number=number))
    assert refused.value.field == "id_number"
    assert not Household.objects.exists()


def test_full_width_digits_and_small_x_are_put_right(town: Town) -> None:
    number = town.number()
    wide = number.translate(str.maketrans("0123456789X", "０１２３４５６７８９ｘ"))
    assert town.resident(id_number=wide).id_number == number


def test_somebody_registered_elsewhere_is_refused_with_the_place(town: Town) -> None:
    first = town.resident(village=town.far_village)
    with pytest.raises(AlreadyRegistered, match="南村"):
        town.resident(id_number=first.id_number, birth=first.birth_on)
    assert Resident.objects.count() == 1


def test_the_same_number_twice_in_one_household_is_refused_and_nothing_is_kept(town: Town) -> None:
    number = town.number()
    with pytest.raises(AlreadyRegistered, match="两次"):
        town.household(town.papers(id_number=number), town.papers(id_number=number, relation="妻"))
    assert not Resident.objects.exists()


@pytest.mark.article("JZ08")
def test_a_newborn_registers_under_the_birth_certificate_with_the_birth_as_event(town: Town) -> None:
    baby = town.newborn(date(2025, 2, 1))
    assert (baby.id_type, baby.event, baby.event_on) == ("birth_certificate", "birth", date(2025, 2, 1))
    number = town.number(date(2025, 2, 1))
    registration.take_id_card(baby, number, by=town.clerk, at=town.now)
    baby.refresh_from_db()
    assert (baby.id_type, baby.id_number) == ("id_card", number)


def test_an_identity_card_of_another_birthday_does_not_replace_the_certificate(town: Town) -> None:
    with pytest.raises(CannotRegister, match="不一致"):
        registration.take_id_card(town.newborn(), town.number(date(2025, 2, 2)), by=town.clerk, at=town.now)


@pytest.mark.parametrize(
    ("papers", "field"),
    [
        ({"name": "王1"}, "name"),
        ({"birth_on": date(1980, 5, 6)}, "birth_on"),
        ({"sex": "2"}, "sex"),
        ({"basis": "friend"}, "basis"),
        ({"event": "lottery", "event_on": date(2024, 1, 1)}, "event"),
        ({"event": "graduation"}, "event_on"),
        ({"id_type": "birth_certificate", "id_number": "140012345"}, "id_number"),
        ({"id_type": "other", "id_number": "HB12345", "birth_on": None}, "birth_on"),
    ],
)
def test_papers_that_do_not_hold_are_refused_by_field(town: Town, papers: dict[str, object], field: str) -> None:
    told = town.papers()
    for name, value in papers.items():
        setattr(told, name, value)
    with pytest.raises(Refusal) as refused:
        town.household(told)
    assert refused.value.field == field


def test_rare_characters_and_middle_dots_are_kept_as_one_form(town: Town) -> None:
    assert town.resident("阿依古丽•买买提").name == "阿依古丽·买买提"
    assert town.resident("𠮷䶮").name == "𠮷䶮"
    assert town.resident(" 王 建国 ").name == "王建国"


def test_a_clerk_registers_only_in_their_own_area_and_only_in_villages(town: Town) -> None:
    clerk = town.member("clerk", town.county)
    for area in (town.far_village, town.county):
        with pytest.raises(CannotRegister) as refused:
            registration.register_household(area, town.papers(), by=clerk, on=town.today, at=town.now)
        assert refused.value.field == "area"


def test_the_slower_of_two_clerks_is_told_so(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    papers = town.papers()
    town.household(papers)
    monkeypatch.setattr(registration, "known", lambda indexes: {})  # both looked before either wrote
    with pytest.raises(AlreadyRegistered):
        town.household(papers)
    newborn = town.newborn()
    with pytest.raises(AlreadyRegistered):
        other = town.resident(birth=newborn.birth_on, sex=newborn.sex)
        registration.take_id_card(newborn, other.id_number, by=town.clerk, at=town.now)


def test_where_a_stranger_lives_is_not_told(town: Town) -> None:
    papers = town.papers()
    town.household(papers, village=town.far_village)
    clerk = town.member("clerk", town.village)
    with pytest.raises(AlreadyRegistered) as refusal:
        registration.register_household(town.village, papers, by=clerk, on=town.today, at=town.now)
    assert town.far_village.name not in str(refusal.value)


@pytest.mark.parametrize(
    ("field", "papers"),
    [
        ("event_on", {"event": "graduation", "event_on": date(9999, 12, 31)}),
        ("event_on", {"event": "release", "event_on": date(1979, 12, 31)}),
        ("event_on", {"event": "birth", "event_on": date(2025, 1, 1)}),
        ("insured_through", {"insured_through": 1979}),
        ("insured_through", {"insured_through": 2100}),
        ("birth_on", {"id_type": "other", "id_number": "E12345678", "birth": date(1840, 1, 1)}),
        ("name", {"name": "140702198005051234"}),
    ],
)
def test_days_and_years_that_cannot_be_are_refused_by_field(town: Town, field: str, papers: dict[str, Any]) -> None:
    with pytest.raises(CannotRegister) as refusal:
        registration.read(town.papers(**papers), town.today)
    assert refusal.value.field == field
