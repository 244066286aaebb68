"""Insurance physicians at the desk: the list, a physician's page, registration, standing, where she practises."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from claims import institution_files, physicians
from claims.forms import day_field
from claims.models import Institution, Physician, PhysicianStanding, Practice
from office import days, desk, uploads
from office.desk import Button, Column, Filter
from office.duties import Duty
from office.models import Staff
from office.refusal import Refusal

STATE_TONES = {"active": "good", "suspended": "wait", "ended": "bad"}
_STATES = dict(PhysicianStanding.State.choices)


uploads.offer(
    institution_files.PHYSICIANS,
    uploads.Kind(
        gettext_lazy("医保医师名册"),
        Duty.CONTRACT,
        hint=gettext_lazy("每行一名医师及其执业机构；填执业证书编号，不填身份证号码。"),
        leads_to="claims:physicians",
    ),
)


class PractiseForm(forms.Form):
    """Where a physician practises from a day on."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=gettext_lazy("医疗机构"))
    specialty = forms.CharField(label=gettext_lazy("专业"), max_length=40)
    since = day_field(gettext_lazy("起"))
    leaves = forms.BooleanField(label=gettext_lazy("同时结束在其他机构的执业"), required=False)

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["institution"].queryset = Institution.objects.visible_to(staff).select_related("area")


class PhysicianForm(PractiseForm):
    """A physician who is registered."""

    licence = forms.CharField(
        label=gettext_lazy("执业证书编号"), max_length=40, help_text=gettext_lazy("15 位执业证书编号，不是资格证书编号")
    )
    name = forms.CharField(label=gettext_lazy("姓名"), max_length=60)
    title = forms.CharField(label=gettext_lazy("职称"), max_length=20, required=False)
    leaves = None  # type: ignore[assignment]  # somebody new leaves nobody
    field_order = ("licence", "name", "title", "institution", "specialty", "since")


class StandingForm(forms.Form):
    """How a physician stands from a day on."""

    state = forms.ChoiceField(label=gettext_lazy("状态"), choices=PhysicianStanding.State.choices)
    since = day_field(gettext_lazy("起"))
    why = forms.CharField(label=gettext_lazy("原因"), max_length=200)


class Physicians(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "医保医师")
    search: ClassVar = ("licence__istartswith", "name__startswith")
    search_hint = gettext_lazy("执业证书编号或姓名")
    file_name = "physicians"
    columns: ClassVar = (
        Column(gettext_lazy("执业证书编号"), "licence"),
        Column(gettext_lazy("姓名"), "name"),
        Column(gettext_lazy("职称"), "title"),
        Column(gettext_lazy("执业机构"), "at_name"),
        Column(gettext_lazy("专业"), "specialty"),
        Column(gettext_lazy("经办区域"), "area.name"),
        Column(
            gettext_lazy("状态"), lambda row: _STATES.get(row.standing), "badge",
            tone=lambda row: STATE_TONES.get(row.standing, "plain"),
        ),
    )  # fmt: skip
    filters: ClassVar = (
        Filter("standing", gettext_lazy("状态"), PhysicianStanding.State.choices),
        Filter("area", gettext_lazy("区域"), desk.areas_below, "area__path__startswith"),
    )
    buttons: ClassVar = (
        Button(gettext_lazy("登记医师"), reverse_lazy("claims:register-physician"), Duty.CONTRACT),
        Button(
            gettext_lazy("导入名册"), reverse_lazy("office:upload", args=["physicians"]), Duty.CONTRACT, "upload_file"
        ),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Physician]:
        today = days.today()
        stated = PhysicianStanding.objects.filter(physician=OuterRef("pk"), since__lte=today).order_by("-since")
        place = Practice.objects.filter(physician=OuterRef("pk"), until=None).order_by("since", "pk")
        rows = Physician.objects.visible_to(request.user).select_related("area")
        return rows.annotate(
            standing=Subquery(stated.values("state")[:1]),
            at_name=Subquery(place.values("institution__name")[:1]),
            specialty=Subquery(place.values("specialty")[:1]),
        )

    def narrowed(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        at = request.GET.get("institution", "")
        if at.isascii() and at.isdigit() and len(at) < 19:
            rows = rows.filter(Exists(Practice.objects.filter(physician=OuterRef("pk"), institution=int(at))))
        return super().narrowed(request, rows)

    def href(self, row: Physician) -> str:
        return reverse("claims:physician", args=[row.pk])


def _physician(request: HttpRequest, pk: int) -> Physician:
    return get_object_or_404(Physician.objects.visible_to(request.user).select_related("area"), pk=pk)


@desk.page(Duty.SEE_RESIDENTS)
def physician_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One physician: where she practises since when, and how she stands."""
    physician, today = _physician(request, pk), days.today()
    standings = list(physician.standings.select_related("stated_by"))
    context = {
        "title": physician.name,
        "physician": physician,
        "standings": standings,
        "now": next((one for one in standings if one.since <= today), None),
        "practices": physician.practices.select_related("institution"),
        "tones": STATE_TONES,
    }
    if context["now"]:
        context["tone"] = STATE_TONES[context["now"].state]
    return desk.render(request, "claims/physician.html", context)


def _form_page(request: HttpRequest, title: str, form: forms.Form, cancel: str) -> HttpResponse:
    context = {"title": title, "form": form, "cancel": cancel, "submit": _("登记")}
    return desk.render(request, "work/form.html", context)


@desk.page(Duty.CONTRACT)
def register(request: HttpRequest) -> HttpResponse:
    """Register a physician."""
    form = PhysicianForm(request.POST or None, staff=request.user)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            made = physicians.register(
                told["licence"], told["name"], told["institution"], told["specialty"], told["since"],
                title=told["title"], by=request.user, at=days.now(),
            )  # fmt: skip
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("已登记。"))
            return redirect("claims:physician", made.pk)
    return _form_page(request, _("登记医保医师"), form, reverse("claims:physicians"))


@desk.page(Duty.CONTRACT)
def practise(request: HttpRequest, pk: int) -> HttpResponse:
    """A physician practises somewhere from a day on."""
    physician = _physician(request, pk)
    form = PractiseForm(request.POST or None, staff=request.user)
    back = reverse("claims:physician", args=[pk])
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            physicians.practise(
                physician, told["institution"], told["specialty"], told["since"], leaves=told["leaves"],
                by=request.user, at=days.now(),
            )  # fmt: skip
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("已登记。"))
            return redirect(back)
    return _form_page(request, _("%(name)s：执业机构") % {"name": physician.name}, form, back)


@desk.page(Duty.CONTRACT)
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """Say how a physician stands from a day on."""
    physician = _physician(request, pk)
    form = StandingForm(request.POST or None)
    back = reverse("claims:physician", args=[pk])
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            physicians.state(physician, told["state"], told["since"], told["why"], by=request.user, at=days.now())
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("已登记。"))
            return redirect(back)
    return _form_page(request, _("%(name)s：医师状态") % {"name": physician.name}, form, back)
