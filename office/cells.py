"""What stands in one cell of a file that came in: read into a name, a number, a day or an amount, or refused."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from office import identity as id_numbers
from office.identity import IdCard
from office.refusal import Refusal

Cell = str | float | int | bool | date | datetime | time | timedelta
Reader = Callable[[Cell], Any]

# Eight characters that older GB18030 tables kept in the private area, as they are written today.
_PRIVATE = str.maketrans(dict(zip("\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864", "龴龵龶龷龸龹龺龻", strict=True)))
_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
_ODD = _PRIVATE | _UNSEEN
_DOTS = str.maketrans(dict.fromkeys("•‧・･．∙⋅", "·"))
_BLANK_IN_CHINESE = re.compile(r"(?<=[\u2e80-\U0003ffff])\s+(?=[\u2e80-\U0003ffff])")
_SIGNED = re.compile(r"[-+][\d\s.\-]*")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:\s+0{1,2}:00(?::00)?)?|(\d{4})(\d{2})(\d{2})")
_PHONE = re.compile(r"(?:\+?86-?)?1[3-9]\d{9}|0\d{2,3}-?[2-9]\d{6,7}(?:-\d{1,6})?")
_AMOUNT = re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?")
_EXACT = 10**15  # a spreadsheet keeps fifteen digits of a number and no more


class BadCell(Refusal):
    """What stands in the cell cannot be what its column asks for."""


def blank(cell: Cell) -> bool:
    """Whether nothing stands in the cell."""
    return isinstance(cell, str) and not cell.strip(" \t\r\n\u3000\xa0\ufeff\u200b")


def shown(cell: Cell) -> str:
    """The cell as it is given back to people."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def text(cell: Cell, most: int = 120) -> str:
    """Words, trimmed; rare characters are kept as they are. Refuses line breaks, formulas, too much of it."""
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise BadCell(_("应为文字：%(cell)s") % {"cell": shown(cell)})
    if isinstance(cell, float) and not (cell.is_integer() and abs(cell) < _EXACT):
        raise BadCell(_("应为文字，却是数字 %(cell)s；请把该列设为文本") % {"cell": cell})
    words = shown(cell)
    if not words.isascii():
        words = words.translate(_ODD)
    words = words.strip()
    # Most cells are printable throughout and need no second look.
    if not words.isprintable() and any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in words):
        raise BadCell(_("含有换行或不可见字符，请删除"))
    if words.startswith(("=", "@", "＝", "＠")) or (words.startswith(("+", "-")) and not _SIGNED.fullmatch(words)):
        raise BadCell(_("不接受公式，请改为文字"))
    if len(words) > most:
        raise BadCell(_("太长：最多 %(most)s 字，此处 %(length)s 字") % {"most": most, "length": len(words)})
    return words


def name(cell: Cell) -> str:
    """A person's name: one middle dot for all its look-alikes, no padding between Chinese characters."""
    words = text(cell, most=60)
    if not words.isalpha():  # nothing but letters is what most names are
        words = _BLANK_IN_CHINESE.sub("", words).translate(_DOTS)
    if not any(map(str.isalpha, words)):
        raise BadCell(_("不是姓名：%(cell)s") % {"cell": words})
    return words


def words(most: int) -> Reader:
    """Text of at most so many characters, as the column of the table holds."""
    return partial(text, most=most)


def code(cell: Cell, most: int = 40) -> str:
    """A number that is a name (a document, a receipt, a school): text only, for a numeric cell has lost its zeros."""
    if not isinstance(cell, str):
        raise BadCell(_("该栏被存成数字或日期，前导零与末位可能已丢失；请把该列设为文本后重新填写"))
    return unicodedata.normalize("NFKC", text(cell, most=most)).replace(" ", "").upper()


def phone(cell: Cell) -> str:
    """A telephone number of a plausible length: a mobile of 11 digits, or a landline with its area code."""
    number = code(cell, most=20)
    if not _PHONE.fullmatch(number):
        raise BadCell(_("不是电话号码：%(cell)s；手机应为 11 位，固定电话应带区号") % {"cell": number})
    return number


def identity(cell: Cell) -> IdCard:
    """An identity number by GB 11643."""
    return id_numbers.check(text(cell) if isinstance(cell, str) else cell)


