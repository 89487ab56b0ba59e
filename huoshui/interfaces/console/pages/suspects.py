"""Suspects: rings, fake-order sellers and taken-over accounts that a search found, why, and what a person said."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from huoshui.core import i18n, ids
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound
from huoshui.interfaces.console import ring_drawing
from huoshui.interfaces.console.page import (
    ApiCall,
    Code,
    Column,
    Deed,
    Empty,
    Figure,
    Frame,
    Id,
    Input,
    Link,
    ListPage,
    Moment,
    ObjectPage,
    Picture,
    Row,
    Several,
    Status,
    Table,
    Tone,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages import said as saying
from huoshui.interfaces.console.pages.devices import choice
from huoshui.judgement.risk.rings.model import STRENGTH
from huoshui.judgement.risk.suspects import SUSPECT, Suspect, reading, service, store
from huoshui.judgement.risk.suspects.model import KINDS, Shown

READ, WRITE = "decisions:read", "risk:write"
Verb = Literal["confirm", "clear", "reopen"]
Said = saying.Said[Verb]
VERBS = {"confirm": service.confirm, "clear": service.clear, "reopen": service.reopen}
_TONES: dict[str, Tone] = {"found": "warn", "confirmed": "bad", "cleared": "good"}
_NAMES = ("id", "kind", "members", "bits", "sign", "last_at", "state")
_ORDERS_MOST = 50


def suspects_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Suspects, newest first; a button that searches now."""
    limit = asked.limit(frame)
    kind, state, member = (frame.asked(name) for name in ("kind", "state", "member"))
    found = store.page(
        tx, kind=kind, state=state, member=member,
        after=asked.cursor(frame, "sus"), limit=limit + 1,
    )  # fmt: skip
    more, first = asked.paged(frame, "sus", found)
    rows = found[:limit]
    return ListPage(
        title=frame.say("suspects"),
        lead=_lead(tx, frame),
        crumbs=(asked.home(frame),),
        deed=_search(frame),
        table=Table(
            title=frame.say("suspects"),
            columns=tuple(
                Column(title=frame.say(f"suspects.{name}"),
                       align="end" if name in ("members", "bits") else "start")
                for name in _NAMES
            ),
            rows=tuple(_row(frame, each) for each in rows),
            empty=Empty(title=frame.say("suspects.none"), detail=frame.say("suspects.none.detail"),
                        command="huoshui suspects search"),
        ),
        filters=(
            choice(frame, "kind", "suspects.kind", kind, KINDS, machine="suspect_kind"),
            choice(frame, "state", "suspects.state", state, SUSPECT.states, machine="suspect"),
        ),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "suspects"),
        api_calls=(
            ApiCall(path="/v1/suspects?" + asked.query(kind=kind, state=state)),
            ApiCall(path="/v1/suspects/search", method="POST", body="{}"),
        ),
    )  # fmt: skip


def _lead(tx: Tx, frame: Frame) -> str:
    last = store.last_search(tx)
    if last is None:
        return frame.say("suspects.lead")
    return frame.say("suspects.searched", accounts=last.accounts, orders=last.orders, rings=last.rings,
                     sellers=last.sellers, taken=last.taken)  # fmt: skip


def _search(frame: Frame) -> Deed | None:
    if not frame.writes(WRITE):
        return None
    return Deed(label=frame.say("suspects.search"), says=frame.say("suspects.search.says"),
                href=frame.to("suspects/search"), icon="search")  # fmt: skip


def _row(frame: Frame, each: Suspect) -> Row:
    href = frame.to(f"suspects/{each.shown}")
    strongest = i18n.text(f"sign.{each.signs[0].name}", frame.lang) if each.signs else None
    cells = (
        Id(each.shown, href), i18n.text(f"state.suspect_kind.{each.kind}", frame.lang),
        len(each.members), _bits(each.centibits), strongest, each.last_at, state_of(frame, each),
    )  # fmt: skip
    return Row(key=each.shown, href=href, cells=cells)


