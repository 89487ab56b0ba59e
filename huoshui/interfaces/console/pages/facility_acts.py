"""What may be asked of a facility on its page: the forms, and what each would do before it is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from huoshui.core import i18n, ids, money
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    Choice,
    Column,
    Deed,
    Figure,
    Frame,
    Input,
    Link,
    ObjectPage,
    Row,
    Table,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages import said as said_by
from huoshui.interfaces.console.pages.devices import state_of
from huoshui.lines.lending.facility import service, store
from huoshui.lines.lending.facility.model import Appeal, BadChange, Change, Facility
from huoshui.lines.lending.facility.service import Asked, Freezing
from huoshui.lines.lending.facility.way import Stand, stands

SCOPE = "facilities:write"
VERBS = ("change", "freeze", "end", "decide", "close")
_KINDS = ("base", "uplift", "achievement")
_FIELDS = ("kind", "amount", "share", "since", "until", "cause", "evidence", "change", "appeal", "outcome", "answer")  # fmt: skip


class Said(said_by.Said[str], frozen=True):
    """A form of a facility's page; a freeze is told at some length."""

    MOST = 300


def deeds(
    frame: Frame, of: Facility, waiting: list[Appeal], endable: list[Change], said: Said | None
) -> tuple[Deed, ...]:
    """A form for each thing that may be asked; the one that was refused says why."""
    if not frame.writes(SCOPE) or of.state != "open":
        return ()
    verbs = [verb for verb in VERBS if verb != "decide" or waiting]
    verbs = [verb for verb in verbs if verb != "end" or endable]
    return tuple(
        _form(frame, of, verb, said if said and said.verb == verb else Said(verb, {}),
              waiting, endable)
        for verb in verbs
    )  # fmt: skip


def _form(
    frame: Frame, of: Facility, verb: str, said: Said, waiting: list[Appeal], endable: list[Change]
) -> Deed:
    inputs: dict[str, Callable[[], tuple[Input, ...]]] = {
        "change": lambda: _change_inputs(frame, of, said),
        "freeze": lambda: _freeze_inputs(frame, said),
        "end": lambda: _end_inputs(frame, said, endable),
        "decide": lambda: _decide_inputs(frame, said, waiting),
        "close": tuple,
    }
    return Deed(
        title=frame.say(f"facility.{verb}"),
        label=frame.say("facility.preview"),
        href=frame.to(f"facilities/{of.shown}/{verb}/preview"),
        says=frame.say(f"facility.{verb}.says"),
        inputs=inputs[verb](),
        grave=verb in ("freeze", "close"),
        problem=said.problem,
    )


def _text(frame: Frame, said: Said, name: str, *, needed: bool = False, hint: str = "") -> Input:
    return Input(
        name=name, label=frame.say(f"facility.{name}"), value=said.of(name), needed=needed,
        hint=frame.say(hint) if hint else "",
    )  # fmt: skip


def _change_inputs(frame: Frame, of: Facility, said: Said) -> tuple[Input, ...]:
    return (
        Input(
            name="kind", kind="choice", label=frame.say("facility.kind"), value=said.of("kind"),
            choices=tuple(Choice(each, frame.say(f"facility.kind.{each}")) for each in _KINDS),
        ),
        Input(
            name="amount", kind="amount", needed=False, value=said.of("amount"),
            label=frame.say("facility.amount.in", currency=of.currency),
        ),
        _text(frame, said, "share", hint="facility.share.hint"),
        _text(frame, said, "since", hint="facility.day.hint"),
        _text(frame, said, "until", hint="facility.until.hint"),
        _text(frame, said, "cause", needed=True),
        _text(frame, said, "evidence", hint="facility.evidence.hint"),
    )  # fmt: skip


def _freeze_inputs(frame: Frame, said: Said) -> tuple[Input, ...]:
    return (
        _text(frame, said, "cause", needed=True),
        _text(frame, said, "until", needed=True, hint="facility.freeze.hint"),
        _text(frame, said, "share", hint="facility.freeze.share"),
    )


def _end_inputs(frame: Frame, said: Said, endable: list[Change]) -> tuple[Input, ...]:
    choices = tuple(
        Choice(each.shown, f"{frame.say(f'facility.kind.{each.kind}')} · {each.cause}")
        for each in endable
    )
    which = Input(
        name="change", kind="choice", label=frame.say("facility.which"), value=said.of("change"),
        choices=choices,
    )  # fmt: skip
    return (which, _text(frame, said, "cause", needed=True))


def _decide_inputs(frame: Frame, said: Said, waiting: list[Appeal]) -> tuple[Input, ...]:
    return (
        Input(
            name="appeal", kind="choice", label=frame.say("facility.appeal"),
            value=said.of("appeal"), choices=tuple(Choice(e.shown, e.words[:80]) for e in waiting),
        ),
        Input(
            name="outcome", kind="choice", label=frame.say("facility.outcome"),
            value=said.of("outcome"),
            choices=tuple(
                Choice(verb, i18n.text(f"verb.appeal.{verb}", frame.lang))
                for verb in ("grant", "reject")
            ),
        ),
        _text(frame, said, "answer", needed=True),
    )  # fmt: skip


