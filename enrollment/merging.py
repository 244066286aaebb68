"""Two records of one person become one: all history goes to the record that is kept, and comes back if it was wrong."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment import doubts
from enrollment.models import Enrollment, Household, Merge, Payment, Resident, ResidentChange, Status
from enrollment.registration import HEAD
from office import audit
from office.models import Staff
from office.refusal import Refusal

IdType = Resident.IdType
# What a merge may write into the two records, beside their documents and names, which are only ever exchanged.
_WRITTEN: Final = ("household_id", "relation", "insured_through", "ended_on", "end_reason")
_EXCHANGED: Final = ("name", "initials", "id_type", "id_number", "id_index", "id_tail")


class CannotMerge(Refusal):
    """Two records that are not one person, or whose history cannot be one."""


class CannotUndo(Refusal):
    """A merge of another day, undone already, or built upon meanwhile."""


Carry = Callable[[Resident, Resident], Any]
GiveBack = Callable[[Resident, Resident, Any], None]


class Carrier(NamedTuple):
    """How rows of one table go from the record that ends to the one that is kept, and back; told is kept as JSON."""

    carry: Carry
    give_back: GiveBack


_carriers: dict[str, Carrier] = {}


def carries(model: type[models.Model], field: str, carry: Carry, give_back: GiveBack) -> None:
    """Let a room say how its own rows are carried where pointing them to the kept record is not enough.

    `carry(gone, kept)` answers what `give_back(gone, kept, told)` needs to undo exactly that. Tables that register
    nothing have their rows pointed to the kept record, whichever room they belong to: none is left behind.
    """
    _carriers[f"{model._meta.label_lower}.{field}"] = Carrier(carry, give_back)


def merge(kept: Resident, gone: Resident, *, by: Staff, on: date, at: datetime, why: str) -> Merge:
    """Make one of two records of one person; the other ends as a duplicate on `on`.

    The better document is the one that stays: where only the other has an identity card, documents and names are
    exchanged. Refused with CannotMerge: an end, another birthday or sex, days covered in both records, a year that was
    put down in both and paid in the one that ends, a head who leaves others behind, an open proposal.
    """
    if not why.strip():
        raise CannotMerge(_("请写明合并原因"), field="why")
    try:
        with transaction.atomic():
            kept, gone = _pair(kept, gone, by)
            _refuse_two_people(kept, gone)
            _refuse_two_covers(kept, gone)
            before = {"kept": _snapshot(kept), "gone": _snapshot(gone)}
            carried = {name: told for name, carrier in _all() if (told := carrier.carry(gone, kept))}
            before["exchanged"] = kept.id_type != IdType.ID_CARD and gone.id_type == IdType.ID_CARD
            if before["exchanged"]:
                _exchange(kept, gone)
            before["head"] = _household(kept, gone)
            kept.insured_through = max(filter(None, (kept.insured_through, gone.insured_through)), default=None)
            gone.ended_on, gone.end_reason = on, Resident.EndReason.DUPLICATE
            for person in (kept, gone):
                person.save(update_fields=_WRITTEN)
            before["left"] = _end_what_is_left(gone)
            before["doubts"] = doubts.settle_merged(kept, gone, why.strip(), by=by, at=at)
            before["after"] = {"kept": _snapshot(kept), "gone": _snapshot(gone)}
            row = Merge.objects.create(
                kept=kept,
                gone=gone,
                area_id=kept.area_id,
                why=why.strip(),
                merged_by=by,
                merged_at=at,
                carried=carried,
                before=before,
            )
            audit.record(by, "merging.merge", kept, {"merge": row.pk, "gone": gone.pk, "rows": _counts(carried)}, at=at)
    except IntegrityError as error:
        raise CannotMerge(_("两份登记中有互相重复的记录，不能自动合并，请先核对")) from error
    return row


def undo(row: Merge, *, by: Staff, on: date, at: datetime) -> Merge:
    """Put both records back exactly as they were. Refused with CannotUndo after the day of the merge, twice, or where
    something was built on the merge meanwhile."""
    with transaction.atomic():
        row = Merge.objects.select_for_update(of=("self",)).get(pk=row.pk)
        if row.undone_at is not None:
            raise CannotUndo(_("该合并已撤销"))
        if timezone.localdate(row.merged_at) != on:
            raise CannotUndo(_("合并只能在办理当日撤销"))
        kept, gone = _locked(row.kept_id, by), _locked(row.gone_id, by)
        if row.before["after"] != {"kept": _snapshot(kept), "gone": _snapshot(gone)}:
            raise CannotUndo(_("合并之后登记信息又有变更，不能撤销"))
        _refuse_built_upon(row, kept)
        for name, carrier in reversed(_all()):
            if name in row.carried:
                carrier.give_back(gone, kept, row.carried[name])
        for state, keys in row.before["left"].items():
            Enrollment.objects.filter(pk__in=keys).update(state=state)
        doubts.reopen(row.before.get("doubts", []), kept, gone)
        if row.before["exchanged"]:
            _exchange(kept, gone)
        for person, stood in ((kept, row.before["kept"]), (gone, row.before["gone"])):
            for name in _WRITTEN:
                setattr(person, name, Resident._meta.get_field(name.removesuffix("_id")).to_python(stood[name]))
            person.save(update_fields=_WRITTEN)
        if row.before["head"]:
            Household.objects.filter(pk=row.before["head"]).update(head=gone)
        row.undone_by, row.undone_at = by, at
        row.save(update_fields=["undone_by", "undone_at"])
        audit.record(by, "merging.undo", kept, {"merge": row.pk, "gone": gone.pk}, at=at)
    return row


def candidates(resident: Resident, by: Staff) -> models.QuerySet[Resident]:
    """Other living records with the same birthday and sex in the same village or under the same name, within scope."""
    rows = Resident.objects.visible_to(by).filter(birth_on=resident.birth_on, sex=resident.sex, ended_on=None)
    near = models.Q(area=resident.area_id) | models.Q(name=resident.name)
    return rows.filter(near).exclude(pk=resident.pk).select_related("area")[:20]


def of(resident: Resident) -> list[Merge]:
    """The merges a record took part in, newest first. One query."""
    took_part = Merge.objects.filter(models.Q(kept=resident) | models.Q(gone=resident))
    return list(took_part.select_related("kept", "gone", "merged_by", "undone_by"))


# --- gather -----------------------------------------------------------------------------------------------------------
def _locked(key: int, by: Staff) -> Resident:
    person = Resident.objects.select_for_update(of=("self",)).select_related("area", "household").get(pk=key)
    if not by.area.covers(person.area):
        raise CannotMerge(_("%(area)s不在您的管辖区域内") % {"area": person.area})
    return person


def _pair(kept: Resident, gone: Resident, by: Staff) -> tuple[Resident, Resident]:
    if kept.pk == gone.pk:
        raise CannotMerge(_("请选择另一份登记"))
    people = {key: _locked(key, by) for key in sorted((kept.pk, gone.pk))}
    for person in people.values():
        if person.ended_on is not None:
            raise CannotMerge(_("%(name)s 已于 %(day)s 终止") % {"name": person.name, "day": person.ended_on})
        if person.changes.filter(state=ResidentChange.State.PROPOSED).exists():
            raise CannotMerge(_("%(name)s 有待复核的变更，请先复核") % {"name": person.name})
    return people[kept.pk], people[gone.pk]


def _snapshot(person: Resident) -> dict[str, Any]:
    """What undoing compares and puts back; of the number only its blind index."""
    told = {name: getattr(person, name) for name in (*_WRITTEN, "name", "id_type", "id_index", "birth_on", "area_id")}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in told.items()}


# --- decide -----------------------------------------------------------------------------------------------------------
def _refuse_two_people(kept: Resident, gone: Resident) -> None:
    if (kept.birth_on, kept.sex) != (gone.birth_on, gone.sex):
        raise CannotMerge(_("两份登记的出生日期或性别不同，不是同一人；如有误请先变更信息"))
    if kept.id_type == gone.id_type == IdType.ID_CARD:
        raise CannotMerge(_("两份登记各有一个身份证号码，不能作为同一人合并；如有误请先变更信息"))


def _refuse_two_covers(kept: Resident, gone: Resident) -> None:
    terms = Enrollment.objects.filter(benefits_from__isnull=False).values_list("benefits_from", "benefits_until")
    for since, until in terms.filter(resident=kept):
        for other_since, other_until in terms.filter(resident=gone):
            if since <= other_until and other_since <= until:
                raise CannotMerge(
                    _("两份登记在 %(since)s 至 %(until)s 都享受待遇，须先处理重复参保")
                    % {"since": max(since, other_since), "until": min(until, other_until)}
                )
    there = set(Enrollment.objects.filter(resident=kept).values_list("year", flat=True))
    twice = [e.year for e in Enrollment.objects.filter(resident=gone, year__in=there) if _matters(e)]
    if twice:
        raise CannotMerge(
            _("%(years)s 年度在两份登记中都已参保登记，且并入的一份已缴费或有待遇；请改为保留那一份，或先处理重复参保")
            % {"years": "、".join(map(str, twice))}
        )


def _matters(enrollment: Enrollment) -> bool:
    held = enrollment.paid_on is not None or enrollment.benefits_from is not None
    return held or enrollment.payments.exists()


def _refuse_built_upon(row: Merge, kept: Resident) -> None:
    """Payments that came for a carried year after the merge would be torn from their person."""
    years = row.carried.get("enrollment.enrollment.resident", [])
    came = row.carried.get("enrollment.payment.resident", [])
    if Payment.objects.filter(enrollment__in=years, resident=kept).exclude(pk__in=came).exists():
        raise CannotUndo(_("合并之后又有缴费入账，不能撤销"))


# --- record -----------------------------------------------------------------------------------------------------------
def _exchange(kept: Resident, gone: Resident) -> None:
    """Exchange documents and names; the index is unique, so one of them stands aside for a moment."""
    for name in _EXCHANGED:
        mine, theirs = getattr(kept, name), getattr(gone, name)
        setattr(kept, name, theirs)
        setattr(gone, name, mine)
    Resident.objects.filter(pk=gone.pk).update(id_index=f"aside {gone.pk}")
    kept.save(update_fields=_EXCHANGED)
    gone.save(update_fields=_EXCHANGED)


def _household(kept: Resident, gone: Resident) -> int | None:
    """Take the ending record out of its household, the kept one into it if it has none.

    Answers the household whose head it was, for undoing.
    """
    there = gone.household
    headed = there is not None and there.head_id == gone.pk
    inherits = kept.household_id is None and there is not None and there.area_id == kept.area_id
    if headed:
        living = there.members.filter(ended_on=None).exclude(pk__in=[gone.pk, kept.pk]).exists()
        heir = kept if inherits or kept.household_id == there.pk else None
        if living and heir is None:
            raise CannotMerge(_("%(name)s 是户主，户内还有他人，请先变更户主") % {"name": gone.name})
        Household.objects.filter(pk=there.pk).update(head=heir)
        if heir is not None:
            kept.relation = HEAD
    if inherits:
        kept.household, kept.relation = there, gone.relation
    gone.household = None
    return there.pk if headed else None


def _end_what_is_left(gone: Resident) -> dict[str, list[int]]:
    """Unpaid years that the kept record has as well stay behind and end; answers which, by the state they were in."""
    left: dict[str, list[int]] = {}
    for enrollment in Enrollment.objects.filter(resident=gone).exclude(state=Enrollment.State.ENDED):
        left.setdefault(enrollment.state, []).append(enrollment.pk)
    Enrollment.objects.filter(resident=gone).update(state=Enrollment.State.ENDED)
    return left


# --- how rows are carried ---------------------------------------------------------------------------------------------
def _all() -> list[tuple[str, Carrier]]:
    """Every table that points to a resident, with the way its rows go; households and what is written once stay."""
    found = []
    for relation in sorted(Resident._meta.related_objects, key=lambda one: one.related_model._meta.label_lower):
        model, field = relation.related_model, relation.field.name
        pairs = sum(one.related_model is Resident for one in model._meta.fields) > 1  # told of two records, as a merge
        if pairs or model in (Household, ResidentChange):
            continue
        name = f"{model._meta.label_lower}.{field}"
        found.append((name, _carriers.get(name) or _pointed(model, field)))
    return found


def _pointed(model: type[models.Model], field: str, staying: Callable[[Resident], models.Q] | None = None) -> Carrier:
    """Rows whose key to the resident is all there is to it; those that the kept record has itself stay behind."""

    def carry(gone: Resident, kept: Resident) -> list[int]:
        rows = model._default_manager.filter(**{field: gone}).exclude(_has_itself(model, field, kept))
        if staying is not None:
            rows = rows.exclude(staying(kept))
        keys = sorted(rows.values_list("pk", flat=True))
        model._default_manager.filter(pk__in=keys).update(**{field: kept})
        return keys

    def give_back(gone: Resident, kept: Resident, told: list[int]) -> None:
        if model._default_manager.filter(**{field: kept}, pk__in=told).update(**{field: gone}) != len(told):
            raise CannotUndo(_("合并之后转入的记录又有变动，不能撤销"))

    return Carrier(carry, give_back)


def _has_itself(model: type[models.Model], field: str, kept: Resident) -> models.Q:
    """What a unique constraint lets a person have once (a year, a proof of a year) and the kept record has."""
    same = models.Q(pk__in=[])
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and field in constraint.fields and not constraint.condition:
            others = [name for name in constraint.fields if name != field]
            for row in model._default_manager.filter(**{field: kept}).values(*others):
                same |= models.Q(**row)
    return same


def _same_standings(kept: Resident) -> models.Q:
    """Standings of a group that the kept record has in those days: certified twice, for one person."""
    same = models.Q(pk__in=[])
    for status in Status.objects.filter(resident=kept):
        overlap = models.Q(until=None) | models.Q(until__gte=status.since)
        if status.until is not None:
            overlap &= models.Q(since__lte=status.until)
        same |= models.Q(group=status.group) & overlap
    return same


carries(Status, "resident", *_pointed(Status, "resident", _same_standings))


def _counts(carried: dict[str, Any]) -> dict[str, int]:
    return {name: len(told) for name, told in carried.items()}
