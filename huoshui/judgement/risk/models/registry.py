"""The registry: a model is kept for good, found by its id or its hash, and can be retired.

What is registered never changes: the event that says so, with the hash, is a leaf of the tamper log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound, Problem
from huoshui.judgement.risk.models import serving, store
from huoshui.judgement.risk.models.store import Model, ModelRow

TEXT_MOST = 8_000_000  # characters
_NAME_MOST = 80


class UnknownModel(NotFound):
    """No such model in this book."""

    code = "unknown_model"


class ModelTooLarge(Problem):
    """The text of a model is longer than what is kept."""

    code = "model_too_large"
    status = 422


class ModelRetired(Problem):
    """The model is retired already, or was: it decides nothing any more."""

    code = "model_retired"
    status = 409


def register(tx: Tx, text: str, card: Mapping[str, Any]) -> Model:
    """Keep a model with its card (which may give it a `name`); the same text is the same model.

    The text is served once, so that what cannot be served is not registered. Raises ModelUnreadable,
    ModelTooLarge, LibraryAbsent.
    """
    if len(text) > TEXT_MOST:
        raise ModelTooLarge(most=TEXT_MOST)
    sha256 = serving.digest(text)
    scorer = serving.load(text, sha256)
    known = store.by_digest(tx, sha256)
    if known is not None:
        return known
    kind = serving.kind_of(text)
    new = Model(
        id=tx.id("mdl", sha256), name=str(card.get("name") or kind)[:_NAME_MOST], kind=kind,
        sha256=sha256, inputs=list(scorer.inputs), registered_at=tx.now, registered_by=tx.actor,
    )  # fmt: skip
    store.add(tx, new, text, dict(card))
    tx.emit("model.registered", new.shown, name=new.name, form=kind, sha256=sha256)
    return new


def find(tx: Tx, id_: UUID) -> ModelRow:
    """A model with its text and card. Raises UnknownModel."""
    found = store.find(tx, id_)
    if found is None:
        raise UnknownModel(kind="model", id=ids.show("mdl", id_))
    return found


def scorer(tx: Tx, id_: UUID) -> serving.Scorer:
    """What scores by a registered model. Raises UnknownModel, ModelAltered."""
    found = find(tx, id_)
    return serving.load(found.text, found.model.sha256)


def models(tx: Tx, after: UUID | None = None, limit: int = 50, *, actor: str = "") -> list[Model]:
    """Models, newest first, older than the cursor; of one who registered them where one is named."""
    return store.models(tx, after, limit, actor)


def retire(tx: Tx, id_: UUID, reason: str) -> Model:
    """Let no new policy name a model; decisions that were made by it can be made again.

    Raises UnknownModel, ModelRetired.
    """
    found = find(tx, id_).model
    if found.retired_at is not None or not store.retire(tx, id_, reason):
        raise ModelRetired(model=found.shown)
    tx.emit("model.retired", found.shown, reason=reason)
    return msgspec.structs.replace(
        found, retired_at=tx.now, retired_by=tx.actor, retired_because=reason
    )
