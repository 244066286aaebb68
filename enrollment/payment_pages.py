"""What was reported as paid, line by line and file by file, whichever channel brought it."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from enrollment import crediting, debiting, exceptions, payments, school_sums
from enrollment.forms import periods
from enrollment.models import OPEN, Payment
from office import days, desk, uploads
from office.desk import Button, Column, Filter
from office.duties import Duty
from office.models import Batch

BY_FILE = [(code, label) for code, label in Payment.Channel.choices if code in ("tax", "agent")]


class PaymentFileForm(uploads.UploadForm):
    """Which channel the file comes from, and which agent sends it: receipts of each sender are counted apart."""

    channel = forms.ChoiceField(label=gettext_lazy("渠道"), choices=BY_FILE)
    sender = forms.CharField(
        label=gettext_lazy("代收机构"),
        max_length=14,
        required=False,
        help_text=gettext_lazy("税务文件不用填写；代收机构文件填写机构简称，每次相同。"),
    )

    def clean(self) -> dict[str, Any]:
        told = super().clean()
        if told.get("channel") == Payment.Channel.AGENT and not told.get("sender", "").strip():
            self.add_error("sender", _("请填写代收机构"))
        return told

    def parameters(self) -> dict[str, Any]:
        told = self.cleaned_data
        agent = told["channel"] == Payment.Channel.AGENT
        return {"channel": told["channel"]} | ({"sender": told["sender"].strip()} if agent else {})


uploads.offer(
    payments.KIND,
    uploads.Kind(
        gettext_lazy("导入缴费文件"),
        Duty.COLLECT,
        PaymentFileForm,
        hint=gettext_lazy("每一行都会入账或列为例外并写明原因，合计与文件一致。"),
        leads_to="enrollment:payments",
        compares="enrollment:payment-file",
    ),
)
uploads.offer(
    school_sums.KIND,
    uploads.Kind(
        gettext_lazy("导入学校汇缴文件"),
        Duty.COLLECT,
        hint=gettext_lazy("一校一笔：与名册应缴总额相等时分摊到每名学生，不等时列为例外。"),
        leads_to="enrollment:payments",
        compares="enrollment:payment-file",
    ),
)
uploads.offer(
    debiting.KIND,
    uploads.Kind(
        gettext_lazy("导入银行代扣回盘文件"),
        Duty.COLLECT,
        hint=gettext_lazy("扣款成功的入账，失败的连同银行原因列为例外。"),
        leads_to="enrollment:payments",
        compares="enrollment:payment-file",
    ),
)


def tone(row: Any) -> str:
    """The colour of a result."""
    if row.state == Payment.State.MATCHED:
        return "good"
    return "bad" if row.state in OPEN else "plain"


class Payments(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "缴费记录")
    hint = gettext_lazy("未入账的行写明原因，在缴费例外中逐笔处理。")
    search: ClassVar = ("name__startswith", "receipt__startswith")
    search_hint = gettext_lazy("姓名或凭证号")
    file_name = "payments"
    template = "enrollment/payments.html"
    columns: ClassVar = (
        Column(gettext_lazy("姓名"), "name"),
        Column(gettext_lazy("年度"), "wanted_year"),
        Column(gettext_lazy("金额"), "amount", "money"),
        Column(gettext_lazy("到账日"), "paid_on", "date"),
        Column(gettext_lazy("渠道"), "get_channel_display"),
        Column(gettext_lazy("凭证号"), "receipt"),
        Column(gettext_lazy("区域"), "area.name"),
        Column(gettext_lazy("结果"), "get_state_display", "badge", tone=tone),
        Column(gettext_lazy("原因"), "reason"),
    )
    filters: ClassVar = (
        Filter(
            "state",
            gettext_lazy("结果"),
            [("held", gettext_lazy("全部例外")), *Payment.State.choices],
            apply=lambda rows, value: (
                rows.open().exclude(state=Payment.State.MATCHED) if value == "held" else rows.filter(state=value)
            ),
        ),
        Filter("channel", gettext_lazy("渠道"), Payment.Channel.choices),
        Filter("year", gettext_lazy("年度"), lambda request: [(p.year, p.year) for p in periods(request.user)]),
        Filter("area", gettext_lazy("区域"), desk.areas_below, lookup="area__path__startswith"),
    )
    buttons: ClassVar = (
        Button(
            gettext_lazy("导入缴费文件"),
            reverse_lazy("office:upload", args=[payments.KIND]),
            Duty.COLLECT,
            "upload_file",
        ),
        Button(
            gettext_lazy("导入学校汇缴文件"),
            reverse_lazy("office:upload", args=[school_sums.KIND]),
            Duty.COLLECT,
            "school",
        ),
        Button(gettext_lazy("缴费例外"), reverse_lazy("enrollment:exceptions"), Duty.SEE_RESIDENTS, "assignment_late"),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Payment]:
        return Payment.objects.visible_to(request.user).select_related("area")

    def href(self, row: Payment) -> str:
        if row.state in OPEN:
            return reverse("enrollment:exception", args=[row.pk])
        return reverse("enrollment:resident", args=[row.resident_id]) if row.resident_id else ""

    def beside(self, request: HttpRequest, rows: QuerySet[Payment], **kwargs: Any) -> dict[str, Any]:
        # Millions are summed by the statements; here only as many as the list can be leafed through.
        short = desk.counted(rows) <= desk.MOST_COUNTED
        return {
            "sum": rows.money().aggregate(sum=Sum("amount"))["sum"] if short else None,
            "held": desk.counted(exceptions.open_ones(request.user)),
        }


@require_POST
@desk.page(Duty.COLLECT)
def rematch(request: HttpRequest) -> HttpResponse:
    """Hold every exception within scope against the tables again, as a job."""
    job = crediting.start_rematch(request.user.area, by=request.user, at=days.now())
    messages.info(request, _("正在后台重新核对 %(count)d 笔例外。") % {"count": job.total})
    return redirect("office:job", job.pk)


@desk.page(Duty.SEE_RESIDENTS)
def payment_file(request: HttpRequest, pk: int) -> HttpResponse:
    """What became of a file's lines: the sums of the results make up the sum of the file."""
    found = Batch.objects.visible_to(request.user).filter(kind__in=payments.KINDS).defer("content", "plan")
    batch = get_object_or_404(found.select_related("area"), pk=pk)
    told = payments.totals(batch)
    said, adds_up = payments.file_sum(batch), sum((total.amount for total in told), 0)
    context = {
        "title": batch.file_name,
        "batch": batch,
        "totals": told,
        "sum": said,
        "lines": sum(total.lines for total in told),
        "whole": said == adds_up,
        "open": OPEN,
    }
    return desk.render(request, "enrollment/payment_file.html", context)
