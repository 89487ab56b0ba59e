"""The SQL of suspects: the traffic that a search reads, and what it found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.judgement.risk.suspects.model import Search, Suspect

_SUSPECT = ", ".join(Suspect.__struct_fields__)
_SEARCH = ", ".join(Search.__struct_fields__)
_KEPT = ("id", "kind", "state", "members", "centibits", "signs", "held", "first_at", "last_at", "times",
         "decided_at", "decided_by", "reason", "decisions")  # fmt: skip
_JSON = ("signs", "held")


class Placed(msgspec.Struct, frozen=True):
    """An order as it was placed."""

    order_: str
    merchant: str
    buyer: str
    at: datetime


class Outcome(msgspec.Struct, frozen=True):
    """What became of a delivered order; grams and minutes, None where nobody said."""

    order_: str
    kept: bool
    weight_g: int | None
    declared_g: int | None
    reviewed_min: int | None


def accounts(
    tx: Tx, since: datetime, buyers: Sequence[str] | None = None
) -> list[tuple[str, datetime]]:
    """Buyers that did something since then, with the time of their opening, or of their first act; these
    buyers, or all.
    """
    return tx.tuples(
        """SELECT buyer, coalesce(min(occurred_at) FILTER (WHERE kind = 'account.opened'), min(occurred_at))
        FROM activity WHERE book = %(book)s AND buyer IS NOT NULL
            AND (%(buyers)s::text[] IS NULL OR buyer = ANY(%(buyers)s))
        GROUP BY buyer HAVING max(occurred_at) >= %(since)s ORDER BY buyer""",
        since=since,
        buyers=None if buyers is None else list(buyers),
    )


def promoted(tx: Tx, since: datetime) -> set[str]:
    """Orders on which a promotion was used since then."""
    rows = tx.tuples(
        """SELECT DISTINCT order_ FROM activity
        WHERE book = %(book)s AND kind = 'promotion.used' AND occurred_at >= %(since)s
            AND order_ IS NOT NULL""",
        since=since,
    )
    return {order for (order,) in rows}


def placed(tx: Tx, since: datetime, merchant: str = "") -> list[Placed]:
    """Orders placed since then, in the order told; of one merchant, or all."""
    return tx.rows(
        Placed,
        """SELECT order_, merchant, buyer, occurred_at AS at FROM activity
        WHERE book = %(book)s AND kind = 'order.placed' AND occurred_at >= %(since)s
            AND buyer IS NOT NULL AND merchant IS NOT NULL
            AND (%(merchant)s = '' OR merchant = %(merchant)s)
        ORDER BY seq""",
        since=since,
        merchant=merchant,
    )


def outcomes(tx: Tx, since: datetime, orders: Sequence[str] | None = None) -> list[Outcome]:
    """What became of orders that were delivered: parcel, review, money back past the marketplace; of
    these orders, or all.
    """
    return tx.rows(
        Outcome,
        """SELECT order_, coalesce(bool_or((attributes ->> 'offline')::boolean), false) AS kept,
            min((attributes ->> 'weight_g')::integer) AS weight_g,
            min((attributes ->> 'declared_g')::integer) AS declared_g,
            min((attributes ->> 'minutes_after_delivery')::integer) AS reviewed_min
        FROM activity
        WHERE book = %(book)s AND order_ IS NOT NULL AND occurred_at >= %(since)s
            AND kind IN ('order.delivered', 'refund.made', 'parcel.weighed', 'review.written')
            AND (%(orders)s::text[] IS NULL OR order_ = ANY(%(orders)s))
        GROUP BY order_ HAVING bool_or(kind = 'order.delivered')""",
        since=since,
        orders=None if orders is None else list(orders),
    )


class Told(msgspec.Struct, frozen=True):
    """An act of an account that a take-over might be."""

    buyer: str
    kind: str
    at: datetime
    device: str | None
    amount: int | None
    success: bool | None
    new_address: bool | None


def acts(tx: Tx, since: datetime, buyer: str = "") -> list[Told]:
    """Sign-ins, changed credentials, new addresses and orders since then; of one account, or all."""
    return tx.rows(
        Told,
        """SELECT buyer, kind, occurred_at AS at, device, amount,
            (attributes ->> 'success')::boolean AS success,
            (attributes ->> 'new_address')::boolean AS new_address
        FROM activity
        WHERE book = %(book)s AND occurred_at >= %(since)s AND buyer IS NOT NULL
            AND (%(buyer)s = '' OR buyer = %(buyer)s)
            AND kind IN ('sign_in', 'password_changed', 'contact_changed', 'address.added', 'order.placed')
        ORDER BY occurred_at, seq""",
        since=since,
        buyer=buyer,
    )


def one_search_at_a_time(tx: Tx) -> None:
    """Let a search that runs end before the next begins."""
    tx.run("SELECT pg_advisory_xact_lock(%(book)s, hashtext('suspects'))")


def every(tx: Tx) -> list[Suspect]:
    """All suspects, locked, the oldest first."""
    return _rows(tx, f"SELECT {_SUSPECT} FROM suspect WHERE book = %(book)s ORDER BY id FOR UPDATE")


def suspect(tx: Tx, id_: UUID, *, lock: bool = False) -> Suspect | None:
    """One suspect, or None."""
    query = f"SELECT {_SUSPECT} FROM suspect WHERE book = %(book)s AND id = %(id)s"
    found = _rows(tx, query + (" FOR UPDATE" if lock else ""), id=id_)
    return found[0] if found else None


def _rows(tx: Tx, query: LiteralString, **params: Any) -> list[Suspect]:
    return [msgspec.convert(dict(zip(Suspect.__struct_fields__, row, strict=True)), Suspect)
            for row in tx.tuples(query, **params)]  # fmt: skip


def add(tx: Tx, row: Suspect) -> None:
    """A suspect seen for the first time."""
    tx.append("suspect", ("book", *_KEPT), [(tx.book, *_values(row))])


def save(tx: Tx, row: Suspect) -> None:
    """A suspect as it is now."""
    changed = ("state", "members", "centibits", "signs", "held", "last_at", "times", "decided_at",
               "decided_by", "reason", "decisions")  # fmt: skip
    values = dict(zip(_KEPT, _values(row), strict=True))
    values |= {name: msgspec.json.encode(values[name]).decode() for name in _JSON}
    sets = ", ".join(f"{name} = %({name})s{'::jsonb' if name in _JSON else ''}" for name in changed)
    tx.run(
        f"UPDATE suspect SET {sets} WHERE book = %(book)s AND id = %(id)s",
        id=row.id, **{name: values[name] for name in changed},
    )  # fmt: skip


def _values(row: Suspect) -> tuple[object, ...]:
    values = {name: getattr(row, name) for name in _KEPT}
    values["signs"], values["held"] = msgspec.to_builtins(row.signs), row.held
    return tuple(values.values())


def page(
    tx: Tx, *, kind: str = "", state: str = "", member: str = "", after: UUID | None = None,
    limit: int = 50,
) -> list[Suspect]:  # fmt: skip
    """Suspects, the newest first; of a kind, in a state, with a member."""
    return _rows(
        tx,
        f"""SELECT {_SUSPECT} FROM suspect
        WHERE book = %(book)s AND (%(kind)s = '' OR kind = %(kind)s)
            AND (%(state)s = '' OR state = %(state)s)
            AND (%(member)s = '' OR members @> ARRAY[%(member)s])
            AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s""",
        kind=kind, state=state, member=member, after=after, limit=limit,
    )  # fmt: skip


def add_search(tx: Tx, row: Search) -> None:
    """A search that is done."""
    names = Search.__struct_fields__
    tx.append("suspect_search", ("book", *names), [(tx.book, *msgspec.structs.astuple(row))])


def last_search(tx: Tx) -> Search | None:
    """The last search, or None."""
    return tx.row(
        Search,
        f"SELECT {_SEARCH} FROM suspect_search WHERE book = %(book)s ORDER BY id DESC LIMIT 1",
    )
