"""Papers that leave the office as PDF: one hand for headings, facts, tables, squares, stamps and the foot of the page.

A paper is written from top to bottom and then asked for its bytes:

    sheet = Paper(_("缴费证明"), foot="经办人 小云 · 2025-03-10 09:00")
    sheet.heading(_("城乡居民基本医疗保险缴费证明"))
    sheet.facts([(_("姓名"), "王建国"), (_("金额"), "400.00")])
    sheet.table([_("单位"), _("金额")], rows, numbers={1})
    content = sheet.pdf()
"""

from collections.abc import Collection, Iterable, Sequence
from functools import cache, partial
from io import BytesIO
from typing import Any, Final
from xml.sax.saxutils import escape

import segno
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

_EDGE: Final = 18 * mm
_GREY, _RED, _PALE = colors.HexColor("#555555"), colors.HexColor("#b91c1c"), colors.HexColor("#f3f4f6")
_NOT_EMBEDDED: Final = "STSong-Light"  # what every reader of PDF brings along; it knows common characters only
_DOT: Final = "\u30fb"


@cache
def font(path: str) -> str:
    """The name of the font to write with: the file of RECEIPT_FONT_PATH, embedded, else the readers' own Song.

    Refuses a file that is no TrueType font with ImproperlyConfigured.
    """
    if not path:
        pdfmetrics.registerFont(UnicodeCIDFont(_NOT_EMBEDDED))
        return _NOT_EMBEDDED
    try:
        pdfmetrics.registerFont(TTFont("receipt", path))
    except (OSError, TTFError) as error:
        raise ImproperlyConfigured(f"RECEIPT_FONT_PATH names no TrueType font: {path} ({error})") from error
    return "receipt"


def readable(text: str, path: str | None = None) -> str:
    """The text with every character that the font cannot draw written as [U+4DAE]: nobody's name loses a character."""
    name = font(settings.RECEIPT_FONT_PATH if path is None else path)
    if name == _NOT_EMBEDDED:
        text = text.replace("·", _DOT)  # the dot in names of many peoples: the readers' Song has it under another code
    return "".join(one if _draws(name, one) else f"[U+{ord(one):04X}]" for one in text)


def _draws(name: str, character: str) -> bool:
    if name != _NOT_EMBEDDED:
        return ord(character) in pdfmetrics.getFont(name).face.charToGlyph
    if character == _DOT:
        return True
    try:
        character.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


