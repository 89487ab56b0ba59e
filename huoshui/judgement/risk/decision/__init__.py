"""Decisions: what is asked, what is seen, what follows, and the sealed record of it.

A policy is a file: which features are seen, which rules hold, which model scores, what the limit and the
cost of risk come to. Invariants: a decision is a function of its policy and of what its record holds; the
record is canonical JSON whose hash is a leaf of the tamper log; made again in a fresh process, after facts
and lists have moved on, it is the same to the byte.
"""

from huoshui.judgement.risk.decision.model import (
    Asked,
    Decision,
    NoPolicy,
    UnknownDecision,
)
from huoshui.judgement.risk.decision.policy import BadPolicy, Policy, read_policy

__all__ = [
    "Asked",
    "BadPolicy",
    "Decision",
    "NoPolicy",
    "Policy",
    "UnknownDecision",
    "read_policy",
]
