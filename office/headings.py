"""Where the headings of a file lead: asked once, kept with the file, and remembered for the next one of its sender."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from office import audit
from office.models import Batch, Mapping, Staff
from office.refusal import Refusal
from office.sheets import Column, Header


class CannotLead(Refusal):
    """Columns chosen for headings that do not make a file: one twice, a needed one missing, one that is not ours."""


def digest(headings: Sequence[str]) -> str:
    """The same for the same headings in the same order."""
    return hashlib.sha256(json.dumps(list(headings), ensure_ascii=False).encode()).hexdigest()


def recall(batch: Batch, head: Header, columns: Sequence[Column]) -> dict[str, Any] | None:
    """What the file's sender's headings lead to by what this office, or one above it, said before; None where nothing.

    A memory that no longer makes a file (a column is needed that was not before) is not used.
    """
    area = batch.uploaded_by.area
    if area is None:
        return None
    told, codes = head.told, area.path.strip("/").split("/")
    paths = ["/".join(codes[:count]) + "/" for count in range(1, len(codes) + 1)]
    kept = (
        Mapping.objects.filter(kind=batch.kind, source=batch.source, digest=digest(told))
        .filter(area__path__in=paths)
        .order_by("-area__path")
        .first()
    )
    if kept is None or missing(kept.columns, columns) or not set(kept.columns) <= {"", *(c.name for c in columns)}:
        return None
    return {"headings": told, "columns": kept.columns, "remembered": kept.pk}


def propose(batch: Batch, head: Header) -> list[str]:
    """A column for each heading of `head.told`: by its own name, else what the sender's last file said of it."""
    last = Mapping.objects.filter(kind=batch.kind, source=batch.source, area=batch.uploaded_by.area_id).last()
    before = dict(zip(last.headings, last.columns, strict=True)) if last else {}
    named = [lead for heading, lead in zip(head.headings, head.leads, strict=True) if heading in head.told]
    proposed: list[str] = []
    for heading, lead in zip(head.told, named, strict=True):
        told = lead or before.get(heading, "")
        proposed.append("" if told in proposed else told)
    return proposed


def missing(chosen: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """The headings of needed columns to which nothing leads."""
    return [column.heading for column in columns if column.required and column.name not in chosen]


def refuse_wrong(chosen: Sequence[str], headings: Sequence[str], columns: Sequence[Column]) -> None:
    """Refuse with CannotLead a choice that is not one column, or none, for every heading, and every needed column."""
    names = {column.name: column.heading for column in columns}
    if len(chosen) != len(headings) or any(name and name not in names for name in chosen):
        raise CannotLead(_("栏目对应与文件的表头不符，请重新选择"))
    for name in dict.fromkeys(name for name in chosen if name):
        if chosen.count(name) > 1:
            both = "、".join(heading for heading, lead in zip(headings, chosen, strict=True) if lead == name)
            raise CannotLead(_("“%(column)s”只能对应一列：%(both)s") % {"column": names[name], "both": both})
    if lacking := missing(chosen, columns):
        raise CannotLead(_("缺少必需的栏目：%(missing)s") % {"missing": "、".join(lacking)})


def remember(batch: Batch, headings: Sequence[str], columns: Sequence[str], by: Staff, at: datetime) -> Mapping:
    """Keep for the next file of this sender at this office where these headings lead."""
    told = {"headings": list(headings), "columns": list(columns), "said_by": by, "said_at": at}
    kept, _made = Mapping.objects.update_or_create(
        area=by.area, kind=batch.kind, source=batch.source, digest=digest(headings), defaults=told
    )
    return kept


def forget(mapping: Mapping, by: Staff, at: datetime) -> None:
    """The next file with these headings is asked about again; files that came in before stay as they were read."""
    with transaction.atomic():
        detail = {"kind": mapping.kind, "source": mapping.source, "columns": mapping.columns}
        audit.record(by, "intake.forget_headings", mapping, detail, at=at)
        mapping.delete()
