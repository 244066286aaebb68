"""Looking at what was worked out: approve, refuse, return, send to inquiry, answer it. The maker never checks."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from claims import lifecycle
from claims.adjudication import State
from claims.models import Claim
from claims.withdrawing import take_out
from office import audit
from office.models import Batch, Staff
from office.refusal import Refusal


class CannotReview(Refusal):
    """This person cannot decide this claim, or the decision lacks its reason."""


def approve(*claims: Claim, by: Staff, at: datetime, note: str = "") -> list[Claim]:
    """Approve claims that wait for review; the month's settlement takes them from here.

    Refuses who entered one of them, a claim that does not wait for review, and one that was worked out again since it
    was read (CannotMove): what is approved is what was seen.
    """
    _refuse_maker(claims, by)
    with transaction.atomic():
        standing = Claim.objects.select_for_update().filter(pk__in=[claim.pk for claim in claims]).order_by("pk")
        seen = dict(standing.values_list("pk", "adjudicated_at"))
        for claim in claims:
            if seen[claim.pk] != claim.adjudicated_at:
                raise lifecycle.CannotMove(
                    _("结算单 %(number)s 的金额已重新核算，请重新查看后再办理。") % {"number": claim.number}
                )
        approved = lifecycle.move(
            claims, State.APPROVED, by=by, at=at, why=note, reviewed_by=by, reviewed_at=at, review_note=note
        )
        for claim in approved[:1]:
            audit.record(by, "claims.approve", claim, _told(approved, note), at=at)
    return approved


def approve_clean(batch: Batch, *, by: Staff, at: datetime, up_to: Decimal) -> int:
    """Approve what one file brought, as far as it is payable without any remark and at most `up_to` yuan of basic.

    Answers how many. Everything else stays in the queue for a person to look at.
    """
    clean = Claim.objects.visible_to(by).filter(
        batch=batch, state=State.ADJUDICATED, reasons=[], inquiry="", basic__lte=up_to
    )
    return len(approve(*clean.exclude(entered_by=by).order_by("pk"), by=by, at=at, note="无疑点批量通过"))


def refuse(*claims: Claim, by: Staff, at: datetime, message: str, article: str = "") -> list[Claim]:
    """Refuse claims for a reason that the rules could not see; every yuan becomes the person's.

    `message` is the sentence the resident will read, `article` what it rests on. Their years get back what they used.
    """
    _refuse_maker(claims, by)
    _refuse_silence(message)
    with transaction.atomic():
        refused = take_out(
            claims,
            State.REFUSED,
            by=by,
            at=at,
            why=message,
            unpaid=[{"article": article, "message": message}],
            reviewed_by=by,
            reviewed_at=at,
            review_note=message[:200],
        )
        for claim in refused[:1]:
            audit.record(by, "claims.refuse", claim, _told(refused, message) | {"article": article}, at=at)
    return refused


def return_to_institution(claim: Claim, *, by: Staff, at: datetime, why: str) -> Claim:
    """Give a claim back to the hospital; corrected it comes again under a new number, this one keeps its history."""
    _refuse_maker([claim], by)
    _refuse_silence(why)
    with transaction.atomic():
        [returned] = take_out(
            [claim], State.RETURNED, by=by, at=at, why=why, reviewed_by=by, reviewed_at=at, review_note=why[:200]
        )
        audit.record(by, "claims.return", returned, {"number": returned.number, "why": why}, at=at)
    return returned


def send_to_inquiry(claim: Claim, *, by: Staff, at: datetime, why: str) -> Claim:
    """Let somebody find out what happened before anything is paid [XZ18]; until then it counts in no year."""
    _refuse_silence(why)
    with transaction.atomic():
        [asked] = take_out([claim], State.INQUIRY, by=by, at=at, why=why)
        audit.record(by, "claims.send_to_inquiry", asked, {"number": asked.number, "why": why}, at=at)
    return asked


def answer_inquiry(claim: Claim, answer: str, *, by: Staff, at: datetime, note: str) -> Claim:
    """Close an inquiry: covered is worked out again with what the year holds now, not covered is refused [XZ18].

    Refuses who entered the claim, silence, and an answer that is neither.
    """
    _refuse_maker([claim], by)
    _refuse_silence(note)
    if answer not in Claim.Inquiry.values:
        raise CannotReview(_("核查结论应为属实或不属支付范围。"), field="answer")
    with transaction.atomic():
        if answer == Claim.Inquiry.NOT_COVERED:
            article = next((reason["article"] for reason in claim.reasons), "")
            [closed] = take_out(
                [claim],
                State.REFUSED,
                by=by,
                at=at,
                why=note,
                unpaid=[{"article": article, "message": f"核查结论：{note}"}],
                inquiry=answer,
                reviewed_by=by,
                reviewed_at=at,
                review_note=note[:200],
            )
        else:
            [closed] = take_out([claim], State.RECEIVED, by=by, at=at, why=note, inquiry=answer)
            closed.refresh_from_db()
        audit.record(
            by, "claims.answer_inquiry", closed, {"number": closed.number, "answer": answer, "note": note}, at=at
        )
    return closed


def _refuse_maker(claims: Iterable[Claim], by: Staff) -> None:
    own = next((claim for claim in claims if claim.entered_by_id == by.pk), None)
    if own is not None:
        raise CannotReview(
            _("结算单 %(number)s 由您录入，录入人不能审核，请交由其他审核员办理。") % {"number": own.number}
        )


def _refuse_silence(message: str) -> None:
    if not message.strip():
        raise CannotReview(_("请写明理由。"), field="message")


def _told(claims: list[Claim], note: str) -> dict[str, object]:
    return {"count": len(claims), "numbers": [claim.number for claim in claims[:50]], "note": note}
