"""Pages of the fund accountant: settlements with institutions, the books, the months, income and expenditure."""

import json
from datetime import date
from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from enrollment.models import CollectionPeriod
from funds import booking, months, refunding, releasing, settlement, statements
from funds.models import Entry, Month, Settlement
from office import areas, days, desk
from office.desk import Button, Column, Filter
from office.duties import Duty
from office.models import Area


def _months(request: HttpRequest) -> list[tuple[str, str]]:
    """The months of the books within scope, newest first, for a choice above a list."""
    city = areas.city_of(request.user.area)
    found = Month.objects.filter(area=city).values_list("first_day", flat=True)
    return [(day.isoformat(), f"{day:%Y-%m}") for day in found]


_SETTLEMENT_TONES = {
    Settlement.State.DRAFT: "wait",
    Settlement.State.APPROVED: "info",
    Settlement.State.PAID: "good",
}


class Settlements(desk.ListPage):
    duty = Duty.SEE_BOOKS
    title = pgettext_lazy("many", "机构月结算")
    search: ClassVar = ("institution__name__icontains", "institution__code__startswith")
    search_hint = gettext_lazy("机构名称或代码")
    file_name = "settlements"
    columns: ClassVar = (
        Column(gettext_lazy("医疗机构"), "institution.name"),
        Column(gettext_lazy("月份"), lambda row: f"{row.first_day:%Y-%m}"),
        Column(gettext_lazy("付费方式"), "get_method_display"),
        Column(gettext_lazy("笔数"), "claims", "number"),
        Column(gettext_lazy("核定金额"), "approved", "money"),
        Column(gettext_lazy("保证金"), "deposit", "money"),
        Column(gettext_lazy("暂缓"), "held", "money"),
        Column(gettext_lazy("应付合计"), "due", "money"),
        Column(gettext_lazy("状态"), "get_state_display", "badge", tone=lambda row: _SETTLEMENT_TONES[row.state]),
    )
    filters: ClassVar = (
        Filter("month", gettext_lazy("月份"), _months, lookup="first_day"),
        Filter("state", gettext_lazy("状态"), Settlement.State.choices),
    )
    buttons: ClassVar = (Button(gettext_lazy("月末结算"), "month-end/", Duty.SETTLE, "event_available"),)

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Settlement]:
        return Settlement.objects.visible_to(request.user).select_related("institution")

    def href(self, row: Settlement) -> str:
        return reverse("funds:settlement", args=[row.pk])


@desk.page(Duty.SEE_BOOKS)
def settlement_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One settlement: how its amount came about, its claims, and the next step for whoever may take it."""
    found = get_object_or_404(
        Settlement.objects.visible_to(request.user).select_related(
            "institution", "drafted_by", "approved_by", "paid_by"
        ),
        pk=pk,
    )
    items = found.items.select_related("claim", "claim__resident").order_by("id")
    parts = [
        (_("基本统筹应付"), found.payable, "hm-c1"),
        (_("大病保险"), found.critical_illness, "hm-c2"),
        (_("医疗救助"), found.assistance, "hm-c3"),
        (_("慈善补助"), found.charity, "hm-c4"),
        (_("质量保证金"), found.deposit, "hm-c5"),
        (_("暂缓"), found.held, "hm-c6"),
    ]
    whole = sum(amount for _label, amount, _tone in parts) or 1
    context = {
        "title": str(found),
        "settlement": found,
        "items": items[:200],
        "parts": [(label, amount, tone, amount * 100 / whole) for label, amount, tone in parts if amount],
        "tone": _SETTLEMENT_TONES[found.state],
        "entry": Entry.objects.filter(source=f"settlement:{found.pk}").first(),
    }
    return desk.render(request, "funds/settlement.html", context)


@require_POST
@desk.page(Duty.CHECK)
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """The second pair of eyes."""
    found = get_object_or_404(Settlement.objects.visible_to(request.user), pk=pk)
    settlement.approve([found], by=request.user, at=days.now())
    messages.success(request, _("%(settlement)s 已复核。") % {"settlement": found})
    return redirect("funds:settlement", pk)


@require_POST
@desk.page(Duty.SETTLE)
def pay(request: HttpRequest, pk: int) -> HttpResponse:
    """Pay and book."""
    found = get_object_or_404(Settlement.objects.visible_to(request.user), pk=pk)
    settlement.pay(found, on=days.today(), by=request.user, at=days.now())
    messages.success(request, _("%(settlement)s 已支付并记账。") % {"settlement": found})
    return redirect("funds:settlement", pk)


@desk.page(Duty.SETTLE)
def month_end(request: HttpRequest) -> HttpResponse:
    """Choose an open month and start its settlements; who started it already is led to the job that stands."""
    city = _own_city(request)
    over = Month.objects.filter(area=city, state=Month.State.OPEN, first_day__lt=days.today().replace(day=1))
    open_months = list(over.order_by("first_day"))
    if request.method == "POST":
        first_day = next(
            (m.first_day for m in open_months if m.first_day.isoformat() == request.POST.get("month")), None
        )
        if first_day is None:
            raise settlement.CannotSettle(_("请选择一个已经结束、尚未结账的月份。"))
        policy = _policy(city)
        job = settlement.start(city, policy, first_day, by=request.user, at=days.now())
        return redirect("office:job", job.pk)
    context = {"title": _("月末结算"), "months": open_months, "cancel": reverse("funds:settlements")}
    return desk.render(request, "funds/month_end.html", context)


def _own_city(request: HttpRequest) -> Area:
    """The city of somebody who acts for the whole city; refused for a county's own staff."""
    area = request.user.area
    if area.level != Area.Level.CITY:
        raise settlement.CannotSettle(_("月末结算与结账由市级经办机构办理。"))
    return area


