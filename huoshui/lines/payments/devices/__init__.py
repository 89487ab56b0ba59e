"""Devices: whose each is, which key signs for it and since when, and whether it may still act.

Invariants: a key belongs to one device for ever, and to nobody who has not signed with it; at any
time one key signs for a device; a device that is frozen or revoked is so from one moment on, and what
it signed is judged by that moment.
"""

from huoshui.lines.payments.devices.issuer import Issuer
from huoshui.lines.payments.devices.model import DEVICE, Device
from huoshui.lines.payments.devices.service import enrol, freeze, revoke, rotate, thaw

__all__ = ["DEVICE", "Device", "Issuer", "enrol", "freeze", "revoke", "rotate", "thaw"]