def state_of(frame: Frame, each: Suspect) -> Status:
    """A suspect's state."""
    return Status(i18n.text(f"state.suspect.{each.state}", frame.lang), _TONES[each.state])


def _bits(centibits: int) -> Decimal:
    return (Decimal(centibits) / 100).quantize(Decimal("0.1"))


def suspect_page(tx: Tx, frame: Frame, key: str, said: Said | None = None) -> ObjectPage:
    """One suspect: drawn, with its signs and why each member is in it. Raises UnknownSuspect."""
    found = service.find(tx, key)
    ring = found.kind == "ring"
    return ObjectPage(
        title=i18n.text(f"state.suspect_kind.{found.kind}", frame.lang),
        lead=frame.say(f"suspects.{found.kind}.lead"),
        crumbs=(asked.home(frame), Link(frame.say("suspects"), frame.to("suspects"))),
        key=found.shown,
        status=state_of(frame, found),
        figures=(
            Figure(label=frame.say("suspects.members"), value=len(found.members)),
            Figure(label=frame.say("suspects.bits"), value=_bits(found.centibits),
                   hint=frame.say("suspects.bits.means")),
            Figure(label=frame.say("suspects.times"), value=found.times),
            Figure(label=frame.say("suspects.first_at"), value=found.first_at),
        ),
        drawing=_drawing(frame, found) if ring else None,
        tables=(_signs(frame, found), _shown(tx, frame, found)),
        timeline=_timeline(frame, found),
        deeds=_deeds(frame, found, said),
        api_calls=(
            ApiCall(path=f"/v1/suspects/{found.shown}"),
            ApiCall(path=f"/v1/suspects/{found.shown}/confirm", method="POST", body='{"reason": ""}'),
        ),
    )  # fmt: skip


def _shown(tx: Tx, frame: Frame, found: Suspect) -> Table:
    match found.kind:
        case "ring":
            return _members(frame, found)
        case "fake_orders":
            return _sales(tx, frame, found)
        case _:
            return _acts(tx, frame, found)


def _drawing(frame: Frame, found: Suspect) -> Picture:
    kinds = {kind: i18n.text(f"identifier.{kind}", frame.lang) for kind in STRENGTH}
    svg = ring_drawing.drawn(found.members, found.held, kinds)
    return Picture(svg, frame.say("suspects.drawn", n=len(found.members)))


def _signs(frame: Frame, found: Suspect) -> Table:
    names = ("sign", "says", "count", "of", "bits")
    return Table(
        title=frame.say("suspects.signs"),
        columns=tuple(
            Column(title=frame.say(f"suspects.{name}"), wide=name == "says",
                   align="end" if name in names[2:] else "start")
            for name in names
        ),
        rows=tuple(
            Row(cells=(i18n.text(f"sign.{each.name}", frame.lang), _says(frame, each), each.count,
                       each.of, _bits(each.centibits)))
            for each in found.signs
        ),
        note=frame.say("suspects.bits.means"),
    )  # fmt: skip


def _says(frame: Frame, sign: Shown) -> str:
    """What a sign says of this suspect, in words."""
    kind, _, name = sign.about.partition(":")
    about = i18n.text(f"identifier.{kind}", frame.lang) + " " + _short(name) if name else sign.about
    return i18n.text(
        f"sign.{sign.name}.says", frame.lang, count=sign.count, of=sign.of, about=about
    )


def _short(name: str) -> str:
    """A keyed hash without its kind, cut to what tells it from others."""
    bare = name.rpartition("~")[2]
    return bare if len(bare) <= 12 else f"{bare[:8]}…"


