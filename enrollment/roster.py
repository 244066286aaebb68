"""Rosters of villages and schools: every row read like papers at the counter, good ones kept, bad ones given back."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment import belonging, collection, documents, registration
from enrollment.models import CollectionPeriod, Due, Enrollment, Household, Resident, School, Status
from enrollment.registration import EVENTS, HEAD, Papers
from office import bulk, cells, identity, initials, intake, undoing
from office.intake import Fault, Outcome, Row
from office.models import Area, Batch, Staff
from office.refusal import Refusal
from office.secrecy import blind_index

KIND: Final = Batch.Kind.ROSTER.value
COLUMNS: Final = (
    intake.Column("name", "姓名", cells.name),
    intake.Column("id_number", "证件号码", cells.code, synonyms=("身份证号", "身份证号码", "公民身份号码")),
    intake.Column("id_type", "证件类型", cells.label(Resident.IdType.choices), required=False),
    intake.Column("sex", "性别", cells.label(Resident.Sex.choices), required=False),
    intake.Column("birth_on", "出生日期", cells.day, required=False),
    intake.Column("village", "村（社区）", cells.text, required=False, synonyms=("村社区", "村代码", "所在村", "社区")),
    intake.Column("head", "户主证件号码", cells.code, required=False, synonyms=("户主身份证号",)),
    intake.Column("relation", "与户主关系", cells.words(20), required=False, synonyms=("户主关系",)),
    intake.Column("basis", "参保依据", cells.label(Resident.Basis.choices), required=False),
    intake.Column("school", "学校代码", cells.code, required=False),
    intake.Column("school_class", "班级", cells.words(40), required=False, synonyms=("年级班级",)),
    intake.Column("registry", "户籍地", cells.words(100), required=False, synonyms=("户籍所在地",)),
    intake.Column("residence", "居住地", cells.words(100), required=False, synonyms=("现居住地",)),
    intake.Column("phone", "电话", cells.phone, required=False, synonyms=("联系电话", "手机号")),
    intake.Column("address", "住址", cells.text, required=False, synonyms=("家庭住址",)),
    intake.Column("insured_through", "上次参保年度", cells.year, required=False, synonyms=("最近参保年度",)),
    intake.Column("event", "参保事由", cells.label(EVENTS.items()), required=False),
    intake.Column("event_on", "事由日期", cells.day, required=False),
    intake.Column("group", "人员身份", cells.label(Status.Group.choices), required=False),
    intake.Column("group_since", "身份起", cells.day, required=False, synonyms=("认定日期",)),
    intake.Column("certified_by", "认定部门", cells.words(60), required=False),
)
_PIECE: Final = 10_000  # keys in one query
_HEADINGS: Final = {column.name: column.heading for column in COLUMNS}


class _Person(NamedTuple):
    """A row that was understood: who it is and where, as plain values that are laid by between preview and taking.

    `head` is the blind index of the head of the household, empty for students; days are written as 2025-01-05.
    """

    line: int
    index: str
    head: str
    area: int
    name: str
    initials: str
    id_type: str
    number: str
    tail: str
    sex: str
    birth_on: str
    relation: str
    basis: str
    school: int | None
    school_class: str
    registry: str
    residence: str
    phone: str
    insured_through: int | None
    event: str
    event_on: str | None
    address: str
    group: str
    group_since: str | None
    certified_by: str

    @property
    def leads(self) -> bool:
        """Whether this is the head of the household."""
        return self.head == self.index


class _Standing(NamedTuple):
    """Who is registered already under a document."""

    name: str
    area: int
    household: int | None


_HOUSEHOLD: Final = ("id", "number", "area_id", "address", "head_id", "registered_on")
_RESIDENT: Final = (
    "id", "name", "initials", "id_type", "id_number", "id_index", "id_tail", "sex", "birth_on", "area_id",
    "household_id", "relation", "school_id", "school_class", "basis", "registry", "residence", "phone",
    "insured_through", "registered_on", "event", "event_on", "end_reason",
)  # fmt: skip
_STATUS: Final = ("id", "resident_id", "group", "since", "until", "certified_by", "document")


@dataclass(slots=True)
class _Places:
    """Where rows may lead: villages within the file's area by code and by name, schools by code."""

    default: Area
    villages: dict[str, list[Area]] = field(default_factory=lambda: defaultdict(list))
    schools: dict[str, School] = field(default_factory=dict)
    own: str = ""  # the school whose roster the file is
    # Where and on what ground somebody of the file was found to belong already.
    belong: set[tuple[object, ...]] = field(default_factory=set)
    # Heads of households as the rows before named them, by what stands in the cell: number and blind index.
    heads: dict[str, tuple[str, str]] = field(default_factory=dict)

    def village(self, row: Row) -> Area:
        """The village of a row by code or name; the file's own where the row names none."""
        told = row["village"]
        if not told:
            if self.default.level == Area.Level.VILLAGE:
                return self.default
            raise Refusal(_("请填写村（社区）的代码或名称"), field="village")
        found = self.villages.get(told, [])
        if len(found) == 1:
            return found[0]
        if found:
            codes = "、".join(area.code for area in found)
            raise Refusal(
                _("“%(name)s”不止一个，请填写代码：%(codes)s") % {"name": told, "codes": codes}, field="village"
            )
        raise Refusal(_("%(area)s没有“%(name)s”这个村（社区）") % {"area": self.default, "name": told}, field="village")

    def school(self, row: Row) -> School | None:
        code = row["school"] or self.own
        if not code:
            return None
        if code not in self.schools:
            raise Refusal(_("没有代码为 %(code)s 的学校") % {"code": code}, field="school")
        return self.schools[code]

    def head(self, told: str) -> tuple[str, str]:
        """The number and the blind index of a head of household, worked out once for the whole household."""
        known = self.heads.get(told)
        if known is None:
            number = identity.normal(told)
            known = self.heads[told] = (number, blind_index(number))
        return known


