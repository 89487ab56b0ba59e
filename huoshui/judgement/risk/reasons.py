"""The catalogue of reasons: what a decision may give as its reason, in both languages. No I/O.

A reason is a code with a sentence for the person who asked (texts `reason.<code>`). What would tell how
fraud is seen has no code of its own: it is said as `verification`.
"""

from __future__ import annotations

from huoshui.core import i18n

GENERIC = "verification"  # what is said where the true reason must not be told
_PREFIX = "reason."


def codes() -> tuple[str, ...]:
    """Every code, in the order of the catalogue."""
    return tuple(key.removeprefix(_PREFIX) for key in i18n.catalogue() if key.startswith(_PREFIX))


def is_code(code: str) -> bool:
    """Whether a reason is in the catalogue."""
    return f"{_PREFIX}{code}" in i18n.catalogue()


def said(code: str, lang: str) -> str:
    """The sentence of a reason in the reader's language."""
    return i18n.text(f"{_PREFIX}{code}", lang)
