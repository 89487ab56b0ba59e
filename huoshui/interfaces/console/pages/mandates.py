"""Mandates: what payers let devices take, the caps drawn, and what was asked under each."""

from __future__ import annotations

from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.i18n import text
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Chart,
    Column,
    Deed,
    Empty,
    Figure,
    Filter,
    Frame,
    Id,
    Link,
    ListPage,
    ObjectPage,
    Part,
    Row,
    Series,
    Step,
    Table,
    Unit,
    Whole,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.devices import choice, reason_of, state_of
from huoshui.lines.payments.mandates import service, store
from huoshui.lines.payments.mandates.model import MANDATE, Mandate
from huoshui.lines.payments.mandates.store import DebitRow

_RECENT = 50


def mandates_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Mandates, newest first."""
    limit = asked.limit(frame)
    payer, state = frame.asked("payer"), frame.asked("state")
    found = store.mandates(
        tx, payer=payer, state=state, after=asked.cursor(frame, "mdt"), limit=limit + 1
    )
    more, first = asked.paged(frame, "mdt", found)
    rows = tuple(_row(frame, mandate) for mandate in found[:limit])
    names = ("id", "payer", "merchant", "scene", "single", "daily", "spent", "state")
    return ListPage(
        title=frame.say("mandates"),
        lead=frame.say("mandates.lead"),
        crumbs=(asked.home(frame),),
        table=Table(
            title=frame.say("mandates"),
            columns=tuple(
                Column(
                    title=frame.say(f"mandates.{name}"),
                    align="end" if name in names[4:7] else "start", money=name in names[4:7],
                )
                for name in names
            ),
            rows=rows,
            empty=Empty(title=frame.say("mandates.none"), detail=frame.say("mandates.none.detail")),
        ),
        filters=(
            Filter(name="payer", label=frame.say("mandates.payer"), value=payer),
            choice(frame, "state", "mandates.state", state, MANDATE.states, machine="mandate"),
        ),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "mandates"),
        api_calls=(
            ApiCall(
                path="/v1/mandates?"
                + asked.query(payer=payer, state=state, limit=str(min(limit, 100)))
            ),
        ),
    )  # fmt: skip


def _row(frame: Frame, mandate: Mandate) -> Row:
    href = frame.to(f"mandates/{mandate.shown}")
    return Row(
        key=mandate.shown,
        href=href,
        cells=(
            Id(mandate.shown, href),
            Id(mandate.payer),
            Id(mandate.merchant, frame.to(f"sellers/{mandate.merchant}")),
            mandate.scene or frame.say("mandates.every"),
            Money(mandate.single_max, mandate.currency),
            Money(mandate.daily_max, mandate.currency),
            Money(mandate.spent, mandate.currency),
            state_of(frame, "mandate", mandate.state),
        ),
    )


def mandate_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One mandate: its caps and what was taken of them. Raises UnknownMandate."""
    mandate = service.find(tx, key)
    today = mandate.spent_on(access.today(tx))
    debits = store.debits(tx, mandate=mandate.id, limit=_RECENT)
    left = max(0, mandate.daily_max - today)
    return ObjectPage(
        title=frame.say("mandates.one"),
        lead=frame.say("mandates.one.lead"),
        crumbs=(asked.home(frame), Link(frame.say("mandates"), frame.to("mandates"))),
        key=mandate.shown,
        status=state_of(frame, "mandate", mandate.state),
        steps=_steps(frame, mandate),
        figures=_figures(frame, mandate, today),
        whole=Whole(
            title=frame.say("mandates.today"),
            parts=(
                Part(
                    label=frame.say("mandates.taken"),
                    amount=Money(today, mandate.currency),
                    series=1,
                ),
                Part(
                    label=frame.say("mandates.left"), amount=Money(left, mandate.currency), series=2
                ),
            ),
        ),
        charts=(_caps(frame, mandate, today, debits),),
        fields=(
            Figure(label=frame.say("mandates.payer"), value=Id(mandate.payer)),
            Figure(
                label=frame.say("mandates.merchant"),
                value=Id(mandate.merchant, frame.to(f"sellers/{mandate.merchant}")),
            ),
            Figure(
                label=frame.say("mandates.device"),
                value=Id(mandate.device, frame.to(f"devices/{mandate.device}"))
                if mandate.device
                else frame.say("mandates.every"),
            ),
            Figure(
                label=frame.say("mandates.scene"),
                value=mandate.scene or frame.say("mandates.every"),
            ),
            Figure(label=frame.say("mandates.consent"), value=mandate.consent),
        ),
        tables=(_debit_table(frame, debits),),
        deed=_deed(frame, mandate),
        api_calls=(
            ApiCall(path=f"/v1/mandates/{mandate.shown}"),
            ApiCall(path=f"/v1/device-events?mandate={mandate.shown}"),
        ),
    )


