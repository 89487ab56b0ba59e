"""`huoshui` as processes that need not import it again: each is forked from one that has.

Most of what a command takes is its imports, 0.7 s of work each time. A command started here is a process
of its own all the same, with its own environment, folder, streams and exit status. What runs on until it
is told to end (`serve`, `listen` and their like) is started as anybody starts it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
_CLIENT = """#!{python} -IS
import json, os, socket, struct, sys
if sys.argv[1:2] and sys.argv[1] in ("serve", "demo", "listen", "webhooks", "rails"):
    os.execv({python!r}, [{python!r}, "-m", "huoshui", *sys.argv[1:]])
asked = socket.socket(socket.AF_UNIX)
asked.connect({socket!r})
body = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(asked, [struct.pack("!I", len(body))], [0, 1, 2])
asked.sendall(body)
os._exit(int(asked.makefile().read() or 1))
"""


@contextlib.contextmanager
def forking(folder: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    """A `huoshui` to be put first on a PATH; what it is forked from ends with the context.

    `folder` must have a short path: the name of a socket has at most a hundred letters.
    """
    folder.mkdir(parents=True)
    name = str(folder / "s")
    command = folder / "huoshui"
    command.write_text(_CLIENT.format(python=sys.executable, socket=name), encoding="utf-8")
    command.chmod(0o755)
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.forked", name],
        cwd=ROOT, env={**environment, "PYTHONPATH": str(ROOT)}, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        yield command
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.communicate()


def serve(name: str) -> None:
    """Import all of it, then fork for each command that is asked for."""
    import huoshui.app  # noqa: F401  # what is forked below has it

    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(name)
        door.listen(64)
        print("ready", flush=True)
        while True:
            asked, _ = door.accept()
            if os.fork() == 0:
                door.close()
                _answer(asked)
            asked.close()


def _answer(asked: socket.socket) -> NoReturn:
    """Run what is asked in a process of its own and say how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    head, streams, _, _ = socket.recv_fds(asked, 4, 3)
    size, body = struct.unpack("!I", head)[0], b""
    while len(body) < size:
        body += asked.recv(size - len(body))
    child = os.fork()
    if child == 0:
        arguments, folder, environment = json.loads(body)
        _become(arguments, folder, environment, streams)
    for stream in streams:
        os.close(stream)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    asked.sendall(str(code if code >= 0 else 128 - code).encode())
    os._exit(0)


def _become(
    arguments: list[str], folder: str, environment: dict[str, str], streams: list[int]
) -> NoReturn:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, 256)
    # As an interpreter opens them: what is an error is written at once.
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, encoding="utf-8", closefd=False)  # noqa: SIM115
    random.seed()
    sys.argv = ["huoshui", *arguments]
    os._exit(_run())


def _run() -> int:
    from huoshui.app import main

    try:
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    serve(sys.argv[1])
