"""The catalogue of features over the API."""

from __future__ import annotations

import msgspec

from huoshui.interfaces.api.contract import reads
from huoshui.interfaces.api.door import Ask, enter
from huoshui.judgement.risk.features import Feature, catalogue


class FeatureView(msgspec.Struct, frozen=True):
    """A feature as it is declared; `window_s` is null where it looks back without end."""

    name: str
    entity: str
    aggregate: str
    kinds: list[str]
    where: str
    value: str
    window_s: int | None
    parts: list[str]
    owner: str
    sensitivity: str
    reason: str
    version: str
    en: str
    zh: str


class FeaturesView(msgspec.Struct, frozen=True):
    """The catalogue."""

    features: list[FeatureView]


def feature_view(of: Feature) -> FeatureView:
    """A feature."""
    window = int(of.window.total_seconds()) if of.window else None
    return FeatureView(
        of.name, of.entity, of.aggregate, list(of.kinds), of.where, of.value, window,
        list(of.parts), of.owner, of.sensitivity, of.reason, of.version, of.en, of.zh,
    )  # fmt: skip


@reads("/features", "decisions:read", FeaturesView, bound="book")
def list_features(request: Ask) -> FeaturesView:
    """The features that decisions, rules and models may read, each with its version."""
    enter(request)
    return FeaturesView([feature_view(f) for f in catalogue().values()])


HANDLERS = [list_features]
