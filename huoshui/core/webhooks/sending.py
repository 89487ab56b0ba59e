"""One webhook over the wire: the name is looked up by us, and the call goes to what was judged.

No redirect is followed, no proxy used, no connection kept, nothing unpacked; the whole try has one
time-out, and of the answer no more is read than is kept.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx2
import msgspec

from huoshui import __version__
from huoshui.core import clock, ids
from huoshui.core.webhooks import guard, signing
from huoshui.core.webhooks.guard import BadWebhookUrl, ForbiddenAddress, Place, Policy
from huoshui.core.webhooks.model import BODY_KEPT, Parcel, Reply

CONNECT_S, TOTAL_S = 3, 10
_READ_MAX = 16_384
_ADDRESSES_TRIED = 3
_LOOKUPS = 256
_HEADERS: Final = {
    "content-type": "application/json",
    "user-agent": f"Huoshui/{__version__} (webhooks)",
    "accept-encoding": "identity",
}
# The word for what went wrong, by what was raised; the first that fits.
_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (httpx2.ConnectTimeout, "connect_timeout"),
    (httpx2.TimeoutException, "timeout"),
    (TimeoutError, "timeout"),
    (httpx2.ConnectError, "connect"),
    (ForbiddenAddress, "forbidden_address"),
    (BadWebhookUrl, "bad_url"),
    (OSError, "lookup"),
    (httpx2.HTTPError, "broken_answer"),
)


class Body(msgspec.Struct, frozen=True):
    """What a receiver gets (Standard Webhooks): `data` is the event as the API answers it."""

    type: str
    timestamp: str
    data: dict[str, Any]


class Timing(msgspec.Struct, frozen=True):
    """How long a try may take."""

    connect_s: int = CONNECT_S
    total_s: int = TOTAL_S


USUAL = Timing()


def content(parcel: Parcel) -> bytes:
    """The body of a webhook: the same at each attempt."""
    at = parcel.at.isoformat().replace("+00:00", "Z")
    event: dict[str, Any] = {
        "id": ids.show("evt", parcel.event_id),
        "type": parcel.type,
        "object": parcel.object,
        "at": at,
        "actor": parcel.actor,
        "data": parcel.data,
    }
    return msgspec.json.encode(Body(parcel.type, at, event))


class Sender:
    """Sends webhooks under one policy; opened and closed with its event loop."""

    def __init__(self, policy: Policy, timing: Timing = USUAL) -> None:
        self._policy = policy
        self._timing = timing
        # Names are looked up apart from everything else, each by its own thread where it must be:
        # a slow server of names holds up no other.
        self._lookups = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="huoshui-names")
        self._client = httpx2.AsyncClient(
            timeout=httpx2.Timeout(timing.total_s, connect=timing.connect_s),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Give back connections and threads."""
        await self._client.aclose()
        self._lookups.shutdown(wait=False, cancel_futures=True)

    async def send(self, parcel: Parcel, secrets: list[bytes]) -> Reply:
        """One attempt, signed now. Never raises for what the other side does."""
        body = content(parcel)
        signed = signing.headers(
            ids.show("evt", parcel.event_id),
            int(clock.system_now().timestamp()),
            body,
            secrets,
        )
        return await self.post(parcel.url, signed, body)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """One POST to where the policy allows. Never raises for what the other side does."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._timing.total_s):
                found = guard.place(url, self._policy)
                reply = await self._try_each(found, headers, body)
        except Exception as error:
            reply = Reply(error=_word(error))
        ms = round((time.monotonic() - started) * 1000)
        return msgspec.structs.replace(reply, ms=ms)

    async def _try_each(self, place: Place, headers: Mapping[str, str], body: bytes) -> Reply:
        addresses = await self._addresses(place)
        for address in addresses[: _ADDRESSES_TRIED - 1]:
            try:
                return await self._call(place, address, headers, body)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                if address == addresses[-1]:
                    raise
        return await self._call(place, addresses[-1], headers, body)

    async def _addresses(self, place: Place) -> list[str]:
        """What the name leads to, all of it judged. Raises OSError, ForbiddenAddress."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._lookups, socket.getaddrinfo, place.host, place.port, 0, socket.SOCK_STREAM
        )
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        guard.check(addresses, place.host, self._policy)
        return addresses

    async def _call(
        self, place: Place, address: str, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        # The address in the URL is what is connected to; the name stays in Host, and in TLS.
        async with self._client.stream(
            "POST",
            place.at(address),
            content=body,
            headers={**_HEADERS, **headers, "host": place.authority},
            extensions={"sni_hostname": place.host} if guard.literal(place.host) is None else {},
        ) as answer:
            read = b""
            async for chunk in answer.aiter_raw():
                read += chunk[: _READ_MAX - len(read)]
                if len(read) >= _READ_MAX:
                    break
            text = read.decode("utf-8", "replace").replace("\0", "\ufffd")[:BODY_KEPT]
            wait_s = retry_after_s(answer.headers.get("retry-after", ""))
            return Reply(status=answer.status_code, body=text, retry_after_s=wait_s)


def retry_after_s(text: str) -> int | None:
    """What Retry-After asks for, in seconds from now; None where it says nothing readable."""
    text = text.strip()
    if text.isascii() and text.isdecimal():
        return int(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return None
    if at.tzinfo is None:
        return None
    return max(0, round((at - clock.system_now()).total_seconds()))


def _word(error: Exception) -> str:
    word = next((word for kind, word in _WORDS if isinstance(error, kind)), "failed")
    return "tls" if word == "connect" and "SSL" in str(error).upper() else word
