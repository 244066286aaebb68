"""The three sides at the desk: days by channels, one day down to the person, and the differences to be settled."""

from datetime import date, timedelta
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import messages
from django.db.models import Case, CharField, Count, Q, QuerySet, Sum, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from enrollment import reconciling
from enrollment.forms import day_field
from enrollment.models import Comparison, DayCount, Payment
from enrollment.models.reconciliation import SIDES
from enrollment.refund_pages import words
from office import areas, days, desk, uploads
from office.desk import Button, Column, Filter
from office.duties import Duty
from office.models import Area
from office.refusal import Refusal

State = Comparison.State
Verdict = Comparison.Verdict
SHOWN: Final = 31  # days of the matrix
TONES: Final = {
    Verdict.MATCHED: "good",
    Verdict.DIFFERS: "bad",
    Verdict.OURS_ONLY: "wait",
    Verdict.THEIRS_ONLY: "wait",
    Verdict.DUPLICATE: "bad",
}
STATE_TONES: Final = {State.OPEN: "wait", State.EXPLAINED: "info", State.HANDED_BACK: "info", State.CORRECTED: "good"}
_NAMES: Final = dict(SIDES)
# The classes of a pair, in the order of the table: what it is called with the names of the two sides.
PAIR: Final = {
    "matched": gettext_lazy("一致"),
    "differs": gettext_lazy("金额不符"),
    "first_only": gettext_lazy("仅前者有"),
    "second_only": gettext_lazy("仅后者有"),
    "duplicate": gettext_lazy("重复"),
}
_FIGURES: Final = ("ours", "tax", "fund", "ours_lines", "tax_lines", "fund_lines", "compared", "matched", "open")

for _kind, _title, _hint in (
    ("tax_detail", gettext_lazy("导入税务入库明细"), gettext_lazy("税务每日入库清单，与登记和基金账户逐笔核对。")),
    ("fund_detail", gettext_lazy("导入基金账户到账明细"), gettext_lazy("国库或财政专户每日到账清单，逐笔核对。")),
):
    uploads.offer(_kind, uploads.Kind(_title, Duty.COLLECT, hint=_hint, leads_to="enrollment:reconciliation"))


class DayForm(forms.Form):
    """The day to be compared."""

    day = day_field(gettext_lazy("对账日"))


def _counts(request: HttpRequest, **which: Any) -> QuerySet[Any]:
    """Sums by day, channel and area within scope: from the counted days, below a county from what was compared."""
    area = request.user.area
    if area.level <= Area.Level.COUNTY:
        rows = DayCount.objects.visible_to(request.user).filter(**which).order_by()
        return rows.values("day", "channel", "area__name").annotate(**{f"n_{name}": Sum(name) for name in _FIGURES})
    rows = Comparison.objects.visible_to(request.user).filter(**which).order_by()
    return rows.values("day", "channel", "area__name").annotate(
        **{f"n_{side}": Sum(side) for side, _label in SIDES},
        **{f"n_{side}_lines": Count(side) for side, _label in SIDES},
        n_compared=Count("pk"),
        n_matched=Count("pk", filter=Q(verdict=Verdict.MATCHED)),
        n_open=Count("pk", filter=Q(state=State.OPEN)),
    )


def _added(rows: QuerySet[Any], *by: str) -> dict[Any, dict[str, Any]]:
    """The sums by these columns, each with the tone of what is behind it."""
    added: dict[Any, dict[str, Any]] = {}
    for row in rows:
        key = tuple(row[name] for name in by)
        cell = added.setdefault(key, dict.fromkeys(_FIGURES, 0))
        for name in _FIGURES:
            cell[name] += row[f"n_{name}"] or 0
    for cell in added.values():
        cell["tone"] = "good" if cell["compared"] == cell["matched"] else "bad" if cell["open"] else "info"
    return added


