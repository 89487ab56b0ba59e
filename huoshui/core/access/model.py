"""What access is made of: scopes, kinds of organisation, roles, who acts, and whose rows it sees."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from huoshui.core.errors import Problem

SCOPES = {
    "facts:read": "read sellers, buyers, products, orders",
    "facts:write": "ingest and correct facts",
    "payments:read": "read escrows, refunds and payouts",
    "payments:write": "confirm, cancel and refund orders",
    "settlement:write": "close settlement windows, draft payouts, import and match files",
    "settlement:approve": "approve payouts and write-offs, change the terms of settlement",
    "devices:read": "read devices, mandates, offline programmes, vouchers and device events",
    "devices:write": "enrol, certify and stop devices; open offline programmes; resolve disputes",
    "mandates:write": "propose, consent to and revoke mandates; allow or refuse a device's debit",
    "vouchers:write": "deposit offline vouchers and send device events",
    "factoring:read": "read receivables, their quotes and assignments",
    "factoring:write": "register receivables, offer, advance and follow assignments",
    "facilities:read": "read facilities, their limits, freezes, appeals and reservations",
    "facilities:write": "open facilities, change and freeze their limits, decide on appeals",
    "facilities:draw": "reserve, draw, release and restore under facilities",
    "facilities:appeal": "appeal against a freeze",
    "loans:read": "read loans, their schedules, events and entries",
    "loans:apply": "apply for loans, consent to offers and withdraw",
    "loans:service": "draw down, repay, reverse and reshape loans",
    "ledger:read": "read accounts, transactions, trial balance",
    "ledger:write": "open accounts, post and reverse transactions, hold and capture",
    "ledger:close": "close periods; close, reopen and bound accounts",
    "decisions:read": "read decisions, rule sets, policies and lists",
    "decisions:write": "ask for decisions",
    "models:train": "train models on own files, score by them, delete them",
    "risk:write": "propose rule sets and policies, write lists",
    "risk:approve": "publish and retire rule sets and policies that another person proposed",
    "products:read": "read products, their versions, and quote them",
    "products:write": "publish, offer and withdraw products",
    "events:read": "read events",
    "replays:read": "read replays and their reports",
    "clock:write": "advance the clock of a world that is not live",
    "webhooks:read": "read webhook endpoints, deliveries and their attempts",
    "webhooks:write": "make, change and remove webhook endpoints; test and resend",
    "keys:write": "make, list and revoke keys",
    "parties:read": "read organisations, their members and what they were granted",
    "parties:write": "open and end organisations, invite and remove members, grant rows",
    "requests:read": "read the log of requests",
    "console": "sign in to the console",
}

Kind = Literal["marketplace", "seller", "buyer", "partner"]

_READS = frozenset(scope for scope in SCOPES if scope.endswith(":read"))
_STAFF = _READS - {"parties:read", "requests:read"} | {"console"}
# What each role may do, by the kind of its organisation. The first of a kind is its widest, and
# the most that a key of such an organisation can be given.
ROLES: dict[Kind, dict[str, frozenset[str]]] = {
    "marketplace": {
        "owner": frozenset(SCOPES),
        "operations": _STAFF
        | {
            "facts:write",
            "payments:write",
            "settlement:write",
            "clock:write",
            "devices:write",
            "factoring:write",
            "facilities:draw",
            "loans:apply",
            "loans:service",
            "decisions:write",
        },
        "risk": _STAFF
        | {
            "payments:write",
            "devices:write",
            "products:write",
            "decisions:write",
            "models:train",
            "risk:write",
            "risk:approve",
            "requests:read",
            "facilities:write",
            "loans:service",
        },
        "compliance": _STAFF
        | {"settlement:approve", "ledger:close", "parties:read", "requests:read"},
        "viewer": _STAFF,
    },
    "seller": {
        "owner": frozenset(
            {
                "facts:read",
                "payments:read",
                "ledger:read",
                "devices:read",
                "factoring:read",
                "vouchers:write",
                "facilities:read",
                "facilities:appeal",
                "loans:read",
                "loans:apply",
                "models:train",
                "keys:write",
                "console",
            }
        ),
        "viewer": frozenset(
            {
                "facts:read",
                "payments:read",
                "ledger:read",
                "devices:read",
                "factoring:read",
                "facilities:read",
                "loans:read",
                "console",
            }
        ),
    },
    "buyer": {
        "buyer": frozenset(
            {
                "facts:read",
                "payments:read",
                "devices:read",
                "mandates:write",
                "facilities:read",
                "facilities:appeal",
                "loans:read",
                "loans:apply",
                "keys:write",
                "console",
            }
        ),
    },
    "partner": {
        "regulator": frozenset(
            {
                "facts:read",
                "payments:read",
                "ledger:read",
                "events:read",
                "loans:read",
                "keys:write",
                "console",
            }
        ),
        "reader": frozenset(
            {"facts:read", "payments:read", "ledger:read", "loans:read", "keys:write", "console"}
        ),
    },
}


class WrongKey(Problem):
    """No key, a malformed one, or one that is unknown or revoked: nobody is told which."""

    code = "wrong_key"
    status = 401


class OutOfScope(Problem):
    """The key lacks a scope; the problem names it."""

    code = "out_of_scope"
    status = 403


class OutOfBounds(Problem):
    """It concerns the whole book, and the caller sees only its own rows."""

    code = "out_of_bounds"
    status = 403


class UnknownScope(Problem):
    """Not a scope that exists; the problem lists those that do."""

    code = "unknown_scope"
    status = 422


class UnknownRole(Problem):
    """Not a role of that kind of organisation; the problem lists those that are."""

    code = "unknown_role"
    status = 422


class Bound(msgspec.Struct, frozen=True):
    """Whose rows a caller sees: the whole book, or those of some sellers and some buyers."""

    whole: bool = False
    sellers: frozenset[UUID] = frozenset()
    buyers: frozenset[UUID] = frozenset()

    def covers(self, *, sellers: Iterable[UUID] = (), buyers: Iterable[UUID] = ()) -> bool:
        """Whether a row that belongs to any of these is among them."""
        return (
            self.whole or not self.sellers.isdisjoint(sellers) or not self.buyers.isdisjoint(buyers)
        )

    @property
    def seller_ids(self) -> list[UUID] | None:
        """The sellers for a query, in order; None where all are seen."""
        return None if self.whole else sorted(self.sellers)


WHOLE = Bound(whole=True)


class Actor(msgspec.Struct, frozen=True):
    """Who acts: a key's id, its world, its book, its organisation, its scopes and its bound."""

    key_id: UUID
    name: str
    world: str
    book: int
    scopes: frozenset[str]
    kind: Kind = "marketplace"
    organisation_id: UUID | None = None
    bound: Bound = WHOLE

    def need(self, scope: str) -> None:
        """Raises OutOfScope unless the key has the scope."""
        if scope not in self.scopes:
            raise OutOfScope(scope=scope)


