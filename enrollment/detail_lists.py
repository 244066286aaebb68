"""Daily detail lists: what the tax authority says it collected, and what reached the account of the fund."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment import matching
from enrollment.models import Payment, ReportedLine, Resident
from office import cells, intake
from office.intake import Outcome, Row
from office.models import Batch, Staff
from office.secrecy import blind_index, mask

Side = ReportedLine.Side
BATCH: Final = 2_000
KINDS: Final = {Batch.Kind.TAX_DETAIL.value: Side.TAX.value, Batch.Kind.FUND_DETAIL.value: Side.FUND.value}
RECEIPT: Final = intake.Column(
    "receipt", "凭证号", cells.code, synonyms=("完税凭证号", "电子税票号", "交易流水号", "流水号")
)
AMOUNT: Final = intake.Column("amount", "金额", cells.positive, synonyms=("实缴金额", "入库金额", "到账金额"))
DAY: Final = intake.Column("day", "日期", cells.day, synonyms=("入库日期", "到账日期", "交易日期"))
CHANNEL: Final = intake.Column("channel", "渠道", cells.label(Payment.Channel.choices), required=False)
NUMBER: Final = intake.Column(
    "id_number", "证件号码", matching.document, required=False, synonyms=("身份证号", "身份证号码")
)
NAME: Final = intake.Column("name", "姓名", cells.name, required=False, synonyms=("缴费人姓名", "付款人"))
YEAR: Final = intake.Column("year", "年度", cells.year, required=False, synonyms=("参保年度", "缴费年度"))
COLUMNS: Final = (RECEIPT, AMOUNT, DAY, CHANNEL, NUMBER, NAME, YEAR)


def check(batch: Batch, rows: Sequence[Row], at: datetime) -> Outcome:
    """A line that an earlier list told already changes nothing; a receipt told otherwise is kept and compared."""
    return _sorted(batch, rows, at)[1]


def _sorted(batch: Batch, rows: Sequence[Row], at: datetime) -> tuple[list[Row], Outcome]:
    outcome, good, today = Outcome(), [], timezone.localdate(at)
    told = _told(batch, rows)
    for row in rows:
        if row["day"] > today:
            outcome.faults.append(row.fault(DAY.heading, _("尚未到来：%(day)s") % {"day": row["day"]}))
        elif (row["receipt"], row["day"], row["amount"], _index(row)) in told:
            outcome.duplicates.add(row.line)
        else:
            good.append(row)
    return good, outcome


def _told(batch: Batch, rows: Sequence[Row]) -> set[tuple[object, ...]]:
    """What earlier lists of this side said under these receipts."""
    receipts, told = [row["receipt"] for row in rows], set()
    before = ReportedLine.objects.filter(side=KINDS[batch.kind]).exclude(batch=batch)
    for start in range(0, len(receipts), BATCH):
        found = before.filter(receipt__in=receipts[start : start + BATCH])
        told.update(found.values_list("receipt", "day", "amount", "id_index"))
    return told


def _index(row: Row) -> str:
    return blind_index(row["id_number"]) if row["id_number"] else ""


def take(batch: Batch, rows: Sequence[Row], by: Staff, at: datetime) -> Outcome:
    """Keep every line; it is compared when its day is reconciled. Whose area it is follows from the person."""
    good, outcome = _sorted(batch, rows, at)
    indexes = {index for row in good if (index := _index(row))}
    areas: dict[str, int] = {}
    for start in range(0, len(wanted := sorted(indexes)), BATCH):
        found = Resident.objects.filter(id_index__in=wanted[start : start + BATCH])
        areas.update(found.filter(area__path__startswith=batch.area.path).values_list("id_index", "area"))
    outcome.made += ReportedLine.objects.bulk_create(
        [
            ReportedLine(
                batch=batch,
                line=row.line,
                side=KINDS[batch.kind],
                day=row["day"],
                channel=row["channel"] or Payment.Channel.TAX,
                receipt=row["receipt"],
                year=row["year"],
                name=row["name"] or "",
                id_index=_index(row),
                id_masked=mask(row["id_number"]) if row["id_number"] else "",
                amount=row["amount"],
                area_id=areas.get(_index(row), batch.area_id),
            )
            for row in good
        ],
        batch_size=BATCH,
    )
    return outcome


for _kind in KINDS:
    # Lines of one receipt stay in one chunk, so that what a file says twice is seen twice.
    intake.kind(_kind, COLUMNS, check, take, unit=lambda row: row["receipt"])
