"""The tree of areas: province, city, county, town, village, by the codes of GB/T 2260 and their extensions."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from office.scope import scoped


class Area(models.Model):
    class Level(models.IntegerChoices):
        CITY = 1, _("市")
        COUNTY = 2, _("县（市、区）")
        TOWN = 3, _("乡镇（街道）")
        VILLAGE = 4, _("村（社区）")

    code = models.CharField(_("区划代码"), max_length=12, unique=True)
    name = models.CharField(_("名称"), max_length=60)
    level = models.PositiveSmallIntegerField(_("级别"), choices=Level)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("上级")
    )
    # What people type who do not want to switch to Chinese; empty where an area came in by another way than the office.
    initials = models.CharField(_("拼音首字母"), max_length=30, default="", blank=True, editable=False)
    # Every code from the city down, each closed by a slash: whoever starts with my path lies in me.
    path = models.CharField(_("路径"), max_length=60, unique=True, editable=False)

    objects = scoped("path").as_manager()

    class Meta:
        verbose_name = _("行政区划")
        verbose_name_plural = pgettext_lazy("many", "行政区划")
        ordering: ClassVar = ["path"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="only_a_city_has_no_parent",
                condition=Q(level=1, parent=None) | Q(level__gt=1, parent__isnull=False),
            ),
            models.CheckConstraint(
                name="area_path_ends_with_its_code",
                condition=Q(path__endswith=models.functions.Concat(F("code"), models.Value("/"))),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def covers(self, other: "Area") -> bool:
        """Whether the other area is this one or lies in it."""
        return other.path.startswith(self.path)
