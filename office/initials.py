"""Pinyin initials of names, so that 张三 is found by typing ZS; surnames are read as surnames."""

from functools import lru_cache

from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PHRASES_DICT

LONGEST = 30

# Characters that are read otherwise at the head of a name than elsewhere, with the initials of the surname.
_SURNAMES = {
    "万俟": "MQ", "尉迟": "YC", "长孙": "ZS", "澹台": "TT", "呼延": "HY", "令狐": "LH", "宰父": "ZF", "单": "S",
    "曾": "Z", "仇": "Q", "覃": "Q", "解": "X", "乐": "Y", "朴": "P", "查": "Z", "盖": "G", "缪": "M", "区": "O",
    "任": "R", "冼": "X", "召": "S", "种": "C", "员": "Y", "折": "S", "翟": "Z", "秘": "B", "祭": "Z", "隗": "W",
    "逄": "P", "牟": "M", "那": "N", "宓": "M", "晁": "C", "谌": "C", "郗": "X", "重": "C", "都": "D", "洗": "X",
    "句": "G", "应": "Y", "藏": "Z", "尉": "W", "燕": "Y", "华": "H", "过": "G", "纪": "J", "宁": "N", "盛": "S",
    "颉": "X", "繁": "P", "阚": "K",
}  # fmt: skip
_RARE = {"𠮷": "J", "䶮": "Y", "㛃": "J", "㑇": "Z", "喆": "Z", "堃": "K"}  # fmt: skip


def of(name: str) -> str:
    """The initials in capitals; Latin letters stay, dots and blanks go, what has no reading is left out."""
    name = name.strip()
    surname = next((name[:n] for n in (2, 1) if name[:n] in _SURNAMES), "")
    given = name[len(surname) :]
    return (_SURNAMES.get(surname, "") + _spoken(given))[:LONGEST]


@lru_cache(maxsize=20_000)
def _spoken(given: str) -> str:
    """Characters read one by one are remembered; together they are read only where they make a word of their own."""
    return (_read(given) if _is_phrase(given) else "".join(map(_read_one, given))).upper()


def _is_phrase(given: str) -> bool:
    ends = range(2, len(given) + 1)
    return any(given[start:end] in PHRASES_DICT for end in ends for start in range(end - 1))


def _read(characters: str) -> str:
    return "".join(lazy_pinyin(characters, style=Style.FIRST_LETTER, errors=_unread, strict=False))


@lru_cache(maxsize=20_000)
def _read_one(character: str) -> str:
    return _read(character)


def _unread(characters: str) -> str:
    """Latin letters and digits as they are, a few rare characters of names, nothing for dots and blanks."""
    return "".join(_RARE.get(c, c if c.isascii() and c.isalnum() else "") for c in characters)
