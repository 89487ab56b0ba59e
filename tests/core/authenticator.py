"""A passkey in software: an ES256 key that answers WebAuthn challenges, rightly or wrongly."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

UP, UV, AT = 0x01, 0x04, 0x40  # flags of authenticator data: present, verified, has a credential


def b64(content: bytes) -> str:
    """Base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class Authenticator:
    """One device with one passkey; what it does wrong is given with each answer."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self.count = 0

    def make(self, options: dict[str, Any], origin: str, **wrong: Any) -> bytes:
        """Answers `navigator.credentials.create`."""
        rp_id = wrong.get("rp_id", options["rp"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = cbor2.dumps(
            {
                1: 2,
                3: -7,
                -1: 1,
                -2: numbers.x.to_bytes(32, "big"),
                -3: numbers.y.to_bytes(32, "big"),
            }
        )
        credential = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cose
        flags = wrong.get("flags", UP | UV) | AT
        held = self._held(rp_id, flags) + credential
        said = self._said("webauthn.create", options, origin, wrong)
        response = {
            "clientDataJSON": b64(said),
            "attestationObject": b64(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": held})),
        }
        return self._answer(response)

    def use(self, options: dict[str, Any], origin: str, **wrong: Any) -> bytes:
        """Answers `navigator.credentials.get`."""
        self.count = wrong.get("count", self.count + 1)
        held = self._held(wrong.get("rp_id", options["rpId"]), wrong.get("flags", UP | UV))
        said = self._said(wrong.get("type", "webauthn.get"), options, origin, wrong)
        key = wrong.get("key", self.key)
        signature = key.sign(held + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": b64(said),
            "authenticatorData": b64(held),
            "signature": b64(signature),
        }
        return self._answer(response)

    def _answer(self, response: dict[str, str]) -> bytes:
        answer = {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key",
                  "response": response, "clientExtensionResults": {}}  # fmt: skip
        return json.dumps(answer).encode()

    def _held(self, rp_id: str, flags: int) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _said(
        self, kind: str, options: dict[str, Any], origin: str, wrong: dict[str, Any]
    ) -> bytes:
        said = {"type": kind, "challenge": wrong.get("challenge", options["challenge"]),
                "origin": wrong.get("seen_origin", origin), "crossOrigin": False}  # fmt: skip
        return json.dumps(said).encode()
