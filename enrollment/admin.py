"""Enrollment in the admin: every record read-only and within scope; decisions are taken on the work site."""

from typing import ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from enrollment import changing, documents
from enrollment.models import (
    Certificate,
    CollectionPeriod,
    Comparison,
    CountyWindow,
    CoverChange,
    DayCount,
    Debit,
    DebitLine,
    Doubt,
    Due,
    DueCorrection,
    Enrollment,
    Household,
    Mandate,
    Merge,
    Paper,
    Payment,
    Proof,
    Reassignment,
    Refund,
    RefundList,
    RefundMove,
    RenewalCount,
    ReportedLine,
    Resident,
    ResidentChange,
    Scan,
    ScanPiece,
    School,
    SponsoredPerson,
    SponsorPayment,
    Sponsorship,
    Status,
    Tally,
    Target,
)
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
    """Found by name, initials, the whole document number or its end; the number itself stays masked here."""

    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("name", "number", "sex", "birth_on", "area", "household", "ended_on")
    list_filter: ClassVar = ("basis", "id_type", "end_reason")
    list_select_related: ClassVar = ("area", "household")
    search_fields: ClassVar = ("name__startswith", "initials__startswith")
    search_help_text = _("姓名、拼音首字母、完整证件号码或其末四位")
    exclude: ClassVar = ("id_number",)
    readonly_fields: ClassVar = ("number",)
    inlines: ClassVar = (StatusInline, EnrollmentInline)

    @admin.display(description=_("证件号码"))
    def number(self, row: Resident) -> str:
        return row.id_masked

    def get_search_results(self, request, queryset, search_term):  # type: ignore[no-untyped-def]
        """A whole number and its last four characters are looked up by their blind indexes; other parts find nobody."""
        term = identity.normal(search_term)
        if documents.is_tail(term):
            return queryset.filter(id_tail=documents.tail(term)), False
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


@admin.register(Paper)
class PaperAdmin(RecordAdmin):
    """Papers that were seen; their numbers stay masked and their scans are downloaded on the work site alone."""

    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("resident", "kind", "masked", "seen_on", "seen_by", "withdrawn_on")
    list_filter: ClassVar = ("kind",)
    list_select_related: ClassVar = ("resident", "seen_by")
    search_fields: ClassVar = ("resident__name__startswith",)
    exclude: ClassVar = ("number",)
    readonly_fields: ClassVar = ("masked",)

    @admin.display(description=_("编号"))
    def masked(self, row: Paper) -> str:
        return row.number_masked


@admin.register(Scan)
class ScanAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("paper", "form", "size", "digest")
    list_filter: ClassVar = ("form",)
    list_select_related: ClassVar = ("paper",)


@admin.register(ScanPiece)
class ScanPieceAdmin(RecordAdmin):
    """That the pieces are there; what they hold is sealed and not shown."""

    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("scan", "number")


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


@admin.register(CountyWindow)
class CountyWindowAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("area", "period", "opens_on", "closes_on", "document", "set_by", "replaced_at")
    list_select_related: ClassVar = ("area", "period__area", "set_by")


@admin.register(Sponsorship)
class SponsorshipAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("name", "kind", "area", "period", "per_head", "document", "confirmed_by", "ended_on")
    list_filter: ClassVar = ("kind",)
    list_select_related: ClassVar = ("area", "period__area", "confirmed_by")
    search_fields: ClassVar = ("name__startswith", "document__startswith")


@admin.register(SponsoredPerson)
class SponsoredPersonAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("resident", "sponsorship")
    list_select_related: ClassVar = ("resident", "sponsorship__period")
    search_fields: ClassVar = ("resident__name__startswith",)


@admin.register(SponsorPayment)
class SponsorPaymentAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("receipt", "sponsorship", "amount", "heads", "received_on", "taken_by")
    list_select_related: ClassVar = ("sponsorship__period", "taken_by")


