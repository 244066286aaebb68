"""Who may be insured twice: found among the registered and in other offices' rosters, settled one by one."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from itertools import combinations
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment import ending, matching
from enrollment.models import Doubt, Resident
from office import audit, cells, intake
from office.intake import Outcome, Row
from office.models import Area, Batch, Staff
from office.refusal import Refusal

KIND: Final = Batch.Kind.ELSEWHERE.value
SCHEMES: Final = ((Doubt.Kind.EMPLOYEE.value, "职工医保"), (Doubt.Kind.ELSEWHERE.value, "居民医保"))
COLUMNS: Final = (
    matching.NAME,
    matching.NUMBER,
    intake.Column("scheme", "险种", cells.label(SCHEMES), synonyms=("险种类型", "参保险种")),
    intake.Column("place", "参保地", cells.words(80), synonyms=("统筹区", "参保统筹区")),
    intake.Column("since", "参保起", cells.day, required=False, synonyms=("参保日期", "参保起始日期")),
)


class CannotSettle(Refusal):
    """A doubt cannot be settled like this."""


def open_ones(by: Staff) -> QuerySet[Doubt]:
    """The work list within scope: not settled yet, and nobody of it has ended meanwhile."""
    still_two = Q(other=None) | Q(other__ended_on=None)
    found = Doubt.objects.visible_to(by).filter(still_two, state=Doubt.State.OPEN, resident__ended_on=None)
    return found.select_related("resident__area", "other__area", "area")


def seek(area: Area, *, by: Staff, on: date, at: datetime) -> int:
    """Look for people registered under two documents: same name and birthday in one county, or in one household.

    What was found before, settled or not, is not put on the list again. Returns how many pairs are new. Three queries.
    """
    if by.area is None or not by.area.covers(area):
        raise CannotSettle(_("%(area)s不在您的管辖区域内") % {"area": area}, field="area")
    with transaction.atomic():
        pairs = _pairs(area)
        known = set(Doubt.objects.filter(resident__in={a.pk for a, _b in pairs}).values_list("resident", "other"))
        areas = {row.path: row for row in Area.objects.filter(path__in={_common(a, b) for a, b in pairs})}
        fresh = [
            Doubt(kind=Doubt.Kind.TWO_DOCUMENTS, resident=a, other=b, area=areas[_common(a, b)], found_on=on)
            for a, b in pairs
            if (a.pk, b.pk) not in known
        ]
        Doubt.objects.bulk_create(fresh, batch_size=2000, ignore_conflicts=True)
        audit.record(by, "doubts.seek", area, {"found": len(fresh)}, at=at)
    return len(fresh)


def _pairs(area: Area) -> list[tuple[Resident, Resident]]:
    """Two records that look like one person, the older first."""
    here = Resident.objects.filter(area__path__startswith=area.path, ended_on=None)
    twin = here.filter(name=OuterRef("name"), birth_on=OuterRef("birth_on")).exclude(pk=OuterRef("pk"))
    alike: dict[tuple[str, date], list[Resident]] = defaultdict(list)
    for resident in here.filter(Exists(twin)).select_related("area").defer("id_number").order_by("pk"):
        alike[resident.name, resident.birth_on].append(resident)
    return [
        (a, b)
        for group in alike.values()
        for a, b in combinations(group, 2)
        if _common(a, b).count("/") > 1 or (a.household_id is not None and a.household_id == b.household_id)
    ]


def _common(a: Resident, b: Resident) -> str:
    """The path of the smallest area that holds both: of two villages of one town, the town."""
    codes = []
    for one, other in zip(a.area.path.split("/"), b.area.path.split("/"), strict=False):
        if one != other or not one:
            break
        codes.append(one)
    return "".join(f"{code}/" for code in codes)


# --- rosters of whoever is insured elsewhere --------------------------------------------------------------------------
def check(batch: Batch, rows: Sequence[Row], at: datetime) -> Outcome:
    """Everybody unmatched is refused by name; whoever has ended, or is on the list for it already, changes nothing."""
    matched, outcome = matching.match(rows, batch.area)
    known = set(
        Doubt.objects.filter(resident__in={match.resident.pk for match in matched}, other=None).values_list(
            "resident", "kind", "place"
        )
    )
    for row, resident in ((match.row, match.resident) for match in matched):
        if row["since"] is not None and row["since"] > timezone.localdate(at):
            outcome.faults.append(row.fault("参保起", _("尚未到来：%(day)s") % {"day": row["since"]}))
        elif resident.ended_on is not None or (resident.pk, row["scheme"], row["place"]) in known:
            outcome.duplicates.add(row.line)
    return outcome


def take(batch: Batch, rows: Sequence[Row], by: Staff, at: datetime) -> Outcome:
    """Put everybody in the rows on the work list; nothing is ended by a roster alone."""
    matched, outcome = matching.match(rows, batch.area)
    outcome.made += Doubt.objects.bulk_create(
        [
            Doubt(
                kind=match.row["scheme"],
                resident=match.resident,
                area=match.resident.area,
                place=match.row["place"],
                since=match.row["since"],
                found_on=timezone.localdate(at),
            )
            for match in matched
        ],
        batch_size=2000,
    )
    return outcome


intake.kind(KIND, COLUMNS, check, take)


# --- settling ---------------------------------------------------------------------------------------------------------
def keep(doubt: Doubt, why: str, *, by: Staff, at: datetime) -> Doubt:
    """Both are right: two people, or an insurance elsewhere that is over. It is not shown again."""
    return _settle(doubt, Doubt.State.KEPT, why, by=by, at=at)


def end_one(doubt: Doubt, whom: Resident, on: date, why: str, *, by: Staff, at: datetime) -> Doubt:
    """End one of the two, or the insurance here of somebody who has one elsewhere, by the rule of the reason.

    Refused with CannotSettle: somebody who is not of this doubt; with CannotEnd: a day that cannot be.
    """
    if whom.pk not in (doubt.resident_id, doubt.other_id):
        raise CannotSettle(_("%(name)s不在此疑点之内") % {"name": whom.name}, field="whom")
    employed = doubt.kind == Doubt.Kind.EMPLOYEE
    reason = Resident.EndReason.EMPLOYEE_INSURANCE if employed else Resident.EndReason.DUPLICATE
    with transaction.atomic():
        ending.end([whom], reason, on, by=by, at=at)
        return _settle(doubt, Doubt.State.ENDED, why, by=by, at=at, ended=whom)


def settle_merged(kept: Resident, gone: Resident, why: str, *, by: Staff, at: datetime) -> list[list[int]]:
    """Two records became one: the open doubt of that pair is settled by it, in the transaction of the merge.

    What was open about the record that ends goes over to the one that is kept, unless it is on the list there as well.
    Answers [settled, gone over], which `reopen` puts back.
    """
    first, second = sorted((kept.pk, gone.pk))
    pair = Doubt.objects.filter(resident=first, other=second, state=Doubt.State.OPEN)
    settled = list(pair.values_list("pk", flat=True))
    pair.update(state=Doubt.State.ENDED, why=why, ended=gone, decided_by=by, decided_at=at)
    there = set(Doubt.objects.filter(resident=kept, other=None).values_list("kind", "place"))
    open_ones = Doubt.objects.filter(resident=gone, other=None, state=Doubt.State.OPEN)
    carried = [doubt.pk for doubt in open_ones if (doubt.kind, doubt.place) not in there]
    Doubt.objects.filter(pk__in=carried).update(resident=kept)
    return [settled, carried]


def reopen(told: Sequence[Sequence[int]], kept: Resident, gone: Resident) -> None:
    """The merge was undone: what it settled is open again, what went over comes back, in the undo's transaction."""
    if not told:
        return  # merged before doubts were settled by it
    settled, carried = told
    Doubt.objects.filter(pk__in=settled, state=Doubt.State.ENDED).update(
        state=Doubt.State.OPEN, why="", ended=None, decided_by=None, decided_at=None
    )
    Doubt.objects.filter(pk__in=carried, resident=kept).update(resident=gone)


def _settle(doubt: Doubt, state: str, why: str, *, by: Staff, at: datetime, ended: Resident | None = None) -> Doubt:
    """Write the decision down, once."""
    why = why.strip()
    if not why:
        raise CannotSettle(_("请写明核对结论"), field="why")
    if by.area is None or not by.area.covers(doubt.area):
        raise CannotSettle(_("%(area)s不在您的管辖区域内") % {"area": doubt.area})
    with transaction.atomic():
        mine = Doubt.objects.filter(pk=doubt.pk, state=Doubt.State.OPEN)
        if not mine.update(state=state, why=why, ended=ended, decided_by=by, decided_at=at):
            raise CannotSettle(_("此疑点已核对，不能再次处理"))
        detail = {"residents": [doubt.resident_id, doubt.other_id], "why": why, "ended": ended.pk if ended else None}
        audit.record(by, f"doubts.{state}", doubt, detail, at=at)
    doubt.refresh_from_db()
    return doubt
