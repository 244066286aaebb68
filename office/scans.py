"""What a scanned document is: told by its bytes and not by its name, whole and no larger than the office takes."""

import struct
import zlib
from collections.abc import Iterable
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from office.refusal import Refusal

PDF, JPEG, PNG = "pdf", "jpg", "png"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_MOST_PIXELS: Final = 100_000_000  # a page of A3 at 600 dots is 70 million; more is a bomb for whoever opens it
# What makes a PDF do something when it is opened; a scanner writes none of them.
_ACTIVE: Final = (b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/RichMedia", b"/XFA")
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the markers of a JPEG that tell its size
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # those that carry no length


class CannotKeep(Refusal):
    """A file that is no scan, is damaged, or is too large."""


def gather(chunks: Iterable[bytes]) -> bytes:
    """The bytes of an upload, read chunk by chunk and left alone as soon as they are too many."""
    most, whole = settings.MOST_SCAN_BYTES, bytearray()
    for chunk in chunks:
        whole += chunk
        if len(whole) > most:
            raise CannotKeep(
                _("扫描件超过 %(most)d MB，请降低分辨率后重新扫描") % {"most": most // 1024**2}, field="scan"
            )
    return bytes(whole)


def form(content: bytes) -> str:
    """PDF, JPEG or PNG, from the first bytes and a structure that holds to the last one.

    Refused with CannotKeep: anything else, whatever its name says; a damaged or cut file; something hung on behind
    the picture; a PDF that runs scripts, starts programs or carries files.
    """
    if not content:
        raise CannotKeep(_("文件是空的"), field="scan")
    if content.startswith(b"%PDF-"):
        return _pdf(content)
    if content.startswith(b"\xff\xd8\xff"):
        return _jpeg(content)
    if content.startswith(_PNG):
        return _png(content)
    raise CannotKeep(_("只收 PDF、JPEG 或 PNG 扫描件；按内容判断，改文件名无效"), field="scan")


def _damaged() -> CannotKeep:
    return CannotKeep(_("文件不完整或已损坏，请重新扫描"), field="scan")


def _pdf(content: bytes) -> str:
    tail = content[-2048:]
    if b"%%EOF" not in tail or b"startxref" not in tail or b"obj" not in content:
        raise _damaged()
    if any(word in content for word in _ACTIVE):
        raise CannotKeep(_("PDF 含脚本或附件，请直接扫描成 PDF 后上传"), field="scan")
    return PDF


def _jpeg(content: bytes) -> str:
    """Walk from marker to marker up to the picture itself; its size has to be told on the way."""
    if not content.rstrip(b"\0").endswith(b"\xff\xd9"):
        raise _damaged()
    at, sized = 2, False
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            raise _damaged()
        marker = content[at + 1]
        if marker == 0xFF or marker in _BARE:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        if length < 2 or at + 2 + length > len(content):
            raise _damaged()
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", content, at + 5) if length >= 7 else (0, 0)
            _measured(width, height)
            sized = True
        if marker == 0xDA:
            break
        at += 2 + length
    else:
        raise _damaged()
    if not sized:
        raise _damaged()
    return JPEG


def _png(content: bytes) -> str:
    """Walk from chunk to chunk with their check sums to the end mark, behind which nothing may stand."""
    at, names = len(_PNG), []
    while at + 12 <= len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content):
            raise _damaged()
        if zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end], "big"):
            raise _damaged()
        if not names:
            if name != b"IHDR" or length != 13:
                raise _damaged()
            _measured(*struct.unpack_from(">II", content, at + 8))
        names.append(name)
        at = end
        if name == b"IEND":
            break
    if not names or names[-1] != b"IEND" or b"IDAT" not in names or at != len(content):
        raise _damaged()
    return PNG


def _measured(width: int, height: int) -> None:
    if not width or not height:
        raise _damaged()
    if width * height > _MOST_PIXELS:
        raise CannotKeep(_("图像超过一亿像素，请降低分辨率后重新扫描"), field="scan")
