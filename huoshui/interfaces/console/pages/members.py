"""The people who may sign in: all of them, and one of them with what ends their access."""

from __future__ import annotations

from uuid import UUID

from huoshui.core import access, i18n, ids
from huoshui.core.access import ROLES, Kind, members
from huoshui.core.access.members import Member
from huoshui.core.db import Tx
from huoshui.interfaces.console.page import (
    ApiCall,
    Cell,
    Choice,
    Code,
    Column,
    Deed,
    Empty,
    Figure,
    Filter,
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

_COLUMNS = ("name", "email", "organisation", "role", "sign_in", "since")


def members_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Members, newest first, of all organisations or of one."""
    shown = asked.limit(frame)
    owner = frame.asked("organisation")
    found = members.members(
        tx,
        organisation_id=ids.read("org", owner) if owner else None,
        after=asked.cursor(frame, "mbr"),
        limit=shown + 1,
    )
    more, first = asked.paged(frame, "mbr", found)
    rows = tuple(_row(tx, frame, each) for each in found[:shown])
    return ListPage(
        title=frame.say("members"),
        lead=frame.say("members.lead"),
        crumbs=(asked.home(frame),),
        table=members_table(frame, rows),
        filters=(
            (Filter(name="organisation", label="", value=owner, kind="hidden"),) if owner else ()
        ),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "members"),
        deeds=(_invite(frame),) if frame.writes("parties:write") else (),
        api_calls=(ApiCall(path="/v1/members"),),
    )


def members_table(frame: Frame, rows: tuple[Row, ...]) -> Table:
    """Members as rows."""
    return Table(
        title=frame.say("members"),
        columns=tuple(Column(title=frame.say(f"members.{name}")) for name in _COLUMNS),
        rows=rows,
        empty=Empty(title=frame.say("members.none"), detail=frame.say("members.none.detail")),
    )


def member_rows(tx: Tx, frame: Frame, organisation_id: UUID) -> tuple[Row, ...]:
    """The members of an organisation as rows."""
    found = members.members(tx, organisation_id=organisation_id, limit=100)
    return tuple(_row(tx, frame, each) for each in found)


def _row(tx: Tx, frame: Frame, member: Member) -> Row:
    href = frame.to(f"members/{member.shown}")
    cells: tuple[Cell, ...] = (
        Link(member.name, href),
        member.email,
        owner_link(tx, frame, member.organisation_id),
        role_text(frame, _kind(tx, member), member.role),
        _standing(frame, member),
        member.created_at,
    )
    return Row(key=member.shown, href=href, cells=cells)


def owner_link(tx: Tx, frame: Frame, organisation_id: UUID | None) -> Link | str:
    """Whose it is: an organisation with its page, or the marketplace itself."""
    if organisation_id is None:
        return frame.say("organisations.marketplace")
    found = access.organisation(tx, organisation_id)
    return Link(found.name, frame.to(f"organisations/{ids.show('org', found.id)}"))


def _kind(tx: Tx, member: Member) -> Kind:
    if member.organisation_id is None:
        return "marketplace"
    return access.organisation(tx, member.organisation_id).kind


def role_text(frame: Frame, kind: Kind, role: str) -> str:
    """A role's name."""
    return i18n.text(f"role.{kind}.{role}", frame.lang)


def _standing(frame: Frame, member: Member) -> Status:
    if member.removed_at is not None:
        return Status(frame.say("members.removed"), "bad")
    if member.password is None:
        return Status(frame.say("members.invited"), "warn")
    if member.totp_secret is not None:
        return Status(frame.say("members.totp"), "good")
    return Status(frame.say("members.joined"), "accent")


def invite_inputs(frame: Frame, kind: Kind) -> tuple[Input, ...]:
    """What is asked to invite a member of a kind of organisation."""
    roles = tuple(Choice(role, role_text(frame, kind, role)) for role in ROLES[kind])
    languages = (Choice("zh", "中文"), Choice("en", "English"))
    return (
        Input(name="email", label=frame.say("members.email"), kind="email"),
        Input(name="name", label=frame.say("members.name")),
        Input(
            name="role", label=frame.say("members.role"), kind="choice", choices=roles,
            value=roles[-1].value,
        ),
        Input(
            name="language", label=frame.say("members.language"), kind="choice",
            choices=languages, value=frame.lang,
        ),
    )  # fmt: skip


def _invite(frame: Frame) -> Deed:
    return Deed(
        title=frame.say("members.invite"),
        label=frame.say("members.invite.do"),
        says=frame.say("members.invite.means"),
        href=frame.to("members/invite"),
        inputs=invite_inputs(frame, "marketplace"),
        icon="users",
    )


def member_page(tx: Tx, frame: Frame, key: str, link: str = "") -> ObjectPage:
    """One member by id; `link` is an invitation that was just made. Raises NotFound."""
    member = members.member(tx, ids.read("mbr", key))
    kind = _kind(tx, member)
    fields = (
        Figure(label=frame.say("members.email"), value=member.email),
        Figure(
            label=frame.say("members.organisation"),
            value=owner_link(tx, frame, member.organisation_id),
        ),
        Figure(label=frame.say("members.role"), value=role_text(frame, kind, member.role)),
        Figure(label=frame.say("members.since"), value=member.created_at),
        Figure(
            label=frame.say("members.factors"), value=members.factors(tx, member),
            hint=frame.say("members.factors.means"),
        ),
    )  # fmt: skip
    shown_once = (
        Figure(
            label=frame.say("members.link"), value=Code(link), hint=frame.say("members.link.means")
        ),
    )
    return ObjectPage(
        title=member.name,
        lead=frame.say("members.lead.one"),
        crumbs=(asked.home(frame), Link(frame.say("members"), frame.to("members"))),
        key=member.shown,
        status=_standing(frame, member),
        figures=shown_once if link else (),
        fields=fields,
        tables=(scopes_table(frame, members.standing(tx, member).scopes),),
        deeds=_deeds(frame, member),
        api_calls=(ApiCall(path="/v1/members"),),
    )


def scopes_table(frame: Frame, scopes: frozenset[str]) -> Table:
    """Scopes with what each allows."""
    return Table(
        title=frame.say("members.may"),
        columns=(
            Column(title=frame.say("api_keys.scope")),
            Column(title=frame.say("api_keys.allows")),
        ),
        rows=tuple(
            Row(cells=(Code(scope), i18n.text(f"scope.{scope}", frame.lang)))
            for scope in sorted(scopes)
        ),
    )


def _deeds(frame: Frame, member: Member) -> tuple[Deed, ...]:
    if not frame.writes("parties:write") or member.removed_at is not None:
        return ()
    here = f"members/{member.shown}"
    return (
        Deed(
            label=frame.say("members.link.do"),
            says=frame.say("members.link.again"),
            href=frame.to(f"{here}/link"),
            icon="key-round",
        ),
        Deed(
            label=frame.say("members.remove"),
            says=frame.say("members.remove.means"),
            href=frame.to(f"{here}/remove"),
            icon="x",
            grave=True,
        ),
    )
