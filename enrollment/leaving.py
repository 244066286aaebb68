"""News that somebody's insurance here ends, as files of other offices: deaths, employee insurance, moves away."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final

from django.utils.translation import gettext as _

from enrollment import ending, matching
from enrollment.models import Resident
from office import cells, intake
from office.intake import Outcome, Row
from office.models import Batch, Staff

# Each kind of file and the reason for which it ends; the heading of its day, and how else that heading is written.
REASONS: Final = {
    Batch.Kind.DEATHS.value: Resident.EndReason.DEATH,
    Batch.Kind.EMPLOYEES.value: Resident.EndReason.EMPLOYEE_INSURANCE,
    Batch.Kind.MOVED_OUT.value: Resident.EndReason.MOVED_OUT,
}
DAYS: Final = {
    Batch.Kind.DEATHS.value: ("死亡日期", ("死亡时间", "火化日期")),
    Batch.Kind.EMPLOYEES.value: ("职工医保参保日期", ("参保日期", "参保起", "职工参保日期")),
    Batch.Kind.MOVED_OUT.value: ("转出日期", ("迁出日期", "转移日期")),
}


def columns(kind: str) -> tuple[intake.Column, ...]:
    """Who, and from which day: every such file says no more than that."""
    heading, synonyms = DAYS[kind]
    return (matching.NAME, matching.NUMBER, intake.Column("on", heading, cells.day, synonyms=synonyms))


def check(batch: Batch, rows: Sequence[Row], at: datetime, *, kind: str) -> Outcome:
    """Everybody who is unknown, has another name or cannot end on that day; who ended so before changes nothing."""
    matched, outcome = matching.match(rows, batch.area)
    heading, reason = DAYS[kind][0], REASONS[kind]
    for row, resident in ((match.row, match.resident) for match in matched):
        if (resident.ended_on, resident.end_reason) == (row["on"], reason):
            outcome.duplicates.add(row.line)
        elif resident.ended_on is not None:
            told = {"day": resident.ended_on, "reason": resident.get_end_reason_display()}
            outcome.faults.append(row.fault(heading, _("已于 %(day)s 因%(reason)s终止，请核对") % told))
        elif why := ending.impossible(resident, row["on"], at):
            outcome.faults.append(row.fault(heading, why))
    return outcome


def take(batch: Batch, rows: Sequence[Row], by: Staff, at: datetime, *, kind: str) -> Outcome:
    """End the insurance of everybody in the rows, each on the day of their row, by the rule of the reason."""
    matched, outcome = matching.match(rows, batch.area)
    ending.end_each({match.resident.pk: match.row["on"] for match in matched}, REASONS[kind], by=by, at=at)
    return outcome


for _kind in REASONS:
    intake.kind(_kind, columns(_kind), partial(check, kind=_kind), partial(take, kind=_kind))
