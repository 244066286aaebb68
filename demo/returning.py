"""Money that goes back, at every step of its way, and days held against the tax authority and the fund's account."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from demo import stories
from demo.city import City, moment
from demo.joining import Joining, as_csv
from enrollment import detail_lists, reconciling, refund_paying, refunds
from enrollment.models import CollectionPeriod, Comparison, Payment, Refund, Resident
from funds import booking, refunding
from office import intake
from office.models import Job

DAYS: Final = 5  # days that are reconciled, the last one with differences
_STEPS: Final = ("applied", "checked", "approved", "bounced", "listed", "paid")


def leave_refunds(city: City, joining: Joining, period: CollectionPeriod, on: date) -> None:
    """A household paid twice over for next year: of its refunds one stands at each step, and one was refused."""
    paid = Payment.objects.filter(enrollment__period=period, state=Payment.State.MATCHED, paid_on__lt=on)
    people = [row.resident for row in paid.select_related("resident__area").order_by("pk")[: len(_STEPS)]]
    rows = [joining._line(person, period.year, period.individual, on - timedelta(days=1)) for person in people]
    if rows:
        batch = intake.receive("payments", city.area, "税务补传.csv", as_csv(rows), {}, city.accountant, moment(on, 9))
        booking.book_payments(intake.take(batch, city.accountant, moment(on, 9)), on, city.accountant)
        twice = list(Payment.objects.filter(batch=batch).select_related("resident__area").order_by("pk"))
        _send_out(city, [_apply(city, payment, "paid_twice", on) for payment in twice], on)
    gone = Resident.objects.filter(name=stories.DIED[0]).first()
    buried = Payment.objects.filter(resident=gone, state=Payment.State.MATCHED).select_related("resident__area")
    for payment in buried[:1]:
        _apply(city, payment, "death", on)


def _apply(city: City, payment: Payment, reason: str, on: date) -> Refund:
    heir = reason == "death"
    return refunds.apply_for(
        payment,
        reason,
        applicant=f"{payment.name[0]}家明" if heir else payment.name,
        relation="child" if heir else "self",
        papers=["identity", "receipt", "account", *(["death", "relation"] if heir else [])],
        payee=f"{payment.name[0]}家明" if heir else payment.name,
        bank="农村信用社",
        account=f"62284800{payment.pk:08}",
        by=city.clerk_of(payment.area),
        on=on,
        at=moment(on, 10),
    )


def _send_out(city: City, waiting: Sequence[Refund], on: date) -> None:
    by = {"at": moment(on, 11)}
    for refund in waiting[1:]:
        refunds.check(refund, by=city.manager, **by)
    out = waiting[3:]
    for refund in out:
        refunds.approve(refund, by=city.staff["rechecker"], **by)
    if not out:
        return
    refund_paying.make_list(city.area, by=city.accountant, on=on, at=moment(on, 14))
    for refund in waiting:
        refund.refresh_from_db()
    refund_paying.bounced(out[:1], "户名与账号不符", by=city.accountant, at=moment(on, 16))
    refund_paying.paid(out[2:], on, by=city.accountant, at=moment(on, 16))
    refunding.book_refunds(out[2:], city.area, city.accountant)
    for refund in waiting[2:3]:
        refunds.approve(refund, by=city.staff["rechecker"], at=moment(on, 17))


def reconcile(city: City, on: date) -> None:
    """The last days on which somebody paid: all agree but the last, and one line of the bank came a day late."""
    days = list(
        Payment.objects.filter(paid_on__lt=on).order_by("-paid_on").values_list("paid_on", flat=True).distinct()
    )
    for number, day in enumerate(reversed(days[:DAYS])):
        held = list(Payment.objects.filter(paid_on=day).order_by("pk"))
        _detail(city, "tax_detail", held, on, wrong=number == DAYS - 1)
        _detail(city, "fund_detail", held[:-1] if number == DAYS - 2 else held, on, wrong=False)
        _run(city, day, moment(on, 9 + number))
        if number == DAYS - 2:
            _detail(city, "fund_detail", held[-1:], on, wrong=False, name=f"基金账户补报{day}.csv")
            _run(city, day, moment(on, 17))
    for item in Comparison.objects.filter(state="open").order_by("pk")[:1]:
        reconciling.take_over(item, by=city.accountant, at=moment(on, 17, 30))


def _run(city: City, day: date, at: object) -> None:
    reconciling.start(city.area, day, by=city.accountant, on=day, at=at)  # type: ignore[arg-type]
    for kind in (reconciling.JOB, reconciling.PEOPLE):
        city.finish(Job.objects.filter(kind=kind).latest("pk"), at)  # type: ignore[arg-type]


def _detail(city: City, kind: str, held: Sequence[Payment], on: date, *, wrong: bool, name: str = "") -> None:
    """The list of another side for these payments; a wrong one has a smaller sum, a stranger, and leaves one out."""
    rows = [
        dict(
            zip(
                (column.heading for column in detail_lists.COLUMNS),
                (p.receipt, str(p.amount), str(p.paid_on), "税务", p.id_number, p.name, str(p.year)),
                strict=True,
            )
        )
        for p in held
        if p.channel == Payment.Channel.TAX
    ]
    if wrong and len(rows) > 2:
        rows[0]["金额"] = "380.00"
        rows[1] = rows[1] | {"凭证号": f"{rows[1]['凭证号']}9"}
        rows.append(rows[2] | {"凭证号": "32026888888888001", "证件号码": "110101198001010010", "姓名": "外乡客"})
    if rows:
        day = held[0].paid_on
        batch = intake.receive(
            kind, city.area, name or f"{kind}_{day}.csv", as_csv(rows), {}, city.accountant, moment(on, 8)
        )
        intake.take(batch, city.accountant, moment(on, 8))
