"""Decisions: as a list, one with all that it was made of, and the catalogue of reasons."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from huoshui.core import i18n, ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Chart,
    Choice,
    Code,
    Column,
    Empty,
    Figure,
    FigureGroup,
    Filter,
    Frame,
    Id,
    Link,
    ListPage,
    Moment,
    ObjectPage,
    Row,
    Series,
    Share,
    Status,
    Table,
    Tone,
    Unit,
)
from huoshui.interfaces.console.pages import asked
from huoshui.judgement.risk import reasons as catalogue
from huoshui.judgement.risk.decision import Decision, service, store
from huoshui.judgement.risk.decision.explain import Explained
from huoshui.judgement.risk.decision.model import OUTCOMES
from huoshui.judgement.risk.decision.policy import KINDS
from huoshui.judgement.risk.decision.store import Search

_TONES: dict[str, Tone] = {
    "approve": "good", "approve_less": "accent", "review": "warn", "decline": "bad",
}  # fmt: skip
_NAMES = ("id", "at", "kind", "reference", "outcome", "asked", "granted", "probability", "reasons", "policy")  # fmt: skip
_MONEY = frozenset({"asked", "granted"})
_PARTS = 12  # of a score, that its chart shows


def outcome_of(frame: Frame, outcome: str) -> Status:
    """An outcome."""
    return Status(i18n.text(f"outcome.{outcome}", frame.lang), _TONES[outcome])


def decisions_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Decisions, newest first; by outcome, kind, policy, what they are about, reason, rule."""
    limit = asked.limit(frame)
    wanted = {
        n: frame.asked(n) for n in ("outcome", "kind", "policy", "reference", "reason", "rule")
    }
    by = Search(**wanted, since=asked.day_start(frame, "from"), until=asked.day_start(frame, "to", days=1))  # fmt: skip
    found = store.decisions(tx, by, asked.cursor(frame, "dec"), limit + 1)
    more, first = asked.paged(frame, "dec", found)
    return ListPage(
        title=frame.say("decisions"),
        lead=frame.say("decisions.lead"),
        crumbs=(asked.home(frame),),
        links=(Link(frame.say("reasons"), frame.to("reasons"), "list-tree"),),
        totals=_totals(tx, frame, by),
        filters=(
            _choice(frame, "outcome", OUTCOMES), _choice(frame, "kind", KINDS),
            *(Filter(name=n, label=frame.say(f"decisions.{n}"), value=wanted[n]) for n in ("reference", "reason", "rule", "policy")),
            *asked.days(frame),
        ),
        table=_table(frame, found[:limit]),
        count=frame.say("count.page", n=len(found[:limit])),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "decisions"),
        api_calls=(ApiCall(path="/v1/decisions?" + asked.query(**wanted)),),
    )  # fmt: skip


def _totals(tx: Tx, frame: Frame, by: Search) -> tuple[Figure, ...]:
    counts = store.totals(tx, by)
    total = sum(counts.values())
    return tuple(
        Figure(
            label=i18n.text(f"outcome.{outcome}", frame.lang), value=counts.get(outcome, 0),
            hint=f"{counts.get(outcome, 0) * 100 / total:.1f} %" if total else "",
        )
        for outcome in OUTCOMES
    )  # fmt: skip


def _choice(frame: Frame, name: str, words: tuple[str, ...]) -> Filter:
    prefix = "outcome" if name == "outcome" else "console.decisions.kind"
    choices = tuple(Choice(w, i18n.text(f"{prefix}.{w}", frame.lang)) for w in words)
    return Filter(
        name=name, label=frame.say(f"decisions.{name}"), kind="choice", value=frame.asked(name),
        placeholder=frame.say("decisions.any"), choices=choices,
    )  # fmt: skip


def _table(frame: Frame, found: list[Decision]) -> Table:
    return Table(
        title=frame.say("decisions"),
        columns=tuple(
            Column(title=frame.say(f"decisions.{name}"), money=name in _MONEY, wide=name == "reasons",
                   align="end" if name in _MONEY | {"probability"} else "start")
            for name in _NAMES
        ),
        rows=tuple(_row(frame, each) for each in found),
        empty=Empty(title=frame.say("decisions.none"), detail=frame.say("decisions.none.detail")),
    )  # fmt: skip


