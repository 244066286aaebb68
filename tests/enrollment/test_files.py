"""Rosters and tax files: what is taken, what is given back and why; the same file twice changes nothing."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from python_calamine import load_workbook

from enrollment import payments
from enrollment.models import Enrollment, Household, Payment, Resident, Status
from office import export, intake
from office.models import Area, Batch, Problem
from tests.town import Town

Line = dict[str, str]
HEADINGS = (
    "姓名",
    "证件号码",
    "村（社区）",
    "户主证件号码",
    "与户主关系",
    "人员身份",
    "身份起",
    "认定部门",
    "上次参保年度",
)


def person(town: Town, name: str = "", **cells: object) -> Line:
    return {"姓名": name or town.name(), "证件号码": town.number(), "村（社区）": "东村"} | {
        heading: str(cell) for heading, cell in cells.items()
    }


def send(town: Town, *lines: Line, area: Area | None = None, encoding: str = "utf-8", **parameters: object) -> Batch:
    content = town.csv(lines, HEADINGS, encoding)
    by = town.clerk
    return intake.receive("roster", area or town.county, "名册.csv", content, parameters, by=by, at=town.now)


def take(town: Town, batch: Batch) -> Batch:
    return intake.take(batch, by=town.clerk, at=town.now)


def counts(batch: Batch) -> tuple[int, int, int, int]:
    return batch.read, batch.taken, batch.refused, batch.duplicate


# --- rosters --------------------------------------------------------------------------------------------------------


def test_a_roster_is_shown_first_and_nothing_is_registered(town: Town) -> None:
    batch = send(town, person(town), person(town, 证件号码="123"))
    assert counts(batch) == (2, 1, 1, 0)
    assert not Resident.objects.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_rows_become_residents_in_households_of_their_heads(town: Town, encoding: str) -> None:
    head = person(town, "𠮷建国", 与户主关系="户主")
    wife = person(town, "单兰", 户主证件号码=head["证件号码"], 与户主关系="妻")
    alone = person(town, "阿依古丽•买买提", **{"村（社区）": "140702100202", "上次参保年度": "2024"})
    batch = take(town, send(town, wife, head, alone, encoding=encoding))
    assert counts(batch) == (3, 3, 0, 0)
    household = Household.objects.get(head__name="𠮷建国")
    assert {member.name: member.relation for member in household.members.all()} == {"𠮷建国": "户主", "单兰": "妻"}
    other = Resident.objects.get(name="阿依古丽·买买提")
    assert (other.area, other.insured_through, other.household.head) == (town.second_village, 2024, other)


def test_a_workbook_is_read_as_well(town: Town) -> None:
    line = person(town)
    content, _rows = export.sheet(list(line), [list(line.values())])
    batch = intake.receive("roster", town.county, "名册.xlsx", content, {}, by=town.clerk, at=town.now)
    assert counts(take(town, batch)) == (1, 1, 0, 0)


def test_an_identity_number_stored_as_a_number_is_refused_by_line_and_field(town: Town) -> None:
    content, _rows = export.sheet(["姓名", "证件号码", "村（社区）"], [["王建国", 140702198005050010, "东村"]])
    batch = intake.receive("roster", town.county, "名册.xlsx", content, {}, by=town.clerk, at=town.now)
    problem = batch.problems.get()
    assert (problem.line, problem.field) == (2, "证件号码")
    assert "文本" in problem.message


def test_every_bad_row_names_line_field_and_reason_and_the_good_ones_are_taken(town: Town) -> None:
    there = town.resident("老住户", village=town.far_village)
    good, twin = person(town), person(town)
    rows = [
        good,
        person(town, 证件号码="1407021980050500123"),
        person(town, **{"村（社区）": "南村"}),
        person(town, **{"村（社区）": ""}),
        {**person(town), "证件号码": there.id_number},
        twin,
        {**person(town), "证件号码": twin["证件号码"]},
        person(town, 户主证件号码=town.number()),
        person(town, 人员身份="最低生活保障对象"),
        person(town, 人员身份="好人"),
        person(town, "王1"),
    ]
    batch = take(town, send(town, *rows))
    assert counts(batch) == (11, 2, 9, 0)
    told = {(problem.line, problem.field) for problem in Problem.objects.filter(batch=batch)}
    assert told == {
        (3, "证件号码"), (4, "村（社区）"), (5, "村（社区）"), (6, "证件号码"), (8, "证件号码"), (9, "户主证件号码"),
        (10, "身份起"), (11, "人员身份"), (12, "姓名"),
    }  # fmt: skip
    assert Resident.objects.count() == 3
    assert "其他区域" in batch.problems.get(line=6).message


def test_refused_rows_come_back_as_a_file_that_can_be_put_right_and_sent_again(town: Town) -> None:
    batch = take(town, send(town, person(town), person(town, "赵春梅", **{"村（社区）": "桃花源"})))
    content = intake.problem_file(batch, by=town.clerk, at=town.now)
    [mark, headings, row] = load_workbook(BytesIO(content)).get_sheet_by_index(0).to_python()
    assert headings[:4] == ["原行号", "退回原因", "姓名", "证件号码"]
    assert "桃花源" in row[1]
    fixed = [["东村" if cell == "桃花源" else cell for cell in row]]
    again, _rows = export.sheet(headings, fixed, mark[0])
    batch = intake.receive("roster", town.county, "改正.xlsx", again, {}, by=town.clerk, at=town.now)
    assert counts(take(town, batch)) == (1, 1, 0, 0)
    assert Resident.objects.filter(name="赵春梅").exists()


def test_the_same_roster_twice_changes_nothing(town: Town) -> None:
    lines = [person(town), person(town)]
    take(town, send(town, *lines))
    again = take(town, send(town, *lines))
    assert Batch.objects.count() == 1
    assert again.taken == 2
    other = take(town, send(town, *lines, person(town)))
    assert counts(other) == (3, 1, 0, 2)
    assert Resident.objects.count() == 3


def test_members_join_a_household_that_is_registered_already(town: Town) -> None:
    head = town.resident()
    take(town, send(town, person(town, 户主证件号码=head.id_number, 与户主关系="子")))
    assert head.household.members.count() == 2


def test_a_status_in_the_roster_and_a_period_put_people_down_at_once(town: Town) -> None:
    town.sample_notice("subsidy.share", "1", since=date(2024, 1, 1))
    town.today = date(2024, 9, 10)
    poor = person(town, 人员身份="最低生活保障对象", 身份起="2024-01-01", 认定部门="县民政局")
    take(town, send(town, poor, person(town), period=town.period().pk))
    assert Status.objects.get().certified_by == "县民政局"
    payers = {tuple(e.dues.values_list("payer", flat=True)) for e in Enrollment.objects.all()}
    assert payers == {("government", "subsidy"), ("individual", "subsidy")}


@pytest.mark.article("JZ06.4", "XZ08.5")
def test_students_are_registered_by_the_roster_of_their_school(town: Town) -> None:
    school = town.school()
    student = {"姓名": "陈思", "证件号码": town.number(date(2006, 3, 1)), "学校代码": school.code}
    entry = {"参保事由": "大学新生入学", "事由日期": "2024-09-01"}
    content = town.csv([student | entry], [*student, *entry])
    take(town, intake.receive("roster", town.county, "学生.csv", content, {}, by=town.clerk, at=town.now))
    kept = Resident.objects.get()
    assert (kept.school, kept.area, kept.basis, kept.household) == (
        school, town.county, "university", None
    )  # fmt: skip
    assert kept.event == "university_entry"


def test_a_roster_takes_the_same_number_of_queries_for_two_as_for_forty(
    town: Town, django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    for size in (2, 40):
        batch = send(town, *(person(town) for _ in range(size)))
        with django_assert_max_num_queries(40):
            take(town, batch)


def test_a_village_clerk_cannot_send_a_roster_for_the_county(town: Town) -> None:
    content = town.csv([person(town)], HEADINGS)
    clerk = town.member("clerk", town.village)
    with pytest.raises(intake.CannotTake):
        intake.receive("roster", town.county, "名册.csv", content, {}, by=clerk, at=town.now)
    own = town.csv([{**person(town), "村（社区）": ""}], HEADINGS)
    batch = intake.receive("roster", town.village, "名册.csv", own, {}, by=clerk, at=town.now)
    assert batch.taken == 1


# --- tax files ------------------------------------------------------------------------------------------------------


@pytest.mark.article("XZ08.3", "JZ06.5")
def test_every_line_of_a_tax_file_lands_and_the_totals_add_up(town: Town) -> None:
    day = date(2024, 10, 10)
    good, short, gone, nobody = (town.resident() for _ in range(4))
    for resident in (good, short):
        town.enrolled(resident)
    named = town.tax_line(good, day, 姓名="另一人")
    stranger = {**town.tax_line(nobody, day), "证件号码": town.number()}
    lines = [
        town.tax_line(good, day),
        town.tax_line(good, date(2024, 10, 11)),
        town.tax_line(short, day, "390.00"),
        town.tax_line(gone, day),
        named,
        stranger,
    ]
    batch = town.tax_file(*lines)
    assert counts(batch) == (6, 6, 0, 0)
    states = list(Payment.objects.order_by("line").values_list("state", flat=True))
    assert states == ["matched", "paid_twice", "too_small", "not_enrolled", "name_differs", "unknown_person"]
    assert all(payment.reason for payment in Payment.objects.exclude(state="matched"))
    totals = payments.totals(batch)
    assert sum(total.lines for total in totals) == 6
    assert sum(total.amount for total in totals) == Decimal("2390.00")
    assert "400.00" in Payment.objects.get(state="too_small").reason


def test_the_same_receipt_changes_nothing_and_another_sum_under_it_is_refused(town: Town) -> None:
    resident = town.resident()
    town.enrolled(resident)
    line = town.tax_line(resident, date(2024, 10, 10))
    town.tax_file(line)
    again = town.tax_file(line, town.tax_line(resident, date(2024, 10, 12)))
    assert counts(again) == (2, 1, 0, 1)
    changed = town.tax_file({**line, "金额": "500.00"}, {**line, "完税凭证号": "X1"}, {**line, "完税凭证号": "X1"})
    assert counts(changed) == (3, 1, 1, 1)
    assert {problem.field for problem in changed.problems.all()} == {"完税凭证号"}
    assert Payment.objects.filter(state="matched").count() == 1


def test_bad_cells_of_a_tax_file_are_named(town: Town) -> None:
    line = town.tax_line(town.resident(), date(2024, 10, 10))
    batch = town.tax_file(
        {**line, "金额": "-400"}, {**line, "年度": "25"}, {**line, "证件号码": "140702"}, line, take=False
    )
    assert [(problem.line, problem.field) for problem in batch.problems.all()] == [
        (2, "金额"), (3, "年度"), (4, "证件号码")
    ]  # fmt: skip
    assert not Payment.objects.exists()


def test_a_payment_after_death_is_held(town: Town) -> None:
    resident = town.resident()
    town.enrolled(resident)
    Resident.objects.filter(pk=resident.pk).update(ended_on=date(2024, 10, 1), end_reason="death")
    town.tax_file(town.tax_line(resident, date(2024, 10, 2)))
    assert Payment.objects.get().state == "ended_person"


def test_a_held_payment_is_matched_once_the_person_is_put_down(town: Town) -> None:
    resident = town.resident()
    town.period()
    town.tax_file(town.tax_line(resident, date(2024, 10, 10)))
    assert Payment.objects.get().state == "not_enrolled"
    town.enrolled(resident)
    assert payments.rematch(Payment.objects.all(), by=town.accountant, at=town.now) == 1
    assert Enrollment.objects.get().state == "covered"


def test_a_county_file_does_not_pay_for_people_of_another_county(town: Town) -> None:
    resident = town.resident(village=town.far_village)
    town.enrolled(resident)
    content = town.csv(
        [town.tax_line(resident, date(2024, 10, 10))], ("完税凭证号", "证件号码", "姓名", "年度", "金额", "到账日期")
    )
    by = town.member("accountant", town.county)
    batch = intake.receive("payments", town.county, "税务.csv", content, {}, by=by, at=town.now)
    intake.take(batch, by=by, at=town.now)
    assert Payment.objects.get().state == "unknown_person"
    assert Enrollment.objects.get().state == "due"


def test_a_tax_file_takes_the_same_number_of_queries_for_two_as_for_twenty(
    town: Town, django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    for size in (2, 20):
        people = [town.resident() for _ in range(size)]
        for resident in people:
            town.enrolled(resident)
        batch = town.tax_file(*(town.tax_line(p, date(2024, 10, 10)) for p in people), take=False)
        with django_assert_max_num_queries(32):
            intake.take(batch, by=town.accountant, at=town.now)
    assert Enrollment.objects.filter(state="covered").count() == 22
