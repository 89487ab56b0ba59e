"""The static files: as vendored, named by hash, small enough for a first load."""

from __future__ import annotations

import gzip
import hashlib
import re
from importlib import resources

import pytest

from huoshui.core.i18n import catalogue
from huoshui.interfaces.console import assets, render
from tests.interfaces.console import samples

VENDOR = resources.files("huoshui.interfaces.console").joinpath("static", "vendor")
FIRST_LOAD_BYTES = 350_000


def test_vendored_files_are_those_that_are_listed() -> None:
    rows = re.findall(
        r"^\| `([^`]+)` \| \S+ [\d.]+ \| \[[^]]+\]\(([^)]+)\) \|.*\| `([0-9a-f]{64})` \|$",
        VENDOR.joinpath("VENDORED.md").read_text("utf-8"),
        re.MULTILINE,
    )
    listed = {name for name, _, _ in rows}
    there = {file.name for file in VENDOR.iterdir() if file.is_file()} - {"VENDORED.md"}
    assert listed == there
    for name, licence, digest in rows:
        assert hashlib.sha256(VENDOR.joinpath(name).read_bytes()).hexdigest() == digest
        assert VENDOR.joinpath(licence).is_file()


def test_a_file_is_served_by_its_hash_and_by_nothing_else() -> None:
    asset = assets.served(assets.names()["app.js"])
    assert asset is not None
    assert gzip.decompress(asset.gzipped) == asset.plain
    for path in ("app.js", "../page.py", "vendor/htmx.min.js", "app.000000000000.js", ""):
        assert assets.served(path) is None


def test_icons_used_stand_in_the_sprite() -> None:
    symbols = set(re.findall(r'symbol id="([^"]+)"', assets.source("lucide.svg")))
    templates = resources.files("huoshui.interfaces.console").joinpath("templates")
    used: set[str] = set()
    for folder in ("", "ui", "archetypes"):
        for file in templates.joinpath(folder).iterdir():
            if file.name.endswith(".html"):
                used |= set(re.findall(r'icon\("([a-z-]+)"\)', file.read_text("utf-8")))
    assert used <= symbols


def test_every_text_of_the_console_stands_in_both_languages() -> None:
    for key, texts in catalogue().items():
        assert {"en", "zh"} <= texts.keys(), key


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", ["list", "empty", "object", "analysis"])
def test_first_load_is_small_and_holds_no_inline_script(lang: str, name: str) -> None:
    page, place = samples.pages(lang)[name]
    html = render.page(page, samples.frame(lang, place))
    loaded = re.findall(rf'(?:src|href)="{assets.BASE}([^"#]+)', html)
    bodies = {path: assets.served(path) for path in loaded}
    size = len(gzip.compress(html.encode())) + sum(len(a.gzipped) for a in bodies.values() if a)
    assert all(bodies.values())
    assert size < FIRST_LOAD_BYTES
    for attributes in re.findall(r"<script([^>]*)>", html):
        assert "src=" in attributes or "application/json" in attributes
    assert not re.search(r"\son[a-z]+=|\sstyle=|<style", html)


def test_what_is_written_by_others_is_escaped() -> None:
    page = samples.orders("en")
    evil = '<script>alert("x")</script>'
    html = render.page(page, samples.frame("en", book=evil))
    assert evil not in html


def test_each_place_of_the_menu_has_a_letter_of_its_own() -> None:
    letters = [letter for _, places in render._MENU for *_, letter in places if letter]
    twice = sorted({letter for letter in letters if letters.count(letter) > 1})
    assert twice == [] and all(re.fullmatch("[a-z0-9]", letter) for letter in letters)
