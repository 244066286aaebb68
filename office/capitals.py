"""Amounts in the capital characters of receipts, which nobody can add a stroke to: 肆佰元整."""

from decimal import Decimal
from typing import Final

from office.money import to_fen

_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ("", "拾", "佰", "仟")
_GROUPS: Final = ("", "万", "亿", "万亿")
MOST: Final = Decimal("999999999999.99")


def capitals(amount: Decimal) -> str:
    """Yuan and fen as receipts write them: 壹仟零伍元叁角整. Refuses what is negative or beyond a thousand 亿."""
    if not 0 <= amount <= MOST:
        raise ValueError(f"{amount} cannot be written in capitals")
    whole, fen = divmod(to_fen(amount), 100)
    jiao, fen = divmod(fen, 10)
    if not whole and not jiao and not fen:
        return "零元整"
    told = f"{_number(whole)}元" if whole else ""
    if not jiao and not fen:
        return f"{told}整"
    if jiao:
        told += f"{_DIGITS[jiao]}角"
    elif whole:
        told += "零"
    return f"{told}{_DIGITS[fen]}分" if fen else f"{told}整"


def _number(number: int) -> str:
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    told, gap = "", False
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if not group:
            gap = True
            continue
        if told and (gap or group < 1000):
            told += "零"
        told += _thousands(group) + _GROUPS[place]
        gap = False
    return told


def _thousands(group: int) -> str:
    told, gap = "", False
    for place in range(3, -1, -1):
        digit = group // 10**place % 10
        if not digit:
            gap = bool(told)
            continue
        told += ("零" if gap else "") + _DIGITS[digit] + _PLACES[place]
        gap = False
    return told
