"""Register, tax authority and fund account held against each other day by day, down to the person, as a job."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from enrollment import comparing
from enrollment.comparing import SIDES, Group, Line
from enrollment.models import Comparison, DayCount, Payment, ReportedLine
from office import areas, audit, jobs
from office.models import Area, Chunk, Job, Staff
from office.refusal import Refusal
from policies.money import ZERO

State = Comparison.State
Verdict = Comparison.Verdict
JOB: Final = "reconcile"
PEOPLE: Final = "reconcile_people"
PIECE: Final = 2_000
BATCH: Final = 1_000
# A debit that failed brought nothing; the parts of a sum stand beside the line that came.
_NO_LINE: Final = Q(state__in=(Payment.State.DEBIT_FAILED, Payment.State.DEBIT_CLOSED)) | Q(spread_of__isnull=False)
_LINE: Final = ("pk", "day", "channel", "receipt", "id_index", "year", "amount")
_SAID: Final = ("area_id", "name", "id_masked")


class CannotReconcile(Refusal):
    """A day that has not come, or one that is being reconciled already."""


def start(city: Area, day: date, *, by: Staff, on: date, at: datetime) -> Job:
    """Compare everything of that day that has not been compared yet, by a job; a later file is compared by another run.

    Refused with CannotReconcile: somebody who does not act for the city, a day to come, and while a run is under way.
    """
    if by.area is None or not by.area.covers(city):
        raise CannotReconcile(_("对账由市级统一办理"))
    if day > on:
        raise CannotReconcile(_("%(day)s 尚未到来") % {"day": day}, field="day")
    unfinished = Job.objects.filter(kind__in=(JOB, PEOPLE), area=city, state__in=(Job.State.WAITING, Job.State.RUNNING))
    with transaction.atomic():
        Area.objects.select_for_update().get(pk=city.pk)  # of two who start at once one finds the other's job
        if unfinished.exists():
            raise CannotReconcile(_("对账正在进行，请稍候"))
        receipts = sorted(
            {receipt for rows in _sources(city, day) for receipt in rows.values_list("receipt", flat=True)}
        )
        job = jobs.start(
            JOB,
            f"{JOB}:{city.code}:{day}:{at.isoformat()}",
            f"{day} 三方对账",
            city,
            _pieces(receipts),
            by,
            at,
            {"day": day.isoformat()},
        )
        audit.record(by, "reconciling.start", job, {"day": day, "receipts": len(receipts)}, at=at)
    return job


def _pieces(keys: Sequence[Any]) -> Iterable[jobs.Piece]:
    for first in range(0, len(keys), PIECE):
        part = list(keys[first : first + PIECE])
        yield jobs.Piece(f"{first + 1}–{first + len(part)}", part, len(part))


def _sources(city: Area, day: date) -> tuple[QuerySet[Payment], QuerySet[ReportedLine]]:
    """The lines of a day that stand in no comparison yet."""
    here = {"area__path__startswith": city.path}
    ours = Payment.objects.filter(paid_on=day, comparison=None, **here).exclude(_NO_LINE)
    return ours, ReportedLine.objects.filter(day=day, as_tax=None, as_fund=None, **here)


# --- gather -----------------------------------------------------------------------------------------------------------
Said = dict[tuple[str, int], tuple[int, str, str]]


def _lines(city: Area, day: date, **which: Any) -> tuple[list[Line], Said]:
    """Lines not compared yet, with area, name and masked number of each beside them. Two queries."""
    ours, reported = _sources(city, day)
    lines, said = [], {}
    told = ours.filter(**which).values_list("pk", "paid_on", *_LINE[2:], "area_id", "name")
    for pk, *line, area_id, name in told:
        lines.append(Line("ours", pk, *line))
        said["ours", pk] = (area_id, name, "")
    for side, pk, *rest in reported.filter(**which).values_list("side", *_LINE, *_SAID):
        lines.append(Line(side, pk, *rest[:6]))
        said[side, pk] = (rest[6], rest[7], rest[8])
    return lines, said


def _standing(city: Area, **which: Any) -> tuple[list[Group], dict[int, Comparison]]:
    """What was compared before under these receipts or people. One query."""
    found = Comparison.objects.filter(area__path__startswith=city.path, **which).exclude(verdict=Verdict.DUPLICATE)
    rows = {row.pk: row for row in found.select_related("tax_line", "fund_line", "payment").defer("payment__id_number")}
    groups = []
    for row in rows.values():
        group = Group(pk=row.pk, by=row.found_by)
        for side, line, day in (
            ("ours", row.payment, row.payment and row.payment.paid_on),
            ("tax", row.tax_line, row.tax_line and row.tax_line.day),
            ("fund", row.fund_line, row.fund_line and row.fund_line.day),
        ):
            if line is not None:
                group.lines[side] = Line(
                    side, line.pk, day, line.channel, line.receipt, line.id_index, line.year, line.amount
                )
        groups.append(group)
    return groups, rows


# --- record -----------------------------------------------------------------------------------------------------------
_COLUMN: Final = {"ours": "payment_id", "tax": "tax_line_id", "fund": "fund_line_id"}


def _record(groups: Sequence[Group], rows: dict[int, Comparison], said: Said, day: date) -> jobs.Counts:
    """Write new comparisons, and complete those that waited for a line that came later."""
    fresh, late = [], []
    for group in groups:
        if group.pk is None:
            fresh.append(_fill(Comparison(day=day, state=State.OPEN), group, said))
            fresh[-1].state = State.AGREED if group.verdict == Verdict.MATCHED else State.OPEN
        else:
            row = _fill(rows[group.pk], group, said)
            row.late_on = day
            if group.verdict == Verdict.MATCHED:
                row.state = State.CORRECTED if row.state != State.AGREED else row.state
            late.append(row)
    Comparison.objects.bulk_create(fresh, batch_size=BATCH)
    written = ["payment", "tax_line", "fund_line", "ours", "tax", "fund", "verdict", "found_by", "late_on", "state"]
    Comparison.objects.bulk_update(late, written, batch_size=200)
    return {"new": len(fresh), "late": len(late)}


def _fill(row: Comparison, group: Group, said: Said) -> Comparison:
    for side in SIDES:
        if side in group.lines:
            line = group.lines[side]
            setattr(row, _COLUMN[side], line.pk)
            setattr(row, side, line.amount)
            if row.pk is None:
                area_id, name, masked = said[side, line.pk]
                row.area_id = row.area_id or area_id
                row.channel, row.receipt = row.channel or line.channel, row.receipt or line.receipt
                row.id_index, row.year = row.id_index or line.id_index, row.year or line.year
                row.name, row.id_masked = row.name or name, row.id_masked or masked
    row.verdict, row.found_by = group.verdict, group.by
    return row


# --- the job ----------------------------------------------------------------------------------------------------------
def _by_receipt(job: Job, chunk: Chunk) -> jobs.Counts:
    """One piece of the receipts: what belongs together by its receipt is written, the rest waits for its people."""
    day = date.fromisoformat(job.parameters["day"])
    lines, said = _lines(job.area, day, receipt__in=chunk.keys)
    groups, rows = _standing(job.area, receipt__in=chunk.keys)
    made, _alone = comparing.by_receipt(lines, groups)
    return _record(made, rows, said, day)


def _then_people(job: Job) -> None:
    """Every receipt is through: what is left is compared by person, and lines that name nobody stand alone."""
    day = date.fromisoformat(job.parameters["day"])
    ours, reported = _sources(job.area, day)
    keys = {
        index for rows in (ours, reported) for index in rows.exclude(id_index="").values_list("id_index", flat=True)
    }
    nameless = [f"#{pk}" for pk in reported.filter(id_index="").order_by("pk").values_list("pk", flat=True)]
    jobs.start(
        PEOPLE,
        job.key.replace(JOB, PEOPLE, 1),
        f"{day} 三方对账（按人员）",
        job.area,
        [*_pieces(sorted(keys)), *_pieces(nameless)],
        job.created_by,
        job.finished_at,
        job.parameters,
    )


def _by_person(job: Job, chunk: Chunk) -> jobs.Counts:
    day = date.fromisoformat(job.parameters["day"])
    if str(chunk.keys[0]).startswith("#"):
        nameless = [int(key[1:]) for key in chunk.keys]
        lines, said = _nameless(job.area, day, nameless)
        return _record(comparing.by_person(lines, []), {}, said, day)
    lines, said = _lines(job.area, day, id_index__in=chunk.keys)
    groups, rows = _standing(job.area, id_index__in=chunk.keys)
    return _record(comparing.by_person(lines, groups), rows, said, day)


def _nameless(city: Area, day: date, keys: Collection[int]) -> tuple[list[Line], Said]:
    lines, said = [], {}
    rows = _sources(city, day)[1].filter(pk__in=keys).values_list("side", *_LINE, *_SAID)
    for side, pk, *rest in rows:
        lines.append(Line(side, pk, *rest[:6]))
        said[side, pk] = (rest[6], rest[7], rest[8])
    return lines, said


def _counted(job: Job) -> None:
    """Everything is compared: count the day, and every earlier day to which a line came late."""
    day = date.fromisoformat(job.parameters["day"])
    late = Comparison.objects.filter(late_on=day, area__path__startswith=job.area.path)
    recount(job.area, {day, *late.order_by().values_list("day", flat=True).distinct()})


jobs.handler(JOB, finish=_then_people)(_by_receipt)
jobs.handler(PEOPLE, finish=_counted)(_by_person)


def recount(city: Area, days: Collection[date]) -> None:
    """Count these days anew, channel by channel and county by county. Two queries a day and one for the areas."""
    counties = areas.county_of()
    for day in days:
        counts: dict[tuple[str, int], DayCount] = {}
        rows = _sums(Comparison.objects.filter(day=day, area__path__startswith=city.path), "channel", "area_id")
        for row in rows:
            county = counties[row.pop("area_id")]
            channel = row.pop("channel")
            count = counts.setdefault((channel, county), DayCount(day=day, channel=channel, area_id=county))
            for name, value in row.items():
                name = name.removeprefix("sum_")
                setattr(count, name, getattr(count, name) + (value or 0))
        with transaction.atomic():
            DayCount.objects.filter(day=day, area__path__startswith=city.path).delete()
            DayCount.objects.bulk_create(counts.values())


def _sums(rows: QuerySet[Comparison], *by: str) -> QuerySet[Any]:
    """Lines and yuan of each side and comparisons of each class, by these columns."""
    return (
        rows.order_by()
        .values(*by)
        .annotate(
            ours_lines=Count("ours"),
            tax_lines=Count("tax"),
            fund_lines=Count("fund"),
            compared=Count("pk"),
            **{value: Count("pk", filter=Q(verdict=value)) for value in Verdict.values},
            open=Count("pk", filter=Q(state=State.OPEN)),
            sum_ours=Sum("ours"),
            sum_tax=Sum("tax"),
            sum_fund=Sum("fund"),
        )
    )


# --- what is told -----------------------------------------------------------------------------------------------------
def totals(batch_side: str, batch_id: int) -> dict[str, tuple[int, Decimal]]:
    """What became of one detail list: lines and yuan of each class, and of what is not compared yet ("")."""
    way = "as_tax" if batch_side == ReportedLine.Side.TAX else "as_fund"
    rows = ReportedLine.objects.filter(batch=batch_id).order_by().values(f"{way}__verdict")
    told = rows.annotate(lines=Count("pk"), sum=Sum("amount"))
    return {row[f"{way}__verdict"] or "": (row["lines"], row["sum"]) for row in told}


def pairs(rows: QuerySet[Comparison]) -> list[tuple[str, str, dict[str, tuple[int, Decimal]]]]:
    """The three pairs of sides with comparisons and yuan (of the first side that has it) of each class. One query."""
    counts: dict[tuple[str, str], dict[str, tuple[int, Decimal]]] = defaultdict(dict)
    grouped = rows.order_by().values(*SIDES, "verdict").annotate(n=Count("pk"))
    for row in grouped:
        for first, second in comparing.PAIRS:
            told = comparing.pair(row[first], row[second])
            if told and row["verdict"] == Verdict.DUPLICATE:
                told = "duplicate"
            if told:
                amount = row[first] if row[first] is not None else row[second]
                lines, total = counts[first, second].get(told, (0, ZERO))
                counts[first, second][told] = (lines + row["n"], total + amount * row["n"])
    return [(first, second, counts[first, second]) for first, second in comparing.PAIRS]


# --- settling ---------------------------------------------------------------------------------------------------------
def take_over(item: Comparison, *, by: Staff, at: datetime) -> Comparison:
    """Say who looks after an open difference. Refused where it is settled."""
    return _settle(item, "reconciling.take_over", by=by, at=at, owner=by)


def explain(item: Comparison, why: str, *, by: Staff, at: datetime) -> Comparison:
    """Settle a difference by saying what it is (on its way, booked elsewhere); a later line still completes it."""
    return _settle(item, "reconciling.explain", why, by=by, at=at, state=State.EXPLAINED)


def hand_back(item: Comparison, why: str, *, by: Staff, at: datetime) -> Comparison:
    """Settle a difference by giving it back to the side that has to put it right, with what is wrong."""
    return _settle(item, "reconciling.hand_back", why, by=by, at=at, state=State.HANDED_BACK)


def _settle(
    item: Comparison, action: str, why: str | None = None, *, by: Staff, at: datetime, **facts: Any
) -> Comparison:
    if why is not None:
        if not why.strip():
            raise CannotReconcile(_("请写明处理说明"), field="why")
        facts |= {"why": why.strip()[:200], "settled_by": by, "settled_at": at}
    if by.area is None or not by.area.covers(item.area):
        raise CannotReconcile(_("%(area)s不在您的管辖区域内") % {"area": item.area})
    with transaction.atomic():
        if not Comparison.objects.filter(pk=item.pk, state=State.OPEN).update(**facts):
            raise CannotReconcile(_("此项差异已处理，请刷新后查看"))
        item.refresh_from_db()
        if item.state != State.OPEN:
            recount(areas.city_of(item.area), {item.day})
        audit.record(by, action, item, {"receipt": item.receipt, "day": item.day, "why": why or ""}, at=at)
    return item
