"""The audit trail: each act is one link in a chain of hashes, so that a row changed, lost or slipped in is found."""

import hashlib
import json
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils.translation import gettext as _

from office.models import Area, AuditEvent, AuditHead, Staff

_HEAD = 1
_NEXT = "UPDATE office_audithead SET number = number + 1 WHERE id = %s RETURNING *"


def record(
    by: Staff | None,
    action: str,
    subject: models.Model | str,
    detail: dict[str, Any] | None = None,
    *,
    at: datetime,
    area: Area | None = None,
) -> AuditEvent:
    """Write down one act in the transaction of the act itself; `by` None is the office's own clock.

    The area is the one given, else the subject's own, else that of the person. Writers queue at the head of the chain
    until they commit, so this is the last thing that an act does.
    """
    area_id = area.pk if area else getattr(subject, "area_id", None) or (by.area_id if by else None)
    # Dates and amounts become text, and so do floats: a database may write 1e16 back as another number.
    kept = json.loads(json.dumps(detail or {}, cls=DjangoJSONEncoder), parse_float=str)
    with transaction.atomic(savepoint=False):
        # The update comes first and answers what it found: it locks the head before anybody reads it.
        [head] = AuditHead.objects.raw(_NEXT, [_HEAD])
        event = AuditEvent(
            number=head.number,
            at=at,
            actor=by,
            area_id=area_id,
            action=action,
            subject=_named(subject),
            detail=kept,
            previous=head.hash,
        )
        event.hash = _link(
            head.hash, (event.number, at, by.pk if by else None, area_id, action, event.subject, event.detail)
        )
        event.save(force_insert=True)
        AuditHead.objects.filter(pk=_HEAD).update(hash=event.hash)
    return event


def subject(rows: Collection[models.Model]) -> models.Model | str:
    """What an act on several records is about: the one, or how many of what; which ones stands in the detail."""
    first = next(iter(rows), None)
    return first if first is not None and len(rows) == 1 else f"{first._meta.label_lower if first else ''}×{len(rows)}"


class Verdict(NamedTuple):
    """What a walk along the chain found: how many links hold, and the number and reason of the first that does not."""

    checked: int
    broken: int | None
    why: str

    @property
    def holds(self) -> bool:
        """Whether every link is whole."""
        return self.broken is None


def verify() -> Verdict:
    """Walk the whole chain. Finds a changed, missing, inserted or cut-off row and names the first broken number."""
    number, last = 0, ""
    links = AuditEvent.objects.order_by("number").values_list(
        "previous", "hash", "number", "at", "actor_id", "area_id", "action", "subject", "detail"
    )
    for previous, written, *told in links.iterator(chunk_size=2000):
        number += 1
        if told[0] != number:
            return Verdict(
                number - 1,
                number,
                _("缺少第 %(number)s 条，其后是第 %(next)s 条") % {"number": number, "next": told[0]},
            )
        if previous != last:
            return Verdict(number - 1, number, _("第 %(number)s 条没有接在前一条之后") % {"number": number})
        if _link(previous, tuple(told)) != written:
            return Verdict(number - 1, number, _("第 %(number)s 条的内容被改动") % {"number": number})
        last = written
    head = AuditHead.objects.get(pk=_HEAD)
    if (head.number, head.hash) != (number, last):
        return Verdict(
            number,
            number + 1,
            _("链头记到第 %(head)s 条，实有 %(number)s 条") % {"head": head.number, "number": number},
        )
    return Verdict(number, None, "")


def _link(previous: str, told: tuple[Any, ...]) -> str:
    number, at, actor, area, action, subject, detail = told
    canonical = json.dumps(
        [number, at.astimezone(UTC).isoformat(timespec="microseconds"), actor, area, action, subject, detail],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()


def _named(subject: models.Model | str) -> str:
    """How a record is called in the trail: "claims.claim:17"."""
    return f"{subject._meta.label_lower}:{subject.pk}" if isinstance(subject, models.Model) else subject
