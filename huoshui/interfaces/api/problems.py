"""Problems as answers: `application/problem+json` in the caller's language (RFC 9457)."""

from __future__ import annotations

import logging
import re
import secrets
from typing import Any

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.routes import HTTPRoute
from litestar.types import Scope

from huoshui.core import i18n
from huoshui.core.errors import Malformed, NotFound, Problem
from huoshui.core.fields import field_error
from huoshui.interfaces.api.body import BadParameter
from huoshui.interfaces.api.door import Ask

_log = logging.getLogger("huoshui.api")
MEDIA_TYPE = "application/problem+json"
BODY_MAX = 8 * 1024 * 1024


class MethodNotAllowed(Problem):
    """The address exists, the verb does not."""

    code = "method_not_allowed"
    status = 405


class TooLarge(Problem):
    """The body is larger than the limit."""

    code = "too_large"
    status = 413


class Internal(Problem):
    """Our fault: it is logged under the request's id and nothing was half-done."""

    code = "internal"
    status = 500


def language(request: Ask) -> str:
    """The language to answer in: `?lang=`, then Accept-Language."""
    asked = request.query_params.get("lang", "")
    return (
        asked if asked in i18n.LANGUAGES else i18n.pick(request.headers.get("accept-language", ""))
    )


def request_id(request: Ask) -> str:
    """The id under which this request is logged and answered."""
    return id_of(request.scope)


def id_of(scope: Scope) -> str:
    """The id of the request behind an ASGI scope, made on first use."""
    state = scope["state"]
    if "request_id" not in state:
        state["request_id"] = secrets.token_hex(8)
    return str(state["request_id"])


def answer(request: Ask, problem: Problem) -> Response[bytes]:
    """A problem as a response."""
    lang = language(request)
    document = problem.document(lang, instance=f"urn:request:{request_id(request)}")
    headers = {"Content-Language": lang, "Vary": "Accept-Language"}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if problem.status == 429:
        headers["Retry-After"] = str(problem.facts["retry_after_s"])
    return Response(
        msgspec.json.encode(document),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )


def on_problem(request: Ask, problem: Problem) -> Response[bytes]:
    """One of ours."""
    return answer(request, problem)


def on_http(request: Ask, error: HTTPException) -> Response[bytes]:
    """One of the framework's, in our form."""
    match error.status_code:
        case 404:
            return answer(request, NotFound(kind="path", id=request.url.path[:100]))
        case 405:
            refused = answer(request, MethodNotAllowed(method=request.method[:20]))
            refused.headers["Allow"] = ", ".join(_allowed(request))
            return refused
        case 413:
            return answer(request, TooLarge(limit_mb=BODY_MAX // 1024**2))
        case status if status < 500:
            return answer(request, _malformed(error))
        case _:
            return on_bug(request, error)


def on_bug(request: Ask, error: Exception) -> Response[bytes]:
    """What should not happen: logged with its trace, answered without it."""
    _log.error("request failed", exc_info=error, extra={"request_id": request_id(request)})
    return answer(request, Internal(request=request_id(request)))


def _allowed(request: Ask) -> list[str]:
    """The verbs of this address, which an answer 405 must name (RFC 9110, section 15.5.6)."""
    found: set[str] = set()
    for route in request.app.routes:
        pattern = re.sub(r"\{\w+\}", "[^/]+", route.path_format)
        if isinstance(route, HTTPRoute) and re.fullmatch(pattern, request.url.path):
            found |= {str(verb) for verb in route.methods}
    return sorted(found)


def _malformed(error: HTTPException) -> Malformed:
    extra: Any = getattr(error, "extra", None)
    faults = [e for e in extra if isinstance(e, dict)] if isinstance(extra, list) else []
    errors = tuple(
        field_error(str(fault.get("message", "")), str(fault.get("key", ""))) for fault in faults
    )
    if not errors:
        return Malformed(what="request", reason=str(error.detail)[:200])
    return BadParameter(name=", ".join(e.pointer for e in errors), errors=errors)
