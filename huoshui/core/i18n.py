"""Texts in Chinese and English from one catalogue: `huoshui/texts/*.toml`, both languages side by side."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("en", "zh")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every text by key, then by language. A key that stands in two files is an error."""
    texts: dict[str, dict[str, str]] = {}
    for file in sorted(resources.files("huoshui").joinpath("texts").iterdir(), key=str):
        if not file.name.endswith(".toml"):
            continue
        entries = tomllib.loads(file.read_text(encoding="utf-8"))
        twice = texts.keys() & entries.keys()
        if twice:
            raise ValueError(f"{file.name}: texts given twice: {sorted(twice)}")
        texts |= entries
    return texts


def text(key: str, lang: str, /, **facts: Any) -> str:
    """The text of `key` in `lang`, with `{name}` places filled from `facts`."""
    template = catalogue()[key][lang]
    return template.format(**facts) if facts else template


def pick(accept_language: str) -> str:
    """The language to answer in, from an Accept-Language value (RFC 9110, section 12.5.4)."""
    best, best_quality = "en", 0.0
    for part in accept_language.split(","):
        tag, _, quality_text = part.strip().partition(";q=")
        lang = tag.strip().lower()[:2]
        try:
            quality = float(quality_text or 1)
        except ValueError:
            quality = 0.0
        if lang in LANGUAGES and quality > best_quality:
            best, best_quality = lang, quality
    return best
