"""Households change: somebody joins another one, some found a new one, another head, a move to another village."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from enrollment import changing, registration
from enrollment.models import Enrollment, Household, Resident, ResidentChange
from enrollment.registration import HEAD
from office import audit
from office.models import Area, Staff
from office.refusal import Refusal

Kind = ResidentChange.Kind


class CannotMove(Refusal):
    """A move that leaves a household without a head, or people who are not here or not this person's."""


def move(
    resident: Resident,
    household: Household,
    relation: str,
    *,
    by: Staff,
    on: date,
    at: datetime,
    why: str,
    since: date | None = None,
) -> Resident:
    """Move one person into another household, whose village becomes theirs from `since` (the day of the act if None).

    Refused with CannotMove: an end, the same household, a head who leaves others behind, a household without a head.
    """
    with transaction.atomic():
        [person] = _people([resident.pk], by)
        there = _household(household, by)
        if there.pk == person.household_id:
            raise CannotMove(_("%(name)s 已在该户") % {"name": person.name}, field="household")
        if there.head_id is None:
            raise CannotMove(_("户 %(number)s 没有户主，不能转入") % {"number": there}, field="household")
        _refuse_headless([person])
        _refuse_relation(relation)
        day = _day(since, on)
        before, old = _told(person), person.household
        _leave(old, [person])
        person.household, person.relation, person.area = there, relation.strip(), there.area
        _settle([person], day)
        _keep(person, Kind.MOVED, before, why, by=by, at=at, since=day)
        audit.record(by, "moving.move", person, {"from": str(old or ""), "to": str(there), "since": day}, at=at)
    return person


def split(
    household: Household,
    relations: Mapping[int, str],
    *,
    by: Staff,
    on: date,
    at: datetime,
    why: str,
    address: str = "",
) -> Household:
    """Some members found a household of their own in the same village: {resident key: relation, one of them 户主}.

    Refused with CannotMove: nobody or everybody leaves, not exactly one new head, the old head goes and others stay.
    """
    with transaction.atomic():
        there = _household(household, by)
        people = _members(there, relations, by)
        if not people or len(people) == len(_live(there)):
            raise CannotMove(_("分户须有人分出、有人留下"))
        _refuse_headless(people)
        head = _head(people, relations)
        [founded] = registration.found_households([there.area], on, [address or there.address])
        for person in people:
            before = _told(person)
            person.household, person.relation = founded, relations[person.pk].strip()
            _keep(person, Kind.SPLIT, before, why, by=by, at=at, since=on)
        Resident.objects.bulk_update(people, ["household", "relation"])
        Household.objects.filter(pk=founded.pk).update(head=head)
        founded.head = head
        detail = {"from": str(there), "residents": [person.pk for person in people]}
        audit.record(by, "moving.split", founded, detail, at=at)
    return founded


def change_head(
    household: Household, relations: Mapping[int, str], *, by: Staff, on: date, at: datetime, why: str
) -> Household:
    """Another member becomes head; `relations` says what each is to the new head, who is 户主 among them.

    Refused with CannotMove: a head who is not a living member here, the head who is it already, nobody or two as head.
    """
    with transaction.atomic():
        there = _household(household, by)
        people = _members(there, relations, by)
        head = _head(people, relations)
        if head.pk == there.head_id:
            raise CannotMove(_("%(name)s 已是户主") % {"name": head.name})
        if there.head_id not in relations and any(person.pk == there.head_id for person in _live(there)):
            raise CannotMove(_("请填写原户主与新户主的关系"))
        for person in people:
            before = _told(person)
            person.relation = relations[person.pk].strip()
            if _told(person) != before:
                _keep(person, Kind.HEAD, before, why, by=by, at=at, since=on)
        Resident.objects.bulk_update(people, ["relation"])
        Household.objects.filter(pk=there.pk).update(head=head)
        there.head = head
        audit.record(by, "moving.change_head", there, {"head": head.pk, "why": why}, at=at)
    return there


