"""Files as people send them: every trouble is named by line and heading, and no good row is lost over a bad one."""

import struct
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import load_workbook
from xlsxwriter import Workbook

from office import cells, identity, intake, secrecy, sheets
from office.intake import CannotTake, Column, Outcome, Row, Unreadable
from office.models import AuditEvent, Batch, Staff
from tests.town import Town

COLUMNS = (
    Column("name", "姓名", cells.name),
    Column("card", "证件号码", cells.identity, synonyms=("身份证号",)),
    Column("born", "出生日期", cells.day, required=False),
    Column("paid", "金额", cells.positive),
)
HEAD = ["姓名", "证件号码", "出生日期", "金额"]


def number(order: int) -> str:
    digits = f"14070219900307{order:03}"
    return digits + identity.check_character(digits)


def text(*lines: str, head: str = "姓名,证件号码,出生日期,金额") -> str:
    return "\r\n".join([head, *lines, ""])


GOOD = text(f"张三,{number(1)},1990-03-07,400", f"䶮𠮷·买,{number(2)},,400.00")


def xlsx(rows: Sequence[Sequence[Any]], more: Callable[[Any, Any], None] | None = None) -> bytes:
    file = BytesIO()
    with Workbook(file, {"default_date_format": "yyyy-mm-dd"}) as book:
        page = book.add_worksheet("名册")
        for line, row in enumerate(rows):
            page.write_row(line, 0, row)
        if more:
            more(book, page)
    return file.getvalue()


def repacked(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change(part, old.read(part)))
    return file.getvalue()


def people(sheet: intake.Sheet) -> list[str]:
    return [row["name"] for row in sheet.rows]


def told(content: bytes, name: str = "a.csv") -> list[tuple[int, str, str]]:
    return [(f.line, f.field, f.message) for f in intake.read(content, name, COLUMNS).faults]


# --- encodings and shapes ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_rare_characters_come_through_every_encoding(encoding: str) -> None:
    sheet = intake.read(GOOD.encode(encoding), "名册.csv", COLUMNS)
    assert people(sheet) == ["张三", "䶮𠮷·买"]
    assert [row["born"] for row in sheet.rows] == [date(1990, 3, 7), None]
    assert [row.line for row in sheet.rows] == [2, 3]


def test_tabs_semicolons_titles_and_stars_are_understood() -> None:
    content = "某村参保名册\n\n*姓名;身份证号 ;出生日期;金额;备注\n张三;" + number(1) + ";;400;无\n"
    sheet = intake.read(content.encode(), "a.txt", COLUMNS)
    assert people(sheet) == ["张三"]
    assert sheet.rows[0].line == 4


def test_the_same_rows_as_a_workbook() -> None:
    sheet = intake.read(xlsx([["某村名册"], [], HEAD, ["张三", number(1), date(1990, 3, 7), 400.5]]), "a.xlsx", COLUMNS)
    assert people(sheet) == ["张三"]
    assert sheet.rows[0].line == 4
    assert sheet.rows[0]["born"] == date(1990, 3, 7)


