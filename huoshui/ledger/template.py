"""Posting templates: a journal entry as data, checked to balance before it can be used.

A template names what is debited and credited, each as `path amount-name`, and how its amounts
add up (`where`). It balances when, after the sums are put in, every amount stands as often on
the debit side as on the credit side: for any amounts, not only for those of a test.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core.errors import Problem
from huoshui.ledger.model import Leg, Transaction


class UnbalancedTemplate(Problem):
    """Debits and credits differ; the problem names the template and what is left over."""

    code = "unbalanced_template"
    status = 422


class Entry(msgspec.Struct, frozen=True):
    """One line of a template: a pattern of an account path and the name of an amount."""

    account: str
    amount: str


class Template(msgspec.Struct, frozen=True):
    """A named journal entry. `where` gives amounts that are sums of others."""

    name: str
    debit: tuple[Entry, ...]
    credit: tuple[Entry, ...]
    where: dict[str, tuple[str, ...]] = {}

    def check(self) -> Template:
        """This template, or UnbalancedTemplate."""
        left = Counter[str]()
        for entry in self.debit:
            left.update(self._terms(entry.amount))
        for entry in self.credit:
            left.subtract(self._terms(entry.amount))
        over = {name: count for name, count in left.items() if count}
        if over or not self.debit or not self.credit:
            raise UnbalancedTemplate(
                template=self.name,
                difference=" ".join(f"{count:+d}·{name}" for name, count in sorted(over.items()))
                or "∅",
            )
        return self

    def legs(self, accounts: Mapping[str, str], amounts: Mapping[str, int]) -> list[Leg]:
        """The legs for given names in the paths and given amounts (minor units).

        Zero amounts make no leg; one below zero stands on the other side, so that a difference is
        posted by the template of what it mends. Debits are paired with credits in the order in
        which they stand, so that every leg has one account on each side.
        """
        debits = self._amounts(self.debit, accounts, amounts)
        credits = self._amounts(self.credit, accounts, amounts)
        owing = [each for each in debits if each[1] > 0] + _turned(credits)
        taking = [each for each in credits if each[1] > 0] + _turned(debits)
        legs, index = [], 0
        for source, owed in owing:
            while owed:
                target, wanted = taking[index]
                moved = min(owed, wanted)
                legs.append(Leg(source, target, moved))
                owed, wanted = owed - moved, wanted - moved
                taking[index] = (target, wanted)
                index += not wanted
        return legs

    def transaction(
        self,
        id_: UUID,
        accounts: Mapping[str, str],
        amounts: Mapping[str, int],
        *,
        reference: str,
        currency: str,
        at: datetime,
    ) -> Transaction:
        """The entry as a transaction that takes effect `at`; see `legs`."""
        return Transaction(
            id=id_,
            template=self.name,
            reference=reference,
            currency=currency,
            legs=tuple(self.legs(accounts, amounts)),
            effective_at=at,
        )

    def names(self) -> list[str]:
        """The amounts that it asks for."""
        said = [entry.amount for entry in (*self.debit, *self.credit)]
        return list(dict.fromkeys(term for name in said for term in self._terms(name)))

    def _terms(self, name: str) -> list[str]:
        if name not in self.where:
            return [name]
        return [term for part in self.where[name] for term in self._terms(part)]

    def _amounts(
        self, entries: tuple[Entry, ...], accounts: Mapping[str, str], amounts: Mapping[str, int]
    ) -> list[tuple[str, int]]:
        valued = [
            (entry.account.format_map(accounts), sum(amounts[t] for t in self._terms(entry.amount)))
            for entry in entries
        ]
        return [(path, amount) for path, amount in valued if amount]


def _turned(entries: list[tuple[str, int]]) -> list[tuple[str, int]]:
    return [(path, -amount) for path, amount in entries if amount < 0]


def read_templates(text: str) -> dict[str, Template]:
    """Templates from TOML, each checked to balance. Raises UnbalancedTemplate.

    Form: `[order.released]`, `debit = ["escrow total"]`, `credit = [...]`,
    `where = { total = ["seller", "commission"] }`.
    """
    return {name: _template(name, body) for name, body in tomllib.loads(text).items()}


def _template(name: str, body: dict[str, Any]) -> Template:
    return Template(
        name=name,
        debit=tuple(Entry(*line.split()) for line in body["debit"]),
        credit=tuple(Entry(*line.split()) for line in body["credit"]),
        where={k: tuple(v) for k, v in body.get("where", {}).items()},
    ).check()
