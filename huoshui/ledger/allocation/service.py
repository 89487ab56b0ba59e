"""Allocate out of stored accounts and post it, in one step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.ledger import service as ledger
from huoshui.ledger.allocation.allocate import Allocation, allocate, legs
from huoshui.ledger.allocation.cut import DEFAULT
from huoshui.ledger.allocation.model import Part, Rule, Source
from huoshui.ledger.model import Transaction


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """An allocation to be posted: what of one currency, from where, to whom.

    `amount` is in minor units; None is all that the sources have.
    """

    amount: int | None
    currency: str
    parts: tuple[Part, ...]
    sources: tuple[Source, ...]
    rule: Rule = DEFAULT
    reference: str = ""

    @property
    def paths(self) -> set[str]:
        """Every account that may be touched."""
        return set(_accounts(self.sources)) | set(_targets(self.parts))


def post_allocation(tx: Tx, id_: UUID, plan: Plan, *, template: str) -> Allocation:
    """Allocate what the sources have at this moment, and post it as transaction `id_`.

    A source has what can leave it: in less out, less what is held, down to its floor (to zero
    where it has none); its floor holds whatever overdraft the plan allows. The accounts stay
    locked, so what was decided on is what is posted. Where nothing moves, nothing is posted.
    Raises the refusals of `model`, and PostingRefused where the ledger refuses.
    """
    sheet = ledger.load(tx, [(path, plan.currency) for path in plan.paths], [id_])
    has = {
        path: row.balance - row.held_out - (row.floor or 0) for (path, _), row in sheet.rows.items()
    }
    allocation = allocate(plan.amount, plan.parts, plan.sources, has, plan.rule)
    if allocation.postings:
        transaction = Transaction(
            id=id_,
            template=template,
            reference=plan.reference,
            currency=plan.currency,
            legs=legs(allocation),
            effective_at=tx.now,
        )
        sheet.post(transaction).demand()
        ledger.flush(tx, sheet)
    return allocation


def _accounts(sources: Sequence[Source]) -> Iterator[str]:
    for source in sources:
        if source.sources:
            yield from _accounts(source.sources)
        else:
            yield source.account


def _targets(parts: Sequence[Part]) -> Iterator[str]:
    for part in parts:
        if part.parts:
            yield from _targets(part.parts)
        elif not part.kept:
            yield part.to
