"""`risk …`: a model trained from a file, registered, asked, and its card shown."""

from __future__ import annotations

import json as text_json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.errors import Malformed
from huoshui.core.i18n import LANGUAGES
from huoshui.core.settings import Settings
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.proving import opened
from huoshui.interfaces.cli.terminal import Bar, say
from huoshui.judgement.risk.models import card as cards
from huoshui.judgement.risk.models import registry
from huoshui.judgement.risk.models.store import Model

ACTOR = "cli"
_SHOWN = ("auc", "ks", "gini", "brier", "calibration_slope", "psi")


class Job(msgspec.Struct, frozen=True):
    """A training as it was asked for; `out` is where texts and cards are written."""

    data: Path
    asked: Any
    out: Path | None


def run_train(settings: Settings, where: Where | None, job: Job, *, json: bool) -> None:
    """Train both models, tell what they are worth, register them unless nowhere is named."""
    from huoshui.judgement.risk.models.training import files, run

    if where is not None:
        with _begun(settings, where) as tx:
            access.this_book(tx)  # before minutes are spent on what cannot be kept
    name = job.asked.name or job.data.name.partition(".")[0]
    cells = files.read_file(job.data)
    with Bar(quiet=json) as bar:
        trained = run.train(
            cells, msgspec.structs.replace(job.asked, name=name),
            lambda label, done, total: bar.show(say(f"stage.{label}"), done, total),
        )  # fmt: skip
    kept = [] if where is None else _register(settings, where, trained)
    if job.out:
        _write(job.out, trained)
    if json:
        shown = [model.shown for model in kept]
        terminal.print_json({"models": shown, "cards": trained.cards})
        return
    _tell(trained, kept)


@contextmanager
def _begun(settings: Settings, where: Where) -> Iterator[Tx]:
    with (
        opened(settings, where.world) as database,
        database.begin(book=where.book, actor=ACTOR) as tx,
    ):
        yield tx


def _register(settings: Settings, where: Where, trained: Any) -> list[Model]:
    with _begun(settings, where) as tx:
        pairs = zip(trained.models, trained.cards, strict=True)
        return [registry.register(tx, model.text, card) for model, card in pairs]


def _write(out: Path, trained: Any) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for model, card in zip(trained.models, trained.cards, strict=True):
        (out / f"{model.form}.model").write_text(model.text, encoding="utf-8")
        (out / f"{model.form}.json").write_bytes(msgspec.json.encode(card))
        for lang in LANGUAGES:
            page = cards.page(card, lang)
            (out / f"{model.form}.{lang}.html").write_text(page, encoding="utf-8")


def _tell(trained: Any, kept: list[Model]) -> None:
    lang = terminal.language()
    for each in trained.findings:
        told = cards.finding(msgspec.to_builtins(each), lang)
        terminal.out.print(f"• {told}", highlight=False, soft_wrap=True)
    rows = []
    for key in _SHOWN:
        cells = [f"{card['figures'][key]:.4f}" for card in trained.cards]
        rows.append([cards.word(key, lang), *cells])
    heads = [cards.word("figure", lang), *(cards.word(m.form, lang) for m in trained.models)]
    terminal.table(heads, rows, numbers=(1, 2))
    for model in kept:
        told = say("risk.registered", model=model.shown, sha=model.sha256[:16])
        terminal.out.print(told, highlight=False, soft_wrap=True)


def run_score(settings: Settings, where: Where, model: str, values: str) -> None:
    """Score one case, given as a JSON object, and say why."""
    try:
        given = text_json.loads(values, parse_float=Decimal)
    except ValueError as bad:
        raise Malformed(what="values", reason=str(bad)[:200]) from bad
    if not isinstance(given, dict):
        raise Malformed(what="values", reason="not a JSON object")
    with _begun(settings, where) as tx:
        scorer = registry.scorer(tx, ids.read("mdl", model))
    terminal.print_json(scorer.score(given))


def run_card(settings: Settings, where: Where, model: str, out: Path | None) -> None:
    """The card as JSON, or written as pages in both languages."""
    with _begun(settings, where) as tx:
        found = registry.find(tx, ids.read("mdl", model))
    if out is None:
        terminal.print_json(found.card)
        return
    out.mkdir(parents=True, exist_ok=True)
    for lang in LANGUAGES:
        (out / f"{model}.{lang}.html").write_text(cards.page(found.card, lang), encoding="utf-8")


def run_models(settings: Settings, where: Where, *, json: bool) -> None:
    """Registered models, newest first."""
    with _begun(settings, where) as tx:
        found = registry.models(tx)
    if json:
        terminal.print_json([{"model": m.shown} | msgspec.to_builtins(m) for m in found])
        return
    rows = [
        [m.shown, m.name, cards.word(m.kind, terminal.language()), m.sha256[:16],
         say("risk.retired") if m.retired_at else ""]
        for m in found
    ]  # fmt: skip
    terminal.table([say(f"risk.{key}") for key in ("model", "name", "kind", "hash", "state")], rows)


def run_retire(settings: Settings, where: Where, model: str, reason: str) -> None:
    """Let no new policy name a model."""
    with _begun(settings, where) as tx:
        registry.retire(tx, ids.read("mdl", model), reason)
