"""What becomes of facts after registration: both sides are kept, cover follows, money of old years takes two."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from enrollment import changing
from enrollment.changing import CannotChange, CannotDecide
from enrollment.models import Enrollment, Resident, ResidentChange
from enrollment.registration import AlreadyRegistered, CannotRegister
from office.models import AuditEvent, Staff
from tests.town import Town

pytestmark = pytest.mark.django_db
TODAY = date(2025, 3, 10)


def _change(town: Town, resident: Resident, why: str = "本人申请", **told: object) -> changing.Changed:
    told.setdefault("by", town.clerk)
    told.setdefault("on", TODAY)
    return changing.change(resident, at=town.now, why=why, **told)


def _as(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_new_telephone_number_keeps_the_old_one_and_touches_no_cover(town: Town) -> None:
    resident = town.covered("王小明", phone="13800000000")
    done = _change(town, resident, phone="13911112222")
    resident.refresh_from_db()
    assert resident.phone == "13911112222"
    assert (done.enrollments, done.touched, done.change.state) == ([], [], "made")
    assert [str(line) for line in changing.lines(done.change)] == ["电话：13800000000 → 13911112222"]
    event = AuditEvent.objects.get(action="changing.change")
    assert "13911112222" not in str(event.detail)


def test_a_new_name_brings_its_initials(town: Town) -> None:
    resident = town.resident("王小明")
    _change(town, resident, name="单小明")
    resident.refresh_from_db()
    assert (resident.name, resident.initials) == ("单小明", "SXM")


def test_a_new_number_is_read_like_papers_and_shown_masked(town: Town) -> None:
    resident, number = town.resident(birth=date(1980, 5, 5)), town.number(date(1980, 5, 6), "2")
    done = _change(town, resident, id_number=number)
    resident.refresh_from_db()
    assert (resident.id_number, resident.birth_on, resident.sex) == (number, date(1980, 5, 6), "2")
    kept = {line.label: line.after for line in changing.lines(done.change)}
    assert kept["证件号码"].count("*") == 13
    with connection.cursor() as cursor:
        cursor.execute("SELECT facts FROM enrollment_residentchange")
        assert number.encode() not in bytes(cursor.fetchone()[0])


def test_the_number_of_somebody_else_is_refused(town: Town) -> None:
    resident, other = town.resident(), town.resident()
    with pytest.raises(AlreadyRegistered, match="合并登记"):
        _change(town, resident, id_number=other.id_number)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"phone": ""}, "没有任何改动"),
        ({"why": "  ", "phone": "1"}, "原因"),
        ({"relation": "子"}, "变更户主"),
        ({"favourite": "x"}, "不能在此变更"),
    ],
)
def test_a_change_without_sense_is_refused(town: Town, told: dict[str, str], says: str) -> None:
    with pytest.raises(CannotChange, match=says):
        _change(town, town.resident(), **told)
    assert not ResidentChange.objects.exists()


def test_facts_have_to_hold_together(town: Town) -> None:
    with pytest.raises(CannotRegister, match="同时填写"):
        _change(town, town.resident(), event="graduation")


def test_nobody_changes_people_of_another_county(town: Town) -> None:
    with pytest.raises(CannotChange, match="管辖"):
        _change(town, town.resident(), by=town.member("clerk", town.other_county), phone="1")


def _late(town: Town) -> Resident:
    """Somebody who came late and was let in, because the papers said that they were insured the year before."""
    resident = town.resident("赵来", insured_through=2024)
    assert town.paid(resident, date(2025, 3, 1), amount="1070.00").state == "covered"
    return resident


@pytest.mark.article("JZ09")
def test_a_fact_that_the_rules_ask_for_works_cover_out_anew(town: Town) -> None:
    done = _change(town, _late(town), insured_through=2022, why="核实参保凭证")
    enrollment = Enrollment.objects.get()
    assert [e.year for e in done.enrollments] == [2025]
    assert (enrollment.state, enrollment.benefits_from) == ("refused", None)
    assert enrollment.reasons[0]["article"] == "JZ09"
    assert (done.change.needs_second, done.change.state) == (False, "made")


@pytest.mark.article("JZ08")
def test_a_new_fact_reaches_back_no_further_than_its_day(town: Town) -> None:
    resident = _late(town)
    done = _change(town, resident, insured_through=2022, since=date(2026, 1, 1))
    assert done.enrollments == []
    assert Enrollment.objects.get().state == "covered"


@pytest.fixture
def proposal(town: Town) -> ResidentChange:
    """A correction that takes away the cover of a year that is over when it is found."""
    return _change(town, _late(town), on=date(2026, 2, 2), insured_through=2022).change


def test_what_touches_a_year_that_is_over_waits_for_a_second_person(town: Town, proposal: ResidentChange) -> None:
    assert (proposal.state, proposal.needs_second) == ("proposed", True)
    resident = Resident.objects.get()
    before = Enrollment.objects.get()
    assert resident.insured_through == 2024
    with pytest.raises(CannotDecide, match="自己"):
        changing.approve(proposal, by=town.clerk, on=date(2026, 2, 3), at=town.now)
    would = changing.consequences(proposal, date(2026, 2, 3))
    assert Enrollment.objects.get().benefits_from == before.benefits_from
    done = changing.approve(proposal, by=town.rechecker, on=date(2026, 2, 3), at=town.now)
    resident.refresh_from_db()
    assert resident.insured_through == 2022
    assert [e.state for e in done.enrollments] == [e.state for e in would.enrollments] == ["refused"]
    assert Enrollment.objects.get().benefits_from is None
    with pytest.raises(CannotDecide, match="已经复核"):
        changing.approve(proposal, by=town.rechecker, on=date(2026, 2, 3), at=town.now)


def test_a_declined_change_changes_nothing(town: Town, proposal: ResidentChange) -> None:
    before = Enrollment.objects.values().get()
    changing.decline(proposal, by=town.rechecker, at=town.now)
    assert Resident.objects.get().insured_through == 2024
    assert Enrollment.objects.values().get() == before


def test_an_open_proposal_is_decided_before_the_next_change(town: Town, proposal: ResidentChange) -> None:
    with pytest.raises(CannotChange, match="待复核"):
        _change(town, proposal.resident, phone="1")


def test_the_database_keeps_two_people_and_every_word(town: Town, proposal: ResidentChange) -> None:
    rows = ResidentChange.objects.filter(pk=proposal.pk)
    for broken in (
        {"state": "made"},
        {"state": "made", "decided_by": town.clerk, "decided_at": town.now},
        {"why": "别的原因"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**broken)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.delete()
    changing.decline(proposal, by=town.rechecker, at=town.now)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(state="made")


def test_the_counter_changes_and_the_person_page_shows_the_history(town: Town) -> None:
    resident = town.resident("王小明")
    client, address = _as(town.clerk), reverse("enrollment:change", args=[resident.pk])
    assert "王小明" in client.get(address).content.decode()
    told = {
        "name": "王晓明", "phone": "", "address": "东街1号", "basis": "household", "id_type": "id_card",
        "birth_on": "1980-05-05", "sex": "1", "since": "2025-03-10", "why": "派出所更名证明",
    }  # fmt: skip
    assert client.post(address, told).status_code == 302
    page = client.get(reverse("enrollment:resident", args=[resident.pk])).content.decode()
    for words in ("王小明 → 王晓明", "— → 东街1号", "派出所更名证明", "变更记录"):
        assert words in page
    assert "派出所更名证明" in client.get(reverse("enrollment:changes")).content.decode()
    refused = client.post(address, told | {"why": "", "name": "王明"})
    assert refused.status_code == 200


def test_the_second_person_decides_on_the_page(town: Town, proposal: ResidentChange) -> None:
    page, decide = (reverse(f"enrollment:{name}", args=[proposal.pk]) for name in ("change-page", "decide-change"))
    assert "同意变更" not in _as(town.clerk).get(page).content.decode()
    assert _as(town.clerk).post(decide, {"decision": "approve"}).status_code == 403
    second = _as(town.rechecker)
    assert "同意变更" in second.get(page).content.decode()
    assert second.post(decide, {"decision": "approve"}).status_code == 302
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by) == ("made", town.rechecker)


@pytest.mark.article("JZ08")
def test_the_page_shows_what_a_correction_would_do_before_anything_is_kept(town: Town) -> None:
    child = town.newborn(date(2025, 2, 1))
    enrollment = town.enrolled(child, on=date(2025, 2, 10))
    told = {"birth_on": date(2025, 2, 8), "event_on": date(2025, 2, 8)}
    would = changing.preview(child, by=town.clerk, on=TODAY, **told)
    assert [(one.year, one.benefits_from) for one in would.enrollments] == [(2025, date(2025, 2, 8))]
    enrollment.refresh_from_db()
    assert enrollment.benefits_from == date(2025, 2, 1)
    assert not ResidentChange.objects.exists()
    with pytest.raises(CannotChange):
        changing.preview(child, by=town.clerk, on=TODAY)
    page = _as(town.clerk).get(reverse("enrollment:change", args=[child.pk])).content.decode()
    assert "先看影响" in page
