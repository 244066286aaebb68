"""The tree of areas: planting a city with its counties, adding towns and villages below them."""

import csv
from datetime import datetime
from functools import cache
from pathlib import Path

from django.db import transaction
from django.db.models import Case, Q, QuerySet, When
from django.utils.translation import gettext as _

from office import audit, initials
from office.models import Area, Staff
from office.refusal import Refusal

_DIVISIONS = Path(__file__).parent / "data" / "divisions.csv"  # GB/T 2260: the four cities and their counties
WORDS, LONGEST_WORD = 4, 60  # of what is typed to find an area; what comes after them is left aside
MANY_OF_A_NAME = 200  # areas of one name that are looked through for the one meant
_LEVELS = {6: Area.Level.COUNTY, 9: Area.Level.TOWN, 12: Area.Level.VILLAGE}


class CannotPlant(Refusal):
    """A city that no division table here knows, or an area that does not lie where it is put."""


def plant(city_code: str, by: Staff | None = None, at: datetime | None = None) -> Area:
    """The city with all its counties, made where missing; planting twice changes nothing. Refuses an unknown code.

    Recorded where a person does it; a site being set up has none yet.
    """
    names = _divisions()
    _refuse_unknown_city(city_code)
    with transaction.atomic():
        city, made = Area.objects.get_or_create(
            code=city_code,
            defaults={
                "name": names[city_code],
                "initials": initials.of(names[city_code]),
                "level": Area.Level.CITY,
                "path": f"{city_code}/",
            },
        )
        Area.objects.bulk_create(
            [
                _below(city, code, name)
                for code, name in names.items()
                if code[:4] == city_code[:4] and code != city_code
            ],
            ignore_conflicts=True,
        )
        if made and by is not None and at is not None:
            audit.record(by, "office.plant_city", city, {"code": city_code}, at=at, area=city)
    return city


def add(parent: Area, code: str, name: str, by: Staff | None = None, at: datetime | None = None) -> Area:
    """A county, town or village below `parent`: 6, 9 or 12 digits that begin with the parent's. Refuses any other code.

    The same area again is simply returned. Recorded where a person does it.
    """
    refuse_misplaced(parent, code, name)
    with transaction.atomic():
        area, made = Area.objects.get_or_create(
            code=code,
            defaults={
                k: getattr(_below(parent, code, name), k) for k in ("name", "initials", "level", "parent", "path")
            },
        )
        refuse_taken(parent, code, name)
        if made and by is not None and at is not None:
            audit.record(by, "office.add_area", area, {"code": code, "name": name}, at=at, area=area)
    return area


def city_of(area: Area) -> Area:
    """The city that an area lies in, or the area itself where it is one."""
    return area if area.level == Area.Level.CITY else Area.objects.get(code=area.path.split("/", 1)[0])


def county_of() -> dict[int, int]:
    """The county of every area by id; what lies above the counties counts as itself. One query, whatever the city."""
    ids = {path: key for key, path in Area.objects.values_list("id", "path")}
    return {key: ids["/".join(path.split("/")[:2]).rstrip("/") + "/"] for path, key in ids.items()}


def label(area: Area) -> str:
    """The area with what it lies in, as people choose it: 东村（榆次区城关镇）. Wants `parent__parent` at hand."""
    above = area.parent
    if above is None:
        return area.name
    return f"{area.name}（{above.parent.name if above.parent else ''}{above.name}）"


def matching(rows: QuerySet[Area], text: str) -> QuerySet[Area]:
    """Of these areas those that fit each typed word: part of the name or of the parent's, initials, or code. One query.

    Who begins with what was typed stands first; nothing typed fits everything. Slice it before it is read.
    """
    words = text.replace("\0", "").upper().split()[:WORDS]
    for word in words:
        word = word[:LONGEST_WORD]
        fits = Q(name__icontains=word) | Q(initials__startswith=word) | Q(code__startswith=word)
        rows = rows.filter(fits | Q(parent__name__icontains=word))
    if not words:
        return rows.order_by("path")
    first = Q(name__startswith=words[0]) | Q(initials__startswith=words[0])
    return rows.order_by(Case(When(first, then=0), default=1), "path")


def named(rows: QuerySet[Area], text: str) -> list[Area]:
    """Which of these areas somebody means by this: its label, its code or its name; else the only one that fits.

    None where nothing fits, two where it could be either.
    """
    text = text.replace("\0", "").strip()
    if text.isascii() and text.isdigit():
        return list(rows.filter(code=text))
    names = {text} | {text[:at] for at, character in enumerate(text) if character in "（("}
    called = list(rows.filter(name__in=names)[:MANY_OF_A_NAME])
    exact = [area for area in called if label(area) == text] or [area for area in called if area.name == text]
    return exact[:2] or list(matching(rows, text)[:2])


def refuse_misplaced(parent: Area | None, code: str, name: str) -> None:
    """Raise CannotPlant where an area with this code and name cannot lie below `parent`; None stands for a city."""
    if parent is None:
        return _refuse_unknown_city(code)
    prefix = parent.code[:4] if parent.level == Area.Level.CITY else parent.code
    if not (code.isascii() and code.isdigit()) or len(code) not in _LEVELS:
        raise CannotPlant(_("区划代码应为 6、9 或 12 位数字：%(code)s") % {"code": code}, field="code")
    if not code.startswith(prefix) or _LEVELS[len(code)] <= parent.level:
        raise CannotPlant(
            _("代码 %(code)s 不在%(parent)s（%(prefix)s）之下")
            % {"code": code, "parent": parent.name, "prefix": prefix},
            field="code",
        )
    if not name.strip():
        raise CannotPlant(_("名称不能为空"), field="name")
    return None


def refuse_taken(parent: Area | None, code: str, name: str) -> None:
    """Raise CannotPlant where the code belongs to an area of another name or place; the same area again is no harm."""
    there = Area.objects.filter(code=code).first() if parent is not None else None
    if there is not None and (there.parent_id, there.name) != (parent.pk, name):
        raise CannotPlant(_("代码 %(code)s 已属于%(name)s") % {"code": code, "name": there.name}, field="code")


def _refuse_unknown_city(code: str) -> None:
    if code not in _divisions() or not code.endswith("00"):
        raise CannotPlant(_("区划表中没有地级市代码 %(code)s") % {"code": code}, field="code")


def name_of(code: str) -> str | None:
    """The county or city that a code of the divisions lies in: empty for one of another city than the four known here,
    None for a county that such a city does not have."""
    names, county = _divisions(), code[:6]
    if county in names:
        return names[county]
    return None if any(known[:4] == county[:4] for known in names) else ""


@cache
def _divisions() -> dict[str, str]:
    with _DIVISIONS.open(encoding="utf-8", newline="") as file:
        return {row["代码"]: row["名称"] for row in csv.DictReader(file)}


def _below(parent: Area, code: str, name: str) -> Area:
    return Area(
        code=code,
        name=name,
        initials=initials.of(name),
        level=_LEVELS[len(code)],
        parent=parent,
        path=f"{parent.path}{code}/",
    )
