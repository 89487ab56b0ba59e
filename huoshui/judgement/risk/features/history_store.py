"""The batch over a history: the same features of many moments, from raw activities, as each could see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.judgement.risk.features.cells_store import SUBJECT, Cells, attributes_of, raw
from huoshui.judgement.risk.features.model import Feature, FeatureSet, Value
from huoshui.judgement.risk.features.read_store import came_to, padded

# Seen is what the snapshot saw, and of the reader's own transaction what it had told by then. Of a moment
# for which nobody kept a snapshot it is what was told by then.
_SEEN = """CASE WHEN q.snapshot IS NULL THEN a.recorded_at <= q.as_of
    WHEN a.xid = q.own THEN a.seq <= q.seq
    ELSE pg_visible_in_snapshot(a.xid, q.snapshot) END"""


class Moment(msgspec.Struct, frozen=True):
    """Of whom, when, and what could be seen then: empty for what was told by then."""

    refs: Mapping[str, str]
    as_of: datetime
    seen: str = ""


class History:
    """The batch statement of a set."""

    def __init__(self, chosen: FeatureSet) -> None:
        self.features = chosen.read
        self.entities = sorted({f.entity for f in self.features})
        self.cells = Cells()
        self.order: list[Feature] = []
        joins, told = [], []
        for entity in self.entities:
            for looks_back in (True, False):
                of = [
                    f
                    for f in self.features
                    if f.entity == entity and (f.window is not None) == looks_back
                ]
                if of:
                    name = f"h_{entity}_{'w' if looks_back else 'e'}"
                    joins.append(self._join(name, entity, of))
                    told.append(f"{name}.told")
                    self.order += of
        self.text = f"""SELECT {" || ".join(told) or "ARRAY[]::text[]"}
            FROM unnest({", ".join(f"%(q_{n})s" for n in (*self.entities, *_ASKED))}
                , %(q_snapshot)s::pg_snapshot[], %(q_own)s::xid8[])
                WITH ORDINALITY AS q({", ".join(f'"{n}"' for n in (*self.entities, *_ASKED))},
                    snapshot, own, no)
            {" ".join(joins)} ORDER BY q.no"""
        self.weights = [w for days in self.cells.weights for w in padded(days)]

    def _join(self, name: str, entity: str, of: Sequence[Feature]) -> str:
        today = "(q.as_of AT TIME ZONE 'UTC')::date"
        values = [self.cells.value(f, _within(f), today) for f in of]
        longest = max((f.window for f in of if f.window), default=None)
        bound = f"AND a.occurred_at > q.as_of - {_interval(longest)}" if longest else ""
        return f"""CROSS JOIN LATERAL (SELECT ARRAY[{", ".join(values)}] AS told FROM (
            SELECT {raw(attributes_of(of))} FROM activity AS a
            WHERE a.book = %(book)s AND a.{SUBJECT[entity]} = q."{entity}"
              AND a.occurred_at <= q.as_of {bound} AND {_SEEN} OFFSET 0) AS r) AS {name}"""

    def ask(self, tx: Tx, moments: Sequence[Moment], currency: str) -> list[dict[str, Value]]:
        """The values of each moment, before ratios."""
        seen = [parted(each.seen) for each in moments]
        params: dict[str, Any] = {
            f"q_{e}": columns.texts([m.refs.get(e) for m in moments]) for e in self.entities
        }
        rows = tx.tuples(
            self.text, **self.cells.params, **params, currency=currency,
            weights=columns.bigints(self.weights),
            q_as_of=columns.times([m.as_of for m in moments]),
            q_seq=columns.bigints([seq for _, _, seq in seen]),
            q_snapshot=columns.texts([snapshot for snapshot, _, _ in seen]),
            q_own=columns.texts([own for _, own, _ in seen]),
        )  # fmt: skip
        return [
            {
                f.name: came_to(f, [told], m.as_of) if f.entity in m.refs else None
                for f, told in zip(self.order, row, strict=True)
            }
            for m, (row,) in zip(moments, rows, strict=True)
        ]


_ASKED = ("as_of", "seq")


def _interval(length: Any) -> str:
    return f"interval '{int(length.total_seconds())} seconds'"


def _within(feature: Feature) -> str:
    if feature.window is None:
        return "true"
    return f"r.occurred_at > q.as_of - {_interval(feature.window)}"


def parted(text: str) -> tuple[str | None, str | None, int | None]:
    """The snapshot, the reader's own transaction and the number of the last activity that `seen` names."""
    if not text:
        return None, None, None
    snapshot, own, seq = text.rsplit("/", 2)
    return snapshot, own if own != "0" else None, int(seq)


def behind(tx: Tx, feature: Feature, moment: Moment, currency: str, limit: int) -> list[UUID]:
    """The activities behind a value, the latest first, at most `limit`."""
    ref = moment.refs.get(feature.entity)
    cells = Cells()
    snapshot, own, seq = parted(moment.seen)
    query = f"""SELECT r.id FROM (SELECT %(as_of)s::timestamptz AS as_of,
            %(snapshot)s::pg_snapshot AS snapshot, %(own)s::xid8 AS own, %(seq)s::bigint AS seq) AS q
        CROSS JOIN LATERAL (SELECT {raw(attributes_of([feature]))} FROM activity AS a
            WHERE a.book = %(book)s AND a.{SUBJECT[feature.entity]} = %(ref)s
              AND a.occurred_at <= q.as_of AND {_SEEN} OFFSET 0) AS r
        WHERE {cells.counts(feature)} AND {_within(feature)}
        ORDER BY r.occurred_at {"ASC" if feature.aggregate == "days_since_first" else "DESC"}, r.seq DESC
        LIMIT %(limit)s"""
    rows = tx.tuples(
        query, **cells.params, as_of=moment.as_of, snapshot=snapshot, own=own, seq=seq, ref=ref,
        currency=currency, limit=1 if feature.window is None else limit,
    )  # fmt: skip
    return [id_ for (id_,) in rows]


def behind_links(tx: Tx, party: str, moment: Moment, limit: int) -> list[UUID]:
    """The activities in which a party used what links it to others, the latest first."""
    snapshot, own, seq = parted(moment.seen)
    rows = tx.tuples(
        f"""SELECT a.id FROM (SELECT %(as_of)s::timestamptz AS as_of,
            %(snapshot)s::pg_snapshot AS snapshot, %(own)s::xid8 AS own, %(seq)s::bigint AS seq) AS q
        CROSS JOIN activity AS a
        WHERE a.book = %(book)s AND (a.buyer = %(party)s OR a.merchant = %(party)s)
          AND coalesce(a.buyer, a.merchant) = %(party)s
          AND coalesce(a.device, a.ip, a.card, a.address, a.phone) IS NOT NULL
          AND a.occurred_at <= q.as_of AND {_SEEN}
        ORDER BY a.occurred_at DESC, a.seq DESC LIMIT %(limit)s""",
        as_of=moment.as_of, snapshot=snapshot, own=own, seq=seq, party=party, limit=limit,
    )  # fmt: skip
    return [id_ for (id_,) in rows]
