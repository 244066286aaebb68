"""A table that came as a file, csv or xlsx: its rows with line numbers, and what is wrong in which line and column."""

import csv
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from itertools import islice
from typing import Any, Final, NamedTuple

from django.utils.translation import gettext as _
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
    load_workbook,
)

from office import cells
from office.cells import Cell, Reader
from office.refusal import Refusal

MAX_BYTES: Final = 40 * 1024 * 1024
MAX_UNPACKED: Final = 150 * 1024 * 1024
MAX_ROWS: Final = 200_000
MAX_COLUMNS: Final = 52  # A to AZ
_TITLE_LINES = 10  # a heading is looked for in so many lines: titles often stand above it
REASON: Final = "退回原因"
LINE: Final = "原行号"
_LEFT_ASIDE = frozenset({REASON, LINE, "序号", "备注"})  # columns that say nothing to the office, in every file
_ASIDE = frozenset(word.lower() for word in _LEFT_ASIDE)
_SEEN = 20_000  # different cells of a column that are remembered
_LONGEST_HEADING = 40

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")

# In the XML of a worksheet: rows and cells, those beyond the limits, and cells that hold a formula or an error. They
# have to see whatever the reader of the table takes for a reference, small letters and missing blanks included: one
# cell in a far corner that slips by ends the whole process for want of memory.
_ROW_TAG = re.compile(rb"<(?:\w+:)?row[\s/>]")
_FAR_ROW = re.compile(rb"\br\s*=\s*[\"'][A-Z]*(\d{6,})[\"']", re.IGNORECASE)
_FAR_COLUMN = re.compile(rb"\br\s*=\s*[\"'](?:[A-Z]{3,}|[B-Z][A-Z])\d+[\"']", re.IGNORECASE)
_FORMULA = re.compile(rb"<(?:\w+:)?c\s([^>]*)>\s*<(?:\w+:)?f[\s/>]")
_ERROR = re.compile(rb"<(?:\w+:)?c\s([^>]*\bt\s*=\s*[\"']e[\"'][^>]*)>")
# Without any of these there is no match: looking for a few bytes is a hundred times quicker than for a pattern.
_ERROR_SIGNS = (b'"e"', b"'e'", b"\"e'", b"'e\"")
_FORMULA_SIGNS = (b"<f", b":f")
_REFERENCE = re.compile(rb"\br\s*=\s*[\"']([A-Z]+)(\d+)[\"']", re.IGNORECASE)
_SHEET_TAG = re.compile(rb"<(?:\w+:)?sheet\s[^>]*?\w+:id\s*=\s*[\"']([^\"']+)[\"']")
_PART_TAG = re.compile(rb"<(?:\w+:)?Relationship\s([^>]*)>")


