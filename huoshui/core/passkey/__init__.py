"""Passkeys (W3C WebAuthn): made, and used to sign in or to confirm one thing.

A ceremony has two calls. `begin_…` stores a fresh challenge and answers the options for the
browser; `finish_…` takes the challenge away, whatever comes of it, and holds the answer against
it, the site's origin and its id, the stored public key and its counter. A refusal is *returned*,
not raised, so that the challenge stays used when the transaction commits: raise it afterwards.

`owner` is the public id of whom the passkey belongs to: a member (`mbr_…`) or a buyer (`byr_…`).
`purpose` says what an answer is good for, and both calls of a ceremony name the same one: for a
payment put its id and its amount into it, and an answer confirms these and nothing else.
"""

from __future__ import annotations

from huoshui.core.passkey.ceremony import PasskeyRefused, Site, site_of
from huoshui.core.passkey.service import (
    SIGN_IN,
    Begun,
    begin_authentication,
    begin_registration,
    finish_authentication,
    finish_registration,
)
from huoshui.core.passkey.store import Passkey, passkeys, remove_passkey

__all__ = [
    "SIGN_IN", "Begun", "Passkey", "PasskeyRefused", "Site", "begin_authentication",
    "begin_registration", "finish_authentication", "finish_registration", "passkeys",
    "remove_passkey", "site_of",
]  # fmt: skip
