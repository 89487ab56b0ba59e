"""Parameters of expected losses by two persons: proposed with their effect, put in force by another."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.lines.lending.day import losses
from huoshui.lines.lending.day import proposal_store as store
from huoshui.lines.lending.day.proposal import PROPOSAL, OwnProposal, Proposal, UnknownProposal
from huoshui.lines.lending.impairment import Rules

_LETTERS = 300


def propose(tx: Tx, product: str, rules: Rules, cause: str, since: date | None = None) -> Proposal:
    """Propose parameters. Raises what saying them would: BadScenarios, BadStaging, LossRulesCause …"""
    day = since or access.today(tx)
    losses.check(tx, product, rules, cause, day)
    made = Proposal(
        id=tx.id("lrp", f"{product}/{tx.now.isoformat()}/{cause[:40]}"), product=product, since=day,
        rules=msgspec.to_builtins(rules), cause=cause.strip()[:_LETTERS], state=PROPOSAL.initial,
        proposed_at=tx.now, proposed_by=tx.actor,
    )  # fmt: skip
    store.add(tx, made)
    tx.emit("loss_rules.proposed", made.shown, product=product, since=day.isoformat())
    return made


def confirm(tx: Tx, id_: UUID) -> Proposal:
    """Put parameters in force that another person proposed.

    Raises UnknownProposal, IllegalMove, OwnProposal, LossRulesLate.
    """
    before = find(tx, id_, lock=True)
    state = PROPOSAL.after(before.state, "confirm")
    if before.proposed_by == tx.actor:
        raise OwnProposal(maker=before.proposed_by)
    losses.say(tx, before.product, before.read(), before.cause, before.since)
    return _decided(tx, before, state, "")


def refuse(tx: Tx, id_: UUID, note: str) -> Proposal:
    """Do not put them in force; who proposed them may, too. Raises UnknownProposal, IllegalMove."""
    before = find(tx, id_, lock=True)
    return _decided(tx, before, PROPOSAL.after(before.state, "refuse"), note.strip()[:_LETTERS])


def find(tx: Tx, id_: UUID, *, lock: bool = False) -> Proposal:
    """One proposal. Raises UnknownProposal."""
    found = store.proposal(tx, id_, lock=lock)
    if found is None:
        raise UnknownProposal(kind="loss proposal", id=ids.show("lrp", id_))
    return found


def _decided(tx: Tx, before: Proposal, state: str, note: str) -> Proposal:
    after = msgspec.structs.replace(
        before, state=state, decided_at=tx.now, decided_by=tx.actor, note=note
    )
    store.decide(tx, after)
    tx.emit(f"loss_rules.{state}", after.shown, product=after.product, note=note)
    return after
