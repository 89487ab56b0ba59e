"""An assignment's life: every amount is conserved, and nothing happens that its state does not allow."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from huoshui.core.machine import IllegalMove
from huoshui.lines.lending.factoring import life, limits, takings
from huoshui.lines.lending.factoring.chart import TEMPLATES
from huoshui.lines.lending.factoring.life import Step
from huoshui.lines.lending.factoring.machine import ASSIGNMENT, ENDED, OPEN, WITHIN, allowed
from huoshui.lines.lending.factoring.model import (
    Assignment,
    DebtorLimit,
    MoreThanOwed,
    NoRecourse,
    NotOverdue,
    fingerprint,
)
from huoshui.lines.lending.factoring.terms import LimitsTable, interest
from tests import ground

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
TODAY, DUE = date(2026, 3, 2), date(2026, 4, 1)
LATE = DUE + timedelta(days=16)
SELLER = UUID(int=7)
DRAWN = [(8_000, TODAY)]


def offered(
    face: int = 10_000, advance: int = 8_000, *, recourse: str = "full", order: bool = True,
    flat: int = 10, most: int = 70,
) -> Assignment:  # fmt: skip
    """An offer of a claim over 100 yuan."""
    return Assignment(
        id=UUID(int=1), receivable_id=UUID(int=2), fingerprint=b"f" * 32, product="factoring", version=1,
        state="offered", seller_id=SELLER, debtor="byr_1", order_id=UUID(int=3) if order else None,
        currency="CNY", due_on=DUE, face=face, advance=advance, fee_flat=flat,
        rate_annual=Decimal("0.09"), fee_most=most, recourse=recourse, grace_days=15,
        takings_share=Decimal("0.5"), offered_at=AT,
    )  # fmt: skip


def advanced(**how: Any) -> Assignment:
    """The same, bought."""
    return life.advance(life.assign(offered(**how)).after, AT).after


def confirmed(**how: Any) -> Assignment:
    """The same, confirmed on the tenth day."""
    return life.confirm(advanced(**how), AT, DRAWN, TODAY + timedelta(days=10)).after


def test_eighty_now_and_twenty_less_the_fee_on_confirmation() -> None:
    bought = life.advance(life.assign(offered()).after, AT)
    assert bought.amounts == {"advance": 8_000, "reserve": 2_000}
    step = life.confirm(bought.after, AT, DRAWN, TODAY + timedelta(days=10))
    fee = 10 + interest(8_000, Decimal("0.09"), 10)
    assert fee == 30 and step.amounts == {"released": 2_000 - fee, "kept": fee, "short": 0}
    done = life.collect(step.after, 10_000, AT)
    assert done.after.state == "settled" and done.after.paid == 9_970


def test_the_fee_is_for_the_days_used_and_never_above_the_quote() -> None:
    assert life.fee_on(advanced(), DRAWN, TODAY) == 10
    assert life.fee_on(advanced(), DRAWN, TODAY + timedelta(days=400)) == 70
    invoice = advanced(order=False)
    assert life.fee_on(invoice, DRAWN, TODAY) == 10 + interest(8_000, Decimal("0.09"), 30)


def test_returns_are_borne_by_the_reserve_then_by_the_seller() -> None:
    step = life.dilute(advanced(), 2_500, AT)
    assert step.amounts == {"reserved": 2_000, "owed": 500}
    assert (step.after.receivable, step.after.claim, step.after.state) == (7_500, 500, "advanced")
    short = life.confirm(step.after, AT, DRAWN, TODAY + timedelta(days=10))
    assert short.amounts == {"released": 0, "kept": 0, "short": 30}
    whole = life.dilute(advanced(), 10_000, AT).after
    assert (whole.state, whole.claim) == ("recourse", 8_000)
    assert life.repay(whole, 8_000, AT).after.state == "settled"


def test_recourse_is_what_the_terms_say() -> None:
    with pytest.raises(NotOverdue):
        life.recourse(advanced(), DUE + timedelta(days=15))
    step = life.recourse(advanced(), LATE)
    assert step.amounts == {"reserved": 2_000, "owed": 8_000} and step.after.claim == 8_000
    with pytest.raises(NoRecourse):
        life.recourse(advanced(recourse="dispute"), LATE)
    objected = life.dispute(advanced(recourse="dispute")).after
    assert life.recourse(objected, TODAY).after.claim == 8_000
    with pytest.raises(NoRecourse):
        life.recourse(life.dispute(advanced(recourse="none")).after, LATE)


def test_a_loss_without_recourse_is_the_factors() -> None:
    step = life.write_off(advanced(recourse="none"), AT, LATE)
    assert step.amounts == {"reserved": 2_000, "uncovered": 8_000, "owed": 0}
    assert (step.after.loss, step.after.state) == (8_000, "written_off")
    assert life.recover(step.after, 3_000).after.recovered == 3_000
    with pytest.raises(MoreThanOwed):
        life.recover(step.after, 8_001)
    with pytest.raises(NoRecourse, match="no_recourse"):
        life.write_off(advanced(), AT, LATE)
    owed = life.recourse(advanced(), LATE).after
    assert life.write_off(owed, AT, LATE).after.loss == 8_000


def test_an_objection_that_is_gone_leaves_all_as_it_was() -> None:
    for before in (advanced(), confirmed()):
        assert life.resume(life.dispute(before).after).after == before


class Lives(RuleBasedStateMachine):
    """Random lives against a model that knows accounts alone: each posting moves between them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = offered()
        self.books: dict[str, int] = {}
        self.on = TODAY

    def post(self, step: Step) -> None:
        if step.moved:
            for leg in TEMPLATES[step.template].legs({"book": "factoring"}, step.amounts):
                self.books[leg.source] = self.books.get(leg.source, 0) - leg.amount
                self.books[leg.target] = self.books.get(leg.target, 0) + leg.amount
        self.now = step.after

    @rule(face=st.integers(2, 10**7), part=st.integers(1, 99), recourse=st.sampled_from(["full", "dispute", "none"]), order=st.booleans())  # fmt: skip
    @precondition(lambda self: self.now.state == "offered")
    def buy(self, face: int, part: int, recourse: str, order: bool) -> None:
        paid = max(1, face * part // 100)
        most = min(face - paid, 10 + face // 50)
        self.now = offered(
            face, paid, recourse=recourse, order=order, flat=min(10, most), most=most
        )
        self.post(life.assign(self.now))
        self.post(life.advance(self.now, AT))

    @rule(face=st.integers(10, 10**7), first=st.integers(1, 99))
    @precondition(lambda self: self.now.state == "offered")
    def buy_in_stages(self, face: int, first: int) -> None:
        self.now = offered(face, face * 7 // 10, order=False, flat=0, most=face // 20)
        self.post(life.assign(self.now))
        self.post(life.advance(self.now, AT, max(1, self.now.advance * first // 100)))

    @rule(days=st.integers(1, 40))
    def pass_days(self, days: int) -> None:
        self.on += timedelta(days=days)

    @rule(verb=st.sampled_from(["confirm", "dispute", "resume", "recourse", "write_off"]))
    def verb(self, verb: str) -> None:
        ways = {
            "confirm": lambda: life.confirm(self.now, AT, [(self.now.paid, TODAY)], self.on),
            "dispute": lambda: life.dispute(self.now),
            "resume": lambda: life.resume(self.now),
            "recourse": lambda: life.recourse(self.now, self.on),
            "write_off": lambda: life.write_off(self.now, AT, self.on),
        }
        try:
            self.post(ways[verb]())
        except (NoRecourse, NotOverdue):
            assert verb in ("recourse", "write_off")
        except IllegalMove:
            starts = ASSIGNMENT.moves[verb].starts
            assert self.now.state not in starts

    @rule(verb=st.sampled_from(sorted(WITHIN)), part=st.integers(1, 100))
    def amount(self, verb: str, part: int) -> None:
        now = self.now
        owed = {"collect": now.receivable, "dilute": now.receivable, "repay": now.claim, "recover": now.loss - now.recovered, "release": min(now.reserve, now.advance - now.paid)}  # fmt: skip
        amount = -(-owed[verb] * part // 100)
        try:
            if verb == "recover":
                self.post(life.recover(now, amount))
            else:
                self.post(getattr(life, verb)(now, amount, AT))
        except MoreThanOwed:
            assert not 0 < amount <= owed[verb]
        except IllegalMove:
            assert now.state not in WITHIN[verb]

    @invariant()
    def books_are_what_the_assignment_says(self) -> None:
        now, books = self.now, self.books
        assert sum(books.values()) == 0
        assert -books.get("factoring:factoring:receivable", 0) == now.receivable
        assert -books.get("factoring:factoring:claim", 0) == now.claim
        assert books.get("factoring:factoring:reserve", 0) == now.reserve
        assert books.get("income:factoring:fees", 0) == now.fee
        assert -books.get("expense:factoring:bad_debt", 0) == now.loss
        assert books.get("income:factoring:recoveries", 0) == now.recovered
        came = now.collected + now.repaid + now.recovered
        assert books.get("clearing:factoring", 0) == now.paid - came

    @invariant()
    def all_of_the_face_went_somewhere(self) -> None:
        now = self.now
        gone = now.collected + now.diluted + now.bought_back + now.written_off
        assert now.advanced_at is None or now.face == now.receivable + gone
        owed = now.receivable - now.reserve + now.claim
        assert owed == now.paid + now.fee - now.collected - now.repaid - now.loss
        assert min(now.receivable, now.reserve, now.claim, owed) >= 0
        assert now.fee <= now.fee_most
        if now.state in ("settled", "written_off"):
            assert (owed == 0 and now.ended_at is not None) or now.state == "settled"


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=ground.examples(60), stateful_step_count=25)


def test_every_state_is_open_or_over_and_buttons_are_of_the_machine() -> None:
    assert set(OPEN) | set(ENDED) == set(ASSIGNMENT.states)
    for state in ASSIGNMENT.states:
        for verb in allowed(state):
            assert state in (WITHIN[verb] if verb in WITHIN else ASSIGNMENT.moves[verb].starts)


def table(**changes: Any) -> LimitsTable:
    said: dict[str, Any] = {
        "debtor": 1_000,
        "seller": 5_000,
        "concentration": "0.25",
        "concentration_from": 10_000,
    }
    return LimitsTable(**said | changes)


def test_limits_name_the_one_that_would_be_passed() -> None:
    limits.check(table(), limits.Exposure(200, 200, 9_000), 800)
    for now, amount, name in [
        (limits.Exposure(300, 300, 9_000), 701, "debtor"),
        (limits.Exposure(0, 4_500, 9_000), 501, "seller"),
    ]:
        with pytest.raises(DebtorLimit) as refused:
            limits.check(table(), now, amount)
        assert refused.value.facts["limit"] == name
    with pytest.raises(DebtorLimit) as refused:
        limits.check(table(debtor=10**9, seller=10**9), limits.Exposure(2_500, 0, 9_999), 1)
    assert refused.value.facts["limit"] == "concentration"


@given(st.lists(st.tuples(st.integers(1, 5_000), st.integers(0, 3_000), st.booleans()), max_size=6), st.integers(0, 12_000))  # fmt: skip
def test_takings_are_shared_to_the_unit_and_never_beyond(
    owed: list[tuple[int, int, bool]], free: int
) -> None:
    many = []
    for number, (receivable, claim, ready) in enumerate(owed):
        one = confirmed() if ready else life.recourse(advanced(), LATE).after
        changes = {"id": UUID(int=number + 10), "claim": claim, "receivable": receivable if ready else 0}  # fmt: skip
        many.append(msgspec.structs.replace(one, **changes))
    due = takings.due_of(many, free)
    assert sum(due.values()) <= free and min(due.values(), default=1) > 0
    parts = {m.id: takings.parted(m, due[m.id]) for m in many if m.id in due}
    assert sum(repaid for _, repaid in parts.values()) <= free // 2
    for one in many:
        collected, repaid = parts.get(one.id, (0, 0))
        assert collected <= one.receivable and repaid <= one.claim
        assert not repaid or one.state != "confirmed" or collected == one.receivable


def test_a_claim_is_the_same_whatever_its_number_is_written_like() -> None:
    one = fingerprint(SELLER, "Steel Works Ltd", "INV-0042/A")
    assert one == fingerprint(SELLER, "steel works, LTD.", "inv 0042 a")
    assert one == fingerprint(SELLER, "Ｓteel Works Ltd", "ＩＮＶ－００４２／Ａ")
    assert one != fingerprint(SELLER, "Steel Works Ltd", "INV-0043/A")
    assert one != fingerprint(UUID(int=8), "Steel Works Ltd", "INV-0042/A")
