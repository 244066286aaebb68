"""Lists that leave the office: capped, defused, marked with who took them and when, and written into the trail."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any, Final
from urllib.parse import quote

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from xlsxwriter import Workbook

from office import audit
from office.models import Staff
from office.refusal import Refusal

LIMIT: Final = 100_000
XLSX: Final = "xlsx"
CSV: Final = "csv"
FORMATS: Final = {
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    CSV: "text/csv; charset=utf-8",
}
_LONGEST: Final = 32_767  # characters that one cell of a workbook holds; more would be left out without a word
_BEGIN_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Row = Sequence[Any]


class TooMany(Refusal):
    """A list longer than one export may be; it has to be narrowed first."""


def respond(
    kind: str, title: str, headings: Sequence[str], rows: Iterable[Row], *, count: int, by: Staff, at: datetime
) -> HttpResponse:
    """The list as a download. Refuses, before a row is read, more than LIMIT rows."""
    refuse_too_many(count)
    write = xlsx if kind == XLSX else csv
    answer = HttpResponse(write(title, headings, rows, by, at), content_type=FORMATS[kind])
    name = quote(f"{title}-{timezone.localtime(at):%Y%m%d%H%M}.{kind}")
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    answer["Cache-Control"] = "no-store"
    return answer


def refuse_too_many(count: int) -> None:
    """Raise TooMany above the limit."""
    if count > LIMIT:
        raise TooMany(
            _("导出超过 %(limit)s 行（共 %(count)s 行），请先用筛选缩小范围") % {"limit": LIMIT, "count": count}
        )


def xlsx(title: str, headings: Sequence[str], rows: Iterable[Row], by: Staff, at: datetime) -> bytes:
    """A workbook with one sheet: the mark, the headings, the rows; amounts are numbers, everything else is text."""
    content, written = sheet(headings, _capped(rows), mark(title, by, at))
    _record(title, headings, written, by, at)
    return content


def csv(title: str, headings: Sequence[str], rows: Iterable[Row], by: Staff, at: datetime) -> bytes:
    """UTF-8 with BOM, as spreadsheets want it: the headings, the rows, and the mark as the last row."""
    file = StringIO()
    file.write("\ufeff")
    _write_line(file, headings)
    written = 0
    for written, row in enumerate(_capped(rows), start=1):  # noqa: B007
        _write_line(file, row)
    _write_line(file, [mark(title, by, at)])
    _record(title, headings, written, by, at)
    return file.getvalue().encode()


def sheet(headings: Sequence[str], rows: Iterable[Row], first_line: str = "") -> tuple[bytes, int]:
    """The bytes of a workbook and how many rows it holds; written row by row, so memory stays small."""
    file = BytesIO()
    written = 0
    # Nothing that somebody typed may become a formula or a link.
    plain = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(file, plain) as book:
        page = book.add_worksheet()
        bold, day, money = (
            book.add_format({"bold": True}),
            book.add_format({"num_format": "yyyy-mm-dd"}),
            book.add_format({"num_format": "0.00"}),
        )
        top = 1 if first_line else 0
        if first_line:
            page.write_string(0, 0, first_line)
            page.set_header(f"&L{first_line.replace('&', '&&')[:200]}")
        for column, heading in enumerate(headings):
            page.write_string(top, column, heading, bold)
        page.set_column(0, max(0, len(headings) - 1), 16)
        for written, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, Decimal):
                    page.write_number(top + written, column, value, money)
                elif isinstance(value, int) and not isinstance(value, bool):
                    page.write_number(top + written, column, value)
                elif isinstance(value, date) and not isinstance(value, datetime):
                    page.write_datetime(top + written, column, value, day)
                else:
                    page.write_string(top + written, column, _fitting(_text(value)))
    return file.getvalue(), written


def mark(title: str, by: Staff, at: datetime) -> str:
    """Who took the list, and when: it stands in the file itself."""
    return _("%(title)s · 导出人 %(name)s（%(username)s） · %(at)s · 内部资料，注意保密") % {
        "title": title,
        "name": by.get_full_name(),
        "username": by.username,
        "at": f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}",
    }


def defused(text: str) -> str:
    """A text that a spreadsheet would take for a formula, with an apostrophe before it."""
    return f"'{text}" if text.startswith(_BEGIN_A_FORMULA) else text


def _capped(rows: Iterable[Row]) -> Iterable[Row]:
    for count, row in enumerate(rows, start=1):
        refuse_too_many(count)
        yield row


def _write_line(file: StringIO, row: Row) -> None:
    cells = (defused(value) if isinstance(value, str) else _text(value) for value in row)
    file.write(",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells) + "\r\n")


def _fitting(text: str) -> str:
    """A text as long as a cell may be; where it is cut, the cell says so."""
    cut = _("……（过长，未完，全文见系统）")
    return text if len(text) <= _LONGEST else text[: _LONGEST - len(cut)] + cut


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
    return str(value)


def _record(title: str, headings: Sequence[str], written: int, by: Staff, at: datetime) -> None:
    audit.record(by, "office.export", f"list:{title}"[:120], {"rows": written, "columns": list(headings)}, at=at)
