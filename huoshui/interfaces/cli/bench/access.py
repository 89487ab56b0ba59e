"""What guarding costs: a key looked up, a password checked, a passkey's row found, a request noted."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import uuid4

from huoshui.core import access
from huoshui.core.access import passwords
from huoshui.core.access.requests import RequestLog
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX, Worlds
from huoshui.interfaces.cli.bench.figures import Measured, Target, percentile
from huoshui.interfaces.cli.replaying import open_default_book

_ROUNDS, _ROUNDS_QUICK = 2_000, 300
_PASSWORDS, _PASSWORDS_QUICK = 20, 5


def measure(settings: Settings, quick: bool) -> Measured:
    """The door's own costs, and how many operations declare what bounds them."""
    from huoshui.interfaces.api import HANDLERS
    from huoshui.interfaces.api.contract import contract_of

    rounds = _ROUNDS_QUICK if quick else _ROUNDS
    contracts = [contract_of(handler) for handler in HANDLERS]
    worlds = Worlds.start(settings)
    try:
        with worlds.database(SANDBOX).begin() as tx:
            open_default_book(tx)
            _, text = access.make_key(tx, SANDBOX, "bench", frozenset({"facts:read"}))
            lookups = _timed(rounds, lambda: access.who(tx, text))
            access.revoke(tx, access.who(tx, text).key_id)
        log = RequestLog(worlds.database)
        notes = _timed(rounds, lambda: _note(log))
    finally:
        worlds.close()
    hashed = passwords.hash_password("correct horse battery")
    checks = _timed(
        _PASSWORDS_QUICK if quick else _PASSWORDS,
        lambda: passwords.password_matches(hashed, "correct horse batterY"),
    )
    figures = {
        "operations_bounded": len(contracts),
        "operations_for_organisations": sum(c.bound != "book" for c in contracts),
        "key_lookup_p50_us": percentile(lookups, 50) * 1e6,
        "request_noted_p50_us": percentile(notes, 50) * 1e6,
        "password_check_p50_ms": percentile(checks, 50) * 1e3,
    }
    # A guess of a password must cost: argon2id is to take its time.
    return Measured(figures, {"password_check_p50_ms": Target(at_least=10)})


def _note(log: RequestLog) -> None:
    log.note(
        SANDBOX, 1, key_id=uuid4(), caller="bench", method="GET", path="/v1/orders", status=200,
        took_us=1, request_id="0" * 16,
    )  # fmt: skip


def _timed(rounds: int, call: Callable[[], object]) -> list[float]:
    found = []
    for _ in range(rounds):
        begun = time.perf_counter()
        call()
        found.append(time.perf_counter() - begun)
    return found
