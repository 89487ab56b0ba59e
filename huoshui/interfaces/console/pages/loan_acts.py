"""What may be done with a loan on its page: a form for each verb, and what it would move."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

import msgspec

from huoshui.core import access, i18n, money
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
from huoshui.interfaces.console.pages import asked, disbursed
from huoshui.interfaces.console.pages import said as said_by
from huoshui.interfaces.console.pages.loans import loan_state
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.life.view import Due
from huoshui.lines.lending.loan import contract, service
from huoshui.lines.lending.loan.checks import MEANS
from huoshui.lines.lending.loan.model import BadLoanDay, EventRow, Loan, NothingToDo
from huoshui.lines.lending.loan.position import Position
from huoshui.lines.lending.loan.running import Running
from huoshui.lines.lending.loan.service import Outcome, Repayment
from huoshui.scenarios import disbursing
from huoshui.scenarios.disbursing import Way

SCOPE = "loans:service"
_INTEREST = ("carried", "equal_parts")
_CHARGES = ("fee", "penalty")
# The fields of each verb's form, in order; those with a star may be left out.
FORMS: Mapping[str, tuple[str, ...]] = {
    "draw": ("amount", "way", "on*"),
    "arrived": ("disbursement",),
    "not_arrived": ("disbursement", "reason"),
    "sent_back": ("disbursement", "reason"),
    "repay": ("amount", "means", "on*"),
    "reverse": ("event",),
    "charge": ("amount", "charge", "due_on"),
    "waiver": ("event",),
    "penalty_waiver": ("amount*",),
    "interest_pause": ("until", "on*"),
    "reschedule": ("due", "moved_to*", "more*", "grace_principal*", "rate*"),
    "re_age": ("first_due", "count", "interest"),
    "re_amortise": ("interest",),
    "rate_change": ("rate", "on*"),
    "credit_refund": ("amount", "way"),
    "charge_off": (),
    "write_off": (),
}
_GRAVE = frozenset({"reverse", "charge_off", "write_off", "not_arrived", "sent_back"})
_FIELDS = ("key", *dict.fromkeys(field.rstrip("*") for form in FORMS.values() for field in form))


Said = said_by.Said[str]


def deeds(
    tx: Tx, frame: Frame, running: Running, rows: Sequence[Due], said: Said | None
) -> tuple[Deed, ...]:
    """A form for each verb that fits; the one that was refused says why."""
    loan = running.loan
    if not frame.writes(SCOPE) or loan.state not in ("signed", "running", "closed"):
        return ()
    return tuple(
        Deed(
            title=frame.say(f"loan.verb.{verb}"),
            label=frame.say("loan.preview"),
            href=frame.to(f"loans/{loan.shown}/{verb}/preview"),
            says=frame.say(f"loan.verb.{verb}.says"),
            inputs=tuple(
                _disbursed(tx, frame, loan, verb)
                if field == "disbursement"
                else _input(
                    frame, running, rows, field, said if said and said.verb == verb else None
                )
                for field in FORMS[verb]
            ),
            grave=verb in _GRAVE,
            problem=said.problem if said and said.verb == verb else "",
        )
        for verb in FORMS
        if (
            disbursed.open_at_bank(tx, loan, verb)
            if verb in disbursed.VERBS
            else _fits(verb, running)
        )
    )


def _disbursed(tx: Tx, frame: Frame, loan: Loan, verb: str) -> Input:
    return Input(
        name="disbursement", label=frame.say("loan.field.disbursement"), kind="choice",
        choices=disbursed.choices(tx, frame, loan, verb),
    )  # fmt: skip


def _fits(verb: str, running: Running) -> bool:
    """Whether a verb has anything to do."""
    loan = running.loan
    if verb == "draw":
        return loan.amount > running.drawn
    if loan.start_on is None:
        return False
    state = running.state
    lost = bool(state.charged_off or state.written_off)
    if verb == "waiver":
        return bool(state.charges) and not lost
    if verb == "penalty_waiver":
        return state.rules.penalty is not None and not lost
    if verb == "credit_refund":
        return state.overpaid > 0
    if verb in ("repay", "reverse"):
        return True
    return loan.state == "running" and not lost


def _input(
    frame: Frame, running: Running, rows: Sequence[Due], field: str, said: Said | None
) -> Input:
    name = field.rstrip("*")
    label = frame.say(f"loan.field.{name}", currency=running.loan.currency)
    value = said.of(name) if said else ""
    choices = _choices(frame, running, rows, name)
    if choices is not None:
        return Input(name=name, label=label, kind="choice", value=value, choices=choices)
    kind: Any = "amount" if name == "amount" else "text"
    hints = {"on", "until", "moved_to", "first_due", "due_on", "rate"}
    hint = frame.say("loan.field.rate.hint" if name == "rate" else "loan.field.day.hint")
    return Input(
        name=name, label=label, kind=kind, value=value, needed=not field.endswith("*"),
        hint=hint if name in hints else "",
    )  # fmt: skip


def _choices(
    frame: Frame, running: Running, rows: Sequence[Due], name: str
) -> tuple[Choice, ...] | None:
    match name:
        case "means":
            return tuple(
                Choice(each, asked.word(frame, "loan.means", each)) for each in sorted(MEANS)
            )
        case "way":
            return tuple(Choice(each, disbursed.way(frame, each)) for each in disbursed.WAYS)
        case "charge":
            return tuple(Choice(each, frame.say(f"loan.charge.{each}")) for each in _CHARGES)
        case "interest":
            return tuple(Choice(each, frame.say(f"loan.overdue.{each}")) for each in _INTEREST)
        case "due":
            return tuple(
                Choice(f"{row.due}", f"{row.n} · {row.due}") for row in rows if row.outstanding
            )
        case "event":
            gone = {row.reverses for row in running.rows}
            return tuple(
                Choice(row.shown, f"{i18n.text(f'event.loan.{row.kind}', frame.lang)} · {row.on_}")
                for row in reversed(running.rows[-40:])
                if row.kind != "reversal" and row.id not in gone
            )
    return None


def told_of(frame: Frame, row: EventRow) -> str:
    """What an event says beside its amount and day."""
    words = []
    for name, value in row.payload.items():
        if name == "kind":
            words.append(asked.word(frame, "loan.means", str(value)))
        elif value not in (None, "", 0):
            words.append(f"{asked.word(frame, 'loan.payload', name)} {value}")
    return " · ".join(words)


def carry_out(tx: Tx, loan: Loan, said: Said) -> Outcome:
    """Do what a form wishes. Raises BadLoanDay, NothingToDo and what the use cases do."""
    key, on = said.of("key") or "console/0", _day(said, "on")
    match said.verb:
        case "draw":
            return disbursing.draw(tx, loan.id, _amount(loan, said), key, on=on, way=_way(said))
        case "credit_refund":
            return disbursing.refund_credit(tx, loan.id, _amount(loan, said), key, way=_way(said))
        case "repay":
            asked_ = Repayment(
                loan_id=loan.id, amount=_amount(loan, said), key=key, kind=said.of("means"), on=on
            )
            return service.repay(tx, [asked_])[0]
        case "reverse":
            return disbursing.reverse(tx, loan.id, said.of("event"), key)
        case "arrived" | "not_arrived" | "sent_back":
            args = (said.verb, said.of("disbursement"), said.of("reason"))
            return disbursed.carry_out(tx, loan, *args)
    today = access.today(tx)
    mark: dict[str, Any] = {"id": "", "on": on or today, "recorded": today}
    return service.record(tx, loan.id, _EVENTS[said.verb](loan, said, mark), key)


def _charged(loan: Loan, said: Said, mark: dict[str, Any]) -> e.AnyEvent:
    kind = said.of("charge") if said.of("charge") in _CHARGES else "fee"
    return e.Charged(amount=_amount(loan, said), due=_needed(said, "due_on"), kind=kind, **mark)


def _rescheduled(loan: Loan, said: Said, mark: dict[str, Any]) -> e.AnyEvent:
    rate = _rate(loan, said) if said.of("rate") else None
    return e.Rescheduled(
        due=_needed(said, "due"), moved_to=_day(said, "moved_to"), more=_count(loan, said, "more"),
        grace_principal=_count(loan, said, "grace_principal"), rate_annual=rate, **mark,
    )  # fmt: skip


def _way(said: Said) -> Way:
    return "bank" if said.of("way") == "bank" else "balance"


def _overdue(said: Said) -> e.Overdue:
    return "equal_parts" if said.of("interest") == "equal_parts" else "carried"


_EVENTS: Mapping[str, Callable[[Loan, Said, dict[str, Any]], e.AnyEvent]] = {
    "charge": _charged,
    "waiver": lambda loan, said, mark: e.Waived(of=said.of("event"), **mark),
    "penalty_waiver": lambda loan, said, mark: e.PenaltyWaived(
        amount=_amount(loan, said) if said.of("amount") else None, **mark
    ),
    "interest_pause": lambda loan, said, mark: e.InterestPaused(until=_needed(said, "until"), **mark),
    "reschedule": _rescheduled,
    "re_age": lambda loan, said, mark: e.ReAged(
        first_due=_needed(said, "first_due"), instalments=max(1, _count(loan, said, "count")),
        interest=_overdue(said), **mark,
    ),
    "re_amortise": lambda loan, said, mark: e.ReAmortised(interest=_overdue(said), **mark),
    "rate_change": lambda loan, said, mark: e.RateChanged(rate_annual=_rate(loan, said), **mark),
    "charge_off": lambda loan, said, mark: e.ChargedOff(**mark),
    "write_off": lambda loan, said, mark: e.WrittenOff(**mark),
}  # fmt: skip


def _amount(loan: Loan, said: Said) -> int:
    return money.parse_amount(said.of("amount").replace(",", ""), loan.currency)


def _day(said: Said, name: str) -> date | None:
    try:
        return date.fromisoformat(said.of(name)) if said.of(name) else None
    except ValueError as error:
        raise BadLoanDay(on=said.of(name)[:20], first="YYYY-MM-DD") from error


def _needed(said: Said, name: str) -> date:
    found = _day(said, name)
    if found is None:
        raise BadLoanDay(on="–", first="YYYY-MM-DD")
    return found


def _count(loan: Loan, said: Said, name: str) -> int:
    text = said.of(name) or "0"
    if not text.isdecimal() or int(text) > 1200:
        raise NothingToDo(id=loan.shown, why=name)
    return int(text)


def _rate(loan: Loan, said: Said) -> Fraction:
    """A yearly rate that is typed in per cent."""
    try:
        found = Decimal(said.of("rate")) / 100
    except InvalidOperation as error:
        raise NothingToDo(id=loan.shown, why="rate") from error
    if not found.is_finite() or not 0 <= found <= 1:
        raise NothingToDo(id=loan.shown, why="rate")
    return Fraction(found)


def preview_page(tx: Tx, frame: Frame, key: str, said: Said) -> ObjectPage:
    """What a form would do: it is done, looked at, and the caller undoes it."""
    loan = contract.find(tx, key)
    before = service.position_of(tx, loan.id)
    number = len(service.read(tx, loan.id).rows) + 1
    said = msgspec.structs.replace(said, fields={**said.fields, "key": f"console/{number}"})
    done = carry_out(tx, loan, said)
    here = frame.to(f"loans/{loan.shown}")
    return ObjectPage(
        title=frame.say("loan.preview.title", what=frame.say(f"loan.verb.{said.verb}")),
        lead=frame.say("loan.preview.lead"),
        crumbs=(asked.home(frame), Link(frame.say("loans"), frame.to("loans")),
                Link(asked.short(loan.shown), here)),
        links=(Link(frame.say("loan.preview.back"), here, "undo-2"),),
        key=loan.shown,
        status=loan_state(frame, done.loan.state),
        fields=tuple(
            Figure(label=frame.say(f"loan.field.{name}", currency=loan.currency), value=said.of(name))
            for name in _FIELDS
            if said.of(name) and name != "key"
        ),
        tables=(_moves(frame, loan, before, done.position), _postings(frame, loan, done)),
        deed=Deed(
            label=frame.say("loan.confirm"),
            href=frame.to(f"loans/{loan.shown}/{said.verb}"),
            says=frame.say(f"loan.verb.{said.verb}.says"),
            fields=tuple((name, said.of(name)) for name in _FIELDS if said.of(name)),
            grave=said.verb in _GRAVE,
        ),
    )  # fmt: skip


def _moves(frame: Frame, loan: Loan, before: Position | None, after: Position) -> Table:
    names = ("principal", "interest", "charges", "credit", "next_amount")

    def told(at: Position | None, name: str) -> int:
        if at is None:
            return 0
        return at.fees + at.penalties if name == "charges" else getattr(at, name) or 0

    rows = [
        Row(
            cells=(
                frame.say("loans.principal" if name == "principal" else f"loan.{name}"),
                Money(told(before, name), loan.currency), Money(told(after, name), loan.currency),
            ),
            strong=told(before, name) != told(after, name),
        )
        for name in names
    ]  # fmt: skip
    rows.append(
        Row(
            cells=(frame.say("loans.next_due"), before.next_due if before else None, after.next_due)
        )
    )
    return Table(
        title=frame.say("loan.preview.moves"),
        columns=(
            Column(title=frame.say("facility.figure")),
            Column(title=frame.say("facility.before"), align="end"),
            Column(title=frame.say("facility.after"), align="end"),
        ),
        rows=tuple(rows),
        note=frame.say("facility.preview.note"),
    )


def _postings(frame: Frame, loan: Loan, done: Outcome) -> Table:
    return Table(
        title=frame.say("loan.preview.postings"),
        columns=(
            Column(title=frame.say("loan.entry")),
            Column(title=frame.say("loan.on")),
            Column(title=frame.say("loan.amounts"), wide=True),
        ),
        rows=tuple(
            Row(
                cells=(
                    i18n.text(f"template.loan.{posting.template}", frame.lang),
                    posting.on,
                    " · ".join(
                        f"{asked.word(frame, 'loan.amount', name)} {Money(amount, loan.currency)}"
                        for name, amount in posting.amounts.items()
                        if amount
                    ),
                )
            )
            for posting in done.postings
        ),
    )
