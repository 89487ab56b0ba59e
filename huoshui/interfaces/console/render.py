"""From a page to HTML: the three archetypes, in the reader's language."""

from __future__ import annotations

import base64
import shlex
from functools import cache, partial
from typing import Any
from urllib.parse import urlencode

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from huoshui.core.i18n import text
from huoshui.interfaces.console import assets, charts, shown
from huoshui.interfaces.console.page import (
    AnalysisPage,
    ApiCall,
    Frame,
    ListPage,
    ObjectPage,
    Page,
    Picture,
)

_TEMPLATES: dict[type[Page], str] = {
    ListPage: "archetypes/list.html",
    ObjectPage: "archetypes/object.html",
    AnalysisPage: "archetypes/analysis.html",
}
# group, then each place: key, address, icon, the letter or digit after g, which is its alone; or none
_MENU: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...] = (
    ("", (("overview", "", "layout-dashboard", "o"),)),
    ("commerce", (("orders", "orders", "receipt-text", "r"), ("sellers", "sellers", "store", "s"))),
    (
        "payments",
        (
            ("payments", "payments", "wallet", "x"),
            ("disputes", "disputes", "triangle-alert", "z"),
            ("success", "success", "scale", "g"),
        ),
    ),
    (
        "settlement",
        (
            ("merchant", "merchant", "store", "1"),
            ("links", "links", "hand-coins", "b"),
            ("windows", "windows", "clock", "w"),
            ("payouts", "payouts", "banknote", "y"),
            ("rails", "rails", "arrow-right", "i"),
            ("rail_calls", "rail-calls", "receipt-text", "k"),
            ("reconciliation", "reconciliation", "circle-check", "q"),
        ),
    ),
    (
        "lending",
        (
            ("products", "products", "store", "7"),
            ("loans", "loans", "hand-coins", ""),
            ("loan_days", "loan-days", "clock", ""),
            ("loan_losses", "loan-losses", "scale", ""),
            ("watch_list", "watch-list", "users", ""),
            ("loan_vintages", "loan-vintages", "history", ""),
            ("loan_rolls", "loan-rolls", "list-tree", ""),
            ("facilities", "facilities", "landmark", "8"),
            ("milestones", "milestone-sources", "star", ""),
            ("own_pages", "own-pages", "users", ""),
            ("factoring", "factoring", "receipt-text", "5"),
            ("factoring_book", "factoring-book", "scale", "6"),
            ("partners", "partners", "hand-coins", "0"),
        ),
    ),
    (
        "judgement",
        (
            ("decisions", "decisions", "circle-check", ""),
            ("rule_sets", "rule-sets", "list-tree", ""),
            ("policies", "policies", "scale", ""),
            ("suspects", "suspects", "users", ""),
            ("features", "features", "list-tree", ""),
        ),
    ),
    (
        "devices_group",
        (
            ("devices", "devices", "key-round", "d"),
            ("mandates", "mandates", "receipt-text", "n"),
            ("offline", "offline", "wallet", "f"),
        ),
    ),
    (
        "ledger",
        (
            ("accounts", "accounts", "list-tree", "a"),
            ("journal", "journal", "book-open", "j"),
            ("holds", "holds", "wallet", "h"),
            ("trial", "trial-balance", "scale", "t"),
            ("periods", "periods", "file-text", "c"),
            ("verify", "verify", "circle-check", "v"),
            ("lane", "lane", "arrow-right", "l"),
        ),
    ),
    ("connections", (("webhooks", "webhooks", "terminal", "e"),)),
    ("work", (("replays", "replays", "history", "p"), ("whatif", "whatif", "scale", "9"))),
    (
        "access",
        (
            ("statements", "statements", "file-text", "m"),
            ("members", "members", "users", "u"),
            ("organisations", "organisations", "landmark", "2"),
            ("keys", "keys", "key-round", "3"),
            ("requests", "requests", "terminal", "4"),
        ),
    ),
)


