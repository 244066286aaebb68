"""Files that come in: shown first with every problem, then taken, the good rows kept and the bad ones given back."""

import hashlib
import json
import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import PurePath
from typing import Any, Final, NamedTuple

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from office import audit, export, jobs, secrecy, undoing
from office.cells import shown
from office.models import Area, Batch, Chunk, Job, Problem, Staff
from office.refusal import Refusal
from office.sheets import LINE, REASON, Column, Fault, Row, Sheet, Unreadable, read
from office.sheets import together as standing_together

__all__ = [
    "CannotTake", "Column", "Fault", "NotWhole", "Outcome", "Row", "Sheet", "Unreadable", "columns", "discard",
    "job_of", "kind", "problem_file", "read", "receive", "take", "template",
]  # fmt: skip

INLINE: Final = 2_000  # more good rows than these are taken as a job, where the kind can be cut
PIECE: Final = 2_000  # rows of one chunk: about two seconds
JOB: Final = "intake"
SAMPLE: Final = 8  # rows that the preview shows as they were read


class CannotTake(Refusal):
    """A file that was discarded, is known under another number, or is meant for an area of somebody else."""


class NotWhole(Refusal):
    """A file that was to be taken as a whole or not at all, and in which some row is refused."""


@dataclass(slots=True)
class Outcome:
    """What a kind makes of rows that could be read: those it refuses, and the lines that change nothing any more.

    `made` are the rows of tables that the taking brought into being, so that it can be undone as a whole.
    """

    faults: list[Fault] = field(default_factory=list)
    duplicates: set[int] = field(default_factory=set)
    made: list[models.Model] = field(default_factory=list)

    @property
    def refused(self) -> set[int]:
        """The lines that are refused."""
        return {fault.line for fault in self.faults}


Check = Callable[[Batch, Sequence[Row], datetime], Outcome]
Take = Callable[[Batch, Sequence[Row], Staff, datetime], Outcome]
Unit = Callable[[Row], Hashable]


class _Kind(NamedTuple):
    columns: tuple[Column, ...]
    check: Check
    take: Take
    together: str
    unit: Unit | None

    def read(self, content: bytes, name: str) -> Sheet:
        """The rows of a file of this kind."""
        sheet = read(content, name, self.columns)
        shared = next((column for column in self.columns if column.name == self.together), None)
        return sheet if shared is None else standing_together(sheet, shared)


_kinds: dict[str, _Kind] = {}
_SECRET = re.compile("证|号码|电话|手机|账号|卡号")
_TAKEN = (Batch.State.TAKING, Batch.State.TAKEN)


def kind(
    code: str,
    columns: Sequence[Column],
    check: Check,
    take: Take,
    together: str = "",
    unit: Unit | None = None,
) -> None:
    """Register a kind of file; `code` is one of Batch.Kind. Import its module from the app's views and `tasks.py`.

    `check(batch, rows, at)` compares readable rows with the tables and writes nothing. `take(batch, rows, by, at)`
    writes those that passed, in the transaction of the taking. Both get all rows at once, ask a constant number of
    queries, and name the lines they refuse (`row.fault(heading, message)`) or know already; every other row counts
    as taken. Rows with one value in the column `together` are refused together where one of them cannot be read.
    A kind with a `unit` is taken in chunks where the file is large; rows of one unit (a household) stay in one chunk,
    and its `take` is given unchecked rows: it looks at them as `check` does, once for both.
    """
    _kinds[code] = _Kind(tuple(columns), check, take, together, unit)


def columns(code: str) -> tuple[Column, ...]:
    """The columns of this kind of file."""
    return _kinds[code].columns


