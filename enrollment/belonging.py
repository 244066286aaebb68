"""Where somebody belongs: registered, living or studying, and in which insured area of the city that lies."""

import re
from datetime import date
from typing import Final

from django.utils.translation import gettext as _

from enrollment.models import Resident, School
from office import areas
from office.models import Area
from office.refusal import Refusal
from policies import joining
from policies.joining import Asked, InsuredArea

# "320321001 丰县某镇", "320321" or words alone.
_PLACE: Final = re.compile(r"(?:(\d{6}|\d{9}|\d{12})(?!\d))?\s*(.*)", re.DOTALL)
MOST: Final = 100


class CannotBelong(Refusal):
    """A place that cannot be, or one that leads to the counter of another insured area."""


def read(text: str, field: str) -> str:
    """A place as it is kept: a code of the divisions where one was typed, then words; empty where nothing was.

    The name of a county of the city is filled in from its code. Refused: digits that are no code, a code of the city
    that no area has.
    """
    told = " ".join(str(text).split())
    if not told:
        return ""
    code, words = _PLACE.fullmatch(told).groups()
    if code is None and told[0].isdigit():
        raise CannotBelong(_("区划代码应为 6、9 或 12 位数字，或只写地名：%(place)s") % {"place": told}, field=field)
    if code is not None:
        name = areas.name_of(code)
        if name is None:
            raise CannotBelong(_("没有代码为 %(code)s 的区划，请核对，或只写地名") % {"code": code}, field=field)
        told = f"{code} {words or name}".strip()
    if len(told) > MOST:
        raise CannotBelong(_("地址超过 %(most)d 字") % {"most": MOST}, field=field)
    return told


def code_of(place: str) -> str:
    """The code at the head of a place; empty where only words were written."""
    head = place.split(" ", 1)[0]
    return head if head.isascii() and head.isdigit() else ""


def within(place: str, region: str) -> bool | None:
    """Whether a place lies in this city (four digits say so); None where no code was written or no city asks."""
    code = code_of(place)
    return code[:4] == region[:4] if code and region[:2] != "00" else None


def regulation_of(area: Area) -> str:
    """The code of the regulation of the city in which an area lies; empty where none stands on the shelf."""
    return joining.of_city(area.path.split("/", 1)[0])


def insured_area(area: Area) -> InsuredArea | None:
    """The insured area of a village, town or county, where the city's text draws them (XZ08.1)."""
    codes = area.path.strip("/").split("/")
    return joining.insured_area(regulation_of(area), codes[1]) if len(codes) > 1 else None


def asked(area: Area, basis: str, on: date) -> Asked | None:
    """What the city's text asks of whoever joins on this ground."""
    return joining.asked(regulation_of(area), joining.GROUNDS, on).get(basis)


def refuse_elsewhere(
    area: Area, basis: str, registry: str, residence: str, on: date, school: School | None = None
) -> None:
    """Refuse with CannotBelong whoever has to register in another insured area of the city: enrolment is territorial.

    Somebody registered (or living, by the ground of joining) in another city is the business of eligibility, not of
    this; a place without a code decides nothing.
    """
    ground = asked(area, basis, on)
    here = insured_area(area)
    if ground is None or here is None or ground.belongs not in ("registry", "residence") or school is not None:
        return
    code = code_of(registry if ground.belongs == "registry" else residence)
    there = joining.insured_area(regulation_of(area), code[:6])
    if there is not None and there.name != here.name:
        raise CannotBelong(
            _("应到%(where)s（%(there)s）办理，%(here)s不是其参保地")
            % {"where": ground.where, "there": there.name, "here": here.name},
            article=ground.article,
            field=ground.belongs,
        )


def of_resident(resident: Resident) -> dict[str, str]:
    """The three places of a person as people read them."""
    return {
        "registry": resident.registry,
        "residence": resident.residence,
        "school": str(resident.school) if resident.school_id else "",
    }
