"""Versions of rule sets and policies: proposed by one person, published by another, never changed.

A version is a file as it was given, what was read of it, and its hash. Its number is the next of its
name. Invariants: who proposed a version does not publish it; what was published can only be retired;
the version in force is the one with the highest number among those that are published.
"""

from huoshui.judgement.risk.versions.model import (
    VERSION,
    Kind,
    OwnVersion,
    UnknownVersion,
    Version,
    digest_of,
    split,
)

__all__ = ["VERSION", "Kind", "OwnVersion", "UnknownVersion", "Version", "digest_of", "split"]
