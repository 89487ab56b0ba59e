"""Preparing and estimating: lines from what was seen, and their price under assumptions."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TypeVar

import msgspec

from huoshui.catalog import CheckedProduct
from huoshui.catalog.model import Said
from huoshui.core.access import this_book, zone_of
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.scenarios.products import use_of
from huoshui.scenarios.seller_loans import store as seller_loans
from huoshui.scenarios.whatif import seen, store
from huoshui.scenarios.whatif.assumptions import (
    CASES,
    MILLION,
    Assumptions,
    Case,
    ProductAssumed,
    ppm,
)
from huoshui.scenarios.whatif.capital import Capital, capital
from huoshui.scenarios.whatif.claims import Claims
from huoshui.scenarios.whatif.lines import Checkout
from huoshui.scenarios.whatif.model import Line
from huoshui.scenarios.whatif.sellers import Advances, Seasons
from huoshui.scenarios.whatif.store import Day, Rates, SegmentLoss, Setup, Sums

S = TypeVar("S")
Tell = Callable[[str, int, int], None]
_TOLD_EVERY = 500


class NotPrepared(Problem):
    """A product of the assumptions has no lines in this world; the problem names it."""

    code = "whatif_not_prepared"
    status = 409


class NoProductFile(Problem):
    """A product is assumed of which no file was given; the problem names it."""

    code = "whatif_no_product_file"
    status = 422


class OtherCurrency(Problem):
    """A product is of another currency than the book; the problem names both."""

    code = "whatif_other_currency"
    status = 422


class Offered(msgspec.Struct, frozen=True):
    """A product with the file that says it."""

    checked: CheckedProduct
    source: str


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a product would have come to in a case; money in minor units, hours whole.

    `net` is fee and interest less funding, loss and cost. `seller_pays` says whose the interest is. `waited_h` and `waits_h` are mean hours
    from the buyer's payment to the seller's money, without it and with it, where it is a seller's.
    """

    case: Case
    product: str
    candidates: int
    taken: int
    lent: int
    fee: int
    interest: int
    funding: int
    loss: int
    cost: int
    net: int
    capital_peak: int
    capital_mean: int
    seller_pays: bool
    waited_h: int | None
    waits_h: int | None


class Estimate(msgspec.Struct, frozen=True):
    """All products in all cases, and the capital of each day."""

    currency: str
    results: tuple[Result, ...]
    curves: dict[str, Capital]  # by "product/case"


def prepare(
    tx: Tx,
    assumptions: Assumptions,
    files: Mapping[str, Offered],
    *,
    seed: int = 1,
    tell: Tell = lambda *_: None,
) -> dict[str, int]:
    """Keep the loans that might have been of every product; how many of each.

    `files` are the products, in the book's currency: see `use_of`. Raises NoProductFile and
    OtherCurrency.
    """
    currency = this_book(tx).currency
    for key, file in files.items():
        if file.checked.product.currency != currency:
            raise OtherCurrency(product=key, found=file.checked.product.currency, book=currency)
    zone = this_book(tx).time_zone
    counts = {}
    for key in assumptions.products:
        if key not in files:
            raise NoProductFile(product=key)
        found = files[key].checked
        lost_days = assumptions.money.charge_off_days
        lines = _of(tx, found, _Told(zone, seed, lost_days, tell))
        counts[key] = store.keep(tx, key, lines)
    sources = {key: file.source for key, file in files.items()}
    store.set_up(tx, Setup(seed, msgspec.to_builtins(assumptions), sources))
    return counts


class _Told(msgspec.Struct, frozen=True):
    """What the lines of every product are made with."""

    zone: str
    seed: int
    lost_days: int
    tell: Tell


