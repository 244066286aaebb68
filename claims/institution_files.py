"""Files of institutions and of physicians, for first loading and what comes after: known ones change nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import models
from django.utils.translation import gettext as _

from claims import institution_codes, physicians
from claims.models import Institution, InstitutionFacts, Physician, PhysicianStanding, Practice
from office import cells, intake
from office.intake import Column, Outcome, Row
from office.models import Area, Batch, Staff
from office.refusal import Refusal

INSTITUTIONS: Final = Batch.Kind.INSTITUTIONS.value
PHYSICIANS: Final = Batch.Kind.PHYSICIANS.value
_LEVELS: Final = (("0", "未定级"), ("1", "一级"), ("2", "二级"), ("3", "三级"))


def _code(cell: cells.Cell) -> str:
    return institution_codes.check(cells.code(cell))


def _licence(cell: cells.Cell) -> str:
    return physicians.licence(cells.code(cell))


OF_INSTITUTIONS: Final = (
    Column("code", "机构代码", _code, synonyms=("医疗机构编码", "国家医保编码")),
    Column("name", "机构名称", cells.words(80), synonyms=("医疗机构名称",)),
    Column("area", "经办区域", cells.text, required=False, synonyms=("区划代码", "县区")),
    Column("since", "自何日起", cells.day, synonyms=("起始日期",)),
    Column("level", "级别", cells.label(_LEVELS)),
    Column("grade", "等次", cells.label(InstitutionFacts.Grade.choices), required=False),
    Column("affiliation", "隶属", cells.label(InstitutionFacts.Affiliation.choices)),
    Column("location", "所在地", cells.label(InstitutionFacts.Location.choices), required=False),
    Column("ownership", "所有制", cells.label(InstitutionFacts.Ownership.choices), required=False),
    Column("beds", "床位", cells.whole, required=False),
    Column("chinese_medicine", "中医", cells.yes_no, required=False),
    Column("paper", "证明材料", cells.words(80), required=False),
)
OF_PHYSICIANS: Final = (
    Column("licence", "执业证书编号", _licence, synonyms=("医师执业证书编号",)),
    Column("name", "姓名", cells.name),
    Column("title", "职称", cells.words(20), required=False),
    Column("institution", "机构代码", cells.code, synonyms=("执业机构代码",)),
    Column("specialty", "专业", cells.words(40), synonyms=("执业范围",)),
    Column("since", "起", cells.day, synonyms=("执业起始日",)),
)
_HEADINGS: Final = {column.name: column.heading for column in (*OF_INSTITUTIONS, *OF_PHYSICIANS)}
_FACTS: Final = ("level", "grade", "affiliation", "location", "ownership", "beds", "chinese_medicine")


@dataclass(frozen=True, slots=True)
class _Made:
    """What a row comes to: the thing itself, and the rows that hang on it."""

    head: models.Model
    below: tuple[models.Model, ...]


def _each(
    rows: Sequence[Row], known: Callable[[Row], bool], make: Callable[[Row], _Made]
) -> tuple[list[_Made], Outcome]:
    """Look at each row: known ones are duplicates, those that cannot be are refused with their reason."""
    made: list[_Made] = []
    outcome = Outcome()
    for row in rows:
        try:
            if known(row):
                outcome.duplicates.add(row.line)
            else:
                made.append(make(row))
        except Refusal as refusal:
            outcome.faults.append(row.fault(_HEADINGS.get(refusal.field, ""), str(refusal)))
    return made, outcome


def _write(made: Sequence[_Made], outcome: Outcome) -> Outcome:
    """Write what the rows came to: one insert for each table."""
    if not made:
        return outcome
    heads = type(made[0].head)._default_manager.bulk_create([one.head for one in made])
    outcome.made += heads
    for rows in zip(*(one.below for one in made), strict=True):
        for head, row in zip(heads, rows, strict=True):
            setattr(row, "institution" if isinstance(head, Institution) else "physician", head)
        outcome.made += type(rows[0])._default_manager.bulk_create(rows)
    return outcome


# --- institutions -------------------------------------------------------------------------------------------------
def _read_institutions(batch: Batch, rows: Sequence[Row]) -> tuple[list[_Made], Outcome]:
    codes = {row["code"] for row in rows}
    standing = {one.code: one.name for one in Institution.objects.filter(code__in=codes)}
    areas: dict[str, Area] = {}
    for area in Area.objects.filter(path__startswith=batch.area.path, level__lte=Area.Level.COUNTY):
        areas[area.code] = areas[area.name] = area
    seen: set[str] = set()

    def known(row: Row) -> bool:
        code = row["code"]
        if code in seen:
            raise Refusal(_("文件中机构代码 %(code)s 不止一行") % {"code": code}, field="code")
        seen.add(code)
        if code in standing and standing[code] != row["name"]:
            told = {"code": code, "name": standing[code]}
            raise Refusal(_("机构代码 %(code)s 已登记为“%(name)s”") % told, field="name")
        return code in standing

    def make(row: Row) -> _Made:
        told = row["area"]
        if told and told not in areas:
            raise Refusal(_("%(area)s没有“%(name)s”这个县区") % {"area": batch.area, "name": told}, field="area")
        if batch.area.level > Area.Level.COUNTY:
            raise Refusal(_("医疗机构由市或县（区）登记"), field="area")
        given = {name: row[name] for name in _FACTS if row[name] not in (None, "")}
        given["level"] = int(given["level"])
        given["chinese_medicine"] = bool(given.get("chinese_medicine"))
        facts = InstitutionFacts(since=row["since"], paper=row["paper"] or "", stated_by=batch.uploaded_by, **given)
        return _Made(
            Institution(code=row["code"], name=row["name"], area=areas[told] if told else batch.area), (facts,)
        )

    return _each(rows, known, make)


def check_institutions(batch: Batch, rows: Sequence[Row], at: datetime) -> Outcome:
    """Which institutions are known, and which rows cannot be."""
    return _read_institutions(batch, rows)[1]


def take_institutions(batch: Batch, rows: Sequence[Row], by: Staff, at: datetime) -> Outcome:
    """Put the new institutions on the list with their facts; agreements follow by two people."""
    return _write(*_read_institutions(batch, rows))


# --- physicians ---------------------------------------------------------------------------------------------------
def _read_physicians(batch: Batch, rows: Sequence[Row], at: datetime) -> tuple[list[_Made], Outcome]:
    standing = dict(
        Physician.objects.filter(licence__in={row["licence"] for row in rows}).values_list("licence", "name")
    )
    codes = {row["institution"] for row in rows}
    places = {
        one.code: one
        for one in Institution.objects.filter(code__in=codes, area__path__startswith=batch.area.path).select_related(
            "area"
        )
    }
    seen: set[str] = set()

    def known(row: Row) -> bool:
        number = row["licence"]
        if number in seen:
            raise Refusal(_("文件中执业证书编号 %(number)s 不止一行") % {"number": number}, field="licence")
        seen.add(number)
        if number in standing and standing[number] != row["name"]:
            raise Refusal(_("执业证书编号 %(number)s 已登记为另一人") % {"number": number}, field="licence")
        return number in standing

    def make(row: Row) -> _Made:
        place = places.get(row["institution"])
        if place is None:
            code = {"code": row["institution"]}
            raise Refusal(_("您的管辖区域内没有代码为 %(code)s 的医疗机构") % code, field="institution")
        since: date = row["since"]
        practice = Practice(institution=place, specialty=row["specialty"], since=since)
        state = PhysicianStanding(
            state=PhysicianStanding.State.ACTIVE, since=since, why=_("登记"), stated_by=batch.uploaded_by, stated_at=at
        )
        told: dict[str, Any] = {"licence": row["licence"], "name": row["name"], "title": row["title"] or ""}
        return _Made(
            Physician(area=place.area, registered_by=batch.uploaded_by, registered_at=at, **told), (practice, state)
        )

    return _each(rows, known, make)


def check_physicians(batch: Batch, rows: Sequence[Row], at: datetime) -> Outcome:
    """Which physicians are known, and which rows cannot be."""
    return _read_physicians(batch, rows, at)[1]


def take_physicians(batch: Batch, rows: Sequence[Row], by: Staff, at: datetime) -> Outcome:
    """Register the new physicians with where they practise; how somebody stood is written once and not undone."""
    outcome = _write(*_read_physicians(batch, rows, at))
    outcome.made = []
    return outcome


intake.kind(INSTITUTIONS, OF_INSTITUTIONS, check_institutions, take_institutions)
intake.kind(PHYSICIANS, OF_PHYSICIANS, check_physicians, take_physicians)
