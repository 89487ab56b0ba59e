"""The SQL of registered models."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A registered model, without its text and card."""

    id: UUID
    name: str
    kind: str
    sha256: str
    inputs: list[str]
    registered_at: datetime
    registered_by: str
    retired_at: datetime | None = None
    retired_by: str = ""
    retired_because: str = ""

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("mdl", self.id)


class ModelRow(msgspec.Struct, frozen=True):
    """A registered model with its text and card."""

    model: Model
    text: str
    card: dict[str, Any]


_NAMES = Model.__struct_fields__
_COLUMNS = ", ".join(_NAMES)


def add(tx: Tx, new: Model, text: str, card: dict[str, Any]) -> None:
    """Keep a model for good."""
    row = (tx.book, *msgspec.structs.astuple(new), text, card)
    tx.append("risk_model", ("book", *_NAMES, "text", "card"), [row])


def find(tx: Tx, id_: UUID) -> ModelRow | None:
    """One model with its text and card."""
    rows = tx.tuples(
        f"SELECT {_COLUMNS}, text, card FROM risk_model WHERE book = %(book)s AND id = %(id)s",
        id=id_,
    )
    if not rows:
        return None
    *fields, text, card = rows[0]
    return ModelRow(Model(**dict(zip(_NAMES, fields, strict=True))), text, card)


def by_digest(tx: Tx, sha256: str) -> Model | None:
    """The model of a text."""
    query = f"SELECT {_COLUMNS} FROM risk_model WHERE book = %(book)s AND sha256 = %(sha256)s"
    return tx.row(Model, query, sha256=sha256)


def models(tx: Tx, after: UUID | None, limit: int, actor: str) -> list[Model]:
    """Models, newest first."""
    return tx.rows(
        Model,
        f"""
        SELECT {_COLUMNS} FROM risk_model
        WHERE book = %(book)s AND (%(actor)s = '' OR registered_by = %(actor)s)
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        actor=actor,
        after=after,
        limit=limit,
    )


def retire(tx: Tx, id_: UUID, reason: str) -> int:
    """Write that a model is retired; how many were not yet."""
    return tx.count(
        """UPDATE risk_model
        SET retired_at = %(at)s, retired_by = %(actor)s, retired_because = %(reason)s
        WHERE book = %(book)s AND id = %(id)s AND retired_at IS NULL""",
        id=id_,
        at=tx.now,
        actor=tx.actor,
        reason=reason,
    )
