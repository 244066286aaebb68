"""Registration at the counter: a household and its members from their papers, a newborn under its birth certificate."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrollment import belonging, documents
from enrollment import papers as seen_papers
from enrollment.models import Household, Resident, School
from office import audit, bulk, cells, identity, initials
from office.models import Area, Staff
from office.refusal import Refusal
from office.secrecy import blind_index
from policies import days

EVENTS: Final[dict[str, Any]] = {
    "birth": gettext_lazy("出生"),
    "university_entry": gettext_lazy("大学新生入学"),
    "graduation": gettext_lazy("毕业"),
    "discharge_from_service": gettext_lazy("退役"),
    "release": gettext_lazy("刑满释放"),
    "moved_in_insured": gettext_lazy("已参保迁入"),
    "left_employee_insurance": gettext_lazy("职工医保中断"),
    "permit_transfer_insured": gettext_lazy("居住证转入"),
}
HEAD: Final = "户主"
_PIECE: Final = 10_000  # keys in one query
_BASES: Final = frozenset(Resident.Basis.values)
_SEXES: Final = frozenset(Resident.Sex.values)
_NAME = re.compile(r"[^\W\d_][^\d_<>\"'=;]{0,58}", re.UNICODE)


class CannotRegister(Refusal):
    """Papers that do not hold together, or a place that is not the clerk's."""


class AlreadyRegistered(Refusal):
    """Somebody is registered under this document already."""


@dataclass(slots=True, kw_only=True)
class Papers:
    """What a person's papers say; sex and birth come from the number of an identity card and are checked against it."""

    name: str
    id_number: str
    id_type: str = Resident.IdType.ID_CARD
    sex: str = ""
    birth_on: date | None = None
    relation: str = ""
    basis: str = Resident.Basis.HOUSEHOLD
    phone: str = ""
    event: str = ""
    event_on: date | None = None
    insured_through: int | None = None
    pension_elsewhere: bool = False
    school: School | None = None
    school_class: str = ""
    registry: str = ""
    residence: str = ""
    seen: Sequence[str] = ()  # kinds of papers that were checked at the counter


class Heeded(NamedTuple):
    """What papers that hold together say of a person."""

    name: str
    number: str
    birth_on: date
    sex: str
    event: str
    event_on: date | None
    registry: str = ""
    residence: str = ""


def read(papers: Papers, on: date) -> Resident:
    """The resident these papers describe, not saved; refuses as `heed` does."""
    return resident(papers, heed(papers, on), on)


def heed(papers: Papers, on: date) -> Heeded:
    """What these papers say. Refuses with CannotRegister (field named) what does not hold.

    Nobody is born after `on`; whoever is not yet one year old comes with the event of the birth.
    """
    try:
        name = cells.name(papers.name)
    except cells.BadCell as refusal:
        raise CannotRegister(refusal.message, field="name") from None
    if not _NAME.fullmatch(name):
        raise CannotRegister(_("姓名应为 1 至 59 个字，不含数字和符号"), field="name")
    number, birth_on, sex = _document(papers, on)
    if birth_on > on:
        raise CannotRegister(_("出生日期 %(day)s 晚于登记日期") % {"day": birth_on}, field="birth_on")
    if birth_on.year < identity.FIRST_YEAR:
        raise CannotRegister(_("出生日期不合理：%(day)s") % {"day": birth_on}, field="birth_on")
    if papers.basis not in _BASES:
        raise CannotRegister(_("没有这种参保依据：%(basis)s") % {"basis": papers.basis}, field="basis")
    event, event_on = papers.event, papers.event_on
    if not event and days.add_months(birth_on, 12) >= on:
        event, event_on = "birth", birth_on
    if event and event not in EVENTS:
        raise CannotRegister(_("没有这种参保事由：%(event)s") % {"event": event}, field="event")
    if bool(event) != bool(event_on):
        raise CannotRegister(_("参保事由和事由日期应同时填写"), field="event_on")
    if event_on and (event_on < birth_on or event_on > days.add_months(on, 12)):
        raise CannotRegister(_("事由日期 %(day)s 早于出生或尚未到来") % {"day": event_on}, field="event_on")
    if event == "birth" and event_on != birth_on:
        raise CannotRegister(_("事由为出生的，事由日期应为出生日期 %(day)s") % {"day": birth_on}, field="event_on")
    through = papers.insured_through
    if through is not None and not birth_on.year <= through <= on.year + 1:
        raise CannotRegister(_("上次参保年度 %(year)s 早于出生或尚未到来") % {"year": through}, field="insured_through")
    registry = belonging.read(papers.registry, "registry") if papers.registry else ""
    residence = belonging.read(papers.residence, "residence") if papers.residence else ""
    return Heeded(name, number, birth_on, sex, event, event_on, registry, residence)


