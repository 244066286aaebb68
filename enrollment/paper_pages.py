"""Pages of the papers that were checked: put down with a scan, taken out again, downloaded, and who lacks some."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from enrollment import finding, papers
from enrollment.forms import day_field
from enrollment.models import Paper, Resident
from enrollment.register_forms import ReasonForm
from enrollment.register_views import resident_of
from office import areas, days, desk
from office.desk import Column, Filter
from office.duties import Duty
from office.refusal import Refusal


class PaperForm(forms.Form):
    """A paper that somebody showed, with its scan where there is one."""

    kind = forms.ChoiceField(label=gettext_lazy("材料"), choices=Paper.Kind.choices)
    whole_household = forms.BooleanField(label=gettext_lazy("全户共用"), required=False)
    number = forms.CharField(label=gettext_lazy("编号"), max_length=60, required=False)
    remark = forms.CharField(label=gettext_lazy("备注"), max_length=120, required=False)
    seen_on = day_field(gettext_lazy("查验日期"))
    scan = forms.FileField(
        label=gettext_lazy("扫描件（PDF、JPEG 或 PNG）"),
        required=False,
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
    )

    def __init__(self, *args: Any, resident: Resident, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].widget.attrs["autofocus"] = True
        self.fields["number"].widget.attrs["autocomplete"] = "off"
        most = settings.MOST_SCAN_BYTES // 1024**2
        self.fields["scan"].help_text = _("可不传；最大 %(most)d MB，加密保存，下载留痕") % {"most": most}
        if resident.household_id is None:
            del self.fields["whole_household"]
        else:
            self.fields["whole_household"].help_text = _("如户口簿：全户成员都算已查验")


@desk.page(Duty.REGISTER)
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Put down a paper that was seen."""
    resident = resident_of(request, pk)
    initial = {"seen_on": days.today(), "kind": request.GET.get("kind", "")}
    form = PaperForm(request.POST or None, request.FILES or None, resident=resident, initial=initial)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            if told["seen_on"] > days.today():
                raise papers.CannotFile(_("查验日期尚未到来"), field="seen_on")
            papers.file(
                resident,
                told["kind"],
                number=told["number"],
                remark=told["remark"],
                whole_household=told.get("whole_household", False),
                scan=told["scan"].chunks() if told["scan"] else None,
                by=request.user,
                on=told["seen_on"],
                at=days.now(),
            )
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("材料已登记。"))
            return redirect("enrollment:resident", pk)
    context = {
        "title": _("登记证件材料：%(name)s") % {"name": resident.name},
        "form": form,
        "cancel": reverse("enrollment:resident", args=[pk]),
        "submit": _("登记"),
    }
    return desk.render(request, "work/form.html", context)


def _paper(request: HttpRequest, pk: int) -> Paper:
    rows = Paper.objects.visible_to(request.user).select_related("resident__area")
    return get_object_or_404(rows, pk=pk)


@desk.page(Duty.REGISTER)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a paper out of the file, with the reason."""
    paper = _paper(request, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            papers.withdraw(paper, form.cleaned_data["why"], by=request.user, on=days.today(), at=days.now())
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("材料已撤下，记录保留。"))
            return redirect("enrollment:resident", paper.resident_id)
    context = {
        "title": _("撤下材料：%(name)s %(kind)s") % {"name": paper.resident.name, "kind": paper.get_kind_display()},
        "form": form,
        "cancel": reverse("enrollment:resident", args=[paper.resident_id]),
        "hint": _("撤下后不再算作已查验；材料、扫描件和原因都会留存，不会删除。"),
        "submit": _("撤下"),
    }
    return desk.render(request, "work/form.html", context)


@require_POST
@desk.page(Duty.REGISTER)
def download(request: HttpRequest, pk: int) -> HttpResponse:
    """The scan of a paper, to be saved and never shown in the browser: a recorded act."""
    paper = _paper(request, pk)
    content = papers.download(paper, by=request.user, at=days.now())
    response = HttpResponse(content, content_type="application/octet-stream")
    # The name is ours and tells nothing about the person; what the sender called the file is not kept.
    response["Content-Disposition"] = f'attachment; filename="paper-{paper.pk}.{paper.scan.form}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "no-store"
    return response


def _lacks(row: Resident) -> str:
    wanted = papers.checklist(row, days.today())
    return "、".join(one.label for one in wanted if not one.seen)


class Lacking(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = gettext_lazy("缺证件材料")
    hint = gettext_lazy("近一年登记、按办法还缺材料的人员；点开后补登。")
    search_hint = gettext_lazy("姓名、拼音首字母、证件号码（完整或末四位）或户号")
    file_name = "lacking-papers"
    columns: ClassVar = (
        Column(gettext_lazy("姓名"), "name"),
        Column(gettext_lazy("证件号码"), "id_masked"),
        Column(gettext_lazy("参保依据"), "get_basis_display"),
        Column(gettext_lazy("村（社区）"), "area.name"),
        Column(gettext_lazy("户号"), "household.number"),
        Column(gettext_lazy("登记日期"), "registered_on", "date"),
        Column(gettext_lazy("尚缺"), _lacks),
    )
    filters: ClassVar = (
        Filter("area", gettext_lazy("区域"), desk.areas_below, lookup="area__path__startswith"),
        Filter("basis", gettext_lazy("参保依据"), Resident.Basis.choices),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Resident]:
        found = Resident.objects.visible_to(request.user)
        # The year ends with the newest registration: an office that stood still for a while finds its list again.
        newest = found.order_by("-registered_on", "-id").values_list("registered_on", flat=True).first()
        day = min(newest or days.today(), days.today())
        lacking = papers.lacking(found, areas.city_of(request.user.area), day)
        return papers.with_papers(lacking).order_by("-registered_on", "-id")

    def found(self, rows: QuerySet[Resident], text: str) -> QuerySet[Resident]:
        return finding.found(rows, text)

    def href(self, row: Resident) -> str:
        return reverse("enrollment:resident", args=[row.pk])
