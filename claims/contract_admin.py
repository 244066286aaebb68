"""Institutions' agreements and physicians in the admin: facts and history to be looked at."""

from django.contrib import admin

from claims.models import (
    Application,
    Appraisal,
    Assessment,
    ContractAct,
    ContractMove,
    Physician,
    PhysicianStanding,
    Practice,
    Suspension,
)
from office.duties import Duty
from office.record_admin import RecordAdmin


@admin.register(Application)
class ApplicationAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display = ("__str__", "institution", "applied_on", "state", "published_from", "published_until", "entered_by")
    list_filter = ("state",)
    search_fields = ("institution__code", "institution__name")
    list_select_related = ("institution", "entered_by")


@admin.register(Assessment)
class AssessmentAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display = ("application", "assessed_on", "score", "fit", "by")
    list_filter = ("fit",)
    search_fields = ("application__institution__name",)
    list_select_related = ("application", "by")


@admin.register(ContractAct)
class ContractActAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display = ("__str__", "institution", "kind", "state", "proposed_by", "proposed_at", "decided_by", "decided_at")
    list_filter = ("kind", "state")
    search_fields = ("institution__code", "institution__name")
    list_select_related = ("institution", "proposed_by", "decided_by")


@admin.register(Suspension)
class SuspensionAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display = ("agreement", "since", "until", "act")
    search_fields = ("agreement__number", "agreement__institution__name")
    list_select_related = ("agreement", "act")


@admin.register(Appraisal)
class AppraisalAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display = ("agreement", "year", "score", "coefficient", "act")
    list_filter = ("year",)
    search_fields = ("agreement__number", "agreement__institution__name")
    list_select_related = ("agreement", "act")


@admin.register(ContractMove)
class ContractMoveAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display = ("institution", "before", "after", "on", "by", "checked_by", "at", "why")
    list_filter = ("after",)
    search_fields = ("institution__code", "institution__name")
    list_select_related = ("institution", "by", "checked_by")


@admin.register(Physician)
class PhysicianAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display = ("licence", "name", "title", "area", "registered_by", "registered_at")
    search_fields = ("licence", "name")
    list_select_related = ("area", "registered_by")


@admin.register(Practice)
class PracticeAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display = ("physician", "institution", "specialty", "since", "until")
    search_fields = ("physician__licence", "physician__name", "institution__name")
    list_select_related = ("physician", "institution")


@admin.register(PhysicianStanding)
class PhysicianStandingAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display = ("physician", "state", "since", "why", "stated_by")
    list_filter = ("state",)
    search_fields = ("physician__licence", "physician__name")
    list_select_related = ("physician", "stated_by")
