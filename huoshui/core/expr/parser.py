"""The parser: a text becomes a tree, and each node knows its place in the text.

Precedence climbing; what binds least stands first: `if … else`, `or`, `and`, `not`, comparison,
`+ -`, `* /`, the sign. The depth of nesting is bounded, so that no text exhausts the stack.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple

from huoshui.core.expr import lexer
from huoshui.core.expr.lexer import Token, tokens, unreadable
from huoshui.core.expr.model import (
    DEPTH_MOST,
    LITERAL_MOST,
    NODES_MOST,
    Call,
    Const,
    Each,
    ExpressionUnreadable,
    Items,
    Name,
    Node,
    bounded,
)
from huoshui.core.expr.text import AND, COMPARISON, NOT, OR, PRODUCT, SIGN, SUM
from huoshui.core.expr.types import AFTER, BEFORE, plain
from huoshui.core.money import UnknownCurrency, digits

DAYS, MONTHS, YEARS = ("day", "days"), ("month", "months"), ("year", "years")
_BINDS = {
    "or": OR, "and": AND, **dict.fromkeys("< <= > >= == != = in not is".split(), COMPARISON),
    "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT,
}  # fmt: skip
_CLIMBS_MOST = 2 * DEPTH_MOST
EACH = ("any", "all", "count")
_ESCAPE = re.compile(r"\\(?:[\"'\\/bfnrt]|u[0-9a-fA-F]{4})")


class Span(NamedTuple):
    """Where a node stands in its text."""

    start: int
    end: int


class Parsed(NamedTuple):
    """A tree with its text; the n-th span is the n-th node's of `walk`."""

    tree: Node
    text: str
    spans: tuple[Span, ...]


class _Read(NamedTuple):
    """A node while its text is read; spans of the node and of all below it."""

    node: Node
    spans: tuple[Span, ...]

    @property
    def start(self) -> int:
        return self.spans[0].start

    @property
    def end(self) -> int:
        return self.spans[0].end


