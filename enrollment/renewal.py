"""The annual renewal: a dry run that shows who goes on, who is new, who drops out; then a job by villages."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Substr
from django.utils.translation import gettext as _

from enrollment import collection, cover, profiles
from enrollment.models import CollectionPeriod, Due, Enrollment, RenewalCount, Resident, Sponsorship
from enrollment.profiles import Person, Verdict
from office import audit, bulk, jobs, notices
from office.models import Area, Chunk, Job, Staff

CHUNK: Final = 2000  # residents that are put down in well under two seconds
AREAS: Final = 40  # villages that one piece cuts into pieces
TRIES: Final = 3
LAST: Final = 2**63 - 1
RUN, DRY = "renewal", "renewal_plan"
List = RenewalCount.List
_KEYS: Final = ("id", "resident_id", "area_id")
_THROUGH, _ENDED, _WHY = map(Person._fields.index, ("insured_through", "ended_on", "end_reason"))
_LISTED: Final = Verdict._fields.index("listed")


# --- the three lists --------------------------------------------------------------------------------------------------
def _insured_before(period: CollectionPeriod, to_the_end: bool) -> Q:
    """Residents covered in the year before the period's: at all, or on its last day."""
    before = Enrollment.objects.filter(resident=OuterRef("pk"), year=period.year - 1, benefits_from__isnull=False)
    if to_the_end:
        before = before.filter(benefits_until=date(period.year - 1, 12, 31))
    return Exists(before) | Q(insured_through=period.year - 1)


def _covered(period: CollectionPeriod) -> Exists:
    return Exists(Enrollment.objects.filter(resident=OuterRef("pk"), year=period.year, benefits_from__isnull=False))


def _residents(period: CollectionPeriod) -> QuerySet[Resident]:
    return Resident.objects.filter(area__path__startswith=period.area.path)


def renewing(period: CollectionPeriod, on: date) -> QuerySet[Resident]:
    """Covered on the last day of the year before and still here; once the window is over only those who are covered."""
    rows = _residents(period).filter(_insured_before(period, to_the_end=True), ended_on=None)
    return rows if on <= period.closes_on else rows.filter(_covered(period))


def new(period: CollectionPeriod) -> QuerySet[Resident]:
    """Here, and not covered on the last day of the year before."""
    return _residents(period).filter(~Q(_insured_before(period, to_the_end=True)), ended_on=None)


def lapsed(period: CollectionPeriod, on: date) -> QuerySet[Resident]:
    """Covered in the year before and not going on: ended, or without cover although the window is over."""
    gone = Q(ended_on__isnull=False) & _insured_before(period, to_the_end=False)
    if on > period.closes_on:
        gone |= Q(ended_on=None) & Q(_insured_before(period, to_the_end=True)) & ~Q(_covered(period))
    return _residents(period).filter(gone)


# --- the job ----------------------------------------------------------------------------------------------------------
def key(period: CollectionPeriod) -> str:
    """Under this name a renewal runs once."""
    return f"{RUN}:{period.year}:{period.area.code}"


def plan_key(period: CollectionPeriod, on: date) -> str:
    """Under this name the dry run of a day runs once."""
    return f"{DRY}:{period.year}:{period.area.code}:{on}"


def plan(period: CollectionPeriod, *, by: Staff, on: date, at: datetime) -> Job:
    """Start the dry run of a day: everybody is judged as the renewal would judge them, and only counts are kept.

    What an earlier dry run of the period counted is forgotten. Asked again on the same day it is the same job.
    """
    title = _("%(area)s %(year)s 年度续保试运行") % {"area": period.area, "year": period.year}
    with transaction.atomic():
        RenewalCount.objects.filter(
            job__key__startswith=plan_key(period, on)[:-10], job__state__in=(Job.State.DONE, Job.State.FAILED)
        ).exclude(job__key=plan_key(period, on)).delete()
        return _start(DRY, plan_key(period, on), title, period, by, on, at)


def planned(period: CollectionPeriod) -> Job | None:
    """The latest dry run of a period."""
    return Job.objects.filter(key__startswith=f"{DRY}:{period.year}:{period.area.code}:").order_by("-pk").first()


