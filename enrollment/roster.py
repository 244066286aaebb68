"""Rosters of villages and schools: every row read like papers at the counter, good ones kept, bad ones given back."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Final

from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment import belonging, collection, registration
from enrollment.models import CollectionPeriod, Due, Enrollment, Household, Resident, School, Status
from enrollment.registration import EVENTS, HEAD, Heeded, Papers
from office import bulk, cells, identity, intake
from office.intake import Outcome, Row
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
    intake.Column("phone", "电话", partial(cells.code, most=20), required=False, synonyms=("联系电话", "手机号")),
    intake.Column("address", "住址", cells.text, required=False, synonyms=("家庭住址",)),
    intake.Column("insured_through", "上次参保年度", cells.year, required=False, synonyms=("最近参保年度",)),
    intake.Column("event", "参保事由", cells.label(EVENTS.items()), required=False),
    intake.Column("event_on", "事由日期", cells.day, required=False),
    intake.Column("group", "人员身份", cells.label(Status.Group.choices), required=False),
    intake.Column("group_since", "身份起", cells.day, required=False, synonyms=("认定日期",)),
    intake.Column("certified_by", "认定部门", cells.words(60), required=False),
)
_HEADINGS: Final = {column.name: column.heading for column in COLUMNS}


@dataclass(slots=True)
class _Person:
    """A row that was understood: who it is, where, and the head of the household, by blind index."""

    row: Row
    papers: Papers
    heeded: Heeded
    index: str
    area: Area
    head: str

    @property
    def leads(self) -> bool:
        """Whether this is the head of the household."""
        return self.head == self.index

    def resident(self, household: Household | None, on: date) -> Resident:
        """The person as the register will have it, not saved."""
        resident = registration.resident(self.papers, self.heeded, on)
        resident.area, resident.household = self.area, household
        if self.leads:
            resident.relation = HEAD
        return resident


@dataclass(slots=True)
class _Places:
    """Where rows may lead: villages within the file's area by code and by name, schools by code."""

    default: Area
    villages: dict[str, list[Area]] = field(default_factory=lambda: defaultdict(list))
    schools: dict[str, School] = field(default_factory=dict)
    own: str = ""  # the school whose roster the file is

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
    school = places.school(row)
    area = school.area if school else places.village(row)
    if bool(row["group"]) != bool(row["group_since"]):
        raise Refusal(_("人员身份和身份起应同时填写"), field="group_since")
    papers = Papers(
        name=row["name"],
        id_number=row["id_number"],
        id_type=row["id_type"] or Resident.IdType.ID_CARD,
        sex=row["sex"] or "",
        birth_on=row["birth_on"],
        relation=row["relation"] or "",
        basis=row["basis"] or (school.kind if school else Resident.Basis.HOUSEHOLD),
        phone=row["phone"] or "",
        event=row["event"] or "",
        event_on=row["event_on"],
        insured_through=row["insured_through"],
        school=school,
        school_class=row["school_class"] or "",
        registry=row["registry"] or "",
        residence=row["residence"] or "",
    )
    heeded = registration.heed(papers, on)
    belonging.refuse_elsewhere(area, papers.basis, heeded.registry, heeded.residence, on, school)
    index = blind_index(heeded.number)
    told = identity.normal(row["head"]) if row["head"] else heeded.number
    head = "" if school else index if told == heeded.number else blind_index(told)
    return _Person(row, papers, heeded, index, area, head)


