"""The books: accounts, months, entries, two-ended postings. `funds.ledger` alone writes entries and postings."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from office.money import FenField
from office.scope import Scoped, scoped


class Account(models.Model):
    class Kind(models.TextChoices):
        ASSET = "asset", _("资产")
        LIABILITY = "liability", _("负债")
        BALANCE = "balance", _("净资产")
        INCOME = "income", _("收入")
        EXPENDITURE = "expenditure", _("支出")

    code = models.CharField(_("科目代码"), max_length=12, unique=True)
    name = models.CharField(_("科目名称"), max_length=60)
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    is_confirmed = models.BooleanField(_("代码已核实"), default=False, help_text=_("未核实的代码待与财政部门确认"))

    class Meta:
        verbose_name = _("会计科目")
        verbose_name_plural = pgettext_lazy("many", "会计科目")
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Month(models.Model):
    class State(models.TextChoices):
        OPEN = "open", _("开放")
        CLOSED = "closed", _("已结账")

    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("统筹地区"))
    first_day = models.DateField(_("月份"))
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.OPEN)
    closed_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("结账人")
    )
    closed_at = models.DateTimeField(_("结账时间"), null=True, blank=True)

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("会计月份")
        verbose_name_plural = pgettext_lazy("many", "会计月份")
        ordering: ClassVar = ["-first_day"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_month_per_city", fields=["area", "first_day"]),
            models.CheckConstraint(name="a_month_is_named_by_its_first_day", condition=Q(first_day__day=1)),
        ]

    def __str__(self) -> str:
        return f"{self.first_day:%Y-%m}"


class Entry(models.Model):
    """One business document in the books: never changed, reversed at most once by a mirror."""

    month = models.ForeignKey(Month, models.PROTECT, related_name="entries", verbose_name=_("月份"))
    # The document it books, for ever once: "settlement:17", "payments:3".
    source = models.CharField(_("来源"), max_length=80, unique=True)
    memo = models.CharField(_("摘要"), max_length=200)
    booked_on = models.DateField(_("记账日期"))
    booked_by = models.ForeignKey("office.Staff", models.PROTECT, null=True, related_name="+", verbose_name=_("记账人"))
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversal", verbose_name=_("冲销")
    )

    objects = scoped("month__area__path").as_manager()

    class Meta:
        verbose_name = _("凭证")
        verbose_name_plural = pgettext_lazy("many", "凭证")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.id} {self.memo}"


class Posting(models.Model):
    """A movement of money: one debit account, one credit account, a positive number of fen."""

    class SubFund(models.TextChoices):
        INPATIENT = "inpatient", _("住院统筹基金")
        OUTPATIENT = "outpatient", _("门诊统筹基金")
        RESERVE = "reserve", _("风险储备金")

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="postings", verbose_name=_("凭证"))
    leg = models.PositiveSmallIntegerField(_("分录号"))
    debit = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name=_("借方"))
    credit = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name=_("贷方"))
    amount = FenField(_("金额"))
    sub_fund = models.CharField(_("子基金"), max_length=12, choices=SubFund)
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("县（市、区）"))
    institution = models.ForeignKey(
        "claims.Institution", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("医疗机构")
    )
    payer = models.CharField(_("出资人"), max_length=20, blank=True)

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("分录")
        verbose_name_plural = pgettext_lazy("many", "分录")
        ordering: ClassVar = ["entry", "leg"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_posting_per_entry_and_leg", fields=["entry", "leg"]),
            models.CheckConstraint(name="a_posting_moves_something", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="debit_is_not_credit", condition=~Q(debit=F("credit"))),
        ]
        indexes: ClassVar = [
            models.Index(name="posting_by_debit", fields=["debit", "area"]),
            models.Index(name="posting_by_credit", fields=["credit", "area"]),
        ]

    def __str__(self) -> str:
        return f"{self.debit} / {self.credit} {self.amount}"
