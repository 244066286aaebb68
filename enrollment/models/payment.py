"""What was paid, line by line as it came, whichever channel brought it; and money that is to change its person."""

from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enrollment.models.contribution import Enrollment
from enrollment.models.resident import Resident, School
from office.money import FenField
from office.scope import Scoped, scoped
from office.secrecy import SealedField


class Payments(Scoped):
    """Payments, with the two questions that are asked of them most."""

    def open(self) -> "Payments":
        """The exceptions: what somebody has to settle."""
        return self.filter(state__in=OPEN)

    def money(self) -> "Payments":
        """Lines that brought money, each yuan once: not a debit that failed, nor a sum whose parts stand beside it."""
        return self.exclude(state__in=MONEYLESS)


class Payment(models.Model):
    """One line of a payment file, kept as it came, matched to an enrollment or held with the reason why not."""

    class State(models.TextChoices):
        MATCHED = "matched", _("已入账")
        UNKNOWN_PERSON = "unknown_person", _("查无此人")
        NAME_DIFFERS = "name_differs", _("姓名不符")
        NOT_ENROLLED = "not_enrolled", _("无参保登记")
        WRONG_YEAR = "wrong_year", _("年度不符")
        TOO_SMALL = "too_small", _("金额不足")
        TOO_LARGE = "too_large", _("金额超出")
        PAID_TWICE = "paid_twice", _("重复缴费")
        NOT_ELIGIBLE = "not_eligible", _("不予参保")
        ENDED_PERSON = "ended_person", _("已终止人员")
        SUM_DIFFERS = "sum_differs", _("校方总额不符")
        DEBIT_FAILED = "debit_failed", _("代扣失败")
        PART = "part", _("部分缴费，待补足")
        SPREAD = "spread", _("已分摊")
        REFUND = "refund", _("待退费")
        DISMISSED = "dismissed", _("非本账款项")
        DEBIT_CLOSED = "debit_closed", _("代扣失败已告知")

    class Channel(models.TextChoices):
        TAX = "tax", _("税务")
        AGENT = "agent", _("代收机构")
        BANK = "bank", _("银行代扣")
        SCHOOL = "school", _("学校汇缴")

    batch = models.ForeignKey("office.Batch", models.PROTECT, related_name="+", verbose_name=_("文件"))
    line = models.PositiveIntegerField(_("行"))
    channel = models.CharField(_("渠道"), max_length=8, choices=Channel, default=Channel.TAX)
    source = models.CharField(_("来源"), max_length=20)
    receipt = models.CharField(_("凭证号"), max_length=40)
    year = models.PositiveSmallIntegerField(_("参保年度"))
    name = models.CharField(_("姓名"), max_length=80)
    id_number = SealedField(_("证件号码"))
    id_index = models.CharField(max_length=32, editable=False, db_index=True)
    amount = FenField(_("金额"))
    paid_on = models.DateField(_("到账日"))
    resident = models.ForeignKey(
        Resident, models.PROTECT, null=True, blank=True, related_name="payments", verbose_name=_("居民")
    )
    enrollment = models.ForeignKey(
        Enrollment, models.PROTECT, null=True, blank=True, related_name="payments", verbose_name=_("参保")
    )
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("学校")
    )
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("区域"))
    state = models.CharField(_("结果"), max_length=16, choices=State)
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    # What the office found instead of what the line says; the line itself stays as it came.
    by_hand = models.BooleanField(_("由经办认定缴费人"), default=False)
    meant_year = models.PositiveSmallIntegerField(_("认定年度"), null=True, blank=True)
    # Several payments may settle one enrollment: the last completes it, the earlier ones point to it.
    completed_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="parts", db_index=False, verbose_name=_("补足于")
    )
    # A sum for several people or purposes, and its parts.
    spread_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="shares", db_index=False, verbose_name=_("分摊自")
    )
    # When an exception became something else; empty where the line was matched as it came.
    settled_by = models.ForeignKey(
        "office.Staff",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("处理人"),
    )
    settled_at = models.DateTimeField(_("处理时间"), null=True, blank=True)

    objects = Payments.as_manager()

    class Meta:
        verbose_name = _("缴费")
        verbose_name_plural = pgettext_lazy("many", "缴费")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_payment_per_receipt", fields=["source", "receipt"]),
            models.UniqueConstraint(
                name="an_enrollment_is_settled_once",
                fields=["enrollment"],
                condition=Q(state="matched", completed_by=None),
            ),
            models.CheckConstraint(name="a_payment_is_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="matched_means_enrolled",
                condition=~Q(state="matched") | Q(enrollment__isnull=False, resident__isnull=False),
            ),
            models.CheckConstraint(
                name="only_a_matched_payment_is_completed", condition=Q(completed_by=None) | Q(state="matched")
            ),
            models.CheckConstraint(
                name="a_part_waits_for_an_enrollment", condition=~Q(state="part") | Q(enrollment__isnull=False)
            ),
        ]
        indexes: ClassVar = [
            models.Index(name="payments_held", fields=["area", "state"], condition=~Q(state="matched")),
            models.Index(name="payments_by_day", fields=["paid_on"]),
            models.Index(name="payments_settled", fields=["settled_at"], condition=Q(settled_at__isnull=False)),
            models.Index(name="shares_of_a_sum", fields=["spread_of"], condition=Q(spread_of__isnull=False)),
            models.Index(name="parts_of_a_whole", fields=["completed_by"], condition=Q(completed_by__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.receipt

    @property
    def wanted_year(self) -> int:
        """The coverage year the money is for: what the office found, else what the line says."""
        return self.meant_year or self.year


OPEN: Final = (
    Payment.State.UNKNOWN_PERSON, Payment.State.NAME_DIFFERS, Payment.State.NOT_ENROLLED, Payment.State.WRONG_YEAR,
    Payment.State.TOO_SMALL, Payment.State.TOO_LARGE, Payment.State.PAID_TWICE, Payment.State.NOT_ELIGIBLE,
    Payment.State.ENDED_PERSON, Payment.State.SUM_DIFFERS, Payment.State.DEBIT_FAILED,
)  # fmt: skip
MONEYLESS: Final = (Payment.State.SPREAD, Payment.State.DEBIT_FAILED, Payment.State.DEBIT_CLOSED)


class Reassignment(models.Model):
    """Money that came under one number and is to count for another person: asked for by one, decided by another."""

    class State(models.TextChoices):
        OPEN = "open", _("待复核")
        DONE = "done", _("已同意")
        REFUSED = "refused", _("不同意")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="reassignments", verbose_name=_("缴费"))
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="+", verbose_name=_("认定为"))
    why = models.CharField(_("理由"), max_length=200)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.OPEN)
    asked_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("申请人"))
    asked_at = models.DateTimeField(_("申请时间"))
    decided_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("复核人")
    )
    decided_at = models.DateTimeField(_("复核时间"), null=True, blank=True)

    objects = scoped("payment__area__path").as_manager()

    class Meta:
        verbose_name = _("缴费改认")
        verbose_name_plural = pgettext_lazy("many", "缴费改认")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_open_reassignment_per_payment", fields=["payment"], condition=Q(state="open")
            ),
            models.CheckConstraint(
                name="another_person_decides_whose_money_it_is",
                condition=Q(state="open", decided_by=None, decided_at=None)
                | (
                    ~Q(state="open")
                    & Q(decided_by__isnull=False, decided_at__isnull=False)
                    & ~Q(decided_by=F("asked_by"))
                ),
            ),
            models.CheckConstraint(name="a_reassignment_says_why", condition=~Q(why="")),
        ]

    def __str__(self) -> str:
        return f"{self.payment} → {self.resident}"
