"""A model's card as a page of its own: figures, curves, months, groups, cut-offs, in one language.

It is drawn from the card that is kept with the model, so that any language can be had later. The
page asks nothing of any other place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from huoshui.core import i18n

Told = Mapping[str, Any]
_SIZE = 260
_STYLE = """
body{font:15px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.1rem;margin-top:2rem}p{color:#556}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:.25rem .6rem;border-bottom:1px solid #e3e7ee}th:first-child,td:first-child{text-align:left}
.plots{display:flex;flex-wrap:wrap;gap:2rem}figure{margin:0}figcaption{color:#556;font-size:.85rem}
svg{background:#f7f9fc;border:1px solid #e3e7ee}.line{fill:none;stroke:#0b6e99;stroke-width:2}.even{stroke:#aab;stroke-dasharray:4}
.whisker{stroke:#0b6e99}.dot{fill:#0b6e99}code{font-size:.85rem;overflow-wrap:anywhere}
@media(prefers-color-scheme:dark){body{background:#12161d;color:#e6eaf0}p,figcaption{color:#9aa6b5}svg{background:#1a2029;border-color:#303846}th,td{border-color:#303846}}
"""
_FIGURES = (
    ("auc", "auc_low", "auc_high"), ("gini",), ("ks", "ks_low", "ks_high"), ("brier",),
    ("brier_of_the_mean",), ("calibration_slope", "calibration_slope_low", "calibration_slope_high"),
    ("calibration_intercept",), ("mean_foretold",), ("mean_seen",), ("psi",),
)  # fmt: skip
_MONTH = ("month", "rows", "bad", "foretold", "seen", "auc", "psi")
_GROUP = (
    "group",
    "rows",
    "approved",
    "approval_ratio",
    "good_approved",
    "bad_rate",
    "foretold",
    "seen",
)
_CUT = ("at", "approved", "bad_rate", "profit_per_case")


def page(card: Told, lang: str) -> str:
    """The whole page."""
    say = _Words(lang)
    title = f"{card['name']} · {say(card['form'])}"
    parts = [
        f"<h1>{escape(title)}</h1>", f"<p>{escape(_lead(card, say))}</p>",
        f"<p><code>SHA-256 {escape(card['sha256'])}</code></p>",
        _figures(card["figures"], say), _plots(card["drawings"], say),
        _inputs(card["inputs"], say), _months(card["months"], say),
        *(_groups(name, rows, say) for name, rows in card["groups"].items()),
        _cutoffs(card["cutoffs"], say), _findings(card["findings"], say), _tuned(card["tuned"], say),
    ]  # fmt: skip
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


class _Words:
    def __init__(self, lang: str) -> None:
        self.lang = lang

    def __call__(self, key: str, **facts: Any) -> str:
        return i18n.text(f"card.{key}", self.lang, **facts)


def word(key: str, lang: str) -> str:
    """The name of a figure or form on the card."""
    return i18n.text(f"card.{key}", lang)


def finding(told: Told, lang: str) -> str:
    """What was wrong with a column, and what became of it."""
    figure = f"{told['figure']:.3g}"
    said = i18n.text(f"card.finding.{told['code']}", lang, column=told["column"], figure=figure)
    return f"{said}{i18n.text('card.left_out', lang)}" if told["left_out"] else said


def _lead(card: Told, say: _Words) -> str:
    split, figures = card["split"], card["figures"]
    how = "by_time" if split["by"] == "time" else "by_chance"
    return say(
        how, target=card["target"], train=card["train"]["rows"], bad=card["train"]["bad"],
        rows=figures["rows"], day=split.get("test_from", ""),
    )  # fmt: skip


def _figures(told: Told, say: _Words) -> str:
    rows = []
    for name, *ends in _FIGURES:
        between = " – ".join(_n(told[end]) for end in ends)
        rows.append((say(name), _n(told[name]), between))
    return _section(say("figures"), _table((say("figure"), say("value"), say("interval")), rows))


def _inputs(told: Sequence[Told], say: _Words) -> str:
    rows = [(each["name"], _n(each["weight"])) for each in told[:25]]
    return _section(say("inputs"), _table((say("input"), say("weight")), rows), say("inputs_say"))


def _months(told: Sequence[Told], say: _Words) -> str:
    if not told:
        return ""
    return _section(say("months"), _listed(told, _MONTH, say), say("months_say"))


def _groups(name: str, told: Sequence[Told], say: _Words) -> str:
    rows = [
        [each["group"], str(each["rows"]), *(_with_ends(each, key) for key in _GROUP[2:])]
        for each in told
    ]
    title = say("fairness", column=name)
    return _section(title, _table([say(key) for key in _GROUP], rows), say("fairness_say"))


def _with_ends(told: Told, key: str) -> str:
    ends = f" ({_n(told[f'{key}_low'])}–{_n(told[f'{key}_high'])})" if f"{key}_low" in told else ""
    return f"{_n(told[key])}{ends}"


def _cutoffs(told: Told, say: _Words) -> str:
    lead = say("cutoffs_say", gain=f"{told['gain']:g}", loss=f"{told['loss']:g}",
               share=_n(told["best"]["at"]), profit=_n(told["best"]["profit_per_case"]))  # fmt: skip
    return _section(say("cutoffs"), _listed(told["steps"], _CUT, say), lead)


def _findings(told: Sequence[Told], say: _Words) -> str:
    items = "".join(f"<li>{escape(finding(each, say.lang))}</li>" for each in told)
    return _section(say("findings"), f"<ul>{items}</ul>") if items else ""


def _tuned(told: Sequence[Told], say: _Words) -> str:
    rows = [(", ".join(_pairs(each["settings"])), _n(each["auc"])) for each in told]
    return _section(say("tuned"), _table((say("settings"), say("auc")), rows), say("tuned_say"))


def _pairs(settings: Told) -> Iterable[str]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _pairs(value)
        else:
            yield f"{name} {value}"


def _plots(told: Told, say: _Words) -> str:
    roc = " ".join(f"{_x(x)},{_y(y)}" for x, y in told["roc"])
    most = max((each["high"] for each in told["calibration"]), default=1.0) or 1.0
    most = max(most, *(each["foretold"] for each in told["calibration"]))
    marks = "".join(
        f'<line class="whisker" x1="{_x(e["foretold"] / most)}" x2="{_x(e["foretold"] / most)}" '
        f'y1="{_y(e["low"] / most)}" y2="{_y(e["high"] / most)}"/>'
        f'<circle class="dot" r="3" cx="{_x(e["foretold"] / most)}" cy="{_y(e["seen"] / most)}"/>'
        for e in told["calibration"]
    )
    curve = _plot(say("roc"), f'<polyline class="line" points="{roc}"/>')
    scale = say("calibration_plot", most=_n(most))
    return f'<h2>{escape(say("plots"))}</h2><div class="plots">{curve}{_plot(scale, marks)}</div>'


def _plot(title: str, inner: str) -> str:
    even = f'<line class="even" x1="0" y1="{_SIZE}" x2="{_SIZE}" y2="0"/>'
    return (
        f'<figure><svg width="{_SIZE}" height="{_SIZE}" viewBox="0 0 {_SIZE} {_SIZE}" role="img" '
        f'aria-label="{escape(title)}">{even}{inner}</svg><figcaption>{escape(title)}</figcaption></figure>'
    )


def _x(share: float) -> str:
    return f"{share * _SIZE:.1f}"


def _y(share: float) -> str:
    return f"{(1 - share) * _SIZE:.1f}"


def _listed(told: Sequence[Told], keys: Sequence[str], say: _Words) -> str:
    rows = [[_n(each.get(key, "")) for key in keys] for each in told]
    return _table([say(key) for key in keys], rows)


def _section(title: str, body: str, lead: str = "") -> str:
    said = f"<p>{escape(lead)}</p>" if lead else ""
    return f"<h2>{escape(title)}</h2>{said}{body}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _n(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
