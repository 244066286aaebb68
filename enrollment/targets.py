"""Targets of a year: the city sets its own, each level splits it over the areas below, changes are dated and kept."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrollment import village
from enrollment.models import Target
from enrollment.village import Counts
from office import audit
from office.models import Area, Staff
from office.refusal import Refusal
from policies import money

MOST: Final = 99_999_999  # people; more live in no city
_HUNDRED: Final = Decimal(100)


class Basis(TextChoices):
    """In proportion to what a target is proposed for the areas below."""

    INSURED = "insured", gettext_lazy("上年度参保人数")
    REGISTERED = "registered", gettext_lazy("在册人数")


class CannotSet(Refusal):
    """A target that is not this person's to set, or parts that do not add up to the whole."""


class Part(NamedTuple):
    """An area below, its target in force (None: not set), what is proposed, and how its people stand."""

    area: Area
    target: Target | None
    proposed: int | None
    counts: Counts


class Split(NamedTuple):
    """A target and its parts; `over` is by how many people the parts exceed it (below zero: fall short)."""

    whole: Target | None
    parts: list[Part]

    @property
    def total(self) -> int:
        return sum(part.target.people for part in self.parts if part.target)

    @property
    def over(self) -> int | None:
        """None where there is nothing to compare."""
        if self.whole is None or not any(part.target for part in self.parts):
            return None
        return self.total - self.whole.people


def standing(areas: Collection[Area], year: int) -> dict[int, Target]:
    """The target in force of each of these areas that has one. One query."""
    rows = Target.objects.filter(area__in=areas, year=year).select_related("set_by").order_by("version")
    return {target.area_id: target for target in rows}


def split_of(area: Area, year: int, by: Staff, basis: str = Basis.INSURED) -> Split:
    """The target of an area, of the areas directly below, and a proposal for them that adds up. Five queries.

    Proposed by largest remainder in proportion to the basis; where nobody was insured last year, to who is registered.
    """
    parts = village.completion(area, year, by)
    there = standing([area, *(part.area for part in parts)], year)
    whole = there.get(area.pk)
    here = [part.counts.people for part in parts]
    weights = (
        [part.counts.covered for part in village.completion(area, year - 1, by)] if basis == Basis.INSURED else here
    )
    shares = proposed(whole.people, weights if any(weights) else here) if whole and parts else None
    return Split(
        whole,
        [
            Part(part.area, there.get(part.area.pk), shares[at] if shares else None, part.counts)
            for at, part in enumerate(parts)
        ],
    )


def proposed(people: int, weights: Collection[int]) -> list[int]:
    """So many people shared out by these weights so that the parts add up (largest remainder, earlier first)."""
    told = [Decimal(weight) for weight in weights]
    shares = money.split(Decimal(people) / _HUNDRED, told if any(told) else [Decimal(1)] * len(told))
    return [int(share * _HUNDRED) for share in shares]


def set_city(area: Area, year: int, people: int, why: str, *, by: Staff, at: datetime) -> Target:
    """The city enters what it is to reach. Refuses with CannotSet whoever stands below: they get it from above."""
    if area.level != Area.Level.CITY or by.area_id != area.pk:
        raise CannotSet(_("%(area)s的目标由上级分解下达，只有市级可以录入全市目标。") % {"area": area}, field="people")
    _refuse_odd({area.pk: people}, why)
    with transaction.atomic():
        [target] = _write({area.pk: people}, year, why, by, at)
        audit.record(by, "targets.set", area, {"year": year, "people": people, "why": why}, at=at, area=area)
    return target


def split(area: Area, year: int, parts: Mapping[int, int], why: str, *, by: Staff, at: datetime) -> list[Target]:
    """Give the areas directly below their targets; only those that change are written.

    Refused with CannotSet: an area outside one's own, one without a target, not all areas below, a sum that is not the
    whole; and where somebody else has just changed them.
    """
    if not by.area.covers(area):
        raise CannotSet(_("%(area)s不在您的管辖区域内。") % {"area": area})
    whole = standing([area], year).get(area.pk)
    if whole is None:
        raise CannotSet(_("%(area)s %(year)s 年度还没有目标，请先由上级下达。") % {"area": area, "year": year})
    below = list(Area.objects.filter(parent=area))
    if {one.pk for one in below} != set(parts):
        raise CannotSet(_("请填写%(area)s下级每个区域的目标。") % {"area": area})
    _refuse_odd(parts, why)
    over = sum(parts.values()) - whole.people
    if over:
        told = {"sum": sum(parts.values()), "whole": whole.people, "over": abs(over)}
        raise CannotSet(
            _("各区域之和 %(sum)d 比目标 %(whole)d 多 %(over)d 人，请调整后再保存。") % told
            if over > 0
            else _("各区域之和 %(sum)d 比目标 %(whole)d 少 %(over)d 人，请调整后再保存。") % told
        )
    there = standing(below, year)
    changed = {key: people for key, people in parts.items() if key not in there or there[key].people != people}
    with transaction.atomic():
        written = _write(changed, year, why, by, at)
        detail = {"year": year, "why": why, "parts": {str(key): people for key, people in changed.items()}}
        audit.record(by, "targets.split", area, detail, at=at, area=area)
    return written


def history(area: Area, year: int) -> list[Target]:
    """Every target the area had for the year, the newest first. One query."""
    return list(Target.objects.filter(area=area, year=year).select_related("set_by").order_by("-version"))


def _refuse_odd(parts: Mapping[int, int], why: str) -> None:
    if not why.strip():
        raise CannotSet(_("请填写下达目标的依据，如文号。"), field="why")
    if any(not 0 <= people <= MOST for people in parts.values()):
        raise CannotSet(_("目标人数应在 0 到 %(most)d 之间。") % {"most": MOST}, field="people")


def _write(parts: Mapping[int, int], year: int, why: str, by: Staff, at: datetime) -> list[Target]:
    there = standing(Area.objects.filter(pk__in=parts), year)  # type: ignore[arg-type]
    rows = [
        Target(
            area_id=key,
            year=year,
            version=there[key].version + 1 if key in there else 1,
            people=people,
            why=why.strip(),
            set_by=by,
            set_at=at,
        )
        for key, people in parts.items()
    ]
    try:
        with transaction.atomic():
            return Target.objects.bulk_create(rows, batch_size=500)
    except IntegrityError as error:  # one_target_per_area_year_and_version
        raise CannotSet(_("他人刚刚修改了目标，请刷新后重试。")) from error
