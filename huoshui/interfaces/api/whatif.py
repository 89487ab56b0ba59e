"""What credit products would have come to on a replay's history, over HTTP."""

from __future__ import annotations

import msgspec

from huoshui.core.access import this_book
from huoshui.interfaces.api.contract import reads
from huoshui.interfaces.api.door import Ask, enter
from huoshui.scenarios import whatif
from huoshui.scenarios.whatif.assumptions import checked
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


HANDLERS = [show_whatif]
