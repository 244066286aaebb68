"""What the books say: trial balance, income and expenditure by month, county and sub-fund, from postings alone."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncMonth

from funds.models import Account, Posting
from office.models import Area

ZERO = Decimal("0.00")
SUB_FUNDS = Posting.SubFund.choices


class Line(NamedTuple):
    """One account: what moved on its two sides, and the balance on the side where its kind normally stands (yuan)."""

    account: Account
    debit: Decimal
    credit: Decimal

    @property
    def balance(self) -> Decimal:
        sign = 1 if self.account.kind in (Account.Kind.ASSET, Account.Kind.EXPENDITURE) else -1
        return sign * (self.debit - self.credit)


class TrialBalance(NamedTuple):
    lines: list[Line]

    @property
    def debit(self) -> Decimal:
        return sum((line.debit for line in self.lines), ZERO)

    @property
    def credit(self) -> Decimal:
        return sum((line.credit for line in self.lines), ZERO)

    @property
    def difference(self) -> Decimal:
        """Zero, or somebody reached behind the books."""
        return self.debit - self.credit


def _postings(city: Area, since: date | None, until: date | None) -> QuerySet[Posting]:
    rows = Posting.objects.filter(entry__month__area=city)
    if since:
        rows = rows.filter(entry__month__first_day__gte=since)
    if until:
        rows = rows.filter(entry__month__first_day__lte=until)
    return rows


def trial_balance(city: Area, since: date | None = None, until: date | None = None) -> TrialBalance:
    """Every account that moved in the months from `since` to `until` (first days, inclusive). Three queries."""
    postings = _postings(city, since, until)
    debit = dict(postings.order_by().values_list("debit").annotate(Sum("amount")))
    credit = dict(postings.order_by().values_list("credit").annotate(Sum("amount")))
    return TrialBalance(
        [
            Line(account, debit.get(account.pk, ZERO), credit.get(account.pk, ZERO))
            for account in Account.objects.filter(pk__in=debit.keys() | credit.keys())
        ]
    )


class Flow(NamedTuple):
    """Income, expenditure and what is left, in yuan."""

    label: Any
    income: Decimal
    expenditure: Decimal

    @property
    def surplus(self) -> Decimal:
        return self.income - self.expenditure


def flows(city: Area, by: str, since: date | None = None, until: date | None = None) -> list[Flow]:
    """Income and expenditure by "month", "area" (county) or "sub_fund". Two queries.

    Income is what stands on income accounts on the credit side less the debit side, expenditure the other way round.
    """
    postings = _postings(city, since, until).order_by()
    if by == "month":
        postings = postings.annotate(label=TruncMonth("entry__month__first_day"))
        group = "label"
    else:
        group = {"area": "area__name", "sub_fund": "sub_fund"}[by]
    sums: defaultdict[tuple[Any, str], Decimal] = defaultdict(lambda: ZERO)
    for side, sign in (("debit", 1), ("credit", -1)):
        kinds = [Account.Kind.INCOME, Account.Kind.EXPENDITURE]
        rows = postings.filter(**{f"{side}__kind__in": kinds}).values_list(group, f"{side}__kind")
        for label, kind, amount in rows.annotate(sum=Sum("amount")):
            sums[label, kind] += amount if (sign == 1) == (kind == Account.Kind.EXPENDITURE) else -amount
    labels: Iterable[Any] = dict.fromkeys(sorted(label for label, _kind in sums))
    return [Flow(label, sums[label, Account.Kind.INCOME], sums[label, Account.Kind.EXPENDITURE]) for label in labels]
