"""Long work as rows: the job, its chunks, the token that says who may write, and the progress people look at."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from office.scope import Scoped, scoped


class Job(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", _("等待")
        RUNNING = "running", _("进行中")
        DONE = "done", _("完成")
        FAILED = "failed", _("有失败")

    kind = models.CharField(_("种类"), max_length=40)
    # What may run only once: "renewal:2026:140700".
    key = models.CharField(_("唯一键"), max_length=120, unique=True)
    title = models.CharField(_("名称"), max_length=120)
    area = models.ForeignKey("office.Area", models.PROTECT, related_name="+", verbose_name=_("区域"))
    parameters = models.JSONField(_("参数"), default=dict)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.WAITING)
    total = models.PositiveIntegerField(_("总数"), default=0)
    done = models.PositiveIntegerField(_("已完成"), default=0)
    failed = models.PositiveIntegerField(_("失败"), default=0)
    report = models.JSONField(_("结果"), default=dict)
    heartbeat_at = models.DateTimeField(_("心跳"), null=True, blank=True)
    created_by = models.ForeignKey(
        "office.Staff", models.PROTECT, null=True, related_name="+", verbose_name=_("发起人")
    )
    created_at = models.DateTimeField(_("发起时间"))
    finished_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    objects = Scoped.as_manager()

    class Meta:
        verbose_name = _("任务")
        verbose_name_plural = pgettext_lazy("many", "任务")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="a_job_does_no_more_than_its_total", condition=Q(total__gte=F("done") + F("failed"))
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def percent(self) -> int:
        if self.total == 0:  # nothing to do, or nobody has counted yet
            return 100 if self.state in (self.State.DONE, self.State.FAILED) else 0
        return (self.done + self.failed) * 100 // self.total


class Chunk(models.Model):
    """A piece of at most about two seconds: its effects and its `done` are one transaction under the current token."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待")
        RUNNING = "running", _("进行中")
        DONE = "done", _("完成")
        FAILED = "failed", _("失败")

    job = models.ForeignKey(Job, models.CASCADE, related_name="chunks", verbose_name=_("任务"))
    number = models.PositiveIntegerField(_("序号"))
    label = models.CharField(_("内容"), max_length=120, blank=True)
    keys = models.JSONField(_("键"), default=list)
    size = models.PositiveIntegerField(_("条数"), default=1)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.WAITING)
    # Raised at every taking: a worker that was paused past its lease holds an old token and can write nothing.
    token = models.PositiveIntegerField(_("令牌"), default=0)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    lease_until = models.DateTimeField(_("租期"), null=True, blank=True)
    error = models.CharField(_("错误"), max_length=500, blank=True)

    objects = scoped("job__area__path").as_manager()

    class Meta:
        verbose_name = _("任务分片")
        verbose_name_plural = pgettext_lazy("many", "任务分片")
        ordering: ClassVar = ["job", "number"]
        constraints: ClassVar = [models.UniqueConstraint(name="one_chunk_per_job_and_number", fields=["job", "number"])]
        indexes: ClassVar = [models.Index(name="chunk_waiting", fields=["job", "number"], condition=~Q(state="done"))]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.number} {self.label}"
