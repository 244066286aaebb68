"""The papers by which people are registered: each kind checked by its own shape, found by its number or its end."""

import re
from datetime import date
from typing import Final, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrollment.models import Resident
from office import identity
from office.refusal import Refusal
from office.secrecy import blind_index

IdType = Resident.IdType
TAIL: Final = 4  # characters at the end that people say over the counter

_OLD_FOREIGN_PERMIT = re.compile(r"[A-Z]{3}\d{12}")
# Residence permits for people of Hong Kong and Macao begin with 81, those for people of Taiwan with 83 (GB 11643's
# shape throughout); the national standard of 2023 gives permanent residents from abroad numbers that begin with 9.
_HMT: Final = ("810000", "820000", "830000")


class NotThatDocument(Refusal):
    """What was written cannot be the number of such a document."""


class Document(NamedTuple):
    """A document that holds: its number as it is kept, and birthday and sex where the number tells them."""

    number: str
    birth_on: date | None = None
    sex: str = ""


def read(id_type: str, number: str, on: date | None = None) -> Document:
    """Read the number of a document of this type, taken in on `on`.

    Refused with NotThatDocument or NotAnIdentityNumber (field `id_number`, `id_type`): a shape that this type does
    not have, a check character that does not fit, a number that belongs to another type.
    """
    if id_type not in _TYPES:
        raise NotThatDocument(_("没有这种证件类型：%(type)s") % {"type": id_type}, field="id_type")
    if id_type == IdType.FOREIGN_PERMIT and _OLD_FOREIGN_PERMIT.fullmatch(identity.normal(number)):
        return _old_foreign_permit(identity.normal(number))
    if id_type in _LIKE_IDENTITY_CARDS:
        card = identity.check(number, on)
        _refuse_another_type(id_type, card.number)
        return Document(*card)
    text = identity.normal(number)
    if not text:
        raise _refused(_("缺少证件号码"))
    shape, says = _SHAPES[IdType(id_type)]
    if not shape.fullmatch(text):
        raise _refused(str(says))
    if id_type == IdType.PASSPORT and not any(character.isdigit() for character in text):
        raise _refused(_("护照号码应含有数字"))
    return Document(text)


def keys(number: str) -> dict[str, str]:
    """The columns of a resident by which this number is kept and found."""
    return {"id_number": number, "id_index": blind_index(number), "id_tail": tail(number)}


def tail(number: str) -> str:
    """The blind index of the last four characters; the same end of two numbers has the same one, by intention."""
    return blind_index(f"last four {number[-TAIL:]}")


def is_tail(text: str) -> bool:
    """Whether what was typed into a search may be the end of a number: three digits and a digit or X."""
    return len(text) == TAIL and text.isascii() and text[:-1].isdigit() and (text[-1].isdigit() or text[-1] == "X")


def _old_foreign_permit(text: str) -> Document:
    """Three letters of the country, four digits of the issuing place, the birthday as yymmdd, two more digits."""
    try:
        date(2000 + int(text[7:9]), int(text[9:11]), int(text[11:13]))  # the century is not told
    except ValueError:
        raise _refused(_("永久居留证号码中的出生日期不存在：%(day)s") % {"day": text[7:13]}) from None
    return Document(text)


def _refuse_another_type(id_type: str, number: str) -> None:
    """Each of the documents with eighteen characters has beginnings of its own."""
    belongs = IdType.ID_CARD
    if number.startswith(_HMT):
        belongs = IdType.HMT_PERMIT
    elif number.startswith("9"):
        belongs = IdType.FOREIGN_PERMIT
    # A household book carries the citizen's number of somebody who has no card yet.
    told = IdType.ID_CARD if id_type == IdType.HOUSEHOLD_BOOK else id_type
    if told != belongs:
        raise NotThatDocument(_("此号码属于%(belongs)s，请核对证件类型") % {"belongs": belongs.label}, field="id_type")


def _refused(message: str) -> NotThatDocument:
    return NotThatDocument(message, field="id_number")


_TYPES: Final = frozenset(IdType.values)
_LIKE_IDENTITY_CARDS: Final = frozenset(
    {IdType.ID_CARD, IdType.HOUSEHOLD_BOOK, IdType.HMT_PERMIT, IdType.FOREIGN_PERMIT}
)
_SHAPES: Final = {
    IdType.BIRTH_CERTIFICATE: (
        re.compile(r"[A-Z]\d{9}"),
        gettext_lazy("出生医学证明编号应为一个字母加九位数字，例如 P140012345"),
    ),
    IdType.PASSPORT: (re.compile(r"[A-Z0-9]{5,17}"), gettext_lazy("护照号码应为 5 至 17 位字母和数字")),
    IdType.OTHER: (re.compile(r"[0-9A-Z()-]{5,30}"), gettext_lazy("证件号码应为 5 至 30 位字母、数字、括号或横线")),
}
