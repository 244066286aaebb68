"""A corrected claim: a new version of its number that stands in the place of the one before, in one step."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from claims import intake, reflow
from claims.gathering import VOID
from claims.models import Claim
from claims.withdrawing import remove
from office import audit
from office.models import Staff
from office.refusal import Refusal

State = Claim.State


class CannotCorrect(Refusal):
    """The claim was corrected before: only its latest version is."""


def latest(institution_id: int, number: str) -> Claim | None:
    """The version of this number that came last, whatever became of it."""
    found = Claim.objects.filter(institution=institution_id, number=number).select_related("resident__area")
    return found.order_by("-version").first()


def correct(old: Claim, draft: intake.Draft, *, by: Staff, at: datetime, why: str) -> Claim:
    """Put a corrected claim in the place of `old`, which is cancelled, or reversed where it was settled.

    The year is worked out once, with the old one out and the new one in. What says the same as before changes nothing
    and gives `old` back. Refused with CannotCorrect where a later version stands.
    """
    if old.digest == draft.digest and old.state not in VOID:
        return old
    with transaction.atomic():
        new = intake.received(draft, old.institution, by, at)
        new.version, new.replaces = old.version + 1, old
        year = reflow.hold_new([old, new])
        standing = Claim.objects.select_for_update(of=("self",)).filter(pk=old.pk).get()
        if Claim.objects.filter(replaces=old).exists():
            raise CannotCorrect(_("结算单 %(number)s 已更正，请对最新版本办理。") % {"number": old.number})
        if standing.state not in VOID:
            to = State.REVERSED if standing.state == State.SETTLED else State.CANCELLED
            remove([standing], to, year, by=by, at=at, why=why)
        intake.decide_as_it_comes([new], [draft], by=by, at=at, year=year)
        told = {"number": new.number, "version": new.version, "why": why}
        audit.record(by, "claims.correct", new, told, at=at)
    return new
