"""The papers by which people are registered, each by its own shape, and found by what people say over the counter."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from enrollment import documents
from enrollment.models import Resident
from office import identity
from office.refusal import Refusal
from tests.town import Town


def _eighteen(prefix: str, birth: str = "19900101", sequence: str = "001") -> str:
    return (seventeen := f"{prefix}{birth}{sequence}") + identity.check_character(seventeen)


@pytest.mark.parametrize(
    ("id_type", "number", "birth_on"),
    [
        ("id_card", _eighteen("140702"), date(1990, 1, 1)),
        ("household_book", _eighteen("140702"), date(1990, 1, 1)),
        ("hmt_permit", _eighteen("810000"), date(1990, 1, 1)),
        ("hmt_permit", _eighteen("830000"), date(1990, 1, 1)),
        ("foreign_permit", _eighteen("911011"), date(1990, 1, 1)),
        ("foreign_permit", "CAN110081010126", None),
        ("birth_certificate", "p140012345", None),
        ("passport", "E12345678", None),
        ("other", "XZ-2025-017", None),
    ],
)
def test_each_document_is_read_by_its_shape(id_type: str, number: str, birth_on: date | None) -> None:
    read = documents.read(id_type, number, date(2025, 3, 10))
    assert (read.number, read.birth_on) == (number.upper(), birth_on)


@pytest.mark.parametrize(
    ("id_type", "number", "says", "field"),
    [
        ("id_card", _eighteen("810000"), "港澳台居民居住证", "id_type"),
        ("id_card", _eighteen("911011"), "外国人永久居留身份证", "id_type"),
        ("hmt_permit", _eighteen("140702"), "居民身份证", "id_type"),
        ("hmt_permit", _eighteen("820000")[:-1] + "?", "只能是数字", "id_number"),
        ("household_book", "12345", "18 位", "id_number"),
        ("foreign_permit", "CAN110081130126", "出生日期不存在", "id_number"),
        ("birth_certificate", "14001234", "一个字母加九位数字", "id_number"),
        ("passport", "E-1234", "5 至 17 位", "id_number"),
        ("passport", "ABCDEFG", "含有数字", "id_number"),
        ("passport", "", "缺少证件号码", "id_number"),
        ("library_card", "123456", "没有这种证件类型", "id_type"),
    ],
)
def test_a_number_of_another_shape_is_refused_with_what_is_asked_for(
    id_type: str, number: str, says: str, field: str
) -> None:
    with pytest.raises(Refusal, match=says) as refused:
        documents.read(id_type, number, date(2025, 3, 10))
    assert refused.value.field == field


def test_a_permit_that_tells_birth_and_sex_needs_neither_typed(town: Town) -> None:
    papers = town.papers("陈港生", id_number=_eighteen("810000", "19920304", "002"))
    papers.id_type = Resident.IdType.HMT_PERMIT
    head = town.household(papers).head
    assert (head.birth_on, head.sex) == (date(1992, 3, 4), "2")


def test_a_passport_asks_for_birth_and_sex(town: Town) -> None:
    papers = town.papers("MARIA SILVA", id_number="E12345678")
    papers.id_type = Resident.IdType.PASSPORT
    with pytest.raises(Refusal, match="出生日期"):
        town.household(papers)


def test_people_are_found_by_the_last_four_of_their_number(town: Town) -> None:
    resident, other = town.resident("王小明"), town.resident("李大山", village=town.far_village)
    client = Client()
    client.force_login(town.member("manager", town.county), backend="django.contrib.auth.backends.ModelBackend")
    for address in (reverse("enrollment:residents"), reverse("admin:enrollment_resident_changelist")):
        assert "王小明" in client.get(address, {"q": resident.id_number[-4:].lower()}).content.decode()
        assert "李大山" not in client.get(address, {"q": other.id_number[-4:]}).content.decode()
        assert "王小明" not in client.get(address, {"q": "9999"}).content.decode()
