"""Two records of one person: all history goes to one of them, nothing is lost, and a mistake is put back exactly."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import reverse

import claims.following  # noqa: F401  claims carry their counters
from claims import filing
from claims.models import Accumulator, Claim, Filing
from enrollment import changing, doubts, merging
from enrollment.merging import CannotMerge, CannotUndo
from enrollment.models import Doubt, Enrollment, Household, Merge, Payment, Resident, Status
from tests.town import Town

pytestmark = pytest.mark.django_db
BORN = date(2024, 2, 1)
TODAY = date(2025, 3, 10)


@pytest.fixture
def child(town: Town) -> Resident:
    """Registered at birth under the birth certificate, covered in the year of birth."""
    child = town.newborn(BORN, name="张毛毛")
    town.enrolled(child, 2024, on=BORN)
    return child


@pytest.fixture
def pupil(town: Town) -> Resident:
    """The same child, registered again with its identity card and covered in the year after."""
    return town.covered("张子涵", BORN, groups=["orphan"])


def _merge(town: Town, kept: Resident, gone: Resident, **more: Any) -> Merge:
    return merging.merge(kept, gone, **({"by": town.clerk, "on": TODAY, "at": town.now, "why": "同一人"} | more))


def _everything() -> dict[str, list[dict[str, Any]]]:
    """All that is kept about people, except the merge itself."""
    models = (Resident, Household, Enrollment, Payment, Status, Filing, Claim, Accumulator)
    return {m.__name__: [model_to_dict(row) for row in m.objects.order_by("pk")] for m in models}


@pytest.mark.article("JZ08")
def test_the_newborn_becomes_the_person_with_the_card_with_all_history(
    town: Town, child: Resident, pupil: Resident
) -> None:
    number = pupil.id_number
    filing.file(pupil, "resident", TODAY, TODAY, by=town.clerk, at=town.now, number="F1")
    claim = town.approved(pupil, town.hospital())
    _merge(town, child, pupil)
    child.refresh_from_db()
    pupil.refresh_from_db()
    assert (child.name, child.id_type, child.id_number, child.ended_on) == ("张子涵", "id_card", number, None)
    assert (pupil.id_type, pupil.end_reason, pupil.household) == ("birth_certificate", "duplicate", None)
    assert list(child.enrollments.order_by("year").values_list("year", "state")) == [
        (2024, "covered"), (2025, "covered")
    ]  # fmt: skip
    for model in (Payment, Status, Filing, Claim, Accumulator):
        assert set(model.objects.values_list("resident", flat=True)) == {child.pk}, model
    assert Claim.objects.get(pk=claim.pk).resident == child
    assert town.tax_file(town.tax_line(child, TODAY)).problems.count() == 0


def test_a_merge_undone_the_same_day_leaves_no_trace_in_the_records(
    town: Town, child: Resident, pupil: Resident
) -> None:
    town.approved(pupil, town.hospital())
    before = _everything()
    row = _merge(town, child, pupil)
    assert _everything() != before
    merging.undo(row, by=town.manager, on=TODAY, at=town.now)
    assert _everything() == before
    with pytest.raises(CannotUndo, match="已撤销"):
        merging.undo(row, by=town.manager, on=TODAY, at=town.now)
    assert _merge(town, child, pupil).pk != row.pk


def test_counters_of_one_year_add_up_and_part_again(town: Town, child: Resident, pupil: Resident) -> None:
    town.approved(pupil, town.hospital())
    used = Accumulator.objects.get().basic
    assert used > 0
    mine = Accumulator.objects.create(resident=child, year=2025, basic=used)
    row = _merge(town, child, pupil)
    mine.refresh_from_db()
    assert (mine.basic, Accumulator.objects.get(resident=pupil).basic) == (used * 2, 0)
    merging.undo(row, by=town.clerk, on=TODAY, at=town.now)
    assert set(Accumulator.objects.values_list("basic", flat=True)) == {used}


def test_an_unpaid_year_in_both_records_stays_behind_and_ends(town: Town, child: Resident, pupil: Resident) -> None:
    town.enrolled(child, 2025)
    _merge(town, pupil, child)
    states = {(e.resident_id, e.year): e.state for e in Enrollment.objects.all()}
    assert states[child.pk, 2025] == "ended"
    assert states[pupil.pk, 2024] == states[pupil.pk, 2025] == "covered"
    assert (pupil.name, Resident.objects.get(pk=pupil.pk).id_type) == ("张子涵", "id_card")


def test_a_paid_year_does_not_stay_behind(town: Town, child: Resident, pupil: Resident) -> None:
    town.enrolled(child, 2025)
    with pytest.raises(CannotMerge, match="2025"):
        _merge(town, child, pupil)


def test_days_covered_twice_are_not_merged_away(town: Town, child: Resident, pupil: Resident) -> None:
    town.paid(child)
    with pytest.raises(CannotMerge, match="2025-01-01 至 2025-12-31"):
        _merge(town, child, pupil)


def test_what_is_not_one_person_is_refused(town: Town, child: Resident, pupil: Resident) -> None:
    with pytest.raises(CannotMerge, match="另一份"):
        _merge(town, child, child)
    with pytest.raises(CannotMerge, match="出生日期"):
        _merge(town, child, town.resident())
    with pytest.raises(CannotMerge, match="各有一个身份证"):
        _merge(town, pupil, town.resident(birth=BORN))
    with pytest.raises(CannotMerge, match="原因"):
        _merge(town, child, pupil, why="")
    with pytest.raises(CannotMerge, match="管辖"):
        _merge(town, child, pupil, by=town.member("clerk", town.other_county))
    Resident.objects.filter(pk=child.pk).update(ended_on=TODAY, end_reason="death")
    with pytest.raises(CannotMerge, match="终止"):
        _merge(town, child, pupil)
    assert not Merge.objects.exists()


def test_a_merge_is_undone_on_its_day_only(town: Town, child: Resident, pupil: Resident) -> None:
    row = _merge(town, child, pupil)
    with pytest.raises(CannotUndo, match="当日"):
        merging.undo(row, by=town.clerk, on=TODAY + timedelta(days=1), at=town.now)


def test_what_was_built_on_a_merge_keeps_it(town: Town, child: Resident, pupil: Resident) -> None:
    row = _merge(town, child, pupil)
    changing.change(child, name="张子晗", by=town.clerk, on=TODAY, at=town.now, why="更名")
    with pytest.raises(CannotUndo, match="又有变更"):
        merging.undo(row, by=town.clerk, on=TODAY, at=town.now)


def test_the_record_that_ended_is_changed_no_more(town: Town, child: Resident, pupil: Resident) -> None:
    _merge(town, child, pupil)
    with pytest.raises(changing.CannotChange, match="保留的登记"):
        changing.change(pupil, phone="1", by=town.clerk, on=TODAY, at=town.now, why="更正")


def test_the_database_keeps_a_merge(town: Town, child: Resident, pupil: Resident) -> None:
    row = _merge(town, child, pupil)
    for broken in ({"why": "别的"}, {"kept": pupil}, {"undone_at": town.now}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Merge.objects.filter(pk=row.pk).update(**broken)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.delete()


def test_two_records_are_merged_and_parted_on_the_page(
    town: Town, child: Resident, pupil: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("office.days.today", lambda: TODAY)
    monkeypatch.setattr("office.days.now", lambda: town.now)
    client = Client()
    client.force_login(town.clerk, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("enrollment:merge", args=[child.pk])
    assert "张子涵" in client.get(address).content.decode()
    assert client.post(address, {"why": "同一人"}).status_code == 200
    assert client.post(address, {"why": "同一人", "number": pupil.id_number}).status_code == 302
    row = Merge.objects.get()
    for key in (child.pk, pupil.pk):
        assert "撤销合并" in client.get(reverse("enrollment:resident", args=[key])).content.decode()
    assert client.post(reverse("enrollment:undo-merge", args=[row.pk])).status_code == 302
    row.refresh_from_db()
    assert row.undone_by == town.clerk


def test_a_merge_settles_the_doubt_of_the_pair_and_undoing_opens_it_again(
    town: Town, child: Resident, pupil: Resident
) -> None:
    pair = Doubt.objects.create(kind="two_documents", resident=child, other=pupil, area=town.village, found_on=TODAY)
    elsewhere = Doubt.objects.create(kind="elsewhere", resident=pupil, area=town.village, place="外市", found_on=TODAY)
    before = list(Doubt.objects.order_by("pk").values())
    row = _merge(town, child, pupil)
    pair.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (pair.state, pair.why, pair.ended, pair.decided_by) == ("ended", "同一人", pupil, town.clerk)
    assert elsewhere.resident == child  # what is open about the record that ended is asked of the one that is kept
    assert list(doubts.open_ones(town.clerk)) == [elsewhere]
    merging.undo(row, by=town.clerk, on=TODAY, at=town.now)
    assert list(Doubt.objects.order_by("pk").values()) == before
    assert set(doubts.open_ones(town.clerk)) == {pair, elsewhere}
