"""Files that come in: shown first with every problem, then taken, the good rows kept and the bad ones given back."""

import hashlib
import json
import re
import zlib
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import PurePath
from typing import Any, Final, NamedTuple

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from office import audit, export, headings, jobs, secrecy, sheets, undoing
from office.cells import Cell, shown
from office.models import Area, Batch, Chunk, Job, Portion, Problem, Staff
from office.refusal import Refusal
from office.sheets import LINE, REASON, Column, Fault, Header, Row, Sheet, Table, Unreadable, read
from office.sheets import together as standing_together

__all__ = [
    "CannotTake", "Column", "Fault", "NotWhole", "Outcome", "Row", "Sheet", "Unreadable", "changes", "columns",
    "discard", "header_of", "job_of", "kind", "lead", "problem_file", "read", "receive", "sheet_of", "take", "template",
]  # fmt: skip

INLINE: Final = 2_000  # more good rows than these are taken as a job, where the kind can be cut
PIECE: Final = 2_000  # rows of one chunk: about two seconds
LARGE: Final = 20_000  # a file of more lines than these is read and checked as a job, or the page would wait for it
JOB: Final = "intake"
READING: Final = "intake-read"
SAMPLE: Final = 8  # rows that the preview shows as they were read


class CannotTake(Refusal):
    """A file that was discarded, is known under another number, or is meant for an area of somebody else."""


class NotWhole(Refusal):
    """A file that was to be taken as a whole or not at all, and in which some row is refused."""


@dataclass(slots=True)
class Outcome:
    """What a kind makes of rows that could be read: those it refuses, and the lines that change nothing any more.

    `made` are the rows of tables that the taking brought into being, so that it can be undone as a whole; `marks` are
    such rows where nobody built an instance of them, by table. `kept` tells what a check understood of each line, as
    a list that JSON can hold, for a taking that need not understand it again.
    """

    faults: list[Fault] = field(default_factory=list)
    duplicates: set[int] = field(default_factory=set)
    made: list[models.Model] = field(default_factory=list)
    marks: dict[str, undoing.Marks] = field(default_factory=dict)
    kept: Callable[[], dict[int, list[Any]]] | None = None

    @property
    def refused(self) -> set[int]:
        """The lines that are refused."""
        return {fault.line for fault in self.faults}


Check = Callable[[Batch, Sequence[Row], datetime], Outcome]
Take = Callable[[Batch, Sequence[Row], Staff, datetime], Outcome]
Unit = Callable[[Row], Hashable]
Again = Callable[[Batch, Sequence[list[Any]], Staff, datetime], Outcome]


class _Kind(NamedTuple):
    columns: tuple[Column, ...]
    check: Check
    take: Take
    together: str
    unit: Unit | None
    keeps: tuple[str, ...]
    again: Again | None
    beyond: Callable[[Batch], int] | None

    def sheet(self, table: Table, head: Header, mapping: dict[str, Any] | None) -> Sheet:
        """The rows of a file of this kind, its headings led as somebody said or by their own names."""
        leads = None if mapping is None else head.led(mapping["columns"])
        sheet = sheets.rows(table, self.columns, head, leads)
        shared = next((column for column in self.columns if column.name == self.together), None)
        return sheet if shared is None else standing_together(sheet, shared)


_kinds: dict[str, _Kind] = {}
_SECRET = re.compile("证|号码|电话|手机|账号|账户|卡号")
_TAKEN = (Batch.State.TAKING, Batch.State.TAKEN)
_OPEN = (Batch.State.MAPPING, Batch.State.PREVIEWED)


