"""The lane: concurrent commands of many callers become one transaction.

A hot row needs neither sharding nor cleverness but one writer and batches. Each process has one
lane a database: callers submit *units* of a *verb* and wait; one thread takes what has gathered,
runs the verb on all of it in one transaction, and answers everybody once it has committed. Many
processes may have lanes on the same rows, as long as verbs lock rows in one order.

What it keeps to:

- A unit is done whole or not at all, and answered only after its commit.
- A batch is of one verb and one book. The actor of its `Tx` is that of its callers where they
  all have the same one, else SYSTEM: a verb that records who asked takes the actor in its units.
- Callers take turns, each for an equal share of a batch, so that a large submission goes in by
  and by while small ones pass. Within one caller the order of submission is kept.
- The queue is bounded, and no caller may hold more than half of it.
- A unit that breaks a batch is found by halving the batch, and alone gets its exception.
- After a lost connection the outcome of a commit is unknown. A verb whose commands are known by
  id, so that a repeat returns the first reply, is run again; of others the caller must ask.

When a batch starts. While one is under way, newcomers gather by themselves. Callers who have
just been answered tend to come back at once: a lane that ran on the first of them would commit
one command where it could have committed all, and each batch has a cost of its own (statements,
COMMIT, the disk). So it waits for as many as it knows of, those answered last and those who came
meanwhile: up to `wait_ms` for the first, then as long as one follows the other, and never longer
than the last batch took. A lone caller never waits: all of one is one.

Replays do not use it: in a simulated world the clock's driver decides what happens when.

`writer` is the lane, `turns` who goes next, `tally` what is counted, `model` its words.
"""

from huoshui.core.lane.model import (
    LaneFull,
    LaneHealth,
    LaneStopped,
    LaneTooLarge,
    PartFailed,
    Spread,
    Verb,
)
from huoshui.core.lane.writer import Lane

__all__ = [
    "Lane",
    "LaneFull",
    "LaneHealth",
    "LaneStopped",
    "LaneTooLarge",
    "PartFailed",
    "Spread",
    "Verb",
]
