"""What the pages of rule sets and policies do beyond showing."""

from __future__ import annotations

from typing import Any

from litestar import Response, post
from litestar.params import FromPath, RawBody

from huoshui.core.errors import NotFound
from huoshui.interfaces.console.acting import Form, done, previewed
from huoshui.interfaces.console.pages import rule_sets
from huoshui.interfaces.console.pages.rule_sets import PLACES, SCOPES, Said
from huoshui.interfaces.console.visit import Ask, Visit, enter, form, same_origin
from huoshui.judgement.risk.rules.model import FILE_MOST

_BODY_MOST = 3 * FILE_MOST  # a form writes many letters as three


def _entered(
    request: Ask, world: str, place: str, key: str, verb: str, body: bytes
) -> tuple[Visit, Form[Said]]:
    same_origin(request)
    if place not in PLACES or verb not in SCOPES:
        raise NotFound(kind="page", id=f"{place}/{verb}"[:80])
    show = rule_sets.rule_set_page if place == "rule-sets" else rule_sets.policy_page
    visit = enter(request, world, "rule_sets" if place == "rule-sets" else "policies")
    text = str(form(body).get("text", [""])[0])
    return visit, Form(
        SCOPES[verb],
        f"{place}/{key}",
        Said(verb, text if verb == "propose" else text.strip()[:200]),
        do=lambda tx, said: rule_sets.moved(tx, place, key, said),
        preview=lambda tx, frame, said: rule_sets.preview_page(tx, frame, place, key, said),
        page=lambda tx, frame, said: show(tx, frame, key, said),
        why=rule_sets.why,
    )


@post(
    "/{world:str}/risk/{place:str}/{key:str}/{verb:str}/preview", sync_to_thread=True,
    status_code=200, request_max_body_size=_BODY_MOST,
)  # fmt: skip
def preview_version(
    request: Ask, world: FromPath[str], place: FromPath[str], key: FromPath[str],
    verb: FromPath[str], body: RawBody,
) -> Response[bytes]:  # fmt: skip
    """What a form would do, with its back-test; done in a transaction that is undone. Raises OutOfScope."""
    visit, filled = _entered(request, world, place, key, verb, body)
    return previewed(request, visit, filled)


@post(
    "/{world:str}/risk/{place:str}/{key:str}/{verb:str}", sync_to_thread=True, status_code=200,
    request_max_body_size=_BODY_MOST,
)  # fmt: skip
def move_version(
    request: Ask, world: FromPath[str], place: FromPath[str], key: FromPath[str],
    verb: FromPath[str], body: RawBody,
) -> Response[bytes]:  # fmt: skip
    """Propose, publish, refuse or retire; refused, the page says why. Raises OutOfScope, UnknownVersion."""
    visit, filled = _entered(request, world, place, key, verb, body)
    return done(request, visit, filled)


ROUTES: list[Any] = [preview_version, move_version]
