"""The HTTP API under `/v1`: thin handlers over the use cases, problem+json, cursor lists."""

from litestar import Router

from huoshui.interfaces.api import books, orders, world
from huoshui.interfaces.api.door import Door


def routes() -> Router:
    """Every handler of the API."""
    return Router(
        "/v1", route_handlers=[*orders.HANDLERS, *books.HANDLERS, *world.HANDLERS]
    )


__all__ = ["Door", "routes"]
