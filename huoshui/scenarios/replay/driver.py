"""Driving a history through the production code: read, advance, take, commit, again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from huoshui.core import access, clock, crypto, work
from huoshui.core.db import Database, Tx
from huoshui.core.errors import Problem
from huoshui.core.worlds import UnknownWorld, Worlds
from huoshui.facts.commerce.model import Order
from huoshui.facts.commerce.reading import timeline
from huoshui.facts.commerce.reading.source import Source, read_source
from huoshui.facts.commerce.reading.timeline import Entry, Timeline
from huoshui.lines import payments
from huoshui.lines.payments.escrow.terms import Terms, read_terms
from huoshui.scenarios import rail_files
from huoshui.scenarios.rail_files import RailFiles, read_rail_files
from huoshui.scenarios.replay import store
from huoshui.scenarios.replay.assumptions import read_sections, tail_days
from huoshui.scenarios.replay.companion import ALONE, Companion
from huoshui.scenarios.replay.report import build_report
from huoshui.scenarios.replay.store import ReplayRow
from huoshui.scenarios.replay.verification import verify_replay

BATCH_FACTS = 1000
BOOK = 1


class ReplayDiffers(Problem):
    """A world of that name holds the replay of another history, seed or terms."""

    code = "replay_differs"
    status = 409


class FactsRefused(Problem):
    """The history holds facts that cannot be taken; the problem lists the first ones."""

    code = "facts_refused"
    status = 422


class Asked(msgspec.Struct, frozen=True):
    """What to replay. `name` defaults to one made from the history, seed and terms.

    `faults` are those of the rails' files, each with its chance: `missing_line=0.01`.
    """

    directories: tuple[Path, ...]
    spool: Path
    name: str = ""
    seed: int = 1
    since: str = ""
    until: str = ""
    assumptions: Path | None = None
    fresh: bool = False
    faults: tuple[str, ...] = ()


class Progress(msgspec.Struct, frozen=True):
    """How far a replay is: `stage` is read, order, facts, verify or report."""

    stage: str
    done: int
    total: int
    at: datetime | None = None
    world: str = ""


Tell = Callable[[Progress], None]


class Outcome(msgspec.Struct, frozen=True):
    """A replay that ran to its end."""

    world: str
    orders: int
    seconds: float
    resumed: bool
    row: ReplayRow


class _Overrun(Exception):
    """A batch put work off to a moment inside itself; it must be cut there and taken again."""

    def __init__(self, at: datetime) -> None:
        self.at = at


def replay(
    worlds: Worlds, asked: Asked, tell: Tell = lambda _: None, companion: Companion = ALONE
) -> Outcome:
    """Replay a history to its end, or go on with one that was interrupted.

    `seconds` runs from the creation of the world to the end of the verification.
    Raises what reading the source raises, ReplayDiffers and FactsRefused.
    """
    sections = _sections(asked)
    source = read_source(asked.directories, sections)
    terms = read_terms(sections.get("payments", {}))
    rails = read_rail_files(sections.get("rails", {}), asked.faults)
    started = time.monotonic()
    spool = _spool(asked, source, tell)
    fingerprint = _fingerprint(spool, asked.seed, terms, rails, companion)
    name = asked.name or f"replay-{fingerprint[:8]}"
    if asked.fresh:
        _drop(worlds, name)
    made = _Made(asked, source, terms, rails, fingerprint, sections, companion)
    resumed = _prepare(worlds, name, spool, made)
    database = worlds.database(name)
    row = _row(database)
    if row.state == "running":
        _drive(database, spool, row, name, tell, companion)
        row = _conclude(database, terms, spool, name, tell)
    return Outcome(name, row.orders, time.monotonic() - started, resumed, row)


def _sections(asked: Asked) -> dict[str, Any]:
    sections = read_sections(asked.directories, asked.assumptions)
    bounds = {"since": asked.since, "until": asked.until}
    given = {key: _day(value) for key, value in bounds.items() if value}
    return sections | {"history": {**sections.get("history", {}), **given}} if given else sections


def _day(text: str) -> date | str:
    """A day, or the text as it is: the source says what is wrong with it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _spool(asked: Asked, source: Source, tell: Tell) -> Timeline:
    """The history in time order; read once, kept beside the database, found again by content."""
    path = asked.spool / f"{timeline.fingerprint(source)[:16]}.timeline"
    if path.is_file() and not asked.fresh:
        return timeline.reopen(path)

    def told(stage: str, done: int, total: int) -> None:
        tell(Progress(stage, done, total))

    return timeline.build(source, path, told)


def _fingerprint(
    spool: Timeline, seed: int, terms: Terms, rails: RailFiles, companion: Companion
) -> str:
    settings = [msgspec.to_builtins(terms), msgspec.to_builtins(rails), *companion.settings]
    return crypto.digest([spool.about.digest, seed, *settings]).hex()


def _drop(worlds: Worlds, name: str) -> None:
    try:
        worlds.drop(name)
    except UnknownWorld:
        return


class _Made(msgspec.Struct, frozen=True):
    """What a replay's world is made of."""

    asked: Asked
    source: Source
    terms: Terms
    rails: RailFiles
    fingerprint: str
    sections: dict[str, Any]
    companion: Companion


