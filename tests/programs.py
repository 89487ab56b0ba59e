"""The product's own programs as real processes, which a test may kill and start again.

A home of its own for each: its PostgreSQL, its settings file and its ports are shared with nobody.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx

from huoshui.core import db
from huoshui.core.settings import Settings

ROOT = Path(__file__).parents[1]
READY_S = 180  # the machine may be busy with other things


def free_port() -> int:
    """A port that nobody listens on, outside the range from which the system lends: it stays free
    while its program is dead."""
    while True:
        port = random.randrange(15_000, 30_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder for a home: not within pytest's, which another run may shut to PostgreSQL's user."""
    path = Path(tempfile.mkdtemp(prefix="huoshui-programs-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def environment(home: Path, **extra: str) -> Mapping[str, str]:
    """A plain environment: this home, and no server of somebody else's."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith("HUOSHUI_")}
    kept.pop("DATABASE_URL", None)
    own = {"HUOSHUI_HOME": str(home), "HUOSHUI_LANGUAGE": "en", "PYTHONPATH": str(ROOT)}
    return kept | own | extra


def careless(url: str) -> None:
    """Spare the disk: what a SIGKILL leaves is there without a sync; only a power cut needs it."""
    with db.admin(url) as execute:
        execute("ALTER SYSTEM SET fsync = off")
        execute("SELECT pg_reload_conf()")


class Program:
    """`huoshui ARGUMENTS` in a folder, answering at `url`; what it logs goes to a file there."""

    def __init__(self, folder: Path, port: int, probe: str, arguments: list[str]) -> None:
        self.folder = folder
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.kills = 0
        self._probe = probe
        self._arguments = arguments
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        log = (self.folder / f"{self._arguments[0]}.log").open("ab")
        self._running = subprocess.Popen(
            [sys.executable, "-m", "huoshui", *self._arguments],
            cwd=self.folder,
            env=environment(self.folder / "home", HUOSHUI_PORT=str(self.port)),
            stdout=log,
            stderr=log,
        )
        log.close()
        wait_until(self._answers, f"{self._arguments[0]} does not answer")

    def _answers(self) -> bool:
        assert self._running is None or self._running.poll() is None, "it ended by itself"
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(self.url + self._probe, timeout=5).status_code == 200
        return False

    def kill(self) -> None:
        """SIGKILL, as the kernel ends what takes too much memory."""
        assert self._running is not None
        assert self._running.poll() is None, "it ended by itself"
        self._running.kill()
        self._running.wait()
        self.kills += 1

    def stop(self) -> None:
        """Let it end in order."""
        if self._running is None or self._running.poll() is not None:
            return
        self._running.terminate()
        try:
            self._running.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()


def server(folder: Path, port: int) -> Program:
    """`huoshui serve` upon the home in a folder."""
    return Program(folder, port, "/health", ["serve"])


def kill_postgres(settings: Settings) -> None:
    """SIGKILL to the postmaster and all that it started, as a loss of power would end them."""
    pid = int((settings.home_path / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGSTOP)  # it starts nobody more
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    everyone = [pid, *map(int, children)]
    for each in everyone:
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
    while any(_state(each) != "Z" for each in everyone):
        time.sleep(0.01)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (OSError, IndexError):
        return "Z"


def wait_until(holds: Callable[[], bool], otherwise: str, within_s: int = READY_S) -> None:
    """Until something holds; fails with `otherwise` after a time that no machine needs."""
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until, otherwise
        time.sleep(0.05)
