"""A claim that a bank funds too: over random lives nothing is left with anybody, and the books say so."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.machine import IllegalMove
from huoshui.core.money import Money
from huoshui.ledger.verify import verify
from huoshui.lines.lending.factoring import Assignment, joint, life, service, store
from huoshui.lines.lending.factoring.joint import PLATFORM, FunderTable, FundingTable, Part
from huoshui.lines.lending.factoring.model import MoreThanOwed, NoRecourse, NotOverdue
from huoshui.lines.lending.factoring.service import Claim
from huoshui.scenarios import factoring_flow
from tests import ground
from tests.ground import DAY, START, Ground
from tests.lines.lending.factoring.ground import publish
from tests.lines.lending.factoring.test_factoring_life import AT, TODAY, offered

VERBS = (
    "confirm",
    "collect",
    "dilute",
    "repay",
    "recourse",
    "write_off",
    "recover",
    "dispute",
    "resume",
)
BANK = FunderTable("bank", "0.7", "0.6", "0.1")
SHARES = st.integers(0, 100).map(lambda n: f"{n / 100:.2f}".rstrip("0").rstrip(".") or "0")


def step(now: Assignment, verb: str, part: int, on: date) -> Assignment:
    """The assignment after a verb, or as it was where it is not allowed."""
    owed = {"collect": now.receivable, "dilute": now.receivable, "repay": now.claim, "recover": now.loss - now.recovered}  # fmt: skip
    amount = owed.get(verb, 0) * part // 100
    try:
        match verb:
            case "confirm":
                return life.confirm(now, AT, [(now.paid, TODAY)], on).after
            case "recourse":
                return life.recourse(now, on).after
            case "write_off":
                return life.write_off(now, AT, on).after
            case "recover":
                return life.recover(now, amount).after
            case "dispute" | "resume":
                return getattr(life, verb)(now).after
        return getattr(life, verb)(now, amount, AT).after
    except (IllegalMove, MoreThanOwed, NoRecourse, NotOverdue):
        return now


@given(
    face=st.integers(10, 10**8),
    principal=SHARES, fee=SHARES, servicing=SHARES,
    verbs=st.lists(st.tuples(st.sampled_from(VERBS), st.integers(1, 100)), max_size=14),
    recourse=st.sampled_from(["full", "dispute", "none"]),
)  # fmt: skip
@settings(max_examples=ground.examples(150))
def test_over_random_lives_shares_come_to_the_whole(
    face: int, principal: str, fee: str, servicing: str, verbs: list[tuple[str, int]], recourse: str
) -> None:
    table = FundingTable([FunderTable("bank", principal, fee, servicing)])
    whole = FundingTable([FunderTable(PLATFORM + "s", "1", "1", "0")])
    most = face // 20
    now = life.advance(life.assign(offered(face, face * 8 // 10, recourse=recourse, flat=min(10, most), most=most)).after, AT).after  # fmt: skip
    told: dict[str, int] = dict.fromkeys(Part.__struct_fields__[1:], 0)
    (before,) = joint.parts(table, now)
    for _, name, amount in joint.moved((), (before,)):
        told[name] += amount
    for n, (verb, part) in enumerate(verbs):
        now = step(now, verb, part, TODAY + timedelta(days=12 * n))
        (after,) = joint.parts(table, now)
        for _, name, amount in joint.moved((before,), (after,)):
            told[name] += amount
        before = after
        (all_,) = joint.parts(whole, now)
        assert all_.position == now.exposure, "one who funds it all has all that is out"
        assert 0 <= after.position <= all_.position and after.recovered <= all_.recovered
    assert told == {name: getattr(before, name) for name in told}, "steps come to the totals"
    if now.state in ("settled", "written_off"):
        assert before.position == 0, "nothing is left with anybody"


def joint_invoice(tx: Tx, number: int) -> Assignment:
    """An invoice over 1,000.00, bought with the bank."""
    on = access.today(tx)
    claim = Claim(
        kind="invoice", document=f"J-{number}", seller_id=tx.id("slr", "s"), debtor=f"firm {number}",
        face=Money(100_000, "CNY"), issued_on=on, due_on=on + timedelta(days=30),
    )  # fmt: skip
    made = service.offer(tx, service.register(tx, claim).id, "joint-factoring")
    service.assign(tx, made.id)
    return factoring_flow.advance(tx, made.id)


def test_the_banks_statement_is_what_was_posted(market: Ground) -> None:
    with market.database.begin() as tx:
        publish(tx)
        paid, lost = joint_invoice(tx, 1), joint_invoice(tx, 2)
        (now,) = store.statements(tx)
        assert (now.lent, now.position) == (2 * 56_000, 2 * 56_000)
    with market.database.begin(now=START + 50 * DAY) as tx:
        factoring_flow.confirm(tx, paid.id)
        done = factoring_flow.collect(tx, paid.id, 100_000, "bank")
        service.write_off(tx, lost.id, "insolvent")
        factoring_flow.collect(tx, lost.id, 10_000, "estate")
        (told,) = store.statements(tx)
        assert verify(tx).holds
    fee = done.fee * 6 // 10
    assert (told.product, told.party, told.position) == ("joint-factoring", "bank", 0)
    assert (told.earned, told.serviced, told.lost, told.recovered) == (
        fee,
        fee // 10,
        56_000,
        7_000,
    )
    assert told.gain == fee - fee // 10 - 56_000 + 7_000
    nets = market.nets()
    assert nets["income:joint-factoring:fees"] == done.fee - fee
    assert nets["income:joint-factoring:servicing"] == told.serviced
    assert nets["expense:joint-factoring:bad_debt"] == -(80_000 - 56_000)
    assert nets["funders:bank:clearing"] == told.gain, (
        "what the bank gained and lent comes to its cash"
    )
    assert "funding:joint-factoring:bank" not in nets
