"""Trainings: asked for, looked at, deleted; what came of them registered or scored by."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import crypto, ids
from huoshui.core.db import Tx
from huoshui.judgement.risk.models import registry
from huoshui.judgement.risk.models.store import Model
from huoshui.judgement.risk.models.trainings import store
from huoshui.judgement.risk.models.trainings.model import (
    CONTENT_MOST,
    KEPT_MOST,
    RETRY_AFTER_S,
    TRAINING,
    WAITING_MOST,
    ContentUnfit,
    Result,
    TooManyTrainings,
    Training,
    TrainingNotDone,
    UnknownTraining,
)


def ask(tx: Tx, owner: UUID | None, name: str, asked: dict[str, Any], content: bytes) -> Training:
    """Take a file in to be trained on. Raises ContentUnfit, TooManyTrainings."""
    if not 0 < len(content) <= CONTENT_MOST:
        raise ContentUnfit(most_kb=CONTENT_MOST // 1000)
    waiting, kept = store.count(tx, owner)
    if waiting >= WAITING_MOST or kept >= KEPT_MOST:
        raise TooManyTrainings(waiting=WAITING_MOST, kept=KEPT_MOST, retry_after_s=RETRY_AFTER_S)
    digest = crypto.sha256(content).hex()
    new = Training(
        id=tx.id("mtr", f"{owner}/{digest}/{tx.now}"), owner=owner, name=name, asked=asked,
        digest=digest, state=TRAINING.initial, asked_at=tx.now, asked_by=tx.actor,
    )  # fmt: skip
    store.add(tx, new, content)
    tx.emit("model_training.asked", new.shown, digest=digest)
    return new


def find(tx: Tx, owner: UUID | None, id_: UUID, *, lock: bool = False) -> Training:
    """One training of an owner. Raises UnknownTraining, also for one that is another's."""
    found = store.find(tx, id_, lock=lock)
    if found is None or found.owner != owner or found.state == "deleted":
        raise UnknownTraining(kind="training", id=ids.show("mtr", id_))
    return found


def trainings(
    tx: Tx, owner: UUID | None, after: UUID | None = None, limit: int = 50
) -> list[Training]:
    """Trainings of an owner, newest first."""
    return store.trainings(tx, owner, after, limit)


def result(tx: Tx, owner: UUID | None, id_: UUID, form: str) -> Result:
    """A model that a training made. Raises UnknownTraining, TrainingNotDone."""
    found = find(tx, owner, id_)
    for each in store.results(tx, id_):
        if each.form == form:
            return each
    raise TrainingNotDone(training=found.shown, state=found.state)


def results(tx: Tx, owner: UUID | None, id_: UUID) -> list[Result]:
    """What a training made so far. Raises UnknownTraining."""
    find(tx, owner, id_)
    return store.results(tx, id_)


def delete(tx: Tx, owner: UUID | None, id_: UUID) -> Training:
    """Erase a training's file and models. Raises UnknownTraining, IllegalMove while it runs."""
    found = find(tx, owner, id_, lock=True)
    state = TRAINING.after(found.state, "delete")
    store.delete(tx, id_)
    tx.emit("model_training.deleted", found.shown)
    return msgspec.structs.replace(found, state=state, name="-", asked={}, facts={})


def register(tx: Tx, id_: UUID, form: str) -> Model:
    """Let the marketplace's policies use a model of its own training. Raises as `result` does."""
    found = result(tx, None, id_, form)
    return registry.register(tx, found.text, found.card)
