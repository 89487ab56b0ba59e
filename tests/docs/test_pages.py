"""The documentation as a whole: both languages, every link, and what is made from the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from huoshui.core import i18n
from huoshui.core.settings import Settings
from tests.docs.console import agrees, snippets
from tests.docs.parts import DOCS, ROOT, commands, filled, pages, problems

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_DECISION_LINES = 40


def names(lang: str) -> list[str]:
    return sorted(page.name for page in (DOCS / lang).glob("*.md"))


def linking() -> list[Path]:
    """Every page that may hold links."""
    top = [ROOT / "README.md", ROOT / "README.zh.md", ROOT / "CHANGELOG.md"]
    return [*top, *sorted(DOCS.rglob("*.md"))]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, made as common renderers make them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_both_languages_have_the_same_pages() -> None:
    assert names("en") == names("zh")


@pytest.mark.parametrize("page", linking(), ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", pages(), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_made_parts_are_as_the_code_has_them(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == filled(page), "python -m tests.docs.parts"


@pytest.mark.parametrize("name", names("en"))
def test_both_languages_show_the_same_commands(name: str) -> None:
    english, chinese = (snippets(DOCS / lang / name) for lang in ("en", "zh"))
    assert [(s.command, s.expected) for s in english] == [(s.command, s.expected) for s in chinese]


def test_the_index_names_every_page() -> None:
    for lang in ("en", "zh"):
        index = (DOCS / lang / "index.md").read_text(encoding="utf-8")
        assert [n for n in names(lang) if n != "index.md" and f"({n})" not in index] == []


def test_every_problem_has_its_texts() -> None:
    texts = i18n.catalogue()
    wanted = {f"problem.{code}.{part}" for code in problems() for part in ("title", "detail")}
    assert sorted(wanted - texts.keys()) == []


def test_the_pages_name_no_command_that_is_not_there() -> None:
    for page in linking():
        text = page.read_text(encoding="utf-8")
        named = set(re.findall(r"(?:^\$ |`|^)huoshui ([a-z]+)", text, re.MULTILINE))
        assert named - commands().keys() == set(), page


def test_every_setting_stands_in_the_operating_page() -> None:
    for lang in ("en", "zh"):
        text = (DOCS / lang / "operating.md").read_text(encoding="utf-8")
        for name in Settings.__struct_fields__:
            assert f"`{name}`" in text, name


def test_decisions_are_short() -> None:
    for page in sorted((DOCS / "decisions").glob("*.md")):
        assert len(page.read_text(encoding="utf-8").splitlines()) <= _DECISION_LINES, page.name


def test_an_ellipsis_stands_for_anything_and_white_space_for_nothing() -> None:
    assert agrees('{"id": "ord_…",\n  "key": "O1"}', '{"id":"ord_01k8","key":"O1"}')
    assert not agrees('{"key": "O2"}', '{"key":"O1"}')
