"""What the tax authority reported as paid, line by line, and what has to be settled by hand."""

from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from enrollment import (
    payments,
)
from enrollment.forms import (
    periods,
)
from enrollment.models import Payment
from office import days, desk, uploads
from office.desk import Button, Column, Filter
from office.duties import Duty

uploads.offer(
    payments.KIND,
    uploads.Kind(
        gettext_lazy("导入税务缴费文件"),
        Duty.COLLECT,
        hint=gettext_lazy("每一行都会入账或列为例外并写明原因，合计与文件一致。"),
        leads_to="enrollment:payments",
    ),
)


PAYMENT_TONES = {Payment.State.MATCHED: "good", Payment.State.TOO_SMALL: "bad", Payment.State.NOT_ELIGIBLE: "bad"}


class Payments(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "缴费记录")
    hint = gettext_lazy("未入账的行写明原因；补齐登记后可重新核对。")
    search: ClassVar = ("name__startswith", "receipt__startswith")
    search_hint = gettext_lazy("姓名或完税凭证号")
    file_name = "payments"
    template = "enrollment/payments.html"
    columns: ClassVar = (
        Column(gettext_lazy("姓名"), "name"),
        Column(gettext_lazy("年度"), "year"),
        Column(gettext_lazy("金额"), "amount", "money"),
        Column(gettext_lazy("到账日"), "paid_on", "date"),
        Column(gettext_lazy("完税凭证号"), "receipt"),
        Column(gettext_lazy("区域"), "area.name"),
        Column(
            gettext_lazy("结果"), "get_state_display", "badge", tone=lambda row: PAYMENT_TONES.get(row.state, "wait")
        ),
        Column(gettext_lazy("原因"), "reason"),
    )
    filters: ClassVar = (
        Filter(
            "state",
            gettext_lazy("结果"),
            [("held", gettext_lazy("全部例外")), *Payment.State.choices],
            apply=lambda rows, value: (
                rows.exclude(state=Payment.State.MATCHED) if value == "held" else rows.filter(state=value)
            ),
        ),
        Filter("year", gettext_lazy("年度"), lambda request: [(p.year, p.year) for p in periods(request.user)]),
        Filter("area", gettext_lazy("区域"), desk.areas_below, lookup="area__path__startswith"),
    )
    buttons: ClassVar = (
        Button(gettext_lazy("导入税务缴费文件"), "/work/files/new/payments/", Duty.COLLECT, "upload_file"),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Payment]:
        return Payment.objects.visible_to(request.user).select_related("area")

    def href(self, row: Payment) -> str:
        return reverse("enrollment:resident", args=[row.resident_id]) if row.resident_id else ""

    def beside(self, request: HttpRequest, rows: QuerySet[Payment], **kwargs: Any) -> dict[str, Any]:
        held = Payment.objects.visible_to(request.user).exclude(state=Payment.State.MATCHED)
        # Millions are summed by the statements; here only as many as the list can be leafed through.
        short = desk.counted(rows) <= desk.MOST_COUNTED
        return {"sum": rows.aggregate(sum=Sum("amount"))["sum"] if short else None, "held": desk.counted(held)}


@require_POST
@desk.page(Duty.COLLECT)
def rematch(request: HttpRequest) -> HttpResponse:
    """Hold every exception within scope against the tables again."""
    matched = payments.rematch(Payment.objects.visible_to(request.user), by=request.user, at=days.now())
    messages.success(request, _("重新核对完成，新入账 %(count)d 笔。") % {"count": matched})
    return redirect("enrollment:payments")
