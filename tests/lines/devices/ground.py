"""A marketplace whose buyers and sellers have devices: on a clock of its own, with real files."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from edge.protocol import (
    Acceptance,
    Debit,
    Voucher,
    joined,
    new_key,
    parted,
    peeked,
    public_text,
    reference_of,
    sealed,
)
from edge.protocol import Enrolment as Asked
from edge.till import Till
from edge.wallet import Wallet
from huoshui import ledger
from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.facts.commerce import model
from huoshui.ledger import Leg, Transaction
from huoshui.lines.payments.chart import CHART, wallet_path
from huoshui.lines.payments.devices import issuer as issuers
from huoshui.lines.payments.devices import service as devices
from huoshui.lines.payments.devices.model import Device, to_ms
from huoshui.lines.payments.mandates import service as mandates
from huoshui.lines.payments.mandates.model import Mandate
from huoshui.lines.payments.mandates.service import Asked as Taken
from huoshui.lines.payments.mandates.service import Proposal
from huoshui.lines.payments.vouchers import certificates
from huoshui.lines.payments.vouchers import service as vouchers
from huoshui.lines.payments.vouchers.certificates import Opening
from huoshui.lines.payments.vouchers.model import Programme
from huoshui.lines.payments.vouchers.service import Deposited
from tests import ground
from tests.ground import Ground

_numbers = itertools.count(1)
LIMITS: dict[str, Any] = {
    "name": "Metro", "currency": "CNY", "single": 200_00, "cumulative": 200_00, "lower": 3,
    "upper": 5, "certificate_days": 7, "deposit_days": 14, "bearer": "issuer", "loss_max": 100_00,
}  # fmt: skip


class Market:
    """A marketplace with one buyer and two sellers; `at` is its time."""

    def __init__(self, ground_: Ground, home: Path) -> None:
        self.ground = ground_
        self.home = home
        with ground_.database.begin(book=ground_.number) as tx:
            self.at = tx.now
        facts = [ground.shop("s1"), ground.shop("s2"), model.Buyer(key="b1", occurred_at=self.at)]
        taken = ground_.take(*facts)
        self.shops = [ids.show("slr", taken.facts[i].id) for i in (0, 1)]  # type: ignore[arg-type]
        self.buyer = ids.show("byr", taken.facts[2].id)  # type: ignore[arg-type]
        with self.tx() as tx:
            self.issuer = issuers.current(tx, home / "server")

    @contextmanager
    def tx(self, **later: int) -> Iterator[Tx]:
        """A transaction, the clock moved on first."""
        self.at += timedelta(**later)
        with self.ground.database.begin(book=self.ground.number, now=self.at) as tx:
            yield tx

    @property
    def ms(self) -> int:
        """The time as devices write it."""
        return to_ms(self.at)

    def fund(self, amount: int) -> None:
        """Money onto the buyer's wallet."""
        with self.tx() as tx:
            legs = (Leg("rail:bank:clearing", wallet_path(self.buyer), amount),)
            tx_id = tx.id("txn", f"fund/{next(_numbers)}")
            top_up = Transaction(
                id=tx_id, template="top_up", reference="top-up", currency="CNY", legs=legs,
                effective_at=tx.now,
            )  # fmt: skip
            ledger.post(tx, [top_up], CHART)[0].demand()

    def nets(self) -> dict[str, int]:
        """in - out of every account that is not at zero, by path."""
        return self.ground.nets()

    def available(self) -> int:
        """What the buyer can still spend of its wallet."""
        with self.tx() as tx:
            return ledger.service.account_at(tx, wallet_path(self.buyer), "CNY").available

    def events(self, kind: str) -> int:
        """How many events of a kind were told."""
        return self.ground.value(
            "SELECT count(*) FROM event WHERE book = %(book)s AND type = %(kind)s", kind=kind
        )


