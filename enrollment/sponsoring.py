"""Villages, towns and employers pay for others (BZ08): entered by one, confirmed by another, settled in one sum."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment import correcting, cover
from enrollment.models import (
    CollectionPeriod,
    Due,
    Enrollment,
    Resident,
    SponsoredPerson,
    SponsorPayment,
    Sponsorship,
)
from office import audit, identity, jobs, notices
from office.models import Area, Chunk, Job, Staff
from office.refusal import Refusal
from office.secrecy import blind_index
from policies.money import ZERO
from policies.rules import NoRule

CHUNK: Final = 1000  # enrollments judged in one piece
MOST: Final = 5000  # people on one list
NAMED: Final = 10  # so many faults of a list are named at once
Kind = Sponsorship.Kind
State = Enrollment.State
_LEVELS: Final = {Kind.VILLAGE: Area.Level.VILLAGE, Kind.TOWN: Area.Level.TOWN}


class CannotSponsor(Refusal):
    """A sponsor that the text does not know, or facts that do not fit together."""


class CannotConfirm(Refusal):
    """A sponsor that is confirmed already, or by the very person who entered it."""


class CannotReceive(Refusal):
    """Money of a sponsor that is not what its open shares add up to."""


# --- enter ------------------------------------------------------------------------------------------------------------
def enter(
    period: CollectionPeriod,
    area: Area,
    kind: str,
    name: str,
    document: str,
    per_head: Decimal,
    since: date,
    until: date,
    people: Sequence[Resident] | None,
    *,
    by: Staff,
    at: datetime,
) -> Sponsorship:
    """Put a sponsor down: who, on which document, yuan a head, from which day of payment to which, for whom.

    `people` None means everybody of the area. It counts once another person confirms it. Refused with CannotSponsor:
    a kind that the text does not know (BZ08), a village or town for an area that is not one or for people of another,
    more than the individual standard, days the wrong way round, an empty list.
    """
    if not by.area.covers(area) or not period.area.covers(area):
        raise CannotSponsor(_("%(area)s不在您的管辖区域内。") % {"area": area}, field="area")
    try:
        words = notices.regulation(period.policy).rules(period.opens_on).words("sponsor.kinds")
    except NoRule as gap:
        raise CannotSponsor(gap.message, article=gap.article, field="kind") from gap
    if kind not in words.value:
        raise CannotSponsor(_("办法没有规定由此类单位资助参保缴费。"), article=words.article, field="kind")
    if kind in _LEVELS and area.level != _LEVELS[Kind(kind)]:
        told = {"kind": Kind(kind).label, "area": area}
        raise CannotSponsor(_("%(kind)s只能资助本辖区居民，%(area)s不是这一级。") % told, words.article, field="area")
    if not ZERO < per_head <= period.individual:
        told = {"most": period.individual}
        raise CannotSponsor(
            _("每人资助应大于零，不超过个人缴费标准 %(most)s 元。") % told, words.article, field="per_head"
        )
    if not since <= until <= date(period.year, 12, 31):
        raise CannotSponsor(_("起止日不能颠倒，也不能晚于参保年度末。"), field="until")
    if not name.strip() or not document.strip():
        raise CannotSponsor(_("请写明资助方名称和依据文件。"), field="name" if not name.strip() else "document")
    if people is not None:
        _refuse_strangers(people, area, kind, words.article)
    if people is None and kind == Kind.EMPLOYER:
        raise CannotSponsor(_("用人单位只资助名单上的人：请逐行填写。"), article=words.article, field="numbers")
    with transaction.atomic():
        kept = Sponsorship.objects.create(
            period=period,
            area=area,
            kind=kind,
            name=name.strip(),
            document=document.strip(),
            per_head=per_head,
            everybody=people is None,
            since=since,
            until=until,
            entered_by=by,
            entered_at=at,
        )
        SponsoredPerson.objects.bulk_create(
            (SponsoredPerson(sponsorship=kept, resident=person) for person in people or ()), batch_size=1000
        )
        detail = {"name": kept.name, "per_head": str(per_head), "people": None if people is None else len(people)}
        audit.record(by, "sponsoring.enter", kept, detail, at=at)
    return kept


def _refuse_strangers(people: Sequence[Resident], area: Area, kind: str, article: str) -> None:
    if not people:
        raise CannotSponsor(_("名单是空的：请填写受资助人，或选资助全区域。"), field="numbers")
    others = [person.name for person in people if kind in _LEVELS and not area.covers(person.area)]
    if others:
        told = {"count": len(others), "names": "、".join(others[:NAMED])}
        raise CannotSponsor(_("%(count)d 人不在该辖区：%(names)s") % told, article=article, field="numbers")


def read(text: str, by: Staff) -> list[Resident]:
    """The residents of a typed or pasted list, one identity number to a line, a name after it where one likes.

    Refused with CannotSponsor, naming each line: a number that is none, nobody in scope, another name, a repetition.
    """
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > MOST:
        raise CannotSponsor(_("一次最多 %(most)d 人，请分几份名单。") % {"most": MOST}, field="numbers")
    faults: list[str] = []
    wanted: dict[str, tuple[int, str]] = {}
    for line, (typed, *rest) in lines:
        try:
            index = blind_index(identity.check(typed).number if not typed[:1].isalpha() else identity.normal(typed))
        except Refusal as refusal:
            faults.append(_("第 %(line)d 行：%(why)s") % {"line": line, "why": refusal})
            continue
        if index in wanted:
            faults.append(_("第 %(line)d 行与第 %(other)d 行重复") % {"line": line, "other": wanted[index][0]})
        wanted.setdefault(index, (line, rest[0] if rest else ""))
    found = Resident.objects.visible_to(by).filter(id_index__in=wanted, ended_on=None).select_related("area")
    people = {person.id_index: person for person in found.order_by("-id_type", "pk")}
    for index, (line, name) in wanted.items():
        if index not in people:
            faults.append(_("第 %(line)d 行：没有登记此人，或不在您的管辖区域内") % {"line": line})
        elif name and name != people[index].name:
            faults.append(_("第 %(line)d 行：证件号码登记的是另一姓名") % {"line": line})
    if faults:
        more = _("；共 %(count)d 处") % {"count": len(faults)} if len(faults) > NAMED else ""
        raise CannotSponsor("；".join(faults[:NAMED]) + more, field="numbers")
    return [people[index] for index in wanted]


# --- confirm and end --------------------------------------------------------------------------------------------------
def confirm(sponsorship: Sponsorship, *, by: Staff, at: datetime) -> Job:
    """Confirm what another person entered; a job splits what is due of everybody on the list, village by village."""
    with transaction.atomic():
        held = (
            Sponsorship.objects.select_for_update(of=("self",)).select_related("period", "area").get(pk=sponsorship.pk)
        )
        if held.confirmed_by_id is not None:
            raise CannotConfirm(_("此资助已经确认。"))
        if held.entered_by_id == by.pk:
            raise CannotConfirm(_("录入人不能确认自己录入的资助，请另一人确认。"))
        if not by.area.covers(held.area):
            raise CannotConfirm(_("%(area)s不在您的管辖区域内。") % {"area": held.area})
        held.confirmed_by, held.confirmed_at = by, at
        held.save(update_fields=["confirmed_by", "confirmed_at"])
        job = _start(held, "split", open_enrollments(held), by, at)
        audit.record(by, "sponsoring.confirm", held, {"job": job.pk, "people": job.total}, at=at)
    return job


def end(sponsorship: Sponsorship, why: str, *, by: Staff, at: datetime) -> Job:
    """End a sponsorship: shares that it has not paid go back to the people by dated corrections, paid ones stay."""
    if not why.strip():
        raise CannotConfirm(_("请写明终止原因。"), field="why")
    with transaction.atomic():
        held = (
            Sponsorship.objects.select_for_update(of=("self",)).select_related("period", "area").get(pk=sponsorship.pk)
        )
        if not held.stands:
            raise CannotConfirm(_("只能终止已确认、尚未终止的资助。"))
        held.ended_on, held.ended_by, held.ended_why = timezone.localdate(at), by, why.strip()[:120]
        held.save(update_fields=["ended_on", "ended_by", "ended_why"])
        touched = Enrollment.objects.filter(pk__in=owed(held).values("enrollment"))
        job = _start(held, "end", touched, by, at)
        audit.record(by, "sponsoring.end", held, {"why": held.ended_why, "people": job.total}, at=at)
    return job


def open_enrollments(sponsorship: Sponsorship) -> QuerySet[Enrollment]:
    """The unpaid enrollments of the people whom the sponsor pays for."""
    rows = Enrollment.objects.filter(period=sponsorship.period_id, state=State.DUE, paid_on=None)
    if sponsorship.everybody:
        return rows.filter(area__path__startswith=sponsorship.area.path)
    return rows.filter(resident__in=sponsorship.people.values("resident"))


def owed(sponsorship: Sponsorship) -> QuerySet[Due]:
    """The shares in force that the sponsor has not paid; of whoever ended before being covered nothing is owed."""
    dues = Due.objects.filter(sponsorship=sponsorship, settled_by=None, amount__gt=0)
    return dues.filter(enrollment__state__in=[State.DUE, State.COVERED])


@dataclass(frozen=True, slots=True)
class Account:
    """What a sponsor owes in all, has paid, and still owes: yuan and heads."""

    total: Decimal
    heads: int
    paid: Decimal
    paid_heads: int
    back: Decimal = ZERO  # of what was paid, for shares that were superseded since: to be given back

    @property
    def open(self) -> Decimal:
        return self.total - self.paid

    @property
    def open_heads(self) -> int:
        return self.heads - self.paid_heads


def account(sponsorship: Sponsorship) -> Account:
    """The sponsor's account, from the shares in force and the payments: three queries."""
    waiting = owed(sponsorship).aggregate(sum=Sum("amount"), heads=Count("pk"))
    paid = sponsorship.payments.aggregate(sum=Sum("amount"), heads=Sum("heads"))
    sum_paid, heads_paid = paid["sum"] or ZERO, paid["heads"] or 0
    gone = Due.kept.filter(settled_by__sponsorship=sponsorship, superseded_by__isnull=False)
    back = gone.aggregate(sum=Sum("amount"))["sum"] or ZERO
    return Account((waiting["sum"] or ZERO) + sum_paid, waiting["heads"] + heads_paid, sum_paid, heads_paid, back)


