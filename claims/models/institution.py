"""Who treats and on what terms: institutions, the dated facts claims are judged by, agreements, filings."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from enrollment.models import Resident
from office.money import FenField
from office.scope import Scoped, scoped


class Institution(models.Model):
    code = models.CharField(_("机构代码"), max_length=20, unique=True)
    name = models.CharField(_("机构名称"), max_length=80)
    # The county that handles its claims; for institutions outside the city the city itself.
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="institutions", verbose_name=_("经办区域"))
    # Where an institution outside the city lies, by GB/T 2260: whose catalogue its online claims go by [BZ18].
    region = models.CharField(_("就医地区划代码"), max_length=6, blank=True, default="")

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("医疗机构")
        verbose_name_plural = pgettext_lazy("many", "医疗机构")
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.name


class InstitutionFacts(models.Model):
    """What the institution is from a day on; the next row ends it."""

    class Grade(models.TextChoices):
        A = "A", _("甲等")
        B = "B", _("乙等")
        C = "C", _("丙等")

    class Affiliation(models.TextChoices):
        TOWNSHIP = "township", _("乡级")
        COUNTY = "county", _("县级")
        CITY = "city", _("市级")
        PROVINCE = "province", _("省级")

    class Location(models.TextChoices):
        IN_CITY = "in_city", _("市内")
        IN_PROVINCE = "in_province", _("省内市外")
        OUT_OF_PROVINCE = "out_of_province", _("省外")

    class Ownership(models.TextChoices):
        PUBLIC = "public", _("公立")
        PRIVATE = "private", _("民营")

    institution = models.ForeignKey(Institution, models.CASCADE, related_name="facts", verbose_name=_("医疗机构"))
    since = models.DateField(_("起"))
    level = models.PositiveSmallIntegerField(_("级别"), help_text=_("0 未定级，1、2、3 级"))
    grade = models.CharField(_("等次"), max_length=1, choices=Grade, blank=True)
    affiliation = models.CharField(_("隶属"), max_length=12, choices=Affiliation)
    location = models.CharField(_("所在地"), max_length=16, choices=Location, default=Location.IN_CITY)
    ownership = models.CharField(_("所有制"), max_length=8, choices=Ownership, default=Ownership.PUBLIC)
    beds = models.PositiveIntegerField(_("床位"), default=0)
    chinese_medicine = models.BooleanField(_("中医医疗机构"), default=False)
    # The paper that says so, and who put it down; empty for facts of before.
    paper = models.CharField(_("证明材料"), max_length=80, blank=True, default="")
    stated_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("经办人")
    )

    objects = scoped("institution__area__path").as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("机构属性")
        verbose_name_plural = pgettext_lazy("many", "机构属性")
        ordering: ClassVar = ["institution", "-since"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_set_of_facts_per_institution_and_day", fields=["institution", "since"]),
            models.CheckConstraint(name="level_is_0_to_3", condition=Q(level__lte=3)),
        ]

    def __str__(self) -> str:
        return f"{self.institution} {self.since}"


class Agreement(models.Model):
    class Method(models.TextChoices):
        FEE_FOR_SERVICE = "fee_for_service", _("按项目")
        CAPITATION = "capitation", _("按人头")
        PER_DISEASE = "per_disease", _("按病种")
        PER_DIEM = "per_diem", _("按床日")

    class EndReason(models.TextChoices):
        EXIT = "exit", _("机构申请退出")
        BREACH = "breach", _("违反协议")
        FRAUD = "fraud", _("骗取基金")
        CLOSED = "closed", _("机构停业或注销")

    institution = models.ForeignKey(Institution, models.PROTECT, related_name="agreements", verbose_name=_("医疗机构"))
    number = models.CharField(_("协议编号"), max_length=40, unique=True)
    since = models.DateField(_("起"))
    until = models.DateField(_("止"))
    method = models.CharField(_("付费方式"), max_length=16, choices=Method, default=Method.FEE_FOR_SERVICE)
    deposit_rate = models.DecimalField(_("质量保证金比例"), max_digits=5, decimal_places=4)
    year_budget = FenField(_("年度总额"), null=True, blank=True)
    # What the method counts by: contracted heads and a yearly quota each, or the rate of a day.
    heads = models.PositiveIntegerField(_("签约人数"), null=True, blank=True)
    quota = FenField(_("年人头定额"), null=True, blank=True)
    day_rate = FenField(_("床日标准"), null=True, blank=True)
    # Further methods beside the one that the month's settlement goes by; their quantities stand in the columns above.
    also = models.JSONField(_("其他付费方式"), default=list, blank=True)
    ended_on = models.DateField(_("提前终止"), null=True, blank=True)
    end_reason = models.CharField(_("终止原因"), max_length=8, choices=EndReason, blank=True, default="")
    recover = FenField(_("追回金额"), null=True, blank=True)
    signed_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("经办人"))
    checked_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("复核人")
    )

    objects = scoped("institution__area__path").as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("服务协议")
        verbose_name_plural = pgettext_lazy("many", "服务协议")
        ordering: ClassVar = ["institution", "-since"]
        constraints: ClassVar = [
            models.CheckConstraint(name="agreement_ends_after_it_begins", condition=Q(until__gte=F("since"))),
            models.CheckConstraint(
                name="deposit_is_at_most_five_percent", condition=Q(deposit_rate__gte=0, deposit_rate__lte="0.05")
            ),
            models.CheckConstraint(
                name="capitation_has_heads_and_quota",
                condition=~Q(method="capitation") | Q(heads__isnull=False, quota__gt=0),
            ),
            models.CheckConstraint(name="per_diem_has_a_rate", condition=~Q(method="per_diem") | Q(day_rate__gt=0)),
            models.CheckConstraint(
                name="agreement_maker_is_not_checker",
                condition=Q(checked_by=None) | ~Q(checked_by=F("signed_by")),
            ),
            models.CheckConstraint(
                name="money_is_recovered_at_an_end",
                condition=Q(recover=None) | Q(recover__gt=0, ended_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Filing(models.Model):
    """A referral out of the city or a long-term residence elsewhere, registered before or with the care."""

    class Kind(models.TextChoices):
        REFERRAL = "referral", _("转诊转院")
        RESIDENT = "resident", _("异地长期居住")

    resident = models.ForeignKey(Resident, models.PROTECT, related_name="filings", verbose_name=_("居民"))
    kind = models.CharField(_("备案类型"), max_length=12, choices=Kind)
    number = models.CharField(_("备案号"), max_length=40, unique=True)
    since = models.DateField(_("起"))
    until = models.DateField(_("止"))
    filed_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("经办人"))

    objects = scoped("resident__area__path").as_manager()

    class Meta:
        verbose_name = _("异地就医备案")
        verbose_name_plural = pgettext_lazy("many", "异地就医备案")
        ordering: ClassVar = ["-since"]
        constraints: ClassVar = [
            models.CheckConstraint(name="filing_ends_after_it_begins", condition=Q(until__gte=F("since")))
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"
