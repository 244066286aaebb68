"""What claims keep of a resident follows the register: claims hang on cover, a year's counters on the person."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from claims import counters as yearly
from claims.models import Accumulator, Claim
from claims.models.accumulator import CEILINGS
from enrollment import changing, merging
from enrollment.changing import Touched
from enrollment.merging import CannotMerge, CannotUndo
from enrollment.models import Resident

_OVER = (Claim.State.RETURNED, Claim.State.CANCELLED)


@changing.touches
def claims_of(resident: Resident, years: Collection[int]) -> list[Touched]:
    """The live claims of these years, which may have to be worked out anew when cover becomes another."""
    live = Claim.objects.filter(resident=resident, year__in=years).exclude(state__in=_OVER).order_by("discharged")
    return [Touched(claim.number, claim.get_state_display(), claim.discharged) for claim in live]


def _merged_years(gone: Resident, kept: Resident) -> list[dict[str, Any]]:
    """Carry the year's counters of a record that ends: to the kept one's own counter of that year, or as they are.

    Answers for each what stood on both sides, so that it can be put back; a sum over a ceiling is refused.
    """
    told = []
    counters = Accumulator.objects.select_for_update(of=("self",)).order_by("pk")
    own = {counter.year: counter for counter in counters.filter(resident=kept)}
    for counter in counters.filter(resident=gone):
        mine = own.get(counter.year)
        if mine is None:
            Accumulator.objects.filter(pk=counter.pk).update(resident=kept)
            told.append({"moved": counter.pk})
            continue
        before = [_standing(mine), _standing(counter)]
        for name in yearly.COUNTED:
            setattr(mine, name, getattr(mine, name) + getattr(counter, name))
            setattr(counter, name, 0)
        for used in CEILINGS:
            ceilings = [getattr(row, f"{used}_ceiling") for row in (mine, counter)]
            ceiling = None if None in ceilings else max(ceilings)
            if ceiling is not None and getattr(mine, used) > ceiling:
                raise CannotMerge(_("%(year)s 年度两份登记的待遇合计超过封顶线，须先处理") % {"year": counter.year})
            setattr(mine, f"{used}_ceiling", ceiling)
        yearly.keep([mine, counter])
        told.append({"into": mine.pk, "from": counter.pk, "before": before, "after": _standing(mine)})
    return told


def _parted_years(gone: Resident, kept: Resident, told: list[dict[str, Any]]) -> None:
    """Put the counters back as they stood; refused where claims were worked out meanwhile."""
    for one in told:
        if "moved" in one:
            Accumulator.objects.filter(pk=one["moved"]).update(resident=gone)
            continue
        rows = Accumulator.objects.select_for_update(of=("self",)).in_bulk([one["into"], one["from"]])
        if _standing(rows[one["into"]]) != one["after"]:
            raise CannotUndo(_("合并之后又有费用计入累计，不能撤销"))
        for key, before in zip(("into", "from"), one["before"], strict=True):
            for name, value in before.items():
                setattr(rows[one[key]], name, Accumulator._meta.get_field(name).to_python(value))
        yearly.keep(rows.values())


def _standing(counter: Accumulator) -> dict[str, Any]:
    """What a counter says, as JSON keeps it."""
    names = (*yearly.COUNTED, *(f"{used}_ceiling" for used in CEILINGS))
    told = {name: getattr(counter, name) for name in names}
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in told.items()}


merging.carries(Accumulator, "resident", _merged_years, _parted_years)