# --- receive ----------------------------------------------------------------------------------------------------------
def receive(
    sponsorship: Sponsorship, amount: Decimal, received_on: date, receipt: str, *, by: Staff, at: datetime
) -> tuple[SponsorPayment, Job]:
    """Take the sponsor's one payment for the shares that are open: all of them are settled by it.

    Whoever owes nothing beside the share is covered with the day of the money, in a job by villages. Refused with
    CannotReceive: another sum than the open shares add up to, a day to come or before the sponsorship, a known receipt.
    """
    if not sponsorship.since <= received_on <= timezone.localdate(at):
        raise CannotReceive(_("到账日应在资助起日之后，且不晚于今天。"), field="received_on")
    if not receipt.strip():
        raise CannotReceive(_("请填写凭证号。"), field="receipt")
    try:
        with transaction.atomic():
            held = (
                Sponsorship.objects.select_for_update(of=("self",))
                .select_related("period", "area")
                .get(pk=sponsorship.pk)
            )
            if not held.stands:
                raise CannotReceive(_("只有已确认、尚未终止的资助才能到账。"))
            if jobs_left(held):
                raise CannotReceive(_("应缴还在分摊，请稍后再办理。"))
            shares = list(owed(held).select_for_update(of=("self",)).order_by("pk").values_list("pk", "amount"))
            due = sum((share for _pk, share in shares), ZERO)
            if not shares or amount != due:
                told = {"due": due, "heads": len(shares), "amount": amount}
                raise CannotReceive(
                    _("应到 %(due)s 元（%(heads)d 人），实到 %(amount)s 元，请核对。") % told, field="amount"
                )
            payment = SponsorPayment.objects.create(
                sponsorship=held,
                amount=amount,
                heads=len(shares),
                received_on=received_on,
                receipt=receipt.strip(),
                taken_by=by,
                taken_at=at,
            )
            for first in range(0, len(shares), 5000):
                keys = [pk for pk, _share in shares[first : first + 5000]]
                Due.kept.filter(pk__in=keys).update(settled_by=payment)
            settled = Enrollment.objects.filter(dues__settled_by=payment, state=State.DUE, paid_on=None)
            own = Due.objects.filter(enrollment=OuterRef("pk"), payer=Due.Payer.INDIVIDUAL, amount__gt=0)
            job = _start(held, f"cover:{payment.pk}", settled.filter(~Exists(own)), by, at, received_on)
            detail = {"amount": str(amount), "heads": payment.heads, "receipt": payment.receipt, "job": job.pk}
            audit.record(by, "sponsoring.receive", held, detail, at=at)
    except IntegrityError as error:
        raise CannotReceive(_("此凭证号已录入。"), field="receipt") from error
    return payment, job


