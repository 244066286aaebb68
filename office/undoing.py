"""A file that was taken is taken back as a whole: every row it made goes, where nothing stands on any of them since."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from office import audit
from office.models import Batch, Job, Made, Staff
from office.refusal import Refusal

NAMED = 10  # so many rows are named in a refusal, the others counted
_PIECE = 5_000  # keys in one query
_CHANGED = gettext_lazy("导入后有变更")
_GONE = gettext_lazy("已不在")

_NOTHING_OF_ITS_OWN = gettext_lazy("此文件没有新建任何记录，不能整份撤销；请在相应记录上逐笔更正。")
_NOT_AS_A_WHOLE = {
    Batch.Kind.PAYMENTS: gettext_lazy("缴费已记入参保状态，不能整份撤销；请逐笔改认或退费。"),
    Batch.Kind.CLAIMS: gettext_lazy("费用已进入审核，不能整份撤销；请逐笔退回或冲销。"),
    Batch.Kind.DEATHS: gettext_lazy("参保已按名册终止，不能整份撤销；有误的请在居民页逐人处理。"),
    Batch.Kind.EMPLOYEES: gettext_lazy("参保已按名册终止，不能整份撤销；有误的请在居民页逐人处理。"),
    Batch.Kind.MOVED_OUT: gettext_lazy("参保已按名册终止，不能整份撤销；有误的请在居民页逐人处理。"),
}

Marks = dict[int, str]


class CannotUndo(Refusal):
    """An import of somebody else, one that is not taken, or one on whose rows something stands."""


def keep(batch: Batch, made: Iterable[models.Model], marks: Mapping[str, Marks] | None = None) -> None:
    """Write down what the taking made, in its transaction: each key with the mark of the row as it is now.

    `marks` are those of rows that nobody built an instance of, by table, as `marker` makes them.
    """
    tables: dict[str, Marks] = {table: dict(rows) for table, rows in (marks or {}).items()}
    for row in made:
        tables.setdefault(row._meta.label_lower, {})[row.pk] = mark(row)
    Made.objects.bulk_create(Made(batch=batch, table=table, rows=rows) for table, rows in tables.items())


def mark(row: models.Model) -> str:
    """A short digest of what stands in a row; what is blank, zero or no does not count."""
    told = (f"{name}={_plain(value)}" for name in _columns(type(row)) if (value := getattr(row, name)))
    return blake2b("\x1f".join(told).encode(), digest_size=8).hexdigest()


def marker(model: type[models.Model], names: Sequence[str]) -> Callable[[Sequence[Any]], str]:
    """A function that gives the `mark` of a row from its values alone; every column with anything in it is named."""
    order = [(name, names.index(name)) for name in _columns(model) if name in names]

    def mark_of(values: Sequence[Any]) -> str:
        told = [
            f"{name}={value}" if type(value) is str else f"{name}={_plain(value)}"
            for name, place in order
            if (value := values[place])
        ]
        return blake2b("\x1f".join(told).encode(), digest_size=8).hexdigest()

    return mark_of


@lru_cache
def _columns(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields if not field.primary_key)


def _plain(value: Any) -> str:
    """The same text for a value before it is written and after it is read, in every database."""
    if isinstance(value, str | date):
        return str(value)
    if isinstance(value, list | dict):
        return json.dumps(value, sort_keys=True, default=str)
    if type(value) is int:
        return str(Decimal(value).normalize()) if value % 10 == 0 else str(value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(Decimal(value).normalize())
    return str(value)


def may(by: Staff, batch: Batch) -> bool:
    """Whether this person may undo it: whoever took it, or a manager whose area holds the file's."""
    manages = by.role == Staff.Role.MANAGER and by.area is not None and by.area.covers(batch.area)
    return by.pk == batch.taken_by_id or manages


def why_not(batch: Batch) -> str:
    """Why a file that was taken cannot be taken back as a whole; empty where it can, or where it changed nothing."""
    if not batch.taken or batch.made.exists():
        return ""
    return str(_NOT_AS_A_WHOLE.get(batch.kind, _NOTHING_OF_ITS_OWN))


