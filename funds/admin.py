"""The books and settlements in the admin: facts to be looked at; decisions are taken on the work site's pages."""

from typing import ClassVar

from django.contrib import admin

from funds.models import Account, Entry, Month, Posting, Redress, Settlement, SettlementItem
from office.duties import Duty
from office.record_admin import RecordAdmin, RecordInline


@admin.register(Account)
class AccountAdmin(RecordAdmin):
    duty = Duty.SEE_BOOKS
    whole = True
    list_display = ("code", "name", "kind", "is_confirmed")
    list_filter = ("kind", "is_confirmed")
    search_fields = ("code", "name")


@admin.register(Month)
class MonthAdmin(RecordAdmin):
    duty = Duty.SEE_BOOKS
    list_display = ("__str__", "area", "state", "closed_by", "closed_at")
    list_filter = ("state",)


class PostingInline(RecordInline):
    duty = Duty.SEE_BOOKS
    model = Posting
    fields = ("leg", "debit", "credit", "amount", "sub_fund", "area", "institution", "payer")


@admin.register(Entry)
class EntryAdmin(RecordAdmin):
    duty = Duty.SEE_BOOKS
    list_display = ("id", "month", "booked_on", "memo", "source", "booked_by")
    list_filter = ("month",)
    search_fields = ("memo", "source")
    list_select_related = ("month", "booked_by")
    inlines: ClassVar = (PostingInline,)


@admin.register(Posting)
class PostingAdmin(RecordAdmin):
    duty = Duty.SEE_BOOKS
    list_display = ("entry", "leg", "debit", "credit", "amount", "sub_fund", "area", "institution")
    list_filter = ("sub_fund",)
    search_fields = ("entry__memo", "entry__source")
    list_select_related = ("entry", "debit", "credit", "area", "institution")


class SettlementItemInline(RecordInline):
    duty = Duty.SEE_BOOKS
    model = SettlementItem
    fields = ("claim", "basic", "critical_illness", "assistance", "charity")


@admin.register(Settlement)
class SettlementAdmin(RecordAdmin):
    duty = Duty.SEE_BOOKS
    list_display = ("institution", "first_day", "method", "claims", "approved", "held", "deposit", "payable", "state")
    list_filter = ("state", "method", "first_day")
    search_fields = ("institution__name", "institution__code")
    list_select_related = ("institution",)
    inlines: ClassVar = (SettlementItemInline,)


@admin.register(SettlementItem)
class SettlementItemAdmin(RecordAdmin):
    duty = Duty.SEE_BOOKS
    list_display = ("settlement", "claim", "basic", "critical_illness", "assistance", "charity")
    search_fields = ("claim__number", "settlement__institution__name")
    list_select_related = ("settlement__institution", "claim")


@admin.register(Redress)
class RedressAdmin(RecordAdmin):
    duty = Duty.SEE_BOOKS
    list_display = ("adjustment", "document", "prepared_by", "settled_by", "settled_on")
    search_fields = ("adjustment__claim__number", "document")
    list_select_related = ("adjustment__claim", "prepared_by", "settled_by")
