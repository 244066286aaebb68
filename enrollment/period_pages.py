"""A year of collection: its period opened, how far it is, who is put down, whom others pay for."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from enrollment import collection, confirming, correcting, opening, sponsoring
from enrollment.collection_forms import CountyWindowForm, PeriodForm
from enrollment.forms import find_period, periods
from enrollment.models import CollectionPeriod, Due, Enrollment
from enrollment.resident_pages import STATE_TONES
from office import areas, days, desk, duties, identity
from office.desk import Button, Column, Filter
from office.duties import Duty
from office.models import Job, Notice
from office.refusal import Refusal
from office.views import COUNTS, JOB_TONES
from policies import collecting, shelf
from policies.collecting import Phase
from policies.money import FEN, ZERO

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
    """Open a year's collection with the standards that its notices set."""
    city = areas.city_of(request.user.area)
    policy = next((code for code in shelf.codes() if shelf.regulation(code).region == city.code), "")
    form = PeriodForm(request.POST or None, initial={"year": request.GET.get("year", "")})
    if request.method == "POST" and form.is_valid():
        try:
            if not policy:
                raise opening.CannotOpen(_("没有%(area)s的办法") % {"area": city})
            period = opening.open_period(city, policy, **form.cleaned_data, by=request.user, at=days.now())
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("%(year)s 年度缴费期已开设。") % {"year": period.year})
            return redirect("enrollment:period", period.pk)
    context = {
        "title": _("开设缴费期"),
        "form": form,
        "cancel": reverse("enrollment:periods"),
        "submit": _("开设"),
        **_yearly(policy, form, request),
    }
    return desk.render(request, "enrollment/open_period.html", context)


def _yearly(policy: str, form: PeriodForm, request: HttpRequest) -> dict[str, Any]:
    """The notices of yearly standards that there are, and the way to enter those of the year that was asked for."""
    if not policy:
        return {}
    names = {figure.parameter: figure.name.partition("（")[0] for figure in shelf.regulation(policy).figures()}
    keys = opening.keys(policy)
    told = Notice.objects.filter(policy=policy, key__in=keys).exclude(tier="").order_by("-tier", "key", "-since")
    year = str(form.data.get("year") or request.GET.get("year") or days.today().year + 1)[:4]
    there = set(told.filter(tier=year).values_list("key", flat=True))
    add = reverse("admin:office_notice_add")
    missing = [
        (names[key], f"{add}?{urlencode({'policy': policy, 'key': key, 'tier': year, 'since': days.today()})}")
        for key in keys
        if key not in there
    ]
    return {
        "notices": [(names[one.key], one) for one in told.select_related("entered_by", "approved_by")[:12]],
        "missing": missing,
        "wanted_year": year,
        "may_enter": duties.may(request.user, Duty.DECIDE_STANDARDS),
    }


