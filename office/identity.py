"""Identity numbers (GB 11643): seventeen digits and a check character, from which birthday and sex are read."""

from datetime import date
from operator import mul
from typing import NamedTuple

from django.utils.translation import gettext as _

from office.refusal import Refusal

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_FULL_WIDTH = str.maketrans("０１２３４５６７８９Ｘｘ", "0123456789Xx")
_OLD_LENGTH = 15
FIRST_YEAR = 1850  # nobody born before it is alive


class NotAnIdentityNumber(Refusal):
    """What was written cannot be anybody's identity number."""


class IdCard(NamedTuple):
    """What an identity number says: itself as it is kept, the birthday, and the sex ("1" male, "2" female)."""

    number: str
    birth_on: date
    sex: str


def check(number: object, on: date | None = None) -> IdCard:
    """Read an identity number; full-width digits and a small x are put right, anything else wrong is refused.

    `on` is the day on which it is taken in: nobody is born after it. The county code is not compared with today's
    tables, because counties are renamed and people keep their number.
    """
    if not isinstance(number, str):
        raise _refused(_("证件号码被存成数字，末位已不可靠；请把该列设为文本后重新填写"))
    text = normal(number)
    _refuse_other_shapes(text)
    if text[-1] != check_character(text[:17]):
        raise _refused(_("身份证号码校验位不符，请核对是否写错"))
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        raise _refused(_("身份证号码中的出生日期不存在：%(day)s") % {"day": text[6:14]}) from None
    if born.year < FIRST_YEAR or (on is not None and born > on):
        raise _refused(_("身份证号码中的出生日期不合理：%(day)s") % {"day": born})
    return IdCard(text, born, "1" if int(text[16]) % 2 else "2")


def normal(number: str) -> str:
    """The number as it is kept: half-width, without blanks, X large."""
    told = number if number.isascii() else number.translate(_FULL_WIDTH)
    return "".join(told.split()).upper()


def check_character(seventeen: str) -> str:
    """The eighteenth character for these seventeen digits: ISO 7064 MOD 11-2."""
    if len(seventeen) != len(_WEIGHTS):
        raise ValueError("seventeen digits are asked for")
    return _CHECKS[sum(map(mul, _WEIGHTS, map(int, seventeen))) % 11]


def _refuse_other_shapes(text: str) -> None:
    if not text:
        raise _refused(_("缺少证件号码"))
    if not text.isascii() or not text.replace(".", "").replace("+", "").isalnum():
        raise _refused(_("身份证号码只能是数字，末位可为 X"))
    if "E+" in text or "." in text:
        raise _refused(_("证件号码变成了科学计数法，末位已丢失；请把该列设为文本后重新填写"))
    if len(text) == _OLD_LENGTH and text.isdigit():
        raise _refused(_("15 位旧号码不再使用，请填写 18 位身份证号码"))
    if len(text) != 18:
        raise _refused(_("身份证号码应为 18 位，此处为 %(length)s 位") % {"length": len(text)})
    if not text[:17].isdigit() or not (text[17].isdigit() or text[17] == "X"):
        raise _refused(_("身份证号码前 17 位应为数字，末位为数字或 X"))


def _refused(message: str) -> NotAnIdentityNumber:
    return NotAnIdentityNumber(message, field="id_number")
