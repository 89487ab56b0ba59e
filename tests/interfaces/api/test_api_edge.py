"""The reference wallet and till as programs: they pay with the server off, and deposit once it is on."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from litestar import Litestar

from edge.till import Till
from huoshui.core.worlds import LIVE
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.devices import Devices

ROOT = Path(__file__).resolve().parents[3]


def edge(home: Path, device: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run one command of a device."""
    command = [sys.executable, "-m", "edge", device, "--home", str(home / device), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


@contextmanager
def serving(app: Litestar, port: int) -> Iterator[None]:
    """The application on a real port, while this lasts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        config = uvicorn.Config(app, port=port, log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        until = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < until
            time.sleep(0.01)
        yield
        server.should_exit = True
        thread.join(20)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def test_two_programs_pay_with_the_server_off_and_deposit_once_it_is_on(
    open_tenant: Callable[..., Tenant], app: Litestar, tmp_path: Path
) -> None:
    tenant = open_tenant(LIVE)  # whose clock nobody moves: programs go by the machine's
    devices = Devices(tenant, tmp_path)
    port = free_port()
    for amount in (700, 800):
        invoice = edge(tmp_path, "till", "invoice", "--amount", str(amount)).stdout.strip()
        voucher = edge(tmp_path, "wallet", "pay", invoice).stdout.strip()
        assert edge(tmp_path, "till", "accept", voucher).returncode == 0
    asked = ("deposit", "--server", f"http://127.0.0.1:{port}", "--key", tenant.key)
    off = edge(tmp_path, "till", *asked)
    assert off.returncode == 3 and "unreachable" in off.stderr
    with serving(app, port):
        wrong = edge(tmp_path, "till", *asked[:-1], "hs_test_" + "A" * 32)
        assert wrong.returncode == 2 and "wrong_key" in wrong.stderr
        on = edge(tmp_path, "till", *asked)
        again = edge(tmp_path, "till", *asked)
    told = [json.loads(line) for line in on.stdout.splitlines()]
    assert [(each["outcome"], each["paid"]) for each in told] == [
        ("deposited", 700), ("deposited", 800),
    ]  # fmt: skip
    assert again.stdout.strip() == ""
    assert Till(tmp_path / "till").waiting() == []
    assert tenant.nets()[f"wallet:{devices.buyer}"] == 98_500
