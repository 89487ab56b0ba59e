"""Honest traffic: accounts, what they touch and order, and what looks like a ring and is none."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from random import Random

import msgspec

from huoshui.judgement.risk.rings.model import Account, Order, Touch

DAYS = 120
HOURS = DAYS * 24
_SELLERS_PER_1000 = 25
_FESTIVAL_H = (49 * 24, 52 * 24)
_IN_FESTIVAL = 0.18


class Traffic(msgspec.Struct):
    """Accounts, touches, orders; grows while rings are planted. Names are numbers drawn at random,
    so that they tell nothing.
    """

    random: Random
    accounts: list[Account] = []
    touches: list[Touch] = []
    orders: list[Order] = []
    sellers: list[str] = []
    sizes: list[float] = []

    def name(self, kind: str) -> str:
        """A new name that nobody has."""
        return f"{kind}_{self.random.getrandbits(48):012x}"

    def open(self, opened_h: int) -> str:
        """A new account."""
        account = Account(self.name("acc"), max(0, min(HOURS - 1, opened_h)))
        self.accounts.append(account)
        return account.id

    def touch(self, account: str, kind: str, identifier: str) -> None:
        """The account used it, some time in the last weeks."""
        self.touches.append(Touch(account, kind, identifier, HOURS - self.random.randrange(500)))

    def order(self, account: str, seller: str, at_h: int, promoted: bool) -> None:
        """The account orders."""
        self.orders.append(Order(account, seller, max(0, min(HOURS - 1, at_h)), promoted))

    def seller(self) -> str:
        """A seller by size: a few have most orders."""
        place = bisect_right(self.sizes, self.random.random() * self.sizes[-1])
        return self.sellers[min(place, len(self.sellers) - 1)]


def traffic(accounts: int, seed: int) -> Traffic:
    """So many honest accounts; the same seed makes the same."""
    made = Traffic(Random(seed))
    count = max(10, accounts * _SELLERS_PER_1000 // 1000)
    made.sellers = [made.name("slr") for _ in range(count)]
    made.sizes = list(accumulate(1 / (n + 3) for n in range(count)))
    everyone = [_honest(made) for _ in range(accounts)]
    made.random.shuffle(everyone)
    _families(made, everyone[: accounts // 8])
    _crowds(made, everyone[accounts // 8 : accounts // 3])
    _public(made, everyone)
    _handed_on(made, everyone)
    _friends(made, everyone[-accounts // 20 :])
    return made


def own_things(made: Traffic, account: str) -> None:
    """What most accounts have for themselves."""
    for kind in ("device", "ip", "phone", "address"):
        made.touch(account, kind, made.name(kind))
    if made.random.random() < 0.7:
        made.touch(account, "card", made.name("card"))


def _honest(made: Traffic) -> str:
    festive = made.random.random() < _IN_FESTIVAL
    opened = made.random.randrange(*(_FESTIVAL_H if festive else (0, HOURS)))
    account = made.open(opened)
    own_things(made, account)
    shop_about(made, account, opened, min(30, int(made.random.expovariate(1 / 4)) + 1))
    return account


def shop_about(made: Traffic, account: str, opened: int, orders: int) -> None:
    """Orders from sellers by their size, at any hour since the account was opened."""
    for n in range(orders):
        at = opened if n == 0 else made.random.randrange(opened, HOURS)
        made.order(account, made.seller(), at, made.random.random() < (0.3 if n == 0 else 0.08))


def _families(made: Traffic, accounts: list[str]) -> None:
    while accounts:
        size = made.random.choice((2, 2, 2, 3, 3, 4, 5))
        family, accounts = accounts[:size], accounts[size:]
        for kind, share in (("device", 0.6), ("address", 0.9), ("ip", 0.95), ("card", 0.3)):
            _share(made, family, kind, share)


def _crowds(made: Traffic, accounts: list[str]) -> None:
    """Dormitories and offices: one address and one network."""
    while accounts:
        size = made.random.randrange(15, 50)
        crowd, accounts = accounts[:size], accounts[size:]
        _share(made, crowd, "address", 0.8)
        _share(made, crowd, "ip", 0.9)


def _public(made: Traffic, accounts: list[str]) -> None:
    for _ in range(max(2, len(accounts) // 1500)):
        _share(made, made.random.sample(accounts, min(len(accounts), 700)), "ip", 1.0)


def _handed_on(made: Traffic, accounts: list[str]) -> None:
    """Phones sold on, numbers given out again."""
    for _ in range(len(accounts) // 60):
        kind = made.random.choice(("device", "phone"))
        _share(made, made.random.sample(accounts, 2), kind, 1.0)


def _friends(made: Traffic, accounts: list[str]) -> None:
    """Friends by one invitation: opened in one week, an address in common, a promotion each."""
    while len(accounts) > 3:
        size = made.random.randrange(3, 7)
        accounts, begun = accounts[size:], made.random.randrange(HOURS - 168)
        group = [made.open(begun + made.random.randrange(168)) for _ in range(size)]
        for account in group:
            own_things(made, account)
            shop_about(made, account, begun + 168, 3)
            made.order(account, made.seller(), begun + made.random.randrange(168), True)
        _share(made, group, "address", 0.6)
        _share(made, group, "ip", 0.5)


def _share(made: Traffic, accounts: list[str], kind: str, share: float) -> None:
    name = made.name(kind)
    for account in accounts:
        if made.random.random() < share:
            made.touch(account, kind, name)
