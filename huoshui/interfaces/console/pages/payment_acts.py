"""What may be asked of a payment on its page: the forms, and what each would do before it is done."""

from __future__ import annotations

from uuid import UUID

import msgspec

from huoshui.core import i18n, ids, money
from huoshui.core.db import Tx
from huoshui.core.errors import Conflict, Problem
from huoshui.core.money import Money
from huoshui.facts.commerce import service as commerce
from huoshui.interfaces.console import shown
from huoshui.interfaces.console.page import (
    ApiCall,
    Choice,
    Column,
    Deed,
    Empty,
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
from huoshui.interfaces.console.pages.order import account_cell
from huoshui.interfaces.console.pages.payments import payment_state
from huoshui.ledger import journal
from huoshui.ledger.journal import Posted
from huoshui.lines.payments.payment import service
from huoshui.lines.payments.payment.machine import allowed
from huoshui.lines.payments.payment.model import CaptureExceeds, Payment, RefundExceeds
from huoshui.lines.payments.rails import store as rails
from huoshui.lines.payments.rails.store import CallRow
from huoshui.scenarios import payment_flow
from huoshui.scenarios.payment_flow import Verb, Wish

VERBS: tuple[Verb, ...] = ("capture", "refund", "cancel")
_ICONS = {"capture": "check", "refund": "undo-2", "cancel": "x"}
_MOST = 200  # postings and calls that a preview looks at
_FAULTS_MOST = 5  # that a form names


Said = said_by.Said[Verb]


def possible(found: Payment) -> tuple[Verb, ...]:
    """What the machine lets one ask of a payment now; a refund only where something is left."""
    verbs = allowed(found.state)
    return tuple(v for v in VERBS if v in verbs and (v != "refund" or found.left))


def deeds(frame: Frame, found: Payment, said: Said | None = None) -> tuple[Deed, ...]:
    """A form for each thing that may be asked; the one that was refused says why."""
    if not frame.may_write:
        return ()
    return tuple(
        _form(frame, found, verb, said if said and said.verb == verb else Said(verb, {}))
        for verb in possible(found)
    )


def _form(frame: Frame, found: Payment, verb: Verb, said: Said) -> Deed:
    most = Money(_most(found, verb), found.currency)
    order = "order_" if verb == "refund" and found.order_key else ""
    return Deed(
        title=frame.say(f"payment.{order}{verb}"),
        label=frame.say("payment.preview"),
        href=frame.to(f"payments/{ids.show('pmt', found.id)}/{verb}/preview"),
        says=frame.say(f"payment.{order}{verb}.says", amount=shown.money(most, frame.lang)),
        fields=(("version", str(found.version)),),
        inputs=_inputs(frame, verb, most, said),
        icon=_ICONS[verb],
        problem=said.problem,
    )


def _most(found: Payment, verb: Verb) -> int:
    return {"capture": found.amount - found.captured, "refund": found.left, "cancel": 0}[verb]


def _inputs(frame: Frame, verb: Verb, most: Money, said: Said) -> tuple[Input, ...]:
    if verb == "cancel":
        return ()
    amount = Input(
        name="amount",
        kind="amount",
        label=frame.say("payment.ask.amount", currency=most.currency),
        value=said.of("amount") or f"{money.major(most.amount, most.currency):f}",
        hint=frame.say("payment.ask.most", amount=shown.money(most, frame.lang)),
    )
    if verb == "refund":
        reason = Input(
            name="reason", label=frame.say("refunds.reason"), value=said.of("reason"), needed=False
        )
        return (amount, reason)
    rest = Input(
        name="final",
        kind="choice",
        label=frame.say("payment.ask.rest"),
        value=said.of("final"),
        choices=(
            Choice("", frame.say("payment.ask.free")),
            Choice("no", frame.say("payment.ask.keep")),
        ),
    )
    return (amount, rest)


def wish_of(found: Payment, said: Said) -> Wish:
    """What a form wishes, of the payment that it was made for.

    Raises Conflict where the payment has moved since, AmountUnreadable, AmountTooFine.
    """
    # What has moved since it was shown is looked at again first: the same form twice is once.
    if str(found.version) != said.of("version"):
        raise Conflict()
    text = said.of("amount").replace(",", "")
    amount = money.parse_amount(text, found.currency) if text else None
    return Wish(said.verb, amount, said.of("final") != "no", said.of("reason"))


def carry_out(tx: Tx, id_: UUID, said: Said) -> Payment:
    """Do what a form wishes; the payment after it."""
    found = service.payment(tx, id_)
    key = f"console/{ids.show('pmt', id_)}/{found.version}"
    payment_flow.move(tx, id_, wish_of(found, said), key)
    return service.payment(tx, id_)


def preview_page(tx: Tx, frame: Frame, id_: UUID, said: Said) -> ObjectPage:
    """What a form would do: it is done, looked at, and the caller undoes it."""
    before = service.payment(tx, id_)
    wish = wish_of(before, said)
    names = _references(tx, before)
    postings, calls = _postings(tx, names), _calls(tx, before)
    after = carry_out(tx, id_, said)
    new_postings = [p for p in _postings(tx, names) if p.entry.id not in _ids(postings)]
    known = {call.id for call in calls}
    new_calls = [call for call in _calls(tx, before) if call.id not in known]
    key = ids.show("pmt", id_)
    payment = shown.money(Money(before.amount, before.currency), frame.lang)
    verb = frame.say(f"payment.{said.verb}")
    return ObjectPage(
        title=frame.say("payment.preview.title", verb=verb),
        lead=frame.say("payment.preview.lead"),
        crumbs=(
            asked.home(frame),
            Link(frame.say("payments"), frame.to("payments")),
            Link(frame.say("payment.title", amount=payment), frame.to(f"payments/{key}")),
        ),
        links=(Link(frame.say("payment.preview.back"), frame.to(f"payments/{key}"), "undo-2"),),
        key=key,
        status=payment_state(frame, after.state),
        fields=_wished(frame, before, wish),
        tables=(
            _changes(frame, before, after),
            _posted(frame, new_postings),
            *((_asked_of(frame, new_calls),) if new_calls else ()),
        ),
        deed=_confirm(frame, key, said),
        api_calls=(_api_call(frame, key, before, wish),),
    )


def _wished(frame: Frame, found: Payment, wish: Wish) -> tuple[Figure, ...]:
    amount = None if wish.amount is None else Money(wish.amount, found.currency)
    rest = frame.say("payment.ask.free" if wish.final else "payment.ask.keep")
    return (
        Figure(label=frame.say("payment.preview.verb"), value=frame.say(f"payment.{wish.verb}")),
        *((Figure(label=frame.say("payments.amount"), value=amount),) if amount else ()),
        *((Figure(label=frame.say("payment.ask.rest"), value=rest),)
          if wish.verb == "capture" else ()),
        *((Figure(label=frame.say("refunds.reason"), value=wish.reason),) if wish.reason else ()),
    )  # fmt: skip


def _references(tx: Tx, found: Payment) -> list[str]:
    """What the postings of a payment refer to: itself, and the order that it pays for."""
    names = [ids.show("pmt", found.id)]
    if found.order_key:
        names.append(ids.show("ord", commerce.order(tx, found.order_key).id))
    return names


def _postings(tx: Tx, names: list[str]) -> list[Posted]:
    return [p for name in names for p in journal.page(tx, reference=name, limit=_MOST)]


def _ids(postings: list[Posted]) -> set[UUID]:
    return {posted.entry.id for posted in postings}


def _calls(tx: Tx, found: Payment) -> list[CallRow]:
    return rails.of_subject(tx, ids.show("pmt", found.id))[-_MOST:]


def _changes(frame: Frame, before: Payment, after: Payment) -> Table:
    """The payment and its parts, before and after."""
    unit = before.currency
    rows = [
        (frame.say("payments.captured"), before.captured, after.captured),
        (frame.say("payment.refunded"), before.refunded, after.refunded),
        (frame.say("payment.kept"), before.left, after.left),
    ]
    rows += [
        (f"{asked.word(frame, 'part', was.role)} · {shown.short_path(was.account)}",
         was.left, now.left)
        for was, now in zip(before.parts, after.parts, strict=True)
    ]  # fmt: skip
    return Table(
        title=frame.say("payment.preview.changes"),
        columns=(
            Column(title=frame.say("payment.preview.what"), wide=True),
            Column(title=frame.say("payment.preview.before"), align="end"),
            Column(title=frame.say("payment.preview.after"), align="end"),
            Column(title=frame.say("payment.preview.change"), align="end"),
        ),
        rows=tuple(
            Row(cells=(name, Money(was, unit), Money(now, unit), Money(now - was, unit)))
            for name, was, now in rows
        ),
    )


def _posted(frame: Frame, postings: list[Posted]) -> Table:
    rows = [
        Row(
            cells=(
                i18n.text(f"template.{posted.entry.template}", frame.lang),
                account_cell(frame, leg.source, posted.entry.currency),
                account_cell(frame, leg.target, posted.entry.currency),
                Money(leg.amount, posted.entry.currency),
            )
        )
        for posted in sorted(postings, key=lambda p: p.entry.id)
        for leg in posted.legs
    ]
    return Table(
        title=frame.say("payment.preview.postings"),
        columns=(
            Column(title=frame.say("payment.preview.posting")),
            Column(title=frame.say("payment.preview.from"), wide=True),
            Column(title=frame.say("payment.preview.to"), wide=True),
            Column(title=frame.say("payments.amount"), align="end"),
        ),
        rows=tuple(rows),
        empty=Empty(
            title=frame.say("payment.preview.none"), detail=frame.say("payment.preview.none.detail")
        ),
    )


def _asked_of(frame: Frame, calls: list[CallRow]) -> Table:
    return Table(
        title=frame.say("payment.preview.calls"),
        columns=(
            Column(title=frame.say("payments.rail")),
            Column(title=frame.say("payment.preview.verb"), wide=True),
            Column(title=frame.say("payments.amount"), align="end"),
        ),
        rows=tuple(
            Row(cells=(call.rail, asked.word(frame, "rail_calls.verb", call.verb),
                       Money(call.amount, call.currency)))
            for call in calls
        ),
        note=frame.say("payment.preview.calls.note"),
    )  # fmt: skip


def _confirm(frame: Frame, key: str, said: Said) -> Deed:
    return Deed(
        label=frame.say(f"payment.{said.verb}.do"),
        href=frame.to(f"payments/{key}/{said.verb}"),
        says=frame.say("payment.preview.says"),
        fields=tuple((name, said.of(name)) for name in sorted(said.fields)),
        icon=_ICONS[said.verb],
        grave=said.verb != "capture",
    )


def _api_call(frame: Frame, key: str, found: Payment, wish: Wish) -> ApiCall:
    body: dict[str, object] = {}
    if wish.amount is not None:
        body["amount"] = {"amount": wish.amount, "currency": found.currency}
    if wish.reason:
        body["reason"] = wish.reason
    if not wish.final:
        body["final"] = False
    by_order = wish.verb == "refund" and found.order_key
    path = f"orders/{found.order_key}/refund" if by_order else f"payments/{key}/{wish.verb}"
    return ApiCall(
        path=f"/v1/{path}?dry_run=true",
        method="POST",
        body=msgspec.json.encode(body).decode(),
        note=frame.say("payment.preview.api"),
    )


def why(problem: Problem, lang: str) -> str:
    """A problem in one line, with its first faults, for the form that it is about."""
    faults = [f"{e.pointer}: {e.detail(lang)}" for e in problem.errors[:_FAULTS_MOST]]
    return " ".join([f"{problem.title(lang)}:", problem.detail(lang), *faults])


def reason(tx: Tx, frame: Frame, key: str, problem: Problem) -> str:
    """Why a form was refused; amounts are written as people write them."""
    if not isinstance(problem, CaptureExceeds | RefundExceeds):
        return why(problem, frame.lang)
    unit = service.payment(tx, ids.read("pmt", key)).currency
    wanted, left = (
        shown.money(Money(int(problem.facts[name]), unit), frame.lang) for name in ("asked", "left")
    )
    return frame.say("payment.ask.exceeds", asked=wanted, left=left)
