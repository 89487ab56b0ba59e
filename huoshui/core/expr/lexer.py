"""A text cut into tokens: constants, names, units, symbols; each knows where it stands."""

from __future__ import annotations

import re
from typing import NamedTuple

from huoshui.core.expr.faults import Fault, place
from huoshui.core.expr.model import TEXT_MOST, ExpressionUnreadable

WORDS = frozenset("and or not in is null true false if else for".split())
NUMBER, UNIT, NAME, TEXT, DATE, INSTANT, SYMBOL, END = (
    "number", "unit", "name", "text", "date", "instant", "symbol", "end",
)  # fmt: skip

_TOKEN = re.compile(
    r"""(?P<space>(?:[ \t\r\n]|\#[^\n]*)+)
    |(?P<instant>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?
        (?:Z|[+-][0-9]{2}:[0-9]{2}))
    |(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9A-Za-z_]))
    |(?P<number>(?:0|[1-9][0-9_]*)(?:\.[0-9]+)?(?![0-9A-Za-z_.]))
    |(?P<name>[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)
    |(?P<unit>[A-Z][A-Z0-9]{2,11})
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<symbol><=|>=|==|!=|[-+*/<>=()\[\],])""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """A piece of the text: its kind, its characters, and where it begins and ends."""

    kind: str
    text: str
    start: int
    end: int

    def said(self, *texts: str) -> bool:
        """Whether it is one of these symbols or words, and no text or number that looks so."""
        return self.kind in (SYMBOL, NAME) and self.text in texts


def tokens(text: str) -> list[Token]:
    """The tokens of a text, an end at last. Raises ExpressionUnreadable."""
    if len(text) > TEXT_MOST:
        raise unreadable(text, 0, "expr_text_too_long", most=TEXT_MOST)
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            code = "expr_text_open" if text[at] in "\"'" else "expr_symbol"
            raise unreadable(text, at, code, found=text[at : at + 12].split("\n")[0])
        kind = str(match.lastgroup)
        if kind != "space":
            found.append(Token(kind, match[0], at, match.end()))
        at = match.end()
    found.append(Token(END, "", at, at))
    return found


def unreadable(text: str, at: int, code: str, **facts: object) -> ExpressionUnreadable:
    """The refusal of a text, with the place of its fault."""
    fault = Fault(place(text, at), code, facts)
    return ExpressionUnreadable(count=1, errors=(fault,))
