"""API keys: those that stand and those that were revoked, and making one, which is shown once."""

from __future__ import annotations

from huoshui.core import access, i18n, ids
from huoshui.core.access import ROLES, SCOPES, Key
from huoshui.core.db import Tx
from huoshui.interfaces.console.page import (
    Action,
    ApiCall,
    Choice,
    Code,
    Column,
    Deed,
    Empty,
    Figure,
    Frame,
    Input,
    Link,
    ListPage,
    ObjectPage,
    Row,
    Status,
    Table,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.members import owner_link, scopes_table

_COLUMNS = ("name", "owner", "hint", "scopes", "state", "made", "revoked_at")


def keys_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Keys, newest first."""
    shown = asked.limit(frame)
    found = access.keys(tx, after=asked.cursor(frame, "key"), limit=shown + 1)
    more, first = asked.paged(frame, "key", found)
    rows = tuple(_row(tx, frame, key) for key in found[:shown])
    revoke = Action(label=frame.say("api_keys.revoke"), href=frame.to("act/revoke"), icon="x")
    return ListPage(
        title=frame.say("api_keys"),
        lead=frame.say("api_keys.lead"),
        crumbs=(asked.home(frame),),
        table=_table(frame, rows),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "keys"),
        actions=(revoke,),
        deeds=(_make(tx, frame),),
        api_calls=(ApiCall(path="/v1/keys"),),
    )


def _table(frame: Frame, rows: tuple[Row, ...]) -> Table:
    return Table(
        title=frame.say("api_keys"),
        columns=tuple(Column(title=frame.say(f"api_keys.{name}")) for name in _COLUMNS),
        rows=rows,
        empty=Empty(
            title=frame.say("api_keys.none"),
            detail=frame.say("api_keys.none.detail"),
            command="huoshui key NAME",
        ),
    )


def _row(tx: Tx, frame: Frame, key: Key) -> Row:
    shown = ids.show("key", key.id)
    calls = frame.to(f"requests?key={shown}")
    name = Link(key.name, calls) if "requests:read" in frame.may else key.name
    every = len(key.scopes) == len(SCOPES)
    cells = (
        name,
        owner_link(tx, frame, key.organisation_id),
        Code(f"…{key.hint}"),
        frame.say("api_keys.all_scopes") if every else ", ".join(key.scopes),
        Status(frame.say("api_keys.revoked"), "bad")
        if key.revoked_at
        else Status(frame.say("api_keys.good"), "good"),
        key.created_at,
        key.revoked_at,
    )
    return Row(key=shown, cells=cells)


def _make(tx: Tx, frame: Frame) -> Deed:
    """The form for a key: of no more scopes than the reader has."""
    owners = [Choice("", frame.say("organisations.marketplace"))]
    owners += [
        Choice(ids.show("org", each.id), each.name)
        for each in access.organisations(tx, limit=200)
        if each.ended_at is None
    ]
    scopes = tuple(
        Choice(scope, i18n.text(f"scope.{scope}", frame.lang))
        for scope in SCOPES
        if scope in frame.may
    )
    reads = ",".join(scope for scope in ROLES["marketplace"]["viewer"] if scope != "console")
    return Deed(
        title=frame.say("api_keys.new"),
        label=frame.say("api_keys.new.do"),
        says=frame.say("api_keys.new.means"),
        href=frame.to("keys/make"),
        inputs=(
            Input(name="name", label=frame.say("api_keys.name")),
            Input(
                name="organisation", label=frame.say("api_keys.owner"), kind="choice",
                choices=tuple(owners),
            ),
            Input(
                name="scope", label=frame.say("api_keys.scopes"), kind="choices", choices=scopes,
                value=reads,
            ),
        ),
        icon="key-round",
    )  # fmt: skip


def made_page(tx: Tx, frame: Frame, key: Key, text: str) -> ObjectPage:
    """A key that was just made, with its text, which is shown nowhere else."""
    return ObjectPage(
        title=frame.say("api_keys.made.title", name=key.name),
        lead=frame.say("api_keys.once"),
        crumbs=(asked.home(frame), Link(frame.say("api_keys"), frame.to("keys"))),
        key=ids.show("key", key.id),
        status=Status(frame.say("api_keys.good"), "good"),
        figures=(Figure(label=frame.say("api_keys.text"), value=Code(text), tone="warn"),),
        fields=(
            Figure(
                label=frame.say("api_keys.owner"), value=owner_link(tx, frame, key.organisation_id)
            ),
        ),
        tables=(scopes_table(frame, frozenset(key.scopes)),),
        api_calls=(ApiCall(path="/v1/world"),),
    )


def revoke_keys(tx: Tx, frame: Frame, keys: tuple[str, ...]) -> Table:
    """Revoke keys at once; what each could do is told. Raises BadId and NotFound."""
    rows = []
    for shown in keys:
        key = access.key_of(tx, ids.read("key", shown))
        if key.revoked_at is None:
            access.revoke(tx, key.id)
        rows.append(_row(tx, frame, key))
    return _table(frame, tuple(rows))
