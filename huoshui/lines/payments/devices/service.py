"""What is done with devices: enrol, rotate, freeze, thaw, revoke."""

from __future__ import annotations

from uuid import UUID

import msgspec

from edge.protocol import Enrolment, Refused, Rotation, opened, parted, peeked
from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import Conflict
from huoshui.facts.commerce import service as commerce
from huoshui.lines.payments.devices import store
from huoshui.lines.payments.devices.model import (
    DEVICE,
    PARTIES,
    SKEW,
    Cause,
    Device,
    DeviceKnown,
    DeviceUnfit,
    UnknownDevice,
    from_ms,
    refused,
)


def find(tx: Tx, ref: str) -> Device:
    """One device by its public id. Raises BadId, UnknownDevice."""
    found = store.device(tx, ids.read("dev", ref))
    if found is None:
        raise UnknownDevice(kind="device", id=ref)
    return found


def enrol(tx: Tx, text: str, name: str = "") -> Device:
    """Make a device known by the message that its own key signed; the same again changes nothing.

    Raises BadMessage, DeviceUnfit, DeviceKnown, UnknownSeller, UnknownBuyer.
    """
    try:
        asked = opened(Enrolment, text, peeked(Enrolment, text).key)
    except Refused as error:
        raise refused(error, "/enrolment") from error
    role = next((role for role in PARTIES if role == asked.role), None)
    if role is None or not asked.party.startswith(PARTIES[role] + "_"):
        raise DeviceUnfit(
            device=asked.role[:20] or "-", reason=f"{asked.role[:20]} {asked.party[:40]}"
        )
    commerce.demand_party(tx, asked.party)
    known = store.key(tx, asked.key)
    if known:
        return _again(tx, known.device_id, asked)
    device = Device(
        id=tx.id("dev", asked.key),
        party=asked.party,
        role=role,
        name=name,
        state=DEVICE.initial,
        reason="",
        state_at=tx.now,
        enrolled_at=tx.now,
    )
    store.add(tx, device, asked.key)
    tx.emit("device.enrolled", device.shown, party=device.party, role=device.role)
    return device


def _again(tx: Tx, device_id: UUID, asked: Enrolment) -> Device:
    device = store.device(tx, device_id)
    if device is None or (device.party, device.role) != (asked.party, asked.role):
        raise DeviceKnown(device=ids.show("dev", device_id))
    return device


def rotate(tx: Tx, device_id: UUID, text: str) -> Device:
    """Let a device sign with its next key from now on.

    The message is sealed by the key so far and by the next one. Raises BadMessage, DeviceUnfit,
    DeviceKnown.
    """
    device = _locked(tx, device_id)
    if device.state != "active":
        raise DeviceUnfit(device=device.shown, reason=device.state)
    try:
        asked = _rotation(tx, device, text)
    except Refused as error:
        raise refused(error, "/rotation") from error
    known = store.key(tx, asked.key)
    if known and known.device_id == device_id and known.until_at is None:
        return device
    if known:
        raise DeviceKnown(device=ids.show("dev", known.device_id))
    store.end_key(tx, device_id)
    store.add_key(tx, device_id, asked.key)
    tx.emit("device.rotated", device.shown)
    return device


def _rotation(tx: Tx, device: Device, text: str) -> Rotation:
    old, new = parted(text, 2)
    asked = peeked(Rotation, new)
    if opened(Rotation, new, asked.key).device != device.shown:
        raise Refused("wrong_device", device=asked.device)
    signers = store.keys_of(tx, [device.id])[device.id]
    now = next(key for key in signers if key.until_at is None)
    if now.public == asked.key:
        return asked  # the same again: it signs already
    if opened(Rotation, old, now.public) != asked:
        raise Refused("bad_signature")
    if abs(from_ms(asked.at) - tx.now) > SKEW:
        raise Refused("clock_skew")
    return asked


def freeze(tx: Tx, device_id: UUID, reason: str) -> Device:
    """Stop a device from this moment on, until it is thawed; one that is stopped stays as it is."""
    device = _locked(tx, device_id)
    return device if device.state != "active" else _move(tx, device, "freeze", reason)


def thaw(tx: Tx, device_id: UUID) -> Device:
    """Let a frozen device act again. Raises IllegalMove."""
    return _move(tx, _locked(tx, device_id), "thaw", "")


def revoke(tx: Tx, device_id: UUID, cause: Cause) -> Device:
    """Stop a device for good, from this moment on: what it signs later is not its owner's word."""
    device = _locked(tx, device_id)
    return device if device.state == "revoked" else _move(tx, device, "revoke", cause)


def _move(tx: Tx, device: Device, verb: str, reason: str) -> Device:
    state = DEVICE.after(device.state, verb)
    if not store.move(tx, device, state, reason):
        raise Conflict()
    told = {"freeze": "device.frozen", "thaw": "device.thawed", "revoke": "device.revoked"}
    tx.emit(told[verb], device.shown, reason=reason)
    return msgspec.structs.replace(device, state=state, reason=reason, state_at=tx.now)


def _locked(tx: Tx, device_id: UUID) -> Device:
    found = store.lock(tx, [device_id]).get(device_id)
    if found is None:
        raise UnknownDevice(kind="device", id=ids.show("dev", device_id))
    return found
