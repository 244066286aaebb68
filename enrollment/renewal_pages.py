"""The yearly renewal: the dry run, its three lists, and the way to start it once."""

from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from enrollment import (
    renewal,
)
from enrollment.forms import (
    find_period,
    periods,
)
from enrollment.models import Resident
from enrollment.resident_pages import Residents
from office import days, desk
from office.desk import Column, Filter
from office.duties import Duty
from office.models import Job
from office.refusal import Refusal


@desk.page(Duty.COLLECT)
def renewal_page(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The dry run of a renewal, and the way to start it once."""
    known = periods(request.user)
    period = find_period(request, pk) if pk else known.first()
    if period is None:
        messages.info(request, _("请先开设缴费期，再办理年度续保。"))
        return redirect("enrollment:periods")
    context = {
        "title": _("续保到 %(year)s 年度") % {"year": period.year},
        "period": period,
        "periods": known,
        "plan": renewal.plan(period, days.today()),
        "job": Job.objects.filter(key=renewal.key(period)).first(),
        "whole": request.user.area.covers(period.area),
    }
    return desk.render(request, "enrollment/renewal.html", context)


@require_POST
@desk.page(Duty.COLLECT)
def start_renewal(request: HttpRequest, pk: int) -> HttpResponse:
    """Start the renewal of the whole city."""
    period = find_period(request, pk)
    if not request.user.area.covers(period.area):
        raise Refusal(_("年度续保由市级统一办理。"))
    job = renewal.start(period, by=request.user, on=days.today(), at=days.now())
    return redirect("office:job", job.pk)


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