def resident(papers: Papers, heeded: Heeded, on: date) -> Resident:
    """The resident of these papers, heeded before; not saved."""
    return Resident(
        name=heeded.name,
        initials=initials.of(heeded.name),
        id_type=papers.id_type,
        **documents.keys(heeded.number),
        sex=heeded.sex,
        birth_on=heeded.birth_on,
        relation=papers.relation,
        basis=papers.basis,
        phone=papers.phone,
        event=heeded.event,
        event_on=heeded.event_on,
        insured_through=papers.insured_through,
        pension_elsewhere=papers.pension_elsewhere,
        school=papers.school,
        school_class=papers.school_class.strip()[:40],
        registry=heeded.registry,
        residence=heeded.residence,
        registered_on=on,
    )


def _document(papers: Papers, on: date) -> tuple[str, date, str]:
    """Number, birth and sex: read from a number that tells them, asked for with any other paper."""
    document = documents.read(papers.id_type, papers.id_number, on)
    if document.birth_on and papers.birth_on and papers.birth_on != document.birth_on:
        raise CannotRegister(_("出生日期与证件号码中的 %(day)s 不一致") % {"day": document.birth_on}, field="birth_on")
    if document.sex and papers.sex and papers.sex != document.sex:
        raise CannotRegister(_("性别与证件号码不一致"), field="sex")
    birth_on, sex = document.birth_on or papers.birth_on, document.sex or papers.sex
    if birth_on is None:
        raise CannotRegister(_("证件号码不含出生日期的，须填写出生日期"), field="birth_on")
    if sex not in _SEXES:
        raise CannotRegister(_("证件号码不含性别的，须填写性别"), field="sex")
    return document.number, birth_on, sex


def known(indexes: Collection[str]) -> dict[str, Resident]:
    """Who is registered under these documents, by blind index, with their area. One query, up to ten thousand."""
    found: dict[str, Resident] = {}
    told = list(indexes)
    for start in range(0, len(told), _PIECE):
        rows = Resident.objects.filter(id_index__in=told[start : start + _PIECE]).select_related("area")
        found |= {row.id_index: row for row in rows}
    return found


def place(area: Area, by: Staff) -> None:
    """Refuse with CannotRegister an area that is not a village, or not this person's."""
    if not by.area.covers(area):
        raise CannotRegister(_("%(area)s不在您的管辖区域内") % {"area": area}, field="area")
    if area.level != Area.Level.VILLAGE:
        raise CannotRegister(_("家庭应登记在村（社区），%(area)s不是") % {"area": area}, field="area")


def register_household(
    area: Area,
    head: Papers,
    members: Sequence[Papers] = (),
    *,
    by: Staff,
    on: date,
    at: datetime,
    address: str = "",
) -> Household:
    """Register a household in a village: its head and members, all of them or none.

    Refused: an area out of scope (CannotRegister), papers that do not hold (field named), somebody who is registered
    already or named twice (AlreadyRegistered).
    """
    place(area, by)
    head.relation = HEAD
    people = [read(papers, on) for papers in (head, *members)]
    for person in people:
        belonging.refuse_elsewhere(area, person.basis, person.registry, person.residence, on)
    with one_of_each():
        _refuse_known(people, by)
        [household] = found_households([area], on, [address])
        _keep(people, area, household)
        seen = seen_papers.seen_at_the_counter(
            [(person, told.seen) for person, told in zip(people, (head, *members), strict=True)], by=by, on=on, at=at
        )
        Household.objects.filter(pk=household.pk).update(head=people[0])
        household.head = people[0]
        audit.record(
            by, "registration.household", household, {"residents": [p.pk for p in people], "papers": seen}, at=at
        )
    return household


