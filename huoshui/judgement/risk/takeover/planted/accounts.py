"""Accounts honest and taken over, and what they did in four months."""

from __future__ import annotations

from random import Random

import msgspec

from huoshui.judgement.risk.takeover.model import Act, Kind

LEVELS = 4
_HOURS = 120 * 24
_SHARED = 40  # devices of shops and friends that many honest accounts use once


class Planted(msgspec.Struct):
    """All acts, and the level of each account that was taken over."""

    acts: list[Act]
    taken: dict[str, int]


def accounts(honest: int, each: int, seed: int) -> Planted:
    """So many honest accounts, and so many taken over at each level."""
    random = Random(seed)
    made = Planted([], {})
    shops = [f"dev_{random.getrandbits(48):012x}" for _ in range(_SHARED)]
    gangs: list[str] = []
    for n in range(honest + each * LEVELS):
        account = _Account(made, random)
        account.live(shops)
        if n >= honest:
            level = (n - honest) // each
            if level == 0 and len(gangs) * 5 <= n - honest:
                gangs.append(account.fresh("dev"))
            made.taken[account.name] = level
            account.taken_over(level, gangs[-1] if gangs else "")
    return made


class _Account:
    """One account as its owner uses it."""

    def __init__(self, made: Planted, random: Random) -> None:
        self.made, self.random = made, random
        self.name = self.fresh("acc")
        self.begun = random.randrange(_HOURS // 3)
        self.device = self.fresh("dev")
        self.usual = int(random.lognormvariate(9, 0.8))
        self.largest = 0

    def fresh(self, kind: str) -> str:
        """A name that nobody has."""
        return f"{kind}_{self.random.getrandbits(48):012x}"

    def act(self, kind: Kind, at: int, device: str = "", amount: int = 0) -> None:
        """Something done."""
        self.made.acts.append(Act(self.name, kind, min(at, _HOURS - 1), device, amount))

    def live(self, shops: list[str]) -> None:
        """Sign-ins, orders, new phones, forgotten passwords, presents, a move."""
        changes = (
            self.random.randrange(self.begun, _HOURS) if self.random.random() < 0.33 else _HOURS
        )
        moves = self.random.randrange(self.begun, _HOURS) if self.random.random() < 0.08 else _HOURS
        at = self.begun
        while at < _HOURS:
            if at >= changes:
                self._new_phone(at)
                changes = _HOURS
            if at >= moves:
                self.act("address", at)
                moves = _HOURS
            self._visit(at, shops)
            at += 1 + int(self.random.expovariate(1 / 130))

    def _visit(self, at: int, shops: list[str]) -> None:
        chance = self.random.random
        device = self.random.choice(shops) if chance() < 0.01 else self.device
        if chance() < 0.03:
            for _ in range(self.random.randrange(1, 5)):
                self.act("failed", at, device)
        self.act("sign_in", at, device)
        if chance() < 0.45:
            if chance() < 1 / 15:
                self.act("address", at)
            self.order(at, self.usual * self.random.lognormvariate(0, 0.6))

    def _new_phone(self, at: int) -> None:
        self.device = self.fresh("dev")
        if self.random.random() < 0.33:
            for _ in range(self.random.randrange(2, 6)):
                self.act("failed", at, self.device)
            self.act("credentials", at)

    def order(self, at: int, amount: float) -> None:
        """An order of so much."""
        self.largest = max(self.largest, int(amount))
        self.act("order", at, amount=int(amount))

    def taken_over(self, level: int, gang: str) -> None:
        """Somebody else has the account for a day."""
        at = self.random.randrange(min(self.begun + 20 * 24, _HOURS - 48), _HOURS - 24)
        device = (gang, self.fresh("dev"), self.fresh("dev"), self.device)[level]
        for _ in range((10, 3, 0, 0)[level]):
            self.act("failed", at, device)
        self.act("sign_in", at, device)
        for _ in range((2, 1, 0, 0)[level]):
            self.act("credentials", at + 1)
        if level < 3:
            self.act("address", at + 1)
        times = (self.random.uniform(5, 10), self.random.uniform(2, 5), 0.8, 0.8)[level]
        self.order(at + 2, max(self.largest, self.usual) * times)
