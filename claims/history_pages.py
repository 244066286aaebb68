"""An institution through time, drawn: what it was, its agreements, the days on which they did not count."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from claims.contracting import LEVELS
from claims.models import Agreement, Institution, InstitutionFacts
from office import days, desk
from office.duties import Duty

MOST = 200  # rows of each kind that are drawn; no institution has more
_TONES = ("hm-c1", "hm-c2", "hm-c3", "hm-c6")


class Stretch(NamedTuple):
    """A stretch of one bar: its part of the bar in percent, its colour, its words; no colour where nothing holds."""

    part: str
    tone: str
    text: str
    since: date | None = None
    until: date | None = None


def _percent(days: int, of: int) -> str:
    return f"{Decimal(days * 100) / of:.3f}"


def bar(rows: Iterable[tuple[date, date, str, str]], first: date, last: date) -> list[Stretch]:
    """A bar from a day to a day: rows of (since, until, colour, words) in order, gaps between them empty."""
    drawn: list[Stretch] = []
    at, total = first, (last - first).days + 1
    for since, until, tone, text in rows:
        begins, ends = max(since, at), min(until, last)
        if ends < begins:
            continue
        if begins > at:
            drawn.append(Stretch(_percent((begins - at).days, total), "", ""))
        drawn.append(Stretch(_percent((ends - begins).days + 1, total), tone, text, since, until))
        at = ends + timedelta(days=1)
    if at <= last:
        drawn.append(Stretch(_percent((last - at).days + 1, total), "", ""))
    return drawn


def _facts(rows: list[InstitutionFacts], last: date) -> Iterable[tuple[date, date, str, str]]:
    for number, one in enumerate(rows):
        until = rows[number + 1].since - timedelta(days=1) if number + 1 < len(rows) else last
        grade = one.get_grade_display() if one.grade else ""
        yield one.since, until, _TONES[number % 2], f"{LEVELS.get(one.level, '')}{grade}"


def drawing(institution: Institution, agreements: QuerySet[Agreement], today: date) -> dict[str, Any]:
    """The bars of an institution: facts, agreements, suspensions, on one scale of years."""
    facts = list(institution.facts.order_by("since")[:MOST])
    terms = list(agreements.order_by("since")[:MOST])
    paused = [one for term in terms for one in term.suspensions.all()]
    starts = [one.since for one in (*facts, *terms)] or [today]
    ends = [today, *(term.ended_on or term.until for term in terms)]
    first = date(max(min(starts).year, max(ends).year - 15), 1, 1)
    last = date(max(ends).year, 12, 31)
    total = (last - first).days + 1
    agreed = [
        (term.since, term.ended_on or term.until, "hm-c5" if term.ended_on else "hm-c3", term.number) for term in terms
    ]
    closed = {term.pk: term.ended_on or term.until for term in terms}
    stopped = sorted(
        (one.since, min(one.until or last, closed[one.agreement_id]), "hm-c4", _("暂停")) for one in paused
    )
    return {
        "bars": [
            (_("级别等次"), bar(_facts(facts, last), first, last)),
            (_("服务协议"), bar(agreed, first, last)),
            (_("暂停"), bar(stopped, first, last)),
        ],
        "years": [
            (year, _percent((date(year, 12, 31) - date(year, 1, 1)).days + 1, total))
            for year in range(first.year, last.year + 1)
        ],
        "today_at": _percent((today - first).days, total),
    }


@desk.page(Duty.SEE_RESIDENTS)
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything that an institution was and that happened to its agreements."""
    institution = get_object_or_404(Institution.objects.visible_to(request.user).select_related("area"), pk=pk)
    agreements = institution.agreements.prefetch_related("suspensions", "appraisals")
    context = {
        "title": _("%(name)s：历史") % {"name": institution.name},
        "institution": institution,
        **drawing(institution, agreements, days.today()),
        "facts": institution.facts.select_related("stated_by")[:MOST],
        "moves": institution.contract_moves.select_related("application", "agreement", "by", "checked_by").order_by(
            "-on", "-id"
        )[:MOST],
        "appraisals": [one for agreement in agreements for one in agreement.appraisals.all()],
    }
    return desk.render(request, "claims/institution_history.html", context)
