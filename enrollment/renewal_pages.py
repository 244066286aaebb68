"""The yearly renewal: the dry run, its three lists with reasons area by area, and the way to start it once."""

from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from enrollment import renewal
from enrollment.forms import find_period, periods
from enrollment.models import RenewalCount, Resident
from enrollment.resident_pages import Residents
from office import days, desk
from office.desk import Column, Filter
from office.duties import Duty
from office.models import Job
from office.refusal import Refusal


@desk.page(Duty.COLLECT)
def renewal_page(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The dry run and the renewal of a year: the three lists, area by area, why, and how to start each.

    Everything shown was counted by the jobs themselves; the page asks the same few queries of any city.
    """
    known = periods(request.user)
    period = find_period(request, pk) if pk else known.first()
    if period is None:
        messages.info(request, _("请先开设缴费期，再办理年度续保。"))
        return redirect("enrollment:periods")
    dry, run = renewal.planned(period), Job.objects.filter(key=renewal.key(period)).first()
    shown = run if run is not None else dry
    context = {
        "title": _("续保到 %(year)s 年度") % {"year": period.year},
        "period": period,
        "periods": known,
        "dry": dry,
        "job": run,
        "shown": shown,
        "ended": shown is not None and shown.state in (Job.State.DONE, Job.State.FAILED),
        "whole": request.user.area.covers(period.area),
        **_lists(shown, request),
    }
    return desk.render(request, "enrollment/renewal.html", context)


def _lists(job: Job | None, request: HttpRequest) -> dict[str, Any]:
    if job is None:
        return {}
    told = renewal.counted(job, request.user)
    lists = [
        {"code": code, "label": label, "people": told.totals[code], "reasons": told.reasons[code]}
        for code, label in RenewalCount.List.choices
    ]
    return {"lists": lists, "areas": told.areas}


@require_POST
@desk.page(Duty.COLLECT)
def plan_renewal(request: HttpRequest, pk: int) -> HttpResponse:
    """Start the dry run of the whole city: it writes nothing but counts."""
    period = find_period(request, pk)
    _refuse_unless_whole(request, period)
    job = renewal.plan(period, by=request.user, on=days.today(), at=days.now())
    return redirect("office:job", job.pk)


@require_POST
@desk.page(Duty.COLLECT)
def start_renewal(request: HttpRequest, pk: int) -> HttpResponse:
    """Start the renewal of the whole city."""
    period = find_period(request, pk)
    _refuse_unless_whole(request, period)
    job = renewal.start(period, by=request.user, on=days.today(), at=days.now())
    return redirect("office:job", job.pk)


def _refuse_unless_whole(request: HttpRequest, period: Any) -> None:
    if not request.user.area.covers(period.area):
        raise Refusal(_("年度续保由市级统一办理。"))


LISTS = {
    "renewing": (gettext_lazy("续保人员"), lambda period, on: renewal.renewing(period, on)),
    "new": (gettext_lazy("新参保人员"), lambda period, _on: renewal.new(period)),
    "lapsed": (gettext_lazy("不再续保人员"), lambda period, on: renewal.lapsed(period, on)),
}


class RenewalList(Residents):
    duty = Duty.COLLECT
    buttons: ClassVar = ()
    filters: ClassVar = (Filter("area", gettext_lazy("区域"), desk.areas_below, lookup="area__path__startswith"),)
    columns: ClassVar = (
        *Residents.columns[:-1],
        Column(gettext_lazy("终止日期"), "ended_on", "date"),
        Column(gettext_lazy("终止原因"), "get_end_reason_display"),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Resident]:
        if kwargs["which"] not in LISTS:
            raise Http404
        _title, rows = LISTS[kwargs["which"]]
        found = rows(find_period(request, kwargs["pk"]), days.today()).visible_to(request.user)
        return found.select_related("area", "household").order_by("area__path", "pk")

    def beside(self, request: HttpRequest, rows: QuerySet[Resident], **kwargs: Any) -> dict[str, Any]:
        return {"title": LISTS[kwargs["which"]][0]}
