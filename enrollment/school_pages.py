"""Pages of schools: the list, a school with its roster on screen and on paper, and the roster as a file."""

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from enrollment import finding, roster, schooling, village
from enrollment.forms import periods
from enrollment.models import CollectionPeriod, Resident, School
from enrollment.village import Standing
from enrollment.village_pages import MOST_ON_PAPER, TooManyForPaper
from office import days, desk, intake
from office.desk import Button, Column, Filter
from office.duties import Duty
from office.models import Area
from office.refusal import Refusal
from office.uploads import UploadForm


def _years(request: HttpRequest) -> list[int]:
    return sorted({period.year for period in periods(request.user)} or {days.today().year}, reverse=True)


def _year(request: HttpRequest) -> int:
    """The year that is asked for, else the newest that is collected for: schools look at the one to come."""
    years, asked = _years(request), request.GET.get("year", "")
    return int(asked) if asked in map(str, years) else years[0]


def _school(request: HttpRequest, pk: int) -> School:
    return get_object_or_404(School.objects.visible_to(request.user).select_related("area"), pk=pk)


def _arrears(rows: QuerySet[School], asked: str) -> QuerySet[School]:
    return rows.filter(unpaid__gt=0) if asked == "lags" else rows.filter(unpaid=0)


class Schools(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "学校")
    search: ClassVar = ("code__startswith", "name__icontains")
    search_hint = gettext_lazy("学校代码或名称")
    file_name = "schools"
    template = "enrollment/schools.html"
    columns: ClassVar = (
        Column(gettext_lazy("学校代码"), "code"),
        Column(gettext_lazy("学校名称"), "name"),
        Column(gettext_lazy("类别"), "get_kind_display"),
        Column(gettext_lazy("所在地"), "area.name"),
        Column(gettext_lazy("在册学生"), "on_roster", "number"),
        Column(gettext_lazy("未缴费或未登记"), "unpaid", "number"),
        Column(
            gettext_lazy("缴费"),
            lambda row: _("未缴清") if row.unpaid else _("已缴清") if row.on_roster else "",
            "badge",
            tone=lambda row: "wait" if row.unpaid else "good" if row.on_roster else "plain",
        ),
    )
    filters: ClassVar = (
        Filter("kind", gettext_lazy("类别"), School.Kind.choices),
        Filter(
            "paid",
            gettext_lazy("缴费"),
            [("lags", gettext_lazy("未缴清")), ("clear", gettext_lazy("已缴清"))],
            apply=_arrears,
        ),
    )
    buttons: ClassVar = (Button(gettext_lazy("登记学校"), "/work/schools/new/", Duty.REGISTER, "add"),)

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[School]:
        return schooling.listed(_year(request), request.user)

    def href(self, row: School) -> str:
        return reverse("enrollment:school", args=[row.pk])

    def beside(self, request: HttpRequest, rows: QuerySet[School], **kwargs: Any) -> dict[str, Any]:
        year = _year(request)
        due = schooling.deadline(request.user.area, School.Kind.UNIVERSITY, year)
        return {"year": year, "years": _years(request), "deadline": due, "late": _late(due)}


def _late(due: Any) -> bool:
    return due is not None and days.today() > due.day


def _standing(row: Any) -> Standing:
    return village.standing(row.state_of_year)


