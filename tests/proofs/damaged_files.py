"""A thousand rosters damaged in the ways that files are: each answered clearly, no row dropped or changed unsaid."""

import random
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

from django.db import transaction
from xlsxwriter import Workbook

from benchmarks.roster import id_number
from enrollment.models import Resident
from office import cells, intake
from office.intake import Unreadable
from office.models import Batch
from tests.town import Town

_HEADINGS = ["姓名", "证件号码", "出生日期", "村（社区）", "户主证件号码", "电话"]
_RARE = ("䶮𠮷", "㛃欢", "\ue81e春", "阿依古丽•买买提", "王\u200b芳", "欧阳　娜娜", "𬱖𪨶", "马可·波罗")
Table = list[list[Any]]


@dataclass(slots=True)
class Case:
    """A damaged file, and what was planted: who may come out of it, and who must not."""

    content: bytes
    name: str
    good: Sequence[str]  # numbers of the people whose line was left whole
    bad: int | None = 0  # lines that were spoilt; None where nobody can say how many are left
    whole: bool = False  # whether the file as a whole has to be refused


def run(short: bool) -> Iterator[dict[str, Any]]:
    """Send each file in, take it, and compare the register with what was planted."""
    lot, town = random.Random(7), Town()
    tried: dict[str, int] = {}
    wrong: list[str] = []
    for turn in range(60 if short else 1_000):
        damage = _DAMAGES[turn % len(_DAMAGES)]
        case = damage(_people(lot, turn), lot)
        tried[damage.__name__] = tried.get(damage.__name__, 0) + 1
        with transaction.atomic():
            if why := _judge(town, case):
                wrong.append(f"{damage.__name__} {turn}: {why}")
            transaction.set_rollback(True)
    yield {"tried": sum(tried.values()), "failed": len(wrong), "kinds": len(tried), "wrong": wrong[:5]}


def _judge(town: Town, case: Case) -> str:
    """What is wrong with the answer to this file; empty where it is clear and complete."""
    try:
        batch = intake.receive("roster", town.village, case.name, case.content, {}, by=town.clerk, at=town.now)
    except Unreadable as refusal:
        lost = not case.whole and case.bad is not None
        return f"refused: {refusal}" if lost or not refusal.message else ""
    if batch.state == Batch.State.MAPPING:  # nothing comes in until a person has said what the headings mean
        return "" if case.whole or case.bad is None else "asked for its headings"
    if case.whole:
        return "should have been refused as a whole"
    return _compare(case, intake.take(batch, by=town.clerk, at=town.now))


def _compare(case: Case, batch: Batch) -> str:
    there = {resident.id_number: resident for resident in Resident.objects.select_related("household__head")}
    if batch.state != Batch.State.TAKEN or batch.read != batch.taken + batch.refused + batch.duplicate:
        return "the counts do not make up the lines"
    if batch.taken != len(there) or any(not problem.message for problem in batch.problems.all()):
        return "something was dropped or refused without a word"
    if set(there) - set(case.good):
        return f"came from nowhere: {set(there) - set(case.good)}"
    if case.bad is not None and (set(there) != set(case.good) or batch.refused != case.bad):
        return f"{len(there)} of {len(case.good)} taken, {batch.refused} of {case.bad} refused"
    return next((f"changed: {number}" for number, who in there.items() if not _as_planted(number, who)), "")


def _as_planted(number: str, who: Resident) -> bool:
    """Every fact of a person is made from the order in the phone number, so that a cell that strayed shows."""
    order = int(who.phone.removeprefix("139"))
    return (number, who.name) == (id_number(order), cells.name(_name(order))) and who.household.head == who


# --- good files -------------------------------------------------------------------------------------------------------
def _name(order: int) -> str:
    return _RARE[order % 16] if order % 16 < len(_RARE) else f"王{chr(0x4E00 + order % 20_000)}"


def _people(lot: random.Random, turn: int) -> Table:
    """Five to thirty lines of a good roster, of people who are in no other."""
    orders = range(turn * 40, turn * 40 + lot.randint(5, 30))
    return [_line(order) for order in orders]


def _line(order: int) -> list[Any]:
    number = id_number(order)
    born = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    return [_name(order), number, born, "东村", number, f"139{order:08d}"]


