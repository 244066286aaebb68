"""The first page after signing in: how far collection is, what came in and went out, where the claims stand."""

import json
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from claims import after_change
from claims.models import Claim
from enrollment.models import CollectionPeriod, Enrollment
from funds import statements
from funds.models import Month
from funds.views import bar_options, flow_chart
from office import areas, days, desk, duties, notices
from office.duties import Duty
from office.models import Area, Job, Staff


@login_required
def page(request: HttpRequest) -> HttpResponse:
    """What the person's duties let them see, within their area; a fixed number of queries whatever its size."""
    staff = request.user
    context: dict[str, Any] = {"title": _("工作台"), "area": staff.area}
    if staff.area_id:
        if duties.may(staff, Duty.SEE_RESIDENTS):
            context["collection"] = _collection(staff)
        if duties.may(staff, Duty.SEE_CLAIMS):
            context["claims"] = _claims(staff)
            context["to_check"] = desk.counted(after_change.after_change(staff))
        if duties.may(staff, Duty.SEE_BOOKS) and staff.area.level == Area.Level.CITY:
            context["flows"] = _flows(staff.area)
        context["lapses"] = _lapses(staff)
        context["jobs"] = Job.objects.visible_to(staff).exclude(state=Job.State.DONE)[:5]
    return desk.render(request, "funds/dashboard.html", context)


def _lapses(staff: Staff) -> list[notices.Lapse]:
    """The city's own regulation, where its last day is within half a year or past."""
    policies = set(CollectionPeriod.objects.filter(area=areas.city_of(staff.area)).values_list("policy", flat=True))
    return [lapse for lapse in notices.lapsing(days.today()) if lapse.policy in policies]


def _collection(staff: Staff) -> dict[str, Any] | None:
    """Of those enrolled for the newest year, how many are covered, area by area one step below the person's own."""
    period = CollectionPeriod.objects.filter(area=areas.city_of(staff.area)).order_by("-year").first()
    if period is None:
        return None
    counted = dict.fromkeys(Area.objects.filter(Q(parent=staff.area) | Q(pk=staff.area_id)).order_by("path"), (0, 0))
    by_path = {area.path: area for area in counted}
    rows = (
        Enrollment.objects.visible_to(staff)
        .filter(period=period)
        .order_by()
        .values_list("area__path")
        .annotate(all=Count("id"), covered=Count("id", filter=Q(state=Enrollment.State.COVERED)))
    )
    for path, everyone, covered in rows:
        area = next((by_path[p] for p in _prefixes(path) if p in by_path), None)
        if area is not None:
            before = counted[area]
            counted[area] = (before[0] + everyone, before[1] + covered)
    bars = [(area, n, of, round(of * 100 / n)) for area, (n, of) in counted.items() if n]
    everyone, covered = sum(n for _area, n, _of, _p in bars), sum(of for _area, _n, of, _p in bars)
    return {
        "period": period,
        "everyone": everyone,
        "covered": covered,
        "percent": round(covered * 100 / everyone) if everyone else 0,
        "bars": bars,
    }


def _prefixes(path: str) -> list[str]:
    """A path and every path above it, the longest first."""
    parts = path.rstrip("/").split("/")
    return ["/".join(parts[:n]) + "/" for n in range(len(parts), 0, -1)]


_TONES = {
    Claim.State.RECEIVED: "--color-base-400",
    Claim.State.ADJUDICATED: "--color-orange-400",
    Claim.State.INQUIRY: "--color-yellow-500",
    Claim.State.PARKED: "--color-base-600",
    Claim.State.APPROVED: "--color-blue-400",
    Claim.State.REFUSED: "--color-red-400",
    Claim.State.RETURNED: "--color-red-200",
    Claim.State.SETTLED: "--color-green-500",
    Claim.State.CANCELLED: "--color-base-300",
}


# What the fund pays or will pay; what was refused, returned or cancelled keeps its sums for the file only.
_PAYABLE = (Claim.State.ADJUDICATED, Claim.State.APPROVED, Claim.State.SETTLED)


def _claims(staff: Staff) -> dict[str, Any]:
    rows = {
        state: (count, basic)
        for state, count, basic in Claim.objects.visible_to(staff)
        .order_by()
        .values_list("state")
        .annotate(count=Count("id"), basic=Sum("basic"))
    }
    states = [state for state in Claim.State if state in rows]
    data = {
        "labels": [str(state.label) for state in states],
        "datasets": [
            {
                "label": _("笔数"),
                "data": [rows[state][0] for state in states],
                "backgroundColor": [f"var({_TONES[state]})" for state in states],
            }
        ],
    }
    options = {**bar_options(), "indexAxis": "y", "plugins": {"legend": {"display": False}}}
    return {
        "waiting": rows.get(Claim.State.ADJUDICATED, (0, 0))[0],
        "total": sum(count for count, _basic in rows.values()),
        "basic": sum(rows[state][1] for state in _PAYABLE if state in rows),
        "chart": {"data": json.dumps(data), "options": json.dumps(options)},
    }


def _flows(city: Area) -> dict[str, Any] | None:
    newest = Month.objects.filter(area=city, entries__isnull=False).order_by("-first_day").first()
    if newest is None:
        return None
    year = newest.first_day.year
    flows = statements.flows(city, "month", date(year, 1, 1), date(year, 12, 1))
    return {
        "year": year,
        "income": sum((flow.income for flow in flows), statements.ZERO),
        "expenditure": sum((flow.expenditure for flow in flows), statements.ZERO),
        "chart": flow_chart(flows),
    }
