"""Passkeys: what holds signs in once; everything that is off in one place is refused alike."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.core import passkey
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound
from huoshui.core.passkey import Passkey, PasskeyRefused, ceremony, site_of
from tests.core.authenticator import UP, Authenticator, b64

SITE = site_of("https://shop.example:8443")
OWNER = "byr_00000000000000000000000001"
PAYMENT = "payment/pmt_1/12300 CNY"


@pytest.fixture
def device(tx: Tx) -> Authenticator:
    """A device whose passkey is known here."""
    device = Authenticator()
    begun = passkey.begin_registration(tx, SITE, OWNER, "Li")
    made = passkey.finish_registration(
        tx, SITE, OWNER, begun.id, device.make(begun.options, SITE.origin), "phone"
    )
    assert isinstance(made, Passkey) and (made.owner, made.rp_id) == (OWNER, "shop.example")
    return device


def test_a_passkey_confirms_one_thing_once(tx: Tx, device: Authenticator) -> None:
    begun = passkey.begin_authentication(tx, SITE, purpose=PAYMENT, owner=OWNER)
    assert [c["id"] for c in begun.options["allowCredentials"]] == [b64(device.id)]
    assert begun.options["userVerification"] == "required"
    answer = device.use(begun.options, SITE.origin)
    found = passkey.finish_authentication(tx, SITE, begun.id, answer, purpose=PAYMENT)
    assert isinstance(found, Passkey) and found.owner == OWNER
    again = passkey.finish_authentication(tx, SITE, begun.id, answer, purpose=PAYMENT)
    assert isinstance(again, PasskeyRefused), "a challenge is good once"
    [kept] = passkey.passkeys(tx, OWNER)
    assert (kept.sign_count, kept.used_at) == (1, tx.now)


WRONG: dict[str, dict[str, Any]] = {
    "another challenge": {"challenge": b64(bytes(32))},
    "another origin": {"seen_origin": "https://shop.example.evil.test"},
    "the same host by another port": {"seen_origin": "https://shop.example"},
    "another site": {"rp_id": "evil.test"},
    "nobody was there": {"flags": 0},
    "somebody was there but not verified": {"flags": UP},
    "another key": {"key": ec.generate_private_key(ec.SECP256R1())},
    "a ceremony of another sort": {"type": "webauthn.create"},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_what_is_off_is_refused_and_uses_the_challenge_up(
    tx: Tx, device: Authenticator, wrong: dict[str, Any]
) -> None:
    begun = passkey.begin_authentication(tx, SITE, owner=OWNER)
    bad = device.use(begun.options, SITE.origin, **wrong)
    assert isinstance(passkey.finish_authentication(tx, SITE, begun.id, bad), PasskeyRefused)
    good = device.use(begun.options, SITE.origin)
    assert isinstance(passkey.finish_authentication(tx, SITE, begun.id, good), PasskeyRefused)


def test_a_counter_that_does_not_go_on_is_a_copy(tx: Tx, device: Authenticator) -> None:
    for count, good in ((5, True), (5, False), (4, False), (6, True)):
        begun = passkey.begin_authentication(tx, SITE)
        answer = device.use(begun.options, SITE.origin, count=count)
        found = passkey.finish_authentication(tx, SITE, begun.id, answer)
        assert isinstance(found, Passkey) is good, count


def test_an_answer_confirms_what_it_was_asked_for_and_nothing_else(
    tx: Tx, device: Authenticator
) -> None:
    for asked, taken in ((PAYMENT, "payment/pmt_1/99900 CNY"), (passkey.SIGN_IN, PAYMENT)):
        begun = passkey.begin_authentication(tx, SITE, purpose=asked, owner=OWNER)
        answer = device.use(begun.options, SITE.origin)
        found = passkey.finish_authentication(tx, SITE, begun.id, answer, purpose=taken)
        assert isinstance(found, PasskeyRefused)
    stranger = passkey.begin_authentication(tx, SITE, owner="byr_00000000000000000000000002")
    answer = device.use(stranger.options, SITE.origin)
    assert isinstance(passkey.finish_authentication(tx, SITE, stranger.id, answer), PasskeyRefused)


def test_a_challenge_runs_out(tx: Tx, device: Authenticator) -> None:
    begun = passkey.begin_authentication(tx, SITE)
    answer = device.use(begun.options, SITE.origin)
    tx.now += timedelta(seconds=ceremony.CHALLENGE_S + 1)
    assert isinstance(passkey.finish_authentication(tx, SITE, begun.id, answer), PasskeyRefused)


def test_a_removed_passkey_opens_nothing_and_another_ones_is_not_there(
    tx: Tx, device: Authenticator
) -> None:
    [kept] = passkey.passkeys(tx, OWNER)
    with pytest.raises(NotFound):
        passkey.remove_passkey(tx, "byr_00000000000000000000000002", kept.id)
    passkey.remove_passkey(tx, OWNER, kept.id)
    begun = passkey.begin_authentication(tx, SITE)
    answer = device.use(begun.options, SITE.origin)
    assert isinstance(passkey.finish_authentication(tx, SITE, begun.id, answer), PasskeyRefused)
    assert passkey.passkeys(tx, OWNER) == []


@pytest.mark.parametrize(
    "wrong",
    [{"seen_origin": "https://evil.test"}, {"rp_id": "evil.test"}, {"challenge": b64(bytes(32))},
     {"flags": UP}],
)  # fmt: skip
def test_nothing_is_made_on_another_site_or_without_the_person(
    tx: Tx, wrong: dict[str, Any]
) -> None:
    begun = passkey.begin_registration(tx, SITE, OWNER, "Li")
    answer = Authenticator().make(begun.options, SITE.origin, **wrong)
    made = passkey.finish_registration(tx, SITE, OWNER, begun.id, answer, "phone")
    assert isinstance(made, PasskeyRefused) and passkey.passkeys(tx, OWNER) == []


def test_nothing_is_made_for_somebody_else(tx: Tx) -> None:
    begun = passkey.begin_registration(tx, SITE, OWNER, "Li")
    answer = Authenticator().make(begun.options, SITE.origin)
    other = "byr_00000000000000000000000002"
    made = passkey.finish_registration(tx, SITE, other, begun.id, answer, "phone")
    assert isinstance(made, PasskeyRefused) and passkey.passkeys(tx, other) == []


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@settings(max_examples=80)
def test_bytes_that_are_no_answer_are_refused(content: bytes) -> None:
    for call in (
        lambda: ceremony.registered(SITE, bytes(32), content),
        lambda: ceremony.used(SITE, bytes(32), content, public_key=b"", sign_count=0),
        lambda: ceremony.credential_id(content),
    ):
        with pytest.raises(PasskeyRefused):
            call()


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    st.fixed_dictionaries(
        {"id": JUNK, "rawId": JUNK | st.just("AAAA"), "type": JUNK, "response": JUNK | st.fixed_dictionaries(
            {"clientDataJSON": JUNK, "authenticatorData": JUNK, "signature": JUNK, "attestationObject": JUNK})}
    )
)  # fmt: skip
@settings(max_examples=80)
def test_json_that_is_no_answer_is_refused(content: dict[str, Any]) -> None:
    text = json.dumps(content).encode()
    with pytest.raises(PasskeyRefused):
        ceremony.used(SITE, bytes(32), text, public_key=b"", sign_count=0)
    with pytest.raises(PasskeyRefused):
        ceremony.registered(SITE, bytes(32), text)
