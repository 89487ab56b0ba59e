"""Whether the books can be trusted: what is sealed, what was compared, and what neither covers."""

from __future__ import annotations

from datetime import timedelta

from huoshui.core.db import Tx
from huoshui.interfaces.console.page import (
    AnalysisPage,
    ApiCall,
    Cell,
    Code,
    Column,
    Deed,
    Empty,
    Figure,
    Frame,
    Id,
    Row,
    Several,
    Span,
    Status,
    Table,
)
from huoshui.interfaces.console.pages import asked
from huoshui.ledger import proof, reconciliation
from huoshui.ledger.journal import sealed_store
from huoshui.ledger.proof.verification import CACHES, UNCOMPARED
from huoshui.ledger.reconciliation import Reconciliation

_RUNS = 10
_ABANDONED = timedelta(hours=1)
_LATE_S = 60  # a sealer that works is a second or two behind
_SEALED = ("event", "account", "batch", "key")


def verify_page(tx: Tx, frame: Frame, _: str = "") -> AnalysisPage:
    """The tamper log, its sealer, the comparisons with history, and what each of them covers."""
    runs = reconciliation.reconciliations(tx, limit=_RUNS)
    note = None if tx.simulated else proof.last_checkpoint(tx)
    calls = [ApiCall(path="/v1/ledger/reconciliations")]
    if note:
        calls.append(ApiCall(path="/v1/ledger/checkpoint"))
    return AnalysisPage(
        title=frame.say("verify"),
        lead=frame.say("verify.lead"),
        crumbs=(asked.home(frame),),
        figures=(*_log(tx, frame, note), _last(frame, runs)),
        tables=(
            *_tail(tx, frame), _coverage(frame), _runs(frame, runs), *_faults(frame, runs),
            *_keys(tx, frame, note),
        ),
        notes=(_whole(tx, frame), frame.say("verify.elsewhere")),
        deed=_deed(frame),
        live_s=3 if under_way(tx, runs) else 0,
        api_calls=tuple(calls),
    )  # fmt: skip


def under_way(tx: Tx, runs: list[Reconciliation]) -> bool:
    """Whether the newest run goes on: one that was killed never ends."""
    return bool(runs) and not runs[0].ended_at and tx.now - runs[0].started_at < _ABANDONED


def _log(tx: Tx, frame: Frame, note: str | None) -> tuple[Figure, ...]:
    if tx.simulated:
        replay = frame.say("verify.replay")
        return (
            Figure(label=frame.say("verify.size"), value=replay, hint=frame.say("proof.replay")),
        )
    size, lag = sealed_store.log_size(tx), proof.lag(tx)
    signed: Cell = frame.say("verify.unsigned")
    hint = ""
    if note:
        checkpoint = proof.read_checkpoint(note)
        signed, hint = checkpoint.at, frame.say("verify.covers", n=checkpoint.size)
    late = lag.seconds > _LATE_S
    behind = Span(int(lag.seconds))
    return (
        Figure(label=frame.say("verify.size"), value=size, hint=frame.say("verify.size.means")),
        Figure(label=frame.say("verify.signed"), value=signed, hint=hint),
        Figure(
            label=frame.say("verify.lag"),
            value=behind if lag.waiting else frame.say("verify.up_to_date"),
            hint=frame.say("verify.waiting", n=lag.waiting),
            tone="warn" if late else "good",
        ),
    )


def _last(frame: Frame, runs: list[Reconciliation]) -> Figure:
    label = frame.say("verify.last")
    ended = next((run for run in runs if run.ended_at), None)
    if ended is None:
        return Figure(label=label, value=frame.say("verify.never"))
    said = frame.say("verify.agrees") if ended.holds else frame.say("verify.differs")
    return Figure(
        label=label,
        value=said,
        hint=frame.say("verify.last.means", accounts=ended.accounts, transfers=ended.transfers),
        tone="good" if ended.holds else "bad",
    )


