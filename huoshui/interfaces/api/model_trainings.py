"""Models over the API for whoever has a file: trained in the background, told, scored by, deleted.

A caller sees its own organisation's trainings and nobody else's, the marketplace's included.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import QueryParameter, RawBody
from msgspec import Meta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.i18n import catalogue
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import reads, writes
from huoshui.interfaces.api.door import (
    Ask,
    Cursor,
    Limit,
    Page,
    Ref,
    Visit,
    after_id,
    enter,
    page_of,
)
from huoshui.interfaces.api.problems import language
from huoshui.interfaces.api.settlement import NothingAsked
from huoshui.judgement.risk.models import card as cards
from huoshui.judgement.risk.models import registry, serving
from huoshui.judgement.risk.models.store import Model
from huoshui.judgement.risk.models.trainings import Training, service
from huoshui.judgement.risk.models.trainings.model import CONTENT_MOST, ContentUnfit

Form = Literal["booster", "scorecard"]
Which = Annotated[Form, QueryParameter(description="Which of the two models")]
Column = Annotated[str, Meta(min_length=1, max_length=200)]
Columns = Annotated[list[Column], Meta(max_length=1_000)]
_SHOWN = ("auc", "ks", "gini", "brier", "calibration_slope", "psi")


class ModelTrainingAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file (CSV, gzipped or not, or Parquet) as Base64, its target, and what to look out for."""

    content: Annotated[str, Meta(min_length=1, max_length=CONTENT_MOST * 4 // 3 + 4)]
    target: Column
    name: Annotated[str, Meta(max_length=80, pattern=r"^[^\x00-\x1f]*$")] = ""
    bad: Annotated[str, Meta(max_length=200)] = ""
    time: Annotated[str, Meta(max_length=200)] = ""
    test_from: Annotated[str, Meta(max_length=40)] = ""
    exclude: Columns = []
    keep: Columns = []
    groups: Annotated[list[Column], Meta(max_length=10)] = []
    trials: Annotated[int, Meta(ge=1, le=8)] = 4


class ModelScoreAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The values of one case by input; null where one is not known."""

    values: dict[str, int | float | str | bool | None]
    form: Form = "booster"


class ModelRegisterAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which of the two models."""

    form: Form


class ModelFigures(msgspec.Struct, frozen=True):
    """A model that a training made: its hash and what it is worth on the test part."""

    form: str
    sha256: str
    figures: dict[str, float]


class ModelTrainingView(msgspec.Struct, frozen=True):
    """A training: how far it is, what became of it, why it was refused."""

    id: str
    name: str
    state: str
    stage: str
    steps_done: int
    steps: int
    asked_at: datetime
    ended_at: datetime | None
    problem: str
    detail: str
    models: list[ModelFigures]


class ScoreReason(msgspec.Struct, frozen=True):
    """What one input did: its value as text, its weight in log-odds (above zero raised the risk), and
    the same on the scale of points."""

    feature: str
    value: str | None
    weight: str
    points: str | None


class ModelScoreView(msgspec.Struct, frozen=True):
    """The probability of going bad, points, and what weighed, the worst first."""

    probability: str
    points: int | None
    reasons: list[ScoreReason]


class RegisteredModelView(msgspec.Struct, frozen=True):
    """A registered model."""

    id: str
    name: str
    kind: str
    sha256: str
    inputs: list[str]
    registered_at: datetime
    retired_at: datetime | None


def _owner(visit: Visit) -> UUID | None:
    """Whose trainings the caller sees: of an organisation, or the marketplace's own."""
    return None if visit.bound.whole else visit.actor.organisation_id


def _view(found: Training, results: list[Any], lang: str) -> ModelTrainingView:
    models = [
        ModelFigures(r.form, r.sha256, {key: r.card["figures"][key] for key in _SHOWN})
        for r in results
    ]
    return ModelTrainingView(
        found.shown, found.name, found.state, found.stage, found.steps_done, found.steps,
        found.asked_at, found.ended_at, found.problem, _why(found, lang), models,
    )  # fmt: skip


def _why(found: Training, lang: str) -> str:
    text = catalogue().get(f"problem.{found.problem}.detail") if found.problem else None
    return text[lang].format(**found.facts) if text else ""


def _model_view(model: Model) -> RegisteredModelView:
    return RegisteredModelView(
        model.shown, model.name, model.kind, model.sha256, model.inputs, model.registered_at,
        model.retired_at,
    )  # fmt: skip


def _score_view(found: serving.Scored) -> ModelScoreView:
    reasons = [
        ScoreReason(r.feature, None if r.value is None else str(r.value), r.weight, r.points)
        for r in found.reasons
    ]
    return ModelScoreView(found.probability, found.points, reasons)


def _content(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError) as bad:
        raise ContentUnfit(most_kb=CONTENT_MOST // 1000) from bad


@writes(
    "/model-trainings", "models:train", ModelTrainingView, asks=ModelTrainingAsked, bound="rows",
    idempotency="optional", status=202,
)  # fmt: skip
def ask_model_training(request: Ask, body: RawBody) -> Response[bytes]:
    """Train a booster and a scorecard on a file; it runs in the background."""
    visit, asked = enter(request), decoded(body, ModelTrainingAsked)
    owner, lang = _owner(visit), language(request)
    content = _content(asked.content)
    options = {
        name: value for name, value in msgspec.to_builtins(asked).items() if name != "content"
    }
    name = asked.name or asked.target[:80]

    def use_case(tx: Tx) -> ModelTrainingView:
        return _view(service.ask(tx, owner, name, options | {"name": name}, content), [], lang)

    return visit.answer(body, use_case)


@reads("/model-trainings", "models:train", Page[ModelTrainingView], bound="rows")
def list_model_trainings(
    request: Ask, after: Cursor = None, limit: Limit = 50
) -> Page[ModelTrainingView]:
    """Own trainings, newest first."""
    visit, lang = enter(request), language(request)
    with visit.begin() as tx:
        rows = service.trainings(tx, _owner(visit), after_id("mtr", after), limit)
    return page_of("mtr", rows, limit, lambda row: _view(row, [], lang))


@reads("/model-trainings/{ref:str}", "models:train", ModelTrainingView, bound="rows")
def show_model_training(request: Ask, ref: Ref) -> ModelTrainingView:
    """One training, with the figures of its models."""
    visit = enter(request)
    owner, id_ = _owner(visit), ids.read("mtr", ref)
    with visit.begin() as tx:
        found = service.find(tx, owner, id_)
        return _view(found, service.results(tx, owner, id_), language(request))


@reads(
    "/model-trainings/{ref:str}/card", "models:train", bytes, bound="rows", stateful=True,
    media="text/html",
)  # fmt: skip
def show_model_card(request: Ask, ref: Ref, form: Which = "booster") -> Response[bytes]:
    """The card of a model as a page, in the language asked for."""
    visit, lang = enter(request), language(request)
    with visit.begin() as tx:
        found = service.result(tx, _owner(visit), ids.read("mtr", ref), form)
    headers = {
        "Content-Language": lang,
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    }
    page = cards.page(found.card, lang).encode()
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


@reads(
    "/model-trainings/{ref:str}/model", "models:train", bytes, bound="rows", stateful=True,
    media="text/plain",
)  # fmt: skip
def download_model(request: Ask, ref: Ref, form: Which = "booster") -> Response[bytes]:
    """The text of a model, to be kept or served elsewhere."""
    visit = enter(request)
    with visit.begin() as tx:
        found = service.result(tx, _owner(visit), ids.read("mtr", ref), form)
    name = f'attachment; filename="{ref}-{form}.model"'
    return Response(
        found.text.encode(), media_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": name},
    )  # fmt: skip


@writes(
    "/model-trainings/{ref:str}/score", "models:train", ModelScoreView, asks=ModelScoreAsked,
    bound="rows",
)  # fmt: skip
def score_by_model(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Score one case by a model of a training, with what weighed."""
    visit, asked = enter(request), decoded(body, ModelScoreAsked)
    owner = _owner(visit)
    values = {
        name: Decimal(repr(value)) if isinstance(value, float) else value
        for name, value in asked.values.items()
    }

    def use_case(tx: Tx) -> ModelScoreView:
        found = service.result(tx, owner, ids.read("mtr", ref), asked.form)
        return _score_view(serving.load(found.text, found.sha256).score(values))

    return visit.answer(body, use_case)


@writes(
    "/model-trainings/{ref:str}/delete", "models:train", ModelTrainingView, asks=NothingAsked,
    body_needed=False, bound="rows", idempotency="optional",
)  # fmt: skip
def delete_model_training(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Erase a training's file and models."""
    visit, lang = enter(request), language(request)
    decoded(body or b"{}", NothingAsked)
    owner = _owner(visit)
    return visit.answer(
        body, lambda tx: _view(service.delete(tx, owner, ids.read("mtr", ref)), [], lang)
    )


@writes(
    "/model-trainings/{ref:str}/register", "risk:write", RegisteredModelView,
    asks=ModelRegisterAsked, bound="book", idempotency="optional",
)  # fmt: skip
def register_model(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Register a model of the marketplace's own training, so that policies may name it."""
    visit, asked = enter(request), decoded(body, ModelRegisterAsked)
    return visit.answer(
        body, lambda tx: _model_view(service.register(tx, ids.read("mtr", ref), asked.form))
    )


@reads("/models", "decisions:read", Page[RegisteredModelView], bound="book")
def list_models(request: Ask, after: Cursor = None, limit: Limit = 50) -> Page[RegisteredModelView]:
    """Registered models, newest first."""
    with enter(request).begin() as tx:
        rows = registry.models(tx, after_id("mdl", after), limit)
    return page_of("mdl", rows, limit, _model_view)


HANDLERS = [
    ask_model_training, list_model_trainings, show_model_training, show_model_card, download_model,
    score_by_model, delete_model_training, register_model, list_models,
]  # fmt: skip
