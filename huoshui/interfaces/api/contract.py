"""What each operation asks and answers, declared once: the door checks it, OpenAPI is made of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast

import msgspec
from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler

F = TypeVar("F", bound=Callable[..., Any])
OPT = "contract"

Repeatable = Literal["", "optional", "required"]
Bounds = Literal["book", "rows", "caller"]


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """An operation: the scope it needs, its body, its answer, how it is repeated and rehearsed.

    An empty `scope` means that any key will do. `bound` says how a caller that is not the
    marketplace is kept to what is its own: an operation on the whole `book` is refused to it; one
    on `rows` narrows itself by `Visit.bound` or `Visit.need_own`, or its answer is withheld; one
    about the `caller` speaks of nobody else. `idempotency` says whether an Idempotency-Key is
    honoured; `dry_run` whether `?dry_run=true` rehearses the operation; `hot` whether it waits in
    the lane with others, and may find it full; `stateful` whether a read may be refused with 409;
    `media` what an answer is, where it is a file and no JSON.
    """

    scope: str
    bound: Bounds
    answer: Any
    asks: Any = None
    body_needed: bool = False
    idempotency: Repeatable = ""
    dry_run: bool = False
    hot: bool = False
    stateful: bool = False
    status: int = 200
    media: str = "application/json"
    parameters: frozenset[str] = frozenset()

    @property
    def known(self) -> frozenset[str]:
        """The query parameters that this operation reads."""
        return self.parameters | ({"lang", "dry_run"} if self.dry_run else {"lang"})


def reads(
    path: str, scope: str, answer: Any, *, bound: Bounds, stateful: bool = False,
    media: str = "application/json",
) -> Callable[[F], HTTPRouteHandler]:  # fmt: skip
    """Declare a GET."""

    def declare(function: F) -> HTTPRouteHandler:
        contract = Contract(
            scope=scope,
            bound=bound,
            answer=answer,
            stateful=stateful,
            media=media,
            parameters=_query(function, path),
        )
        return get(path, sync_to_thread=True, opt={OPT: contract})(function)

    return declare


def writes(
    path: str,
    scope: str,
    answer: Any,
    *,
    bound: Bounds,
    asks: Any,
    body_needed: bool = True,
    idempotency: Repeatable = "",
    dry_run: bool = False,
    status: int = 200,
) -> Callable[[F], HTTPRouteHandler]:
    """Declare a POST; with `body_needed` false no body is as good as `{}`."""
    contract = Contract(
        scope=scope,
        bound=bound,
        answer=answer,
        asks=asks,
        body_needed=body_needed,
        idempotency=idempotency,
        dry_run=dry_run,
        status=status,
    )

    def declare(function: F) -> HTTPRouteHandler:
        return post(path, sync_to_thread=True, status_code=status, opt={OPT: contract})(function)

    return declare


def moves(
    path: str, scope: str, answer: Any, *, bound: Bounds, asks: Any, body_needed: bool = False
) -> Callable[[F], HTTPRouteHandler]:
    """Declare a POST that moves money: it needs an Idempotency-Key and can be rehearsed."""
    return writes(
        path,
        scope,
        answer,
        bound=bound,
        asks=asks,
        body_needed=body_needed,
        idempotency="required",
        dry_run=True,
    )


def hot(
    path: str,
    answer: Any,
    *,
    bound: Bounds,
    asks: Any,
    body_needed: bool = True,
    scope: str = "ledger:write",
) -> Callable[[F], HTTPRouteHandler]:
    """Declare a POST of the hot verbs: as `moves`, but awaited in the lane."""
    contract = Contract(
        scope=scope,
        bound=bound,
        answer=answer,
        asks=asks,
        body_needed=body_needed,
        idempotency="required",
        dry_run=True,
        hot=True,
    )

    def declare(function: F) -> HTTPRouteHandler:
        return post(path, status_code=contract.status, opt={OPT: contract})(function)

    return declare


def removes(path: str, scope: str, *, bound: Bounds) -> Callable[[F], HTTPRouteHandler]:
    """Declare a DELETE that answers nothing."""
    contract = Contract(scope=scope, bound=bound, answer=None, status=204)

    def declare(function: F) -> HTTPRouteHandler:
        return delete(path, sync_to_thread=True, status_code=204, opt={OPT: contract})(function)

    return declare


def contract_of(handler: Any) -> Contract:
    """The contract that a handler was declared with."""
    return cast(Contract, handler.opt[OPT])


def _query(function: Callable[..., Any], path: str) -> frozenset[str]:
    # A name that the framework keeps to itself has an underscore behind it.
    names = inspect.signature(function).parameters.keys() - {"request", "body"}
    return frozenset(name.rstrip("_") for name in names if f"{{{name}:" not in path)
