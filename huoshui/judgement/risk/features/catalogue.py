"""The catalogue: features read from TOML and checked, a window at a time."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from huoshui.core.errors import Problem
from huoshui.facts.activity.kinds import KINDS, TYPES
from huoshui.facts.activity.model import ABOUT
from huoshui.judgement.risk.features.model import (
    ANY_KIND,
    DAY,
    HEADED,
    HOUR,
    WINDOW_MOST,
    WINDOWED,
    BadFeature,
    Feature,
    FeatureSet,
    UnknownFeature,
)
from huoshui.judgement.risk.graph import MEASURES

FILE = Path(__file__).with_name("catalogue.toml")
_NAME = re.compile(r"[a-z][a-z0-9_]{2,60}")
_WINDOW = re.compile(r"([1-9][0-9]{0,3})([hd])")
_SAID = {"h": ("last {n} hours", "近 {n} 小时"), "d": ("last {n} days", "近 {n} 天")}
_NUMBERS = ("integer",)


class _Family(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A declaration as the file has it: a feature for each window."""

    entity: str
    aggregate: str
    owner: str
    sensitivity: str
    reason: str
    en: str
    zh: str
    kinds: tuple[str, ...] = ()
    where: str = ""
    value: str = ""
    windows: tuple[str, ...] = ()
    half_life_days: int = 0
    parts: tuple[str, ...] = ()


def read_catalogue(text: str) -> dict[str, Feature]:
    """The features of a file by name. Raises BadFeature, naming the one that cannot be."""
    try:
        told = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise BadFeature(name="", reason=str(error)) from error
    found: dict[str, Feature] = {}
    for name, table in told.items():
        for feature in _features(name, table):
            found[feature.name] = feature
    for feature in found.values():
        _need_parts(feature, found)
    return found


def _features(name: str, table: Mapping[str, Any]) -> list[Feature]:
    try:
        family = msgspec.convert(table, _Family)
        made = [_feature(name, family, w) for w in family.windows or ("",)]
        for feature in made:
            _check(feature)
    except (msgspec.ValidationError, ValueError) as error:
        raise BadFeature(name=name[:60], reason=str(error)[:300]) from error
    except Problem as error:
        raise BadFeature(name=name[:60], reason=error.detail("en")) from error
    return made


def _feature(name: str, family: _Family, window: str) -> Feature:
    told = msgspec.structs.asdict(family)
    del told["windows"]
    if window:
        length, words = _window(window)
        told |= {"en": f"{family.en}, {words[0]}", "zh": f"{words[1]}{family.zh}", "window": length}
        name = f"{name}_{window}"
    return msgspec.convert(told | {"name": name}, Feature)


def _window(text: str) -> tuple[timedelta, tuple[str, str]]:
    found = _WINDOW.fullmatch(text)
    if found is None:
        raise ValueError(f"{text} is no window: write 24h or 30d")
    n = int(found[1])
    en, zh = _SAID[found[2]]
    length = n * (HOUR if found[2] == "h" else DAY)
    said = en.format(n=n) if n > 1 else en.format(n="").replace("  ", " ").removesuffix("s")
    return length, (said, zh.format(n=n))


def _check(feature: Feature) -> None:
    """Raise ValueError for what cannot be, Problem for a filter that cannot be read."""
    if not _NAME.fullmatch(feature.name):
        raise ValueError("a name is of small letters, digits and _")
    if feature.entity not in ABOUT:
        raise ValueError(f"{feature.entity} is none of {', '.join(ABOUT)}")
    unknown = set(feature.kinds) - {*KINDS, ANY_KIND}
    if unknown or not (feature.kinds or feature.aggregate in ("ratio", "graph")):
        raise ValueError(f"kinds: {', '.join(sorted(unknown)) or 'none'}")
    if (feature.window is not None) != (feature.aggregate in WINDOWED):
        raise ValueError(f"{feature.aggregate} and its window")
    if feature.window is not None and feature.window > WINDOW_MOST:
        raise ValueError("a window of more than a year")
    if (feature.half_life_days > 0) != (feature.aggregate == "decayed_sum"):
        raise ValueError("half_life_days and decayed_sum belong together")
    _check_value(feature)
    if feature.filter is not None:
        assert feature.filter.text


def _check_value(feature: Feature) -> None:
    known = {
        "distinct": {*ABOUT, *TYPES},
        "last": {"amount", *TYPES},
        "count": {""},
        "graph": {*MEASURES},
    }
    numbers = {"amount", *(n for n, t in TYPES.items() if t.kind in _NUMBERS)}
    allowed = known.get(feature.aggregate, numbers if feature.aggregate in WINDOWED else {""})
    if feature.value not in allowed:
        raise ValueError(f"{feature.aggregate} of {feature.value or 'nothing'}")


def _need_parts(feature: Feature, known: Mapping[str, Feature]) -> None:
    parts = [known.get(name) for name in feature.parts]
    wrong = any(part is None or part.aggregate in {*HEADED, "ratio", "graph"} for part in parts)
    if wrong or len(parts) != (2 if feature.aggregate == "ratio" else 0):
        raise BadFeature(name=feature.name, reason=f"parts: {', '.join(feature.parts)}")


@cache
def catalogue() -> dict[str, Feature]:
    """The features that come along."""
    return read_catalogue(FILE.read_text(encoding="utf-8"))


def feature_set(names: Iterable[str], known: Mapping[str, Feature] | None = None) -> FeatureSet:
    """A set of features by their names, in this order. Raises UnknownFeature."""
    return _feature_set(tuple(names)) if known is None else _chosen(tuple(names), known)


@cache
def _feature_set(names: tuple[str, ...]) -> FeatureSet:
    return _chosen(names, catalogue())


def _chosen(names: tuple[str, ...], known: Mapping[str, Feature]) -> FeatureSet:
    for name in names:
        if name not in known:
            raise UnknownFeature(name=name[:60])
    features = tuple(known[name] for name in dict.fromkeys(names))
    parts = dict.fromkeys(name for f in features for name in f.parts)
    along = tuple(known[name] for name in parts if name not in names)
    return FeatureSet(features, along)
