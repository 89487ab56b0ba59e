"""Transfer: a booster that learnt from many rows goes on learning from few of a tenant's own.

The larger model's trees stay; trees of the tenant's rows follow them, as many as rank held rows of
the tenant best (none, where they teach nothing), and the calibration is the tenant's. Columns that
the larger model never saw may be used by the trees that follow. What travels is the model's text:
no row of either side is seen by the other.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
import numpy as np

from huoshui.judgement.risk.models.serving import Booster, ModelUnreadable
from huoshui.judgement.risk.models.training import booster, calibration, tune
from huoshui.judgement.risk.models.training.booster import Coding, Fitted, Settings
from huoshui.judgement.risk.models.training.columns import Table
from huoshui.judgement.risk.models.training.fitting import Model

_STEPS = (0, 10, 20, 40, 80, 160, 320)  # further trees that are tried


def fit_transferred(source: str, table: Table, bad: Any, *, threads: int = 1) -> Model:
    """Go on from a booster's text. Raises ModelUnreadable for another kind of model."""
    told, trees = _read(source)
    code = _coding(told, table, bad)
    wide = _widened(trees, len(code.columns))
    settings = Settings(rate=0.03, least_rows=max(5, min(40, len(bad) // 20)), ridge=20.0)
    parts = tune.folds(bad)
    unseen: dict[int, list[tuple[Any, Any]]] = {step: [] for step in _STEPS}
    for fit_on, held in parts:
        more = _continued(wide, code, table.take(fit_on), bad[fit_on], settings, threads)
        for step in _STEPS:
            unseen[step].append((held, _raw(more, wide, code, table.take(held), step)))
    tried = [(step, tune.judged(rows, bad)) for step, rows in unseen.items()]
    best = max(tried, key=lambda each: (round(each[1], 4), -each[0]))[0]
    pooled = tune.pooled(unseen[best], len(bad))
    own = msgspec.structs.replace(settings, trees=best)
    fitted = _fitted(wide, code, table, bad, own, threads)
    curve = calibration.line(pooled, bad)
    tuned = tune.Tuned(own, pooled, [(msgspec.structs.replace(own, trees=s), a) for s, a in tried])
    return Model("booster", booster.text(fitted, curve), fitted, curve, tuned)


def _read(source: str) -> tuple[Booster, str]:
    head, _, trees = source.partition("\n")
    try:
        return msgspec.json.decode(head, type=Booster), trees
    except msgspec.DecodeError as bad:
        raise ModelUnreadable(reason="only a booster can be gone on from") from bad


def _coding(told: Booster, table: Table, bad: Any) -> Coding:
    """The larger model's columns first, then those that only the tenant has."""
    known = {each.feature for each in told.columns}
    own = booster.coding(table, bad, {})
    return Coding((*told.columns, *(each for each in own.columns if each.feature not in known)))


def _widened(trees: str, columns: int) -> str:
    """The trees with room for further columns, which none of them looks at."""
    names = " ".join(f"Column_{n}" for n in range(columns))
    text = re.sub(r"(?m)^max_feature_idx=.*$", f"max_feature_idx={columns - 1}", trees, count=1)
    text = re.sub(r"(?m)^feature_names=.*$", f"feature_names={names}", text, count=1)
    text = re.sub(r"(?m)^monotone_constraints=.*\n", "", text, count=1)
    found = re.search(r"(?m)^feature_infos=(.*)$", text)
    infos = found[1].split(" ") if found else []
    infos += ["none"] * (columns - len(infos))
    return re.sub(
        r"(?m)^feature_infos=.*$", lambda _: f"feature_infos={' '.join(infos)}", text, count=1
    )


def _continued(
    wide: str, code: Coding, table: Table, bad: Any, settings: Settings, threads: int
) -> Any:
    """Further trees on these rows, alone: the larger model's log-odds are where they start."""
    import lightgbm

    matrix = code.matrix(table)
    start = lightgbm.Booster(model_str=wide).predict(matrix, raw_score=True, num_threads=1)
    rows = lightgbm.Dataset(matrix, bad, init_score=start, params={"num_threads": threads})
    return lightgbm.train(settings.asked(threads), rows, settings.trees or _STEPS[-1])


def _raw(more: Any, wide: str, code: Coding, table: Table, step: int) -> Any:
    import lightgbm

    matrix = code.matrix(table)
    first: Any = lightgbm.Booster(model_str=wide).predict(matrix, raw_score=True, num_threads=1)
    return first + (
        more.predict(matrix, raw_score=True, num_iteration=step, num_threads=1) if step else 0.0
    )


def _fitted(
    wide: str, code: Coding, table: Table, bad: Any, settings: Settings, threads: int
) -> Fitted:
    """One booster of both: what goes on carries the trees that it began with."""
    import lightgbm

    first = lightgbm.Booster(model_str=wide)
    if not settings.trees:
        return Fitted(code, first, first.num_trees())
    rows = lightgbm.Dataset(
        code.matrix(table), bad, free_raw_data=False, params={"num_threads": threads}
    )
    whole = lightgbm.train(settings.asked(threads), rows, settings.trees, init_model=first)
    return Fitted(code, whole, int(np.int64(whole.num_trees())))
