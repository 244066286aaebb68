"""The work site: its shell, the doors' one decorator, and the list page that every list of the office is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property, wraps
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.shortcuts import render as django_render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views import View
from unfold.sites import UnfoldAdminSite

from office import days, duties, export
from office.duties import Duty
from office.models import Area
from office.refusal import Refusal

CHOICES = 400  # areas that are offered above a list


class Desk(UnfoldAdminSite):
    """The site of clerks, reviewers and accountants: the look of the admin, pages of its own."""

    settings_name = "DESK"

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and request.user.is_active


desk = Desk(name="desk")


def render(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """A page of the work site with its sidebar, the person's duties and what the page itself brings."""
    shell = {} if request.headers.get("HX-Request") else desk.each_context(request)
    return django_render(
        request,
        template,
        {**shell, "is_nav_sidebar_enabled": True, "duties": duties.of(request.user), **(context or {})},
        status=status,
    )


def areas_below(request: HttpRequest) -> list[tuple[str, str]]:
    """The areas below the person's own, as choices above a list, indented by level: down to where all still fit."""
    below = Area.objects.visible_to(request.user).exclude(pk=request.user.area_id)
    top = request.user.area.level + 1
    levels = sorted(below.order_by().values_list("level").annotate(models.Count("pk")))
    fitting = [level for at, (level, _n) in enumerate(levels) if sum(n for _l, n in levels[: at + 1]) <= CHOICES]
    below = below.filter(level__in=fitting)
    return [(area.path, "　" * (area.level - top) + area.name) for area in below]


def back(request: HttpRequest, otherwise: str = "/work/") -> HttpResponseRedirect:
    """To the page the person came from, if it is one of ours and not the very page that said no."""
    referer = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(referer, allowed_hosts={request.get_host()})
    circle = request.method == "GET" and referer == request.build_absolute_uri()
    return redirect(referer if ours and not circle else otherwise)


def page(duty: Duty) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A door: signed in, with this duty (else 403). A refusal the page did not answer itself becomes a message."""

    def door(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(view)
        def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not duties.may(request.user, duty):
                raise PermissionDenied
            try:
                return view(request, *args, **kwargs)
            except Refusal as refusal:
                messages.error(request, str(refusal))
                return back(request)

        enter.duty = duty  # type: ignore[attr-defined]  # the scope test asks every door for it
        return enter

    return door


def answer(form: Any, refusal: Refusal) -> None:
    """Put a refusal beside the field it is about, or above the form."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))


@dataclass(frozen=True)
class Column:
    """One column: heading, where its value comes from, and how it is shown.

    `value` is an attribute path ("resident.name", a method or get_x_display) or a function of the row. `kind` is text,
    money, date, moment, number or badge; `link` makes the cell a link (function of the row to an address).
    """

    label: Any
    value: str | Callable[[Any], Any]
    kind: str = "text"
    link: Callable[[Any], str] | None = None
    # For badges: value of this attribute picks the colour (see templates/work/_badge.html).
    tone: Callable[[Any], str] | None = None

    def read(self, row: Any) -> Any:
        if callable(self.value):
            return self.value(row)
        for name in self.value.split("."):
            row = getattr(row, name, None)
            row = row() if callable(row) else row
        return row

    def text(self, row: Any) -> str:
        return show(self.read(row))


def show(value: Any) -> str:
    """A value as people read it: money with separators, days as ISO, nothing as a dash."""
    if value is None or value == "":
        return "—"
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "Y-m-d H:i")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return str(value)


@dataclass(frozen=True)
class Filter:
    """A choice above the list: the parameter, its label, its choices, and the lookup it filters by.

    `choices` may be a function of the request (for choices within the person's scope). `apply`, where given, replaces
    the lookup: a function of (rows, value).
    """

    name: str
    label: Any
    choices: Iterable[tuple[Any, Any]] | Callable[[HttpRequest], Iterable[tuple[Any, Any]]]
    lookup: str = ""
    apply: Callable[[Any, str], Any] | None = None

    def options(self, request: HttpRequest) -> list[tuple[str, Any]]:
        choices = self.choices(request) if callable(self.choices) else self.choices
        return [(str(value), label) for value, label in choices]


@dataclass(frozen=True)
class Button:
    """A way on from a list: label, address, the duty it needs, an icon of the Material set."""

    label: Any
    href: Any
    duty: Duty
    icon: str = "add"


@dataclass
class Shown:
    """A row on the page: its cells as (column, value, text, link, tone), where a click on it leads, and itself."""

    row: Any
    href: str
    cells: list[dict[str, Any]] = field(default_factory=list)


