"""What somebody owes is worked out anew on a document: where a fact was put right after the due was fixed."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from enrollment import correcting, cover
from enrollment.models import DueCorrection, Enrollment
from office import audit
from office.models import Staff
from office.refusal import Refusal


class CannotMend(Refusal):
    """A correction without its document, or one that would change nothing."""


def mend(enrollment: Enrollment, note: str, document: str, *, by: Staff, on: date, at: datetime) -> DueCorrection:
    """Ask the regulation again who pays what for this year, from the facts as they stand: a correction with its reason.

    After the payment the difference stands open until it is collected or given back. Refused with CannotMend: no reason
    or document, a year for which no rule answers, dues that stay as they are.
    """
    note, document = note.strip(), document.strip()
    if not note or not document:
        raise CannotMend(_("请写明更正原因和依据文件。"), field="document" if note else "note")
    with transaction.atomic():
        held = (
            Enrollment.objects.select_for_update(of=("self",))
            .select_related("resident", "period", "area")
            .get(pk=enrollment.pk)
        )
        (case,) = cover.gather([held])
        answer = case.judge(held.paid_on, on)
        if not answer.eligible:
            reason = answer.reasons[0]
            raise CannotMend(reason.message, article=reason.article)
        case.settle(answer)
        cause = correcting.Cause(correcting.Reason.ERROR, on, by, note[:200], document[:80])
        before = DueCorrection.objects.filter(enrollment=held).count()
        cover.record([(held, answer)], cause)
        made = DueCorrection.objects.filter(enrollment=held).order_by("-pk").first()
        if made is None or DueCorrection.objects.filter(enrollment=held).count() == before:
            raise CannotMend(_("按现有事实重算，应缴没有变化。"))
        detail = {"before": str(made.before), "after": str(made.after), "document": document}
        audit.record(by, "collection.mend", held, detail, at=at)
    return made
