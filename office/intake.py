"""Files that come in: shown first with every problem, then taken, the good rows kept and the bad ones given back."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from office import audit, export, secrecy
from office.models import Area, Batch, Problem, Staff
from office.refusal import Refusal
from office.sheets import LINE, REASON, Column, Fault, Row, Sheet, Unreadable, read
from office.sheets import together as standing_together

__all__ = [
    "CannotTake", "Column", "Fault", "Outcome", "Row", "Sheet", "Unreadable", "columns", "discard", "kind",
    "problem_file", "read", "receive", "take", "template",
]  # fmt: skip


class CannotTake(Refusal):
    """A file that was discarded, is known under another number, or is meant for an area of somebody else."""


@dataclass(slots=True)
class Outcome:
    """What a kind makes of rows that could be read: those it refuses, and the lines that change nothing any more."""

    faults: list[Fault] = field(default_factory=list)
    duplicates: set[int] = field(default_factory=set)


Check = Callable[[Batch, Sequence[Row], datetime], Outcome]
Take = Callable[[Batch, Sequence[Row], Staff, datetime], Outcome]


class _Kind(NamedTuple):
    columns: tuple[Column, ...]
    check: Check
    take: Take
    together: str

    def read(self, content: bytes, name: str) -> Sheet:
        """The rows of a file of this kind."""
        sheet = read(content, name, self.columns)
        shared = next((column for column in self.columns if column.name == self.together), None)
        return sheet if shared is None else standing_together(sheet, shared)


_kinds: dict[str, _Kind] = {}


def kind(code: str, columns: Sequence[Column], check: Check, take: Take, together: str = "") -> None:
    """Register a kind of file; `code` is one of Batch.Kind. Import its module from the app's views and `tasks.py`.

    `check(batch, rows, at)` compares readable rows with the tables and writes nothing. `take(batch, rows, by, at)`
    writes those that passed, in the transaction of the taking. Both get all rows at once, ask a constant number of
    queries, and name the lines they refuse (`row.fault(heading, message)`) or know already; every other row counts
    as taken. Rows with one value in the column `together` are refused together where one of them cannot be read.
    """
    _kinds[code] = _Kind(tuple(columns), check, take, together)


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
    taken = Batch.objects.filter(kind=kind, area=area, digest=digest, state=Batch.State.TAKEN).first()
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
        _write(batch, sheet, _kinds[kind].check(batch, sheet.rows, at))
        audit.record(by, f"intake.receive_{kind}", batch, _counts(batch), at=at)
    return batch


def take(batch: Batch, by: Staff, at: datetime) -> Batch:
    """Take the good rows and list the bad ones; a batch taken before is returned unchanged.

    Everything is read and checked again, for the tables may have moved since the preview. Refuses a discarded batch
    and a file that was taken under another number.
    """
    try:
        return _take(batch.pk, by, at)
    except IntegrityError:
        # Somebody wrote the same people, payments or claims at the same moment: now their rows can be seen.
        return _take(batch.pk, by, at)


@transaction.atomic
def _take(pk: int, by: Staff, at: datetime) -> Batch:
    batch = Batch.objects.select_for_update().get(pk=pk)
    if batch.state == Batch.State.TAKEN:
        return batch
    if batch.state == Batch.State.DISCARDED:
        raise CannotTake(_("此文件已放弃，请重新上传"))
    _refuse_known(batch)
    asked = _kinds[batch.kind]
    sheet = asked.read(secrecy.unseal_bytes(batch.content), batch.file_name)
    outcome = asked.check(batch, sheet.rows, at)
    left = {fault.line for fault in outcome.faults} | outcome.duplicates
    done = asked.take(batch, [row for row in sheet.rows if row.line not in left], by, at)
    outcome.faults += done.faults
    outcome.duplicates |= done.duplicates
    batch.state, batch.taken_by, batch.taken_at = Batch.State.TAKEN, by, at
    _write(batch, sheet, outcome)
    audit.record(by, f"intake.take_{batch.kind}", batch, _counts(batch), at=at)
    return batch


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
    other = Batch.objects.filter(
        kind=batch.kind, area_id=batch.area_id, digest=batch.digest, state=Batch.State.TAKEN
    ).first()
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
