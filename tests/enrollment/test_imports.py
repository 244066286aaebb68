"""Large rosters taken as a job, rosters taken as a whole or not at all, and imports that are undone."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from enrollment import registration
from enrollment.models import Due, Enrollment, Household, Resident, Status
from enrollment.registration import Papers
from office import intake, jobs, undoing
from office.intake import NotWhole
from office.models import AuditEvent, Batch, Job
from office.undoing import CannotUndo
from tests.enrollment.test_files import counts, person, send, take
from tests.town import Town


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four rows are a large file here."""
    monkeypatch.setattr(intake, "INLINE", 4)
    monkeypatch.setattr(intake, "PIECE", 4)


def families(town: Town, count: int) -> list[dict[str, str]]:
    """Households of three, the members far from their head in the file."""
    heads = [person(town) for _ in range(count)]
    wives, children = (
        [person(town, 户主证件号码=head["证件号码"], 与户主关系=relation) for head in heads]
        for relation in ("妻", "子")
    )
    return [*wives, *heads, *reversed(children)]


# --- large files ------------------------------------------------------------------------------------------------------
def test_a_large_roster_is_taken_as_a_job_and_the_counts_make_up_all_lines(town: Town, small_pieces: None) -> None:
    known = town.resident("老住户", village=town.village)
    there = person(town, "老住户") | {"证件号码": known.id_number}
    batch = take(town, send(town, *families(town, 5), person(town, 证件号码="1"), there))
    assert (batch.state, counts(batch)) == (Batch.State.TAKING, (17, 15, 1, 1))
    assert Resident.objects.count() == 1
    job = intake.job_of(batch)
    assert job is not None
    assert (job.chunks.count(), job.total) == (5, 15)
    town.work()
    batch.refresh_from_db()
    assert (batch.state, counts(batch)) == (Batch.State.TAKEN, (17, 15, 1, 1))
    assert {h.members.count() for h in Household.objects.exclude(head=known)} == {3}
    assert AuditEvent.objects.filter(action="intake.take_roster").count() == 1


def test_what_others_registered_between_the_chunks_is_counted_as_known_or_given_back(
    town: Town, small_pieces: None
) -> None:
    lines = [person(town) for _ in range(9)]
    batch = take(town, send(town, *lines))
    same, other = lines[7], lines[8]
    for line, name in ((same, same["姓名"]), (other, "另一个")):
        registration.register_household(
            town.village, Papers(name=name, id_number=line["证件号码"]), by=town.clerk, on=town.today, at=town.now
        )
    town.work()
    batch.refresh_from_db()
    assert counts(batch) == (9, 7, 1, 1)
    assert batch.problems.get().message == "证件号码已登记为另一姓名"


