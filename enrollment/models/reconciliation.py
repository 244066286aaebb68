"""Three sides held against each other: the register, what the tax authority collected, what reached the fund."""

from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enrollment.models.payment import Payment
from office.money import FenField, fen
from office.scope import Scoped


class ReportedLine(models.Model):
    """One line of a daily detail list of the tax authority or of the fund's account, kept as it came."""

    class Side(models.TextChoices):
        TAX = "tax", _("税务")
        FUND = "fund", _("基金账户")

    batch = models.ForeignKey("office.Batch", models.PROTECT, related_name="+", verbose_name=_("文件"))
    line = models.PositiveIntegerField(_("行"))
    side = models.CharField(_("来源方"), max_length=4, choices=Side)
    day = models.DateField(_("日期"))
    channel = models.CharField(_("渠道"), max_length=8, choices=Payment.Channel, default=Payment.Channel.TAX)
    receipt = models.CharField(_("凭证号"), max_length=40)
    year = models.PositiveSmallIntegerField(_("参保年度"), null=True, blank=True)
    name = models.CharField(_("姓名"), max_length=80, blank=True)
    # The list itself is kept sealed with its file: here only what finds a person and what a page may show of them.
    id_index = models.CharField(max_length=32, editable=False, blank=True)
    id_masked = models.CharField(_("证件号码"), max_length=40, blank=True)
    amount = FenField(_("金额"))
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("区域"))

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("对账明细")
        verbose_name_plural = pgettext_lazy("many", "对账明细")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="a_line_of_a_detail_list_is_kept_once", fields=["batch", "line"]),
            models.CheckConstraint(name="a_reported_line_is_positive", condition=Q(amount__gt=0)),
        ]
        indexes: ClassVar = [
            models.Index(name="reported_by_day", fields=["day", "side"]),
            models.Index(name="reported_by_receipt", fields=["receipt", "side"]),
        ]

    def __str__(self) -> str:
        return self.receipt


