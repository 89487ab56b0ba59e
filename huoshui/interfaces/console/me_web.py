"""What somebody does to their own account: password, one-time codes, passkeys, sessions."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
from litestar import Response, post
from litestar.params import FromPath, RawBody

from huoshui.core import clock, crypto, ids, passkey
from huoshui.core.access import WrongKey, members, passwords, signing_in
from huoshui.core.access.members import Member
from huoshui.core.access.signing_in import LastFactor, TooManyAttempts, WrongSignIn
from huoshui.core.errors import Problem
from huoshui.core.passkey import Begun, PasskeyRefused
from huoshui.interfaces.console import render, session
from huoshui.interfaces.console.pages.me import codes_page, totp_page
from huoshui.interfaces.console.sign_in_web import (
    PasswordsDiffer,
    address_of,
    answer_of,
    own_words,
    totp_of,
)
from huoshui.interfaces.console.visit import (
    ME,
    Ask,
    Visit,
    enter,
    form,
    home_of,
    html,
    redirect,
    same_origin,
    site_of,
)

_TOTP = "new totp"


def _enter(request: Ask, world: str) -> tuple[Visit, Member]:
    """Who changes their own account. Raises WrongKey for whoever is no member."""
    same_origin(request)
    visit = enter(request, world, ME, bounded=True)
    if visit.rights.member is None:
        raise WrongKey()
    return visit, visit.rights.member


def _may_add(visit: Visit, factors: int) -> None:
    """A factor is added by who showed one, or has none yet: a password alone adds no second one."""
    if factors and not visit.rights.secured:
        raise WrongSignIn()


@post("/{world:str}/me/password", sync_to_thread=True, status_code=200)
def change_password(request: Ask, world: FromPath[str], body: RawBody) -> Response[bytes]:
    """Change the password; every other session ends. Raises WrongSignIn, WeakPassword."""
    visit, member = _enter(request, world)
    said = form(body)
    current, chosen, again = (
        str(said.get(name, [""])[0]) for name in ("current", "password", "again")
    )
    _attempt(request, visit, member)
    if not passwords.password_matches(member.password, current):
        raise WrongSignIn()
    if chosen != again:
        raise PasswordsDiffer()
    hashed = passwords.hash_password(chosen, own=own_words(member))
    with visit.begin() as tx:
        members.set_password(tx, member.id, hashed, but=visit.session.session_id)
        signing_in.succeeded(tx, signing_in.limits_of(member.email, address_of(request)))
    return redirect(visit.frame.to(ME))


@post("/{world:str}/me/totp", sync_to_thread=True, status_code=200)
def begin_totp(request: Ask, world: FromPath[str]) -> Response[bytes]:
    """A fresh secret as a QR code; it counts only once its first code is proved."""
    visit, member = _enter(request, world)
    secret = passwords.new_secret()
    return _totp_page(request, visit, member, secret)


def _totp_page(
    request: Ask, visit: Visit, member: Member, secret: str, problem: Problem | None = None
) -> Response[bytes]:
    home = session.secret(home_of(request))
    content = crypto.hide(home, secret.encode(), f"{_TOTP}/{member.shown}")
    hidden = base64.urlsafe_b64encode(content).decode()
    svg = passwords.qr_svg(passwords.provisioning(secret, member.email))
    frame = msgspec.structs.replace(visit.frame, path=visit.frame.to(ME))
    said = problem.detail(frame.lang) if problem else ""
    page = totp_page(frame, member, secret, svg, hidden, said)
    return html(request, render.page(page, frame), status=problem.status if problem else 200)


@post("/{world:str}/me/totp/prove", sync_to_thread=True, status_code=200)
def prove_totp(request: Ask, world: FromPath[str], body: RawBody) -> Response[bytes]:
    """Turn one-time codes on with the first code; the page shows the recovery codes, this once."""
    visit, member = _enter(request, world)
    said = form(body)
    home, now = session.secret(home_of(request)), clock.system_now()
    try:
        content = base64.urlsafe_b64decode(
            str(said.get("hidden", [""])[0]).encode("ascii", "replace")
        )
    except ValueError as error:
        raise WrongSignIn() from error
    plain = crypto.reveal(home, content, f"{_TOTP}/{member.shown}")
    _attempt(request, visit, member)
    step = passwords.step_of(plain.decode(), str(said.get("code", [""])[0]), now) if plain else None
    if plain is None:
        raise WrongSignIn()
    if step is None:
        return _totp_page(request, visit, member, plain.decode(), WrongSignIn())
    codes = passwords.new_recovery_codes()
    with visit.begin() as tx:
        _may_add(visit, members.factors(tx, member))
        signing_in.set_totp(tx, member.id, crypto.hide(home, plain, member.shown), step, codes)
        _promote(visit, tx, "totp")
        signing_in.succeeded(tx, signing_in.limits_of(member.email, address_of(request)))
    return _codes(request, visit, member, codes)


@post("/{world:str}/me/totp/off", sync_to_thread=True, status_code=200)
def end_totp(request: Ask, world: FromPath[str], body: RawBody) -> Response[bytes]:
    """Turn one-time codes off, by a code. Raises LastFactor where there is no passkey."""
    visit, member = _enter(request, world)
    _prove(request, visit, member, body)
    with visit.begin() as tx:
        if members.factors(tx, member) < 2:
            raise LastFactor()
        signing_in.set_totp(tx, member.id, None, 0, [])
    return redirect(visit.frame.to(ME))


@post("/{world:str}/me/recovery", sync_to_thread=True, status_code=200)
def new_codes(request: Ask, world: FromPath[str], body: RawBody) -> Response[bytes]:
    """Fresh recovery codes in place of all others, by a code."""
    visit, member = _enter(request, world)
    _prove(request, visit, member, body)
    codes = passwords.new_recovery_codes()
    with visit.begin() as tx:
        signing_in.set_recovery_codes(tx, member.id, codes)
    return _codes(request, visit, member, codes)


@post("/{world:str}/me/passkeys/begin", sync_to_thread=True, status_code=200)
def begin_passkey(request: Ask, world: FromPath[str]) -> Begun:
    """What the browser is to make a passkey of."""
    visit, member = _enter(request, world)
    with visit.begin() as tx:
        _may_add(visit, members.factors(tx, member))
        return passkey.begin_registration(tx, site_of(request), member.shown, member.email)


@post("/{world:str}/me/passkeys", sync_to_thread=True, status_code=200)
def add_passkey(request: Ask, world: FromPath[str], body: RawBody) -> Response[bytes]:
    """Keep the passkey that the browser made. Raises PasskeyRefused."""
    visit, member = _enter(request, world)
    said = answer_of(body)
    name = said.name.strip()[:80] or visit.frame.say("me.passkey.default")
    with visit.begin() as tx:
        _may_add(visit, members.factors(tx, member))
        made = passkey.finish_registration(
            tx, site_of(request), member.shown, said.id, bytes(said.answer), name
        )
        if not isinstance(made, PasskeyRefused):
            _promote(visit, tx, "passkey")
    if isinstance(made, PasskeyRefused):
        raise made
    href = msgspec.json.encode({"href": visit.frame.to(ME)})
    return Response(href, media_type="application/json", status_code=200)


@post("/{world:str}/me/passkeys/forget", sync_to_thread=True, status_code=200)
def forget_passkey(request: Ask, world: FromPath[str], body: RawBody) -> Response[bytes]:
    """Forget a passkey. Raises LastFactor for the only second factor."""
    visit, member = _enter(request, world)
    _secured(visit)
    with visit.begin() as tx:
        if members.factors(tx, member) < 2:
            raise LastFactor()
        key = str(form(body).get("passkey", [""])[0])
        passkey.remove_passkey(tx, member.shown, ids.read("pky", key))
    return redirect(visit.frame.to(ME))


@post("/{world:str}/me/sessions/end", sync_to_thread=True, status_code=200)
def end_others(request: Ask, world: FromPath[str]) -> Response[bytes]:
    """End every session but this one."""
    visit, member = _enter(request, world)
    with visit.begin() as tx:
        members.end_sessions(tx, member.id, but=visit.session.session_id)
    return redirect(visit.frame.to(ME))


def _secured(visit: Visit) -> None:
    if not visit.rights.secured:
        raise WrongSignIn()


def _prove(request: Ask, visit: Visit, member: Member, body: bytes) -> None:
    """A code before something grave, used up. Raises TooManyAttempts and WrongSignIn."""
    _secured(visit)
    now, code = clock.system_now(), str(form(body).get("code", [""])[0])
    limits = signing_in.limits_of(member.email, address_of(request))
    refused: Problem | None = None
    with visit.begin() as tx:
        refused = signing_in.attempt(tx, limits, now)
        if refused is None:
            secret = totp_of(request, member)
            if signing_in.use_code(tx, member, secret, code, now):
                signing_in.succeeded(tx, limits)
            else:
                refused = WrongSignIn()
    if refused:
        raise refused


def _attempt(request: Ask, visit: Visit, member: Member) -> None:
    """Count an attempt, as signing in does. Raises TooManyAttempts."""
    limits = signing_in.limits_of(member.email, address_of(request))
    with visit.begin() as tx:
        refused: TooManyAttempts | None = signing_in.attempt(tx, limits, clock.system_now())
    if refused:
        raise refused


def _promote(visit: Visit, tx: Any, means: signing_in.Means) -> None:
    if visit.session.session_id and not visit.rights.secured:
        signing_in.promote(tx, visit.session.session_id, means)


def _codes(request: Ask, visit: Visit, member: Member, codes: list[str]) -> Response[bytes]:
    frame = msgspec.structs.replace(visit.frame, path=visit.frame.to(ME))
    return html(request, render.page(codes_page(frame, member, codes), frame))


ROUTES: list[Any] = [
    change_password, begin_totp, prove_totp, end_totp, new_codes, begin_passkey, add_passkey,
    forget_passkey, end_others,
]  # fmt: skip
