"""The snippets of the documentation run, in a state directory of their own, and say what they say.

The pages of both languages hold the same commands (see test_pages), so the English ones run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.console import Shell, Snippet, agrees, programs, snippets
from tests.docs.parts import DOCS, ROOT
from tests.forked import forking

PAGES = (
    "start",
    "concepts",
    "replay",
    "money-flow",
    "settlement",
    "reconciliation",
    "ledger",
    "proof",
    "api",
    "payments",
    "checkout",
    "allocation",
    "expressions",
    "operating",
    "rails",
    "webhooks",
    "access",
    "lending",
    "factoring",
    "facilities",
    "own-pages",
    "pay-later",
    "loan-day",
    "decisions",
    "rings",
    "features",
    "whatif",
    "models",
)
USUAL_PORT = "8420"


@pytest.fixture
def shell(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shell that knows `huoshui`, with a server that answers at HUOSHUI_PORT."""
    port = 18_000 + os.getpid() % 10_000
    environment = {name: text for name, text in os.environ.items() if "HUOSHUI" not in name}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HUOSHUI_HOME": str(tmp_path / ".huoshui"),
        "HUOSHUI_PORT": str(port),
        "HUOSHUI_LANGUAGE": "en",
        "COLUMNS": "100",
    }
    environment.pop("DATABASE_URL", None)
    with forking(tmp_path_factory.mktemp("h") / "h", environment) as command:
        environment["PATH"] = f"{command.parent}:{environment['PATH']}"
        (tmp_path / "huoshui").symlink_to(ROOT / "huoshui")  # pages name files of products
        opened = Shell(tmp_path, environment)
        yield opened
        opened.run("huoshui down")
        opened.close()


def wrong(shell: Shell, snippet: Snippet, port: str) -> str:
    """What is wrong with a snippet, or nothing."""
    found, status = shell.run(snippet.command.replace(USUAL_PORT, port))
    found = found.replace(port, USUAL_PORT)
    good = agrees(snippet.expected, found) if snippet.expected.strip() else status == 0
    return "" if good else f"{snippet.page}: {snippet.command}\n{found}\n(status {status})"


def serve(shell: Shell) -> str:
    """Start the server of the pages; the port at which it answers."""
    shell.run("huoshui serve > serve.log 2>&1 &")
    for _ in range(200):
        port, _ = shell.run(
            "grep -so 'is at http://127.0.0.1:[0-9]*' serve.log | grep -o '[0-9]*$'"
        )
        if port.isdigit():
            shell.run(f"curl -s --retry 50 --retry-connrefused http://127.0.0.1:{port}/health")
            return port
        time.sleep(0.2)
    raise AssertionError(shell.run("cat serve.log")[0])


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("curl"), reason="the pages use curl")
def test_what_a_reader_types_answers_what_the_pages_say(shell: Shell) -> None:
    faults = []
    port = USUAL_PORT
    for name in PAGES:
        for snippet in snippets(DOCS / "en" / f"{name}.md"):
            if "127.0.0.1" in snippet.command and port == USUAL_PORT:
                port = serve(shell)
            faults.append(wrong(shell, snippet, port))
    assert "\n\n".join(filter(None, faults)) == ""


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_programs_of_the_pages_run(lang: str, tmp_path: Path) -> None:
    for page in sorted((DOCS / lang).glob("*.md")):
        for program in programs(page):
            subprocess.run(
                [sys.executable, "-c", program],
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                check=True,
                capture_output=True,
                timeout=60,
            )
