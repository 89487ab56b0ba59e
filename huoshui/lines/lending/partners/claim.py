"""A claim on a cover, from the loss to the recovery that is shared back. No I/O.

A cover owes what its contract says of the loss as it is known now. Until a claim is decided it follows
the loss; after that a recovery lessens it in the proportion in which it was accepted.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.errors import NotFound, Problem
from huoshui.core.machine import Machine, Move
from huoshui.lines.lending.funding.tables import LossPart

CLAIM = Machine(
    "cover_claim",
    "drafted",
    {
        "submit": Move(("drafted",), "submitted"),
        "accept": Move(("submitted",), "accepted"),
        "accept_part": Move(("submitted",), "part_accepted"),
        "refuse": Move(("submitted",), "refused"),
        "contest": Move(("refused",), "submitted"),
        "pay": Move(("accepted", "part_accepted"), "paid"),
        "recover": Move(
            ("paid", "accepted"), "recovering"
        ),  # more came in: what was paid is too much
        "give_back": Move(("recovering",), "paid"),
        "owe": Move(("paid", "recovering"), "accepted"),  # a recovery was undone
        "square": Move(("recovering", "accepted"), "paid"),
        "withdraw": Move(
            ("drafted", "submitted", "accepted", "part_accepted", "refused"), "withdrawn"
        ),
        "redraft": Move(("withdrawn",), "drafted"),  # the loss is there again
    },
)
# What a person asks for; the rest follows from the loan.
ASKED = ("submit", "accept", "refuse", "contest", "pay", "give_back")
_PARTS: tuple[LossPart, ...] = ("principal", "interest", "charges")


class UnknownCoverClaim(NotFound):
    """No such claim in this book."""

    code = "unknown_cover_claim"


class ClaimAmount(Problem):
    """More would be accepted than is claimed, or nothing; the problem names what is claimed."""

    code = "cover_claim_amount"
    status = 422


class CoverClaim(msgspec.Struct, frozen=True, kw_only=True):
    """What a cover is to bear of a loan's loss; amounts in minor units.

    `due` by component is what the contract says by now, `claimed` what it said when it was submitted;
    `granted` was accepted of that, `accepted` is what stands of it after recoveries, `paid` is net of
    what was given back.
    """

    id: UUID
    loan_id: UUID
    product: str
    party: str
    role: str
    currency: str
    state: str
    due_principal: int = 0
    due_interest: int = 0
    due_charges: int = 0
    claimed_principal: int = 0
    claimed_interest: int = 0
    claimed_charges: int = 0
    granted: int = 0
    accepted: int = 0
    paid: int = 0
    drafted_at: datetime
    submitted_at: datetime | None = None
    decided_at: datetime | None = None
    paid_at: datetime | None = None

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("clm", self.id)

    @property
    def due(self) -> int:
        """What the contract says by now."""
        return self.due_principal + self.due_interest + self.due_charges

    @property
    def claimed(self) -> int:
        """What was claimed."""
        return self.claimed_principal + self.claimed_interest + self.claimed_charges

    @property
    def outstanding(self) -> int:
        """What the cover still owes; below zero it is owed back."""
        return self.accepted - self.paid

    @property
    def granted_part(self) -> Fraction:
        """What part of its due the cover has accepted: all until it is decided."""
        if self.state == "refused":
            return Fraction(0)
        if self.state in ("drafted", "submitted", "withdrawn") or not self.claimed:
            return Fraction(1)
        return Fraction(self.granted, self.claimed)

    def covered(self) -> dict[LossPart, int]:
        """What was paid, by component: principal first."""
        found: dict[LossPart, int] = {}
        left = self.paid
        for name in _PARTS:
            found[name] = min(left, getattr(self, f"claimed_{name}"))
            left -= found[name]
        found["principal"] += left
        return found


class Step(msgspec.Struct, frozen=True):
    """A claim after a verb, and the entry to post: its template and an amount that may be below zero."""

    after: CoverClaim
    verb: str
    template: str = ""
    amount: int = 0


def _moved(before: CoverClaim, verb: str, **changes: object) -> CoverClaim:
    state = CLAIM.after(before.state, verb)
    return msgspec.structs.replace(before, state=state, **changes)


def submit(before: CoverClaim, at: datetime) -> Step:
    """Claim what is due. Raises IllegalMove."""
    claimed = {f"claimed_{name}": getattr(before, f"due_{name}") for name in _PARTS}
    return Step(_moved(before, "submit", submitted_at=at, **claimed), "submit")


def accept(before: CoverClaim, amount: int | None, at: datetime) -> Step:
    """The cover accepts an amount, all that is claimed if None. Raises IllegalMove, ClaimAmount."""
    granted = before.claimed if amount is None else amount
    verb = "accept" if granted == before.claimed else "accept_part"
    CLAIM.after(before.state, verb)
    if not 0 < granted <= before.claimed:
        raise ClaimAmount(amount=granted, claimed=before.claimed)
    after = _moved(before, verb, granted=granted, accepted=granted, decided_at=at)
    return Step(after, verb, "claim_accepted", granted)


def refuse(before: CoverClaim, at: datetime) -> Step:
    """The cover refuses it. Raises IllegalMove."""
    return Step(_moved(before, "refuse", decided_at=at), "refuse")


def contest(before: CoverClaim, at: datetime) -> Step:
    """It is put to the cover again, for what is due by now. Raises IllegalMove."""
    CLAIM.after(before.state, "contest")
    claimed = {f"claimed_{name}": getattr(before, f"due_{name}") for name in _PARTS}
    return Step(_moved(before, "contest", submitted_at=at, **claimed), "contest")


def pay(before: CoverClaim, at: datetime) -> Step:
    """The cover has paid what it owes. Raises IllegalMove."""
    amount = before.outstanding
    after = _moved(before, "pay", paid=before.accepted, paid_at=at)
    return Step(after, "pay", "claim_paid", amount)


def give_back(before: CoverClaim) -> Step:
    """The cover has got back its part of what was recovered. Raises IllegalMove."""
    amount = before.outstanding
    after = _moved(before, "give_back", paid=before.accepted)
    return Step(after, "give_back", "claim_paid", amount)


def follow(before: CoverClaim, due: dict[LossPart, int]) -> Step | None:
    """The claim once the loss or what was recovered of it is known anew; None where nothing changes."""
    told = {f"due_{name}": due.get(name, 0) for name in _PARTS}
    if all(getattr(before, name) == amount for name, amount in told.items()):
        return None
    now = msgspec.structs.replace(before, **told)
    if now.state in ("drafted", "submitted"):
        if not now.due:
            return Step(_moved(now, "withdraw"), "withdraw")
        claimed = {f"claimed_{n}": told[f"due_{n}"] for n in _PARTS} if now.claimed else {}
        return Step(msgspec.structs.replace(now, **claimed), "follow")
    if now.state == "withdrawn":
        nothing = {f"claimed_{name}": 0 for name in _PARTS}
        return Step(_moved(now, "redraft", granted=0, **nothing), "redraft") if now.due else None
    if now.state == "refused":
        verb = "follow" if now.due else "withdraw"
        return Step(now if now.due else _moved(now, "withdraw"), verb)
    return _lessened(now)


def _lessened(now: CoverClaim) -> Step:
    """A decided claim: what stands of it goes with what is due, up to what was accepted."""
    stands = min(now.granted, now.due * now.granted // now.claimed)
    amount = stands - now.accepted
    after = msgspec.structs.replace(now, accepted=stands)
    verb = _verb_of(after)
    moved = _moved(after, verb) if verb else after
    return Step(moved, verb or "follow", "claim_accepted", amount)


def _verb_of(after: CoverClaim) -> str:
    """The move that its amounts ask for, or none."""
    decided = after.state in ("accepted", "part_accepted")
    if not after.paid and decided:
        return "" if after.accepted else "withdraw"
    if after.outstanding > 0:
        return "" if decided else "owe"
    if after.outstanding < 0:
        return "" if after.state == "recovering" else "recover"
    return "" if after.state == "paid" else "square"