def _prepare(worlds: Worlds, name: str, spool: Timeline, made: _Made) -> bool:
    """Make the world, or find it as it was left; whether it stood already."""
    if any(world.name == name for world in worlds.all()):
        with worlds.database(name).begin(book=BOOK) as tx:
            row = store.replay(tx)
        if row is not None:
            if row.fingerprint != made.fingerprint:
                raise ReplayDiffers(name=name)
            return True
        worlds.drop(name)  # killed between its creation and its first commit
    first = spool.about.first - timedelta(days=1)
    worlds.create_replay(name, seed=made.asked.seed, clock_at=first)
    with worlds.database(name).begin(book=BOOK) as tx:
        _begin(tx, spool, made)
    return False


def _begin(tx: Tx, spool: Timeline, made: _Made) -> None:
    access.open_book(tx, _book(made.source))
    payments.start(tx, made.terms)
    rail_files.start(tx, made.rails, made.asked.seed)
    made.companion.begin(tx)
    tail = timedelta(days=tail_days(made.terms.confirm_after_days))
    store.begin(
        tx,
        fingerprint=made.fingerprint,
        sections={
            "source": msgspec.to_builtins(made.source, enc_hook=str),
            "payments": msgspec.to_builtins(made.terms),
            "rails": msgspec.to_builtins(made.rails),
            "given": sorted(made.sections),
            "seed": made.asked.seed,
        },
        total=spool.total,
        until_at=spool.about.last + tail + made.companion.tail,
        real_now=clock.system_now(),
    )


def _book(source: Source) -> access.Book:
    name = source.name.get("en") or next(iter(source.name.values()), "Marketplace")
    return access.Book(BOOK, "main", name, source.currency, source.time_zone, source.generated)


def _row(database: Database) -> ReplayRow:
    with database.begin(book=BOOK) as tx:
        row = store.replay(tx)
    assert row is not None, "a replay world has its row from its first commit"
    return row


def _drive(
    database: Database, spool: Timeline, row: ReplayRow, name: str, tell: Tell, companion: Companion
) -> None:
    """Take facts up to the next due work, run that, and so on to the end of the history."""
    state = _State(row.cursor, Counter(row.anomalies))
    with database.begin(book=BOOK) as tx:
        state.due = work.next_due(tx)
    while True:
        bound = min(state.due, row.until_at) if state.due else row.until_at
        entries = spool.read(state.cursor, bound, BATCH_FACTS)
        if entries:
            _take_batch(database, entries, state, companion)
            tell(Progress("facts", state.cursor, spool.total, entries[-1].known_at, name))
        elif state.due is not None and state.due <= row.until_at:
            with database.begin(book=BOOK, now=state.due) as tx:
                state.due = work.run_moment(tx, companion.work).due
        else:
            break
    work.advance(database, companion.work, row.until_at, book=BOOK)


class _State:
    """How far the drive is: the last fact taken, the oddities so far, the next due work."""

    def __init__(self, cursor: int, anomalies: Counter[str]) -> None:
        self.cursor = cursor
        self.anomalies = anomalies
        self.due: datetime | None = None


def _take_batch(
    database: Database, entries: list[Entry], state: _State, companion: Companion
) -> None:
    """Take a batch in one commit. Work that falls due inside it cuts it short, so that facts
    and due work keep their order in time whatever the size of a batch."""
    try:
        with database.begin(book=BOOK, now=entries[-1].known_at) as tx:
            odd = _take(tx, entries, state, companion)
            due = work.next_due(tx)
    except _Overrun as overrun:
        first = [entry for entry in entries if entry.known_at <= overrun.at]
        _take_batch(database, first, state, companion)
        return
    state.cursor, state.anomalies, state.due = entries[-1].seq, odd, due


def _take(tx: Tx, entries: list[Entry], state: _State, companion: Companion) -> Counter[str]:
    taken = companion.take(tx, [entry.fact for entry in entries])
    if taken.refused:
        raise FactsRefused(
            count=len(taken.refused),
            key=taken.refused[0].fact.key,
            errors=tuple(r.error for r in taken.refused[:20] if r.error),
        )
    earliest = tx.earliest_later
    if len(entries) > 1 and earliest and earliest < entries[-1].known_at:
        raise _Overrun(earliest)
    odd = state.anomalies + Counter(o.problem.code for o in taken.outcomes if o.problem)
    store.step(
        tx,
        cursor=entries[-1].seq,
        orders=sum(isinstance(entry.fact, Order) for entry in entries),
        anomalies=dict(odd),
        real_now=clock.system_now(),
    )
    tx.flush()
    return odd


def _conclude(
    database: Database, terms: Terms, spool: Timeline, name: str, tell: Tell
) -> ReplayRow:
    tell(Progress("verify", 0, 1, world=name))
    with database.begin(book=BOOK) as tx:
        verification = verify_replay(tx, terms)
    tell(Progress("report", 0, 1, world=name))
    with database.begin(book=BOOK) as tx:
        row = store.replay(tx)
        report = build_report(tx, spool.about.anomalies, row.anomalies if row else {})
        store.finish(
            tx,
            state="verified" if verification.holds else "failed",
            verification=msgspec.to_builtins(verification),
            report=msgspec.to_builtins(report),
            real_now=clock.system_now(),
        )
    return _row(database)
