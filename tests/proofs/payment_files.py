"""Ten thousand payment files with planted differences: every one found, none invented, every sum as a plain model says.

The model below knows the rules in its own words and asks none of the office's functions.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from enrollment import debiting, payments
from enrollment.models import Enrollment, Payment, Resident
from office import identity, intake
from office.models import Batch
from tests.town import Town

LAST = date(2024, 12, 20)  # the last day of Jinzhong's window for 2025
IN_TIME, LATE = Decimal("400.00"), Decimal("1070.00")
HEADINGS = ("完税凭证号", "证件号码", "姓名", "年度", "金额", "到账日期")
Line = dict[str, str]


@dataclass(slots=True)
class Person:
    """What the model knows of somebody."""

    number: str
    name: str
    renewing: bool
    here: bool = True
    ended: date | None = None
    years: set[int] = field(default_factory=set)
    covered: set[int] = field(default_factory=set)
    before: list[tuple[date, Decimal]] = field(default_factory=list)  # sums that were too small, of earlier files


@dataclass(slots=True)
class World:
    """The people, the receipts that are known, and what the database holds of the rest."""

    town: Town
    people: list[Person]
    known: dict[str, Line]
    school: Any
    owed_by_school: Decimal
    students: int
    debit: Any


def run(short: bool) -> Iterator[dict[str, Any]]:
    """Each file in a transaction of its own that is undone, against one town."""
    lot = random.Random(11)
    world = _world()
    planted: dict[str, int] = defaultdict(int)
    wrong: list[str] = []
    files = 120 if short else 10_000
    for turn in range(files):
        trial = (_school, _debited)[turn // 10 % 2] if turn % 10 == 9 else _tax
        with transaction.atomic():
            if why := trial(world, lot, turn, planted):
                wrong.append(f"{trial.__name__} {turn}: {why}")
            transaction.set_rollback(True)
    missing = sorted(KINDS - planted.keys())
    if missing:
        wrong.append(f"never planted: {missing}")
    yield {"tried": files, "failed": len(wrong), "planted": dict(sorted(planted.items())), "wrong": wrong[:5]}


KINDS = {
    "matched", "unknown_person", "name_differs", "not_enrolled", "wrong_year", "too_small", "too_large", "paid_twice",
    "not_eligible", "ended_person", "spread", "sum_differs", "debit_failed", "refused", "duplicate",
}  # fmt: skip


# --- the town ---------------------------------------------------------------------------------------------------------
def _world() -> World:
    town = Town()
    town.books_open()
    people = []

    def somebody(renewing: bool = True, year: int | None = 2025, **more: Any) -> tuple[Person, Resident]:
        resident = town.resident(insured_through=2024 if renewing else None, **more)
        person = Person(resident.id_number, resident.name, renewing, here="village" not in more)
        if year:
            town.enrolled(resident, year)
            person.years.add(year)
        people.append(person)
        return person, resident

    for at in range(12):
        somebody(renewing=at % 3 != 0)
    for _at in range(3):
        somebody(year=None)
    somebody(village=town.far_village)
    dead, resident = somebody()
    dead.ended = date(2024, 10, 1)
    Resident.objects.filter(pk=resident.pk).update(ended_on=dead.ended, end_reason="death")
    done, resident = somebody()
    first = town.tax_line(resident, date(2024, 9, 5), 完税凭证号="OLD1")
    done.covered.add(2025)
    waits, resident = somebody()
    second = town.tax_line(resident, date(2024, 9, 9), "150.00", 完税凭证号="OLD2")
    waits.before.append((date(2024, 9, 9), Decimal("150.00")))
    _send(town, [first, second])
    school = town.school()
    students = [town.resident(insured_through=2024) for _ in range(4)]
    Resident.objects.filter(pk__in=[one.pk for one in students]).update(school=school, basis="university")
    for one in students:
        town.enrolled(one)
    debtors = [town.resident(insured_through=2024) for _ in range(4)]
    for one in debtors:
        town.enrolled(one)
        told = {"bank": "农业银行", "holder": one.name, "account": "6228480012345678", "since": date(2024, 9, 1)}
        debiting.authorize(one, **told, by=town.clerk, at=town.now)
    on = date(2024, 10, 8)
    debit = debiting.ask(town.period(), town.city, "农业银行", by=town.accountant, on=on, at=town.moment(on))
    known = {"OLD1": first, "OLD2": second}
    return World(town, people, known, school, IN_TIME * len(students), len(students), debit)


def _send(town: Town, lines: list[Line], kind: str = "payments", area: Any = None, **told: str) -> Batch:
    area = area or town.county
    content = town.csv(lines, lines[0])
    by = town.member("accountant", area)
    at = town.moment(date(2025, 6, 30))
    batch = intake.receive(kind, area, "文件.csv", content, told, by=by, at=at)
    shown = (batch.read, batch.taken, batch.refused, batch.duplicate)
    batch = intake.take(batch, by=by, at=at)
    assert shown == (batch.read, batch.taken, batch.refused, batch.duplicate), "the preview promised something else"
    return batch


# --- files of the tax authority and of agents -------------------------------------------------------------------------
def _tax(world: World, lot: random.Random, turn: int, planted: dict[str, int]) -> str:
    lines = [_line(world, lot, turn * 100 + at) for at in range(lot.randint(1, 9))]
    for line in list(lines):
        if lot.random() < 0.12:  # the same receipt once more, now and then with something else
            again = dict(line)
            if lot.random() < 0.5:
                again["金额"] = "401.00"
            lines.insert(lot.randint(0, len(lines)), again)
    if lot.random() < 0.2:
        old = dict(world.known[lot.choice(sorted(world.known))])
        if lot.random() < 0.5:
            old["到账日期"] = "2024-09-08"
        lines.append(old)
    states, refused, duplicate, settled = _expected(world, lines)
    batch = _send(world.town, lines)
    for state in states.values():
        planted[state] += 1
    planted["refused"] += len(refused)
    planted["duplicate"] += len(duplicate)
    return _compare(world, lines, batch, states, refused, duplicate, settled)


def _line(world: World, lot: random.Random, order: int) -> Line:
    """One line, right or wrong in one or more of the ways that lines are."""
    person = lot.choice(world.people)
    day = date(2024, 9, 10) + timedelta(days=lot.randint(0, 100))
    amount = IN_TIME
    if lot.random() < 0.15:
        day = date(2025, 1, 10) + timedelta(days=lot.randint(0, 60))
        amount = LATE if lot.random() < 0.7 else IN_TIME
    if lot.random() < 0.25:
        amount = Decimal(lot.choice(("150.00", "250.00", "100.00", "300.00", "399.99", "400.01", "670.00", "800.00")))
    line = {
        "完税凭证号": f"R{order:09}",
        "证件号码": person.number,
        "姓名": person.name,
        "年度": "2025",
        "金额": str(amount),
        "到账日期": str(day),
    }
    odd = lot.random()
    if odd < 0.05:
        line["证件号码"] = _nobody(order)
    elif odd < 0.10:
        line["姓名"] = "某某某"
    elif odd < 0.15:
        line["年度"] = lot.choice(("2024", "2026"))
    elif odd < 0.22:
        heading, bad = lot.choice((*sorted(BAD), ("到账日期", "2030-01-01")))
        line[heading] = bad
    return line


def _nobody(order: int) -> str:
    seventeen = f"110101{date(1950, 1, 1) + timedelta(days=order % 9000):%Y%m%d}{order % 997:03}"
    return seventeen + identity.check_character(seventeen)


BAD = {("金额", "-5"), ("金额", "四百"), ("年度", "25"), ("到账日期", "2024-02-30"), ("证件号码", "140702198005050"),
       ("姓名", ""), ("完税凭证号", ""), ("金额", "400.001")}  # fmt: skip


def _expected(world: World, lines: list[Line]) -> tuple[dict[int, str], set[int], set[int], dict[str, date]]:
    """What becomes of each line by the model: state by line, refused lines, duplicates, days of settling by number."""
    refused: set[int] = set()
    duplicate: set[int] = set()
    fresh: list[tuple[date, int, Line]] = []
    first: dict[str, Line] = {}
    for number, line in enumerate(lines, start=2):
        if any((heading, line[heading]) in BAD for heading in HEADINGS):
            refused.add(number)
            continue
        earlier = first.setdefault(line["完税凭证号"], line)
        stands = earlier if earlier is not line else world.known.get(line["完税凭证号"])
        if line["到账日期"] > "2025-06-30":
            refused.add(number)
        elif stands is None:
            fresh.append((date.fromisoformat(line["到账日期"]), number, line))
        elif all(stands[heading] == line[heading] for heading in HEADINGS if heading != "姓名"):
            duplicate.add(number)
        else:
            refused.add(number)
    states, settled = _judged(world, sorted(fresh, key=lambda one: one[:2]))
    return states, refused, duplicate, settled


def _judged(world: World, fresh: list[tuple[date, int, Line]]) -> tuple[dict[int, str], dict[str, date]]:
    people = {person.number: person for person in world.people}
    states: dict[int, str] = {}
    settled: dict[str, date] = {}
    short: dict[str, list[tuple[int, date, Decimal]]] = {
        person.number: [(0, day, amount) for day, amount in person.before] for person in world.people
    }
    for day, at, line in fresh:
        person, year, amount = people.get(line["证件号码"]), int(line["年度"]), Decimal(line["金额"])
        if person is None or (person.name == line["姓名"] and not person.here):
            states[at] = "unknown_person"
        elif person.name != line["姓名"]:
            states[at] = "name_differs"
        elif person.ended and day > person.ended:
            states[at] = "ended_person"
        elif year not in person.years:
            owes = person.years - person.covered and person.number not in settled
            states[at] = "wrong_year" if owes else "not_enrolled"
        elif year in person.covered or person.number in settled:
            states[at] = "paid_twice"
        else:
            _paid(person, at, day, amount, short[person.number], states, settled)
    return states, settled


def _owed(person: Person, day: date) -> Decimal | None:
    if day <= LAST:
        return IN_TIME
    return LATE if person.renewing else None  # a wait that no notice has set: nothing can be decided


def _paid(
    person: Person,
    at: int,
    day: date,
    amount: Decimal,
    short: list[tuple[int, date, Decimal]],
    states: dict[int, str],
    settled: dict[str, date],
) -> None:
    owed = _owed(person, day)
    total = amount + sum((one[2] for one in short), Decimal(0))
    if owed is None:
        states[at] = "not_eligible"
    elif amount == owed or (short and total == owed):
        for one, _day, _amount in short:
            states[one] = "paid_twice" if amount == owed else "matched"
        states[at], settled[person.number] = "matched", day
        states.pop(0, None)
        short.clear()
    elif amount > owed:
        states[at] = "too_large"
    else:
        states[at] = "too_small"
        short.append((at, day, amount))


def _compare(
    world: World,
    lines: list[Line],
    batch: Batch,
    states: dict[int, str],
    refused: set[int],
    duplicate: set[int],
    settled: dict[str, date],
) -> str:
    if (batch.read, batch.refused, batch.duplicate) != (len(lines), len(refused), len(duplicate)):
        told = f"counts {batch.read}/{batch.refused}/{batch.duplicate}"
        return f"{told}, planted {len(lines)}/{len(refused)}/{len(duplicate)}"
    if {problem.line for problem in batch.problems.all()} != refused:
        return "other lines are refused than were spoilt"
    here = {payment.line: payment for payment in Payment.objects.filter(batch=batch)}
    found = {line: payment.state for line, payment in here.items()}
    if found != states:
        return f"found {found}, planted {states}"
    if any(not payment.reason for payment in here.values() if payment.state != "matched"):
        return "an exception without a reason"
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for at, state in states.items():
        sums[state] += Decimal(lines[at - 2]["金额"])
    told = {total.state: total.amount for total in payments.totals(batch)}
    if told != dict(sums) or payments.file_sum(batch) != sum(sums.values(), Decimal(0)):
        return "the sums of the results are not those of the lines, or not those of the file"
    return _covered(world, settled)


def _covered(world: World, settled: dict[str, date]) -> str:
    """Whether exactly those are paid up who should be, each on the right day."""
    covered = dict(Enrollment.objects.exclude(paid_on=None).values_list("resident__id_index", "paid_on"))
    index = dict(Resident.objects.values_list("id_index", "name"))
    names = sorted((index[key], day) for key, day in covered.items())
    people = {person.number: person.name for person in world.people}
    planned = [(people[number], day) for number, day in settled.items()]
    planned += [(person.name, date(2024, 9, 5)) for person in world.people if person.covered]
    return "" if names == sorted(planned) else f"covered {names}, planted {sorted(planned)}"


# --- schools and banks ------------------------------------------------------------------------------------------------
def _school(world: World, lot: random.Random, turn: int, planted: dict[str, int]) -> str:
    right = lot.random() < 0.5
    amount = world.owed_by_school if right else world.owed_by_school + lot.choice((-400, -1, 1, 400))
    day = date(2024, 10, 1) + timedelta(days=lot.randint(0, 60))
    line = {
        "凭证号": f"S{turn}",
        "学校代码": world.school.code,
        "年度": "2025",
        "金额": str(amount),
        "到账日期": str(day),
    }
    lines = [line, dict(line), {**line, "凭证号": f"T{turn}", "学校代码": "00000"}]
    batch = _send(world.town, lines, "school_sums")
    state = "spread" if right else "sum_differs"
    planted[state] += 1
    planted["refused"] += 1
    planted["duplicate"] += 1
    if (batch.read, batch.taken, batch.refused, batch.duplicate) != (3, 1, 1, 1):
        return f"counts {batch.taken}/{batch.refused}/{batch.duplicate}"
    whole = Payment.objects.get(batch=batch, spread_of=None)
    shares = list(Payment.objects.filter(spread_of=whole).values_list("state", "amount"))
    planned = [("matched", IN_TIME)] * world.students if right else []
    told = sum((total.amount for total in payments.totals(batch)), Decimal(0))
    held = (whole.state, shares, told, payments.file_sum(batch))
    return "" if held == (state, planned, amount, amount) else f"found {held}"


def _debited(world: World, lot: random.Random, turn: int, planted: dict[str, int]) -> str:
    lines, states, refused = [], {}, 0
    for at in range(1, world.debit.lines + 1):
        failed, spoilt = lot.random() < 0.4, lot.random() < 0.15
        result, why = ("失败", "余额不足") if failed else ("成功", "")
        amount = "1.00" if spoilt else str(IN_TIME)
        lines.append(
            {"批次号": world.debit.number, "序号": str(at), "金额": amount, "结果": result, "失败原因": why,
             "扣款日期": "2024-10-12"}
        )  # fmt: skip
        if not spoilt:
            states[at + 1] = "debit_failed" if failed else "matched"
        refused += spoilt
    lines.append({**lines[0], "序号": "99"})
    batch = _send(world.town, lines, "debited", world.town.city)
    for state in states.values():
        planted[state] += 1
    found = dict(Payment.objects.filter(batch=batch).values_list("line", "state"))
    told = sum((total.amount for total in payments.totals(batch)), Decimal(0))
    good = (batch.refused, found, told) == (refused + 1, states, IN_TIME * len(states))
    return "" if good else f"found {found} {batch.refused}, planted {states} {refused + 1}"
