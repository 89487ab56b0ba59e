"""What devices cost the server: deposits of offline vouchers and debits under a mandate, in batches."""

from __future__ import annotations

import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.protocol import (
    Acceptance,
    Debit,
    Enrolment,
    Voucher,
    joined,
    new_key,
    public_text,
    reference_of,
    sealed,
)
from huoshui import ledger
from huoshui.core import ids
from huoshui.core.db import Database, Tx
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX, Worlds
from huoshui.facts import commerce
from huoshui.facts.commerce import model
from huoshui.interfaces.cli.bench.figures import Measured
from huoshui.interfaces.cli.replaying import open_default_book
from huoshui.ledger import Leg, Transaction
from huoshui.lines.payments.chart import CHART, wallet_path
from huoshui.lines.payments.devices import issuer as issuers
from huoshui.lines.payments.devices import service as devices
from huoshui.lines.payments.devices.issuer import Issuer
from huoshui.lines.payments.devices.model import Device, to_ms
from huoshui.lines.payments.mandates import service as mandates
from huoshui.lines.payments.mandates.service import Proposal
from huoshui.lines.payments.vouchers import certificates
from huoshui.lines.payments.vouchers import service as vouchers
from huoshui.lines.payments.vouchers.certificates import Opening
from huoshui.lines.payments.vouchers.model import CertificateRow

_BATCH = 100
_BATCHES, _BATCHES_QUICK = 20, 4
_FUNDS = 10**9


def measure(settings: Settings, quick: bool) -> Measured:
    """Vouchers deposited and debits taken a second by one process, a hundred a call."""
    batches = _BATCHES_QUICK if quick else _BATCHES
    worlds = Worlds.start(settings)
    try:
        bench = _Bench(settings, worlds.database(SANDBOX))
        deposits = bench.timed([bench.vouchers(n) for n in range(batches)], vouchers.deposit)
        debits = bench.timed([bench.debits(n) for n in range(batches)], mandates.take)
    finally:
        worlds.close()
    count = batches * _BATCH
    return Measured(
        {
            "vouchers_deposited_per_s": count / deposits,
            "debits_taken_per_s": count / debits,
            "voucher_deposited_ms": deposits / count * 1e3,
        }
    )


class _Bench:
    """A wallet, a till and a machine of one book, which sign what is then brought in."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.database = database
        self.keys = {role: new_key() for role in ("wallet", "till", "machine")}
        with database.begin() as tx:
            open_default_book(tx)
            at = tx.now
            facts = [
                model.Seller(key="bench", occurred_at=at),
                model.Buyer(key="bench", occurred_at=at),
            ]
            seller, buyer = (taken.id for taken in commerce.ingest(tx, facts))
            assert seller
            assert buyer
            self.shop, self.buyer = ids.show("slr", seller), ids.show("byr", buyer)
            self.at = to_ms(at)
            _fund(tx, self.buyer)
            self.issuer: Issuer = issuers.current(tx, settings.home_path)
            self.wallet, self.till, self.machine = (
                self._enrol(tx, role, party)
                for role, party in (
                    ("wallet", self.buyer),
                    ("till", self.shop),
                    ("machine", self.shop),
                )
            )
            self.certificate = self._certify(tx)
            self.mandate = self._consented(tx)

    def _enrol(self, tx: Tx, role: str, party: str) -> Device:
        key: Ed25519PrivateKey = self.keys[role]
        asked = Enrolment(party=party, role=role, key=public_text(key), at=self.at)
        return devices.enrol(tx, sealed(asked, key))

    def _certify(self, tx: Tx) -> CertificateRow:
        opening = Opening(
            name="bench", currency="CNY", single=100, cumulative=_FUNDS // 2, lower=1, upper=10**6,
            certificate_days=7, deposit_days=7, bearer="merchant", loss_max=0,
        )  # fmt: skip
        programme = certificates.open_programme(tx, opening)
        return certificates.certify(tx, self.issuer, self.wallet.id, programme)

    def _consented(self, tx: Tx) -> str:
        asked = Proposal(
            payer=self.buyer, merchant=self.shop, currency="CNY", single_max=100, daily_max=_FUNDS
        )
        return mandates.consent(tx, mandates.propose(tx, asked).id, "bench").shown

    def vouchers(self, number: int) -> list[str]:
        """A batch of deposits."""
        return [self._voucher(number * _BATCH + n + 1) for n in range(_BATCH)]

    def _voucher(self, counter: int) -> str:
        voucher = Voucher(
            certificate=ids.show("crt", self.certificate.id), device=self.wallet.shown,
            counter=counter, amount=100, total=100 * counter, currency="CNY", merchant=self.shop,
            till=self.till.shown, invoice=str(counter), at=self.at,
        )  # fmt: skip
        text = sealed(voucher, self.keys["wallet"])
        accepted = Acceptance(till=self.till.shown, voucher=reference_of(text), at=self.at)
        return joined(self.certificate.text, text, sealed(accepted, self.keys["till"]))

    def debits(self, number: int) -> list[str]:
        """A batch of debits."""
        return [
            sealed(
                Debit(
                    device=self.machine.shown, mandate=self.mandate, counter=counter,
                    event=str(counter), merchant=self.shop, scene="bench", amount=100,
                    currency="CNY", at=self.at,
                ),
                self.keys["machine"],
            )
            for counter in range(number * _BATCH + 1, (number + 1) * _BATCH + 1)
        ]  # fmt: skip

    def timed(self, batches: list[list[str]], use_case: object) -> float:
        """Seconds that it takes to bring batches in, each in a commit of its own."""
        assert callable(use_case)
        started = time.perf_counter()
        for texts in batches:
            with self.database.begin() as tx:
                found = use_case(tx, self.issuer, texts)
                assert {each.state for each in found} <= {"deposited", "debited"}, found[0]
        return time.perf_counter() - started


def _fund(tx: Tx, buyer: str) -> None:
    legs = (Leg("rail:bank:clearing", wallet_path(buyer), _FUNDS),)
    top_up = Transaction(
        id=tx.id("txn", "bench"), template="wallet_topped_up", reference="bench", currency="CNY",
        legs=legs, effective_at=tx.now,
    )  # fmt: skip
    ledger.post(tx, [top_up], CHART)[0].demand()
