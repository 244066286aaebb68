"""Pages of the statuses that departments certify: who has which, and what a department's roster would change."""

from typing import Any, ClassVar

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from enrollment import certifying
from enrollment.forms import day_field
from enrollment.models import Status
from office import days, desk, uploads
from office.area_choice import AreaField
from office.desk import Button, Column, Filter
from office.duties import Duty
from office.models import Area, Batch

SHOWN = 200  # people of each kind on the page of a comparison


class StatusFileForm(uploads.UploadForm):
    """A department's roster: which group of which area, as of which day, all of them or the changes."""

    place = AreaField(label=gettext_lazy("区域"))
    group = forms.ChoiceField(label=gettext_lazy("身份"), choices=Status.Group.choices)
    extent = forms.ChoiceField(
        label=gettext_lazy("名册范围"),
        choices=[("changes", gettext_lazy("变动名册")), ("full", gettext_lazy("全量名册"))],
        help_text=gettext_lazy("全量名册中没有的人，其身份自名册日期起终止；导入前先列出"),
    )
    day = day_field(gettext_lazy("名册日期"))
    department = forms.CharField(label=gettext_lazy("认定部门"), max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].within(self.staff)

    def area(self) -> Area:
        return self.cleaned_data["place"]

    def parameters(self) -> dict[str, Any]:
        told = self.cleaned_data
        return certifying.parameters(told["group"], told["day"], told["extent"] == "full", told["department"])


uploads.offer(
    certifying.KIND,
    uploads.Kind(
        gettext_lazy("导入部门身份名册"),
        Duty.REGISTER,
        StatusFileForm,
        gettext_lazy("民政、残联、农业农村等部门的名册：先与登记比对，列出新增、终止、不变和对不上的人，再导入。"),
        "enrollment:statuses",
        "enrollment:compare-statuses",
    ),
)


def _standing(rows: QuerySet[Status], value: str) -> QuerySet[Status]:
    today = days.today()
    over = Q(until__lt=today)
    return rows.filter(over) if value == "over" else rows.filter(~over | Q(until=None), since__lte=today)


def _tone(status: Status) -> str:
    return "plain" if status.until is not None and status.until < days.today() else "good"


class Statuses(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "人员身份")
    hint = gettext_lazy("由有关部门认定，起止日均含当日；同一人可有几种身份，取最优待遇。")
    search: ClassVar = ("resident__name__startswith", "resident__initials__istartswith", "document__startswith")
    search_hint = gettext_lazy("姓名、拼音首字母或证明文号")
    file_name = "statuses"
    columns: ClassVar = (
        Column(gettext_lazy("姓名"), "resident.name"),
        Column(gettext_lazy("证件号码"), "resident.id_masked"),
        Column(gettext_lazy("村（社区）"), "resident.area.name"),
        Column(gettext_lazy("身份"), "get_group_display", "badge", tone=_tone),
        Column(gettext_lazy("起"), "since", "date"),
        Column(gettext_lazy("止"), "until", "date"),
        Column(gettext_lazy("认定部门"), "certified_by"),
        Column(gettext_lazy("依据"), "document"),
    )
    filters: ClassVar = (
        Filter("group", gettext_lazy("身份"), Status.Group.choices),
        Filter(
            "when",
            gettext_lazy("期间"),
            [("now", gettext_lazy("现有")), ("over", gettext_lazy("已终止"))],
            apply=_standing,
        ),
        Filter("area", gettext_lazy("区域"), desk.areas_below, lookup="resident__area__path__startswith"),
    )
    buttons: ClassVar = (
        Button(
            gettext_lazy("导入部门身份名册"),
            reverse_lazy("office:upload", args=[certifying.KIND]),
            Duty.REGISTER,
            "upload_file",
        ),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Status]:
        return Status.objects.visible_to(request.user).select_related("resident__area").order_by("-since", "pk")

    def href(self, row: Status) -> str:
        return reverse("enrollment:resident", args=[row.resident_id])


@desk.page(Duty.REGISTER)
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """What taking a department's roster would change, person by person, before anything is taken."""
    rosters = Batch.objects.visible_to(request.user).filter(kind=certifying.KIND).select_related("area")
    batch = get_object_or_404(rosters, pk=pk)
    if batch.state != Batch.State.PREVIEWED:
        return redirect("office:file", pk)
    found, order = certifying.difference(batch), certifying.Order.of(batch)
    ended = [(ending.status, ending.status.since, ending.last) for ending in found.ended]
    parts = (
        (_("新增"), "good", [(status, status.since, status.until) for status in found.new]),
        (_("终止"), "bad", ended),
        (_("不在名册中但保留"), "wait", [(status, status.since, status.until) for status in found.held]),
        (_("不变"), "plain", [(status, status.since, status.until) for status in found.unchanged]),
    )
    faults = found.outcome.faults
    context = {
        "title": _("与登记比对：%(file)s") % {"file": batch.file_name},
        "batch": batch,
        "order": order,
        "group": Status.Group(order.group).label,
        "parts": [(label, tone, len(rows), rows[:SHOWN]) for label, tone, rows in parts],
        "unmatched": faults[:SHOWN],
        "unmatched_count": len({fault.line for fault in faults}),
        "most": SHOWN,
        "changes": len(found.new) + len(found.ended),
    }
    return desk.render(request, "enrollment/difference.html", context)
