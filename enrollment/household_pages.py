"""A household on one page, and on paper: the household sheet and each person's registration form."""

from datetime import date
from typing import Any, ClassVar

from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from enrollment import village
from enrollment.models import Enrollment, Household, Resident
from office import audit, days, desk
from office.desk import Button, Column, Filter
from office.duties import Duty

YEARS = 5  # shown side by side; older ones stand on each person's own page


class Households(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "家庭")
    search: ClassVar = ("number__startswith", "head__name__startswith", "address__icontains")
    search_hint = gettext_lazy("户号、户主或住址")
    file_name = "households"
    columns: ClassVar = (
        Column(gettext_lazy("户号"), "number"),
        Column(gettext_lazy("户主"), "head.name"),
        Column(gettext_lazy("人数"), "size", "number"),
        Column(gettext_lazy("村（社区）"), "area.name"),
        Column(gettext_lazy("住址"), "address"),
        Column(gettext_lazy("登记日期"), "registered_on", "date"),
    )
    filters: ClassVar = (Filter("area", gettext_lazy("区域"), desk.areas_below, lookup="area__path__startswith"),)
    buttons: ClassVar = (Button(gettext_lazy("登记家庭"), "/work/register/", Duty.REGISTER, "person_add"),)

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Household]:
        found = Household.objects.visible_to(request.user).select_related("area", "head")
        # Counted for the rows that are shown, not for all before they are leafed through.
        size = Resident.objects.filter(household=OuterRef("pk")).order_by().values("household").annotate(n=Count("pk"))
        return found.annotate(size=Subquery(size.values("n"))).order_by("number")

    def href(self, row: Household) -> str:
        return reverse("enrollment:household", args=[row.pk])


def _household(request: HttpRequest, pk: int) -> Household:
    return get_object_or_404(Household.objects.visible_to(request.user).select_related("area", "head"), pk=pk)


def _with_standing(rows: QuerySet[Resident], on: date) -> QuerySet[Resident]:
    """People with their statuses of the day and the last years, latest first: two queries for any number of them."""
    return rows.prefetch_related(
        "statuses",
        Prefetch(
            "enrollments",
            Enrollment.objects.filter(year__gt=on.year - YEARS).order_by("-year").prefetch_related("dues"),
            to_attr="last_years",
        ),
    )


def _members(household: Household, by: Any, on: date) -> list[dict[str, Any]]:
    """The members, head first, each with the statuses of the day and how they stand in each of the last years.

    Members who are insured in an area outside the person's own scope are not shown.
    """
    rows = household.members.visible_to(by).select_related("area", "school").order_by("pk")
    found = sorted(_with_standing(rows, on), key=lambda person: person.pk != household.head_id)
    return [{"person": person, "statuses": statuses(person, on), "years": person.last_years} for person in found]


def statuses(person: Resident, on: date) -> list[Any]:
    """What the person is certified as on that day."""
    return [one for one in person.statuses.all() if one.since <= on and (one.until is None or one.until >= on)]


def _by_year(members: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Year by year, latest first: one cell per member, in the order of the members."""
    years = sorted({enrollment.year for member in members for enrollment in member["years"]}, reverse=True)
    table = []
    for year in years:
        cells = []
        for member in members:
            held = next((one for one in member["years"] if one.year == year), None)
            standing = village.standing(held.state if held else None)
            tone = village.TONES[standing]
            cells.append({"person": member["person"], "held": held, "standing": standing, "tone": tone})
        table.append({"year": year, "cells": cells})
    return table


@desk.page(Duty.SEE_RESIDENTS)
def household_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One household: where it lives, its members with their statuses, and everybody's years side by side."""
    household = _household(request, pk)
    members = _members(household, request.user, days.today())
    context = {
        "title": _("家庭 %(number)s") % {"number": household.number},
        "household": household,
        "members": members,
        "table": _by_year(members),
    }
    return desk.render(request, "enrollment/household.html", context)


def _full(request: HttpRequest, action: str, subject: Any) -> bool:
    """Whether the paper shows whole document numbers: only where it was asked for by a button, and then recorded."""
    if request.method != "POST":
        return False
    audit.record(request.user, action, subject, at=days.now())
    return True


@desk.page(Duty.SEE_RESIDENTS)
def print_household(request: HttpRequest, pk: int) -> HttpResponse:
    """The household sheet to sign and file; numbers masked unless somebody asks for them, which is recorded."""
    household, today = _household(request, pk), days.today()
    full = _full(request, "households.print_numbers", household)
    members = _members(household, request.user, today)
    for member in members:
        member["now"] = next((one for one in member["years"] if one.year == today.year), None)
        member["standing"] = village.standing(member["now"].state if member["now"] else None)
    context = {
        "title": _("家庭参保登记表"),
        "household": household,
        "members": members,
        "full": full,
        "year": today.year,
        "now": days.now(),
        "cancel": reverse("enrollment:household", args=[pk]),
    }
    return desk.render(request, "enrollment/print_household.html", context)


@desk.page(Duty.SEE_RESIDENTS)
def print_resident(request: HttpRequest, pk: int) -> HttpResponse:
    """One person's registration form to sign; the number masked unless somebody asks for it, which is recorded."""
    today = days.today()
    rows = Resident.objects.visible_to(request.user).select_related("area", "household__head", "school")
    resident = get_object_or_404(_with_standing(rows, today), pk=pk)
    full = _full(request, "residents.print_number", resident)
    context = {
        "title": _("城乡居民基本医疗保险参保登记表"),
        "resident": resident,
        "statuses": statuses(resident, today),
        "years": [(one, village.standing(one.state)) for one in resident.last_years],
        "full": full,
        "now": days.now(),
        "cancel": reverse("enrollment:resident", args=[pk]),
    }
    return desk.render(request, "enrollment/print_resident.html", context)
