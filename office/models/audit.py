"""The audit trail: who did what to which record, in a chain of hashes that breaks where a row is touched."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from office.scope import Scoped


class AuditEvent(models.Model):
    """Written by `office.audit.record` only; triggers refuse to change or delete a row."""

    number = models.PositiveBigIntegerField(_("序号"), unique=True)
    at = models.DateTimeField(_("时间"))
    actor = models.ForeignKey("office.Staff", models.PROTECT, null=True, related_name="+", verbose_name=_("操作人"))
    area = models.ForeignKey("office.Area", models.PROTECT, null=True, related_name="+", verbose_name=_("区域"))
    action = models.CharField(_("动作"), max_length=60)
    subject = models.CharField(_("对象"), max_length=120, db_index=True)
    detail = models.JSONField(_("内容"), default=dict)
    previous = models.CharField(_("前一环"), max_length=64)
    hash = models.CharField(_("本环"), max_length=64)

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("审计记录")
        verbose_name_plural = pgettext_lazy("many", "审计记录")
        ordering: ClassVar = ["-number"]

    def __str__(self) -> str:
        return f"{self.number} {self.action} {self.subject}"


class AuditHead(models.Model):
    """The last link, one row that exists from the first migration on: writers queue here, so the chain never forks."""

    number = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="")
