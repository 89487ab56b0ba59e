"""Which addresses a webhook may be sent to: a book's own words must not reach the inside.

Pure. The form of a URL is judged when an endpoint is made; the addresses behind its name are
judged at every attempt, and the connection goes to the very address that was judged.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from huoshui.core.errors import FieldError, Problem

URL_MAX = 2048
PORTS = (80, 443, 8080, 8443)
_USUAL = {"http": 80, "https": 443}
# Global by their number, yet inside: Azure's and Oracle's own services; relays of 6to4; IPv4
# written into IPv6.
_INSIDE = tuple(
    ip_network(text) for text in ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "::/96")
)
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
Address = IPv4Address | IPv6Address


class BadWebhookUrl(Problem):
    """Not a URL that webhooks may be sent to; the problem says why."""

    code = "bad_webhook_url"
    status = 422


class ForbiddenAddress(Problem):
    """A name leads to an address inside: private, loopback, link-local, of the cloud's own."""

    code = "forbidden_address"
    status = 422


class Policy(msgspec.Struct, frozen=True):
    """What a world asks of its endpoints."""

    https_only: bool = True
    allow_private: bool = False


class Place(msgspec.Struct, frozen=True):
    """A URL taken apart: what to connect to and what to ask for there."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _USUAL[self.scheme] else f"{host}:{self.port}"

    def at(self, address: str) -> str:
        """The URL with an address in place of the name."""
        host = f"[{address}]" if ":" in address else address
        return f"{self.scheme}://{host}:{self.port}{self.target}"


def place(url: str, policy: Policy) -> Place:
    """The place that a URL names. Raises BadWebhookUrl, and ForbiddenAddress for a bare address."""
    if not 1 <= len(url) <= URL_MAX or not all("!" <= c <= "~" and c not in '\\"<>`' for c in url):
        raise _bad(url, "form")
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").encode("idna").decode()
    except ValueError as error:  # UnicodeError is one
        raise _bad(url, "form") from error
    if parts.scheme not in _USUAL:
        raise _bad(url, "scheme")
    if policy.https_only and parts.scheme != "https":
        raise _bad(url, "https")
    if not host or "@" in parts.netloc or parts.fragment or "%" in host:
        raise _bad(url, "form")
    port = _USUAL[parts.scheme] if port is None else port
    if port not in PORTS and not (policy.allow_private and port):
        raise _bad(url, "port")
    found = Place(parts.scheme, host, port, _target(parts.path, parts.query))
    _refuse_inside(found, policy)
    return found


def host_of(url: str) -> str:
    """The host of an endpoint's URL, to speak of it."""
    return urlsplit(url).hostname or ""


def _target(path: str, query: str) -> str:
    return (path or "/") + (f"?{query}" if query else "")


def _bad(url: str, rule: Literal["form", "scheme", "https", "port"]) -> BadWebhookUrl:
    return BadWebhookUrl(
        url=url[:200],
        rule=rule,
        ports=", ".join(map(str, PORTS)),
        errors=(FieldError("/url", f"webhook_url_{rule}", {"ports": ", ".join(map(str, PORTS))}),),
    )


def _refuse_inside(found: Place, policy: Policy) -> None:
    """Refuse at once what needs no look-up: bare addresses in any spelling, and this machine."""
    if policy.allow_private:
        return
    bare = literal(found.host)
    if bare is not None:
        check([str(bare)], found.host, policy)
    name = found.host.rstrip(".").lower()
    if name == "localhost" or name.endswith((".localhost", ".local", ".internal")):
        raise ForbiddenAddress(host=found.host[:100], address=name[:100])


def literal(host: str) -> Address | None:
    """The address that a host spells, also as a decimal, octal or hexadecimal number; else None."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        # The C library reads 2130706433, 0x7f.1 and 0177.0.0.1 as addresses, so we do.
        return IPv4Address(socket.inet_aton(host.rstrip(".")))
    except OSError:
        return None


def check(addresses: Sequence[str], host: str, policy: Policy) -> None:
    """All that a name leads to must be outside: one inside address refuses the name.

    Raises ForbiddenAddress.
    """
    for address in addresses:
        if not policy.allow_private and not outside(ip_address(address)):
            raise ForbiddenAddress(host=host[:100], address=address)


def outside(address: Address) -> bool:
    """Whether an address is one of the open Internet, whatever is wrapped in it."""
    if isinstance(address, IPv6Address):
        inner = _wrapped(address)
        if inner is not None:
            return outside(inner)
        if address.scope_id or address.is_site_local:
            return False
    if address.is_multicast or not address.is_global or address.is_reserved:
        return False
    return not any(address.version == net.version and address in net for net in _INSIDE)


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one carries: mapped, 6to4, Teredo's client, NAT64."""
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if any(address in network for network in _NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None
