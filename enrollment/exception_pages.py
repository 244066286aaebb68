"""The work list of payments that settled nothing, one exception with everything that can be done, and second looks."""

from datetime import date
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from enrollment import exceptions, finding, school_sums
from enrollment.models import OPEN, Payment, Reassignment, Resident
from enrollment.payment_pages import tone
from office import days, desk
from office.desk import Button, Column, Filter
from office.duties import Duty
from office.refusal import Refusal
from office.secrecy import mask

State = Payment.State
FOUND: Final = 20  # people that a search on the page shows
SIMPLE: Final = {"enroll", "part", "split", "spread"}  # acts that ask for nothing more than a click
LABELS: Final = {
    "enroll": gettext_lazy("登记参保并入账"),
    "part": gettext_lazy("作为部分缴费，等待补足"),
    "split": gettext_lazy("留足应缴，多缴部分另列"),
    "spread": gettext_lazy("按名册重新分摊"),
    "year": gettext_lazy("改为另一年度"),
    "dismiss": gettext_lazy("不是本账款项，原路退回"),
    "told": gettext_lazy("已告知本人"),
}


def age(payment: Payment) -> int:
    """For how many days an exception has waited."""
    return (days.today() - timezone.localdate(payment.batch.taken_at or payment.batch.uploaded_at)).days


class Exceptions(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "缴费例外")
    hint = gettext_lazy("没有入账的缴费，最早的在前；点开一笔，选择处理办法。")
    search: ClassVar = ("name__startswith", "receipt__startswith")
    search_hint = gettext_lazy("姓名或凭证号")
    file_name = "payment-exceptions"
    template = "enrollment/payments.html"
    columns: ClassVar = (
        Column(gettext_lazy("姓名"), "name"),
        Column(gettext_lazy("例外"), "get_state_display", "badge", tone=tone),
        Column(gettext_lazy("年度"), "wanted_year"),
        Column(gettext_lazy("金额"), "amount", "money"),
        Column(gettext_lazy("到账日"), "paid_on", "date"),
        Column(gettext_lazy("等待天数"), age, "number"),
        Column(gettext_lazy("渠道"), "get_channel_display"),
        Column(gettext_lazy("区域"), "area.name"),
        Column(gettext_lazy("原因"), "reason"),
    )
    filters: ClassVar = (
        Filter("state", gettext_lazy("例外"), [choice for choice in State.choices if choice[0] in OPEN]),
        Filter("channel", gettext_lazy("渠道"), Payment.Channel.choices),
        Filter("area", gettext_lazy("区域"), desk.areas_below, lookup="area__path__startswith"),
    )
    buttons: ClassVar = (
        Button(
            gettext_lazy("待复核的改认"), reverse_lazy("enrollment:reassignments"), Duty.SEE_RESIDENTS, "fact_check"
        ),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Payment]:
        return exceptions.open_ones(request.user)

    def href(self, row: Payment) -> str:
        return reverse("enrollment:exception", args=[row.pk])

    def beside(self, request: HttpRequest, rows: QuerySet[Payment], **kwargs: Any) -> dict[str, Any]:
        return {"held": desk.counted(rows), "sum": None}


class WhyForm(forms.Form):
    """Why it is settled so."""

    why = forms.CharField(label=gettext_lazy("理由"), max_length=200)


class YearForm(WhyForm):
    """For which year the money is meant, and why."""

    year = forms.IntegerField(label=gettext_lazy("参保年度"), min_value=2000, max_value=2100)
    field_order = ("year", "why")


def _payment(request: HttpRequest, pk: int) -> Payment:
    found = Payment.objects.visible_to(request.user).select_related(
        "area", "batch", "resident__area", "enrollment", "school", "settled_by"
    )
    return get_object_or_404(found.defer("batch__content", "batch__plan"), pk=pk)


@desk.page(Duty.SEE_RESIDENTS)
def exception(request: HttpRequest, pk: int) -> HttpResponse:
    """One payment: what the line says, who may be meant, and what can be done about it."""
    payment = _payment(request, pk)
    text = request.GET.get("q", "").replace("\0", "").strip()[:60]
    people = Resident.objects.visible_to(request.user)
    same = people.filter(id_index=payment.id_index).select_related("area") if not payment.school_id else people.none()
    found = finding.found(people, text).select_related("area")[:FOUND] if text else []
    context = {
        "title": f"{payment.get_state_display()}：{payment.name}",
        "payment": payment,
        "tone": tone(payment),
        "number": payment.school.code if payment.school else mask(payment.id_number),
        "people": [(one, _differs(payment, one)) for one in (*same, *(one for one in found if one not in same))],
        "query": text,
        "open": payment.state in OPEN,
        "acts": [(act, LABELS[act], _form(act, request)) for act in _offered(payment)],
        "assignable": "assign" in exceptions.ACTS.get(payment.state, ()),
        "refundable": "refund" in exceptions.ACTS.get(payment.state, ()),
        "wishes": payment.reassignments.select_related("resident__area", "asked_by", "decided_by"),
        "students": _students(payment),
        "parts": payment.parts.all(),
        "age": age(payment),
    }
    return desk.render(request, "enrollment/exception.html", context)


