"""Running counts of who stands how where, kept by triggers of the database; and the targets they are held against."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from office.money import FenField, fen
from office.scope import Scoped, scoped


class Tally(models.Model):
    """So many more (or fewer) of a kind in a village; the count is the sum of its lines, which a sweep folds together.

    Written by triggers on residents, enrollments and payments in the transaction of whatever changes them, and by
    nobody else. Lines are added and never changed, so that no two writers wait for each other.
    """

    class Kind(models.TextChoices):
        HERE = "here", _("在册人员")
        DUE = "due", _("待缴费")
        COVERED = "covered", _("已参保")
        REFUSED = "refused", _("不予参保")
        ENDED = "ended", _("已终止")
        GONE = "gone", _("已离开人员的登记")
        PAID = "paid", _("当日到账人数")
        MONEY = "money", _("当日入账缴费")

    HERE_YEAR = 0  # people are here whatever the year

    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", db_index=False, verbose_name=_("区域"))
    year = models.PositiveSmallIntegerField(_("参保年度"))
    kind = models.CharField(_("类别"), max_length=8, choices=Kind)
    day = models.DateField(_("日期"), null=True, blank=True)
    number = models.BigIntegerField(_("数量"))
    amount = fen(verbose_name=_("金额"))
    folded = models.BooleanField(_("已合并"), default=False)

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("参保计数")
        verbose_name_plural = pgettext_lazy("many", "参保计数")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="a_count_of_a_day_has_a_day",
                condition=(Q(kind__in=["paid", "money"], day__isnull=False))
                | (~Q(kind__in=["paid", "money"]) & Q(day=None)),
            ),
        ]
        indexes: ClassVar = [
            models.Index(name="tally_by_year_kind_and_area", fields=["year", "kind", "area", "day"]),
            models.Index(name="tally_not_folded_yet", fields=["id"], condition=Q(folded=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"


class Target(models.Model):
    """How many people of an area are to be insured for a year: each change is a new row, the highest version holds."""

    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("区域"))
    year = models.PositiveSmallIntegerField(_("参保年度"))
    version = models.PositiveSmallIntegerField(_("版次"))
    people = models.PositiveIntegerField(_("目标人数"))
    why = models.CharField(_("依据"), max_length=120)
    set_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("下达人"))
    set_at = models.DateTimeField(_("下达时间"))

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("参保目标")
        verbose_name_plural = pgettext_lazy("many", "参保目标")
        ordering: ClassVar = ["-year", "area__path", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_target_per_area_year_and_version", fields=["area", "year", "version"]),
            models.CheckConstraint(name="targets_are_counted_from_one", condition=Q(version__gte=1)),
            models.CheckConstraint(name="a_target_has_its_reason", condition=~Q(why="")),
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.year}: {self.people}"


class Certificate(models.Model):
    """One printed certificate of payment, kept as it left the office; another print of it is another row."""

    number = models.CharField(_("证明编号"), max_length=40, unique=True)
    enrollment = models.ForeignKey(
        "enrollment.Enrollment", models.PROTECT, related_name="certificates", verbose_name=_("参保")
    )
    copy = models.PositiveSmallIntegerField(_("第几次打印"))
    # What the square on the paper leads to; nobody can guess it, and it says nothing about the person.
    code = models.CharField(_("核验码"), max_length=32, unique=True)
    amount = FenField(_("个人缴费"))
    paid_on = models.DateField(_("到账日"))
    # Who returns how much: [{"employer": "...", "amount": "200.00", "article": "XZ09.6"}]; empty where nobody does.
    split = models.JSONField(_("单位报销"), default=list, blank=True)
    issued_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("开具人"))
    issued_at = models.DateTimeField(_("开具时间"))

    objects = scoped("enrollment__resident__area__path").as_manager()

    class Meta:
        verbose_name = _("缴费证明")
        verbose_name_plural = pgettext_lazy("many", "缴费证明")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_certificate_per_enrollment_and_print", fields=["enrollment", "copy"]),
            models.CheckConstraint(name="a_certificate_is_about_money", condition=Q(amount__gt=0, copy__gte=1)),
        ]

    def __str__(self) -> str:
        return self.number
