"""What was changed about a resident after registration, and which two records were found to be one person."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enrollment.models.resident import Resident
from office.scope import Scoped
from office.secrecy import SealedField


class ResidentChange(models.Model):
    """One change of one person: before and after, by whom, why. Written once; only a proposal is still decided on."""

    class Kind(models.TextChoices):
        FACTS = "facts", _("信息变更")
        MOVED = "moved", _("转入他户")
        SPLIT = "split", _("分户")
        HEAD = "head", _("变更户主")
        VILLAGE = "village", _("整户迁移")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("待复核")
        MADE = "made", _("已生效")
        DECLINED = "declined", _("未通过")

    resident = models.ForeignKey(Resident, models.PROTECT, related_name="changes", verbose_name=_("居民"))
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("区域"))
    kind = models.CharField(_("类型"), max_length=8, choices=Kind)
    # {"phone": ["before", "after"], ...} as JSON; sealed, because document numbers are among it.
    facts = SealedField(_("变更内容"))
    why = models.CharField(_("原因"), max_length=200)
    since = models.DateField(_("自何日起"), null=True, blank=True)
    # Whether it changes what was due or covered in a year that is over: then a second person decides.
    needs_second = models.BooleanField(_("涉及往年资金"), default=False)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.MADE)
    asked_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("经办人"))
    asked_at = models.DateTimeField(_("办理时间"))
    decided_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("复核人")
    )
    decided_at = models.DateTimeField(_("复核时间"), null=True, blank=True)

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("居民变更")
        verbose_name_plural = pgettext_lazy("many", "居民变更")
        ordering: ClassVar = ["-asked_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="change_maker_is_not_checker", condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by"))
            ),
            models.CheckConstraint(
                name="a_closed_year_changes_by_two",
                condition=~Q(state="made", needs_second=True) | Q(decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="a_decided_change_names_who_and_when",
                condition=Q(decided_by=None, decided_at=None)
                | Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(state="proposed"),
            ),
            models.UniqueConstraint(
                name="one_open_proposal_per_resident", fields=["resident"], condition=Q(state="proposed")
            ),
        ]
        indexes: ClassVar = [models.Index(name="change_by_state_and_area", fields=["state", "area"])]

    def __str__(self) -> str:
        return f"{self.resident} {self.get_kind_display()}"


class Merge(models.Model):
    """Two records that are one person: the one that is kept carries all history, the other ends as a duplicate."""

    kept = models.ForeignKey(Resident, models.PROTECT, related_name="merges", verbose_name=_("保留的登记"))
    gone = models.ForeignKey(Resident, models.PROTECT, related_name="merged", verbose_name=_("并入的登记"))
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("区域"))
    why = models.CharField(_("原因"), max_length=200)
    merged_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("经办人"))
    merged_at = models.DateTimeField(_("办理时间"))
    # Which rows were carried over, {"enrollment.status.resident": [1, 2]}, and what the two records said before.
    carried = models.JSONField(_("转入的记录"), default=dict)
    before = models.JSONField(_("合并前"), default=dict)
    undone_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("撤销人")
    )
    undone_at = models.DateTimeField(_("撤销时间"), null=True, blank=True)

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("合并登记")
        verbose_name_plural = pgettext_lazy("many", "合并登记")
        ordering: ClassVar = ["-merged_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(name="a_merge_has_two_records", condition=~Q(kept=F("gone"))),
            models.UniqueConstraint(name="a_record_is_merged_once", fields=["gone"], condition=Q(undone_at=None)),
            models.CheckConstraint(
                name="an_undone_merge_names_who",
                condition=Q(undone_by=None, undone_at=None) | Q(undone_by__isnull=False, undone_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gone} → {self.kept}"