def _policy(city: Area) -> str:
    period = CollectionPeriod.objects.filter(area=city).order_by("-year").first()
    if period is None:
        raise settlement.CannotSettle(_("尚未开设缴费期，不知道执行哪一部办法。"))
    return period.policy


class Entries(desk.ListPage):
    duty = Duty.SEE_BOOKS
    title = pgettext_lazy("many", "记账凭证")
    search: ClassVar = ("memo__icontains", "source__startswith")
    search_hint = gettext_lazy("摘要或来源")
    file_name = "entries"
    columns: ClassVar = (
        Column(gettext_lazy("凭证号"), "pk"),
        Column(gettext_lazy("月份"), "month"),
        Column(gettext_lazy("日期"), "booked_on", "date"),
        Column(gettext_lazy("摘要"), "memo"),
        Column(gettext_lazy("金额"), "sum", "money"),
    )
    filters: ClassVar = (Filter("month", gettext_lazy("月份"), _months, lookup="month__first_day"),)

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Entry]:
        found = Entry.objects.visible_to(request.user).select_related("month")
        return found.annotate(sum=Sum("postings__amount")).order_by("-pk")

    def href(self, row: Entry) -> str:
        return reverse("funds:entry", args=[row.pk])


@desk.page(Duty.SEE_BOOKS)
def entry_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry with its postings, what it reverses and what reversed it."""
    entry = get_object_or_404(
        Entry.objects.visible_to(request.user).select_related("month", "booked_by", "reverses"), pk=pk
    )
    postings = entry.postings.select_related("debit", "credit", "area", "institution").order_by("leg")
    context = {
        "title": _("凭证 %(number)s") % {"number": entry.pk},
        "entry": entry,
        "postings": postings,
        "total": sum(posting.amount for posting in postings),
        "reversal": Entry.objects.filter(reverses=entry).first(),
    }
    return desk.render(request, "funds/entry.html", context)


class Months(desk.ListPage):
    duty = Duty.SEE_BOOKS
    title = pgettext_lazy("many", "会计月份")
    hint = gettext_lazy("按月顺序结账；还有应入账未入账的事项时不能结账。结账后的更正记入下一个开放的月份。")
    file_name = "months"
    columns: ClassVar = (
        Column(gettext_lazy("月份"), "__str__"),
        Column(
            gettext_lazy("状态"),
            "get_state_display",
            "badge",
            tone=lambda row: "good" if row.state == Month.State.CLOSED else "wait",
        ),
        Column(gettext_lazy("结账人"), "closed_by"),
        Column(gettext_lazy("结账时间"), "closed_at", "moment"),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Month]:
        return Month.objects.visible_to(request.user).select_related("closed_by", "area")

    def href(self, row: Month) -> str:
        return reverse("funds:month", args=[row.pk])


@desk.page(Duty.SEE_BOOKS)
def month_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One month: what is still unbooked, its trial balance, and the button that closes it."""
    month = get_object_or_404(Month.objects.visible_to(request.user).select_related("area"), pk=pk)
    unbooked = months.unbooked(month) if month.state == Month.State.OPEN else []
    context = {
        "title": _("会计月份 %(month)s") % {"month": month},
        "month": month,
        "unbooked": unbooked,
        "files_wait": any(item.kind == "payments" for item in unbooked),
        "releases_wait": any(item.kind == "releases" for item in unbooked),
        "refunds_wait": any(item.kind == "refunds" for item in unbooked),
        "balance": statements.trial_balance(month.area, until=month.first_day),
    }
    return desk.render(request, "funds/month.html", context)


