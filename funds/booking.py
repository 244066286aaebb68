"""Which accounts each document touches: one readable table, and the functions that put documents through it."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from claims.models import Agreement
from enrollment.models import CollectionPeriod, Due, Enrollment, Payment, Refund, SponsorPayment
from funds import months
from funds.held import HELD
from funds.ledger import CannotBook, Leg, SubFund, book
from funds.models import Entry, Month, Posting, Redress, Settlement
from office import areas, audit
from office.models import Area, Batch, Staff
from policies.money import yuan

SPECIAL: Final = "1003"  # 财政专户存款
EXPENDITURE: Final = "1004"  # 支出户存款
ADVANCED: Final = "1101"  # 暂付款: paid for another payer, who owes it to the fund
NEXT_YEAR: Final = "4601"  # 待转社会保险费收入
CONTRIBUTIONS: Final = "4001"
SUBSIDIES: Final = "4101"
INTEREST: Final = "4201"
BENEFITS: Final = "5001"
PREMIUM: Final = "5101"
BALANCE: Final = "3001"
RESERVE: Final = "3101"


class Move(NamedTuple):
    """Debit and credit account of one kind of movement."""

    debit: str
    credit: str
    meaning: str


# Memos are part of the books, and the books are Chinese, in whatever language somebody reads the pages.
MOVES: Final[dict[str, Move]] = {
    "opening": Move(SPECIAL, BALANCE, "历年滚存结余转入"),
    "contribution": Move(SPECIAL, CONTRIBUTIONS, "当年缴费到账"),
    "contribution_for_next_year": Move(SPECIAL, NEXT_YEAR, "预收下年度缴费"),
    "next_year_begins": Move(NEXT_YEAR, CONTRIBUTIONS, "年度开始，预收转为收入"),
    "unmatched": Move(SPECIAL, HELD, "未能对上参保人的缴费"),
    "refund": Move(CONTRIBUTIONS, SPECIAL, "退还当年缴费"),
    "refund_of_next_year": Move(NEXT_YEAR, SPECIAL, "退还预收的下年度缴费"),
    "refund_of_held": Move(HELD, SPECIAL, "退还暂收的缴费"),
    "release": Move(HELD, CONTRIBUTIONS, "暂收款对上参保人，转为当年缴费"),
    "release_for_next_year": Move(HELD, NEXT_YEAR, "暂收款对上参保人，转为预收下年度缴费"),
    "subsidy": Move(SPECIAL, SUBSIDIES, "财政补助到账"),
    "premium": Move(PREMIUM, SPECIAL, "划缴大病保险费"),
    "allocation": Move(EXPENDITURE, SPECIAL, "拨入支出户"),
    "benefit": Move(BENEFITS, EXPENDITURE, "支付医疗机构统筹费用"),
    "deposit_withheld": Move(BENEFITS, HELD, "预留服务质量保证金"),
    "advance_for_others": Move(ADVANCED, EXPENDITURE, "代付大病保险、医疗救助等"),
    "advance_returned": Move(EXPENDITURE, ADVANCED, "收回代付款"),
    "recovery": Move(EXPENDITURE, BENEFITS, "追回待遇支出"),
    "interest": Move(SPECIAL, INTEREST, "利息收入"),
    "reserve": Move(BALANCE, RESERVE, "提取风险储备金"),
}


def _leg(
    move: str, amount: Decimal, sub_fund: str, area_id: int, institution_id: int | None = None, payer: str = ""
) -> Leg:
    way = MOVES[move]
    return Leg(way.debit, way.credit, amount, sub_fund, area_id, institution_id, payer)


def book_opening(city: Area, on: date, amounts: Iterable[tuple[str, int, Decimal]], by: Staff | None) -> Entry:
    """Book what earlier years left in the special account when these books begin: (sub-fund, county id, yuan)."""
    legs = [_leg("opening", amount, sub_fund, county) for sub_fund, county, amount in amounts]
    return book(f"opening:{city.code}", city, on, "历年滚存结余转入", legs, by)


def book_payments(batch: Batch, on: date, by: Staff | None) -> Entry:
    """Book a payment file by county, year and payer: this year's income, money for next year, money not matched.

    `on` is the day the file's money stands in the special account; amounts in yuan. A file books once.
    """
    counties = areas.county_of()
    sums: dict[tuple[str, int], Decimal] = {}
    lines = Payment.objects.filter(batch=batch).money().annotate(wanted=Coalesce("meant_year", "year"))
    rows = lines.values("state", "wanted", "area_id").annotate(amount=Sum("amount")).order_by()
    for row in rows:
        if row["state"] != Payment.State.MATCHED:
            move = "unmatched"
        elif row["wanted"] > on.year:
            move = "contribution_for_next_year"
        else:
            move = "contribution"
        key = (move, counties[row["area_id"]])
        sums[key] = sums.get(key, Decimal(0)) + row["amount"]
    # What paid for cover and was given back before the file was booked: the refund takes it out of income again.
    back = Refund.objects.filter(payment__batch=batch, payment__state=Payment.State.REFUND, counted=True)
    for year, area_id, amount in back.exclude(paid_on=None).values_list("year", "payment__area_id", "paid"):
        came_as = "contribution_for_next_year" if year > on.year else "contribution"
        for move, sign in (("unmatched", -1), (came_as, 1)):
            key = (move, counties[area_id])
            sums[key] = sums.get(key, Decimal(0)) + sign * amount
    legs = [
        _leg(move, amount, SubFund.INPATIENT, county, payer=Due.Payer.INDIVIDUAL)
        for (move, county), amount in sorted(sums.items())
    ]
    memo = f"缴费文件 {batch.file_name}"
    return book(f"payments:{batch.pk}", areas.city_of(batch.area), on, memo[:200], legs, by)


def book_waiting_payments(month: Month, by: Staff, at: datetime) -> int:
    """Book every payment file that keeps this month from closing, each on the day it was taken; answers how many."""
    with transaction.atomic():
        waiting = list(months.payments_unbooked(month).select_related("area"))
        for batch in waiting:
            book_payments(batch, timezone.localdate(batch.taken_at), by)
        sponsors = list(months.sponsors_unbooked(month).select_related("sponsorship__period", "sponsorship__area"))
        for payment in sponsors:
            book_sponsor(payment, by)
        detail = {"batches": [batch.pk for batch in waiting], "sponsors": [payment.pk for payment in sponsors]}
        audit.record(by, "funds.book_payments", f"month:{month}", detail, at=at)
    return len(waiting) + len(sponsors)


def book_paid_by_others(period: CollectionPeriod, on: date, by: Staff | None) -> Entry:
    """Book what government and funds pay of the individual contributions of one period, by county and payer.

    Not what sponsors pay: their money is booked payment by payment, when it has come (`book_sponsor`).
    """
    others = ~Q(payer__in=[Due.Payer.INDIVIDUAL, Due.Payer.SUBSIDY, Due.Payer.NONE])
    legs = _dues(period, others & Q(sponsorship=None), on)
    memo = f"{period.year} 年度资助参保资金"
    return book(f"sponsored:{period.pk}", period.area, on, memo, legs, by)


def book_sponsor(payment: SponsorPayment, by: Staff | None) -> Entry:
    """Book the one payment of a sponsor on the day of the money, by the counties of the people it is for."""
    sponsorship, counties = payment.sponsorship, areas.county_of()
    move = "contribution_for_next_year" if sponsorship.period.year > payment.received_on.year else "contribution"
    rows = Due.kept.filter(settled_by=payment).values("enrollment__area_id").annotate(amount=Sum("amount")).order_by()
    sums: dict[int, Decimal] = {}
    for row in rows:
        county = counties[row["enrollment__area_id"]]
        sums[county] = sums.get(county, Decimal(0)) + row["amount"]
    legs = [
        _leg(move, amount, SubFund.INPATIENT, county, payer=sponsorship.kind) for county, amount in sorted(sums.items())
    ]
    memo = f"{sponsorship.name} 资助 {sponsorship.period.year} 年度参保"
    return book(f"sponsor:{payment.pk}", areas.city_of(sponsorship.area), payment.received_on, memo[:200], legs, by)


def _dues(period: CollectionPeriod, which: Q, on: date) -> list[Leg]:
    counties = areas.county_of()
    move = "contribution_for_next_year" if period.year > on.year else "contribution"
    sums: dict[tuple[int, str], Decimal] = {}
    rows = Due.objects.filter(which, enrollment__period=period, enrollment__state=Enrollment.State.COVERED)
    for row in rows.values("payer", "enrollment__area_id").annotate(amount=Sum("amount")).order_by():
        key = (counties[row["enrollment__area_id"]], row["payer"])
        sums[key] = sums.get(key, Decimal(0)) + row["amount"]
    return [
        _leg(move, amount, SubFund.INPATIENT, county, payer=payer) for (county, payer), amount in sorted(sums.items())
    ]


def book_year_begins(period: CollectionPeriod, by: Staff | None) -> Entry:
    """On 1 January what was received for the year becomes its income, county by county."""
    on = date(period.year, 1, 1)
    held = balances(Posting.objects.filter(entry__month__area=period.area, entry__booked_on__lt=on), NEXT_YEAR)
    legs = [
        _leg("next_year_begins", amount, sub_fund, county, payer=payer)
        for (sub_fund, county, payer), amount in sorted(held.items())
    ]
    memo = f"{period.year} 年度预收缴费转为收入"
    return book(f"year:{period.pk}", period.area, on, memo, legs, by)


def balances(postings: QuerySet[Posting], code: str) -> dict[tuple[str, int, str], Decimal]:
    """Credit less debit of one account by sub-fund, county and payer, leaving out what is zero (yuan)."""
    kept: dict[tuple[str, int, str], Decimal] = {}
    for side, sign in (("credit__code", 1), ("debit__code", -1)):
        rows = postings.filter(**{side: code}).values("sub_fund", "area_id", "payer").annotate(sum=Sum("amount"))
        for row in rows.order_by():
            key = (row["sub_fund"], row["area_id"], row["payer"])
            kept[key] = kept.get(key, Decimal(0)) + sign * row["sum"]
    return {key: amount for key, amount in kept.items() if amount}


def book_subsidy(period: CollectionPeriod, on: date, outpatient_per_head: Decimal, by: Staff | None) -> Entry:
    """Book the public subsidy for the verified payers (JZ06.2), the outpatient pool's part of it apart (JZ12.1).

    `outpatient_per_head` in yuan a year; zero where the regulation sets no such part aside.
    """
    counties = areas.county_of()
    amounts: dict[int, tuple[Decimal, int]] = {}
    rows = (
        Due.objects.filter(payer=Due.Payer.SUBSIDY, enrollment__period=period)
        .filter(enrollment__state=Enrollment.State.COVERED)
        .values_list("enrollment__area_id", "amount")
    )
    for area_id, amount in rows.iterator():
        total, heads = amounts.get(counties[area_id], (Decimal(0), 0))
        amounts[counties[area_id]] = (total + amount, heads + 1)
    legs: list[Leg] = []
    for county, (total, heads) in sorted(amounts.items()):
        pool = min(total, outpatient_per_head * heads)
        legs += [
            _leg("subsidy", total - pool, SubFund.INPATIENT, county, payer=Due.Payer.SUBSIDY),
            _leg("subsidy", pool, SubFund.OUTPATIENT, county, payer=Due.Payer.SUBSIDY),
        ]
    memo = f"{period.year} 年度财政补助"
    return book(f"subsidy:{period.pk}", period.area, on, memo, legs, by)


def book_premium(period: CollectionPeriod, on: date, per_head: Decimal, by: Staff | None) -> Entry:
    """Pay the critical-illness premium for everyone covered, by county (JZ06.3); `per_head` in yuan a year."""
    counties = areas.county_of()
    heads: dict[int, int] = {}
    for area_id in period.enrollments.filter(state=Enrollment.State.COVERED).values_list("area_id", flat=True):
        heads[counties[area_id]] = heads.get(counties[area_id], 0) + 1
    legs = [_leg("premium", per_head * n, SubFund.INPATIENT, county) for county, n in sorted(heads.items())]
    memo = f"{period.year} 年度大病保险费"
    return book(f"premium:{period.pk}", period.area, on, memo, legs, by)


def book_allocation(
    city: Area, first_day: date, on: date, amounts: Iterable[tuple[str, int, Decimal]], by: Staff | None
) -> Entry:
    """Allocate a month's money from the special to the expenditure account: (sub-fund, county id, yuan)."""
    legs = [_leg("allocation", amount, sub_fund, county) for sub_fund, county, amount in amounts]
    memo = f"{first_day:%Y-%m} 用款拨付"
    return book(f"allocation:{city.code}:{first_day:%Y-%m}", city, on, memo, legs, by)


