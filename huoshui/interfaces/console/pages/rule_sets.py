"""Rule sets and policies: versions as a list, one version with what it would have done, and its editor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from huoshui.core import i18n
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound, Problem
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
    ObjectPage,
    Row,
    Status,
    Table,
    Tone,
)
from huoshui.interfaces.console.pages import asked
from huoshui.judgement.risk import reasons
from huoshui.judgement.risk.decision import loading
from huoshui.judgement.risk.rules.model import FILE_MOST, RuleSet, read_body
from huoshui.judgement.risk.rules.service import BackTest
from huoshui.judgement.risk.versions import VERSION, Kind, Version, split
from huoshui.judgement.risk.versions import service as versions
from huoshui.judgement.risk.versions import store as version_store
from huoshui.scenarios import judging

PLACES: Mapping[str, Kind] = {"rule-sets": "rules", "policies": "policy"}
SCOPES = {"publish": "risk:approve", "retire": "risk:approve", "refuse": "risk:write", "propose": "risk:write"}  # fmt: skip
_FAULTS = 5
BACK = timedelta(days=90)
_TONES: dict[str, Tone] = {"proposed": "warn", "published": "good", "refused": "bad"}
_LISTED = ("id", "state", "proposed_by", "proposed_at", "decided_by", "decided_at", "digest")


class Said(msgspec.Struct, frozen=True):
    """A form of a version as it was filled in, and why it was refused, or nothing."""

    verb: str
    text: str = ""  # the reason, or a whole file
    problem: str = ""


def rule_sets_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Versions of rule sets."""
    return _listed(tx, frame, "rule-sets")


def policies_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Versions of policies."""
    return _listed(tx, frame, "policies")


def _listed(tx: Tx, frame: Frame, place: str) -> ListPage:
    limit, after = asked.limit(frame), frame.asked("after")
    if after:
        split(after)
    found = version_store.versions(tx, PLACES[place], after=after, limit=limit + 1)
    rows = found[:limit]
    more, first = asked.turned(frame, rows[-1].shown if len(found) > limit else "")
    return ListPage(
        title=frame.say(place),
        lead=frame.say(f"{place}.lead"),
        crumbs=(asked.home(frame),),
        table=Table(
            title=frame.say(place),
            columns=tuple(Column(title=frame.say(f"rules.{name}")) for name in _LISTED),
            rows=tuple(_row(frame, place, each) for each in rows),
            empty=Empty(
                title=frame.say("rules.none"), detail=frame.say(f"{place}.none"),
                command=f"huoshui {'rules' if place == 'rule-sets' else 'policy'} propose FILE",
            ),
        ),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, place),
        api_calls=(ApiCall(path=f"/v1/{place}"),),
    )  # fmt: skip


def _row(frame: Frame, place: str, each: Version) -> Row:
    href = frame.to(f"{place}/{each.shown}")
    cells = (
        Id(each.shown, href), state_of(frame, each.state), each.proposed_by, each.proposed_at,
        each.decided_by or None, each.decided_at, Code(each.digest[:16]),
    )  # fmt: skip
    return Row(key=each.shown, href=href, cells=cells)


def state_of(frame: Frame, state: str) -> Status:
    """A version's state."""
    return Status(i18n.text(f"state.version.{state}", frame.lang), _TONES.get(state, "neutral"))


def rule_set_page(tx: Tx, frame: Frame, key: str, said: Said | None = None) -> ObjectPage:
    """A version of a rule set: its rules with what they would have done, what it changes. Raises UnknownVersion."""
    row = versions.find(tx, "rules", *split(key))
    until = tx.now + timedelta(seconds=1)
    tried = judging.back_test(tx, row, until - BACK, until)
    page = _page(tx, frame, "rule-sets", row, said)
    return msgspec.structs.replace(
        page,
        lead=frame.say("rules.back", n=tried.decisions, days=BACK.days),
        figures=tuple(
            Figure(label=frame.say(f"rules.{name}"), value=getattr(tried, name), hint=frame.say("rules.back.hint") if name == "stopped" else "")
            for name in ("decisions", "approved", "stopped")
        ),
        tables=(_rules(frame, row, tried), *page.tables),
    )  # fmt: skip


def policy_page(tx: Tx, frame: Frame, key: str, said: Said | None = None) -> ObjectPage:
    """A version of a policy. Raises UnknownVersion."""
    return _page(tx, frame, "policies", versions.find(tx, "policy", *split(key)), said)


def _page(tx: Tx, frame: Frame, place: str, row: Version, said: Said | None) -> ObjectPage:
    return ObjectPage(
        title=row.shown,
        lead=str(row.body["zh" if frame.lang == "zh" else "en"]),
        crumbs=(asked.home(frame), Link(frame.say(place), frame.to(place))),
        key=row.shown,
        status=state_of(frame, row.state),
        fields=(
            Figure(label=frame.say("rules.proposed_by"), value=row.proposed_by),
            Figure(label=frame.say("rules.proposed_at"), value=row.proposed_at),
            Figure(label=frame.say("rules.decided_by"), value=row.decided_by or None, hint=row.reason),
            Figure(label=frame.say("rules.decided_at"), value=row.decided_at),
            Figure(label="SHA-256", value=Code(row.digest)),
        ),
        tables=_changes(tx, frame, row),
        deeds=_deeds(frame, place, row, said),
        api_calls=(
            ApiCall(path=f"/v1/{place}/{row.shown}"),
            ApiCall(path=f"/v1/{place}/{row.shown}/publish", method="POST", body="{}"),
        ),
    )  # fmt: skip


