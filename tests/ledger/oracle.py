"""The ledger once more, slow and plain: what must come of any command.

Nothing is counted: every question is answered by summing over all that was ever posted and held.
Chains are tried on a copy. Written from the rules, sharing no line with the product.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from huoshui.ledger import Capture, Command, Leg, Release, Transaction

MOST = 2**62
PASSING = {"from_not_found", "to_not_found", "hold_not_found", "from_closed", "to_closed",
           "insufficient_from", "limit_exceeded_to"}  # fmt: skip


class Oracle:
    """A book of accounts with bounds, and all that happened to it."""

    def __init__(self, floors: dict[str, int | None], ceilings: dict[str, int | None]) -> None:
        self.floors, self.ceilings = floors, ceilings
        self.posted: list[tuple[str, str, int]] = []
        self.holds: dict[UUID, dict] = {}
        self.stands: dict[UUID, tuple[Command, list[int]]] = {}
        self.burnt: set[UUID] = set()
        self.closed: dict[str, UUID] = {}

    # Questions.

    def net(self, path: str) -> int:
        return sum(m for _, t, m in self.posted if t == path) - sum(
            m for s, _, m in self.posted if s == path
        )

    def held(self, path: str, side: str) -> int:
        return sum(h["left"] for h in self.holds.values() if h["is"] == "open" and h[side] == path)

    def spare(self, path: str, hold: bool) -> int:
        floor = self.floors[path] or 0
        floor = max(floor, 0) if hold else floor
        return max(0, self.net(path) - self.held(path, "from") - floor)

    def room(self, path: str) -> int:
        return max(0, (self.ceilings[path] or 0) - self.net(path) - self.held(path, "to"))

    def within_floor(self, path: str, hold: bool) -> bool:
        floor = self.floors[path]
        if floor is None:
            return True
        return self.net(path) - self.held(path, "from") >= (max(floor, 0) if hold else floor)

    def within_ceiling(self, path: str) -> bool:
        ceiling = self.ceilings[path]
        return ceiling is None or self.net(path) + self.held(path, "to") <= ceiling

    def full(self, leg: Leg) -> bool:
        """Whether all that ever left the one side, or came to the other, is more than is counted."""
        gone = sum(m for s, _, m in self.posted if s == leg.source) + self.held(leg.source, "from")
        come = sum(m for _, t, m in self.posted if t == leg.target) + self.held(leg.target, "to")
        return max(gone, come) >= 2**63

    # Commands.

    def all(self, commands: Sequence[Command], now: datetime) -> list[str]:
        """The codes of a caller's commands, chains and all."""
        self.expire(now)
        codes, chain = [], list[Command]()
        for command in commands:
            chain.append(command)
            if not command.linked:
                codes += self.chain(chain, now)
                chain = []
        return codes + (self.chain(chain, now) if chain else [])

    def chain(self, chain: list[Command], now: datetime) -> list[str]:
        if len(chain) == 1 and not chain[0].linked:
            return [self.one(chain[0], now)]
        attempt = copy.deepcopy(self)
        codes = []
        for place, command in enumerate(chain):
            last_open = command.linked and place == len(chain) - 1
            codes.append("chain_left_open" if last_open else attempt.one(command, now))
            if codes[-1] != "created":
                break
        else:
            self.__dict__ = attempt.__dict__
            return codes
        guilty = codes.pop()
        if guilty in PASSING:
            self.burnt.add(chain[len(codes)].id)
        rest = ["linked_failed"] * (len(chain) - len(codes) - 1)
        if rest and chain[-1].linked:
            rest[-1] = "chain_left_open"
        return ["linked_failed"] * len(codes) + [guilty] + rest

    def one(self, command: Command, now: datetime) -> str:
        if command.id in self.stands:
            return self.again(command)
        if command.id in self.burnt:
            return "id_already_failed"
        if isinstance(command, Transaction):
            code, moved = self.transaction(command, now)
        else:
            code, moved = self.on_hold(command, now)
        if code == "created":
            self.stands[command.id] = (command, moved)
        elif code in PASSING:
            self.burnt.add(command.id)
        return code

    def again(self, asked: Command) -> str:
        before, moved = self.stands[asked.id]
        if type(asked) is not type(before):
            return "differs_kind"
        if isinstance(asked, Transaction) and isinstance(before, Transaction):
            return self.transaction_again(asked, before, moved)
        if isinstance(asked, Capture) and asked.final != before.final:
            return "differs_kind"
        if asked.hold != before.hold:
            return "differs_hold"
        if isinstance(asked, Capture):
            whole = self.holds[asked.hold]["amount"]
            same = (
                before.amount is None or moved[0] == whole
                if asked.amount is None
                else asked.amount == moved[0]
            )
            return "exists" if same else "differs_amount"
        if isinstance(asked, Release):
            return "exists" if asked.amount in (0, moved[0]) else "differs_amount"
        return "exists" if asked.timeout_s == before.timeout_s else "differs_timeout"

    def transaction_again(self, asked: Transaction, before: Transaction, moved: list[int]) -> str:
        def how(t: Transaction) -> tuple:
            return (t.hold, t.close, [leg.cap for leg in t.legs])

        if asked.hold != before.hold:
            return "differs_kind"
        if len(asked.legs) == len(before.legs) and how(asked) != how(before):
            return "differs_kind"
        if asked.timeout_s != before.timeout_s:
            return "differs_timeout"
        if len(asked.legs) != len(before.legs):
            return "differs_from"
        if [leg.source for leg in asked.legs] != [leg.source for leg in before.legs]:
            return "differs_from"
        if [leg.target for leg in asked.legs] != [leg.target for leg in before.legs]:
            return "differs_to"
        for leg, amount in zip(asked.legs, moved, strict=True):
            if leg.amount < amount or (leg.amount > amount and not leg.cap):
                return "differs_amount"
        return "exists" if asked.template == before.template else "differs_code"

    def transaction(self, asked: Transaction, now: datetime) -> tuple[str, list[int]]:
        fault = self.malformed(asked)
        if fault:
            return fault, []
        for leg in asked.legs:
            if leg.source not in self.floors:
                return "from_not_found", []
            if leg.target not in self.floors:
                return "to_not_found", []
        for leg in asked.legs:
            if leg.source in self.closed:
                return "from_closed", []
            if leg.target in self.closed:
                return "to_closed", []
        return self.hold(asked, now) if asked.hold else self.post(asked)

    @staticmethod
    def malformed(asked: Transaction) -> str:
        if not asked.legs:
            return "no_legs"
        if asked.hold and len(asked.legs) > 1:
            return "hold_has_one_leg"
        if any(not 0 <= leg.amount <= MOST for leg in asked.legs):
            return "amount_out_of_range"
        if any(leg.source == leg.target for leg in asked.legs):
            return "same_account"
        if asked.timeout_s and not asked.hold:
            return "timeout_only_on_hold"
        if asked.close and not asked.hold:
            return "closing_must_be_hold"
        return ""

    def capped(self, leg: Leg, hold: bool) -> int:
        amount = leg.amount
        if leg.cap in ("from", "both"):
            amount = min(amount, self.spare(leg.source, hold))
        if leg.cap in ("to", "both"):
            amount = min(amount, self.room(leg.target))
        return amount

    def post(self, asked: Transaction) -> tuple[str, list[int]]:
        mark = len(self.posted)
        for leg in asked.legs:
            self.posted.append((leg.source, leg.target, self.capped(leg, False)))
        moved = [amount for _, _, amount in self.posted[mark:]]
        code = "created"
        if not all(self.within_floor(leg.source, False) for leg in asked.legs):
            code = "insufficient_from"
        elif not all(self.within_ceiling(leg.target) for leg in asked.legs):
            code = "limit_exceeded_to"
        elif any(map(self.full, asked.legs)):
            code = "counter_full"
        if code != "created":
            del self.posted[mark:]
        return code, moved

    def hold(self, asked: Transaction, now: datetime) -> tuple[str, list[int]]:
        leg = asked.legs[0]
        amount = self.capped(leg, True)
        until = now + timedelta(seconds=asked.timeout_s) if asked.timeout_s else None
        self.holds[asked.id] = {
            "from": leg.source, "to": leg.target, "amount": amount, "left": amount, "is": "open",
            "until": until,
        }  # fmt: skip
        code = "created"
        if not self.within_floor(leg.source, True):
            code = "insufficient_from"
        elif not self.within_ceiling(leg.target):
            code = "limit_exceeded_to"
        elif self.full(leg):
            code = "counter_full"
        if code != "created":
            del self.holds[asked.id]
            return code, []
        if asked.close in ("from", "both"):
            self.closed[leg.source] = asked.id
        if asked.close in ("to", "both"):
            self.closed[leg.target] = asked.id
        return code, [amount]

    def on_hold(self, asked, now: datetime) -> tuple[str, list[int]]:
        fault = self.unfit(asked)
        if fault:
            return fault, []
        h = self.holds[asked.hold]
        if isinstance(asked, Release):
            return "created", [self.end(asked.hold, "released")]
        if h["from"] in self.closed:
            return "from_closed", []
        if h["to"] in self.closed:
            return "to_closed", []
        if isinstance(asked, Capture):
            return "created", [self.capture(asked, h)]
        h["until"] = now + timedelta(seconds=asked.timeout_s) if asked.timeout_s else None
        return "created", [0]

    def unfit(self, asked) -> str:
        amount = (asked.amount or 0) if isinstance(asked, Capture | Release) else 0
        if not 0 <= amount <= MOST:
            return "amount_out_of_range"
        if asked.hold not in self.holds:
            return "not_a_hold" if asked.hold in self.stands else "hold_not_found"
        h = self.holds[asked.hold]
        whole = h["left"] if h["is"] == "open" else h["amount"]
        if amount > whole:
            return "exceeds_hold"
        if isinstance(asked, Release) and amount not in (0, whole):
            return "release_amount_mismatch"
        ended = {"open": "", "captured": "hold_already_captured",
                 "released": "hold_already_released", "expired": "hold_expired"}  # fmt: skip
        return ended[h["is"]]

    def capture(self, asked: Capture, h: dict) -> int:
        amount = h["left"] if asked.amount is None else asked.amount
        self.posted.append((h["from"], h["to"], amount))
        h["left"] -= amount
        if asked.final or not h["left"]:
            self.end(asked.hold, "captured")
        return amount

    def end(self, id_: UUID, how: str) -> int:
        h = self.holds[id_]
        left, h["left"], h["is"] = h["left"], 0, how
        self.closed = {p: by for p, by in self.closed.items() if by != id_}
        return left

    def expire(self, now: datetime) -> None:
        for id_, h in self.holds.items():
            if h["is"] == "open" and h["until"] is not None and h["until"] <= now:
                self.end(id_, "expired")
