"""Money that goes back: who applied for it, what the regulation answered, who looked at it, and what the bank did."""

from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enrollment.models.contribution import Enrollment
from enrollment.models.payment import Payment
from enrollment.models.resident import Resident
from office.money import FenField
from office.scope import Scoped, scoped
from office.secrecy import SealedField, mask


class RefundList(models.Model):
    """Approved refunds that go to the bank together: numbered, with their sum."""

    number = models.CharField(_("单号"), max_length=24, unique=True)
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("区域"))
    lines = models.PositiveIntegerField(_("笔数"))
    amount = FenField(_("金额"))
    made_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("制单人"))
    made_at = models.DateTimeField(_("制单时间"))

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("退费支付单")
        verbose_name_plural = pgettext_lazy("many", "退费支付单")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(name="a_refund_list_pays_something", condition=Q(lines__gt=0, amount__gt=0)),
        ]

    def __str__(self) -> str:
        return self.number


class Refund(models.Model):
    """One application for money back. `refunds` decides, `refund_moves` alone writes the state."""

    class Reason(models.TextChoices):
        PAID_TWICE = "paid_twice", _("重复缴费")
        DEATH = "death", _("待遇开始前死亡")
        EMPLOYEE_INSURANCE = "employee_insurance", _("待遇开始前参加职工医保")
        MOVED_OUT = "moved_out", _("待遇开始前转出")
        PAID_TOO_MUCH = "paid_too_much", _("多缴")
        STRANGER = "stranger", _("为他人误缴")

    class Relation(models.TextChoices):
        SELF = "self", _("本人")
        SPOUSE = "spouse", _("配偶")
        CHILD = "child", _("子女")
        PARENT = "parent", _("父母")
        HEIR = "heir", _("其他继承人")
        GUARDIAN = "guardian", _("监护人")
        PAYER = "payer", _("缴费人")

    class State(models.TextChoices):
        APPLIED = "applied", _("待初审")
        CHECKED = "checked", _("待复核")
        APPROVED = "approved", _("待支付")
        LISTED = "listed", _("支付中")
        PAID = "paid", _("已退费")
        BOUNCED = "bounced", _("银行退回")
        REFUSED = "refused", _("不予退费")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds", verbose_name=_("缴费"))
    resident = models.ForeignKey(
        Resident, models.PROTECT, null=True, blank=True, related_name="refunds", verbose_name=_("居民")
    )
    enrollment = models.ForeignKey(
        Enrollment, models.PROTECT, null=True, blank=True, related_name="refunds", verbose_name=_("参保")
    )
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("区域"))
    year = models.PositiveSmallIntegerField(_("参保年度"))
    reason = models.CharField(_("退费原因"), max_length=20, choices=Reason)
    happened_on = models.DateField(_("事由日期"))
    # What came in with the payment, beside what goes back: the one is never more than the other.
    paid = FenField(_("缴费金额"))
    amount = FenField(_("退费金额"))
    # Whether the money paid for cover: the books take it out of income, else out of what they only hold.
    counted = models.BooleanField(_("已计入参保"))
    # What the payment stood as before, to which it returns where the application is refused.
    stood_as = models.CharField(max_length=16, editable=False)
    applicant = models.CharField(_("申请人"), max_length=60)
    relation = models.CharField(_("与参保人关系"), max_length=12, choices=Relation)
    papers = models.JSONField(_("已查验材料"), default=list)
    payee = models.CharField(_("收款户名"), max_length=60)
    bank = models.CharField(_("开户银行"), max_length=80)
    account = SealedField(_("收款账号"))
    article = models.CharField(_("依据"), max_length=40, blank=True)
    message = models.CharField(_("答复"), max_length=300)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.APPLIED)
    applied_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("受理人"))
    applied_on = models.DateField(_("申请日期"))
    checked_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("初审人")
    )
    approved_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("复核人")
    )
    pay_list = models.ForeignKey(
        RefundList, models.PROTECT, null=True, blank=True, related_name="refunds", verbose_name=_("退费支付单")
    )
    paid_on = models.DateField(_("退费日期"), null=True, blank=True)

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("退费")
        verbose_name_plural = pgettext_lazy("many", "退费")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="a_payment_is_refunded_once", fields=["payment"], condition=~Q(state="refused")
            ),
            models.CheckConstraint(
                name="a_refund_is_at_most_what_was_paid", condition=Q(amount__gt=0, amount__lte=F("paid"))
            ),
            models.CheckConstraint(
                name="refund_maker_is_not_checker",
                condition=(Q(checked_by=None) | ~Q(checked_by=F("applied_by")))
                & (Q(approved_by=None) | (~Q(approved_by=F("applied_by")) & ~Q(approved_by=F("checked_by")))),
            ),
            models.CheckConstraint(
                name="a_refund_goes_out_by_two_people",
                condition=Q(state__in=("applied", "refused"))
                | Q(state="checked", checked_by__isnull=False)
                | Q(checked_by__isnull=False, approved_by__isnull=False),
            ),
            models.CheckConstraint(
                name="a_refund_is_paid_from_a_list",
                condition=~Q(state__in=("listed", "paid", "bounced")) | Q(pay_list__isnull=False),
            ),
            models.CheckConstraint(
                name="a_paid_refund_has_its_day",
                condition=Q(state="paid", paid_on__isnull=False) | (~Q(state="paid") & Q(paid_on=None)),
            ),
            models.CheckConstraint(name="a_refund_says_why", condition=~Q(message="")),
        ]
        indexes: ClassVar = [
            models.Index(name="refund_by_state_and_area", fields=["state", "area"]),
            models.Index(name="refund_by_day_paid", fields=["paid_on"], condition=Q(paid_on__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"TF{self.pk:08}" if self.pk else ""

    @property
    def masked(self) -> str:
        """The account as lists show it: its last four digits."""
        return f"{'*' * 8}{self.account[-4:]}" if len(self.account) > 4 else mask(self.account)


class RefundMove(models.Model):
    """One move of a refund's state: written by `enrollment.refund_moves` with the move itself, never changed."""

    refund = models.ForeignKey(Refund, models.PROTECT, related_name="moves", verbose_name=_("退费"))
    before = models.CharField(_("原状态"), max_length=8, choices=Refund.State, blank=True)
    after = models.CharField(_("新状态"), max_length=8, choices=Refund.State)
    by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("办理人")
    )
    at = models.DateTimeField(_("时间"))
    why = models.CharField(_("原因"), max_length=300, blank=True)

    objects = scoped("refund__area__path").as_manager()

    class Meta:
        verbose_name = _("退费状态变动")
        verbose_name_plural = pgettext_lazy("many", "退费状态变动")
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.refund} {self.get_after_display()}"


PAPERS: Final = (
    ("identity", _("申请人身份证件")),
    ("receipt", _("缴费凭证")),
    ("relation", _("关系或继承证明")),
    ("death", _("死亡证明")),
    ("employment", _("职工医保参保证明")),
    ("account", _("收款账户")),
)
