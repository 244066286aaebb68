"""Claims as a hospital sends them: one flat file, a row per fee line; a claim comes whole or not at all, and once."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from claims import adjudication, reflow
from claims.models import Claim, ClaimLine, Institution, Message
from enrollment.models import Resident
from office import cells, identity, intake
from office.models import Batch, Staff
from office.refusal import Refusal
from office.secrecy import blind_index
from office.sheets import Column, Fault, Row
from policies.money import ZERO

KIND = Batch.Kind.CLAIMS
GONE = (Claim.State.CANCELLED, Claim.State.REVERSED)


class NotThisHospital(Refusal):
    """The file names no institution, or one that is not in the area of the person."""


@dataclass(slots=True)
class Draft:
    """One claim as it was read: its number, its facts as columns of Claim, its fee lines, and the rows it came in."""

    number: str
    facts: dict[str, Any]
    lines: list[ClaimLine] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    resident: Resident | None = None  # with the area, where the claim is to be decided as it comes
    online: bool = False  # settled between the two systems while the patient is there [BZ18]

    @property
    def digest(self) -> str:
        """The fingerprint of everything that was sent: the same claim sent again has the same one."""
        told = [
            sorted((name, str(value)) for name, value in self.facts.items() if value not in (None, "", False)),
            [
                [line.item, line.kind, line.klass, _plain(line.amount), _plain(line.first_share), _plain(line.ceiling)]
                for line in self.lines
            ],
            [[str(line.day or ""), line.informed] for line in self.lines],
        ]
        if any(line.code for line in self.lines):  # a claim without codes keeps the fingerprint that it always had
            told.append([[line.code, _plain(line.quantity)] for line in self.lines])
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def _plain(number: Any) -> str:
    return "" if number is None else f"{number:.4f}"


# --- the columns --------------------------------------------------------------------------------------------------
def _document(cell: cells.Cell) -> str:
    """The number of any document; one that looks like an identity number has to be one."""
    written = cells.code(cell)
    digits = written.removesuffix("X")
    return identity.check(written).number if digits.isdigit() and len(digits) >= 14 else written


def _quantity(cell: cells.Cell) -> Decimal:
    """Units billed, above zero, at most four decimals."""
    number = cells.decimal(cell)
    if number <= 0 or number >= 10**8 or number != number.quantize(Decimal("0.0001")):
        raise cells.BadCell(_("数量应大于零，最多四位小数"))
    return number


COLUMNS = (
    Column("number", "结算单号", cells.code, synonyms=("结算流水号",)),
    Column("id_number", "证件号码", _document, synonyms=("身份证号", "身份证号码")),
    Column("name", "姓名", cells.name),
    Column("benefit", "待遇类别", cells.label(Claim.Benefit.choices), synonyms=("医疗类别",)),
    Column("admitted", "入院日期", cells.day, synonyms=("就诊日期",)),
    Column("discharged", "出院日期", cells.day),
    Column("diagnosis", "诊断", partial(cells.text, most=80), required=False),
    Column("cause", "致病原因", cells.label(Claim.Cause.choices), required=False),
    Column("emergency", "急诊", cells.yes_no, required=False, synonyms=("急诊抢救",)),
    Column("delivery", "分娩方式", cells.label(Claim.Delivery.choices), required=False),
    Column("disease_class", "重大疾病类别", cells.whole, required=False),
    Column("disease_quota", "病种限额", cells.positive, required=False),
    Column("item", "项目", partial(cells.text, most=80), synonyms=("项目名称",)),
    Column("kind", "费用类别", cells.label(ClaimLine.Kind.choices)),
    Column("klass", "目录分类", cells.label([*ClaimLine.Klass.choices, ("C", "丙类"), ("C", "目录外")])),
    Column("amount", "金额", cells.positive),
    Column("first_share", "先行自付比例", cells.fraction, required=False),
    Column("ceiling", "限价", cells.positive, required=False),
    Column("day", "费用日期", cells.day, required=False),
    Column("informed", "已告知", cells.yes_no, required=False),
    Column("code", "国家编码", cells.code, required=False, synonyms=("国家医保编码", "医保编码", "项目编码")),
    Column("quantity", "数量", _quantity, required=False),
)
HEADINGS = {column.name: column.heading for column in COLUMNS}
OF_A_CLAIM = ("id_number", "name", *(column.name for column in COLUMNS[3:12]))
OF_A_LINE = tuple(column.name for column in COLUMNS[12:])


# --- looking, taking ----------------------------------------------------------------------------------------------
def institution_of(batch: Batch) -> Institution:
    """The hospital whose file it is: `institution` among the parameters is its id or its code."""
    named = str(batch.parameters.get("institution", ""))
    known = Institution.objects.visible_to(batch.uploaded_by)
    found = known.filter(code=named).first() or (known.filter(pk=named).first() if named.isdigit() else None)
    if found is None:
        raise NotThisHospital(_("请选择您管辖区域内的医疗机构。"), field="institution")
    return found


def check(batch: Batch, rows: Sequence[Row], at: datetime) -> intake.Outcome:
    """What taking the file would refuse, and which claims are known already; one bad line refuses its whole claim."""
    outcome = intake.Outcome()
    _read(institution_of(batch), rows, outcome)
    return outcome


def take(batch: Batch, rows: Sequence[Row], by: Staff, at: datetime) -> intake.Outcome:
    """Enter the claims that hold, worked out as they come; a large file comes in chunks of whole claims."""
    institution, outcome = institution_of(batch), intake.Outcome()
    enter_decided(_read(institution, rows, outcome), institution, by=by, at=at, batch=batch)
    return outcome


def enter(
    drafts: Sequence[Draft], institution: Institution, *, by: Staff, at: datetime, batch: Batch | None = None
) -> list[Claim]:
    """Write claims down as received, with their lines; nothing is paid before they are worked out."""
    with transaction.atomic():
        claims = Claim.objects.bulk_create(
            [received(draft, institution, by, at, batch) for draft in drafts], batch_size=500
        )
        lines = []
        for claim, draft in zip(claims, drafts, strict=True):
            for line in draft.lines:
                line.claim = claim
                lines.append(line)
        ClaimLine.objects.bulk_create(lines, batch_size=2000)
    return claims


def enter_decided(
    drafts: Sequence[Draft], institution: Institution, *, by: Staff, at: datetime, batch: Batch | None = None
) -> list[Claim]:
    """Write claims down as they were worked out, in one go; residents come loaded with the drafts."""
    claims = [received(draft, institution, by, at, batch) for draft in drafts]
    return decide_as_it_comes(claims, drafts, by=by, at=at)


def decide_as_it_comes(
    claims: list[Claim], drafts: Sequence[Draft], *, by: Staff, at: datetime, year: reflow.Held | None = None
) -> list[Claim]:
    """Work out claims that nobody has written yet and write them; `year` where the caller holds their years already."""
    adjudication.enter(claims, [draft.lines for draft in drafts], at=at, by=by, year=year)
    return claims


def received(draft: Draft, institution: Institution, by: Staff, at: datetime, batch: Batch | None = None) -> Claim:
    """The claim of a draft as it comes in, not written: every yuan is the person's until it is worked out."""
    total = sum((line.amount for line in draft.lines), ZERO)
    claim = Claim(
        institution=institution,
        area_id=institution.area_id,
        number=draft.number,
        digest=draft.digest,
        batch=batch,
        year=draft.facts["discharged"].year,
        state=Claim.State.RECEIVED,
        online=draft.online,
        total=total,
        personal=total,
        entered_by=by,
        entered_at=at,
        **draft.facts,
    )
    if draft.resident is not None:
        claim.resident = draft.resident
    return claim


