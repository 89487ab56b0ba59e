"""Registered models are kept for good, found again, and can be retired once."""

from __future__ import annotations

import pytest

from huoshui.core import events, ids
from huoshui.judgement.risk.models import registry, serving
from tests.judgement.risk.models.test_serving import CARD


def test_a_model_is_kept_byte_for_byte_and_scores(tx):
    model = registry.register(tx, CARD.text, {"name": "first", "auc": "0.78"})
    found = registry.find(tx, model.id)
    assert (found.text, found.card["auc"], found.model) == (CARD.text, "0.78", model)
    assert (model.kind, model.inputs, model.name) == ("scorecard", ["age", "home"], "first")
    scored = registry.scorer(tx, model.id).score({"age": 20, "home": "own"})
    assert scored.points == 530 - 23 + 12
    assert [m.id for m in registry.models(tx)] == [model.id]


def test_the_same_text_is_the_same_model(tx):
    first = registry.register(tx, CARD.text, {"name": "first"})
    assert registry.register(tx, CARD.text, {"name": "again"}) == first


def test_registering_is_an_event_with_the_hash(sandbox, book):
    with sandbox.begin(book=book) as tx:
        model = registry.register(tx, CARD.text, {})
    with sandbox.begin(book=book) as tx:
        told = events.page(tx, kind="model.registered")
    assert [(e.object, e.data["sha256"]) for e in told] == [
        (model.shown, serving.digest(CARD.text))
    ]


def test_a_model_retires_once(tx):
    model = registry.register(tx, CARD.text, {})
    assert registry.retire(tx, model.id, "drift").retired_because == "drift"
    with pytest.raises(registry.ModelRetired):
        registry.retire(tx, model.id, "again")


def test_the_database_refuses_a_changed_model(sandbox, book):
    with sandbox.begin(book=book) as tx:
        model = registry.register(tx, CARD.text, {})
    for change in ("name = 'x'", "text = 'x', sha256 = encode(sha256('x'), 'hex')"):
        with pytest.raises(Exception, match="neither changed"), sandbox.begin(book=book) as tx:
            tx.count(
                f"UPDATE risk_model SET {change} WHERE book = %(book)s AND id = %(id)s", id=model.id
            )
    with (
        pytest.raises(Exception, match=r"append|immutable|refuse|never"),
        sandbox.begin(book=book) as tx,
    ):
        tx.count("DELETE FROM risk_model WHERE book = %(book)s")


def test_unknown_and_unreadable_models_are_refused(tx):
    with pytest.raises(registry.UnknownModel):
        registry.find(tx, ids.read("mdl", "mdl_01k8" + "0" * 22))
    with pytest.raises(serving.ModelUnreadable):
        registry.register(tx, "{}", {})
    with pytest.raises(registry.ModelTooLarge):
        registry.register(tx, " " * (registry.TEXT_MOST + 1), {})