def _tail(tx: Tx, frame: Frame) -> tuple[Table, ...]:
    """What has committed and waits for the sealer; nothing where nothing does."""
    found = sealed_store.waiting(tx)
    if not found:
        return ()
    return (
        Table(
            title=frame.say("verify.tail"),
            columns=(
                Column(title=frame.say("verify.what")),
                Column(title=frame.say("verify.entries"), align="end"),
            ),
            rows=tuple(
                Row(cells=(asked.word(frame, "sealed", each.kind), each.rows or each.entries))
                for each in found
            ),
            note=frame.say("verify.tail.means"),
        ),
    )


def _coverage(frame: Frame) -> Table:
    """What each kind of row rests on, in words."""
    groups = (
        ("sealed", _SEALED, Status(frame.say("verify.sealed"), "good")),
        ("compared", CACHES, Status(frame.say("verify.compared"), "accent")),
        ("neither", UNCOMPARED, Status(frame.say("verify.neither"), "neutral")),
    )
    return Table(
        title=frame.say("verify.coverage"),
        columns=(
            Column(title=frame.say("verify.how")),
            Column(title=frame.say("verify.what")),
            Column(title=frame.say("verify.means"), wide=True),
        ),
        rows=tuple(
            Row(
                cells=(
                    status, Several(tuple(asked.word(frame, "sealed", name) for name in names)),
                    frame.say(f"verify.{group}.means"),
                )
            )
            for group, names, status in groups
        ),
    )  # fmt: skip


def _runs(frame: Frame, runs: list[Reconciliation]) -> Table:
    return Table(
        title=frame.say("verify.runs"),
        columns=(
            Column(title=frame.say("verify.started")),
            Column(title=frame.say("verify.took"), align="end"),
            Column(title=frame.say("verify.result")),
            Column(title=frame.say("accounts.number"), align="end"),
            Column(title=frame.say("accounts.transfers"), align="end"),
        ),
        rows=tuple(_run(frame, run) for run in runs),
        empty=Empty(
            title=frame.say("verify.never"), detail=frame.say("verify.never.detail"),
        ),
    )  # fmt: skip


def _run(frame: Frame, run: Reconciliation) -> Row:
    took: Cell = None
    status = Status(frame.say("verify.running"), "accent")
    if run.ended_at:
        took = Span(int((run.ended_at - run.started_at).total_seconds()))
        status = Status(frame.say("verify.agrees"), "good")
    if run.faults:
        status = Status(frame.say("verify.faults", n=len(run.faults)), "bad")
    transfers: Cell = run.transfers if run.ended_at else None
    return Row(cells=(run.started_at, took, status, run.accounts, transfers))


def _faults(frame: Frame, runs: list[Reconciliation]) -> tuple[Table, ...]:
    """What the newest run with faults found."""
    bad = runs[0] if runs and runs[0].faults else None
    if bad is None:
        return ()
    return (
        Table(
            title=frame.say("verify.found"),
            columns=(
                Column(title=frame.say("verify.check")),
                Column(title=frame.say("accounts.path")),
                Column(title=frame.say("verify.stored"), align="end"),
                Column(title=frame.say("verify.recomputed"), align="end"),
            ),
            rows=tuple(
                Row(
                    cells=(
                        asked.word(frame, "check", fault.check), Code(fault.account),
                        Code(fault.stored), Code(fault.recomputed),
                    )
                )
                for fault in bad.faults
            ),
        ),
    )  # fmt: skip


def _keys(tx: Tx, frame: Frame, note: str | None) -> tuple[Table, ...]:
    if not note:
        return ()
    return (
        Table(
            title=frame.say("verify.keys"),
            columns=(Column(title=frame.say("proof.key"), wide=True),),
            rows=tuple(Row(cells=(Id(key.text),)) for key in proof.log_keys(tx)),
            note=frame.say("verify.keys.means"),
        ),
    )


def _deed(frame: Frame) -> Deed | None:
    if not frame.may_reconcile:
        return None
    return Deed(
        label=frame.say("verify.run"),
        href=frame.to("verify/reconcile"),
        says=frame.say("verify.run.means"),
        icon="scale",
    )


def _whole(tx: Tx, frame: Frame) -> str:
    """The command that recomputes this book."""
    return frame.say("verify.whole", world=frame.world.name if frame.world else "", book=tx.book)
