"""A scorecard: a logistic regression on weights of evidence, told in points.

A characteristic is left out where it says little (IV, by default below 0.02) or where beside the others its
weight would turn round, so that every bin's points stand in the order of its bad rate.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import numpy as np

from huoshui.judgement.risk.models.logistic import fit
from huoshui.judgement.risk.models.serving import POINTS, Attribute, Characteristic, Scale
from huoshui.judgement.risk.models.serving import Scorecard as Text
from huoshui.judgement.risk.models.serving.model import whole
from huoshui.judgement.risk.models.training.columns import Table
from huoshui.judgement.risk.models.training.woe import Bin, Binned, Shape, binned

_NONE = (0.0, 1.0)  # intercept and slope of a calibration that changes nothing


class Settings(msgspec.Struct, frozen=True):
    """What is tuned: how bins are made, the least IV, the penalty on weights."""

    shape: Shape = Shape()
    least_iv: float = 0.02
    ridge: float = 1.0


USUAL = Settings()


class Fitted(msgspec.Struct, frozen=True):
    """Bins and their coefficients."""

    parts: tuple[Binned, ...]
    slopes: tuple[float, ...]
    intercept: float

    def log_odds(self, table: Table) -> Any:
        """Log-odds of going bad of each row."""
        by_name = {each.name: each for each in table.columns}
        total = np.full(table.rows, self.intercept)
        for part, slope in zip(self.parts, self.slopes, strict=True):
            total = total + slope * part.weights(by_name[part.column.name])
        return total


def train(table: Table, bad: Any, settings: Settings = USUAL) -> Fitted:
    """Fit a scorecard on all rows of a table."""
    parts = [binned(each, bad, settings.shape) for each in table.columns]
    told = [part for part in parts if part.iv >= settings.least_iv]
    parts = told or [max(parts, key=lambda p: p.iv)]
    while True:
        x = np.column_stack([part.weights(part.column) for part in parts])
        beta = fit(x, bad, ridge=settings.ridge).weights
        worst = int(np.argmin(beta[1:]))
        if beta[1 + worst] > 0 or len(parts) == 1:
            break
        del parts[worst]
    return Fitted(
        tuple(_light(part) for part in parts),
        tuple(max(b, 0.0) for b in beta[1:].tolist()),
        float(beta[0]),
    )


def _light(part: Binned) -> Binned:
    """Without the rows that it was made from."""
    bare = msgspec.structs.replace(part.column, values=None)
    return msgspec.structs.replace(part, column=bare)


def text(
    fitted: Fitted, table: Table, scale: Scale = POINTS, line: tuple[float, float] = _NONE
) -> str:
    """The scorecard as it is kept; the reference is the mean of the table's rows.

    A calibration along a straight line (intercept, slope of the log-odds) goes into the bins, so
    that points stay what they say.
    """
    intercept, slope = line
    factor = scale.factor
    by_name = {each.name: each for each in table.columns}
    base = slope * fitted.intercept + intercept
    inputs = tuple(
        _characteristic(part, own * slope, by_name[part.column.name], factor)
        for part, own in zip(fitted.parts, fitted.slopes, strict=True)
    )
    return Text(
        inputs=inputs, intercept=_decimal(base), base_points=whole(scale.at(Decimal(_decimal(-base)))),
        scale=scale,
    ).text  # fmt: skip


def _characteristic(part: Binned, slope: float, column: Any, factor: Decimal) -> Characteristic:
    def attribute(each: Bin) -> Attribute:
        log_odds = _decimal(slope * each.weight)
        upper = None if each.upper is None else repr(each.upper)
        return Attribute(log_odds, whole(-Decimal(log_odds) * factor), upper, each.words)

    reference = float(np.mean(part.weights(column))) * slope
    return Characteristic(
        name=column.name, kind="category" if column.kind == "category" else "number",
        bins=tuple(attribute(each) for each in part.bins), missing=attribute(part.missing),
        special={code: attribute(each) for code, each in part.special.items()},
        ratio=column.ratio, reference=_decimal(reference), reference_points=f"{-reference * float(factor):.2f}",
    )  # fmt: skip


def _decimal(value: float) -> str:
    return f"{value:.9f}"
