"""Changes of a person's facts after registration: before and after are kept, and cover follows where it is touched."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrollment import correcting, cover, documents, registration
from enrollment.models import Enrollment, Household, Resident, ResidentChange
from enrollment.registration import EVENTS, HEAD, Papers
from office import audit, initials
from office.models import Staff
from office.refusal import Refusal
from office.secrecy import mask
from policies.covering import CoverAnswer

State = ResidentChange.State
TONES: Final = {State.PROPOSED: "wait", State.MADE: "good", State.DECLINED: "bad"}
# What may be changed here, and what it is called; moves between households are `enrollment.moving`'s.
FACTS: Final[dict[str, Any]] = {
    "name": gettext_lazy("姓名"),
    "id_type": gettext_lazy("证件类型"),
    "id_number": gettext_lazy("证件号码"),
    "birth_on": gettext_lazy("出生日期"),
    "sex": gettext_lazy("性别"),
    "phone": gettext_lazy("电话"),
    "address": gettext_lazy("住址"),
    "relation": gettext_lazy("与户主关系"),
    "basis": gettext_lazy("参保依据"),
    "registry": gettext_lazy("户籍地"),
    "residence": gettext_lazy("居住地"),
    "event": gettext_lazy("参保事由"),
    "event_on": gettext_lazy("事由日期"),
    "insured_through": gettext_lazy("上次参保年度"),
    "pension_elsewhere": gettext_lazy("在外地享受养老待遇后迁入"),
}
_MOVED: Final[dict[str, Any]] = {
    "household": gettext_lazy("家庭"),
    "area": gettext_lazy("参保地"),
    "head": gettext_lazy("户主"),
}
# Facts that the regulations ask for: where one of them changes, the years it holds in are judged again.
COVERING: Final = frozenset(
    {"birth_on", "basis", "registry", "residence", "event", "event_on", "insured_through", "pension_elsewhere"}
)
# What is told of a birth was wrong from the beginning, whatever day the correction is made on.
ALWAYS_SO: Final = frozenset({"birth_on"})


class CannotChange(Refusal):
    """A change that changes nothing, does not hold together, or is not this person's to make."""


class CannotDecide(Refusal):
    """A proposal that cannot be decided on: decided already, one's own, or overtaken by another change."""


class Touched(NamedTuple):
    """Something in another room that a change of cover touches: what it is called, its state, the day it is about."""

    name: str
    state: str
    day: date


Finder = Callable[[Resident, Collection[int]], Sequence[Touched]]
_finders: list[Finder] = []


def touches(finder: Finder) -> Finder:
    """Let another room say what of its own hangs on somebody's cover in these years (claims do)."""
    _finders.append(finder)
    return finder


@dataclass(slots=True)
class Changed:
    """What a change did: the kept row, the years whose cover or dues became others, and what hangs on them."""

    change: ResidentChange
    enrollments: list[Enrollment] = field(default_factory=list)
    touched: list[Touched] = field(default_factory=list)


class Line(NamedTuple):
    """One changed fact as people read it."""

    label: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.label}：{self.before} → {self.after}"


def change(
    resident: Resident,
    *,
    by: Staff,
    on: date,
    at: datetime,
    why: str,
    since: date | None = None,
    **facts: Any,
) -> Changed:
    """Change facts of a person (keys of FACTS), each read like papers at the counter.

    What the new facts mean for cover and dues is worked out anew for the years from `since` on (None: it was always
    so, a correction); a birthday is corrected for all years. Where a year that is over on `on` becomes another, the
    change is only proposed and waits for a second person. Refused with CannotChange: nothing changes, no reason, an
    open proposal, a head that would cease to be one; with the refusals of registration: facts that do not hold.
    """
    with registration.one_of_each():
        person = _locked(resident, by)
        if not why.strip():
            raise CannotChange(_("请写明变更原因"), field="why")
        if person.changes.filter(state=State.PROPOSED).exists():
            raise CannotChange(_("%(name)s 有待复核的变更，请先复核") % {"name": person.name})
        told = _read(person, facts, on)
        if not told:
            raise CannotChange(_("没有任何改动"))
        row = ResidentChange(
            resident=person,
            area_id=person.area_id,
            kind=ResidentChange.Kind.FACTS,
            facts=_sealed(told),
            why=why.strip(),
            since=since,
            asked_by=by,
            asked_at=at,
        )
        decided = _judged(person, told, since, on)
        if any(enrollment.year < on.year for enrollment, _answer in decided):
            row.needs_second, row.state = True, State.PROPOSED
            row.save()
            audit.record(by, "changing.propose", person, {"change": row.pk, "facts": sorted(told)}, at=at)
            return Changed(row, [enrollment for enrollment, _answer in decided], _touched(person, decided))
        row.save()
        done = _make(row, person, told, decided)
        audit.record(by, "changing.change", person, {"change": row.pk, **done}, at=at)
    return Changed(row, [enrollment for enrollment, _answer in decided], _touched(person, decided))


