"""The partners of loans follow what is posted for them: in the same transaction, to the minor unit.

A loan whose product names no partner is not looked at.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.ledger import Transaction
from huoshui.lines.lending.funding.parts import FUNDER, LOAN, LOSS_PARTS, Key, Whole, parts
from huoshui.lines.lending.funding.tables import COMPONENT, LossPart, PartnerTables
from huoshui.lines.lending.loan.model import Accrued, Loan
from huoshui.lines.lending.partners import claim as claims
from huoshui.lines.lending.partners import store
from huoshui.lines.lending.partners.chart import TEMPLATES
from huoshui.lines.lending.partners.claim import CLAIM, CoverClaim, Step
from huoshui.lines.lending.partners.store import PartRow
from huoshui.lines.lending.postings import Posting

Place = tuple[
    str, str, str, str, datetime | None
]  # template, product, currency, party, time of effect
Entries = dict[tuple[str, str], dict[str, int]]  # (template, party) to amounts

# What of a part is posted by which template, and under which name of an amount.
_ENTRY: dict[tuple[str, str], tuple[str, str]] = {
    (FUNDER, "lent"): ("partner_lent", "amount"),
    (FUNDER, "earned_interest"): ("partner_earned", "interest"),
    (FUNDER, "earned_charges"): ("partner_earned", "charges"),
    (FUNDER, "returned"): ("partner_returned", "amount"),
    (FUNDER, "serviced"): ("partner_serviced", "amount"),
    (FUNDER, "recovered"): ("partner_recovered", "amount"),
    (FUNDER, "covered"): ("partner_covered", "amount"),
    ("insurer", "premium_borrower"): ("premium", "borrower"),
    ("insurer", "premium_merchant"): ("premium", "merchant"),
    ("insurer", "premium_platform"): ("premium", "platform"),
    ("subsidy", "subsidised"): ("interest_subsidised", "amount"),
} | {(FUNDER, f"lost_{name}"): ("partner_lost", name) for name in LOSS_PARTS}


class Told(msgspec.Struct, frozen=True):
    """A loan to be shares: what was posted for it now; `source` is what new ids derive from.

    `step` is what was done to one of its claims. What is posted takes effect `at` a time, now if None.
    """

    loan: Loan
    tables: PartnerTables
    accrued: Accrued
    postings: tuple[Posting, ...] = ()
    source: UUID | None = None
    step: Step | None = None
    note: str = ""
    at: datetime | None = None


class Shares:
    """What is to be posted and written of the partners of loans."""

    def __init__(self, tx: Tx, told: Sequence[Told]) -> None:
        self.tx = tx
        self.rows: list[PartRow] = []
        self.steps: list[tuple[Step, str]] = []
        self.entries: list[tuple[Told, Entries]] = []
        mine = [each for each in told if each.tables.any]
        loan_ids = [each.loan.id for each in mine]
        kept: dict[UUID, dict[Key, int]] = defaultdict(dict)
        standing: dict[UUID, list[CoverClaim]] = defaultdict(list)
        for row in store.parts(tx, loan_ids) if mine else ():
            kept[row.loan_id][row.role, row.party, row.kind] = row.amount
        for each in store.claims_of(tx, loan_ids) if mine else ():
            standing[each.loan_id].append(each)
        for each_told in mine:
            loan_id = each_told.loan.id
            self._follow(each_told, kept[loan_id], standing[loan_id])

    def _follow(self, told: Told, before: dict[Key, int], standing: list[CoverClaim]) -> None:
        whole = _whole(before, told)
        entries: Entries = defaultdict(Counter)
        found = _kept_whole(whole)
        now = {each.party: each for each in standing}
        for step in self._steps(told, whole, now):
            now[step.after.party] = step.after
            self.steps.append((step, told.note if step is told.step else ""))
            if step.amount:
                entries[step.template, step.after.party]["amount"] += step.amount
        for each in now.values():
            found[each.role, each.party, "accepted"] = each.accepted
            found[each.role, each.party, "paid"] = each.paid
        found |= parts(told.tables, whole, _covered(now.values()))
        apart_of: dict[Key, int] = {}
        for key, amount in found.items():
            apart = amount - before.get(key, 0)
            if not apart and (key in before or not key[2].startswith("accrued_")):
                continue
            loan = told.loan
            self.rows.append(PartRow(loan.id, loan.product, loan.currency, *key, amount))
            apart_of[key] = apart
        for at, amounts in entries_of_parts(apart_of).items():
            for name, amount in amounts.items():
                entries[at][name] += amount
        if entries:
            self.entries.append((told, entries))

    def _steps(
        self, told: Told, whole: Whole, standing: Mapping[str, CoverClaim]
    ) -> Iterable[Step]:
        """What becomes of the loan's claims: what was asked, then what the loss asks."""
        if told.step is not None:
            yield told.step
        losses = told.tables.losses
        if losses is None or not losses.covers:
            return
        lost, again = whole.lost(), whole.again()
        if not any(lost.values()) and not standing:
            return
        borne = losses.solved().borne(
            {COMPONENT[name]: amount for name, amount in lost.items()},
            {COMPONENT[name]: amount for name, amount in again.items()},
            {party: claim.granted_part for party, claim in standing.items()},
        )
        for cover in losses.ordered():
            due: dict[LossPart, int] = {
                name: borne.covers[cover.party].get(COMPONENT[name], 0) for name in LOSS_PARTS
            }
            now = standing.get(cover.party)
            if now is None:
                if any(due.values()):
                    yield Step(self._drafted(told.loan, cover.party, cover.role, due), "draft")
                continue
            step = claims.follow(now, due)
            if step is not None:
                yield step

    def _drafted(
        self, loan: Loan, party: str, role: str, due: Mapping[LossPart, int]
    ) -> CoverClaim:
        return CoverClaim(
            id=self.tx.id("clm", f"{loan.shown}/{party}"), loan_id=loan.id, product=loan.product,
            party=party, role=role, currency=loan.currency, state=CLAIM.initial,
            due_principal=due["principal"], due_interest=due["interest"],
            due_charges=due["charges"], drafted_at=self.tx.now,
        )  # fmt: skip

    def transactions(self) -> list[Transaction]:
        """The ledger's transactions, each loan's own."""
        found = []
        for told, entries in self.entries:
            assert told.source is not None
            loan = told.loan
            for (template, party), amounts in entries.items():
                id_ = ids.derived(told.source, f"partners/{template}/{party}")
                place = (loan.product, loan.currency, party, loan.shown)
                found += self._transaction(id_, template, place, amounts, told.at)
        return found

    def summed(self) -> list[Transaction]:
        """The ledger's transactions, one for all loans of a product."""
        sums: dict[Place, Counter[str]] = defaultdict(Counter)
        mark = hashlib.sha256()
        for told, entries in self.entries:
            mark.update(told.loan.id.bytes + told.accrued.through.isoformat().encode())
            for (template, party), amounts in entries.items():
                key = (template, told.loan.product, told.loan.currency, party, told.at)
                for name, amount in amounts.items():
                    sums[key][name] += amount
        found = []
        for (template, product, currency, party, at), totals in sums.items():
            name = f"loan_parts/{mark.hexdigest()}/{template}/{product}/{currency}/{party}/{at}"
            place = (product, currency, party, "loan_parts")
            found += self._transaction(self.tx.id("txn", name), template, place, totals, at)
        return found

    def _transaction(
        self, id_: UUID, template: str, place: tuple[str, str, str, str],
        amounts: Mapping[str, int], at: datetime | None,
    ) -> list[Transaction]:  # fmt: skip
        product, currency, party, reference = place
        found = TEMPLATES[template]
        told = {name: amounts.get(name, 0) for name in found.names()}
        made = found.transaction(
            id_, {"book": product, "party": party}, told, reference=reference,
            currency=currency, at=at or self.tx.now,
        )  # fmt: skip
        return [made] if made.legs else []

    def keep(self) -> None:
        """Write what stands now, and tell of claims."""
        if self.rows:
            store.keep_parts(self.tx, self.rows)
        last = {step.after.id: step.after for step, _ in self.steps}
        store.keep_claims(self.tx, last.values())
        for step, note in self.steps:
            store.add_entry(self.tx, step.after, step.verb, step.amount, note)
            self.tx.emit(
                "cover_claim.moved", step.after.shown, verb=step.verb, state=step.after.state,
                party=step.after.party, due=step.after.due,
            )  # fmt: skip