@admin.register(DueCorrection)
class DueCorrectionAdmin(RecordAdmin):
    """Why dues changed after they were fixed; the rows put out of force are among the dues themselves."""

    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("enrollment", "corrected_on", "reason", "before", "after", "document", "by", "evened_on")
    list_filter: ClassVar = ("reason", "after_payment")
    list_select_related: ClassVar = ("enrollment__resident", "by")


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
    list_display: ClassVar = (
        "receipt", "channel", "name", "number", "year", "amount", "paid_on", "state", "reason", "area",
    )  # fmt: skip
    list_filter: ClassVar = ("state", "channel", "year")
    list_select_related: ClassVar = ("area",)
    search_fields: ClassVar = ("receipt__startswith", "name__startswith")
    exclude: ClassVar = ("id_number",)
    readonly_fields: ClassVar = ("number",)

    @admin.display(description=_("证件号码"))
    def number(self, row: Payment) -> str:
        return mask(row.id_number)


@admin.register(Reassignment)
class ReassignmentAdmin(RecordAdmin):
    """Money that was to change its person; it is decided on the work site."""

    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("payment", "resident", "why", "state", "asked_by", "asked_at", "decided_by")
    list_filter: ClassVar = ("state",)
    list_select_related: ClassVar = ("payment", "resident", "asked_by", "decided_by")
    search_fields: ClassVar = ("payment__receipt__startswith", "resident__name__startswith")


@admin.register(Mandate)
class MandateAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("resident", "bank", "holder", "masked", "household", "since", "until")
    list_filter: ClassVar = ("household",)
    list_select_related: ClassVar = ("resident",)
    search_fields: ClassVar = ("resident__name__startswith", "holder__startswith")
    exclude: ClassVar = ("account",)
    readonly_fields: ClassVar = ("masked",)


@admin.register(Debit)
class DebitAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("number", "bank", "area", "period", "lines", "amount", "made_by", "made_at")
    list_filter: ClassVar = ("bank",)
    list_select_related: ClassVar = ("area", "period__area", "made_by")
    search_fields: ClassVar = ("number__startswith",)


@admin.register(DebitLine)
class DebitLineAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("debit", "line", "enrollment", "amount", "state", "reason")
    list_filter: ClassVar = ("state",)
    list_select_related: ClassVar = ("debit", "enrollment__resident")
    search_fields: ClassVar = ("debit__number__startswith", "enrollment__resident__name__startswith")


@admin.register(ResidentChange)
class ResidentChangeAdmin(RecordAdmin):
    """What was changed about whom, with document numbers masked; proposals are decided on the work site."""

    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("resident", "kind", "told", "why", "state", "asked_by", "asked_at", "decided_by")
    list_filter: ClassVar = ("kind", "state", "needs_second")
    list_select_related: ClassVar = ("resident", "asked_by", "decided_by")
    search_fields: ClassVar = ("resident__name__startswith",)
    exclude: ClassVar = ("facts",)
    readonly_fields: ClassVar = ("told",)

    @admin.display(description=_("变更内容"))
    def told(self, row: ResidentChange) -> str:
        return "；".join(str(line) for line in changing.lines(row))


@admin.register(Merge)
class MergeAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("kept", "gone", "why", "merged_by", "merged_at", "undone_by", "undone_at")
    list_select_related: ClassVar = ("kept", "gone", "merged_by", "undone_by")
    search_fields: ClassVar = ("kept__name__startswith",)
    exclude: ClassVar = ("before",)


@admin.register(Doubt)
class DoubtAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("resident", "kind", "other", "place", "found_on", "state", "decided_by")
    list_filter: ClassVar = ("kind", "state")
    list_select_related: ClassVar = ("resident", "other", "decided_by")
    search_fields: ClassVar = ("resident__name__startswith",)


@admin.register(Proof)
class ProofAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("resident", "year", "proved_on", "how", "kept_by")
    list_filter: ClassVar = ("year",)
    list_select_related: ClassVar = ("resident", "kept_by")
    search_fields: ClassVar = ("resident__name__startswith",)


