"""The demo city's year: from the autumn in which 2025 is paid for to the December in which 2026 is."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from time import perf_counter
from typing import Final

from django.db import transaction
from django.db.models import Sum

from demo import cataloguing, contracting, debits, filing, following, joining, returning, stories
from demo import city as cities
from demo.city import FOUNDED, CannotBuild, City, moment
from demo.joining import Joining
from demo.people import Drawer
from demo.treating import Treating
from enrollment import opening
from enrollment.models import CollectionPeriod, Enrollment, Resident
from funds import auditing, booking, months, settlement, statements
from funds.models import Month, Posting, Settlement
from funds.months import next_month
from office import notices
from office.models import Area
from policies.money import yuan

TODAY: Final = date(2025, 12, 16)  # the day on which the demo is left to whoever opens it
SMALLEST: Final = 400
_HUNDRED: Final = Decimal(100)
_QUARTER: Final = Decimal("0.0035")  # interest of a quarter, as a part of what lies in the special account


class Year:
    """Month after month of the office's life, on the days on which an office does these things."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.joining = Joining(city, Drawer(city.lots, stories.NAMES))
        self.treating = Treating(city)
        self.periods: dict[int, CollectionPeriod] = {}
        self.claims = 0

    def live(self) -> None:
        """From the founding to TODAY."""
        cataloguing.take_catalogues(self.city)
        first = FOUNDED
        while first <= TODAY:
            self._follow_up(first)
            self._autumn(first)
            self._happen(first)
            last = min(next_month(first) - timedelta(days=1), TODAY)
            for period in self.periods.values():
                self.joining.tax_file(period, last)
            if first.year == 2025:
                self.claims += self.treating.month(first, last)
            if first.month % 3 == 0 and first.year == 2025 and last < TODAY:
                self._interest(last)
            self.city.tell(f"  {first:%Y-%m}：参保 {self._covered(last)} 人，累计申报 {self.claims} 笔")
            first = next_month(first)
        joining.leave_waiting(self.city, self.joining.drawer, TODAY)
        self.treating.leave_waiting(TODAY)
        if 2026 in self.periods:
            returning.leave_refunds(self.city, self.joining, self.periods[2026], TODAY)
        returning.reconcile(self.city, TODAY)
        contracting.admit(self.city, TODAY)

    def _covered(self, day: date) -> int:
        return Enrollment.objects.filter(benefits_from__lte=day, benefits_until__gte=day).count()

    # --- who joins ----------------------------------------------------------------------------------------------
    def _autumn(self, first: date) -> None:
        """In the first month of the window the collection for the next year opens and everybody is put down."""
        year = first.year + 1
        if year > 2026 or year in self.periods or first < date(2024, 9, 1):
            return
        city, join = self.city, self.joining
        if first.month < _opens(city, year).month:
            return
        period = self.periods[year] = joining.open_period(city, year)
        if year == 2025:
            join.villages(period)
            join.school(period)
            join.counter(period)
            filing.file_papers(city, period)
            join.certify(period)
            join.intend(period, period.opens_on + timedelta(days=15), period.closes_on, 0.90, 0.045)
            city.tell(f"  {year} 年度名册：登记 {Resident.objects.count()} 人")
            following.set_targets(city, period, period.opens_on + timedelta(days=14))
        else:
            joining.renew(city, period)
            joining.beside(city, period)
            join.intend(period, period.opens_on + timedelta(days=3), date(2025, 12, 14), 0.72, 0.0)
            city.tell(f"  {year} 年度续保：{period.enrollments.count()} 人")
            following.set_targets(city, period, period.opens_on + timedelta(days=2))

    def _happen(self, first: date) -> None:
        """What belongs to one month only."""
        city, accountant = self.city, self.city.accountant
        period = self.periods.get(2025)
        if period is None:
            return
        match (first.year, first.month):
            case (2024, 11):
                debits.live(city, period)
            case (2024, 12):
                self.joining.others_pay(period, date(2024, 12, 12))
            case (2025, 1):
                booking.book_year_begins(period, accountant)
            case (2025, 3):
                self.joining.newborn(period)
                per_head = Decimal(city.facts["outpatient_per_head"])
                booking.book_subsidy(period, date(2025, 3, 14), per_head, accountant)
                self._reserve(period)
            case (2025, 4):
                booking.book_premium(period, date(2025, 4, 10), self._premium(), accountant)
            case (2025, 6):
                self.treating.refer()
            case (2025, 7):
                self.joining.identity_card()
            case (2025, 9):
                self.joining.endings()
            case (2025, 12):
                self.joining.others_pay(self.periods[2026], date(2025, 12, 5))
                following.certify(city, period, date(2025, 12, 8))
            case _:
                pass

    def _premium(self) -> Decimal:
        """Yuan a head: the regulation's figure, or the city's sample."""
        if "premium" in self.city.facts:
            return Decimal(self.city.facts["premium"])
        rules = notices.regulation(self.city.policy).rules(date(2025, 4, 10))
        return Decimal(rules("critical_illness.premium").value)

    def _reserve(self, period: CollectionPeriod) -> None:
        """The risk reserve, as a part of the year's contributions and subsidies [BZ35.1]."""
        share = Decimal(self.city.facts["reserve_share"])
        balance = statements.trial_balance(self.city.area)
        income = sum(
            (line.balance for line in balance.lines if line.account.code in (booking.CONTRIBUTIONS, booking.SUBSIDIES)),
            Decimal(0),
        )
        if share:
            booking.book_reserve(period, date(2025, 3, 20), yuan(share * income), self.city.accountant)

    def _interest(self, on: date) -> None:
        lines = statements.trial_balance(self.city.area).lines
        held = sum((line.balance for line in lines if line.account.code == booking.SPECIAL), Decimal(0))
        booking.book_interest(self.city.area, f"利息单{on:%Y%m}", on, yuan(held * _QUARTER), self.city.accountant)

    # --- what is paid -------------------------------------------------------------------------------------------
    def _follow_up(self, first: date) -> None:
        """What an office does about the month before: review, settle, collect what was advanced, pay, close."""
        before = (first - timedelta(days=1)).replace(day=1)
        if before < FOUNDED:
            return
        unpaid = first >= TODAY.replace(day=1)
        if before.year == 2025:
            self.treating.answer(first.replace(day=2))
            self.treating.decide(before, first.replace(day=3))
            self._settle(before, first, pay=not unpaid)
        if not unpaid:
            for month in Month.objects.filter(area=self.city.area, first_day=before):
                months.close(month, self.city.accountant, moment(first.replace(day=20), 17))

    def _settle(self, month: date, first: date, *, pay: bool) -> None:
        city, area = self.city, self.city.area
        job = settlement.start(area, city.policy, month, city.accountant, moment(first.replace(day=5)))
        city.finish(job, moment(first.replace(day=5), 9, 1))
        drafts = list(Settlement.objects.filter(first_day=month).order_by("institution"))
        settlement.approve(drafts, city.staff["rechecker"], moment(first.replace(day=8), 10))
        if not pay or not drafts:
            return
        entries = Posting.objects.filter(entry__month__area=area)
        if any(amount < 0 for amount in booking.balances(entries, booking.ADVANCED).values()):
            booking.book_advances_returned(area, month, first.replace(day=9), city.accountant)
        if lacking := _lacking(area, drafts):
            booking.book_allocation(area, month, first.replace(day=10), lacking, city.accountant)
        for draft in Settlement.objects.filter(first_day=month).select_related("institution", "area"):
            settlement.pay(draft, first.replace(day=12), city.accountant, moment(first.replace(day=12), 14))


