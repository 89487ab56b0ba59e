"""Reconciliation: rules in order, conservation on random files, the queue, undo, what a bank returns."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui import ledger
from huoshui.core import ids
from huoshui.core.db import Database, Tx
from huoshui.core.money import major
from huoshui.ledger import Leg, Transaction
from huoshui.ledger.verify import verify
from huoshui.lines.payments.chart import CHART
from huoshui.lines.payments.reconciliation import (
    Line,
    Taken,
    Upload,
    check,
    check_store,
    intake,
    placing,
    queue,
    store,
    take_file,
)
from huoshui.lines.payments.reconciliation.model import (
    ItemGone,
    LineBusy,
    MatchDiffers,
    SplitDiffers,
    UndoneAlready,
    WriteOffLimit,
)
from huoshui.lines.payments.reconciliation.suggestions import suggest
from huoshui.lines.payments.settlement import SettlementTerms
from huoshui.lines.payments.settlement import batches as payout_batches
from huoshui.lines.payments.settlement import store as payout_store
from huoshui.lines.payments.settlement.model import OwnBatch
from huoshui.lines.payments.statements import PROFILES, FileRefused
from tests import ground
from tests.lines.test_settlement import approved, drafted, earn, seller

SHANGHAI = ZoneInfo("Asia/Shanghai")
HEADING = "kind,reference,currency,gross,fee,net,batch,at"
_CLEARING = "rail:card:clearing"


def captured(tx: Tx, key: str, amount: int, *, rail: str = "card") -> str:
    """A capture over a rail (negative: a refund) of a payment of ours; the payment's public id."""
    payment = ids.show("pmt", tx.id("pmt", key))
    there, back = f"rail:{rail}:clearing", "escrow"
    leg = Leg(there, back, amount) if amount > 0 else Leg(back, there, -amount)
    transaction = Transaction(
        id=tx.id("txn", f"cap/{key}"), template="payment_captured", reference=payment,
        currency="CNY", legs=(leg,), effective_at=tx.now,
    )  # fmt: skip
    if amount < 0:
        fund = Transaction(
            id=tx.id("txn", f"fund/{key}"), template="x", reference="fund", currency="CNY",
            legs=(Leg("platform:subsidy", "escrow", -amount),), effective_at=tx.now,
        )  # fmt: skip
        ledger.post(tx, [fund], CHART)[0].demand()
    ledger.post(tx, [transaction], CHART)[0].demand()
    return payment


def row(
    tx: Tx, reference: str, gross: int, fee: int = 0, *, kind: str = "charge", batch: str = "",
    days: int = 0,
) -> str:  # fmt: skip
    """A line of an acquirer's file."""
    at = (tx.now - timedelta(days=days)).isoformat()
    gross_, fee_, net = (major(n, "CNY") for n in (gross, fee, gross - fee))
    return f"{kind},{reference},CNY,{gross_},{fee_},{net},{batch},{at}"


def upload(rows: Sequence[str], *, name: str = "card.csv", **more: str) -> Upload:
    """An acquirer's file of these rows."""
    content = "\n".join([HEADING, *rows]).encode()
    given_ = {"profile": PROFILES["acquirer"], "rail": "card"} | more
    return Upload(name=name, content=content, **given_)  # type: ignore[arg-type]


def bank(rows: Sequence[str], **more: str) -> Upload:
    """A bank's file of lines `amount,reference`, booked now."""
    content = "\n".join(["date,amount,reference,description", *rows]).encode()
    return Upload(name="bank.csv", content=content, profile=PROFILES["bank"], **more)


def placed(tx: Tx, asked: Upload) -> Taken:
    """A file taken in and all its lines placed."""
    taken = take_file(tx, asked)
    while store.left_new(tx, taken.file.id):
        placing.place_next(tx, taken.file, 1_000)
    return taken


def lines(tx: Tx, taken: Taken) -> list[Line]:
    """The lines of a file in their order."""
    return sorted(store.lines(tx, file_id=taken.file.id, limit=1000), key=lambda x: x.number)


