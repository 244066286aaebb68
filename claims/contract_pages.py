"""Acts on agreements at the desk: put forward by one person, confirmed or refused by another."""

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

from claims import contract_acts
from claims.contract_forms import (
    ActForm,
    AppraiseForm,
    DecideForm,
    EndForm,
    ResumeForm,
    SignForm,
    SuspendForm,
)
from claims.models import Agreement, Application, ContractAct, Institution
from office import days, desk, duties
from office.desk import Column, Filter
from office.duties import Duty
from office.refusal import Refusal

ACT_TONES = {
    ContractAct.State.PROPOSED: "wait", ContractAct.State.CONFIRMED: "good", ContractAct.State.REFUSED: "bad",
}  # fmt: skip


class Acts(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "协议办理")
    hint = gettext_lazy("签订、暂停、恢复、终止和考核由一人提出、另一人复核后生效。")
    search: ClassVar = ("institution__code__istartswith", "institution__name__icontains")
    search_hint = gettext_lazy("机构代码或名称")
    file_name = "contract-acts"
    columns: ClassVar = (
        Column(gettext_lazy("编号"), str),
        Column(gettext_lazy("医疗机构"), "institution.name"),
        Column(gettext_lazy("事项"), "get_kind_display"),
        Column(gettext_lazy("原因"), "why"),
        Column(gettext_lazy("提出人"), "proposed_by"),
        Column(gettext_lazy("提出时间"), "proposed_at", "moment"),
        Column(gettext_lazy("复核人"), "decided_by"),
        Column(gettext_lazy("状态"), "get_state_display", "badge", tone=lambda row: ACT_TONES[row.state]),
    )
    filters: ClassVar = (
        Filter("state", gettext_lazy("状态"), ContractAct.State.choices),
        Filter("kind", gettext_lazy("事项"), ContractAct.Kind.choices),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[ContractAct]:
        acts = ContractAct.objects.visible_to(request.user)
        return acts.select_related("institution", "proposed_by", "decided_by")

    def href(self, row: ContractAct) -> str:
        return reverse("claims:act", args=[row.pk])


def _form_page(
    request: HttpRequest, title: str, form: forms.Form, cancel: str, submit: str, hint: str = ""
) -> HttpResponse:
    context = {"title": title, "form": form, "cancel": cancel, "submit": submit, "hint": hint}
    return desk.render(request, "work/form.html", context)


def _propose(
    request: HttpRequest, institution: Institution, kind: str, form: ActForm, title: str, **about: Any
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            act = contract_acts.propose(
                institution, kind, form.terms(), why=told["why"], paper=told["paper"], by=request.user,
                at=days.now(), **about,
            )  # fmt: skip
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("已提出，由另一人复核后生效。"))
            return redirect("claims:act", act.pk)
    back = reverse("claims:institution", args=[institution.pk])
    return _form_page(request, title, form, back, _("提出，交另一人复核"), _("复核前不影响定点和付费。"))


@desk.page(Duty.CONTRACT)
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the terms of a service agreement forward; it is signed when another person confirms them."""
    institution = get_object_or_404(Institution.objects.visible_to(request.user).select_related("area"), pk=pk)
    application = institution.applications.filter(state=Application.State.PUBLISHED).first()
    title = _("%(name)s：签订协议") % {"name": institution.name}
    form = SignForm(request.POST or None)
    return _propose(request, institution, ContractAct.Kind.SIGN, form, title, application=application)


def _of_agreement(
    request: HttpRequest, pk: int, kind: ContractAct.Kind, form: type[ActForm], **initial: Any
) -> HttpResponse:
    rows = Agreement.objects.visible_to(request.user).select_related("institution__area")
    agreement = get_object_or_404(rows, pk=pk)
    title = f"{kind.label} {agreement.number}"
    asked = form(request.POST or None, initial=initial)
    return _propose(request, agreement.institution, kind, asked, title, agreement=agreement)


@desk.page(Duty.CONTRACT)
def suspend(request: HttpRequest, pk: int) -> HttpResponse:
    """Put forward that an agreement does not count on some days."""
    return _of_agreement(request, pk, ContractAct.Kind.SUSPEND, SuspendForm)


@desk.page(Duty.CONTRACT)
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Put forward that a suspended agreement counts again."""
    return _of_agreement(request, pk, ContractAct.Kind.RESUME, ResumeForm)


@desk.page(Duty.CONTRACT)
def end_agreement(request: HttpRequest, pk: int) -> HttpResponse:
    """Put forward that an agreement ends before its term."""
    return _of_agreement(request, pk, ContractAct.Kind.END, EndForm, notice_on=days.today())


@desk.page(Duty.CONTRACT)
def appraise(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the appraisal of a year forward."""
    return _of_agreement(request, pk, ContractAct.Kind.APPRAISE, AppraiseForm, year=days.today().year)


def _act(request: HttpRequest, pk: int) -> ContractAct:
    rows = ContractAct.objects.visible_to(request.user)
    about = ("institution__area", "agreement", "application", "proposed_by", "decided_by")
    return get_object_or_404(rows.select_related(*about), pk=pk)


def terms_of(act: ContractAct) -> list[tuple[Any, str]]:
    """The terms of an act by their names, as people read them."""
    told = contract_acts.read(act.terms)
    said = {
        "method": lambda value: str(Agreement.Method(value).label),
        "also": lambda value: "、".join(str(Agreement.Method(one).label) for one in value),
        "reason": lambda value: str(Agreement.EndReason(value).label),
        "year": str,
        "deposit_rate": str,
        "coefficient": str,
    }
    return [
        (label, said.get(name, desk.show)(told[name])) for name, label in contract_acts.TERMS.items() if name in told
    ]


@desk.page(Duty.SEE_RESIDENTS)
def act_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One act: what it would change, who put it forward, who decides."""
    act = _act(request, pk)
    waits = act.state == ContractAct.State.PROPOSED
    context = {
        "title": f"{act.get_kind_display()} {act}",
        "act": act,
        "tone": ACT_TONES[act.state],
        "terms": terms_of(act),
        "decide": waits and duties.may(request.user, Duty.CHECK) and act.proposed_by_id != request.user.pk,
        "waits": waits,
        "form": DecideForm(),
    }
    return desk.render(request, "claims/act.html", context)


@require_POST
@desk.page(Duty.CHECK)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm an act, or refuse it with the reason."""
    act, answer = _act(request, pk), request.POST.get("answer", "").replace("\0", "").strip()[:300]
    if request.POST.get("decision") == "confirm":
        contract_acts.confirm(act, by=request.user, at=days.now(), answer=answer)
        messages.success(request, _("已复核，自生效日起有效。"))
    else:
        contract_acts.refuse(act, by=request.user, at=days.now(), answer=answer)
        messages.info(request, _("未通过，未作任何改变。"))
    return redirect("claims:act", pk)
