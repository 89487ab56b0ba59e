"""Settlement: windows under load, payouts by four eyes, the calendar, limits, what comes back."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui import ledger
from huoshui.core import access, ids
from huoshui.core.db import Database, Tx
from huoshui.core.machine import IllegalMove, Machine
from huoshui.facts.bankdays import CalendarUnknown, NeverOpen
from huoshui.ledger import Leg, Transaction
from huoshui.ledger.verify import verify
from huoshui.lines import payments
from huoshui.lines.payments import Terms
from huoshui.lines.payments.chart import CHART
from huoshui.lines.payments.escrow.terms import BadTerms
from huoshui.lines.payments.payment import service as payment_service
from huoshui.lines.payments.payment.model import Create, Part, Tender
from huoshui.lines.payments.rails import Answer, Call, Notice
from huoshui.lines.payments.rails import store as rail_store
from huoshui.lines.payments.settlement import (
    BATCH,
    PAYOUT,
    SettlementTerms,
    batches,
    calendar,
    payouts,
    store,
    window_store,
    windows,
)
from huoshui.lines.payments.settlement.model import (
    AboveLimit,
    Batch,
    NothingToPay,
    OwnBatch,
    Payable,
    Payout,
)
from huoshui.lines.payments.settlement.plan import plan
from huoshui.lines.payments.settlement.terms import next_close
from huoshui.scenarios import rail_flow
from tests import ground

SHANGHAI = ZoneInfo("Asia/Shanghai")


def seller(tx: Tx, name: str) -> str:
    """The public id of a seller that only the ledger knows."""
    return ids.show("slr", tx.id("slr", name))


def earn(tx: Tx, slr: str, amount: int) -> None:
    """A seller earns something over a card; the capture clears in the open window."""
    id_ = tx.id("txn", f"{slr}/{amount}/{tx.id('txn', 'n')}")
    tx.run("SELECT pg_advisory_xact_lock_shared(%(lock)s, %(book)s)", lock=window_store.LOCK)
    number = windows.open_window(tx).number
    leg = Leg("rail:card:clearing", f"merchant:{slr}:settlement", amount)
    transaction = Transaction(
        id=id_, template="payment_captured", reference=f"sale {id_}", currency="CNY", legs=(leg,),
        effective_at=tx.now,
    )  # fmt: skip
    ledger.post(tx, [transaction], CHART)[0].demand()
    tx.run(
        """INSERT INTO clearing (book, id, payment_id, kind, currency, amount, window_number, at)
        VALUES (%(book)s, %(id)s, %(id)s, 'capture', 'CNY', %(amount)s, %(number)s, %(now)s)""",
        id=id_, amount=amount, number=number, now=tx.now,
    )  # fmt: skip


def drafted(tx: Tx, *, by: str = "maker") -> Batch:
    """A batch drafted by somebody."""
    tx.actor = by
    return batches.make_batch(tx, "CNY")


def approved(tx: Tx, batch: Batch, *, by: str = "checker") -> Batch:
    """The same, approved by another."""
    tx.actor = by
    return batches.approve(tx, batch.id)


def terms(tx: Tx, **changes: object) -> SettlementTerms:
    """Other terms in force."""
    new = msgspec.structs.replace(SettlementTerms(), **changes)
    store.add_settlement_terms(tx, new)
    return new


@pytest.mark.parametrize(("machine", "function"), [(BATCH, "guard_payout_batch_state"), (PAYOUT, "guard_payout_state")])  # fmt: skip
def test_the_database_knows_the_same_moves(tx: Tx, machine: Machine, function: str) -> None:
    body = tx.value("SELECT prosrc FROM pg_proc WHERE proname = %(name)s", name=function)
    moves = {f"{start}>{move.leads}" for move in machine.moves.values() for start in move.starts}
    assert {
        text for text in body.split("'") if len(text) > 1 and ">" in text and " " not in text
    } == moves


def test_a_window_closes_for_good_and_its_positions_tie(tx: Tx) -> None:
    one, two = seller(tx, "one"), seller(tx, "two")
    for amount in (1_000, 2_500):
        earn(tx, one, amount)
    earn(tx, two, 400)
    seen = windows.preview(tx)
    assert [(t.kind, t.count, t.amount) for t in seen.totals] == [("capture", 3, 3_900)]
    closed = windows.close_window(tx)
    earn(tx, one, 7)
    report = windows.count(tx, closed.number)
    assert windows.count(tx, closed.number) == report and report.clearings == 3
    found = {p.path: p for p in window_store.positions(tx, closed.number)}
    assert found[f"merchant:{one}:settlement"].net == 3_500
    assert found["rail:card:clearing"].net == -3_900
    assert sum(p.net for p in found.values()) == 0
    assert found[f"merchant:{two}:settlement"].party_kind == "seller"
    assert windows.check(tx, closed.number) is None
    with pytest.raises(windows.WindowOpen):
        windows.count(tx, closed.number + 1)
    with pytest.raises(windows.UnknownWindow):
        windows.window(tx, 99)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE settlement_window SET closed_at = NULL WHERE book = %(book)s AND number = 1",
        "UPDATE settlement_window SET closed_by = 'x' WHERE book = %(book)s AND number = 1",
        "UPDATE settlement_window SET opened_at = now() WHERE book = %(book)s AND closed_at IS NULL",
        "DELETE FROM settlement_window WHERE book = %(book)s",
        """INSERT INTO clearing (book, id, payment_id, kind, currency, amount, window_number, at)
        VALUES (%(book)s, gen_random_uuid(), gen_random_uuid(), 'capture', 'CNY', 1, 1, now())""",
        "UPDATE window_report SET clearings = 0 WHERE book = %(book)s",
        "DELETE FROM window_position WHERE book = %(book)s",
    ],
)
def test_the_database_keeps_a_closed_window_closed(tx: Tx, change: str) -> None:
    earn(tx, seller(tx, "one"), 5)
    windows.count(tx, windows.close_window(tx).number)
    with pytest.raises(Exception, match=r"closed|append-only"), tx.savepoint():
        tx.run(change)  # type: ignore[arg-type]


def test_windows_close_while_eight_threads_pay(sandbox: Database, book: int) -> None:
    """Everything that clears is in exactly one window, and nothing joins a closed one."""
    stop, failed = threading.Event(), list[BaseException]()
    seen: dict[int, int] = {}

    def paying(thread: int) -> None:
        try:
            while not stop.is_set():
                with sandbox.begin(book=book) as tx:
                    earn(tx, seller(tx, f"s{thread}"), 100)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=paying, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(15):
        with sandbox.begin(book=book) as tx:
            closed = windows.close_window(tx)
        with sandbox.begin(book=book) as tx:
            seen[closed.number] = sum(t.count for t in window_store.totals(tx, closed.number))
    stop.set()
    for thread in threads:
        thread.join()
    assert not failed
    with sandbox.begin(book=book) as tx:
        now = {n: sum(t.count for t in window_store.totals(tx, n)) for n in seen}
        assert now == seen, "a window that is closed holds what it held"
        windows.close_window(tx)
        numbers = window_store.uncounted(tx)
        reports = [windows.count(tx, number) for number in numbers]
        assert sum(r.clearings for r in reports) == tx.value(
            "SELECT count(*) FROM clearing WHERE book = %(book)s"
        )
        assert sum(p.net for n in numbers for p in window_store.positions(tx, n, limit=100)
                   if p.party_kind == "seller") == 100 * sum(r.clearings for r in reports)  # fmt: skip
        assert verify(tx).holds


def test_the_calendar_closes_windows_that_hold_something(market: ground.Ground) -> None:
    from huoshui.core import work
    from huoshui.scenarios import order_flow

    work.advance(market.database, order_flow.WORK, ground.START + 2 * ground.DAY)
    assert market.value("SELECT count(*) FROM settlement_window") == 1
    with market.database.begin() as tx:
        earn(tx, seller(tx, "one"), 50)
    work.advance(market.database, order_flow.WORK, ground.START + 3 * ground.DAY)
    assert market.value("SELECT count(*) FROM settlement_window") == 2
    assert market.value("SELECT clearings FROM window_report") == 1
    assert market.value("SELECT opened_at FROM settlement_window WHERE number = 1") == ground.START


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["hour", "day", "week"]), st.integers(0, 23),
)  # fmt: skip
def test_the_next_closing_lies_ahead(after: datetime, every: str, hour: int) -> None:
    asked = SettlementTerms(window_every=every, window_hour=hour)  # type: ignore[arg-type]
    due = next_close(asked, SHANGHAI, after)
    most = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}[every]
    assert due is not None and after < due <= after + most
    assert next_close(SettlementTerms(window_every="never"), SHANGHAI, after) is None


# Payout batches


def test_one_makes_another_approves_and_the_money_leaves_once(tx: Tx) -> None:
    one, two = seller(tx, "one"), seller(tx, "two")
    earn(tx, one, 5_000)
    earn(tx, two, 99)  # below the least payout
    batch = drafted(tx)
    assert (batch.state, batch.payouts, batch.amount) == ("draft", 1, 5_000)
    assert ground.nets(tx).get("rail:bank:payout") is None, "a draft moves nothing"
    with pytest.raises(NothingToPay):
        drafted(tx)
    with pytest.raises(OwnBatch) as caught:
        approved(tx, batch, by="maker")
    assert "maker" in caught.value.detail("zh")
    done = approved(tx, batch)
    assert done.state == "sent" and ground.nets(tx)["rail:bank:payout"] == 5_000
    with pytest.raises(IllegalMove):
        approved(tx, batch)
    with pytest.raises(IllegalMove):
        batches.cancel(tx, batch.id)
    (payout,) = store.payouts(tx, batch_id=batch.id)
    payouts.paid(tx, payout.id)
    assert payouts.paid(tx, payout.id).state == "paid"
    assert batches.load(tx, batch.id).state == "done"
    assert verify(tx).holds


def test_a_draft_that_is_called_off_leaves_everything_as_it_was(tx: Tx) -> None:
    earn(tx, seller(tx, "one"), 700)
    batch = drafted(tx)
    assert batches.cancel(tx, batch.id).state == "cancelled"
    assert store.states(tx, batch.id) == {"cancelled": 1}
    assert drafted(tx).amount == 700, "what was called off can be paid again"


def test_what_was_refunded_meanwhile_is_not_sent(tx: Tx) -> None:
    one, two = seller(tx, "one"), seller(tx, "two")
    earn(tx, one, 500)
    earn(tx, two, 800)
    batch = drafted(tx)
    back = Transaction(
        id=tx.id("txn", "back"), template="payment_refunded", reference="r", currency="CNY",
        legs=(Leg(f"merchant:{one}:settlement", "rail:card:clearing", 1),), effective_at=tx.now,
    )  # fmt: skip
    ledger.post(tx, [back], CHART)[0].demand()
    assert approved(tx, batch).state == "partly"
    states = {p.state: p.reason for p in store.payouts(tx, batch_id=batch.id)}
    assert states == {"failed": "balance", "sent": ""}
    assert ground.nets(tx)["rail:bank:payout"] == 800


@pytest.mark.parametrize("way", ["fail", "return"])
def test_a_payout_that_comes_back_is_the_sellers_again_and_can_be_sent_again(
    tx: Tx, way: str
) -> None:
    one = seller(tx, "one")
    earn(tx, one, 900)
    batch = approved(tx, drafted(tx))
    (payout,) = store.payouts(tx, batch_id=batch.id)
    back = (payouts.failed if way == "fail" else payouts.returned)(tx, payout.id, "no such account")
    assert back.state in ("failed", "returned") and back.back_txn
    nets = ground.nets(tx)
    assert nets[f"merchant:{one}:settlement"] == 900 and "rail:bank:payout" not in nets
    assert batches.load(tx, batch.id).state == "done"
    again = payouts.retry(tx, payout.id)
    assert (again.state, again.attempt) == ("sent", 2) and again.txn_id != payout.txn_id
    assert ground.nets(tx)["rail:bank:payout"] == 900
    assert batches.load(tx, batch.id).state == "sent"
    with pytest.raises(IllegalMove):
        payouts.retry(tx, payout.id)


def test_what_a_seller_owes_is_taken_first(tx: Tx) -> None:
    one = seller(tx, "one")
    advanced = Transaction(
        id=tx.id("txn", "adv"), template="payment_refunded", reference=one, currency="CNY",
        legs=(Leg(f"receivable:{one}", "rail:card:clearing", 300),), effective_at=tx.now,
    )  # fmt: skip
    ledger.post(tx, [advanced], CHART)[0].demand()
    earn(tx, one, 1_000)
    assert drafted(tx).amount == 700
    assert f"receivable:{one}" not in ground.nets(tx)


def test_by_the_terms_alone_up_to_a_limit(tx: Tx) -> None:
    access.this_book(tx)
    payments.start(tx, Terms(payout_min=1))
    terms(tx, auto_max=1_000)
    earn(tx, seller(tx, "one"), 1_000)
    (sent,) = payouts.pay_out(tx)
    assert sent.state == "sent"
    earn(tx, seller(tx, "two"), 1_001)
    assert payouts.pay_out(tx) == []
    (draft,) = store.batches(tx, state="draft")
    terms(tx, approve_limits={"clerk": 1_000, "head": 5_000})
    tx.actor = "checker"
    with pytest.raises(AboveLimit):
        batches.approve(tx, draft.id, roles=frozenset({"clerk"}))
    assert batches.approve(tx, draft.id, roles=frozenset({"clerk", "head"})).state == "sent"


payables = st.lists(
    st.builds(
        Payable,
        account_id=st.uuids(),
        path=st.just("merchant:x:settlement"),
        currency=st.just("CNY"),
        available=st.integers(1, 10**6),
        waiting=st.integers(0, 10**5),
        paid_version=st.just(0),
    ),
    max_size=20,
    unique_by=lambda p: p.account_id,
)


@given(payables, st.integers(1, 1_000), st.integers(0, 10**6), st.integers(0, 10**7),
       st.integers(0, 10**7), st.decimals(0, 1, places=2))  # fmt: skip
def test_a_plan_keeps_within_every_limit(
    found: list[Payable], least: int, payout_max: int, day_max: int, spent: int, rate: Decimal
) -> None:
    asked = SettlementTerms(payout_max=payout_max, day_max=day_max, reserve_rate=rate)
    earned = {p.account_id: p.available for p in found}
    shares, left_out = plan(found, earned, asked, least=least, spent=spent)
    assert sum(s.amount for s in shares) <= max(0, day_max - spent)
    for share in shares:
        assert least <= share.amount <= payout_max
        assert share.amount + share.reserved + share.payable.waiting <= share.payable.available
    assert {each.why for each in left_out} <= {"reserve", "payout_max", "day_max"}


# The calendar of China in 2025 and 2026, with make-up workdays


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        (date(2026, 2, 14), True),  # a Saturday before the Spring Festival: make-up workday
        (date(2026, 2, 17), False),  # the Spring Festival itself, a Tuesday
        (date(2025, 9, 28), True),  # a Sunday before the National Day
        (date(2025, 10, 8), False),  # a Wednesday of the holiday
        (date(2025, 10, 9), True),
        (date(2026, 3, 7), False),  # an ordinary Saturday
    ],
)
def test_china_works_on_make_up_days_and_rests_on_holidays(day: date, open_: bool) -> None:
    china = SettlementTerms(calendar="CN")
    assert calendar.is_open(china, day) is open_
    assert calendar.is_open(msgspec.structs.replace(china, holidays=(day,)), day) is False
    assert calendar.is_open(msgspec.structs.replace(china, workdays=(day,)), day) is True


def test_a_year_that_is_not_known_is_told_and_can_be_named() -> None:
    china = SettlementTerms(calendar="CN")
    with pytest.raises(CalendarUnknown) as caught:
        calendar.is_open(china, date(2041, 5, 1))
    assert "2041" in caught.value.detail("zh") and "2041" in caught.value.detail("en")
    named = msgspec.structs.replace(china, holidays=(date(2041, 5, 1),))
    assert not calendar.is_open(named, date(2041, 5, 1))
    assert calendar.is_open(named, date(2041, 5, 2)) and not calendar.is_open(
        named, date(2041, 5, 4)
    )
    with pytest.raises(NeverOpen):
        days = tuple(date(2026, 1, 1) + timedelta(days=n) for n in range(90))
        calendar.next_open(SettlementTerms(holidays=days), days[0])


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2025-09-30T16:59", "2025-09-30T16:59"),  # before the cut-off: at once
        ("2025-09-30T17:00", "2025-10-09T00:00"),  # after it, eight days of holiday ahead
        ("2025-10-03T10:00", "2025-10-09T00:00"),
        ("2025-10-11T09:00", "2025-10-11T09:00"),  # a make-up Saturday
    ],
)
def test_what_is_approved_late_or_on_a_holiday_waits_for_the_open_day(at: str, due: str) -> None:
    asked = SettlementTerms(calendar="CN", cutoff_hour=17)
    moment = datetime.fromisoformat(at).replace(tzinfo=SHANGHAI)
    assert calendar.send_at(asked, SHANGHAI, moment) == datetime.fromisoformat(due).replace(
        tzinfo=SHANGHAI
    )


def test_an_approved_batch_waits_for_its_day_and_then_goes(market: ground.Ground) -> None:
    from huoshui.core import work
    from huoshui.scenarios import order_flow

    saturday = ground.START + timedelta(days=5)
    with market.database.begin(now=saturday) as tx:
        terms(tx, calendar="weekdays")
        earn(tx, seller(tx, "one"), 500)
        batch = approved(tx, drafted(tx))
        assert batch.state == "approved" and batch.send_at is not None
    work.advance(market.database, order_flow.WORK, saturday + timedelta(days=1))
    assert market.value("SELECT state FROM payout_batch") == "approved"
    work.advance(market.database, order_flow.WORK, saturday + timedelta(days=2))
    assert market.value("SELECT state FROM payout_batch") == "sent"
    assert market.value("SELECT sent_at FROM payout_batch") == datetime(2025, 3, 9, 16, tzinfo=UTC)


def test_a_payout_in_the_list_is_the_one_that_was_made(tx: Tx) -> None:
    earn(tx, seller(tx, "one"), 500)
    batch = approved(tx, drafted(tx))
    (payout,) = store.payouts(tx, batch_id=batch.id)
    assert isinstance(payout, Payout) and payout == store.payout(tx, payout.id)
    assert store.batches(tx) == [batches.load(tx, batch.id)]


def test_a_rail_is_asked_and_what_it_says_is_heard(tx: Tx) -> None:
    with pytest.raises(BadTerms):
        payouts.change_terms(tx, SettlementTerms(payout_rail="card"))
    payouts.change_terms(tx, SettlementTerms(payout_rail="bank"))
    names = ("one", "two", "three")
    for name in names:
        earn(tx, seller(tx, name), 500)
    batch = approved(tx, drafted(tx))
    asked = {p.call_id: p for p in store.payouts(tx, batch_id=batch.id)}
    calls = [rail_store.call(tx, call_id).call for call_id in asked if call_id]
    assert {(c.rail, c.verb, c.amount) for c in calls} == {("bank", "pay_out", 500)}
    first, second, third = calls
    payouts.hear(tx, [(first, Answer(verdict="succeeded")), (second, Answer(verdict="unknown"))])
    payouts.hear(tx, [(third, Answer(verdict="declined", code="closed_account"))])
    states = {c.id: store.payout(tx, asked[c.id].id) for c in calls}
    assert [states[c.id].state for c in calls] == ["paid", "sent", "failed"]
    assert states[third.id].reason == "closed_account"
    again = payouts.retry(tx, asked[third.id].id)
    assert again.call_id not in (None, third.id)
    payouts.hear(tx, [(third, Answer(verdict="succeeded"))])
    assert store.payout(tx, again.id).state == "sent", "an attempt that was given up says nothing"
    back = Notice(event="e1", kind="returned", at=tx.now, reason="no such name")
    payouts.notice(tx, first, back)
    assert store.payout(tx, asked[first.id].id).state == "returned"


def test_a_payment_of_two_rails_clears_whole_in_one_window(tx: Tx) -> None:
    """What each rail brought stands in the window beside what the parts got of it."""
    id_ = tx.id("pmt", "two rails")
    tenders = (Tender("card", "rail:card:clearing", 700, token="t"),
               Tender("transfer", "rail:transfer:clearing", 300, token="t"))  # fmt: skip
    parts = (Part(f"merchant:{seller(tx, 'one')}:settlement", "seller", 900),
             Part("platform:commission", "commission", 100))  # fmt: skip
    made = Create(id=id_, currency="CNY", tenders=tenders, parts=parts, confirm=True)
    payment_service.apply(tx, [made])[0].demand()
    open_calls = {c.id: c for c in rail_calls(tx, id_)}
    answered = set[object]()
    while waiting := [c for c in open_calls.values() if c.id not in answered]:
        for call in waiting:
            said = Answer(verdict="succeeded", reference=f"r-{call.tender}", amount=call.amount)
            rail_flow.answered(tx, [(call, said)])
            answered.add(call.id)
        open_calls |= {c.id: c for c in rail_calls(tx, id_)}
    number = windows.close_window(tx).number
    windows.count(tx, number)
    nets = {p.path: p.net for p in window_store.positions(tx, number)}
    assert nets.pop("payment:transit") == 0
    assert sorted(nets.values()) == [-700, -300, 100, 900]


def rail_calls(tx: Tx, payment: UUID) -> list[Call]:
    """What rails were asked for a payment."""
    rows = tx.tuples(
        "SELECT id FROM rail_call WHERE book = %(book)s AND subject = %(subject)s ORDER BY id",
        subject=ids.show("pmt", payment),
    )
    return [rail_store.call(tx, call_id).call for (call_id,) in rows]
