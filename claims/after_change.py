"""Claims that were worked out by days of cover which a correction has changed since: found, listed, to be looked at."""

from typing import Any, ClassVar

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from claims.models import Claim
from claims.views import TONES
from enrollment.models import CoverChange
from office import desk
from office.desk import Column, Filter
from office.duties import Duty
from office.models import Staff

State = Claim.State
VOID = (State.RETURNED, State.CANCELLED)


def after_change(by: Staff) -> QuerySet[Claim]:
    """Claims within scope whose days of care lie where cover was changed after they had been worked out.

    Refused ones are listed as well: days that were given afterwards may make them payable. Working a claim out again
    takes it off the list.
    """
    later = CoverChange.objects.filter(
        Q(since__lte=OuterRef("discharged")) & Q(until__gte=OuterRef("admitted")),
        resident=OuterRef("resident"),
        changed_at__gt=OuterRef("adjudicated_at"),
    ).order_by("-changed_at")
    found = Claim.objects.visible_to(by).filter(Exists(later), adjudicated_at__isnull=False).exclude(state__in=VOID)
    named = {name: Subquery(later.values(name)[:1]) for name in ("was_from", "was_until", "now_from", "now_until")}
    return found.annotate(**named, changed_at=Subquery(later.values("changed_at")[:1])).order_by(
        F("changed_at").desc(), "pk"
    )


def _days(claim: Claim, which: str) -> str:
    since, until = getattr(claim, f"{which}_from"), getattr(claim, f"{which}_until")
    return f"{since} – {until}" if since else ""


class AfterChange(desk.ListPage):
    duty = Duty.SEE_CLAIMS
    title = gettext_lazy("参保事实更正后待核的费用")
    hint = gettext_lazy("核算之后待遇期因更正而变化的费用：未结算的应撤回重算，已结算的应冲正。重算后自动移出。")
    search: ClassVar = ("number__istartswith", "resident__name__startswith")
    search_hint = gettext_lazy("结算单号或姓名")
    file_name = "after-change"
    columns: ClassVar = (
        Column(gettext_lazy("结算单号"), "number"),
        Column(gettext_lazy("姓名"), "resident.name"),
        Column(gettext_lazy("医疗机构"), "institution.name"),
        Column(gettext_lazy("入院"), "admitted", "date"),
        Column(gettext_lazy("出院"), "discharged", "date"),
        Column(gettext_lazy("原待遇期"), lambda claim: _days(claim, "was")),
        Column(gettext_lazy("现待遇期"), lambda claim: _days(claim, "now")),
        Column(gettext_lazy("更正时间"), "changed_at", "moment"),
        Column(gettext_lazy("状态"), "get_state_display", "badge", tone=lambda claim: TONES[claim.state]),
    )
    filters: ClassVar = (
        Filter("state", gettext_lazy("状态"), [(s.value, s.label) for s in State if s not in VOID]),
    )  # fmt: skip

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Claim]:
        found = after_change(request.user).select_related("resident", "institution")
        return found.defer("worksheet", "reasons", "added", "resident__id_number")

    def href(self, row: Claim) -> str:
        return reverse("claims:claim", args=[row.pk])