def _read(institution: Institution, rows: Sequence[Row], outcome: intake.Outcome) -> list[Draft]:
    """Rows into claims; what is refused or known goes into the outcome. Three queries, however many rows."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["number"], []).append(row)
    residents = _residents(institution, rows)
    told_before = Claim.objects.filter(institution=institution, number__in=groups).order_by("version")
    known = dict(told_before.values_list("number", "digest"))
    ahead = Message.objects.filter(institution=institution, number__in=groups, opens=True, kind=Message.Kind.REVERSAL)
    reversed_ahead = set(ahead.values_list("number", flat=True))
    drafts = []
    for number, group in groups.items():
        resident = residents.get(blind_index(group[0]["id_number"]))
        wrong = list(faults(group, resident))
        if wrong or resident is None:
            outcome.faults += _whole(group, wrong)
            continue
        told = draft(number, group, resident)
        if number in reversed_ahead:
            outcome.faults += [
                row.fault(HEADINGS["number"], _("该结算单的冲正已先到达，原申报不再受理")) for row in group
            ]
        elif number not in known:
            drafts.append(told)
        elif known[number] == told.digest:
            outcome.duplicates |= {row.line for row in group}
        else:
            outcome.faults += [
                row.fault(HEADINGS["number"], _("该结算单号已收到过不同内容的申报；更正请用新的结算单号"))
                for row in group
            ]
    return drafts


def insured_in(institution: Institution, indexes: Iterable[str]) -> QuerySet[Resident]:
    """The residents of the institution's city under these documents (blind indexes); an identity card comes last."""
    city = institution.area.path.partition("/")[0]
    found = Resident.objects.filter(id_index__in=indexes, area__path__startswith=f"{city}/")
    return found.select_related("area").defer("id_number").order_by("-id_type")


