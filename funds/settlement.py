"""Month's end with institutions: draft as a job, one institution at a time; check by a second person; pay and book."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from claims import lifecycle
from claims.adjudication import as_steps
from claims.models import Adjustment, Agreement, Claim, Institution
from claims.reflow import PARTS
from funds import booking
from funds.models import Month, Settlement, SettlementItem
from funds.months import next_month
from office import audit, jobs, notices
from office.models import Area, Chunk, Job, Staff
from office.refusal import Refusal
from policies.money import yuan
from policies.rules import NoRule
from policies.settling import MONTHS_OF_A_YEAR, Case, MonthQuestion
from policies.shapes import NotUnderstood

KIND = "month_end"


class CannotSettle(Refusal):
    """The month end or a settlement cannot take this step."""


def start(city: Area, policy: str, first_day: date, by: Staff, at: datetime) -> Job:
    """Start the month end of a city: one unit of work per institution that has reviewed claims not yet settled, or is
    paid by heads whether anybody came or not.

    The same month a second time gives the job that stands: nothing is settled twice. Refused with CannotSettle once the
    month's books are closed or a later month is settled, whose budget to date already held what this one would take.
    """
    _refuse_out_of_turn(city, first_day)
    waiting = (
        Claim.objects.filter(area__path__startswith=city.path, state=Claim.State.APPROVED)
        .filter(discharged__lt=next_month(first_day))
        .values_list("institution_id", flat=True)
        .distinct()
    )
    by_heads = _in_force(Agreement.objects.filter(method=Agreement.Method.CAPITATION), first_day).filter(
        institution__area__path__startswith=city.path
    )
    owed = Q(id__in=waiting) | Q(id__in=by_heads.values("institution_id"))
    names = dict(Institution.objects.filter(owed).order_by("code").values_list("id", "name"))
    title = _("%(month)s 月度结算") % {"month": f"{first_day:%Y-%m}"}
    return jobs.start(
        kind=KIND,
        key=f"{KIND}:{city.code}:{first_day:%Y-%m}",
        title=title,
        area=city,
        chunks=[jobs.Piece(label=name, keys=[key], size=1) for key, name in names.items()],
        by=by,
        at=at,
        parameters={"first_day": first_day.isoformat(), "policy": policy, "by": by.pk},
    )


def _refuse_out_of_turn(city: Area, first_day: date) -> None:
    month = f"{first_day:%Y-%m}"
    if Month.objects.filter(area=city, first_day=first_day, state=Month.State.CLOSED).exists():
        raise CannotSettle(_("%(month)s 已结账，不能再办理月度结算，请在下一个开放的月份办理。") % {"month": month})
    if Settlement.objects.filter(area__path__startswith=city.path, first_day__gt=first_day).exists():
        raise CannotSettle(_("更晚的月份已经结算，%(month)s 的费用请并入下一个月份办理。") % {"month": month})


@jobs.handler(KIND)
def _draft_chunk(job: Job, chunk: Chunk) -> jobs.Counts:
    by = Staff.objects.get(pk=job.parameters["by"])
    first_day = date.fromisoformat(job.parameters["first_day"])
    drafts = [draft(key, job.parameters["policy"], first_day, by, job.created_at) for key in chunk.keys]
    return {"settlements": sum(draft is not None for draft in drafts)}


def draft(institution_id: int, policy: str, first_day: date, by: Staff, at: datetime) -> Settlement | None:
    """Draft one institution's month from its reviewed claims discharged by the end of it.

    Amounts in yuan after the regulation (JZ22.2, JZ23). A month that stands is given back unchanged; without claims
    there is none, unless heads are paid for. Refused with CannotSettle where no agreement was in force, neither in the
    month nor when the last of the claims was discharged.
    """
    standing = Settlement.objects.filter(institution_id=institution_id, first_day=first_day).first()
    if standing is not None:
        return standing
    with transaction.atomic():
        claims = list(
            Claim.objects.select_for_update()
            .filter(institution_id=institution_id, state=Claim.State.APPROVED, discharged__lt=next_month(first_day))
            .filter(~Exists(SettlementItem.objects.filter(claim=OuterRef("pk"))))
            .order_by("id")
        )
        agreement = _agreement(
            institution_id, first_day, max((claim.discharged for claim in claims), default=first_day)
        )
        if agreement is None and claims:
            raise CannotSettle(_("该机构在 %(month)s 没有服务协议，不能结算。") % {"month": f"{first_day:%Y-%m}"})
        if agreement is None or not (claims or agreement.method == Agreement.Method.CAPITATION):
            return None
        undone = _undone(institution_id, claims)
        question = _question(agreement, claims, undone, first_day)
        # The figures of the care: a regulation that has lapsed since still settles what it decided.
        on = max((claim.admitted for claim in claims), default=first_day)
        try:
            answer = notices.regulation(policy).month(question, on=on)
        except (NotUnderstood, NoRule) as wrong:
            raise CannotSettle(wrong.message) from wrong
        settlement = Settlement.objects.create(
            institution_id=institution_id,
            area_id=agreement.institution.area_id,
            first_day=first_day,
            method=agreement.method,
            policy=policy,
            claims=len(claims),
            claimed=answer.approved + question.deducted,
            deducted=question.deducted,
            approved=answer.approved,
            within=answer.within,
            held=answer.held,
            deposit=answer.deposit,
            payable=answer.payable,
            critical_illness=_total([*claims, *undone], "critical_illness"),
            assistance=_total([*claims, *undone], "assistance"),
            charity=_total([*claims, *undone], "charity"),
            worksheet=as_steps(answer.steps),
            drafted_by=by,
            drafted_at=at,
        )
        SettlementItem.objects.bulk_create(
            [
                *(SettlementItem(settlement=settlement, claim=claim, **_parts(claim)) for claim in claims),
                *(
                    SettlementItem(settlement=settlement, claim=one.claim, adjustment=one, **_parts(one))
                    for one in undone
                ),
            ],
            batch_size=1000,
        )
        # From here on each claim stands in this settlement for ever and keeps its amounts.
        lifecycle.move(claims, Claim.State.SETTLED, by=by, at=at, why=str(settlement))
        audit.record(by, "funds.draft_settlement", f"settlement:{settlement.pk}", {"claims": len(claims)}, at=at)
    return settlement


def _total(claims: Sequence[Claim | Adjustment], part: str) -> Decimal:
    return sum((getattr(claim, part) for claim in claims), Decimal("0.00"))


def _parts(line: Claim | Adjustment) -> dict[str, Decimal]:
    return {part: getattr(line, part) for part in PARTS}


def _undone(institution_id: int, claims: Sequence[Claim]) -> list[Adjustment]:
    """Reversals of settled claims that this month takes back, the oldest first.

    Only as many as the month's own claims carry, for each payer: what would make the month negative waits for a later
    one, and no institution is asked for money by a settlement.
    """
    room = {part: _total(claims, part) for part in PARTS}
    waiting = Adjustment.objects.filter(
        payee=Adjustment.Payee.INSTITUTION, claim__institution=institution_id, settlement_item=None
    )
    taken = []
    for one in waiting.select_related("claim").order_by("pk"):
        if all(room[part] + getattr(one, part) >= 0 for part in PARTS):
            taken.append(one)
            for part in PARTS:
                room[part] += getattr(one, part)
    return taken


def _in_force(agreements: QuerySet[Agreement], first_day: date) -> QuerySet[Agreement]:
    """Those of the agreements that were in force on a day of the month."""
    lasting = Q(ended_on=None) | Q(ended_on__gte=first_day)
    return agreements.filter(lasting, since__lt=next_month(first_day), until__gte=first_day)


def _agreement(institution_id: int, first_day: date, last: date) -> Agreement | None:
    """The newest agreement in force in the month; for care whose review came late, the one of its last discharge."""
    terms = Agreement.objects.filter(institution_id=institution_id).select_related("institution").order_by("-since")
    then = terms.filter(Q(ended_on=None) | Q(ended_on__gte=last), since__lte=last, until__gte=last)
    return _in_force(terms, first_day).first() or then.first()


def _question(
    agreement: Agreement, claims: Sequence[Claim], undone: Sequence[Adjustment], first_day: date
) -> MonthQuestion:
    """What the regulation is asked: the method's own quantities, the budget so far, what was approved before."""
    budget = agreement.year_budget
    before = Settlement.objects.filter(
        institution_id=agreement.institution_id, first_day__year=first_day.year, first_day__lt=first_day
    ).aggregate(sum=Sum("approved"))["sum"] or Decimal(0)
    shared: dict[str, Any] = {
        "method": agreement.method,
        "deposit_rate": agreement.deposit_rate,
        "budget_to_date": None if budget is None else yuan(budget * first_day.month / MONTHS_OF_A_YEAR),
        "approved_before": before,
    }
    match agreement.method:
        case Agreement.Method.CAPITATION:
            return MonthQuestion(heads=agreement.heads, quota=agreement.quota, **shared)
        case Agreement.Method.PER_DIEM:
            days = sum(map(_days, claims)) - sum(_days(one.claim) for one in undone)
            return MonthQuestion(days=days, rate=agreement.day_rate, **shared)
        case Agreement.Method.PER_DISEASE:
            cases = tuple(Case(quota_share=line.basic) for line in (*claims, *undone))
            return MonthQuestion(cases=cases, **shared)
        case _:
            return MonthQuestion(claimed=_total([*claims, *undone], "basic"), **shared)


