"""Holds: money that is reserved and not moved yet; the list of them, and one with its life."""

from __future__ import annotations

from datetime import timedelta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console import shown
from huoshui.interfaces.console.page import (
    ApiCall,
    Cell,
    Choice,
    Column,
    Empty,
    Figure,
    Filter,
    Frame,
    Leg,
    Link,
    ListPage,
    Moment,
    ObjectPage,
    Path,
    Row,
    Span,
    Status,
    Step,
    Table,
    Tone,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.accounts import reference_cell
from huoshui.ledger import service as ledger
from huoshui.ledger.journal import search
from huoshui.ledger.journal.search_store import HoldRow, HoldStep
from huoshui.ledger.model import (
    CAPTURE,
    CLOSE_FROM,
    CLOSE_TO,
    EXPIRY,
    EXTENSION,
    HOLD,
    KEEP,
    KINDS,
    RELEASE,
    Account,
)

_OPEN_SHOWN = 10
_WINDOW_DAYS = 30
_STATES = ("open", "captured", "released", "expired")
_TONES: dict[str, Tone] = {
    "open": "accent", "captured": "good", "released": "neutral", "expired": "warn",
}  # fmt: skip
_STEPS: dict[int, tuple[str, Tone]] = {
    HOLD: ("wallet", "accent"), CAPTURE: ("hand-coins", "good"), RELEASE: ("undo-2", "neutral"),
    EXPIRY: ("clock", "warn"), EXTENSION: ("history", "accent"),
}  # fmt: skip


def holds_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Holds, newest first. A state alone is looked for in the last thirty days."""
    state, account = frame.asked("state"), account_asked(tx, frame)
    state = state if state in _STATES else ""
    since, note = asked.day_start(frame, "from"), ""
    if state and not (account or since or frame.asked("reference")):
        since = tx.now - timedelta(days=_WINDOW_DAYS)
        note = frame.say("holds.window", days=_WINDOW_DAYS)
    found = search.holds(
        tx,
        state=state,
        account=account.id if account else None,
        reference=frame.asked("reference"),
        since=since,
        until=asked.day_start(frame, "to", days=1),
        after=frame.asked("after"),
        limit=asked.limit(frame),
    )
    more, first = asked.turned(frame, found.next)
    return ListPage(
        title=frame.say("holds"),
        lead=frame.say("holds.lead"),
        crumbs=(asked.home(frame),),
        table=Table(
            title=frame.say("holds"),
            columns=_columns(frame),
            rows=tuple(_row(tx, frame, hold) for hold in found.holds),
            note=" ".join(text for text in (note, cut_note(frame, cut=found.cut)) if text),
            empty=Empty(title=frame.say("holds.none"), detail=frame.say("holds.none.detail")),
        ),
        filters=_filters(frame, state),
        totals=_totals(frame, found.holds),
        count=frame.say("count.page", n=len(found.holds)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "holds"),
        api_calls=(ApiCall(path="/v1/holds" + _api_query(frame, state, account)),),
    )


def account_asked(tx: Tx, frame: Frame) -> Account | None:
    """The account that a list's filter names, by id or path. Raises UnknownAccount."""
    path = frame.asked("account")
    if not path:
        return None
    if path.startswith("acc_"):
        return ledger.account(tx, ids.read("acc", path))
    return ledger.account_at(tx, path, frame.asked("currency") or frame.currency)


def cut_note(frame: Frame, *, cut: bool) -> str:
    """Says that a page ended because it had read enough, where it did."""
    return frame.say("search.cut") if cut else ""


def account_holds(tx: Tx, frame: Frame, account: Account) -> tuple[Table, ...]:
    """The newest open holds on an account; nothing where it never had any."""
    found = search.holds(tx, state="open", account=account.id, limit=_OPEN_SHOWN)
    if not found.holds:
        return ()
    more = frame.say("holds.more") if found.next else ""
    return (
        Table(
            title=frame.say("holds.open"),
            columns=_columns(frame),
            rows=tuple(_row(tx, frame, hold) for hold in found.holds),
            note=more,
        ),
    )


def _columns(frame: Frame) -> tuple[Column, ...]:
    return (
        Column(title=frame.say("holds.held")),
        Column(title=frame.say("holds.state")),
        Column(title=frame.say("legs.from")),
        Column(title=frame.say("legs.to")),
        Column(title=frame.say("journal.reference")),
        Column(title=frame.say("order.amount"), align="end", money=True),
        Column(title=frame.say("holds.remaining"), align="end", money=True),
        Column(title=frame.say("holds.expires")),
    )


def _row(tx: Tx, frame: Frame, hold: HoldRow) -> Row:
    href = frame.to(f"holds/{ids.show('txn', hold.id)}")
    at = shown.moment(hold.held_at, frame.lang, frame.zone)
    return Row(
        href=href,
        cells=(
            Link(at, href),
            _state(tx, frame, hold),
            _account_cell(frame, hold.source, hold.currency),
            _account_cell(frame, hold.target, hold.currency),
            reference_cell(frame, hold.reference),
            Money(hold.amount, hold.currency),
            Money(hold.remaining, hold.currency),
            hold.expires_at if hold.state == "open" else None,
        ),
    )


def _account_cell(frame: Frame, path: str, currency: str) -> Path:
    return Path(path, frame.to(f"accounts/{path}?currency={currency}"))


def _state(tx: Tx, frame: Frame, hold: HoldRow) -> Status:
    if hold.state == "open" and hold.expires_at and hold.expires_at <= tx.now:
        # It ends with the next batch, before anything of that is decided.
        return Status(frame.say("hold.state.due"), "warn")
    return Status(frame.say(f"hold.state.{hold.state}"), _TONES[hold.state])


def _totals(frame: Frame, holds: tuple[HoldRow, ...]) -> tuple[Figure, ...]:
    sums: dict[str, int] = {}
    for hold in holds:
        sums[hold.currency] = sums.get(hold.currency, 0) + hold.remaining
    return tuple(
        Figure(label=frame.say("holds.sum"), value=Money(total, currency))
        for currency, total in sums.items()
    )


def _filters(frame: Frame, state: str) -> tuple[Filter, ...]:
    choices = tuple(Choice(name, frame.say(f"hold.state.{name}")) for name in _STATES)
    return (
        Filter(
            name="state", label=frame.say("holds.state"), kind="choice", value=state,
            choices=choices,
        ),
        Filter(
            name="account", label=frame.say("accounts.path"), value=frame.asked("account"),
            placeholder="wallet:ann",
        ),
        Filter(
            name="reference", label=frame.say("journal.reference"),
            value=frame.asked("reference"), placeholder="ord_…",
        ),
        *asked.days(frame),
    )  # fmt: skip


def _api_query(frame: Frame, state: str, account: Account | None) -> str:
    query = asked.query(
        state=state,
        account=ids.show("acc", account.id) if account else "",
        reference=frame.asked("reference"),
    )
    return f"?{query}" if query else ""


def hold_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One hold: what is left of it, until when, and all that became of it. Raises UnknownHold."""
    hold, life = search.hold(tx, ids.read("txn", key))
    return ObjectPage(
        title=frame.say("hold.title", amount=_money(frame, hold, hold.amount)),
        lead=frame.say("hold.lead"),
        crumbs=(asked.home(frame), Link(frame.say("holds"), frame.to("holds"))),
        key=key,
        status=_state(tx, frame, hold),
        steps=_steps(frame, hold, life),
        figures=_figures(frame, hold, life),
        fields=_fields(frame, hold),
        timeline=tuple(_moment(frame, hold, step) for step in life),
        api_calls=(ApiCall(path=f"/v1/holds/{key}"),),
    )


def _money(frame: Frame, hold: HoldRow, amount: int) -> str:
    return shown.money(Money(amount, hold.currency), frame.lang)


def _steps(frame: Frame, hold: HoldRow, life: list[HoldStep]) -> tuple[Step, ...]:
    made = Step(text=frame.say("life.hold"), state="done", at=hold.held_at)
    if hold.state == "open":
        ahead = Step(text=frame.say("hold.expires"), state="ahead", at=hold.expires_at)
        now = Step(text=frame.say("hold.state.open"), state="now")
        return (made, now, *((ahead,) if hold.expires_at else ()))
    last = next((step for step in reversed(life) if step.kind != EXTENSION), None)
    failed = hold.state == "expired"
    text = frame.say(f"hold.state.{hold.state}")
    end = Step(
        text=text, state="failed" if failed else "now", at=last.recorded_at if last else None
    )
    return (made, end)


def _figures(frame: Frame, hold: HoldRow, life: list[HoldStep]) -> tuple[Figure, ...]:
    captured = sum(step.amount for step in life if step.kind == CAPTURE)
    freed = hold.amount - hold.remaining - captured
    return (
        Figure(label=frame.say("holds.held"), value=Money(hold.amount, hold.currency)),
        Figure(label=frame.say("hold.captured"), value=Money(captured, hold.currency)),
        Figure(label=frame.say("hold.freed"), value=Money(freed, hold.currency)),
        Figure(label=frame.say("holds.remaining"), value=Money(hold.remaining, hold.currency)),
        Figure(
            label=frame.say("holds.expires"),
            value=hold.expires_at or frame.say("hold.endless"),
            tone="neutral",
        ),
    )


def _fields(frame: Frame, hold: HoldRow) -> tuple[Figure, ...]:
    closes = [
        frame.say(f"hold.closes.{side}")
        for side, bit in (("from", CLOSE_FROM), ("to", CLOSE_TO))
        if hold.flags & bit
    ]
    fields = [
        Figure(
            label=frame.say("legs.from"), value=_account_cell(frame, hold.source, hold.currency)
        ),
        Figure(label=frame.say("legs.to"), value=_account_cell(frame, hold.target, hold.currency)),
        Figure(label=frame.say("journal.reference"), value=_reference(frame, hold)),
        Figure(
            label=frame.say("journal.template"), value=asked.word(frame, "posting", hold.template)
        ),
    ]
    if closes:
        fields.append(Figure(label=frame.say("hold.closes"), value=", ".join(closes)))
    return tuple(fields)


def _reference(frame: Frame, hold: HoldRow) -> Cell:
    if not hold.reference:
        return None
    if hold.reference.startswith("ord_"):
        return reference_cell(frame, hold.reference)
    return Link(hold.reference, frame.to(f"journal?{asked.query(reference=hold.reference)}"))


def _moment(frame: Frame, hold: HoldRow, step: HoldStep) -> Moment:
    icon, tone = _STEPS[step.kind]
    key = ids.show("txn", step.id)
    amount = Money(step.amount, hold.currency)
    moves = step.kind == CAPTURE
    leg = Leg(
        source=_account_cell(frame, hold.source, hold.currency),
        target=_account_cell(frame, hold.target, hold.currency),
        amount=amount,
    )
    detail = step.actor
    if step.kind == CAPTURE and step.flags & KEEP:
        detail = f"{detail} · {frame.say('hold.kept')}"
    if step.kind in (HOLD, EXTENSION):
        told = _for(frame, step.timeout_s) if step.timeout_s else frame.say("hold.endless")
        detail = f"{detail} · {told}"
    return Moment(
        at=step.recorded_at,
        title=frame.say(f"life.{KINDS[step.kind]}"),
        detail=detail,
        icon=icon,
        tone=tone,
        amount=None if step.kind == EXTENSION else amount,
        legs=(leg,) if moves else (),
        link=Link(frame.say("order.transaction"), frame.to(f"transactions/{key}")),
    )


def _for(frame: Frame, seconds: int) -> str:
    return frame.say("hold.for", span=shown.span(Span(seconds), frame.lang))
