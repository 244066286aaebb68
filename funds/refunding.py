"""Refunds in the books: out of what the money had become, on the day on which the bank paid it back."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from enrollment.models import CollectionPeriod, Due, Refund
from funds import months
from funds.booking import MOVES
from funds.ledger import CannotBook, Leg, SubFund, book
from funds.models import Entry, Month
from office import areas, audit
from office.models import Area, Staff


def move_of(refund: Refund, begun: Collection[int]) -> str:
    """Which movement a refund is: out of income, of what is kept for next year, or of what is only held.

    `begun` are the years whose advance payments have become income already: of those nothing is kept any more.
    """
    if not refund.counted:
        return "refund_of_held"
    next_year = refund.year > refund.paid_on.year and refund.year not in begun
    return "refund_of_next_year" if next_year else "refund"


def book_refunds(refunds: Collection[Refund], city: Area, by: Staff | None) -> list[Entry]:
    """Book paid refunds, each under its own number, which books once. Refused with CannotBook: one not paid yet."""
    if any(refund.state != Refund.State.PAID for refund in refunds):
        raise CannotBook(_("只有已支付的退费才能入账。"))
    counties, years = areas.county_of(), begun(city)
    entries = []
    for refund in refunds:
        way = MOVES[move_of(refund, years)]
        county = counties[refund.area_id]
        leg = Leg(way.debit, way.credit, refund.amount, SubFund.INPATIENT, county, payer=Due.Payer.INDIVIDUAL)
        entries.append(book(f"refund:{refund.pk}", city, refund.paid_on, f"{way.meaning} {refund}", [leg], by))
    return entries


def begun(city: Area) -> set[int]:
    """The years of this city that have begun in the books."""
    periods = dict(CollectionPeriod.objects.filter(area=city).values_list("pk", "year"))
    sources = {f"year:{pk}": year for pk, year in periods.items()}
    booked = Entry.objects.filter(source__in=sources).values_list("source", flat=True)
    return {sources[source] for source in booked}


def book_waiting_refunds(month: Month, by: Staff, at: datetime) -> int:
    """Book every paid refund that keeps this month from closing; answers how many."""
    with transaction.atomic():
        waiting = list(months.refunds_unbooked(month))
        book_refunds(waiting, month.area, by)
        told = {"refunds": [str(refund) for refund in waiting]}
        audit.record(by, "funds.book_refunds", f"month:{month}", told, at=at)
    return len(waiting)