class Key(msgspec.Struct, frozen=True):
    """A key as listed: never its secret. Without an organisation it is the marketplace's."""

    id: UUID
    name: str
    hint: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None
    organisation_id: UUID | None = None


class Book(msgspec.Struct, frozen=True):
    """One marketplace's books."""

    book: int
    slug: str
    name: str
    currency: str
    time_zone: str
    generated: bool


class Organisation(msgspec.Struct, frozen=True):
    """A seller, a buyer or a partner of the marketplace, with the most that it may do."""

    id: UUID
    kind: Kind
    name: str
    role: str
    object_id: UUID | None
    created_at: datetime
    ended_at: datetime | None


class Grant(msgspec.Struct, frozen=True):
    """Rows that a partner was granted: of one seller, or of the whole book without one."""

    id: UUID
    organisation_id: UUID
    seller_id: UUID | None
    granted_at: datetime
    revoked_at: datetime | None


def widest(kind: Kind) -> str:
    """The role of a kind that may do most."""
    return next(iter(ROLES[kind]))


def role_scopes(kind: Kind, role: str) -> frozenset[str]:
    """What a role may do. Raises UnknownRole."""
    found = ROLES.get(kind, {}).get(role)
    if found is None:
        raise UnknownRole(role=role[:40], known=", ".join(ROLES.get(kind, {})))
    return found


def bound_of(kind: Kind, object_id: UUID | None, granted: Collection[UUID | None] = ()) -> Bound:
    """The rows of an organisation: of the seller or buyer that it is, or what it was granted."""
    own = frozenset() if object_id is None else frozenset({object_id})
    match kind:
        case "marketplace":
            return WHOLE
        case "seller":
            return Bound(sellers=own)
        case "buyer":
            return Bound(buyers=own)
    return Bound(None in granted, frozenset(seller for seller in granted if seller is not None))
