"""Sponsors of a year's contributions: the list, one with its people and its account, and what becomes of a due."""

from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from enrollment import correcting, mending, sponsoring
from enrollment.collection_forms import MendForm, SponsorForm, SponsorMoneyForm
from enrollment.forms import find_period
from enrollment.models import Due, DueCorrection, Enrollment, Sponsorship
from enrollment.resident_pages import STATE_TONES
from office import days, desk, duties
from office.desk import Column, Filter
from office.duties import Duty
from office.refusal import Refusal

SHOWN = 50  # people shown on the sponsor's page; all of them are in the list


def _state(row: Sponsorship) -> str:
    if row.confirmed_by_id is None:
        return _("待确认")
    return _("已终止") if row.ended_on else _("已确认")


def _tone(row: Sponsorship) -> str:
    return "wait" if row.confirmed_by_id is None else "quiet" if row.ended_on else "good"


class Sponsorships(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "资助参保")
    search = ("name__icontains", "document__icontains")
    search_hint = gettext_lazy("资助方名称、文件")
    file_name = "sponsors"
    columns: ClassVar = (
        Column(gettext_lazy("参保年度"), "period.year"),
        Column(gettext_lazy("资助方"), "name"),
        Column(gettext_lazy("类别"), "get_kind_display"),
        Column(gettext_lazy("区域"), "area.name"),
        Column(gettext_lazy("每人资助"), "per_head", "money"),
        Column(gettext_lazy("依据文件"), "document"),
        Column(gettext_lazy("状态"), _state, "badge", tone=_tone),
    )
    filters: ClassVar = (
        Filter("area", gettext_lazy("区域"), desk.areas_below, lookup="area__path__startswith"),
        Filter("kind", gettext_lazy("类别"), Sponsorship.Kind.choices),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Sponsorship]:
        return sponsoring.sponsorships(request.user).order_by("-period__year", "-pk")

    def href(self, row: Sponsorship) -> str:
        return reverse("enrollment:sponsor", args=[row.pk])


def _find(request: HttpRequest, pk: int) -> Sponsorship:
    return get_object_or_404(sponsoring.sponsorships(request.user), pk=pk)


