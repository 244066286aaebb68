"""One person: found in the list, looked at, put down for a year, given a status, an end, an identity card."""

from datetime import date, timedelta
from typing import Any, ClassVar, NamedTuple

from django.contrib import messages
from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from enrollment import (
    belonging,
    changing,
    collection,
    ending,
    finding,
    merging,
    papers,
    registration,
    statuses,
    timeline,
)
from enrollment.forms import (
    EndForm,
    IdCardForm,
    StatusForm,
    find_period,
    periods,
)
from enrollment.models import Enrollment, Payment, Resident
from office import audit, days, desk
from office.desk import Button, Column, Filter
from office.duties import Duty
from office.refusal import Refusal

STATE_TONES = {"due": "wait", "covered": "good", "refused": "bad", "ended": "plain"}


def _resident(request: HttpRequest, pk: int) -> Resident:
    rows = Resident.objects.visible_to(request.user).select_related("area", "household", "school")
    return get_object_or_404(rows, pk=pk)


def _state(row: Any) -> str:
    return str(Enrollment.State(row.state_of_year).label) if row.state_of_year else _("未参保")


def _in_state(rows: QuerySet[Resident], state: str) -> QuerySet[Resident]:
    """Those who stand like this in the year, asked of the enrollments by their index and not of every resident."""
    held = Enrollment.objects.filter(resident=OuterRef("pk"), year=days.today().year)
    return rows.filter(~Exists(held)) if state == "none" else rows.filter(Exists(held.filter(state=state)))


class Residents(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "居民")
    search_hint = gettext_lazy("姓名、拼音首字母、证件号码（完整或末四位）或户号")
    file_name = "residents"
    columns: ClassVar = (
        Column(gettext_lazy("姓名"), "name"),
        Column(gettext_lazy("证件号码"), "id_masked"),
        Column(gettext_lazy("性别"), "get_sex_display"),
        Column(gettext_lazy("出生日期"), "birth_on", "date"),
        Column(gettext_lazy("村（社区）"), "area.name"),
        Column(gettext_lazy("户号"), "household.number"),
        Column(
            gettext_lazy("本年参保"),
            _state,
            "badge",
            tone=lambda row: STATE_TONES.get(row.state_of_year or "", "plain"),
        ),
    )
    filters: ClassVar = (
        Filter("area", gettext_lazy("区域"), desk.areas_below, lookup="area__path__startswith"),
        Filter(
            "state",
            gettext_lazy("本年参保"),
            [*Enrollment.State.choices, ("none", gettext_lazy("未参保"))],
            apply=_in_state,
        ),
    )
    buttons: ClassVar = (
        Button(gettext_lazy("登记家庭"), "/work/register/", Duty.REGISTER, "person_add"),
        Button(gettext_lazy("导入名册"), "/work/files/new/roster/", Duty.REGISTER, "upload_file"),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Resident]:
        state = Enrollment.objects.filter(resident=OuterRef("pk"), year=days.today().year).values("state")
        found = Resident.objects.visible_to(request.user).select_related("area", "household")
        return found.annotate(state_of_year=Subquery(state))

    def found(self, rows: QuerySet[Resident], text: str) -> QuerySet[Resident]:
        return finding.found(rows, text)

    def href(self, row: Resident) -> str:
        return reverse("enrollment:resident", args=[row.pk])


class Stretch(NamedTuple):
    """A piece of the cover bar: its colour, its share of the year in percent, and what it is."""

    tone: str
    percent: str
    label: str


def bar(enrollment: Enrollment) -> list[Stretch]:
    """The year of an enrollment as a bar: before benefits, a transition, benefits, after them."""
    first, last = date(enrollment.year, 1, 1), date(enrollment.year, 12, 31)
    if enrollment.benefits_from is None or enrollment.benefits_until is None:
        return [Stretch("hm-c6", "100", _("没有待遇"))]
    since, until, day = max(enrollment.benefits_from, first), enrollment.benefits_until, timedelta(days=1)
    change = enrollment.transition_until
    lowered = min(change, until) if change and change >= since else since - day
    parts = [
        ("hm-c6", first, since - day, _("尚无待遇")),
        ("hm-c4", since, lowered, _("过渡期")),
        ("hm-c3", lowered + day, until, _("享受待遇")),
        ("hm-c6", until + day, last, _("待遇已止")),
    ]
    whole = (last - first).days + 1
    return [
        Stretch(tone, f"{((end - begin).days + 1) * 100 / whole:.2f}", f"{label} {begin} – {end}")
        for tone, begin, end, label in parts
        if end >= begin
    ]