def states(tx: Tx, taken: Taken) -> list[tuple[str, str]]:
    """State and rule, or cause, of each line."""
    found = []
    for each in lines(tx, taken):
        match = store.match(tx, each.match_id) if each.match_id else None
        found.append((each.state, match.rule if match else each.cause))
    return found


def test_an_acquirers_file_is_matched_by_reference_and_fees_are_booked(tx: Tx) -> None:
    one, two = captured(tx, "one", 10_000), captured(tx, "two", 2_000)
    back = captured(tx, "back", -500)
    rows = [row(tx, one, 10_000, 60), row(tx, two, 2_000, 12), row(tx, back, -500, kind="refund"),
            row(tx, "stranger", 777, 5)]  # fmt: skip
    taken = placed(tx, upload(rows))
    assert states(tx, taken) == [("matched", "reference")] * 3 + [("suspense", "unknown")]
    nets = ground.nets(tx)
    assert nets["rail:card:transit"] == -(9_940 + 1_988 - 500 + 772)
    assert nets["rail:card:fees"] == -(60 + 12 + 5) and nets["suspense:unknown"] == 777
    assert _CLEARING not in nets and check(tx).holds and verify(tx).holds


def test_the_same_bytes_again_change_nothing(tx: Tx) -> None:
    rows = [row(tx, captured(tx, "one", 10_000), 10_000)]
    first = placed(tx, upload(rows))
    before = ground.nets(tx)
    again = placed(tx, upload(rows, name="another name.csv"))
    assert again.repeated and again.file == first.file and ground.nets(tx) == before


def test_an_acquirers_batch_meets_the_banks_line(tx: Tx) -> None:
    rows = [row(tx, captured(tx, f"p{n}", 1_000 * n), 1_000 * n, n, batch="B7") for n in (1, 2, 3)]
    placed(tx, upload(rows))
    taken = placed(tx, bank([f"{tx.now.astimezone(SHANGHAI):%Y-%m-%d},59.94,B7,card payout"]))
    assert states(tx, taken) == [("matched", "one_to_many")]
    nets = ground.nets(tx)
    assert nets["bank:main"] == -5_994 and "rail:card:transit" not in nets
    assert check(tx).holds


@pytest.mark.parametrize(("paid", "rule"), [("60.00", "day_batch"), ("59.10", "day_batch_net")])
def test_a_bank_line_alone_meets_all_of_a_day_less_fees(tx: Tx, paid: str, rule: str) -> None:
    for n in (1, 2, 3):
        captured(tx, f"p{n}", 1_000 * n)
    taken = placed(tx, bank([f"{tx.now.astimezone(SHANGHAI):%Y-%m-%dT%H:%M:%S},{paid},DEPOSIT 1,"]))
    assert states(tx, taken) == [("matched", rule)]
    nets = ground.nets(tx)
    assert _CLEARING not in nets and nets.get("rail:card:fees", 0) == (
        0 if paid == "60.00" else -90
    )
    assert check(tx).holds


def test_many_lines_come_to_one_item_and_the_rest_waits(tx: Tx) -> None:
    one = captured(tx, "one", 10_000)
    taken = placed(tx, upload([row(tx, one, 4_000), row(tx, one, 6_000, 1)]))
    assert states(tx, taken) == [("matched", "many_to_one")] * 2
    other = captured(tx, "two", 10_000)
    taken = placed(tx, upload([row(tx, other, 4_000)]))
    assert states(tx, taken) == [("suspense", "amount_differs")] and check(tx).holds


def test_a_small_difference_has_an_account_of_its_own(tx: Tx) -> None:
    payout_store.add_settlement_terms(tx, msgspec.structs.replace(SettlementTerms(), tolerance=5))
    one, two = captured(tx, "one", 10_000), captured(tx, "two", 10_000)
    taken = placed(tx, upload([row(tx, one, 9_995), row(tx, two, 9_994)]))
    assert states(tx, taken) == [("matched", "tolerance"), ("suspense", "amount_differs")]
    assert ground.nets(tx)["rail:card:differences"] == -5 and check(tx).holds