def book_settlement(settlement: Settlement, on: date, by: Staff | None) -> Entry:
    """Book a paid settlement: the fund's part, the deposit withheld, and what was advanced for other payers.

    Heads are paid for out of the outpatient pool (XZ26.2, BZ13.2); else each pool carries what was claimed from it.
    """
    parts = settlement.items.values("claim__benefit").annotate(basic=Sum("basic")).order_by()
    outpatient = sum((row["basic"] for row in parts if row["claim__benefit"] == "outpatient"), Decimal(0))
    basic = sum((row["basic"] for row in parts), Decimal(0))
    # Volume control and deposit fall on both pools in the proportion of what was claimed from them.
    share = min(max(outpatient / basic, Decimal(0)), Decimal(1)) if basic else Decimal(0)
    if settlement.method == Agreement.Method.CAPITATION:
        share = Decimal(1)
    legs: list[Leg] = []
    for move, amount in (("benefit", settlement.payable), ("deposit_withheld", settlement.deposit)):
        pool = yuan(amount * share)
        legs += [
            _leg(move, amount - pool, SubFund.INPATIENT, settlement.area_id, settlement.institution_id),
            _leg(move, pool, SubFund.OUTPATIENT, settlement.area_id, settlement.institution_id),
        ]
    for payer in ("critical_illness", "assistance", "charity"):
        legs.append(
            _leg(
                "advance_for_others",
                getattr(settlement, payer),
                SubFund.INPATIENT,
                settlement.area_id,
                settlement.institution_id,
                payer,
            )
        )
    memo = f"{settlement.institution} {settlement.first_day:%Y-%m} 结算"
    return book(f"settlement:{settlement.pk}", areas.city_of(settlement.area), on, memo[:200], legs, by)


