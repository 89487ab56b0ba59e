"""The WebAuthn ceremonies alone: what a browser is asked, and whether its answer holds. Pure.

The library is imported by the first ceremony: a command, which has none, starts in two thirds of the
time without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from huoshui.core.errors import Problem

CHALLENGE_S = 300
ANSWER_MAX = 16 * 1024


class PasskeyRefused(Problem):
    """The answer to a challenge does not hold: nobody is told which part of it."""

    code = "passkey_refused"
    status = 403


class Site(msgspec.Struct, frozen=True):
    """For whom a passkey is good: the host's name, the whole origin, and what people call it."""

    rp_id: str
    origin: str
    name: str = "Huoshui"


class Registered(msgspec.Struct, frozen=True):
    """What a device made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    backed_up: bool


class Used(msgspec.Struct, frozen=True):
    """A use of a passkey: its counter after it."""

    sign_count: int
    backed_up: bool


def site_of(origin: str) -> Site:
    """The site of an origin, `https://pay.example.com`; a port belongs to the origin alone."""
    return Site(urlsplit(origin).hostname or "", origin.rstrip("/"))


def registration_options(
    site: Site, challenge: bytes, owner: str, name: str, known: Sequence[bytes]
) -> dict[str, Any]:
    """What `navigator.credentials.create` is given; `known` are passkeys that stand already."""
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_registration_options(
        rp_id=site.rp_id,
        rp_name=site.name,
        user_id=owner.encode(),
        user_name=name,
        user_display_name=name,
        challenge=challenge,
        timeout=CHALLENGE_S * 1000,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            # The person proves it is them (finger, face, PIN), not only that somebody is there.
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=each) for each in known],
    )
    return _plain(webauthn.options_to_json(options))


def authentication_options(site: Site, challenge: bytes, known: Sequence[bytes]) -> dict[str, Any]:
    """What `navigator.credentials.get` is given; any passkey of the site where none is known."""
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_authentication_options(
        rp_id=site.rp_id,
        challenge=challenge,
        timeout=CHALLENGE_S * 1000,
        allow_credentials=[structs.PublicKeyCredentialDescriptor(id=each) for each in known],
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return _plain(webauthn.options_to_json(options))


def credential_id(answer: bytes) -> bytes:
    """Which passkey an answer says that it is of. Raises PasskeyRefused."""
    if len(answer) > ANSWER_MAX:
        raise PasskeyRefused()
    from webauthn import base64url_to_bytes

    try:
        return base64url_to_bytes(msgspec.json.decode(answer)["rawId"])
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise PasskeyRefused() from error


def registered(site: Site, challenge: bytes, answer: bytes) -> Registered:
    """The passkey that a device made for this challenge. Raises PasskeyRefused."""
    import webauthn

    credential_id(answer)
    try:
        found = webauthn.verify_registration_response(
            credential=answer.decode(),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except _bad() as error:
        raise PasskeyRefused() from error
    return Registered(
        found.credential_id,
        found.credential_public_key,
        found.sign_count,
        found.credential_backed_up,
    )


def used(
    site: Site, challenge: bytes, answer: bytes, *, public_key: bytes, sign_count: int
) -> Used:
    """The use of a passkey for this challenge. Raises PasskeyRefused.

    Also where the device's counter did not go on: somebody has copied the passkey.
    """
    import webauthn

    try:
        found = webauthn.verify_authentication_response(
            credential=answer.decode(),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except _bad() as error:
        raise PasskeyRefused() from error
    return Used(found.new_sign_count, found.credential_backed_up)


def _bad() -> tuple[type[Exception], ...]:
    """What the library raises on bytes that an attacker chose: its own, and of what it stands on."""
    from webauthn.helpers.exceptions import WebAuthnException

    return (WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError)


def _plain(text: str) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(text)
    return found
