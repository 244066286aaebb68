"""Applications to be designated at the desk: taken, assessed by two people, published, closed."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from claims import admission
from claims.contract_forms import (
    ApplyForm,
    AssessForm,
    CloseForm,
    PublishForm,
)
from claims.models import Application, Institution
from office import days, desk, duties
from office.desk import Column, Filter
from office.duties import Duty
from office.refusal import Refusal

State = Application.State
TONES = {
    State.APPLIED: "wait", State.ASSESSED: "info", State.PUBLISHED: "info", State.SIGNED: "good",
    State.REFUSED: "bad", State.WITHDRAWN: "plain",
}  # fmt: skip


class Applications(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "定点申请")
    hint = gettext_lazy("申请、两人评估、公示，然后签订协议。在医疗机构的页面上受理申请。")
    search: ClassVar = ("institution__code__istartswith", "institution__name__icontains")
    search_hint = gettext_lazy("机构代码或名称")
    file_name = "applications"
    columns: ClassVar = (
        Column(gettext_lazy("申请号"), str),
        Column(gettext_lazy("医疗机构"), "institution.name"),
        Column(gettext_lazy("经办区域"), "institution.area.name"),
        Column(gettext_lazy("申请日期"), "applied_on", "date"),
        Column(gettext_lazy("公示起"), "published_from", "date"),
        Column(gettext_lazy("公示止"), "published_until", "date"),
        Column(gettext_lazy("状态"), "get_state_display", "badge", tone=lambda row: TONES[row.state]),
        Column(gettext_lazy("受理人"), "entered_by"),
    )
    filters: ClassVar = (Filter("state", gettext_lazy("状态"), Application.State.choices),)

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Application]:
        return Application.objects.visible_to(request.user).select_related("institution__area", "entered_by")

    def href(self, row: Application) -> str:
        return reverse("claims:application", args=[row.pk])


@desk.page(Duty.CONTRACT)
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an institution's application to be designated."""
    institution = get_object_or_404(Institution.objects.visible_to(request.user).select_related("area"), pk=pk)
    form = ApplyForm(request.POST or None, initial={"applied_on": days.today()})
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            made = admission.apply_for(
                institution, told["applied_on"], told["materials"], contact=told["contact"], by=request.user,
                at=days.now(),
            )  # fmt: skip
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("已受理，等待两人评估。"))
            return redirect("claims:application", made.pk)
    title = _("%(name)s：申请定点") % {"name": institution.name}
    return desk.render(
        request,
        "work/form.html",
        {"title": title, "form": form, "cancel": reverse("claims:institution", args=[pk]), "submit": _("受理")},
    )


def _application(request: HttpRequest, pk: int) -> Application:
    rows = Application.objects.visible_to(request.user).select_related("institution__area", "entered_by")
    return get_object_or_404(rows, pk=pk)


def _application_page(request: HttpRequest, application: Application, **forms_given: forms.Form) -> HttpResponse:
    today, state = days.today(), application.state
    mine = {
        "assess": state == State.APPLIED and duties.may(request.user, Duty.ASSESS),
        "publish": state == State.ASSESSED and duties.may(request.user, Duty.CONTRACT),
        "sign": state == State.PUBLISHED and duties.may(request.user, Duty.CONTRACT),
        "close": state in (State.APPLIED, State.ASSESSED, State.PUBLISHED) and duties.may(request.user, Duty.CONTRACT),
    }
    context = {
        "title": _("定点申请 %(number)s") % {"number": application},
        "application": application,
        "tone": TONES[state],
        "assessments": application.assessments.select_related("by"),
        "moves": application.moves.select_related("by", "checked_by"),
        "may": mine,
        "waits": application.published_until and application.published_until >= today,
        "forms": {
            "assess": AssessForm(initial={"assessed_on": today}),
            "publish": PublishForm(initial={"published_from": today}),
            "close": CloseForm(),
            **forms_given,
        },
    }
    return desk.render(request, "claims/application.html", context)


@desk.page(Duty.SEE_RESIDENTS)
def application_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One application: what was found, and what comes next."""
    return _application_page(request, _application(request, pk))


@require_POST
@desk.page(Duty.ASSESS)
def assess(request: HttpRequest, pk: int) -> HttpResponse:
    """Put down what one assessor found."""
    application, form = _application(request, pk), AssessForm(request.POST)
    if form.is_valid():
        told = form.cleaned_data
        try:
            admission.assess(
                application, told["assessed_on"], told["score"], told["fit"], told["findings"], by=request.user,
                at=days.now(),
            )  # fmt: skip
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("评估已登记。"))
            return redirect("claims:application", pk)
    return _application_page(request, application, assess=form)


@require_POST
@desk.page(Duty.CONTRACT)
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish that the applicant is to be designated."""
    application, form = _application(request, pk), PublishForm(request.POST)
    if form.is_valid():
        told = form.cleaned_data
        try:
            admission.publish(
                application, told["published_from"], told["published_until"], by=request.user, at=days.now()
            )
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("已公示，公示期满次日起可签订协议。"))
            return redirect("claims:application", pk)
    return _application_page(request, application, publish=form)


@require_POST
@desk.page(Duty.CONTRACT)
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Refuse an application, or note that it was withdrawn."""
    application, form = _application(request, pk), CloseForm(request.POST)
    if form.is_valid():
        told = form.cleaned_data
        try:
            admission.close(application, told["to"], told["why"], on=days.today(), by=request.user, at=days.now())
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("申请已办结。"))
            return redirect("claims:application", pk)
    return _application_page(request, application, close=form)
