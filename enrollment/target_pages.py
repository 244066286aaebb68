"""Targets and how far the collection has come: a map of bars that leads down to the village, and the splitting."""

from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from enrollment import progress, tallies, targets
from enrollment.forms import periods
from enrollment.models import CollectionPeriod
from enrollment.targets import MOST, Basis, CannotSet
from enrollment.village_pages import find_area, way
from office import days, desk, duties, export
from office.duties import Duty
from office.models import Area


class WholeForm(forms.Form):
    """The city's own target."""

    people = forms.IntegerField(label=gettext_lazy("目标人数"), min_value=0, max_value=MOST)
    why = forms.CharField(label=gettext_lazy("依据"), max_length=120, help_text=gettext_lazy("文号或会议纪要"))


class PartsForm(forms.Form):
    """The targets of the areas below, one field each, and why."""

    def __init__(self, *args: Any, split: targets.Split, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in split.parts:
            # What is proposed stands there until somebody has decided; then what was decided.
            start = part.target.people if part.target else part.proposed
            self.fields[f"part-{part.area.pk}"] = forms.IntegerField(
                label=part.area.name, min_value=0, max_value=MOST, initial=start
            )
        self.fields["why"] = forms.CharField(label=gettext_lazy("依据"), max_length=120)

    def parts(self) -> dict[int, int]:
        """Area and people, as typed."""
        return {
            int(name.removeprefix("part-")): people
            for name, people in self.cleaned_data.items()
            if name.startswith("part-")
        }


class Asked(NamedTuple):
    """The year of a page, its collection where there is one, and the years that may be asked for."""

    year: int
    period: CollectionPeriod | None
    years: list[int]


def asked(request: HttpRequest) -> Asked:
    """The year that is asked for; else the latest that is collected, or this one. One query.

    Also the next year may be asked for, which gets its target before its collection opens.
    """
    this, there = days.today().year, {period.year: period for period in periods(request.user)}
    may = sorted({this, this + 1, *there}, reverse=True)
    told = request.GET.get("year", "")
    year = int(told) if told in {str(year) for year in may} else max({this, *there})
    return Asked(year, there.get(year), may)


@desk.page(Duty.SEE_RESIDENTS)
def targets_page(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The bars of the areas below, the line of the days, the targets and their history; a village is its roster."""
    area, (year, period, years), on = find_area(request, pk), asked(request), days.today()
    if area.level == Area.Level.VILLAGE:
        return redirect(f"{reverse('enrollment:village', args=[area.pk])}?year={year}")
    split = targets.split_of(area, year, request.user)
    due = progress.due_by(period, on)
    by_lag = request.GET.get("order") == "lag"
    bars = progress.bars(split, due, by_lag=by_lag)
    if request.GET.get("export") in export.FORMATS:
        return _exported(request, bars)
    told = tallies.days(area, year, request.user)
    counts = progress.summed(split)
    whole = split.whole.people if split.whole else None
    context = {
        "title": _("%(area)s %(year)s 年度参保目标与进度") % {"area": area.name, "year": year},
        "area": area,
        "year": year,
        "years": years,
        "way": way(request, area),
        "split": split,
        "bars": bars,
        "by_lag": by_lag,
        "counts": counts,
        "reached": progress.percent(counts.covered, whole) if whole else None,
        "lack": max(0, whole - counts.covered) if whole else None,
        "due": due,
        "period": period,
        "line": progress.line(told, period, whole, on),
        "days": told,
        "money": tallies.money(area, year, request.user),
        "history": targets.history(area, year),
        "may_set": duties.may(request.user, Duty.COLLECT)
        and area.level == Area.Level.CITY
        and area.pk == request.user.area_id,
        "may_split": duties.may(request.user, Duty.COLLECT) and split.whole is not None and split.parts,
    }
    return desk.render(request, "enrollment/targets.html", context)


def _exported(request: HttpRequest, bars: list[progress.Bar]) -> HttpResponse:
    headings = [
        _("区划代码"), _("名称"), _("目标人数"), _("已参保"), _("未缴费"), _("未登记参保"), _("完成率（%）"), _("尚缺"),
    ]  # fmt: skip
    rows = [
        [
            bar.part.area.code,
            bar.part.area.name,
            bar.part.target.people if bar.part.target else None,
            bar.part.counts.covered,
            bar.part.counts.unpaid,
            bar.part.counts.absent,
            bar.reached,
            bar.lack,
        ]
        for bar in bars
    ]
    kind = request.GET["export"]
    return export.respond(kind, "targets", headings, rows, count=len(rows), by=request.user, at=days.now())


@require_http_methods(["GET", "POST"])
@desk.page(Duty.COLLECT)
def set_target(request: HttpRequest, pk: int) -> HttpResponse:
    """The city enters its target."""
    area, year = find_area(request, pk), asked(request).year
    there = targets.standing([area], year).get(area.pk)
    form = WholeForm(request.POST or None, initial={"people": there.people} if there else None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            targets.set_city(area, year, told["people"], told["why"], by=request.user, at=days.now())
        except CannotSet as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("目标已保存，请分解到下级。"))
            return redirect(_home(area, year))
    context = {
        "title": _("%(area)s %(year)s 年度参保目标") % {"area": area.name, "year": year},
        "form": form,
        "cancel": _home(area, year),
    }
    return desk.render(request, "work/form.html", context)


@require_http_methods(["GET", "POST"])
@desk.page(Duty.COLLECT)
def split_target(request: HttpRequest, pk: int) -> HttpResponse:
    """The target of an area is split over those below: proposed in proportion, changed by hand, saved if it adds up."""
    area, year = find_area(request, pk), asked(request).year
    chosen = request.GET.get("basis", "")
    basis = chosen if chosen in Basis.values else Basis.INSURED.value
    split = targets.split_of(area, year, request.user, basis)
    anew = chosen in Basis.values  # somebody asks for the proposal: it stands in the fields, whatever was decided
    initial = {f"part-{part.area.pk}": part.proposed for part in split.parts} if anew and split.whole else None
    form = PartsForm(request.POST or None, split=split, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            written = targets.split(area, year, form.parts(), form.cleaned_data["why"], by=request.user, at=days.now())
        except CannotSet as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("已保存 %(n)d 个区域的目标。") % {"n": len(written)})
            return redirect(_home(area, year))
    context = {
        "title": _("%(area)s %(year)s 年度目标分解") % {"area": area.name, "year": year},
        "area": area,
        "year": year,
        "split": split,
        "rows": [(part, form[f"part-{part.area.pk}"]) for part in split.parts],
        "form": form,
        "bases": [(value, label, value == basis) for value, label in Basis.choices],
        "cancel": _home(area, year),
    }
    return desk.render(request, "enrollment/split.html", context)


def _home(area: Area, year: int) -> str:
    return f"{reverse('enrollment:targets-of', args=[area.pk])}?year={year}"
