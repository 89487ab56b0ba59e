"""Random wallets, honest and cheating, random tills and clocks, deposits in any order: the books hold.

What is held against every history: money is conserved; no counter is paid out of a hold twice; a
hold gives no more than it has; a bearer bears no more than its programme says; and for a device that
keeps to its limits nobody bears anything, whatever others do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.protocol import (
    Acceptance,
    Certificate,
    Enrolment,
    Limits,
    Receipt,
    Statement,
    Voucher,
    decide,
    joined,
    new_key,
    opened,
    peeked,
    public_text,
    reference_of,
    sealed,
)
from huoshui.core import access
from huoshui.core.errors import Problem
from huoshui.lines import payments
from huoshui.lines.payments import Terms
from huoshui.lines.payments.devices import service as devices
from huoshui.lines.payments.devices.model import Device
from huoshui.lines.payments.takings import split
from huoshui.lines.payments.vouchers import certificates, store
from huoshui.lines.payments.vouchers import service as vouchers
from huoshui.lines.payments.vouchers.certificates import Opening
from huoshui.lines.payments.vouchers.model import VoucherRow
from tests import ground
from tests.ground import Ground, examples
from tests.lines.devices.ground import Market

LIMITS = Limits(single=60, cumulative=100, lower=3, upper=6)
LOSS_MAX = 70
MINUTE_MS = 60_000


class Purse:
    """A wallet in memory: honest ones keep to their limits, others sign what they like."""

    def __init__(self, key: Ed25519PrivateKey, device: Device, *, honest: bool) -> None:
        self.key, self.device, self.honest = key, device, honest
        self.text = ""
        self.said: Certificate | None = None
        self.counter = self.total = 0
        self.skew = 0

    def load(self, text: str) -> None:
        self.text, said = text, peeked(Certificate, text)
        self.said, self.counter, self.total = said, said.counter, 0

    def sign(self, amount: int, shop: Shop, at: int, *, back: int) -> str | None:
        """A voucher, or None where an honest wallet refuses."""
        if self.said is None:
            return None
        counter = self.counter + 1
        if self.honest:
            counted = counter - self.said.counter
            verdict = decide(LIMITS, count=counted, spent=self.total, amount=amount, online=False)
            if verdict != "approve_offline" or at + self.skew > self.said.ends:
                return None
        else:
            counter = max(self.said.counter + 1, counter - back)  # rolled back, or cloned
        self.counter, self.total = counter, self.total + amount
        voucher = Voucher(
            certificate=self.said.serial, device=self.device.shown, counter=counter, amount=amount,
            total=self.total, currency="CNY", merchant=shop.party, till=shop.device.shown,
            invoice=f"i{counter}", at=at + self.skew,
        )  # fmt: skip
        return joined(self.text, sealed(voucher, self.key))

    def statement(self, at: int) -> str:
        """Its word on how far it has come; an honest one pays no more under that certificate."""
        assert self.said is not None
        said = Statement(
            certificate=self.said.serial, device=self.device.shown, counter=self.counter,
            total=self.total, at=at,
        )  # fmt: skip
        if self.honest:
            self.said = None
        return sealed(said, self.key)


class Shop:
    """A till in memory: it counter-signs what comes to it, by its own clock."""

    def __init__(self, key: Ed25519PrivateKey, device: Device, skew: int) -> None:
        self.key, self.device, self.skew = key, device, skew
        self.party = device.party

    def accept(self, bundle: str, at: int) -> str:
        voucher = bundle.partition("~")[2]
        said = Acceptance(till=self.device.shown, voucher=reference_of(voucher), at=at + self.skew)
        return joined(bundle, sealed(said, self.key))


class History(Market):
    """One random history in a book of its own."""

    def __init__(self, ground_: Ground, home: Path, data: st.DataObject) -> None:
        super().__init__(ground_, home)
        self.data = data
        self.bearer = data.draw(st.sampled_from(["issuer", "merchant", "platform"]))
        self.loss_max = 0 if self.bearer == "merchant" else LOSS_MAX
        with self.tx() as tx:
            self.programme = certificates.open_programme(
                tx,
                Opening(
                    name="P", currency="CNY", single=60, cumulative=100, lower=3, upper=6,
                    certificate_days=2, deposit_days=5, bearer=self.bearer, loss_max=self.loss_max,
                ),
            )  # fmt: skip
        self.funded = 400
        self.fund(self.funded)
        self.purses = [self.purse(honest=honest) for honest in (True, True, False, False)]
        self.shops_ = [self.shop(party) for party in self.shops]
        self.out: list[str] = []
        self.brought: list[str] = []

    def enrol(self, party: str, role: str) -> tuple[Ed25519PrivateKey, Device]:
        key = new_key()
        asked = Enrolment(party=party, role=role, key=public_text(key), at=self.ms)
        with self.tx() as tx:
            return key, devices.enrol(tx, sealed(asked, key))

    def purse(self, *, honest: bool) -> Purse:
        purse = Purse(*self.enrol(self.buyer, "wallet"), honest=honest)
        purse.skew = self.data.draw(st.integers(-4, 4)) * MINUTE_MS
        self.certify(purse)
        return purse

    def shop(self, party: str) -> Shop:
        skew = self.data.draw(st.integers(-4, 4)) * MINUTE_MS
        return Shop(*self.enrol(party, "till"), skew)

    def certify(self, purse: Purse, statement: str = "") -> None:
        try:
            with self.tx() as tx:
                row = certificates.certify(
                    tx, self.issuer, purse.device.id, self.programme, statement=statement
                )
        except Problem:
            return  # it has not the money, or is stopped
        purse.load(row.text)

    def step(self) -> None:
        self.at += timedelta(seconds=1)  # of one object the same is told once a moment
        kind = self.data.draw(st.sampled_from(
            ["sell"] * 6 + ["deposit"] * 3 + ["renew", "settle", "stop", "thaw", "wait"]
        ))  # fmt: skip
        getattr(self, f"do_{kind}")()

    def pick(self) -> Purse:
        return self.data.draw(st.sampled_from(self.purses))

    def do_sell(self) -> None:
        purse, shop = self.pick(), self.data.draw(st.sampled_from(self.shops_))
        amount, back = self.data.draw(st.integers(1, 60)), self.data.draw(st.integers(0, 2))
        bundle = purse.sign(amount, shop, self.ms, back=back)
        if bundle:
            self.out.append(shop.accept(bundle, self.ms))

    def do_deposit(self) -> None:
        among = self.out + self.brought[-3:]
        chosen = self.data.draw(st.lists(st.sampled_from(among), max_size=6)) if among else []
        with self.tx(seconds=1) as tx:
            found = vouchers.deposit(tx, self.issuer, chosen)
        for text, each in zip(chosen, found, strict=True):
            if each.receipt:
                receipt = opened(Receipt, each.receipt, self.issuer.public)
                assert receipt.outcome == each.state
                self.brought.append(text)
                self.out = [waiting for waiting in self.out if waiting != text]

    def do_renew(self) -> None:
        purse = self.pick()
        if purse.said:
            self.certify(purse, purse.statement(self.ms))

    def do_settle(self) -> None:
        purse = self.pick()
        if not purse.said:
            return
        serial = purse.said.serial
        try:
            with self.tx() as tx:
                row = certificates.find(tx, serial)
                certificates.settle(tx, row.id, purse.statement(self.ms))
        except Problem:
            return  # something of it is still out

    def do_stop(self) -> None:
        purse = self.pick()
        if not purse.honest:
            with self.tx() as tx:
                devices.freeze(tx, purse.device.id, "suspected")

    def do_thaw(self) -> None:
        try:
            with self.tx() as tx:
                devices.thaw(tx, self.pick().device.id)
        except Problem:
            return

    def do_wait(self) -> None:
        self.at += timedelta(minutes=self.data.draw(st.sampled_from([1, 60, 1_500])))

    def bring_all(self) -> None:
        """Everything that is out, in one random order."""
        with self.tx(hours=1) as tx:
            vouchers.deposit(tx, self.issuer, self.data.draw(st.permutations(self.out)))


def check(history: History) -> None:
    with history.tx() as tx:
        rows = store.vouchers(tx, limit=10_000)
        issued = {row.id: row for row in store.certificates(tx)}
    honest = {purse.device.id for purse in history.purses if purse.honest}
    paid = Counter((row.device_id, row.counter) for row in rows if row.captured)
    assert max(paid.values(), default=1) == 1
    for id_, certificate in issued.items():
        captured = sum(row.captured for row in rows if row.certificate_id == id_)
        assert captured <= certificate.amount
    for purse in history.purses:
        borne = sum(row.borne for row in rows if row.device_id == purse.device.id)
        assert borne <= history.loss_max
    for row in rows:
        assert row.state == "deposited" or row.captured == 0
        if row.device_id in honest:
            assert (row.state, row.captured, row.borne) == ("deposited", row.amount, 0), row
    _conserved(history, rows)


def _conserved(history: History, rows: list[VoucherRow]) -> None:
    nets = history.nets()
    assert sum(nets.values()) == 0
    captured, borne = sum(row.captured for row in rows), sum(row.borne for row in rows)
    assert nets.get(f"wallet:{history.buyer}", 0) == history.funded - captured
    assert nets.get(f"offline:{history.buyer}", 0) == 0
    bearer = {"issuer": "issuer:offline", "platform": "platform:offline_loss"}
    assert -nets.get(bearer.get(history.bearer, ""), 0) == borne
    want: Counter[str] = Counter()
    for row in rows:
        shares = split(row.paid, Terms())
        want[f"merchant:{row.merchant}:settlement"] += shares["seller"]
        want["platform:commission"] += shares["commission"]
        want["tax:payable"] += shares["tax"]
    assert {path: nets.get(path, 0) for path in want} == dict(want)


@pytest.fixture
def fresh(clocked: str, worlds: Any) -> Callable[[], Ground]:
    """Makes books of the world."""

    def make() -> Ground:
        database, number = worlds.database(clocked), ground.fresh_book()
        with database.begin(book=number) as tx:
            access.open_book(tx, ground.book(number))
            payments.start(tx, Terms())
        return Ground(clocked, database, number)

    return make


@settings(max_examples=examples(12))
@given(data=st.data())
def test_whatever_wallets_sign_the_books_hold(
    fresh: Callable[[], Ground], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    history = History(fresh(), tmp_path_factory.mktemp("home"), data)
    for _ in range(data.draw(st.integers(5, 30))):
        history.step()
    check(history)
    history.bring_all()
    check(history)


def test_a_cheat_is_found_by_whoever_deposits_second(
    fresh: Callable[[], Ground], tmp_path: Path
) -> None:
    """The same as a fixed history: two clones of one wallet, and an honest one beside them."""

    class Zero:
        def draw(self, strategy: Any) -> Any:
            return "issuer" if "sampled_from" in repr(strategy) else 0

    history = History(fresh(), tmp_path, Zero())  # type: ignore[arg-type]
    cheat, fair = history.purses[2], history.purses[0]
    texts = []
    for shop in history.shops_ * 2:
        bundle = cheat.sign(40, shop, history.ms, back=2)
        assert bundle
        texts.append(shop.accept(bundle, history.ms))
    own = fair.sign(50, history.shops_[0], history.ms, back=0)
    assert own
    with history.tx() as tx:
        found = vouchers.deposit(
            tx, history.issuer, [*texts, history.shops_[0].accept(own, history.ms)]
        )
    assert [each.state for each in found] == ["deposited"] + ["double_spend"] * 3 + ["deposited"]
    assert [each.row.borne for each in found if each.row] == [0, 40, 30, 0, 0]
    check(history)