class Counted(NamedTuple):
    """What a run has counted so far within somebody's area."""

    totals: dict[str, int]  # list -> people
    areas: list[tuple[str, list[int]]]  # each area one step below, with its people list by list
    reasons: dict[str, list[tuple[str, str, int]]]  # list -> reason, article, people, the most first


def counted(job: Job, by: Staff) -> Counted:
    """The three lists of a run or dry run, area by area and reason by reason, within scope: three queries."""
    own = by.area
    below = list(Area.objects.filter(parent=own).order_by("code").values_list("path", "name"))
    upto = len(below[0][0]) if below else len(own.path)
    rows = RenewalCount.objects.visible_to(by).filter(job=job).order_by()
    rows = rows.annotate(part=Substr("area__path", 1, upto)).values_list("part", "listed", "reason", "article")
    totals: Counter[str] = Counter()
    parts: dict[str, Counter[str]] = defaultdict(Counter)
    why: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for part, listed, reason, article, people in rows.annotate(Sum("people")):
        totals[listed] += people
        parts[part][listed] += people
        why[listed][reason, article] += people
    names = dict(below) | {own.path: own.name}
    areas = [(names.get(part, part), [found[one] for one in List.values]) for part, found in sorted(parts.items())]
    reasons = {one: [(*told, people) for told, people in why[one].most_common()] for one in List.values}
    return Counted(dict.fromkeys(List.values, 0) | totals, areas, reasons)


def start(period: CollectionPeriod, *, by: Staff, on: date, at: datetime) -> Job:
    """Start the renewal into the period's year; started again it is the same job. Entitlements are those of `on`."""
    title = _("%(area)s %(year)s 年度续保") % {"area": period.area, "year": period.year}
    with transaction.atomic():
        there = Job.objects.filter(key=key(period)).exists()
        job = _start(RUN, key(period), title, period, by, on, at)
        if not there:
            audit.record(by, "renewal.start", period, {"job": job.pk, "on": on}, at=at)
    return job


def _start(kind: str, key: str, title: str, period: CollectionPeriod, by: Staff, on: date, at: datetime) -> Job:
    """Whoever starts only says which villages there are; the people in them are counted by the job itself."""
    areas = list(Area.objects.filter(path__startswith=period.area.path).order_by("path").values_list("pk", "name"))
    groups = [areas[first : first + AREAS] for first in range(0, len(areas), AREAS)]
    pieces = [
        jobs.Piece(_("清点 %(first)s 等") % {"first": group[0][1]}, ["cut", [pk for pk, _name in group]], 0)
        for group in groups
    ]
    return jobs.start(kind, key, title, period.area, pieces, by, at, {"period": period.pk, "on": on.isoformat()})