def preview(resident: Resident, *, by: Staff, on: date, since: date | None = None, **facts: Any) -> Changed:
    """What `change` would do with these facts, refused as it would refuse them; nothing is written."""
    with transaction.atomic():
        person = _locked(resident, by)
        told = _read(person, facts, on)
        if not told:
            raise CannotChange(_("没有任何改动"))
        row = ResidentChange(resident=person, area_id=person.area_id, kind=ResidentChange.Kind.FACTS, since=since)
        decided = _judged(person, told, since, on, lock=False)
        return Changed(row, [enrollment for enrollment, _answer in decided], _touched(person, decided))


def approve(proposal: ResidentChange, *, by: Staff, on: date, at: datetime) -> Changed:
    """Let a proposed change come true. Refused with CannotDecide: one's own, decided already, overtaken meanwhile."""
    with registration.one_of_each():
        row, person = _proposed(proposal, by)
        told = {name: (before, after) for name, (before, after) in facts_of(row).items()}
        now = {name: _plain(_fact(person, name)) for name in told}
        if any(now[name] != before for name, (before, _after) in told.items()):
            raise CannotDecide(_("提出之后登记信息又有变更，请退回后重新提出"))
        told = {name: (_python(name, before), _python(name, after)) for name, (before, after) in told.items()}
        decided = _judged(person, told, row.since, on)
        row.state, row.decided_by, row.decided_at = State.MADE, by, at
        row.save(update_fields=["state", "decided_by", "decided_at"])
        done = _make(row, person, told, decided)
        audit.record(by, "changing.approve", person, {"change": row.pk, **done}, at=at)
    return Changed(row, [enrollment for enrollment, _answer in decided], _touched(person, decided))


def decline(proposal: ResidentChange, *, by: Staff, at: datetime) -> ResidentChange:
    """Leave everything as it is. Refused with CannotDecide as `approve` is."""
    with transaction.atomic():
        row, person = _proposed(proposal, by)
        row.state, row.decided_by, row.decided_at = State.DECLINED, by, at
        row.save(update_fields=["state", "decided_by", "decided_at"])
        audit.record(by, "changing.decline", person, {"change": row.pk}, at=at)
    return row


def keep(
    resident: Resident,
    kind: str,
    facts: Mapping[str, tuple[Any, Any]],
    why: str,
    *,
    by: Staff,
    at: datetime,
    since: date | None = None,
) -> ResidentChange:
    """Write down a change that another room of enrollment has made (a move), in its transaction."""
    return ResidentChange.objects.create(
        resident=resident,
        area_id=resident.area_id,
        kind=kind,
        facts=_sealed(facts),
        why=why,
        since=since,
        asked_by=by,
        asked_at=at,
    )


def facts_of(row: ResidentChange) -> dict[str, list[Any]]:
    """Each fact of a kept change with what it was and what it became."""
    return json.loads(row.facts)


def lines(row: ResidentChange) -> list[Line]:
    """A kept change as people read it; document numbers are masked."""
    labels = FACTS | _MOVED
    return [
        Line(str(labels.get(name, name)), _words(name, before), _words(name, after))
        for name, (before, after) in facts_of(row).items()
    ]


