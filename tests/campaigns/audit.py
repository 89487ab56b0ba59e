"""The audit after a campaign: every payment against the simulators' own ledger, cent by cent.

What the simulators did is told by themselves and known to Huoshui only by their answers, so that
the two sets of books agree only where every answer, whenever and however often it came, took effect
once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.lines.payments.chart import rail_path, wallet_path
from huoshui.lines.payments.payment import store
from huoshui.lines.payments.payment.machine import FINAL
from huoshui.lines.payments.payment.model import Payment
from huoshui.lines.payments.payment.step import LATE, STUCK, TRANSIT, WRONG
from huoshui.lines.payments.rails.simulator.model import Deed
from tests import ground
from tests.campaigns.shoppers import BUYERS, POOR

FUNDS, POOR_FUNDS = 10**9, 500
OUTSIDE = ("card", "transfer", "qr")
Net = dict[tuple[str, str], int]  # by template and path, in - out


class Books(msgspec.Struct, frozen=True):
    """What one payment left on the ledger, at Huoshui's calls, and at the simulators."""

    payment: Payment
    nets: Net
    deeds: list[Deed]
    given_back: int  # by calls of refunds that succeeded, as they were asked
    stuck: int  # what was to go back of late money and was refused

    def net(self, path: str, template: str = "") -> int:
        """in - out of an account, by all its transactions or those of one template."""
        return sum(
            net for (of, at), net in self.nets.items() if at == path and template in ("", of)
        )

    def moved(self, verb: str, rail: str = "") -> int:
        """What the simulators moved for it."""
        return sum(d.moved for d in self._deeds(verb) if rail in ("", d.rail))

    def short(self, verb: str) -> int:
        """By how much they moved less than they were asked."""
        return sum(d.amount - d.moved for d in self._deeds(verb))

    def _deeds(self, verb: str) -> list[Deed]:
        return [d for d in self.deeds if d.verb == verb and d.verdict == "succeeded"]


def check(tx: Tx, ledger: dict[str, Any]) -> dict[str, Any]:
    """Assert all of it; the figures of what was found."""
    deeds = msgspec.convert(ledger["deeds"], list[Deed], strict=False)
    asked = check_calls(tx, deeds)
    books = books_of(tx, deeds)
    for each in books:
        check_payment(each)
    totals(tx, books, deeds)
    states = Counter(each.payment.state for each in books)
    return {
        "states": dict(sorted(states.items())),
        "calls": asked,
        "captured_by_rails": sum(each.moved("capture") for each in books),
        "refunded_by_rails": sum(each.moved("refund") for each in books),
        "came_late_and_went_back": sum(_late_in(each) - each.net(STUCK) for each in books),
        "suspense_refund_failed": sum(each.net(STUCK) for each in books),
        "suspense_wrong_amount": sum(each.net(WRONG) for each in books),
    }


def check_calls(tx: Tx, deeds: list[Deed]) -> int:
    """Nothing was asked twice, nothing done that was not asked, and both sides say the same."""
    rows = tx.tuples("SELECT id::text, state, answered FROM rail_call WHERE book = %(book)s")
    calls = {id_: (state, answered) for id_, state, answered in rows}
    done = {deed.key: deed for deed in deeds}
    assert done.keys() <= calls.keys(), "a rail did what nobody asked"
    for id_, (state, answered) in calls.items():
        deed = done.get(id_)
        if state == "dropped":
            assert deed is None, f"called off and done: {id_}"
            continue
        assert deed is not None, f"answered and unknown to the rail: {id_} {state}"
        assert deed.times <= 1, f"sent {deed.times} times: {deed}"
        assert (deed.verdict, state) in (("succeeded", "succeeded"), ("declined", "declined")), deed
        assert answered == (deed.moved if state == "succeeded" else None), deed
    return len(calls)


def books_of(tx: Tx, deeds: list[Deed]) -> list[Books]:
    """Every payment with what it left."""
    nets: dict[str, Net] = defaultdict(dict)
    rows = tx.tuples(
        """
        SELECT reference, template, path, sum(amount)::bigint FROM (
            SELECT t.reference, t.template, a.path, t.amount FROM transfer t
            JOIN account a ON a.book = t.book AND a.id = t.to_id
            WHERE t.book = %(book)s AND t.kind IN (0, 2) AND a.currency = 'CNY'
            UNION ALL
            SELECT t.reference, t.template, a.path, -t.amount FROM transfer t
            JOIN account a ON a.book = t.book AND a.id = t.from_id
            WHERE t.book = %(book)s AND t.kind IN (0, 2) AND a.currency = 'CNY') AS side
        GROUP BY 1, 2, 3
        """
    )
    for reference, template, path, net in rows:
        nets[reference][template, path] = net
    done: dict[str, list[Deed]] = defaultdict(list)
    for deed in deeds:
        done[deed.subject].append(deed)
    sums = tx.tuples(
        """SELECT subject, coalesce(sum(amount) FILTER (
                      WHERE refund IS NOT NULL AND state = 'succeeded'), 0)::bigint,
                  coalesce(sum(amount) FILTER (
                      WHERE refund IS NULL AND state = 'declined'), 0)::bigint
        FROM rail_call WHERE book = %(book)s AND verb = 'refund' GROUP BY 1"""
    )
    back = {subject: (given, stuck) for subject, given, stuck in sums}
    found = tx.tuples("SELECT id FROM payment WHERE book = %(book)s ORDER BY id")
    made = store.lock(tx, [UUID(str(id_)) for (id_,) in found])
    return [
        Books(payment, nets[name], done[name], *back.get(name, (0, 0)))
        for payment in made.values()
        for name in [ids.show("pmt", payment.id)]
    ]


