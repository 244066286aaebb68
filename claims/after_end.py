"""Benefits paid for care after somebody's insurance here had ended: found, listed, to be taken back."""

from typing import Any, ClassVar, Final

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from claims.models import Claim
from claims.views import TONES
from enrollment.models import Resident
from office import desk
from office.desk import Column, Filter
from office.duties import Duty
from office.models import Staff
from policies.money import ZERO

Reason = Resident.EndReason
State = Claim.State
# What counts as paid or about to be: a claim that was refused, returned or cancelled gives nobody anything.
PAYING: Final = (State.ADJUDICATED, State.INQUIRY, State.APPROVED, State.SETTLED)
FUNDS: Final = ("basic", "critical_illness", "assistance", "charity")


def after_end(by: Staff) -> QuerySet[Claim]:
    """Claims within scope that pay for care after the person's insurance here had ended (XZ30.9).

    The day of admission decides, as it does for cover: the first day without is the day after a death or a move, and
    the very day on which an employee insurance begins. A claim whose discharge lies after a death is listed as well.
    """
    dead_since = Q(resident__end_reason=Reason.DEATH, discharged__gt=F("resident__ended_on"))
    employed = Q(resident__end_reason=Reason.EMPLOYEE_INSURANCE, admitted__gte=F("resident__ended_on"))
    left = Q(admitted__gt=F("resident__ended_on"))
    paid = Q()
    for fund in FUNDS:
        paid |= Q(**{f"{fund}__gt": 0})
    found = Claim.objects.visible_to(by).filter(dead_since | employed | left, paid, state__in=PAYING)
    return found.select_related("resident", "institution").order_by("-discharged", "pk")


def paid(claim: Claim) -> Any:
    """What the funds gave or would give, in yuan."""
    return sum((getattr(claim, fund) for fund in FUNDS), ZERO)


class AfterEnd(desk.ListPage):
    duty = Duty.SEE_CLAIMS
    title = gettext_lazy("终止后享受待遇")
    hint = gettext_lazy("参保终止之后仍有支付的费用：未结算的应作废，已结算的应追回。")
    search: ClassVar = ("number__istartswith", "resident__name__startswith")
    search_hint = gettext_lazy("结算单号或姓名")
    file_name = "after-end"
    columns: ClassVar = (
        Column(gettext_lazy("结算单号"), "number"),
        Column(gettext_lazy("姓名"), "resident.name"),
        Column(gettext_lazy("终止日期"), "resident.ended_on", "date"),
        Column(gettext_lazy("终止原因"), "resident.get_end_reason_display"),
        Column(gettext_lazy("医疗机构"), "institution.name"),
        Column(gettext_lazy("入院"), "admitted", "date"),
        Column(gettext_lazy("出院"), "discharged", "date"),
        Column(gettext_lazy("基金支付"), paid, "money"),
        Column(gettext_lazy("状态"), "get_state_display", "badge", tone=lambda claim: TONES[claim.state]),
    )
    filters: ClassVar = (
        Filter("reason", gettext_lazy("终止原因"), Reason.choices, lookup="resident__end_reason"),
        Filter("state", gettext_lazy("状态"), [(state.value, state.label) for state in PAYING]),
    )

    def rows(self, request: HttpRequest, **kwargs: Any) -> QuerySet[Claim]:
        return after_end(request.user).defer("worksheet", "reasons", "added", "resident__id_number")

    def href(self, row: Claim) -> str:
        return reverse("claims:claim", args=[row.pk])