@desk.page(Duty.SEE_RESIDENTS)
def period_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One year's collection within the person's area: where in the year we are, who pays how much, what is to do."""
    period = find_period(request, pk)
    mine = Enrollment.objects.visible_to(request.user).filter(period=period)
    counted = dict(mine.order_by().values_list("state").annotate(Count("pk")))
    phases = opening.phases(period)
    context = {
        "title": _("%(year)s 年度缴费期") % {"year": period.year},
        "period": period,
        "states": [(label, STATE_TONES[code], counted.get(code, 0), code) for code, label in Enrollment.State.choices],
        "owed": _owed(mine, phases),
        "phases": phases,
        "lines": _lines(period, phases, request),
        "today": days.today(),
        "meanings": opening.meanings(period),
        "later": opening.later_notices(period),
        "by_others": collection.paid_by_others(period, request.user).count(),
        **_confirming(period, request),
        "missing": collection.missing(period, request.user).count(),
        "county_window": "county" in opening.allowed(period).value,
        "sponsors": sponsoring.sponsorships(request.user).filter(period=period).count(),
        "uneven": correcting.differences().visible_to(request.user).filter(enrollment__period=period).count(),
    }
    return desk.render(request, "enrollment/period.html", context)


def _confirming(period: CollectionPeriod, request: HttpRequest) -> dict[str, Any]:
    """The last confirmation of those for whom others pay, as its own page shows it."""
    job = confirming.latest(period, request.user)
    if job is None:
        return {"confirming": None}
    return {
        "confirming": job,
        "tone": JOB_TONES[job.state],
        "counted": [(COUNTS.get(name, name), count) for name, count in job.report.items()],
        "ended": job.state in (Job.State.DONE, Job.State.FAILED),
    }


def _owed(mine: QuerySet[Enrollment], phases: Sequence[Phase]) -> list[dict[str, Any]]:
    """What is owed by each payer, how much of it has come in in each phase, and what has not: one query."""
    day = "enrollment__paid_on"
    told = {
        f"phase{number}": Sum("amount", filter=Q(**{f"{day}__range": (phase.since, phase.until)}))
        for number, phase in enumerate(phases)
    }
    rows = (
        Due.objects.filter(enrollment__in=mine)
        .order_by()
        .values("payer")
        .annotate(people=Count("pk"), sum=Sum("amount"), open=Sum("amount", filter=Q(**{day: None})), **told)
    )
    order = list(Due.Payer.values)
    return [
        {
            "payer": Due.Payer(row["payer"]).label,
            "people": row["people"],
            "sum": row["sum"],
            "open": row["open"] or ZERO,
            "phases": [row[f"phase{number}"] or ZERO for number in range(len(phases))],
        }
        for row in sorted(rows, key=lambda row: order.index(row["payer"]))
    ]


TONES = {
    collecting.MAIN: "hm-c1",
    collecting.LATE: "hm-c4",
    collecting.WAIT: "hm-c2",
    collecting.CLOSED: "hm-c5",
    collecting.BEFORE: "hm-c0",
}


def _lines(period: CollectionPeriod, phases: Sequence[Phase], request: HttpRequest) -> dict[str, Any]:
    """The year as drawn: a line for the city and for each county with days of its own, and where today stands."""
    first, last = phases[0].since, phases[-1].until
    whole = (last - first).days + 1

    def share(since: date, until: date) -> Decimal:
        return _percent(2 * ((until - since).days + 1), whole)

    def line(name: str, cut: Sequence[Phase]) -> dict[str, Any]:
        now = collecting.at(cut, days.today())
        parts = [(TONES[phase.kind], share(phase.since, phase.until), phase) for phase in cut]
        return {"name": name, "parts": parts, "now": now.name if now else ""}

    lines = [line(period.area.name, phases)]
    for county in opening.county_windows(period, request.user):
        lines.append(line(county.area.name, opening.phases(period, county)))
    gone = 2 * (days.today() - first).days + 1  # half days: today is drawn at its noon
    at = _percent(gone, whole) if 0 < gone < 2 * whole else None
    return {"rows": lines, "first": first, "last": last, "at": at}


def _percent(half_days: int, whole: int) -> Decimal:
    return (Decimal(50 * half_days) / whole).quantize(FEN)


@require_POST
@desk.page(Duty.COLLECT)
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Start to confirm those for whom others pay, village by village."""
    period = find_period(request, pk)
    job = confirming.start(period, by=request.user, on=days.today(), at=days.now())
    return redirect("office:job", job.pk)


@desk.page(Duty.COLLECT)
def county_window(request: HttpRequest, pk: int) -> HttpResponse:
    """A county takes days of its own inside the city's."""
    period = find_period(request, pk)
    form = CountyWindowForm(request.POST or None, staff=request.user, period=period)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            opening.set_county_window(
                period,
                told["area"],
                told["opens_on"],
                told["closes_on"],
                told["document"],
                by=request.user,
                at=days.now(),
            )
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("%(area)s的缴费期已设定。") % {"area": told["area"].name})
            return redirect("enrollment:period", pk)
    context = {
        "title": _("县级缴费期"),
        "form": form,
        "cancel": reverse("enrollment:period", args=[pk]),
        "hint": _("在市缴费期 %(since)s 至 %(until)s 之内；缴费后果仍按办法规定的期限。")
        % {"since": period.opens_on, "until": period.closes_on},
    }
    return desk.render(request, "work/form.html", context)


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
