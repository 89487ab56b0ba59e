"""Rails' daily files in a replay: reconciled by the production code, faults in suspense by reason."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.worlds import Worlds
from huoshui.facts.commerce.sample import generate
from huoshui.lines.payments.rails.simulator.model import fee
from huoshui.lines.payments.reconciliation import check
from huoshui.scenarios.rail_files import BadRailFiles, RailFiles, read_rail_files
from huoshui.scenarios.rail_files.model import Deal, kind, lines, with_faults
from huoshui.scenarios.replay import Asked, replay
from huoshui.scenarios.replay.driver import Outcome
from tests import ground

ALL_FAULTS = ("missing_line=0.15", "wrong_amount=0.15", "duplicate_line=0.15")
Run = Callable[..., Outcome]


@pytest.fixture(scope="module")
def run(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Replays some months of a generated marketplace, another one each time."""
    folder = tmp_path_factory.mktemp("rails")
    seed = random.SystemRandom().randrange(10**6)
    generate(folder / "history", 400, seed=seed)
    print(f"history: --orders 400 --seed {seed}")
    names: list[str] = []

    def run(*faults: str, seed: int = 1) -> Outcome:
        names.append(f"t-{ground.fresh_book()}")
        asked = Asked(
            (folder / "history",), folder / "spool", names[-1], seed, until="2024-08-20",
            faults=faults,
        )  # fmt: skip
        return replay(worlds, asked)

    yield run
    for name in names:
        worlds.drop(name)


@pytest.fixture(scope="module")
def whole(run: Run) -> Outcome:
    """Without faults."""
    return run()


@pytest.fixture(scope="module")
def faulty(run: Run) -> Outcome:
    """With every fault."""
    return run(*ALL_FAULTS)


def _figures(outcome: Outcome) -> dict[str, int]:
    return {figure["key"]: figure["value"] for figure in outcome.row.report["figures"]}


def _count(tx: Tx, query: str) -> Counter[str]:
    return Counter(dict(tx.tuples(query)))  # type: ignore[arg-type]


LINES = "SELECT state || '/' || cause, count(*) FROM statement_line GROUP BY 1"
PAYOUTS = "SELECT state, count(*) FROM payout GROUP BY 1"


def test_every_line_meets_what_the_books_expect(worlds: Worlds, whole: Outcome) -> None:
    assert whole.row.state == "verified", whole.row.verification["faults"]
    with worlds.database(whole.world).begin() as tx:
        found, payouts, nets = _count(tx, LINES), _count(tx, PAYOUTS), ground.nets(tx)
        tenders = tx.value("SELECT count(*) FROM tender")
        assert check(tx).holds
    assert set(found) == {"matched/arrived"} and found.total() > tenders
    assert set(payouts) == {"paid"}
    assert not [path for path in nets if path.endswith((":clearing", ":payout", ":transit"))]
    figures = _figures(whole)
    assert figures["lines_matched"] == 10_000 and figures["lines_suspense"] == 0
    assert figures["payouts_unpaid"] == figures["suspense_money"] == 0
    assert 0 < figures["settle_mean"] <= 24 and figures["clearing_peak"] > figures["clearing_mean"]


def test_faults_end_in_suspense_with_a_reason(worlds: Worlds, faulty: Outcome) -> None:
    assert faulty.row.state == "verified", faulty.row.verification["faults"]
    with worlds.database(faulty.world).begin() as tx:
        found, payouts, checked = _count(tx, LINES), _count(tx, PAYOUTS), check(tx)
        expected = sum(1 for account in checked.accounts if account.open)
    causes = {name.partition("/")[2] for name in found if name.startswith("suspense")}
    assert {"amount_differs", "nothing_open"} <= causes
    assert expected > 0, "what a missing line is about stays open on the rail's account"
    assert payouts["sent"] > 0 and payouts["paid"] > 0
    figures = _figures(faulty)
    assert 0 < figures["lines_suspense"] == 10_000 - figures["lines_matched"]
    assert figures["payouts_unpaid"] == payouts["sent"]
    chart = next(c for c in faulty.row.report["charts"] if c["key"] == "suspense")
    assert dict(zip(chart["labels"], chart["series"]["lines"], strict=True)) == {
        cause: found[f"suspense/{cause}"] for cause in sorted(causes)
    }


def test_what_waits_is_told_and_the_money_of_orders_is_as_without_faults(
    worlds: Worlds, whole: Outcome, faulty: Outcome
) -> None:
    with worlds.database(faulty.world).begin() as tx:
        told = tx.value("SELECT count(*) FROM event WHERE type = 'suspense.aged'")
    assert told > 0
    good, bad = _figures(whole), _figures(faulty)
    same = ("taken", "refunded", "commission", "tax", "paid_out", "owed_to_sellers")
    assert [good[key] for key in same] == [bad[key] for key in same]


def test_the_same_faults_give_the_same_books(run: Run, whole: Outcome, faulty: Outcome) -> None:
    again, other = run(*ALL_FAULTS), run(*ALL_FAULTS, seed=2)
    assert again.row.verification == faulty.row.verification
    hashes = {o.row.verification["ledger_hash"] for o in (whole, faulty, other)}
    assert len(hashes) == 3


AT = datetime(2025, 3, 3, 4, tzinfo=UTC)


def _deal(n: int, verb: str = "capture", amount: int = 10_000) -> Deal:
    about = ids.show("ord", ids.uuid7(AT, bytes([n] * 10)))
    return Deal("card", verb, about, amount, "CNY", AT)  # type: ignore[arg-type]


def test_a_line_says_what_the_rail_moved_less_its_fee() -> None:
    found = lines("debit_card", date(2025, 3, 3), [_deal(1), _deal(2, "refund", 700)])
    assert [(line.gross, line.fee, line.net) for line in found] == [
        (10_000, fee("card", 10_000), 10_000 - fee("card", 10_000)), (-700, 0, -700),
    ]  # fmt: skip
    assert lines("debit_card", date(2025, 3, 4), [_deal(1)]) == []


def test_a_means_pays_the_fees_of_its_like() -> None:
    rails = ("credit_card", "boleto", "bank", "wallet", "voucher")
    assert [kind(rail) for rail in rails] == ["card", "transfer", "bank", "qr", "qr"]


def test_faults_come_by_chance_and_the_same_for_the_same_seed() -> None:
    found = lines("card", date(2025, 3, 3), [_deal(n) for n in range(200)])
    asked = read_rail_files({}, ["wrong_amount=0.5", "missing_line=0.2"])
    first = with_faults(found, asked, "a")
    assert first == with_faults(found, asked, "a") != with_faults(found, asked, "b")
    assert {line.gross for line in first} == {10_000, 9_900} and len(first) < 200
    assert with_faults(found, RailFiles(), "a") == found


@pytest.mark.parametrize(
    ("section", "faults"),
    [
        ({}, ["lost=1"]), ({}, ["missing_line=2"]), ({}, ["missing_line=x"]),
        ({"settle_days": 0}, []), ({"days": 1}, []),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_read_are_named(
    section: dict[str, object], faults: list[str]
) -> None:
    with pytest.raises(BadRailFiles) as caught:
        read_rail_files(section, faults)
    assert "[rails]" in caught.value.detail("en")
