"""Pages of the admin that show the regulations: each article with its code and tests, each figure, each silence."""

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from office import articles, days, notices
from policies import shelf
from policies.rules import UNITS, Entry

FIRST = date(2017, 1, 1)  # the oldest of the regulations began in this year
_TESTS_SHOWN = 6


def urls(site: admin.AdminSite) -> list[URLPattern]:
    """Addresses of the three pages, for everybody who may enter the admin: regulations are public."""
    return [
        path("articles/", site.admin_view(article_page), name="office_articles"),
        path("figures/", site.admin_view(figure_page), name="office_figures"),
        path("gaps/", site.admin_view(gap_page), name="office_gaps"),
    ]


def article_page(request: HttpRequest) -> HttpResponse:
    """What each article asks, the code that carries it and the tests that prove it."""
    policy = _chosen(request)
    found = [row for row in _articles() if row.regulation == policy]
    bare = sum(1 for row in found if row.kind == "rule" and not row.tests)
    chinese = (get_language() or "").startswith("zh")
    table = {
        "headers": [_("条文"), _("种类"), _("要求"), _("代码"), _("测试")],
        "rows": [
            [row.id, _whole(_KINDS.get(row.kind, row.kind)), _wide(row.asks_zh if chinese else row.asks),
             _lines(row.code), _lines(row.tests[:_TESTS_SHOWN], len(row.tests) - _TESTS_SHOWN)]
            for row in found
        ],
    }  # fmt: skip
    hint = _("共 %(all)s 条，其中 %(bare)s 条规则尚无测试。") % {"all": len(found), "bare": bare}
    return _page(request, _("条文对照"), "office_articles", policy, table, hint)


def figure_page(request: HttpRequest) -> HttpResponse:
    """Every dated figure with its article, what a notice set, and what still waits for one."""
    policy = _chosen(request)
    figures = sorted(notices.regulation(policy).figures(), key=lambda f: (f.parameter, f.tier, f.since))
    table = {
        "headers": [_("参数"), _("名称"), _("档次"), _("值"), _("依据"), _("施行之日")],
        "rows": [[f.parameter, f.name, f.tier or "—", _value(f), f.article, _whole(f.since)] for f in figures],
    }
    hint = _("数字从不修改，只加新的施行日；公告批准后与条文同样引用。")
    return _page(request, _("标准一览"), "office_figures", policy, table, hint)


def gap_page(request: HttpRequest) -> HttpResponse:
    """The days on which a regulation is silent: outside its term, or on a parameter that nobody has set."""
    policy, today = _chosen(request), days.today()
    gaps = notices.regulation(policy).gaps(FIRST, date(today.year + 4, 12, 31))
    table = {
        "headers": [_("参数"), _("档次"), _("依据"), _("由谁确定"), _("起"), _("止"), _("说明")],
        "rows": [
            [
                gap.name,
                gap.tier or "—",
                gap.article,
                gap.setter,
                _whole(gap.since),
                _whole(gap.until),
                gap.message,
            ]
            for gap in gaps
        ],
    }
    hints = [
        _("%(title)s于 %(until)s 到期，还有 %(days)s 天。")
        % {"title": lapse.title, "until": lapse.until, "days": lapse.days_left}
        if lapse.days_left >= 0
        else _("%(title)s已于 %(until)s 到期。") % {"title": lapse.title, "until": lapse.until}
        for lapse in notices.lapsing(today)
    ]
    return _page(request, _("无规则清单"), "office_gaps", policy, table, " ".join(hints))


_KINDS = {"rule": gettext_lazy("规则"), "process": gettext_lazy("流程")}


@cache
def _articles() -> list[articles.Row]:
    # Sources do not change while a server runs.
    return articles.rows(settings.BASE_DIR / "tests")


def _chosen(request: HttpRequest) -> str:
    """The regulation asked for, the first on the shelf where nobody asked or asked for another."""
    wanted = request.GET.get("policy", "")
    return wanted if wanted in shelf.codes() else shelf.codes()[0]


def _value(figure: Entry) -> str:
    if figure.value is None:
        return _("待%(setter)s公布") % {"setter": figure.setter}
    if isinstance(figure.value, tuple):
        return "、".join(figure.value)
    unit = UNITS[figure.unit]
    return (
        f"{figure.value} {unit}" if figure.unit in ("yuan", "points", "days", "months", "years") else str(figure.value)
    )


def _lines(words: Iterable[str], more: int = 0) -> str:
    """One place in the sources below the other, the file without its folders; the whole way shows on pointing at it."""
    shown = format_html_join(
        "",
        '<div style="overflow-wrap:anywhere;min-width:14rem" title="{}">{}</div>',
        ((word, word.rsplit("/", 1)[-1]) for word in words),
    )
    return format_html("{}<div>+{}</div>", shown, more) if more > 0 else shown


def _whole(word: object) -> str:
    """A day or a word that is not broken over two lines."""
    return format_html('<span style="white-space:nowrap">{}</span>', word)


def _wide(words: str) -> str:
    """A sentence with room to read it."""
    return format_html('<div style="min-width:18rem">{}</div>', words)


def _page(request: HttpRequest, title: str, name: str, policy: str, table: dict[str, Any], hint: str) -> HttpResponse:
    pages = (("office_articles", _("条文对照")), ("office_figures", _("标准一览")), ("office_gaps", _("无规则清单")))
    context = {
        **admin.site.each_context(request),
        "title": title,
        "regulation": shelf.regulation(policy),
        "policy": policy,
        "regulations": [shelf.regulation(code) for code in shelf.codes()],
        "pages": [{"address": f"admin:{address}", "title": label, "here": address == name} for address, label in pages],
        "table": table,
        "hint": hint,
    }
    return TemplateResponse(request, "admin/office/standards.html", context)