# --- the job ----------------------------------------------------------------------------------------------------------
def key(sponsorship: Sponsorship, act: str) -> str:
    """Under this name one act of a sponsorship runs once."""
    return f"sponsorship:{sponsorship.pk}:{act}"


def jobs_of(sponsorship: Sponsorship) -> QuerySet[Job]:
    """The jobs of a sponsorship, the latest first."""
    return Job.objects.filter(kind="sponsorship", key__startswith=key(sponsorship, "")).order_by("-pk")


def jobs_left(sponsorship: Sponsorship) -> bool:
    """Whether a job of the sponsorship has not come to its end."""
    return jobs_of(sponsorship).exclude(state=Job.State.DONE).exists()


def _start(
    sponsorship: Sponsorship,
    act: str,
    enrollments: QuerySet[Enrollment],
    by: Staff,
    at: datetime,
    on: date | None = None,
) -> Job:
    told = {"sponsorship": sponsorship.pk, "act": act, "on": (on or timezone.localdate(at)).isoformat()}
    title = _("%(name)s资助 %(year)s 年度参保") % {"name": sponsorship.name, "year": sponsorship.period.year}
    return jobs.start("sponsorship", key(sponsorship, act), title, sponsorship.area, pieces(enrollments), by, at, told)


def pieces(enrollments: QuerySet[Enrollment]) -> Iterator[jobs.Piece]:
    """Villages, large ones cut at every thousandth: [area, first enrollment, last enrollment]."""
    rows = enrollments.order_by("area_id", "pk").values_list("area_id", "area__name", "pk")
    for (area_id, name), group in groupby(rows.iterator(chunk_size=10_000), key=lambda row: row[:2]):
        ids = [pk for _area, _name, pk in group]
        for first in range(0, len(ids), CHUNK):
            part = ids[first : first + CHUNK]
            yield jobs.Piece(name, [area_id, part[0], part[-1]], len(part))


