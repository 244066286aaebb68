"""Pages on which households change: join another, split, another head, a move to another village."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrollment import moving
from enrollment.forms import day_field
from enrollment.models import Household
from enrollment.register_forms import ReasonForm
from enrollment.register_views import resident_of
from enrollment.registration import HEAD
from office import days, desk
from office.area_choice import AreaField
from office.duties import Duty
from office.models import Area, Staff
from office.refusal import Refusal


class MoveForm(ReasonForm):
    """Which household somebody joins, and what they are to its head."""

    household = forms.CharField(label=gettext_lazy("转入户号"), max_length=20)
    relation = forms.CharField(label=gettext_lazy("与户主关系"), max_length=20)
    since = day_field(gettext_lazy("自何日起"), required=False)
    field_order = ("household", "relation", "since", "why")


class RelationsForm(ReasonForm):
    """What each member is to the new head; `known` fills in how it stands, else whoever is left empty stays."""

    def __init__(self, *args: Any, household: Household, known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.members = list(household.members.filter(ended_on=None).order_by("pk"))
        for member in self.members:
            self.fields[f"member-{member.pk}"] = forms.CharField(
                label=f"{member.name}（{member.relation}）",
                max_length=20,
                required=known,
                initial=member.relation if known else "",
            )
        self.order_fields([*(f"member-{member.pk}" for member in self.members), "address", "why"])

    def relations(self) -> dict[int, str]:
        """Who was typed in: {resident key: relation}."""
        typed = {member.pk: self.cleaned_data[f"member-{member.pk}"] for member in self.members}
        return {key: relation for key, relation in typed.items() if relation}


class SplitForm(RelationsForm):
    """Who founds the new household, and where it lives."""

    address = forms.CharField(label=gettext_lazy("新户住址"), max_length=120, required=False)


class RelocateForm(ReasonForm):
    """Where a household moves."""

    village = AreaField(label=gettext_lazy("村（社区）"), level=Area.Level.VILLAGE)
    address = forms.CharField(label=gettext_lazy("住址"), max_length=120, required=False)
    since = day_field(gettext_lazy("自何日起"), required=False)
    field_order = ("village", "address", "since", "why")

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["village"].within(staff)


def _household(request: HttpRequest, pk: int) -> Household:
    return get_object_or_404(Household.objects.visible_to(request.user).select_related("area", "head"), pk=pk)


def _answer(
    request: HttpRequest, title: str, form: ReasonForm, cancel: str, act: Callable[[], Household], hint: str = ""
) -> HttpResponse:
    """Do the act with a form that holds, and go to the household it is about; a refusal stands beside its field."""
    if request.method == "POST" and form.is_valid():
        try:
            household = act()
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("已办理，户号 %(number)s。") % {"number": household})
            return redirect("enrollment:household", household.pk)
    context = {"title": title, "form": form, "cancel": cancel, "hint": hint}
    return desk.render(request, "work/form.html", context)


def _act(request: HttpRequest, form: ReasonForm) -> dict[str, Any]:
    return {"by": request.user, "on": days.today(), "at": days.now(), "why": form.cleaned_data["why"]}


@desk.page(Duty.REGISTER)
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move one person into another household, by its number."""
    resident = resident_of(request, pk)
    form = MoveForm(request.POST or None, initial={"since": days.today()})

    def act() -> Household:
        number = form.cleaned_data["household"].strip()
        household = Household.objects.visible_to(request.user).filter(number=number).first()
        if household is None:
            raise moving.CannotMove(_("没有户号 %(number)s") % {"number": number}, field="household")
        told = form.cleaned_data
        person = moving.move(resident, household, told["relation"], since=told["since"], **_act(request, form))
        return person.household

    title = _("转入他户：%(name)s") % {"name": resident.name}
    return _answer(request, title, form, reverse("enrollment:resident", args=[pk]), act)


@desk.page(Duty.REGISTER)
def split(request: HttpRequest, pk: int) -> HttpResponse:
    """Some members found a household of their own."""
    household = _household(request, pk)
    form = SplitForm(request.POST or None, household=household, known=False)

    def act() -> Household:
        address = form.cleaned_data["address"]
        return moving.split(household, form.relations(), address=address, **_act(request, form))

    hint = _("在分出的人旁填写与新户主的关系，新户主填“%(head)s”；留在原户的人留空。") % {"head": HEAD}
    title = _("分户：%(number)s") % {"number": household}
    return _answer(request, title, form, reverse("enrollment:household", args=[pk]), act, hint)


@desk.page(Duty.REGISTER)
def head(request: HttpRequest, pk: int) -> HttpResponse:
    """Another head, and what everybody is to them."""
    household = _household(request, pk)
    form = RelationsForm(request.POST or None, household=household, known=True)

    def act() -> Household:
        return moving.change_head(household, form.relations(), **_act(request, form))

    hint = _("把新户主的关系改为“%(head)s”，其他人改为与新户主的关系。") % {"head": HEAD}
    title = _("变更户主：%(number)s") % {"number": household}
    return _answer(request, title, form, reverse("enrollment:household", args=[pk]), act, hint)


@desk.page(Duty.REGISTER)
def relocate(request: HttpRequest, pk: int) -> HttpResponse:
    """A whole household moves to another village."""
    household = _household(request, pk)
    form = RelocateForm(request.POST or None, staff=request.user, initial={"since": days.today()})

    def act() -> Household:
        told = form.cleaned_data
        where = {"address": told["address"], "since": told["since"]}
        return moving.relocate(household, told["village"], **where, **_act(request, form))

    hint = _("户号不变；此后年度且尚未缴费的参保随之转到新村。")
    title = _("整户迁移：%(number)s") % {"number": household}
    return _answer(request, title, form, reverse("enrollment:household", args=[pk]), act, hint)
