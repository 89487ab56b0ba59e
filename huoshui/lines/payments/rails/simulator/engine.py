"""The simulator itself: takes calls, does what is due, says what it did."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from huoshui.core import clock
from huoshui.core.errors import NotFound
from huoshui.core.webhooks import signing
from huoshui.lines.payments.rails.simulator import faults, files, rules
from huoshui.lines.payments.rails.simulator.model import Asked, Deed, Line
from huoshui.lines.payments.rails.simulator.rules import Pace
from huoshui.lines.payments.rails.simulator.store import Dispute, Hook, Store

_AGAIN = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 3600))
_CLOCK, _WRITTEN = "clock_offset_s", "files_written_until"


class UnknownReference(NotFound):
    """Nothing was done under this reference."""

    code = "unknown_reference"


class Simulator:
    """One simulator of all outside rails, its state in `directory`.

    `chances` are faults by chance, in a million; `seed` makes them the same again for the same
    calls.
    """

    def __init__(
        self,
        directory: Path,
        *,
        chances: dict[str, int] | None = None,
        seed: int = 1,
        pace: Pace | None = None,
        now: Callable[[], datetime] = clock.system_now,
    ) -> None:
        self.directory = directory
        self.store = Store(directory / "simulator.sqlite")
        self.chances = chances or {}
        self.pace = pace or Pace()
        self._seed = seed
        self._system_now = now
        self._next: list[tuple[str, str]] = []
        self._lock = threading.Lock()
        self.secret = self._kept("secret", signing.shown(secrets.token_bytes(32)))

    def _kept(self, name: str, fresh: str) -> str:
        with self.store.writing():
            value = self.store.setting(name, fresh)
            self.store.set(name, value)
        return value

    @property
    def now(self) -> datetime:
        """The time over there: the system's and what it was moved on by."""
        offset = int(self.store.setting(_CLOCK, "0"))
        return self._system_now() + timedelta(seconds=offset)

    def advance(self, span: timedelta) -> datetime:
        """Move its clock on and do what falls due on the way; its time then."""
        with self.store.writing():
            offset = int(self.store.setting(_CLOCK, "0")) + int(span.total_seconds())
            self.store.set(_CLOCK, str(offset))
        self.settle()
        return self.now

    def move_to(self, at: datetime) -> datetime:
        """Move its clock on to a time, where that lies ahead; its time then."""
        ahead = at - self.now
        return (
            self.advance(ahead + timedelta(seconds=1)) if ahead > timedelta(seconds=1) else self.now
        )

    def fail_next(self, fault: str, count: int = 1) -> None:
        """Let the next calls fail in this way, whatever their token. Raises UnknownFault."""
        name, _ = faults.chance(fault) if not fault.startswith("decline_") else ("declined", 0)
        code = fault.removeprefix("decline_") if name == "declined" else ""
        with self._lock:
            self._next += [(name, code)] * count

    def fate(self, asked: Asked) -> tuple[str, str]:
        """The fault that a new call gets: as ordered, by its token, or by chance."""
        with self._lock:
            if self._next:
                return self._next.pop(0)
        named = faults.of_token(asked.token, asked.verb, begins=rules.begins(asked))
        if named[0]:
            return named
        return faults.by_chance(self.chances, f"{self._seed}/{asked.key}")

    def take(self, asked: Asked, fate: tuple[str, str]) -> Deed:
        """Do what a call asks, once: its key again gets what was done."""
        with self.store.writing():
            before = self.store.deed(asked.key)
            if before is not None:
                again = msgspec.structs.replace(before, times=before.times + 1)
                self.store.put(again)
                return again
            about = self.store.of_reference(asked.about) if asked.about else None
            root = about.root if about else asked.about
            reference = f"{asked.rail}_{secrets.token_hex(8)}"
            deed = rules.decide(
                asked, self.store.charge(root), fate, self.pace, self.now,
                reference=reference, root=root,
            )  # fmt: skip
            self.store.put(deed)
            if deed.settled_at:
                self._finished(deed)
            return deed

    def of_key(self, key: str) -> Deed | None:
        """What was done about a call, without a trace."""
        return self.store.deed(key)

    def fence(self, rail: str, key: str) -> Deed:
        """What was done about a call; where it never came, it never will be done: it is refused."""
        with self.store.writing():
            found = self.store.deed(key)
            if found is None:
                asked = Asked(key=key, rail=rail, verb="authorise", amount=0, currency="ZZZ")
                fresh = rules.decide(
                    asked, None, ("", ""), self.pace, self.now,
                    reference=f"{rail}_{secrets.token_hex(8)}", root="",
                )  # fmt: skip
                found = msgspec.structs.replace(
                    rules.refused(fresh, "not_received"), outcome="", due_at=None, times=0,
                    settled_at=self.now, fate="fenced",
                )  # fmt: skip
                self.store.put(found)
            return found

    def act(self, reference: str, *, agreed: bool) -> Deed:
        """The buyer acts on a charge that waits for it. Raises UnknownReference."""
        with self.store.writing():
            deed = self.store.of_reference(reference)
            if deed is None:
                raise UnknownReference(kind="reference", id=reference[:64])
            if deed.verdict == "action":
                deed = self._settled(deed, "succeeded" if agreed else "declined:refused_by_payer")
            return deed

    def settle(self) -> int:
        """Do what is due by now; how much that was."""
        due = self.store.due(self.now)
        for each in due:
            with self.store.writing():
                deed = self.store.deed(each.key)
                if deed and deed.due_at:
                    self._settled(deed, deed.outcome)
        return len(due)

    def _settled(self, deed: Deed, outcome: str) -> Deed:
        verdict, _, code = outcome.partition(":")
        done = msgspec.structs.replace(
            deed, verdict=verdict, due_at=None, settled_at=self.now, action=""
        )
        if verdict == "declined":
            done = rules.refused(done, code)
        self.store.put(done)
        self._finished(done)
        return done

    def _finished(self, deed: Deed) -> None:
        if deed.fate != "no_notice":
            self._tell(deed)
        if deed.verdict == "succeeded" and (rules.is_taken(deed) or deed.verb == "pay_out"):
            self._afterwards(deed)

    def _tell(self, deed: Deed) -> None:
        late = self.pace.later_ms * 3 if deed.fate == "notice_out_of_order" else 0
        body = {"kind": "answer", "key": deed.key} | said(deed)
        self._hook(deed.rail, body, late, copies=2 if deed.fate == "duplicate_notice" else 1)

    def _afterwards(self, deed: Deed) -> None:
        fault = deed.fate or faults.of_token(deed.token, deed.verb, begins=not deed.about)[0]
        if fault in ("dispute", "dispute_excess"):
            more = deed.moved // 10 + 1 if fault == "dispute_excess" else 0
            self.dispute(deed.reference, deed.moved + more, "fraudulent")
        elif fault == "return":
            self._began(deed, "returned", deed.moved, "account_closed")

    def dispute(self, reference: str, amount: int, reason: str) -> Dispute:
        """Open a chargeback over what was taken. Raises UnknownReference."""
        deed = self.store.of_reference(reference)
        if deed is None:
            raise UnknownReference(kind="reference", id=reference[:64])
        return self._began(deed, "dispute_opened", amount, reason)

    def close_dispute(self, reference: str, *, won: bool) -> Dispute:
        """Close a chargeback: won by the merchant, or lost. Raises UnknownReference."""
        for each in self.store.disputes():
            if each.reference == reference and each.state == "open":
                closed = msgspec.structs.replace(
                    each, state="won" if won else "lost", closed_at=self.now
                )
                self.store.put_dispute(closed)
                self._hook(each.rail, _began_body(closed, "dispute_closed", closed.state), 0)
                return closed
        raise UnknownReference(kind="dispute", id=reference[:64])

    def _began(self, deed: Deed, kind: str, amount: int, reason: str) -> Dispute:
        began = Dispute(
            reference=f"dsp_{secrets.token_hex(8)}", rail=deed.rail, root=deed.reference,
            key=deed.key, kind=kind, currency=deed.currency, amount=amount,
            state="open" if kind == "dispute_opened" else "done", at=self.now,
        )  # fmt: skip
        self.store.put_dispute(began)
        self._hook(deed.rail, _began_body(began, kind, reason), self.pace.later_ms)
        return began

    def _hook(self, rail: str, body: dict[str, Any], late_ms: int, *, copies: int = 1) -> None:
        event = f"evt_{secrets.token_hex(12)}"
        now = self.now
        content = msgspec.json.encode({"id": event, "at": now} | body)
        self.store.add_hook(event, rail, content, now + timedelta(milliseconds=late_ms), copies)

    def put_off(self, hook: Hook) -> None:
        """A webhook was not taken: try again later."""
        self.store.later(hook.event, self.now + _AGAIN[min(hook.attempts, len(_AGAIN) - 1)])

    def ledger(self) -> dict[str, Any]:
        """What it really did: every call, every dispute, and what looks like the same taken twice."""
        deeds = self.store.all()
        seen: dict[tuple[object, ...], list[str]] = {}
        for deed in deeds:
            if deed.verdict == "succeeded":
                what = (deed.rail, deed.verb, deed.subject, deed.tender, deed.amount, deed.about)
                seen.setdefault(what, []).append(deed.key)
        return {
            "deeds": deeds,
            "disputes": self.store.disputes(),
            "doubles": [keys for keys in seen.values() if len(keys) > 1],
            "hooks_unsent": self.store.unsent(),
        }

    def statement(self, rail: str, day: date) -> list[Line]:
        """What a rail settles for a day (UTC): what it took, gave back and keeps for itself."""
        return files.lines(rail, day, self.store.all(), self.store.disputes())

    def write_files(self) -> list[Path]:
        """Write the daily files of every day that is over and has none yet; which they are."""
        deeds = self.store.all()
        written = date.fromisoformat(self.store.setting(_WRITTEN, "1970-01-01"))
        days = {each.settled_at.date() for each in deeds if each.settled_at}
        over = sorted(day for day in days if written < day < self.now.date())
        found = [
            files.write(self.directory / "files", rail, day, self.statement(rail, day))
            for day in over
            for rail in files.RAILS
        ]
        if over:
            with self.store.writing():
                self.store.set(_WRITTEN, over[-1].isoformat())
        return found


def said(deed: Deed) -> dict[str, Any]:
    """What is said of a deed, in an answer and in a webhook."""
    amount = deed.moved if deed.verdict == "succeeded" else None
    return {
        "reference": deed.reference,
        "verdict": deed.verdict,
        "amount": amount,
        "currency": deed.currency,
        "code": deed.code,
    }


def _began_body(dispute: Dispute, kind: str, reason: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "key": dispute.key,
        "reference": dispute.root,
        "dispute": dispute.reference,
        "amount": dispute.amount,
        "currency": dispute.currency,
        "reason": reason,
    }
