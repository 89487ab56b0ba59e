"""The two calls of each ceremony, over the stored challenge."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.passkey import ceremony, store
from huoshui.core.passkey.ceremony import PasskeyRefused, Site
from huoshui.core.passkey.store import Challenge, Passkey

SIGN_IN = "sign_in"
_REGISTER = "register"


class Begun(msgspec.Struct, frozen=True):
    """A ceremony under way: the id to finish it by, and what the browser is given."""

    id: str
    options: dict[str, Any]


def begin_registration(tx: Tx, site: Site, owner: str, name: str) -> Begun:
    """Let an owner make a passkey; `name` is what the device shows beside it."""
    challenge = secrets.token_bytes(32)
    known = [key.credential_id for key in store.passkeys(tx, owner)]
    options = ceremony.registration_options(site, challenge, owner, name, known)
    id_ = store.add_challenge(tx, owner, _REGISTER, challenge)
    return Begun(ids.show("pky", id_), options)


def finish_registration(
    tx: Tx, site: Site, owner: str, begun: str, answer: bytes, name: str
) -> Passkey | PasskeyRefused:
    """Keep the passkey that the owner's device made, or the refusal, which uses it up as well."""
    taken = _take(tx, begun, _REGISTER)
    if taken is None or taken.owner != owner:
        return PasskeyRefused()
    try:
        made = ceremony.registered(site, taken.challenge, answer)
    except PasskeyRefused as refused:
        return refused
    if store.by_credential(tx, made.credential_id):
        return PasskeyRefused()
    return store.add_passkey(tx, owner, site.rp_id, name, made)


def begin_authentication(tx: Tx, site: Site, *, purpose: str = SIGN_IN, owner: str = "") -> Begun:
    """Ask for a passkey: of this owner, or of anybody who has one here where it is not named."""
    challenge = secrets.token_bytes(32)
    known = [key.credential_id for key in store.passkeys(tx, owner)] if owner else []
    options = ceremony.authentication_options(site, challenge, known)
    id_ = store.add_challenge(tx, owner, purpose, challenge)
    return Begun(ids.show("pky", id_), options)


def finish_authentication(
    tx: Tx, site: Site, begun: str, answer: bytes, *, purpose: str = SIGN_IN
) -> Passkey | PasskeyRefused:
    """The passkey that answered, with its owner, or the refusal, which uses it up as well."""
    taken = _take(tx, begun, purpose)
    if taken is None:
        return PasskeyRefused()
    try:
        passkey = store.by_credential(tx, ceremony.credential_id(answer))
        if passkey is None or not _fits(passkey, taken, site):
            return PasskeyRefused()
        use = ceremony.used(
            site,
            taken.challenge,
            answer,
            public_key=passkey.public_key,
            sign_count=passkey.sign_count,
        )
    except PasskeyRefused as refused:
        return refused
    store.note_use(tx, passkey, use)
    return passkey


def _take(tx: Tx, begun: str, purpose: str) -> Challenge | None:
    try:
        taken = store.take_challenge(tx, ids.read("pky", begun))
    except ids.BadId:
        return None
    return taken if taken and taken.purpose == purpose else None


def _fits(passkey: Passkey, taken: Challenge, site: Site) -> bool:
    return passkey.rp_id == site.rp_id and taken.owner in ("", passkey.owner)