@jobs.handler("sponsorship")
def work(job: Job, chunk: Chunk) -> dict[str, int]:
    """One piece of one act; done twice it changes nothing. A constant number of queries."""
    sponsorship = Sponsorship.objects.select_related("period", "area").get(pk=job.parameters["sponsorship"])
    on, act = date.fromisoformat(job.parameters["on"]), str(job.parameters["act"])
    area_id, first, last = chunk.keys
    rows = Enrollment.objects.select_for_update(of=("self",)).filter(area=area_id, pk__range=(first, last))
    rows = rows.select_related("resident", "period").order_by("pk")
    if act.startswith("cover:"):
        payment = int(act.partition(":")[2])
        return _cover(rows.filter(dues__settled_by=payment, state=State.DUE, paid_on=None), on, job.created_by)
    if act == "split":
        rows = rows.filter(pk__in=open_enrollments(sponsorship).values("pk"))
    else:
        rows = rows.filter(pk__in=owed(sponsorship).values("enrollment"))
    note = f"{sponsorship.name}：{sponsorship.ended_why or sponsorship.get_kind_display()}"[:200]
    cause = correcting.Cause(correcting.Reason.SPONSOR, on, job.created_by, note, sponsorship.document)
    return {"应缴已核定": len(cover.derive(list(rows), on, cause))}


def _cover(rows: Iterable[Enrollment], on: date, by: Staff | None) -> dict[str, int]:
    decided, left = [], 0
    for case in cover.gather(list(rows)):
        answer = case.judge(on, on)
        if not answer.eligible or correcting.own(answer):
            left += 1
            continue
        case.enrollment.paid_on = on
        case.settle(answer)
        decided.append((case.enrollment, answer))
    cover.record(decided, correcting.Cause(correcting.Reason.PAYMENT, on, by))
    return {"已参保": len(decided), "未参保": left}


def sponsorships(by: Staff) -> QuerySet[Sponsorship]:
    """The sponsorships within scope, with what each page shows of them."""
    return Sponsorship.objects.visible_to(by).select_related("period", "area", "entered_by", "confirmed_by", "ended_by")


def waiting(by: Staff) -> QuerySet[Sponsorship]:
    """Those that wait for another person's confirmation."""
    return sponsorships(by).filter(~Q(entered_by=by), confirmed_by=None)
