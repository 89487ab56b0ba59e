"""What names a device, an address, a card: brought to one form, then hashed with the book's key. No I/O.

The same thing written in two ways is one thing, and a hash links what belongs together without saying
whose it is. A card's own number is refused: it has no business here.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

_TOKEN = re.compile(r"(device|ip|card|address|phone)~[0-9a-f]{32}")
_CARD_NUMBER = re.compile(r"[0-9]{13,19}")
_PREFIX6 = 64  # of an IPv6 address: what follows is the device's own to change


@lru_cache(20_000)  # the same device and network come again and again
def token_of(secret: bytes, about: str, value: str) -> str:
    """The keyed hash of an identifier, 128 bits; a hash that is ours already stays as it is.

    Raises ValueError for what cannot be one.
    """
    if is_token(about, value):
        return value
    plain = _FORMS.get(about, _folded)(value)
    if not plain:
        raise ValueError(value)
    mac = hmac.new(secret, f"{about}\0{plain}".encode(), hashlib.sha256)
    return f"{about}~{mac.hexdigest()[:32]}"


def is_token(about: str, value: str) -> bool:
    """Whether this is the form in which an identifier is kept."""
    found = _TOKEN.fullmatch(value)
    return found is not None and found[1] == about


def _folded(value: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def _ip(value: str) -> str:
    address = ipaddress.ip_address(value.strip())
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, _PREFIX6), strict=False))
    return str(address)


def _card(value: str) -> str:
    digits = re.sub(r"[ -]", "", value)
    if _CARD_NUMBER.fullmatch(digits) and _luhn(digits):
        raise ValueError("a card number")
    return value.strip()


def _luhn(digits: str) -> bool:
    doubled = [int(d) * (2 if at % 2 else 1) for at, d in enumerate(reversed(digits))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def _phone(value: str) -> str:
    digits = re.sub(r"[^0-9+]", "", unicodedata.normalize("NFKC", value))
    return digits if len(digits) >= 5 else ""


_FORMS: dict[str, Callable[[str], str]] = {
    "ip": _ip,
    "card": _card,
    "phone": _phone,
    "device": str.strip,
}
