"""The certificate of payment: what somebody paid for a year, which employers return how much, and how to check it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment.models import Certificate, Enrollment, Payment, Status
from office import areas, audit, notices
from office.capitals import capitals
from office.models import Staff
from office.paper import Paper
from office.refusal import Refusal
from policies.reimbursing import ReimbursementAnswer, ReimbursementQuestion

LONGEST = 60  # characters of an employer's name
PARENTS = 2


class CannotCertify(Refusal):
    """Nothing was paid by this person, or employers are named who return nothing."""


@dataclass(frozen=True, slots=True)
class Paid:
    """What a person paid for a year: yuan, and the day on which it was complete."""

    amount: Decimal
    on: date


def paid(enrollment: Enrollment) -> Paid:
    """What arrived for this enrollment. Refuses with CannotCertify where the person paid nothing."""
    amount = Payment.objects.filter(enrollment=enrollment, state=Payment.State.MATCHED).aggregate(sum=Sum("amount"))[
        "sum"
    ]
    if not amount or enrollment.paid_on is None:
        raise CannotCertify(_("%(year)s 年度没有本人缴费入账，不能开具缴费证明。") % {"year": enrollment.year})
    return Paid(amount, enrollment.paid_on)


def reimbursement(enrollment: Enrollment, told: Paid, employers: int) -> ReimbursementAnswer:
    """What so many employers of the parents return, by the regulation of the day of payment [XZ09.6]."""
    held = Status.objects.filter(resident=enrollment.resident, since__lte=told.on)
    groups = frozenset(s.group for s in held if s.until is None or told.on <= s.until)
    return notices.regulation(enrollment.period.policy).reimbursement(
        ReimbursementQuestion(enrollment.year, told.on, told.amount, enrollment.resident.birth_on, groups, employers)
    )


def issue(enrollment: Enrollment, employers: Sequence[str], *, by: Staff, at: datetime) -> Certificate:
    """Write down one print of the certificate: the first is the original, every later one a marked reprint.

    `employers` are those of the parents (none, one or two). Refused with CannotCertify: nothing paid, an employer
    where the regulation knows of no reimbursement, the same employer twice under one parent's line, too long a name.
    """
    named = [name.strip() for name in employers if name.strip()]
    if len(named) > PARENTS or any(len(name) > LONGEST for name in named):
        raise CannotCertify(_("最多填写父母双方的两个单位，每个不超过 %(most)d 字。") % {"most": LONGEST})
    with transaction.atomic():
        # Held, so that two prints at once get two numbers.
        held = Enrollment.objects.select_for_update(of=("self",), no_key=True)
        row = held.select_related("resident", "area", "period").get(pk=enrollment.pk)
        told = paid(row)
        split = []
        if named:
            answer = reimbursement(row, told, len(named))
            if not answer.parts:
                raise CannotCertify(answer.message, article=answer.article, field="employer_1")
            split = [
                {"employer": name, "amount": str(amount), "article": answer.article, "why": answer.message}
                for name, amount in zip(named, answer.parts, strict=True)
            ]
        copy = Certificate.objects.filter(enrollment=row).count() + 1
        certificate = Certificate.objects.create(
            number=_number(row, copy),
            enrollment=row,
            copy=copy,
            code=secrets.token_hex(10),
            amount=told.amount,
            paid_on=told.on,
            split=split,
            issued_by=by,
            issued_at=at,
        )
        detail = {"number": certificate.number, "copy": copy, "amount": str(told.amount), "employers": len(split)}
        audit.record(by, "certificates.issue", certificate, detail, at=at, area=row.area)
    return certificate


def _number(enrollment: Enrollment, copy: int) -> str:
    city = enrollment.area.path.split("/", 1)[0]
    number = f"JF{city}{enrollment.year}{enrollment.pk:09}"
    return number if copy == 1 else f"{number}-{copy}"


def draw(certificate: Certificate, address: str) -> bytes:
    """The paper as PDF; its square leads to `address`, where the code is checked."""
    enrollment = certificate.enrollment
    resident, at = enrollment.resident, timezone.localtime(certificate.issued_at)
    city = areas.city_of(enrollment.area)
    sheet = Paper(_("缴费证明"), foot=f"{certificate.number} · {certificate.issued_by.name} · {at:%Y-%m-%d %H:%M}")
    if certificate.copy > 1:
        sheet.stamp(_("补打 第%(copy)d次") % {"copy": certificate.copy})
    sheet.heading(_("城乡居民基本医疗保险缴费证明"), _("编号 %(number)s") % {"number": certificate.number})
    sheet.facts(
        [
            (_("姓名"), resident.name),
            (_("证件号码"), resident.id_masked),
            (_("出生日期"), resident.birth_on),
            (_("参保地"), f"{city} {enrollment.area.name}"),
            (_("参保年度"), enrollment.year),
            (_("到账日"), certificate.paid_on),
            (_("缴费（元）"), f"{certificate.amount:,.2f}"),
            (_("大写"), capitals(certificate.amount)),
        ]
    )
    sheet.space(5)
    if certificate.split:
        sheet.text(_("独生子女个人缴费%(why)s：") % {"why": certificate.split[0]["why"]})
        rows = [
            [at, part["employer"], f"{Decimal(part['amount']):,.2f}", capitals(Decimal(part["amount"]))]
            for at, part in enumerate(certificate.split, start=1)
        ]
        total = sum((Decimal(part["amount"]) for part in certificate.split), Decimal(0))
        rows.append(["", _("合计"), f"{total:,.2f}", capitals(total)])
        sheet.table([_("序号"), _("单位"), _("报销金额（元）"), _("大写")], rows, widths=(1, 4, 2, 4), numbers={2})
        sheet.space(2)
        title = notices.regulation(enrollment.period.policy).title
        told = {"title": title, "article": certificate.split[0]["article"]}
        sheet.text(_("依据：《%(title)s》 %(article)s") % told, small=True)
    sheet.text(_("兹证明上列人员已足额缴纳本年度城乡居民基本医疗保险个人缴费。"))
    sheet.signs(_("经办人"), _("经办机构（盖章）"), _("日期"))
    said = _(
        "扫码或在核验页输入核验码，可核对本证明的编号、年度、金额和是否有效；核验页不显示个人信息。\n核验码：%(code)s"
    )
    sheet.square(address, said % {"code": certificate.code})
    return sheet.pdf()


@dataclass(frozen=True, slots=True)
class Check:
    """What a certificate's code says to whoever holds the paper: nothing about the person."""

    certificate: Certificate
    holds: bool
    latest: int


def check(code: str) -> Check | None:
    """The certificate of this code: whether the payment still stands, and how often it was printed. None: no such."""
    found = Certificate.objects.filter(code=code).select_related("enrollment").first()
    if found is None:
        return None
    told = Payment.objects.filter(enrollment=found.enrollment, state=Payment.State.MATCHED)
    holds = found.enrollment.paid_on == found.paid_on and told.aggregate(sum=Sum("amount"))["sum"] == found.amount
    return Check(found, holds, Certificate.objects.filter(enrollment=found.enrollment).count())
