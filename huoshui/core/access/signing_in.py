"""Signing in: attempts and their delay, one-time and recovery codes, sessions that can be ended.

Where `now` is asked for it is real time: who signs in to a world has a clock of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from huoshui.core import crypto, ids
from huoshui.core.access import members
from huoshui.core.access.members import Member, Standing
from huoshui.core.access.model import WrongKey
from huoshui.core.access.passwords import recovery_digest, step_of
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound, Problem

SESSION_HOURS = 12
DELAY_MAX_S = 900
FORGET_HOURS = 24
Means = Literal["password", "totp", "recovery", "passkey", "invitation"]


# By these a member has shown more than a password.
SECOND_FACTORS = ("totp", "recovery", "passkey")


class LastFactor(Problem):
    """A member's only second factor is not removed: make another one first."""

    code = "last_factor"
    status = 409


class WrongSignIn(Problem):
    """The address, the password or the code is wrong: nobody is told which."""

    code = "wrong_sign_in"
    status = 401


class TooManyAttempts(Problem):
    """Too many failures of a member or from an address; the problem says how long to wait."""

    code = "too_many_attempts"
    status = 429


class Limit(msgspec.Struct, frozen=True):
    """Whose failures are counted, by a digest, and how many are free before the delay grows."""

    subject: bytes
    free: int


class Opened(msgspec.Struct, frozen=True):
    """A session of a member."""

    id: UUID
    member_id: UUID
    means: Means
    agent: str
    begun_at: datetime
    until: datetime
    ended_at: datetime | None


def limits_of(email: str, address: str) -> tuple[Limit, ...]:
    """A member has three free failures, an address twenty: many may sit behind one."""
    return (
        Limit(crypto.sha256(f"member/{email.strip().lower()}".encode()), 3),
        Limit(crypto.sha256(f"address/{address}".encode()), 20),
    )


class Tally(msgspec.Struct, frozen=True):
    """The failures of a subject; until `free_at` nobody is let in."""

    failures: int
    last_at: datetime
    free_at: datetime


def attempt(tx: Tx, limits: Sequence[Limit], now: datetime) -> TooManyAttempts | None:
    """Count an attempt before it is looked at, so that those that come at once are all counted.

    It counts as a failure until `succeeded`. What comes within a wait is refused, whatever it
    brings, and does not make it longer. A refusal is returned: commit, then raise it.
    """
    for limit in sorted(limits, key=lambda each: each.subject):
        tx.run(
            """INSERT INTO sign_in_failure (book, subject, failures, last_at, free_at)
            VALUES (%(book)s, %(subject)s, 0, %(now)s, %(now)s) ON CONFLICT DO NOTHING""",
            subject=limit.subject,
            now=now,
        )
        before = tx.row(
            Tally,
            """SELECT failures, last_at, free_at FROM sign_in_failure
            WHERE book = %(book)s AND subject = %(subject)s FOR UPDATE""",
            subject=limit.subject,
        )
        assert before is not None, "it was just made, and is locked"
        if before.free_at > now:
            return TooManyAttempts(retry_after_s=int((before.free_at - now).total_seconds()) + 1)
        after = counted(before, limit.free, now)
        tx.run(
            """UPDATE sign_in_failure SET failures = %(failures)s, last_at = %(last)s,
            free_at = %(until)s WHERE book = %(book)s AND subject = %(subject)s""",
            subject=limit.subject,
            failures=after.failures,
            last=after.last_at,
            until=after.free_at,
        )
    return None


def counted(before: Tally, free: int, now: datetime) -> Tally:
    """One failure more: after the free ones the wait doubles from a second to a quarter of an hour.

    A day without any forgets them.
    """
    forgotten = now - before.last_at > timedelta(hours=FORGET_HOURS)
    failures = 1 if forgotten else before.failures + 1
    over = min(failures - free, 20)
    wait_s = min(2 ** (over - 1), DELAY_MAX_S) if over > 0 else 0
    return Tally(failures, now, now + timedelta(seconds=wait_s))


def succeeded(tx: Tx, limits: Sequence[Limit]) -> None:
    """Forget the failures of these."""
    tx.run(
        "DELETE FROM sign_in_failure WHERE book = %(book)s AND subject = ANY(%(subjects)s)",
        subjects=[limit.subject for limit in limits],
    )


