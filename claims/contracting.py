"""Doors of institutions and filings on the work site: lists, facts, agreements, who is designated on a day."""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from claims import contract_moves, filing, institution_files, institutions
from claims.forms import DesignatedForm, FactsForm, FilingForm, InstitutionForm, StatedForm
from claims.models import Agreement, ContractAct, Filing, Institution, InstitutionFacts, Suspension
from office import days, desk, uploads
from office.desk import Button, Column, Filter
from office.duties import Duty
from office.refusal import Refusal

LEVELS = {0: gettext_lazy("未定级"), 1: gettext_lazy("一级"), 2: gettext_lazy("二级"), 3: gettext_lazy("三级")}


uploads.offer(
    institution_files.INSTITUTIONS,
    uploads.Kind(
        gettext_lazy("医疗机构名册"),
        Duty.CONTRACT,
        hint=gettext_lazy("首次装入机构及其属性；已登记的代码不变。名册不产生定点：协议由两人办理。"),
        leads_to="claims:institutions",
    ),
)


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
    buttons: ClassVar = (
        Button(gettext_lazy("登记机构"), reverse_lazy("claims:admit"), Duty.CONTRACT),
        Button(
            gettext_lazy("导入名册"), reverse_lazy("office:upload", args=["institutions"]), Duty.CONTRACT, "upload_file"
        ),
    )

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


MOST_CONNECTIONS = 50


def _paused(agreement: Agreement, today: date) -> Suspension | None:
    """The suspension that stands or is still to come."""
    return next((one for one in agreement.suspensions.all() if one.until is None or one.until >= today), None)


def _institution(request: HttpRequest, pk: int) -> Institution:
    return get_object_or_404(Institution.objects.visible_to(request.user).select_related("area"), pk=pk)


@desk.page(Duty.SEE_RESIDENTS)
def institution_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One institution: what it is since when, and the agreements under which it treats."""
    institution, today = _institution(request, pk), days.today()
    standing = institutions.Standing([pk])
    agreements = list(institution.agreements.select_related("signed_by", "checked_by").prefetch_related("suspensions"))
    context = {
        "title": institution.name,
        "institution": institution,
        "today": today,
        "now": standing.facts(pk, today),
        "designated": standing.designated(pk, today),
        "facts": institution.facts.all(),
        "agreements": [(one, contract_moves.stands(one, today), _paused(one, today)) for one in agreements],
        "application": institution.applications.first(),
        "act": institution.acts.filter(state=ContractAct.State.PROPOSED).first(),
        "connections": institution.connections.select_related("opened_by")[:MOST_CONNECTIONS],
        "physicians": institution.practices.filter(until=None).count(),
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
    # The last facts are the starting point; the paper is another one.
    known = {name: getattr(last, name) for name in FactsForm.base_fields if name != "since"} if last else {}
    form = StatedForm(request.POST or None, initial=known)
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
