"""A schedule as a drawing: a bar for each instalment, principal below and interest on top. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from markupsafe import Markup

WIDTH, HEIGHT = 320, 120
_GAP = 0.22  # of a bar's room


def bars(rows: Sequence[tuple[int, int]], label: str) -> Markup:
    """Bars of (principal, interest) in minor units; their heights are in whole thousandths."""
    most = max((a + b for a, b in rows), default=0) or 1
    room = WIDTH * 1000 // max(1, len(rows))
    width = int(room * (1 - _GAP))
    drawn = []
    for at, (principal, interest) in enumerate(rows):
        x, foot = at * room + (room - width) // 2, HEIGHT * 1000
        for kind, amount in (("principal", principal), ("interest", interest)):
            tall = max(0, amount) * HEIGHT * 1000 // most
            foot -= tall
            drawn.append(f'<rect class="{kind}" x="{_n(x)}" y="{_n(foot)}" '
                         f'width="{_n(width)}" height="{_n(tall)}"/>')  # fmt: skip
    return Markup(
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(label)}" preserveAspectRatio="none">{"".join(drawn)}</svg>'
    )


def _n(thousandths: int) -> str:
    whole, rest = divmod(thousandths, 1000)
    return f"{whole}.{rest:03d}"