def _pieces(area_ids: list[int]) -> Iterator[jobs.Piece]:
    """The villages of one group, large ones cut at every so-manieth resident: [area, first resident, last resident].

    The ranges of a village leave no number out, so whoever moves there while the job is under way is met as well.
    """
    names = dict(Area.objects.filter(pk__in=area_ids).values_list("pk", "name"))
    marks = ", ".join(["%s"] * len(area_ids))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT area_id, MIN(id), SUM(CASE WHEN ended_on IS NULL THEN 1 ELSE 0 END)
            FROM (SELECT area_id, id, ended_on,
                (ROW_NUMBER() OVER (PARTITION BY area_id ORDER BY id) - 1) / %s AS part
                FROM enrollment_resident WHERE area_id IN ({marks})) AS numbered
            GROUP BY area_id, part ORDER BY area_id, part""",  # noqa: S608
            [CHUNK, *area_ids],
        )
        parts: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for area_id, first, size in cursor.fetchall():
            parts[area_id].append((first, int(size)))
    for area_id, found in parts.items():
        for number, (first, size) in enumerate(found):
            since = first if number else 0
            until = found[number + 1][0] - 1 if number + 1 < len(found) else LAST
            label = f"{names[area_id]}（{number + 1}/{len(found)}）" if len(found) > 1 else names[area_id]
            yield jobs.Piece(label, [area_id, since, until], size)


@transaction.atomic
def _finish(job: Job) -> None:
    detail: dict[str, Any] = {"job": job.pk, **job.report}
    audit.record(job.created_by, "renewal.finish", f"enrollment.collectionperiod:{job.parameters['period']}",
                 detail, at=job.finished_at, area=job.area)  # fmt: skip


class _Village(NamedTuple):
    """The people of one piece and what is known of each, without an instance of Python for any of them."""

    people: list[profiles.Told]
    statuses: dict[int, profiles.Many]
    covers: dict[int, profiles.Many]
    there: dict[int, bool]  # who is put down for the year already, and whether they are covered in it


@jobs.handler(DRY)
def rehearse(job: Job, chunk: Chunk) -> dict[str, int]:
    """Judge one piece of a village as the renewal would, and keep nothing but the counts."""
    return _do(job, chunk, write=False)


@jobs.handler(RUN, finish=_finish)
def renew(job: Job, chunk: Chunk) -> dict[str, int]:
    """Put one piece of a village down for the new year; done twice it changes nothing. Constant number of queries.

    Where a counter was quicker with somebody of the piece, the piece is read again and leaves them as they are.
    """
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                return _do(job, chunk, write=True)
        except IntegrityError:
            if attempt == TRIES - 1:
                raise
    raise AssertionError


def _do(job: Job, chunk: Chunk, *, write: bool) -> dict[str, int]:
    if chunk.keys[0] == "cut":
        jobs.add(job, chunk, _pieces(chunk.keys[1]))
        return {}
    period = CollectionPeriod.objects.select_related("area").get(pk=job.parameters["period"])
    on = date.fromisoformat(job.parameters["on"])
    judge = profiles.judge(
        notices.regulation(period.policy), period.pk, period.year, period.policy, period.individual, period.subsidy, on
    )
    village = _gathered(period.year, *chunk.keys)
    listed: Counter[tuple[str, str, str]] = Counter()
    outcome: Counter[str] = Counter()
    verdicts: list[Verdict] = []  # each once; everybody beside the place of theirs
    places: dict[int, int] = {}
    fresh: list[tuple[int, int]] = []
    over = on > period.closes_on
    of, statuses, covers, there = judge.of, village.statuses, village.covers, village.there
    for told in village.people:
        pk, theirs = told[0], covers.get(told[0], ())
        if told[_ENDED] is not None:
            if told[_THROUGH] == period.year - 1 or any(year == period.year - 1 for year, *_days in theirs):
                listed[profiles.ended(told[_WHY])] += 1
            continue
        verdict = of(told, statuses.get(pk, ()), theirs)
        place = places.setdefault(id(verdict), len(verdicts))
        if place == len(verdicts):
            verdicts.append(verdict)
        if over and verdict.listed == List.RENEWING and not there.get(pk):
            listed[List.LAPSED, _("缴费期已过，尚未缴费"), ""] += 1
        else:
            listed[verdict[_LISTED:]] += 1
        if pk in there:
            outcome["known"] += 1
        elif verdict.state:
            fresh.append((pk, place))
        else:
            outcome["undecided"] += 1
    for place, people in Counter(place for _pk, place in fresh).items():
        state = verdicts[place].state
        outcome["refused" if state == Enrollment.State.REFUSED else "enrolled"] += people
        outcome["covered"] += people * (state == Enrollment.State.COVERED)
    if write and fresh:
        fresh = _without_sponsored(period, chunk.keys, fresh, on)
        _written(period, chunk.keys, fresh, verdicts, on)
    RenewalCount.objects.bulk_create(
        RenewalCount(job=job, chunk=chunk, area_id=chunk.keys[0], listed=one, reason=why, article=article, people=n)
        for (one, why, article), n in listed.items()
    )
    told = {"enrolled": 0, "covered": 0, "refused": 0, "known": 0, "undecided": 0} | outcome
    return told | {name: sum(n for (one, *_why), n in listed.items() if one == name) for name in List.values}


# --- gather -----------------------------------------------------------------------------------------------------------
def _gathered(year: int, area_id: int, first: int, last: int) -> _Village:
    """The people of one piece with their standings and their cover in other years: three queries.

    Days are asked for as text: only where a new profile is judged does anybody read them.
    """
    here = "r.area_id = %s AND r.id BETWEEN %s AND %s"
    keys = [area_id, first, last]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT id, CAST(birth_on AS text), basis, event, CAST(event_on AS text), insured_through,
                pension_elsewhere, registry, residence, CAST(ended_on AS text), end_reason
            FROM enrollment_resident r WHERE {here} ORDER BY id""",  # noqa: S608
            keys,
        )
        people = cursor.fetchall()
        statuses: dict[int, profiles.Many] = {}
        cursor.execute(
            f"""SELECT s.resident_id, s."group", CAST(s.since AS text), CAST(s.until AS text)
            FROM enrollment_status s JOIN enrollment_resident r ON r.id = s.resident_id
            WHERE {here} ORDER BY s.resident_id, s.since, s.id""",  # noqa: S608
            keys,
        )
        for resident, *held in cursor.fetchall():
            statuses[resident] = (*statuses.get(resident, ()), tuple(held))
        covers: dict[int, profiles.Many] = {}
        there: dict[int, bool] = {}
        cursor.execute(
            f"""SELECT e.resident_id, e.year, CAST(e.benefits_from AS text), CAST(e.benefits_until AS text)
            FROM enrollment_enrollment e JOIN enrollment_resident r ON r.id = e.resident_id
            WHERE {here} AND (e.benefits_from IS NOT NULL OR e.year = %s) ORDER BY e.resident_id, e.year""",  # noqa: S608
            [*keys, year],
        )
        for resident, *cover_ in cursor.fetchall():
            if cover_[0] == year:
                there[resident] = cover_[1] is not None
            else:
                covers[resident] = (*covers.get(resident, ()), tuple(cover_))
    return _Village(people, statuses, covers, there)


