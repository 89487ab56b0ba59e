"""The OpenAPI 3.1 document, made of the handlers' contracts, signatures and docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.params import ParameterKwarg

from huoshui import __version__
from huoshui.core.access import SCOPES
from huoshui.interfaces.api.contract import Contract, contract_of
from huoshui.interfaces.api.views import ProblemView

Json = dict[str, Any]
_REF = "#/components/schemas/{name}"
_TAGS = {
    "facts": "Facts and orders",
    "payments": "Money of orders",
    "ledger": "Ledger",
    "webhooks": "Webhooks",
    "parties": "Access",
    "keys": "Access",
    "requests": "Access",
}
_OF_WORLD = "World"
_PROBLEMS = {
    400: "The request cannot be read, or lacks its Idempotency-Key",
    401: "No key, or one that is not accepted",
    403: "The key lacks the scope",
    404: "No such object in the key's book",
    409: "Not possible in this state, or another writer was first",
    413: "The body, or the batch in it, is too large",
    422: "The request can be read but not be carried out",
    429: "Too much waits already; the header Retry-After says in how many seconds to come again",
    500: "A failure of ours: undone, and logged under the request's id",
    503: "The database cannot be reached",
}
_ON_READS = (400, 401, 403, 404, 422, 500, 503)
_TEXTS = {
    "ref": "The id of the object; for orders the marketplace's own key as well",
    "lang": "The language of problems, before Accept-Language",
    "dry_run": "Do everything, answer the postings that would be made, and undo it",
    "idempotency": "1 to 255 printable ASCII characters. A repeat with the same body gets the "
    "first answer with `Idempotency-Hit: true`; another body is refused with 422.",
}


def document(handlers: Iterable[HTTPRouteHandler]) -> Json:
    """The whole document."""
    handlers = list(handlers)
    kinds = [ProblemView]
    for handler in handlers:
        contract = contract_of(handler)
        kinds += [kind for kind in (contract.answer, contract.asks) if kind is not None]
    shown, schemas = msgspec.json.schema_components(kinds, ref_template=_REF)
    schema_of = {repr(kind): schema for kind, schema in zip(kinds, shown, strict=True)}
    paths: dict[str, Json] = {}
    for handler in handlers:
        for path in handler.paths:
            verb = next(iter(handler.http_methods)).lower()
            public = "/v1" + re.sub(r"\{(\w+):\w+\}", r"{\1}", path)
            paths.setdefault(public, {})[verb] = _operation(handler, path, schema_of)
    return {
        "openapi": "3.1.0",
        "info": _info(),
        "paths": dict(sorted(paths.items())),
        "tags": [{"name": name} for name in (*dict.fromkeys(_TAGS.values()), _OF_WORLD)],
        "security": [{"key": []}],
        "components": {
            "schemas": schemas,
            "responses": {str(s): _problem(s, text) for s, text in _PROBLEMS.items()},
            "headers": {"X-Request-Id": {"schema": {"type": "string"}}},
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`Authorization: Bearer hs_<world>_…`. Scopes: "
                    + "; ".join(f"`{name}`: {text}" for name, text in SCOPES.items()),
                }
            },
        },
    }


def _info() -> Json:
    return {
        "title": "Huoshui",
        "version": __version__,
        "description": "Open embedded finance for commerce. Amounts are whole minor units with "
        "an ISO 4217 code; times carry their zone; refusals are RFC 9457 problems.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }


def _operation(handler: HTTPRouteHandler, path: str, schema_of: dict[str, Json]) -> Json:
    contract = contract_of(handler)
    function = _function(handler)
    summary, _, rest = inspect.getdoc(function).partition("\n")  # type: ignore[union-attr]
    found: Json = {
        "operationId": function.__name__,
        "summary": summary,
        "tags": [_TAGS.get(contract.scope.partition(":")[0], _OF_WORLD)],
        "parameters": _parameters(function, path, contract),
        "responses": _responses(contract, schema_of),
    }
    needed = f"Needs the scope `{contract.scope}`." if contract.scope else "Any key will do."
    found["description"] = "\n\n".join(part for part in (" ".join(rest.split()), needed) if part)
    if contract.asks is not None:
        content = {"application/json": {"schema": schema_of[repr(contract.asks)]}}
        found["requestBody"] = {"required": contract.body_needed, "content": content}
    return found


def _function(handler: HTTPRouteHandler) -> Any:
    return inspect.unwrap(getattr(handler.fn, "func", handler.fn))


def _parameters(function: Any, path: str, contract: Contract) -> list[Json]:
    found = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _TEXTS["ref"],
            "schema": {"type": "string", "minLength": 1},
        }
        for name in re.findall(r"\{(\w+):", path)
    ]
    hints = get_type_hints(function, include_extras=True)
    defaults = {n.rstrip("_"): p.default for n, p in inspect.signature(function).parameters.items()}
    plain = {name.rstrip("_"): hint for name, hint in hints.items()}
    found += [_query(name, plain[name], defaults[name]) for name in sorted(contract.parameters)]
    found.append(
        {
            "name": "lang",
            "in": "query",
            "description": _TEXTS["lang"],
            "schema": {"type": "string", "enum": ["en", "zh"]},
        }
    )
    if contract.dry_run:
        schema = {"type": "boolean", "default": False}
        text = _TEXTS["dry_run"]
        found.append({"name": "dry_run", "in": "query", "description": text, "schema": schema})
    if contract.idempotency:
        found.append(_idempotency(contract))
    return found


def _idempotency(contract: Contract) -> Json:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        # A rehearsal needs none, so the document cannot say `required`.
        "description": _TEXTS["idempotency"]
        + (" Required unless dry_run." if contract.idempotency == "required" else " Optional."),
        "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$"},
    }


def _query(name: str, hint: Any, default: Any) -> Json:
    plain, limits = hint, None
    if get_origin(hint) is not None and get_args(hint):
        limits = next((a for a in get_args(hint) if isinstance(a, ParameterKwarg)), None)
        plain = get_args(hint)[0]
    schema: Json = {"type": "integer" if plain is int else "string"}
    if limits is not None:
        bounds = {
            "minimum": limits.ge,
            "maximum": limits.le,
            "maxLength": limits.max_length,
        }
        schema |= {key: value for key, value in bounds.items() if value is not None}
    needed = default is inspect.Parameter.empty
    if default and not needed:
        schema["default"] = default
    found: Json = {"name": name, "in": "query", "schema": schema}
    if needed:
        found["required"] = True
    if limits is not None and limits.description:
        found["description"] = limits.description
    return found


def _responses(contract: Contract, schema_of: dict[str, Json]) -> Json:
    good: Json = {
        "description": "Done" if contract.asks else "Found",
        "headers": _headers(),
    }
    if contract.answer is not None:
        schema = schema_of[repr(contract.answer)] if contract.answer is not bytes else {}
        good["content"] = {contract.media: {"schema": schema}}
    if contract.idempotency:
        good["headers"]["Idempotency-Hit"] = {"schema": {"type": "string", "enum": ["true"]}}
    if contract.dry_run:
        good["headers"]["Dry-Run"] = {"schema": {"type": "string", "enum": ["true"]}}
    refused = {str(s): {"$ref": f"#/components/responses/{s}"} for s in _statuses(contract)}
    return {str(contract.status): good} | refused


def _statuses(contract: Contract) -> list[int]:
    if contract.asks is not None:
        return [status for status in _PROBLEMS if status != 429 or contract.hot]
    return sorted((*_ON_READS, 409)) if contract.stateful else list(_ON_READS)


def _headers() -> Json:
    return {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}


def _problem(status: int, text: str) -> Json:
    schema = {"$ref": _REF.format(name=ProblemView.__name__)}
    content = {"application/problem+json": {"schema": schema}}
    headers = _headers()
    if status == 429:
        headers["Retry-After"] = {"schema": {"type": "integer", "minimum": 1}}
    return {"description": text, "headers": headers, "content": content}
