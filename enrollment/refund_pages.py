"""Refunds at the desk: the application, the two looks, the notice to print."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from enrollment import refunds
from enrollment.models import Payment, Refund
from enrollment.models.payment import MONEYLESS
from enrollment.models.refund import PAPERS
from office import days, desk
from office.desk import Button, Column, Filter
from office.duties import Duty
from office.refusal import Refusal

State = Refund.State
TONES = {
    State.APPLIED: "wait",
    State.CHECKED: "wait",
    State.APPROVED: "info",
    State.LISTED: "info",
    State.PAID: "good",
    State.BOUNCED: "bad",
    State.REFUSED: "plain",
}
UNDER_WAY = (State.APPLIED, State.CHECKED, State.APPROVED, State.LISTED, State.BOUNCED)


class AccountForm(forms.Form):
    """Where the money goes."""

    payee = forms.CharField(label=gettext_lazy("收款户名"), max_length=60)
    bank = forms.CharField(label=gettext_lazy("开户银行"), max_length=80)
    account = forms.CharField(label=gettext_lazy("收款账号"), max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].widget.attrs |= {"autocomplete": "off", "inputmode": "numeric"}


class ApplyForm(AccountForm):
    """Who asks, why, on what papers, and where the money goes."""

    reason = forms.ChoiceField(label=gettext_lazy("退费原因"), choices=Refund.Reason.choices)
    applicant = forms.CharField(label=gettext_lazy("申请人"), max_length=60)
    relation = forms.ChoiceField(label=gettext_lazy("与参保人关系"), choices=Refund.Relation.choices)
    amount = forms.DecimalField(
        label=gettext_lazy("退费金额"),
        max_digits=12,
        decimal_places=2,
        required=False,
        help_text=gettext_lazy("不填则退可退的全部"),
    )
    papers = forms.MultipleChoiceField(
        label=gettext_lazy("已查验材料"), choices=PAPERS, widget=forms.CheckboxSelectMultiple
    )
    field_order = ("reason", "applicant", "relation", "amount", "payee", "bank", "account", "papers")


def words(request: HttpRequest, name: str, most: int = 200) -> str:
    """What was typed into one free field, as a column can hold it."""
    return request.POST.get(name, "").replace("\0", "").strip()[:most]


def _refund(request: HttpRequest, pk: int) -> Refund:
    rows = Refund.objects.visible_to(request.user).select_related(
        "payment", "resident", "enrollment", "area", "pay_list", "applied_by", "checked_by", "approved_by"
    )
    return get_object_or_404(rows, pk=pk)


class Refunds(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "退费")
    hint = gettext_lazy("由办法判断可否退费；一人受理、一人初审、另一人复核后列单支付。")
    search: ClassVar = ("payment__name__startswith", "payment__receipt__startswith", "applicant__startswith")
    search_hint = gettext_lazy("参保人、申请人或凭证号")
    file_name = "refunds"
    template = "enrollment/refunds.html"
    columns: ClassVar = (
        Column(gettext_lazy("退费单号"), str),
        Column(gettext_lazy("姓名"), "payment.name"),
        Column(gettext_lazy("年度"), "year"),
        Column(gettext_lazy("退费原因"), "get_reason_display"),
        Column(gettext_lazy("金额"), "amount", "money"),
        Column(gettext_lazy("申请人"), "applicant"),
        Column(gettext_lazy("收款账号"), "masked"),
        Column(gettext_lazy("区域"), "area.name"),
        Column(gettext_lazy("申请日期"), "applied_on", "date"),
        Column(gettext_lazy("状态"), "get_state_display", "badge", tone=lambda row: TONES[row.state]),
        Column(gettext_lazy("依据"), "article"),
    )
    filters: ClassVar = (
        Filter(
            "state",
            gettext_lazy("状态"),
            [("under_way", gettext_lazy("全部在办")), *State.choices],
            apply=lambda rows, value: rows.filter(
                **({"state__in": UNDER_WAY} if value == "under_way" else {"state": value})
            ),
        ),
        Filter("reason", gettext_lazy("退费原因"), Refund.Reason.choices),
        Filter("area", gettext_lazy("区域"), desk.areas_below, lookup="area__path__startswith"),
    )
    buttons: ClassVar = (
        Button(gettext_lazy("退费支付单"), reverse_lazy("enrollment:refund-lists"), Duty.SEE_RESIDENTS, "receipt_long"),
        Button(gettext_lazy("受理退费"), reverse_lazy("enrollment:refundable"), Duty.REFUND),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Refund]:
        return Refund.objects.visible_to(request.user).select_related("payment", "area")

    def href(self, row: Refund) -> str:
        return reverse("enrollment:refund", args=[row.pk])

    def beside(self, request: HttpRequest, rows: QuerySet[Refund], **kwargs: Any) -> dict[str, Any]:
        """How many wait at each step, and their sums."""
        mine = Refund.objects.visible_to(request.user).filter(state__in=UNDER_WAY)
        counts = {
            row["state"]: (row["lines"], row["sum"])
            for row in mine.order_by().values("state").annotate(lines=Count("pk"), sum=Sum("amount"))
        }
        steps = [
            (state.value, state.label, *counts.get(state.value, (0, 0)), TONES[state])
            for state in map(State, UNDER_WAY)
        ]
        return {"steps": steps, "payable": counts.get(State.APPROVED.value)}


class Refundable(desk.ListPage):
    """Payments to choose from: whoever stands at the counter has a receipt or a name."""

    duty = Duty.REFUND
    title = gettext_lazy("受理退费：选择缴费")
    hint = gettext_lazy("按姓名或凭证号找到要退的那一笔缴费。")
    search: ClassVar = ("name__startswith", "receipt__startswith")
    search_hint = gettext_lazy("姓名或凭证号")
    file_name = "refundable"
    columns: ClassVar = (
        Column(gettext_lazy("姓名"), "name"),
        Column(gettext_lazy("年度"), "year"),
        Column(gettext_lazy("金额"), "amount", "money"),
        Column(gettext_lazy("到账日"), "paid_on", "date"),
        Column(gettext_lazy("凭证号"), "receipt"),
        Column(gettext_lazy("区域"), "area.name"),
        Column(gettext_lazy("结果"), "get_state_display"),
    )
    filters: ClassVar = (
        Filter(
            "state",
            gettext_lazy("结果"),
            [(value, label) for value, label in Payment.State.choices if value not in MONEYLESS],
        ),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Payment]:
        found = Payment.objects.visible_to(request.user).exclude(state__in=(*MONEYLESS, Payment.State.REFUND))
        return found.select_related("area").defer("id_number")

    def href(self, row: Payment) -> str:
        return reverse("enrollment:apply-refund", args=[row.pk])


@desk.page(Duty.REFUND)
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an application for one payment; the regulation's answer stands on the next page."""
    rows = Payment.objects.visible_to(request.user).select_related("area", "resident", "enrollment")
    payment = get_object_or_404(rows.defer("id_number"), pk=pk)
    initial = {"reason": _likely(payment), "payee": payment.name, "applicant": payment.name}
    form = ApplyForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        told = {**form.cleaned_data}
        try:
            refund = refunds.apply_for(
                payment, told.pop("reason"), by=request.user, on=days.today(), at=days.now(), **told
            )
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            if refund.state == State.REFUSED:
                messages.warning(request, _("按规定不予退费，已生成告知单。"))
            else:
                messages.success(request, _("退费申请已受理，等待初审。"))
            return redirect("enrollment:refund", refund.pk)
    context = {
        "title": _("受理退费：%(name)s") % {"name": payment.name},
        "payment": payment,
        "form": form,
        "standing": payment.refunds.order_by("-pk"),
        "cancel": reverse("enrollment:refundable"),
    }
    return desk.render(request, "enrollment/refund_apply.html", context)