def _numbers(lines: Iterable[list[Any]]) -> list[str]:
    return [line[1] for line in lines]


def _csv(lines: Table, encoding: str = "utf-8", headings: Sequence[str] = _HEADINGS) -> bytes:
    return "\r\n".join(",".join(map(str, line)) for line in [headings, *lines]).encode(encoding)


def _xlsx(lines: Table, headings: Sequence[str] = _HEADINGS, more: Callable[[Any, Any], None] | None = None) -> bytes:
    file = BytesIO()
    with Workbook(file, {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": False}) as book:
        page = book.add_worksheet("名册")
        for at, line in enumerate([headings, *lines]):
            page.write_row(at, 0, line)
        if more:
            more(book, page)
    return file.getvalue()


def _repacked(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with its sheet changed."""
    file = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change(old.read(part)) if part.endswith("sheet1.xml") else old.read(part))
    return file.getvalue()


def _some(lines: Table, lot: random.Random) -> list[int]:
    return sorted(lot.sample(range(len(lines)), lot.randint(1, len(lines) - 1)))


def _spoilt(lines: Table, at: Sequence[int], column: int, value: Callable[[Any], Any]) -> Table:
    return [
        [value(cell) if row in at and place == column else cell for place, cell in enumerate(line)]
        for row, line in enumerate(lines)
    ]


def _rest(lines: Table, at: Sequence[int]) -> list[str]:
    return _numbers([line for row, line in enumerate(lines) if row not in at])


# --- damages ----------------------------------------------------------------------------------------------------------
def untouched(lines: Table, lot: random.Random) -> Case:
    """Nothing is wrong, in any of the spellings that are taken."""
    encoding = lot.choice(("utf-8", "utf-8-sig", "gb18030", "xlsx"))
    content = _xlsx(lines) if encoding == "xlsx" else _csv(lines, encoding)
    return Case(content, "a.xlsx" if encoding == "xlsx" else "a.csv", _numbers(lines))


def truncated_text(lines: Table, lot: random.Random) -> Case:
    """A transfer that broke off anywhere: whoever stands in whole lines comes in, half a phone number does not."""
    content = _csv(lines)
    cut = lot.randint(1, len(content) - 1)
    ends = [len(_csv(lines[: at + 1])) for at in range(len(lines))]
    return Case(
        content[:cut], "a.csv", _numbers(line for line, end in zip(lines, ends, strict=True) if end <= cut), None
    )


def truncated_in_the_last_cell(lines: Table, lot: random.Random) -> Case:
    """A transfer that broke off in the last cell of all: that line is given back."""
    return Case(_csv(lines)[: -lot.randint(1, 10)], "a.csv", _numbers(lines[:-1]), 1)


def truncated_within_a_line(lines: Table, lot: random.Random) -> Case:
    """The last line ends before its last cell: it is given back, the others stay."""
    last = ",".join(map(str, lines[-1][: lot.randint(2, 5)]))
    content = _csv(lines[:-1]) + b"\r\n" + last.encode()
    return Case(content, "a.csv", _numbers(lines[:-1]), 1)


def truncated_workbook(lines: Table, lot: random.Random) -> Case:
    """A workbook without its end is no workbook."""
    content = _xlsx(lines)
    return Case(content[: lot.randint(10, len(content) - 10)], "a.xlsx", [], whole=True)


def flipped_bytes(lines: Table, lot: random.Random) -> Case:
    """A byte of the packed sheet is another: its checksum says so."""
    content = bytearray(_xlsx(lines))
    with zipfile.ZipFile(BytesIO(bytes(content))) as archive:
        part = archive.getinfo("xl/worksheets/sheet1.xml")
    content[part.header_offset + 30 + len(part.filename) + lot.randrange(part.compress_size)] ^= 1 << lot.randrange(8)
    return Case(bytes(content), "a.xlsx", [], whole=True)


def shuffled_columns(lines: Table, lot: random.Random) -> Case:
    """Columns in another order under their own headings mean the same."""
    order = lot.sample(range(len(_HEADINGS)), len(_HEADINGS))
    turned, headings = [[line[place] for place in order] for line in lines], [_HEADINGS[place] for place in order]
    make = lot.choice((lambda: (_csv(turned, headings=headings), "a.csv"), lambda: (_xlsx(turned, headings), "a.xlsx")))
    return Case(*make(), _numbers(lines))


def exchanged_headings(lines: Table, lot: random.Random) -> Case:
    """Two headings changed places: names under numbers are nobody's."""
    headings = ["证件号码", "姓名", *_HEADINGS[2:]]
    return Case(_xlsx(lines, headings), "a.xlsx", [], len(lines))


def missing_column(lines: Table, lot: random.Random) -> Case:
    """Without a column that is needed no line means anything."""
    gone = lot.choice((0, 1))
    cut = [[*line[:gone], *line[gone + 1 :]] for line in lines]
    return Case(_xlsx(cut, [*_HEADINGS[:gone], *_HEADINGS[gone + 1 :]]), "a.xlsx", [], whole=True)


def shifted_cells(lines: Table, lot: random.Random) -> Case:
    """A cell was deleted and the rest of the line moved up."""
    at = _some(lines, lot)
    moved = [[line[0], *line[2:], ""] if row in at else line for row, line in enumerate(lines)]
    return Case(_xlsx(moved), "a.xlsx", _rest(lines, at), len(at))


def merged_cells(lines: Table, lot: random.Random) -> Case:
    """One village over several lines, as people like it: those lines are given back."""
    first = lot.randint(0, len(lines) - 2)
    last = lot.randint(first + 1, len(lines) - 1)
    content = _xlsx(lines, more=lambda book, page: page.merge_range(first + 1, 3, last + 1, 3, "东村"))
    return Case(content, "a.xlsx", _rest(lines, range(first, last + 1)), last - first + 1)


def wrong_encoding(lines: Table, lot: random.Random) -> Case:
    """Encodings that are not read are refused, not guessed at."""
    encoding = lot.choice(("utf-16", "utf-16-be", "big5", "shift_jis", "utf-32"))
    text = _csv(lines).decode().encode(encoding, errors="replace")
    return Case(text, "a.csv", [], whole=True)


def mixed_encodings(lines: Table, lot: random.Random) -> Case:
    """Half of a file in one encoding and half in another is no text."""
    half = len(lines) // 2
    content = _csv(lines[:half]) + "\r\n王帅,张鹏,李雷".encode("gb18030") + b"\x80\xff\r\n" + _csv(lines[half:])
    return Case(content, "a.csv", [], whole=True)


def formulas(lines: Table, lot: random.Random) -> Case:
    """A formula has a value that nobody wrote."""
    at, column = _some(lines, lot), lot.choice((0, 1, 3, 4))

    def more(book: Any, page: Any) -> None:
        for row in at:
            page.write_formula(row + 1, column, '=A1&""', None, lines[row][column])

    return Case(_xlsx(lines, more=more), "a.xlsx", _rest(lines, at), len(at))


def formulas_in_text(lines: Table, lot: random.Random) -> Case:
    """What would be a formula in somebody's spreadsheet later."""
    at = _some(lines, lot)
    sign = lot.choice(("=", "@", "＝", "+cmd|"))
    return Case(_csv(_spoilt(lines, at, 0, lambda cell: f"{sign}{cell}")), "a.csv", _rest(lines, at), len(at))


def dates_as_numbers(lines: Table, lot: random.Random) -> Case:
    """A day as the spreadsheet counts it, 36526: nobody can say from which year it is counted."""
    at = _some(lines, lot)
    count = lambda cell: (date.fromisoformat(cell) - date(1899, 12, 30)).days  # noqa: E731
    return Case(_xlsx(_spoilt(lines, at, 2, count)), "a.xlsx", _rest(lines, at), len(at))


def dates_as_dates(lines: Table, lot: random.Random) -> Case:
    """A day as a date cell, or in another spelling, is the same day."""
    slashes, none = (lambda cell: cell.replace("-", "/")), (lambda cell: cell.replace("-", ""))
    spell = lot.choice((datetime.fromisoformat, slashes, none))
    return Case(_xlsx(_spoilt(lines, _some(lines, lot), 2, spell)), "a.xlsx", _numbers(lines))


def numbers_as_numbers(lines: Table, lot: random.Random) -> Case:
    """An identity number kept as a number has lost its end."""
    at = _some(lines, lot)
    content = _xlsx(_spoilt(lines, at, 1, lambda cell: int(cell[:17] + "0")))
    return Case(content, "a.xlsx", _rest(lines, at), len(at))


def numbers_in_science(lines: Table, lot: random.Random) -> Case:
    """3.2E+17, as a csv saved from a spreadsheet has it."""
    at = _some(lines, lot)
    content = _csv(_spoilt(lines, at, 1, lambda cell: f"{float(cell[:17] + '0'):.{lot.randint(1, 14)}E}"))
    return Case(content, "a.csv", _rest(lines, at), len(at))


def miswritten_numbers(lines: Table, lot: random.Random) -> Case:
    """One digit is another: the check character finds every one of these."""
    at = _some(lines, lot)
    other = lambda cell: cell[:16] + str((int(cell[16]) + 1) % 10) + cell[17]  # noqa: E731
    return Case(_csv(_spoilt(lines, at, 1, other)), "a.csv", _rest(lines, at), len(at))


def full_width(lines: Table, lot: random.Random) -> Case:
    """Digits typed in full width are the same digits."""
    wide = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
    return Case(_csv(_spoilt(lines, _some(lines, lot), 1, lambda cell: cell.translate(wide))), "a.csv", _numbers(lines))


def unseen_characters(lines: Table, lot: random.Random) -> Case:
    """Line breaks and control characters inside a name."""
    at = _some(lines, lot)
    bad = lot.choice(("\x07", "\x1f", "\u2028", "\x85", "\x7f"))
    return Case(_csv(_spoilt(lines, at, 0, lambda cell: f"{cell}{bad}二")), "a.csv", _rest(lines, at), len(at))


def unpaired_quotes(lines: Table, lot: random.Random) -> Case:
    """A quote that is never closed swallows lines: none of what follows can be told apart."""
    at = lot.randrange(len(lines))
    return Case(_csv(_spoilt(lines, [at], 0, lambda cell: f'"{cell}')), "a.csv", [], whole=True)


def blank_lines(lines: Table, lot: random.Random) -> Case:
    """Lines without anything are no lines, in the middle or at the end."""
    padded = [filled for line in lines for filled in ([line, [""] * 6] if lot.random() < 0.3 else [line])]
    return Case(_csv(padded), "a.csv", _numbers(lines))


def lines_twice(lines: Table, lot: random.Random) -> Case:
    """A line copied below: the first counts, the other is given back with the number of the first."""
    at = _some(lines, lot)
    return Case(_xlsx([*lines, *(lines[row] for row in at)]), "a.xlsx", _numbers(lines), len(at))


def bombs(lines: Table, lot: random.Random) -> Case:
    """Small files that unpack to much, or that reach into far corners."""
    content = _xlsx(lines)
    if lot.random() < 0.3:
        return Case(_repacked(content, lambda xml: xml + b" " * 151 * 1024**2), "a.xlsx", [], whole=True)
    far = lot.choice((b"XFD2", b"A1048576", b"xfd1048576", b"BA2", b"A999999999999"))
    return Case(_repacked(content, lambda xml: re.sub(rb'r="A2"', b'r="%s"' % far, xml)), "a.xlsx", [], whole=True)


def other_things(lines: Table, lot: random.Random) -> Case:
    """What is no table at all: noise, a picture, a page, an old workbook, an archive of something else."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "x")
    content = lot.choice(
        (
            lot.randbytes(500), b"\x89PNG\r\n\x1a\n" + lot.randbytes(300), b"<html><table><tr><td>1</table>", b"",
            b"\r\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), file.getvalue(),
        )
    )  # fmt: skip
    return Case(content, lot.choice(("a.csv", "a.xlsx")), [], whole=True)


_DAMAGES = (
    untouched, truncated_text, truncated_in_the_last_cell, truncated_within_a_line, truncated_workbook, flipped_bytes,
    shuffled_columns,
    exchanged_headings, missing_column, shifted_cells, merged_cells, wrong_encoding, mixed_encodings, formulas,
    formulas_in_text, dates_as_numbers, dates_as_dates, numbers_as_numbers, numbers_in_science, miswritten_numbers,
    full_width, unseen_characters, unpaired_quotes, blank_lines, lines_twice, bombs, other_things,
)  # fmt: skip
