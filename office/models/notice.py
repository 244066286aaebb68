"""Dated notices: figures that a regulation leaves to a yearly decision, entered by one and approved by another."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords


class Notice(models.Model):
    policy = models.CharField(_("办法"), max_length=32)
    key = models.CharField(_("参数"), max_length=80)
    tier = models.CharField(_("档次"), max_length=40, blank=True, help_text=_("如医院级别 1、2、3；不分档留空"))
    value = models.CharField(_("值"), max_length=80)
    since = models.DateField(_("施行之日"))
    document = models.CharField(_("文号"), max_length=80, help_text=_("引用时如条文一样写出"))
    title = models.CharField(_("文件名称"), max_length=120, blank=True)
    is_sample = models.BooleanField(_("演示样本"), default=False, help_text=_("演示用的样本数，不是真实文件"))
    entered_by = models.ForeignKey("office.Staff", models.PROTECT, related_name="+", verbose_name=_("录入人"))
    entered_at = models.DateTimeField(_("录入时间"))
    approved_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("批准人")
    )
    approved_at = models.DateTimeField(_("批准时间"), null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("标准公告")
        verbose_name_plural = pgettext_lazy("many", "标准公告")
        ordering: ClassVar = ["policy", "key", "tier", "-since"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="one_notice_per_parameter_and_first_day", fields=["policy", "key", "tier", "since"]
            ),
            models.CheckConstraint(
                name="notice_maker_is_not_checker", condition=Q(approved_by=None) | ~Q(approved_by=F("entered_by"))
            ),
            models.CheckConstraint(
                name="notice_is_approved_by_somebody_at_a_time",
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}{f'[{self.tier}]' if self.tier else ''} = {self.value}（{self.since}，{self.document}）"
