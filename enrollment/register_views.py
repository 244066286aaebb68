"""Pages on which the register is kept true: changes of facts, and the second look at those that move money."""

from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from enrollment import changing
from enrollment.models import Resident, ResidentChange
from enrollment.register_forms import ChangeForm
from office import days, desk
from office.desk import Column, Filter
from office.duties import Duty
from office.refusal import Refusal


def resident_of(request: HttpRequest, pk: int) -> Resident:
    """A resident within the person's scope, else 404."""
    rows = Resident.objects.visible_to(request.user).select_related("area", "household", "school")
    return get_object_or_404(rows, pk=pk)


def _change(request: HttpRequest, pk: int) -> ResidentChange:
    rows = ResidentChange.objects.visible_to(request.user)
    rows = rows.select_related("resident__area", "resident__household", "asked_by", "decided_by")
    return get_object_or_404(rows, pk=pk)


class Changes(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "居民变更")
    hint = gettext_lazy("涉及往年资金的变更由另一人复核后生效。")
    search: ClassVar = ("resident__name__startswith",)
    search_hint = gettext_lazy("姓名")
    file_name = "changes"
    columns: ClassVar = (
        Column(gettext_lazy("姓名"), "resident.name"),
        Column(gettext_lazy("类型"), "get_kind_display"),
        Column(gettext_lazy("变更内容"), lambda row: "；".join(str(line) for line in changing.lines(row))),
        Column(gettext_lazy("原因"), "why"),
        Column(gettext_lazy("状态"), "get_state_display", "badge", tone=lambda row: changing.TONES[row.state]),
        Column(gettext_lazy("经办人"), "asked_by.name"),
        Column(gettext_lazy("办理时间"), "asked_at", "moment"),
        Column(gettext_lazy("复核人"), "decided_by.name"),
    )
    filters: ClassVar = (
        Filter("state", gettext_lazy("状态"), ResidentChange.State.choices),
        Filter("kind", gettext_lazy("类型"), ResidentChange.Kind.choices),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[ResidentChange]:
        return ResidentChange.objects.visible_to(request.user).select_related("resident", "asked_by", "decided_by")

    def href(self, row: ResidentChange) -> str:
        return reverse("enrollment:change-page", args=[row.pk])


@desk.page(Duty.REGISTER)
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change facts of a person: type over what stands, say why."""
    resident = resident_of(request, pk)
    form = ChangeForm(request.POST or None, resident=resident, initial={"since": days.today()})
    would = None
    if request.method == "POST" and form.is_valid():
        told: dict[str, Any] = {"by": request.user, "on": days.today(), "since": form.cleaned_data["since"]}
        try:
            if "preview" in request.POST:
                would = changing.preview(resident, **told, **form.facts())
            else:
                done = changing.change(resident, at=days.now(), why=form.cleaned_data["why"], **told, **form.facts())
                _tell(request, done)
                return redirect("enrollment:resident", pk)
        except Refusal as refusal:
            desk.answer(form, refusal)
    context = {
        "title": _("变更信息：%(name)s") % {"name": resident.name},
        "form": form,
        "would": would,
        "cancel": reverse("enrollment:resident", args=[pk]),
        "hint": _("只填写要改的内容，其余保持不变。改动前后、经办人和原因都会留存。"),
    }
    return desk.render(request, "enrollment/change_form.html", context)


@desk.page(Duty.SEE_RESIDENTS)
def change_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One change; an open proposal with what it would do, and the buttons of the second person."""
    row = _change(request, pk)
    context: dict[str, Any] = {
        "title": _("居民变更：%(name)s") % {"name": row.resident.name},
        "change": row,
        "lines": changing.lines(row),
        "tone": changing.TONES[row.state],
        "decides": row.state == row.State.PROPOSED and row.asked_by_id != request.user.pk,
    }
    if row.state == row.State.PROPOSED:
        context["would"] = changing.consequences(row, days.today())
    return desk.render(request, "enrollment/change.html", context)


@require_POST
@desk.page(Duty.CHECK)
def decide_change(request: HttpRequest, pk: int) -> HttpResponse:
    """The second person lets a proposed change come true, or not."""
    row = _change(request, pk)
    if request.POST.get("decision") == "approve":
        _tell(request, changing.approve(row, by=request.user, on=days.today(), at=days.now()))
    else:
        changing.decline(row, by=request.user, at=days.now())
        messages.success(request, _("变更未通过，登记保持原样。"))
    return redirect("enrollment:resident", row.resident_id)


def _tell(request: HttpRequest, done: changing.Changed) -> None:
    years = "、".join(str(enrollment.year) for enrollment in done.enrollments)
    if done.change.state == ResidentChange.State.PROPOSED:
        messages.warning(
            request, _("变更涉及往年资金（%(years)s），已提交另一人复核，复核前登记不变。") % {"years": years}
        )
        return
    messages.success(request, _("变更已生效。"))
    if years:
        messages.info(request, _("%(years)s 年度的应缴和待遇已按新情况重算。") % {"years": years})
    if done.touched:
        names = "、".join(f"{one.name}（{one.state}）" for one in done.touched)
        messages.warning(request, _("以下费用申报受影响，请复核：%(names)s") % {"names": names})
