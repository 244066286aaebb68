"""Hospitals' systems at the desk: connections opened and closed, and every message with the answer that it got."""

from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from claims import connecting
from claims.models import Connection, Institution, Message
from office import days, desk
from office.desk import Column, Filter
from office.duties import Duty
from office.record_admin import readable

_STATUS = {
    "2": (gettext_lazy("已受理"), (200, 299)),
    "4": (gettext_lazy("被拒绝"), (400, 499)),
    "5": (gettext_lazy("系统错误"), (500, 599)),
}  # fmt: skip


@never_cache
@require_POST
@desk.page(Duty.CONTRACT)
def connect(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a connection; its secret stands on this one page and is never shown again."""
    institution = get_object_or_404(Institution.objects.visible_to(request.user).select_related("area"), pk=pk)
    made = connecting.open_for(institution, by=request.user, at=days.now())
    context = {"title": _("%(name)s：接口接入") % {"name": institution.name}, "institution": institution, "made": made}
    return desk.render(request, "claims/connected.html", context)


@require_POST
@desk.page(Duty.CONTRACT)
def disconnect(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a connection for good."""
    rows = Connection.objects.visible_to(request.user).select_related("institution__area")
    connection = get_object_or_404(rows, pk=pk)
    connecting.close(connection, by=request.user, at=days.now())
    messages.success(request, _("接入已停用，此后以其密钥签名的报文一律拒收。"))
    return redirect("claims:institution", connection.institution_id)


def _tone(row: Message) -> str:
    return "good" if row.status < 300 else "bad"


class Messages(desk.ListPage):
    duty = Duty.SEE_CLAIMS
    title = pgettext_lazy("many", "接口报文")
    search: ClassVar = ("number__istartswith", "message_id__startswith")
    search_hint = gettext_lazy("结算单号或报文标识")
    file_name = "messages"
    columns: ClassVar = (
        Column(gettext_lazy("报文标识"), "message_id"),
        Column(gettext_lazy("医疗机构"), "institution.name"),
        Column(gettext_lazy("种类"), "get_kind_display"),
        Column(gettext_lazy("结算单号"), "number"),
        Column(gettext_lazy("应答码"), "status", "badge", tone=_tone),
        Column(gettext_lazy("接收时间"), "received_at", "moment"),
    )
    filters: ClassVar = (
        Filter("kind", gettext_lazy("种类"), Message.Kind.choices),
        Filter(
            "status",
            gettext_lazy("应答"),
            [(value, label) for value, (label, _range) in _STATUS.items()],
            apply=lambda rows, value: rows.filter(status__range=_STATUS[value][1]),
        ),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Message]:
        return Message.objects.visible_to(request.user).select_related("institution").defer("answer")

    def narrowed(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        at = request.GET.get("institution", "")
        if at.isascii() and at.isdigit() and len(at) < 19:
            rows = rows.filter(institution=int(at))
        return super().narrowed(request, rows)

    def href(self, row: Message) -> str:
        return reverse("claims:message", args=[row.pk])


@desk.page(Duty.SEE_CLAIMS)
def message_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One message with the answer that it got, which is the answer it gets again."""
    rows = Message.objects.visible_to(request.user).select_related("institution", "claim")
    message = get_object_or_404(rows, pk=pk)
    context = {
        "title": _("报文 %(number)s") % {"number": message.message_id},
        "message": message,
        "tone": _tone(message),
        "answer": readable(message.answer),
    }
    return desk.render(request, "claims/message.html", context)
