"""Milestones: who certifies them and with which keys, and the signed facts that came in."""

from __future__ import annotations

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.i18n import text
from huoshui.facts.milestones import service, store
from huoshui.facts.milestones.model import SOURCE, Key, Source, Verified
from huoshui.interfaces.console.page import (
    ApiCall,
    Cell,
    Code,
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
    Step,
    Table,
    Tone,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages import said as said_by
from huoshui.interfaces.console.pages.devices import choice

SCOPE = "facilities:write"
VERBS = ("rotate", *SOURCE.moves)
_FIELD = {"rotate": "key", "suspend": "reason", "revoke": "reason"}
_TONES: dict[str, Tone] = {"trusted": "good", "suspended": "warn", "revoked": "bad"}
_RECENT = 50


class Said(said_by.Said[str], frozen=True):
    """A form of a source's page."""


def state_of(frame: Frame, source: Source) -> Status:
    """Whether a source is believed, as a pill."""
    return Status(text(f"state.milestone_source.{source.state}", frame.lang), _TONES[source.state])


def sources_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Sources of milestones, newest first."""
    shown, state = asked.limit(frame), frame.asked("state")
    found = store.sources(tx, asked.cursor(frame, "msr"), shown + 1, state)
    more, first = asked.paged(frame, "msr", found)
    rows = tuple(_source_row(frame, each) for each in found[:shown])
    names = ("name", "state", "kinds", "key", "registered")
    return ListPage(
        title=frame.say("milestones.sources"),
        lead=frame.say("milestones.sources.lead"),
        crumbs=(asked.home(frame),),
        links=(Link(frame.say("milestones"), frame.to("milestones"), "file-text"),),
        table=Table(
            title=frame.say("milestones.sources"),
            columns=tuple(Column(title=frame.say(f"milestones.{name}")) for name in names),
            rows=rows,
            empty=Empty(
                title=frame.say("milestones.sources.none"),
                detail=frame.say("milestones.sources.none.detail"),
            ),
        ),
        filters=(
            choice(frame, "state", "milestones.state", state, SOURCE.states, machine=SOURCE.name),
        ),
        deed=_enrol(frame) if frame.writes(SCOPE) else None,
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "milestone-sources"),
        api_calls=(
            ApiCall(path=f"/v1/milestone-sources?limit={min(shown, 100)}"),
            ApiCall(path="/v1/milestone-sources", method="POST"),
        ),
    )


def _source_row(frame: Frame, source: Source) -> Row:
    href = frame.to(f"milestone-sources/{source.shown}")
    return Row(
        key=source.shown,
        href=href,
        cells=(
            Link(source.name, href), state_of(frame, source), ", ".join(source.kinds),
            Code(source.public), source.registered_at,
        ),
    )  # fmt: skip


def _enrol(frame: Frame) -> Deed:
    return Deed(
        title=frame.say("milestones.enrol"),
        label=frame.say("milestones.enrol.do"),
        says=frame.say("milestones.enrol.says"),
        href=frame.to("milestone-sources/enrol"),
        inputs=(
            Input(name="name", label=frame.say("milestones.name")),
            Input(name="key", label=frame.say("milestones.key"), hint=frame.say("milestones.key.hint")),
            Input(
                name="kinds", label=frame.say("milestones.kinds"),
                hint=frame.say("milestones.kinds.hint"),
            ),
        ),
    )  # fmt: skip


def source_page(tx: Tx, frame: Frame, key: str, said: Said | None = None) -> ObjectPage:
    """One source: whether it is believed, its keys, what it certified. Raises UnknownSource."""
    source = service.find_source(tx, ids.read("msr", key))
    facts = store.milestones(tx, source_id=source.id, limit=_RECENT)
    here = f"/v1/milestone-sources/{source.shown}"
    return ObjectPage(
        title=source.name,
        lead=frame.say("milestones.sources.lead"),
        crumbs=(
            asked.home(frame),
            Link(frame.say("milestones.sources"), frame.to("milestone-sources")),
        ),
        links=(
            Link(frame.say("milestones.all"), frame.to(f"milestones?source={source.shown}"), "file-text"),
        ),
        key=source.shown,
        status=state_of(frame, source),
        steps=_steps(frame, source),
        fields=(
            Figure(label=frame.say("milestones.kinds"), value=", ".join(source.kinds)),
            Figure(label=frame.say("milestones.key"), value=Code(source.public)),
            Figure(
                label=frame.say("milestones.registered"), value=source.registered_at,
                hint=source.registered_by,
            ),
            Figure(label=frame.say("milestones.since"), value=source.state_at, hint=source.state_by),
            Figure(label=frame.say("milestones.reason"), value=source.reason),
        ),
        tables=(_keys_table(frame, store.keys(tx, source.id)), _facts_table(frame, facts)),
        deeds=_deeds(frame, source, said),
        api_calls=(
            ApiCall(path=here),
            *(ApiCall(path=f"{here}/{verb}", method="POST") for verb in _verbs(source)),
        ),
    )  # fmt: skip


def _steps(frame: Frame, source: Source) -> tuple[Step, ...]:
    first = Step(text=frame.say("milestones.registered"), state="done", at=source.registered_at)
    now = text(f"state.milestone_source.{source.state}", frame.lang)
    going = source.state == "trusted"
    return (first, Step(text=now, state="now" if going else "failed", at=source.state_at))


def _verbs(source: Source) -> tuple[str, ...]:
    allowed = SOURCE.allowed(source.state)
    return ("rotate", *allowed) if allowed else ()


def _deeds(frame: Frame, source: Source, said: Said | None) -> tuple[Deed, ...]:
    if not frame.writes(SCOPE):
        return ()
    return tuple(_deed(frame, source, verb, said) for verb in _verbs(source))


def _deed(frame: Frame, source: Source, verb: str, said: Said | None) -> Deed:
    own = said if said and said.verb == verb else Said(verb, {})
    inputs = tuple(
        Input(
            name=name, label=frame.say(f"milestones.{name}"), value=own.of(name),
            hint=frame.say("milestones.key.hint") if name == "key" else "",
        )
        for name in (_FIELD[verb],)
    ) if verb in _FIELD else ()  # fmt: skip
    return Deed(
        title=frame.say(f"milestones.{verb}"),
        label=frame.say(f"milestones.{verb}"),
        says=frame.say(f"milestones.{verb}.says"),
        href=frame.to(f"milestone-sources/{source.shown}/{verb}"),
        inputs=inputs,
        grave=verb == "revoke",
        problem=own.problem,
    )


def carry_out(tx: Tx, source: str, said: Said) -> None:
    """Do what a form of a source's page wishes. Raises what the use cases do."""
    id_ = ids.read("msr", source)
    match said.verb:
        case "rotate":
            service.rotate(tx, id_, said.of("key"))
        case "suspend":
            service.suspend(tx, id_, said.of("reason"))
        case "resume":
            service.resume(tx, id_)
        case _:
            service.revoke(tx, id_, said.of("reason"))


def _keys_table(frame: Frame, keys: list[Key]) -> Table:
    names = ("number", "key", "from", "until", "by")
    until = [None, *(each.from_at for each in keys)]
    return Table(
        title=frame.say("milestones.keys"),
        columns=tuple(Column(title=frame.say(f"milestones.{name}")) for name in names),
        rows=tuple(
            Row(cells=(each.number, Code(each.public), each.from_at, end, each.made_by))
            for each, end in zip(keys, until, strict=False)
        ),
        note=frame.say("milestones.keys.note"),
    )


_FACT_NAMES = ("milestone", "kind", "subject", "reference", "reached", "ends")


def _facts_table(frame: Frame, facts: list[Verified]) -> Table:
    return Table(
        title=frame.say("milestones"),
        columns=tuple(Column(title=frame.say(f"milestones.{name}")) for name in _FACT_NAMES),
        rows=tuple(_fact_row(frame, each) for each in facts),
        empty=Empty(title=frame.say("milestones.none"), detail=frame.say("milestones.none.detail")),
    )


def _fact_row(frame: Frame, fact: Verified) -> Row:
    href = frame.to(f"milestones/{fact.shown}")
    return Row(
        key=fact.shown,
        href=href,
        cells=(
            Id(fact.shown, href), fact.kind, Id(fact.subject), fact.reference, fact.reached_at,
            fact.ends_at,
        ),
    )  # fmt: skip


def milestones_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Signed facts that came in, newest first; of a party, of a source."""
    shown, subject, source = asked.limit(frame), frame.asked("subject"), frame.asked("source")
    found = store.milestones(
        tx, subject=subject, source_id=ids.read("msr", source) if source else None,
        after=asked.cursor(frame, "mst"), limit=shown + 1,
    )  # fmt: skip
    more, first = asked.paged(frame, "mst", found)
    table = _facts_table(frame, found[:shown])
    query = asked.query(subject=subject, source=source, limit=str(min(shown, 100)))
    return ListPage(
        title=frame.say("milestones"),
        lead=frame.say("milestones.lead"),
        crumbs=(
            asked.home(frame),
            Link(frame.say("milestones.sources"), frame.to("milestone-sources")),
        ),
        table=table,
        filters=(
            Filter(name="subject", label=frame.say("milestones.subject"), value=subject),
            Filter(name="source", label=frame.say("milestones.source"), value=source),
        ),
        count=frame.say("count.page", n=len(table.rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "milestones"),
        api_calls=(ApiCall(path=f"/v1/milestones?{query}"),),
    )


def milestone_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One milestone: who reached what, and the text that was signed. Raises UnknownMilestone."""
    found = service.find(tx, ids.read("mst", key))
    source = service.find_source(tx, found.source_id)
    names = ("subject", "reference", "reached", "ends", "recorded")
    values: tuple[Cell, ...] = (
        Id(found.subject), found.reference, found.reached_at, found.ends_at, found.recorded_at,
    )  # fmt: skip
    return ObjectPage(
        title=found.kind,
        lead=frame.say("milestones.lead"),
        crumbs=(asked.home(frame), Link(frame.say("milestones"), frame.to("milestones"))),
        key=found.shown,
        status=Status(frame.say("milestones.verified"), "good"),
        fields=(
            Figure(
                label=frame.say("milestones.source"),
                value=Link(source.name, frame.to(f"milestone-sources/{source.shown}")),
            ),
            *(
                Figure(label=frame.say(f"milestones.{name}"), value=value)
                for name, value in zip(names, values, strict=True)
            ),
            Figure(label=frame.say("milestones.number"), value=found.number),
            Figure(label=frame.say("milestones.signed"), value=Code(found.text)),
        ),
        api_calls=(ApiCall(path=f"/v1/milestones?subject={found.subject}"),),
    )
