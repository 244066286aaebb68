"""Messages of hospitals' systems: each has one effect and one answer, for ever, however often it is sent."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, FilteredRelation, Q
from django.utils.translation import gettext as _

from claims import correcting, intake, withdrawing
from claims.models import Claim, Connection, Message
from enrollment.models import Resident
from office.refusal import Refusal
from office.secrecy import blind_index
from office.sheets import Fault, Row

Kind = Message.Kind
Content = dict[str, Any]

OK: Final = 200
UNKNOWN: Final = 404
CONFLICT: Final = 409
AMOUNTS: Final = (
    "total", "basic", "critical_illness", "assistance", "charity", "hospital_borne", "personal",
    "out_of_scope", "over_ceiling", "first_share", "in_scope", "deductible", "compliant_personal",
)  # fmt: skip


class BadMessage(Refusal):
    """What was sent cannot be taken as it is; `faults` name each place. Put right it may come under the same name."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(_("报文有误，未受理"))
        self.faults = faults


class Sent(NamedTuple):
    """A message whose signature holds: over which connection, its name, and what was answered to it before."""

    connection: Connection
    message_id: str
    digest: str
    earlier: tuple[str, int, Content] | None


class Answer(NamedTuple):
    """What goes back, and what it was about: a claim, and whether the number was taken by this message."""

    status: int
    content: Content
    claim: Claim | None = None
    opens: bool = False


def find(key: str, message_id: str) -> tuple[Connection, tuple[str, int, Content] | None] | None:
    """The open connection of this key and what it was answered under this name, if anything. One query."""
    earlier = FilteredRelation("institution__messages", condition=Q(institution__messages__message_id=message_id))
    found = (
        Connection.objects.filter(key=key, closed_at=None)
        .select_related("institution__area", "opened_by__area")
        .annotate(earlier=earlier)
        .annotate(told=F("earlier__digest"), status=F("earlier__status"), content=F("earlier__answer"))
        .first()
    )
    if found is None:
        return None
    return found, (found.told, found.status, found.content) if found.told else None


def claim(sent: Sent, rows: Sequence[Row], *, at: datetime) -> Answer:
    """Enter a claim and work it out. The same claim again, whatever its message, gives the answer as it stands now.

    A number that stands with other content, or whose reversal came before, is answered with a conflict.
    """
    number = rows[0]["number"]

    def act(again: bool) -> Answer:
        institution = sent.connection.institution
        resident, reversed_ahead = _resident(sent, rows)
        if reversed_ahead:
            return _conflict("reversed", _("结算单 %(number)s 的冲正已先到达，原报文不再受理") % {"number": number})
        draft = _draft(rows, resident)
        if again and (standing := correcting.latest(institution.pk, number)) is not None:
            if standing.digest == draft.digest:
                return Answer(OK, told(standing), standing)
            message = _("结算单 %(number)s 已有不同内容的申报，更正请走更正接口")
            return _conflict("other_content", message % {"number": number})
        [made] = intake.enter_decided([draft], institution, by=sent.connection.opened_by, at=at)
        return Answer(OK, told(made), made, opens=True)

    return _once(sent, Kind.CLAIM, number, act, at)


def correction(sent: Sent, rows: Sequence[Row], why: str, *, at: datetime) -> Answer:
    """Put a corrected claim in the place of the latest version of its number."""
    number = rows[0]["number"]

    def act(_again: bool) -> Answer:
        standing = correcting.latest(sent.connection.institution_id, number)
        if standing is None:
            return _unknown(number)
        draft = _draft(rows, _resident(sent, rows)[0])
        made = correcting.correct(standing, draft, by=sent.connection.opened_by, at=at, why=why)
        return Answer(OK, told(made), made)

    return _once(sent, Kind.CORRECTION, number, act, at)