@desk.page(Duty.SEE_RESIDENTS)
def matrix(request: HttpRequest) -> HttpResponse:
    """Days by channels with the sums of the three sides; green where all agree, red where something is open."""
    last = _asked_day(request.GET.get("until", "")) or days.today()
    since = last - timedelta(days=SHOWN - 1)
    cells = _added(_counts(request, day__range=(since, last)), "day", "channel")
    channels = [(code, label) for code, label in Payment.Channel.choices if any(key[1] == code for key in cells)]
    shown = sorted({key[0] for key in cells}, reverse=True)
    open_ones = Comparison.objects.visible_to(request.user).filter(state=State.OPEN)
    context = {
        "title": pgettext_lazy("many", "三方对账"),
        "hint": _("登记、税务、基金账户三方逐日逐笔核对。点日期看到县和人。"),
        "channels": channels,
        "rows": [(day, [cells.get((day, code)) for code, _label in channels]) for day in shown],
        "since": since,
        "until": last,
        "before": since - timedelta(days=1),
        "after": min(last + timedelta(days=SHOWN), days.today()) if last < days.today() else None,
        "open": desk.counted(open_ones),
        "form": DayForm(initial={"day": days.today() - timedelta(days=1)}),
        "at_city": request.user.area.level == Area.Level.CITY,
    }
    return desk.render(request, "enrollment/reconciliation.html", context)


def _asked_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


@require_POST
@desk.page(Duty.COLLECT)
def run(request: HttpRequest) -> HttpResponse:
    """Compare a day; the job's page shows how far it is."""
    form = DayForm(request.POST)
    day = form.cleaned_data["day"] if form.is_valid() else None
    if day is None:
        raise reconciling.CannotReconcile(_("请选择对账日"))
    city = areas.city_of(request.user.area)
    job = reconciling.start(city, day, by=request.user, on=days.today(), at=days.now())
    return redirect("office:job", job.pk)


COLUMNS: Final = (
    Column(gettext_lazy("姓名"), "name"),
    Column(gettext_lazy("证件号码"), "id_masked"),
    Column(gettext_lazy("凭证号"), "receipt"),
    Column(gettext_lazy("年度"), "year"),
    Column(gettext_lazy("渠道"), "get_channel_display"),
    Column(gettext_lazy("区域"), "area.name"),
    Column(_NAMES["ours"], "ours", "money"),
    Column(_NAMES["tax"], "tax", "money"),
    Column(_NAMES["fund"], "fund", "money"),
    Column(gettext_lazy("结论"), "get_verdict_display", "badge", tone=lambda row: TONES[row.verdict]),
    Column(gettext_lazy("处理"), "get_state_display", "badge", tone=lambda row: STATE_TONES.get(row.state, "plain")),
)
FILTERS: Final = (
    Filter("verdict", gettext_lazy("结论"), Verdict.choices),
    Filter("channel", gettext_lazy("渠道"), Payment.Channel.choices),
    Filter("area", gettext_lazy("区域"), desk.areas_below, lookup="area__path__startswith"),
)


class DayItems(desk.ListPage):
    """One day: by county, by pair of sides, and everybody."""

    duty = Duty.SEE_RESIDENTS
    search: ClassVar = ("name__startswith", "receipt__startswith")
    search_hint = gettext_lazy("姓名或凭证号")
    file_name = "reconciled-day"
    template = "enrollment/reconciled_day.html"
    columns: ClassVar = COLUMNS
    filters: ClassVar = (*FILTERS, Filter("state", gettext_lazy("处理"), State.choices))

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Comparison]:
        day = _asked_day(kwargs["day"])
        if day is None:
            raise Http404
        # What has to be looked at comes first.
        order = Case(When(state=State.OPEN, then=Value("0")), default=Value("1"), output_field=CharField())
        return _seen(request).filter(day=day).order_by(order, "pk")

    def href(self, row: Comparison) -> str:
        return reverse("enrollment:comparison", args=[row.pk])

    def beside(self, request: HttpRequest, rows: QuerySet[Comparison], **kwargs: Any) -> dict[str, Any]:
        day = _asked_day(kwargs["day"])
        asked = {"channel": channel} if (channel := request.GET.get("channel")) in Payment.Channel.values else {}
        here = Comparison.objects.visible_to(request.user).filter(day=day, **asked)
        counts = _added(_counts(request, day=day, **asked), "area__name")
        return {
            "title": _("三方对账 %(day)s") % {"day": day},
            "day": day,
            "counties": [(name, cell) for (name,), cell in sorted(counts.items())],
            "pair_names": PAIR.values(),
            "pairs": [
                (_NAMES[first], _NAMES[second], [(label, told.get(name)) for name, label in PAIR.items()])
                for first, second, told in reconciling.pairs(here)
            ],
        }


