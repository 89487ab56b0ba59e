"""`marketplace.toml`: what a history does not hold stands here as assumed, with its default."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from huoshui.core.errors import Malformed, Problem

FILE = "marketplace.toml"
SECTIONS = ("marketplace", "history", "payments", "rails")


class UnknownSection(Problem):
    """A section that nothing reads; the problem lists those that exist."""

    code = "unknown_section"
    status = 422


def read_sections(directories: tuple[Path, ...], file: Path | None = None) -> dict[str, Any]:
    """The sections of the file given, or of the first directory that holds one, or none.

    Raises Malformed for what is not TOML and UnknownSection.
    """
    found = file or next((d / FILE for d in directories if (d / FILE).is_file()), None)
    if found is None:
        return {}
    try:
        sections = tomllib.loads(found.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Malformed(what=str(found), reason=str(error)) from error
    unknown = sections.keys() - set(SECTIONS)
    if unknown:
        raise UnknownSection(found=", ".join(sorted(unknown)), known=", ".join(SECTIONS))
    return sections


def tail_days(confirm_after_days: int) -> int:
    """How long the clock runs on after the last fact: time-outs pass, and a month of payouts."""
    return confirm_after_days + 35
