"""Money that evens out with a person what a settled claim was worth more or less: put down by one, moved by another."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from claims.models import Adjustment
from office.scope import scoped


class Redress(models.Model):
    """One adjustment on its way to the person (a further payment) or back from them (a recovery)."""

    adjustment = models.OneToOneField(Adjustment, models.PROTECT, related_name="redress", verbose_name=_("补付或追回"))
    document = models.CharField(_("凭据"), max_length=80)
    prepared_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("经办人"))
    prepared_at = models.DateTimeField(_("经办时间"))
    settled_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("收付人")
    )
    settled_on = models.DateField(_("收付日期"), null=True, blank=True)

    objects = scoped("adjustment__claim__area__path").as_manager()

    class Meta:
        verbose_name = _("补付追回办理")
        verbose_name_plural = pgettext_lazy("many", "补付追回办理")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="who_prepares_a_redress_does_not_move_its_money",
                condition=Q(settled_by=None) | ~Q(settled_by=F("prepared_by")),
            ),
            models.CheckConstraint(
                name="a_settled_redress_has_its_day",
                condition=Q(settled_by=None, settled_on=None) | Q(settled_by__isnull=False, settled_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.adjustment)