def _places(area: Area, rows: Sequence[Row], own: str = "") -> _Places:
    places = _Places(area, own=own)
    for village in Area.objects.filter(path__startswith=area.path, level=Area.Level.VILLAGE):
        places.villages[village.code].append(village)
        places.villages[village.name].append(village)
    codes = {row["school"] for row in rows if row["school"]} | ({own} - {""})
    schools = School.objects.filter(code__in=codes, area__path__startswith=area.path).select_related("area")
    places.schools = {school.code: school for school in schools}
    return places


def _person(row: Row, places: _Places, on: date) -> _Person:
    """Read one row like papers at the counter. Refuses with the field that does not hold."""
    told = row.values
    school = places.school(row)
    area = school.area if school else places.village(row)
    if bool(told["group"]) != bool(told["group_since"]):
        raise Refusal(_("人员身份和身份起应同时填写"), field="group_since")
    papers = Papers(
        name=told["name"],
        id_number=told["id_number"],
        id_type=told["id_type"] or Resident.IdType.ID_CARD,
        sex=told["sex"] or "",
        birth_on=told["birth_on"],
        relation=told["relation"] or "",
        basis=told["basis"] or (school.kind if school else Resident.Basis.HOUSEHOLD),
        phone=told["phone"] or "",
        event=told["event"] or "",
        event_on=told["event_on"],
        insured_through=told["insured_through"],
        school=school,
        school_class=told["school_class"] or "",
        registry=told["registry"] or "",
        residence=told["residence"] or "",
    )
    heeded = registration.heed(papers, on)
    place = (area.pk, papers.basis, heeded.registry, heeded.residence, school)
    if place not in places.belong:
        belonging.refuse_elsewhere(area, papers.basis, heeded.registry, heeded.residence, on, school)
        places.belong.add(place)
    index = blind_index(heeded.number)
    head = "" if school else places.head(told["head"])[1] if told["head"] else index
    return _Person(
        line=row.line,
        index=index,
        head=head,
        area=area.pk,
        name=heeded.name,
        initials=initials.of(heeded.name),
        id_type=papers.id_type,
        number=heeded.number,
        tail=documents.tail(heeded.number),
        sex=heeded.sex,
        birth_on=str(heeded.birth_on),
        relation=HEAD if head == index else papers.relation,
        basis=papers.basis,
        school=school.pk if school else None,
        school_class=papers.school_class,
        registry=heeded.registry,
        residence=heeded.residence,
        phone=papers.phone,
        insured_through=papers.insured_through,
        event=heeded.event,
        event_on=str(heeded.event_on) if heeded.event_on else None,
        address=told["address"] or "",
        group=told["group"] or "",
        group_since=str(told["group_since"]) if told["group_since"] else None,
        certified_by=told["certified_by"] or "",
    )


