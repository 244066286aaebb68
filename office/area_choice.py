"""Choosing an area by typing: the field that forms use, and the door that answers while somebody types."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from office import areas, desk
from office.duties import Duty
from office.models import Area, Staff

MOST = 20  # areas that are suggested at once; whoever does not see theirs types on


class AreaInput(forms.TextInput):
    """A text field with the areas that match what is typed below it; without scripts a plain text field."""

    level = 0

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        attrs = attrs or {}
        options = f"{attrs.get('id') or 'id_' + name}-options"
        asked = reverse("office:areas") + f"?field={name}" + (f"&level={self.level}" if self.level else "")
        attrs = attrs | {
            "autocomplete": "off",
            "role": "combobox",
            "aria-autocomplete": "list",
            "aria-expanded": "false",
            "aria-controls": options,
            "placeholder": _("名称、拼音首字母或区划代码"),
            "hx-get": asked,
            "hx-trigger": "input changed delay:150ms, ask",
            "hx-target": f"#{options}",
            "hx-sync": "this:replace",
            "data-choice": "1",
        }
        field = super().render(name, value, attrs, renderer)
        return format_html(
            '<div class="hm-choice">{}<ul id="{}" class="hm-options" role="listbox" aria-label="{}" hidden></ul></div>',
            field,
            options,
            _("可选区域"),
        )


class AreaField(forms.CharField):
    """One area within the scope of whoever types: by its name, its place, its initials or its code.

    `level` narrows the choice (Area.Level.VILLAGE); a form calls `within(staff)` before anything else.
    """

    widget = AreaInput
    default_error_messages = {"required": gettext_lazy("请输入并选择一个区域")}

    def __init__(self, *, level: Area.Level | None = None, **kwargs: Any) -> None:
        super().__init__(max_length=120, **kwargs)
        self.level, self.areas = level, Area.objects.none()
        self.widget.level = level or 0

    def within(self, staff: Staff) -> bool:
        """Offer the areas of this person's scope; whether their own area is such a one, and so stands there already."""
        self.areas = offered(staff, self.level)
        at_home = self.level in (None, staff.area.level)
        if at_home:
            self.initial = staff.area
        return at_home

    def prepare_value(self, value: Any) -> Any:
        return areas.label(value) if isinstance(value, Area) else value

    def clean(self, value: Any) -> Area | None:
        text = super().clean(value)
        if not text:
            return None
        found = areas.named(self.areas, text)
        if len(found) == 1:
            return found[0]
        told = {"text": text if len(text) <= 20 else f"{text[:20]}…"}
        if found:
            raise ValidationError(_("不止一处叫“%(text)s”，请从列出的区域中选择，或填写区划代码") % told)
        raise ValidationError(_("没有找到“%(text)s”，请从列出的区域中选择") % told)


def offered(staff: Staff, level: int | None = None) -> QuerySet[Area]:
    """The areas that this person may choose, of one level where one is asked for."""
    rows = Area.objects.visible_to(staff).select_related("parent__parent")
    return rows.filter(level=level) if level else rows


@desk.page(Duty.SEE_RESIDENTS)
def suggest(request: HttpRequest) -> HttpResponse:
    """At most MOST areas of the person's own scope that match what has been typed. One query."""
    field = request.GET.get("field", "")
    text = request.GET.get(field, "")
    level = request.GET.get("level", "")
    rows = offered(request.user, int(level) if level in map(str, Area.Level.values) else None)
    found = areas.matching(rows, text)[: MOST + 1]
    shown = [(area, areas.label(area)) for area in found[:MOST]]
    context = {
        "shown": shown,
        "more": len(found) > MOST,
        "asked": bool(text.strip()),
        "field": field,
    }
    return desk.render(request, "office/_areas.html", context)
