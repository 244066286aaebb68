"""Pages of direct debit: a resident's mandate, the files to banks and what the banks answered."""

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

from enrollment import debiting
from enrollment.forms import day_field, periods
from enrollment.models import CollectionPeriod, Debit, DebitLine, Mandate, Resident
from office import days, desk
from office.desk import Button, Column, Filter
from office.duties import Duty
from office.refusal import Refusal

TONES = {DebitLine.State.SENT: "wait", DebitLine.State.PAID: "good", DebitLine.State.FAILED: "bad"}


class Mandates(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "代扣授权")
    hint = gettext_lazy("在居民页面登记授权；银行账号加密保存，此处只显示首尾。")
    search: ClassVar = ("resident__name__startswith", "holder__startswith")
    search_hint = gettext_lazy("姓名或户名")
    file_name = "mandates"
    columns: ClassVar = (
        Column(gettext_lazy("姓名"), "resident.name"),
        Column(gettext_lazy("村（社区）"), "resident.area.name"),
        Column(gettext_lazy("开户银行"), "bank"),
        Column(gettext_lazy("户名"), "holder"),
        Column(gettext_lazy("银行账号"), "masked"),
        Column(gettext_lazy("代缴全家"), "household"),
        Column(gettext_lazy("授权日"), "since", "date"),
        Column(gettext_lazy("撤销日"), "until", "date"),
    )
    filters: ClassVar = (
        Filter(
            "live",
            gettext_lazy("有效"),
            [("yes", gettext_lazy("有效")), ("no", gettext_lazy("已撤销"))],
            apply=lambda rows, value: rows.filter(until__isnull=value == "yes"),
        ),
        Filter("area", gettext_lazy("区域"), desk.areas_below, lookup="resident__area__path__startswith"),
    )
    buttons: ClassVar = (
        Button(gettext_lazy("代扣文件"), reverse_lazy("enrollment:debits"), Duty.SEE_RESIDENTS, "account_balance"),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Mandate]:
        return Mandate.objects.visible_to(request.user).select_related("resident__area")

    def href(self, row: Mandate) -> str:
        return reverse("enrollment:mandate", args=[row.resident_id])


