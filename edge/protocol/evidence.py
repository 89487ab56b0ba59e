"""The proof of a double spend: two vouchers of one device under one counter, both signed by it.

The two texts prove it by themselves: nobody but the holder of the device's key can have made them,
and an honest device makes one. Whoever has the issuer's public key can check it, with no database.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from edge.protocol.envelope import Refused, fingerprint, parted, reference_of
from edge.protocol.messages import Voucher
from edge.protocol.rules import Conflict, authentic, conflicting

FORM = "huoshui/double-spend/1"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What two vouchers prove: the device, the counter, how they contradict each other."""

    device: str
    counter: int
    kind: Conflict
    first: Voucher
    second: Voucher


def prove(first: str, second: str, issuer: str) -> str:
    """An evidence file of two bundles (certificate and voucher joined), readable by people too.

    `issuer` is the public key that the certificates rest on. Raises Refused: no_conflict.
    """
    proof = _proof(first, second, issuer)
    document = {
        "form": FORM,
        "issuer": issuer,
        "device": proof.device,
        "counter": proof.counter,
        "kind": proof.kind,
        "first": {"text": first, "says": asdict(proof.first)},
        "second": {"text": second, "says": asdict(proof.second)},
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def proved(document: str, issuer: str) -> Proof:
    """What an evidence file proves to who trusts an issuer's key, from its two texts alone.

    Raises Refused: malformed, bad_signature, no_conflict.
    """
    try:
        found = json.loads(document)
        first, second = found["first"]["text"], found["second"]["text"]
    except (ValueError, KeyError, TypeError) as error:
        raise Refused("malformed", reason="not an evidence file") from error
    return _proof(first, second, issuer)


def _proof(first: str, second: str, issuer: str) -> Proof:
    trusted = {fingerprint(issuer): issuer}
    _, one = authentic(first, trusted)
    _, two = authentic(second, trusted)
    texts = parted(first, 2)[1], parted(second, 2)[1]
    kind = conflicting(*texts)
    if kind is None:
        raise Refused("no_conflict", first=reference_of(texts[0]), second=reference_of(texts[1]))
    return Proof(device=one.device, counter=one.counter, kind=kind, first=one, second=two)
