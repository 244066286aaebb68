"""Claims, institutions and filings in the admin: facts and history to be looked at, decisions as actions."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

import claims.contract_admin  # noqa: F401  registers its own pages
import claims.following  # noqa: F401  the register tells claims what it changes, whichever process changes it
from claims import review, withdrawing
from claims.models import (
    Accumulator,
    Adjustment,
    Agreement,
    CatalogueItem,
    Claim,
    ClaimLine,
    ClaimMove,
    Connection,
    DiseaseCode,
    Filing,
    Institution,
    InstitutionFacts,
    Message,
    OperationCode,
)
from office import days, duties
from office.duties import Duty
from office.record_admin import RecordAdmin, RecordInline
from office.refusal import Refusal


class FactsInline(RecordInline):
    duty = Duty.SEE_RESIDENTS
    model = InstitutionFacts
    fields = ("since", "level", "grade", "affiliation", "location", "ownership", "beds", "chinese_medicine")


class AgreementInline(RecordInline):
    duty = Duty.SEE_RESIDENTS
    model = Agreement
    fields = ("number", "since", "until", "ended_on", "method", "deposit_rate", "year_budget")


@admin.register(Institution)
class InstitutionAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display = ("code", "name", "area")
    search_fields = ("code", "name")
    list_select_related = ("area",)
    inlines: ClassVar = (FactsInline, AgreementInline)


@admin.register(InstitutionFacts)
class InstitutionFactsAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display = ("institution", "since", "level", "grade", "affiliation", "location", "ownership", "beds")
    list_filter = ("level", "affiliation", "location", "ownership")
    search_fields = ("institution__code", "institution__name")
    list_select_related = ("institution",)


@admin.register(Agreement)
class AgreementAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display = ("number", "institution", "since", "until", "ended_on", "method", "deposit_rate", "year_budget")
    list_filter = ("method",)
    search_fields = ("number", "institution__name")
    list_select_related = ("institution",)


@admin.register(Filing)
class FilingAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display = ("number", "resident", "kind", "since", "until", "filed_by")
    list_filter = ("kind",)
    search_fields = ("number", "resident__name")
    list_select_related = ("resident", "filed_by")


@admin.register(Accumulator)
class AccumulatorAdmin(RecordAdmin):
    duty = Duty.SEE_CLAIMS
    list_display = (
        "resident",
        "year",
        "admissions",
        "basic",
        "inpatient_basic",
        "outpatient_basic",
        "critical_illness",
    )
    list_filter = ("year",)
    search_fields = ("resident__name",)
    list_select_related = ("resident",)


class ClaimLineInline(RecordInline):
    duty = Duty.SEE_CLAIMS
    model = ClaimLine
    fields = ("number", "item", "kind", "klass", "amount", "first_share", "ceiling", "day", "informed")
    show_change_link = False


class ClaimMoveInline(RecordInline):
    duty = Duty.SEE_CLAIMS
    model = ClaimMove
    fields = ("before", "after", "by", "at", "why")
    show_change_link = False


@admin.register(Claim)
class ClaimAdmin(RecordAdmin):
    duty = Duty.SEE_CLAIMS
    list_display = ("number", "resident", "institution", "benefit", "discharged", "total", "basic", "personal", "state")
    list_filter = ("state", "benefit", "year", "policy")
    search_fields = ("number", "resident__name")
    list_select_related = ("resident", "institution")
    exclude = ("diagnosis",)  # shown on the work site, where showing it is written down
    inlines: ClassVar = (ClaimLineInline, ClaimMoveInline)
    actions: ClassVar = ("export_ticked", "approve_ticked", "recalculate_ticked")

    def has_review_permission(self, request: HttpRequest) -> bool:
        return duties.may(request.user, Duty.REVIEW)

    @admin.action(description=gettext_lazy("审核通过所选"), permissions=["review"])
    def approve_ticked(self, request: HttpRequest, ticked: QuerySet[Any]) -> None:
        """Approve the ticked claims, all of them or none."""
        try:
            approved = review.approve(*ticked, by=request.user, at=days.now())
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, _("已通过 %(count)d 笔。") % {"count": len(approved)})

    @admin.action(description=gettext_lazy("重新核算所选"), permissions=["review"])
    def recalculate_ticked(self, request: HttpRequest, ticked: QuerySet[Any]) -> None:
        """Work the ticked claims out again."""
        try:
            redone = withdrawing.recalculate(*ticked, by=request.user, at=days.now(), why=_("后台重新核算"))
        except Refusal as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, _("已重新核算 %(count)d 笔。") % {"count": len(redone)})


@admin.register(ClaimLine)
class ClaimLineAdmin(RecordAdmin):
    duty = Duty.SEE_CLAIMS
    list_display = ("claim", "number", "item", "kind", "klass", "amount")
    list_filter = ("kind", "klass")
    search_fields = ("claim__number", "item")
    list_select_related = ("claim",)


@admin.register(ClaimMove)
class ClaimMoveAdmin(RecordAdmin):
    duty = Duty.SEE_CLAIMS
    list_display = ("claim", "before", "after", "by", "at", "why")
    list_filter = ("after",)
    search_fields = ("claim__number",)
    list_select_related = ("claim", "by")


@admin.register(Adjustment)
class AdjustmentAdmin(RecordAdmin):
    duty = Duty.SEE_CLAIMS
    list_display = ("claim", "payee", "basic", "critical_illness", "assistance", "charity", "why", "made_at")
    list_filter = ("payee",)
    search_fields = ("claim__number",)
    list_select_related = ("claim",)


@admin.register(Connection)
class ConnectionAdmin(RecordAdmin):
    duty = Duty.CONTRACT
    list_display = ("key", "institution", "opened_by", "opened_at", "closed_at")
    search_fields = ("key", "institution__name")
    list_select_related = ("institution", "opened_by")
    fields = ("key", "institution", "opened_by", "opened_at", "closed_at")  # the secret is shown once, to who opens it


@admin.register(Message)
class MessageAdmin(RecordAdmin):
    duty = Duty.SEE_CLAIMS
    list_display = ("message_id", "institution", "kind", "number", "status", "received_at")
    list_filter = ("kind", "status")
    search_fields = ("message_id", "number")
    list_select_related = ("institution",)


class CatalogueRowAdmin(RecordAdmin):
    """A row of a dated list: what stands under a code from a day on."""

    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("code", "name", "since", "version", "listed")
    search_fields: ClassVar = ("code__startswith", "name__startswith", "initials__istartswith")
    whole = True  # codes belong to no area


@admin.register(CatalogueItem)
class CatalogueItemAdmin(CatalogueRowAdmin):
    list_display = ("region", "code", "name", "kind", "klass", "first_share", "ceiling", "since", "listed")
    list_filter = ("kind", "klass")


@admin.register(DiseaseCode)
class DiseaseCodeAdmin(CatalogueRowAdmin):
    pass


@admin.register(OperationCode)
class OperationCodeAdmin(CatalogueRowAdmin):
    pass
