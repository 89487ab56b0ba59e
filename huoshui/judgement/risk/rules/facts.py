"""The facts that conditions may read of every request, beside features and a set's own. No I/O."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources

from huoshui.core.expr import Schema, read_schema

_FILE = "request.toml"


@lru_cache(64)
def request_facts(currency: str) -> Schema:
    """What a request tells, with its amounts in a currency. Raises UnknownCurrency."""
    text = resources.files("huoshui.judgement.risk.rules").joinpath(_FILE).read_text("utf-8")
    return read_schema(tomllib.loads(text.replace("{currency}", currency)))
