"""Enrollment in the admin: every record read-only and within scope; decisions are taken on the work site."""

from typing import ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from enrollment.models import CollectionPeriod, Due, Enrollment, Household, Payment, Resident, School, Status
from office import identity
from office.duties import Duty
from office.record_admin import RecordAdmin, RecordInline
from office.secrecy import blind_index, mask


class StatusInline(RecordInline):
    duty = Duty.SEE_RESIDENTS
    model = Status


class DueInline(RecordInline):
    duty = Duty.SEE_RESIDENTS
    model = Due


class EnrollmentInline(RecordInline):
    duty = Duty.SEE_RESIDENTS
    model = Enrollment
    fields: ClassVar = ("year", "state", "paid_on", "benefits_from", "benefits_until")


class MemberInline(RecordInline):
    duty = Duty.SEE_RESIDENTS
    model = Resident
    fields: ClassVar = ("name", "relation", "birth_on")
    fk_name = "household"


@admin.register(Resident)
class ResidentAdmin(RecordAdmin):
    """Found by name, initials or the whole document number; the number itself stays masked here."""

    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("name", "number", "sex", "birth_on", "area", "household", "ended_on")
    list_filter: ClassVar = ("basis", "id_type", "end_reason")
    list_select_related: ClassVar = ("area", "household")
    search_fields: ClassVar = ("name__startswith", "initials__startswith")
    search_help_text = _("姓名、拼音首字母或完整证件号码")
    exclude: ClassVar = ("id_number",)
    readonly_fields: ClassVar = ("number",)
    inlines: ClassVar = (StatusInline, EnrollmentInline)

    @admin.display(description=_("证件号码"))
    def number(self, row: Resident) -> str:
        return row.id_masked

    def get_search_results(self, request, queryset, search_term):  # type: ignore[no-untyped-def]
        """A whole number is looked up by its blind index; parts of one find nobody."""
        term = identity.normal(search_term)
        if any(character.isdigit() for character in term):
            return queryset.filter(id_index=blind_index(term)), False
        return super().get_search_results(request, queryset, term)


@admin.register(Household)
class HouseholdAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("number", "head", "area", "address", "registered_on")
    list_select_related: ClassVar = ("area", "head")
    search_fields: ClassVar = ("number__startswith", "head__name__startswith")
    inlines: ClassVar = (MemberInline,)


@admin.register(School)
class SchoolAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("code", "name", "kind", "area")
    list_filter: ClassVar = ("kind",)
    list_select_related: ClassVar = ("area",)
    search_fields: ClassVar = ("code__startswith", "name__icontains")


@admin.register(Status)
class StatusAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("resident", "group", "since", "until", "certified_by", "document")
    list_filter: ClassVar = ("group",)
    list_select_related: ClassVar = ("resident",)
    search_fields: ClassVar = ("resident__name__startswith",)


@admin.register(CollectionPeriod)
class CollectionPeriodAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("year", "area", "opens_on", "closes_on", "individual", "subsidy", "document")
    list_select_related: ClassVar = ("area",)


@admin.register(Enrollment)
class EnrollmentAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = (
        "resident",
        "year",
        "state",
        "origin",
        "area",
        "paid_on",
        "benefits_from",
        "benefits_until",
    )
    list_filter: ClassVar = ("year", "state", "origin")
    list_select_related: ClassVar = ("resident", "area")
    search_fields: ClassVar = ("resident__name__startswith", "resident__initials__istartswith")
    inlines: ClassVar = (DueInline,)


@admin.register(Due)
class DueAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("enrollment", "payer", "amount", "article")
    list_filter: ClassVar = ("payer",)
    list_select_related: ClassVar = ("enrollment__resident",)
    search_fields: ClassVar = ("enrollment__resident__name__startswith",)


@admin.register(Payment)
class PaymentAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("receipt", "name", "number", "year", "amount", "paid_on", "state", "reason", "area")
    list_filter: ClassVar = ("state", "year")
    list_select_related: ClassVar = ("area",)
    search_fields: ClassVar = ("receipt__startswith", "name__startswith")
    exclude: ClassVar = ("id_number",)
    readonly_fields: ClassVar = ("number",)

    @admin.display(description=_("证件号码"))
    def number(self, row: Payment) -> str:
        return mask(row.id_number)
