"""Every figure of a full run as a sum of postings: by which accounts, and templates. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from huoshui.scenarios.whatif.full.store import Sum


class Source(msgspec.Struct, frozen=True):
    """Postings to an account, of some templates (none named: all); `sign` turns in - out into what the
    figure counts."""

    account: str
    templates: tuple[str, ...] = ()
    sign: int = 1

    def path(self, product: str) -> str:
        """The account of a product."""
        return self.account.format(book=product)


_LENDING: Mapping[str, tuple[Source, ...]] = {
    "lent": (Source("loans:{book}:principal", ("loan.drawn",), -1),),
    "fee": (Source("income:{book}:merchant_fees"),),
    "interest": (Source("income:{book}:interest"), Source("income:{book}:fees")),
    "loss": (
        Source("expense:{book}:bad_debt", sign=-1),
        Source("expense:{book}:written_off", sign=-1),
        Source("income:{book}:interest_charged_off", sign=-1),
        Source("income:{book}:fees_charged_off", sign=-1),
        Source("income:{book}:recoveries", sign=-1),
    ),
    "funding": (Source("expense:{book}:funding", sign=-1),),
    "cost": (Source("expense:{book}:running", sign=-1),),
}
_FACTORING: Mapping[str, tuple[Source, ...]] = {
    "lent": (Source("clearing:{book}", ("factored", "factor_released")),),
    "fee": (Source("income:{book}:servicing"),),
    "interest": (Source("income:{book}:fees"),),
    "loss": (
        Source("expense:{book}:bad_debt", sign=-1),
        Source("income:{book}:recoveries", sign=-1),
    ),
    "funding": (Source("expense:{book}:funding", sign=-1),),
    "cost": (Source("expense:{book}:running", sign=-1),),
}
_BY_LINE = {"lending": _LENDING, "factoring": _FACTORING}
_GAINS = ("fee", "interest")
_LOSSES = ("loss", "funding", "cost")
NAMES = ("lent", *_GAINS, *_LOSSES, "net", "capital")
_CAPITAL = {
    "lending": ("loans:{book}:principal",),
    "factoring": (
        "factoring:{book}:receivable", "factoring:{book}:reserve", "factoring:{book}:claim",
    ),
}  # fmt: skip


def sources(line: str, figure: str) -> tuple[Source, ...]:
    """What a figure is summed of; of an unknown one nothing."""
    told = _BY_LINE[line]
    if figure == "net":
        gains = [each for name in _GAINS for each in told[name]]
        losses = [
            msgspec.structs.replace(each, sign=-each.sign)
            for name in _LOSSES for each in told[name]
        ]  # fmt: skip
        return (*gains, *losses)
    if figure == "capital":
        return tuple(Source(path, sign=-1) for path in _CAPITAL[line])
    return told.get(figure, ())


def capital_paths(line: str, product: str) -> list[str]:
    """The accounts that hold what a product has out."""
    return [path.format(book=product) for path in _CAPITAL[line]]


def all_paths(line: str, product: str) -> list[str]:
    """Every account that a figure of a product is summed of."""
    found = [each.path(product) for name in NAMES for each in sources(line, name)]
    return sorted(set(found))


def value(line: str, product: str, figure: str, sums: Sequence[Sum]) -> int:
    """A figure, minor units, of what was posted to its accounts."""
    return sum(
        each.sign * row.net
        for each in sources(line, figure)
        for row in sums
        if row.path == each.path(product) and (not each.templates or row.template in each.templates)
    )
