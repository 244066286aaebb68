"""How some pay through their bank, and what a school's sum looks like that does not fit its roster."""

from datetime import date
from decimal import Decimal
from typing import Final

from demo import stories
from demo.city import City, moment
from enrollment import debiting
from enrollment.models import CollectionPeriod, DebitLine, Enrollment, School
from funds import booking
from office import export, intake

BANK: Final = "农村商业银行"
DEBTORS: Final = 4
_REASON: Final = "账户余额不足"


def live(city: City, period: CollectionPeriod) -> None:
    """Four people give leave to debit their accounts; the bank debits three and fails with one."""
    on = date(period.year - 1, 11, 4)
    waiting = Enrollment.objects.filter(period=period, state=Enrollment.State.DUE, resident__household__isnull=False)
    ordinary = waiting.exclude(resident__name__in=stories.NAMES).filter(
        dues__payer="individual", dues__amount__gt=0, dues__superseded_by=None
    )
    for at, one in enumerate(ordinary.select_related("resident__area").order_by("pk")[:DEBTORS]):
        debiting.authorize(
            one.resident, BANK, one.resident.name, f"622848001234567{at:03}", on, by=city.clerk_of(one.resident.area),
            at=moment(on, 9), document=f"授权{at + 1:03}",
        )  # fmt: skip
    if not debiting.candidates(period, city.area, BANK, on):
        return
    debit = debiting.ask(period, city.area, BANK, by=city.accountant, on=on, at=moment(on, 11))
    rows = [_answer(line, on, failed=line.line == 2) for line in debit.items.order_by("line")]
    _send(city, "debited", f"{BANK}回盘{debit.number}.xlsx", rows, date(on.year, 11, 6))
    school = School.objects.filter(code="90001").first()
    if school is not None:
        told = {"凭证号": "SCHOOL001", "学校代码": school.code, "年度": str(period.year), "金额": "1000.00"}
        day = date(on.year, 11, 7)
        _send(city, "school_sums", "学校汇缴.xlsx", [told | {"到账日期": str(day)}], day)


def _answer(line: DebitLine, on: date, failed: bool) -> dict[str, str]:
    told = {"批次号": line.debit.number, "序号": str(line.line), "金额": str(Decimal(line.amount))}
    told |= {"结果": "失败" if failed else "成功", "失败原因": _REASON if failed else ""}
    return told | {"扣款日期": str(on)}


def _send(city: City, kind: str, name: str, rows: list[dict[str, str]], day: date) -> None:
    content = export.sheet(list(rows[0]), [list(row.values()) for row in rows])[0]
    batch = intake.receive(kind, city.area, name, content, {}, city.accountant, moment(day, 15))
    intake.take(batch, city.accountant, moment(day, 15, 30))
    booking.book_payments(batch, day, city.accountant)