def _opens(city: City, year: int) -> date:
    return opening.window(city.policy, year).opens


def _lacking(city: Area, drafts: list[Settlement]) -> list[tuple[str, int, Decimal]]:
    """What the expenditure account lacks for these settlements, by sub-fund and county, in full hundreds of yuan."""
    needed: dict[tuple[str, int], Decimal] = {}
    for draft in drafts:
        visits = draft.items.filter(claim__benefit="outpatient").aggregate(sum=Sum("basic"))["sum"] or Decimal(0)
        whole = draft.items.aggregate(sum=Sum("basic"))["sum"] or Decimal(0)
        pool = yuan(draft.payable * (visits / whole)) if whole else Decimal(0)
        rest = draft.payable - pool + draft.critical_illness + draft.assistance + draft.charity
        for sub_fund, amount in ((Posting.SubFund.OUTPATIENT, pool), (Posting.SubFund.INPATIENT, rest)):
            key = sub_fund.value, draft.area_id
            needed[key] = needed.get(key, Decimal(0)) + amount
    held = booking.balances(Posting.objects.filter(entry__month__area=city), booking.EXPENDITURE)
    for (sub_fund, county, _payer), credit in held.items():
        if (sub_fund, county) in needed:
            needed[sub_fund, county] += credit
    return [
        (sub_fund, county, (amount / _HUNDRED).to_integral_value(ROUND_CEILING) * _HUNDRED)
        for (sub_fund, county), amount in sorted(needed.items())
        if amount > 0
    ]


def build(
    word: str = "jinzhong",
    size: int = 1200,
    tell: Callable[[str], object] = print,
    books_until: date = TODAY,
) -> City:
    """Build the demo city of this name with about so many residents: all of it or nothing.

    The story ends on TODAY; the books stay open up to `books_until`, so that whoever opens the demo later can pay and
    book on the day of that.

    Refused with CannotBuild where somebody is registered already, for an unknown city or one too small to carry the
    illnesses of the stories, and where the auditor finds anything in what was built.
    """
    if size < SMALLEST:
        raise CannotBuild(f"演示城市至少要有 {SMALLEST} 人，才付得起故事里的大病")
    if Resident.objects.exists():
        raise CannotBuild("库中已有居民，演示城市只能载入空库。请换一个数据库，或运行 make clean 后重试。")
    began = perf_counter()
    with transaction.atomic():
        city = cities.found(word, size, tell, max(books_until, TODAY))
        Year(city).live()
        if found := list(auditing.findings()):
            raise CannotBuild(f"演示城市账实不符：{found[0]}")
    tell(f"演示城市已建成，用时 {perf_counter() - began:.0f} 秒，核对全部相符")
    return city