class Unreadable(Refusal):
    """A file that cannot be read as the table asked for; `line` is 0 where the whole file is meant."""

    def __init__(self, message: str, line: int = 0, field: str = "") -> None:
        place = _("第 %(line)s 行") % {"line": line} if line else ""
        if field:
            place += _("“%(field)s”") % {"field": field}
        super().__init__(f"{place}：{message}" if place else message, field=field)
        self.line = line


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its Chinese heading. Optional ones may be missing or blank; `read` makes a value or refuses."""

    name: str
    heading: str
    read: Reader = cells.text
    required: bool = True
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one field of one line, and the row itself."""

    line: int
    field: str
    message: str
    row: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """A row whose every cell could be read: `row["birth_on"]`; None where an optional cell is blank."""

    line: int
    values: Mapping[str, Any]
    headings: tuple[str, ...]
    cells: Sequence[Cell]

    @property
    def given(self) -> dict[str, str]:
        """What stood in the line, by heading."""
        return _given(self.headings, self.cells)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def fault(self, heading: str, message: object) -> Fault:
        """This row refused because of the column with this heading."""
        return Fault(self.line, heading, str(message), self.given)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was read: good rows and faults; every line that is not blank is in one of the two."""

    headings: tuple[str, ...]
    rows: list[Row]
    faults: list[Fault]
    leads: tuple[str, ...] = ()  # beside each heading the name of its column

    @property
    def read(self) -> int:
        """How many lines carried anything."""
        return len(self.rows) + len({fault.line for fault in self.faults})


_Place = tuple[Column, int, dict[str, Any]]


class Table(NamedTuple):
    """The bare cells of a file by line number, with what is wrong with a line or a single cell of it."""

    lines: list[tuple[int, list[Cell]]]
    bad_lines: dict[int, str]
    bad_cells: dict[tuple[int, int], str]


class Header(NamedTuple):
    """The line of headings, and the column to which each leads by its own name; "" where it leads nowhere."""

    line: int
    headings: tuple[str, ...]
    leads: tuple[str, ...]
    # Headings that a person has to be asked about: unknown ones, and second ones for a column.
    open: tuple[str, ...]

    @property
    def told(self) -> list[str]:
        """The headings that may lead somewhere: not the blank ones, nor those that say nothing in any file."""
        return [heading for heading in self.headings if heading and _plain(heading) not in _ASIDE]

    def led(self, columns: Sequence[str]) -> tuple[str, ...]:
        """Where every heading leads when those of `told` lead to these columns, one by one."""
        given = iter(columns)
        return tuple(next(given, "") if heading and _plain(heading) not in _ASIDE else "" for heading in self.headings)


def read(content: bytes, name: str, columns: Sequence[Column]) -> Sheet:
    """Read a csv or xlsx file. Refuses it as a whole (Unreadable) where no row could be trusted; else row by row."""
    table = opened(content, name)
    return rows(table, columns, header(table, columns))


def header(table: Table, columns: Sequence[Column]) -> Header:
    """The line of headings among the first ten, found by known names, or by its looks where hardly any is known."""
    known = _known(columns)
    at = _heading_line(table, columns)
    line, row = table.lines[at]
    if line in table.bad_lines:
        raise Unreadable(table.bad_lines[line], line)
    leads: list[str] = []
    unsure: list[str] = []
    for place, cell in enumerate(row):
        heading = cells.shown(cell).strip()
        if (line, place) in table.bad_cells:
            raise Unreadable(table.bad_cells[line, place], line, heading)
        column = known.get(_plain(cell))
        if column is not None and column.name not in leads:
            leads.append(column.name)
            continue
        leads.append("")
        if column is not None or (heading and _plain(cell) not in _ASIDE):
            unsure.append(heading)
    return Header(line, tuple(cells.shown(cell).strip() for cell in row), tuple(leads), tuple(unsure))


def rows(table: Table, columns: Sequence[Column], head: Header, leads: Sequence[str] | None = None) -> Sheet:
    """The rows below the heading, each cell read by its column; `leads` are columns that a person chose.

    Refused as a whole (Unreadable): headings that nobody knows and nobody chose a column for, a required column that
    is missing, no rows at all.
    """
    headings = head.headings
    places = _places(head, columns, leads)
    good: list[Row] = []
    faults: list[Fault] = []
    absent: dict[str, Any] = dict.fromkeys(column.name for column in columns if column.name not in places)
    # A cell that says the same as one above it means the same: villages, relations, heads of households, years.
    there: list[_Place] = [(column, places[column.name], {}) for column in columns if column.name in places]
    nameless = not all(headings)
    for number, row in table.lines:
        if number <= head.line:
            continue
        values = absent.copy()
        if number in table.bad_lines or nameless or len(row) != len(headings):
            wrong = list(_wrong_line(number, row, headings, table))
        else:
            wrong = []
        if not wrong:
            wrong = _fill(values, number, row, there, table, headings)
        if wrong:
            faults += wrong
        else:
            good.append(Row(number, values, headings, row))
    if not good and not faults:
        raise Unreadable(_("表头之下没有数据"), head.line)
    return Sheet(headings, good, faults, tuple(head.leads if leads is None else leads))


def _fill(
    values: dict[str, Any], line: int, row: list[Cell], there: list[_Place], table: Table, headings: Sequence[str]
) -> list[Fault]:
    """Read the cells of a line into `values`; what is wrong with any of them."""
    wrong, bad_cells = [], table.bad_cells
    for column, place, seen in there:
        cell = row[place]
        if type(cell) is str and cell in seen and not bad_cells:
            values[column.name] = seen[cell]
            continue
        try:
            if bad_cells and (line, place) in bad_cells:
                raise Refusal(bad_cells[line, place])
            values[column.name] = _value(column, cell)
        except Refusal as refusal:
            wrong.append(Fault(line, column.heading, str(refusal.message), _given(headings, row)))
        else:
            if type(cell) is str and len(seen) < _SEEN:
                seen[cell] = values[column.name]
    return wrong


def _given(headings: Sequence[str], row: Sequence[Cell]) -> dict[str, str]:
    given: dict[str, str] = {}
    for place, (heading, cell) in enumerate(zip(headings, row, strict=False), start=1):
        name = heading or f"#{place}"
        given[f"{name}#{place}" if name in given else name] = cells.shown(cell)
    return given


def together(sheet: Sheet, column: Column) -> Sheet:
    """The sheet with rows of one value in this column standing or falling together: one bad line refuses them all.

    A line that lacks the value belongs with the line above it.
    """
    told = [(row.line, str(row[column.name])) for row in sheet.rows]
    place = sheet.leads.index(column.name)
    told += [(fault.line, _told(fault, column, place)) for fault in sheet.faults]
    bad_lines = {fault.line for fault in sheet.faults}
    broken: dict[str, int] = {}
    above = ""
    for line, value in sorted(told):
        above = value or above
        if line in bad_lines:
            broken.setdefault(above, line)
    rows: list[Row] = []
    faults = list(sheet.faults)
    for row in sheet.rows:
        bad = broken.get(str(row[column.name]))
        if bad is None:
            rows.append(row)
        else:
            what = {"what": column.heading, "line": bad}
            faults.append(row.fault(column.heading, _("同一%(what)s的第 %(line)s 行有误，整笔退回") % what))
    return Sheet(sheet.headings, rows, faults, sheet.leads)


def _told(fault: Fault, column: Column, place: int) -> str:
    """What stands under this column in a line that could not be read."""
    text = next(islice(fault.row.values(), place, None), "").strip()
    try:
        return str(column.read(text)) if text else ""
    except Refusal:
        return text


def _value(column: Column, cell: Cell) -> Any:
    if cells.blank(cell):
        if column.required:
            raise Refusal(_("不能为空"))
        return None
    return column.read(cell)


def _wrong_line(line: int, row: list[Cell], headings: Sequence[str], table: Table) -> Iterator[Fault]:
    """What is wrong with the line as a whole, before any cell is read."""
    given = _given(headings, row)
    if line in table.bad_lines:
        yield Fault(line, "", table.bad_lines[line], given)
    elif len(row) < len(headings):
        told = {"here": len(row), "asked": len(headings)}
        yield Fault(line, "", _("只有 %(here)s 栏，表头有 %(asked)s 栏；请检查逗号与引号") % told, given)
    for place, cell in enumerate(row):
        if (place >= len(headings) or not headings[place]) and not cells.blank(cell):
            yield Fault(line, f"#{place + 1}", _("第 %(place)s 栏没有栏目名") % {"place": place + 1}, given)


# --- the heading ------------------------------------------------------------------------------------------------------
def _plain(heading: Cell) -> str:
    """A heading without what people add to it: blanks, stars, brackets of another width."""
    return re.sub(r"[\s*:]", "", unicodedata.normalize("NFKC", cells.shown(heading))).lower()


def _known(columns: Sequence[Column]) -> dict[str, Column]:
    return {_plain(word): column for column in columns for word in (column.heading, column.name, *column.synonyms)}


def _heading_line(table: Table, columns: Sequence[Column]) -> int:
    known = _known(columns)
    first = table.lines[:_TITLE_LINES]
    found = [len({known[_plain(cell)].name for cell in row if _plain(cell) in known}) for _line, row in first]
    enough = min(2, len(columns))
    for at, names in enumerate(found):
        if names >= enough:
            return at
    # Hardly any name is known: a line of words, one for each column that is needed at least, with more lines below.
    needed = max(2, sum(column.required for column in columns))
    for at, (_line, row) in enumerate(first[: len(table.lines) - 1]):
        words = [cell for cell in row if not cells.blank(cell)]
        if len(words) >= needed and all(_is_word(cell) for cell in words) and len(set(map(str, words))) == len(words):
            return at
    wanted = "、".join(column.heading for column in columns if column.required)
    line = table.lines[0][0] if table.lines else 0
    raise Unreadable(
        _("找不到表头，应有栏目：%(wanted)s。若打开看是乱码，请另存为 UTF-8 或 GB18030 编码") % {"wanted": wanted}, line
    )


def _is_word(cell: Cell) -> bool:
    """Whether this may be a heading: short words, and more of them than digits."""
    if not isinstance(cell, str) or len(cell) > _LONGEST_HEADING or not cell.isprintable():
        return False
    return sum(character.isalpha() for character in cell) > sum(character.isdigit() for character in cell)


def _places(head: Header, columns: Sequence[Column], leads: Sequence[str] | None) -> dict[str, int]:
    if leads is None and head.open:
        heading = head.open[0]
        told = _known(columns).get(_plain(heading))
        says = _("栏目重复，只能有一列") if told else _("不认识的栏目，请删除此列或改正栏目名")
        raise Unreadable(says, head.line, heading[:40])
    chosen = head.leads if leads is None else leads
    places = {name: place for place, name in enumerate(chosen) if name}
    for column in columns:
        if column.required and column.name not in places:
            raise Unreadable(_("缺少此栏目"), head.line, column.heading)
    return places


# --- the file ---------------------------------------------------------------------------------------------------------
def opened(content: bytes, name: str) -> Table:
    """The bare cells of a csv or xlsx file. Refuses with Unreadable what is no table or too large a one."""
    if len(content) > MAX_BYTES:
        raise Unreadable(_("文件超过 %(most)s MB，请分成几个文件") % {"most": MAX_BYTES // 1024**2})
    if not content.strip():
        raise Unreadable(_("文件是空的"))
    if content.startswith(_OLE):
        raise Unreadable(_("不接受旧版 .xls 或加密的表格，请另存为不加密的 .xlsx 或 CSV"))
    if content.startswith(_ZIP):
        table = _xlsx(content)
    elif name.lower().endswith((".xlsx", ".xlsm")):
        raise Unreadable(_("文件已损坏：扩展名是 xlsx，内容不是"))
    else:
        table = _csv(content)
    if len(table.lines) > MAX_ROWS + _TITLE_LINES:
        raise Unreadable(_("超过 %(most)s 行，请分成几个文件") % {"most": MAX_ROWS})
    return table


def _csv(content: bytes) -> Table:
    text = _decoded(content)
    if "\0" in text:
        raise Unreadable(_("含有不可见字符，不是文本文件"), text[: text.index("\0")].count("\n") + 1)
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    lines: list[tuple[int, list[Cell]]] = []
    bad_lines: dict[int, str] = {}
    begins = 1
    try:
        for row in reader:
            if any(not cells.blank(cell) for cell in row):
                lines.append((begins, list(row)))
            if reader.line_num > begins:
                told = {"first": begins, "last": reader.line_num}
                bad_lines[begins] = _("第 %(first)s 至 %(last)s 行连成一行：引号没有成对，或单元格内有换行") % told
            begins = reader.line_num + 1
    except csv.Error:
        raise Unreadable(_("引号没有成对，或一格过长，其后各行无法分开"), begins) from None
    if lines and not text.endswith(("\n", "\r")) and reader.line_num == lines[-1][0] and _cut_short(lines):
        bad_lines[lines[-1][0]] = _("文件在此中断：末行没有换行，最后一格又短于其他各行；若无误，请在末尾加一个换行")
    return Table(lines, bad_lines, {})


def _cut_short(lines: list[tuple[int, list[Cell]]]) -> bool:
    """Whether the last cell of all is shorter than every other one in its column: a transfer that broke off."""
    last = lines[-1][1]
    others = [row[-1] for _line, row in lines[1:-1] if len(row) == len(last)]
    return bool(others) and len(str(last[-1])) < min(len(str(cell)) for cell in others)


def _decoded(content: bytes) -> str:
    """BOM, then UTF-8, then GB18030, each strict: a wrong guess must fail and not make other characters."""
    if content.startswith(_UTF16_BOMS):
        raise Unreadable(_("编码是 UTF-16，请另存为“CSV UTF-8”"), 1)
    if content.startswith(_UTF8_BOM):
        content = content.removeprefix(_UTF8_BOM)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as in_utf8:
        if in_utf8.reason == "unexpected end of data" and in_utf8.start > len(content) - 4:
            raise Unreadable(_("文件在半个字处中断，不完整，请重新导出"), content.count(b"\n") + 1) from None
        try:
            return content.decode("gb18030")
        except UnicodeDecodeError as in_gb18030:
            line = content[: max(in_utf8.start, in_gb18030.start)].count(b"\n") + 1
            raise Unreadable(_("编码既不是 UTF-8 也不是 GB18030，请另存为“CSV UTF-8”"), line) from None


def lines_about(content: bytes) -> int:
    """About how many lines a file has, before it is opened: what cannot be told counts as none and is refused later."""
    if not content.startswith(_ZIP):
        return content.count(b"\n")
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
                return 0
            parts = [part for part in archive.namelist() if part.startswith("xl/worksheets/") and part.endswith(".xml")]
            return max((archive.read(part).count(b"<row ") for part in parts), default=0)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError):
        return 0


def _delimiter(text: str) -> str:
    """What parts the cells: of the usual signs the one that the first lines, heading among them, use most."""
    first = "\n".join(text[:10_000].splitlines()[:_TITLE_LINES])
    return max(",\t;|", key=first.count)


def _xlsx(content: bytes) -> Table:
    sizes_hold, archive = _archive(content)
    if not sizes_hold:
        raise Unreadable(_("解压后超过 %(most)s MB，请分成几个文件") % {"most": MAX_UNPACKED // 1024**2})
    _refuse_vast(archive)
    try:
        with load_workbook(BytesIO(content)) as book:
            position, sheet = _the_sheet(book)
            rows = sheet.to_python(skip_empty_area=False)
            merged = sheet.merged_cell_ranges or []
            del sheet  # a large one weighs as much again as its rows
    except CalamineError:
        raise Unreadable(_("文件已损坏或不是 xlsx 表格，请重新导出")) from None
    lines: list[tuple[int, list[Cell]]] = [
        (line, row) for line, row in enumerate(rows, start=1) if not all(cells.blank(cell) for cell in row)
    ]
    bad_lines = {
        line + 1: _("有合并单元格，请取消合并后逐格填写")
        for (top, _l), (bottom, _r) in merged
        for line in range(top, min(bottom, len(rows)) + 1)
    }
    # A title above the heading may be merged as it likes; nobody reads it.
    return Table(lines, bad_lines, _bad_cells(archive.read(_part(archive, position))))


def _archive(content: bytes) -> tuple[bool, zipfile.ZipFile]:
    """The archive, and whether what it says it unpacks to is within the limit; a lie about that breaks its checksum."""
    try:
        archive = zipfile.ZipFile(BytesIO(content))
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > MAX_UNPACKED:
            return False, archive
        if any(part.flag_bits & 1 for part in parts):
            raise Unreadable(_("文件已加密，请去掉密码后重新上传"))
        broken = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError):
        raise Unreadable(_("文件不完整或已损坏，请重新导出")) from None
    if broken is not None:
        raise Unreadable(_("文件不完整或已损坏，请重新导出"))
    return True, archive


def _refuse_vast(archive: zipfile.ZipFile) -> None:
    """Two cells in far corners make a table of seventeen thousand million cells: looked at before it is built."""
    for part in archive.namelist():
        xml = archive.read(part)
        if b"sheetData" not in xml:  # a workbook may keep its sheets under any name
            continue
        far = max((int(row[:9]) for row in _FAR_ROW.findall(xml)), default=0)
        if max(far, sum(1 for _row in _ROW_TAG.finditer(xml))) > MAX_ROWS + _TITLE_LINES:
            raise Unreadable(_("超过 %(most)s 行，请分成几个文件；空行请一并删除") % {"most": MAX_ROWS})
        if _FAR_COLUMN.search(xml) or xml.count(b"<c ") + xml.count(b"<c/") > MAX_ROWS * MAX_COLUMNS:
            raise Unreadable(_("超过 %(most)s 列，请删除多余的列") % {"most": MAX_COLUMNS})


def _the_sheet(book: CalamineWorkbook) -> tuple[int, CalamineSheet]:
    """The one sheet that people see and that holds anything: of several nobody could say which is meant."""
    filled = {
        position: sheet
        for position, told in enumerate(book.sheets_metadata)
        if told.typ == SheetTypeEnum.WorkSheet
        and told.visible == SheetVisibleEnum.Visible
        and (sheet := book.get_sheet_by_index(position)).end is not None
    }
    if not filled:
        raise Unreadable(_("文件是空的"))
    if len(filled) > 1:
        names = "、".join(book.sheet_names[position] for position in filled)
        raise Unreadable(_("有多个工作表（%(names)s），请只保留一个") % {"names": names[:80]})
    return filled.popitem()


def _part(archive: zipfile.ZipFile, position: int) -> str:
    """The file in the archive that holds the sheet at this position of the workbook."""
    try:
        wanted = _SHEET_TAG.findall(archive.read("xl/workbook.xml"))[position]
        for attributes in _PART_TAG.findall(archive.read("xl/_rels/workbook.xml.rels")):
            told = dict(re.findall(rb"(\w+)\s*=\s*[\"']([^\"']*)[\"']", attributes))
            if told.get(b"Id") == wanted:
                target = told[b"Target"].decode().lstrip("/")
                part = target if target.startswith("xl/") else f"xl/{target}"
                return archive.getinfo(part).filename
    except (KeyError, IndexError):
        raise Unreadable(_("文件已损坏或不是 xlsx 表格，请重新导出")) from None
    raise Unreadable(_("文件已损坏或不是 xlsx 表格，请重新导出"))


def _bad_cells(xml: bytes) -> dict[tuple[int, int], str]:
    """Cells by line and place (from 0) that hold a formula or an error value, which a table of facts does not."""
    found: dict[tuple[int, int], str] = {}
    for pattern, signs, says in (
        (_ERROR, _ERROR_SIGNS, _("是错误值，请重新填写")),
        (_FORMULA, _FORMULA_SIGNS, _("是公式，请复制后“粘贴为数值”")),
    ):
        if not any(sign in xml for sign in signs):
            continue
        for attributes in pattern.findall(xml):
            if reference := _REFERENCE.search(attributes):
                letters, line = reference.groups()
                found[int(line), _place(letters.upper())] = says
    return found


def _place(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
