"""Who may be insured twice is found, listed, and settled once: both kept, or one ended."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from enrollment import doubts
from enrollment.models import Doubt, Enrollment, Resident
from office import intake
from office.models import Batch
from office.refusal import Refusal
from tests.town import Town

pytestmark = pytest.mark.django_db

BIRTH = date(2024, 2, 3)


def twins(town: Town, name: str = "赵双") -> tuple[Resident, Resident]:
    """One child under the birth certificate in one village and under the identity card in another."""
    first = town.newborn(BIRTH, name=name)
    return first, town.resident(name, BIRTH, village=town.second_village)


def seek(town: Town) -> int:
    return doubts.seek(town.county, by=town.clerk, on=town.today, at=town.now)


def send(town: Town, resident: Resident, scheme: str = "职工医保", since: str = "2025-02-01") -> Batch:
    row = {"姓名": resident.name, "证件号码": resident.id_number, "险种": scheme, "参保地": "太原市", "参保起": since}
    content = town.csv([row], row)
    batch = intake.receive(doubts.KIND, town.county, "比对.csv", content, {}, by=town.clerk, at=town.now)
    return intake.take(batch, by=town.clerk, at=town.now)


@pytest.mark.article("XZ20", "JZ06.5")
def test_the_same_person_under_two_documents_is_found_once(town: Town) -> None:
    first, second = twins(town)
    town.resident("钱独", BIRTH)
    town.resident("赵双", date(1990, 2, 3))
    town.resident("赵双", BIRTH, village=town.far_village)
    assert seek(town) == 1
    doubt = Doubt.objects.get()
    assert (doubt.resident, doubt.other) == (first, second)
    assert doubt.area == town.towns[0], "whoever decides has to see both villages"
    assert seek(town) == 0
    assert list(doubts.open_ones(town.clerk)) == [doubt]
    assert not doubts.open_ones(town.member("clerk", town.village)).exists()


@pytest.mark.article("XZ20")
def test_two_people_are_kept_with_a_reason_and_never_listed_again(town: Town) -> None:
    twins(town)
    seek(town)
    doubt = Doubt.objects.get()
    with pytest.raises(doubts.CannotSettle, match="核对结论"):
        doubts.keep(doubt, "  ", by=town.clerk, at=town.now)
    doubts.keep(doubt, "同名同日出生的两人，户口簿已核对", by=town.clerk, at=town.now)
    assert seek(town) == 0
    assert not doubts.open_ones(town.clerk).exists()
    with pytest.raises(doubts.CannotSettle, match="已核对"):
        doubts.keep(doubt, "再次", by=town.clerk, at=town.now)


@pytest.mark.article("XZ20", "JZ06.5")
def test_one_of_two_is_ended_as_a_duplicate_and_loses_the_cover(town: Town) -> None:
    first, second = twins(town)
    town.paid(second, on=date(2024, 10, 10))
    seek(town)
    doubts.end_one(Doubt.objects.get(), second, date(2025, 3, 1), "同一人", by=town.clerk, at=town.now)
    second.refresh_from_db()
    assert (second.ended_on, second.end_reason) == (date(2025, 3, 1), "duplicate")
    assert Enrollment.objects.get(resident=second).state == "ended"
    first.refresh_from_db()
    assert first.ended_on is None
    assert Doubt.objects.get().state == "ended"


def test_whoever_ended_meanwhile_leaves_the_list_and_an_impossible_day_changes_nothing(town: Town) -> None:
    first, second = twins(town)
    seek(town)
    doubt = Doubt.objects.get()
    with pytest.raises(Refusal, match="尚未到来"):
        doubts.end_one(doubt, first, date(2026, 1, 1), "同一人", by=town.clerk, at=town.now)
    doubt.refresh_from_db()
    assert doubt.state == "open"
    with pytest.raises(doubts.CannotSettle, match="不在此疑点"):
        doubts.end_one(doubt, town.resident("孙外"), date(2025, 1, 1), "同一人", by=town.clerk, at=town.now)
    Resident.objects.filter(pk=second.pk).update(ended_on=date(2025, 1, 1), end_reason="moved_out")
    assert not doubts.open_ones(town.clerk).exists()


@pytest.mark.article("BZ07.5", "JZ06.5")
@pytest.mark.parametrize(
    ("scheme", "kind", "reason", "until"),
    [
        ("职工医保", "employee", "employee_insurance", date(2025, 1, 31)),
        ("居民医保", "elsewhere", "duplicate", date(2025, 2, 1)),
    ],
)
def test_who_is_insured_elsewhere_is_listed_and_ended_by_a_person_only(
    town: Town, scheme: str, kind: str, reason: str, until: date
) -> None:
    resident = town.covered("赵重")
    assert send(town, resident, scheme).taken == 1
    doubt = Doubt.objects.get()
    assert (doubt.kind, doubt.place, doubt.since) == (kind, "太原市", date(2025, 2, 1))
    assert Enrollment.objects.get(resident=resident).state == "covered", "a roster alone ends nobody"
    doubts.end_one(doubt, resident, date(2025, 2, 1), "已核对参保凭证", by=town.clerk, at=town.now)
    resident.refresh_from_db()
    assert resident.end_reason == reason
    assert Enrollment.objects.get(resident=resident).benefits_until == until


@pytest.mark.article("XZ30.10")
def test_the_roster_changes_nothing_for_known_doubts_and_lists_strangers(town: Town) -> None:
    resident = town.covered("赵重")
    send(town, resident)
    assert send(town, resident, since="2025-02-02").duplicate == 1
    stranger = Resident(name="李生", id_number=town.number())
    batch = send(town, stranger)
    assert (batch.refused, batch.problems.get().message) == (1, "没有登记此证件号码")
    assert send(town, resident, "居民医保", since="2025-03-11").refused == 1
    assert Doubt.objects.count() == 1


def test_the_tables_refuse_a_pair_turned_round_and_a_decision_without_a_reason(town: Town) -> None:
    first, second = twins(town)
    seek(town)
    for change in (
        {"state": "kept"},
        {"resident": second, "other": first},
        {"other": None},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Doubt.objects.update(**change)


def test_the_pages_lead_from_the_list_to_a_decision(town: Town) -> None:
    first, second = twins(town)
    client = Client()
    client.force_login(town.clerk, backend="django.contrib.auth.backends.ModelBackend")
    client.post(reverse("enrollment:seek-doubts"))
    assert "赵双" in client.get(reverse("enrollment:doubts")).content.decode()
    address = reverse("enrollment:doubt", args=[Doubt.objects.get().pk])
    page = client.get(address).content.decode()
    assert first.id_masked in page
    assert second.id_masked in page
    wrong = client.post(
        address, {"act": "end", "end-whom": second.pk, "end-ended_on": "2099-01-01", "end-why": "同一人"}
    )
    assert "尚未到来" in wrong.content.decode()
    assert client.post(address, {"act": "keep", "why": ""}).status_code == 200
    assert client.post(address, {"act": "keep", "why": "两人"}).status_code == 302
    assert "赵双" not in client.get(reverse("enrollment:doubts")).content.decode()
    assert "两人" in client.get(reverse("enrollment:settled-doubts")).content.decode()
