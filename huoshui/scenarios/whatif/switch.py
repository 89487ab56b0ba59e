"""What was tried is made live: the same files, with the settings that they were tried with."""

from __future__ import annotations

from collections.abc import Iterable

from huoshui.core.db import Tx
from huoshui.scenarios import switching
from huoshui.scenarios.switching import Settings, Switched
from huoshui.scenarios.whatif.assumptions import checked, ppm
from huoshui.scenarios.whatif.service import NoProductFile
from huoshui.scenarios.whatif.store import Setup

_MILLION = 1_000_000


def settings_of(setup: Setup, product: str, limit_all: int | None = None) -> Settings:
    """The settings of a product as it was tried in the base case."""
    assumed = checked(setup.assumptions).products[product]
    fee = ppm(assumed.fee, "base")
    return Settings(fee=_part(fee), limit_all=limit_all)


def _part(millionths: int) -> str:
    whole, rest = divmod(millionths, _MILLION)
    return f"{whole}.{rest:06}".rstrip("0").rstrip(".")


def switch_on(tx: Tx, setup: Setup, products: Iterable[str]) -> list[Switched]:
    """Let products of a what-if be live in another world, by their own files and settings.

    Raises NoProductFile for one that was not tried, and what switching on does.
    """
    done = []
    for product in products:
        if product not in setup.products or product not in setup.assumptions["products"]:
            raise NoProductFile(product=product[:60])
        content = setup.products[product].encode()
        done.append(switching.switch_on(tx, content, settings_of(setup, product)))
    return done
