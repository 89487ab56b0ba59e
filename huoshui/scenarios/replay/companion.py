"""What may go along with a replay: it takes the facts, has work of its own, and time behind the last fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Protocol

from huoshui.core.db import Tx
from huoshui.core.work import Run
from huoshui.facts.commerce.model import Fact
from huoshui.scenarios import due, order_flow
from huoshui.scenarios.order_flow import Taken


class Companion(Protocol):
    """What goes along with a replay."""

    @property
    def settings(self) -> list[Any]:
        """What of it makes the replay another one."""

    @property
    def tail(self) -> timedelta:
        """How long the clock runs on behind that of the history alone."""

    @property
    def work(self) -> Mapping[str, Run]:
        """All due work of the replay."""

    def begin(self, tx: Tx) -> None:
        """The world is made, and nothing has happened in it."""

    def take(self, tx: Tx, facts: Sequence[Fact]) -> Taken:
        """Facts that became known."""


class Alone:
    """The history alone."""

    settings: ClassVar[list[Any]] = []
    tail = timedelta(0)
    work: Mapping[str, Run] = due.WORK

    def begin(self, tx: Tx) -> None:
        """Nothing goes along."""

    def take(self, tx: Tx, facts: Sequence[Fact]) -> Taken:
        """As they are."""
        return order_flow.take(tx, facts)


ALONE = Alone()
