"""The web application, with a short way to the hot verbs.

What the framework does for every request (typed parameters, dependencies, wrapped sends, a response
object of its own) takes longer than a hot verb takes to be read. A hot handler needs none of it: it
takes the request and the bytes of its body. So a POST of a hot verb goes straight from the server
to its handler, and everything else the framework's way. Problems, headers and the log of requests
are the same on both ways; a test sends the same requests along both and compares.
"""

from __future__ import annotations

from typing import Any

from litestar import Litestar, Request, Response
from litestar.exceptions import ClientException, HTTPException
from litestar.handlers import HTTPRouteHandler

from huoshui.core.errors import Problem
from huoshui.interfaces.api import answering, problems
from huoshui.interfaces.api.contract import OPT, Contract

Asgi = Any  # what the server hands over; the framework's types of it tell more than they need


class Application(Litestar):
    """The framework's application; hot verbs reach their handlers without the detour."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a request of the server's."""
        if scope["type"] == "http" and scope["method"] == "POST":
            handler = self._hot(scope)
            if handler is not None:
                await _serve(self, handler, scope, receive, send)
                return
        await super().__call__(scope, receive, send)

    def _hot(self, scope: Asgi) -> HTTPRouteHandler | None:
        """The handler of a hot verb at this path, where there is one."""
        path = scope["path"]
        if not path.startswith("/v1/"):
            return None
        try:
            # By the framework's own table, which remembers paths that it has seen.
            _, handler, _, found, template = self.asgi_router.handle_routing(
                path=path, method="POST"
            )
        except HTTPException:
            return None
        contract = handler.opt.get(OPT)
        if not isinstance(contract, Contract) or not contract.hot:
            return None
        scope["path_params"], scope["path_template"] = found, template
        return handler if isinstance(handler, HTTPRouteHandler) else None


async def _serve(
    app: Application, handler: HTTPRouteHandler, scope: Asgi, receive: Asgi, send: Asgi
) -> None:
    scope["app"] = scope["litestar_app"] = app
    scope.setdefault("state", {})
    scope["route_handler"] = handler
    request: Request[Any, Any, Any] = Request(scope, receive, send)
    try:
        body = await _body(request, receive)
        response = await handler.fn(request=request, body=body, **scope["path_params"])
    except Problem as problem:
        response = problems.on_problem(request, problem)
    except HTTPException as error:
        response = problems.on_http(request, error)
    except Exception as error:
        response = problems.on_bug(request, error)
    await _send(scope, send, response)


async def _body(request: Request[Any, Any, Any], receive: Asgi) -> bytes:
    """The body, as far as one may be. Raises TooLarge, ClientException."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > problems.BODY_MAX:
        raise problems.TooLarge(limit_mb=problems.BODY_MAX // 1024**2)
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientException("the caller has gone")
        body += message["body"]
        if len(body) > problems.BODY_MAX:
            raise problems.TooLarge(limit_mb=problems.BODY_MAX // 1024**2)
        if not message.get("more_body", False):
            return bytes(body)


async def _send(scope: Asgi, send: Asgi, response: Response[bytes]) -> None:
    content = response.content
    headers = [
        (b"content-type", str(response.media_type).encode()),
        (b"content-length", b"%d" % len(content)),
    ]
    status = response.status_code or 200
    for name, value in (*response.headers.items(), *answering.said(scope, status)):
        headers.append((name.lower().encode(), value.encode("latin-1")))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": False})
