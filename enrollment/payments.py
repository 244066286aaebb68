"""Files of what was paid, from the tax authority and from agents: every line is kept and matched, or held with why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment import crediting, matching
from enrollment.crediting import rematch
from enrollment.models import Payment
from office import bulk, cells, intake
from office.intake import Outcome, Row
from office.models import Batch, Staff
from office.secrecy import blind_index
from policies.money import ZERO

__all__ = ["COLUMNS", "KIND", "Total", "check", "keep", "known", "rematch", "take", "totals"]

State = Payment.State
Channel = Payment.Channel
PIECE: Final = 5_000  # receipts asked for in one query
KIND: Final = Batch.Kind.PAYMENTS.value
# Every kind of file whose lines become payments.
KINDS: Final = (KIND, Batch.Kind.SCHOOL_SUMS.value, Batch.Kind.DEBITED.value)
RECEIPT: Final = intake.Column(
    "receipt", "完税凭证号", cells.code, synonyms=("电子税票号", "凭证号", "交易流水号", "流水号")
)
AMOUNT: Final = intake.Column("amount", "金额", cells.positive, synonyms=("实缴金额", "缴费金额", "交易金额"))
YEAR: Final = intake.Column("year", "年度", cells.year, synonyms=("参保年度", "缴费年度"))
PAID_ON: Final = intake.Column(
    "paid_on", "到账日期", cells.day, synonyms=("到账日", "入库日期", "交易日期", "缴费日期")
)
COLUMNS: Final = (
    RECEIPT,
    intake.Column("id_number", "证件号码", matching.document, synonyms=("身份证号", "身份证号码")),
    intake.Column("name", "姓名", cells.name, synonyms=("纳税人姓名", "缴费人姓名")),
    YEAR,
    AMOUNT,
    PAID_ON,
)
WRITTEN: Final = (
    "id", "batch_id", "line", "channel", "source", "receipt", "year", "name", "id_number", "id_index", "amount",
    "paid_on", "resident_id", "enrollment_id", "area_id", "state", "reason", "completed_by_id", "spread_of_id",
    "meant_year", "by_hand", "settled_by_id", "settled_at",
)  # fmt: skip

Says = tuple[str, int, Decimal, Any]


def channel(batch: Batch) -> tuple[str, str]:
    """By which channel a file came and from whom: receipts are counted by each sender apart."""
    told = batch.parameters.get("channel", Channel.TAX.value)
    return told, told if told == Channel.TAX else f"{told}:{batch.parameters.get('sender', '')}"[:20]


def known(source: str, receipts: Sequence[str]) -> dict[str, Says]:
    """What was told before under these receipts: index of the number, year, amount, day."""
    told: dict[str, Says] = {}
    for start in range(0, len(receipts), PIECE):
        rows = Payment.objects.filter(source=source, receipt__in=receipts[start : start + PIECE])
        told.update((row[0], row[1:]) for row in rows.values_list("receipt", "id_index", "year", "amount", "paid_on"))
    return told


def check(batch: Batch, rows: Sequence[Row], at: datetime) -> Outcome:
    """Receipts that are known already change nothing; one that says something else than before is refused."""
    return _sorted(batch, rows, at)[1]


def _sorted(batch: Batch, rows: Sequence[Row], at: datetime) -> tuple[list[Row], Outcome]:
    """The rows that are new, and what is wrong with or known about the others."""
    outcome, good = Outcome(), []
    today = timezone.localdate(at)
    heading = RECEIPT.heading
    told = known(channel(batch)[1], [row["receipt"] for row in rows])
    before: dict[str, Row] = {}
    for row in rows:
        receipt = row["receipt"]
        first = before.setdefault(receipt, row)
        if row["paid_on"] > today:
            outcome.faults.append(row.fault(PAID_ON.heading, _("尚未到来：%(day)s") % {"day": row["paid_on"]}))
        elif first is not row and differing(_says(first), _says(row)):
            what = {"line": first.line, "what": differing(_says(first), _says(row))}
            outcome.faults.append(row.fault(heading, _("与第 %(line)s 行凭证相同，但%(what)s不同") % what))
        elif first is not row:
            outcome.duplicates.add(row.line)
        elif receipt not in told:
            good.append(row)
        elif wrong := differing(told[receipt], _says(row)):
            outcome.faults.append(row.fault(heading, _("此凭证已导入，但%(what)s不同") % {"what": wrong}))
        else:
            outcome.duplicates.add(row.line)
    return good, outcome


def _says(row: Row) -> Says:
    return (blind_index(row["id_number"]), row["year"], row["amount"], row["paid_on"])


def differing(before: Says, now: Says) -> str:
    """What a receipt says differently from before; empty where it says the same."""
    names = (_("证件号码"), _("年度"), _("金额"), _("到账日"))
    pairs = enumerate(zip(names, before, now, strict=True))
    # Numbers and whose they are stay sealed; a sum, a year and a day can be named.
    return "、".join(
        name if place == 0 else f"{name}（{old} → {new}）" for place, (name, old, new) in pairs if old != new
    )


def take(batch: Batch, rows: Sequence[Row], by: Staff, at: datetime) -> Outcome:
    """Keep every new line as a payment, matched or held with its reason; cover follows from the matched ones."""
    good, outcome = _sorted(batch, rows, at)
    told, source = channel(batch)
    payments = [
        Payment(
            batch=batch,
            line=row.line,
            channel=told,
            source=source,
            receipt=row["receipt"],
            year=row["year"],
            name=row["name"],
            id_number=row["id_number"],
            id_index=blind_index(row["id_number"]),
            amount=row["amount"],
            paid_on=row["paid_on"],
            area_id=batch.area_id,
        )
        for row in good
    ]
    keep(payments, by, at)
    return outcome


def keep(payments: Sequence[Payment], by: Staff | None, at: datetime) -> None:
    """Give new payments their keys, judge them and write everything that follows."""
    if not payments:
        return
    for payment, key in zip(payments, bulk.fresh_keys(Payment, len(payments)), strict=True):
        payment.pk = key
    judged = crediting.judge(payments)
    write(payments)
    crediting.record(judged, by, at)


def write(payments: Sequence[Payment]) -> None:
    """Write new payments that have keys."""
    bulk.copy_in(Payment, WRITTEN, map(_values, payments))
    for payment in payments:
        payment._state.adding = False


def _values(payment: Payment) -> tuple[Any, ...]:
    return tuple([getattr(payment, name) for name in WRITTEN])


def _person(row: Row) -> Any:
    """All that one person paid stays in one chunk, in its order."""
    return row["id_number"]


intake.kind(KIND, COLUMNS, check, take, unit=_person)


@dataclass(frozen=True, slots=True)
class Total:
    """Lines and yuan of one result within a file."""

    state: str
    label: str
    lines: int
    amount: Decimal


def totals(batch: Batch) -> list[Total]:
    """What became of a file, result by result; the yuan add up to what the file held, see `file_sum`.

    A sum that was spread is counted by its parts. One query.
    """
    rows = Payment.objects.filter(batch=batch).exclude(state=State.SPREAD).order_by("state").values("state")
    return [
        Total(row["state"], str(State(row["state"]).label), row["lines"], row["sum"])
        for row in rows.annotate(lines=Count("pk"), sum=Sum("amount"))
    ]


def file_sum(batch: Batch) -> Decimal:
    """What the lines of the file said, each once, whatever became of them."""
    return Payment.objects.filter(batch=batch, spread_of=None).aggregate(sum=Sum("amount"))["sum"] or ZERO
