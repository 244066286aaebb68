"""Further payments to people and recoveries from them: the list, one difference with its why, and its two steps."""

from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from claims.models import Adjustment
from funds import redressing
from funds.models import Entry
from office import days, desk
from office.desk import Column, Filter
from office.duties import Duty

_TONES = {"open": "wait", "prepared": "info", "settled": "good"}
_LABELS = {
    "open": gettext_lazy("待办理"),
    "prepared": gettext_lazy("待收付"),
    "settled": gettext_lazy("已办结"),
}
_STATES = {
    "open": {"redress": None},
    "prepared": {"redress__isnull": False, "redress__settled_by": None},
    "settled": {"redress__settled_by__isnull": False},
}


def _step(row: Adjustment) -> str:
    redress = getattr(row, "redress", None)
    if redress is None:
        return "open"
    return "settled" if redress.settled_by_id else "prepared"


def _label(row: Adjustment) -> str:
    return str(_LABELS[_step(row)])


def _direction(row: Adjustment) -> str:
    return _("补付") if row.total > 0 else _("追回")


class Redresses(desk.ListPage):
    duty = Duty.SEE_BOOKS
    title = gettext_lazy("补付与追回")
    hint = gettext_lazy("已结算的费用因同年度在前费用变动而多付或少付的差额；原结算金额不变。")
    search: ClassVar = ("claim__number__startswith", "claim__resident__name__startswith")
    search_hint = gettext_lazy("结算单号或姓名")
    file_name = "redress"
    columns: ClassVar = (
        Column(gettext_lazy("结算单号"), "claim.number"),
        Column(gettext_lazy("姓名"), "claim.resident.name"),
        Column(gettext_lazy("医疗机构"), "claim.institution.name"),
        Column(gettext_lazy("收付"), _direction),
        Column(gettext_lazy("差额"), "total", "money"),
        Column(gettext_lazy("产生"), "made_at", "moment"),
        Column(gettext_lazy("状态"), _label, "badge", tone=lambda row: _TONES[_step(row)]),
    )
    filters: ClassVar = (
        Filter(
            "state",
            gettext_lazy("状态"),
            list(_LABELS.items()),
            apply=lambda rows, value: rows.filter(**_STATES[value]) if value in _STATES else rows.none(),
        ),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Adjustment]:
        return redressing.owed(request.user)

    def href(self, row: Adjustment) -> str:
        return reverse("funds:redress", args=[row.pk])


@desk.page(Duty.SEE_BOOKS)
def redress_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One difference: what was paid, what it is worth now, why, and the next step for whoever may take it."""
    found = get_object_or_404(redressing.owed(request.user), pk=pk)
    redress = getattr(found, "redress", None)
    parts = [
        (Adjustment._meta.get_field(name).verbose_name, getattr(found.claim, name), getattr(found, name))
        for name in ("basic", "critical_illness", "assistance", "charity")
    ]
    context = {
        "title": _("结算单 %(number)s 的差额") % {"number": found.claim.number},
        "adjustment": found,
        "direction": _direction(found),
        "step": _step(found),
        "label": _LABELS[_step(found)],
        "tone": _TONES[_step(found)],
        "redress": redress,
        "parts": parts,
        "entry": Entry.objects.filter(source=f"redress:{redress.pk}").first() if redress else None,
    }
    return desk.render(request, "funds/redress.html", context)


@require_POST
@desk.page(Duty.SETTLE)
def prepare(request: HttpRequest, pk: int) -> HttpResponse:
    """Put it down with its document."""
    found = get_object_or_404(redressing.owed(request.user), pk=pk)
    redressing.prepare(found, request.POST.get("document", ""), by=request.user, at=days.now())
    messages.success(request, _("已登记，请由复核人员收付。"))
    return redirect("funds:redress", pk)


@require_POST
@desk.page(Duty.CHECK)
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Move the money and book it."""
    found = get_object_or_404(redressing.owed(request.user).filter(redress__isnull=False), pk=pk)
    redressing.settle(found.redress, days.today(), by=request.user, at=days.now())
    messages.success(request, _("已办结并记账。"))
    return redirect("funds:redress", pk)