class Offline(Market):
    """The same with a programme, a wallet and two tills."""

    def __init__(self, ground_: Ground, home: Path, *, funds: int = 200_00, **limits: Any) -> None:
        super().__init__(ground_, home)
        self.fund(funds)
        with self.tx() as tx:
            asked = Opening(**(LIMITS | limits))
            self.programme: Programme = certificates.open_programme(tx, asked)
        self.wallet = Wallet(home / "wallet")
        self.device = self.enrol(self.wallet.enrol(self.buyer, at=self.ms))
        self.certificate = self.certify()
        self.tills = [self.till(shop) for shop in self.shops]

    def enrol(self, text: str) -> Device:
        """Make a device known."""
        with self.tx() as tx:
            return devices.enrol(tx, text)

    def certify(self, **given: Any) -> Any:
        """A certificate for the wallet, loaded."""
        with self.tx() as tx:
            row = certificates.certify(tx, self.issuer, self.device.id, self.programme, **given)
        self.wallet.load(row.text, self.issuer.public)
        return row

    def till(self, shop: str) -> Till:
        """A till of a shop, loaded."""
        till = Till(self.home / f"till-{next(_numbers)}")
        device = self.enrol(till.enrol(shop, at=self.ms))
        with self.tx() as tx:
            row = certificates.certify(tx, self.issuer, device.id, self.programme)
        till.load(row.text, self.issuer.public)
        return till

    def sell(self, amount: int, shop: int = 0) -> str:
        """A sale without a network; what the till is to deposit."""
        till = self.tills[shop]
        invoice = till.invoice(amount, at=self.ms)
        bundle = self.wallet.pay(invoice, at=self.ms)
        return joined(bundle, till.accept(bundle, at=self.ms))

    def forged(self, text: str, *, shop: int = 0, **changed: Any) -> str:
        """The same voucher with other words, signed by the wallet's key and a till's: a clone."""
        certificate, voucher, _ = parted(text, 3)
        said = peeked(Voucher, voucher)
        till = self.tills[shop]
        own = till._certificate()
        changed = {"merchant": own.party, "till": own.device, "invoice": "x"} | changed
        again = sealed(replace(said, **changed), self.wallet._state.key())
        accepted = Acceptance(till=own.device, voucher=reference_of(again), at=said.at)
        return joined(certificate, again, sealed(accepted, till._state.key()))

    def deposit(self, *texts: str, **later: int) -> list[Deposited]:
        """Bring vouchers to the server."""
        with self.tx(**later) as tx:
            return vouchers.deposit(tx, self.issuer, texts)


class Machines(Market):
    """The same with a machine of a shop, and mandates of the buyer."""

    def __init__(self, ground_: Ground, home: Path, *, funds: int = 1_000_00) -> None:
        super().__init__(ground_, home)
        self.fund(funds)
        self.key = new_key()
        said = Asked(party=self.shops[0], role="machine", key=public_text(self.key), at=self.ms)
        with self.tx() as tx:
            self.machine = devices.enrol(tx, sealed(said, self.key))
        self.counters = itertools.count(1)

    def mandate(self, *, consented: bool = True, **terms: Any) -> Mandate:
        """A mandate of the buyer for the machine's shop."""
        asked: dict[str, Any] = {
            "payer": self.buyer, "merchant": self.shops[0], "currency": "CNY",
            "single_max": 200_00, "daily_max": 500_00,
        }  # fmt: skip
        with self.tx() as tx:
            made = mandates.propose(tx, Proposal(**(asked | terms)))
            return mandates.consent(tx, made.id, "passkey") if consented else made

    def debit(self, mandate: Mandate, amount: int, **said: Any) -> str:
        """What the machine signs."""
        counter = next(self.counters)
        fields: dict[str, Any] = {
            "device": self.machine.shown, "mandate": mandate.shown, "counter": counter,
            "event": f"e{counter}", "merchant": self.shops[0], "scene": "parking",
            "amount": amount, "currency": "CNY", "at": self.ms,
        }  # fmt: skip
        asked = Debit(**(fields | said))
        return sealed(asked, self.key)

    def take(self, *texts: str, **later: int) -> list[Taken]:
        """Bring device events to the server."""
        with self.tx(**later) as tx:
            return mandates.take(tx, self.issuer, texts)
