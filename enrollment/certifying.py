"""Rosters of the departments that certify statuses: compared with what stands, then taken, dated on both ends."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Self

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment import matching, statuses
from enrollment.matching import Match
from enrollment.models import Resident, Status
from office import audit, cells, identity, intake
from office.intake import Fault, Outcome, Row, Sheet
from office.models import Area, Batch, Staff
from office.secrecy import blind_index

KIND: Final = Batch.Kind.STATUSES.value
STARTS, STOPS = "starts", "stops"
COLUMNS: Final = (
    matching.NAME,
    matching.NUMBER,
    intake.Column("since", "身份起", cells.day, required=False, synonyms=("认定日期", "起始日期")),
    intake.Column("until", "身份止", cells.day, required=False, synonyms=("截止日期", "有效期至")),
    intake.Column(
        "change", "变动", cells.label(((STARTS, "新增"), (STOPS, "终止"))), required=False, synonyms=("增减",)
    ),
    intake.Column("document", "证明文号", cells.words(80), required=False, synonyms=("证号", "文号")),
)
EVE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ending:
    """A status and the last day that it gets."""

    status: Status
    last: date


@dataclass(slots=True)
class Difference:
    """What taking a department's roster would change for its group, within its area, as of its day."""

    new: list[Status] = field(default_factory=list)
    # Said so by a row, or missing from a full list.
    ended: list[Ending] = field(default_factory=list)
    unchanged: list[Status] = field(default_factory=list)
    # Missing from a full list and left as they are: perhaps meant by a row that was refused, or begun after its day.
    held: list[Status] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)


@dataclass(frozen=True, slots=True)
class Order:
    """What the file was sent with: the group, the day it speaks of, whether it is the whole list, who certified it."""

    area: Area
    group: str
    day: date
    full: bool
    department: str

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """As it is kept with the file."""
        told = batch.parameters
        day = date.fromisoformat(told["day"])
        return cls(batch.area, told["group"], day, bool(told.get("full")), told.get("department", ""))


def parameters(group: str, day: date, full: bool, department: str) -> dict[str, object]:
    """What is kept with a roster: the group it lists, the day it speaks of, the whole list or changes, the sender."""
    return {"group": group, "day": day.isoformat(), "full": full, "department": department}


def difference(batch: Batch) -> Difference:
    """Everything that taking this file would do, for the page that shows it first. Four queries."""
    order, sheet = Order.of(batch), intake.sheet_of(batch)
    found = _compare(order, sheet.rows)
    found.outcome.faults += sheet.faults
    if order.full:
        missing, found.held = _missing(order, sheet, found.outcome.faults)
        found.ended += missing
    return found


def check(batch: Batch, rows: Sequence[Row], at: datetime) -> Outcome:
    """Unknown people, other names, overlapping days; whoever has the status already changes nothing."""
    return _compare(Order.of(batch), rows).outcome


def take(batch: Batch, rows: Sequence[Row], by: Staff, at: datetime) -> Outcome:
    """Certify the new, end the ended, and ask again who pays what for the years that nobody has paid yet."""
    order = Order.of(batch)
    # Certificates of the same people queue up here, as at the counter: two at once would not see each other's days.
    known = [resident.pk for resident in matching.residents(rows).values()]
    list(Resident.objects.select_for_update(no_key=True).filter(pk__in=known).order_by("pk").values_list("pk"))
    found = _compare(order, rows)
    if order.full:
        sheet = intake.sheet_of(batch)
        faults = sheet.faults + _compare(order, sheet.rows).outcome.faults
        found.ended += _missing(order, sheet, faults)[0]
    Status.objects.bulk_create(found.new, batch_size=2000)
    for ending in found.ended:
        ending.status.until = ending.last
    Status.objects.bulk_update([ending.status for ending in found.ended], ["until"], batch_size=500)
    touched = {status.resident_id for status in [*found.new, *(ending.status for ending in found.ended)]}
    statuses.reassess(touched, timezone.localdate(at))
    detail = {
        "group": order.group,
        "day": order.day,
        "new": sorted(status.resident_id for status in found.new),
        "ended": sorted((ending.status.resident_id, ending.last.isoformat()) for ending in found.ended),
    }
    audit.record(by, "certifying.take", batch, detail, at=at)
    return found.outcome


def beyond(batch: Batch) -> int:
    """How many a full list ends because they are not on it."""
    return len(difference(batch).ended) if Order.of(batch).full else 0


