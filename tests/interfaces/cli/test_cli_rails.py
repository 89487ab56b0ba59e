"""`huoshui rails`: the simulators as a program that is killed and comes back, health and calls told."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX, Worlds
from huoshui.lines.payments import rails
from huoshui.lines.payments.rails import Call, inbox_store, store
from tests.interfaces.cli.conftest import Shell
from tests.interfaces.cli.test_cli_server import free_port, served

CALL = {"verb": "authorise", "amount": 12_345, "currency": "CNY", "subject": "pmt_1"}


@contextmanager
def simulating(shell: Shell, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], Any]]:
    """The simulators in a process of their own, and where they serve."""
    line = shell.command("rails", "simulate", "--port", "0", "--json", *arguments)
    running = subprocess.Popen(
        line, stdout=subprocess.PIPE, text=True, cwd=shell.folder, env=shell.environment()
    )
    assert running.stdout is not None
    try:
        yield running, msgspec.json.decode(running.stdout.readline())
    finally:
        running.kill()
        running.communicate(timeout=20)


def ask(served: Any, key: str, rail: str = "card", path: str = "", **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {served['secret']}"}
    return httpx.post(
        f"{served['url']}/{rail}/calls{path}", json=CALL | {"key": key} | more, headers=headers
    )


def test_the_simulators_killed_at_any_time_know_what_they_did(shell: Shell, tmp_path: Path) -> None:
    here = ("--directory", str(tmp_path), "--late-ms", "50")
    with simulating(shell, *here) as (running, served):
        first = ask(served, "k1").json()
        assert (first["verdict"], first["amount"], first["times"]) == ("succeeded", 12_345, 1)
        try:
            ask(served, "k2", token="tok_late_success")
            raise AssertionError("the connection should break")
        except httpx.RemoteProtocolError:
            pass
        os.kill(running.pid, signal.SIGKILL)
    with simulating(shell, *here) as (_, served):
        again = ask(served, "k1").json()
        assert (again["reference"], again["times"]) == (first["reference"], 2)
        for _ in range(200):
            told = ask(served, "", path="/k2/fence").json()
            if told["verdict"] == "succeeded":
                break
        assert told["verdict"] == "succeeded"
        assert ask(served, "", path="/k3/fence").json()["code"] == "not_received"
        assert ask(served, "k3").json()["code"] == "not_received"
        ledger = httpx.get(f"{served['url']}/_sim/ledger").json()
        assert [(d["key"], d["moved"]) for d in ledger["deeds"]] == [
            ("k1", 12_345),
            ("k2", 12_345),
            ("k3", 0),
        ]
        assert ledger["doubles"] == [["k1", "k2"]], "one subject, twice the same amount"


def test_the_daily_file_of_a_rail_holds_gross_fee_and_net(shell: Shell, tmp_path: Path) -> None:
    with simulating(shell, "--directory", str(tmp_path), "--fault", "duplicate_notice=1") as (
        _,
        served,
    ):
        held = ask(served, "a").json()
        ask(served, "b", verb="capture", amount=10_000, about=held["reference"])
        ask(served, "c", verb="refund", amount=2_500, about=held["reference"])
        bad = httpx.post(f"{served['url']}/_sim/next", json={"fault": "nonsense"})
        assert (bad.status_code, bad.json()["code"]) == (422, "unknown_fault")
        httpx.post(
            f"{served['url']}/_sim/dispute", json={"reference": held["reference"], "amount": 500}
        )
        day = httpx.post(f"{served['url']}/_sim/clock", json={"advance": "0s"}).json()["now"][:10]
        text = httpx.get(f"{served['url']}/_sim/files/card/{day}.csv").text
        lines = [line.split(",") for line in text.splitlines()]
        assert [line[1] for line in lines] == ["kind", "charge", "refund", "chargeback"]
        assert [line[6:9] for line in lines[1:]] == [
            ["100.00", "0.60", "99.40"], ["-25.00", "0.00", "-25.00"], ["-5.00", "15.00", "-20.00"],
        ]  # fmt: skip
        assert (
            httpx.post(f"{served['url']}/card/calls", json=CALL | {"key": "d"}).status_code == 401
        )


def test_rails_are_listed_and_their_health_and_calls_told(shell: Shell) -> None:
    listed = {each["name"]: each for each in shell.done("rails", "list", "--json").json}
    assert listed["card"]["captures_in_parts"] and listed["points"]["internal"]
    assert "账内" in shell.done("rails", "list", HUOSHUI_LANGUAGE="zh").out
    health = shell.done("rails", "health", "--json").json
    assert {each["rail"] for each in health} == {"card", "transfer", "qr", "bank"}
    assert all(each["breaker"] == "closed" for each in health)
    assert shell.done("rails", "calls", "--json").json == []
    said = shell.run("rails", "simulate", "--fault", "lost_answer=2")
    assert said.code == 1 and "unknown_fault" in said.err and "lost_answer" in said.err


def test_a_server_sends_calls_and_takes_in_what_its_own_simulators_tell(shell: Shell) -> None:
    with served(shell, free_port()):
        worlds = Worlds.start(Settings(home=str(shell.home)))
        try:
            database = worlds.database(SANDBOX)
            with database.begin() as tx:
                calls = [
                    Call(id=tx.id("rca", token), rail="card", verb="authorise", subject=f"other_{token}",
                         tender=0, amount=700, currency="CNY", token=token)
                    for token in ("tok_ok", "tok_timeout_then_success", "tok_decline_expired_card")
                ]  # fmt: skip
                rails.queue(tx, calls)
            end = time.monotonic() + 30
            while True:
                with database.begin() as tx:
                    rows = [store.call(tx, call.id) for call in calls]
                    notices = inbox_store.page(tx)
                states = [row.state for row in rows if row]
                if states == ["succeeded", "succeeded", "declined"] and len(notices) == 3:
                    break
                assert time.monotonic() < end, (states, notices)
                time.sleep(0.1)
            with database.begin() as tx:  # in the live world nothing is set up
                assert tx.value("SELECT count(*) FROM rail_call WHERE state = 'sent'") == 0
        finally:
            worlds.close()
    assert (shell.home / "simulator" / "simulator.sqlite").exists()
    health = {each["rail"]: each for each in shell.done("rails", "health", "--json").json}
    assert (health["card"]["succeeded"], health["card"]["codes"]) == (2, {"expired_card": 1})
    assert len(shell.done("rails", "calls", "--rail", "card", "--json").json) == 3
    assert "expired_card" in shell.done("rails", "calls").out