def kind(
    code: str,
    columns: Sequence[Column],
    check: Check,
    take: Take,
    together: str = "",
    unit: Unit | None = None,
    keeps: Sequence[str] = (),
    again: Again | None = None,
    beyond: Callable[[Batch], int] | None = None,
) -> None:
    """Register a kind of file; `code` is one of Batch.Kind. Import its module from the app's views and `tasks.py`.

    `check(batch, rows, at)` compares readable rows with the tables and writes nothing. `take(batch, rows, by, at)`
    writes those that passed, in the transaction of the taking. Both get all rows at once, ask a constant number of
    queries, and name the lines they refuse (`row.fault(heading, message)`) or know already; every other row counts
    as taken. Rows with one value in the column `together` are refused together where one of them cannot be read.
    A kind with a `unit` is taken in chunks where the file is large; rows of one unit (a household) stay in one chunk,
    and its `take` is given unchecked rows: it looks at them as `check` does, once for both. Where such a kind names
    what its check `keeps` of a row, `again(batch, kept, by, at)` takes a chunk from that, on the day of the preview:
    it looks once more at whatever the tables may have changed, and its faults may leave the row itself out.
    `beyond(batch)` counts what a file changes that is none of its rows: a full list ends whoever is not on it.
    """
    _kinds[code] = _Kind(tuple(columns), check, take, together, unit, tuple(keeps), again, beyond)


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
    source: str = "",
) -> Batch:
    """Read a file and show what taking it would do; nothing is taken yet.

    `taken` counts the rows that would be. `source` names who sends such files. A file with headings that nobody knows
    waits in state MAPPING until somebody says where they lead (`lead`), unless this was said of the source's files
    before. A large file is read by a job, in state READING. A file that was taken before with the same parameters is
    returned as it was taken. Refuses a file that cannot be read at all (Unreadable names line and heading) and an
    area that is not the person's.
    """
    if by.area is None or not by.area.covers(area):
        raise CannotTake(_("%(area)s不在您的管辖区域内") % {"area": area}, field="area")
    digest, terms = hashlib.sha256(content).hexdigest(), _terms(parameters)
    taken = Batch.objects.filter(kind=kind, area=area, digest=digest, terms=terms, state__in=_TAKEN).first()
    if taken is not None:
        return taken
    with transaction.atomic():
        batch = Batch.objects.create(
            kind=kind,
            state=Batch.State.READING,
            area=area,
            file_name=PurePath(file_name.replace("\\", "/")).name[-200:],
            digest=digest,
            terms=terms,
            source=source.strip()[:60],
            content=secrecy.seal(content),
            parameters=parameters,
            uploaded_by=by,
            uploaded_at=at,
        )
        _read(batch, content, by, at)
        audit.record(by, f"intake.receive_{kind}", batch, _counts(batch), at=at)
    return batch


def _terms(parameters: dict[str, Any]) -> str:
    """The same file sent for another group, period or institution says something else."""
    if not parameters:
        return ""
    return hashlib.sha256(json.dumps(parameters, sort_keys=True, default=str).encode()).hexdigest()[:32]


def lead(batch: Batch, chosen: Sequence[str], by: Staff, at: datetime, remember: bool = True) -> Batch:
    """Read the file by the columns that a person chose for its headings, from the left; "" for one not imported.

    The choice stays with the file and is remembered for the next one of its source, unless the headings are all our
    own and the source has no name: that would change what everybody's files mean. Refuses (CannotLead) a choice that
    makes no file, and (CannotTake) a file that was taken or put away.
    """
    with transaction.atomic():
        held = (
            Batch.objects.select_for_update(of=("self",)).select_related("area", "uploaded_by__area").get(pk=batch.pk)
        )
        if held.state not in _OPEN:
            raise CannotTake(_("此文件%(state)s，不能再对应栏目") % {"state": held.get_state_display()})
        content = secrecy.unseal_bytes(held.content)
        _table, head = _opened(held, content)
        headings.refuse_wrong(chosen, head.told, columns(held.kind))
        held.mapping = {"headings": head.told, "columns": list(chosen)}
        if remember and (head.open or held.source):
            headings.remember(held, head.told, chosen, by, at)
        held.state = Batch.State.READING
        _read(held, content, by, at)
        led = dict(zip(head.told, chosen, strict=True))
        audit.record(by, f"intake.lead_{held.kind}", held, {"headings": led, "source": held.source}, at=at)
    return held


def header_of(batch: Batch) -> tuple[Header, list[list[str]]]:
    """The headings of a file that was not taken yet, and its first rows as people may see them."""
    table, head = _opened(batch, secrecy.unseal_bytes(batch.content))
    below = [row for line, row in table.lines if line > head.line][:SAMPLE]
    return head, [_masked(row[: len(head.headings)], head.headings[: len(row)]) for row in below]


def _opened(batch: Batch, content: bytes) -> tuple[Table, Header]:
    table = sheets.opened(content, batch.file_name)
    return table, sheets.header(table, columns(batch.kind))


