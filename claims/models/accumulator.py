"""One row per resident and year that says how much was used of what is limited; it exists before it is locked."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enrollment.models import Resident
from office.money import FenField, fen
from office.scope import scoped

CEILINGS = ("basic", "inpatient_basic", "outpatient_basic", "outpatient_in_scope", "critical_illness")


class Accumulator(models.Model):
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="accumulators", verbose_name=_("居民"))
    year = models.PositiveSmallIntegerField(_("年度"))
    admissions = models.PositiveSmallIntegerField(_("住院次数"), default=0)
    admissions_level_2_3 = models.PositiveSmallIntegerField(_("二、三级住院次数"), default=0)
    basic = fen(verbose_name=_("统筹支付累计"))
    inpatient_basic = fen(verbose_name=_("住院统筹累计"))
    outpatient_basic = fen(verbose_name=_("门诊统筹累计"))
    outpatient_in_scope = fen(verbose_name=_("门诊范围内累计"))
    compliant_personal = fen(verbose_name=_("合规自付累计"))
    critical_illness = fen(verbose_name=_("大病保险累计"))
    # The year's ceilings as rules and notices set them when the row was last locked; null: no such ceiling.
    basic_ceiling = FenField(_("统筹封顶"), null=True)
    inpatient_basic_ceiling = FenField(_("住院封顶"), null=True)
    outpatient_basic_ceiling = FenField(_("门诊封顶"), null=True)
    outpatient_in_scope_ceiling = FenField(_("门诊范围内限额"), null=True)
    critical_illness_ceiling = FenField(_("大病封顶"), null=True)

    objects = scoped("resident__area__path").as_manager()

    class Meta:
        verbose_name = _("年度累计")
        verbose_name_plural = pgettext_lazy("many", "年度累计")
        ordering: ClassVar = ["-year", "resident"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_accumulator_per_resident_and_year", fields=["resident", "year"]),
            models.CheckConstraint(name="nothing_used_is_negative", condition=Q(compliant_personal__gte=0)),
            *(
                models.CheckConstraint(
                    name=f"{used}_stays_under_its_ceiling",
                    condition=Q(**{f"{used}__gte": 0})
                    & (Q(**{f"{used}_ceiling": None}) | Q(**{f"{used}__lte": F(f"{used}_ceiling")})),
                )
                for used in CEILINGS
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resident} {self.year}"