def _without_sponsored(
    period: CollectionPeriod, keys: tuple[int, int, int], fresh: list[tuple[int, int]], on: date
) -> list[tuple[int, int]]:
    """Put down one by one whom a village, a town or an employer pays for, who are few; answers the others."""
    if not Sponsorship.objects.filter(period=period, confirmed_by__isnull=False, ended_on=None).exists():
        return fresh
    drafts = [Enrollment(resident_id=pk, period=period, area_id=keys[0], year=period.year) for pk, _place in fresh]
    named = {enrollment.resident_id for enrollment, *_sponsor in cover.sponsored(drafts)}
    if named:
        collection.put_down(list(Resident.objects.filter(pk__in=named).order_by("pk")), period, on)
    return [one for one in fresh if one[0] not in named]


# --- record -----------------------------------------------------------------------------------------------------------
def _written(
    period: CollectionPeriod,
    keys: tuple[int, int, int],
    fresh: list[tuple[int, int]],
    verdicts: list[Verdict],
    on: date,
) -> None:
    """Write the enrollments and dues of these people, each beside the place of their verdict."""
    if not fresh:
        return
    area_id, _first, _last = keys
    ids = bulk.fresh_keys(Enrollment, len(fresh))
    numbered = [(key, resident, area_id, place) for key, (resident, place) in zip(ids, fresh, strict=True)]
    decided = [(place, *verdict.enrollment) for place, verdict in enumerate(verdicts) if verdict.state]
    bulk.copy_shared(Enrollment, _KEYS, profiles.DECIDED, numbered, decided)
    owing = [(key, place) for key, (_resident, place) in zip(ids, fresh, strict=True)]
    owed = [(place, *due) for place, verdict in enumerate(verdicts) for due in verdict.dues]
    bulk.copy_shared(Due, ("enrollment_id",), profiles.OWED, owing, owed)
    # An end that was put down while this piece was being decided did not see the new rows; once the database has looked
    # at the keys of these rows, an end waits for them.
    if connection.vendor == "postgresql":
        connection.check_constraints()
    # Asked by the new keys: asked by the year, the database read everybody whom earlier pieces had put down.
    overlooked = Enrollment.objects.filter(
        pk__range=(ids[0], ids[-1]), area=area_id, period=period, state=Enrollment.State.DUE,
        resident__ended_on__isnull=False,
    )  # fmt: skip
    if found := list(overlooked.select_related("resident", "period")):
        cover.derive(found, on)