def _members(frame: Frame, found: Suspect) -> Table:
    """Who is in it, and what each shares with how many others of it."""
    shared = Counter(key for keys in found.held.values() for key in keys)
    rows = [
        Row(
            cells=(
                Id(member),
                Several(tuple(
                    frame.say("suspects.with", what=i18n.text(f"identifier.{kind}", frame.lang),
                              name=_short(name), n=shared[kind, name] - 1)
                    for kind, name in found.held.get(member, ())
                )) if found.held.get(member) else frame.say("suspects.met"),
            )
        )
        for member in found.members
    ]  # fmt: skip
    return Table(
        title=frame.say("suspects.who"),
        columns=(Column(title=frame.say("suspects.account")),
                 Column(title=frame.say("suspects.why"), wide=True)),
        rows=tuple(rows),
    )  # fmt: skip


def _sales(tx: Tx, frame: Frame, found: Suspect) -> Table:
    """The seller's most suspicious orders."""
    orders = reading.suspicious(tx, found)[:_ORDERS_MOST]
    seller = found.members[0]
    return Table(
        title=frame.say("suspects.orders", seller=seller),
        columns=(Column(title=frame.say("suspects.order")),
                 Column(title=frame.say("suspects.buyer")),
                 Column(title=frame.say("suspects.shows"), wide=True),
                 Column(title=frame.say("suspects.bits"), align="end")),
        rows=tuple(
            Row(
                cells=(
                    Id(each.order, frame.to(f"orders/{each.order}")), Code(each.buyer),
                    ", ".join(i18n.text(f"sign.{name}", frame.lang) for name in each.shows),
                    _bits(each.centibits),
                )
            )
            for each in orders
        ),
        empty=Empty(title=frame.say("suspects.no_orders"), detail=frame.say("suspects.no_orders.detail")),
    )  # fmt: skip


def _acts(tx: Tx, frame: Frame, found: Suspect) -> Table:
    """What the account did in the days for which it is suspected."""
    return Table(
        title=frame.say("suspects.acts", account=found.members[0]),
        columns=tuple(Column(title=frame.say(f"suspects.{name}")) for name in ("at", "act", "device")),
        rows=tuple(
            Row(
                cells=(
                    datetime.fromtimestamp(act.at_h * 3600, UTC),
                    i18n.text(f"act.{act.kind}", frame.lang), _short(act.device) or None,
                )
            )
            for act in reading.within(tx, found)
        ),
        note=frame.say("suspects.acts.hours"),
    )  # fmt: skip


def _timeline(frame: Frame, found: Suspect) -> tuple[Moment, ...]:
    moments = [Moment(at=found.first_at, title=frame.say("suspects.first_at"), icon="search")]
    if found.decided_at:
        moments.append(
            Moment(
                at=found.decided_at, icon="users", tone=_TONES[found.state],
                title=i18n.text(f"state.suspect.{found.state}", frame.lang),
                detail=f"{found.decided_by}: {found.reason}",
            )
        )  # fmt: skip
    return tuple(moments)


def _deeds(frame: Frame, found: Suspect, said: Said | None) -> tuple[Deed, ...]:
    if not frame.writes(WRITE):
        return ()
    return tuple(
        Deed(
            title=i18n.text(f"verb.suspect.{verb}", frame.lang),
            label=i18n.text(f"verb.suspect.{verb}", frame.lang),
            says=frame.say(f"suspects.{verb}.says", n=len(found.members)),
            href=frame.to(f"suspects/{found.shown}/{verb}"),
            inputs=(Input(name="reason", label=frame.say("suspects.reason"),
                          value=said.of("reason") if said and said.verb == verb else ""),),
            grave=verb == "confirm",
            problem=said.problem if said and said.verb == verb else "",
        )
        for verb in SUSPECT.allowed(found.state)
    )  # fmt: skip


def decided(tx: Tx, key: str, said: Said) -> Suspect:
    """Do what a form decides. Raises NotFound, UnknownSuspect, ReasonNeeded, IllegalMove."""
    if said.verb not in VERBS:
        raise NotFound(kind="page", id=str(said.verb)[:40])
    return VERBS[said.verb](tx, ids.read("sus", key), said.of("reason"))