def _read(batch: Batch, content: bytes, by: Staff, at: datetime) -> None:
    """Read and check a file, a large one by a job that somebody watches."""
    lines = sheets.lines_about(content)
    if lines <= LARGE:
        _look(batch, content, at)
        return
    batch.save()
    title = str(_("读取 %(file)s") % {"file": batch.file_name})[:120]
    piece = jobs.Piece(_("读取并核对"), [], min(lines, sheets.MAX_ROWS))
    before = Job.objects.filter(kind=READING, key__startswith=f"{READING}:{batch.pk}:").count()
    key = f"{READING}:{batch.pk}:{before + 1}"
    jobs.start(READING, key, title, batch.area, [piece], by, at, {"batch": batch.pk})


def _read_later(job: Job, chunk: Chunk) -> jobs.Counts:
    """Read and check a large file; where it cannot be read, the page says why and its content is forgotten."""
    held = Batch.objects.select_for_update(of=("self",)).select_related("area", "uploaded_by__area")
    batch = held.get(pk=job.parameters["batch"])
    if batch.state != Batch.State.READING:  # put away meanwhile
        return {}
    try:
        with transaction.atomic():
            _look(batch, secrecy.unseal_bytes(batch.content), job.created_at)
    except Unreadable as refusal:
        batch.state, batch.message, batch.content = Batch.State.UNREADABLE, str(refusal)[:300], b""
        batch.save()
    return {"read": batch.read}


jobs.handler(READING)(_read_later)


def _look(batch: Batch, content: bytes, at: datetime) -> None:
    """Find where the headings lead, or that somebody has to say so, and show what taking the file would do."""
    table, head = _opened(batch, content)
    asked = _kinds[batch.kind]
    if batch.mapping is None:
        batch.mapping = headings.recall(batch, head, asked.columns)
    if batch.mapping is None and head.open:
        batch.state = Batch.State.MAPPING
        batch.save()
        return
    batch.state = Batch.State.PREVIEWED
    _show(batch, asked.sheet(table, head, batch.mapping), at)


def changes(batch: Batch) -> int:
    """How many rows taking the file would change; where none of its own, what it changes beyond them."""
    beyond = _kinds[batch.kind].beyond
    return batch.taken or (beyond(batch) if beyond is not None else 0)


def sheet_of(batch: Batch) -> Sheet:
    """The rows of a file that was previewed."""
    table, head = _opened(batch, secrecy.unseal_bytes(batch.content))
    return _kinds[batch.kind].sheet(table, head, batch.mapping)


def _show(batch: Batch, sheet: Sheet, at: datetime) -> None:
    """Write what taking the file would do, and for a large one how it will be cut."""
    asked = _kinds[batch.kind]
    batch.read, batch.refused = sheet.read, sheet.read - len(sheet.rows)  # a check may ask what could not be read
    outcome = asked.check(batch, sheet.rows, at)
    left = outcome.refused | outcome.duplicates
    good = [row for row in sheet.rows if row.line not in left]
    # A long list in which little changed is a job too: the page would wait for the whole of it to be read again.
    large = asked.unit is not None and (len(good) > INLINE or bool(good and len(sheet.rows) > LARGE))
    first = (_masked(row.cells, sheet.headings) for row in sheet.rows[:SAMPLE])
    batch.sample = [list(sheet.headings), *first]
    batch.plan = _cut(good, asked.unit) if large and asked.unit else None
    _write(batch, sheet, outcome)
    batch.portions.all().delete()
    if batch.plan is not None and outcome.kept is not None:
        _keep(batch, outcome.kept(), at)


def _keep(batch: Batch, kept: dict[int, list[Any]], at: datetime) -> None:
    """Lay by what was understood of the good rows, chunk by chunk: the taking reads this and not the file."""
    told = {"day": timezone.localdate(at).isoformat(), "keeps": _kinds[batch.kind].keeps}
    for number, lines in enumerate(batch.plan, start=1):
        content = json.dumps({**told, "rows": [kept[line] for line in lines]}, ensure_ascii=False)
        sealed = secrecy.seal(zlib.compress(content.encode(), 1))
        Portion.objects.create(batch=batch, number=number, content=sealed)


def _kept(batch: Batch, numbers: Sequence[int], at: datetime) -> list[list[Any]] | None:
    """What was laid by for these chunks; None where it is not there, of another day or of another version."""
    rows: list[list[Any]] = []
    portions = {portion.number: portion for portion in batch.portions.filter(number__in=numbers)}
    today, keeps = timezone.localdate(at).isoformat(), list(_kinds[batch.kind].keeps)
    for number in numbers:
        if number not in portions:
            return None
        told = json.loads(zlib.decompress(secrecy.unseal_bytes(portions[number].content)))
        if (told["day"], told["keeps"]) != (today, keeps):
            return None
        rows += told["rows"]
    return rows


