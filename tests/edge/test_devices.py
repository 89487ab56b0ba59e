"""A wallet and a till with the network cut: what they pay, refuse, keep and deposit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.protocol import (
    Acceptance,
    Certificate,
    Invoice,
    Refused,
    Voucher,
    opened,
    parted,
    peeked,
    sealed,
)
from edge.till import Till
from edge.wallet import Wallet
from tests.edge.ground import AT, DAY, Issuer, till_of, wallet_of


class Pair:
    """A wallet and a till of one issuer."""

    def __init__(self, home: Path, **terms: Any) -> None:
        self.issuer = Issuer()
        self.wallet = wallet_of(self.issuer, home / "wallet", **terms)
        self.till = till_of(self.issuer, home / "till")

    def sell(self, amount: int, at: int = AT, **given: Any) -> str:
        """One sale; the till's acceptance."""
        return self.till.accept(
            self.wallet.pay(self.till.invoice(amount, at=at), at=at, **given), at=at
        )


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def refused(code: str) -> Any:
    return pytest.raises(Refused, match=f"^{code}\\b")


def test_a_sale_is_paid_counter_signed_and_deposited_once(pair: Pair) -> None:
    accepted = pair.sell(2_000)
    ((name, _device, counter, amount),) = pair.till.waiting()
    assert (counter, amount) == (1, 2_000)
    assert peeked(Acceptance, accepted).voucher == name
    assert [r.paid for r in pair.till.deposit(pair.issuer.receive)] == [2_000]
    assert pair.till.waiting() == [] and len(pair.till.receipts()) == 1
    assert pair.till.deposit(pair.issuer.receive) == []


def test_the_same_invoice_and_voucher_again_get_the_same_answer(pair: Pair) -> None:
    invoice = pair.till.invoice(2_000, at=AT)
    bundle = pair.wallet.pay(invoice, at=AT)
    assert pair.wallet.pay(invoice, at=AT + 5_000) == bundle
    accepted = pair.till.accept(bundle, at=AT)
    pair.till.deposit(pair.issuer.receive)
    assert pair.till.accept(bundle, at=AT + 9_000) == accepted


def test_the_wallet_signs_nothing_above_its_limits(tmp_path: Path) -> None:
    pair = Pair(tmp_path, single=12_000, cumulative=20_000)
    with refused("over_limit"):
        pair.sell(12_001)
    pair.sell(12_000)
    pair.sell(7_000)
    with refused("over_limit"):  # C-offline-06: the device refuses what would pass 20,000
        pair.sell(3_000)
    with refused("go_online"):
        pair.sell(3_000, online=True)
    assert [row[0] for row in pair.wallet.history()] == [2, 1]


def test_after_so_many_payments_in_a_row_it_must_go_online(pair: Pair) -> None:
    for _ in range(3):
        pair.sell(100, online=True)
    with refused("go_online"):
        pair.sell(100, online=True)
    pair.sell(100)
    pair.sell(100)
    with refused("over_limit"):
        pair.sell(100)


def test_an_expired_certificate_pays_nothing(pair: Pair) -> None:
    invoice = pair.till.invoice(100, at=AT)
    with refused("expired"):
        pair.wallet.pay(invoice, at=AT + 8 * DAY)
    with refused("not_begun"):
        pair.wallet.pay(invoice, at=AT - 2 * DAY)
    bundle = pair.wallet.pay(invoice, at=AT)
    with refused("expired"):
        pair.till.accept(bundle, at=AT + 8 * DAY)
    with refused("clock_skew"):
        pair.till.accept(bundle, at=AT + 3_600_000)


def test_the_till_takes_no_voucher_but_for_its_own_open_invoice(pair: Pair, tmp_path: Path) -> None:
    other = till_of(pair.issuer, tmp_path / "other", "slr_2")
    bundle = pair.wallet.pay(pair.till.invoice(100, at=AT), at=AT)
    with refused("unknown_invoice"):
        other.accept(bundle, at=AT)
    certificate, text = parted(bundle, 2)
    key = pair.wallet._state.key()
    voucher = peeked(Voucher, text)
    for change in ({"amount": 99}, {"merchant": "slr_2"}, {"till": "dev_x"}):
        changed = sealed(Voucher(**{**voucher.__dict__, **change}), key)
        with refused("wrong_invoice"):
            pair.till.accept(f"{certificate}~{changed}", at=AT)
    pair.till.accept(bundle, at=AT)
    again = sealed(Voucher(**{**voucher.__dict__, "counter": 2, "total": 200}), key)
    with refused("paid_already"):
        pair.till.accept(f"{certificate}~{again}", at=AT)


