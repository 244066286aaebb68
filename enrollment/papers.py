"""Papers that were checked: put down with a scan, withdrawn with a reason, and which of those asked for are lacking."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from enrollment import belonging
from enrollment.models import Paper, Resident, Scan, ScanPiece, Status
from office import audit, scans
from office.models import Area, Staff
from office.refusal import Refusal
from office.secrecy import seal, unseal_bytes
from policies import joining
from policies.joining import Asked

PIECE: Final = 256 * 1024  # bytes of a scan in one row
LATELY: Final = 365  # days for which a registration stands on the work list of lacking papers


class CannotFile(Refusal):
    """A paper that cannot be put down or withdrawn like this."""


class Wanted(NamedTuple):
    """One paper that the text asks for: any of these kinds will do; `seen` says whether one was."""

    kinds: tuple[str, ...]
    article: str
    seen: bool

    @property
    def label(self) -> str:
        return _("或").join(str(Paper.Kind(kind).label) for kind in self.kinds)


def file(
    resident: Resident,
    kind: str,
    *,
    by: Staff,
    on: date,
    at: datetime,
    number: str = "",
    remark: str = "",
    whole_household: bool = False,
    scan: Iterable[bytes] | None = None,
) -> Paper:
    """Put down that a paper was seen on `on`, with its scan where one came (chunks of bytes).

    Refused with CannotFile: a person out of scope or ended as a duplicate, a day to come, a household's paper of
    somebody without a household, "other" without a remark; with CannotKeep: bytes that are no scan.
    """
    content = scans.gather(scan) if scan is not None else None
    form = scans.form(content) if content is not None else ""
    with transaction.atomic():
        person = _locked(resident, by)
        if kind not in Paper.Kind.values:
            raise CannotFile(_("没有这种材料：%(kind)s") % {"kind": kind}, field="kind")
        if kind == Paper.Kind.OTHER and not remark.strip():
            raise CannotFile(_("其他材料请在备注中写明名称"), field="remark")
        if whole_household and person.household_id is None:
            raise CannotFile(
                _("%(name)s 不属于家庭，材料不能全户共用") % {"name": person.name}, field="whole_household"
            )
        paper = Paper.objects.create(
            resident=person,
            household_id=person.household_id if whole_household else None,
            kind=kind,
            number=number.strip()[:60],
            remark=remark.strip()[:120],
            seen_on=on,
            seen_by=by,
            kept_at=at,
        )
        told = {"kind": kind, "household": paper.household_id}
        if content is not None:
            kept = _keep(paper, form, content)
            told |= {"scan": kept.digest, "size": kept.size}
        audit.record(by, "papers.file", person, {"paper": paper.pk, **told}, at=at)
    return paper


def seen_at_the_counter(people: Sequence[tuple[Resident, Sequence[str]]], *, by: Staff, on: date, at: datetime) -> int:
    """Put down, with the registration that records it, the kinds of papers that were seen of each of these people.

    A household book counts for the whole household. One statement; refuses a kind that is none with CannotFile.
    """
    rows = []
    for person, kinds in people:
        for kind in dict.fromkeys(kinds):
            if kind not in Paper.Kind.values or kind == Paper.Kind.OTHER:
                raise CannotFile(_("没有这种材料：%(kind)s") % {"kind": kind}, field="seen")
            shared = person.household_id if kind == Paper.Kind.HOUSEHOLD_BOOK else None
            rows.append(Paper(resident=person, household_id=shared, kind=kind, seen_on=on, seen_by=by, kept_at=at))
    Paper.objects.bulk_create(rows)
    return len(rows)


def withdraw(paper: Paper, why: str, *, by: Staff, on: date, at: datetime) -> Paper:
    """Take a paper out of the file: it stays on record with day and reason, and counts no longer.

    Refused with CannotFile: no reason, out of scope, withdrawn already.
    """
    if not why.strip():
        raise CannotFile(_("请写明撤下原因"), field="why")
    with transaction.atomic():
        person = _locked(paper.resident, by)
        mine = Paper.objects.filter(pk=paper.pk, withdrawn_on=None)
        if not mine.update(withdrawn_on=on, withdrawn_by=by, withdrawn_why=why.strip()[:200]):
            raise CannotFile(_("该材料已撤下"))
        audit.record(by, "papers.withdraw", person, {"paper": paper.pk, "why": why.strip()}, at=at)
    paper.refresh_from_db()
    return paper


def download(paper: Paper, *, by: Staff, at: datetime) -> bytes:
    """The scan as it came; a recorded act. Refused with CannotFile: none was kept, or its bytes are no longer those."""
    scan = Scan.objects.filter(paper=paper).first()
    if scan is None:
        raise CannotFile(_("此材料没有扫描件"))
    content = b"".join(
        unseal_bytes(piece) for piece in scan.pieces.order_by("number").values_list("content", flat=True)
    )
    if hashlib.sha256(content).hexdigest() != scan.digest:
        raise CannotFile(_("扫描件与登记时的指纹不符，已停止下载，请报告系统管理员"))
    audit.record(by, "papers.download", paper.resident, {"paper": paper.pk, "scan": scan.digest}, at=at)
    return content


def _locked(resident: Resident, by: Staff) -> Resident:
    person = Resident.objects.select_for_update(of=("self",), no_key=True).select_related("area").get(pk=resident.pk)
    if by.area is None or not by.area.covers(person.area):
        raise CannotFile(_("%(area)s不在您的管辖区域内") % {"area": person.area})
    if person.end_reason == Resident.EndReason.DUPLICATE:
        raise CannotFile(_("%(name)s 的登记已作为重复登记终止，请在保留的登记上办理") % {"name": person.name})
    return person


def _keep(paper: Paper, form: str, content: bytes) -> Scan:
    """The scan in sealed pieces: each is a row of its own, so that none is larger than a database likes."""
    scan = Scan.objects.create(paper=paper, form=form, size=len(content), digest=hashlib.sha256(content).hexdigest())
    ScanPiece.objects.bulk_create(
        ScanPiece(scan=scan, number=number, content=seal(content[start : start + PIECE]))
        for number, start in enumerate(range(0, len(content), PIECE), start=1)
    )
    return scan


# --- what is asked for ------------------------------------------------------------------------------------------------
def of(resident: Resident) -> QuerySet[Paper]:
    """The papers of a person and those of the whole household, the withdrawn ones too, newest first."""
    mine = Q(resident=resident)
    if resident.household_id is not None:
        mine |= Q(household=resident.household_id)
    return Paper.objects.filter(mine).select_related("seen_by", "withdrawn_by", "scan", "resident")


def checklist(resident: Resident, on: date) -> list[Wanted]:
    """Each paper that the city's text asks of this person on that day, and whether one was seen.

    Three queries for one person, none for rows that come `with_papers`.
    """
    seen = {paper.kind for paper in resident.papers.all() if paper.withdrawn_on is None}
    if resident.household is not None:
        seen |= {paper.kind for paper in resident.household.papers.all() if paper.withdrawn_on is None}
    wanted = []
    for part, code in _grounds_of(resident, {status.group for status in resident.statuses.all()}):
        ground = joining.asked(belonging.regulation_of(resident.area), part, on).get(code)
        for kinds in ground.papers if ground else ():
            wanted.append(Wanted(kinds, ground.article, not seen.isdisjoint(kinds)))
    return wanted


def with_papers(rows: QuerySet[Resident]) -> QuerySet[Resident]:
    """These residents with all that a checklist looks at, in three more queries however many they are."""
    bare = Paper.objects.defer("number")
    return rows.select_related("area", "household").prefetch_related(
        Prefetch("papers", bare), Prefetch("household__papers", bare), "statuses"
    )


def _grounds_of(resident: Resident, groups: Iterable[str]) -> list[tuple[str, str]]:
    told = [(joining.GROUNDS, resident.basis)]
    if resident.event:
        told.append((joining.EVENTS, resident.event))
    return [*told, *((joining.GROUPS, group) for group in sorted(groups))]


def asked_at(area: Area, on: date) -> list[Asked]:
    """What the city's text asks of each ground of joining, for the page on which people are registered."""
    return list(joining.asked(belonging.regulation_of(area), joining.GROUNDS, on).values())


