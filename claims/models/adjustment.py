"""What a settled claim turned out to be worth besides: a difference that is paid or taken back, never an edit."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from claims.models.claim import Claim
from office.money import FenField
from office.scope import scoped


class Adjustment(models.Model):
    """A signed difference in yuan to what a claim was settled with; negative is taken back."""

    class Payee(models.TextChoices):
        # The claim was reversed: its hospital gives back what it was paid, as a negative line of a later month.
        INSTITUTION = "institution", _("医疗机构")
        # The year before it moved: the person was paid too little or too much.
        RESIDENT = "resident", _("参保人")

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="adjustments", verbose_name=_("费用申报"))
    payee = models.CharField(_("对方"), max_length=12, choices=Payee)
    basic = FenField(_("统筹基金"))
    critical_illness = FenField(_("大病保险"))
    assistance = FenField(_("医疗救助"))
    charity = FenField(_("慈善补助"))
    why = models.CharField(_("原因"), max_length=300)
    reasons = models.JSONField(_("理由"), default=list)
    worksheet = models.JSONField(_("计算过程"), default=list)
    # What the claim adds to the resident's year from now on, in the place of its own `added`.
    added = models.JSONField(_("计入累计"), default=dict)
    made_by = models.ForeignKey("office.Staff", models.PROTECT, null=True, related_name="+", verbose_name=_("经办人"))
    made_at = models.DateTimeField(_("时间"))

    objects = scoped("claim__area__path").as_manager()

    class Meta:
        verbose_name = _("补付或追回")
        verbose_name_plural = pgettext_lazy("many", "补付与追回")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="a_claim_is_reversed_once", fields=["claim"], condition=Q(payee="institution")
            ),
            models.CheckConstraint(
                name="an_institution_only_gives_back",
                condition=~Q(payee="institution")
                | Q(basic__lte=0, critical_illness__lte=0, assistance__lte=0, charity__lte=0),
            ),
        ]
        indexes: ClassVar = [models.Index(name="adjustment_by_payee", fields=["payee", "id"])]

    def __str__(self) -> str:
        return f"{self.claim} {self.total}"

    @property
    def total(self) -> object:
        """All payers together, in yuan."""
        return self.basic + self.critical_illness + self.assistance + self.charity