def register_resident(
    area: Area,
    papers: Papers,
    *,
    household: Household | None = None,
    by: Staff,
    on: date,
    at: datetime,
) -> Resident:
    """Register one person: into a household that exists, or a student at the area of the school. Refuses as above."""
    if not by.area.covers(area):
        raise CannotRegister(_("%(area)s不在您的管辖区域内") % {"area": area}, field="area")
    if household is not None and household.area_id != area.pk:
        raise CannotRegister(_("%(household)s不在%(area)s") % {"household": household, "area": area}, field="household")
    person = read(papers, on)
    belonging.refuse_elsewhere(area, person.basis, person.registry, person.residence, on, person.school)
    with one_of_each():
        _refuse_known([person], by)
        _keep([person], area, household)
        seen = seen_papers.seen_at_the_counter([(person, papers.seen)], by=by, on=on, at=at)
        told = {"household": str(household or ""), "papers": seen}
        audit.record(by, "registration.resident", person, told, at=at)
    return person


def take_id_card(resident: Resident, number: str, *, by: Staff, at: datetime) -> Resident:
    """A person registered under another paper brings the identity card; birth and sex have to be the same."""
    card = documents.read(Resident.IdType.ID_CARD, number)
    if resident.id_type == Resident.IdType.ID_CARD:
        raise CannotRegister(_("已按居民身份证登记"), field="id_number")
    if (card.birth_on, card.sex) != (resident.birth_on, resident.sex):
        raise CannotRegister(_("身份证号码中的出生日期或性别与登记不一致"), field="id_number")
    with one_of_each():
        if blind_index(card.number) in known([blind_index(card.number)]):
            raise AlreadyRegistered(_("该证件号码已登记，不能重复登记"), field="id_number")
        resident.id_type, resident.id_number = Resident.IdType.ID_CARD, card.number
        resident.id_index, resident.id_tail = blind_index(card.number), documents.tail(card.number)
        resident.save(update_fields=["id_type", "id_number", "id_index", "id_tail"])
        audit.record(by, "registration.take_id_card", resident, {}, at=at)
    return resident


def found_households(areas: Sequence[Area], on: date, addresses: Sequence[str]) -> list[Household]:
    """A new household for each of these villages (a village may stand there several times), numbered on from its last.

    The villages are locked while their numbers are given out.
    """
    numbers = household_numbers([area.pk for area in areas])
    households = [
        Household(number=number, area=area, address=address, registered_on=on)
        for number, area, address in zip(numbers, areas, addresses, strict=True)
    ]
    return bulk.insert(households, "number")


def household_numbers(areas: Sequence[int]) -> list[str]:
    """The next free number of a household for each of these villages, by key; a village may stand there several times.

    The villages stay locked until the numbers are used.
    """
    wanted = Counter(areas)
    codes = dict(Area.objects.select_for_update().filter(pk__in=wanted).order_by("pk").values_list("pk", "code"))
    # By the number and not by the area: a household that moved keeps the number of where it was founded.
    numbered = Household.objects.filter(
        number__gte=Concat(OuterRef("code"), Value("00000")), number__lte=Concat(OuterRef("code"), Value("99999"))
    )
    newest = Subquery(numbered.order_by("-number").values("number")[:1])
    last = dict(Area.objects.filter(pk__in=wanted).annotate(newest=newest).values_list("pk", "newest"))
    numbers = []
    for area in areas:
        number = str(int(last.get(area) or f"{codes[area]}00000") + 1).zfill(len(codes[area]) + 5)
        last[area] = number
        numbers.append(number)
    return numbers


def _keep(people: Sequence[Resident], area: Area, household: Household | None) -> None:
    for person in people:
        person.area, person.household = area, household
    Resident.objects.bulk_create(people)


@contextmanager
def one_of_each() -> Iterator[None]:
    """One transaction; where another clerk was quicker with the same document, that is a refusal like any other."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "id_index" not in str(error):
            raise
        raise AlreadyRegistered(_("该证件号码刚刚由他人登记，请先查询再办理"), field="id_number") from error


def _refuse_known(people: Sequence[Resident], by: Staff) -> None:
    twice = [index for index, times in Counter(p.id_index for p in people).items() if times > 1]
    there = known([p.id_index for p in people])
    for person in people:
        if person.id_index in twice:
            raise AlreadyRegistered(
                _("%(name)s 的证件号码在本次登记中出现两次") % {"name": person.name}, field="id_number"
            )
        if person.id_index in there:
            area = there[person.id_index].area
            where = area if by.area.covers(area) else _("其他区域")
            raise AlreadyRegistered(
                _("%(name)s 的证件号码已登记在%(area)s，不能重复登记") % {"name": person.name, "area": where},
                field="id_number",
            )
