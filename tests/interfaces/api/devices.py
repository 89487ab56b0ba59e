"""A tenant's devices over HTTP: a wallet and a till that pay, a machine that debits, one cheat."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from edge.protocol import (
    Acceptance,
    Debit,
    Enrolment,
    Voucher,
    joined,
    new_key,
    parted,
    peeked,
    public_text,
    reference_of,
    sealed,
)
from edge.till import Till
from edge.wallet import Wallet
from huoshui import ledger
from huoshui.core import ids
from huoshui.facts.commerce import model
from huoshui.ledger import Leg, Transaction
from huoshui.lines.payments.chart import CHART, wallet_path
from huoshui.lines.payments.devices.model import to_ms
from tests import ground
from tests.interfaces.api.conftest import Tenant

CONFIRMED = {"by": "passkey"}
PROGRAMME = {
    "name": "Metro", "currency": "CNY", "single": 20_000, "cumulative": 20_000, "bearer": "issuer",
    "loss_max": 10_000,
}  # fmt: skip


class Devices:
    """Everything of one tenant, enrolled and certified through the API."""

    def __init__(self, tenant: Tenant, home: Path, seller: str = "s1", buyer: str = "b1") -> None:
        self.tenant = tenant
        at = ground.START
        tenant.tell(ground.shop(seller), model.Buyer(key=buyer, occurred_at=at))
        self.shop = tenant.get("/sellers", key=seller)["data"][0]["id"]
        with tenant.database.begin(book=tenant.book) as tx:
            found = tx.value(
                "SELECT id FROM buyer WHERE book = %(book)s AND key = %(key)s", key=buyer
            )
            self.buyer = ids.show("byr", found)
            top_up = Transaction(
                id=tx.id("txn", f"top-up-{buyer}"), template="wallet_topped_up", reference="",
                currency="CNY", legs=(Leg("rail:bank:clearing", wallet_path(self.buyer), 100_000),),
                effective_at=tx.now,
            )  # fmt: skip
            ledger.post(tx, [top_up], CHART)[0].demand()
        self.programme = tenant.done("/programmes", PROGRAMME)["id"]
        self.wallet, self.till = Wallet(home / "wallet"), Till(home / "till")
        self.device = self.enrol(self.wallet.enrol(self.buyer, at=self.now()))
        self.certificate = self.certify(self.device, amount={"amount": 20_000, "currency": "CNY"})
        self.wallet.load(self.certificate["text"], self.certificate["issuer"])
        self.till_device = self.enrol(self.till.enrol(self.shop, at=self.now()))
        answer = self.certify(self.till_device)
        self.till.load(answer["text"], answer["issuer"], answer["blocked"])
        self.key = new_key()
        asked = Enrolment(party=self.shop, role="machine", key=public_text(self.key), at=self.now())
        self.machine = self.enrol(sealed(asked, self.key))
        self.counter = 0

    def now(self) -> int:
        """The time of the tenant's world, as devices write it."""
        with self.tenant.database.begin(book=self.tenant.book) as tx:
            return to_ms(tx.now)

    def enrol(self, text: str) -> str:
        """A device's id."""
        return str(self.tenant.done("/devices", {"enrolment": text})["id"])

    def certify(self, device: str, **asked: Any) -> Any:
        """A certificate as the API answers it."""
        return self.tenant.done(
            f"/devices/{device}/certificates", {"programme": self.programme} | asked
        )

    def sell(self, amount: int) -> str:
        """A sale without a network; what the till is to deposit."""
        bundle = self.wallet.pay(self.till.invoice(amount, at=self.now()), at=self.now())
        return joined(bundle, self.till.accept(bundle, at=self.now()))

    def twin(self, text: str) -> str:
        """Another voucher under the same counter, signed and counter-signed."""
        certificate, voucher, _ = parted(text, 3)
        said = replace(peeked(Voucher, voucher), invoice="twin")
        again = sealed(said, self.wallet._state.key())
        accepted = Acceptance(till=said.till, voucher=reference_of(again), at=said.at)
        return joined(certificate, again, sealed(accepted, self.till._state.key()))

    def deposit(self, *texts: str, **given: Any) -> Any:
        """The results of a deposit."""
        return self.tenant.done("/deposits", {"vouchers": list(texts)}, **given)["results"]

    def mandate(self, **terms: Any) -> Any:
        """A mandate in force."""
        asked = {
            "payer": self.buyer, "merchant": self.shop, "currency": "CNY", "single_max": 20_000,
            "daily_max": 50_000, "confirmation": CONFIRMED,
        }  # fmt: skip
        return self.tenant.done("/mandates", asked | terms)

    def debit(self, mandate: str, amount: int, **said: Any) -> str:
        """What the machine signs."""
        self.counter += 1
        fields: dict[str, Any] = {
            "device": self.machine, "mandate": mandate, "counter": self.counter,
            "event": f"e{self.counter}", "merchant": self.shop, "scene": "parking",
            "amount": amount, "currency": "CNY", "at": self.now(),
        }  # fmt: skip
        return sealed(Debit(**(fields | said)), self.key)

    def everything(self) -> dict[str, str]:
        """One of each that the API knows by an id, by the address under which it stands."""
        first = self.sell(1_000)
        results = self.deposit(first, self.twin(first))
        mandate = self.mandate()["id"]
        event = self.debit(mandate, 20_001)
        taken = self.tenant.done("/device-events", {"events": [event]})["results"][0]
        return {
            "/devices": self.device, "/certificates": self.certificate["id"],
            "/programmes": self.programme, "/vouchers": results[0]["voucher"],
            "/double-spends": results[1]["double_spend"], "/mandates": mandate,
            "/device-events": taken["event"]["id"],
        }  # fmt: skip
