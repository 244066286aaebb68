"""Lists of the unpaid: on screen, on paper for the round from door to door, and as a file of messages to send."""

from decimal import Decimal
from itertools import groupby
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrollment import unpaid
from enrollment.models import Enrollment
from enrollment.target_pages import asked
from enrollment.village_pages import MOST_ON_PAPER, TooManyForPaper, find_area, way
from office import audit, days, desk, export
from office.desk import Column, Filter
from office.duties import Duty
from office.models import Area
from policies.money import ZERO


class Unpaid(desk.ListPage):
    """Who of a village or town has not paid for the year, with the phone to call."""

    duty = Duty.CALL
    search: ClassVar = ("resident__name__startswith", "resident__household__number")
    search_hint = gettext_lazy("姓名或户号")
    file_name = "unpaid"
    template = "enrollment/unpaid.html"
    per_page = 100
    columns: ClassVar = (
        Column(gettext_lazy("村（社区）"), "resident.area.name"),
        Column(gettext_lazy("户号"), "resident.household.number"),
        Column(gettext_lazy("户主"), "resident.household.head.name"),
        Column(
            gettext_lazy("姓名"),
            "resident.name",
            link=lambda row: reverse("enrollment:resident", args=[row.resident_id]),
        ),
        Column(gettext_lazy("出生日期"), "resident.birth_on", "date"),
        Column(gettext_lazy("电话"), unpaid.phone),
        Column(gettext_lazy("应缴（元）"), "owed", "money"),
    )
    filters: ClassVar = (
        Filter(
            "phone",
            gettext_lazy("电话"),
            [("yes", gettext_lazy("有")), ("no", gettext_lazy("无"))],
            apply=unpaid.with_phone,
        ),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Enrollment]:
        return unpaid.people(find_area(request, kwargs["pk"]), asked(request).year, request.user)

    def beside(self, request: HttpRequest, rows: QuerySet[Enrollment], **kwargs: Any) -> dict[str, Any]:
        if request.headers.get("HX-Request"):
            return {}
        area, (year, _period, years) = find_area(request, kwargs["pk"]), asked(request)
        return {
            "title": _("%(area)s %(year)s 年度未缴费名单") % {"area": area.name, "year": year},
            "area": area,
            "year": year,
            "years": years,
            "way": way(request, area),
        }


@desk.page(Duty.CALL)
def unpaid_here(request: HttpRequest) -> HttpResponse:
    """One's own village or town; from above, the map of bars leads to it."""
    area = request.user.area
    name = "enrollment:unpaid" if area.level >= Area.Level.TOWN else "enrollment:targets-of"
    return redirect(name, area.pk)


@desk.page(Duty.CALL)
def print_unpaid(request: HttpRequest, pk: int) -> HttpResponse:
    """The list for the round: household after household with the sum of each, and room for what was said."""
    area, (year, period, _years) = find_area(request, pk), asked(request)
    found = list(unpaid.people(area, year, request.user)[: MOST_ON_PAPER + 1])
    if len(found) > MOST_ON_PAPER:
        raise TooManyForPaper(_("超过 %(most)d 人，不宜打印，请按村打印。") % {"most": MOST_ON_PAPER})
    households = [
        (rows[0].resident.household, rows, sum((row.owed or ZERO for row in rows), ZERO))
        for rows in (list(rows) for _key, rows in groupby(found, key=lambda row: row.resident.household_id or -row.pk))
    ]
    audit.record(request.user, "unpaid.print", area, {"year": year, "people": len(found)}, at=days.now(), area=area)
    context = {
        "title": _("%(area)s %(year)s 年度未缴费名单") % {"area": area.name, "year": year},
        "area": area,
        "year": year,
        "households": [
            (household, [(row, unpaid.phone(row)) for row in rows], total) for household, rows, total in households
        ],
        "people": len(found),
        "sum": sum((total for _household, _rows, total in households), Decimal(0)),
        "until": unpaid.last_day(area, period) if period else None,
        "now": days.now(),
    }
    return desk.render(request, "enrollment/print_unpaid.html", context)


@desk.page(Duty.CALL)
def message_list(request: HttpRequest, pk: int) -> HttpResponse:
    """The file of messages: phone, masked name, people, amount, last day. Nothing is sent from here."""
    area, (year, period, _years) = find_area(request, pk), asked(request)
    rows = unpaid.people(area, year, request.user)
    until = unpaid.last_day(area, period) if period else None
    kind = request.GET.get("export", export.XLSX)
    headings = [_("电话"), _("姓名"), _("人数"), _("金额（元）"), _("截止日"), _("内容")]
    told = ([*message, _text(message, year)] for message in unpaid.messages(rows, until))
    return export.respond(
        kind if kind in export.FORMATS else export.XLSX,
        "messages",
        headings,
        told,
        count=unpaid.with_phone(rows, "yes").count(),
        by=request.user,
        at=days.now(),
    )


def _text(message: unpaid.Message, year: int) -> str:
    told = {"name": message.name, "people": message.people, "amount": message.amount, "year": year}
    if message.last_day is None:
        return _("%(name)s：您户 %(people)d 人 %(year)d 年度居民医保尚未缴费，共 %(amount)s 元。") % told
    return _("%(name)s：您户 %(people)d 人 %(year)d 年度居民医保尚未缴费，共 %(amount)s 元，请于 %(day)s 前缴纳。") % (
        told | {"day": message.last_day}
    )
