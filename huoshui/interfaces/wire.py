"""How answers leave the server: what is written in one turn of the event loop leaves in one piece.

The HTTP server writes the head of an answer and its body apart: two system calls, and a caller who
is woken twice.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class OnePiece(HttpToolsProtocol):
    """The server's protocol on a transport that gathers."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection stands."""
        super().connection_made(_Gathering(transport, self.loop))  # type: ignore[arg-type]


class _Gathering:
    """A transport that writes at the end of the event loop's turn what was given to it meanwhile."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> None:
        """Take a part: it leaves with those that follow in this turn."""
        if not self._parts:
            self._loop.call_soon(self._leave)
        self._parts.append(part)

    def close(self) -> None:
        """Close behind what was written."""
        self._leave()
        self._transport.close()

    def _leave(self) -> None:
        if self._parts:
            parts, self._parts = self._parts, []
            self._transport.writelines(parts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