def _seen(request: HttpRequest) -> QuerySet[Comparison]:
    return Comparison.objects.visible_to(request.user).select_related("area", "owner")


class Differences(desk.ListPage):
    """The work list: what is open, how old it is, and whose it is."""

    duty = Duty.SEE_RESIDENTS
    title = gettext_lazy("对账差异")
    hint = gettext_lazy("后到的明细会自动冲平；其余逐项说明，或退回对方更正。")
    search: ClassVar = ("name__startswith", "receipt__startswith")
    search_hint = gettext_lazy("姓名或凭证号")
    file_name = "differences"
    columns: ClassVar = (
        Column(gettext_lazy("对账日"), "day", "date"),
        Column(gettext_lazy("天数"), lambda row: (days.today() - row.day).days, "number"),
        *COLUMNS[:-1],
        Column(gettext_lazy("经办人"), "owner"),
    )
    filters: ClassVar = (
        *FILTERS,
        Filter(
            "owner",
            gettext_lazy("经办人"),
            [("none", gettext_lazy("无人认领"))],
            apply=lambda rows, value: rows.filter(owner=None),
        ),
    )
    buttons: ClassVar = (
        Button(gettext_lazy("三方对账"), reverse_lazy("enrollment:reconciliation"), Duty.SEE_RESIDENTS, "grid_on"),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Comparison]:
        return _seen(request).filter(state=State.OPEN).order_by("day", "pk")

    def href(self, row: Comparison) -> str:
        return reverse("enrollment:comparison", args=[row.pk])


def _item(request: HttpRequest, pk: int) -> Comparison:
    rows = Comparison.objects.visible_to(request.user).select_related(
        "area", "owner", "settled_by", "tax_line__batch", "fund_line__batch", "payment__batch", "payment__resident"
    )
    unread = [f"{way}__batch__{name}" for way in ("tax_line", "fund_line", "payment") for name in ("content", "plan")]
    return get_object_or_404(rows.defer("payment__id_number", *unread), pk=pk)


@desk.page(Duty.SEE_RESIDENTS)
def item_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One comparison: the three sides next to each other, and what can be done about it."""
    item = _item(request, pk)
    payment = item.payment
    sides = [
        (_NAMES["ours"], payment, payment.paid_on if payment else None, payment.batch.file_name if payment else ""),
        *(
            (_NAMES[side], line, line.day if line else None, line.batch.file_name if line else "")
            for side, line in (("tax", item.tax_line), ("fund", item.fund_line))
        ),
    ]
    context = {
        "title": _("对账 %(receipt)s") % {"receipt": item.receipt},
        "item": item,
        "sides": sides,
        "tone": TONES[item.verdict],
        "state_tone": STATE_TONES.get(item.state, "plain"),
        "age": (days.today() - item.day).days,
    }
    return desk.render(request, "enrollment/comparison.html", context)


@require_POST
@desk.page(Duty.COLLECT)
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a difference over, explain it, or give it back."""
    item, why = _item(request, pk), words(request, "why")
    who = {"by": request.user, "at": days.now()}
    acts = {"explain": reconciling.explain, "hand_back": reconciling.hand_back}
    act = request.POST.get("act", "")
    try:
        if act in acts:
            acts[act](item, why, **who)
        else:
            reconciling.take_over(item, **who)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("已由您经办。") if act not in acts else _("差异已处理并留存说明。"))
    return redirect("enrollment:comparison", pk)