def _figures(frame: Frame, mandate: Mandate, today: int) -> tuple[Figure, ...]:
    total = mandate.total_max
    figures = [
        ("single", Money(mandate.single_max, mandate.currency)),
        ("daily", Money(mandate.daily_max, mandate.currency)),
        (
            "total",
            frame.say("mandates.endless") if total is None else Money(total, mandate.currency),
        ),
        ("today.short", Money(today, mandate.currency)),
        ("spent", Money(mandate.spent, mandate.currency)),
    ]
    return tuple(
        Figure(label=frame.say(f"mandates.{name}"), value=value) for name, value in figures
    )


def _caps(frame: Frame, mandate: Mandate, today: int, debits: list[DebitRow]) -> Chart:
    """Each cap beside what was taken of it."""
    most = max((d.amount for d in debits if d.state == "debited"), default=0)
    caps = [("single", mandate.single_max, most), ("daily", mandate.daily_max, today)]
    if mandate.total_max is not None:
        caps.append(("total", mandate.total_max, mandate.spent))
    return Chart(
        key="caps",
        question=frame.say("mandates.caps"),
        summary=frame.say("mandates.caps.summary"),
        x=tuple(frame.say(f"mandates.{name}") for name, _, _ in caps),
        x_title=frame.say("mandates.cap"),
        series=(
            Series(name=frame.say("mandates.taken"), values=tuple(t for _, _, t in caps)),
            Series(name=frame.say("mandates.cap"), values=tuple(c for _, c, _ in caps), colour=1),
        ),
        unit=Unit(kind="money", currency=mandate.currency),
        api_call=ApiCall(path=f"/v1/mandates/{mandate.shown}"),
    )


def _steps(frame: Frame, mandate: Mandate) -> tuple[Step, ...]:
    def word(state: str) -> str:
        return text(f"state.mandate.{state}", frame.lang)

    first = Step(text=word("proposed"), state="done", at=mandate.created_at)
    if mandate.state == "proposed":
        return (
            Step(text=word("proposed"), state="now", at=mandate.created_at),
            Step(text=word("active"), state="ahead"),
        )
    if mandate.state == "declined":
        return (first, Step(text=word("declined"), state="failed"))
    if mandate.state == "active":
        return (first, Step(text=word("active"), state="now", at=mandate.consent_at))
    return (
        first,
        Step(text=word("active"), state="done", at=mandate.consent_at),
        Step(text=word("revoked"), state="failed", at=mandate.revoked_at),
    )


def _deed(frame: Frame, mandate: Mandate) -> Deed | None:
    if mandate.state != "active" or not frame.writes("mandates:write"):
        return None
    return Deed(
        label=text("verb.mandate.revoke", frame.lang),
        href=frame.to(f"mandates/{mandate.shown}/revoke"),
        says=frame.say("mandates.revoke.says"),
    )


def _debit_table(frame: Frame, debits: list[DebitRow]) -> Table:
    names = ("event", "amount", "device", "at", "received", "state", "reason")
    return Table(
        title=frame.say("mandates.events"),
        columns=tuple(
            Column(
                title=frame.say(f"mandates.{name}"), align="end" if name == "amount" else "start",
                money=name == "amount",
            )
            for name in names
        ),
        rows=tuple(
            Row(
                cells=(
                    debit.event,
                    Money(debit.amount, debit.currency),
                    Id(
                        ids.show("dev", debit.device_id),
                        frame.to(f"devices/{ids.show('dev', debit.device_id)}"),
                    ),
                    debit.at,
                    debit.received_at,
                    state_of(frame, "debit", debit.state),
                    reason_of(frame, debit.reason),
                )
            )
            for debit in debits
        ),
        empty=Empty(
            title=frame.say("mandates.no_events"), detail=frame.say("mandates.no_events.detail")
        ),
    )  # fmt: skip
