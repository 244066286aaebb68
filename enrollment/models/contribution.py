"""Collection periods, one person's enrollment for one year, what is due from whom for it, and what was paid."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enrollment.models.resident import Resident
from office.money import FenField
from office.scope import Scoped, scoped


class CollectionPeriod(models.Model):
    """One city's collection for one coverage year, with the standards that its notice set."""

    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("统筹地区"))
    policy = models.CharField(_("办法"), max_length=32)
    year = models.PositiveSmallIntegerField(_("参保年度"))
    opens_on = models.DateField(_("开始"))
    closes_on = models.DateField(_("截止"))
    individual = FenField(_("个人缴费标准"))
    subsidy = FenField(_("财政补助标准"))
    document = models.CharField(_("文号"), max_length=80)
    opened_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("开设人"))
    opened_at = models.DateTimeField(_("开设时间"))

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("缴费期")
        verbose_name_plural = pgettext_lazy("many", "缴费期")
        ordering: ClassVar = ["-year"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_collection_period_per_city_and_year", fields=["area", "year"]),
            models.CheckConstraint(name="collection_closes_after_it_opens", condition=Q(closes_on__gte=F("opens_on"))),
            models.CheckConstraint(name="standards_are_positive", condition=Q(individual__gt=0, subsidy__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.area}"


class Enrollment(models.Model):
    """One person, one year. Cover is derived from facts by `enrollment.cover`, never typed."""

    class State(models.TextChoices):
        DUE = "due", _("待缴费")
        COVERED = "covered", _("已参保")
        REFUSED = "refused", _("不予参保")
        ENDED = "ended", _("已终止")

    class Origin(models.TextChoices):
        NEW = "new", _("新参保")
        RENEWED = "renewed", _("续保")

    resident = models.ForeignKey(Resident, models.PROTECT, related_name="enrollments", verbose_name=_("居民"))
    period = models.ForeignKey(CollectionPeriod, models.PROTECT, related_name="enrollments", verbose_name=_("缴费期"))
    year = models.PositiveSmallIntegerField(_("参保年度"))
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("参保地"))
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.DUE)
    origin = models.CharField(_("来源"), max_length=8, choices=Origin, default=Origin.NEW)
    paid_on = models.DateField(_("足额到账日"), null=True, blank=True)
    benefits_from = models.DateField(_("待遇起"), null=True, blank=True)
    benefits_until = models.DateField(_("待遇止"), null=True, blank=True)
    transition_until = models.DateField(_("过渡期止"), null=True, blank=True)
    inpatient_factor = models.DecimalField(_("住院待遇系数"), max_digits=5, decimal_places=4, default=1)
    # Why cover stands as it does: [{"article": "JZ06.1", "message": "..."}], from the regulation.
    reasons = models.JSONField(_("依据"), default=list)

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("参保")
        verbose_name_plural = pgettext_lazy("many", "参保")
        ordering: ClassVar = ["-year", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_enrollment_per_resident_and_year", fields=["resident", "year"]),
            models.CheckConstraint(
                name="benefits_end_after_they_begin",
                condition=Q(benefits_from=None) | Q(benefits_until__gte=F("benefits_from")),
            ),
            models.CheckConstraint(
                name="benefits_have_two_ends",
                condition=Q(benefits_from=None, benefits_until=None)
                | Q(benefits_from__isnull=False, benefits_until__isnull=False),
            ),
            models.CheckConstraint(
                name="covered_means_benefits", condition=~Q(state="covered") | Q(benefits_from__isnull=False)
            ),
        ]
        indexes: ClassVar = [models.Index(name="enrollment_by_year_and_area", fields=["year", "area", "state"])]

    def __str__(self) -> str:
        return f"{self.resident} {self.year}"


class Due(models.Model):
    """What one payer owes for one enrollment, fixed when due."""

    class Payer(models.TextChoices):
        INDIVIDUAL = "individual", pgettext_lazy("payer", "个人")
        MEDICAL_ASSISTANCE = "medical_assistance", _("医疗救助基金")
        GOVERNMENT = "government", _("政府资助")
        COUNTY_FINANCE = "county_finance", _("县级财政")
        SCHOOL_FINANCE = "school_finance", _("高校同级财政")
        FAMILY_PLANNING = "family_planning", _("计划生育奖扶")
        SUBSIDY = "subsidy", _("财政补助")
        NONE = "none", _("免缴")

    enrollment = models.ForeignKey(Enrollment, models.CASCADE, related_name="dues", verbose_name=_("参保"))
    payer = models.CharField(_("出资人"), max_length=20, choices=Payer)
    amount = FenField(_("应缴"))
    article = models.CharField(_("依据"), max_length=40)

    objects = scoped("enrollment__area__path").as_manager()

    class Meta:
        verbose_name = _("应缴")
        verbose_name_plural = pgettext_lazy("many", "应缴")
        ordering: ClassVar = ["enrollment", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_due_per_payer", fields=["enrollment", "payer"]),
            models.CheckConstraint(name="due_is_not_negative", condition=Q(amount__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.get_payer_display()} {self.amount}"