def _offered(payment: Payment) -> list[str]:
    return [act for act in exceptions.ACTS.get(payment.state, ()) if act in LABELS]


def _form(act: str, request: HttpRequest, data: Any = None) -> forms.Form | None:
    if act in SIMPLE:
        return None
    return (YearForm if act == "year" else WhyForm)(data, prefix=act)


def _students(payment: Payment) -> list[school_sums.Owing]:
    if payment.state != State.SUM_DIFFERS or payment.school is None:
        return []
    return school_sums.owing(payment.school, payment.wanted_year, payment.paid_on)


def _differs(payment: Payment, resident: Resident) -> list[str]:
    """What the line and the register say differently about this person: the second look before money is put down."""
    told = []
    if payment.name != resident.name:
        told.append(_("姓名不同：%(here)s / %(there)s") % {"here": payment.name, "there": resident.name})
    if payment.id_index != resident.id_index:
        told.append(_("证件号码不同"))
        born = _born(payment.id_number)
        if born is not None and born != resident.birth_on:
            told.append(_("出生日期不同：%(here)s / %(there)s") % {"here": born, "there": resident.birth_on})
    return told


def _born(number: str) -> date | None:
    if len(number) != 18 or not number[6:14].isdigit():
        return None
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


@require_POST
@desk.page(Duty.COLLECT)
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Carry out one of the acts on the page of an exception."""
    payment, act = _payment(request, pk), request.POST.get("act", "")
    who = {"by": request.user, "at": days.now()}
    form = _form(act, request, request.POST) if act in LABELS else None
    if form is not None and not form.is_valid():
        messages.error(request, _("请填写理由；年度为四位数字。"))
        return redirect("enrollment:exception", pk)
    given = form.cleaned_data if form is not None else {}
    try:
        settled = _carry_out(payment, act, given, who)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("enrollment:exception", pk)
    told = {"state": settled.get_state_display(), "reason": settled.reason}
    messages.success(request, _("已处理：%(state)s %(reason)s") % told)
    return redirect("enrollment:exceptions") if settled.state not in OPEN else redirect("enrollment:exception", pk)


def _carry_out(payment: Payment, act: str, given: dict[str, Any], who: dict[str, Any]) -> Payment:
    if act == "enroll":
        return exceptions.enroll(payment, on=days.today(), **who)
    if act == "year":
        return exceptions.move_year(payment, given["year"], given["why"], **who)
    plain = {"part": exceptions.keep_part, "split": exceptions.split, "spread": exceptions.spread}
    if act in plain:
        return plain[act](payment, **who)
    said = {"dismiss": exceptions.dismiss, "told": exceptions.told}
    if act not in said:
        raise exceptions.CannotSettle(_("没有这种处理办法"))
    return said[act](payment, given["why"], **who)


@require_POST
@desk.page(Duty.COLLECT)
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Say whose money it is."""
    payment, key = _payment(request, pk), request.POST.get("resident", "")
    people = Resident.objects.visible_to(request.user).select_related("area")
    resident = get_object_or_404(people, pk=int(key) if key.isdigit() and len(key) < 18 else 0)
    done = exceptions.assign(payment, resident, request.POST.get("why", ""), by=request.user, at=days.now())
    if isinstance(done, Reassignment):
        messages.info(request, _("证件号码不同，已提交另一人复核。"))
    else:
        messages.success(
            request, _("已认定：%(state)s %(why)s") % {"state": done.get_state_display(), "why": done.reason}
        )
    return redirect("enrollment:exception", pk)


class Reassignments(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = gettext_lazy("待复核的改认")
    hint = gettext_lazy("一笔钱要记到另一人名下，须由提出人以外的人复核。")
    file_name = "reassignments"
    columns: ClassVar = (
        Column(gettext_lazy("缴费人"), "payment.name"),
        Column(gettext_lazy("金额"), "payment.amount", "money"),
        Column(gettext_lazy("到账日"), "payment.paid_on", "date"),
        Column(gettext_lazy("认定为"), "resident.name"),
        Column(gettext_lazy("村（社区）"), "resident.area.name"),
        Column(gettext_lazy("理由"), "why"),
        Column(gettext_lazy("申请人"), "asked_by"),
        Column(gettext_lazy("申请时间"), "asked_at", "moment"),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Reassignment]:
        found = Reassignment.objects.visible_to(request.user).filter(state=Reassignment.State.OPEN)
        return found.select_related("payment", "resident__area", "asked_by").order_by("pk")

    def href(self, row: Reassignment) -> str:
        return reverse("enrollment:exception", args=[row.payment_id])


@require_POST
@desk.page(Duty.CHECK)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The second person's yes or no."""
    wish = get_object_or_404(Reassignment.objects.visible_to(request.user), pk=pk)
    payment = exceptions.decide(wish, "agree" in request.POST, by=request.user, at=days.now())
    messages.success(request, _("已复核：%(state)s") % {"state": payment.get_state_display()})
    return redirect("enrollment:reassignments")
