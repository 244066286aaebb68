"""What an institution is paid for a month: one settlement per institution, month and method, and the claims in it."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from claims.models import Adjustment, Agreement, Claim, Institution
from office.money import FenField, fen
from office.scope import Scoped, scoped


class Settlement(models.Model):
    class State(models.TextChoices):
        DRAFT = "draft", _("已生成")
        APPROVED = "approved", _("已复核")
        PAID = "paid", _("已支付记账")

    institution = models.ForeignKey(Institution, models.PROTECT, related_name="settlements", verbose_name=_("医疗机构"))
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("经办区域"))
    first_day = models.DateField(_("月份"))
    method = models.CharField(_("付费方式"), max_length=16, choices=Agreement.Method)
    policy = models.CharField(_("办法"), max_length=32)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.DRAFT)
    claims = models.PositiveIntegerField(_("笔数"), default=0)
    claimed = fen(verbose_name=_("申报统筹金额"))
    deducted = fen(verbose_name=_("审核扣款"))
    approved = fen(verbose_name=_("核定金额"))
    within = fen(verbose_name=_("总额内"))
    held = fen(verbose_name=_("超总额暂缓"))
    deposit = fen(verbose_name=_("质量保证金"))
    payable = fen(verbose_name=_("统筹应付"))
    # Advanced by the hospital like the basic part, but owed by other payers and under no volume control.
    critical_illness = fen(verbose_name=_("大病保险应付"))
    assistance = fen(verbose_name=_("医疗救助应付"))
    charity = fen(verbose_name=_("慈善应付"))
    worksheet = models.JSONField(_("计算过程"), default=list)
    drafted_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, related_name="+", verbose_name=_("生成人")
    )
    drafted_at = models.DateTimeField(_("生成时间"))
    approved_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("复核人")
    )
    approved_at = models.DateTimeField(_("复核时间"), null=True, blank=True)
    paid_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("支付人")
    )
    paid_on = models.DateField(_("支付日期"), null=True, blank=True)

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("机构结算")
        verbose_name_plural = pgettext_lazy("many", "机构结算")
        ordering: ClassVar = ["-first_day", "institution"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_settlement_per_institution_month_and_method", fields=["institution", "first_day", "method"]
            ),
            models.CheckConstraint(
                name="approved_is_claimed_less_deductions", condition=Q(approved=F("claimed") - F("deducted"))
            ),
            models.CheckConstraint(
                name="held_and_within_are_the_approved_sum", condition=Q(approved=F("within") + F("held"))
            ),
            models.CheckConstraint(
                name="deposit_and_payable_are_the_sum_within", condition=Q(within=F("deposit") + F("payable"))
            ),
            models.CheckConstraint(
                name="settlement_maker_is_not_checker",
                condition=Q(approved_by=None) | Q(drafted_by=None) | ~Q(approved_by=F("drafted_by")),
            ),
            models.CheckConstraint(
                name="only_a_checked_settlement_is_paid",
                condition=~Q(state="paid") | Q(approved_by__isnull=False, paid_on__isnull=False),
            ),
            models.CheckConstraint(
                name="payer_of_a_settlement_is_not_its_checker",
                condition=Q(paid_by=None) | ~Q(paid_by=F("approved_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution} {self.first_day:%Y-%m}"

    @property
    def due(self) -> object:
        """What leaves the expenditure account for the institution, all payers together."""
        return self.payable + self.critical_illness + self.assistance + self.charity


class SettlementItem(models.Model):
    """One claim in a settlement, for ever in that one, with its amounts; or a negative line that undoes it."""

    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="items", verbose_name=_("机构结算"))
    claim = models.ForeignKey(Claim, models.PROTECT, related_name="settlement_items", verbose_name=_("费用申报"))
    # The reversal after the settlement, which stands in a later one with what is taken back.
    adjustment = models.OneToOneField(
        Adjustment, models.PROTECT, null=True, related_name="settlement_item", verbose_name=_("冲销")
    )
    basic = FenField(_("统筹基金"))
    critical_illness = FenField(_("大病保险"))
    assistance = FenField(_("医疗救助"))
    charity = FenField(_("慈善补助"))

    objects = scoped("settlement__area__path").as_manager()

    class Meta:
        verbose_name = _("结算明细")
        verbose_name_plural = pgettext_lazy("many", "结算明细")
        ordering: ClassVar = ["settlement", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="a_claim_is_settled_once", fields=["claim"], condition=Q(adjustment=None)),
            models.CheckConstraint(
                name="a_negative_line_undoes_a_claim",
                condition=Q(adjustment__isnull=False)
                | Q(basic__gte=0, critical_illness__gte=0, assistance__gte=0, charity__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return str(self.claim)
