"""An issuer, and certificates of its own for wallets and tills: what the server does, in memory."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from edge.protocol import (
    Acceptance,
    Certificate,
    Enrolment,
    Receipt,
    Voucher,
    fingerprint,
    new_key,
    opened,
    parted,
    peeked,
    public_text,
    reference_of,
    sealed,
)
from edge.till import Till
from edge.wallet import Wallet

AT = 1_764_500_000_000  # Unix milliseconds
DAY = 86_400_000
LIMITS = {"single": 10_000, "cumulative": 20_000, "lower": 3, "upper": 5}
_numbers = itertools.count(1)


class Issuer:
    """Certifies devices and takes deposits; it keeps nothing but what it was given."""

    def __init__(self) -> None:
        self.key = new_key()
        self.public = public_text(self.key)
        self.trusted = {fingerprint(self.public): self.public}
        self.deposited: dict[str, Voucher] = {}

    def certify(self, enrolment: str, **terms: Any) -> str:
        """A certificate for the device that sent an enrolment."""
        asked = peeked(Enrolment, enrolment)
        opened(Enrolment, enrolment, asked.key)
        number = next(_numbers)
        limits = LIMITS if asked.role == "wallet" else dict.fromkeys(LIMITS, 0)
        fields: dict[str, Any] = {
            "issuer": fingerprint(self.public),
            "serial": f"crt_{number}",
            "device": f"dev_{number}",
            "party": asked.party,
            "role": asked.role,
            "key": asked.key,
            "programme": "prg",
            "currency": "CNY",
            "counter": 0,
            "begins": AT - DAY,
            "ends": AT + 7 * DAY,
        }
        said = Certificate(**(fields | limits | terms))
        return sealed(said, self.key)

    def receive(self, texts: Any) -> list[str]:
        """A receipt for each deposit; the same voucher again changes nothing."""
        return [self._receipt(text) for text in texts]

    def _receipt(self, text: str) -> str:
        certificate, voucher_text, acceptance = parted(text, 3)
        voucher = opened(Voucher, voucher_text, peeked(Certificate, certificate).key)
        assert peeked(Acceptance, acceptance).voucher == reference_of(voucher_text)
        self.deposited[reference_of(voucher_text)] = voucher
        said = Receipt(
            about=reference_of(voucher_text),
            outcome="deposited",
            reason="",
            subject="vch_1",
            merchant=voucher.merchant,
            amount=voucher.amount,
            paid=voucher.amount,
            currency="CNY",
            at=AT,
        )
        return sealed(said, self.key)


def wallet_of(issuer: Issuer, home: Path, **terms: Any) -> Wallet:
    """A wallet with a certificate."""
    wallet = Wallet(home)
    wallet.load(issuer.certify(wallet.enrol("byr_1", at=AT), **terms), issuer.public)
    return wallet


def till_of(issuer: Issuer, home: Path, merchant: str = "slr_1", **terms: Any) -> Till:
    """A till with a certificate."""
    till = Till(home)
    till.load(issuer.certify(till.enrol(merchant, at=AT), **terms), issuer.public)
    return till
