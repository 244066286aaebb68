"""Whoever pays for others of their own free will: the sponsor, the people on its list, the money that came from it."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enrollment.models.contribution import CollectionPeriod
from enrollment.models.resident import Resident
from office.money import FenField
from office.scope import Scoped, scoped


class Sponsorship(models.Model):
    """A village, town or employer pays so much a head of one year's individual contributions (BZ08)."""

    class Kind(models.TextChoices):
        VILLAGE = "village", _("村（居）委会")
        TOWN = "town", _("乡镇（街道）")
        EMPLOYER = "employer", _("用人单位")

    period = models.ForeignKey(CollectionPeriod, models.PROTECT, related_name="sponsorships", verbose_name=_("缴费期"))
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("区域"))
    kind = models.CharField(_("资助方"), max_length=8, choices=Kind)
    name = models.CharField(_("名称"), max_length=80)
    document = models.CharField(_("依据文件"), max_length=80)
    per_head = FenField(_("每人资助"))
    everybody = models.BooleanField(_("资助全区域"), default=False)
    since = models.DateField(_("起"))
    until = models.DateField(_("止"))
    entered_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("录入人"))
    entered_at = models.DateTimeField(_("录入时间"))
    confirmed_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("确认人")
    )
    confirmed_at = models.DateTimeField(_("确认时间"), null=True, blank=True)
    ended_on = models.DateField(_("终止日"), null=True, blank=True)
    ended_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("终止人")
    )
    ended_why = models.CharField(_("终止原因"), max_length=120, blank=True)

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("资助参保")
        verbose_name_plural = pgettext_lazy("many", "资助参保")
        ordering: ClassVar = ["-period__year", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(name="a_sponsor_gives_something", condition=Q(per_head__gt=0)),
            models.CheckConstraint(name="a_sponsorship_ends_after_it_begins", condition=Q(until__gte=F("since"))),
            models.CheckConstraint(
                name="a_sponsor_is_confirmed_by_another",
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("entered_by")),
            ),
            models.CheckConstraint(
                name="a_sponsor_is_confirmed_by_somebody_at_a_time",
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_sponsorship_is_ended_by_somebody_with_a_reason",
                condition=Q(ended_on=None, ended_by=None)
                | Q(ended_on__isnull=False, ended_by__isnull=False) & ~Q(ended_why=""),
            ),
            models.CheckConstraint(name="a_sponsor_names_its_document", condition=~Q(document="") & ~Q(name="")),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.period.year}"

    @property
    def stands(self) -> bool:
        """Whether it is confirmed and not ended."""
        return self.confirmed_by_id is not None and self.ended_on is None


class SponsoredPerson(models.Model):
    """Somebody on a sponsor's list."""

    sponsorship = models.ForeignKey(Sponsorship, models.CASCADE, related_name="people", verbose_name=_("资助参保"))
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="+", verbose_name=_("居民"))

    objects = scoped("resident__area__path").as_manager()

    class Meta:
        verbose_name = _("受资助人")
        verbose_name_plural = pgettext_lazy("many", "受资助人")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="once_on_a_sponsors_list", fields=["sponsorship", "resident"])
        ]

    def __str__(self) -> str:
        return str(self.resident)


class SponsorPayment(models.Model):
    """One payment of a sponsor for the shares that were open on that day; it settles them all."""

    sponsorship = models.ForeignKey(Sponsorship, models.PROTECT, related_name="payments", verbose_name=_("资助参保"))
    amount = FenField(_("金额"))
    heads = models.PositiveIntegerField(_("人数"))
    received_on = models.DateField(_("到账日"))
    receipt = models.CharField(_("凭证号"), max_length=40)
    taken_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("录入人"))
    taken_at = models.DateTimeField(_("录入时间"))

    objects = scoped("sponsorship__area__path").as_manager()

    class Meta:
        verbose_name = _("资助到账")
        verbose_name_plural = pgettext_lazy("many", "资助到账")
        ordering: ClassVar = ["-received_on", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_sponsor_payment_per_receipt", fields=["receipt"]),
            models.CheckConstraint(name="a_sponsor_payment_is_positive", condition=Q(amount__gt=0, heads__gt=0)),
        ]

    def __str__(self) -> str:
        return self.receipt
