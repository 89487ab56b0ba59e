"""Organisations of sellers, buyers and partners: all of them, and one with its members and keys."""

from __future__ import annotations

from huoshui.core import access, ids
from huoshui.core.access import ROLES, Grant, Key, Kind, Organisation
from huoshui.core.db import Tx
from huoshui.interfaces.console.page import (
    ApiCall,
    Cell,
    Choice,
    Column,
    Deed,
    Empty,
    Figure,
    Filter,
    Frame,
    Id,
    Input,
    Link,
    ListPage,
    ObjectPage,
    Row,
    Status,
    Table,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.members import (
    invite_inputs,
    member_rows,
    members_table,
    role_text,
)

_KINDS: tuple[Kind, ...] = ("seller", "buyer", "partner")
_PREFIX = {"seller": "slr", "buyer": "byr"}


def organisations_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Organisations, newest first, of all kinds or of one."""
    shown, kind = asked.limit(frame), frame.asked("kind")
    found = access.organisations(tx, kind=kind, after=asked.cursor(frame, "org"), limit=shown + 1)
    more, first = asked.paged(frame, "org", found)
    rows = tuple(_row(frame, each) for each in found[:shown])
    names = ("name", "kind", "role", "object", "state", "since")
    return ListPage(
        title=frame.say("organisations"),
        lead=frame.say("organisations.lead"),
        crumbs=(asked.home(frame),),
        table=Table(
            title=frame.say("organisations"),
            columns=tuple(Column(title=frame.say(f"organisations.{name}")) for name in names),
            rows=rows,
            empty=Empty(
                title=frame.say("organisations.none"),
                detail=frame.say("organisations.none.detail"),
            ),
        ),
        filters=(
            Filter(
                name="kind", label=frame.say("organisations.kind"), value=kind, kind="choice",
                choices=tuple(Choice(each, _kind_text(frame, each)) for each in _KINDS),
            ),
        ),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "organisations"),
        deeds=(_open(frame),) if frame.writes("parties:write") else (),
        api_calls=(ApiCall(path="/v1/organisations?" + asked.query(kind=kind)),),
    )  # fmt: skip


def _row(frame: Frame, row: Organisation) -> Row:
    href = frame.to(f"organisations/{ids.show('org', row.id)}")
    cells: tuple[Cell, ...] = (
        Link(row.name, href),
        _kind_text(frame, row.kind),
        role_text(frame, row.kind, row.role),
        _object(frame, row),
        _status(frame, row),
        row.created_at,
    )
    return Row(key=ids.show("org", row.id), href=href, cells=cells)


def _kind_text(frame: Frame, kind: Kind) -> str:
    return frame.say(f"organisations.kind.{kind}")


def _object(frame: Frame, row: Organisation) -> Cell:
    if row.object_id is None:
        return None
    shown = ids.show(_PREFIX[row.kind], row.object_id)
    return Id(shown, frame.to(f"sellers/{shown}") if row.kind == "seller" else "")


def _status(frame: Frame, row: Organisation) -> Status:
    if row.ended_at is not None:
        return Status(frame.say("organisations.ended"), "bad")
    return Status(frame.say("organisations.open"), "good")


def _open(frame: Frame) -> Deed:
    roles = tuple(
        Choice(f"{kind}/{role}", f"{_kind_text(frame, kind)} · {role_text(frame, kind, role)}")
        for kind in _KINDS
        for role in ROLES[kind]
        if kind == "partner" or role == access.widest(kind)
    )
    return Deed(
        title=frame.say("organisations.new"),
        label=frame.say("organisations.new.do"),
        says=frame.say("organisations.new.means"),
        href=frame.to("organisations/open"),
        inputs=(
            Input(name="name", label=frame.say("organisations.name")),
            Input(
                name="role", label=frame.say("organisations.kind"), kind="choice", choices=roles
            ),
            Input(
                name="object", label=frame.say("organisations.object"), needed=False,
                hint=frame.say("organisations.object.hint"),
            ),
        ),
        icon="landmark",
    )  # fmt: skip


def organisation_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One organisation by id. Raises NotFound."""
    row = access.organisation(tx, ids.read("org", key))
    keys = access.keys(tx, organisation_id=row.id, limit=100)
    fields = [
        Figure(label=frame.say("organisations.kind"), value=_kind_text(frame, row.kind)),
        Figure(label=frame.say("organisations.role"), value=role_text(frame, row.kind, row.role)),
        Figure(label=frame.say("organisations.object"), value=_object(frame, row)),
        Figure(label=frame.say("organisations.since"), value=row.created_at),
    ]
    tables = [members_table(frame, member_rows(tx, frame, row.id)), _keys_table(frame, keys)]
    grants = access.grants(tx, row.id) if row.kind == "partner" else []
    if row.kind == "partner":
        tables.append(_grants_table(frame, grants))
    return ObjectPage(
        title=row.name,
        lead=frame.say(f"organisations.sees.{row.kind}"),
        crumbs=(asked.home(frame), Link(frame.say("organisations"), frame.to("organisations"))),
        key=ids.show("org", row.id),
        status=_status(frame, row),
        fields=tuple(fields),
        tables=tuple(tables),
        deeds=_deeds(frame, row, grants)
        if row.ended_at is None and frame.writes("parties:write")
        else (),
        api_calls=(ApiCall(path=f"/v1/organisations/{ids.show('org', row.id)}"),),
    )


def _keys_table(frame: Frame, keys: list[Key]) -> Table:
    return Table(
        title=frame.say("api_keys"),
        columns=tuple(
            Column(title=frame.say(f"api_keys.{name}"))
            for name in ("name", "hint", "made", "state")
        ),
        rows=tuple(
            Row(
                cells=(
                    key.name,
                    f"…{key.hint}",
                    key.created_at,
                    Status(frame.say("api_keys.revoked"), "bad")
                    if key.revoked_at
                    else Status(frame.say("api_keys.good"), "good"),
                )
            )
            for key in keys
        ),
        note="" if keys else frame.say("api_keys.none"),
    )


def _grants_table(frame: Frame, grants: list[Grant]) -> Table:
    return Table(
        title=frame.say("grants"),
        columns=tuple(
            Column(title=frame.say(f"grants.{name}")) for name in ("rows", "since", "until")
        ),
        rows=tuple(
            Row(cells=(_rows_text(frame, grant), grant.granted_at, grant.revoked_at))
            for grant in grants
        ),
        note="" if grants else frame.say("grants.none"),
    )


def _rows_text(frame: Frame, grant: Grant) -> Cell:
    if grant.seller_id is None:
        return frame.say("grants.all")
    shown = ids.show("slr", grant.seller_id)
    return Id(shown, frame.to(f"sellers/{shown}"))


def _deeds(frame: Frame, row: Organisation, grants: list[Grant]) -> tuple[Deed, ...]:
    here = f"organisations/{ids.show('org', row.id)}"
    invite = Deed(
        title=frame.say("members.invite"),
        label=frame.say("members.invite.do"),
        says=frame.say("members.invite.organisation"),
        href=frame.to("members/invite"),
        fields=(("organisation", ids.show("org", row.id)),),
        inputs=invite_inputs(frame, row.kind),
        icon="users",
    )
    end = Deed(
        label=frame.say("organisations.end"),
        says=frame.say("organisations.end.means"),
        href=frame.to(f"{here}/end"),
        icon="x",
        grave=True,
    )
    if row.kind != "partner":
        return (invite, end)
    return (invite, *_granting(frame, here, grants), end)


def _granting(frame: Frame, here: str, grants: list[Grant]) -> tuple[Deed, ...]:
    grant = Deed(
        title=frame.say("grants.new"),
        label=frame.say("grants.new.do"),
        says=frame.say("grants.new.means"),
        href=frame.to(f"{here}/grant"),
        inputs=(
            Input(name="seller", label=frame.say("grants.seller"), hint=frame.say("grants.hint")),
        ),
    )
    standing = tuple(
        Choice(
            ids.show("grt", each.id),
            ids.show("slr", each.seller_id) if each.seller_id else frame.say("grants.all"),
        )
        for each in grants
        if each.revoked_at is None
    )
    if not standing:
        return (grant,)
    revoke = Deed(
        label=frame.say("grants.revoke"),
        says=frame.say("grants.revoke.means"),
        href=frame.to(f"{here}/revoke"),
        inputs=(Input(name="grant", label=frame.say("grants"), kind="choice", choices=standing),),
        icon="x",
    )
    return (grant, revoke)
