"""Signed notes: the form, whose signature, and what is refused."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from huoshui.ledger.proof import checkpoint
from huoshui.ledger.proof.checkpoint import BadCheckpoint, BadLogKey, LogKey, public_of, read

AT = datetime(2026, 6, 18, 12, 15, 0, 123456, tzinfo=UTC)
ORIGIN = "huoshui/live/main/0123456789abcdef"
ROOT = bytes(range(32))
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\1")
NOTE = checkpoint.sign(ORIGIN, 12, ROOT, AT, 7, [KEY])


def test_a_note_is_what_the_format_says() -> None:
    body, signature = NOTE.split("\n\n")
    assert body.split("\n") == [
        ORIGIN, "12", base64.b64encode(ROOT).decode(), "time 2026-06-18T12:15:00.123456Z", "after 7",
    ]  # fmt: skip
    name, content = signature.removeprefix("— ").split(" ")
    raw = base64.b64decode(content)
    key = LogKey(ORIGIN, public_of(KEY))
    assert (name, raw[:4], len(raw)) == (ORIGIN, key.id, 68)
    KEY.public_key().verify(raw[4:], body.encode() + b"\n")


def test_the_key_id_is_that_of_the_specification() -> None:
    """The example key of C2SP's signed-note, made by another implementation."""
    text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    key = checkpoint.read_key(text)
    assert (key.name, key.text) == ("PeterNeumann", text)
    body = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signature = base64.b64decode(
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )
    assert signature[:4] == key.id
    assert key.signed(body, signature[4:])


def test_what_is_signed_is_read_and_known_by_its_key() -> None:
    note = read(NOTE)
    assert (note.origin, note.size, note.root, note.at, note.after) == (ORIGIN, 12, ROOT, AT, 7)
    assert note.signed_by(LogKey(ORIGIN, public_of(KEY)))
    assert not note.signed_by(LogKey(ORIGIN, public_of(OTHER)))
    assert not note.signed_by(LogKey("another", public_of(KEY)))
    both = read(checkpoint.sign(ORIGIN, 12, ROOT, AT, 7, [KEY, OTHER]))
    assert all(both.signed_by(LogKey(ORIGIN, public_of(key))) for key in (KEY, OTHER))


@pytest.mark.parametrize("place", range(len(NOTE)))
def test_no_letter_of_a_note_can_be_changed(place: int) -> None:
    other = "1" if NOTE[place] != "1" else "2"
    try:
        note = read(NOTE[:place] + other + NOTE[place + 1 :])
    except BadCheckpoint:
        return
    assert not note.signed_by(LogKey(ORIGIN, public_of(KEY)))


@pytest.mark.parametrize(
    "text",
    ["", "x", NOTE[:-1], NOTE.replace("\n12\n", "\n012\n"), NOTE.replace("\n\n", "\nmore\n\n"),
     NOTE.replace("— ", "- "), NOTE.replace("Z\n", "+00:00\n"), NOTE + "\n"],
)  # fmt: skip
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(BadCheckpoint):
        read(text)


@pytest.mark.parametrize("text", ["", "a+b", "a+00000000+AQ==", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"])  # fmt: skip
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BadLogKey):
        checkpoint.read_key(text)
