"""The page on data layouts, in both languages: complete, and its snippets run."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from huoshui.core import i18n
from huoshui.facts.commerce.reading.anomalies import CODES
from huoshui.facts.commerce.reading.check import check
from huoshui.facts.commerce.reading.layout import REQUIRED, TABLES, columns
from huoshui.facts.commerce.reading.olist import NAMES
from huoshui.facts.commerce.reading.source import read_source
from huoshui.facts.commerce.reading.writing import column_names

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.fixture(params=i18n.LANGUAGES)
def page(request) -> tuple[str, str]:
    text = (DOCS / request.param / "data-layout.md").read_text(encoding="utf-8")
    return request.param, text


def blocks(text: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)


def test_each_column_is_described(page):
    _, text = page
    for table in TABLES:
        part = re.split(r"\n##", text.split(f"### {table}", 1)[1], maxsplit=1)[0]
        described = re.findall(r"^\| `(\w+)` \| (\S*) ?\|", part, re.MULTILINE)
        assert [name for name, _ in described] == column_names(table)
        assert {name for name, must in described if must} == columns(table).required


def test_each_anomaly_has_its_rule(page):
    lang, text = page
    for code in CODES:
        assert f"| `{code}` |" in text
        assert i18n.text(f"anomaly.{code}.rule", lang) in text
    for names in NAMES.values():
        assert names[0] in text


def test_the_example_is_a_good_history(page, tmp_path):
    _, text = page
    examples = blocks(text, "csv")
    assert len(examples) == len(TABLES) and set(REQUIRED) < set(TABLES)
    for table, example in zip(TABLES, examples, strict=True):
        if table == "orders":
            example += "O2,2026-03-01 09:30,B1,,\n"  # the example of a cancellation names it
        (tmp_path / f"{table}.csv").write_text(example, encoding="utf-8")
    (settings,) = blocks(text, "toml")
    report = check(read_source([tmp_path], tomllib.loads(settings)))
    assert report.faults == ()
    assert len(report.counts) == len(TABLES)


def test_the_snippet_runs(page, capsys):
    _, text = page
    (snippet,) = blocks(text, "python")
    exec(compile(snippet, "data-layout.md", "exec"), {})
    assert len(capsys.readouterr().out.splitlines()) == 5
