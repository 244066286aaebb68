"""Pages of the village roster: a village by household, a town by village, a county by town; on screen and on paper."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrollment import finding, village
from enrollment.forms import periods
from enrollment.models import Resident
from enrollment.village import Standing
from office import days, desk, export
from office.area_choice import AreaField
from office.desk import Column, Filter
from office.duties import Duty
from office.models import Area
from office.refusal import Refusal

MOST_ON_PAPER = 5000  # people on one printed roster; no village is larger, and a browser lays out no more in good time


class TooManyForPaper(Refusal):
    """A roster that no printer should be sent."""


def find_area(request: HttpRequest, pk: int | None) -> Area:
    """The area of an address within the person's own, or their own where the address names none."""
    if pk is None:
        return request.user.area
    return get_object_or_404(Area.objects.visible_to(request.user), pk=pk)


def _year(request: HttpRequest) -> int:
    """The year that is asked for, where there is a collection of it; else this year."""
    asked = request.GET.get("year", "")
    this = days.today().year
    return int(asked) if asked in {str(period.year) for period in periods(request.user)} else this


def years(request: HttpRequest) -> list[int]:
    """The years that are collected, and this one; the latest first."""
    return sorted({days.today().year, *(period.year for period in periods(request.user))}, reverse=True)


def way(request: HttpRequest, area: Area) -> list[Area]:
    """The areas above this one as far up as the person's own, from the top."""
    codes = area.path.strip("/").split("/")[:-1]
    return list(Area.objects.visible_to(request.user).filter(code__in=codes).order_by("level"))


def _standing(row: Any) -> Standing:
    return village.standing(row.state_of_year)


class Roster(desk.ListPage):
    """Everyone of one village for one year, household by household."""

    duty = Duty.SEE_RESIDENTS
    search_hint = gettext_lazy("姓名、拼音首字母、证件号码（完整或末四位）或户号")
    file_name = "village"
    template = "enrollment/village.html"
    per_page = 100
    columns: ClassVar = (
        Column(
            gettext_lazy("户号"),
            "household.number",
            link=lambda row: reverse("enrollment:household", args=[row.household_id]) if row.household_id else "",
        ),
        Column(gettext_lazy("与户主关系"), "relation"),
        Column(gettext_lazy("姓名"), "name", link=lambda row: reverse("enrollment:resident", args=[row.pk])),
        Column(gettext_lazy("证件号码"), "id_masked"),
        Column(gettext_lazy("出生日期"), "birth_on", "date"),
        Column(gettext_lazy("电话"), "phone"),
        Column(gettext_lazy("到账日"), "paid_on", "date"),
        Column(gettext_lazy("待遇起"), "benefits_from", "date"),
        Column(
            gettext_lazy("本年度"),
            lambda row: str(_standing(row).label),
            "badge",
            tone=lambda row: village.TONES[_standing(row)],
        ),
    )
    filters: ClassVar = (Filter("standing", gettext_lazy("本年度"), Standing.choices, apply=village.standing_as),)

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Resident]:
        found = village.people(find_area(request, kwargs["pk"]), _year(request), request.user)
        # Whoever has no household (a school's students) comes last; a household stays together, its head first.
        return found.select_related("household").order_by("household__number", "pk")

    def found(self, rows: QuerySet[Resident], text: str) -> QuerySet[Resident]:
        return finding.found(rows, text)

    def beside(self, request: HttpRequest, rows: QuerySet[Resident], **kwargs: Any) -> dict[str, Any]:
        if request.headers.get("HX-Request"):
            return {}  # only the rows are asked for
        area, year = find_area(request, kwargs["pk"]), _year(request)
        return _above(request, area, year) | {"counts": village.counted(area, year, request.user)}


def _above(request: HttpRequest, area: Area, year: int) -> dict[str, Any]:
    return {
        "title": _("%(area)s %(year)s 年度参保情况") % {"area": area.name, "year": year},
        "area": area,
        "year": year,
        "years": years(request),
        "way": way(request, area),
        "go": GoForm() if request.user.area.level < Area.Level.VILLAGE else None,
    }


_roster = Roster.as_view()


class GoForm(forms.Form):
    """Straight to an area of one's own, however far below it lies."""

    go = AreaField(label=gettext_lazy("前往村（社区）或乡镇"))


def _go(request: HttpRequest) -> HttpResponse:
    form = GoForm(request.GET)
    form.fields["go"].within(request.user)
    if form.is_valid():
        address = reverse("enrollment:village", args=[form.cleaned_data["go"].pk])
        return redirect(f"{address}?year={_year(request)}")
    messages.error(request, form.errors["go"][0])
    return redirect("enrollment:villages")


@desk.page(Duty.SEE_RESIDENTS)
def village_page(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """A village: its people. Anything above: the areas below it with how far each has come; any area by its name."""
    if "go" in request.GET:
        return _go(request)
    area = find_area(request, pk)
    if area.level == Area.Level.VILLAGE:
        return _roster(request, pk=area.pk)
    year = _year(request)
    parts = village.completion(area, year, request.user)
    if request.GET.get("export") in export.FORMATS:
        headings = [_("区划代码"), _("名称"), *(str(label) for label in Standing.labels), _("合计"), _("参保率（%）")]
        rows = [
            [part.area.code, part.area.name, *part.counts, part.counts.people, part.counts.completion] for part in parts
        ]
        kind = request.GET["export"]
        return export.respond(kind, "areas", headings, rows, count=len(rows), by=request.user, at=days.now())
    whole = village.Counts()
    for part in parts:
        whole = whole.plus(part.counts)
    context = {**_above(request, area, year), "parts": parts, "counts": whole}
    return desk.render(request, "enrollment/completion.html", context)


@desk.page(Duty.SEE_RESIDENTS)
def print_village(request: HttpRequest, pk: int) -> HttpResponse:
    """The roster of a village for the wall or the round from door to door: all of it, or those who stand as asked."""
    area, year = (
        get_object_or_404(Area.objects.visible_to(request.user), pk=pk, level=Area.Level.VILLAGE),
        _year(request),
    )
    rows = village.people(area, year, request.user).select_related("household").order_by("household__number", "pk")
    asked = request.GET.get("standing", "")
    if asked in Standing.values:
        rows = village.standing_as(rows, asked)
    found = list(rows[: MOST_ON_PAPER + 1])
    if len(found) > MOST_ON_PAPER:
        raise TooManyForPaper(_("超过 %(most)d 人，不宜打印，请先筛选") % {"most": MOST_ON_PAPER})
    context = {
        "title": _("%(area)s %(year)s 年度参保名册") % {"area": area.name, "year": year},
        "area": area,
        "year": year,
        "people": [(row, _standing(row)) for row in found],
        "asked": Standing(asked).label if asked in Standing.values else "",
        "counts": village.counted(area, year, request.user),
        "now": days.now(),
    }
    return desk.render(request, "enrollment/print_village.html", context)
