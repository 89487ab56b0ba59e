"""How devices and the server are reached: a local socket between two, HTTP to the server."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from edge.protocol import Refused
from edge.till import Till
from edge.wallet import Wallet

Clock = Callable[[], int]
_LINE_MAX = 16_384
_WAIT_S = 20


class Unreachable(Exception):
    """The server, or the other device, does not answer."""


def serve(till: Till, place: Path, amount: int, clock: Clock) -> str:
    """Ask the next wallet that comes to a socket for an amount; the acceptance's text.

    What the wallet sends is refused or kept before it hears of it. Raises Refused, Unreachable.
    """
    place.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        listening.listen(1)
        listening.settimeout(_WAIT_S)
        bundle = till.invoice(amount, at=clock())
        while True:
            try:
                with listening.accept()[0] as peer:
                    peer.settimeout(_WAIT_S)
                    return _sell(till, peer, bundle, clock)
            except TimeoutError as error:
                raise Unreachable("no wallet came") from error
            except (OSError, ConnectionError):
                continue  # the wallet broke off: it, or another one, may come again


def _sell(till: Till, peer: socket.socket, bundle: str, clock: Clock) -> str:
    with peer.makefile("rw", encoding="ascii", newline="\n") as line:
        _write(line, bundle)
        try:
            accepted = till.accept(_read(line), at=clock())
        except Refused as refused:
            _write(line, f"! {refused.code}")
            raise
        _write(line, accepted)
    return accepted


def pay(wallet: Wallet, place: Path, clock: Clock) -> str:
    """Pay the till that listens at a socket; its counter-signature. Raises Refused, Unreachable."""
    try:
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(_WAIT_S)
            peer.connect(str(place))
            with peer.makefile("rw", encoding="ascii", newline="\n") as line:
                _write(line, wallet.pay(_read(line), at=clock()))
                answer = _read(line)
    except OSError as error:
        raise Unreachable(f"no till at {place}") from error
    if answer.startswith("! "):
        raise Refused(answer[2:])
    return answer


class Server:
    """The server as a device sees it: an address and an API key."""

    def __init__(self, address: str, key: str) -> None:
        self._address = urlsplit(address)
        self._key = key

    def ask(self, method: str, path: str, body: object = None, *, wish: str = "") -> Any:
        """One request; the JSON of its answer. Raises Unreachable, and Refused for a problem."""
        kind = (
            http.client.HTTPSConnection
            if self._address.scheme == "https"
            else http.client.HTTPConnection
        )
        connection = kind(self._address.netloc, timeout=_WAIT_S)
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        if wish:
            headers["Idempotency-Key"] = wish
        try:
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            content = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable(str(error)) from error
        finally:
            connection.close()
        if answer.status >= 500:
            raise Unreachable(f"{answer.status}")
        if answer.status >= 400:
            raise Refused(str(content.get("code", "refused")), detail=str(content.get("detail")))
        return content

    def carry(self, texts: Sequence[str]) -> list[str]:
        """Deposit vouchers; the receipt of each, or an empty text."""
        found = self.ask("POST", "/v1/deposits", {"vouchers": list(texts)})
        return [str(result.get("receipt") or "") for result in found["results"]]


def _read(line: Any) -> str:
    text = str(line.readline(_LINE_MAX))
    if not text.endswith("\n"):
        raise ConnectionError("broken off")
    return text[:-1]


def _write(line: Any, text: str) -> None:
    line.write(text + "\n")
    line.flush()
