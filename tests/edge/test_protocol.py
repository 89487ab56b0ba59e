"""The messages: one text each, nothing unsigned is believed; the limits as EMV has them."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.protocol import (
    Debit,
    Limits,
    Refused,
    Voucher,
    conflicting,
    decide,
    joined,
    new_key,
    opened,
    parted,
    peeked,
    prove,
    proved,
    public_text,
    reference_of,
    sealed,
)
from tests.edge.ground import AT, Issuer, till_of, wallet_of

KEY = new_key()
WRONG: tuple[Any, ...] = ("20", 1.5, True, -1, 2**53, None, [])
PUBLIC = public_text(KEY)
VOUCHER = Voucher(
    certificate="crt_1", device="dev_1", counter=7, amount=2_000, total=9_000, currency="CNY",
    merchant="slr_1", till="dev_2", invoice="aa", at=AT,
)  # fmt: skip
LIMITS = Limits(single=10_000, cumulative=20_000, lower=3, upper=5)


@given(st.text(max_size=40).filter(lambda t: "\0" not in t), st.integers(0, 2**53 - 1))
def test_what_is_sealed_is_read_back(text: str, number: int) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    said = replace(VOUCHER, merchant=text, amount=number)
    assert opened(Voucher, sealed(said, KEY), PUBLIC) == said


@given(st.data())
def test_no_text_but_the_one_that_was_signed_is_read(data: st.DataObject) -> None:
    text = sealed(VOUCHER, KEY)
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters(min_codepoint=33, max_codepoint=126))
    other = text[:place] + letter + text[place + 1 :]
    if other == text:
        return
    with pytest.raises(Refused):
        opened(Voucher, other, PUBLIC)


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    for given_text in (text, f"voucher1.{text}", f"voucher1.{text}.{text}"):
        with pytest.raises(Refused):
            peeked(Voucher, given_text)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[1]",
        b"null",
        b'{"amount":1}',
        b"[" * 100_000,
        *(json.dumps({**VOUCHER.__dict__, "amount": wrong}).encode() for wrong in WRONG),
        json.dumps(VOUCHER.__dict__).encode(),  # right in all but its form
    ],
)
def test_a_body_of_another_form_is_refused(body: bytes) -> None:
    encoded = base64.urlsafe_b64encode(body).rstrip(b"=").decode()
    with pytest.raises(Refused) as refused:
        peeked(Voucher, f"voucher1.{encoded}.AA")
    assert refused.value.code == "malformed"


def test_a_message_of_one_kind_is_none_of_another() -> None:
    text = sealed(VOUCHER, KEY).replace("voucher1", "debit1")
    with pytest.raises(Refused):
        opened(Debit, text, PUBLIC)


def test_another_signature_under_one_body_is_no_second_message() -> None:
    text = sealed(VOUCHER, KEY)
    assert reference_of(text) == reference_of(text.rpartition(".")[0] + ".AAAA")


@pytest.mark.parametrize(
    ("count", "online", "verdict"),
    [
        (3, True, "approve_offline"),
        (4, True, "go_online"),  # C-offline-07: above the lower limit, not above the upper
        (4, False, "approve_offline"),  # C-offline-08: no network, so offline it is
        (6, False, "decline"),  # C-offline-09: above the upper one and no network
        (6, True, "go_online"),
    ],
)
def test_payments_in_a_row_are_bounded_as_emv_has_it(
    count: int, online: bool, verdict: str
) -> None:
    assert decide(LIMITS, count=count, spent=0, amount=100, online=online) == verdict


@given(st.integers(1, 30_000), st.integers(0, 30_000), st.integers(1, 8), st.booleans())
def test_nothing_above_a_limit_is_paid_offline(
    amount: int, spent: int, count: int, online: bool
) -> None:
    verdict = decide(LIMITS, count=count, spent=spent, amount=amount, online=online)
    if verdict == "approve_offline":
        assert amount <= LIMITS.single and spent + amount <= LIMITS.cumulative
        assert count <= LIMITS.upper and not (online and count > LIMITS.lower)
    else:
        assert (verdict == "go_online") == online


def test_two_vouchers_under_one_counter_prove_a_double_spend_to_who_has_the_key(tmp_path) -> None:
    issuer = Issuer()
    wallet = wallet_of(issuer, tmp_path / "wallet")
    tills = [till_of(issuer, tmp_path / name, name) for name in ("slr_1", "slr_2")]
    first = wallet.pay(tills[0].invoice(2_000, at=AT), at=AT)
    certificate, text = parted(first, 2)
    again = replace(peeked(Voucher, text), merchant="slr_2", invoice="bb")
    second = joined(certificate, sealed(again, wallet._state.key()))
    proof = proved(prove(first, second, issuer.public), issuer.public)
    assert (proof.kind, proof.counter, proof.second) == ("double_spend", 1, again)

    other = joined(
        certificate, sealed(replace(again, amount=3_500, total=3_500), wallet._state.key())
    )
    assert proved(prove(first, other, issuer.public), issuer.public).kind == "counter_reuse"
    with pytest.raises(Refused) as refused:
        prove(first, first, issuer.public)
    assert refused.value.code == "no_conflict"
    with pytest.raises(Refused):  # not this device's signature
        prove(first, joined(certificate, sealed(again, KEY)), issuer.public)
    with pytest.raises(Refused):  # not this issuer's device
        proved(prove(first, second, issuer.public), Issuer().public)
    assert conflicting(text, sealed(replace(again, counter=8), KEY)) is None
