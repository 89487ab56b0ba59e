"""The HTTP API under `/v1`: thin handlers over the use cases, problem+json, cursor lists."""

from functools import cache

import msgspec
from litestar import Response, Router, get

from huoshui.interfaces.api import books, openapi, orders, world
from huoshui.interfaces.api.door import Door

HANDLERS = [*orders.HANDLERS, *books.HANDLERS, *world.HANDLERS]


def routes() -> Router:
    """Every handler of the API."""
    return Router("/v1", route_handlers=[contract, *HANDLERS])


@get(["/openapi", "/openapi/openapi.json"], sync_to_thread=False)
def contract() -> Response[bytes]:
    """The OpenAPI document; it needs no key."""
    return Response(_document(), media_type="application/json")


@cache
def _document() -> bytes:
    return msgspec.json.encode(openapi.document(HANDLERS))


__all__ = ["HANDLERS", "Door", "routes"]