def _residents(institution: Institution, rows: Iterable[Row]) -> dict[str, Resident]:
    """The insured of the city by the index of their document; an identity card goes before another paper."""
    found = insured_in(institution, {blind_index(row["id_number"]) for row in rows})
    return {resident.id_index: resident for resident in found}


def faults(group: Sequence[Row], resident: Resident | None) -> Iterable[Fault]:
    """What is wrong with one claim."""
    first = group[0]
    for row in group:
        for name in OF_A_CLAIM:
            if row[name] != first[name]:
                yield row.fault(HEADINGS[name], _("与同一结算单第 %(line)s 行不一致") % {"line": first.line})
        if row["klass"] != ClaimLine.Klass.B and row["first_share"]:
            yield row.fault(HEADINGS["first_share"], _("只有乙类项目有先行自付比例，请改正目录分类或清空"))
    if resident is None:
        yield first.fault(HEADINGS["id_number"], _("本市没有登记此证件号码的居民"))
    elif resident.name != first["name"]:
        yield first.fault(HEADINGS["name"], _("与该证件号码登记的姓名不符，请核对"))
    if first["discharged"] < first["admitted"]:
        yield first.fault(HEADINGS["discharged"], _("出院日期早于入院日期"))
    yield from _missing(first)


def _missing(first: Row) -> Iterable[Fault]:
    """What its kind of benefit needs and the claim does not say."""
    if first["benefit"] == Claim.Benefit.OUTPATIENT and first["discharged"] != first["admitted"]:
        yield first.fault(HEADINGS["discharged"], _("普通门诊的就诊日期只有一天，请按日分别申报"))
    if first["benefit"] == Claim.Benefit.DELIVERY and not first["delivery"]:
        yield first.fault(HEADINGS["delivery"], _("生育待遇须填写分娩方式"))
    if first["benefit"] == Claim.Benefit.MAJOR_DISEASE:
        if first["disease_class"] not in (1, 2):
            yield first.fault(HEADINGS["disease_class"], _("重特大疾病须填写类别 1 或 2"))
        if first["disease_quota"] is None:
            yield first.fault(HEADINGS["disease_quota"], _("重特大疾病须填写病种限额（元）"))


def _whole(group: Sequence[Row], faults: Sequence[Fault]) -> Iterable[Fault]:
    """The faults themselves, and for every other line of the claim a word that it goes back with them."""
    bad = {fault.line for fault in faults}
    line = min(bad)
    yield from faults
    for row in group:
        if row.line not in bad:
            yield row.fault(HEADINGS["number"], _("同一结算单号的第 %(line)s 行有误，整笔退回") % {"line": line})


def draft(number: str, group: Sequence[Row], resident: Resident) -> Draft:
    """The claim of rows in which nothing is wrong."""
    first = group[0]
    facts = {name: first[name] for name in OF_A_CLAIM if name not in ("id_number", "name")}
    facts |= {name: facts[name] or "" for name in ("diagnosis", "delivery")}
    facts |= {"resident_id": resident.pk, "cause": facts["cause"] or Claim.Cause.ILLNESS.value}
    facts["emergency"] = bool(facts["emergency"])
    lines = []
    for at, row in enumerate(group, start=1):
        line = ClaimLine(number=at, **{name: row[name] for name in OF_A_LINE})
        line.informed, line.code = row["informed"] is not False, row["code"] or ""
        lines.append(line)
    return Draft(number, facts, lines, list(group), resident)


def _number(row: Row) -> str:
    """Rows that belong in one chunk: those of one claim."""
    return str(row["number"])


intake.kind(KIND, COLUMNS, check, take, together="number", unit=_number)
