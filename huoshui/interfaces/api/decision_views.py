"""How decisions, their explanations, lists, rule sets and policies are shown over the API."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from huoshui.core import ids
from huoshui.core.money import Money
from huoshui.judgement.risk import reasons as catalogue
from huoshui.judgement.risk.decision import Decision
from huoshui.judgement.risk.decision.explain import Explained
from huoshui.judgement.risk.decision.record import Difference
from huoshui.judgement.risk.decision.service import Recomputed, Rerun
from huoshui.judgement.risk.lists import Entry
from huoshui.judgement.risk.rules.service import BackTest
from huoshui.judgement.risk.versions import Version
from huoshui.judgement.risk.versions.service import Changed


class ReasonView(msgspec.Struct, frozen=True):
    """A reason: its code, and its sentence for who asked."""

    code: str
    en: str
    zh: str


class ReasonsView(msgspec.Struct, frozen=True):
    """The catalogue."""

    reasons: list[ReasonView]


class NeededView(msgspec.Struct, frozen=True):
    """What would have turned it into an approval."""

    fact: str
    before: str
    after: str
    en: str
    zh: str


class DecisionView(msgspec.Struct, frozen=True):
    """A decision. `record` is what was sealed, `sha256` its hash: a leaf of the tamper log."""

    id: str
    at: datetime
    kind: str
    product: str
    party: str
    reference: str
    policy: str
    outcome: str
    amount: Money | None
    granted: Money | None
    probability: Decimal | None
    cost: Money | None
    reasons: list[ReasonView]
    demands: list[str]
    approved_if: list[NeededView]
    fired: list[str]
    explored: bool
    took_us: dict[str, int]
    sha256: str
    record: dict[str, Any]
    decided_by: str


class DifferenceView(msgspec.Struct, frozen=True):
    """A place where two differ, as text; None where one says nothing."""

    pointer: str
    before: str | None
    after: str | None


class RecomputedView(msgspec.Struct, frozen=True):
    """Whether a decision was made again to the byte, from what (history or record), else where it differs."""

    decision: str
    same: bool
    source: str
    sha256: str
    differences: list[DifferenceView]


class RerunView(msgspec.Struct, frozen=True):
    """What a policy would have decided, and where that differs from what was."""

    policy: str
    outcome: str
    granted: int | None
    cost: int | None
    probability: Decimal | None
    reasons: list[ReasonView]
    differences: list[DifferenceView]


class DecisionExplained(msgspec.Struct, frozen=True):
    """A decision told in full: reasons, rules with what made them fire, the score's parts, the facts."""

    outcome: str
    reasons: list[ReasonView]
    rules: list[dict[str, Any]]
    parts: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    facts: list[dict[str, Any]]


class ListEntryView(msgspec.Struct, frozen=True):
    """An entry of a list."""

    id: str
    effect: str
    subject: str
    reason: str
    note: str
    valid_from: datetime
    valid_until: datetime
    by: str


class RiskVersionView(msgspec.Struct, frozen=True):
    """A version of a rule set or a policy: what it says, its file, who proposed and who decided."""

    id: str
    name: str
    number: int
    state: str
    digest: str
    says: dict[str, Any]
    file: str
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str
    reason: str


class RiskChangesView(msgspec.Struct, frozen=True):
    """What a version says otherwise than another one."""

    before: str
    after: str
    changes: list[DifferenceView]


class TriedRuleView(msgspec.Struct, frozen=True):
    """How often a rule would have fired, and among what was approved; null where history cannot tell."""

    name: str
    action: str
    fired: int | None
    approved: int


class BackTestView(msgspec.Struct, frozen=True):
    """A rule set over what was decided."""

    decisions: int
    approved: int
    stopped: int
    rules: list[TriedRuleView]


def reason(code: str) -> ReasonView:
    """A reason of the catalogue."""
    return ReasonView(code, catalogue.said(code, "en"), catalogue.said(code, "zh"))


def decision(row: Decision) -> DecisionView:
    """A decision."""

    def money(amount: int | None) -> Money | None:
        return None if amount is None else Money(amount, row.currency)

    said = row.document
    return DecisionView(
        id=row.shown, at=row.at, kind=row.kind, product=row.product, party=row.party,
        reference=row.reference, policy=f"{row.policy}@{row.policy_number}", outcome=row.outcome,
        amount=money(row.amount), granted=money(row.granted),
        probability=None if row.probability is None else Decimal(row.probability),
        cost=money(row.cost), reasons=[reason(code) for code in row.reasons],
        demands=said["demands"],
        approved_if=[NeededView(c["fact"], c["from"], c["to"], c["en"], c["zh"]) for c in said["changes"]],
        fired=row.fired, explored=row.explored, took_us=row.took_us,
        sha256=bytes(row.sha256).hex(), record=said, decided_by=row.actor,
    )  # fmt: skip


def recomputed(found: Recomputed) -> RecomputedView:
    """A decision made again."""
    return RecomputedView(
        found.id,
        found.same,
        found.source,
        found.sha256,
        [_difference(d) for d in found.differences],
    )


def rerun(found: Rerun) -> RerunView:
    """What another policy would have decided."""
    return RerunView(
        found.policy, found.outcome, found.granted, found.cost,
        None if found.probability is None else Decimal(found.probability),
        [reason(code) for code in found.reasons], [_difference(d) for d in found.differences],
    )  # fmt: skip


def _difference(found: Difference) -> DifferenceView:
    return DifferenceView(found.pointer, _text(found.stored), _text(found.again))


def _text(value: Any) -> str | None:
    return None if value is None else value if isinstance(value, str) else msgspec.json.encode(value).decode()  # fmt: skip


def explained(found: Explained) -> DecisionExplained:
    """A decision told in full."""
    told: dict[str, Any] = msgspec.to_builtins(found)
    reasons = [reason(each.code) for each in found.reasons]
    return DecisionExplained(
        found.outcome, reasons, told["rules"], told["parts"], told["changes"], told["facts"]
    )


def entry(row: Entry) -> ListEntryView:
    """An entry of a list."""
    return ListEntryView(
        ids.show("lst", row.ends or row.id), row.effect, row.subject, row.reason, row.note,
        row.valid_from, row.valid_until, row.actor,
    )  # fmt: skip


def version(row: Version) -> RiskVersionView:
    """A version."""
    return RiskVersionView(
        row.shown, row.name, row.number, row.state, row.digest, row.body, row.source,
        row.proposed_at, row.proposed_by, row.decided_at, row.decided_by, row.reason,
    )  # fmt: skip


def changes(before: Version, after: Version, found: list[Changed]) -> RiskChangesView:
    """What a version says otherwise than another one."""
    return RiskChangesView(
        before.shown, after.shown,
        [DifferenceView(c.pointer, _text(c.before), _text(c.after)) for c in found],
    )  # fmt: skip


def back_test(found: BackTest) -> BackTestView:
    """A rule set over what was decided."""
    rules = [TriedRuleView(r.name, r.action, r.fired, r.approved) for r in found.rules]
    return BackTestView(found.decisions, found.approved, found.stopped, rules)