def _days(claim: Claim) -> int:
    """Days of care of a stay; one that ends on the day it began has one."""
    return (claim.discharged - claim.admitted).days or 1


def approve(settlements: Sequence[Settlement], by: Staff, at: datetime) -> int:
    """Check drafts as a second person. Refused with CannotSettle for one's own drafts or for what is no draft."""
    keys = [settlement.pk for settlement in settlements]
    with transaction.atomic():
        if Settlement.objects.filter(pk__in=keys, drafted_by=by).exists():
            raise CannotSettle(_("生成人与复核人不能是同一人。"))
        moved = Settlement.objects.filter(pk__in=keys, state=Settlement.State.DRAFT).update(
            state=Settlement.State.APPROVED, approved_by=by, approved_at=at
        )
        if moved != len(keys):
            raise CannotSettle(_("所选结算中有的已复核，请刷新后再试。"))
        audit.record(by, "funds.approve_settlements", f"settlements:{len(keys)}", {"ids": keys}, at=at)
    return moved


def pay(settlement: Settlement, on: date, by: Staff, at: datetime) -> Settlement:
    """Pay a checked settlement and book it, both or neither. A second time changes nothing.

    Refused with CannotSettle where nobody checked it or the checker wants to pay it.
    """
    if settlement.state == Settlement.State.PAID:
        return settlement
    if settlement.approved_by_id == by.pk:
        raise CannotSettle(_("复核人与支付人不能是同一人。"))
    with transaction.atomic():
        moved = Settlement.objects.filter(pk=settlement.pk, state=Settlement.State.APPROVED).update(
            state=Settlement.State.PAID, paid_by=by, paid_on=on
        )
        settlement.refresh_from_db()
        if not moved:
            if settlement.state == Settlement.State.PAID:
                return settlement
            raise CannotSettle(_("%(settlement)s 尚未复核，不能支付。") % {"settlement": settlement})
        if settlement.due or settlement.deposit:
            booking.book_settlement(settlement, on, by)
        audit.record(by, "funds.pay_settlement", f"settlement:{settlement.pk}", {"due": str(settlement.due)}, at=at)
    return settlement
