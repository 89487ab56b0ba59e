"""Which rails there are: those of the house, those that ship as simulators, and plug-ins.

A plug-in is a function `(name, setting) -> Rail`, named by an entry point of the group
`huoshui.rails` or as `module:function`. Live money only ever goes to rails set up for it; the
sandbox has the simulators besides.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import cast

from huoshui.core.errors import Problem
from huoshui.lines.payments.rails.internal import INTERNAL
from huoshui.lines.payments.rails.model import Capabilities, Rail
from huoshui.lines.payments.rails.simulated.abilities import SIMULATED

GROUP = "huoshui.rails"
Make = Callable[[str, Mapping[str, str]], Rail]

_sandbox: dict[str, Rail] = {}
_live: dict[str, Rail] = {}


class UnknownRail(Problem):
    """No such rail, or none that can be asked; the problem lists those that exist."""

    code = "unknown_rail"
    status = 422


class BadRailSetting(Problem):
    """A rail's setting is missing or wrong; the problem never repeats a secret."""

    code = "bad_rail_setting"
    status = 422


class WrongSignature(Problem):
    """An inbound webhook is not signed by the rail that it names."""

    code = "wrong_signature"
    status = 401


def register(rail: Rail, *, live: bool = False) -> None:
    """Let a rail be used under its name from now on; the same name again takes its place."""
    (_live if live else _sandbox)[rail.name] = rail


def forget(name: str) -> None:
    """Let a rail be used no more."""
    _sandbox.pop(name, None)
    _live.pop(name, None)


def rail(name: str, *, live: bool = False) -> Rail:
    """The plug-in of an outside rail. Raises UnknownRail, also for a rail of the house."""
    rails = _live if live else _sandbox
    found = rails.get(name)
    if found is None:
        raise UnknownRail(rail=name[:64], known=", ".join(sorted(rails)) or "-")
    return found


def capabilities(name: str) -> Capabilities:
    """What a rail can do. Raises UnknownRail."""
    for rails in (_live, _sandbox):
        if name in rails:
            return rails[name].capabilities
    found = INTERNAL.get(name) or SIMULATED.get(name)
    if found is None:
        raise UnknownRail(rail=name[:64], known=", ".join(names()))
    return found


def names() -> tuple[str, ...]:
    """Every rail there is: those of the house first."""
    return (*INTERNAL, *outside())


def outside() -> tuple[str, ...]:
    """The rails that are asked over the network."""
    return tuple(sorted(SIMULATED.keys() | _live.keys() | _sandbox.keys()))


def is_ready(name: str, *, live: bool) -> bool:
    """Whether a rail can be asked in this world."""
    return name in (_live if live else _sandbox)


def ready(*, live: bool) -> tuple[str, ...]:
    """The rails that can be asked in this world, by this program."""
    return tuple(sorted(_live if live else _sandbox))


def load(settings: Mapping[str, Mapping[str, str]]) -> None:
    """Set up the rails of the settings: `plugin` names the code, `live = "true"` live money.

    Raises BadRailSetting.
    """
    for name, setting in settings.items():
        if name in INTERNAL:
            raise BadRailSetting(rail=name, reason="the ledger settles it")
        made = _plugin(name, setting.get("plugin", "simulated"))(name, setting)
        if made.name != name:
            raise BadRailSetting(rail=name, reason=f"the plug-in calls itself {made.name}")
        register(made, live=setting.get("live") == "true")


def _plugin(rail: str, name: str) -> Make:
    if name == "simulated":
        from huoshui.lines.payments.rails.simulated import client

        return client.make
    try:
        if ":" in name:
            module, _, function = name.partition(":")
            return cast(Make, getattr(importlib.import_module(module), function))
        for entry in entry_points(group=GROUP, name=name):
            return cast(Make, entry.load())
    except (ImportError, AttributeError) as error:
        raise BadRailSetting(rail=rail, reason=f"{name}: {error}") from error
    raise BadRailSetting(rail=rail, reason=f"{name}: no entry point of {GROUP}")
