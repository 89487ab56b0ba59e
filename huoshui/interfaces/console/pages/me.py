"""Who is signed in: a password, one-time codes, passkeys, recovery codes, and sessions."""

from __future__ import annotations

from huoshui.core import clock, ids, passkey
from huoshui.core.access import members, signing_in
from huoshui.core.access.members import Member
from huoshui.core.access.signing_in import Opened
from huoshui.core.db import Tx
from huoshui.core.passkey import Passkey
from huoshui.interfaces.console.page import (
    ApiCall,
    Cell,
    Choice,
    Code,
    Column,
    Deed,
    Figure,
    Frame,
    Input,
    Link,
    ObjectPage,
    Picture,
    Row,
    Status,
    Table,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.members import owner_link, role_text, scopes_table


def me_page(tx: Tx, frame: Frame, _: str = "") -> ObjectPage:
    """The reader's own account; of a key or of the operator only what it may do."""
    if frame.member is None:
        return _without_member(frame)
    member = members.member(tx, frame.member)
    standing = members.standing(tx, member)
    keys = passkey.passkeys(tx, member.shown)
    left = signing_in.recovery_codes_left(tx, member.id)
    factors = members.factors(tx, member)
    fields: tuple[tuple[str, Cell], ...] = (
        ("members.email", member.email),
        ("members.organisation", owner_link(tx, frame, member.organisation_id)),
        ("members.role", role_text(frame, standing.kind, member.role)),
        ("me.totp", _on(frame, member.totp_secret is not None)),
        ("me.passkeys", len(keys)),
        ("me.recovery_left", left),
    )
    return ObjectPage(
        title=member.name,
        lead=frame.say("me.lead") if factors else frame.say("me.first"),
        crumbs=(asked.home(frame),),
        key=member.shown,
        status=Status(frame.say("me.secured"), "good")
        if factors
        else Status(frame.say("me.unsecured"), "warn"),
        fields=tuple(Figure(label=frame.say(name), value=value) for name, value in fields),
        tables=(
            _passkeys_table(frame, keys),
            _sessions_table(frame, signing_in.sessions(tx, member.id, clock.system_now())),
            *((scopes_table(frame, standing.scopes),) if factors else ()),
        ),
        deeds=_deeds(frame, member, keys),
        api_calls=(ApiCall(path="/v1/world"),),
    )


def _without_member(frame: Frame) -> ObjectPage:
    return ObjectPage(
        title=frame.say("menu.me"),
        lead=frame.say("me.no_member"),
        crumbs=(asked.home(frame),),
        key="",
        status=Status(frame.say("me.by_link_or_key"), "accent"),
        tables=(scopes_table(frame, frame.may),),
        api_calls=(ApiCall(path="/v1/world"),),
    )


def _on(frame: Frame, on: bool) -> Status:
    return Status(frame.say("me.on"), "good") if on else Status(frame.say("me.off"))


def _yes(frame: Frame, yes: bool) -> str:
    return frame.say("me.yes") if yes else frame.say("me.no")


def _passkeys_table(frame: Frame, keys: list[Passkey]) -> Table:
    return Table(
        title=frame.say("me.passkeys"),
        columns=tuple(
            Column(title=frame.say(f"me.passkey.{name}"))
            for name in ("name", "site", "made", "used", "backed_up")
        ),
        rows=tuple(
            Row(cells=(key.name, key.rp_id, key.made_at, key.used_at, _yes(frame, key.backed_up)))
            for key in keys
        ),
        note="" if keys else frame.say("me.no_passkeys"),
    )


def _sessions_table(frame: Frame, opened: list[Opened]) -> Table:
    return Table(
        title=frame.say("me.sessions"),
        columns=tuple(
            Column(title=frame.say(f"me.session.{name}")) for name in ("means", "agent", "begun")
        ),
        rows=tuple(
            Row(cells=(frame.say(f"me.means.{each.means}"), each.agent[:80], each.begun_at))
            for each in opened
        ),
    )


def _deeds(frame: Frame, member: Member, keys: list[Passkey]) -> tuple[Deed, ...]:
    code = Input(name="code", label=frame.say("sign_in.code.label"), kind="code")
    found = [_passkey_deed(frame)]
    if keys:
        found.append(_forget_deed(frame, keys))
    if member.totp_secret is None:
        found.append(
            Deed(
                title=frame.say("me.totp"), label=frame.say("me.totp.begin"),
                says=frame.say("me.totp.means"), href=frame.to("me/totp"), icon="key-round",
            )
        )  # fmt: skip
    else:
        found += [
            Deed(
                title=frame.say("me.recovery"), label=frame.say("me.recovery.new"),
                says=frame.say("me.recovery.means"), href=frame.to("me/recovery"), inputs=(code,),
            ),
            Deed(
                title=frame.say("me.totp"), label=frame.say("me.totp.end"),
                says=frame.say("me.totp.end.means"), href=frame.to("me/totp/off"), inputs=(code,),
                icon="x", grave=True,
            ),
        ]  # fmt: skip
    return (*found, _password_deed(frame), _sessions_deed(frame))


def _passkey_deed(frame: Frame) -> Deed:
    return Deed(
        title=frame.say("me.passkey.new"),
        label=frame.say("me.passkey.do"),
        says=frame.say("me.passkey.means"),
        href=frame.to("me/passkeys"),
        passkey=frame.to("me/passkeys/begin"),
        inputs=(
            Input(
                name="name",
                label=frame.say("me.passkey.name"),
                value=frame.say("me.passkey.default"),
            ),
        ),
        icon="key-round",
    )


def _forget_deed(frame: Frame, keys: list[Passkey]) -> Deed:
    return Deed(
        label=frame.say("me.passkey.forget"),
        says=frame.say("me.passkey.forget.means"),
        href=frame.to("me/passkeys/forget"),
        inputs=(
            Input(
                name="passkey", label=frame.say("me.passkeys"), kind="choice",
                choices=tuple(Choice(ids.show("pky", key.id), key.name) for key in keys),
            ),
        ),
        icon="x",
    )  # fmt: skip


def _password_deed(frame: Frame) -> Deed:
    names = ("current", "password", "again")
    return Deed(
        title=frame.say("me.password"),
        label=frame.say("me.password.do"),
        says=frame.say("me.password.means"),
        href=frame.to("me/password"),
        inputs=tuple(
            Input(name=name, label=frame.say(f"me.password.{name}"), kind="password")
            for name in names
        ),
    )


def _sessions_deed(frame: Frame) -> Deed:
    return Deed(
        label=frame.say("me.sessions.end"),
        says=frame.say("me.sessions.end.means"),
        href=frame.to("me/sessions/end"),
        icon="log-out",
    )


def totp_page(
    frame: Frame, member: Member, secret: str, svg: bytes, hidden: str, problem: str = ""
) -> ObjectPage:
    """A secret for one-time codes that is to be proved by its first code."""
    code = Input(name="code", label=frame.say("sign_in.code.label"), kind="code")
    return ObjectPage(
        title=frame.say("me.totp.begin"),
        lead=problem or frame.say("me.totp.scan"),
        crumbs=(asked.home(frame), Link(frame.say("menu.me"), frame.to("me"))),
        key=member.shown,
        status=Status(frame.say("me.off")),
        fields=(
            Figure(label=frame.say("me.totp.qr"), value=Picture(svg, frame.say("me.totp.qr"))),
            Figure(label=frame.say("me.totp.secret"), value=Code(_fours(secret))),
        ),
        deeds=(
            Deed(
                label=frame.say("me.totp.prove"), says=frame.say("me.totp.prove.means"),
                href=frame.to("me/totp/prove"), fields=(("hidden", hidden),), inputs=(code,),
            ),
        ),
    )  # fmt: skip


def codes_page(frame: Frame, member: Member, codes: list[str]) -> ObjectPage:
    """Recovery codes that were just made: shown once."""
    return ObjectPage(
        title=frame.say("me.recovery"),
        lead=frame.say("me.recovery.once"),
        crumbs=(asked.home(frame), Link(frame.say("menu.me"), frame.to("me"))),
        key=member.shown,
        status=Status(frame.say("me.on"), "good"),
        tables=(
            Table(
                title=frame.say("me.recovery"),
                columns=(Column(title=frame.say("me.recovery.code")),),
                rows=tuple(Row(cells=(Code(code),)) for code in codes),
            ),
        ),
        links=(Link(frame.say("menu.me"), frame.to("me")),),
    )


def _fours(text: str) -> str:
    return " ".join(text[n : n + 4] for n in range(0, len(text), 4))
