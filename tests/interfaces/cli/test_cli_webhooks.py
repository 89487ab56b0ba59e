"""`huoshui listen`, `trigger` and `webhooks receive` as real processes."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from huoshui.scenarios.samples import SAMPLES
from tests.interfaces.cli.conftest import Shell
from tests.interfaces.cli.test_cli_server import free_port

PATIENCE_S = 120


@contextmanager
def running(shell: Shell, name: str, *arguments: str) -> Iterator[tuple[Path, Path]]:
    """A command under way; where it writes to. It is ended as Ctrl+C ends it.

    A shell starts what runs in its background deaf to Ctrl+C, and children inherit that: the command
    hears it, however the tests were started.
    """
    out, err = shell.folder / f"{name}.out", shell.folder / f"{name}.err"
    with out.open("w") as told, err.open("w") as said:
        command = subprocess.Popen(
            shell.command(*arguments), stdout=told, stderr=said, cwd=shell.folder,
            env=shell.environment(PYTHONUNBUFFERED="1"),
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        try:
            yield out, err
        finally:
            command.send_signal(signal.SIGINT)
            try:
                command.wait(timeout=60)
            finally:  # one that is deaf to it fails its test, and no other
                command.kill()
                command.wait()
    assert "Traceback" not in err.read_text(), err.read_text()


def until(path: Path, pattern: str) -> str:
    """What a file says, once it says this."""
    late = time.monotonic() + PATIENCE_S
    while not re.search(pattern, text := path.read_text()):
        assert time.monotonic() < late, text
        time.sleep(0.05)
    return text


def test_what_is_triggered_is_heard_forwarded_and_verified(shell: Shell) -> None:
    port = str(free_port())
    with running(shell, "receive", "webhooks", "receive", "--port", port, "--json") as (got, at):
        until(at, "Receiving")
        forward = ("--forward", f"http://127.0.0.1:{port}/in")
        with running(shell, "listen", "listen", "--json", *forward) as (heard, err):
            said = until(err, "whsec_")
            told = [msgspec.json.decode(line)
                    for name in ("order.refunded", "order.voided")
                    for line in shell.done("trigger", name, "--json").out.splitlines()]  # fmt: skip
            types = [event["type"] for event in told]
            assert types == ["tender.taken", "order.released", "order.refunded", "order.voided"]
            until(heard, told[-1]["id"])
            late = time.monotonic() + PATIENCE_S
            while len(got.read_text().splitlines()) < len(told):
                assert time.monotonic() < late
                time.sleep(0.05)
        lines = [msgspec.json.decode(line) for line in heard.read_text().splitlines()]
        assert {e["id"] for e in lines} == {e["id"] for e in told}
        assert {e["forwarded"] for e in lines} == {200}
        assert "events were heard" in err.read_text()
    received = [msgspec.json.decode(line) for line in got.read_text().splitlines()]
    assert {r["id"] for r in received} == {e["id"] for e in told}
    secret = re.search(r"whsec_\S+", said)
    assert secret and secret[0] not in shell.done("trigger", "test.triggered").out


def test_every_sample_happens_and_a_listener_leaves_nothing_behind(shell: Shell) -> None:
    with running(shell, "every", "listen", "--events", "order.*,tender.*,payment.*,test.*") as (
        heard,
        err,
    ):
        until(err, "Listening")
        for name in SAMPLES:
            assert name in shell.done("trigger", name).out
        for name in SAMPLES:
            until(heard, re.escape(name))
    with running(shell, "again", "listen", "--count", "1") as (heard, err):
        until(err, "Listening")
        shell.done("trigger", "test.triggered")
        assert until(heard, "evt_").count("evt_") == 1, "nothing of before is told again"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("trigger", "order.invented"), "unknown_sample"),
        (("trigger", "test.triggered", "--world", "live"), "live_trigger"),
        (("listen", "--events", "Everything"), "bad_event_pattern"),
        (("listen", "--forward", "file:///etc/passwd"), "bad_webhook_url"),
        (("webhooks", "receive", "--fail", "0.7", "--drop", "0.7"), "chance_out_of_range"),
        (("webhooks", "receive", "--secret", "whsec_x"), "bad_webhook_secret"),
    ],
)
def test_what_cannot_be_is_told_with_its_mend(
    shell: Shell, arguments: tuple[str, ...], code: str
) -> None:
    said = shell.run(*arguments, HUOSHUI_LANGUAGE="zh")
    assert said.code == 1 and code in said.err and re.search("[一-鿿]", said.err)
    assert list(SAMPLES) == shell.done("trigger", "--json").json
