"""Pages of files that come in, the same for every kind: upload, look, take, get the rest back."""

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from office import days, desk, duties, export, intake, sheets, undoing
from office.desk import Column, Filter
from office.duties import Duty
from office.models import Area, Batch, Staff
from office.refusal import Refusal

SHOWN = 200  # problems on the page; all of them are in the file that goes back


class UploadForm(forms.Form):
    """The file, and in a kind's own form whatever it asks besides: `area()` and `parameters()` tell the intake."""

    # Not `source`: a kind's own form may ask for one that is among its parameters.
    sender = forms.CharField(
        label=gettext_lazy("来源"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("如某银行、税务局、某学校；同一来源的栏目对应会记住。可不填"),
        widget=forms.TextInput(attrs={"list": "senders", "autocomplete": "off"}),
    )
    file = forms.FileField(label=gettext_lazy("文件（xlsx 或 csv）"), max_length=200)

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.staff = staff
        last = ["sender", "file"]
        self.order_fields([name for name in self.fields if name not in last] + last)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > sheets.MAX_BYTES:
            most = {"most": sheets.MAX_BYTES // 1024**2}
            raise forms.ValidationError(_("文件超过 %(most)s MB，请分成几个文件") % most)
        return file

    def area(self) -> Area:
        return self.staff.area

    def parameters(self) -> dict[str, Any]:
        return {}

    def source(self) -> str:
        """Who sends such files; what their headings mean is remembered by this name."""
        return str(self.cleaned_data.get("sender", ""))


class Kind(NamedTuple):
    """How one kind of file is offered: its name, the duty it asks, its form, a hint, and where its rows are seen."""

    title: Any
    duty: Duty
    form: type[UploadForm] = UploadForm
    hint: Any = ""
    # Name of the list page that shows what came in.
    leads_to: str = "office:files"
    # Name of the page (by the file's key) that shows what taking it would change in the tables; most need none.
    compares: str = ""


_kinds: dict[str, Kind] = {}


def offer(code: str, kind: Kind) -> None:
    """Offer a kind of file on the work site; called by the views of the app that takes it."""
    _kinds[code] = kind


def offered() -> Mapping[str, Kind]:
    """All kinds on offer by code."""
    return _kinds


def _kind(request: HttpRequest, code: str) -> Kind:
    if code not in _kinds:
        raise Http404
    if not duties.may(request.user, _kinds[code].duty):
        raise PermissionDenied
    return _kinds[code]


_TONES = {
    Batch.State.READING: "info",
    Batch.State.MAPPING: "wait",
    Batch.State.UNREADABLE: "bad",
    Batch.State.PREVIEWED: "wait",
    Batch.State.TAKING: "info",
    Batch.State.TAKEN: "good",
    Batch.State.UNDONE: "bad",
    Batch.State.DISCARDED: "plain",
}


class Files(desk.ListPage):
    duty = Duty.SEE_RESIDENTS
    title = pgettext_lazy("many", "文件导入")
    search: ClassVar = ("file_name__icontains",)
    search_hint = gettext_lazy("文件名")
    file_name = "files"
    template = "office/files.html"
    columns: ClassVar = (
        Column(gettext_lazy("文件"), "file_name"),
        Column(gettext_lazy("种类"), "get_kind_display"),
        Column(gettext_lazy("区域"), "area.name"),
        Column(gettext_lazy("读入"), "read", "number"),
        Column(gettext_lazy("导入"), "taken", "number"),
        Column(gettext_lazy("退回"), "refused", "number"),
        Column(gettext_lazy("重复"), "duplicate", "number"),
        Column(gettext_lazy("状态"), "get_state_display", "badge", tone=lambda batch: _TONES[batch.state]),
        Column(gettext_lazy("上传"), "uploaded_by"),
        Column(gettext_lazy("时间"), "uploaded_at", "moment"),
    )
    filters: ClassVar = (
        Filter("kind", gettext_lazy("种类"), Batch.Kind.choices),
        Filter("state", gettext_lazy("状态"), Batch.State.choices),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Batch]:
        mine = [code for code, kind in _kinds.items() if duties.may(request.user, kind.duty)]
        found = Batch.objects.visible_to(request.user).filter(kind__in=mine)
        return found.select_related("area", "uploaded_by").defer("content", "plan")

    def href(self, row: Batch) -> str:
        return reverse("office:file", args=[row.pk])

    def beside(self, request: HttpRequest, rows: QuerySet[Any], **kwargs: Any) -> dict[str, Any]:
        return {"offered": [(c, kind) for c, kind in _kinds.items() if duties.may(request.user, kind.duty)]}


@desk.page(Duty.SEE_RESIDENTS)
def upload(request: HttpRequest, code: str) -> HttpResponse:
    """Choose a file; the next page shows what taking it would do."""
    kind = _kind(request, code)
    form = kind.form(request.POST or None, request.FILES or None, staff=request.user)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            batch = intake.receive(
                code,
                form.area(),
                file.name,
                file.read(),
                form.parameters(),
                by=request.user,
                at=days.now(),
                source=form.source(),
            )
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else "file", str(refusal))
        else:
            return redirect("office:file", batch.pk)
    context = {
        "title": kind.title,
        "form": form,
        "code": code,
        "hint": kind.hint,
        "columns": intake.columns(code),
        "senders": _senders(request, code),
        "submit": _("上传并预览"),
        "cancel": reverse("office:files"),
    }
    return desk.render(request, "office/upload.html", context)


def _senders(request: HttpRequest, code: str) -> list[str]:
    """Names of sources that were given before with files of this kind."""
    named = Batch.objects.visible_to(request.user).filter(kind=code).exclude(source="").order_by("source")
    return list(named.values_list("source", flat=True).distinct()[:50])


def batch_of(request: HttpRequest, pk: int) -> Batch:
    """A file within the person's area, of a kind that is the person's duty."""
    batch = get_object_or_404(
        Batch.objects.visible_to(request.user)
        .select_related("area", "uploaded_by", "taken_by", "undone_by")
        .defer("content", "plan"),
        pk=pk,
    )
    _kind(request, batch.kind)
    return batch


@desk.page(Duty.SEE_RESIDENTS)
def file_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What a file holds: how many rows are good, known or wrong, and every problem with line and field."""
    batch = batch_of(request, pk)
    if batch.state == Batch.State.MAPPING and not request.headers.get("HX-Request"):
        return redirect("office:headings", pk)
    kind = _kinds[batch.kind]
    waiting = batch.state in (Batch.State.READING, Batch.State.TAKING)
    changes = intake.changes(batch) if batch.state == Batch.State.PREVIEWED else 0
    context = {
        "title": str(batch),
        "batch": batch,
        "tone": _TONES[batch.state],
        "problems": batch.problems.defer("row")[:SHOWN],
        "more": max(0, batch.problems.count() - SHOWN),
        "kind": kind,
        "led": _led(batch),
        "waiting": waiting,
        "changes": changes,
        "stays": undoing.why_not(batch) if batch.state == Batch.State.TAKEN else "",
        "sample": batch.sample if batch.state == Batch.State.PREVIEWED else None,
        "job": intake.job_of(batch) if waiting else None,
        "undoable": batch.state in (Batch.State.TAKING, Batch.State.TAKEN)
        and undoing.may(request.user, batch)
        and batch.made.exists(),
    }
    return desk.render(request, "office/file.html", context)


def _led(batch: Batch) -> list[tuple[str, str]]:
    """Each heading of a file that somebody led, and our column; empty for one that is not imported."""
    if batch.mapping is None:
        return []
    names = {column.name: column.heading for column in intake.columns(batch.kind)}
    told = zip(batch.mapping["headings"], batch.mapping["columns"], strict=True)
    return [(heading, names.get(name, "")) for heading, name in told]


@require_POST
@desk.page(Duty.SEE_RESIDENTS)
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the good rows, or where the person says so every row or none; a large file goes on as a job."""
    whole = "whole" in request.POST
    batch = intake.take(batch_of(request, pk), by=request.user, at=days.now(), whole=whole)
    if batch.state == Batch.State.TAKING:
        messages.info(request, _("文件较大，正在后台导入；可以离开本页。"))
        return redirect("office:file", pk)
    counts = {"taken": batch.taken, "refused": batch.refused, "duplicate": batch.duplicate}
    messages.success(request, _("已导入 %(taken)d 行，退回 %(refused)d 行，重复 %(duplicate)d 行。") % counts)
    return redirect("office:file", pk)


@require_POST
@desk.page(Duty.SEE_RESIDENTS)
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a whole import back."""
    undoing.undo(batch_of(request, pk), by=request.user, at=days.now())
    messages.success(request, _("导入已撤销，所建的记录已全部删除。"))
    return redirect("office:file", pk)


@require_POST
@desk.page(Duty.SEE_RESIDENTS)
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a previewed file away."""
    intake.discard(batch_of(request, pk), by=request.user, at=days.now())
    messages.info(request, _("文件已放弃，没有导入任何内容。"))
    return redirect("office:files")


def _download(content: bytes, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=export.FORMATS[export.XLSX],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@desk.page(Duty.SEE_RESIDENTS)
def problems(request: HttpRequest, pk: int) -> HttpResponse:
    """The refused rows with their reasons, to be put right and sent in again."""
    batch = batch_of(request, pk)
    return _download(intake.problem_file(batch, by=request.user, at=days.now()), f"problems-{batch.pk}.xlsx")


@desk.page(Duty.SEE_RESIDENTS)
def template(request: HttpRequest, code: str) -> HttpResponse:
    """An empty workbook with the right headings."""
    _kind(request, code)
    return _download(intake.template(code), f"{code}-template.xlsx")