def _understand(batch: Batch, rows: Sequence[Row], at: datetime) -> tuple[list[_Person], Outcome, dict[str, Resident]]:
    """Everybody who can be registered, what stands in the way of the others, and who of them is registered already."""
    outcome = Outcome()
    places = _places(batch.area, rows, batch.parameters.get("school", ""))
    people: dict[str, _Person] = {}
    for row in rows:
        try:
            person = _person(row, places, timezone.localdate(at))
        except Refusal as refusal:
            outcome.faults.append(row.fault(_HEADINGS.get(refusal.field, ""), refusal))
            continue
        first = people.setdefault(person.index, person)
        if first is not person:
            outcome.faults.append(row.fault("证件号码", _("与第 %(line)s 行重复") % {"line": first.row.line}))
    there = registration.known([*people, *(person.head for person in people.values() if person.head)])
    for index, person in list(people.items()):
        if index not in there:
            continue
        del people[index]
        known = there[index]
        if (known.name, known.area_id) == (person.heeded.name, person.area.pk):
            outcome.duplicates.add(person.row.line)
        elif known.area_id == person.area.pk:
            outcome.faults.append(person.row.fault("姓名", _("证件号码已登记为另一姓名")))
        else:
            where = known.area if batch.area.covers(known.area) else _("其他区域")
            outcome.faults.append(person.row.fault("证件号码", _("已登记在%(area)s") % {"area": where}))
    _refuse_headless(people, there, outcome)
    return list(people.values()), outcome, there


def _refuse_headless(people: dict[str, _Person], there: dict[str, Resident], outcome: Outcome) -> None:
    """Members whose head is neither in the file (in the same village, itself in order) nor registered there."""
    for index, person in list(people.items()):
        head = people.get(person.head)
        known = there.get(person.head)
        in_file = head is not None and head.head == person.head and head.area == person.area
        in_table = known is not None and known.area_id == person.area.pk and known.household_id is not None
        if person.head and not in_file and not in_table:
            del people[index]
            told = _("户主不在同一村的名册或登记之中，或其所在行被退回")
            outcome.faults.append(person.row.fault("户主证件号码", told))


def check(batch: Batch, rows: Sequence[Row], at: datetime) -> Outcome:
    """What taking these rows would refuse, and who is registered already. Three queries, however many rows."""
    return _understand(batch, rows, at)[1]


def take(batch: Batch, rows: Sequence[Row], by: Staff, at: datetime) -> Outcome:
    """Register everybody in the rows: households first, then people, heads and statuses; all in sets.

    Where the file was sent for a collection period (`parameters["period"]`), they are put down for it as well.
    """
    people, outcome, there = _understand(batch, rows, at)
    on = timezone.localdate(at)
    households = _households(people, there, on)
    residents = [person.resident(households.get(person.head), on) for person in people]
    bulk.insert(residents, "id_index")
    heads = {resident.pk: households[p.head] for p, resident in zip(people, residents, strict=True) if p.leads}
    # One statement for all: the head is the member under the number by which the household was founded.
    founded = Household.objects.filter(pk__in=[household.pk for household in heads.values()])
    first = Resident.objects.filter(household=OuterRef("pk"), relation=HEAD, pk__in=heads)
    founded.update(head=Subquery(first.values("pk")[:1]))
    statuses = Status.objects.bulk_create(
        Status(
            resident=resident,
            group=person.row["group"],
            since=person.row["group_since"],
            certified_by=person.row["certified_by"] or "",
            document=batch.file_name[:80],
        )
        for person, resident in zip(people, residents, strict=True)
        if person.row["group"]
    )
    for key, household in heads.items():
        household.head_id = key
    outcome.made += [*heads.values(), *residents, *statuses]
    if period := batch.parameters.get("period"):
        collection.put_down(residents, CollectionPeriod.objects.select_related("area").get(pk=period), on)
        enrolled = list(Enrollment.objects.filter(resident__in=residents))
        outcome.made += [*enrolled, *Due.objects.filter(enrollment__in=enrolled)]
    return outcome


def _households(people: Sequence[_Person], there: dict[str, Resident], on: date) -> dict[str, Household]:
    """The household of each head: those that stand already, and a new one for each head in the file."""
    new = [person for person in people if person.leads]
    made = registration.found_households(
        [person.area for person in new], on, [person.row["address"] or "" for person in new]
    )
    households = dict(zip((person.head for person in new), made, strict=True))
    standing = Household.objects.in_bulk({r.household_id for r in there.values() if r.household_id})
    for index, resident in there.items():
        if resident.household_id:
            households.setdefault(index, standing[resident.household_id])
    return households


def _household(row: Row) -> str:
    """Rows that belong in one chunk: a household is its head's number, a student alone."""
    return identity.normal(row["id_number"] if row["school"] else row["head"] or row["id_number"])


intake.kind(KIND, COLUMNS, check, take, unit=_household)