def _day(said: Said, name: str) -> date | None:
    try:
        return date.fromisoformat(said.of(name)) if said.of(name) else None
    except ValueError as error:
        raise BadChange(field=name) from error


def _ppm(said: Said) -> int | None:
    """A share that is typed in per cent, in millionths. Raises BadChange."""
    try:
        return int(Decimal(said.of("share")) * 10_000) if said.of("share") else None
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise BadChange(field="share") from error


def carry_out(tx: Tx, id_: UUID, said: Said) -> None:
    """Do what a form wishes. Raises BadChange and what the use cases do."""
    of = service.find(tx, id_)
    match said.verb:
        case "change":
            service.change_limit(tx, id_, _asked(of, said))
        case "freeze":
            until = _day(said, "until")
            if until is None:
                raise BadChange(field="until")
            service.freeze(tx, id_, Freezing(cause=said.of("cause"), until=until, share_ppm=_ppm(said)))  # fmt: skip
        case "end":
            change = service.find_change(tx, ids.read("fch", said.of("change")))
            _same(change.facility_id, id_)
            service.end(tx, change.id, said.of("cause"))
        case "decide":
            appeal = service.find_appeal(tx, ids.read("fap", said.of("appeal")))
            _same(appeal.facility_id, id_)
            verb: Any = said.of("outcome")
            if verb not in ("grant", "reject"):
                raise BadChange(field="outcome")
            service.decide_appeal(tx, appeal.id, verb, said.of("answer"))
        case _:
            service.close(tx, id_)


def _same(named: UUID, page: UUID) -> None:
    if named != page:
        raise BadChange(field="change")


def _asked(of: Facility, said: Said) -> Asked:
    kind: Any = said.of("kind")
    if kind not in _KINDS:
        raise BadChange(field="kind")
    text = said.of("amount").replace(",", "")
    return Asked(
        kind=kind, cause=said.of("cause"), evidence=said.of("evidence"), share_ppm=_ppm(said),
        amount=money.parse_amount(text, of.currency) if text else None,
        since=_day(said, "since"), until=_day(said, "until"),
    )  # fmt: skip


def preview_page(tx: Tx, frame: Frame, id_: UUID, said: Said) -> ObjectPage:
    """What a form would do: it is done, looked at, and the caller undoes it."""
    of = service.find(tx, id_)
    tree = [*store.way_up(tx, id_), *store.below(tx, id_)]
    before = stands(tx, tree)
    carry_out(tx, id_, said)
    after = stands(tx, [service.find(tx, each.id) for each in tree])
    here = frame.to(f"facilities/{of.shown}")
    return ObjectPage(
        title=frame.say("facility.preview.title", what=frame.say(f"facility.{said.verb}")),
        lead=frame.say("facility.preview.lead"),
        crumbs=(
            asked.home(frame), Link(frame.say("facilities"), frame.to("facilities")),
            Link(of.name, here),
        ),
        links=(Link(frame.say("facility.preview.back"), here, "undo-2"),),
        key=of.shown,
        status=state_of(frame, "facility", service.find(tx, id_).state),
        fields=_wished(frame, said),
        tables=(_moves(frame, before, after),),
        deed=Deed(
            label=frame.say("facility.confirm"),
            href=frame.to(f"facilities/{of.shown}/{said.verb}"),
            says=frame.say(f"facility.{said.verb}.says"),
            fields=tuple((name, said.of(name)) for name in _FIELDS if said.of(name)),
            grave=said.verb in ("freeze", "close"),
        ),
    )  # fmt: skip


def _wished(frame: Frame, said: Said) -> tuple[Figure, ...]:
    """What was filled in, as it will be done."""
    labels = {"change": "which"}

    def told(name: str) -> str:
        value = said.of(name)
        if name == "kind":
            return frame.say(f"facility.kind.{value}")
        return i18n.text(f"verb.appeal.{value}", frame.lang) if name == "outcome" else value

    return tuple(
        Figure(label=frame.say(f"facility.{labels.get(name, name)}"), value=told(name))
        for name in _FIELDS
        if said.of(name)
    )


def _moves(frame: Frame, before: list[Stand], after: list[Stand]) -> Table:
    names = ("limit", "drawn", "held", "available")
    rows = []
    for was, now in zip(before, after, strict=True):
        currency = was.facility.currency
        for name in names:
            old, new = getattr(was, name), getattr(now, name)
            if old != new or (was is before[0] and name in ("limit", "available")):
                rows.append(
                    Row(
                        cells=(was.facility.name, frame.say(f"facilities.{name}"),
                               Money(old, currency), Money(new, currency)),
                        strong=old != new,
                    )
                )  # fmt: skip
    return Table(
        title=frame.say("facility.preview.moves"),
        columns=(
            Column(title=frame.say("facilities.name")),
            Column(title=frame.say("facility.figure")),
            Column(title=frame.say("facility.before"), align="end"),
            Column(title=frame.say("facility.after"), align="end"),
        ),
        rows=tuple(rows),
        note=frame.say("facility.preview.note"),
    )