@desk.page(Duty.COLLECT)
def enter(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a sponsor down for a period, with its list of people or for everybody of a place."""
    period = find_period(request, pk)
    form = SponsorForm(request.POST or None, staff=request.user, period=period)
    if request.method == "POST" and form.is_valid():
        told = dict(form.cleaned_data)
        everybody, numbers = told.pop("everybody"), told.pop("numbers")
        try:
            people = None if everybody else sponsoring.read(numbers, request.user)
            kept = sponsoring.enter(period, **told, people=people, by=request.user, at=days.now())
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("已录入，等待另一人确认。"))
            return redirect("enrollment:sponsor", kept.pk)
    context = {
        "title": _("录入资助方"),
        "form": form,
        "cancel": reverse("enrollment:period", args=[pk]),
        "hint": _("村、乡镇、用人单位出全部或一部分个人缴费；另一人确认后，应缴自动分给资助方和本人。"),
    }
    return desk.render(request, "work/form.html", context)


@desk.page(Duty.SEE_RESIDENTS)
def sponsor_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A sponsor: what it owes and has paid, for whom, and what is to do next."""
    return _shown(request, _find(request, pk), SponsorMoneyForm(initial={"received_on": days.today()}))


def _shown(request: HttpRequest, sponsorship: Sponsorship, form: SponsorMoneyForm) -> HttpResponse:
    shares = Due.objects.visible_to(request.user).filter(sponsorship=sponsorship)
    account = sponsoring.account(sponsorship)
    context = {
        "title": sponsorship.name,
        "sponsorship": sponsorship,
        "state": _state(sponsorship),
        "tone": _tone(sponsorship),
        "account": account,
        "share": round(100 * account.paid / account.total) if account.total else 0,
        "shares": shares.select_related("enrollment__resident", "enrollment__area", "settled_by").order_by("pk")[
            :SHOWN
        ],
        "shown": SHOWN,
        "people": sponsorship.people.visible_to(request.user).select_related("resident__area")[:SHOWN],
        "payments": sponsorship.payments.select_related("taken_by"),
        "jobs": sponsoring.jobs_of(sponsorship)[:3],
        "form": form,
        "mine": sponsorship.entered_by_id == request.user.pk,
    }
    return desk.render(request, "enrollment/sponsor.html", context)


@require_POST
@desk.page(Duty.COLLECT)
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm a sponsor that somebody else entered."""
    job = sponsoring.confirm(_find(request, pk), by=request.user, at=days.now())
    return redirect("office:job", job.pk)


@require_POST
@desk.page(Duty.COLLECT)
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a sponsorship: what it has not paid goes back to the people."""
    job = sponsoring.end(_find(request, pk), request.POST.get("why", ""), by=request.user, at=days.now())
    return redirect("office:job", job.pk)


@require_POST
@desk.page(Duty.COLLECT)
def receive(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the sponsor's payment."""
    sponsorship = _find(request, pk)
    form = SponsorMoneyForm(request.POST)
    if form.is_valid():
        try:
            payment, _job = sponsoring.receive(sponsorship, **form.cleaned_data, by=request.user, at=days.now())
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            told = {"amount": payment.amount, "heads": payment.heads}
            messages.success(request, _("已到账 %(amount)s 元，结清 %(heads)d 人的资助份额。") % told)
            return redirect("enrollment:sponsor", pk)
    return _shown(request, sponsorship, form)


@desk.page(Duty.SEE_RESIDENTS)
def dues(request: HttpRequest, pk: int) -> HttpResponse:
    """What was ever fixed for one enrollment, in force or superseded, with each correction and its difference."""
    mine = Enrollment.objects.visible_to(request.user).select_related("resident", "period", "area")
    enrollment = get_object_or_404(mine, pk=pk)
    form = MendForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        duties.require(request.user, Duty.COLLECT)
        try:
            mending.mend(enrollment, **form.cleaned_data, by=request.user, on=days.today(), at=days.now())
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("已更正，原应缴保留备查。"))
            return redirect("enrollment:dues", pk)
    kept = Due.kept.filter(enrollment=enrollment).select_related("sponsorship", "settled_by", "correction")
    context = {
        "title": _("%(name)s %(year)s 年度应缴") % {"name": enrollment.resident.name, "year": enrollment.year},
        "enrollment": enrollment,
        "tone": STATE_TONES[enrollment.state],
        "dues": kept.select_related("superseded_by").order_by(F("superseded_by").asc(nulls_first=True), "pk"),
        "corrections": enrollment.corrections.select_related("by", "evened_by"),
        "form": form,
    }
    return desk.render(request, "enrollment/dues.html", context)


@require_POST
@desk.page(Duty.COLLECT)
def even(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that the difference of a correction was collected or given back."""
    correction = get_object_or_404(DueCorrection.objects.visible_to(request.user), pk=pk)
    document = request.POST.get("document", "")[:80]
    correcting.even(correction, document, by=request.user, on=days.today(), at=days.now())
    messages.success(request, _("差额已结清。"))
    return redirect("enrollment:dues", correction.enrollment_id)


class Corrections(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "应缴更正")
    search = ("enrollment__resident__name__startswith", "document__icontains")
    search_hint = gettext_lazy("姓名、文件")
    file_name = "corrections"
    columns: ClassVar = (
        Column(gettext_lazy("更正日"), "corrected_on", "date"),
        Column(gettext_lazy("姓名"), "enrollment.resident.name"),
        Column(gettext_lazy("村（社区）"), "enrollment.area.name"),
        Column(gettext_lazy("参保年度"), "enrollment.year"),
        Column(gettext_lazy("原因"), "get_reason_display"),
        Column(gettext_lazy("个人原应缴"), "before", "money"),
        Column(gettext_lazy("个人现应缴"), "after", "money"),
        Column(gettext_lazy("待收（退）差额"), "difference", "money"),
        Column(gettext_lazy("结清日"), "evened_on", "date"),
    )
    filters: ClassVar = (
        Filter("area", gettext_lazy("区域"), desk.areas_below, lookup="enrollment__area__path__startswith"),
        Filter("reason", gettext_lazy("原因"), DueCorrection.Reason.choices),
        Filter(
            "open",
            gettext_lazy("差额"),
            (("1", gettext_lazy("待结清")),),
            apply=lambda rows, _value: correcting.uneven(rows),
        ),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[DueCorrection]:
        found = DueCorrection.objects.visible_to(request.user)
        return found.select_related("enrollment__resident", "enrollment__area").order_by("-corrected_on", "-pk")

    def href(self, row: DueCorrection) -> str:
        return reverse("enrollment:dues", args=[row.enrollment_id])