def check_payment(books: Books) -> None:
    """One payment: a final state, and money where the state, the rails and the split say."""
    payment = books.payment
    assert payment.state in FINAL, payment
    assert (payment.state == "succeeded") == (payment.captured > 0), payment
    assert not any(t.call or t.asking for t in payment.tenders), payment
    for rail in OUTSIDE:
        moved = books.moved("capture", rail) - books.moved("refund", rail)
        assert -books.net(rail_path(rail)) == moved, (rail, moved, books)
    assert books.net(TRANSIT) == 0, books
    for part in payment.parts:
        assert books.net(part.account) == sum(
            p.left for p in payment.parts if p.account == part.account
        ), books
    _check_model(payment)
    _check_once(books)
    _check_suspense(books)


def _check_model(p: Payment) -> None:
    assert p.captured == sum(part.taken for part in p.parts) == sum(t.taken for t in p.tenders), p
    assert p.refunded == sum(part.back for part in p.parts) == sum(t.back for t in p.tenders), p
    assert 0 <= p.refunded <= p.captured <= p.amount, p
    assert all(0 <= t.back <= t.taken <= t.amount for t in p.tenders), p


def _late_in(books: Books) -> int:
    return books.net(LATE, "rail_captured_late") + books.net(LATE, "payment_late")


def _check_once(books: Books) -> None:
    """What rails took is what the payment took of them, and what came too late; so with refunds."""
    outside = [t for t in books.payment.tenders if t.rail in OUTSIDE]
    short = -books.net(WRONG, "rail_captured")
    taken = sum(t.taken for t in outside)
    assert books.moved("capture") == taken + _late_in(books) - short, books
    assert books.given_back == sum(t.back for t in outside), books
    late_back = -books.net(LATE, "late_returned")
    assert books.moved("refund") + books.short("refund") == books.given_back + late_back, books


def _check_suspense(books: Books) -> None:
    """Late money has gone back or is named where it could not; a wrong amount is a rail's word."""
    assert books.net(LATE) == 0, books
    stuck = books.net(STUCK)
    assert stuck == books.stuck, books
    assert _late_in(books) == -books.net(LATE, "late_returned") + stuck, books
    short = -books.net(WRONG, "rail_captured")
    came_late = bool(books.net(LATE, "rail_captured_late"))
    assert short == books.short("capture") or (came_late and 0 <= short < books.short("capture"))
    assert books.net(WRONG) == books.short("refund") - short, books


def totals(tx: Tx, books: list[Books], deeds: list[Deed]) -> None:
    """The whole: each rail's clearing account, wallets, holds, and what cleared."""
    nets = ground.nets(tx)
    for rail in OUTSIDE:
        done = [d for d in deeds if d.rail == rail and d.verdict == "succeeded"]
        moved = sum(d.moved * {"capture": 1, "refund": -1}.get(d.verb, 0) for d in done)
        assert -nets.get(rail_path(rail), 0) == moved, rail
    assert nets.get(TRANSIT, 0) == nets.get(LATE, 0) == 0
    tenders = [t for each in books for t in each.payment.tenders]
    for buyer in (*BUYERS, POOR):
        funds = POOR_FUNDS if buyer == POOR else FUNDS
        left = sum(t.left for t in tenders if t.account == wallet_path(buyer))
        assert nets.get(wallet_path(buyer), 0) == funds - left, buyer
    held = tx.value(
        "SELECT coalesce(sum(remaining), 0)::bigint FROM hold WHERE book = %(book)s"
        " AND state = 'open'"
    )
    assert held == 0, "held for nobody"
    assert sum(nets.values()) == 0
    _check_cleared(tx, books)


def _check_cleared(tx: Tx, books: list[Books]) -> None:
    rows = tx.tuples(
        """SELECT payment_id, sum(amount)::bigint FROM clearing
        WHERE book = %(book)s AND kind = 'capture' GROUP BY 1"""
    )
    captured = {b.payment.id: b.payment.captured for b in books if b.payment.captured}
    assert dict(rows) == captured
