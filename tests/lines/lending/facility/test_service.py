"""Facilities kept: limits by the day, freezes and appeals, and what is reserved, drawn and repaid."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from huoshui.core import events, ids, work
from huoshui.core.errors import Conflict
from huoshui.core.machine import IllegalMove
from huoshui.ledger.model import PostingRefused
from huoshui.ledger.verify import verify
from huoshui.lines.lending.facility import port, service
from huoshui.lines.lending.facility.model import (
    APPEAL,
    BadChange,
    BadFacility,
    FacilityClosed,
    FacilityInUse,
    FacilityShort,
    NotFrozen,
    NotSoMuchDrawn,
    OwnFreeze,
)
from huoshui.lines.lending.facility.service import Asked, Freezing, Opening
from huoshui.scenarios.due import WORK
from tests.ground import DAY, HOUR, START, Ground
from tests.lines.lending.facility.ground import Family, family, seen

TODAY = date(2025, 3, 3)


def day(n: int) -> date:
    return TODAY + timedelta(days=n)


def told(market: Ground, kind: str) -> list[dict[str, Any]]:
    with market.database.begin() as tx:
        return [event.data for event in events.page(tx, kind=kind)]


@pytest.fixture
def folk(market: Ground) -> Family:
    with market.database.begin() as tx:
        return family(tx, 100_000, 60_000, 50_000, 20_000)


def drawn(market: Ground, folk: Family, amount: int) -> Any:
    with market.database.begin() as tx:
        made = port.reserve(tx, folk.scene.id, amount, tx.now + HOUR).reservation
        assert made is not None
        return port.draw(tx, made.id)


def test_what_is_reserved_and_drawn_counts_all_the_way_up(market: Ground, folk: Family) -> None:
    with market.database.begin() as tx:
        first = port.reserve(tx, folk.scene.id, 30_000, tx.now + HOUR)
        assert first.reservation is not None
        assert (first.available, [s.held for s in first.stands]) == (20_000, [30_000] * 3)
        with pytest.raises(FacilityShort) as short:
            port.reserve(tx, folk.scene.id, 20_001, tx.now + HOUR)
        assert short.value.facts["available"] == 20_000
        assert short.value.facts["narrowest"] == folk.scene.shown
        taken = port.draw(tx, first.reservation.id, 25_000)
        assert [(s.drawn, s.held, s.available) for s in taken.stands] == [
            (25_000, 0, 25_000), (25_000, 0, 35_000), (25_000, 0, 75_000),
        ]  # fmt: skip
        assert port.draw(tx, first.reservation.id, 25_000).again
        with pytest.raises(PostingRefused):
            port.release(tx, first.reservation.id)
        other = port.reserve(tx, folk.phones.id, 20_000, tx.now + HOUR)
        assert other.available == 0, "its own limit"
        with pytest.raises(FacilityShort) as short:
            port.reserve(tx, folk.scene.id, 15_001, tx.now + HOUR)
        assert short.value.facts["narrowest"] == folk.borrower.shown
    with market.database.begin() as tx:
        verify(tx)


def test_a_repayment_restores_and_never_more_than_was_drawn(market: Ground, folk: Family) -> None:
    drawn(market, folk, 50_000)
    with market.database.begin() as tx:
        cause = tx.id("txn", "repayment")
        back = port.restore(tx, folk.scene.id, 20_000, cause=cause)
        assert (back.available, back.again) == (20_000, False)
        assert port.restore(tx, folk.scene.id, 20_000, cause=cause).again
        with pytest.raises(NotSoMuchDrawn):
            port.restore(tx, folk.scene.id, 30_001, cause=tx.id("txn", "too much"))
        assert seen(tx, folk.group).drawn == 30_000


def test_a_reservation_runs_out_by_itself(market: Ground, folk: Family) -> None:
    with market.database.begin() as tx:
        made = port.reserve(tx, folk.scene.id, 50_000, tx.now + HOUR).reservation
        assert made is not None
    work.advance(market.database, WORK, START + HOUR)
    assert [said["amount"] for said in told(market, "facility.reservation_expired")] == [50_000]
    with market.database.begin() as tx:
        assert [fate.state for fate in port.fates(tx, [made])] == ["expired"]
        assert port.reserve(tx, folk.scene.id, 50_000, tx.now + HOUR).available == 0
        with pytest.raises(PostingRefused):
            port.draw(tx, made.id)


def test_a_name_reserves_once(market: Ground, folk: Family) -> None:
    with market.database.begin() as tx:
        name = tx.id("rsv", "order 1")
        for again in (False, True):
            made = port.reserve(tx, folk.scene.id, 10_000, tx.now + HOUR, name=name)
            assert (made.again, made.available) == (again, 40_000)
        assert port.release(tx, name).available == 50_000
        assert port.release(tx, name).again
        assert [fate.state for fate in port.fates(tx, [port.find(tx, name)])] == ["released"]


def test_a_season_lifts_and_a_fall_back_stops_drawdowns_and_offers_a_plan(
    market: Ground, folk: Family
) -> None:
    with market.database.begin() as tx:
        lift = Asked(kind="uplift", since=day(2), until=day(5), share_ppm=500_000, cause="season")
        for each in (folk.scene, folk.borrower):
            service.change_limit(tx, each.id, lift)
        assert seen(tx, folk.scene).limit == 50_000
    work.advance(market.database, WORK, START + 2 * DAY)
    assert [t["limit"] for t in told(market, "facility.turned")] == [75_000, 90_000] or [
        t["limit"] for t in told(market, "facility.turned")] == [90_000, 75_000]  # fmt: skip
    taken = drawn(market, folk, 70_000)
    assert taken.available == 5_000
    with market.database.begin() as tx:
        late = port.reserve(tx, folk.scene.id, 5_000, tx.now + 7 * DAY).reservation
        assert late is not None
    work.advance(market.database, WORK, START + 6 * DAY)
    with market.database.begin() as tx:
        here = seen(tx, folk.scene)
        assert (here.limit, here.over, here.available) == (50_000, 20_000, 0)
        with pytest.raises(FacilityShort):
            port.reserve(tx, folk.scene.id, 1, tx.now + HOUR)
        with pytest.raises(FacilityShort):  # what was promised is not drawn above the limit either
            port.draw(tx, late.id)
        plan = service.plan(tx, folk.scene.id, 4)
        assert [part.amount for part in plan] == [5_000] * 4
        assert service.find(tx, folk.scene.id).state == "open"
        port.restore(tx, folk.scene.id, 25_000, cause=tx.id("txn", "r"))
        assert service.plan(tx, folk.scene.id) == ()
        assert port.draw(tx, late.id).available == 0
    [over] = [t for t in told(market, "facility.over") if t["limit"] == 50_000]
    assert sum(part["amount"] for part in over["plan"]) == over["over"] == 20_000


def test_a_late_clock_lets_nothing_through(market: Ground, folk: Family) -> None:
    """The fall-back holds from its first moment on, whether its due work has run or not."""
    with market.database.begin() as tx:
        service.change_limit(tx, folk.scene.id, Asked(kind="base", since=day(1), amount=100, cause="b"))  # fmt: skip
    with market.database.begin(now=START + DAY) as tx:
        with pytest.raises(FacilityShort) as short:
            port.reserve(tx, folk.scene.id, 101, tx.now + HOUR)
        assert short.value.facts["available"] == 100


def test_an_achievement_needs_its_evidence_and_has_an_end(market: Ground, folk: Family) -> None:
    with market.database.begin() as tx:
        for bad in ({"evidence": "cert/1"}, {"until": day(90)}):
            with pytest.raises(BadChange):
                service.change_limit(tx, folk.scene.id, Asked(kind="achievement", amount=5_000, cause="course", **bad))  # type: ignore[arg-type]  # fmt: skip
        good = Asked(
            kind="achievement", amount=5_000, cause="course", until=day(90), evidence="cert/1"
        )
        turned = service.change_limit(tx, folk.scene.id, good)
        assert turned.stand.limit == 55_000
        assert service.end(tx, turned.change.id, "certificate revoked").stand.limit == 50_000
        with pytest.raises(BadChange):
            service.end(tx, turned.change.id, "again")


def test_a_freeze_ends_by_itself(market: Ground, folk: Family) -> None:
    drawn(market, folk, 10_000)
    with market.database.begin() as tx:
        held = port.reserve(tx, folk.scene.id, 5_000, tx.now + 9 * DAY).reservation
        assert held is not None
        service.freeze(tx, folk.borrower.id, Freezing(cause="warm truck", until=day(3)))
        with pytest.raises(FacilityShort) as short:
            port.reserve(tx, folk.scene.id, 1, tx.now + HOUR)
        assert short.value.facts["narrowest"] == folk.borrower.shown
        port.restore(tx, folk.scene.id, 4_000, cause=tx.id("txn", "r"))  # is frozen too
        assert seen(tx, folk.borrower).available == 0
        assert seen(tx, folk.borrower).drawn == 6_000, "what is drawn is not touched"
        assert port.draw(tx, held.id).amount == 5_000, "nor what is reserved"
    work.advance(market.database, WORK, START + 4 * DAY)
    assert [t["by"] for t in told(market, "facility.thawed")] == ["expiry"]
    with market.database.begin() as tx:
        assert port.reserve(tx, folk.scene.id, 39_000, tx.now + HOUR).available == 0


def test_a_share_is_frozen_as_it_is_now(market: Ground, folk: Family) -> None:
    drawn(market, folk, 10_000)
    with market.database.begin() as tx:
        service.freeze(tx, folk.scene.id, Freezing(cause="stock", until=day(3), share_ppm=250_000))
        assert seen(tx, folk.scene).available == 30_000
    assert drawn(market, folk, 30_000).available == 0, "no share of what is left comes free by drawing"  # fmt: skip


def test_appeals_are_granted_at_once_or_answered(market: Ground, folk: Family) -> None:
    with market.database.begin() as tx:
        change = service.freeze(tx, folk.scene.id, Freezing(cause="x", until=day(9))).change
        made = service.appeal(tx, change.id, "The truck was repaired.")
        with pytest.raises(BadChange):
            service.decide_appeal(tx, made.id, "reject", " ")
    with pytest.raises(Conflict), market.database.begin() as tx:
        service.appeal(tx, change.id, "Again.")
    with pytest.raises(OwnFreeze), market.database.begin() as tx:
        service.decide_appeal(tx, made.id, "reject", "Still warm.")
    with market.database.begin(actor="risk") as tx:
        service.decide_appeal(tx, made.id, "reject", "Still warm.")
        assert seen(tx, folk.scene).available == 0
        second = service.appeal(tx, change.id, "Look at the new readings.")
        granted = service.decide_appeal(tx, second.id, "grant", "Right.")
        assert (granted.state, seen(tx, folk.scene).available) == ("granted", 50_000)
        with pytest.raises(IllegalMove):
            service.decide_appeal(tx, second.id, "reject", "No.")
        with pytest.raises(NotFrozen):
            service.appeal(tx, change.id, "Over.")


@pytest.mark.parametrize(
    "wrong",
    [
        {"until": day(-1)}, {"until": day(181)}, {"cause": " "}, {"share_ppm": 0},
    ],
)  # fmt: skip
def test_a_freeze_without_reason_or_end_is_refused(
    market: Ground, folk: Family, wrong: dict[str, Any]
) -> None:
    with market.database.begin() as tx, pytest.raises(BadChange):
        asked: dict[str, Any] = {"cause": "x", "until": day(1)} | wrong
        service.freeze(tx, folk.scene.id, Freezing(**asked))


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "base"}, {"kind": "base", "amount": -1}, {"kind": "base", "amount": 1, "since": day(-1)},
        {"kind": "uplift", "amount": 1}, {"kind": "uplift", "until": day(1)},
        {"kind": "uplift", "until": day(1), "amount": 1, "share_ppm": 1},
        {"kind": "uplift", "until": day(1), "amount": 1, "since": day(2)},
    ],
)  # fmt: skip
def test_a_change_that_does_not_hold_together_is_refused(
    market: Ground, folk: Family, wrong: dict[str, Any]
) -> None:
    with market.database.begin() as tx, pytest.raises(BadChange):
        service.change_limit(tx, folk.scene.id, Asked(**({"cause": "x"} | wrong)))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"level": "group"}, "parent"), ({"scene": ""}, "scene"), ({"currency": "EUR"}, "currency"),
        ({"party": ""}, "party"), ({"amount": -1}, "amount"),
    ],
)  # fmt: skip
def test_a_facility_stands_where_it_belongs(
    market: Ground, folk: Family, wrong: dict[str, Any], field: str
) -> None:
    asked: dict[str, Any] = {"level": "scene", "currency": "CNY", "amount": 1, "name": "x", "scene": "y",
             "party": folk.borrower.party, "parent": folk.borrower.id} | wrong  # fmt: skip
    if wrong.get("level"):
        asked |= {"scene": ""}
    with market.database.begin() as tx, pytest.raises(BadFacility) as refused:
        service.open_facility(tx, Opening(**asked))
    assert refused.value.facts == {"field": field}


def test_a_facility_is_closed_once_nothing_is_used(market: Ground, folk: Family) -> None:
    drawn(market, folk, 10_000)
    with market.database.begin() as tx:
        with pytest.raises(FacilityInUse):
            service.close(tx, folk.group.id)
        port.restore(tx, folk.scene.id, 10_000, cause=tx.id("txn", "r"))
        service.close(tx, folk.group.id)
        with pytest.raises(FacilityClosed):
            port.reserve(tx, folk.scene.id, 1, tx.now + HOUR)
        with pytest.raises(IllegalMove):
            service.close(tx, folk.group.id)


def test_what_was_said_is_never_changed(market: Ground, folk: Family) -> None:
    for table in ("facility_change", "facility_reservation", "facility"):
        with pytest.raises(Exception, match=r"append-only"), market.database.begin() as tx:
            tx.run(f"DELETE FROM {table}")
            tx.value("SELECT 1")
    with pytest.raises(Exception, match="neither reopened"), market.database.begin() as tx:
        tx.run("UPDATE facility SET parent_id = NULL WHERE level = 'scene'")
        tx.value("SELECT 1")


def test_the_database_knows_the_moves_of_appeals(market: Ground) -> None:
    text = market.value("SELECT prosrc FROM pg_proc WHERE proname = 'guard_appeal_state'")
    moves = {f"'{start}>{move.leads}'" for move in APPEAL.moves.values() for start in move.starts}
    assert all(move in text for move in moves)
    assert text.count(">") - text.count("|| '>' ||") == len(moves)


def test_ids_say_what_they_are(folk: Family) -> None:
    assert ids.read("fac", folk.group.shown) == folk.group.id