def receive(
    kind: str,
    area: Area,
    file_name: str,
    content: bytes,
    parameters: dict[str, Any],
    by: Staff,
    at: datetime,
) -> Batch:
    """Read a file and show what taking it would do; nothing is taken yet.

    `taken` counts the rows that would be. A file that was taken before is returned as it was taken. Refuses a file
    that cannot be read at all (Unreadable names line and heading) and an area that is not the person's.
    """
    if by.area is None or not by.area.covers(area):
        raise CannotTake(_("%(area)s不在您的管辖区域内") % {"area": area}, field="area")
    digest = hashlib.sha256(content).hexdigest()
    taken = Batch.objects.filter(kind=kind, area=area, digest=digest, state__in=_TAKEN).first()
    if taken is not None:
        return taken
    sheet = _kinds[kind].read(content, file_name)
    with transaction.atomic():
        batch = Batch.objects.create(
            kind=kind,
            area=area,
            file_name=PurePath(file_name.replace("\\", "/")).name[-200:],
            digest=digest,
            content=secrecy.seal(content),
            parameters=parameters,
            uploaded_by=by,
            uploaded_at=at,
        )
        _show(batch, sheet, at)
        audit.record(by, f"intake.receive_{kind}", batch, _counts(batch), at=at)
    return batch


def _show(batch: Batch, sheet: Sheet, at: datetime) -> None:
    """Write what taking the file would do, and for a large one how it will be cut."""
    asked = _kinds[batch.kind]
    outcome = asked.check(batch, sheet.rows, at)
    left = outcome.refused | outcome.duplicates
    good = [row for row in sheet.rows if row.line not in left]
    large = asked.unit is not None and len(good) > INLINE
    batch.sample = [list(sheet.headings), *(_masked(row, sheet.headings) for row in sheet.rows[:SAMPLE])]
    batch.plan = _cut(good, asked.unit) if large and asked.unit else None
    _write(batch, sheet, outcome)


def _masked(row: Row, headings: Sequence[str]) -> list[str]:
    """What stood in a row, numbers of documents and telephones masked."""
    told = zip(headings, row.cells, strict=True)
    return [
        secrecy.mask(shown(cell)) if _SECRET.search(heading) else secrecy.masked(shown(cell)) for heading, cell in told
    ]


def _cut(rows: Sequence[Row], unit: Unit) -> list[list[int]]:
    """The lines of these rows in chunks of about PIECE, each unit whole in one of them."""
    units: dict[Hashable, list[int]] = {}
    for row in rows:
        units.setdefault(unit(row), []).append(row.line)
    chunks: list[list[int]] = [[]]
    for lines in units.values():
        if chunks[-1] and len(chunks[-1]) + len(lines) > PIECE:
            chunks.append([])
        chunks[-1] += lines
    return chunks


def take(batch: Batch, by: Staff, at: datetime, whole: bool = False) -> Batch:
    """Take the good rows and list the bad ones; a batch taken before is returned unchanged.

    Everything is checked again, for the tables may have moved since the preview. A large file is taken by a job: it is
    returned as being taken, and its rows are those that the preview found good. `whole` takes every row or none.
    Refuses a discarded or undone batch, a file that was taken under another number, and with NotWhole a file that
    was to be taken as a whole and holds a row that is refused.
    """
    try:
        return _take(batch.pk, by, at, whole)
    except IntegrityError:
        # Somebody wrote the same people, payments or claims at the same moment: now their rows can be seen.
        return _take(batch.pk, by, at, whole)


@transaction.atomic
def _take(pk: int, by: Staff, at: datetime, whole: bool) -> Batch:
    batch = Batch.objects.select_for_update().get(pk=pk)
    if batch.state in _TAKEN:
        return batch
    if batch.state == Batch.State.DISCARDED:
        raise CannotTake(_("此文件已放弃，请重新上传"))
    if batch.state != Batch.State.PREVIEWED:
        raise CannotTake(_("此文件%(state)s，不能导入") % {"state": batch.get_state_display()})
    _refuse_known(batch)
    if whole and batch.refused:
        raise _not_whole(batch.refused)
    if batch.plan is not None:
        return _start(batch, by, at, whole)
    asked = _kinds[batch.kind]
    sheet = asked.read(secrecy.unseal_bytes(batch.content), batch.file_name)
    outcome = _take_rows(batch, sheet.rows, by, at)
    if whole and (sheet.faults or outcome.faults):
        raise _not_whole(len({fault.line for fault in sheet.faults} | outcome.refused))
    batch.state, batch.taken_by, batch.taken_at = Batch.State.TAKEN, by, at
    _write(batch, sheet, outcome)
    audit.record(by, f"intake.take_{batch.kind}", batch, _counts(batch), at=at)
    return batch