def _row(frame: Frame, each: Decision) -> Row:
    href = frame.to(f"decisions/{each.shown}")
    cells = (
        Id(each.shown, href), each.at, frame.say(f"decisions.kind.{each.kind}"),
        asked.short(each.reference) or None, outcome_of(frame, each.outcome),
        _money(each, each.amount), _money(each, each.granted), _share(each),
        ", ".join(each.reasons) or None, f"{each.policy}@{each.policy_number}",
    )  # fmt: skip
    return Row(key=each.shown, href=href, cells=cells)


def _money(row: Decision, amount: int | None) -> Money | None:
    return None if amount is None else Money(amount, row.currency)


def _share(row: Decision) -> Share | None:
    return None if row.probability is None else Share(Decimal(row.probability), 2)


def decision_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One decision: what it saw, the rules, the score, the reasons, and whether it is made again the same.

    Raises BadId, UnknownDecision.
    """
    row = service.find(tx, ids.read("dec", key))
    told, said = service.explained(tx, row), row.document
    here = frame.to(f"decisions/{row.shown}")
    return ObjectPage(
        title=frame.say("decisions.title", what=frame.say(f"decisions.kind.{row.kind}")),
        lead="; ".join(catalogue.said(code, frame.lang) for code in row.reasons),
        crumbs=(asked.home(frame), Link(frame.say("decisions"), frame.to("decisions"))),
        links=(Link(frame.say("decisions.recompute"), f"{here}?again=1", "history"),),
        key=row.shown,
        status=outcome_of(frame, row.outcome),
        figures=_figures(frame, row, said),
        fields=_fields(frame, row, said),
        groups=_again(tx, frame, row),
        charts=_waterfall(frame, told),
        tables=tuple(
            each
            for each in (_rules(frame, told), _changes(frame, told), _facts(frame, told))
            if each.rows
        ),
        timeline=_timeline(frame, row, said),
        api_calls=tuple(
            ApiCall(path=f"/v1/decisions/{row.shown}{verb}")
            for verb in ("", "/explain", "/recompute", "/rerun")
        ),
    )


def _figures(frame: Frame, row: Decision, said: dict[str, Any]) -> tuple[Figure, ...]:
    found = (
        ("asked", _money(row, row.amount)), ("granted", _money(row, row.granted)),
        ("limit", _money(row, said["limit"])), ("probability", _share(row)),
        ("points", (said["score"] or {}).get("points")), ("cost", _money(row, row.cost)),
        ("capital_cost", _money(row, said["capital_cost"])),
    )  # fmt: skip
    return tuple(
        Figure(label=frame.say(f"decisions.{name}"), value=value)
        for name, value in found
        if value is not None
    )


def _fields(frame: Frame, row: Decision, said: dict[str, Any]) -> tuple[Figure, ...]:
    policy = f"{row.policy}@{row.policy_number}"
    found = (
        ("at", row.at), ("actor", row.actor), ("party", Id(row.party) if row.party else None),
        ("reference", row.reference or None), ("product", row.product or None),
        ("policy", Link(policy, frame.to(f"policies/{policy}"))),
        ("rules", Link(said["rules"]["name"], frame.to(f"rule-sets/{said['rules']['name']}"))),
        ("model", Code(said["model"][:16]) if said["model"] else None),
        ("explored", said["exploration"]["propensity"] or None),
        ("took", f"{sum(row.took_us.values()) / 1000:.1f} ms"),
        ("sha256", Code(bytes(row.sha256).hex())),
    )  # fmt: skip
    return tuple(Figure(label=frame.say(f"decisions.{name}"), value=value) for name, value in found)


def _again(tx: Tx, frame: Frame, row: Decision) -> tuple[FigureGroup, ...]:
    """The decision made again, where that is asked for."""
    if not frame.asked("again"):
        return ()
    found = service.recompute(tx, row)
    state = Status(frame.say("decisions.same"), "good") if found.same else Status(frame.say("decisions.differs"), "bad")  # fmt: skip
    figures = [
        Figure(label=frame.say("decisions.recompute"), value=state),
        Figure(label=frame.say("decisions.source"), value=frame.say(f"decisions.source.{found.source}")),
    ]  # fmt: skip
    figures += [
        Figure(label=each.pointer, value=f"{each.stored} → {each.again}"[:200], tone="bad")
        for each in found.differences
    ]
    return (FigureGroup(frame.say("decisions.recompute"), tuple(figures), frame.say("decisions.recompute.says")),)  # fmt: skip


def _waterfall(frame: Frame, told: Explained) -> tuple[Chart, ...]:
    """What each feature added to the score, the heaviest either way."""
    parts = [each for each in told.parts if Decimal(each.weight)]
    parts = sorted(parts, key=lambda each: -abs(Decimal(each.weight)))[:_PARTS]
    if not parts:
        return ()
    parts = sorted(parts, key=lambda each: -Decimal(each.weight))
    return (
        Chart(
            key="score",
            question=frame.say("decisions.score.question"),
            summary=frame.say("decisions.score.says", n=len(parts), what=parts[0].says.said(frame.lang)),
            x=tuple(f"{p.says.said(frame.lang)}: {p.value.said(frame.lang)}" for p in parts),
            x_title=frame.say("decisions.fact"),
            series=(Series(name=frame.say("decisions.weight"), values=tuple(Decimal(p.weight) for p in parts)),),
            unit=Unit(kind="count"),
            shape="ranked",
        ),
    )  # fmt: skip


def _columns(frame: Frame, *names: str) -> tuple[Column, ...]:
    return tuple(Column(title=frame.say(f"decisions.{n}"), wide=n in ("says", "because")) for n in names)  # fmt: skip


def _rules(frame: Frame, told: Explained) -> Table:
    rows = tuple(
        Row(cells=(
            rule.name, frame.say(f"rules.action.{rule.action}"), rule.says.said(frame.lang),
            "; ".join(each.said(frame.lang) for each in rule.because) or None, rule.owner,
        ))
        for rule in told.rules
    )  # fmt: skip
    columns = _columns(frame, "rule", "action", "says", "because", "owner")
    return Table(title=frame.say("decisions.fired"), columns=columns, rows=rows)


def _changes(frame: Frame, told: Explained) -> Table:
    rows = tuple(
        Row(cells=(c.says.said(frame.lang), c.before, c.after, c.do.said(frame.lang)))
        for c in told.changes
    )
    columns = _columns(frame, "fact", "before", "after", "says")
    return Table(title=frame.say("decisions.approved_if"), columns=columns, rows=rows)


def _facts(frame: Frame, told: Explained) -> Table:
    rows = tuple(
        Row(cells=(f.says.said(frame.lang), f.value.said(frame.lang) if f.known else None, Code(f.fact)))
        for f in told.facts
    )  # fmt: skip
    columns = _columns(frame, "fact", "value", "name")
    return Table(title=frame.say("decisions.saw"), columns=columns, rows=rows)


def _timeline(frame: Frame, row: Decision, said: dict[str, Any]) -> tuple[Moment, ...]:
    stages = ", ".join(f"{frame.say(f'decisions.stage.{n}')} {us / 1000:.1f} ms" for n, us in row.took_us.items())  # fmt: skip
    listed = tuple(
        Moment(at=row.at, title=frame.say("decisions.listed"), detail=each, icon="circle-dot")
        for each in said["lists"]
    )
    made = Moment(at=row.at, title=outcome_of(frame, row.outcome).text, detail=stages, icon="circle-check")  # fmt: skip
    return (*listed, made)


def reasons_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """The catalogue of reasons, in both languages."""
    del tx
    rows = tuple(
        Row(cells=(Code(code), catalogue.said(code, "en"), catalogue.said(code, "zh")))
        for code in catalogue.codes()
    )
    return ListPage(
        title=frame.say("reasons"),
        lead=frame.say("reasons.lead"),
        crumbs=(asked.home(frame), Link(frame.say("decisions"), frame.to("decisions"))),
        table=Table(title=frame.say("reasons"), columns=_columns(frame, "code", "english", "chinese"), rows=rows),
        count=frame.say("count.page", n=len(rows)),
        api_calls=(ApiCall(path="/v1/reasons"),),
    )  # fmt: skip