class MandateForm(forms.Form):
    """The account, whose it is, and from which day it may be debited."""

    bank = forms.CharField(label=gettext_lazy("开户银行"), max_length=60)
    holder = forms.CharField(label=gettext_lazy("户名"), max_length=60)
    account = forms.CharField(
        label=gettext_lazy("银行账号"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    since = day_field(gettext_lazy("授权日"))
    document = forms.CharField(label=gettext_lazy("授权书编号"), max_length=40, required=False)
    household = forms.BooleanField(label=gettext_lazy("代缴全家"), required=False)


@desk.page(Duty.REGISTER)
def mandate(request: HttpRequest, pk: int) -> HttpResponse:
    """A resident's mandates, and a form for a new one."""
    people = Resident.objects.visible_to(request.user).select_related("area", "household")
    resident = get_object_or_404(people, pk=pk)
    form = MandateForm(request.POST or None, initial={"holder": resident.name, "since": days.today()})
    if request.method == "POST" and form.is_valid():
        try:
            debiting.authorize(resident, **form.cleaned_data, by=request.user, at=days.now())
        except Refusal as refusal:
            desk.answer(form, refusal)
        else:
            messages.success(request, _("授权已登记。"))
            return redirect("enrollment:mandate", pk)
    context = {
        "title": _("%(name)s 的代扣授权") % {"name": resident.name},
        "resident": resident,
        "form": form,
        "mandates": resident.mandates.all(),
        "submit": _("登记授权"),
        "cancel": reverse("enrollment:resident", args=[pk]),
    }
    return desk.render(request, "enrollment/mandate.html", context)


@require_POST
@desk.page(Duty.REGISTER)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """End a mandate today."""
    found = Mandate.objects.visible_to(request.user).select_related("resident__area")
    ended = debiting.withdraw(get_object_or_404(found, pk=pk), days.today(), by=request.user, at=days.now())
    messages.success(request, _("授权已撤销。"))
    return redirect("enrollment:mandate", ended.resident_id)


class Debits(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "代扣文件")
    hint = gettext_lazy("发往银行的代扣清单，合计在末行；回盘文件由“导入银行代扣回盘文件”收取。")
    search: ClassVar = ("number__startswith", "bank__startswith")
    search_hint = gettext_lazy("批次号或银行")
    file_name = "debits"
    template = "enrollment/debits.html"
    columns: ClassVar = (
        Column(gettext_lazy("批次号"), "number"),
        Column(gettext_lazy("银行"), "bank"),
        Column(gettext_lazy("区域"), "area.name"),
        Column(gettext_lazy("参保年度"), "period.year"),
        Column(gettext_lazy("笔数"), "lines", "number"),
        Column(gettext_lazy("金额"), "amount", "money"),
        Column(gettext_lazy("待回盘"), "waiting", "number"),
        Column(gettext_lazy("失败"), "failed", "number"),
        Column(gettext_lazy("制作人"), "made_by"),
        Column(gettext_lazy("制作时间"), "made_at", "moment"),
    )
    buttons: ClassVar = (
        Button(
            gettext_lazy("导入银行代扣回盘文件"),
            reverse_lazy("office:upload", args=[debiting.KIND]),
            Duty.COLLECT,
            "upload_file",
        ),
        Button(gettext_lazy("代扣授权"), reverse_lazy("enrollment:mandates"), Duty.SEE_RESIDENTS, "badge"),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Debit]:
        return debiting.visible(request.user).annotate(
            waiting=Count("items", filter=Q(items__state=DebitLine.State.SENT)),
            failed=Count("items", filter=Q(items__state=DebitLine.State.FAILED)),
        )

    def href(self, row: Debit) -> str:
        return reverse("enrollment:debit", args=[row.pk])

    def beside(self, request: HttpRequest, rows: QuerySet[Debit], **kwargs: Any) -> dict[str, Any]:
        return {"ask": AskForm(staff=request.user)}


class AskForm(forms.Form):
    """Which year's contributions are asked of which bank."""

    period = forms.ModelChoiceField(label=gettext_lazy("缴费期"), queryset=CollectionPeriod.objects.none())
    bank = forms.ChoiceField(label=gettext_lazy("银行"))

    def __init__(self, *args: Any, staff: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["period"].queryset = periods(staff)
        self.fields["bank"].choices = [(name, name) for name in debiting.banks(staff.area)]


@require_POST
@desk.page(Duty.COLLECT)
def ask(request: HttpRequest) -> HttpResponse:
    """Make the next file to a bank."""
    form = AskForm(request.POST, staff=request.user)
    if not form.is_valid():
        messages.error(request, _("请选择缴费期和银行。"))
        return redirect("enrollment:debits")
    told = form.cleaned_data
    debit = debiting.ask(
        told["period"], request.user.area, told["bank"], by=request.user, on=days.today(), at=days.now()
    )
    messages.success(request, _("代扣文件 %(number)s 已生成。") % {"number": debit.number})
    return redirect("enrollment:debit", debit.pk)


class Lines(desk.ListPage):
    """The lines of one file to a bank."""

    duty = Duty.SEE_RESIDENTS
    title = gettext_lazy("代扣明细")
    search: ClassVar = ("enrollment__resident__name__startswith",)
    search_hint = gettext_lazy("姓名")
    file_name = "debit"
    template = "enrollment/debit.html"
    columns: ClassVar = (
        Column(gettext_lazy("序号"), "line", "number"),
        Column(gettext_lazy("参保人"), "enrollment.resident.name"),
        Column(gettext_lazy("户名"), "mandate.holder"),
        Column(gettext_lazy("银行账号"), "mandate.masked"),
        Column(gettext_lazy("金额"), "amount", "money"),
        Column(gettext_lazy("结果"), "get_state_display", "badge", tone=lambda row: TONES[row.state]),
        Column(gettext_lazy("银行原因"), "reason"),
    )
    filters: ClassVar = (Filter("state", gettext_lazy("结果"), DebitLine.State.choices),)

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[DebitLine]:
        self.debit = get_object_or_404(debiting.visible(request.user), pk=kwargs["pk"])
        return DebitLine.objects.filter(debit=self.debit).select_related("enrollment__resident", "mandate")

    def beside(self, request: HttpRequest, rows: QuerySet[DebitLine], **kwargs: Any) -> dict[str, Any]:
        return {"debit": self.debit, "title": self.debit.number}


@require_POST
@desk.page(Duty.COLLECT)
def hand_out(request: HttpRequest, pk: int) -> HttpResponse:
    """The file as the bank gets it, account numbers in full; handing it out is recorded."""
    debit = get_object_or_404(debiting.visible(request.user), pk=pk)
    content = debiting.file_out(debit, by=request.user, at=days.now())
    headers = {"Content-Disposition": f'attachment; filename="{debit.number}.csv"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)