def book_redress(redress: Redress, on: date, by: Staff | None) -> Entry:
    """Book what a person was paid further for a settled claim, or gave back, payer by payer."""
    made = redress.adjustment
    claim = made.claim
    pool = SubFund.OUTPATIENT if claim.benefit == "outpatient" else SubFund.INPATIENT
    legs = [_leg("benefit" if made.basic > 0 else "recovery", abs(made.basic), pool, claim.area_id)]
    for payer in ("critical_illness", "assistance", "charity"):
        amount = getattr(made, payer)
        move = "advance_for_others" if amount > 0 else "advance_returned"
        legs.append(_leg(move, abs(amount), SubFund.INPATIENT, claim.area_id, payer=payer))
    memo = f"结算单 {claim.number} {'补付' if made.total > 0 else '追回'}"
    return book(f"redress:{redress.pk}", areas.city_of(claim.area), on, memo[:200], legs, by)


def book_advances_returned(city: Area, first_day: date, on: date, by: Staff | None) -> Entry:
    """Book what insurer, assistance and charity paid back of everything advanced for them so far, payer by payer."""
    owed = balances(Posting.objects.filter(entry__month__area=city, entry__booked_on__lte=on), ADVANCED)
    legs = [
        _leg("advance_returned", -amount, sub_fund, county, payer=payer)
        for (sub_fund, county, payer), amount in sorted(owed.items())
        if amount < 0
    ]
    memo = f"{first_day:%Y-%m} 收回代付款"
    return book(f"advances:{city.code}:{first_day:%Y-%m}", city, on, memo, legs, by)


def book_interest(city: Area, document: str, on: date, amount: Decimal, by: Staff | None) -> Entry:
    """Book interest of the special account (JZ29); `document` is the bank's own number, which books once."""
    return book(
        f"interest:{document}", city, on, "财政专户利息", [_leg("interest", amount, SubFund.INPATIENT, city.pk)], by
    )


def book_reserve(period: CollectionPeriod, on: date, amount: Decimal, by: Staff | None) -> Entry:
    """Set the year's risk reserve aside (BZ35.1); `amount` in yuan, the regulation's share of budgeted income."""
    if amount <= 0:
        raise CannotBook(_("风险储备金应大于零。"))
    memo = f"{period.year} 年度风险储备金"
    return book(
        f"reserve:{period.pk}", period.area, on, memo, [_leg("reserve", amount, SubFund.RESERVE, period.area_id)], by
    )