class Paper:
    """One document of A4 pages under construction; `foot` stands below every page beside its number."""

    def __init__(self, title: str, *, foot: str = "", wide: bool = False) -> None:
        self.title, self.foot, self.size = title, foot, landscape(A4) if wide else A4
        self.width = self.size[0] - 2 * _EDGE
        self._font = font(settings.RECEIPT_FONT_PATH)
        self._parts: list[Flowable] = []
        self._stamp = ""

    def _style(self, size: float, **more: Any) -> ParagraphStyle:
        return ParagraphStyle("paper", fontName=self._font, fontSize=size, leading=size * 1.5, wordWrap="CJK", **more)

    def _said(self, text: Any, size: float = 10.5, **more: Any) -> Paragraph:
        return Paragraph(escape(readable(str(text))).replace("\n", "<br/>"), self._style(size, **more))

    def heading(self, text: str, below: str = "") -> None:
        """The title of the paper in the middle, with a smaller line below it."""
        self._parts.append(self._said(text, 18, alignment=TA_CENTER, spaceAfter=2 * mm))
        if below:
            self._parts.append(self._said(below, 9.5, alignment=TA_CENTER, textColor=_GREY))
        self.space(5)

    def text(self, text: str, *, small: bool = False) -> None:
        """A paragraph."""
        self._parts.append(
            self._said(text, 9 if small else 10.5, spaceAfter=2 * mm, textColor=_GREY if small else colors.black)
        )

    def space(self, height: float) -> None:
        """So many millimetres of nothing."""
        self._parts.append(Spacer(1, height * mm))

    def facts(self, pairs: Iterable[tuple[str, Any]], columns: int = 2) -> None:
        """Labels and what they say in ruled boxes, so many pairs a line."""
        told = [[self._said(label, textColor=_GREY), self._said(value)] for label, value in pairs]
        told += [[self._said(""), self._said("")]] * (-len(told) % columns)
        rows = [[cell for pair in told[at : at + columns] for cell in pair] for at in range(0, len(told), columns)]
        share = self.width / columns
        grid = Table(rows, colWidths=[share * 0.3, share * 0.7] * columns)
        labels = [("BACKGROUND", (2 * at, 0), (2 * at, -1), _PALE) for at in range(columns)]
        grid.setStyle([("GRID", (0, 0), (-1, -1), 0.5, _GREY), ("VALIGN", (0, 0), (-1, -1), "MIDDLE"), *labels])
        self._parts.append(grid)

    def table(
        self,
        headings: Sequence[str],
        rows: Iterable[Sequence[Any]],
        *,
        widths: Sequence[float] = (),
        numbers: Collection[int] = (),
    ) -> None:
        """A ruled table whose headings stand on every page it needs; `widths` are parts, `numbers` line up right."""
        whole = sum(widths) or len(headings)
        wide = [self.width * width / whole for width in (widths or [1] * len(headings))]
        side = [{"alignment": TA_RIGHT} if at in numbers else {} for at in range(len(headings))]
        told = [[self._said(text, 10, **side[at]) for at, text in enumerate(row)] for row in (headings, *rows)]
        grid = Table(told, colWidths=wide, repeatRows=1)
        grid.setStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.5, _GREY),
                ("BACKGROUND", (0, 0), (-1, 0), _PALE),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ]
        )
        self._parts.append(grid)

    def square(self, address: str, beside: str) -> None:
        """A QR code that leads to the address, with what to do with it beside it."""
        grid = Table(
            [[_Square(address), self._said(beside, 9, textColor=_GREY)]], colWidths=[32 * mm, self.width - 32 * mm]
        )
        grid.setStyle([("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("LEFTPADDING", (0, 0), (0, 0), 0)])
        self._parts.append(grid)

    def signs(self, *labels: str) -> None:
        """A line on which people sign and where the seal is set."""
        self.space(10)
        grid = Table(
            [[self._said(f"{label}：") for label in labels]], colWidths=[self.width / len(labels)] * len(labels)
        )
        self._parts.append(grid)
        self.space(14)

    def stamp(self, text: str) -> None:
        """A red frame at the top of the first page: 补打, 作废, 样本."""
        self._stamp = text

    def pdf(self) -> bytes:
        """The finished document; the same content gives the same bytes."""
        file = BytesIO()
        document = SimpleDocTemplate(
            file, pagesize=self.size, leftMargin=_EDGE, rightMargin=_EDGE, topMargin=_EDGE, bottomMargin=_EDGE,
            title=self.title, author=_("城乡居民医保经办机构"), invariant=1,
        )  # fmt: skip
        document.build(self._parts, onFirstPage=self._first, canvasmaker=partial(_Numbered, foot=self._foot))
        return file.getvalue()

    def _first(self, canvas: Canvas, _document: SimpleDocTemplate) -> None:
        if not self._stamp:
            return
        text = readable(self._stamp)
        width = pdfmetrics.stringWidth(text, self._font, 13) + 8 * mm
        canvas.saveState()
        canvas.translate(self.size[0] - _EDGE - width, self.size[1] - 20 * mm)
        canvas.setStrokeColor(_RED)
        canvas.setFillColor(_RED)
        canvas.setLineWidth(1.2)
        canvas.roundRect(0, 0, width, 9 * mm, 1.5 * mm)
        canvas.setFont(self._font, 13)
        canvas.drawCentredString(width / 2, 2.8 * mm, text)
        canvas.restoreState()

    def _foot(self, canvas: Canvas, number: int, of: int) -> None:
        canvas.setFont(self._font, 8.5)
        canvas.setFillColor(_GREY)
        canvas.drawString(_EDGE, 10 * mm, readable(self.foot))
        said = _("第 %(number)d 页，共 %(of)d 页") % {"number": number, "of": of}
        canvas.drawRightString(self.size[0] - _EDGE, 10 * mm, readable(said))


class _Numbered(Canvas):
    """A canvas that knows at the end how many pages there are."""

    def __init__(self, *args: Any, foot: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._foot, self._pages = foot, []

    def showPage(self) -> None:  # noqa: N802, the name is reportlab's
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        pages = self._pages
        for number, page in enumerate(pages, start=1):
            self.__dict__.update(page)
            self._foot(self, number, len(pages))
            super().showPage()
        super().save()


class _Square(Flowable):
    """A QR code of 28 mm, drawn module by module."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._rows = [list(row) for row in segno.make(address, error="m", micro=False).matrix]
        self.width = self.height = 28 * mm

    def draw(self) -> None:
        step = self.width / len(self._rows)
        for down, row in enumerate(self._rows):
            for across, dark in enumerate(row):
                if dark:
                    self.canv.rect(across * step, self.height - (down + 1) * step, step, step, stroke=0, fill=1)
