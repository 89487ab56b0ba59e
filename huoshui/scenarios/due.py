"""All due work that scenarios know of, by kind: what runs as the clock moves."""

from __future__ import annotations

from huoshui.core.work import Run
from huoshui.judgement.risk.suspects import service as suspects
from huoshui.lines.lending.facility import port
from huoshui.lines.lending.facility import service as facilities
from huoshui.lines.lending.factoring import service as factoring
from huoshui.lines.lending.loan import contract as loans
from huoshui.lines.payments.disputes import service as disputes
from huoshui.lines.payments.rails import inbox
from huoshui.scenarios import disbursing, order_flow, payment_flow, rail_files, rail_flow

WORK: dict[str, Run] = {
    **order_flow.WORK,
    **payment_flow.WORK,
    **disputes.WORK,
    **rail_files.WORK,
    **disbursing.WORK,
    **facilities.WORK,
    **port.WORK,
    **factoring.WORK,
    **loans.WORK,
    **suspects.WORK,
    **inbox.work(rail_flow.PORTS),
}
