"""A PDF in the making: pages, letters of one embedded font, lines. The same calls make the same bytes.

Measures are points from the upper left corner. There is no date and no random identifier in the file:
what names it is the digest of its content.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable

import pydyf

from huoshui.interfaces.papers.font import Font, font

WIDTH, HEIGHT = 595, 842  # A4
_BOLD = 0.028  # of the size: how much thicker a stroke makes a bold letter
_NAME = "WenQuanYiMicroHei"
_INK = (0.08, 0.13, 0.13)
_QUIET = (0.38, 0.42, 0.42)


class Sheet:
    """Pages under way; letters are numbered once all are known."""

    def __init__(self) -> None:
        self.font: Font = font()
        self._pages: list[list[Callable[[dict[str, int]], bytes]]] = []
        self._letters: set[str] = set()

    def add_page(self) -> None:
        """Begin a page."""
        self._pages.append([])

    @property
    def count(self) -> int:
        """How many pages there are."""
        return len(self._pages)

    def width(self, text: str, size: float) -> float:
        """How wide a text is."""
        return self.font.width(text) * size / 1000

    def write(
        self, text: str, x: float, y: float, size: float, *,
        bold: bool = False, quiet: bool = False, page: int = -1,
    ) -> None:  # fmt: skip
        """Write a text whose line stands on `y`."""
        self._letters |= set(text)
        colour = _QUIET if quiet else _INK

        def made(numbers: dict[str, int]) -> bytes:
            glyphs = "".join(f"{numbers[letter]:04x}" for letter in text)
            ink = " ".join(f"{part:g}" for part in colour)
            mode = f"2 Tr {size * _BOLD:.3f} w {ink} RG" if bold else "0 Tr"
            where = f"1 0 0 1 {x:.2f} {HEIGHT - y:.2f} Tm"
            return f"BT /F {size:g} Tf {mode} {ink} rg {where} <{glyphs}> Tj ET".encode()

        self._pages[page].append(made)

    def line(self, x: float, y: float, to: float, *, strong: bool = False) -> None:
        """A level line."""
        ink, wide = ("0.3 0.36 0.36", 0.8) if strong else ("0.8 0.83 0.83", 0.4)
        drawn = f"{ink} RG {wide} w {x:.2f} {HEIGHT - y:.2f} m {to:.2f} {HEIGHT - y:.2f} l S"
        self._pages[-1].append(lambda _: drawn.encode())

    def content(self, *, title: str, author: str, lang: str) -> bytes:
        """The file. Nothing in it is packed: what packs it differs from machine to machine."""
        pdf = pydyf.PDF()
        numbers, face = self.font.subset(self._letters)
        fonts = pydyf.Dictionary({"F": _embed(pdf, self.font, numbers, face).reference})
        for drawn in self._pages:
            stream = pydyf.Stream([each(numbers) for each in drawn], compress=False)
            pdf.add_object(stream)
            pdf.add_page(
                pydyf.Dictionary({
                    "Type": "/Page",
                    "Parent": pdf.pages.reference,
                    "MediaBox": pydyf.Array([0, 0, WIDTH, HEIGHT]),
                    "Contents": stream.reference,
                    "Resources": pydyf.Dictionary({"Font": fonts}),
                })
            )  # fmt: skip
        pdf.info["Title"], pdf.info["Author"] = pydyf.String(title), pydyf.String(author)
        pdf.info["Producer"] = pydyf.String("Huoshui")
        pdf.catalog["Lang"] = pydyf.String("zh-CN" if lang == "zh" else "en")
        output = io.BytesIO()
        pdf.write(output, identifier=False)
        return output.getvalue()


def _embed(pdf: pydyf.PDF, of: Font, numbers: dict[str, int], face: bytes) -> pydyf.Dictionary:
    """The font of these letters as objects of a PDF (ISO 32000-1, 9.7)."""
    file = pydyf.Stream([face], {"Length1": len(face)}, compress=False)
    told = pydyf.Stream([_unicode(numbers)], compress=False)
    name = f"/{_tag(face)}+{_NAME}"
    pdf.add_object(file)
    pdf.add_object(told)
    size = of.thousandths
    described = pydyf.Dictionary({
        "Type": "/FontDescriptor",
        "FontName": name,
        "Flags": 4,
        "FontBBox": pydyf.Array([size(n) for n in of.box]),
        "ItalicAngle": 0,
        "Ascent": size(of.ascent),
        "Descent": size(of.descent),
        "CapHeight": size(of.ascent),
        "StemV": 80,
        "FontFile2": file.reference,
    })  # fmt: skip
    pdf.add_object(described)
    widths = sorted({number: of.width(letter) for letter, number in numbers.items()}.items())
    told_widths = [part for number, wide in widths for part in (number, f"[{wide}]")]
    letters = pydyf.Dictionary({
        "Type": "/Font",
        "Subtype": "/CIDFontType2",
        "BaseFont": name,
        "CIDSystemInfo": "<</Registry (Adobe)/Ordering (Identity)/Supplement 0>>",
        "FontDescriptor": described.reference,
        "DW": 1000,
        "W": pydyf.Array(told_widths),
        "CIDToGIDMap": "/Identity",
    })  # fmt: skip
    pdf.add_object(letters)
    whole = pydyf.Dictionary({
        "Type": "/Font",
        "Subtype": "/Type0",
        "BaseFont": name,
        "Encoding": "/Identity-H",
        "DescendantFonts": pydyf.Array([letters.reference]),
        "ToUnicode": told.reference,
    })  # fmt: skip
    pdf.add_object(whole)
    return whole


def _tag(face: bytes) -> str:
    """Six capitals that name a part of a font."""
    digest = hashlib.sha256(face).digest()
    return "".join(chr(65 + each % 26) for each in digest[:6])


def _unicode(numbers: dict[str, int]) -> bytes:
    """Which letter each glyph is, so that a paper can be searched, copied and read aloud."""
    pairs = [
        f"<{number:04x}> <{letter.encode('utf-16-be').hex()}>" for letter, number in numbers.items()
    ]
    parts = [pairs[n : n + 100] for n in range(0, len(pairs), 100)]
    told = "\n".join(f"{len(p)} beginbfchar\n" + "\n".join(p) + "\nendbfchar" for p in parts)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo <</Registry (Adobe)/Ordering (UCS)/Supplement 0>> def\n"
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        f"{told}\nendcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode()