class Entry(NamedTuple):
    """One kept change as the history of a person shows it."""

    change: ResidentChange
    lines: list[Line]
    tone: str


def history(resident: Resident) -> list[Entry]:
    """Everything that was changed about a person, newest first. One query."""
    parted = Q(resident__merged__kept=resident, resident__merged__undone_at=None)
    kept = ResidentChange.objects.filter(Q(resident=resident) | parted).select_related("asked_by", "decided_by")
    return [Entry(row, lines(row), TONES[row.state]) for row in kept]


def consequences(proposal: ResidentChange, on: date) -> Changed:
    """What an open proposal would do, for whoever decides on it; nothing is written."""
    person = proposal.resident
    told = {name: (_python(name, b), _python(name, a)) for name, (b, a) in facts_of(proposal).items()}
    decided = _judged(person, told, proposal.since, on, lock=False)
    return Changed(proposal, [enrollment for enrollment, _answer in decided], _touched(person, decided))


# --- gather -----------------------------------------------------------------------------------------------------------
def _locked(resident: Resident, by: Staff) -> Resident:
    person = (
        Resident.objects.select_for_update(of=("self",), no_key=True)
        .select_related("area", "household", "school")
        .get(pk=resident.pk)
    )
    if not by.area.covers(person.area):
        raise CannotChange(_("%(area)s不在您的管辖区域内") % {"area": person.area})
    if person.end_reason == Resident.EndReason.DUPLICATE:
        raise CannotChange(_("%(name)s 的登记已作为重复登记终止，请在保留的登记上办理") % {"name": person.name})
    return person


def _proposed(proposal: ResidentChange, by: Staff) -> tuple[ResidentChange, Resident]:
    row = ResidentChange.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
    if row.state != State.PROPOSED:
        raise CannotDecide(_("该变更已经复核"))
    if row.asked_by_id == by.pk:
        raise CannotDecide(_("经办人不能复核自己提出的变更"))
    return row, _locked(row.resident, by)


def _fact(person: Resident, name: str) -> Any:
    if name == "address":
        return person.household.address if person.household else ""
    return getattr(person, name)


def _read(person: Resident, facts: Mapping[str, Any], on: date) -> dict[str, tuple[Any, Any]]:
    """The facts that really change, as (before, after), after all of them together were read like papers."""
    if unknown := facts.keys() - FACTS.keys():
        raise CannotChange(_("不能在此变更：%(facts)s") % {"facts": "、".join(sorted(unknown))})
    before = {name: _fact(person, name) for name in FACTS}
    if not any(facts[name] != before[name] for name in facts):
        return {}
    after = before | facts
    if facts.get("address", before["address"]) != before["address"] and person.household is None:
        raise CannotChange(_("不属于家庭的居民没有家庭住址"), field="address")
    if (before["relation"] == HEAD) != (after["relation"] == HEAD):
        raise CannotChange(_("户主请在“变更户主”中办理"), field="relation")
    # A new number brings birthday and sex with it, unless they were typed as well.
    if after["id_number"] != before["id_number"] or after["id_type"] != before["id_type"]:
        document = documents.read(after["id_type"], after["id_number"], on)
        for name, read in (("birth_on", document.birth_on), ("sex", document.sex)):
            if read and facts.get(name, before[name]) == before[name]:
                after[name] = read
    # The event of a birth follows its day.
    if after["event"] == "birth" and before["event_on"] == after["event_on"] == before["birth_on"]:
        after["event_on"] = after["birth_on"]
    papers = Papers(
        school=person.school,
        school_class=person.school_class,
        **{name: after[name] for name in FACTS if name != "address"},
    )
    read_as = registration.read(papers, on)
    for name in FACTS.keys() - {"address", "event", "event_on"}:
        after[name] = getattr(read_as, name)
    changed = {name: (before[name], after[name]) for name in FACTS if before[name] != after[name]}
    if "id_number" in changed or "id_type" in changed:
        there = registration.known([read_as.id_index]).get(read_as.id_index)
        if there is not None and there.pk != person.pk:
            raise registration.AlreadyRegistered(_("该证件号码已登记，如为同一人请办理合并登记"), field="id_number")
    return changed