def _not_whole(refused: int) -> NotWhole:
    return NotWhole(_("有 %(count)s 行退回；按“全部或不导”，一行也没有导入") % {"count": refused})


def _take_rows(batch: Batch, rows: Sequence[Row], by: Staff, at: datetime) -> Outcome:
    """Check these rows against the tables as they are now and take what holds."""
    asked = _kinds[batch.kind]
    if asked.unit is not None:
        done = asked.take(batch, rows, by, at)
        undoing.keep(batch, done.made)
        return done
    outcome = asked.check(batch, rows, at)
    left = outcome.refused | outcome.duplicates
    done = asked.take(batch, [row for row in rows if row.line not in left], by, at)
    undoing.keep(batch, done.made)
    return Outcome(outcome.faults + done.faults, outcome.duplicates | done.duplicates)


# --- large files ------------------------------------------------------------------------------------------------------
def job_of(batch: Batch) -> Job | None:
    """The job that takes or took this file; a small one has none."""
    return Job.objects.filter(kind=JOB, key__startswith=f"{JOB}:{batch.pk}:").order_by("pk").last()


def _start(batch: Batch, by: Staff, at: datetime, whole: bool) -> Batch:
    plan: list[list[int]] = batch.plan
    chunks = [[line for lines in plan for line in lines]] if whole else plan
    batch.state, batch.taken_by, batch.taken_at = Batch.State.TAKING, by, at
    batch.save(update_fields=["state", "taken_by", "taken_at"])
    pieces = []
    for lines in chunks:
        told = {"first": min(lines), "last": max(lines)}
        pieces.append(jobs.Piece(_("第 %(first)s 至 %(last)s 行") % told, lines, len(lines)))
    title = str(_("导入 %(file)s") % {"file": batch.file_name})[:120]
    parameters = {"batch": batch.pk, "whole": whole}
    jobs.start(JOB, f"{JOB}:{batch.pk}:{at.isoformat()}", title, batch.area, pieces, by, at, parameters)
    return batch


@lru_cache(maxsize=1)
def _rows(pk: int, digest: str) -> dict[int, Row]:
    """The rows of a file by line: read once by each worker, however many chunks of it the worker takes."""
    batch = Batch.objects.get(pk=pk, digest=digest)
    sheet = _kinds[batch.kind].read(secrecy.unseal_bytes(batch.content), batch.file_name)
    return {row.line: row for row in sheet.rows}


def _take_chunk(job: Job, chunk: Chunk) -> jobs.Counts:
    """Take the rows of one chunk; all it writes stands or falls with the checkpoint of the chunk."""
    batch = Batch.objects.select_related("area").defer("content", "plan").get(pk=job.parameters["batch"])
    known = _rows(batch.pk, batch.digest)
    rows = [known[line] for line in chunk.keys]
    try:
        with transaction.atomic():
            outcome = _take_rows(batch, rows, job.created_by, job.created_at)
            if job.parameters["whole"] and outcome.faults:
                raise _not_whole(len(outcome.refused))
    except NotWhole:
        _show_again(batch, job.created_at)
        return {"taken": 0}
    _list(batch, outcome.faults)
    refused, duplicate = len(outcome.refused), len(outcome.duplicates - outcome.refused)
    return {"taken": len(rows) - refused - duplicate, "refused": refused, "duplicate": duplicate}


def _show_again(batch: Batch, at: datetime) -> None:
    """Somebody moved the tables since the preview and a row no longer holds: the file waits as it was, shown anew."""
    held = Batch.objects.select_related("area").get(pk=batch.pk)
    held.state, held.taken_by, held.taken_at = Batch.State.PREVIEWED, None, None
    _show(held, _kinds[held.kind].read(secrecy.unseal_bytes(held.content), held.file_name), at)