def relocate(
    household: Household,
    village: Area,
    *,
    by: Staff,
    on: date,
    at: datetime,
    why: str,
    address: str = "",
    since: date | None = None,
) -> Household:
    """Move a whole household to another village; it keeps its number, its people are insured there from `since` on.

    Refused with CannotMove and CannotRegister: the village it is in, one that is no village or not this person's.
    """
    registration.place(village, by)
    with transaction.atomic():
        there = _household(household, by)
        if there.area_id == village.pk:
            raise CannotMove(_("该户已在%(area)s") % {"area": village}, field="village")
        day = _day(since, on)
        people = _people([person.pk for person in _live(there)], by)
        if not people:
            raise CannotMove(_("户 %(number)s 已没有在册人员") % {"number": there})
        for person in people:
            before = _told(person)
            person.area = village
            _keep(person, Kind.VILLAGE, before, why, by=by, at=at, since=day)
        _settle(people, day)
        detail = {"from": str(there.area), "to": str(village), "since": day, "residents": [p.pk for p in people]}
        there.area, there.address = village, address
        there.save(update_fields=["area", "address"])
        audit.record(by, "moving.relocate", there, detail, at=at)
    return there


# --- gather -----------------------------------------------------------------------------------------------------------
def _household(household: Household, by: Staff) -> Household:
    there = Household.objects.select_for_update(of=("self",)).select_related("area").get(pk=household.pk)
    if not by.area.covers(there.area):
        raise CannotMove(_("户 %(number)s 不在您的管辖区域内") % {"number": there}, field="household")
    return there


def _people(keys: Collection[int], by: Staff) -> list[Resident]:
    rows = Resident.objects.select_for_update(of=("self",), no_key=True).select_related("area", "household")
    people = list(rows.filter(pk__in=keys).order_by("pk"))
    for person in people:
        if not by.area.covers(person.area):
            raise CannotMove(_("%(area)s不在您的管辖区域内") % {"area": person.area})
        if person.ended_on is not None:
            raise CannotMove(_("%(name)s 已于 %(day)s 终止，不再变动") % {"name": person.name, "day": person.ended_on})
    return people


def _members(household: Household, relations: Mapping[int, str], by: Staff) -> list[Resident]:
    people = _people(relations.keys(), by)
    if len(people) != len(relations) or any(person.household_id != household.pk for person in people):
        raise CannotMove(_("所选人员不都在户 %(number)s") % {"number": household})
    return people


def _live(household: Household) -> list[Resident]:
    return list(household.members.filter(ended_on=None))


# --- decide -----------------------------------------------------------------------------------------------------------
def _head(people: Sequence[Resident], relations: Mapping[int, str]) -> Resident:
    heads = [person for person in people if relations[person.pk].strip() == HEAD]
    if len(heads) != 1:
        raise CannotMove(_("请把且只把一人的关系填为“%(head)s”") % {"head": HEAD})
    if any(not relations[person.pk].strip() for person in people):
        raise CannotMove(_("请填写每个人与户主的关系"))
    return heads[0]


def _refuse_headless(leaving: Sequence[Resident]) -> None:
    """A head may go only where nobody stays behind."""
    keys = {person.pk for person in leaving}
    for person in leaving:
        if person.household and person.household.head_id == person.pk:
            left = [one for one in _live(person.household) if one.pk not in keys]
            if left:
                raise CannotMove(
                    _("%(name)s 是户主，户内还有 %(left)d 人，请先变更户主") % {"name": person.name, "left": len(left)}
                )


def _refuse_relation(relation: str) -> None:
    if not relation.strip() or relation.strip() == HEAD:
        raise CannotMove(_("请填写与该户户主的关系，不能是“%(head)s”") % {"head": HEAD}, field="relation")


def _day(since: date | None, on: date) -> date:
    if since is not None and since > on:
        raise CannotMove(_("日期 %(day)s 尚未到来") % {"day": since}, field="since")
    return since or on


# --- record -----------------------------------------------------------------------------------------------------------
def _leave(household: Household | None, leaving: Sequence[Resident]) -> None:
    if household is not None and household.head_id in {person.pk for person in leaving}:
        Household.objects.filter(pk=household.pk).update(head=None)


def _settle(people: Sequence[Resident], since: date) -> None:
    """The new village takes over with the years that begin after the move and that nobody has paid for yet."""
    Resident.objects.bulk_update(people, ["household", "relation", "area"])
    for person in people:
        years = Enrollment.objects.filter(resident=person, year__gt=since.year, paid_on=None, benefits_from=None)
        years.update(area=person.area_id)


def _told(person: Resident) -> dict[str, Any]:
    return {"household": str(person.household or ""), "relation": person.relation, "area": person.area.name}


def _keep(person: Resident, kind: str, before: Mapping[str, Any], why: str, **act: Any) -> None:
    if not why.strip():
        raise CannotMove(_("请写明变更原因"), field="why")
    after = _told(person)
    changed = {name: (before[name], after[name]) for name in after if before[name] != after[name]}
    changing.keep(person, kind, changed, why.strip(), **act)
