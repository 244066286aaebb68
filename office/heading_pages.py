"""Pages on which people say where the headings of a file lead, and see or forget what was said before."""

from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from office import days, desk, duties, headings, intake, uploads
from office.desk import Column, Filter
from office.duties import Duty
from office.models import Batch, Mapping
from office.refusal import Refusal

CELLS = 3  # first cells of each column on the page


@desk.page(Duty.SEE_RESIDENTS)
def lead(request: HttpRequest, pk: int) -> HttpResponse:
    """Every heading of a file with its first cells and a choice of our columns; then the file is read by them."""
    batch = uploads.batch_of(request, pk)
    if batch.state not in (Batch.State.MAPPING, Batch.State.PREVIEWED):
        return redirect("office:file", pk)
    columns = intake.columns(batch.kind)
    try:
        head, rows = intake.header_of(batch)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("office:files")
    if request.method == "POST":
        chosen, error = request.POST.getlist("column"), ""
        try:
            intake.lead(batch, chosen, by=request.user, at=days.now())
        except Refusal as refusal:
            error = str(refusal)
        else:
            return redirect("office:file", pk)
        chosen = chosen if len(chosen) == len(head.told) else headings.propose(batch, head)
    else:
        error = ""
        chosen = batch.mapping["columns"] if batch.mapping else headings.propose(batch, head)
    led = head.led(chosen)
    told = [place for place, heading in enumerate(head.headings) if heading and head.led(["x"] * len(head.told))[place]]
    context = {
        "title": _("对应栏目：%(file)s") % {"file": batch.file_name},
        "batch": batch,
        "error": error,
        "columns": columns,
        "missing": headings.missing(chosen, columns),
        "headings": [
            (head.headings[place], led[place], [row[place] for row in rows[:CELLS] if place < len(row)])
            for place in told
        ],
    }
    return desk.render(request, "office/headings.html", context)


class Mappings(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "记住的栏目对应")
    hint = gettext_lazy("同一来源、同样表头的文件按此读取，不再询问；删除后下次重新询问。")
    search: ClassVar = ("source__icontains",)
    search_hint = gettext_lazy("来源")
    file_name = "headings"
    columns: ClassVar = (
        Column(gettext_lazy("种类"), "get_kind_display"),
        Column(gettext_lazy("来源"), lambda row: row.source or "—"),
        Column(gettext_lazy("区域"), "area.name"),
        Column(gettext_lazy("对应"), lambda row: _in_words(row)),
        Column(gettext_lazy("对应人"), "said_by"),
        Column(gettext_lazy("时间"), "said_at", "moment"),
    )
    filters: ClassVar = (Filter("kind", gettext_lazy("种类"), Batch.Kind.choices),)

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Mapping]:
        return _mine(request).select_related("area", "said_by").order_by("kind", "source", "pk")

    def href(self, row: Mapping) -> str:
        return reverse("office:mapping", args=[row.pk])


def _mine(request: HttpRequest) -> QuerySet[Mapping]:
    """Memories within the person's area, of kinds of files that are the person's duty."""
    kinds = [code for code, kind in uploads.offered().items() if duties.may(request.user, kind.duty)]
    return Mapping.objects.visible_to(request.user).filter(kind__in=kinds)


def _pairs(mapping: Mapping) -> list[tuple[str, str]]:
    names = {column.name: column.heading for column in intake.columns(mapping.kind)}
    told = zip(mapping.headings, mapping.columns, strict=True)
    return [(heading, names.get(name, "")) for heading, name in told]


def _in_words(mapping: Mapping) -> str:
    """The headings that are named otherwise than our columns, and where they lead."""
    return "，".join(f"{heading}→{column or _('不导入')}" for heading, column in _pairs(mapping) if heading != column)


@desk.page(Duty.SEE_RESIDENTS)
def mapping_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the headings of one source's files lead."""
    mapping = get_object_or_404(_mine(request).select_related("area", "said_by"), pk=pk)
    context = {"title": _("栏目对应：%(what)s") % {"what": mapping}, "mapping": mapping, "pairs": _pairs(mapping)}
    return desk.render(request, "office/mapping.html", context)


@require_POST
@desk.page(Duty.SEE_RESIDENTS)
def forget(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget what was said, so that the next file asks again."""
    headings.forget(get_object_or_404(_mine(request), pk=pk), by=request.user, at=days.now())
    messages.success(request, _("已删除；下一份这样的文件会重新询问。"))
    return redirect("office:mappings")