def _judged(
    person: Resident, told: Mapping[str, tuple[Any, Any]], since: date | None, on: date, *, lock: bool = True
) -> list[tuple[Enrollment, CoverAnswer]]:
    """The years that the new facts make others, settled but not saved. Years over that nobody paid for stay.

    Each year is judged by the old facts and by the new ones, and left alone where both say the same: a change of a
    telephone number does not carry a later reading of the rules into old years.
    """
    if not COVERING & told.keys():
        return []
    from_year = 0 if since is None or ALWAYS_SO & told.keys() else since.year
    mattering = Q(year__gte=on.year) | Q(paid_on__isnull=False) | Q(benefits_from__isnull=False)
    years = Enrollment.objects.filter(mattering, resident=person, year__gte=from_year)
    years = years.select_related("period").order_by("year")
    found = list(years.select_for_update(of=("self",)) if lock else years)
    for enrollment in found:
        enrollment.resident = person
    cases = cover.gather(found)
    before = [case.judge(case.enrollment.paid_on, on) for case in cases]
    renewed = Resident.objects.get(pk=person.pk)
    for name, (_before, after) in told.items():
        if name != "address":
            setattr(renewed, name, after)
    decided = []
    for case, stood in zip(cases, before, strict=True):
        enrollment = case.enrollment
        enrollment.resident = renewed
        answer = case.judge(enrollment.paid_on, on)
        if replace(stood, steps=()) == replace(answer, steps=()):
            continue
        if answer.eligible is None:
            raise CannotChange(f"{enrollment.year}：{answer.reasons[0].message}", article=answer.reasons[0].article)
        case.settle(answer)
        decided.append((enrollment, answer))
        for later in cases:  # whether a year was insured is asked by the years after it
            later.covers = [known for known in later.covers if known[0] != enrollment.year]
            if later is not case and enrollment.benefits_from and enrollment.benefits_until:
                later.covers.append((enrollment.year, enrollment.benefits_from, enrollment.benefits_until))
    return decided


# --- record -----------------------------------------------------------------------------------------------------------
def _make(
    row: ResidentChange,
    person: Resident,
    told: Mapping[str, tuple[Any, Any]],
    decided: Sequence[tuple[Enrollment, CoverAnswer]],
) -> dict[str, Any]:
    after = {name: value for name, (_before, value) in told.items()}
    if "address" in after:
        Household.objects.filter(pk=person.household_id).update(address=after.pop("address"))
    if "name" in after:
        after["initials"] = initials.of(after["name"])
    if "id_number" in after:
        after |= documents.keys(after["id_number"])
    for name, value in after.items():
        setattr(person, name, value)
    if after:
        person.save(update_fields=list(after))
    at = row.decided_at or row.asked_at
    who = row.decided_by or row.asked_by
    cause = correcting.Cause(correcting.Reason.FACTS, timezone.localdate(at), who, note=row.why[:200], at=at)
    cover.record(decided, cause)
    return {"facts": sorted(told), "years": [enrollment.year for enrollment, _answer in decided], "why": row.why}


def _touched(person: Resident, decided: Sequence[tuple[Enrollment, CoverAnswer]]) -> list[Touched]:
    years = {enrollment.year for enrollment, _answer in decided}
    return [one for finder in _finders for one in finder(person, years)] if years else []


# --- as it is kept and shown ------------------------------------------------------------------------------------------
def _plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder))


def _sealed(told: Mapping[str, tuple[Any, Any]]) -> str:
    return json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False)


def _python(name: str, value: Any) -> Any:
    return value if name == "address" else Resident._meta.get_field(name).to_python(value)


def _words(name: str, value: Any) -> str:
    if value in ("", None):
        return "—"
    if name == "id_number":
        return mask(value)
    if name == "event":
        return str(EVENTS.get(value, value))
    if isinstance(value, bool):
        return _("是") if value else _("否")
    choices = {} if name in ("address", *_MOVED) else dict(Resident._meta.get_field(name).flatchoices)
    return str(choices.get(value, value))