def _ended(job: Job) -> None:
    """Every chunk is through: the counts of the preview and of the taking make up all lines read."""
    _rows.cache_clear()
    batch = Batch.objects.select_for_update().defer("content", "plan").get(pk=job.parameters["batch"])
    if batch.state != Batch.State.TAKING:
        return
    batch.state = Batch.State.TAKEN
    batch.taken = job.report.get("taken", 0)
    batch.refused += job.report.get("refused", 0)
    batch.duplicate += job.report.get("duplicate", 0)
    batch.save(update_fields=["state", "taken", "refused", "duplicate"])
    audit.record(job.created_by, f"intake.take_{batch.kind}", batch, _counts(batch), at=job.finished_at)


jobs.handler(JOB, finish=_ended)(_take_chunk)


def discard(batch: Batch, by: Staff, at: datetime) -> Batch:
    """Put a previewed file away; its content is forgotten. Refuses one that was taken."""
    with transaction.atomic():
        waiting = Batch.objects.filter(pk=batch.pk, state=Batch.State.PREVIEWED)
        if not waiting.update(state=Batch.State.DISCARDED, content=b""):
            raise CannotTake(_("只能放弃尚未导入的文件"))
        batch.problems.update(row=None)
        audit.record(by, f"intake.discard_{batch.kind}", batch, at=at)
    batch.refresh_from_db()
    return batch


def problem_file(batch: Batch, by: Staff, at: datetime) -> bytes:
    """The refused rows as a workbook with the reason beside each, to be put right and sent in again; recorded."""
    reasons: dict[int, list[str]] = {}
    given: dict[int, dict[str, str]] = {}
    for problem in batch.problems.order_by("line", "pk"):
        reasons.setdefault(problem.line, []).append(
            f"{problem.field}：{problem.message}" if problem.field else problem.message
        )
        if problem.row is not None:
            given[problem.line] = json.loads(secrecy.unseal(problem.row))
    headings = list(dict.fromkeys(heading for row in given.values() for heading in row))
    headings = [heading for heading in headings if heading not in (LINE, REASON)]
    rows = (
        [str(line), "；".join(why), *(given.get(line, {}).get(heading, "") for heading in headings)]
        for line, why in reasons.items()
    )
    content, written = export.sheet([LINE, REASON, *headings], rows, export.mark(batch.file_name, by, at))
    audit.record(by, "intake.give_back_problems", batch, {"rows": written}, at=at)
    return content


def template(kind: str) -> bytes:
    """An empty workbook with the headings of this kind."""
    return export.sheet([column.heading for column in columns(kind)], [])[0]


def _refuse_known(batch: Batch) -> None:
    other = Batch.objects.filter(kind=batch.kind, area_id=batch.area_id, digest=batch.digest, state__in=_TAKEN).first()
    if other is not None and other.pk != batch.pk:
        raise CannotTake(_("同一文件已导入（第 %(number)s 号），不会重复导入") % {"number": other.pk})


def _write(batch: Batch, sheet: Sheet, outcome: Outcome) -> None:
    """Counts and problems: every line read is taken, refused or a duplicate, and exactly one of them."""
    faults = sorted([*sheet.faults, *outcome.faults], key=lambda fault: fault.line)
    refused = {fault.line for fault in faults}
    duplicate = outcome.duplicates - refused
    batch.read, batch.refused, batch.duplicate = sheet.read, len(refused), len(duplicate)
    batch.taken = batch.read - batch.refused - batch.duplicate
    batch.save()
    batch.problems.all().delete()
    _list(batch, faults)


def _list(batch: Batch, faults: Iterable[Fault]) -> None:
    Problem.objects.bulk_create(
        [
            Problem(
                batch=batch,
                line=fault.line,
                field=fault.field[:60],
                # A number that slipped into another column is quoted by the message: not in full.
                message=secrecy.masked(fault.message)[:300],
                row=secrecy.seal(json.dumps(dict(fault.row), ensure_ascii=False)),
            )
            for fault in faults
        ],
        batch_size=1000,
    )


def _counts(batch: Batch) -> dict[str, Any]:
    return {
        "file": batch.file_name,
        "digest": batch.digest,
        "read": batch.read,
        "taken": batch.taken,
        "refused": batch.refused,
        "duplicate": batch.duplicate,
    }
