"""Pages of those who may be insured twice: the work list, and one doubt with both sides and what to do."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from enrollment import doubts
from enrollment.forms import day_field
from enrollment.models import Doubt, Resident
from office import days, desk, uploads
from office.area_choice import AreaField
from office.desk import Button, Column, Filter
from office.duties import Duty
from office.models import Area
from office.refusal import Refusal

TONES = {Doubt.State.OPEN: "wait", Doubt.State.KEPT: "good", Doubt.State.ENDED: "plain"}


class ElsewhereForm(uploads.UploadForm):
    """A roster of people who are insured elsewhere, held against one area."""

    place = AreaField(label=gettext_lazy("区域"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].within(self.staff)

    def area(self) -> Area:
        return self.cleaned_data["place"]


uploads.offer(
    doubts.KIND,
    uploads.Kind(
        gettext_lazy("导入重复参保比对名册"),
        Duty.REGISTER,
        ElsewhereForm,
        gettext_lazy("在职工医保或外地参保的人员名册：比中的人列入疑似重复，逐一核对，不会直接终止。"),
        "enrollment:doubts",
    ),
)


def _other(doubt: Doubt) -> str:
    return f"{doubt.other.name} {doubt.other.id_masked}" if doubt.other else doubt.place


class Doubts(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "疑似重复")
    hint = gettext_lazy("同一人两份证件，或已在别处参保：核对后保留或终止其一；保留的不再列出。")
    search: ClassVar = ("resident__name__startswith", "resident__initials__istartswith", "place__startswith")
    search_hint = gettext_lazy("姓名、拼音首字母或参保地")
    file_name = "doubts"
    template = "enrollment/doubts.html"
    columns: ClassVar = (
        Column(gettext_lazy("姓名"), "resident.name"),
        Column(gettext_lazy("证件号码"), "resident.id_masked"),
        Column(gettext_lazy("村（社区）"), "resident.area.name"),
        Column(gettext_lazy("疑点"), "get_kind_display", "badge", tone=lambda doubt: "wait"),
        Column(gettext_lazy("另一登记或参保地"), _other),
        Column(gettext_lazy("另一参保起"), "since", "date"),
        Column(gettext_lazy("发现日期"), "found_on", "date"),
        Column(gettext_lazy("状态"), "get_state_display", "badge", tone=lambda doubt: TONES[doubt.state]),
    )
    filters: ClassVar = (
        Filter("kind", gettext_lazy("疑点"), Doubt.Kind.choices),
        Filter("area", gettext_lazy("区域"), desk.areas_below, lookup="area__path__startswith"),
    )
    buttons: ClassVar = (
        Button(
            gettext_lazy("导入重复参保比对名册"),
            reverse_lazy("office:upload", args=[doubts.KIND]),
            Duty.REGISTER,
            "upload_file",
        ),
        Button(gettext_lazy("已核对"), reverse_lazy("enrollment:settled-doubts"), Duty.SEE_RESIDENTS, "history"),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Doubt]:
        return doubts.open_ones(request.user)

    def href(self, row: Doubt) -> str:
        return reverse("enrollment:doubt", args=[row.pk])


class SettledDoubts(Doubts):
    title = gettext_lazy("已核对的疑似重复")
    hint = ""
    template = "work/list.html"
    file_name = "settled-doubts"
    buttons: ClassVar = (
        Button(gettext_lazy("待核对"), reverse_lazy("enrollment:doubts"), Duty.SEE_RESIDENTS, "pending_actions"),
    )
    columns: ClassVar = (
        *(column for column in Doubts.columns if column.value not in ("since", "found_on")),
        Column(gettext_lazy("核对结论"), "why"),
        Column(gettext_lazy("核对人"), "decided_by"),
        Column(gettext_lazy("核对时间"), "decided_at", "moment"),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Doubt]:
        settled = Doubt.objects.visible_to(request.user).exclude(state=Doubt.State.OPEN)
        return settled.select_related("resident__area", "other__area", "decided_by").order_by("-decided_at", "-pk")


class KeepForm(forms.Form):
    """Why both stay."""

    why = forms.CharField(label=gettext_lazy("理由"), max_length=200)


class EndOneForm(KeepForm):
    """Which of the two ends, from which day, and why."""

    whom = forms.ModelChoiceField(label=gettext_lazy("终止"), queryset=Resident.objects.none(), empty_label=None)
    ended_on = day_field(gettext_lazy("日期"))
    field_order = ("whom", "ended_on", "why")

    def __init__(self, *args: Any, doubt: Doubt, **kwargs: Any) -> None:
        initial = {"ended_on": doubt.since or days.today()}
        super().__init__(*args, initial=initial, prefix="end", **kwargs)
        sides = Resident.objects.filter(pk__in=[doubt.resident_id, doubt.other_id]).select_related("area")
        self.fields["whom"].queryset = sides
        self.fields["whom"].label_from_instance = lambda side: f"{side.name} {side.id_masked} {side.area.name}"


@require_POST
@desk.page(Duty.REGISTER)
def seek(request: HttpRequest) -> HttpResponse:
    """Look for people registered under two documents in the person's own area."""
    found = doubts.seek(request.user.area, by=request.user, on=days.today(), at=days.now())
    messages.success(request, _("查找完成，新发现 %(count)d 对。") % {"count": found})
    return redirect("enrollment:doubts")


@desk.page(Duty.REGISTER)
def doubt_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Both sides of one doubt, and the two ways to settle it."""
    found = Doubt.objects.visible_to(request.user).select_related("resident__area", "other__area", "decided_by")
    doubt = get_object_or_404(found, pk=pk)
    keeping, asked = request.POST.get("act") == "keep", request.method == "POST"
    keep = KeepForm(request.POST if asked and keeping else None)
    end = EndOneForm(request.POST if asked and not keeping else None, doubt=doubt)
    form = keep if keeping else end
    if asked and form.is_valid():
        told, who = form.cleaned_data, {"by": request.user, "at": days.now()}
        try:
            if keeping:
                doubts.keep(doubt, told["why"], **who)
            else:
                doubts.end_one(doubt, told["whom"], told["ended_on"], told["why"], **who)
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("已保留，不再列出。") if keeping else _("已登记终止。"))
            return redirect("enrollment:doubts")
    sides = [side for side in (doubt.resident, doubt.other) if side is not None]
    context = {
        "title": f"{doubt.get_kind_display()}：{doubt.resident.name}",
        "doubt": doubt,
        "tone": TONES[doubt.state],
        "sides": [(side, side.enrollments.order_by("-year")[:3]) for side in sides],
        "keep": keep,
        "end": end,
        "open": doubt.state == Doubt.State.OPEN and not any(side.ended_on for side in sides),
    }
    return desk.render(request, "enrollment/doubt.html", context)