def _masked(row: Sequence[Cell], names: Sequence[str]) -> list[str]:
    """What stood in a row, numbers of documents and telephones masked."""
    told = zip(names, row, strict=True)
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
    sheet = sheet_of(batch)
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
        undoing.keep(batch, done.made, done.marks)
        return done
    outcome = asked.check(batch, rows, at)
    left = outcome.refused | outcome.duplicates
    done = asked.take(batch, [row for row in rows if row.line not in left], by, at)
    undoing.keep(batch, done.made, done.marks)
    return Outcome(outcome.faults + done.faults, outcome.duplicates | done.duplicates)


# --- large files ------------------------------------------------------------------------------------------------------
def job_of(batch: Batch) -> Job | None:
    """The job that reads, takes or took this file; a small one has none."""
    kind = READING if batch.state == Batch.State.READING else JOB
    return Job.objects.filter(kind=kind, key__startswith=f"{kind}:{batch.pk}:").order_by("pk").last()


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
    sheet = sheet_of(batch)
    return {row.line: row for row in sheet.rows}


def _take_chunk(job: Job, chunk: Chunk) -> jobs.Counts:
    """Take the rows of one chunk; all it writes stands or falls with the checkpoint of the chunk."""
    batch = Batch.objects.select_related("area").defer("content", "plan").get(pk=job.parameters["batch"])
    try:
        with transaction.atomic():
            outcome = _take_lines(batch, job, chunk)
            if job.parameters["whole"] and outcome.faults:
                raise _not_whole(len(outcome.refused))
    except NotWhole:
        _show_again(batch, job.created_at)
        return {"taken": 0}
    _list(batch, outcome.faults)
    refused, duplicate = len(outcome.refused), len(outcome.duplicates - outcome.refused)
    return {"taken": len(chunk.keys) - refused - duplicate, "refused": refused, "duplicate": duplicate}


def _take_lines(batch: Batch, job: Job, chunk: Chunk) -> Outcome:
    """Take the lines of a chunk from what was laid by at the preview, or else from the file."""
    again = _kinds[batch.kind].again
    whole = job.parameters["whole"]
    numbers = range(1, batch.portions.count() + 1) if whole else [chunk.number]
    kept = _kept(batch, numbers, job.created_at) if again is not None else None
    if again is None or not kept:
        known = _rows(batch.pk, batch.digest)
        return _take_rows(batch, [known[line] for line in chunk.keys], job.created_by, job.created_at)
    done = again(batch, kept, job.created_by, job.created_at)
    undoing.keep(batch, done.made, done.marks)
    done.faults = [
        fault if fault.row else _rows(batch.pk, batch.digest)[fault.line].fault(fault.field, fault.message)
        for fault in done.faults
    ]
    return done


def _show_again(batch: Batch, at: datetime) -> None:
    """Somebody moved the tables since the preview and a row no longer holds: the file waits as it was, shown anew."""
    held = Batch.objects.select_related("area").get(pk=batch.pk)
    held.state, held.taken_by, held.taken_at = Batch.State.PREVIEWED, None, None
    _show(held, sheet_of(held), at)


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
    batch.portions.all().delete()
    audit.record(job.created_by, f"intake.take_{batch.kind}", batch, _counts(batch), at=job.finished_at)


jobs.handler(JOB, finish=_ended)(_take_chunk)


def discard(batch: Batch, by: Staff, at: datetime) -> Batch:
    """Put a previewed file away; its content is forgotten. Refuses one that was taken."""
    with transaction.atomic():
        waiting = Batch.objects.filter(pk=batch.pk, state__in=(*_OPEN, Batch.State.READING, Batch.State.UNREADABLE))
        if not waiting.update(state=Batch.State.DISCARDED, content=b""):
            raise CannotTake(_("只能放弃尚未导入的文件"))
        batch.problems.update(row=None)
        batch.portions.all().delete()
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
    same = {"kind": batch.kind, "area": batch.area_id, "digest": batch.digest, "terms": batch.terms}
    other = Batch.objects.filter(**same, state__in=_TAKEN).first()
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