def day(cell: Cell) -> date:
    """A day: 2025-01-05, 2025/1/5, 2025.1.5, 20250105, 2025年1月5日, or a date cell."""
    if isinstance(cell, datetime):
        if cell.time() != time(0):
            raise BadCell(_("应为日期，不带时刻：%(cell)s") % {"cell": cell})
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, bool | time | timedelta):
        raise BadCell(_("应为日期，如 2025-01-05：%(cell)s") % {"cell": shown(cell)})
    written = unicodedata.normalize("NFKC", shown(cell)).strip()
    found = _DAY.fullmatch(written)
    if found is None:
        raise BadCell(_("应为日期，如 2025-01-05：%(cell)s") % {"cell": written[:40]})
    try:
        return date(*(int(part) for part in found.groups() if part is not None))
    except ValueError:
        raise BadCell(_("没有这一天：%(cell)s") % {"cell": written}) from None


def money(cell: Cell) -> Decimal:
    """Yuan, not negative, at most two decimals: 400, 1,234.50, ¥400, 400元."""
    amount = _number(cell)
    if amount < 0:
        raise BadCell(_("金额不能为负：%(cell)s") % {"cell": amount})
    if amount >= 10**12:
        raise BadCell(_("金额过大：%(cell)s") % {"cell": shown(cell)[:40]})
    if amount != amount.quantize(Decimal("0.01")):
        raise BadCell(_("金额最多两位小数：%(cell)s") % {"cell": amount})
    return amount.quantize(Decimal("0.01"))


def positive(cell: Cell) -> Decimal:
    """Yuan above zero."""
    amount = money(cell)
    if amount == 0:
        raise BadCell(_("金额应大于零"))
    return amount


def whole(cell: Cell) -> int:
    """A whole number, not negative."""
    number = _number(cell)
    if number < 0 or number != int(number) or number >= 2**31:
        raise BadCell(_("应为不小于零的整数：%(cell)s") % {"cell": shown(cell)[:40]})
    return int(number)


def year(cell: Cell) -> int:
    """A year of our time."""
    number = whole(cell)
    if not 2000 <= number <= 2100:
        raise BadCell(_("不是年度：%(year)s") % {"year": number})
    return number


def decimal(cell: Cell) -> Decimal:
    """A number as it was typed."""
    return _number(cell)


def fraction(cell: Cell) -> Decimal:
    """A share from 0 to 1: 0.1 or 10%."""
    written = unicodedata.normalize("NFKC", cell).strip() if isinstance(cell, str) else cell
    percent = isinstance(written, str) and written.endswith("%")
    share = _number(str(written)[:-1]) / 100 if percent else _number(written)
    if not 0 <= share <= 1 or share != share.quantize(Decimal("0.0001")):
        raise BadCell(_("比例应在 0 与 1 之间，最多四位小数：%(cell)s") % {"cell": shown(cell)[:40]})
    return share


def choice(words: Mapping[str, str]) -> Reader:
    """One of these words, read into its code; the code itself is understood too."""
    codes = set(words.values())

    def read(cell: Cell) -> str:
        written = text(cell)
        if written in words:
            return words[written]
        if written in codes:
            return written
        raise BadCell(_("“%(cell)s”不在可选范围：%(words)s") % {"cell": written[:40], "words": "、".join(words)})

    return read


def label(choices: Iterable[tuple[str, Any]]) -> Reader:
    """One of these labels, read into its code: files speak Chinese, whatever language a page is read in."""
    with translation.override(settings.LANGUAGE_CODE):
        return choice({str(word): str(code) for code, word in choices})


_YES_OR_NO = choice({"是": "1", "否": "", "有": "1", "无": "", "Y": "1", "N": "", "1": "1", "0": ""})


def yes_no(cell: Cell) -> bool:
    """Yes or no: 是/否, 有/无, Y/N, 1/0 or a logical cell."""
    return cell if isinstance(cell, bool) else bool(_YES_OR_NO(cell))


def _number(cell: Cell) -> Decimal:
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        # Fifteen digits are what a spreadsheet shows of 12.300000000000001; the person typed 12.3.
        return Decimal(format(cell, ".15g"))
    if not isinstance(cell, str):
        raise BadCell(_("应为数字：%(cell)s") % {"cell": shown(cell)})
    written = unicodedata.normalize("NFKC", cell).strip().lstrip("¥$").removesuffix("元").strip()
    if not _AMOUNT.fullmatch(written) or len(written) > 20:
        raise BadCell(_("应为数字：%(cell)s") % {"cell": cell[:40]})
    return Decimal(written.replace(",", ""))
