"""Hosted pages over the whole application: a tenant that makes payments, rails that are ready."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from huoshui.lines.payments.rails import registry
from huoshui.lines.payments.rails.simulated.client import Simulated
from tests.interfaces.api.conftest import app, client, live, open_tenant, tenant

__all__ = ["app", "client", "live", "open_tenant", "tenant"]


@pytest.fixture(autouse=True)
def rails() -> Iterator[None]:
    """The simulated rails are set up; nothing is sent, since no due work runs here."""
    names = ("card", "transfer", "qr")
    kept = {name: registry.is_ready(name, live=False) for name in names}
    made = [Simulated(name, "http://127.0.0.1:9", "s") for name in names if not kept[name]]
    for rail in made:
        registry.register(rail)
    yield
    for rail in made:
        registry.forget(rail.name)
        rail.close()
