"""A ring drawn: its accounts on a circle, what they share within, a line from each to each. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from math import cos, pi, sin

_SIZE, _MIDDLE = 640, 320
_OUTER, _INNER = 255, 130
_MEMBERS_MOST, _SHARED_MOST = 60, 24
_COLOURS = {
    "device": "#2563eb", "card": "#db2777", "phone": "#7c3aed", "address": "#059669", "ip": "#d97706",
}  # fmt: skip
Key = tuple[str, str]


def drawn(
    members: Sequence[str], held: Mapping[str, Sequence[Key]], kinds: Mapping[str, str]
) -> bytes:
    """The drawing as SVG; `kinds` names each kind of identifier in the reader's language.

    Of very large rings the first members and the most shared identifiers, and it says how many more.
    """
    seen = list(members[:_MEMBERS_MOST])
    counts = Counter(key for member in members for key in held.get(member, ()))
    keys = sorted(key for key, _ in counts.most_common(_SHARED_MOST))
    where = {member: _at(n, len(seen), _OUTER) for n, member in enumerate(seen)}
    inner = {key: _at(n, len(keys), _INNER if len(keys) > 1 else 0) for n, key in enumerate(keys)}
    lines = [
        _line(where[member], inner[key], _COLOURS[key[0]])
        for member in seen
        for key in held.get(member, ())
        if key in inner
    ]
    dots = [_member(member, *place) for member, place in where.items()]
    shared = [_shared(key, counts[key], *place) for key, place in inner.items()]
    more = _more(len(members) - len(seen))
    body = "".join((*lines, *shared, *dots, *_legend({key[0] for key in keys}, kinds), more))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIZE} {_SIZE}" '
        f'font-family="sans-serif" font-size="11">{body}</svg>'
    ).encode()


def _at(n: int, of: int, radius: int) -> tuple[float, float]:
    angle = 2 * pi * n / max(1, of) - pi / 2
    return _MIDDLE + radius * cos(angle), _MIDDLE + radius * sin(angle)


def _line(one: tuple[float, float], other: tuple[float, float], colour: str) -> str:
    return (
        f'<line x1="{one[0]:.1f}" y1="{one[1]:.1f}" x2="{other[0]:.1f}" y2="{other[1]:.1f}" '
        f'stroke="{colour}" stroke-opacity="0.45" stroke-width="1.4"/>'
    )


def _member(member: str, x: float, y: float) -> str:
    turned = "start" if x > _MIDDLE + 1 else "end" if x < _MIDDLE - 1 else "middle"
    beside = x + (9 if turned == "start" else -9 if turned == "end" else 0)
    name = escape(member[-5:])
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="#334155"><title>{escape(member)}</title></circle>'
        f'<text x="{beside:.1f}" y="{y + _beside(turned, y):.1f}" '
        f'text-anchor="{turned}" fill="#334155">…{name}</text>'
    )


def _beside(turned: str, y: float) -> int:
    """How far below a member its name stands: beside it, above the topmost, below the lowest."""
    if turned != "middle":
        return 4
    return 20 if y > _MIDDLE else -10


def _shared(key: Key, count: int, x: float, y: float) -> str:
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="11" fill="{_COLOURS[key[0]]}">'
        f"<title>{escape(key[0])} {escape(key[1])}</title></circle>"
        f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle" fill="#fff">{count}</text>'
    )


def _legend(present: set[str], kinds: Mapping[str, str]) -> list[str]:
    """Which colour is which kind, at the foot."""
    there = [kind for kind in _COLOURS if kind in present]
    return [
        f'<circle cx="{20 + n * 120}" cy="{_SIZE - 16}" r="6" fill="{_COLOURS[kind]}"/>'
        f'<text x="{32 + n * 120}" y="{_SIZE - 12}" fill="#334155">{escape(kinds[kind])}</text>'
        for n, kind in enumerate(there)
    ]


def _more(count: int) -> str:
    if count <= 0:
        return ""
    return f'<text x="{_SIZE - 12}" y="20" text-anchor="end" fill="#334155">+{count}</text>'