def use_code(tx: Tx, found: Member, secret: str | None, code: str, now: datetime) -> Means | None:
    """A one-time code of this half minute, or a recovery code; each is good once, then never.

    `now` is real time, as the member's device has it.
    """
    step = step_of(secret, code, now) if secret else None
    if step is not None:
        fresh = tx.count(
            """UPDATE member SET totp_step = %(step)s
            WHERE book = %(book)s AND id = %(id)s AND totp_step < %(step)s""",
            id=found.id,
            step=step,
        )
        return "totp" if fresh else None
    used = tx.count(
        """UPDATE recovery_code SET used_at = %(at)s WHERE book = %(book)s
        AND member_id = %(id)s AND digest = %(digest)s AND used_at IS NULL""",
        id=found.id,
        digest=recovery_digest(code),
        at=tx.now,
    )
    if used:
        tx.emit("member.recovery_code_used", found.shown)
    return "recovery" if used else None


def set_totp(tx: Tx, member_id: UUID, sealed: bytes | None, step: int, codes: list[str]) -> None:
    """Turn one-time codes on with a proved secret and fresh recovery codes; off without one."""
    tx.run(
        """UPDATE member SET totp_secret = %(sealed)s, totp_step = greatest(totp_step, %(step)s)
        WHERE book = %(book)s AND id = %(id)s""",
        id=member_id,
        sealed=sealed,
        step=step,
    )
    set_recovery_codes(tx, member_id, codes)
    tx.emit("member.totp_on" if sealed else "member.totp_off", ids.show("mbr", member_id))


def set_recovery_codes(tx: Tx, member_id: UUID, codes: list[str]) -> None:
    """Replace a member's recovery codes; only their digests are kept."""
    tx.run("DELETE FROM recovery_code WHERE book = %(book)s AND member_id = %(id)s", id=member_id)
    tx.append(
        "recovery_code",
        ("book", "member_id", "digest"),
        [(tx.book, member_id, recovery_digest(code)) for code in codes],
    )


def recovery_codes_left(tx: Tx, member_id: UUID) -> int:
    """How many recovery codes a member has not used."""
    return int(
        tx.value(
            """SELECT count(*) FROM recovery_code
            WHERE book = %(book)s AND member_id = %(id)s AND used_at IS NULL""",
            id=member_id,
        )
    )


def begin_session(tx: Tx, member_id: UUID, means: Means, agent: str, now: datetime) -> Opened:
    """Sign a member in, for some hours of real time."""
    id_ = tx.id("ssn", crypto.token())
    until = now + timedelta(hours=SESSION_HOURS)
    tx.append(
        "console_session",
        ("book", "id", "member_id", "means", "agent", "begun_at", "until"),
        [(tx.book, id_, member_id, means, agent[:200], now, until)],
    )
    tx.emit("member.signed_in", ids.show("mbr", member_id), means=means)
    return Opened(id_, member_id, means, agent[:200], now, until, None)


def end_session(tx: Tx, member_id: UUID, session_id: UUID) -> None:
    """End a session of this member at once. Raises NotFound."""
    done = tx.count(
        """UPDATE console_session SET ended_at = coalesce(ended_at, %(at)s)
        WHERE book = %(book)s AND id = %(id)s AND member_id = %(member)s""",
        id=session_id,
        member=member_id,
        at=tx.now,
    )
    if not done:
        raise NotFound(kind="session", id=ids.show("ssn", session_id))


def sessions(tx: Tx, member_id: UUID, now: datetime) -> list[Opened]:
    """A member's sessions that run, newest first."""
    return tx.rows(
        Opened,
        """SELECT id, member_id, means, agent, begun_at, until, ended_at FROM console_session
        WHERE book = %(book)s AND member_id = %(id)s AND ended_at IS NULL AND until > %(now)s
        ORDER BY id DESC""",
        id=member_id,
        now=now,
    )


def promote(tx: Tx, session_id: UUID, means: Means) -> None:
    """A session whose member has just made a second factor is as good as one that used it."""
    tx.run(
        "UPDATE console_session SET means = %(means)s WHERE book = %(book)s AND id = %(id)s",
        id=session_id,
        means=means,
    )


def who_is_in(tx: Tx, session_id: UUID, now: datetime) -> tuple[Standing, bool]:
    """Whose session it is and what they may do, and whether a second factor was shown for it.

    Raises WrongKey once it is over.
    """
    found = tx.tuples(
        """SELECT s.member_id, s.means FROM console_session s
        JOIN member m ON m.book = s.book AND m.id = s.member_id
        WHERE s.book = %(book)s AND s.id = %(id)s AND s.ended_at IS NULL AND s.until > %(now)s
          AND m.removed_at IS NULL""",
        id=session_id,
        now=now,
    )
    if not found:
        raise WrongKey()
    [(owner, means)] = found
    return members.standing(tx, members.member(tx, owner)), means in SECOND_FACTORS