def test_an_amount_alone_matches_only_where_nothing_else_would_do(tx: Tx) -> None:
    captured(tx, "one", 4_200)
    for name in ("two", "three"):
        captured(tx, name, 9_900)
    taken = placed(tx, upload([row(tx, "x1", 4_200), row(tx, "x2", 9_900)]))
    assert states(tx, taken) == [("matched", "amount_date"), ("suspense", "several_candidates")]
    far = placed(tx, upload([row(tx, "x3", 9_900, days=9)]))
    assert states(tx, far)[0][0] == "suspense"


def test_a_line_that_is_a_fee_alone_is_booked(tx: Tx) -> None:
    taken = placed(tx, upload([row(tx, "monthly", 0, 900, kind="fee")]))
    assert states(tx, taken) == [("booked", "arrived")]
    assert ground.nets(tx) == {"rail:card:fees": -900, "rail:card:transit": 900}
    assert check(tx).holds


def test_a_payout_is_paid_by_the_banks_line_and_comes_back_by_another(tx: Tx) -> None:
    slr = seller(tx, "one")
    earn(tx, slr, 8_800)
    batch = approved(tx, drafted(tx))
    (payout,) = payout_store.payouts(tx, batch_id=batch.id)
    key = ids.show("pay", payout.id)
    taken = placed(tx, bank([f"{tx.now.astimezone(SHANGHAI):%Y-%m-%d},-88.00,{key},payout"]))
    assert states(tx, taken) == [("matched", "reference")]
    assert payout_store.payout(tx, payout.id).state == "paid"
    assert payout_batches.load(tx, batch.id).state == "done"
    assert "rail:bank:payout" not in ground.nets(tx) and ground.nets(tx)["bank:main"] == 8_800
    content = f"date,amount,reference,type\n{tx.now.astimezone(SHANGHAI):%Y-%m-%d},88.00,{key},return\n".encode()
    back = placed(tx, Upload(name="back.csv", content=content, profile=PROFILES["bank"]))
    assert states(tx, back) == [("matched", "reference")]
    assert payout_store.payout(tx, payout.id).state == "returned"
    nets = ground.nets(tx)
    assert nets[f"merchant:{slr}:settlement"] == 8_800 and "bank:main" not in nets
    assert check(tx).holds


# The queue


def parked(tx: Tx, *amounts: int) -> list[Line]:
    """Lines that no rule matched."""
    taken = placed(tx, upload([row(tx, f"s{n}-{a}", a) for n, a in enumerate(amounts)]))
    found = lines(tx, taken)
    assert {line.state for line in found} == {"suspense"}
    return found


def key_of(tx: Tx, payment: str) -> queue.ItemKey:
    """What names the open item of a payment."""
    account = ledger.service.account_at(tx, _CLEARING, "CNY").id
    (item,) = store.items_named(tx, [account], [payment])
    return item.key


def test_a_suggestion_is_matched_undone_and_matched_again(tx: Tx) -> None:
    one = captured(tx, "one", 5_000)
    captured(tx, "two", 5_000)
    (line,) = parked(tx, 5_000)
    found = suggest(tx, line)
    assert [s.why for s in found] == ["amount", "amount"]
    made = queue.match(tx, [line.id], [key_of(tx, one)])
    assert check(tx).holds and queue.load_line(tx, line.id).state == "matched"
    with pytest.raises(LineBusy):
        queue.match(tx, [line.id], [found[1].item.key])
    undone = queue.undo(tx, made.id)
    assert undone.undo_txn and queue.load_line(tx, line.id).state == "suspense"
    reverses = tx.value("SELECT reverses FROM transfer WHERE book = %(book)s AND id = %(id)s AND leg = 0", id=undone.undo_txn)  # fmt: skip
    assert reverses == made.txn_id, "an undo is linked with what it undid"
    with pytest.raises(UndoneAlready):
        queue.undo(tx, made.id)
    assert check(tx).holds
    queue.match(tx, [line.id], [key_of(tx, one)])
    assert ground.nets(tx)[_CLEARING] == -5_000 and check(tx).holds