def _understand(batch: Batch, rows: Sequence[Row], at: datetime) -> tuple[dict[str, _Person], list[Fault]]:
    """Everybody whose papers hold, by index, and what is wrong with the rows of the others."""
    faults: list[Fault] = []
    places = _places(batch.area, rows, batch.parameters.get("school", ""))
    people: dict[str, _Person] = {}
    on = timezone.localdate(at)
    for row in rows:
        try:
            person = _person(row, places, on)
        except Refusal as refusal:
            faults.append(row.fault(_HEADINGS.get(refusal.field, ""), refusal))
            continue
        first = people.setdefault(person.index, person)
        if first is not person:
            faults.append(row.fault("证件号码", _("与第 %(line)s 行重复") % {"line": first.line}))
    return people, faults


def _compare(
    batch: Batch, people: dict[str, _Person], fault: Callable[[int, str, str], Fault]
) -> tuple[Outcome, dict[str, _Standing]]:
    """Leave of these people those who can be registered, by the tables as they are now; who of the others stands where.

    Whoever is registered in the same place under the same name changes nothing; any other who is known, and members
    without a head, are refused.
    """
    outcome = Outcome()
    there = _known({*people, *(person.head for person in people.values() if person.head)})
    elsewhere = [known.area for index, known in there.items() if index in people]
    areas = Area.objects.in_bulk(set(elsewhere))
    for index in [index for index in people if index in there]:
        person, known = people.pop(index), there[index]
        if (known.name, known.area) == (person.name, person.area):
            outcome.duplicates.add(person.line)
        elif known.area == person.area:
            outcome.faults.append(fault(person.line, "姓名", _("证件号码已登记为另一姓名")))
        else:
            where = areas[known.area] if batch.area.covers(areas[known.area]) else _("其他区域")
            outcome.faults.append(fault(person.line, "证件号码", _("已登记在%(area)s") % {"area": where}))
    _refuse_headless(people, there, outcome, fault)
    return outcome, there


def _known(indexes: Collection[str]) -> dict[str, _Standing]:
    """Who is registered under these documents, by blind index. One query, up to ten thousand."""
    found: dict[str, _Standing] = {}
    told = list(indexes)
    for start in range(0, len(told), _PIECE):
        rows = Resident.objects.filter(id_index__in=told[start : start + _PIECE])
        for index, *standing in rows.order_by().values_list("id_index", "name", "area_id", "household_id"):
            found[index] = _Standing(*standing)
    return found


def _refuse_headless(
    people: dict[str, _Person],
    there: dict[str, _Standing],
    outcome: Outcome,
    fault: Callable[[int, str, str], Fault],
) -> None:
    """Members whose head is neither in the file (in the same village, itself in order) nor registered there."""
    for index, person in list(people.items()):
        if not person.head or person.leads:
            continue
        head = people.get(person.head)
        known = there.get(person.head)
        in_file = head is not None and head.leads and head.area == person.area
        in_table = known is not None and known.area == person.area and known.household is not None
        if not in_file and not in_table:
            del people[index]
            told = _("户主不在同一村的名册或登记之中，或其所在行被退回")
            outcome.faults.append(fault(person.line, "户主证件号码", told))


def _look(batch: Batch, rows: Sequence[Row], at: datetime) -> tuple[dict[str, _Person], Outcome, dict[str, _Standing]]:
    people, faults = _understand(batch, rows, at)
    lines = {row.line: row for row in rows}
    outcome, there = _compare(batch, people, lambda line, heading, says: lines[line].fault(heading, says))
    outcome.faults[:0] = faults
    return people, outcome, there


