"""Reading a request strictly: every field by its type, every refusal with the path of the field and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

from policies.money import FEN
from policies.shapes import NotUnderstood

T = TypeVar("T")
Table = dict[str, Any]

_MISSING = object()
_MONEY = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")
_SIGNED_MONEY = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,2})?")
_FRACTION = re.compile(r"0(\.[0-9]{1,10})?|1(\.0{1,10})?")
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,10})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def table(raw: object, known: Collection[str]) -> Table:
    """An object whose keys are all known."""
    if type(raw) is not dict:
        raise NotUnderstood("", "应为对象，请按接口说明填写")
    for key in raw:
        if key not in known:
            raise NotUnderstood(str(key), "不认识的字段，请核对拼写或删去")
    return raw


def within(path: str, read: Callable[..., T], *given: Any) -> T:
    """Read a part and put its path before the field that is refused."""
    try:
        return read(*given)
    except NotUnderstood as refused:
        joint = "" if not refused.field or refused.field.startswith("[") else "."
        raise NotUnderstood(f"{path}{joint}{refused.field}", refused.message) from None


def required(row: Table, key: str) -> Any:
    """The value under the key, whatever it is; it may not be missing."""
    value = row.get(key, _MISSING)
    if value is _MISSING:
        raise NotUnderstood(key, "缺少此项，请补上")
    return value


def choice(row: Table, key: str, choices: Collection[str], default: str | None = None) -> str:
    """One of the codes; without a default it must be there."""
    value = required(row, key) if default is None else row.get(key, default)
    if type(value) is not str or value not in choices:
        raise NotUnderstood(key, f"应为 {'、'.join(choices)} 之一")
    return value


def choice_or_none(row: Table, key: str, choices: Collection[str]) -> str | None:
    """One of the codes, or null."""
    return None if row.get(key) is None else choice(row, key, choices)


def flag(row: Table, key: str, default: bool | None = None) -> bool:
    """true or false; without a default it must be there."""
    value = required(row, key) if default is None else row.get(key, default)
    if type(value) is not bool:
        raise NotUnderstood(key, "应为 true 或 false")
    return value


def whole(row: Table, key: str, least: int, most: int, default: int | None = None) -> int:
    """A whole number within limits, both included."""
    value = required(row, key) if default is None else row.get(key, default)
    if type(value) is not int or not least <= value <= most:
        raise NotUnderstood(key, f"应为 {least} 至 {most} 的整数")
    return value


def words(row: Table, key: str, choices: Collection[str]) -> frozenset[str]:
    """A list of codes; missing is empty."""
    value = row.get(key)
    if value is None and key not in row:
        return frozenset()
    if type(value) is not list:
        raise NotUnderstood(key, "应为列表")
    for number, word in enumerate(value):
        if type(word) is not str or word not in choices:
            raise NotUnderstood(f"{key}[{number}]", f"不认识的代码，应为 {'、'.join(choices)} 之一")
    return frozenset(value)


def as_money(key: str, value: object) -> Decimal:
    """Yuan of at least nothing, written as text with at most two decimals."""
    if type(value) is not str or not _MONEY.fullmatch(value):
        raise NotUnderstood(key, _why_not_money(value))
    return Decimal(value) if value[-3:-2] == "." else Decimal(value).quantize(FEN)


def as_signed_money(key: str, value: object) -> Decimal:
    """Yuan that may be owed the other way round."""
    if type(value) is not str or not _SIGNED_MONEY.fullmatch(value):
        raise NotUnderstood(key, _why_not_money(value))
    return Decimal(value).quantize(FEN)


def as_fraction(key: str, value: object) -> Decimal:
    """A share between nothing and the whole, written as text such as "0.75"."""
    if type(value) is not str or not _FRACTION.fullmatch(value):
        raise NotUnderstood(key, '比例应为 0 到 1 之间的小数文本，例如 "0.75"')
    return Decimal(value)


def as_number(key: str, value: object) -> Decimal:
    """A number of at least nothing: a whole number or a decimal written as text."""
    if type(value) is int and 0 <= value < 10**9:
        return Decimal(value)
    if type(value) is not str or not _NUMBER.fullmatch(value):
        raise NotUnderstood(key, '应为不小于 0 的数，小数请写成文本，例如 "10"')
    return Decimal(value)


def as_points(key: str, value: object) -> Decimal:
    """Percentage points, as points ("10") or as the share that they are ("0.10"); at most all hundred."""
    number = as_number(key, value)
    number = number * 100 if number < 1 else number
    if number > 100:
        raise NotUnderstood(key, '百分点应在 0 到 100 之间，例如 "10"')
    return number


def money(row: Table, key: str) -> Decimal:
    """Yuan that must be there."""
    return as_money(key, required(row, key))


def money_or_none(row: Table, key: str) -> Decimal | None:
    """Yuan, or null."""
    value = row.get(key)
    return None if value is None else as_money(key, value)


def fraction_or_none(row: Table, key: str) -> Decimal | None:
    """A share, or null."""
    value = row.get(key)
    return None if value is None else as_fraction(key, value)


def day(row: Table, key: str) -> date:
    """A calendar day that must be there."""
    value = required(row, key)
    if type(value) is not str:
        raise NotUnderstood(key, '日期应为文本，例如 "2026-03-02"')
    found = _calendar_day(value)
    if found is None:
        raise NotUnderstood(key, f"{value[:20]} 不是日期，应为存在的日子，例如 2026-03-02")
    return found


def day_or_none(row: Table, key: str) -> date | None:
    """A calendar day, or null."""
    return None if row.get(key) is None else day(row, key)


@lru_cache(maxsize=16384)
def _calendar_day(text: str) -> date | None:
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _why_not_money(value: object) -> str:
    if type(value) is not str:
        return '金额应为文本，例如 "3000.00"'
    if value.startswith("-"):
        return "金额不能为负"
    if re.fullmatch(r"[0-9]+\.[0-9]{3,}", value):
        return "金额最多两位小数"
    if re.fullmatch(r"[0-9]{13,}(\.[0-9]+)?", value):
        return "金额过大，最多 12 位整数"
    return '金额应为两位小数的文本，例如 "3000.00"'


Reader = Callable[[str, object], Decimal | str]


def parameters(raw: object, known: Mapping[str, tuple[Reader, Collection[str]]]) -> dict[str, Any]:
    """Parameters of a request: each known one flat, or by its tiers."""
    values: dict[str, Any] = {}
    for key, value in table(raw, known).items():
        read, tiers = known[key]
        if type(value) is dict:
            for tier in value:
                if tier not in tiers:
                    allowed = f"应为 {'、'.join(sorted(tiers))} 之一" if tiers else "此参数不分档，请直接写数"
                    raise NotUnderstood(f"{key}.{tier}", f"没有这一档，{allowed}")
            values[key] = {tier: read(f"{key}.{tier}", one) for tier, one in value.items()}
        else:
            values[key] = read(key, value)
    return values
