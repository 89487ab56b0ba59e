"""What a training is, and what is refused. No I/O."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.errors import NotFound, Problem
from huoshui.core.machine import Machine, Move

CONTENT_MOST = 6_000_000  # bytes as they are sent, packed or not
UNPACKED_MOST = 64 * 1024 * 1024
WAITING_MOST = 3  # of one owner
RETRY_AFTER_S = 60
KEPT_MOST = 50  # of one owner, deleted ones not counted

TRAINING = Machine(
    "model_training",
    "waiting",
    {
        "begin": Move(("waiting",), "running"),
        "finish": Move(("running",), "done"),
        "refuse": Move(("running",), "refused"),
        "delete": Move(("waiting", "done", "refused"), "deleted"),
    },
)


class UnknownTraining(NotFound):
    """No such training, or not yours."""

    code = "unknown_training"


class TooManyTrainings(Problem):
    """Enough trainings wait, or are kept, already."""

    code = "too_many_trainings"
    status = 429


class TrainingNotDone(Problem):
    """The training has not ended, was refused or deleted: there is no model of it."""

    code = "training_not_done"
    status = 409


class TrainingBroke(Problem):
    """The process of a training ended without a word: out of time or memory, or a fault of ours."""

    code = "training_broke"
    status = 500


class ContentUnfit(Problem):
    """The file is not Base64, or is larger than is taken."""

    code = "training_content_unfit"
    status = 422


class Training(msgspec.Struct, frozen=True, kw_only=True):
    """A training. `asked` are its options; `problem` and `facts` say why it was refused."""

    id: UUID
    owner: UUID | None
    name: str
    asked: dict[str, Any]
    digest: str
    state: str
    asked_at: datetime
    asked_by: str
    began_at: datetime | None = None
    ended_at: datetime | None = None
    stage: str = ""
    steps_done: int = 0
    steps: int = 0
    problem: str = ""
    facts: dict[str, Any] = {}

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("mtr", self.id)


class Result(msgspec.Struct, frozen=True):
    """A model that a training made."""

    form: str
    sha256: str
    text: str
    card: dict[str, Any]
