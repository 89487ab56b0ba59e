"""Snippets of the documentation: what a reader would type, and what the page says comes back.

A fenced `console` block holds commands after `$ ` (a line that ends in a backslash goes on) and
below each the expected output. White space counts for nothing, so that long answers may be laid
out for reading, and `…` stands for anything. A command without output below it has only to end well.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from pathlib import Path

import msgspec

_BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
_PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
_LIMIT_S = 60
_END = "-- end of the answer, status "
ANYTHING = "…"


class Snippet(msgspec.Struct, frozen=True):
    """A command of a page and what should come back."""

    page: str
    command: str
    expected: str


def snippets(page: Path) -> list[Snippet]:
    """The commands of a page, in order."""
    found: list[Snippet] = []
    for block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, expected = _cut(part)
            found.append(Snippet(f"{page.parent.name}/{page.name}", command, expected))
    return found


def programs(page: Path) -> list[str]:
    """The Python programs of a page."""
    return _PYTHON.findall(page.read_text(encoding="utf-8"))


def agrees(expected: str, found: str) -> bool:
    """Whether an output is what a page says, white space and `…` aside."""
    parts = [re.escape("".join(part.split())) for part in expected.split(ANYTHING)]
    return re.fullmatch(".*?".join(parts), "".join(found.split()), re.DOTALL) is not None


def _cut(part: str) -> tuple[str, str]:
    lines = part.splitlines()
    end = 1
    while _goes_on(lines[:end]):
        end += 1
    return "\n".join(lines[:end]), "\n".join(lines[end:])


def _goes_on(lines: list[str]) -> bool:
    """Whether a command is not complete yet: a backslash, an open quotation, an open document."""
    if "<<'END'" in lines[0]:
        return lines[-1] != "END"
    return lines[-1].endswith("\\") or "\n".join(lines).count("'") % 2 == 1


class Shell:
    """One shell in which the commands of a page follow each other, variables and all."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._shell = subprocess.Popen(
            ["bash", "--norc"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )

    def run(self, command: str) -> tuple[str, int]:
        """A command's output, both streams together, and its exit status."""
        # A command that waits for ever ends the shell, and with it the reading below.
        clock = threading.Timer(_LIMIT_S, self._kill)
        clock.start()
        try:
            return self._run(command)
        finally:
            clock.cancel()

    def _run(self, command: str) -> tuple[str, int]:
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(f"{command}\nprintf '\\n{_END}%d\\n' $?\n")
        self._shell.stdin.flush()
        lines: list[str] = []
        while line := self._shell.stdout.readline():
            if line.startswith(_END):
                return "".join(lines).strip(), int(line.removeprefix(_END))
            lines.append(line)
        raise AssertionError(f"the shell ended in: {command}")

    def _kill(self) -> None:
        os.killpg(self._shell.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the shell."""
        self._shell.communicate("exit\n", timeout=10)