def test_an_item_is_taken_once(tx: Tx) -> None:
    one = captured(tx, "one", 5_000)
    captured(tx, "two", 5_000)
    first, second = parked(tx, 5_000, 5_000)
    key = key_of(tx, one)
    queue.match(tx, [first.id], [key])
    with pytest.raises(ItemGone):
        queue.match(tx, [second.id], [key])
    with pytest.raises(ItemGone):
        queue.match(tx, [second.id], [])


def test_sums_that_differ_are_refused_and_a_split_helps(tx: Tx) -> None:
    one, two = captured(tx, "one", 3_000), captured(tx, "two", 4_000)
    (line,) = parked(tx, 7_777)
    with pytest.raises(MatchDiffers) as caught:
        queue.match(tx, [line.id], [key_of(tx, one), key_of(tx, two)])
    assert "7777" in caught.value.detail("zh")
    for wrong in ([7_777], [7_777, 0], [1, 2]):
        with pytest.raises(SplitDiffers):
            queue.split(tx, line.id, wrong)
    parts = queue.split(tx, line.id, [3_000, 4_000, 777])
    queue.match(tx, [parts[0].id], [key_of(tx, one)])
    queue.match(tx, [parts[1].id], [key_of(tx, two)])
    assert _CLEARING not in ground.nets(tx) and check(tx).holds
    assert queue.load_line(tx, line.id).state == "split"


def test_a_write_off_takes_two_and_has_a_limit(tx: Tx) -> None:
    small, large = parked(tx, 120, 10_001)
    tx.actor = "clerk"
    with pytest.raises(WriteOffLimit):
        queue.ask_write_off(tx, large.id, "too old")
    queue.ask_write_off(tx, small.id, "too old")
    with pytest.raises(OwnBatch):
        queue.approve_write_off(tx, small.id)
    assert check(tx).holds
    tx.actor = "head"
    queue.refuse_write_off(tx, small.id)
    tx.actor = "clerk"
    queue.ask_write_off(tx, small.id, "still too old")
    tx.actor = "head"
    assert queue.approve_write_off(tx, small.id).state == "written_off"
    assert ground.nets(tx)["reconciliation:written_off"] == 120 and check(tx).holds


def test_what_waits_too_long_is_told(market: ground.Ground) -> None:
    from huoshui.core import work
    from huoshui.scenarios import order_flow

    with market.database.begin() as tx:
        take_file(tx, upload([row(tx, "stranger", 700)]))
    work.advance(market.database, order_flow.WORK, ground.START + 11 * ground.DAY)
    told = market.value("SELECT array_agg(data ->> 'days' ORDER BY at) FROM event WHERE type = 'suspense.aged'")  # fmt: skip
    assert told == ["3", "10"]


def test_a_fault_is_told_by_line_and_column_and_nothing_is_kept(tx: Tx) -> None:
    rows = [row(tx, "a", 100), row(tx, "b", 200).replace("2.00,0.00,2.00", "2.00,0.10,2.00"),
            row(tx, "c", 300).replace("3.00,0.00", "3.001,0.00"),
            "charge,d,CNY,1.00,0.00,1.00,,yesterday", "charge,e"]  # fmt: skip
    with pytest.raises(FileRefused) as caught:
        take_file(tx, upload(rows))
    assert [(e.pointer, e.code) for e in caught.value.errors] == [
        ("line 2, net", "net_differs"), ("line 3, gross", "amount"), ("line 4, at", "line_time"),
        ("line 5", "line_width"),
    ]  # fmt: skip
    for error in caught.value.errors:
        assert error.detail("zh") and error.detail("en")
    assert store.files(tx) == [] and ground.nets(tx) == {}
    with pytest.raises(intake.RailNeeded):
        take_file(tx, upload(rows, rail=""))


