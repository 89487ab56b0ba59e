"""Take-overs: what an owner does now and then, and what somebody else does at once."""

from __future__ import annotations

import pytest

from huoshui.judgement.risk.recall import line, recall
from huoshui.judgement.risk.takeover import Act, Usual, Watched, by_account, planted, watched

DAY = 24
SETTLED = 40 * DAY
_LINE_BITS = 16.5  # one in a hundred honest accounts lies above (`huoshui bench rings`)


@pytest.fixture(scope="module")
def town():
    """Accounts honest and taken over, and what is usual of them."""
    made = planted.accounts(800, 10, 3)
    by = by_account(made.acts)
    return made, by, Usual.of(by)


def _life(*acts: Act) -> list[Act]:
    """A settled account on its own device that orders every ten days, and then these acts."""
    usual = [
        act
        for day in range(0, 40, 10)
        for act in (
            Act("a", "sign_in", day * DAY, "own"),
            Act("a", "order", day * DAY, amount=5_000),
        )
    ]
    return [*usual, *acts]


def _seen(town: tuple[object, object, Usual], *acts: Act) -> Watched:
    return watched(_life(*acts), town[2])


def test_everything_at_once_is_somebody_else(town):
    seen = _seen(
        town, *(Act("a", "failed", SETTLED, "theirs") for _ in range(4)),
        Act("a", "sign_in", SETTLED, "theirs"), Act("a", "credentials", SETTLED + 1),
        Act("a", "address", SETTLED + 1), Act("a", "order", SETTLED + 2, amount=60_000),
    )  # fmt: skip
    assert seen.bits > _LINE_BITS
    assert {each.name for each in seen.signs} == {
        "new_device", "failed_sign_ins", "credentials", "new_address", "large_order",
    }  # fmt: skip


def test_a_new_phone_and_a_forgotten_password_are_its_owner(town):
    seen = _seen(
        town, *(Act("a", "failed", SETTLED, "next") for _ in range(3)),
        Act("a", "sign_in", SETTLED, "next"), Act("a", "credentials", SETTLED),
    )  # fmt: skip
    assert 0 < seen.bits < _LINE_BITS + 1


def test_one_sign_alone_is_nobody_else(town):
    assert _seen(town, Act("a", "order", SETTLED, amount=90_000)).bits == 0.0
    assert _seen(town, Act("a", "address", SETTLED)).bits == 0.0


def test_the_same_over_months_is_nobody_else(town):
    seen = _seen(
        town, Act("a", "sign_in", SETTLED, "next"), Act("a", "credentials", SETTLED + 20 * DAY),
        Act("a", "address", SETTLED + 40 * DAY), Act("a", "order", SETTLED + 60 * DAY, amount=60_000),
    )  # fmt: skip
    assert seen.bits == 0.0


def test_an_account_without_habits_shows_nothing(town):
    acts = [Act("b", "sign_in", 0, "one"), Act("b", "sign_in", 5, "two"), Act("b", "address", 5),
            Act("b", "order", 6, amount=90_000)]  # fmt: skip
    assert watched(acts, town[2]).bits == 0.0


def test_what_hides_less_is_found_more(town):
    made, by, usual = town
    bits = {account: watched(acts, usual).bits for account, acts in by.items()}
    above = line([bits[each] for each in bits if each not in made.taken], 0.01)
    rates = [
        recall((bits[a] for a, at in made.taken.items() if at == level), above).rate
        for level in range(4)
    ]
    assert rates[0] == 1.0
    assert rates == sorted(rates, reverse=True)
    assert rates[3] == 0.0  # a stolen session on the owner's own device shows nothing
