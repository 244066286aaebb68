"""Direct debit: who gave the office leave to ask their bank, what the bank was asked, and what it answered."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enrollment.models.contribution import CollectionPeriod, Enrollment
from enrollment.models.resident import Resident
from office.money import FenField
from office.scope import Scoped, scoped
from office.secrecy import SealedField, mask


class Mandate(models.Model):
    """Somebody's leave to take the yearly contribution from a bank account, for themselves or their household."""

    resident = models.ForeignKey(Resident, models.PROTECT, related_name="mandates", verbose_name=_("居民"))
    bank = models.CharField(_("开户银行"), max_length=60)
    holder = models.CharField(_("户名"), max_length=60)
    account = SealedField(_("银行账号"))
    account_index = models.CharField(max_length=32, editable=False, db_index=True)
    household = models.BooleanField(_("代缴全家"), default=False)
    document = models.CharField(_("授权书编号"), max_length=40, blank=True)
    since = models.DateField(_("授权日"))
    until = models.DateField(_("撤销日"), null=True, blank=True)
    kept_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("经办人"))
    kept_at = models.DateTimeField(_("登记时间"))

    objects = scoped("resident__area__path").as_manager()

    class Meta:
        verbose_name = _("代扣授权")
        verbose_name_plural = pgettext_lazy("many", "代扣授权")
        ordering: ClassVar = ["-since", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_live_mandate_per_resident", fields=["resident"], condition=Q(until=None)),
            models.CheckConstraint(
                name="a_mandate_ends_after_it_begins", condition=Q(until=None) | Q(until__gte=F("since"))
            ),
            models.CheckConstraint(name="a_mandate_names_its_holder", condition=~Q(holder="") & ~Q(bank="")),
        ]

    def __str__(self) -> str:
        return f"{self.bank} {self.masked}"

    @property
    def masked(self) -> str:
        """The account as lists show it."""
        return mask(self.account)


class Debit(models.Model):
    """One file to one bank: whom to debit with how much, numbered by the office, its sum kept beside it."""

    number = models.CharField(_("批次号"), max_length=20, unique=True)
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("区域"))
    period = models.ForeignKey(CollectionPeriod, models.PROTECT, related_name="+", verbose_name=_("缴费期"))
    bank = models.CharField(_("银行"), max_length=60)
    lines = models.PositiveIntegerField(_("笔数"))
    amount = FenField(_("金额"))
    made_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("制作人"))
    made_at = models.DateTimeField(_("制作时间"))

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("代扣文件")
        verbose_name_plural = pgettext_lazy("many", "代扣文件")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(name="a_debit_file_asks_for_something", condition=Q(lines__gt=0, amount__gt=0)),
        ]

    def __str__(self) -> str:
        return self.number


class DebitLine(models.Model):
    """One enrollment's contribution within a file to a bank, and the bank's answer."""

    class State(models.TextChoices):
        SENT = "sent", _("待银行回盘")
        PAID = "paid", _("扣款成功")
        FAILED = "failed", _("扣款失败")

    debit = models.ForeignKey(Debit, models.PROTECT, related_name="items", verbose_name=_("代扣文件"))
    line = models.PositiveIntegerField(_("序号"))
    mandate = models.ForeignKey(Mandate, models.PROTECT, related_name="+", verbose_name=_("代扣授权"))
    enrollment = models.ForeignKey(Enrollment, models.PROTECT, related_name="debits", verbose_name=_("参保"))
    amount = FenField(_("金额"))
    state = models.CharField(_("结果"), max_length=8, choices=State, default=State.SENT)
    reason = models.CharField(_("银行原因"), max_length=120, blank=True)

    objects = scoped("enrollment__area__path").as_manager()

    class Meta:
        verbose_name = _("代扣明细")
        verbose_name_plural = pgettext_lazy("many", "代扣明细")
        ordering: ClassVar = ["debit", "line"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_line_per_number_of_a_debit", fields=["debit", "line"]),
            models.UniqueConstraint(
                name="an_enrollment_is_asked_of_one_bank_at_a_time",
                fields=["enrollment"],
                condition=Q(state="sent"),
            ),
            models.CheckConstraint(name="a_debit_is_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="a_failed_debit_has_the_banks_reason", condition=~Q(state="failed") | ~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.debit}-{self.line}"