# What members of organisations may open: pages that narrow themselves.
_BOUNDED = frozenset({"statements", "links", "merchant"})
# What a place needs beside signing in.
_SCOPES = {
    "products": "products:read",
    "members": "parties:read",
    "organisations": "parties:read",
    "loans": "loans:read",
    "loan_days": "loans:read",
    "loan_losses": "loans:read",
    "watch_list": "loans:read",
    "loan_vintages": "loans:read",
    "loan_rolls": "loans:read",
    "facilities": "facilities:read",
    "milestones": "facilities:read",
    "own_pages": "parties:read",
    "factoring": "factoring:read",
    "factoring_book": "factoring:read",
    "partners": "loans:read",
    "suspects": "decisions:read",
    "decisions": "decisions:read",
    "rule_sets": "decisions:read",
    "features": "decisions:read",
    "policies": "decisions:read",
    "keys": "keys:write",
    "requests": "requests:read",
}


class Place(msgspec.Struct, frozen=True):
    """One entry of the menu."""

    key: str
    text: str
    href: str
    icon: str
    letter: str


@cache
def environment() -> Environment:
    """The templates; a name that is not given is an error, everything is escaped."""
    return Environment(
        loader=PackageLoader("huoshui.interfaces.console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(shown_page: Page, frame: Frame) -> str:
    """A whole page of one of the three archetypes."""
    return template(_TEMPLATES[type(shown_page)], frame, page=shown_page)


def template(name: str, frame: Frame, **facts: Any) -> str:
    """Any template of the console with what every template may call."""
    return environment().get_template(name).render(**_surroundings(frame), **facts)


def macro(file: str, name: str, frame: Frame, *values: object) -> str:
    """One macro of `templates/ui` alone, as the answer to a partial request."""
    module = environment().get_template(file).make_module(_surroundings(frame))
    return str(getattr(module, name)(*values))


def address(frame: Frame, **changes: str) -> str:
    """The page's own address with query values changed; an empty value takes one away."""
    query = {name: value for name, value in (dict(frame.query) | changes).items() if value}
    return frame.path + ("?" + urlencode(query) if query else "")


def _surroundings(frame: Frame) -> dict[str, Any]:
    def t(key: str, **facts: Any) -> str:
        return text(key, frame.lang, **facts)

    return {
        "frame": frame,
        "t": t,
        "menu": _menu(frame),
        "kind": shown.kind,
        "short_path": shown.short_path,
        "show": partial(shown.bare, lang=frame.lang, zone=frame.zone),
        "asset": assets.href,
        "inline": _inline,
        "address": partial(address, frame),
        "other_language_href": address(frame, lang="en" if frame.lang == "zh" else "zh"),
        "curl": partial(_curl, frame=frame),
        "chart_spec": lambda chart: Markup(charts.spec(chart, frame)),
        "chart_lines": partial(charts.lines, frame=frame),
        "pieces": charts.pieces,
        "picture": _picture,
    }


def _menu(frame: Frame) -> tuple[tuple[str, tuple[Place, ...]], ...]:
    return tuple(
        (
            frame.say(f"menu.{group}") if group else "",
            tuple(
                Place(key, frame.say(f"menu.{key}"), frame.to(place), icon, letter)
                for key, place, icon, letter in places
                if _opens(frame, key)
            ),
        )
        for group, places in _MENU
        if any(_opens(frame, key) for key, *_ in places)
    )


def _opens(frame: Frame, key: str) -> bool:
    """Whether the reader may open a place: a menu names no door that is shut."""
    if key == "merchant":  # a seller's own
        return len(frame.bound.sellers) == 1
    scope = _SCOPES.get(key, "")
    return (frame.bound.whole or key in _BOUNDED) and (not scope or scope in frame.may)


def _inline(name: str) -> Markup:
    return Markup(assets.source(name))


def _picture(value: Picture) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(value.svg).decode()}"


def _curl(call: ApiCall, frame: Frame) -> str:
    """The call as a line for a shell, the key taken from the environment."""
    parts = ["curl"]
    if call.method != "GET":
        parts.append(f"-X {call.method}")
    parts.append(shlex.quote(frame.origin + call.path))
    lines = [" ".join(parts), '  -H "Authorization: Bearer $HUOSHUI_KEY"']
    if call.method != "GET":
        lines.append('  -H "Idempotency-Key: $(uuidgen)"')
    if call.body:
        lines += ['  -H "Content-Type: application/json"', f"  -d {shlex.quote(call.body)}"]
    return " \\\n".join(lines)
