"""Trainings over the API: what is asked where only who asks matters, and one that waits."""

from __future__ import annotations

from typing import Any

from tests.interfaces.api.conftest import Tenant

BODIES: dict[str, Any] = {
    "/model-trainings": {"content": "eA==", "target": "x"},
    "/model-trainings/{ref:str}/score": {"values": {}},
    "/model-trainings/{ref:str}/register": {"form": "booster"},
}


def waiting(tenant: Tenant) -> str:
    """A training that waits; its id."""
    return str(tenant.ask("POST", "/model-trainings", BODIES["/model-trainings"]).json()["id"])
