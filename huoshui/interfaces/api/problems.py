"""Problems as answers: `application/problem+json` in the caller's language (RFC 9457)."""

from __future__ import annotations

import logging
import secrets
from typing import Any

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException

from huoshui.core import i18n
from huoshui.core.errors import FieldError, Malformed, NotFound, Problem
from huoshui.interfaces.api.door import Ask

_log = logging.getLogger("huoshui.api")
MEDIA_TYPE = "application/problem+json"


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
    return asked if asked in i18n.LANGUAGES else i18n.pick(request.headers.get("accept-language", ""))


def request_id(request: Ask) -> str:
    """The id under which this request is logged and answered."""
    state = request.scope["state"]
    if "request_id" not in state:
        state["request_id"] = secrets.token_hex(8)
    return str(state["request_id"])


def answer(request: Ask, problem: Problem) -> Response[bytes]:
    """A problem as a response."""
    document = problem.document(language(request), instance=f"urn:request:{request_id(request)}")
    headers = {"WWW-Authenticate": "Bearer"} if problem.status == 401 else {}
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
            return answer(request, MethodNotAllowed(method=request.method))
        case 413:
            return answer(request, TooLarge())
        case status if status < 500:
            return answer(request, _malformed(error))
        case _:
            return on_bug(request, error)


def on_bug(request: Ask, error: Exception) -> Response[bytes]:
    """What should not happen: logged with its trace, answered without it."""
    _log.error("request failed", exc_info=error, extra={"request_id": request_id(request)})
    return answer(request, Internal(request=request_id(request)))


def _malformed(error: HTTPException) -> Malformed:
    extra: Any = getattr(error, "extra", None)
    faults = [e for e in extra if isinstance(e, dict)] if isinstance(extra, list) else []
    errors = tuple(
        FieldError(str(e.get("key", "")), "value", {"reason": str(e.get("message", ""))[:200]})
        for e in faults[:20]
    )
    return Malformed(what="request", reason=str(error.detail)[:300], errors=errors)
