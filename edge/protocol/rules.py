"""The rules of paying without a network: limits, what a till checks, what contradicts what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from edge.protocol.envelope import Refused, opened, parted, peeked, reference_of
from edge.protocol.messages import Certificate, Invoice, Voucher

Verdict = Literal["approve_offline", "go_online", "decline"]
Conflict = Literal["double_spend", "counter_reuse"]
SKEW_MAX_MS = 10 * 60 * 1000  # how far two honest clocks may be apart


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How far a wallet may pay unseen; `single` and `cumulative` in minor units.

    `lower` and `upper` are EMV's consecutive offline limits: up to the lower one a payment is made
    offline, between the two online where that is possible, above the upper one only online.
    """

    single: int
    cumulative: int
    lower: int
    upper: int


def limits_of(certificate: Certificate) -> Limits:
    """The limits that a certificate names."""
    return Limits(
        single=certificate.single,
        cumulative=certificate.cumulative,
        lower=certificate.lower,
        upper=certificate.upper,
    )


def decide(limits: Limits, *, count: int, spent: int, amount: int, online: bool) -> Verdict:
    """Whether the `count`th payment in a row may be made offline, `spent` having gone before."""
    beyond = (
        amount > limits.single
        or spent + amount > limits.cumulative
        or count > limits.upper
    )  # fmt: skip
    if beyond:
        return "go_online" if online else "decline"
    return "go_online" if online and count > limits.lower else "approve_offline"


def authentic(bundle: str, issuers: Mapping[str, str]) -> tuple[Certificate, Voucher]:
    """The certificate and voucher of a joined text, each signed by who it should be.

    `issuers` are public keys by fingerprint. Raises Refused: malformed, unknown_issuer,
    bad_signature, wrong_certificate.
    """
    certificate_text, voucher_text = parted(bundle, 2)
    issuer = peeked(Certificate, certificate_text).issuer
    if issuer not in issuers:
        raise Refused("unknown_issuer", issuer=issuer)
    certificate = opened(Certificate, certificate_text, issuers[issuer])
    voucher = opened(Voucher, voucher_text, certificate.key)
    if (
        certificate.role != "wallet"
        or voucher.certificate != certificate.serial
        or voucher.device != certificate.device
        or voucher.currency != certificate.currency
        or voucher.counter <= certificate.counter
        or not 0 < voucher.amount <= voucher.total
    ):
        raise Refused("wrong_certificate", serial=certificate.serial)
    return certificate, voucher


def timely(certificate: Certificate, at: int) -> None:
    """Raises Refused where a certificate was not in force at a time: not_begun, expired."""
    if at < certificate.begins - SKEW_MAX_MS:  # a clock that is a little behind the server's
        raise Refused("not_begun", begins=certificate.begins)
    if at > certificate.ends:
        raise Refused("expired", ends=certificate.ends)


def check(
    bundle: str, invoice: Invoice, issuers: Mapping[str, str], *, at: int, online: bool = False
) -> tuple[Certificate, Voucher]:
    """What a till checks before it hands over the goods, by its own clock.

    Raises Refused, also: wrong_invoice, clock_skew, over_limit.
    """
    certificate, voucher = authentic(bundle, issuers)
    wanted = (invoice.merchant, invoice.till, invoice.number, invoice.amount, invoice.currency)
    paid = (voucher.merchant, voucher.till, voucher.invoice, voucher.amount, voucher.currency)
    if paid != wanted:
        raise Refused("wrong_invoice", invoice=invoice.number)
    timely(certificate, at)
    if abs(at - voucher.at) > SKEW_MAX_MS:
        raise Refused("clock_skew", apart_s=abs(at - voucher.at) // 1000)
    verdict = decide(
        limits_of(certificate),
        count=voucher.counter - certificate.counter,
        spent=voucher.total - voucher.amount,
        amount=voucher.amount,
        online=online,
    )
    if verdict == "decline":
        raise Refused("over_limit", total=voucher.total, limit=certificate.cumulative)
    return certificate, voucher


def conflicting(first: str, second: str) -> Conflict | None:
    """How two vouchers' texts contradict each other, both signed by one device; None if not.

    `double_spend`: one value given to two; `counter_reuse`: one counter for two amounts.
    """
    if reference_of(first) == reference_of(second):
        return None
    one, two = peeked(Voucher, first), peeked(Voucher, second)
    if (one.device, one.counter) != (two.device, two.counter):
        return None
    return "double_spend" if one.amount == two.amount else "counter_reuse"