def _rules(frame: Frame, row: Version, tried: BackTest) -> Table:
    said = read_body(row.body, RuleSet)
    names = ("rule", "action", "when", "why", "owner", "expires", "fires", "of_approved")
    rows = tuple(
        Row(cells=(
            rule.name, frame.say(f"rules.action.{rule.action}"), Code(rule.when),
            reasons.said(rule.reason, frame.lang), rule.owner, rule.expires, t.fired, t.approved,
        ))
        for rule, t in zip(said.rule, tried.rules, strict=True)
    )  # fmt: skip
    columns = tuple(
        Column(title=frame.say(f"rules.{n}"), wide=n in ("when", "why"),
               align="end" if n in ("fires", "of_approved") else "start")
        for n in names
    )  # fmt: skip
    return Table(title=frame.say("rules.rules"), columns=columns, rows=rows)


def _changes(tx: Tx, frame: Frame, row: Version) -> tuple[Table, ...]:
    """What it says otherwise than the version before it."""
    if row.number == 1:
        return ()
    kind: Kind = "rules" if row.kind == "rules" else "policy"
    before = versions.find(tx, kind, row.name, row.number - 1)
    rows = tuple(
        Row(cells=(Code(each.pointer), _text(each.before), _text(each.after)))
        for each in versions.changed(before.body, row.body)
    )
    columns = tuple(Column(title=frame.say(f"rules.{n}"), wide=n != "place") for n in ("place", "before", "after"))  # fmt: skip
    return (
        Table(title=frame.say("rules.changes", before=before.shown), columns=columns, rows=rows),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _deeds(frame: Frame, place: str, row: Version, said: Said | None) -> tuple[Deed, ...]:
    verbs = [v for v in (*VERSION.allowed(row.state), "propose") if frame.writes(SCOPES[v])]
    return tuple(_deed(frame, place, row, verb, said) for verb in verbs)


def _deed(frame: Frame, place: str, row: Version, verb: str, said: Said | None) -> Deed:
    mine = said if said and said.verb == verb else None
    inputs: tuple[Input, ...] = ()
    if verb in ("refuse", "retire"):
        label = frame.say("rules.why_so")
        inputs = (Input(name="text", label=label, value=mine.text if mine else ""),)
    if verb == "propose":
        label, text = frame.say("rules.file"), mine.text if mine else row.source
        inputs = (Input(name="text", label=label, kind="lines", value=text),)
    title = frame.say("rules.propose") if verb == "propose" else i18n.text(f"verb.version.{verb}", frame.lang)  # fmt: skip
    return Deed(
        title=title,
        label=frame.say("rules.preview"),
        says=frame.say(f"rules.{verb}.says"),
        href=frame.to(f"risk/{place}/{row.shown}/{verb}/preview"),
        inputs=inputs,
        grave=verb in ("refuse", "retire"),
        problem=mine.problem if mine else "",
    )


def moved(tx: Tx, place: str, key: str, said: Said) -> Version:
    """Do what a form says. Raises NotFound, OwnVersion, IllegalMove, BadRules, BadPolicy."""
    if said.verb not in SCOPES:
        raise NotFound(kind="page", id=said.verb[:40])
    if said.verb == "propose":
        content = said.text.replace("\r\n", "\n").encode()[: FILE_MOST + 1]
        propose = judging.propose_rules if place == "rule-sets" else loading.propose
        return propose(tx, content)
    return judging.move(tx, versions.find(tx, PLACES[place], *split(key)), said.verb, said.text)


def why(tx: Tx, frame: Frame, problem: Problem) -> str:
    """Why a form was refused, with the first faults of a file."""
    del tx
    told = [f"{each.pointer}: {each.detail(frame.lang)}" for each in problem.errors[:_FAULTS]]
    return " ".join([problem.detail(frame.lang), *told])


def preview_page(tx: Tx, frame: Frame, place: str, key: str, said: Said) -> ObjectPage:
    """What a form would do: it is done, looked at, and the caller undoes it."""
    after = moved(tx, place, key, said)
    show = rule_set_page if place == "rule-sets" else policy_page
    page = show(tx, frame, after.shown)
    return msgspec.structs.replace(
        page,
        title=frame.say("rules.preview.title", what=after.shown),
        links=(Link(frame.say("rules.preview.back"), frame.to(f"{place}/{key}"), "undo-2"),),
        deeds=(),
        deed=Deed(
            label=frame.say("rules.confirm"),
            says=frame.say(f"rules.{said.verb}.says"),
            href=frame.to(f"risk/{place}/{key}/{said.verb}"),
            fields=(("text", said.text),),
            grave=said.verb in ("refuse", "retire"),
        ),
    )