intake.kind(KIND, COLUMNS, check, take, beyond=beyond)


def _compare(order: Order, rows: Sequence[Row]) -> Difference:
    """Hold these rows against the tables; nothing is written. Two queries, however many rows."""
    matched, outcome = matching.match(rows, order.area)
    found = Difference(outcome=outcome)
    there = _statuses(order.group, {match.resident.pk for match in matched})
    for match in matched:
        before = there[match.resident.pk]
        for status in before:
            status.resident = match.resident
        if match.row["change"] == STOPS:
            _stop(match.row, before, order, found)
        else:
            _start(match, before, order, found)
    return found


def _statuses(group: str, resident_ids: Collection[int]) -> dict[int, list[Status]]:
    """Every status of the group of these residents, oldest first."""
    found: dict[int, list[Status]] = defaultdict(list)
    for status in Status.objects.filter(group=group, resident__in=resident_ids).order_by("since"):
        found[status.resident_id].append(status)
    return found


def _stands(status: Status, day: date) -> bool:
    return status.since <= day and (status.until is None or day <= status.until)


def _start(match: Match, before: list[Status], order: Order, found: Difference) -> None:
    """A row that says somebody belongs to the group: known already, with another end, or new."""
    row = match.row
    since, until = row["since"] or order.day, row["until"]
    standing = next((status for status in before if _stands(status, order.day)), None)
    if standing is not None and until not in (None, standing.until):
        _end(row, standing, until, found)
    elif standing is not None:
        found.unchanged.append(standing)
        found.outcome.duplicates.add(row.line)
    elif until is not None and until < since:
        found.outcome.faults.append(row.fault("身份止", _("早于身份起日 %(day)s") % {"day": since}))
    elif same := next((s for s in before if (until is None or s.since <= until) and _lasts(s, since)), None):
        if (same.since, same.until) == (since, until):
            found.unchanged.append(same)
            found.outcome.duplicates.add(row.line)
            return
        told = {"since": same.since, "until": same.until or _("未定")}
        message = _("同类身份已登记 %(since)s 至 %(until)s，起止日不能与之重叠") % told
        found.outcome.faults.append(row.fault("身份起", message))
    else:
        found.new.append(
            Status(
                resident=match.resident,
                group=order.group,
                since=since,
                until=until,
                certified_by=order.department,
                document=row["document"] or "",
            )
        )


def _lasts(status: Status, day: date) -> bool:
    return status.until is None or status.until >= day


def _stop(row: Row, before: list[Status], order: Order, found: Difference) -> None:
    """A row that says a status has ended: its last day is the one it names, or the eve of the file's day."""
    last = row["until"] or order.day - EVE
    status = next((s for s in before if _stands(s, last)), None)
    if status is None:
        message = _("%(day)s没有这种身份可以终止") % {"day": last}
        found.outcome.faults.append(row.fault("变动", message))
    elif status.until == last:
        found.unchanged.append(status)
        found.outcome.duplicates.add(row.line)
    else:
        _end(row, status, last, found)


def _end(row: Row, status: Status, last: date, found: Difference) -> None:
    if last < status.since:
        found.outcome.faults.append(row.fault("身份止", _("早于身份起日 %(day)s") % {"day": status.since}))
    else:
        found.ended.append(Ending(status, last))


def _missing(order: Order, sheet: Sheet, faults: Sequence[Fault]) -> tuple[list[Ending], list[Status]]:
    """Whom a full list ends from its day on, because they stand in the tables and not in it, and who is held.

    Whoever may be meant by a row that was refused, by its number or its name, is held: a slip of somebody's pen ends
    nobody; and so is who got the status on the list's day or later.
    """
    named = {blind_index(row["id_number"]) for row in sheet.rows}
    refused = {"".join(cell.split()) for fault in faults for cell in fault.row.values()}
    numbers = {blind_index(identity.normal(cell)) for cell in refused}
    here = Status.objects.filter(group=order.group, resident__area__path__startswith=order.area.path)
    here = here.filter(Q(until=None) | Q(until__gte=order.day)).select_related("resident__area")
    endings, held = [], []
    for status in here.order_by("resident__area__path", "resident_id"):
        resident = status.resident
        if resident.id_index in named:
            continue
        if resident.id_index in numbers or resident.name in refused or status.since >= order.day:
            held.append(status)
        else:
            endings.append(Ending(status, order.day - EVE))
    return endings, held
