"""Which role may do what: one table, asked by every page, button, export and call."""

from enum import StrEnum
from typing import Final

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from office.models import Staff
from office.refusal import Refusal

Role = Staff.Role


class Duty(StrEnum):
    """What somebody may be asked to do; seeing is a duty of its own, because not everybody may see everything."""

    SEE_RESIDENTS = "see_residents"
    REGISTER = "register"  # households, residents, rosters, statuses, ends, filings
    COLLECT = "collect"  # open a period, take payment files, start the renewal
    REFUND = "refund"  # take an application for money back
    CALL = "call"  # whoever has not paid: names with their phones, lists for the round and for messages
    SEE_CLAIMS = "see_claims"
    INTAKE = "intake"  # claims files
    REVIEW = "review"
    CONTRACT = "contract"  # institutions and agreements
    ASSESS = "assess"  # institutions that apply to be designated; two people look
    SEE_BOOKS = "see_books"
    SETTLE = "settle"  # draft a month's settlements, pay, book
    CHECK = "check"  # the second pair of eyes on settlements and notices
    DECIDE_STANDARDS = "decide_standards"  # notices
    SEE_JOBS = "see_jobs"
    KEEP_SYSTEM = "keep_system"  # areas
    KEEP_STAFF = "keep_staff"  # accounts
    AUDIT = "audit"  # the trail


# System, security and audit administrators exclude each other (a person has one role) and move no money.
ROLES: Final[dict[Duty, frozenset[Role]]] = {
    Duty.SEE_RESIDENTS: frozenset(
        {Role.CLERK, Role.REVIEWER, Role.RECHECKER, Role.ACCOUNTANT, Role.MANAGER, Role.AUDITOR}
    ),
    Duty.REGISTER: frozenset({Role.CLERK, Role.MANAGER}),
    Duty.COLLECT: frozenset({Role.MANAGER, Role.ACCOUNTANT}),
    Duty.REFUND: frozenset({Role.CLERK, Role.MANAGER, Role.ACCOUNTANT}),
    Duty.CALL: frozenset({Role.CLERK, Role.MANAGER}),
    Duty.SEE_CLAIMS: frozenset({Role.REVIEWER, Role.RECHECKER, Role.ACCOUNTANT, Role.MANAGER, Role.AUDITOR}),
    Duty.INTAKE: frozenset({Role.MANAGER}),
    Duty.REVIEW: frozenset({Role.REVIEWER, Role.RECHECKER}),
    Duty.CONTRACT: frozenset({Role.MANAGER}),
    Duty.ASSESS: frozenset({Role.MANAGER, Role.REVIEWER, Role.RECHECKER}),
    Duty.SEE_BOOKS: frozenset({Role.ACCOUNTANT, Role.RECHECKER, Role.MANAGER, Role.AUDITOR}),
    Duty.SETTLE: frozenset({Role.ACCOUNTANT}),
    Duty.CHECK: frozenset({Role.RECHECKER}),
    Duty.DECIDE_STANDARDS: frozenset({Role.MANAGER}),
    Duty.SEE_JOBS: frozenset(Role),
    Duty.KEEP_SYSTEM: frozenset({Role.SYSTEM}),
    Duty.KEEP_STAFF: frozenset({Role.SECURITY}),
    Duty.AUDIT: frozenset({Role.AUDITOR}),
}


class NotYourDuty(Refusal):
    """Somebody asked for what their role does not include."""


def may(staff: Staff | AnonymousUser, duty: Duty) -> bool:
    """Whether this person's role includes the duty; never for somebody without an area or no longer active."""
    return staff.is_authenticated and staff.is_active and staff.area_id is not None and staff.role in ROLES[duty]


def of(staff: Staff | AnonymousUser) -> frozenset[str]:
    """All duties of a person, for pages to show only the buttons that work."""
    return frozenset(duty.value for duty in Duty if may(staff, duty))


def require(staff: Staff, duty: Duty) -> None:
    """Refuse with NotYourDuty where the role does not include the duty."""
    if not may(staff, duty):
        raise NotYourDuty(_("您的岗位（%(role)s）不办理此项业务。") % {"role": staff.get_role_display()})