MOST_COUNTED = 10_000  # rows of a list that are counted and leafed through; beyond them people search


def counted(rows: models.QuerySet[Any]) -> int:
    """How many rows there are, at most MOST_COUNTED + 1: a list of a million is not counted to say that it is long."""
    return rows.order_by().values("pk")[: MOST_COUNTED + 1].count()


class Pages(Paginator):
    """The pages of a list as far as MOST_COUNTED rows; `more` says whether there are others behind them."""

    @cached_property
    def _counted(self) -> int:
        return counted(self.object_list)

    @property
    def count(self) -> int:
        return min(self._counted, MOST_COUNTED)

    @property
    def more(self) -> bool:
        return self._counted > MOST_COUNTED


class ListPage(View):
    """Every list of the office: rows within scope, search, filters, pages, and the same rows as xlsx or csv.

    A list names `duty, title, columns` and `rows(request)` (already within scope: use `visible_to`), and where it
    helps `search` (lookups joined by OR, or a function of (rows, text)), `filters`, `buttons`, `href(row)`, `hint`.
    """

    duty: ClassVar[Duty]
    title: ClassVar[Any] = ""
    hint: ClassVar[Any] = ""
    columns: ClassVar[Sequence[Column]] = ()
    search: ClassVar[Sequence[str]] = ()
    search_hint: ClassVar[Any] = ""
    filters: ClassVar[Sequence[Filter]] = ()
    buttons: ClassVar[Sequence[Button]] = ()
    per_page: ClassVar[int] = 50
    template: ClassVar[str] = "work/list.html"
    file_name: ClassVar[str] = "list"

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponse]:
        return page(cls.duty)(super().as_view(**initkwargs))

    def rows(self, request: HttpRequest, **kwargs: Any) -> models.QuerySet[Any]:
        raise NotImplementedError

    def href(self, row: Any) -> str:
        """Where a click on the row leads; empty: nowhere."""
        return ""

    def beside(self, request: HttpRequest, rows: models.QuerySet[Any], **kwargs: Any) -> dict[str, Any]:
        """What a special list shows beside its rows."""
        return {}

    def found(self, rows: models.QuerySet[Any], text: str) -> models.QuerySet[Any]:
        """Narrow the rows to what was typed into the search box."""
        asked = Q()
        for lookup in self.search:
            asked |= Q(**{lookup: text})
        return rows.filter(asked) if self.search else rows

    def narrowed(self, request: HttpRequest, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        for choice in self.filters:
            value = request.GET.get(choice.name, "")
            # A value that is not among the choices filters nothing: it may come from an old bookmark.
            if value and value in dict(choice.options(request)):
                rows = (
                    choice.apply(rows, value) if choice.apply else rows.filter(**{choice.lookup or choice.name: value})
                )
        text = request.GET.get("q", "").replace("\0", "").strip()  # no column holds a NUL, and PostgreSQL chokes on one
        return self.found(rows, text) if text else rows

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        rows = self.narrowed(request, self.rows(request, **kwargs))
        if request.GET.get("export") in export.FORMATS:
            return export.respond(
                request.GET["export"],
                self.file_name,
                [str(column.label) for column in self.columns],
                ([column.read(row) for column in self.columns] for row in rows.iterator(chunk_size=2000)),
                count=rows.count(),
                by=request.user,
                at=days.now(),
            )
        shown = Pages(rows, self.per_page).get_page(request.GET.get("page"))
        context = {
            "title": self.title,
            "hint": self.hint,
            "columns": self.columns,
            "results": [self._shown(row) for row in shown],
            "pages": shown,
            "query": request.GET.get("q", ""),
            "search_hint": self.search_hint if (self.search or type(self).found is not ListPage.found) else "",
            "filters": [
                {
                    "name": f.name,
                    "label": f.label,
                    "options": f.options(request),
                    "value": request.GET.get(f.name, ""),
                }
                for f in self.filters
            ],
            "buttons": [button for button in self.buttons if duties.may(request.user, button.duty)],
            "without_page": urlencode([(k, v) for k, v in request.GET.items() if k not in ("page", "export")]),
            **self.beside(request, rows, **kwargs),
        }
        return render(request, "work/_results.html" if request.headers.get("HX-Request") else self.template, context)

    def _shown(self, row: Any) -> Shown:
        shown = Shown(row=row, href=self.href(row))
        for column in self.columns:
            value = column.read(row)
            shown.cells.append(
                {
                    "label": column.label,
                    "kind": column.kind,
                    "text": show(value),
                    "link": column.link(row) if column.link else "",
                    "tone": column.tone(row) if column.tone else "",
                }
            )
        return shown
