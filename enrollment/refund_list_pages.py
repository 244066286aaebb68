"""Payment lists of refunds: made, taken to the bank as a file, answered by it."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from enrollment import refund_paying, refunds
from enrollment.forms import day_field
from enrollment.models import Refund, RefundList
from enrollment.refund_pages import TONES, words
from office import days, desk, export, uploads
from office.desk import Button, Column
from office.duties import Duty
from office.refusal import Refusal

State = Refund.State

uploads.offer(
    refund_paying.KIND,
    uploads.Kind(
        gettext_lazy("导入退费回盘文件"),
        Duty.SETTLE,
        hint=gettext_lazy("银行对每笔退费的处理结果：成功的记为已退费，退回的写明原因后更正账户重新办理。"),
        leads_to="enrollment:refunds",
    ),
)


class PaidForm(forms.Form):
    """The day on which the bank paid what is still on its way."""

    paid_on = day_field(gettext_lazy("退费日期"))


class RefundLists(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "退费支付单")
    search: ClassVar = ("number__startswith",)
    search_hint = gettext_lazy("单号")
    file_name = "refund-lists"
    columns: ClassVar = (
        Column(gettext_lazy("单号"), "number"),
        Column(gettext_lazy("区域"), "area.name"),
        Column(gettext_lazy("笔数"), "lines", "number"),
        Column(gettext_lazy("金额"), "amount", "money"),
        Column(gettext_lazy("已退费"), "done", "number"),
        Column(gettext_lazy("支付中"), "waiting", "number"),
        Column(gettext_lazy("制单人"), "made_by"),
        Column(gettext_lazy("制单时间"), "made_at", "moment"),
    )
    buttons: ClassVar = (
        Button(
            gettext_lazy("导入退费回盘文件"),
            reverse_lazy("office:upload", args=[refund_paying.KIND]),
            Duty.SETTLE,
            "upload_file",
        ),
        Button(gettext_lazy("全部退费"), reverse_lazy("enrollment:refunds"), Duty.SEE_RESIDENTS, "list"),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[RefundList]:
        counted = RefundList.objects.visible_to(request.user).annotate(
            done=Count("refunds", filter=Q(refunds__state=State.PAID)),
            waiting=Count("refunds", filter=Q(refunds__state=State.LISTED)),
        )
        return counted.select_related("area", "made_by").order_by("-pk")

    def href(self, row: RefundList) -> str:
        return reverse("enrollment:refund-list", args=[row.pk])


def _list(request: HttpRequest, pk: int) -> RefundList:
    return get_object_or_404(RefundList.objects.visible_to(request.user).select_related("area", "made_by"), pk=pk)


@require_POST
@desk.page(Duty.SETTLE)
def make(request: HttpRequest) -> HttpResponse:
    """One list of everything approved in the person's area."""
    made = refund_paying.make_list(request.user.area, by=request.user, on=days.today(), at=days.now())
    messages.success(request, _("支付单 %(number)s 已生成，请下载后送银行。") % {"number": made.number})
    return redirect("enrollment:refund-list", made.pk)


@desk.page(Duty.SEE_RESIDENTS)
def list_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One list with its refunds and what the bank said."""
    made = _list(request, pk)
    rows = made.refunds.select_related("payment").order_by("pk")
    context = {
        "title": _("退费支付单 %(number)s") % {"number": made.number},
        "made": made,
        "refunds": [(refund, TONES[refund.state]) for refund in rows[:500]],
        "waiting": rows.filter(state=State.LISTED).count(),
        "form": PaidForm(initial={"paid_on": days.today()}),
    }
    return desk.render(request, "enrollment/refund_list.html", context)


@require_POST
@desk.page(Duty.SETTLE)
def bank_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The list as a file for the bank; who took it out is recorded."""
    made = _list(request, pk)
    content = refund_paying.bank_file(made, by=request.user, at=days.now())
    headers = {"Content-Disposition": f'attachment; filename="{made.number}.xlsx"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=export.FORMATS[export.XLSX], headers=headers)


@require_POST
@desk.page(Duty.SETTLE)
def paid(request: HttpRequest, pk: int) -> HttpResponse:
    """The bank has paid everything of the list that is still on its way."""
    made, form = _list(request, pk), PaidForm(request.POST)
    waiting = list(made.refunds.filter(state=State.LISTED).select_related("payment"))
    if not form.is_valid() or not waiting:
        raise refunds.CannotRefund(_("请填写退费日期") if waiting else _("没有支付中的退费"))
    refund_paying.paid(waiting, form.cleaned_data["paid_on"], by=request.user, at=days.now())
    messages.success(request, _("已记为退费：%(count)d 笔。") % {"count": len(waiting)})
    return redirect("enrollment:refund-list", pk)


@require_POST
@desk.page(Duty.SETTLE)
def bounce(request: HttpRequest, pk: int) -> HttpResponse:
    """The bank sent one refund back."""
    refund = get_object_or_404(Refund.objects.visible_to(request.user), pk=pk)
    try:
        refund_paying.bounced([refund], words(request, "why", 120), by=request.user, at=days.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.info(request, _("已记为银行退回，请更正收款账户。"))
    return redirect("enrollment:refund", pk)
