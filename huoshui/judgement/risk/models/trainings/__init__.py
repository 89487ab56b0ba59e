"""Trainings for whoever has no more than a file: taken in, run in the background, told, deleted.

A training belongs to the organisation that asked for it (to the marketplace where that is none) and
is nobody else's to see. The file is kept until the training has ended and then erased; what came of
it is kept until its owner deletes it. Training runs in a process of its own, bounded in memory and
time, outside any transaction.
"""

from huoshui.judgement.risk.models.trainings.model import TRAINING, Training, UnknownTraining

__all__ = ["TRAINING", "Training", "UnknownTraining"]