def test_a_statement_that_leaves_a_gap_is_refused(tx: Tx) -> None:
    from tests.lines.test_statements import camt_of

    placed(tx, Upload(name="1.xml", content=camt_of(0, [500]), profile=PROFILES["bank"]))
    with pytest.raises(FileRefused) as caught:
        take_file(tx, Upload(name="3.xml", content=camt_of(600, [5]), profile=PROFILES["bank"]))
    assert caught.value.errors[0].code == "balance_gap"
    placed(tx, Upload(name="2.xml", content=camt_of(500, [-100]), profile=PROFILES["bank"]))
    assert ground.nets(tx)["bank:main"] == -400 and check(tx).holds


# Whatever is in a file, nothing disappears


class Case(msgspec.Struct, frozen=True):
    """Payments that were captured, and a file that speaks of some of them, rightly or not."""

    captures: tuple[int, ...]
    file: tuple[tuple[int, int, int, str], ...]  # (which payment or -1, gross off by, fee, batch)
    undone: tuple[int, ...]


amounts = st.integers(1, 10**7)
file_lines = st.tuples(
    st.integers(-1, 7), st.sampled_from([0, 0, 0, 0, 1, -1, 500]), st.integers(0, 300),
    st.sampled_from(["", "B1", "B2"]),
)  # fmt: skip
cases = st.builds(
    Case,
    captures=st.lists(amounts, min_size=1, max_size=8).map(tuple),
    file=st.lists(file_lines, min_size=1, max_size=12).map(tuple),
    undone=st.lists(st.integers(0, 11), max_size=4).map(tuple),
)


@settings(max_examples=ground.examples(40))
@given(case=cases, tolerance=st.sampled_from([0, 1, 1_000]), refund=st.booleans())
def test_lines_imported_are_lines_matched_and_lines_in_suspense(
    sandbox: Database, case: Case, tolerance: int, refund: bool
) -> None:
    from huoshui.core import access

    with sandbox.begin(book=ground.fresh_book()) as tx:
        access.open_book(tx, ground.book(tx.book))
        payout_store.add_settlement_terms(
            tx, msgspec.structs.replace(SettlementTerms(), tolerance=tolerance)
        )
        sign = -1 if refund else 1
        payments = [captured(tx, f"{tx.book}/{n}", a * sign) for n, a in enumerate(case.captures)]
        rows = []
        for number, (which, off, fee, batch) in enumerate(case.file):
            known = 0 <= which < len(payments)
            gross = (case.captures[which] * sign if known else 1_234) + off
            reference = payments[which] if known else f"ghost-{number}"
            rows.append(row(tx, reference, gross, fee, batch=batch))
        taken = placed(tx, upload(rows))
        conserved(tx)
        matched = [line for line in lines(tx, taken) if line.match_id]
        for index in case.undone:
            if matched:
                line = queue.load_line(tx, matched[index % len(matched)].id)
                if line.match_id:
                    queue.undo(tx, line.match_id)
                    conserved(tx)
        net = -taken.file.net
        placed(
            tx, bank([f"{tx.now.astimezone(SHANGHAI):%Y-%m-%d},{major(-net, 'CNY')},D1,"])
        ) if net else None
        conserved(tx)


def conserved(tx: Tx) -> None:
    """Everything that was imported is somewhere, and each balance is its open items."""
    found = check(tx)
    assert found.faults == ()
    for currency, (gross, _) in check_store.imported(tx).items():
        assert gross == sum(s.gross for s in found.lines if s.currency == currency)
    nets = ground.nets(tx)
    assert sum(nets.values()) == 0 and verify(tx).holds


def test_a_file_of_many_lines_is_placed_piece_by_piece(tx: Tx) -> None:
    rows = [row(tx, captured(tx, f"p{n}", 100 + n), 100 + n, 1) for n in range(250)]
    rows += [row(tx, captured(tx, "shared", 900), 400), row(tx, ids.show("pmt", UUID(int=1)), 3)]
    out = io.StringIO("\n".join(rows))
    taken = take_file(tx, upload(out.read().split("\n")))
    rounds = 0
    while store.left_new(tx, taken.file.id):
        placing.place_next(tx, taken.file, 100)
        rounds += 1
    assert rounds == 3 and check(tx).holds
    assert sum(state == "matched" for state, _ in states(tx, taken)) == 250
    assert isinstance(taken.file.imported_at, datetime)
