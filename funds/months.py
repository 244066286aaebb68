"""Months of the books: opened in order, closed in order, and only when nothing is owed and unbooked."""

from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import CharField, Count, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from claims.models import Claim
from enrollment import payments
from enrollment.models import Payment, Refund, SponsorPayment
from funds import held
from funds.models import Entry, Month, Settlement
from office import audit
from office.models import Area, Batch, Job, Staff
from office.refusal import Refusal


class CannotClose(Refusal):
    """The month stays open: an earlier one is open, or something is owed and not booked."""


def next_month(day: date) -> date:
    """First day of the month after the one this day lies in."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def open_until(city: Area, first: date, last: date) -> list[Month]:
    """Open every month from `first` to `last` (any days of them) that does not stand yet."""
    day, wanted = first.replace(day=1), []
    while day <= last:
        wanted.append(Month(area=city, first_day=day))
        day = next_month(day)
    Month.objects.bulk_create(wanted, ignore_conflicts=True)
    return list(Month.objects.filter(area=city, first_day__range=(first.replace(day=1), last)).order_by("first_day"))


class Unbooked(NamedTuple):
    """Something that happened and does not stand in the books yet."""

    kind: str
    what: str
    count: int


def unbooked(month: Month) -> list[Unbooked]:
    """What is owed and not booked up to the end of the month.

    Payment files, held money that found its person, paid refunds, reviewed claims for which nobody started the month
    end, unpaid settlements of earlier months, and a month end that is not through.
    """
    end = next_month(month.first_day)
    city = month.area.path
    settlements = Settlement.objects.filter(area__path__startswith=city, first_day__lt=month.first_day).exclude(
        state=Settlement.State.PAID
    )
    month_end = Job.objects.filter(kind="month_end", area=month.area, key__endswith=f"{month.first_day:%Y-%m}").first()
    unsettled = Claim.objects.filter(area__path__startswith=city, state=Claim.State.APPROVED, discharged__lt=end)
    waiting = unsettled.count() if month_end is None else 0
    refunds = refunds_unbooked(month).count()
    releases = len(held.releases(month.area, end))
    return [
        *(Unbooked("payments", str(batch), 1) for batch in payments_unbooked(month)),
        *(Unbooked("payments", _("资助到账 %(receipt)s") % {"receipt": one}, 1) for one in sponsors_unbooked(month)),
        *([Unbooked("releases", _("暂收款已对上参保人，未转收入"), releases)] if releases else []),
        *([Unbooked("refunds", _("已支付的退费未入账"), refunds)] if refunds else []),
        *([Unbooked("claims", _("审核通过的费用尚未办理月度结算"), waiting)] if waiting else []),
        *(
            Unbooked("settlement", _("%(month)s 机构结算未支付") % {"month": f"{row['first_day']:%Y-%m}"}, row["n"])
            for row in settlements.values("first_day").annotate(n=Count("id")).order_by("first_day")
        ),
        *([Unbooked("job", month_end.title, 1)] if month_end and month_end.state != Job.State.DONE else []),
    ]


def payments_unbooked(month: Month) -> QuerySet[Batch]:
    """The city's payment files taken by the end of the month that brought money and have no entry."""
    taken = Batch.objects.filter(kind__in=payments.KINDS, state=Batch.State.TAKEN)
    taken = taken.filter(area__path__startswith=month.area.path, taken_at__date__lt=next_month(month.first_day)).filter(
        Exists(Payment.objects.filter(batch=OuterRef("pk")).money())
    )
    return _without_entry(taken.order_by("taken_at", "pk"), "payments:")


def refunds_unbooked(month: Month) -> QuerySet[Refund]:
    """The city's refunds that the bank paid by the end of the month and that have no entry."""
    paid = Refund.objects.filter(state=Refund.State.PAID, paid_on__lt=next_month(month.first_day))
    return _without_entry(paid.filter(area__path__startswith=month.area.path).order_by("paid_on", "pk"), "refund:")


def sponsors_unbooked(month: Month) -> QuerySet[SponsorPayment]:
    """The city's payments of sponsors received by the end of the month that have no entry."""
    came = SponsorPayment.objects.filter(sponsorship__area__path__startswith=month.area.path)
    return _without_entry(came.filter(received_on__lt=next_month(month.first_day)).order_by("pk"), "sponsor:")


def _without_entry(rows: QuerySet, prefix: str) -> QuerySet:
    """Documents whose entry, named by prefix and id, does not stand."""
    source = Concat(Value(prefix), Cast(OuterRef("pk"), CharField()))
    return rows.filter(~Exists(Entry.objects.filter(source=source)))


def close(month: Month, by: Staff, at: datetime) -> Month:
    """Close a month for good. Refused with CannotClose while an earlier one is open or anything is unbooked."""
    with transaction.atomic():
        # Under the lock that every booking takes: what is looked at here is all that the month will ever hold.
        if not Month.objects.select_for_update().filter(pk=month.pk, state=Month.State.OPEN):
            raise CannotClose(_("%(month)s 已结账。") % {"month": month})
        if Month.objects.filter(area=month.area, first_day__lt=month.first_day, state=Month.State.OPEN).exists():
            raise CannotClose(_("请先结清更早的月份，再结 %(month)s。") % {"month": month})
        waiting = unbooked(month)
        if waiting:
            names = "；".join(item.what for item in waiting[:3])
            raise CannotClose(
                _("%(month)s 还有 %(count)d 项未入账：%(names)s。请先入账再结账。")
                % {"month": month, "count": len(waiting), "names": names}
            )
        Month.objects.filter(pk=month.pk).update(state=Month.State.CLOSED, closed_by=by, closed_at=at)
        audit.record(by, "funds.close_month", f"month:{month}", {}, at=at)
    month.refresh_from_db()
    return month