def reversal(sent: Sent, number: str, why: str, *, at: datetime) -> Answer:
    """Take a claim back, before its settlement or after; of a number that nobody sent yet it is remembered."""

    def act(_again: bool) -> Answer:
        standing = correcting.latest(sent.connection.institution_id, number)
        if standing is None:
            message = _("尚未收到该结算单；此后到达的原报文将不予受理")
            content = {"number": number, "state": "unknown", "message": message}
            known = Message.objects.filter(institution=sent.connection.institution_id, number=number, opens=True)
            return Answer(OK, content, opens=not known.exists())
        if standing.state not in intake.GONE:
            standing = withdrawing.undo(standing, by=sent.connection.opened_by, at=at, why=why)
        return Answer(OK, told(standing), standing)

    return _once(sent, Kind.REVERSAL, number, act, at)


def standing(connection: Connection, number: str) -> Content | None:
    """How the latest version of a number stands now; None where nobody sent it."""
    found = correcting.latest(connection.institution_id, number)
    return told(found) if found else None


def told(claim: Claim) -> Content:
    """A claim as a hospital's system reads it: amounts in yuan with two decimals, and why."""
    return {
        "number": claim.number,
        "version": claim.version,
        "state": claim.state,
        "policy": claim.policy,
        "ratio": None if claim.ratio is None else f"{claim.ratio:.4f}",
        "amounts": {name: f"{getattr(claim, name):.2f}" for name in AMOUNTS},
        "reasons": claim.reasons,
        "worksheet": claim.worksheet,
    }


def _once(sent: Sent, kind: str, number: str, act: Callable[[bool], Answer], at: datetime) -> Answer:
    """Act and keep the answer, both or neither; whoever else sent the same meanwhile gets what that one was told."""
    if sent.earlier is not None:
        return _again(sent, *sent.earlier)
    try:
        return _kept(sent, kind, number, act, at, again=False)
    except IntegrityError:
        # The number stands already, or the same message came twice at once: now the other one can be seen.
        found = Message.objects.filter(institution=sent.connection.institution_id, message_id=sent.message_id)
        earlier = found.values_list("digest", "status", "answer").first()
        return _again(sent, *earlier) if earlier else _kept(sent, kind, number, act, at, again=True)


@transaction.atomic
def _kept(sent: Sent, kind: str, number: str, act: Callable[[bool], Answer], at: datetime, *, again: bool) -> Answer:
    answer = act(again)
    Message.objects.create(
        institution_id=sent.connection.institution_id,
        message_id=sent.message_id,
        kind=kind,
        number=number,
        digest=sent.digest,
        status=answer.status,
        answer=answer.content,
        claim=answer.claim,
        opens=answer.opens,
        received_at=at,
    )
    return answer


def _again(sent: Sent, digest: str, status: int, content: Content) -> Answer:
    if digest != sent.digest:
        return _conflict("other_message", _("此报文标识已用于另一内容，请使用新的标识"))
    return Answer(status, content)


def _conflict(code: str, message: str) -> Answer:
    return Answer(CONFLICT, {"code": code, "message": message})


def _unknown(number: str) -> Answer:
    return Answer(UNKNOWN, {"code": "unknown", "message": _("没有收到过结算单 %(number)s") % {"number": number}})


def _resident(sent: Sent, rows: Sequence[Row]) -> tuple[Resident | None, bool]:
    """Who the claim is about, by document within the city, and whether its reversal came before it. One query."""
    institution = sent.connection.institution
    ahead = Message.objects.filter(institution=institution, number=rows[0]["number"], opens=True, kind=Kind.REVERSAL)
    found = (
        intake.insured_in(institution, [blind_index(rows[0]["id_number"])])
        .annotate(reversed_ahead=Exists(ahead))
        .last()
    )
    return found, bool(found and found.reversed_ahead)


def _draft(rows: Sequence[Row], resident: Resident | None) -> intake.Draft:
    """The claim of these rows; raises BadMessage with every fault of it."""
    faults = list(intake.faults(rows, resident))
    if faults or resident is None:
        raise BadMessage(faults)
    draft = intake.draft(rows[0]["number"], rows, resident)
    draft.online = True
    return draft