@require_POST
@desk.page(Duty.SETTLE)
def close_month(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the month for good, if nothing stands against it."""
    month = get_object_or_404(Month.objects.visible_to(request.user).select_related("area"), pk=pk)
    months.close(month, by=request.user, at=days.now())
    messages.success(request, _("%(month)s 已结账。") % {"month": month})
    return redirect("funds:month", pk)


@require_POST
@desk.page(Duty.SETTLE)
def book_payments(request: HttpRequest, pk: int) -> HttpResponse:
    """Book the payment files that wait."""
    month = get_object_or_404(Month.objects.visible_to(request.user).select_related("area"), pk=pk)
    booked = booking.book_waiting_payments(month, by=request.user, at=days.now())
    messages.success(request, _("缴费文件已入账：%(count)d 个。") % {"count": booked})
    return redirect("funds:month", pk)


@require_POST
@desk.page(Duty.SETTLE)
def book_releases(request: HttpRequest, pk: int) -> HttpResponse:
    """Book the held money that found its person."""
    month = get_object_or_404(Month.objects.visible_to(request.user).select_related("area"), pk=pk)
    booked = releasing.book_waiting_releases(month, by=request.user, at=days.now())
    messages.success(request, _("暂收款已转收入：%(count)d 笔。") % {"count": booked})
    return redirect("funds:month", pk)


@require_POST
@desk.page(Duty.SETTLE)
def book_refunds(request: HttpRequest, pk: int) -> HttpResponse:
    """Book the paid refunds that wait."""
    month = get_object_or_404(Month.objects.visible_to(request.user).select_related("area"), pk=pk)
    booked = refunding.book_waiting_refunds(month, by=request.user, at=days.now())
    messages.success(request, _("退费已入账：%(count)d 笔。") % {"count": booked})
    return redirect("funds:month", pk)


@desk.page(Duty.SEE_BOOKS)
def statement_page(request: HttpRequest) -> HttpResponse:
    """Income and expenditure of a year: by month as a chart, by county and sub-fund as tables, the trial balance."""
    area = request.user.area
    if area.level != Area.Level.CITY:
        raise Http404
    booked = Month.objects.filter(area=area, entries__isnull=False)
    years = sorted({day.year for day in booked.values_list("first_day", flat=True).distinct()})
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdecimal() and int(asked) in years else (years[-1] if years else days.today().year)
    since, until = date(year, 1, 1), date(year, 12, 1)
    by_month = statements.flows(area, "month", since, until)
    context = {
        "title": _("%(year)d 年收支") % {"year": year},
        "years": years,
        "year": year,
        "by_month": by_month,
        "chart": flow_chart(by_month),
        "by_county": statements.flows(area, "area", since, until),
        "by_sub_fund": [
            flow._replace(label=dict(statements.SUB_FUNDS).get(flow.label, flow.label))
            for flow in statements.flows(area, "sub_fund", since, until)
        ],
        "balance": statements.trial_balance(area, until=until),
    }
    return desk.render(request, "funds/statements.html", context)


def flow_chart(flows: list[statements.Flow]) -> dict[str, str]:
    """Data and options of the bars of income and expenditure by month, in yuan."""
    data = {
        "labels": [f"{flow.label:%Y-%m}" for flow in flows],
        "datasets": [
            {"label": _("收入"), "data": [str(f.income) for f in flows], "backgroundColor": "var(--color-primary-600)"},
            {
                "label": _("支出"),
                "data": [str(f.expenditure) for f in flows],
                "backgroundColor": "var(--color-orange-400)",
            },
        ],
    }
    return {"data": json.dumps(data), "options": json.dumps(bar_options())}


def bar_options(stacked: bool = False) -> dict[str, Any]:
    """Axes and legend that the desk's charts leave out unless asked."""
    axis = {"display": True, "stacked": stacked, "ticks": {"display": True}, "grid": {"display": False}}
    return {
        "maintainAspectRatio": False,
        "responsive": True,
        "maxBarThickness": 48,
        "plugins": {"legend": {"display": True, "position": "top", "align": "start"}},
        "scales": {"x": axis, "y": {**axis, "beginAtZero": True, "grid": {"display": True}}},
    }
