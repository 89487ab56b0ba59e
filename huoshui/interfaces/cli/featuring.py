"""`features …`: the catalogue listed, one feature shown, values read, declarations and tiles checked."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from huoshui.core.db import Tx
from huoshui.core.settings import Settings
from huoshui.facts.activity import Subjects
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.proving import opened
from huoshui.interfaces.cli.terminal import say
from huoshui.judgement.risk import features
from huoshui.judgement.risk.features import Feature, catalogue, feature_set, read_catalogue


def run_list(entity: str, *, json: bool) -> None:
    """The catalogue, or what of it is about one entity."""
    found = [f for f in catalogue().values() if entity in ("", f.entity)]
    if json:
        terminal.print_json([told(f) for f in found])
        return
    if not found:
        terminal.out.print(say("features.none", entity=entity[:40]), highlight=False)
        return
    heads = [say(f"features.{name}") for name in ("name", "owner", "sensitivity", "words")]
    lang = terminal.language()
    terminal.table(heads, [[f.name, f.owner, said(f.sensitivity), f.words(lang)] for f in found])


def run_show(name: str, *, json: bool) -> None:
    """One feature as it is declared."""
    [found] = feature_set([name]).features
    if json:
        terminal.print_json(told(found))
        return
    rows = [(say("features.words"), found.words(terminal.language()))]
    rows += [
        (say(f"features.{key}"), value)
        for key, value in (
            ("name", found.name), ("entity", found.entity), ("aggregate", found.aggregate),
            ("kinds", ", ".join(found.kinds)), ("where", found.where), ("value", found.value),
            ("window", str(found.window or "")), ("parts", ", ".join(found.parts)),
            ("owner", found.owner), ("sensitivity", said(found.sensitivity)),
            ("reason", found.reason), ("version", found.version),
        )
        if value
    ]  # fmt: skip
    terminal.fields(rows)


def run_read(settings: Settings, where: Where, named: Mapping[str, str], *, json: bool) -> None:
    """The values of the catalogue about somebody, now."""
    subjects = Subjects(**{name: value or None for name, value in named.items()})

    def use_case(tx: Tx) -> features.Vector:
        return features.read(tx, catalogue(), subjects)

    with opened(settings, where.world) as database:
        found = database.run(use_case, book=where.book)
    values = {n: v for n, v in found.values.items() if v is not None}
    if json:
        plain = {n: str(v) if isinstance(v, Decimal) else v for n, v in values.items()}
        terminal.print_json({"values": plain, "as_of": found.as_of, "seen": found.seen})
        return
    if not values:
        terminal.out.print(say("features.nobody"), highlight=False)
        return
    heads = [say(f"features.{name}") for name in ("name", "found", "words")]
    words = {f.name: f.words(terminal.language()) for f in catalogue().values()}
    terminal.table(heads, [[n, str(v), words[n]] for n, v in values.items()], numbers=(1,))


def run_check(settings: Settings, where: Where, file: Path | None, *, json: bool) -> None:
    """Check the declarations of a file; without one, that what is kept is what activities come to."""
    if file is not None:
        found = read_catalogue(file.read_text(encoding="utf-8"))
        if json:
            terminal.print_json([told(f) for f in found.values()])
            return
        terminal.out.print(say("features.good", count=len(found)), highlight=False)
        return
    with opened(settings, where.world) as database:
        was_so = database.run(features.rebuild, book=where.book)
    if json:
        terminal.print_json({"as_it_had_to_be": was_so, "features": len(catalogue())})
        return
    key = "features.as_it_is" if was_so else "features.mended"
    terminal.out.print(say(key, count=len(catalogue())), highlight=False)


def said(sensitivity: str) -> str:
    """A degree of sensitivity, in the reader's language."""
    return say(f"features.sensitivity.{sensitivity}")


def told(feature: Feature) -> dict[str, Any]:
    """A feature as plain JSON."""
    return {
        "name": feature.name, "entity": feature.entity, "aggregate": feature.aggregate,
        "kinds": list(feature.kinds), "where": feature.where, "value": feature.value,
        "window_s": int(feature.window.total_seconds()) if feature.window else None,
        "parts": list(feature.parts), "owner": feature.owner,
        "sensitivity": feature.sensitivity, "reason": feature.reason, "version": feature.version,
        "en": feature.en, "zh": feature.zh,
    }  # fmt: skip
