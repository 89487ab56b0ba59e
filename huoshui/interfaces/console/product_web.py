"""What the pages of products do beyond showing: published by a file or as it comes along, offered,
taken back."""

from __future__ import annotations

from typing import Any

from litestar import Response, post
from litestar.params import FromPath, RawBody

from huoshui.catalog import service
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.interfaces.console.acting import acting
from huoshui.interfaces.console.pages.products import SCOPE, products_page
from huoshui.interfaces.console.upload_web import Sent, page_again, sent_file, shown_again
from huoshui.interfaces.console.visit import Ask, Visit, enter, form, redirect, same_origin
from huoshui.scenarios import products

_FILE_MOST = 256 * 1024


def _publish(visit: Visit, content: bytes) -> str:
    """Publish a file; the name of its product. Raises OutOfScope, BadProduct."""

    def use_case(tx: Tx) -> str:
        lines, others, sources = products.LINES, products.OTHERS, products.SOURCES
        return service.publish(tx, content, lines, others, sources).product

    return acting(visit, SCOPE, use_case)


@post(
    "/{world:str}/products/-/file",
    sync_to_thread=True,
    status_code=200,
    request_max_body_size=_FILE_MOST,
)
def publish_file(request: Ask, world: FromPath[str], data: Sent) -> Response[bytes]:
    """Publish a file; refused, the page says which field is wrong. Raises OutOfScope."""
    same_origin(request)
    visit = enter(request, world, "products")
    try:
        made = _publish(visit, sent_file(data)[1])
    except Problem as problem:
        frame, said = shown_again(visit, "products", problem)
        with visit.begin() as tx:
            return page_again(request, products_page(tx, frame, "", said), frame, problem)
    return redirect(visit.frame.to(f"products/{made}"))


@post("/{world:str}/products/-/golden", sync_to_thread=True, status_code=200)
def publish_golden(request: Ask, world: FromPath[str], body: RawBody) -> Response[bytes]:
    """Publish a product that comes along, in the book's currency. Raises OutOfScope, UnknownProduct."""
    same_origin(request)
    visit = enter(request, world, "products")
    name = str(form(body).get("golden", [""])[0])[:60]
    known = dict(products.golden(visit.frame.currency))
    if name not in known:
        raise service.UnknownProduct(kind="product", id=name)
    return redirect(visit.frame.to(f"products/{_publish(visit, known[name].encode())}"))


@post("/{world:str}/products/{key:str}/offer", sync_to_thread=True, status_code=200)
def offer(request: Ask, world: FromPath[str], key: FromPath[str], body: RawBody) -> Response[bytes]:
    """Offer a version. Raises OutOfScope, UnknownProduct."""
    same_origin(request)
    visit = enter(request, world, "products")
    said = str(form(body).get("number", [""])[0])
    number = int(said) if said.isascii() and said.isdecimal() and len(said) < 7 else 0
    acting(visit, SCOPE, lambda tx: service.offer(tx, key, number))
    return redirect(visit.frame.to(f"products/{key}"))


@post("/{world:str}/products/{key:str}/withdraw", sync_to_thread=True, status_code=200)
def withdraw(request: Ask, world: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Offer a product no longer. Raises OutOfScope, NotOffered."""
    same_origin(request)
    visit = enter(request, world, "products")
    acting(visit, SCOPE, lambda tx: service.withdraw(tx, key))
    return redirect(visit.frame.to(f"products/{key}"))


ROUTES: list[Any] = [publish_file, publish_golden, offer, withdraw]
