"""What hospitals bill and code by: catalogues of drugs, services and consumables, diseases, operations, each dated."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from office.money import FenField


class Dated(models.Model):
    """What stands under a code from a day on; the next row of the code ends it. Rows are written once.

    A row that was wrong is corrected by another of the same first day with a higher version.
    """

    code = models.CharField(_("编码"), max_length=40)
    name = models.CharField(_("名称"), max_length=120)
    initials = models.CharField(_("拼音首字母"), max_length=30, blank=True, editable=False)
    since = models.DateField(_("起"))
    version = models.PositiveSmallIntegerField(_("版本"), default=1)
    # False: from this day on the code is no longer on the list.
    listed = models.BooleanField(_("在目录内"), default=True)
    batch = models.ForeignKey(
        "office.Batch", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("文件")
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class CatalogueItem(Dated):
    """A drug, a service or a consumable in the catalogue of a province or a city, as it is paid from a day on."""

    class Kind(models.TextChoices):
        DRUG = "drug", _("药品")
        SERVICE = "service", _("诊疗服务")
        CONSUMABLE = "consumable", _("医用耗材")

    class Klass(models.TextChoices):
        A = "A", _("甲类")
        B = "B", _("乙类")
        C = "C", _("丙类（目录外）")

    class Fee(models.TextChoices):
        """The kinds of fee of which a city may keep a part out of its scope [JZ15.6]."""

        LARGE_EQUIPMENT = "large_equipment", _("大型设备")
        IMPLANT_DOMESTIC = "implant_domestic", _("国产植入材料")
        IMPLANT_IMPORTED = "implant_imported", _("进口植入材料")
        DISPOSABLE = "disposable", _("一次性材料")
        BLOOD = "blood", _("输血")
        BED = "bed", _("床位")

    class Sex(models.TextChoices):
        MALE = "1", _("男")
        FEMALE = "2", _("女")

    region = models.CharField(_("目录区划"), max_length=6)
    kind = models.CharField(_("目录"), max_length=12, choices=Kind)
    klass = models.CharField(_("目录分类"), max_length=1, choices=Klass)
    first_share = models.DecimalField(_("先行自付比例"), max_digits=5, decimal_places=4, null=True, blank=True)
    # The price of one unit up to which is paid; that of a level of institution goes before the general one.
    ceiling = FenField(_("限价"), null=True, blank=True)
    ceiling_1 = FenField(_("一级限价"), null=True, blank=True)
    ceiling_2 = FenField(_("二级限价"), null=True, blank=True)
    ceiling_3 = FenField(_("三级限价"), null=True, blank=True)
    fee_kind = models.CharField(_("费用类别"), max_length=16, choices=Fee, blank=True)
    # What the catalogue limits the item to; empty where it does not.
    sex = models.CharField(_("限性别"), max_length=1, choices=Sex, blank=True)
    age_from = models.PositiveSmallIntegerField(_("限年龄起"), null=True, blank=True)
    age_to = models.PositiveSmallIntegerField(_("限年龄止"), null=True, blank=True)
    least_level = models.PositiveSmallIntegerField(_("限机构级别"), null=True, blank=True)
    most_days = models.PositiveSmallIntegerField(_("限天数"), null=True, blank=True)
    per_day = models.PositiveSmallIntegerField(_("每日限次"), null=True, blank=True)
    per_stay = models.PositiveSmallIntegerField(_("每次住院限次"), null=True, blank=True)
    indications = models.CharField(_("限适应症"), max_length=300, blank=True)
    # Preparations and techniques that are paid in designated institutions of Chinese medicine only [BZ14.3].
    chinese_medicine = models.BooleanField(_("限定点中医机构"), default=False)

    class Meta:
        verbose_name = _("目录项目")
        verbose_name_plural = pgettext_lazy("many", "目录项目")
        ordering: ClassVar = ["region", "code", "-since", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_catalogue_row_per_region_code_day_and_version", fields=["region", "code", "since", "version"]
            ),
            models.CheckConstraint(
                name="class_b_alone_has_a_first_share",
                condition=Q(klass="B", first_share__isnull=False, first_share__gte=0, first_share__lte=1)
                | (~Q(klass="B") & Q(first_share__isnull=True)),
            ),
            models.CheckConstraint(
                name="what_left_the_catalogue_is_class_c", condition=Q(listed=True) | Q(klass="C", listed=False)
            ),
            models.CheckConstraint(
                name="a_price_ceiling_is_positive",
                condition=Q(Q(ceiling=None) | Q(ceiling__gt=0))
                & Q(Q(ceiling_1=None) | Q(ceiling_1__gt=0))
                & Q(Q(ceiling_2=None) | Q(ceiling_2__gt=0))
                & Q(Q(ceiling_3=None) | Q(ceiling_3__gt=0)),
            ),
            models.CheckConstraint(
                name="an_age_limit_begins_before_it_ends",
                condition=Q(age_from=None) | Q(age_to=None) | Q(age_to__gte=models.F("age_from")),
            ),
            models.CheckConstraint(
                name="a_level_limit_is_1_to_3",
                condition=Q(least_level=None) | Q(least_level__gte=1, least_level__lte=3),
            ),
            models.CheckConstraint(name="a_catalogue_belongs_to_a_region", condition=Q(region__regex=r"^[0-9]{6}$")),
        ]
        indexes: ClassVar = [
            models.Index(name="catalogue_by_code", fields=["code"]),
            models.Index(name="catalogue_by_initials", fields=["initials"]),
        ]

    def ceiling_at(self, level: int) -> Decimal | None:
        """The ceiling of one unit in yuan at an institution of this level; one without level counts as level 1."""
        own: Decimal | None = getattr(self, f"ceiling_{max(level, 1)}")
        return self.ceiling if own is None else own


class DiseaseCode(Dated):
    """A diagnosis of ICD-10 as hospitals code it."""

    class Meta:
        verbose_name = _("疾病编码")
        verbose_name_plural = pgettext_lazy("many", "疾病编码")
        ordering: ClassVar = ["code", "-since", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_disease_row_per_code_day_and_version", fields=["code", "since", "version"]
            ),
        ]


class OperationCode(Dated):
    """An operation as hospitals code it."""

    class Meta:
        verbose_name = _("手术编码")
        verbose_name_plural = pgettext_lazy("many", "手术编码")
        ordering: ClassVar = ["code", "-since", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_operation_row_per_code_day_and_version", fields=["code", "since", "version"]
            ),
        ]
