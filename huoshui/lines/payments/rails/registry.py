"""Which rails there are: those of the house, those that ship as simulators, and plug-ins."""

from __future__ import annotations

from huoshui.core.errors import Problem
from huoshui.lines.payments.rails.internal import INTERNAL
from huoshui.lines.payments.rails.model import Capabilities, Rail
from huoshui.lines.payments.rails.simulated.abilities import SIMULATED

_rails: dict[str, Rail] = {}


class UnknownRail(Problem):
    """No such rail, or none that can be asked; the problem lists those that exist."""

    code = "unknown_rail"
    status = 422


def register(rail: Rail) -> None:
    """Let a rail be used under its name from now on; the same name again takes its place."""
    _rails[rail.name] = rail


def forget(name: str) -> None:
    """Let a rail be used no more."""
    _rails.pop(name, None)


def rail(name: str) -> Rail:
    """The plug-in of an outside rail. Raises UnknownRail, also for a rail of the house."""
    found = _rails.get(name)
    if found is None:
        raise UnknownRail(rail=name, known=", ".join(sorted(_rails)) or "-")
    return found


def capabilities(name: str) -> Capabilities:
    """What a rail can do. Raises UnknownRail."""
    if name in _rails:
        return _rails[name].capabilities
    found = INTERNAL.get(name) or SIMULATED.get(name)
    if found is None:
        raise UnknownRail(rail=name, known=", ".join(names()))
    return found


def names() -> tuple[str, ...]:
    """Every rail there is: those of the house first."""
    return (*INTERNAL, *sorted(SIMULATED.keys() | _rails.keys()))


def outside() -> tuple[str, ...]:
    """The rails that are asked over the network."""
    return tuple(name for name in names() if not capabilities(name).internal)
