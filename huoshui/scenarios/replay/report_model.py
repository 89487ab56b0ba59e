"""What a report is made of: figures and charts, each with its unit and what it rests on. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

Basis = Literal["observed", "assumed", "generated"]
Unit = Literal["count", "money", "bp", "hours", "score"]
Shape = Literal["bar", "line", "area"]


class Figure(msgspec.Struct, frozen=True):
    """One number with its unit and what it rests on; `score` is hundredths of a star."""

    key: str
    value: int
    unit: Unit
    basis: Basis


class Chart(msgspec.Struct, frozen=True):
    """One question's chart: `series` by name, each as long as `labels`."""

    key: str
    unit: Unit
    basis: Basis
    shape: Shape
    labels: tuple[str, ...]
    series: dict[str, tuple[int, ...]]


def bp(part: int, whole: int) -> int:
    """A share in basis points, rounded half up; 0 of nothing."""
    return (part * 20_000 + whole) // (2 * whole) if whole else 0
