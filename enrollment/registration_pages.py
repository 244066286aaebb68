"""Registering at the counter: a household from its papers, a number read as it is typed, a roster as a file."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from enrollment import (
    documents,
    papers,
    registration,
    roster,
)
from enrollment.forms import (
    HouseholdForm,
    Members,
    PapersForm,
    RosterForm,
)
from enrollment.models import Paper, Resident
from office import days, desk, identity, uploads
from office.duties import Duty
from office.refusal import Refusal
from office.secrecy import blind_index
from policies.joining import Asked

RELATIONS = ("配偶", "子", "女", "父", "母", "祖父", "祖母", "孙子", "孙女", "儿媳", "女婿", "其他")


uploads.offer(
    roster.KIND,
    uploads.Kind(
        gettext_lazy("导入名册"),
        Duty.REGISTER,
        RosterForm,
        gettext_lazy("先预览，再导入：有问题的行会指出行号和栏目，可下载改正后重新上传；同一文件不会重复导入。"),
        "enrollment:residents",
    ),
)


@desk.page(Duty.REGISTER)
def register(request: HttpRequest) -> HttpResponse:
    """Register a household: where it lives, its head, its members; rows left empty are nobody."""
    told = request.POST or None
    place, head = HouseholdForm(told, staff=request.user), PapersForm(told, prefix="head")
    members = Members(told, prefix="members")
    if request.method == "POST" and all([place.is_valid(), head.is_valid(), members.is_valid()]):
        typed = [form for form in members if form.has_changed()]
        try:
            household = registration.register_household(
                place.cleaned_data["area"],
                head.papers(),
                [form.papers() for form in typed],
                by=request.user,
                on=days.today(),
                at=days.now(),
                address=place.cleaned_data["address"],
            )
        except Refusal as refusal:
            _beside(refusal, place, [head, *typed])
        else:
            count = 1 + len(typed)
            messages.success(
                request, _("户 %(number)s 已登记，共 %(count)d 人。") % {"number": household, "count": count}
            )
            return redirect("enrollment:resident", household.head_id)
    context = {
        "title": _("登记家庭"),
        "place": place,
        "head": head,
        "members": members,
        "relations": RELATIONS,
        "asked": [_told(one) for one in papers.asked_at(request.user.area, days.today())],
        "shown": max(2, sum(form.has_changed() for form in members)) if told else 2,
    }
    return desk.render(request, "enrollment/register.html", context)


def _told(one: Asked) -> dict[str, str]:
    """What one ground of joining asks for, in words."""
    kinds = [_("或").join(str(Paper.Kind(kind).label) for kind in kinds) for kinds in one.papers]
    return {
        "basis": str(Resident.Basis(one.code).label),
        "where": one.where,
        "papers": "、".join(kinds),
        "article": one.article,
    }


def _beside(refusal: Refusal, place: HouseholdForm, people: list[PapersForm]) -> None:
    """Put a refusal beside the very person whose papers it is about, else above the form."""
    today = days.today()
    for form in people:
        try:
            registration.read(form.papers(), today)
        except Refusal as theirs:
            desk.answer(form, theirs)
            return
    named = next((form for form in people if form.cleaned_data["name"] in refusal.message), None)
    desk.answer(named or place, refusal)


@require_POST
@desk.page(Duty.REGISTER)
def read_number(request: HttpRequest) -> HttpResponse:
    """What a typed identity number says, for the fields beside it: birthday and sex, or what is wrong with it."""
    prefix = request.POST.get("prefix", "")
    number = identity.normal(request.POST.get(f"{prefix}-id_number", ""))
    id_type = request.POST.get(f"{prefix}-id_type", "")
    told: dict[str, Any] = {}
    wrong = ""
    try:
        if number and id_type in Resident.IdType.values:
            read = documents.read(id_type, number, days.today())
            told = {"birth_on": read.birth_on, "sex": read.sex}
        if blind_index(number) in registration.known([blind_index(number)]):
            wrong = _("该证件号码已登记，不能重复登记")
    except Refusal as refusal:
        wrong = str(refusal)
    form = PapersForm(prefix=prefix, initial={"id_type": id_type, **told})
    for name, value in told.items():
        if value:  # known: Tab goes on to what has to be typed
            form.fields[name].widget.attrs["tabindex"] = "-1"
    return desk.render(request, "enrollment/_from_number.html", {"form": form, "wrong": wrong})
