"""`devices …` and `mandates …`: looked at, stopped, let go on, taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.core.settings import Settings
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.proving import opened
from huoshui.interfaces.cli.terminal import say
from huoshui.lines.payments.devices import service as devices
from huoshui.lines.payments.devices import store as device_store
from huoshui.lines.payments.devices.model import DEVICE, Device
from huoshui.lines.payments.mandates import service as mandates
from huoshui.lines.payments.mandates import store as mandate_store
from huoshui.lines.payments.mandates.model import MANDATE, Mandate

ACTOR = "cli"


class DevicesAsked(msgspec.Struct, frozen=True):
    """Which devices to list."""

    party: str
    role: str
    state: str
    limit: int


class MandatesAsked(msgspec.Struct, frozen=True):
    """Which mandates to list."""

    payer: str
    merchant: str
    state: str
    limit: int


def run_devices(settings: Settings, where: Where, asked: DevicesAsked, *, json: bool) -> None:
    """Devices, newest first."""
    with opened(settings, where.world) as database, database.begin(book=where.book) as tx:
        found = device_store.devices(tx, **msgspec.structs.asdict(asked))
    _tell_devices(found, json=json)


def run_device(settings: Settings, where: Where, ref: str, *, json: bool) -> None:
    """One device."""
    with opened(settings, where.world) as database, database.begin(book=where.book) as tx:
        found = devices.find(tx, ref)
    _tell_device(found, json=json)


def run_device_act(
    settings: Settings, where: Where, ref: str, verb: Callable[[Tx, Device], Device], *, json: bool
) -> None:
    """Freeze, thaw or revoke a device, from this moment on."""
    with opened(settings, where.world) as database:
        moved = database.run(
            lambda tx: verb(tx, devices.find(tx, ref)), book=where.book, actor=ACTOR
        )
    _tell_device(moved, json=json)


def _tell_devices(found: list[Device], *, json: bool) -> None:
    if json:
        terminal.print_json([_device(each) for each in found])
        return
    names = ("device", "role", "state", "since", "name")
    rows = [[d.shown, d.role, d.state, f"{d.state_at:%Y-%m-%d}", d.name] for d in found]
    terminal.table([say(f"devices.{name}") for name in names], rows)


def _tell_device(d: Device, *, json: bool) -> None:
    if json:
        terminal.print_json(_device(d))
        return
    rows = (("device", d.shown), ("party", d.party), ("role", d.role), ("name", d.name),
            ("state", d.state), ("reason", d.reason), ("since", f"{d.state_at:%Y-%m-%d %H:%M} UTC"),
            ("allowed", ", ".join(DEVICE.allowed(d.state))))  # fmt: skip
    terminal.fields((say(f"devices.{name}"), value) for name, value in rows)


def _device(found: Device) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(found)
    return told | {"id": found.shown, "allowed": list(DEVICE.allowed(found.state))}


def run_mandates(settings: Settings, where: Where, asked: MandatesAsked, *, json: bool) -> None:
    """Mandates, newest first."""
    with opened(settings, where.world) as database, database.begin(book=where.book) as tx:
        found = mandate_store.mandates(tx, **msgspec.structs.asdict(asked))
    _tell_mandates(found, json=json)


def run_mandate(settings: Settings, where: Where, ref: str, *, json: bool) -> None:
    """One mandate."""
    with opened(settings, where.world) as database, database.begin(book=where.book) as tx:
        found = mandates.find(tx, ref)
    _tell_mandate(found, json=json)


def run_revoke(settings: Settings, where: Where, ref: str, *, json: bool) -> None:
    """Take a payer's consent back, from this moment on."""
    with opened(settings, where.world) as database:
        moved = database.run(
            lambda tx: mandates.revoke(tx, mandates.find(tx, ref).id), book=where.book, actor=ACTOR
        )
    _tell_mandate(moved, json=json)


def run_page(settings: Settings, where: Where, ref: str, *, json: bool) -> None:
    """A fresh address of the page on which the payer consents; the one before ends."""
    with opened(settings, where.world) as database:
        found, secret = database.run(
            lambda tx: mandates.open_page(tx, mandates.find(tx, ref).id, where.world),
            book=where.book,
            actor=ACTOR,
        )
    address = f"{settings.origin.rstrip('/')}/consent/{secret}"
    if json:
        terminal.print_json({"mandate": _mandate(found), "secret": secret, "address": address})
    else:
        terminal.out.print(address, highlight=False, soft_wrap=True)


def _tell_mandates(found: list[Mandate], *, json: bool) -> None:
    if json:
        terminal.print_json([_mandate(each) for each in found])
        return
    names = ("mandate", "state", "single", "daily", "spent")
    rows = [
        [m.shown, m.state, *(_cap(n, m.currency) for n in (m.single_max, m.daily_max, m.spent))]
        for m in found
    ]
    terminal.table([say(f"mandates.{name}") for name in names], rows, numbers=(2, 3, 4))


def _tell_mandate(m: Mandate, *, json: bool) -> None:
    if json:
        terminal.print_json(_mandate(m))
        return
    rows = (
        ("mandate", m.shown), ("payer", m.payer), ("merchant", m.merchant), ("machine", m.device),
        ("state", m.state), ("single", _cap(m.single_max, m.currency)),
        ("daily", _cap(m.daily_max, m.currency)), ("total", _cap(m.total_max, m.currency)),
        ("spent", _cap(m.spent, m.currency)), ("proved", "✓" if m.proved else m.consent),
        ("allowed", ", ".join(MANDATE.allowed(m.state))),
    )  # fmt: skip
    terminal.fields((say(f"mandates.{name}"), value) for name, value in rows)


def _cap(amount: int | None, currency: str) -> str:
    return "–" if amount is None else str(Money(amount, currency))


def _mandate(found: Mandate) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(found)
    del told["secret"]
    return told | {"id": found.shown, "allowed": list(MANDATE.allowed(found.state))}
