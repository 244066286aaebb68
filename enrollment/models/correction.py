"""A dated correction of what was fixed when due: why, when, on whose word, and what it changes for the person."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from office.money import FenField
from office.scope import scoped


class DueCorrection(models.Model):
    """One correction of one enrollment's dues; the rows it put out of force and those it brought both point to it."""

    class Reason(models.TextChoices):
        PAYMENT = "payment", _("按缴费日重算")
        STATUS = "status", _("身份认定")
        FACTS = "facts", _("人员情况变化")
        SPONSOR = "sponsor", _("资助方变化")
        ERROR = "error", _("更正差错")

    enrollment = models.ForeignKey(
        "enrollment.Enrollment", models.PROTECT, related_name="corrections", verbose_name=_("参保")
    )
    corrected_on = models.DateField(_("更正日"))
    reason = models.CharField(_("原因"), max_length=8, choices=Reason)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    document = models.CharField(_("依据文件"), max_length=80, blank=True)
    # Nobody where a payment of a later day brought it: its file names who took it.
    by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("更正人")
    )
    before = FenField(_("个人原应缴"))
    after = FenField(_("个人现应缴"))
    after_payment = models.BooleanField(_("缴费后更正"), default=False)
    evened_on = models.DateField(_("差额结清日"), null=True, blank=True)
    evened_document = models.CharField(_("差额凭证"), max_length=80, blank=True)
    evened_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("结清人")
    )

    objects = scoped("enrollment__area__path").as_manager()

    class Meta:
        verbose_name = _("应缴更正")
        verbose_name_plural = pgettext_lazy("many", "应缴更正")
        ordering: ClassVar = ["-corrected_on", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="an_error_is_corrected_by_somebody_on_a_document",
                condition=~Q(reason="error") | (Q(by__isnull=False) & ~Q(document="") & ~Q(note="")),
            ),
            models.CheckConstraint(name="corrected_dues_are_not_negative", condition=Q(before__gte=0, after__gte=0)),
            models.CheckConstraint(
                name="a_difference_is_evened_by_somebody_on_a_document",
                condition=Q(evened_on=None, evened_by=None, evened_document="")
                | (Q(evened_on__isnull=False, evened_by__isnull=False) & ~Q(evened_document="")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                name="corrections_still_to_even", fields=["enrollment"], condition=Q(after_payment=True, evened_on=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.corrected_on} {self.get_reason_display()}"

    @property
    def difference(self) -> Decimal:
        """What is still to collect from the person (positive) or to give back (negative), in yuan."""
        return self.after - self.before if self.after_payment else Decimal(0)
