"""Two real processes pay each other over a local socket, killed at moments that a seed chooses."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from edge.clock import now_ms
from edge.protocol import Acceptance, Voucher, opened, parted, peeked, public_text
from edge.till import Till
from edge.wallet import Wallet
from tests.edge.ground import DAY, Issuer

ROOT = Path(__file__).resolve().parents[2]
NOW = {"begins": now_ms() - DAY, "ends": now_ms() + DAY}


class Devices:
    """A wallet and a till as programs, with a certificate each."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.issuer = Issuer()
        self.set_up("wallet", "byr_1", single=10_000, cumulative=10_000_000, lower=90, upper=99)
        self.set_up("till", "slr_1")

    def set_up(self, device: str, party: str, **terms: int) -> None:
        """Enrol a device and give it its certificate, as its operator does."""
        enrolment = self.run(device, "enrol", party)
        text = self.issuer.certify(enrolment, **NOW, **terms)
        file = self.home / f"{device}.json"
        file.write_text(json.dumps({"text": text, "issuer": self.issuer.public}))
        self.run(device, "load", str(file))

    def start(self, device: str, *words: str) -> subprocess.Popen[str]:
        """Start a program."""
        command = [sys.executable, "-m", "edge", device, "--home", str(self.home / device), *words]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)

    def run(self, device: str, *words: str) -> str:
        """Run a program to its good end; what it printed."""
        process = self.start(device, *words)
        said, complaint = process.communicate(timeout=60)
        assert process.returncode == 0, complaint
        return said.strip()


@pytest.fixture
def devices(tmp_path: Path) -> Devices:
    return Devices(tmp_path)


def socket_of(home: Path) -> str:
    return str(home / "s")


def ended(process: subprocess.Popen[str]) -> str:
    return process.communicate(timeout=60)[0].strip()


def test_two_programs_pay_each_other_with_the_network_cut(devices: Devices, tmp_path: Path) -> None:
    invoice = devices.run("till", "invoice", "--amount", "1200")
    bundle = devices.run("wallet", "pay", invoice)
    accepted = devices.run("till", "accept", bundle)
    assert peeked(Acceptance, accepted).at <= now_ms()
    served = devices.start("till", "serve", "--socket", socket_of(tmp_path), "--amount", "800")
    wait_for(tmp_path / "s")
    paid = devices.run("wallet", "pay", "--socket", socket_of(tmp_path))
    assert ended(served) == paid
    amounts = [json.loads(row)["amount"] for row in devices.run("till", "outbox").splitlines()]
    assert amounts == [1_200, 800]
    too_much = devices.start("wallet", "pay", devices.run("till", "invoice", "--amount", "10001"))
    assert "over_limit" in too_much.communicate(timeout=60)[1] and too_much.returncode == 2


def wait_for(place: Path) -> None:
    until = time.monotonic() + 20
    while not place.exists():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_ten_kills_lose_no_voucher_and_pay_none_twice(
    devices: Devices, tmp_path: Path, pytestconfig: Any
) -> None:
    seed = int(pytestconfig.getoption("--hypothesis-seed"))
    chance, kills = random.Random(seed), 0
    said: list[str] = []  # what a wallet was told before anybody was killed
    while kills < 10:
        place = tmp_path / f"s{kills}"
        till = devices.start("till", "serve", "--socket", str(place), "--amount", "700")
        wait_for(place)
        wallet = devices.start("wallet", "pay", "--socket", str(place))
        time.sleep(chance.uniform(0.0, 0.3))
        victim = chance.choice([till, wallet])
        kills += victim.poll() is None
        victim.kill()
        till.kill() if victim is wallet else None
        said += [text for text in [ended(wallet)] if text]
        ended(till)
    wallet_now, till_now = Wallet(tmp_path / "wallet"), Till(tmp_path / "till")
    history = wallet_now.history()
    assert [row[0] for row in history] == list(range(len(history), 0, -1)), f"seed {seed}"
    assert [row[3] for row in history] == [700 * n for n in range(len(history), 0, -1)]
    waiting = {str(name) for name, *_ in till_now.waiting()}
    assert {peeked(Acceptance, text).voucher for text in said} <= waiting
    deposit_twice(devices.issuer, till_now, chance)
    assert till_now.waiting() == []
    assert len(devices.issuer.deposited) == len(waiting) == len(till_now.receipts())
    counters = [voucher.counter for voucher in devices.issuer.deposited.values()]
    assert len(set(counters)) == len(counters) and set(counters) <= {row[0] for row in history}


def deposit_twice(issuer: Issuer, till: Till, chance: random.Random) -> None:
    """Deposit with the answer lost the first time, and each voucher's signature as it was made."""

    def lost(texts: Any) -> Any:
        shuffled = list(texts)
        chance.shuffle(shuffled)
        issuer.receive(shuffled)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        till.deposit(lost)
    till.deposit(issuer.receive)


def test_two_wallet_processes_at_once_never_use_one_counter_twice(
    devices: Devices, tmp_path: Path
) -> None:
    invoices = [devices.run("till", "invoice", "--amount", "5") for _ in range(3)]
    running = [devices.start("wallet", "pay", each) for each in invoices * 2]
    bundles = [ended(process) for process in running]
    assert bundles[:3] == bundles[3:]
    key = public_text(Wallet(tmp_path / "wallet")._state.key())
    vouchers = [opened(Voucher, parted(bundle, 2)[1], key) for bundle in bundles[:3]]
    assert sorted(v.counter for v in vouchers) == [1, 2, 3]