def entries_of_parts(apart: Mapping[Key, int]) -> Entries:
    """The entries of what changed of parts, by template and party."""
    found: Entries = defaultdict(Counter)
    for (role, party, kind), amount in apart.items():
        place = _ENTRY.get((role, kind))
        if place is not None and amount:
            found[place[0], party][place[1]] += amount
    return found


def _whole(before: Mapping[Key, int], told: Told) -> Whole:
    own = {kind: amount for (role, _, kind), amount in before.items() if role == LOAN}
    names = Whole.__struct_fields__
    standing = Whole(**{name: own[name] for name in names if name in own})
    moved = standing.after(told.postings)
    return msgspec.structs.replace(
        moved,
        accrued_interest=told.accrued.interest,
        accrued_charges=told.accrued.charges + told.accrued.penalty,
    )


def _kept_whole(whole: Whole) -> dict[Key, int]:
    # The accruals are always written: by them is seen what is behind.
    found = {(LOAN, "", name): amount for name, amount in msgspec.structs.asdict(whole).items()}
    return found | {("borrower", "borrower", "gain"): whole.borrower}


def _covered(standing: Iterable[CoverClaim]) -> dict[LossPart, int]:
    found: Counter[LossPart] = Counter()
    for each in standing:
        for name, amount in each.covered().items():
            found[name] += amount
    return dict(found)
