"""Codes of institutions: the national code by its shape, a credit code by its check character (GB 32100)."""

import re
from typing import Final

from django.utils.translation import gettext as _

from office.refusal import Refusal

_NATIONAL: Final = re.compile(r"[HP]\d{11}")
_SHAPE: Final = re.compile(r"[0-9A-Z]{4,20}")
_CREDIT: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


class WrongCode(Refusal):
    """What was written cannot be an institution's code."""


def check(code: str) -> str:
    """The code as it is kept: half-width and large.

    A code of twelve that begins with H or P is the national one: the division's six digits and a serial number of
    five; it has no check character. One of eighteen is a credit code, whose last character is checked. Codes of older
    systems are letters and digits and are not checked further.
    """
    told = code.strip().upper()
    if not _SHAPE.fullmatch(told):
        raise WrongCode(_("机构代码应为 4 至 20 位数字或大写字母：%(code)s") % {"code": code[:30]}, field="code")
    if len(told) == 12 and told[0] in "HP" and not _NATIONAL.fullmatch(told):
        raise WrongCode(
            _("国家医保机构编码应为 H 加 6 位区划代码和 5 位顺序号：%(code)s") % {"code": told}, field="code"
        )
    if len(told) == 18 and (set(told) - set(_CREDIT) or told[-1] != credit_character(told[:17])):
        raise WrongCode(_("统一社会信用代码校验位不符，请核对：%(code)s") % {"code": told}, field="code")
    return told


def credit_character(seventeen: str) -> str:
    """The eighteenth character of a credit code for these seventeen."""
    total = sum(weight * _CREDIT.index(one) for weight, one in zip(_WEIGHTS, seventeen, strict=True))
    return _CREDIT[(31 - total % 31) % 31]