def test_the_till_sees_a_counter_that_it_has_seen(pair: Pair) -> None:
    bundle = pair.wallet.pay(pair.till.invoice(100, at=AT), at=AT)
    pair.till.accept(bundle, at=AT)
    certificate, text = parted(bundle, 2)
    fresh = parted(pair.till.invoice(100, at=AT), 2)[1]
    said = {**peeked(Voucher, text).__dict__, "invoice": peeked(Invoice, fresh).number}
    twin = sealed(Voucher(**said), pair.wallet._state.key())
    with refused("counter_seen"):
        pair.till.accept(f"{certificate}~{twin}", at=AT)


def test_a_device_that_the_server_named_is_refused(pair: Pair) -> None:
    bundle = pair.wallet.pay(pair.till.invoice(100, at=AT), at=AT)
    device = peeked(Voucher, parted(bundle, 2)[1]).device
    own = pair.till._state.known("certificate")
    pair.till.load(own, pair.issuer.public, [device])
    with refused("blocked"):
        pair.till.accept(bundle, at=AT)


def test_nobody_is_believed_whom_the_issuer_did_not_certify(pair: Pair, tmp_path: Path) -> None:
    foreign = Issuer()
    stranger = till_of(foreign, tmp_path / "stranger")
    with refused("bad_signature"):
        pair.wallet.pay(stranger.invoice(100, at=AT), at=AT)
    thief = wallet_of(foreign, tmp_path / "thief")
    with refused("unknown_issuer"):
        thief.load(pair.issuer.certify(thief.enrol("byr_2", at=AT)), pair.issuer.public)
    with refused("wrong_certificate"):  # another's certificate
        pair.wallet.load(pair.issuer.certify(thief.enrol("byr_2", at=AT)), pair.issuer.public)


def test_a_new_certificate_goes_on_where_the_counter_stands(pair: Pair) -> None:
    pair.sell(100)
    pair.sell(200)
    enrolment = pair.wallet.enrol("byr_1", at=AT)
    with refused("counter_behind"):
        pair.wallet.load(pair.issuer.certify(enrolment, counter=1), pair.issuer.public)
    pair.wallet.load(pair.issuer.certify(enrolment, counter=2), pair.issuer.public)
    bundle = pair.wallet.pay(pair.till.invoice(300, at=AT), at=AT)
    certificate, text = parted(bundle, 2)
    voucher = opened(Voucher, text, peeked(Certificate, certificate).key)
    assert (voucher.counter, voucher.total) == (3, 300)


def test_nothing_leaves_the_outbox_without_a_receipt(pair: Pair, tmp_path: Path) -> None:
    for amount in (100, 200, 300):
        pair.sell(amount)
    before = pair.till.waiting()
    with pytest.raises(ConnectionError):
        pair.till.deposit(lambda texts: broken())
    assert pair.till.deposit(lambda texts: ["" for _ in texts]) == []
    with refused("bad_signature"):  # a receipt of somebody else
        pair.till.deposit(Issuer().receive)
    with refused("wrong_receipt"):
        pair.till.deposit(lambda texts: list(reversed(pair.issuer.receive(texts))))
    assert len(pair.till.waiting()) >= len(before) - 1  # the middle one of three is its own mirror
    pair.till.deposit(pair.issuer.receive)
    assert pair.till.waiting() == []
    assert sorted(v.amount for v in pair.issuer.deposited.values()) == [100, 200, 300]


def broken() -> Any:
    raise ConnectionError


def test_before_it_is_set_up_a_device_says_so(tmp_path: Path) -> None:
    with refused("not_set_up"):
        Wallet(tmp_path / "w").pay("x", at=AT)
    with refused("not_set_up"):
        Till(tmp_path / "t").invoice(100, at=AT)
