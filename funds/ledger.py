"""The books' only gate: an entry of two-ended postings for a document, once for ever, and its mirror at most once."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from funds.models import Account, Entry, Month, Posting
from office.models import Area, Staff
from office.refusal import Refusal

SubFund = Posting.SubFund


class CannotBook(Refusal):
    """The books do not take this: no open month, nothing to book, or a second reversal."""


class Leg(NamedTuple):
    """One movement: `amount` yuan (more than zero) from the `credit` account to the `debit` account, by code."""

    debit: str
    credit: str
    amount: Decimal
    sub_fund: str
    area_id: int
    institution_id: int | None = None
    payer: str = ""


def month_for(city: Area, on: date) -> Month:
    """The open month that takes a document of this day: its own, or the next open one after a close.

    Held until the transaction ends: whoever closes it waits for the entry, and the entry finds it closed or open for
    good. Refused with CannotBook where no month is open from that day on.
    """
    month = (
        Month.objects.select_for_update()
        .filter(area=city, first_day__gte=on.replace(day=1), state=Month.State.OPEN)
        .order_by("first_day")
        .first()
    )
    if month is None:
        raise CannotBook(_("%(month)s 起没有开放的会计月份，请先开设月份。") % {"month": f"{on:%Y-%m}"})
    return month


def book(
    source: str, city: Area, on: date, memo: str, legs: Iterable[Leg], by: Staff | None, reverses: Entry | None = None
) -> Entry:
    """Book a document once: the same `source` a second time changes nothing and gives the entry that stands.

    Legs of zero are left out; refused with CannotBook where nothing is left or no month is open.
    """
    standing = Entry.objects.filter(source=source).first()
    if standing is not None:
        return standing
    moved = [leg for leg in legs if leg.amount]
    if not moved:
        raise CannotBook(_("%(memo)s：金额为零，无可记账。") % {"memo": memo})
    accounts = dict(Account.objects.values_list("code", "id"))
    try:
        with transaction.atomic():
            entry = Entry.objects.create(
                month=month_for(city, on), source=source, memo=memo, booked_on=on, booked_by=by, reverses=reverses
            )
            Posting.objects.bulk_create(_postings(entry, moved, accounts), batch_size=1000)
    except IntegrityError:
        # Somebody booked the same document between our look and our write; anything else is a true refusal.
        standing = Entry.objects.filter(source=source).first()
        if standing is None:
            raise
        return standing
    return entry


def _postings(entry: Entry, legs: Sequence[Leg], accounts: dict[str, int]) -> list[Posting]:
    return [
        Posting(
            entry=entry,
            leg=number,
            debit_id=accounts[leg.debit],
            credit_id=accounts[leg.credit],
            amount=leg.amount,
            sub_fund=leg.sub_fund,
            area_id=leg.area_id,
            institution_id=leg.institution_id,
            payer=leg.payer,
        )
        for number, leg in enumerate(legs, start=1)
    ]


def reverse(entry: Entry, on: date, why: str, by: Staff | None) -> Entry:
    """Take an entry back by its mirror in an open month. Refused with CannotBook the second time."""
    if Entry.objects.filter(reverses=entry).exists():
        raise CannotBook(_("凭证 %(number)s 已冲销，不能再次冲销。") % {"number": entry.pk})
    mirror = [
        Leg(
            posting.credit.code,
            posting.debit.code,
            posting.amount,
            posting.sub_fund,
            posting.area_id,
            posting.institution_id,
            posting.payer,
        )
        for posting in entry.postings.select_related("debit", "credit")
    ]
    memo = f"冲销：{entry.memo}（{why}）"
    return book(f"reversal:{entry.pk}", entry.month.area, on, memo[:200], mirror, by, reverses=entry)
