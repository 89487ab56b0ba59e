"""The commands of `huoshui disputes`, `huoshui devices`, `huoshui mandates`, and their arguments.

What a command does is imported as it runs: every other one starts without it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.validators import Number

from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli.ledgering import Where

Add = Callable[[App, str, Callable[..., None]], None]
Limit = Annotated[int, Parameter(validator=Number(gte=1, lte=1000))]


def add_disputes(app: App, settings: Settings, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""

    def list_(
        *,
        state: str = "",
        rail: str = "",
        limit: Limit = 50,
        world: str = SANDBOX,
        book: int = 1,
        json: bool = False,
    ) -> None:
        from huoshui.interfaces.cli import disputing

        disputing.run_list(settings, Where(world, book), state, rail, limit, json=json)

    def show(dispute: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import disputing

        disputing.run_show(settings, Where(world, book), dispute, json=json)

    def give(
        dispute: str,
        file: Path,
        *,
        note: str = "",
        world: str = SANDBOX,
        book: int = 1,
        json: bool = False,
    ) -> None:
        from huoshui.interfaces.cli import disputing

        disputing.run_give(settings, Where(world, book), dispute, file, note, json=json)

    def take(dispute: str, number: int, to: Path, *, world: str = SANDBOX, book: int = 1) -> None:
        from huoshui.interfaces.cli import disputing

        disputing.run_take(settings, Where(world, book), dispute, number, to)

    def submit(
        dispute: str,
        *,
        sent_as: str = "",
        world: str = SANDBOX,
        book: int = 1,
        json: bool = False,
    ) -> None:
        from huoshui.interfaces.cli import disputing

        disputing.run_submit(settings, Where(world, book), dispute, sent_as, json=json)

    def accept(dispute: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import disputing

        disputing.run_accept(settings, Where(world, book), dispute, json=json)

    for function in (list_, show, give, take, submit, accept):
        add(app, f"disputes.{function.__name__.rstrip('_')}", function)


def add_devices(app: App, settings: Settings, add: Add) -> None:
    """The group's commands."""

    def list_(
        *,
        party: str = "",
        role: str = "",
        state: str = "",
        limit: Limit = 50,
        world: str = SANDBOX,
        book: int = 1,
        json: bool = False,
    ) -> None:
        from huoshui.interfaces.cli import devicing

        asked = devicing.DevicesAsked(party, role, state, limit)
        devicing.run_devices(settings, Where(world, book), asked, json=json)

    def show(device: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import devicing

        devicing.run_device(settings, Where(world, book), device, json=json)

    for function in (list_, show):
        add(app, f"devices.{function.__name__.rstrip('_')}", function)
    _add_device_acts(app, settings, add)


def _add_device_acts(app: App, settings: Settings, add: Add) -> None:
    def freeze(
        device: str,
        *,
        reason: str = "suspected",
        world: str = SANDBOX,
        book: int = 1,
        json: bool = False,
    ) -> None:
        from huoshui.interfaces.cli import devicing
        from huoshui.lines.payments.devices import service as devices

        devicing.run_device_act(
            settings, Where(world, book), device,
            lambda tx, found: devices.freeze(tx, found.id, reason[:40]), json=json,
        )  # fmt: skip

    def thaw(device: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import devicing
        from huoshui.lines.payments.devices import service as devices

        devicing.run_device_act(
            settings, Where(world, book), device,
            lambda tx, found: devices.thaw(tx, found.id), json=json,
        )  # fmt: skip

    def revoke(
        device: str,
        *,
        cause: Literal["lost", "stolen", "retired"],
        world: str = SANDBOX,
        book: int = 1,
        json: bool = False,
    ) -> None:
        from huoshui.interfaces.cli import devicing
        from huoshui.lines.payments.devices import service as devices

        devicing.run_device_act(
            settings, Where(world, book), device,
            lambda tx, found: devices.revoke(tx, found.id, cause), json=json,
        )  # fmt: skip

    for function in (freeze, thaw, revoke):
        add(app, f"devices.{function.__name__}", function)


def add_mandates(app: App, settings: Settings, add: Add) -> None:
    """The group's commands."""

    def list_(
        *,
        payer: str = "",
        merchant: str = "",
        state: str = "",
        limit: Limit = 50,
        world: str = SANDBOX,
        book: int = 1,
        json: bool = False,
    ) -> None:
        from huoshui.interfaces.cli import devicing

        asked = devicing.MandatesAsked(payer, merchant, state, limit)
        devicing.run_mandates(settings, Where(world, book), asked, json=json)

    def show(mandate: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import devicing

        devicing.run_mandate(settings, Where(world, book), mandate, json=json)

    def page(mandate: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import devicing

        devicing.run_page(settings, Where(world, book), mandate, json=json)

    def revoke(mandate: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import devicing

        devicing.run_revoke(settings, Where(world, book), mandate, json=json)

    for function in (list_, show, page, revoke):
        add(app, f"mandates.{function.__name__.rstrip('_')}", function)