def _of(tx: Tx, found: CheckedProduct, told: _Told) -> Iterator[Line]:
    """The loans of a product that might have been."""
    zone, seed = told.zone, told.seed
    match use_of(found):
        case "claims":
            claims = Claims(found, seed, store.payouts(tx), zone_of(tx), told.lost_days)
            return (line for own in seen.sales(tx).values() for line in claims.lines(own))
        case "checkout":
            return _lines(found, store.orders(tx, zone), Checkout.of(found, seed).line, told.tell)
        case "sales":
            own = Advances.of(found, seed, told.lost_days).lines
        case "season":
            own = Seasons.of(found, seed).lines
    return (line for seller in seller_loans.sold(tx, zone) for line in own(seller))


def _lines(
    checked: CheckedProduct, seen: Sequence[S], line: Callable[[S], Line | None], tell: Tell
) -> Iterator[Line]:
    for n, each in enumerate(seen):
        if n % _TOLD_EVERY == 0:
            tell(checked.product.product, n, len(seen))
        found = line(each)
        if found:
            yield found


def estimate(tx: Tx, assumptions: Assumptions, cases: Sequence[Case] = CASES) -> Estimate:
    """What every product would have come to. Raises NotPrepared."""
    setup = store.setup(tx)
    tried = setup.assumptions["products"] if setup else {}  # of some no loan might have been
    absent = sorted(assumptions.products.keys() - set(store.kept(tx)) - set(tried))
    if absent:
        raise NotPrepared(product=absent[0])
    rates = [_rates(c, key, each) for c in cases for key, each in assumptions.products.items()]
    segments = [
        SegmentLoss(c, key, name, ppm(part, c))
        for c in cases
        for key, each in assumptions.products.items()
        for name, part in each.loss_in.items()
    ]
    with tx.by_index():
        sums = {(s.case, s.product): s for s in store.sums(tx, rates, segments)}
        days = store.days(tx, rates, segments)
    by_place = {key: list(of) for key, of in groupby(days, key=lambda d: (d.case, d.product))}
    results, curves = [], {}
    for rate in rates:
        place = (rate.case, rate.product)
        curve = capital(by_place.get(place, []), assumptions.money.charge_off_days)
        curves[f"{rate.product}/{rate.case}"] = curve
        results.append(_result(rate, sums[place], by_place.get(place, []), curve, assumptions))
    return Estimate(this_book(tx).currency, tuple(results), curves)


def names(setup: Setup, lang: str) -> dict[str, str]:
    """What people call each product, as its file says."""
    said = {key: tomllib.loads(source)["name"] for key, source in setup.products.items()}
    return {key: msgspec.convert(name, Said).say(lang) for key, name in said.items()}


def setup(tx: Tx) -> Setup | None:
    """What this world's lines were prepared under, or None where it has none."""
    return store.setup(tx)


def _rates(case: Case, product: str, assumed: ProductAssumed) -> Rates:
    return Rates(
        case, product, ppm(assumed.take_up, case), ppm(assumed.loss, case), ppm(assumed.lgd, case),
        ppm(assumed.fee, case), assumed.cost_each,
    )  # fmt: skip


def _result(
    rate: Rates, sums: Sums, days: Sequence[Day], curve: Capital, assumptions: Assumptions
) -> Result:
    case: Case = rate.case  # type: ignore[assignment]
    funding = _part(curve.money_days, ppm(assumptions.money.funding_annual, case), 365)
    interest = sum(day.interest for day in days)
    loss = _part(sum(day.stopped for day in days), rate.lgd)
    return Result(
        case=case,
        product=rate.product,
        candidates=sums.candidates,
        taken=sums.taken,
        lent=sums.lent,
        fee=sums.fee,
        interest=interest,
        funding=funding,
        loss=loss,
        cost=sums.cost,
        net=sums.fee + interest - funding - loss - sums.cost,
        capital_peak=curve.peak,
        capital_mean=curve.mean,
        seller_pays=sums.paid > 0,
        waited_h=sums.waited // sums.paid if sums.paid else None,
        waits_h=sums.waits // sums.paid if sums.paid else None,
    )


def _part(amount: int, part_ppm: int, over: int = 1) -> int:
    """A part of an amount, rounded half up."""
    whole = MILLION * over
    return (2 * amount * part_ppm + whole) // (2 * whole)
