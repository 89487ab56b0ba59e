"""What credit products would have come to on a replay's history, over HTTP."""

from __future__ import annotations

from datetime import datetime

import msgspec

from huoshui.core import ids
from huoshui.core.access import this_book
from huoshui.core.money import Money
from huoshui.interfaces.api.contract import reads
from huoshui.interfaces.api.door import Ask, Cursor, Limit, Ref, Word, after_id, enter
from huoshui.scenarios import whatif
from huoshui.scenarios.whatif import full
from huoshui.scenarios.whatif.assumptions import checked
from huoshui.scenarios.whatif.full.service import FullResult
from huoshui.scenarios.whatif.full.store import Why
from huoshui.scenarios.whatif.service import Result


class WhatifView(msgspec.Struct, frozen=True):
    """Each product in each case, under the assumptions that the loans were prepared with; money in
    minor units of `currency`. An estimate: `basis` is always `assumed`. Without results no product was tried."""

    currency: str
    basis: str
    results: list[Result]


@reads("/whatif", "ledger:read", WhatifView, bound="book")
def show_whatif(request: Ask) -> WhatifView:
    """What credit products would have come to on this world's history."""
    with enter(request).begin() as tx:
        setup = whatif.setup(tx)
        if setup is None:
            return WhatifView(this_book(tx).currency, "assumed", [])
        found = whatif.estimate(tx, checked(setup.assumptions))
    return WhatifView(found.currency, "assumed", list(found.results))


class FullView(msgspec.Struct, frozen=True):
    """A run in full beside the estimate of the same case; money in minor units of `currency`. What is
    `full` is the sum of postings, `estimate` is assumed; `refused` says what was wanted and did not
    come to be. Empty where no full run stands in this world."""

    currency: str
    case: str
    full: list[FullResult]
    estimate: list[Result]
    refused: list[Why]


class SumView(msgspec.Struct, frozen=True):
    """What a template posted to an account: how often, and in - out in minor units."""

    account: str
    path: str
    template: str
    postings: int
    net: int


class PostingView(msgspec.Struct, frozen=True):
    """A posting behind a figure: in - out of the account, in minor units."""

    transaction: str
    leg: int
    at: datetime
    template: str
    reference: str
    path: str
    net: int


class TraceView(msgspec.Struct, frozen=True):
    """A figure of a product in a full run, the sums that it is of, and a page of the postings."""

    product: str
    figure: str
    value: Money
    sums: list[SumView]
    postings: list[PostingView]
    next: str | None


@reads("/whatif/full", "ledger:read", FullView, bound="book")
def show_full_run(request: Ask) -> FullView:
    """What credit products came to in a full run on this world's history, beside the estimate."""
    with enter(request).begin() as tx:
        if full.setup(tx) is None:
            return FullView(this_book(tx).currency, "", [], [], [])
        found = full.compare(tx)
    return FullView(
        found.currency, found.case, list(found.full), list(found.estimates), list(found.refused)
    )


@reads("/whatif/full/{ref:str}", "ledger:read", TraceView, bound="book")
def trace_full_run(
    request: Ask, ref: Ref, figure: Word = "net", after: Cursor = None, limit: Limit = 50
) -> TraceView:
    """The postings that a figure of a product is the sum of.

    Figures: lent, fee, interest, funding, loss, cost, net, capital.
    """
    with enter(request).begin() as tx:
        found = full.trace(tx, ref, figure, after_id("txn", after), limit)
    return TraceView(
        product=found.product,
        figure=found.figure,
        value=Money(found.value, found.currency),
        sums=[SumView(ids.show("acc", s.account_id), s.path, s.template, s.count, s.net)
              for s in found.sums],
        postings=[PostingView(ids.show("txn", e.txn_id), e.leg, e.at, e.template, e.reference,
                              e.path, e.net) for e in found.entries],
        next=ids.show("txn", found.next) if found.next else None,
    )  # fmt: skip


HANDLERS = [show_whatif, show_full_run, trace_full_run]