class Comparison(models.Model):
    """What was held against each other: at most one line of each side, in exactly one class."""

    class Verdict(models.TextChoices):
        MATCHED = "matched", _("三方一致")
        DIFFERS = "differs", _("金额不符")
        OURS_ONLY = "ours_only", _("我方单边")
        THEIRS_ONLY = "theirs_only", _("对方单边")
        DUPLICATE = "duplicate", _("重复")

    class State(models.TextChoices):
        AGREED = "agreed", _("一致")
        OPEN = "open", _("待处理")
        EXPLAINED = "explained", _("已说明")
        HANDED_BACK = "handed_back", _("已退回对方")
        CORRECTED = "corrected", _("后到已平")

    class By(models.TextChoices):
        RECEIPT = "receipt", _("凭证号")
        PERSON = "person", _("人员、年度、金额")
        ALONE = "alone", _("单边")

    day = models.DateField(_("对账日"))
    channel = models.CharField(_("渠道"), max_length=8, choices=Payment.Channel)
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("区域"))
    receipt = models.CharField(_("凭证号"), max_length=40)
    year = models.PositiveSmallIntegerField(_("参保年度"), null=True, blank=True)
    name = models.CharField(_("姓名"), max_length=80, blank=True)
    id_index = models.CharField(max_length=32, editable=False, blank=True)
    id_masked = models.CharField(_("证件号码"), max_length=40, blank=True)
    payment = models.OneToOneField(
        Payment, models.PROTECT, null=True, blank=True, related_name="comparison", verbose_name=_("我方缴费")
    )
    tax_line = models.OneToOneField(
        ReportedLine, models.PROTECT, null=True, blank=True, related_name="as_tax", verbose_name=_("税务明细")
    )
    fund_line = models.OneToOneField(
        ReportedLine, models.PROTECT, null=True, blank=True, related_name="as_fund", verbose_name=_("基金账户明细")
    )
    ours = FenField(_("我方金额"), null=True, blank=True)
    tax = FenField(_("税务金额"), null=True, blank=True)
    fund = FenField(_("基金账户金额"), null=True, blank=True)
    verdict = models.CharField(_("结论"), max_length=12, choices=Verdict)
    found_by = models.CharField(_("匹配依据"), max_length=8, choices=By)
    # The day of the line that came later and settled what had been open.
    late_on = models.DateField(_("后到日"), null=True, blank=True)
    state = models.CharField(_("处理"), max_length=12, choices=State)
    owner = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("经办人")
    )
    why = models.CharField(_("说明"), max_length=200, blank=True)
    settled_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("处理人")
    )
    settled_at = models.DateTimeField(_("处理时间"), null=True, blank=True)

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("三方对账")
        verbose_name_plural = pgettext_lazy("many", "三方对账")
        ordering: ClassVar = ["-day", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="a_compared_amount_has_its_line",
                condition=(Q(payment=None, ours=None) | Q(payment__isnull=False, ours__isnull=False))
                & (Q(tax_line=None, tax=None) | Q(tax_line__isnull=False, tax__isnull=False))
                & (Q(fund_line=None, fund=None) | Q(fund_line__isnull=False, fund__isnull=False)),
            ),
            # Nulls compare to nothing, so each class names the sides it has.
            models.CheckConstraint(
                name="a_verdict_follows_from_its_amounts",
                condition=Q(
                    verdict="matched",
                    ours__isnull=False,
                    tax__isnull=False,
                    fund__isnull=False,
                    ours=F("tax"),
                    tax=F("fund"),
                )
                | Q(verdict="ours_only", ours__isnull=False, tax=None, fund=None)
                | Q(verdict="ours_only", ours__isnull=False, tax__isnull=False, fund=None, ours=F("tax"))
                | Q(verdict="ours_only", ours__isnull=False, fund__isnull=False, tax=None, ours=F("fund"))
                | Q(verdict="theirs_only", ours=None, tax__isnull=False, fund=None)
                | Q(verdict="theirs_only", ours=None, tax=None, fund__isnull=False)
                | Q(verdict="theirs_only", ours=None, tax__isnull=False, fund__isnull=False, tax=F("fund"))
                | (
                    Q(verdict="differs")
                    & (
                        Q(ours__isnull=False, tax__isnull=False) & ~Q(ours=F("tax"))
                        | Q(ours__isnull=False, fund__isnull=False) & ~Q(ours=F("fund"))
                        | Q(tax__isnull=False, fund__isnull=False) & ~Q(tax=F("fund"))
                    )
                )
                | Q(verdict="duplicate", ours__isnull=False, tax=None, fund=None)
                | Q(verdict="duplicate", ours=None, tax__isnull=False, fund=None)
                | Q(verdict="duplicate", ours=None, tax=None, fund__isnull=False),
            ),
            models.CheckConstraint(
                name="only_what_agrees_needs_no_settling",
                condition=Q(verdict="matched", state__in=("agreed", "corrected"))
                | (~Q(verdict="matched") & Q(state__in=("open", "explained", "handed_back"))),
            ),
            models.CheckConstraint(
                name="a_settled_difference_says_who_and_why",
                condition=~Q(state__in=("explained", "handed_back"))
                | (Q(settled_by__isnull=False, settled_at__isnull=False) & ~Q(why="")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(name="comparison_by_day", fields=["day", "channel", "area"]),
            models.Index(name="comparison_by_receipt", fields=["receipt"]),
            models.Index(name="comparison_by_person", fields=["id_index", "year"], condition=~Q(id_index="")),
            models.Index(name="came_late", fields=["late_on"], condition=Q(late_on__isnull=False)),
            models.Index(name="open_differences", fields=["area", "day"], condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return self.receipt


class DayCount(models.Model):
    """One day, channel and county: lines and yuan of each side, and how many comparisons fell into each class."""

    day = models.DateField(_("对账日"))
    channel = models.CharField(_("渠道"), max_length=8, choices=Payment.Channel)
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("区域"))
    ours_lines = models.PositiveIntegerField(_("我方笔数"), default=0)
    tax_lines = models.PositiveIntegerField(_("税务笔数"), default=0)
    fund_lines = models.PositiveIntegerField(_("基金账户笔数"), default=0)
    ours = fen(verbose_name=_("我方金额"))
    tax = fen(verbose_name=_("税务金额"))
    fund = fen(verbose_name=_("基金账户金额"))
    compared = models.PositiveIntegerField(_("对账项"), default=0)
    matched = models.PositiveIntegerField(_("三方一致"), default=0)
    differs = models.PositiveIntegerField(_("金额不符"), default=0)
    ours_only = models.PositiveIntegerField(_("我方单边"), default=0)
    theirs_only = models.PositiveIntegerField(_("对方单边"), default=0)
    duplicate = models.PositiveIntegerField(_("重复"), default=0)
    open = models.PositiveIntegerField(_("待处理"), default=0)

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("对账汇总")
        verbose_name_plural = pgettext_lazy("many", "对账汇总")
        ordering: ClassVar = ["-day", "channel", "area"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_count_per_day_channel_and_county", fields=["day", "channel", "area"]),
            models.CheckConstraint(
                name="the_classes_of_a_day_add_up",
                condition=Q(compared=F("matched") + F("differs") + F("ours_only") + F("theirs_only") + F("duplicate"))
                & Q(open__lte=F("compared") - F("matched")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.channel}"


SIDES: Final = (("ours", _("我方")), ("tax", _("税务")), ("fund", _("基金账户")))
