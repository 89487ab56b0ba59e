"""The worked cases of offline payments, each in its own words, through a real wallet and till."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from edge.protocol import (
    Acceptance,
    Receipt,
    joined,
    opened,
    parted,
    proved,
    reference_of,
    sealed,
)
from huoshui.ledger import holds
from huoshui.lines.payments.devices import service as devices
from huoshui.lines.payments.payment import service as payments
from huoshui.lines.payments.payment.model import GiveBack
from huoshui.lines.payments.vouchers import certificates, store
from huoshui.lines.payments.vouchers import service as vouchers
from huoshui.lines.payments.vouchers.model import StillOut
from tests.lines.devices.ground import Offline

Make = Callable[..., Offline]


def states(found: list[vouchers.Deposited]) -> list[str]:
    return [each.state for each in found]


def test_01_one_value_given_to_two_merchants_is_proved_by_the_two(offline: Offline) -> None:
    first = offline.sell(20_00)
    second = offline.forged(first, shop=1)
    one, two = offline.deposit(first, second)
    assert (one.state, two.state) == ("deposited", "double_spend")
    assert two.case is not None and two.case.kind == "double_spend"
    with offline.tx() as tx:
        assert devices.find(tx, offline.device.shown).state == "frozen"
        file = vouchers.evidence(tx, two.case)
    proof = proved(file, offline.issuer.public)
    assert (proof.first.merchant, proof.second.merchant) == tuple(offline.shops)
    assert offline.events("double_spend.proved") == 1 == offline.events("device.frozen")


def test_02_the_same_voucher_brought_twice_counts_once(offline: Offline) -> None:
    text = offline.sell(20_00)
    one, two = offline.deposit(text, text)
    (three,) = offline.deposit(text, hours=1)
    assert states([one, two, three]) == ["deposited"] * 3
    assert (one.again, two.again, three.again) == (False, True, True)
    assert one.receipt == two.receipt == three.receipt
    assert offline.nets()[f"wallet:{offline.buyer}"] == 180_00
    assert offline.events("double_spend.proved") == 0


def test_03_one_counter_for_two_amounts_shows_a_clone(offline: Offline) -> None:
    first = offline.sell(20_00)
    one, two = offline.deposit(first, offline.forged(first, shop=1, amount=35_00, total=35_00))
    assert one.state == "deposited" and two.case is not None
    assert two.case.kind == "counter_reuse"


def test_04_a_gap_keeps_its_value_held_until_it_comes(offline: Offline) -> None:
    seven, eight, nine = offline.sell(20_00), offline.sell(15_00), offline.sell(10_00)
    assert states(offline.deposit(seven, nine)) == ["deposited", "deposited"]
    with offline.tx() as tx:
        (exposed,) = store.exposures(tx)
    assert (exposed.missing, exposed.missing_value) == (1, 15_00)
    assert offline.available() == 0 and offline.nets()[f"wallet:{offline.buyer}"] == 170_00
    assert states(offline.deposit(eight, days=1)) == ["deposited"]
    with offline.tx() as tx:
        assert store.exposures(tx)[0].missing == 0


def test_04_a_gap_that_never_comes_is_free_when_the_hold_runs_out(offline: Offline) -> None:
    offline.sell(20_00)
    late = offline.sell(15_00)
    offline.deposit(offline.sell(10_00))
    assert offline.available() == 0
    offline.at += timedelta(days=23)
    (refused,) = offline.deposit(late)
    assert (refused.state, refused.reason) == ("refused", "too_late")
    with offline.tx() as tx:
        holds.lapse(tx)
    assert offline.available() == 190_00


def test_05_vouchers_come_in_any_order(offline: Offline) -> None:
    seven, eight, nine = (offline.sell(n) for n in (20_00, 15_00, 10_00))
    found = [offline.deposit(text)[0] for text in (nine, seven, eight)]
    assert states(found) == ["deposited"] * 3
    assert offline.nets()[f"wallet:{offline.buyer}"] == 155_00


def test_06_what_is_above_the_guarantee_is_the_bearers(offline: Offline) -> None:
    texts = [offline.sell(120_00), offline.sell(70_00)]
    over = offline.forged(texts[1], counter=3, amount=30_00, total=220_00)
    *_, last = offline.deposit(*texts, over)
    assert last.row is not None
    assert (last.state, last.reason) == ("deposited", "over_guarantee")
    assert (last.row.captured, last.row.borne) == (10_00, 20_00)
    nets = offline.nets()
    assert nets.get(f"wallet:{offline.buyer}", 0) == 0 and nets["issuer:offline"] == -20_00
    # 12 % of each payment, 6 % of that to tax: the sellers have the other 88 %.
    assert nets[f"merchant:{offline.shops[0]}:settlement"] == 193_60
    receipt = opened(Receipt, last.receipt, offline.issuer.public)
    assert (receipt.amount, receipt.paid, receipt.reason) == (30_00, 30_00, "over_guarantee")


def test_06_where_the_merchant_bears_it_nobody_else_pays(make_offline: Make) -> None:
    offline = make_offline(bearer="merchant", loss_max=0)
    text = offline.sell(190_00)
    over = offline.forged(text, counter=2, amount=30_00, total=220_00)
    last = offline.deposit(text, over)[1]
    assert last.row and (last.row.captured, last.row.borne) == (10_00, 0)
    assert opened(Receipt, last.receipt, offline.issuer.public).paid == 10_00


def test_10_no_more_is_paid_than_was_signed(offline: Offline) -> None:
    text = offline.sell(20_00)
    certificate, voucher, acceptance = parted(text, 3)
    kind, _, signature = voucher.split(".")
    claimed = parted(offline.forged(text, amount=200_00, total=200_00), 3)[1].split(".")[1]
    (refused,) = offline.deposit(joined(certificate, f"{kind}.{claimed}.{signature}", acceptance))
    assert (refused.state, refused.reason) == ("refused", "bad_signature")
    assert offline.nets()[f"wallet:{offline.buyer}"] == 200_00


def test_11_a_certificate_that_had_expired_pays_nothing(offline: Offline) -> None:
    text = offline.sell(20_00)
    offline.at += timedelta(days=8)
    later = offline.ms
    certificate, voucher, _ = parted(offline.forged(text, at=later), 3)
    till = offline.tills[0]
    accepted = Acceptance(till=till._certificate().device, voucher=reference_of(voucher), at=later)
    (refused,) = offline.deposit(joined(certificate, voucher, sealed(accepted, till._state.key())))
    assert (refused.state, refused.reason) == ("refused", "expired")
    assert opened(Receipt, refused.receipt, offline.issuer.public).paid == 0


def test_12_a_certificate_that_expires_on_the_way_was_good_when_it_paid(offline: Offline) -> None:
    text = offline.sell(20_00)
    assert states(offline.deposit(text, days=9)) == ["deposited"]


def test_13_what_was_paid_before_the_theft_was_told_stands(offline: Offline) -> None:
    before = offline.sell(20_00)
    with offline.tx(minutes=10) as tx:
        devices.revoke(tx, offline.device.id, "stolen")
    offline.at += timedelta(minutes=5)
    after = offline.sell(30_00)
    one, two = offline.deposit(before, after, hours=2)
    assert (one.state, two.state, two.reason) == ("deposited", "disputed", "wallet_stolen")
    assert offline.nets()[f"wallet:{offline.buyer}"] == 180_00


def test_13_a_dispute_is_honoured_or_rejected_once(offline: Offline) -> None:
    with offline.tx() as tx:
        devices.revoke(tx, offline.device.id, "stolen")
    offline.at += timedelta(seconds=1)
    one, two = offline.deposit(offline.sell(20_00), offline.sell(30_00))
    assert one.row and two.row
    with offline.tx() as tx:
        assert vouchers.honour(tx, offline.issuer, one.row.id).captured == 20_00
        assert vouchers.reject(tx, offline.issuer, two.row.id).state == "rejected"
    assert offline.nets()[f"wallet:{offline.buyer}"] == 180_00


def test_a_voucher_is_a_payment_that_clears_and_can_be_given_back(offline: Offline) -> None:
    (one,) = offline.deposit(offline.sell(20_00))
    assert one.row and one.row.payment_id
    with offline.tx() as tx:
        paid = payments.payment(tx, one.row.payment_id)
        assert (paid.state, paid.tenders[0].rail, paid.reference) == (
            "succeeded", "offline", one.row.shown,
        )  # fmt: skip
        back = GiveBack(paid.id, tx.id("prf", "r"), "r", amount=5_00)
        payments.apply(tx, [back])[0].demand()
    assert offline.nets()[f"wallet:{offline.buyer}"] == 185_00
    assert (
        offline.ground.value(
            "SELECT count(*) FROM clearing WHERE book = %(book)s AND payment_id = %(id)s",
            id=one.row.payment_id,
        )
        == 2
    )


def test_what_was_not_spent_is_free_once_all_has_come_in(offline: Offline) -> None:
    first, second = offline.sell(20_00), offline.sell(15_00)
    offline.deposit(first)
    said = offline.wallet.statement(at=offline.ms)
    with offline.tx() as tx, pytest.raises(StillOut) as out:
        certificates.settle(tx, offline.certificate.id, said)
    assert out.value.facts == {"count": 1, "value": 15_00}
    offline.deposit(second)
    with offline.tx() as tx:
        assert certificates.settle(tx, offline.certificate.id, said).settled_at
    assert offline.available() == 165_00
    offline.certify(amount=100_00, statement=offline.wallet.statement(at=offline.ms))
    assert offline.available() == 65_00
    offline.deposit(offline.sell(30_00))
    assert [row[0] for row in offline.wallet.history()] == [3, 2, 1]