def test_a_chunk_that_failed_is_done_again_and_nothing_is_taken_twice(
    town: Town, small_pieces: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = take(town, send(town, *families(town, 4)))
    whole = undoing.keep

    def half(*told: Any) -> None:
        monkeypatch.setattr(undoing, "keep", whole)
        raise ZeroDivisionError  # after the rows were written, before the checkpoint

    monkeypatch.setattr(undoing, "keep", half)
    town.work()
    batch.refresh_from_db()
    assert counts(batch) == (12, 12, 0, 0)
    assert Resident.objects.count() == 12


def test_the_same_large_file_is_not_taken_beside_itself(town: Town, small_pieces: None) -> None:
    lines = families(town, 2)
    first, second = send(town, *lines), send(town, *lines)
    take(town, first)
    with pytest.raises(intake.CannotTake, match="不会重复导入"):
        take(town, second)
    assert send(town, *lines) == first
    take(town, first)
    assert Job.objects.count() == 1


# --- all or nothing ---------------------------------------------------------------------------------------------------
def test_as_a_whole_a_roster_with_a_bad_row_is_not_taken_at_all(town: Town) -> None:
    batch = send(town, person(town), person(town, 证件号码="1"))
    with pytest.raises(NotWhole, match="有 1 行退回"):
        intake.take(batch, by=town.clerk, at=town.now, whole=True)
    batch.refresh_from_db()
    assert (batch.state, Resident.objects.count()) == (Batch.State.PREVIEWED, 0)


def test_as_a_whole_a_large_roster_in_which_a_row_went_bad_meanwhile_waits_and_shows_why(
    town: Town, small_pieces: None
) -> None:
    lines = families(town, 3)
    batch = intake.take(send(town, *lines), by=town.clerk, at=town.now, whole=True)
    papers = Papers(name="另一个", id_number=lines[4]["证件号码"])
    registration.register_household(town.village, papers, by=town.clerk, on=town.today, at=town.now)
    town.work()
    batch.refresh_from_db()
    assert (batch.state, counts(batch)) == (Batch.State.PREVIEWED, (9, 8, 1, 0))
    assert Resident.objects.count() == 1
    assert intake.take(batch, by=town.clerk, at=town.moment(town.today, 11)).state == Batch.State.TAKING
    town.work()
    batch.refresh_from_db()
    assert (batch.state, counts(batch)) == (Batch.State.TAKEN, (9, 8, 1, 0))


# --- undone -----------------------------------------------------------------------------------------------------------
def test_an_import_is_undone_as_a_whole_and_can_be_taken_again(town: Town, small_pieces: None) -> None:
    town.sample_notice("subsidy.share", "1", since=date(2024, 1, 1))
    town.today = date(2024, 9, 10)
    old = town.resident()
    before = (Resident.objects.count(), Household.objects.count())
    poor = person(town, 人员身份="最低生活保障对象", 身份起="2024-01-01", 认定部门="县民政局")
    joins = person(town, 户主证件号码=old.id_number, 与户主关系="子")
    lines = [*families(town, 3), poor, joins]
    batch = take(town, send(town, *lines, period=town.period().pk))
    town.work()
    assert Enrollment.objects.filter(resident__name=poor["姓名"]).exists()
    batch = undoing.undo(batch, town.clerk, town.now)
    assert (batch.state, batch.undone_by) == (Batch.State.UNDONE, town.clerk)
    assert (Resident.objects.count(), Household.objects.count()) == before
    assert not any(model.objects.exists() for model in (Status, Enrollment, Due))
    assert AuditEvent.objects.get(action="intake.undo_roster").detail["rows"]["enrollment.resident"] == 11
    with pytest.raises(intake.CannotTake, match="已撤销"):
        take(town, batch)
    again = take(town, send(town, *lines))
    assert again != batch
    town.work()
    assert Resident.objects.count() == before[0] + 11


def test_what_stands_on_an_import_is_named_and_nothing_is_undone(town: Town) -> None:
    paid, moved, head, calm = (person(town, name) for name in ("钱已缴", "孙已改", "李户主", "周平安"))
    batch = take(town, send(town, paid, moved, head, calm))
    who = {resident.name: resident for resident in Resident.objects.all()}
    town.paid(who["钱已缴"])
    Resident.objects.filter(pk=who["孙已改"].pk).update(phone="13900000000")
    house = who["李户主"].household
    registration.register_resident(
        town.village, town.papers(), household=house, by=town.clerk, on=town.today, at=town.now
    )
    with pytest.raises(CannotUndo) as refusal:
        undoing.undo(batch, town.clerk, town.now)
    told = str(refusal.value)
    assert "钱已缴（参保" in told
    assert "孙已改（导入后有变更" in told
    assert house.number in told
    assert "周平安" not in told
    assert Resident.objects.count() == 5


def test_only_who_took_it_or_a_manager_undoes_an_import(town: Town) -> None:
    batch = take(town, send(town, person(town)))
    with pytest.raises(CannotUndo, match="只有导入人"):
        undoing.undo(batch, town.member("clerk", town.county), town.now)
    with pytest.raises(CannotUndo, match="只有导入人"):
        undoing.undo(batch, town.member("manager", town.other_county), town.now)
    assert undoing.undo(batch, town.member("manager", town.county), town.now).state == Batch.State.UNDONE
    with pytest.raises(CannotUndo, match="只能撤销已导入"):
        undoing.undo(batch, town.clerk, town.now)


def test_an_import_that_stopped_half_way_can_be_undone(
    town: Town, small_pieces: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = take(town, send(town, *families(town, 3)))
    job = intake.job_of(batch)
    assert job is not None
    with pytest.raises(CannotUndo):
        undoing.undo(batch, town.clerk, town.now)
    long_ago = town.moment(date(2025, 1, 1))
    job.chunks.filter(number=2).update(state="running", attempts=jobs.ATTEMPTS, lease_until=long_ago)
    town.work()
    batch.refresh_from_db()
    assert (batch.state, intake.job_of(batch).state) == (Batch.State.TAKING, Job.State.FAILED)  # type: ignore[union-attr]
    assert 0 < Resident.objects.count() < 9
    undoing.undo(batch, town.clerk, town.now)
    assert not Resident.objects.exists()


# --- pages ------------------------------------------------------------------------------------------------------------
def test_the_page_of_a_file_takes_it_shows_the_progress_and_undoes_it(
    town: Town, client: Any, small_pieces: None
) -> None:
    client.force_login(town.clerk)
    batch = send(town, *families(town, 3))
    page = reverse("office:file", args=[batch.pk])
    shown = client.get(page).content.decode()
    assert "全部或不导" in shown
    number = intake.secrecy.unseal_bytes(batch.content).decode().splitlines()[1].split(",")[1]
    assert f"{number[:3]}{'*' * 13}{number[-2:]}" in shown
    assert number not in shown
    client.post(reverse("office:take", args=[batch.pk]))
    assert "hm-progress" in client.get(page).content.decode()
    town.work()
    assert "撤销导入" in client.get(page).content.decode()
    answer = client.post(reverse("office:undo", args=[batch.pk]), follow=True)
    assert "导入已撤销" in answer.content.decode()
    assert not Resident.objects.exists()


def test_what_was_laid_by_is_used_on_its_day_and_looked_at_again(
    town: Town, small_pieces: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = families(town, 3)
    batch = send(town, *lines)
    assert batch.portions.count() == 3
    with pytest.raises(IntegrityError), transaction.atomic():
        batch.portions.create(number=1, content=b"")
    papers = Papers(name="另一个", id_number=lines[4]["证件号码"])
    registration.register_household(town.village, papers, by=town.clerk, on=town.today, at=town.now)
    read = []
    monkeypatch.setattr(intake, "sheet_of", lambda told, whole=intake.sheet_of: read.append(told) or whole(told))
    intake._rows.cache_clear()
    take(town, batch)
    town.work()
    batch.refresh_from_db()
    assert counts(batch) == (9, 8, 1, 0)
    assert len(read) == 1  # for the rows that are given back, and for nothing else
    assert not batch.portions.exists()


def test_what_was_laid_by_on_another_day_is_understood_anew(
    town: Town, small_pieces: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = send(town, *families(town, 3))
    again: list[int] = []
    known = intake._kinds["roster"]
    monkeypatch.setitem(intake._kinds, "roster", known._replace(again=lambda *told: again.append(1)))
    intake.take(batch, town.clerk, town.now + timedelta(days=1))
    town.work()
    batch.refresh_from_db()
    assert (batch.state, batch.taken, again) == (Batch.State.TAKEN, 9, [])
