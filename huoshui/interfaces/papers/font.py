"""The font of the papers: how wide its letters are, and a small font of those that a paper uses.

A TrueType file is read where it lies. What goes into a paper has the outlines of the letters used and
nothing else, in the order of their code points: the same letters make the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import cache
from importlib import resources

_FACE = "wqy-microhei.ttf"
_ARGS_ARE_WORDS, _MORE, _SCALE, _SCALES, _MATRIX = 0x1, 0x20, 0x8, 0x40, 0x80
_HINTED = 0x100
_KEPT = ("glyf", "head", "hhea", "hmtx", "loca", "maxp")


class Font:
    """A font with outlines; widths are thousandths of the size."""

    def __init__(self, content: bytes) -> None:
        self._tables = _tables(content)
        self.unit: int = struct.unpack_from(">H", self._tables["head"], 18)[0]
        self.ascent, self.descent = struct.unpack_from(">hh", self._tables["hhea"], 4)
        self.box = struct.unpack_from(">4h", self._tables["head"], 36)
        self._long = struct.unpack_from(">h", self._tables["head"], 50)[0] == 1
        self._advances = struct.unpack_from(">H", self._tables["hhea"], 34)[0]
        self._groups = _groups(self._tables["cmap"])
        self._known: dict[str, tuple[int, int]] = {}

    def glyph(self, letter: str) -> int:
        """The glyph of a letter; 0, a box, for one that the font lacks."""
        return self._look(letter)[0]

    def width(self, text: str) -> int:
        """How wide a text is."""
        return sum(self._look(letter)[1] for letter in text)

    def thousandths(self, units: int) -> int:
        """A measure of the font in thousandths of the size."""
        return round(units * 1000 / self.unit)

    def _look(self, letter: str) -> tuple[int, int]:
        found = self._known.get(letter)
        if found is None:
            glyph = self._find(ord(letter))
            found = self._known[letter] = glyph, self.thousandths(self._metrics(glyph)[0])
        return found

    def _find(self, code: int) -> int:
        for first, last, glyph in self._groups:
            if first <= code <= last:
                return glyph + code - first
        return 0

    def _metrics(self, glyph: int) -> tuple[int, int]:
        """Advance and left bearing, in units."""
        table, last = self._tables["hmtx"], self._advances - 1
        if glyph <= last:
            advance, bearing = struct.unpack_from(">Hh", table, 4 * glyph)
            return advance, bearing
        advance = struct.unpack_from(">H", table, 4 * last)[0]
        return advance, struct.unpack_from(">h", table, 4 * last + 4 + 2 * (glyph - last - 1))[0]

    def _outline(self, glyph: int) -> bytes:
        if self._long:
            start, end = struct.unpack_from(">II", self._tables["loca"], 4 * glyph)
        else:
            start, end = (2 * n for n in struct.unpack_from(">HH", self._tables["loca"], 2 * glyph))
        return bytes(self._tables["glyf"][start:end])

    def subset(self, letters: Iterable[str]) -> tuple[dict[str, int], bytes]:
        """The new number of each letter's glyph, and a font that has these alone."""
        used = sorted(set(letters))
        order = list(dict.fromkeys([0, *(self.glyph(letter) for letter in used)]))
        # The order grows on the way, by what composed glyphs are composed of.
        outlines = [_composed(self._outline(glyph), order) for glyph in order]
        places = {glyph: n for n, glyph in enumerate(order)}
        numbers = {letter: places[self.glyph(letter)] for letter in used}
        return numbers, _file(self._made(order, outlines))

    def _made(self, order: list[int], outlines: list[bytes]) -> dict[str, bytes]:
        glyf, loca = bytearray(), [0]
        for outline in outlines:
            glyf += outline + bytes(-len(outline) % 4)
            loca.append(len(glyf))
        count = len(order)
        head = bytearray(self._tables["head"])
        head[8:12] = bytes(4)
        struct.pack_into(">h", head, 50, 1)
        hhea, maxp = bytearray(self._tables["hhea"]), bytearray(self._tables["maxp"])
        struct.pack_into(">H", hhea, 34, count)
        struct.pack_into(">H", maxp, 4, count)
        return {
            "glyf": bytes(glyf),
            "head": bytes(head),
            "hhea": bytes(hhea),
            "hmtx": b"".join(struct.pack(">Hh", *self._metrics(glyph)) for glyph in order),
            "loca": struct.pack(f">{count + 1}I", *loca),
            "maxp": bytes(maxp),
        }


@cache
def font() -> Font:
    """The font of the papers."""
    file = resources.files("huoshui.interfaces.papers").joinpath("face").joinpath(_FACE)
    return Font(file.read_bytes())


def _tables(content: bytes) -> dict[str, memoryview]:
    whole = memoryview(content)
    found = {}
    for n in range(struct.unpack_from(">H", whole, 4)[0]):
        tag, _, start, size = struct.unpack_from(">4sIII", whole, 12 + 16 * n)
        found[tag.decode()] = whole[start : start + size]
    return found


def _groups(cmap: memoryview) -> list[tuple[int, int, int]]:
    """Code points from and to, and the glyph of the first: format 12 of Unicode."""
    for n in range(struct.unpack_from(">H", cmap, 2)[0]):
        platform, encoding, at = struct.unpack_from(">HHI", cmap, 4 + 8 * n)
        if (platform, encoding) == (3, 10):
            count = struct.unpack_from(">I", cmap, at + 12)[0]
            return [struct.unpack_from(">III", cmap, at + 16 + 12 * k) for k in range(count)]
    raise ValueError("the font has no table of Unicode")


def _composed(outline: bytes, order: list[int]) -> bytes:
    """An outline without its hints; the parts that it may have are named by new numbers, and join."""
    if len(outline) < 10:
        return outline
    contours = struct.unpack_from(">h", outline)[0]
    if contours >= 0:
        at = 10 + 2 * contours
        hints = struct.unpack_from(">H", outline, at)[0]
        return outline[:at] + bytes(2) + outline[at + 2 + hints :]
    made, at = bytearray(outline), 10
    while True:
        flags, part = struct.unpack_from(">HH", made, at)
        if part not in order:
            order.append(part)
        struct.pack_into(">HH", made, at, flags & ~_HINTED, order.index(part))
        at += 4 + (4 if flags & _ARGS_ARE_WORDS else 2)
        at += 2 if flags & _SCALE else 4 if flags & _SCALES else 8 if flags & _MATRIX else 0
        if not flags & _MORE:
            return bytes(made[:at])


def _file(tables: dict[str, bytes]) -> bytes:
    made = bytearray(struct.pack(">IHHHH", 0x00010000, len(_KEPT), 64, 2, 32))
    place = 12 + 16 * len(_KEPT)
    for tag in _KEPT:
        content = tables[tag]
        padded = content + bytes(-len(content) % 4)
        total = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        made += struct.pack(">4sIII", tag.encode(), total, place, len(content))
        place += len(padded)
    for tag in _KEPT:
        made += tables[tag] + bytes(-len(tables[tag]) % 4)
    return bytes(made)
