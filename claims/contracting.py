"""Doors of institutions and filings on the work site: lists, facts, agreements, who is designated on a day."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from claims import filing, institutions
from claims.forms import AgreementForm, DesignatedForm, EndForm, FactsForm, FilingForm, InstitutionForm
from claims.models import Agreement, Filing, Institution, InstitutionFacts
from office import days, desk
from office.desk import Button, Column, Filter
from office.duties import Duty
from office.refusal import Refusal

LEVELS = {0: gettext_lazy("未定级"), 1: gettext_lazy("一级"), 2: gettext_lazy("二级"), 3: gettext_lazy("三级")}


class Institutions(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "医疗机构")
    search: ClassVar = ("code__istartswith", "name__icontains")
    search_hint = gettext_lazy("机构代码或名称")
    file_name = "institutions"
    template = "claims/institutions.html"
    columns: ClassVar = (
        Column(gettext_lazy("机构代码"), "code"),
        Column(gettext_lazy("机构名称"), "name"),
        Column(gettext_lazy("级别"), lambda row: LEVELS.get(row.level)),
        Column(gettext_lazy("经办区域"), "area.name"),
        Column(
            gettext_lazy("定点"),
            lambda row: _("定点") if row.designated else _("非定点"),
            "badge",
            tone=lambda row: "good" if row.designated else "plain",
        ),
    )
    filters: ClassVar = (
        Filter(
            "designated",
            gettext_lazy("定点"),
            [("1", gettext_lazy("定点")), ("0", gettext_lazy("非定点"))],
            apply=lambda rows, value: rows.filter(designated=value == "1"),
        ),
    )
    buttons: ClassVar = (Button(gettext_lazy("登记机构"), reverse_lazy("claims:admit"), Duty.CONTRACT),)

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Institution]:
        day = DesignatedForm.day(request.GET, days.today())
        facts = InstitutionFacts.objects.filter(institution=OuterRef("pk"), since__lte=day).order_by("-since")
        return (
            Institution.objects.visible_to(request.user)
            .select_related("area")
            .annotate(
                level=Subquery(facts.values("level")[:1]),
                designated=Exists(institutions.agreements_on(day).filter(institution=OuterRef("pk"))),
            )
        )

    def href(self, row: Institution) -> str:
        return reverse("claims:institution", args=[row.pk])

    def beside(self, request: HttpRequest, rows: QuerySet[Any], **kwargs: Any) -> dict[str, Any]:
        return {"on": DesignatedForm.day(request.GET, days.today())}


def _institution(request: HttpRequest, pk: int) -> Institution:
    return get_object_or_404(Institution.objects.visible_to(request.user).select_related("area"), pk=pk)


@desk.page(Duty.SEE_RESIDENTS)
def institution_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One institution: what it is since when, and the agreements under which it treats."""
    institution, today = _institution(request, pk), days.today()
    standing = institutions.Standing([pk])
    context = {
        "title": institution.name,
        "institution": institution,
        "today": today,
        "now": standing.facts(pk, today),
        "designated": standing.designated(pk, today),
        "facts": institution.facts.all(),
        "agreements": institution.agreements.select_related("signed_by"),
    }
    return desk.render(request, "claims/institution.html", context)


def _form_page(request: HttpRequest, title: str, form: forms.Form, cancel: str, submit: str) -> HttpResponse:
    context = {"title": title, "form": form, "cancel": cancel, "submit": submit}
    return desk.render(request, "work/form.html", context)


@desk.page(Duty.CONTRACT)
def admit(request: HttpRequest) -> HttpResponse:
    """Put an institution on the list."""
    form = InstitutionForm(request.POST or None, staff=request.user)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            made = institutions.admit(
                told["code"],
                told["name"],
                told["area"],
                since=told["since"],
                by=request.user,
                at=days.now(),
                **form.facts(),
            )
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("已登记，签订协议后成为定点机构。"))
            return redirect("claims:institution", made.pk)
    return _form_page(request, _("登记医疗机构"), form, reverse("claims:institutions"), _("登记"))


@desk.page(Duty.CONTRACT)
def state_facts(request: HttpRequest, pk: int) -> HttpResponse:
    """State what an institution is from a day on; the last facts are the starting point."""
    institution = _institution(request, pk)
    last = institution.facts.first()
    known = {name: getattr(last, name) for name in FactsForm.base_fields if name != "since"} if last else {}
    form = FactsForm(request.POST or None, initial=known)
    back = reverse("claims:institution", args=[pk])
    if request.method == "POST" and form.is_valid():
        try:
            institutions.state_facts(
                institution, form.cleaned_data["since"], by=request.user, at=days.now(), **form.facts()
            )
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("属性已登记，此前入院的申报仍按原属性核算。"))
            return redirect(back)
    return _form_page(request, _("%(name)s：变更属性") % {"name": institution.name}, form, back, _("登记"))


@desk.page(Duty.CONTRACT)
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign a service agreement."""
    institution = _institution(request, pk)
    form = AgreementForm(request.POST or None)
    back = reverse("claims:institution", args=[pk])
    if request.method == "POST" and form.is_valid():
        try:
            institutions.sign(institution, **form.cleaned_data, by=request.user, at=days.now())
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("协议已签订。"))
            return redirect(back)
    return _form_page(request, _("%(name)s：签订协议") % {"name": institution.name}, form, back, _("签订"))


@desk.page(Duty.CONTRACT)
def end_agreement(request: HttpRequest, pk: int) -> HttpResponse:
    """End an agreement before its term."""
    agreement = get_object_or_404(Agreement.objects.visible_to(request.user).select_related("institution"), pk=pk)
    form = EndForm(request.POST or None)
    back = reverse("claims:institution", args=[agreement.institution_id])
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            institutions.end_agreement(agreement, told["ended_on"], by=request.user, at=days.now(), why=told["why"])
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("协议已终止。"))
            return redirect(back)
    return _form_page(request, _("终止协议 %(number)s") % {"number": agreement.number}, form, back, _("终止"))


class Filings(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "异地备案")
    search: ClassVar = ("number__istartswith", "resident__name__startswith")
    search_hint = gettext_lazy("备案号或姓名")
    file_name = "filings"
    columns: ClassVar = (
        Column(gettext_lazy("备案号"), "number"),
        Column(gettext_lazy("姓名"), "resident.name"),
        Column(gettext_lazy("备案类型"), "get_kind_display"),
        Column(gettext_lazy("起"), "since", "date"),
        Column(gettext_lazy("止"), "until", "date"),
        Column(gettext_lazy("参保地"), "resident.area.name"),
        Column(gettext_lazy("经办人"), "filed_by"),
    )
    filters: ClassVar = (Filter("kind", gettext_lazy("备案类型"), Filing.Kind.choices),)
    buttons: ClassVar = (Button(gettext_lazy("登记备案"), reverse_lazy("claims:file"), Duty.REGISTER),)

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Filing]:
        rows = Filing.objects.visible_to(request.user).select_related("resident__area", "filed_by")
        return rows.defer("resident__id_number")


@desk.page(Duty.REGISTER)
def file(request: HttpRequest) -> HttpResponse:
    """Register care elsewhere."""
    form = FilingForm(request.POST or None, staff=request.user)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            made = filing.file(
                told["id_number"],
                told["kind"],
                told["since"],
                told["until"],
                number=told["number"],
                by=request.user,
                at=days.now(),
            )
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("已备案：%(number)s") % {"number": made.number})
            return redirect("claims:filings")
    return _form_page(request, _("登记异地就医备案"), form, reverse("claims:filings"), _("登记"))