def undo(batch: Batch, by: Staff, at: datetime) -> Batch:
    """Take a whole import back: all rows that it made are deleted, the file and its record stay.

    Refused (CannotUndo): by anybody but who took it or a manager, a file that is not taken or made nothing of its own,
    and, naming them, rows that were changed since or that others refer to: a payment, a claim, a member who came later.
    """
    if not may(by, batch):
        raise CannotUndo(_("只有导入人或业务主管可以撤销导入"))
    try:
        with transaction.atomic():
            held = Batch.objects.select_for_update().select_related("area").defer("content").get(pk=batch.pk)
            if not (held.state == Batch.State.TAKEN or _stopped(held)):
                raise CannotUndo(_("只能撤销已导入的文件"))
            made = _made(held)
            if not made:
                raise CannotUndo(_("此文件没有新建任何记录，不能整份撤销"))
            _refuse_standing(made)
            for model, rows in reversed(made.items()):
                for keys in _pieces(list(rows)):
                    # Past Django's collector, which sees a head and its household each protect the other; what else
                    # might refer to the row was looked for, and the database holds to it at the commit.
                    model._base_manager.filter(pk__in=keys)._raw_delete(using=model._base_manager.db)
            held.state, held.undone_by, held.undone_at = Batch.State.UNDONE, by, at
            held.save(update_fields=["state", "undone_by", "undone_at"])
            counts = {model._meta.label_lower: len(rows) for model, rows in made.items()}
            audit.record(by, f"intake.undo_{held.kind}", held, {"file": held.file_name, "rows": counts}, at=at)
    except IntegrityError as error:
        raise CannotUndo(_("刚刚有人在这些记录上办理了业务，请重新查看")) from error
    return held


def _stopped(batch: Batch) -> bool:
    """Whether its taking ended half way, for a part of it failed for good."""
    jobs = Job.objects.filter(kind="intake", key__startswith=f"intake:{batch.pk}:").order_by("-pk")
    return batch.state == Batch.State.TAKING and any(job.state == Job.State.FAILED for job in jobs[:1])


def _made(batch: Batch) -> dict[type[models.Model], Marks]:
    made: dict[type[models.Model], Marks] = {}
    for told in batch.made.order_by("pk"):
        marks = made.setdefault(apps.get_model(told.table), {})
        marks.update((int(key), digest) for key, digest in told.rows.items())
    return made


def _refuse_standing(made: dict[type[models.Model], Marks]) -> None:
    standing: dict[tuple[type[models.Model], int], list[str]] = {}
    for model, marks in made.items():
        for key, why in _touched(model, marks):
            standing.setdefault((model, key), []).append(why)
        for key, why in _referred_to(model, marks, made):
            standing.setdefault((model, key), []).append(why)
    if standing:
        named = "、".join(
            f"{_name(model, key)}（{'，'.join(dict.fromkeys(why))}）"
            for (model, key), why in list(standing.items())[:NAMED]
        )
        told = {"count": len(standing), "named": named}
        raise CannotUndo(_("不能撤销，%(count)s 条记录上已有其他业务：%(named)s") % told)


def _touched(model: type[models.Model], marks: Marks) -> Iterator[tuple[int, str]]:
    """Rows that no longer say what the file said."""
    for keys in _pieces(list(marks)):
        there = {row.pk: row for row in model._base_manager.select_for_update().filter(pk__in=keys)}
        for key in keys:
            if key not in there:
                yield key, str(_GONE)
            elif mark(there[key]) != marks[key]:
                yield key, str(_CHANGED)


def _referred_to(
    model: type[models.Model], marks: Marks, made: dict[type[models.Model], Marks]
) -> Iterator[tuple[int, str]]:
    """Rows that any table of the office refers to from outside the import, with what it is that refers to them."""
    for relation in model._meta.get_fields(include_hidden=True):
        if not relation.auto_created or relation.concrete or not (relation.one_to_many or relation.one_to_one):
            continue
        column, own = relation.field, made.get(relation.related_model, {})
        for keys in _pieces(list(marks)):
            found = relation.related_model._base_manager.filter(**{f"{column.name}__in": keys})
            for key, other in found.values_list(column.attname, "pk"):
                if other not in own:
                    yield key, str(relation.related_model._meta.verbose_name)


def _name(model: type[models.Model], key: int) -> str:
    return str(model._base_manager.filter(pk=key).first() or key)


def _pieces(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    return (keys[start : start + _PIECE] for start in range(0, len(keys), _PIECE))
