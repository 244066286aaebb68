"""How an institution comes to be designated: it applies, two people assess it, the result is published [PZ16]."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from claims import contract_moves
from claims.models import Application, Assessment, Institution
from office import audit
from office.models import Staff
from office.refusal import Refusal

State = Application.State
ARTICLE = "PZ16"
ASSESSORS = 2


class CannotAdmit(Refusal):
    """The application cannot be taken, assessed or published like this."""


def apply_for(
    institution: Institution, on: date, materials: str, *, contact: str = "", by: Staff, at: datetime
) -> Application:
    """Take an application. Refuses a second one while one is open, and a day to come."""
    if on > timezone.localdate(at):
        raise CannotAdmit(_("申请日期不能晚于今天。"), field="applied_on")
    open_ones = institution.applications.filter(state__in=(State.APPLIED, State.ASSESSED, State.PUBLISHED))
    with transaction.atomic():
        Institution.objects.select_for_update().get(pk=institution.pk)
        if open_ones.exists():
            raise CannotAdmit(_("%(name)s 已有在办的定点申请。") % {"name": institution.name})
        made = Application(institution=institution, applied_on=on, materials=materials, contact=contact, entered_by=by)
        contract_moves.begin(made, by=by, at=at)
        audit.record(by, "claims.apply_for_designation", institution, {"application": str(made)}, at=at)
    return made


def assess(
    application: Application, on: date, score: Decimal, fit: bool, findings: str, *, by: Staff, at: datetime
) -> Assessment:
    """Put down what one assessor found; a second person's decides: both fit, it goes on; one not, it is refused.

    Refuses whoever entered the application or assessed it before: two others look.
    """
    if by.pk == application.entered_by_id:
        raise CannotAdmit(_("受理人不能评估自己受理的申请，请由其他两人评估。"), ARTICLE)
    if not 0 <= score <= 100:
        raise CannotAdmit(_("得分应在 0 到 100 之间。"), field="score")
    if not application.applied_on <= on <= timezone.localdate(at):
        raise CannotAdmit(_("评估日期应在申请日期之后，且不晚于今天。"), field="assessed_on")
    with transaction.atomic():
        held = Application.objects.select_for_update().get(pk=application.pk)
        if held.state != State.APPLIED:
            raise CannotAdmit(_("此申请现为“%(state)s”，不再评估。") % {"state": held.get_state_display()})
        if held.assessments.filter(by=by).exists():
            raise CannotAdmit(_("您已评估过此申请，须由另一人再评估。"), ARTICLE)
        made = Assessment.objects.create(
            application=held, assessed_on=on, score=score, fit=fit, findings=findings, by=by, at=at
        )
        told = list(held.assessments.select_related("by"))
        if len(told) >= ASSESSORS:
            # The findings of the other are the check of the one.
            to = State.ASSESSED if all(one.fit for one in told) else State.REFUSED
            first = next(one.by for one in told if one.by_id != by.pk)
            contract_moves.move(
                held, to, on=on, by=by, checked_by=first, at=at, why=findings[:300], article=ARTICLE
            )  # fmt: skip
        detail = {"application": str(held), "score": str(score), "fit": fit}
        audit.record(by, "claims.assess_applicant", held.institution, detail, at=at)
    application.state = held.state
    return made


def publish(application: Application, since: date, until: date, *, by: Staff, at: datetime) -> None:
    """Publish that the applicant is to be designated, from a day to a day, both inclusive [JZ20]."""
    if until < since or since < timezone.localdate(at):
        raise CannotAdmit(_("公示期应自今天或以后起，止日不早于起日。"), "JZ20", "published_until")
    with transaction.atomic():
        contract_moves.move(
            application, State.PUBLISHED, on=since, by=by, at=at, why=_("公示"), article="JZ20",
            published_from=since, published_until=until,
        )  # fmt: skip
        detail = {"application": str(application), "since": since.isoformat(), "until": until.isoformat()}
        audit.record(by, "claims.publish_applicant", application.institution, detail, at=at)


def close(application: Application, to: str, why: str, *, on: date, by: Staff, at: datetime) -> None:
    """Refuse an application with its reason, or note that the institution withdrew it."""
    if to not in (State.REFUSED, State.WITHDRAWN):
        raise CannotAdmit(_("只能不予定点或撤回。"))
    if not why.strip():
        raise CannotAdmit(_("请写明原因。"), field="why")
    with transaction.atomic():
        contract_moves.move(application, to, on=on, by=by, at=at, why=why, article=ARTICLE)
        detail = {"application": str(application), "to": str(to), "why": why}
        audit.record(by, "claims.close_application", application.institution, detail, at=at)
