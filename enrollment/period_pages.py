"""A year of collection: its period opened, how far it is, who is put down, whom others pay for."""

from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from enrollment import (
    collection,
)
from enrollment.forms import (
    PeriodForm,
    find_period,
    periods,
)
from enrollment.models import CollectionPeriod, Due, Enrollment
from enrollment.resident_pages import STATE_TONES
from office import areas, days, desk, identity
from office.desk import Button, Column, Filter
from office.duties import Duty
from office.refusal import Refusal
from policies import shelf

MOST = 2000  # put down at one click; a whole city is the renewal's work


class Periods(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "缴费期")
    file_name = "periods"
    columns: ClassVar = (
        Column(gettext_lazy("参保年度"), "year"),
        Column(gettext_lazy("统筹地区"), "area.name"),
        Column(gettext_lazy("开始"), "opens_on", "date"),
        Column(gettext_lazy("截止"), "closes_on", "date"),
        Column(gettext_lazy("个人缴费标准"), "individual", "money"),
        Column(gettext_lazy("财政补助标准"), "subsidy", "money"),
        Column(gettext_lazy("文号"), "document"),
    )
    buttons: ClassVar = (Button(gettext_lazy("开设缴费期"), "/work/periods/new/", Duty.COLLECT, "add"),)

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[CollectionPeriod]:
        return periods(request.user)

    def href(self, row: CollectionPeriod) -> str:
        return reverse("enrollment:period", args=[row.pk])


@desk.page(Duty.COLLECT)
def open_period(request: HttpRequest) -> HttpResponse:
    """Open a year's collection."""
    city = areas.city_of(request.user.area)
    form = PeriodForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            policy = next((code for code in shelf.codes() if shelf.regulation(code).region == city.code), "")
            if not policy:
                raise collection.CannotOpen(_("没有%(area)s的办法") % {"area": city})
            period = collection.open_period(city, policy, **form.cleaned_data, by=request.user, at=days.now())
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("%(year)s 年度缴费期已开设。") % {"year": period.year})
            return redirect("enrollment:period", period.pk)
    context = {"title": _("开设缴费期"), "form": form, "cancel": reverse("enrollment:periods"), "submit": _("开设")}
    return desk.render(request, "work/form.html", context)


@desk.page(Duty.SEE_RESIDENTS)
def period_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One year's collection within the person's area: how far it is, who pays how much, what can be done next."""
    period = find_period(request, pk)
    mine = Enrollment.objects.visible_to(request.user).filter(period=period)
    counted = dict(mine.order_by().values_list("state").annotate(Count("pk")))
    owed = Due.objects.filter(enrollment__in=mine).order_by().values_list("payer").annotate(Sum("amount"), Count("pk"))
    context = {
        "title": _("%(year)s 年度缴费期") % {"year": period.year},
        "period": period,
        "states": [(label, STATE_TONES[code], counted.get(code, 0), code) for code, label in Enrollment.State.choices],
        "owed": [(Due.Payer(payer).label, amount, people) for payer, amount, people in owed],
        "by_others": collection.paid_by_others(period, request.user).count(),
        "missing": collection.missing(period, request.user).count(),
    }
    return desk.render(request, "enrollment/period.html", context)


@require_POST
@desk.page(Duty.COLLECT)
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm the list of those for whom others pay."""
    period = find_period(request, pk)
    told = collection.confirm_paid_by_others(period, by=request.user, on=days.today(), at=days.now())
    messages.success(request, _("已确认 %(count)d 人，今日为其缴费到账日。") % {"count": told.confirmed})
    for left, why in told.left[:10]:
        messages.warning(request, f"{left.resident.name}：{why}")
    return redirect("enrollment:period", pk)


@require_POST
@desk.page(Duty.REGISTER)
def enroll_missing(request: HttpRequest, pk: int) -> HttpResponse:
    """Put down whoever is here and not put down yet: newcomers, and those for whom a figure was missing."""
    period = find_period(request, pk)
    found = list(collection.missing(period, request.user)[:MOST])
    outcome = collection.enroll(found, period, by=request.user, on=days.today(), at=days.now())
    messages.success(request, _("已登记参保 %(count)d 人。") % {"count": outcome.enrolled})
    for resident, article, message in outcome.undecided[:10]:
        messages.warning(request, f"{resident.name}：{message}（{article}）")
    return redirect("enrollment:period", pk)


class Enrollments(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = gettext_lazy("参保名单")
    search_hint = gettext_lazy("姓名或拼音首字母")
    file_name = "enrollments"
    columns: ClassVar = (
        Column(gettext_lazy("姓名"), "resident.name"),
        Column(gettext_lazy("证件号码"), "resident.id_masked"),
        Column(gettext_lazy("村（社区）"), "area.name"),
        Column(gettext_lazy("来源"), "get_origin_display"),
        Column(gettext_lazy("到账日"), "paid_on", "date"),
        Column(gettext_lazy("待遇起"), "benefits_from", "date"),
        Column(gettext_lazy("待遇止"), "benefits_until", "date"),
        Column(gettext_lazy("状态"), "get_state_display", "badge", tone=lambda row: STATE_TONES[row.state]),
    )
    filters: ClassVar = (
        Filter("area", gettext_lazy("区域"), desk.areas_below, lookup="area__path__startswith"),
        Filter("state", gettext_lazy("状态"), Enrollment.State.choices),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Enrollment]:
        found = Enrollment.objects.visible_to(request.user).filter(period=find_period(request, kwargs["pk"]))
        return found.select_related("resident", "area").order_by("area__path", "pk")

    def found(self, rows: QuerySet[Enrollment], text: str) -> QuerySet[Enrollment]:
        text = identity.normal(text)
        return rows.filter(**{f"resident__{'initials' if text.isascii() else 'name'}__startswith": text})

    def href(self, row: Enrollment) -> str:
        return reverse("enrollment:resident", args=[row.resident_id])
