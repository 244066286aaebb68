"""Somebody who may be insured twice, until the office has said what is so; and who proved to be who they are."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enrollment.models.resident import Resident
from office.scope import Scoped, scoped


class Doubt(models.Model):
    """One question of the work list: the same person under two documents, or insured somewhere else as well."""

    class Kind(models.TextChoices):
        TWO_DOCUMENTS = "two_documents", _("一人两证")
        EMPLOYEE = "employee", _("已参加职工医保")
        ELSEWHERE = "elsewhere", _("已在外地参保")

    class State(models.TextChoices):
        OPEN = "open", _("待核对")
        KEPT = "kept", _("核对无误，保留")
        ENDED = "ended", pgettext_lazy("doubt", "已终止")

    kind = models.CharField(_("疑点"), max_length=16, choices=Kind)
    # Of two records the older one; the area is the smallest that holds both, so that whoever decides sees both.
    resident = models.ForeignKey(Resident, models.CASCADE, related_name="doubts", verbose_name=_("居民"))
    other = models.ForeignKey(
        Resident, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("另一登记")
    )
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("区域"))
    place = models.CharField(_("另一参保地"), max_length=80, blank=True)
    since = models.DateField(_("另一参保起"), null=True, blank=True)
    found_on = models.DateField(_("发现日期"))
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.OPEN)
    why = models.CharField(_("核对结论"), max_length=200, blank=True)
    ended = models.ForeignKey(
        Resident, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("终止的登记")
    )
    decided_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("核对人")
    )
    decided_at = models.DateTimeField(_("核对时间"), null=True, blank=True)

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("疑似重复")
        verbose_name_plural = pgettext_lazy("many", "疑似重复")
        ordering: ClassVar = ["-found_on", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_doubt_per_pair", fields=["resident", "other"]),
            models.UniqueConstraint(
                name="one_doubt_per_place", fields=["resident", "kind", "place"], condition=Q(other=None)
            ),
            models.CheckConstraint(
                name="the_older_record_stands_first", condition=Q(other=None) | Q(other__gt=F("resident"))
            ),
            models.CheckConstraint(
                name="two_documents_are_two_records",
                condition=Q(kind="two_documents", other__isnull=False) | (~Q(kind="two_documents") & Q(other=None)),
            ),
            models.CheckConstraint(
                name="a_settled_doubt_has_a_reason",
                condition=Q(state="open", decided_by=None, decided_at=None)
                | (~Q(state="open") & ~Q(why="") & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
        ]
        indexes: ClassVar = [models.Index(name="doubt_by_state_and_area", fields=["state", "area"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.resident}"


class Proof(models.Model):
    """Somebody whose contribution others pay showed who they are, for one coverage year."""

    resident = models.ForeignKey(Resident, models.PROTECT, related_name="proofs", verbose_name=_("居民"))
    year = models.PositiveSmallIntegerField(_("参保年度"))
    proved_on = models.DateField(_("认证日期"))
    how = models.CharField(_("认证方式"), max_length=60)
    kept_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("经办人"))
    kept_at = models.DateTimeField(_("登记时间"))

    objects = scoped("resident__area__path").as_manager()

    class Meta:
        verbose_name = _("身份认证")
        verbose_name_plural = pgettext_lazy("many", "身份认证")
        ordering: ClassVar = ["-year", "-proved_on", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="one_proof_per_resident_and_year", fields=["resident", "year"]),
        ]

    def __str__(self) -> str:
        return f"{self.resident} {self.year}"