def _likely(payment: Payment) -> str:
    """The reason that the payment itself suggests."""
    if payment.resident is not None and payment.resident.end_reason in Refund.Reason.values:
        return payment.resident.end_reason
    return {
        Payment.State.TOO_LARGE: Refund.Reason.PAID_TOO_MUCH,
        Payment.State.UNKNOWN_PERSON: Refund.Reason.STRANGER,
        Payment.State.NAME_DIFFERS: Refund.Reason.STRANGER,
    }.get(payment.state, Refund.Reason.PAID_TWICE)


@desk.page(Duty.SEE_RESIDENTS)
def refund_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One refund: what was paid, what the text says, who looked at it, and the next step for whoever may take it."""
    refund = _refund(request, pk)
    labels = dict(PAPERS)
    context = {
        "title": _("退费 %(number)s") % {"number": refund},
        "refund": refund,
        "tone": TONES[refund.state],
        "papers": [labels.get(code, code) for code in refund.papers],
        "moves": refund.moves.select_related("by"),
        "checks": refund.state == State.APPLIED and refund.applied_by_id != request.user.pk,
        "approves": refund.state == State.CHECKED
        and request.user.pk not in (refund.applied_by_id, refund.checked_by_id),
        "account": AccountForm(initial={"payee": refund.payee, "bank": refund.bank}),
    }
    return desk.render(request, "enrollment/refund.html", context)


@require_POST
@desk.page(Duty.COLLECT)
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """The first look."""
    return _decide(request, _refund(request, pk), refunds.check, _("初审通过，等待复核。"))


@require_POST
@desk.page(Duty.CHECK)
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """The second look."""
    return _decide(request, _refund(request, pk), refunds.approve, _("复核通过，等待列单支付。"))


def _decide(request: HttpRequest, refund: Refund, yes: Any, told: str) -> HttpResponse:
    note, who = words(request, "note"), {"by": request.user, "at": days.now()}
    if request.POST.get("decision") == "refuse":
        refunds.refuse(refund, message=note, **who)
        messages.info(request, _("已决定不予退费，可打印告知单。"))
    else:
        yes(refund, note=note, **who)
        messages.success(request, told)
    return redirect("enrollment:refund", refund.pk)


@require_POST
@desk.page(Duty.REFUND)
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the account right after the bank sent the money back."""
    refund, form = _refund(request, pk), AccountForm(request.POST)
    if not form.is_valid():
        raise refunds.CannotRefund(_("收款户名、开户银行和收款账号都要填写"))
    refunds.again(refund, **form.cleaned_data, by=request.user, on=days.today(), at=days.now())
    messages.success(request, _("收款账户已更正，重新初审、复核。"))
    return redirect("enrollment:refund", pk)


@desk.page(Duty.SEE_RESIDENTS)
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """The notice for the applicant: yes or no, in one sentence, with the article."""
    refund = _refund(request, pk)
    context = {
        "title": _("不予退费告知单") if refund.state == State.REFUSED else _("退费受理告知单"),
        "refund": refund,
        "now": days.now(),
        "cancel": reverse("enrollment:refund", args=[pk]),
    }
    return desk.render(request, "enrollment/print_refund.html", context)
