"""What every model's page in the admin is: rows within scope, seen by duty, facts read-only, lists that export."""

import json
from collections.abc import Callable
from typing import Any, ClassVar, Final

from django.contrib import admin, messages
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import JSONField, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from office import days, desk, duties, export
from office.duties import Duty
from office.refusal import Refusal

# What the parts of a worksheet and of a list of reasons are called.
_PARTS: Final = {"article": _("条文"), "what": _("步骤"), "amount": _("金额"), "how": _("算法"), "message": _("说明")}


def readable(told: Any) -> SafeString:
    """What is kept as JSON, with its Chinese as Chinese: steps and reasons as a table, anything else indented."""
    if isinstance(told, list) and told and all(isinstance(row, dict) for row in told):
        names = list(dict.fromkeys(name for row in told for name in row))
        heads = format_html_join("", "<th>{}</th>", ((_PARTS.get(name, name),) for name in names))
        rows = ((format_html_join("", "<td>{}</td>", ((row.get(name, ""),) for name in names)),) for row in told)
        body = format_html_join("", "<tr>{}</tr>", rows)
        return format_html('<table class="hm-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>', heads, body)
    text = json.dumps(told, ensure_ascii=False, indent=2, cls=DjangoJSONEncoder)
    return format_html('<pre style="white-space:pre-wrap">{}</pre>', text) if told else SafeString("—")


def _readable(field: JSONField) -> Callable[[Model], SafeString]:
    def shown(row: Model) -> SafeString:
        return readable(getattr(row, field.name))

    shown.short_description = field.verbose_name
    return shown


class SeenByDuty:
    """Who may look is asked of the table of duties; nobody adds, changes or deletes a fact here."""

    duty: ClassVar[Duty]

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return duties.may(request.user, self.duty)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return duties.may(request.user, self.duty)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class RecordAdmin(SeenByDuty, ModelAdmin):
    """A list of records within the person's area, with an export of what was ticked; a record opens read-only."""

    list_per_page = 50
    show_full_result_count = False
    actions: ClassVar = ("export_ticked",)
    # Models that belong to no area (the chart of accounts) are seen whole.
    whole = False

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        kept = {field.name: field for field in self.model._meta.get_fields() if isinstance(field, JSONField)}
        return [_readable(kept[name]) if name in kept else name for name in super().get_fields(request, obj)]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A refusal of an action (too much to export, a decision that may not be taken) becomes a message."""
        try:
            return super().changelist_view(request, extra_context)
        except Refusal as refusal:
            return self._refused(request, refusal)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """So does a refusal of what the form could not know yet: somebody else was quicker."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refusal as refusal:
            return self._refused(request, refusal)

    def _refused(self, request: HttpRequest, refusal: Refusal) -> HttpResponse:
        self.message_user(request, str(refusal), messages.ERROR)
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows if self.whole else rows & self.model.objects.visible_to(request.user)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @admin.action(description=_("导出所选（Excel）"))
    def export_ticked(self, request: HttpRequest, ticked: QuerySet[Any]) -> HttpResponse:
        """The ticked rows as they stand in the list, as an xlsx that is recorded."""
        fields = [name for name in self.get_list_display(request) if name != "action_checkbox"]
        return export.respond(
            export.XLSX,
            self.model._meta.model_name,
            [str(admin.utils.label_for_field(name, self.model, self)) for name in fields],
            ([self._cell(name, row) for name in fields] for row in ticked.iterator(chunk_size=2000)),
            count=ticked.count(),
            by=request.user,
            at=days.now(),
        )

    def _cell(self, name: str, row: Model) -> str:
        field, _attr, value = admin.utils.lookup_field(name, row, self)
        if field is not None and field.choices:
            value = getattr(row, f"get_{name}_display")()
        return desk.show(value)


class RecordInline(SeenByDuty, TabularInline):
    """Records that belong to the one on the page, read-only."""

    extra = 0
    can_delete = False
    show_change_link = True
