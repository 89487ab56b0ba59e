"""The messages: flat records of texts and whole numbers, each with a name and a version.

Times are Unix milliseconds, amounts minor units of `currency`, keys 32 bytes in URL-safe base64.
A new field or another meaning is a new `KIND`: what was signed once means the same for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class Message:
    """Base of all messages; `KIND` stands in the text and under the signature."""

    KIND: ClassVar[str] = ""


@dataclass(frozen=True, kw_only=True)
class Enrolment(Message):
    """A device asks to be known, signed by the key that it names: nobody enrols another's key."""

    KIND: ClassVar[str] = "enrolment1"

    party: str
    role: str
    key: str
    at: int


@dataclass(frozen=True, kw_only=True)
class Rotation(Message):
    """A device's next key: sealed twice, by the key so far and by the new one."""

    KIND: ClassVar[str] = "rotation1"

    device: str
    key: str
    at: int


@dataclass(frozen=True, kw_only=True)
class Certificate(Message):
    """The server's word for a device's key, from `begins` until `ends`, sealed by the issuer.

    A wallet's also says how far it may pay unseen: `single` a payment, `cumulative` in all,
    `lower` and `upper` payments in a row (the consecutive offline limits of EMV), counted above
    `counter`. A till's has zeros there.
    """

    KIND: ClassVar[str] = "certificate1"

    issuer: str
    serial: str
    device: str
    party: str
    role: str
    key: str
    programme: str
    currency: str
    single: int
    cumulative: int
    lower: int
    upper: int
    counter: int
    begins: int
    ends: int


@dataclass(frozen=True, kw_only=True)
class Milestone(Message):
    """A source certifies that a party reached something, sealed by the source.

    `number` is the source's own and used once; `reference` says what exactly; it counts in the books
    of `market` alone, until `ends`.
    """

    KIND: ClassVar[str] = "milestone1"

    source: str
    number: str
    kind: str
    subject: str
    reference: str
    market: str
    at: int
    ends: int


@dataclass(frozen=True, kw_only=True)
class Invoice(Message):
    """What a till asks for, sealed by the till."""

    KIND: ClassVar[str] = "invoice1"

    merchant: str
    till: str
    number: str
    amount: int
    currency: str
    at: int


@dataclass(frozen=True, kw_only=True)
class Voucher(Message):
    """A payer's device pays an invoice, sealed by the device.

    `total` is all that this certificate's vouchers come to, this one included: so the value of
    a counter that has not arrived is known from its neighbours.
    """

    KIND: ClassVar[str] = "voucher1"

    certificate: str
    device: str
    counter: int
    amount: int
    total: int
    currency: str
    merchant: str
    till: str
    invoice: str
    at: int


@dataclass(frozen=True, kw_only=True)
class Acceptance(Message):
    """The till's counter-signature: it took this voucher at this time, by its own clock."""

    KIND: ClassVar[str] = "acceptance1"

    till: str
    voucher: str
    at: int


@dataclass(frozen=True, kw_only=True)
class Statement(Message):
    """A wallet says how far it has come: its last counter and total under a certificate."""

    KIND: ClassVar[str] = "statement1"

    certificate: str
    device: str
    counter: int
    total: int
    at: int


@dataclass(frozen=True, kw_only=True)
class Debit(Message):
    """A machine asks for a debit under a mandate, sealed by the machine.

    `event` names what happened there (an exit of a car park, a charge of a car): one debit each.
    """

    KIND: ClassVar[str] = "debit1"

    device: str
    mandate: str
    counter: int
    event: str
    merchant: str
    scene: str
    amount: int
    currency: str
    at: int


@dataclass(frozen=True, kw_only=True)
class Receipt(Message):
    """What the server did with a voucher or a debit, sealed by it after it was done for good.

    `about` is the digest of what was sent in; `paid` what the merchant got of it, `reason` why
    it got less.
    """

    KIND: ClassVar[str] = "receipt1"

    about: str
    outcome: str
    reason: str
    subject: str
    merchant: str
    amount: int
    paid: int
    currency: str
    at: int
