"""Pages that every room shares: jobs with their progress, and files that come in."""

from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from office import days, desk, jobs
from office.desk import Column, Filter
from office.duties import Duty
from office.models import Chunk, Job

JOB_TONES = {Job.State.WAITING: "plain", Job.State.RUNNING: "info", Job.State.DONE: "good", Job.State.FAILED: "bad"}
# What jobs count, in words; a count that is called by a word already keeps it.
COUNTS = {
    "enrolled": gettext_lazy("新登记参保"),
    "covered": gettext_lazy("其中无须本人缴费"),
    "refused": gettext_lazy("不予参保"),
    "known": gettext_lazy("此前已登记"),
    "undecided": gettext_lazy("没有规则可判"),
    "renewing": gettext_lazy("续保人员"),
    "new": gettext_lazy("新参保人员"),
    "lapsed": gettext_lazy("不再续保人员"),
    "settlements": gettext_lazy("生成结算单"),
    "taken": gettext_lazy("导入"),
    "duplicate": gettext_lazy("重复"),
    "error": gettext_lazy("错误"),
}


class Jobs(desk.ListPage):
    duty = Duty.SEE_JOBS
    title = pgettext_lazy("many", "任务")
    search: ClassVar = ("title__icontains",)
    search_hint = gettext_lazy("任务名称")
    file_name = "jobs"
    columns: ClassVar = (
        Column(gettext_lazy("任务"), "title"),
        Column(gettext_lazy("区域"), "area.name"),
        Column(gettext_lazy("进度"), lambda job: f"{job.done + job.failed} / {job.total}", "number"),
        Column(gettext_lazy("失败"), "failed", "number"),
        Column(gettext_lazy("状态"), "get_state_display", "badge", tone=lambda job: JOB_TONES[job.state]),
        Column(gettext_lazy("发起"), "created_by"),
        Column(gettext_lazy("时间"), "created_at", "moment"),
    )
    filters: ClassVar = (Filter("state", gettext_lazy("状态"), Job.State.choices),)

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Job]:
        return Job.objects.visible_to(request.user).select_related("area", "created_by")

    def href(self, row: Job) -> str:
        return reverse("office:job", args=[row.pk])


@desk.page(Duty.SEE_JOBS)
def job_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One job: progress that moves by itself until it is done, what it counted, and every chunk that failed."""
    job = get_object_or_404(Job.objects.visible_to(request.user).select_related("area", "created_by"), pk=pk)
    context = {
        "title": job.title,
        "job": job,
        "tone": JOB_TONES[job.state],
        "counted": [(COUNTS.get(name, name), count) for name, count in job.report.items()],
        "ended": job.state in (Job.State.DONE, Job.State.FAILED),
        "troubled": job.chunks.exclude(error="").order_by("number")[:50],
        "running": job.chunks.filter(state=Chunk.State.RUNNING).order_by("number")[:5],
    }
    return desk.render(
        request, "office/_progress.html" if request.headers.get("HX-Request") else "office/job.html", context
    )


@require_POST
@desk.page(Duty.SEE_JOBS)
def retry_job(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the failed parts of one's own job back to work."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk, created_by=request.user)
    jobs.retry(job, by=request.user, at=days.now())
    messages.success(request, _("失败的部分已重新排队。"))
    return redirect("office:job", pk)
