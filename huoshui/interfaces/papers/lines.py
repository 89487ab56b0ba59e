"""How a text falls into lines: Latin between words, Chinese between signs, by the rules of both. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator

_NEVER_FIRST = "，。、；：？！）》〉】」』”’…％%)]},.;:?!"
_NEVER_LAST = "（《〈【「『“‘([{￥¥$"
Width = Callable[[str], float]


def lines_of(text: str, width: Width, room: float) -> list[str]:
    """The lines of a text, none wider than `room` unless a single sign is."""
    made, line = list[str](), ""
    for piece in _pieces(text):
        if width((line + piece).rstrip()) <= room:
            line += piece
            continue
        if line.strip():
            made.append(line.rstrip())
            line = ""
        piece = piece.lstrip()
        while width(piece.rstrip()) > room and len(piece) > 1:
            cut = _fits(piece, width, room)
            made.append(piece[:cut])
            piece = piece[cut:]
        line = piece
    if line.strip() or not made:
        made.append(line.rstrip())
    return made


def _fits(piece: str, width: Width, room: float) -> int:
    cut = 1
    while cut < len(piece) and width(piece[: cut + 1]) <= room:
        cut += 1
    return cut


def _pieces(text: str) -> Iterator[str]:
    """The parts of a text between which a line may end."""
    piece = ""
    for at, letter in enumerate(text):
        piece += letter
        after = text[at + 1 : at + 2]
        if after and _may_break(letter, after):
            yield piece
            piece = ""
    if piece:
        yield piece


def _may_break(before: str, after: str) -> bool:
    if after in _NEVER_FIRST or before in _NEVER_LAST or after == " ":
        return False
    return before == " " or _wide(before) or _wide(after)


def _wide(letter: str) -> bool:
    return "\u2e80" <= letter <= "\uffef"
