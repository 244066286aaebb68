"""What a scan is, told by its bytes: real ones pass, everything that only looks like one is refused in a sentence."""

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from office import scans
from office.scans import CannotKeep


def _picture(form: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(out, form)
    return out.getvalue()


def _pdf() -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.drawString(72, 720, "household book")
    canvas.save()
    return out.getvalue()


PDF, JPEG, PNG = _pdf(), _picture("JPEG"), _picture("PNG")


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


_BOMB = PNG[:8] + _chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)) + PNG[33:]


@pytest.mark.parametrize(("content", "form"), [(PDF, "pdf"), (JPEG, "jpg"), (PNG, "png")])
def test_a_scan_is_known_by_its_content(content: bytes, form: str) -> None:
    assert scans.form(content) == form


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "空"),
        (b"MZ\x90\0 a program called scan.pdf", "只收 PDF"),
        (b"<html><script>alert(1)</script>", "只收 PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "只收 PDF"),
        (b"GIF89a" + PNG, "只收 PDF"),
        (b"PK\x03\x04" + PDF, "只收 PDF"),
        (PDF[:-40], "不完整"),
        (PDF.replace(b"/Type /Catalog", b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >> /Type /Catalog"), "脚本"),
        (JPEG[:-2], "不完整"),
        (JPEG[:20], "不完整"),
        (b"\xff\xd8\xff\xd9", "不完整"),
        (JPEG + b"<script>alert(1)</script>", "不完整"),
        (PNG[:-12], "不完整"),
        (PNG + b"PK\x03\x04 an archive behind a picture", "不完整"),
        (PNG[:40] + bytes([PNG[40] ^ 1]) + PNG[41:], "不完整"),
        (PNG[:8] + PNG[33:], "不完整"),
        (_BOMB, "一亿像素"),
    ],
)
def test_what_only_looks_like_a_scan_is_refused_in_a_sentence(content: bytes, says: str) -> None:
    with pytest.raises(CannotKeep, match=says):
        scans.form(content)


def test_an_upload_is_left_alone_as_soon_as_it_is_too_large(settings: object) -> None:
    settings.MOST_SCAN_BYTES = 1024**2  # type: ignore[attr-defined]
    read = []

    def endless() -> object:
        while True:
            read.append(1)
            yield b"x" * 65_536

    with pytest.raises(CannotKeep, match="超过 1 MB"):
        scans.gather(endless())  # type: ignore[arg-type]
    assert len(read) == 17


@given(st.sampled_from([PDF, JPEG, PNG]), st.integers(0, 2000), st.binary(max_size=40))
def test_whatever_bytes_come_the_answer_is_a_form_or_a_refusal(whole: bytes, at: int, odd: bytes) -> None:
    for content in (whole[:at] + odd + whole[at:], whole[:at], odd + whole, whole[:8] + odd):
        try:
            assert scans.form(content) in ("pdf", "jpg", "png")
        except CannotKeep as refusal:
            assert str(refusal)
