"""The house's style as tests: what a reader should never have to point out.

Each rule reads the source tree. A place that may break a rule stands in the rule's own list of
exceptions, with its reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "huoshui"

FUNCTION_LINES_MOST = 60
FILE_LINES_MOST = 500
NAMES_BANNED = {"manager", "helper", "helpers", "utils", "util", "handler", "process", "data",
                "common", "misc", "stuff"}  # fmt: skip

# Places where a float may stand, none of them an amount.
FLOATS_ALLOWED = {
    "app.py": "seconds between two looks at the due work",
    "core/i18n.py": "the quality of a language in Accept-Language",
    "facts/commerce/reading/files.py": "a Parquet cell that is a float is told from one that is not",
    "facts/commerce/sample/demand.py": "weights of seasons in a generated history",
    "facts/commerce/sample/orders.py": "chances in a generated history",
    "facts/commerce/sample/shops.py": "weights of sellers in a generated history",
    "facts/commerce/sample/words.py": "weights of words in a generated history",
    "judgement/risk/brushing/": "chances and bits of fake orders",
    "judgement/risk/chance.py": "chances and bits",
    "judgement/risk/models/": "statistics: chances, log-odds, shares; an amount is never reckoned",
    "judgement/risk/recall.py": "shares found",
    "judgement/risk/suspects/reading.py": "bits",
    "judgement/risk/takeover/": "chances and bits of take-overs",
    "judgement/risk/rings/": "weights of links, chances and bits of rings",
    "scenarios/replay/driver.py": "seconds of real time",
}
SQL = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+.*\sSET|DELETE\s+FROM)\b", re.DOTALL
)
SQL_PLACES = ("core/", "store.py", "report_store.py", "ledger/verify.py")


@cache
def sources() -> tuple[tuple[str, str, ast.Module], ...]:
    """Every module of the package: its path inside it, its text and its tree."""
    found = []
    for file in sorted(PACKAGE.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        found.append((file.relative_to(PACKAGE).as_posix(), text, ast.parse(text)))
    return tuple(found)


def nodes(*kinds: type[ast.AST]) -> Iterator[tuple[str, Any]]:
    """Every node of these kinds with its place."""
    for path, _, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, kinds):
                yield f"{path}:{getattr(node, 'lineno', 0)}", node


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def test_no_function_is_longer_than_a_page() -> None:
    long = [
        f"{place} {node.name} {node.end_lineno - node.lineno + 1}"
        for place, node in nodes(*FUNCTIONS)
        if node.end_lineno - node.lineno + 1 > FUNCTION_LINES_MOST
    ]
    assert long == []


def test_the_median_function_is_short() -> None:
    lengths = sorted(node.end_lineno - node.lineno + 1 for _, node in nodes(*FUNCTIONS))
    assert lengths[len(lengths) // 2] <= 12


def test_no_file_is_longer_than_its_limit() -> None:
    places = [*PACKAGE.rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    long = {
        file.relative_to(ROOT).as_posix(): lines
        for file in places
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > FILE_LINES_MOST
    }
    assert long == {}


def test_every_public_thing_says_what_it_is() -> None:
    bare = [path for path, text, tree in sources() if text.strip() and not ast.get_docstring(tree)]
    for place, node in nodes(ast.ClassDef, *FUNCTIONS):
        inner = isinstance(node, FUNCTIONS) and node.name.startswith("__")
        if not node.name.startswith("_") and not inner and not ast.get_docstring(node):
            bare.append(f"{place} {node.name}")
    private = {
        f"{path}:{method.lineno} {method.name}"
        for path, _, tree in sources()
        for outer in ast.walk(tree)
        if isinstance(outer, (ast.ClassDef, *FUNCTIONS))
        and (outer.name.startswith("_") or isinstance(outer, FUNCTIONS))
        for method in ast.walk(outer)
        if isinstance(method, (ast.ClassDef, *FUNCTIONS)) and method is not outer
    }
    assert sorted(set(bare) - private) == []


def test_names_say_what_a_thing_is() -> None:
    bad = []
    for path, _, tree in sources():
        words = set(re.split(r"[/_.]", path.removesuffix(".py")))
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                words |= {w.lower() for w in re.findall(r"[A-Z][a-z]+", node.name)}
        bad += [f"{path}: {word}" for word in sorted(words & NAMES_BANNED)]
    assert bad == []


def test_no_float_touches_money() -> None:
    """No float literal, call or annotation below the interfaces, but where no amount is near."""
    found = []
    for place, node in nodes(ast.Constant, ast.Name):
        path = place.partition(":")[0]
        if path.startswith(("interfaces/", *FLOATS_ALLOWED)):
            continue
        literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
        if literal or (isinstance(node, ast.Name) and node.id == "float"):
            found.append(place)
    assert found == []


def test_every_exception_for_floats_is_used() -> None:
    used = {
        place.partition(":")[0]
        for place, node in nodes(ast.Constant, ast.Name)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
    }
    assert [each for each in FLOATS_ALLOWED if not any(p.startswith(each) for p in used)] == []


def test_only_the_clock_asks_the_system_for_the_time() -> None:
    asked = re.compile(
        r"datetime\.(now|utcnow|today)\(|date\.today\(|\btime\.(time|time_ns|localtime)\("
    )
    found = [
        f"{path}: {match[0]}"
        for path, text, _ in sources()
        if path != "core/clock.py"
        for match in asked.finditer(text)
    ]
    assert found == []


def test_sql_stands_in_stores_and_the_core_only() -> None:
    found = [
        place
        for place, node in nodes(ast.Constant)
        if isinstance(node.value, str)
        and SQL.search(node.value)
        and not place.partition(":")[0].startswith(SQL_PLACES[0])
        and not place.partition(":")[0].endswith(SQL_PLACES[1:])
        and not place.partition(":")[0].startswith("interfaces/cli/bench/")
    ]
    assert found == []


def test_a_use_case_neither_commits_nor_opens_a_connection() -> None:
    """Below the interfaces only the drivers of work and of replays begin transactions."""
    allowed = ("core/", "scenarios/replay/driver.py", "interfaces/", "app.py")
    found = [
        place
        for place, node in nodes(ast.Attribute)
        if node.attr in ("begin", "commit", "rollback")
        and not place.startswith(allowed)
        and not isinstance(getattr(node.value, "id", None), str)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("unfinished work", r"\b(TODO|FIXME|XXX|HACK)\b|raise NotImplementedError"),
        ("a place of one machine", r"/(home|root|Users)/\w+|/work/"),
        ("a print", r"^\s*print\("),
        ("a silenced check", r"# (type: ignore|noqa)(?!\[|:)"),
    ],
)
def test_nothing_is_left_lying(what: str, pattern: str) -> None:
    expression = re.compile(pattern, re.MULTILINE)
    texts = [
        *((path, text) for path, text, _ in sources()),
        *((f.name, f.read_text(encoding="utf-8")) for f in PACKAGE.rglob("*.sql")),
        *((f.name, f.read_text(encoding="utf-8")) for f in PACKAGE.rglob("texts/*.toml")),
    ]
    found = [f"{path}: {m[0]}" for path, text in texts for m in expression.finditer(text)]
    if what == "a print":
        found = [place for place in found if not place.startswith("interfaces/cli/")]
    assert found == [], what


def test_the_core_is_a_shut_list() -> None:
    """What knows no finance stays small: a new file here is a decision."""
    known = {
        "__init__", "access", "clock", "columns", "crypto", "db", "errors", "events", "expr", "fields",
        "i18n",
        "idempotency", "ids", "lane", "log", "machine", "migrate", "money", "once", "outbox", "passkey", "postgres",
        "settings", "webhooks", "work", "worlds",
    }  # fmt: skip
    found = {file.stem for file in (PACKAGE / "core").iterdir() if file.name != "__pycache__"}
    assert found == known
