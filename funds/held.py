"""Money that was booked as held and found its person since: what is owed to the books, payment by payment."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from django.db.models import F, Sum

from enrollment.models import Payment, Refund
from funds.models import Entry, Posting
from office import areas
from office.models import Area
from policies.money import ZERO

HELD: Final = "2101"  # 暂收款: deposits withheld, money not yet matched


class Release(NamedTuple):
    """A payment that is matched now, and the county in whose books its money is held."""

    payment: Payment
    county: int


def releases(city: Area, until: date) -> list[Release]:
    """Payments that were booked as held, were matched before `until` and have no entry that says so.

    A file was booked at one moment, so of its payments that were settled by hand the ones settled last are those that
    were held then: as many as the books still hold beyond what is held now.
    """
    settled = Payment.objects.filter(
        state=Payment.State.MATCHED, settled_at__isnull=False, settled_at__date__lt=until,
        batch__area__path__startswith=city.path,
    )  # fmt: skip
    files: dict[int, list[Payment]] = defaultdict(list)
    rows = settled.select_related("batch__area").defer("batch__content", "batch__plan", "id_number")
    for payment in rows.order_by("-settled_at", "-pk"):
        files[payment.batch_id].append(payment)
    booked = _sources(f"payments:{batch}" for batch in files)
    done = _sources(f"release:{payment.pk}" for payments in files.values() for payment in payments)
    counties = areas.county_of()
    found = []
    for batch, payments in files.items():
        if f"payments:{batch}" in booked:
            found += _owed(batch, [p for p in payments if f"release:{p.pk}" not in done], payments, counties)
    return sorted(found, key=lambda one: one.payment.pk)


def _sources(names: Iterable[str]) -> set[str]:
    return set(Entry.objects.filter(source__in=list(names)).values_list("source", flat=True))


def _owed(batch: int, waiting: list[Payment], payments: list[Payment], counties: dict[int, int]) -> list[Release]:
    beyond = _booked(batch, payments)
    for county, amount in _now(batch, counties).items():
        beyond[county] = beyond.get(county, ZERO) - amount
    found = []
    for payment in waiting:
        if sum(beyond.values(), ZERO) < payment.amount:
            break
        county = counties[payment.area_id]
        if beyond.get(county, ZERO) < payment.amount:  # nobody was known: it was held where the file belongs
            county = counties[payment.batch.area_id]
        beyond[county] = beyond.get(county, ZERO) - payment.amount
        found.append(Release(payment, county))
    return found


def _booked(batch: int, payments: list[Payment]) -> dict[int, Decimal]:
    """What the books hold of a file by county: what its entry put there, less what was released since."""
    sources = [f"payments:{batch}", *(f"release:{payment.pk}" for payment in payments)]
    postings = Posting.objects.filter(entry__source__in=sources)
    held: dict[int, Decimal] = {}
    for side, sign in (("credit__code", 1), ("debit__code", -1)):
        rows = postings.filter(**{side: HELD}).values("area_id").annotate(sum=Sum("amount")).order_by()
        for row in rows:
            held[row["area_id"]] = held.get(row["area_id"], ZERO) + sign * row["sum"]
    return held


def _now(batch: int, counties: dict[int, int]) -> dict[int, Decimal]:
    """What of a file's money has no person now; what counted and was given back was never held."""
    back = Refund.objects.filter(payment__batch=batch, payment__state=Payment.State.REFUND, counted=True)
    rows = Payment.objects.filter(batch=batch).money().exclude(state=Payment.State.MATCHED)
    rows = rows.exclude(pk__in=back.values("payment"))
    held: dict[int, Decimal] = {}
    for row in rows.values("area_id").annotate(sum=Sum(F("amount"))).order_by():
        county = counties[row["area_id"]]
        held[county] = held.get(county, ZERO) + row["sum"]
    return held