def lacking(rows: QuerySet[Resident], city: Area, on: date) -> QuerySet[Resident]:
    """Of these residents of one city those registered in the last year who lack a paper that its text asks for."""
    code, lack = belonging.regulation_of(city), Q(pk__in=[])
    for ground in joining.asked(code, joining.GROUNDS, on).values():
        lack |= Q(basis=ground.code) & _without(ground.papers)
    for event in joining.asked(code, joining.EVENTS, on).values():
        lack |= Q(event=event.code) & _without(event.papers)
    for group in joining.asked(code, joining.GROUPS, on).values():
        lack |= Q(Exists(Status.objects.filter(resident=OuterRef("pk"), group=group.code))) & _without(group.papers)
    return rows.filter(lack, ended_on=None, registered_on__gt=on - timedelta(days=LATELY))


def _without(papers: Sequence[tuple[str, ...]]) -> Q:
    """Whoever has none of the kinds of one of these choices, neither alone nor in the household."""
    found = Q(pk__in=[])
    for kinds in papers:
        there = Paper.objects.filter(kind__in=kinds, withdrawn_on=None)
        alone = Exists(there.filter(resident=OuterRef("pk")))
        shared = Exists(there.filter(household=OuterRef("household_id")))
        found |= Q(~alone) & Q(~shared)
    return found
