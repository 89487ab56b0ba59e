"""Parameters of expected losses: those that hold as a form, the effect of others, proposed and confirmed by two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from huoshui.core import access, i18n, ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Choice,
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
    Tone,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages import said as said_by
from huoshui.interfaces.console.pages.loans import stage_of
from huoshui.lines.lending.day import proposal_store, proposing
from huoshui.lines.lending.day import store as days
from huoshui.lines.lending.day.effect import Effect, effect
from huoshui.lines.lending.day.proposal import Proposal
from huoshui.lines.lending.impairment import BadScenarios, GradeOf, Outlook, Rules, StagingTable
from huoshui.lines.lending.portfolio import store as portfolio

SCOPE = "loans:service"
Said = said_by.Said[str]
SCENARIOS = 3  # of the form
_OF_SCENARIO = ("name", "weight", "lgd", "pd", "pd_risen")
_DAYS = ("sicr_days", "default_days", "cure_days", "watch_days", "restructured_days")
_MORE = ("grades", "grades_down", "pd_times", "pull_share")
_COVERS = ("ignored", "integral")
FIELDS = (
    "product", *(f"{name}_{n}" for n in range(SCENARIOS) for name in _OF_SCENARIO), "ccf", "covers",
    *_DAYS, *_MORE, "since", "cause",
)  # fmt: skip
_NEEDED = {"name_0", "weight_0", "lgd_0", "pd_0", "ccf", "covers", "cause", *_DAYS}
_TONES: dict[str, Tone] = {"proposed": "warn", "confirmed": "good", "refused": "neutral"}
_EFFECT = ("product", "stage", "loans_now", "loans_then", "held_now", "held_then", "apart")


def loss_rules_page(tx: Tx, frame: Frame, _: str = "", said: Said | None = None) -> ListPage:
    """What was proposed, newest first, and the form, filled in with what holds."""
    limit = asked.limit(frame)
    found = proposal_store.proposals(tx, after=asked.cursor(frame, "lrp"), limit=limit + 1)
    more, first = asked.paged(frame, "lrp", found)
    rows = found[:limit]
    return ListPage(
        title=frame.say("loss_rules"),
        lead=frame.say("loss_rules.lead"),
        crumbs=(asked.home(frame), Link(frame.say("loan_losses"), frame.to("loan-losses"))),
        table=_table(frame, rows),
        filters=(_of(tx, frame),),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        deeds=_form(tx, frame, said),
        api_calls=(
            ApiCall(path="/v1/loan-loss-rules"),
            ApiCall(path="/v1/loan-loss-proposals"),
        ),
    )


def _of(tx: Tx, frame: Frame) -> Filter:
    """Of which product the form is filled in."""
    names = portfolio.products(tx)
    return Filter(
        name="product", label=frame.say("loss_rules.product"), value=frame.asked("product"),
        kind="choice", placeholder=frame.say("loan_losses.others"),
        choices=tuple(Choice(name, name) for name in names),
    )  # fmt: skip


def _table(frame: Frame, rows: Sequence[Proposal]) -> Table:
    names = ("product", "since", "scenarios", "cause", "state", "proposed_by", "decided_by")
    return Table(
        title=frame.say("loss_rules.proposals"),
        columns=tuple(
            Column(title=frame.say(f"loss_rules.{name}"), wide=name == "cause") for name in names
        ),
        rows=tuple(
            Row(
                key=each.shown,
                href=frame.to(f"loss-rules/{each.shown}"),
                cells=(
                    Link(each.product or frame.say("loan_losses.others"),
                         frame.to(f"loss-rules/{each.shown}")),
                    each.since, len(each.rules["scenarios"]), each.cause, _state(frame, each),
                    each.proposed_by, each.decided_by,
                ),
            )
            for each in rows
        ),
        empty=Empty(
            title=frame.say("loss_rules.none"), detail=frame.say("loss_rules.none.detail")
        ),
    )  # fmt: skip


def _state(frame: Frame, each: Proposal) -> Status:
    name = i18n.text(f"state.loss_proposal.{each.state}", frame.lang)
    return Status(name, _TONES.get(each.state, "neutral"))


def _form(tx: Tx, frame: Frame, said: Said | None) -> tuple[Deed, ...]:
    if not frame.writes(SCOPE):
        return ()
    product = said.of("product") if said else frame.asked("product")
    held = _holding(tx, product)
    inputs = [
        _input(frame, name, said.of(name) if said else held.get(name, ""))
        for name in FIELDS
        if name != "product"
    ]
    whole = frame.say("loss_rules.form", product=product or frame.say("loan_losses.others"))
    return (
        Deed(
            title=whole, label=frame.say("loss_rules.preview"), says=frame.say("loss_rules.says"),
            href=frame.to("loss-rules/-/propose/preview"), inputs=tuple(inputs),
            fields=(("product", product),), problem=said.problem if said else "",
        ),
    )  # fmt: skip


def _input(frame: Frame, name: str, value: str) -> Input:
    stem, _, n = name.rpartition("_")
    own = n.isdigit()
    label = frame.say(f"loss_rules.field.{stem}", n=int(n) + 1) if own else frame.say(f"loss_rules.field.{name}")  # fmt: skip
    hinted = {"pd", "grades", "weight", "pull_share"}
    hint = frame.say(f"loss_rules.hint.{stem if own else name}") if (stem if own else name) in hinted else ""  # fmt: skip
    if name == "covers":
        choices = tuple(Choice(each, frame.say(f"loss_rules.covers.{each}")) for each in _COVERS)
        return Input(name=name, label=label, kind="choice", value=value, choices=choices)
    if name == "since":
        hint = frame.say("loan.field.day.hint")
    return Input(name=name, label=label, value=value, needed=name in _NEEDED, hint=hint)


def _holding(tx: Tx, product: str) -> dict[str, str]:
    """The parameters that hold of a product as the fields of the form; of all others where it has none."""
    rows = {row.product: row.rules for row in days.rules(tx, access.today(tx))}
    told = rows.get(product) or rows.get("") or {"scenarios": []}
    rules = msgspec.convert(told if told["scenarios"] else {"scenarios": [_plain()]}, Rules)
    found = {"ccf": rules.ccf, "covers": rules.covers}
    for n, each in enumerate(rules.scenarios[:SCENARIOS]):
        found |= {
            f"name_{n}": each.name, f"weight_{n}": each.weight, f"lgd_{n}": each.lgd,
            f"pd_{n}": " ".join(each.pd_annual), f"pd_risen_{n}": " ".join(each.pd_risen),
        }  # fmt: skip
    staging = rules.staging
    found |= {name: str(getattr(staging, name)) for name in _DAYS}
    found["grades"] = ", ".join(f"{each.name} {each.pd}" for each in staging.grades)
    for name in _MORE[1:]:
        value = getattr(staging, name)
        found[name] = "" if value is None else str(value)
    return found


def _plain() -> dict[str, Any]:
    return {"name": "base", "weight": "1", "lgd": "0.5", "pd_annual": ["0.03"]}


def read(said: Said) -> Rules:
    """The parameters that a form says. Raises BadScenarios."""
    outlooks = [
        {
            "name": said.of(f"name_{n}"), "weight": said.of(f"weight_{n}"), "lgd": said.of(f"lgd_{n}"),
            "pd_annual": said.of(f"pd_{n}").split(), "pd_risen": said.of(f"pd_risen_{n}").split(),
        }
        for n in range(SCENARIOS)
        if said.of(f"name_{n}")
    ]  # fmt: skip
    staging: dict[str, Any] = {name: _count(said, name) for name in _DAYS}
    staging["grades"] = [_grade(part) for part in said.of("grades").split(",") if part.strip()]
    if said.of("grades_down"):
        staging["grades_down"] = _count(said, "grades_down")
    staging |= {name: said.of(name) for name in ("pd_times", "pull_share") if said.of(name)}
    try:
        return Rules(
            msgspec.convert(outlooks, list[Outlook]),
            msgspec.convert({"ccf": said.of("ccf") or "0"}, _Part).ccf,
            "integral" if said.of("covers") == "integral" else "ignored",
            msgspec.convert(staging, StagingTable),
        )
    except msgspec.ValidationError as error:
        raise BadScenarios(name="", field=str(error)[:120]) from error


class _Part(msgspec.Struct):
    ccf: str


def _count(said: Said, name: str) -> int:
    try:
        return int(said.of(name) or 0)
    except ValueError as error:
        raise BadScenarios(name="", field=name) from error


def _grade(text: str) -> dict[str, str]:
    name, _, pd = text.strip().rpartition(" ")
    return msgspec.to_builtins(GradeOf(name.strip(), pd))  # type: ignore[no-any-return]


def propose(tx: Tx, said: Said) -> Proposal:
    """Propose what a form says. Raises what the parameters may not be."""
    try:
        since = date.fromisoformat(said.of("since")) if said.of("since") else None
    except ValueError as error:
        raise BadScenarios(name="", field="since") from error
    return proposing.propose(tx, said.of("product"), read(said), said.of("cause"), since)


def preview_page(tx: Tx, frame: Frame, said: Said) -> ObjectPage:
    """What a proposal would make of the book: it is proposed, measured, and the caller undoes it."""
    made = propose(tx, said)
    deed = Deed(
        label=frame.say("loss_rules.propose"), says=frame.say("loss_rules.propose.says"),
        href=frame.to("loss-rules/-/propose"),
        fields=tuple((name, said.of(name)) for name in FIELDS),
    )  # fmt: skip
    page = _object(tx, frame, made)
    return msgspec.structs.replace(
        page, lead=frame.say("loss_rules.preview.lead"), deed=deed, deeds=(),
        links=(Link(frame.say("loss_rules.back"), frame.to("loss-rules"), "undo-2"),),
    )  # fmt: skip


def proposal_page(tx: Tx, frame: Frame, key: str, said: Said | None = None) -> ObjectPage:
    """One proposal with its effect on the book. Raises BadId, UnknownProposal."""
    found = proposing.find(tx, ids.read("lrp", key))
    page = _object(tx, frame, found)
    return msgspec.structs.replace(page, deeds=_deeds(frame, found, said))


def _object(tx: Tx, frame: Frame, of: Proposal) -> ObjectPage:
    rules = of.read()
    tables = [_scenarios(frame, rules)]
    if of.state == "proposed":
        tables.insert(0, _effect(frame, effect(tx, of.product, rules)))
    told = (
        ("since", of.since), ("cause", of.cause), ("ccf", rules.ccf),
        ("covers", frame.say(f"loss_rules.covers.{rules.covers}")),
        *((f"field.{name}", getattr(rules.staging, name)) for name in _DAYS),
        ("field.grades", ", ".join(f"{g.name} {g.pd}" for g in rules.staging.grades) or None),
        *((f"field.{name}", getattr(rules.staging, name)) for name in _MORE[1:]),
        ("proposed_by", of.proposed_by), ("decided_by", of.decided_by or None),
        ("note", of.note or None),
    )  # fmt: skip
    return ObjectPage(
        title=frame.say("loss_rules.of", product=of.product or frame.say("loan_losses.others")),
        lead=of.cause,
        crumbs=(asked.home(frame), Link(frame.say("loss_rules"), frame.to("loss-rules"))),
        key=of.shown,
        status=_state(frame, of),
        fields=tuple(Figure(label=frame.say(f"loss_rules.{n}"), value=v) for n, v in told),
        tables=tuple(tables),
        api_calls=(ApiCall(path=f"/v1/loan-loss-proposals/{of.shown}/confirm", method="POST"),),
    )


def _effect(frame: Frame, found: Effect) -> Table:
    money = frozenset({"held_now", "held_then", "apart"})
    rows = [
        Row(
            cells=(
                each.product, stage_of(frame, each.stage), each.loans, each.loans_then,
                Money(each.held, each.currency), Money(each.held_then, each.currency),
                Money(each.held_then - each.held, each.currency),
            ),
        )
        for each in found.rows
    ]  # fmt: skip
    foot = []
    for currency in sorted({each.currency for each in found.rows}):
        own = [each for each in found.rows if each.currency == currency]
        now, then = sum(each.held for each in own), sum(each.held_then for each in own)
        sums = (sum(each.loans for each in own), sum(each.loans_then for each in own))
        amounts = (Money(now, currency), Money(then, currency), Money(then - now, currency))
        foot.append(Row(strong=True, cells=(frame.say("loan_losses.all"), None, *sums, *amounts)))
    return Table(
        title=frame.say("loss_rules.effect"),
        columns=tuple(
            Column(
                title=frame.say(f"loss_rules.{name}"), money=name in money,
                align="start" if name in ("product", "stage") else "end",
            )
            for name in _EFFECT
        ),
        rows=tuple(rows), foot=tuple(foot),
        note=frame.say("loss_rules.effect.note", measured=found.measured, running=found.running),
        empty=Empty(
            title=frame.say("loss_rules.effect.none"), detail=frame.say("loss_rules.effect.none.detail")
        ),
    )  # fmt: skip


def _scenarios(frame: Frame, rules: Rules) -> Table:
    names = ("scenario", "weight", "lgd", "pd", "pd_risen")
    return Table(
        title=frame.say("loss_rules.scenarios"),
        columns=tuple(Column(title=frame.say(f"loan_losses.{name}")) for name in names),
        rows=tuple(
            Row(
                cells=(
                    each.name,
                    each.weight,
                    each.lgd,
                    " · ".join(each.pd_annual),
                    " · ".join(each.pd_risen),
                )
            )
            for each in rules.scenarios
        ),
    )


def _deeds(frame: Frame, found: Proposal, said: Said | None) -> tuple[Deed, ...]:
    if found.state != "proposed" or not frame.writes(SCOPE):
        return ()
    note = Input(name="note", label=frame.say("loss_rules.note"), needed=False)
    return tuple(
        Deed(
            title=i18n.text(f"verb.loss_proposal.{verb}", frame.lang),
            label=i18n.text(f"verb.loss_proposal.{verb}", frame.lang),
            says=frame.say(f"loss_rules.{verb}.says"),
            href=frame.to(f"loss-rules/{found.shown}/{verb}"),
            inputs=(note,) if verb == "refuse" else (), grave=verb == "refuse",
            problem=said.problem if said and said.verb == verb else "",
        )
        for verb in ("confirm", "refuse")
    )  # fmt: skip


def decide(tx: Tx, key: str, said: Said) -> Proposal:
    """Confirm a proposal, or refuse it. Raises UnknownProposal, IllegalMove, OwnProposal."""
    id_ = ids.read("lrp", key)
    if said.verb == "confirm":
        return proposing.confirm(tx, id_)
    return proposing.refuse(tx, id_, said.of("note"))