@pytest.mark.parametrize(
    ("content", "name", "line", "field", "says"),
    [
        (b"", "a.csv", 0, "", "空的"),
        (b" \r\n ", "a.csv", 0, "", "空的"),
        (text().encode(), "a.csv", 1, "", "没有数据"),
        (GOOD.encode("utf-16"), "a.csv", 1, "", "UTF-16"),
        (text("张三,1,,1").encode() + b"\x80\xff\xff", "a.csv", 3, "", "编码"),
        (GOOD.replace("证件号码", "号码").encode(), "a.csv", 1, "号码", "不认识"),
        (text("张三,,400", head="姓名,出生日期,金额").encode(), "a.csv", 1, "证件号码", "缺少此栏目"),
        (text("张三,1,1", head="姓名,证件号码,身份证号").encode(), "a.csv", 1, "身份证号", "重复"),
        ("甲,乙\n1,2\n".encode(), "a.csv", 1, "", "找不到表头"),
        (GOOD.encode("big5", errors="replace"), "a.csv", 1, "", "乱码"),
        (text('张三,"1,,1').encode(), "a.csv", 2, "", "引号"),
        (GOOD.replace("张三", "张\0三").encode(), "a.csv", 2, "", "不可见"),
        (GOOD.encode(), "a.xlsx", 0, "", "内容不是"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.xls", 0, "", "旧版"),
        (b"PK\x03\x04" + b"\0" * 50, "a.xlsx", 0, "", "损坏"),
        (b"x" * (sheets.MAX_BYTES + 1), "a.csv", 0, "", "MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(
    content: bytes, name: str, line: int, field: str, says: str
) -> None:
    with pytest.raises(Unreadable, match=says) as refusal:
        intake.read(content, name, COLUMNS)
    assert (refusal.value.line, refusal.value.field) == (line, field)


def test_each_bad_cell_is_named_and_the_good_rows_stay() -> None:
    content = text(
        f"张三,{number(1)},1990-03-07,400",
        f"李四,{number(2)}1,1990-02-30,-5",
        f"王五,{number(3)}",
        f"赵六,{number(4)},,400,多一格",
        f",{number(5)},,400",
        f"=1+1,{number(6)},,400",
        f'孙七,{number(7)},,"4',
        '00"',
        f"周八,{number(8)},,1.234e3",
        "",
        f"吴九,{number(9)},,400",
    ).encode()
    sheet = intake.read(content, "a.csv", COLUMNS)
    assert people(sheet) == ["张三", "吴九"]
    assert sheet.rows[1].line == 12
    assert sheet.read == 9
    assert [(fault.line, fault.field) for fault in sheet.faults] == [
        (3, "证件号码"), (3, "出生日期"), (3, "金额"), (4, ""), (5, "#5"),
        (6, "姓名"), (7, "姓名"), (8, ""), (10, "金额"),
    ]  # fmt: skip
    assert "19 位" in sheet.faults[0].message
    assert "第 8 至 9 行" in sheet.faults[7].message


def test_in_a_workbook_numbers_formulas_errors_and_merged_cells_are_refused_by_line() -> None:
    def more(book: Any, page: Any) -> None:
        page.write_formula("D4", "=200+200", None, 400)
        page.write_formula("C5", "=NA()", None, "#N/A")
        page.merge_range("A7:A8", "钱七")

    rows = [HEAD, ["张三", number(1), "", 400], ["李四", int(number(2)[:17] + "0"), "", 400]]
    rows += [["王五", number(3), "", 0], ["赵六", number(4), "", 400], ["吴九", number(9), "", 400]]
    rows += [["", number(5), "", 400], ["", number(6), "", 400]]
    content = xlsx(rows, more)
    assert people(intake.read(content, "a.xlsx", COLUMNS)) == ["张三", "吴九"]
    assert [(line, field, message[:6]) for line, field, message in told(content, "a.xlsx")] == [
        (3, "证件号码", "证件号码被存"), (4, "金额", "是公式，请复"), (5, "出生日期", "是公式，请复"),
        (7, "", "有合并单元格"), (8, "", "有合并单元格"),
    ]  # fmt: skip


# --- workbooks made to hurt -------------------------------------------------------------------------------------------
def test_a_truncated_workbook_is_refused() -> None:
    content = xlsx([HEAD, ["张三", number(1), "", 400]])
    for end in (100, len(content) // 2, len(content) - 10):
        with pytest.raises(Unreadable, match="损坏"):
            intake.read(content[:end], "a.xlsx", COLUMNS)


def test_a_small_file_that_unpacks_to_a_big_one_is_refused_before_it_is_read() -> None:
    bomb = repacked(
        xlsx([HEAD]), lambda part, old: b" " * (sheets.MAX_UNPACKED + 1) if part.endswith("sheet1.xml") else old
    )
    assert len(bomb) < 1024**2
    with pytest.raises(Unreadable, match="解压后"):
        intake.read(bomb, "a.xlsx", COLUMNS)


def test_an_archive_that_lies_about_its_size_is_refused() -> None:
    bomb = bytearray(repacked(xlsx([HEAD]), lambda part, old: old + b" " * 5_000_000 if "sheet1" in part else old))
    at = bomb.rindex(b"xl/worksheets/sheet1.xml") - 46  # the entry in the directory at the end
    assert bomb[at : at + 4] == b"PK\x01\x02"
    bomb[at + 24 : at + 28] = struct.pack("<I", 100)
    with pytest.raises(Unreadable, match="损坏"):
        intake.read(bytes(bomb), "a.xlsx", COLUMNS)


@pytest.mark.parametrize("corner", ["A1048576", "XFD2", "XFD1048576", "BA2"])
def test_a_cell_in_a_far_corner_is_refused_before_the_table_is_built(corner: str) -> None:
    content = xlsx([HEAD, ["张三", number(1), "", 400]], lambda book, page: page.write(corner, "x"))
    with pytest.raises(Unreadable, match="超过"):
        intake.read(content, "a.xlsx", COLUMNS)


@pytest.mark.parametrize(
    "written", [b'<c r="a1048576"', b'<c r="xfd2"', b'<c t="s"r="A999999999999"', b'<c r = "A' + b"9" * 5000 + b'"']
)
@pytest.mark.parametrize("home", ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.XML"])
def test_no_spelling_of_a_far_corner_slips_by(written: bytes, home: str) -> None:
    """The reader of the table takes small letters and missing blanks as well, and ends the process with them."""
    rows = [HEAD, ["张三", number(1), "", 400]]
    far = repacked(xlsx(rows), lambda part, xml: xml.replace(b'<c r="A2"', written) if "sheet1" in part else xml)
    file = BytesIO()
    with zipfile.ZipFile(BytesIO(far)) as old, zipfile.ZipFile(file, "w") as new:
        for part in old.namelist():
            renamed = part.replace("xl/worksheets/sheet1.xml", home)
            new.writestr(renamed, old.read(part).replace(b"worksheets/sheet1.xml", home[3:].encode()))
    with pytest.raises(Unreadable, match="超过"):
        intake.read(file.getvalue(), "a.xlsx", COLUMNS)


def test_several_sheets_are_refused_but_hidden_lists_and_empty_sheets_are_not() -> None:
    def hidden(book: Any, page: Any) -> None:
        book.add_worksheet("字典").write(0, 0, "=1")
        book.get_worksheet_by_name("字典").hide()
        book.add_worksheet("Sheet3")

    rows = [HEAD, ["张三", number(1), "", 400]]
    assert people(intake.read(xlsx(rows, hidden), "a.xlsx", COLUMNS)) == ["张三"]
    with pytest.raises(Unreadable, match="多个工作表（名册、二）"):
        intake.read(xlsx(rows, lambda book, page: book.add_worksheet("二").write(0, 0, 1)), "a.xlsx", COLUMNS)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_bytes_come_the_answer_is_rows_or_a_refusal(data: st.DataObject) -> None:
    base = data.draw(st.sampled_from([GOOD.encode(), GOOD.encode("gb18030"), WORKBOOK]))
    at = data.draw(st.integers(0, len(base)))
    noise = data.draw(st.binary(max_size=20))
    cut = data.draw(st.integers(0, 20))
    try:
        sheet = intake.read(
            base[:at] + noise + base[at + cut :], data.draw(st.sampled_from(["a.csv", "a.xlsx"])), COLUMNS
        )
    except Unreadable as refusal:
        assert refusal.message
    else:
        assert sheet.read == len(sheet.rows) + len({fault.line for fault in sheet.faults})


WORKBOOK = xlsx([HEAD, ["张三", number(1), date(1990, 3, 7), 400], ["李四", number(2), "", "400"]])


# --- batches ----------------------------------------------------------------------------------------------------------
class Register:
    """A kind of file for these tests: knows 李四 already, refuses 王五 at the check and 赵六 at the taking."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def check(self, batch: Batch, rows: Sequence[Row], at: datetime) -> Outcome:
        return Outcome(
            [row.fault("姓名", "不在本村") for row in rows if row["name"] == "王五"],
            {row.line for row in rows if row["name"] == "李四"},
        )

    def take(self, batch: Batch, rows: Sequence[Row], by: Staff, at: datetime) -> Outcome:
        self.kept += [row["name"] for row in rows if row["name"] != "赵六"]
        return Outcome([row.fault("金额", "金额不符") for row in rows if row["name"] == "赵六"])


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Iterator[Register]:
    monkeypatch.setattr(intake, "_kinds", {})
    register = Register()
    intake.kind("roster", COLUMNS, register.check, register.take)
    yield register


FILE = text(
    *(f"{name},{number(n)},,400" for n, name in enumerate(["张三", "李四", "王五", "赵六"], 1)), "钱七,123,,400"
)


def counts(batch: Batch) -> tuple[int, int, int, int]:
    return batch.read, batch.taken, batch.refused, batch.duplicate


def test_a_file_is_shown_first_and_taken_once(town: Town, register: Register) -> None:
    batch = intake.receive(
        "roster", town.county, "C:\\表\\名册.csv", FILE.encode(), {"year": 2025}, town.clerk, town.now
    )
    assert register.kept == []
    assert (batch.state, batch.file_name, counts(batch)) == ("previewed", "名册.csv", (5, 2, 2, 1))
    assert secrecy.unseal_bytes(batch.content) == FILE.encode()
    assert number(1).encode() not in bytes(batch.content)

    batch = intake.take(batch, town.clerk, town.now)
    assert register.kept == ["张三"]
    assert (batch.state, counts(batch)) == ("taken", (5, 1, 3, 1))
    assert [(problem.line, problem.field, problem.message) for problem in batch.problems.all()] == [
        (4, "姓名", "不在本村"),
        (5, "金额", "金额不符"),
        (6, "证件号码", "身份证号码应为 18 位，此处为 3 位"),
    ]

    assert intake.take(batch, town.clerk, town.now).pk == batch.pk
    again = intake.receive("roster", town.county, "again.csv", FILE.encode(), {"year": 2025}, town.clerk, town.now)
    assert again == batch
    assert register.kept == ["张三"]
    assert list(AuditEvent.objects.filter(action__startswith="intake.").values_list("action", flat=True)) == [
        "intake.take_roster", "intake.receive_roster",
    ]  # fmt: skip


def test_the_same_file_shown_twice_is_taken_once(town: Town, register: Register) -> None:
    first, second = (
        intake.receive("roster", town.county, "a.csv", FILE.encode(), {}, town.clerk, town.now) for _ in range(2)
    )
    intake.take(first, town.clerk, town.now)
    with pytest.raises(CannotTake, match="不会重复导入"):
        intake.take(second, town.clerk, town.now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Batch.objects.filter(pk=second.pk).update(state="taken")
    assert register.kept == ["张三"]


def test_refused_rows_go_back_with_their_reasons_and_come_in_again(town: Town, register: Register) -> None:
    batch = intake.take(
        intake.receive("roster", town.county, "a.csv", FILE.encode(), {}, town.clerk, town.now), town.clerk, town.now
    )
    content = intake.problem_file(batch, town.clerk, town.now)
    [mark, *_blank], head, *rows = load_workbook(BytesIO(content)).get_sheet_by_index(0).to_python()
    assert f"导出人 {town.clerk.name}" in mark
    assert head == ["原行号", "退回原因", *HEAD]
    assert rows[2] == ["6", "证件号码：身份证号码应为 18 位，此处为 3 位", "钱七", "123", "", "400"]
    assert AuditEvent.objects.get(action="intake.give_back_problems").detail == {"rows": 3}

    again = intake.read(content, "退回.xlsx", COLUMNS)  # corrected rows are sent in this very form
    assert people(again) == ["王五", "赵六"]


def test_a_file_for_somebody_elses_area_is_refused(town: Town, register: Register) -> None:
    clerk = town.member("clerk", town.county)
    with pytest.raises(CannotTake, match="管辖"):
        intake.receive("roster", town.far_village, "a.csv", FILE.encode(), {}, clerk, town.now)


def test_a_discarded_file_is_forgotten_and_cannot_be_taken(town: Town, register: Register) -> None:
    batch = intake.receive("roster", town.county, "a.csv", FILE.encode(), {}, town.clerk, town.now)
    intake.discard(batch, town.clerk, town.now)
    assert bytes(batch.content) == b""
    with pytest.raises(CannotTake, match="已放弃"):
        intake.take(batch, town.clerk, town.now)
    with pytest.raises(CannotTake):
        intake.discard(batch, town.clerk, town.now)


def test_an_unreadable_file_leaves_nothing_behind(town: Town, register: Register) -> None:
    with pytest.raises(Unreadable):
        intake.receive("roster", town.county, "a.csv", b"x,y\n1,2\n", {}, town.clerk, town.now)
    assert not Batch.objects.exists()


def test_a_taking_that_breaks_half_way_takes_nothing(town: Town, register: Register, monkeypatch: Any) -> None:
    batch = intake.receive("roster", town.county, "a.csv", FILE.encode(), {}, town.clerk, town.now)

    def broken(batch: Batch, rows: Sequence[Row], by: Staff, at: datetime) -> Outcome:
        Staff.objects.create(username="half")
        raise ZeroDivisionError

    intake.kind("roster", COLUMNS, register.check, broken)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        intake.take(batch, town.clerk, town.now)
    batch.refresh_from_db()
    assert batch.state == "previewed"
    assert not Staff.objects.filter(username="half").exists()


def test_the_empty_form_has_the_headings(register: Register) -> None:
    assert load_workbook(BytesIO(intake.template("roster"))).get_sheet_by_index(0).to_python() == [HEAD]


def test_a_number_in_the_wrong_column_is_not_quoted_in_full(town: Town, register: Register) -> None:
    content = text(f"{number(1)},张三,1990-03-07,400").encode()
    batch = intake.receive("roster", town.city, "错列.csv", content, {}, town.clerk, town.now)
    name = batch.problems.get(field="姓名")
    assert number(1) not in name.message
    assert f"140{'*' * 13}{number(1)[-2:]}" in name.message


def test_rows_that_somebody_else_wrote_at_the_same_moment_are_looked_at_again(
    town: Town, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = intake.receive("roster", town.city, "一.csv", GOOD.encode(), {}, town.clerk, town.now)
    known = intake._kinds["roster"]
    calls = []

    def slower(*told: Any) -> Outcome:
        calls.append(1)
        if len(calls) == 1:
            raise IntegrityError
        return known.take(*told)

    monkeypatch.setitem(intake._kinds, "roster", known._replace(take=slower))
    assert intake.take(batch, town.clerk, town.now).state == Batch.State.TAKEN
    assert len(calls) == 2


@pytest.mark.parametrize("cell", ["13912345678", "+8613912345678", "0354-2012345", "01062345678", "139 1234 5678"])
def test_telephones_of_a_plausible_length_are_taken(cell: str) -> None:
    assert cells.phone(cell) == cell.replace(" ", "")


@pytest.mark.parametrize("cell", ["1391234567", "139123456789", "2012345", "0354-201234", "1", "电话"])
def test_telephones_that_lost_a_digit_are_refused(cell: str) -> None:
    with pytest.raises(cells.BadCell, match="11 位"):
        cells.phone(cell)


def test_a_csv_that_breaks_off_in_its_last_cell_gives_that_line_back() -> None:
    lines = ["姓名,证件号码,出生日期,金额", *(f"张{n},{number(n)},,400.00" for n in (1, 2))]
    whole = "\n".join(lines)
    assert len(intake.read(whole.encode(), "a.csv", COLUMNS).rows) == 2
    for cut in (1, 3, 5):
        [fault] = intake.read(whole[:-cut].encode(), "a.csv", COLUMNS).faults
        assert (fault.line, fault.message[:6]) == (3, "文件在此中断")
    assert len(intake.read((whole[:-3] + "\n").encode(), "a.csv", COLUMNS).rows) == 2
    with pytest.raises(Unreadable, match="半个字"):
        intake.read((whole + "\n王".rstrip()).encode()[:-1], "a.csv", COLUMNS)