def parse(text: str) -> Parsed:
    """The tree of a text. Raises ExpressionUnreadable, ExpressionRefused (too large)."""
    parser = _Parser(text)
    read = parser.whole()
    bounded(read.node)
    return Parsed(read.node, text, read.spans)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        self.depth = 0
        self.climbs = 0
        self.nodes = 0

    def whole(self) -> _Read:
        """An expression, and nothing after it."""
        read = self.choice()
        if self.now.kind != lexer.END:
            raise self.fault(self.now, "expr_expected", expected="and, or, +, <, …")
        return read

    @property
    def now(self) -> Token:
        return self.tokens[self.at]

    def take(self, *texts: str) -> Token | None:
        """The next token, if it is one of these symbols or words."""
        token = self.now
        if not token.said(*texts):
            return None
        self.at += 1
        return token

    def need(self, text: str) -> Token:
        """The next token, which must be this symbol or word."""
        token = self.take(text)
        if token is None:
            raise self.fault(self.now, "expr_expected", expected=text)
        return token

    def fault(self, token: Token, code: str, **facts: object) -> ExpressionUnreadable:
        """A refusal at a token."""
        return unreadable(self.text, token.start, code, found=token.text[:20] or "∎", **facts)

    def made(self, node: Node, start: int, end: int, *below: _Read) -> _Read:
        """A node over what was read for it."""
        self.nodes += 1
        if self.nodes > NODES_MOST:
            raise unreadable(self.text, start, "expr_too_large", depth=DEPTH_MOST, nodes=NODES_MOST)
        return _Read(node, (Span(start, end), *(span for read in below for span in read.spans)))

    def call(self, op: str, *args: _Read, start: int = -1, end: int = -1) -> _Read:
        """An operator's node over its arguments."""
        begins = args[0].start if start < 0 else start
        ends = args[-1].end if end < 0 else end
        return self.made(Call(op, tuple(arg.node for arg in args)), begins, ends, *args)

    # From what binds least to what binds most

    def choice(self) -> _Read:
        """`a if c else b`, or anything below."""
        self.depth = self.deeper(self.depth, DEPTH_MOST)
        read = self.climb(OR)
        if self.take("if"):
            condition = self.climb(OR)
            self.need("else")
            otherwise = self.choice()
            node = Call("if", (condition.node, read.node, otherwise.node))
            read = self.made(node, read.start, otherwise.end, condition, read, otherwise)
        self.depth -= 1
        return read

    def deeper(self, depth: int, most: int) -> int:
        """One deeper, if that is not too deep for the stack."""
        if depth >= most:
            raise self.fault(self.now, "expr_too_large", depth=DEPTH_MOST, nodes=NODES_MOST)
        return depth + 1

    def climb(self, level: int) -> _Read:
        """Everything from here on that binds at least so much."""
        self.climbs = self.deeper(self.climbs, _CLIMBS_MOST)
        read = self.prefixed(level)
        while True:
            token = self.now
            binds = _BINDS.get(token.text, -1) if token.said(token.text) else -1
            if binds < level:
                self.climbs -= 1
                return read
            if binds == COMPARISON:
                read = self.compared(read)
            elif binds <= AND:
                reads = [read]
                while self.take(token.text):
                    reads.append(self.climb(binds + 1))
                read = self.call(token.text, *reads)
            else:
                self.at += 1
                read = self.call(token.text, read, self.climb(binds + 1))

    def prefixed(self, level: int) -> _Read:
        """`not a`, `-a`, or an atom; of a number the sign is its own."""
        token = self.now
        if token.said("not") and level <= NOT:
            self.at += 1
            return self.call("not", self.climb(NOT), start=token.start)
        if not token.said("-"):
            return self.atom()
        self.at += 1
        if self.now.kind == lexer.NUMBER:
            return self.quantity(token)
        return self.call("neg", self.climb(SIGN), start=token.start)

    def compared(self, left: _Read) -> _Read:
        """`a < b`, `a in b`, `a is null`: one of them, they do not chain."""
        token = self.now
        self.at += 1
        if token.text == "is":
            op = "is_not_null" if self.take("not") else "is_null"
            read = self.call(op, left, end=self.need("null").end)
        else:
            op = "==" if token.text == "=" else token.text
            if op == "not":
                self.need("in")
                op = "not_in"
            read = self.call(op, left, self.climb(SUM))
        after = self.now
        if after.said(after.text) and _BINDS.get(after.text) == COMPARISON:
            raise self.fault(after, "expr_chained")
        return read

    def atom(self) -> _Read:
        """A constant, a name, a call, a list, or anything in brackets."""
        token = self.now
        if token.kind == lexer.NUMBER:
            return self.quantity(None)
        if token.kind in (lexer.DATE, lexer.INSTANT, lexer.TEXT):
            return self.moment_or_text(token)
        if token.said("("):
            self.at += 1
            read = self.choice()
            self.need(")")
            return read
        if token.said("["):
            return self.items(token)
        if token.said("true", "false", "null"):
            self.at += 1
            kind = "null" if token.text == "null" else "boolean"
            return self.made(Const(kind, token.text), token.start, token.end)
        if token.kind == lexer.NAME and token.text not in lexer.WORDS:
            return self.name(token)
        raise self.fault(token, "expr_expected_value")

    def items(self, opening: Token) -> _Read:
        self.at += 1
        reads, end = self.arguments("]")
        node = Items(tuple(read.node for read in reads))
        return self.made(node, opening.start, end, *reads)

    def arguments(self, closing: str) -> tuple[list[_Read], int]:
        """What stands between brackets, and where they end."""
        token, reads = self.take(closing), []
        while token is None:
            reads.append(self.choice())
            token = self.take(closing)
            if token is None:
                self.need(",")
        return reads, token.end

    def name(self, token: Token) -> _Read:
        self.at += 1
        if not self.take("("):
            return self.made(Name(token.text), token.start, token.end)
        reads, end = [], -1
        if (closing := self.take(")")) is not None:
            end = closing.end
        else:
            reads.append(self.choice())
            if token.text in EACH and self.take("for"):
                return self.each(token, reads[0])
            if (closing := self.take(")")) is None:
                self.need(",")
                rest, end = self.arguments(")")
                reads += rest
            else:
                end = closing.end
        return self.call(token.text, *reads, start=token.start, end=end)

    def each(self, token: Token, test: _Read) -> _Read:
        """The rest of `any(test for var in list)`."""
        var = self.now
        if var.kind != lexer.NAME or var.text in lexer.WORDS or "." in var.text:
            raise self.fault(var, "expr_expected", expected="x")
        self.at += 1
        self.need("in")
        of = self.climb(OR)
        node = Each(token.text, test.node, var.text, of.node)
        return self.made(node, token.start, self.need(")").end, test, of)

    # Constants

    def quantity(self, sign: Token | None) -> _Read:
        """A number, and the unit after it: `0.5`, `30 days`, `50000 CNY`."""
        token, unit = self.now, self.tokens[self.at + 1]
        self.at += 1
        text = token.text.replace("_", "")
        whole, _, fraction = text.partition(".")
        if len(whole) > BEFORE or len(fraction) > AFTER:
            raise self.fault(token, "expr_digits", before=BEFORE, after=AFTER)
        value = Decimal(f"-{text}" if sign else text)
        const = self.measured(value, bool(fraction), token, unit)
        start = sign.start if sign else token.start
        if const is not None:
            self.at += 1
            return self.made(const, start, unit.end)
        kind = "decimal" if fraction else "integer"
        return self.made(Const(kind, plain(value)), start, token.end)

    def measured(self, value: Decimal, broken: bool, token: Token, unit: Token) -> Const | None:
        """A number with its unit, if one follows."""
        if unit.kind == lexer.UNIT:
            return self.amount(value, unit)
        if not unit.said(*DAYS, *MONTHS, *YEARS):
            return None
        if broken:
            raise self.fault(token, "expr_broken_duration")
        count = int(value) * (12 if unit.text in YEARS else 1)
        return Const("days" if unit.text in DAYS else "months", str(count))

    def amount(self, value: Decimal, unit: Token) -> Const:
        try:
            places = digits(unit.text)
        except UnknownCurrency as unknown:
            raise self.fault(unit, "expr_currency", currency=unit.text) from unknown
        whole, _, fraction = plain(value).partition(".")
        if len(fraction) > places:
            raise self.fault(unit, "expr_amount_too_fine", currency=unit.text, places=places)
        return Const("money", str(int(whole + fraction.ljust(places, "0"))), unit.text)

    def moment_or_text(self, token: Token) -> _Read:
        self.at += 1
        if token.kind == lexer.TEXT:
            value = self.unescaped(token)
        else:
            try:
                value = _moment(token)
            except ValueError as bad:
                raise self.fault(token, "expr_no_day") from bad
        return self.made(Const(token.kind, value), token.start, token.end)

    def unescaped(self, token: Token) -> str:
        body = token.text[1:-1]
        if "\\" in _ESCAPE.sub("", body):
            raise self.fault(token, "expr_escape")
        value = _ESCAPE.sub(lambda found: _plain_character(found[0]), body)
        if len(value) > LITERAL_MOST or any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value):
            raise self.fault(token, "expr_literal", most=LITERAL_MOST)
        return value


def _plain_character(escape: str) -> str:
    return "'" if escape == "\\'" else str(json.loads(f'"{escape}"'))


def _moment(token: Token) -> str:
    if token.kind == lexer.DATE:
        return date.fromisoformat(token.text).isoformat()
    moment = datetime.fromisoformat(token.text).astimezone(UTC)
    return moment.isoformat().replace("+00:00", "Z")
