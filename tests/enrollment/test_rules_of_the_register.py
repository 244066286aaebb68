"""What the tables of the register refuse by themselves, whoever writes to them and however."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from enrollment import changing, merging, papers
from enrollment.models import Doubt, Merge, Paper, Proof, Resident, ResidentChange, Scan, ScanPiece, Status
from tests.office.test_scans import PDF
from tests.town import Town

pytestmark = pytest.mark.django_db
DAY = date(2025, 3, 10)


def _refused(write: Callable[[], Any], name: str = "") -> None:
    """Refused; with its own word where the database says which rule it was (SQLite names no unique rule)."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        write()
    assert name in str(refusal.value)


def _named(name: str) -> str:
    """The name of a unique rule as this database tells it."""
    return name if connection.vendor == "postgresql" else "UNIQUE"


def _change(town: Town, resident: Resident, **told: Any) -> ResidentChange:
    return ResidentChange.objects.create(
        **{"resident": resident, "area": resident.area, "kind": "facts", "facts": "{}", "why": "更正",
           "asked_by": town.clerk, "asked_at": town.now} | told
    )  # fmt: skip


def test_a_change_of_a_closed_year_is_made_by_two_and_checked_by_another(town: Town) -> None:
    resident, decided, checker = town.resident(), {"decided_at": town.now}, town.rechecker
    _refused(lambda: _change(town, resident, needs_second=True, state="made"), "a_closed_year_changes_by_two")
    _refused(lambda: _change(town, resident, decided_by=town.clerk, **decided), "change_maker_is_not_checker")
    _refused(lambda: _change(town, resident, decided_by=checker), "a_decided_change_names_who_and_when")
    _refused(
        lambda: _change(town, resident, state="proposed", decided_by=checker, **decided),
        "a_decided_change_names_who_and_when",
    )
    proposal = _change(town, resident, needs_second=True, state="proposed")
    _refused(lambda: _change(town, resident, state="proposed"), _named("one_open_proposal_per_resident"))
    rows = ResidentChange.objects.filter(pk=proposal.pk)
    _refused(lambda: rows.update(state="made"), "a_closed_year_changes_by_two")
    _refused(lambda: rows.update(why="别的"), "a change is written once")
    _refused(lambda: rows.delete(), "a change is kept for ever")
    rows.update(state="declined", decided_by=checker, decided_at=town.now)
    _refused(lambda: rows.update(state="proposed", decided_by=None, decided_at=None), "a change is written once")


def test_a_record_is_merged_once_with_another_and_the_merge_is_kept(town: Town) -> None:
    kept, gone, third = town.resident(), town.resident(), town.resident()
    told = {"area": kept.area, "why": "同一人", "merged_by": town.clerk, "merged_at": town.now}
    _refused(lambda: Merge.objects.create(kept=kept, gone=kept, **told), "a_merge_has_two_records")
    row = Merge.objects.create(kept=kept, gone=gone, **told)
    _refused(lambda: Merge.objects.create(kept=third, gone=gone, **told), _named("a_record_is_merged_once"))
    rows = Merge.objects.filter(pk=row.pk)
    _refused(lambda: rows.update(undone_at=town.now), "an_undone_merge_names_who")
    _refused(lambda: rows.update(kept=third), "a merge is written once")
    _refused(lambda: rows.delete(), "a merge is kept for ever")


def test_doubts_and_proofs_stand_once_and_are_settled_with_a_reason(town: Town) -> None:
    first, second = town.resident(), town.resident()
    pair = {"kind": "two_documents", "area": first.area, "found_on": DAY}
    place = {"kind": "elsewhere", "area": first.area, "found_on": DAY, "place": "外市"}
    Doubt.objects.create(resident=first, other=second, **pair)
    Doubt.objects.create(resident=first, **place)
    _refused(lambda: Doubt.objects.create(resident=first, other=second, **pair), _named("one_doubt_per_pair"))
    _refused(lambda: Doubt.objects.create(resident=first, **place), _named("one_doubt_per_place"))
    turned = {"resident": second, "other": first}
    _refused(lambda: Doubt.objects.create(**turned, **pair), "the_older_record_stands_first")
    _refused(lambda: Doubt.objects.create(resident=second, **pair), "two_documents_are_two_records")
    _refused(lambda: Doubt.objects.update(state="kept"), "a_settled_doubt_has_a_reason")
    proof = {"resident": first, "year": 2025, "proved_on": DAY, "kept_by": town.clerk, "kept_at": town.now}
    Proof.objects.create(**proof)
    _refused(lambda: Proof.objects.create(**proof), _named("one_proof_per_resident_and_year"))


