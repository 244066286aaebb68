"""Held money that found its person goes from what is held into income, or into what is kept for next year."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from enrollment.models import Due
from funds import held, months
from funds.booking import HELD, MOVES, SPECIAL
from funds.held import Release
from funds.ledger import Leg, SubFund, book
from funds.models import Entry, Month
from funds.refunding import begun
from office import areas, audit
from office.models import Area, Staff


def book_release(release: Release, city: Area, by: Staff | None) -> Entry:
    """Book one payment that was matched after its file was booked, under its own number, which books once.

    Money that was held in the books of another county than its person's leaves them by the special account.
    """
    payment = release.payment
    on = timezone.localdate(payment.settled_at)
    kept = payment.wanted_year > on.year and payment.wanted_year not in begun(city)
    way = MOVES["release_for_next_year" if kept else "release"]
    county = areas.county_of()[payment.area_id]

    def leg(debit: str, credit: str, area_id: int) -> Leg:
        return Leg(debit, credit, payment.amount, SubFund.INPATIENT, area_id, payer=Due.Payer.INDIVIDUAL)

    if county == release.county:
        legs = [leg(way.debit, way.credit, county)]
    else:
        legs = [leg(HELD, SPECIAL, release.county), leg(SPECIAL, way.credit, county)]
    return book(f"release:{payment.pk}", city, on, f"{way.meaning} {payment.receipt}", legs, by)


def book_waiting_releases(month: Month, by: Staff, at: datetime) -> int:
    """Book every release that keeps this month from closing; answers how many."""
    with transaction.atomic():
        waiting = held.releases(month.area, months.next_month(month.first_day))
        for release in waiting:
            book_release(release, month.area, by)
        told = {"payments": [release.payment.pk for release in waiting]}
        audit.record(by, "funds.book_releases", f"month:{month}", told, at=at)
    return len(waiting)