class Roster(desk.ListPage):
    """The students of one school for one year."""

    duty = Duty.SEE_RESIDENTS
    search_hint = gettext_lazy("姓名、拼音首字母或证件号码（完整或末四位）")
    file_name = "school"
    template = "enrollment/school.html"
    per_page = 100
    columns: ClassVar = (
        Column(gettext_lazy("班级"), "school_class"),
        Column(gettext_lazy("姓名"), "name", link=lambda row: reverse("enrollment:resident", args=[row.pk])),
        Column(gettext_lazy("证件号码"), "id_masked"),
        Column(gettext_lazy("出生日期"), "birth_on", "date"),
        Column(gettext_lazy("户籍地"), "registry"),
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
        return _students(request, _school(request, kwargs["pk"]))

    def found(self, rows: QuerySet[Resident], text: str) -> QuerySet[Resident]:
        return finding.found(rows, text)

    def beside(self, request: HttpRequest, rows: QuerySet[Resident], **kwargs: Any) -> dict[str, Any]:
        if request.headers.get("HX-Request"):
            return {}  # only the rows are asked for
        return _above(request, _school(request, kwargs["pk"]))


def _students(request: HttpRequest, school: School) -> QuerySet[Resident]:
    return schooling.students(school, _year(request), request.user).order_by("school_class", "pk")


def _above(request: HttpRequest, school: School) -> dict[str, Any]:
    year = _year(request)
    due = schooling.deadline(school.area, school.kind, year)
    return {
        "title": _("%(school)s %(year)s 年度参保情况") % {"school": school.name, "year": year},
        "school": school,
        "year": year,
        "years": _years(request),
        "whole": schooling.whole(school, year, request.user),
        "deadline": due,
        "late": _late(due),
    }


@desk.page(Duty.SEE_RESIDENTS)
def print_school(request: HttpRequest, pk: int) -> HttpResponse:
    """The roster of a school on paper: all of it, or those who stand as asked."""
    school, asked = _school(request, pk), request.GET.get("standing", "")
    rows = _students(request, school)
    if asked in Standing.values:
        rows = village.standing_as(rows, asked)
    found = list(rows[: MOST_ON_PAPER + 1])
    if len(found) > MOST_ON_PAPER:
        raise TooManyForPaper(_("超过 %(most)d 人，不宜打印，请先筛选") % {"most": MOST_ON_PAPER})
    context = {
        **_above(request, school),
        "people": [(row, _standing(row)) for row in found],
        "asked": Standing(asked).label if asked in Standing.values else "",
        "now": days.now(),
    }
    return desk.render(request, "enrollment/print_school.html", context)


class SchoolForm(forms.Form):
    """A school: its code, its name, where it lies."""

    code = forms.CharField(label=gettext_lazy("学校代码"), max_length=20)
    name = forms.CharField(label=gettext_lazy("学校名称"), max_length=80)
    kind = forms.ChoiceField(label=gettext_lazy("类别"), choices=School.Kind.choices)
    area = forms.ModelChoiceField(label=gettext_lazy("所在地"), queryset=Area.objects.none(), empty_label="—")


@desk.page(Duty.REGISTER)
def new_school(request: HttpRequest) -> HttpResponse:
    """Put down a school."""
    form = SchoolForm(request.POST or None)
    form.fields["area"].queryset = Area.objects.visible_to(request.user).filter(level__lte=Area.Level.TOWN)
    if request.method == "POST" and form.is_valid():
        try:
            school = schooling.found(**form.cleaned_data, by=request.user, at=days.now())
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            return redirect("enrollment:school", school.pk)
    context = {"title": _("登记学校"), "form": form, "cancel": reverse("enrollment:schools")}
    return desk.render(request, "work/form.html", context)


class SchoolRosterForm(UploadForm):
    """A school's own roster: every row is a student of this school unless it says otherwise."""

    period = forms.ModelChoiceField(
        label=gettext_lazy("同时登记参保"),
        queryset=CollectionPeriod.objects.none(),
        required=False,
        empty_label=gettext_lazy("只登记人员"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["period"].queryset = periods(self.staff)


@desk.page(Duty.REGISTER)
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """The roster of a school as a file; the page after it shows what taking it would do."""
    school = _school(request, pk)
    form = SchoolRosterForm(request.POST or None, request.FILES or None, staff=request.user)
    if request.method == "POST" and form.is_valid():
        file, period = form.cleaned_data["file"], form.cleaned_data["period"]
        told = {"school": school.code} | ({"period": period.pk} if period else {})
        try:
            batch = intake.receive(
                roster.KIND, school.area, file.name, file.read(), told, by=request.user, at=days.now()
            )
        except Refusal as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("office:file", batch.pk)
    context = {
        "title": _("导入学校名册：%(school)s") % {"school": school.name},
        "form": form,
        "code": roster.KIND,
        "hint": _("名册可不写学校代码和村（社区）：都作为本校学生登记。"),
        "columns": intake.columns(roster.KIND),
        "submit": _("上传并预览"),
        "cancel": reverse("enrollment:school", args=[pk]),
    }
    return desk.render(request, "office/upload.html", context)
