"""The command line as a person meets it: processes of their own upon one real home."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from tests.forked import forking

ROOT = Path(__file__).parents[3]
COMMAND_S = 60


class Said(NamedTuple):
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON document and nothing else."""
        return msgspec.json.decode(self.out)


class Shell:
    """Runs `huoshui` in a working folder and home of its own."""

    def __init__(self, folder: Path, forked: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self._forked = forked

    def environment(self, **extra: str) -> Mapping[str, str]:
        """A plain environment: English, this home, and no server of somebody else's."""
        kept = {
            n: v for n, v in os.environ.items() if not n.startswith(("HUOSHUI_", "LC_", "LANG"))
        }
        for name in ("DATABASE_URL", "PYTHONDONTWRITEBYTECODE"):
            kept.pop(name, None)
        own = {"HUOSHUI_HOME": str(self.home), "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore",
               "PYTHONPYCACHEPREFIX": str(self.folder / "compiled")}  # fmt: skip
        return kept | own | extra

    def command(self, *arguments: str) -> list[str]:
        """The command's line."""
        return [sys.executable, "-m", "huoshui", *arguments]

    def run(self, *arguments: str, **extra: str) -> Said:
        """Run a command to its end."""
        done = subprocess.run(
            [str(self._forked), *arguments],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.environment(**extra),
            timeout=COMMAND_S,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Said(done.returncode, done.stdout, done.stderr)

    def done(self, *arguments: str, **extra: str) -> Said:
        """Run a command that succeeds."""
        said = self.run(*arguments, **extra)
        assert said.code == 0, said
        return said


@pytest.fixture(scope="session")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A `huoshui` that starts at once."""
    folder = tmp_path_factory.mktemp("f")
    with forking(folder / "f", Shell(folder, folder).environment()) as command:
        yield command


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory, forked: Path) -> Iterator[Shell]:
    """A home whose PostgreSQL is stopped at the end."""
    shell = Shell(tmp_path_factory.mktemp("cli"), forked)
    yield shell
    shell.run("down")


@pytest.fixture(scope="module")
def own_shell(tmp_path_factory: pytest.TempPathFactory, forked: Path) -> Iterator[Shell]:
    """A home of a module's own, with live books that nobody else posted in."""
    shell = Shell(tmp_path_factory.mktemp("own"), forked)
    shell.done("open", "Market", "--world", "live")
    yield shell
    shell.run("down")


@pytest.fixture(scope="session")
def sample(shell: Shell) -> Path:
    """A small generated marketplace."""
    directory = shell.folder / "sample"
    made = shell.done("sample", str(directory), "--orders", "40", "--seed", "5", "--json").json
    assert (made["orders"], made["seed"]) == (40, 5)
    assert (directory / "orders.csv.gz").exists()
    return directory
