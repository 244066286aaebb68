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
    # The approved notices that set the two standards; empty for periods opened before notices did.
    individual_notice = models.ForeignKey(
        "office.Notice", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("个人缴费标准公告")
    )
    subsidy_notice = models.ForeignKey(
        "office.Notice", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("财政补助标准公告")
    )
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


class CountyWindow(models.Model):
    """A county's own days of collecting inside the city's (BZ11.1); a later one for the same county replaces it."""

    period = models.ForeignKey(
        CollectionPeriod, models.PROTECT, related_name="county_windows", verbose_name=_("缴费期")
    )
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("县（市、区）"))
    opens_on = models.DateField(_("开始"))
    closes_on = models.DateField(_("截止"))
    document = models.CharField(_("文号"), max_length=80)
    set_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("设定人"))
    set_at = models.DateTimeField(_("设定时间"))
    replaced_at = models.DateTimeField(_("被替换时间"), null=True, blank=True)

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("县级缴费期")
        verbose_name_plural = pgettext_lazy("many", "县级缴费期")
        ordering: ClassVar = ["-period__year", "area"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_window_per_county_and_period", fields=["period", "area"], condition=Q(replaced_at=None)
            ),
            models.CheckConstraint(
                name="a_county_window_closes_after_it_opens", condition=Q(closes_on__gte=F("opens_on"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.opens_on}–{self.closes_on}"


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


class _Standing(models.Manager.from_queryset(scoped("enrollment__area__path"))):  # type: ignore[misc]
    """Only the dues in force: whoever asks what somebody owes need not think of corrections."""

    def get_queryset(self) -> Scoped:
        return super().get_queryset().filter(superseded_by=None)


class Due(models.Model):
    """What one payer owes for one enrollment, fixed when due: never rewritten, only superseded by a dated correction.

    `Due.objects` and `enrollment.dues` are the dues in force; `Due.kept` are all of them.
    """

    class Payer(models.TextChoices):
        INDIVIDUAL = "individual", pgettext_lazy("payer", "个人")
        MEDICAL_ASSISTANCE = "medical_assistance", _("医疗救助基金")
        GOVERNMENT = "government", _("政府资助")
        COUNTY_FINANCE = "county_finance", _("县级财政")
        SCHOOL_FINANCE = "school_finance", _("高校同级财政")
        FAMILY_PLANNING = "family_planning", _("计划生育奖扶")
        VILLAGE = "village", _("村（居）委会资助")
        TOWN = "town", _("乡镇（街道）资助")
        EMPLOYER = "employer", _("用人单位资助")
        SUBSIDY = "subsidy", _("财政补助")
        NONE = "none", _("免缴")

    enrollment = models.ForeignKey(Enrollment, models.CASCADE, related_name="dues", verbose_name=_("参保"))
    payer = models.CharField(_("出资人"), max_length=20, choices=Payer)
    amount = FenField(_("应缴"))
    article = models.CharField(_("依据"), max_length=40)
    # Ten millions of dues have none of these four, so only the few that have one stand in their indexes.
    sponsorship = models.ForeignKey(
        "enrollment.Sponsorship",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="dues",
        db_index=False,
        verbose_name=_("资助参保"),
    )
    settled_by = models.ForeignKey(
        "enrollment.SponsorPayment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="dues",
        db_index=False,
        verbose_name=_("资助到账"),
    )
    correction = models.ForeignKey(
        "enrollment.DueCorrection",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="brought",
        db_index=False,
        verbose_name=_("由更正产生"),
    )
    superseded_by = models.ForeignKey(
        "enrollment.DueCorrection",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="superseded",
        db_index=False,
        verbose_name=_("已被更正"),
    )

    objects = _Standing()
    kept = scoped("enrollment__area__path").as_manager()

    class Meta:
        verbose_name = _("应缴")
        verbose_name_plural = pgettext_lazy("many", "应缴")
        ordering: ClassVar = ["enrollment", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_due_per_payer", fields=["enrollment", "payer"], condition=Q(superseded_by=None)
            ),
            models.CheckConstraint(name="due_is_not_negative", condition=Q(amount__gte=0)),
            models.CheckConstraint(
                name="a_sponsors_due_names_the_sponsor",
                condition=Q(payer__in=["village", "town", "employer"], sponsorship__isnull=False)
                | ~Q(payer__in=["village", "town", "employer"]) & Q(sponsorship=None, settled_by=None),
            ),
        ]
        indexes: ClassVar = [
            models.Index(name="dues_of_a_sponsor", fields=["sponsorship"], condition=Q(sponsorship__isnull=False)),
            models.Index(
                name="dues_that_a_sponsor_settled", fields=["settled_by"], condition=Q(settled_by__isnull=False)
            ),
            models.Index(name="dues_of_a_correction", fields=["correction"], condition=Q(correction__isnull=False)),
            models.Index(name="dues_superseded", fields=["superseded_by"], condition=Q(superseded_by__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_payer_display()} {self.amount}"