@desk.page(Duty.SEE_RESIDENTS)
def resident_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: facts, household, statuses, and every year with dues, payments, cover and the reasons for it."""
    resident, today = _resident(request, pk), days.today()
    paid = Prefetch("payments", Payment.objects.order_by("paid_on"))
    years = resident.enrollments.select_related("period").prefetch_related("dues", paid).order_by("-year")
    shown = [{"enrollment": e, "tone": STATE_TONES[e.state], "bar": bar(e)} for e in years]
    held = {entry["enrollment"].year for entry in shown}
    stretches = timeline.stretches(resident, [entry["enrollment"] for entry in shown], today)
    wanted = papers.checklist(resident, today)
    context = {
        "title": resident.name,
        "resident": resident,
        "answer": timeline.answer(resident, [entry["enrollment"] for entry in shown], today),
        "stretches": stretches,
        "bar": timeline.parts(stretches),
        "ticks": timeline.ticks(stretches),
        "today": today,
        "years": shown,
        "statuses": resident.statuses.all(),
        "household": resident.household.members.order_by("pk") if resident.household else [],
        "open_periods": [p for p in periods(request.user, today) if p.year not in held and not resident.ended_on],
        "unmatched": resident.payments.filter(enrollment=None),
        "history": changing.history(resident),
        "insured_area": belonging.insured_area(resident.area),
        "papers": papers.of(resident),
        "wanted": wanted,
        "lacks": [one for one in wanted if not one.seen],
        "merges": merging.of(resident),
    }
    return desk.render(request, "enrollment/resident.html", context)


@require_POST
@desk.page(Duty.SEE_RESIDENTS)
def show_number(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole document number, shown to somebody on their duty: a recorded act."""
    resident = _resident(request, pk)
    audit.record(request.user, "residents.show_number", resident, at=days.now())
    return desk.render(request, "enrollment/_number.html", {"resident": resident})


@require_POST
@desk.page(Duty.REGISTER)
def enroll(request: HttpRequest, pk: int, period_pk: int) -> HttpResponse:
    """Put one person down for a year."""
    resident, period = _resident(request, pk), find_period(request, period_pk)
    outcome = collection.enroll([resident], period, by=request.user, on=days.today(), at=days.now())
    for _who, article, message in outcome.undecided:
        messages.error(request, f"{message}（{article}）")
    if outcome.enrolled:
        messages.success(request, _("已登记 %(year)s 年度参保。") % {"year": period.year})
    if outcome.refused:
        messages.warning(request, _("按办法不予参保，原因见下。"))
    return redirect("enrollment:resident", pk)


@desk.page(Duty.REGISTER)
def certify(request: HttpRequest, pk: int) -> HttpResponse:
    """Put down a status that a department certified."""
    resident = _resident(request, pk)
    form = StatusForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            statuses.certify(
                [resident],
                told["group"],
                told["since"],
                told["until"],
                certified_by=told["certified_by"],
                document=told["document"],
                by=request.user,
                on=days.today(),
                at=days.now(),
            )
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("人员身份已登记，未缴费年度的应缴已重算。"))
            return redirect("enrollment:resident", pk)
    return _form(request, _("登记人员身份：%(name)s") % {"name": resident.name}, form, pk)


@desk.page(Duty.REGISTER)
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End somebody's insurance here."""
    resident = _resident(request, pk)
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            ended = ending.end([resident], told["reason"], told["ended_on"], by=request.user, at=days.now())
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("已登记终止。"))
            for one in ended:
                article = f"（{one.article}）" if one.article else ""
                messages.info(request, f"{one.enrollment.year}：{one.message}{article}")
            return redirect("enrollment:resident", pk)
    return _form(request, _("登记终止：%(name)s") % {"name": resident.name}, form, pk)


@desk.page(Duty.REGISTER)
def id_card(request: HttpRequest, pk: int) -> HttpResponse:
    """The identity card of somebody who was registered under another paper."""
    resident = _resident(request, pk)
    form = IdCardForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            registration.take_id_card(resident, form.cleaned_data["id_number"], by=request.user, at=days.now())
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("已改为居民身份证登记。"))
            return redirect("enrollment:resident", pk)
    return _form(request, _("补录身份证：%(name)s") % {"name": resident.name}, form, pk)


def _form(request: HttpRequest, title: str, form: Any, pk: int) -> HttpResponse:
    cancel = reverse("enrollment:resident", args=[pk])
    return desk.render(request, "work/form.html", {"title": title, "form": form, "cancel": cancel})