@admin.register(Tally)
class TallyAdmin(RecordAdmin):
    """Lines of the running counts, as the triggers of the database wrote them."""

    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("area", "year", "kind", "day", "number", "amount", "folded")
    list_filter: ClassVar = ("kind", "folded")
    list_select_related: ClassVar = ("area",)


@admin.register(Target)
class TargetAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("area", "year", "version", "people", "why", "set_by", "set_at")
    list_filter: ClassVar = ("year",)
    list_select_related: ClassVar = ("area", "set_by")
    search_fields: ClassVar = ("area__name__startswith", "area__code")


@admin.register(Certificate)
class CertificateAdmin(RecordAdmin):
    """What was printed; the code stays on the paper."""

    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("number", "enrollment", "copy", "amount", "paid_on", "issued_by", "issued_at")
    list_select_related: ClassVar = ("enrollment__resident", "issued_by")
    search_fields: ClassVar = ("number__startswith", "enrollment__resident__name__startswith")
    exclude: ClassVar = ("code",)


class RefundMoveInline(RecordInline):
    duty = Duty.SEE_RESIDENTS
    model = RefundMove


@admin.register(Refund)
class RefundAdmin(RecordAdmin):
    """The account stays sealed: its end is shown."""

    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("__str__", "applicant", "reason", "year", "amount", "masked", "state", "area")
    list_filter: ClassVar = ("state", "reason", "year")
    list_select_related: ClassVar = ("area",)
    search_fields: ClassVar = ("applicant__startswith", "payment__receipt__startswith")
    exclude: ClassVar = ("account",)
    readonly_fields: ClassVar = ("masked",)
    inlines: ClassVar = (RefundMoveInline,)


@admin.register(RefundMove)
class RefundMoveAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("refund", "before", "after", "by", "at", "why")
    list_filter: ClassVar = ("after",)
    list_select_related: ClassVar = ("refund", "by")


@admin.register(RefundList)
class RefundListAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("number", "area", "lines", "amount", "made_by", "made_at")
    list_select_related: ClassVar = ("area", "made_by")
    search_fields: ClassVar = ("number__startswith",)


@admin.register(ReportedLine)
class ReportedLineAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("receipt", "side", "day", "channel", "name", "id_masked", "year", "amount", "area")
    list_filter: ClassVar = ("side", "channel", "year")
    list_select_related: ClassVar = ("area",)
    search_fields: ClassVar = ("receipt__startswith", "name__startswith")


@admin.register(Comparison)
class ComparisonAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("receipt", "day", "channel", "name", "ours", "tax", "fund", "verdict", "state", "area")
    list_filter: ClassVar = ("verdict", "state", "channel")
    list_select_related: ClassVar = ("area",)
    search_fields: ClassVar = ("receipt__startswith", "name__startswith")


@admin.register(DayCount)
class DayCountAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("day", "channel", "area", "compared", "matched", "open", "ours", "tax", "fund")
    list_filter: ClassVar = ("channel",)
    list_select_related: ClassVar = ("area",)


@admin.register(CoverChange)
class CoverChangeAdmin(RecordAdmin):
    """Days of cover that stood and became others; the claims of those days wait in their work list."""

    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("resident", "enrollment", "was_from", "was_until", "now_from", "now_until", "changed_at")
    list_select_related: ClassVar = ("resident", "enrollment__resident")
    search_fields: ClassVar = ("resident__name__startswith",)


@admin.register(RenewalCount)
class RenewalCountAdmin(RecordAdmin):
    duty = Duty.SEE_RESIDENTS
    list_display: ClassVar = ("job", "area", "listed", "reason", "article", "people")
    list_filter: ClassVar = ("listed",)
    list_select_related: ClassVar = ("job", "area")
    search_fields: ClassVar = ("reason__startswith",)
