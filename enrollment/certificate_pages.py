"""Certificates of payment: issued at the counter, printed as PDF, checked by anybody who holds the paper."""

from typing import ClassVar

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from enrollment import certificates
from enrollment.certificates import LONGEST, CannotCertify
from enrollment.models import Certificate, Enrollment
from office import days, desk
from office.desk import Column, Filter
from office.duties import Duty


class EmployersForm(forms.Form):
    """The parents' employers, where an only child's contribution is returned; else left empty."""

    employer_1 = forms.CharField(label=gettext_lazy("父母一方单位"), max_length=LONGEST, required=False)
    employer_2 = forms.CharField(label=gettext_lazy("父母另一方单位"), max_length=LONGEST, required=False)


class Certificates(desk.ListPage):
    """Every certificate that was printed, within scope."""

    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "缴费证明")
    hint = gettext_lazy("在居民页面的年度参保下开具；每次打印都有编号并记录。")
    search: ClassVar = ("number__startswith", "enrollment__resident__name__startswith")
    search_hint = gettext_lazy("证明编号或姓名")
    file_name = "certificates"
    columns: ClassVar = (
        Column(gettext_lazy("证明编号"), "number"),
        Column(gettext_lazy("姓名"), "enrollment.resident.name"),
        Column(gettext_lazy("年度"), "enrollment.year"),
        Column(gettext_lazy("个人缴费"), "amount", "money"),
        Column(gettext_lazy("到账日"), "paid_on", "date"),
        Column(gettext_lazy("单位报销"), lambda row: "、".join(part["employer"] for part in row.split)),
        Column(
            gettext_lazy("打印"),
            lambda row: _("原件") if row.copy == 1 else _("补打 第%(copy)d次") % {"copy": row.copy},
            "badge",
            tone=lambda row: "good" if row.copy == 1 else "wait",
        ),
        Column(gettext_lazy("开具人"), "issued_by.name"),
        Column(gettext_lazy("开具时间"), "issued_at", "moment"),
    )
    filters: ClassVar = (
        Filter(
            "copy",
            gettext_lazy("打印"),
            [("first", gettext_lazy("原件")), ("again", gettext_lazy("补打"))],
            apply=lambda rows, value: rows.filter(copy=1) if value == "first" else rows.filter(copy__gt=1),
        ),
    )

    def rows(self, request: HttpRequest, **kwargs: object) -> QuerySet[Certificate]:
        return Certificate.objects.visible_to(request.user).select_related("enrollment__resident", "issued_by")

    def href(self, row: Certificate) -> str:
        return reverse("enrollment:certify-payment", args=[row.enrollment_id])


@require_http_methods(["GET", "POST"])
@desk.page(Duty.REGISTER)
def certify_payment(request: HttpRequest, pk: int) -> HttpResponse:
    """Name the employers, where there are any, and print; what was printed before stands below."""
    rows = Enrollment.objects.visible_to(request.user).select_related("resident", "area", "period")
    enrollment = get_object_or_404(rows, pk=pk, resident__area__path__startswith=request.user.area.path)
    form = EmployersForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = [form.cleaned_data["employer_1"], form.cleaned_data["employer_2"]]
        try:
            certificate = certificates.issue(enrollment, told, by=request.user, at=days.now())
        except CannotCertify as refusal:
            desk.answer(form, refusal)
        else:
            address = request.build_absolute_uri(reverse("check-certificate", args=[certificate.code]))
            answer = HttpResponse(certificates.draw(certificate, address), content_type="application/pdf")
            answer["Content-Disposition"] = f'inline; filename="{certificate.number}.pdf"'
            answer["Cache-Control"] = "no-store"
            return answer
    paid = answer_ = None
    try:
        paid = certificates.paid(enrollment)
        answer_ = certificates.reimbursement(enrollment, paid, certificates.PARENTS)
    except CannotCertify as refusal:
        if request.method != "POST":
            form = EmployersForm()
            form.cannot = str(refusal)
    context = {
        "title": _("%(name)s %(year)s 年度缴费证明") % {"name": enrollment.resident.name, "year": enrollment.year},
        "enrollment": enrollment,
        "form": form,
        "paid": paid,
        "answer": answer_,
        "cannot": getattr(form, "cannot", ""),
        "printed": enrollment.certificates.select_related("issued_by").order_by("-copy"),
    }
    return desk.render(request, "enrollment/certify_payment.html", context)


@require_safe
def check_certificate(request: HttpRequest, code: str = "") -> HttpResponse:
    """Open to whoever holds the paper: whether there is such a certificate and whether it still holds."""
    code = (code or request.GET.get("code", "")).replace("\0", "").strip().lower()
    found = certificates.check(code) if code else None
    context = {"code": code, "found": found}
    return render(request, "enrollment/check_certificate.html", context, status=404 if code and not found else 200)