def test_a_standing_has_two_ends_in_order_and_begins_once(town: Town) -> None:
    told = {"resident": town.resident(), "group": "orphan", "since": DAY, "certified_by": "民政局"}
    _refused(lambda: Status.objects.create(**told, until=date(2025, 3, 9)), "status_ends_after_it_begins")
    Status.objects.create(**told)
    _refused(lambda: Status.objects.create(**told), _named("one_status_per_group_and_first_day"))


def test_a_paper_is_written_once_withdrawn_once_and_never_deleted(town: Town) -> None:
    act = {"by": town.clerk, "on": DAY, "at": town.now}
    paper, manager = papers.file(town.resident(), "id_card", scan=[PDF], **act), town.manager
    rows = Paper.objects.filter(pk=paper.pk)
    _refused(lambda: rows.update(withdrawn_on=DAY), "a_paper_is_withdrawn_by_somebody_for_a_reason")
    for other in ({"kind": "other"}, {"seen_on": date(2020, 1, 1)}, {"number": "1"}, {"seen_by": manager}):
        _refused(lambda other=other: rows.update(**other), "a paper that was seen is written once")
    _refused(lambda: rows.delete())
    bare = papers.file(town.resident(), "id_card", **act)
    _refused(lambda: Paper.objects.filter(pk=bare.pk).delete(), "a paper that was seen is kept for ever")
    papers.withdraw(bare, "误登", **act)
    back = {"withdrawn_on": None, "withdrawn_by": None, "withdrawn_why": ""}
    for again in (back, {"withdrawn_why": "别的"}, {"withdrawn_by": manager}):
        _refused(
            lambda again=again: Paper.objects.filter(pk=bare.pk).update(**again),
            "a paper that was seen is written once",
        )


def test_a_scan_and_its_pieces_are_written_once(town: Town) -> None:
    paper = papers.file(town.resident(), "id_card", scan=[PDF], by=town.clerk, on=DAY, at=town.now)
    bare = papers.file(town.resident(), "id_card", by=town.clerk, on=DAY, at=town.now)
    none = {"paper": bare, "form": "pdf", "size": 0, "digest": "0"}
    _refused(lambda: Scan.objects.create(**none), "a_scan_is_not_empty")
    piece = {"scan": paper.scan, "number": 1, "content": b"x"}
    _refused(lambda: ScanPiece.objects.create(**piece), _named("one_piece_per_scan_and_number"))
    for table in ("enrollment_scan", "enrollment_scanpiece"):
        with connection.cursor() as cursor:
            column = "digest = 'x'" if table == "enrollment_scan" else "number = 9"
            _refused(lambda column=column, table=table: cursor.execute(f"UPDATE {table} SET {column}"), "append-only")
            _refused(lambda table=table: cursor.execute(f"DELETE FROM {table}"), "append-only")
            if connection.vendor == "postgresql":
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else what is still to be checked refuses before it
                _refused(lambda table=table: cursor.execute(f"TRUNCATE {table} CASCADE"), "append-only")


def test_the_work_itself_writes_nothing_that_the_tables_refuse(town: Town) -> None:
    """The rules above stand in nobody's way: a change, a merge and its undoing pass them."""
    born = {"birth": date(2025, 2, 1), "name": "宝宝"}
    child, card = town.newborn(**born), town.resident(**born)
    act = {"by": town.clerk, "on": DAY, "at": town.now, "why": "同一人"}
    changing.change(child, phone="13800000000", **act)
    merging.undo(merging.merge(child, card, **act), by=town.clerk, on=DAY, at=town.now)
    assert Merge.objects.get().undone_at