def check(batch: Batch, rows: Sequence[Row], at: datetime) -> Outcome:
    """What taking these rows would refuse, and who is registered already. Four queries, however many rows."""
    people, outcome, _there = _look(batch, rows, at)
    outcome.kept = lambda: {person.line: list(person) for person in people.values()}
    return outcome


def take(batch: Batch, rows: Sequence[Row], by: Staff, at: datetime) -> Outcome:
    """Register everybody in the rows: households first, then people, heads and statuses; all in sets.

    Where the file was sent for a collection period (`parameters["period"]`), they are put down for it as well.
    """
    people, outcome, there = _look(batch, rows, at)
    return _register(batch, list(people.values()), there, outcome, timezone.localdate(at))


def again(batch: Batch, kept: Sequence[list[Any]], by: Staff, at: datetime) -> Outcome:
    """Register people as the preview understood them, whom nobody registered since and whose heads still stand."""
    people = {person.index: person for person in (_Person(*row) for row in kept)}
    outcome, there = _compare(batch, people, lambda line, heading, says: Fault(line, heading, says, {}))
    return _register(batch, list(people.values()), there, outcome, timezone.localdate(at))


def _register(
    batch: Batch, people: Sequence[_Person], there: dict[str, _Standing], outcome: Outcome, on: date
) -> Outcome:
    """Write households, people and statuses, keys first, so that each refers to the others when it is written."""
    day = str(on)
    founding = [person for person in people if person.leads]
    numbers = registration.household_numbers([person.area for person in founding])
    homes = bulk.fresh_keys(Household, len(founding))
    keys = bulk.fresh_keys(Resident, len(people))
    own = {person.index: key for person, key in zip(people, keys, strict=True)}
    households = {index: known.household for index, known in there.items() if known.household is not None}
    households |= {person.index: home for person, home in zip(founding, homes, strict=True)}
    _write(outcome, Household, _HOUSEHOLD, [
        (home, number, person.area, person.address, own[person.index], day)
        for home, number, person in zip(homes, numbers, founding, strict=True)
    ])  # fmt: skip
    _write(outcome, Resident, _RESIDENT, [
        (
            key, p.name, p.initials, p.id_type, p.number, p.index, p.tail, p.sex, p.birth_on, p.area,
            households.get(p.head), p.relation, p.school, p.school_class, p.basis, p.registry, p.residence, p.phone,
            p.insured_through, day, p.event, p.event_on, "",
        )
        for key, p in zip(keys, people, strict=True)
    ])  # fmt: skip
    certified = [person for person in people if person.group]
    told = batch.file_name[:80]
    _write(outcome, Status, _STATUS, [
        (key, own[p.index], p.group, p.group_since, None, p.certified_by, told)
        for key, p in zip(bulk.fresh_keys(Status, len(certified)), certified, strict=True)
    ])  # fmt: skip
    if period := batch.parameters.get("period"):
        residents = [resident for piece in _pieces(keys) for resident in Resident.objects.filter(pk__in=piece)]
        collection.put_down(residents, CollectionPeriod.objects.select_related("area").get(pk=period), on)
        enrolled = [row for piece in _pieces(keys) for row in Enrollment.objects.filter(resident__in=piece)]
        outcome.made += [*enrolled, *Due.objects.filter(enrollment__in=[row.pk for row in enrolled])]
    return outcome


def _pieces(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    return (keys[start : start + _PIECE] for start in range(0, len(keys), _PIECE))


def _write(outcome: Outcome, model: type[Model], names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Write rows, each with its key in front, and their marks for the day on which the import is undone."""
    if not rows:
        return
    bulk.copy_in(model, names, rows)
    mark = undoing.marker(model, names)
    outcome.marks[model._meta.label_lower] = {row[0]: mark(row) for row in rows}


def _household(row: Row) -> str:
    """Rows that belong in one chunk: a household is its head's number, a student alone."""
    return identity.normal(row["id_number"] if row["school"] else row["head"] or row["id_number"])


intake.kind(KIND, COLUMNS, check, take, unit=_household, keeps=_Person._fields, again=again)
