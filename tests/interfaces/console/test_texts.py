"""Every text that the console names stands in the catalogue."""

from __future__ import annotations

import re
from importlib import resources
from importlib.resources.abc import Traversable

from huoshui.core.i18n import catalogue

ROOT = resources.files("huoshui.interfaces.console")


def sources(folder: Traversable) -> list[str]:
    found: list[str] = []
    for file in folder.iterdir():
        if file.is_dir() and file.name != "static":
            found += sources(file)
        elif file.name.endswith((".py", ".html")):
            found.append(file.read_text("utf-8"))
    return found


def test_texts_named_in_code_and_templates_exist() -> None:
    code = "\n".join(sources(ROOT))
    named = {f"console.{key}" for key in re.findall(r"""\.say\(\s*["']([a-z_.]+)["']""", code)}
    named |= set(re.findall(r"""\bt\(["'](console\.[a-z_.]+)["'][,)]""", code))
    assert named - catalogue().keys() == set()


def test_texts_hold_the_same_places_in_both_languages() -> None:
    for key, texts in catalogue().items():
        places = {lang: set(re.findall(r"\{(\w+)\}", text)) for lang, text in texts.items()}
        assert places["en"] == places["zh"], key
