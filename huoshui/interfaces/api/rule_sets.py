"""Rule sets and policies over the API: proposed, published by another, compared, tried on history."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import msgspec
from litestar import Response
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core.db import Tx
from huoshui.interfaces.api import decision_views as views
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import reads, writes
from huoshui.interfaces.api.door import Ask, Cursor, Limit, Page, Ref, Time, Word, enter, moment
from huoshui.interfaces.api.settlement import NothingAsked
from huoshui.judgement.risk.decision import loading
from huoshui.judgement.risk.versions import Kind, split
from huoshui.judgement.risk.versions import service as versions
from huoshui.judgement.risk.versions import store as version_store
from huoshui.scenarios import judging

BACK_DAYS = 90


class RiskFileAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file (TOML) as text."""

    file: Annotated[str, Meta(min_length=1, max_length=400_000)]


class RiskReasonAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why."""

    reason: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]


@writes(
    "/rule-sets", "risk:write", views.RiskVersionView, asks=RiskFileAsked, bound="book",
    idempotency="optional", dry_run=True,
)  # fmt: skip
def propose_rule_set(request: Ask, body: RawBody) -> Response[bytes]:
    """Propose a file as the next version of its rule set; its tests are run first."""
    visit, asked = enter(request), decoded(body, RiskFileAsked)
    return visit.answer(
        body, lambda tx: views.version(judging.propose_rules(tx, asked.file.encode()))
    )


@writes(
    "/policies", "risk:write", views.RiskVersionView, asks=RiskFileAsked, bound="book",
    idempotency="optional", dry_run=True,
)  # fmt: skip
def propose_policy(request: Ask, body: RawBody) -> Response[bytes]:
    """Propose a file as the next version of its policy; the rules and the model that it names must stand."""
    visit, asked = enter(request), decoded(body, RiskFileAsked)
    return visit.answer(body, lambda tx: views.version(loading.propose(tx, asked.file.encode())))


@reads("/rule-sets", "decisions:read", Page[views.RiskVersionView], bound="book")
def list_rule_sets(
    request: Ask, name: Word = "", after: Cursor = None, limit: Limit = 50
) -> Page[views.RiskVersionView]:
    """Versions of rule sets by name, the newest of each first."""
    return _listed(request, "rules", name, after, limit)


@reads("/policies", "decisions:read", Page[views.RiskVersionView], bound="book")
def list_policies(
    request: Ask, name: Word = "", after: Cursor = None, limit: Limit = 50
) -> Page[views.RiskVersionView]:
    """Versions of policies by name, the newest of each first."""
    return _listed(request, "policy", name, after, limit)


def _listed(
    request: Ask, kind: Kind, name: str, after: str | None, limit: int
) -> Page[views.RiskVersionView]:
    if after:
        split(after)
    with enter(request).begin() as tx:
        rows = version_store.versions(tx, kind, name=name, after=after or "", limit=limit)
    end = rows[-1].shown if len(rows) == limit else None
    return Page([views.version(row) for row in rows], end)


@reads("/rule-sets/{ref:str}", "decisions:read", views.RiskVersionView, bound="book")
def show_rule_set(request: Ask, ref: Ref) -> views.RiskVersionView:
    """One version, name@number; without a number the last."""
    with enter(request).begin() as tx:
        return views.version(versions.find(tx, "rules", *split(ref)))


@reads("/policies/{ref:str}", "decisions:read", views.RiskVersionView, bound="book")
def show_policy(request: Ask, ref: Ref) -> views.RiskVersionView:
    """One version, name@number; without a number the last."""
    with enter(request).begin() as tx:
        return views.version(versions.find(tx, "policy", *split(ref)))


@reads("/rule-sets/{ref:str}/changes", "decisions:read", views.RiskChangesView, bound="book")
def compare_rule_sets(request: Ask, ref: Ref, before: Word = "") -> views.RiskChangesView:
    """What a version says otherwise than another one; than the one before where it is not said."""
    with enter(request).begin() as tx:
        new = versions.find(tx, "rules", *split(ref))
        old = (
            versions.find(tx, "rules", *split(before))
            if before
            else versions.find(tx, "rules", new.name, max(new.number - 1, 1))
        )
    return views.changes(old, new, versions.changed(old.body, new.body))


@reads("/rule-sets/{ref:str}/back-test", "decisions:read", views.BackTestView, bound="book")
def back_test_rule_set(
    request: Ask, ref: Ref, since: Time = None, until: Time = None
) -> views.BackTestView:
    """What a version would have done on what was decided; of the last 90 days where it is not said."""
    with enter(request).begin() as tx:
        row = versions.find(tx, "rules", *split(ref))
        end = moment(until) or tx.now + timedelta(seconds=1)
        begin = moment(since) or end - timedelta(days=BACK_DAYS)
        return views.back_test(judging.back_test(tx, row, begin, end))


def _moved(request: Ask, kind: Kind, ref: str, verb: str, body: bytes) -> Response[bytes]:
    visit = enter(request)
    reason = ""
    if verb == "publish":
        decoded(body or b"{}", NothingAsked)
    else:
        reason = decoded(body or b"{}", RiskReasonAsked).reason

    def use_case(tx: Tx) -> views.RiskVersionView:
        return views.version(judging.move(tx, versions.find(tx, kind, *split(ref)), verb, reason))

    return visit.answer(body, use_case)


@writes(
    "/rule-sets/{ref:str}/publish", "risk:approve", views.RiskVersionView, asks=NothingAsked,
    body_needed=False, bound="book", idempotency="optional", dry_run=True,
)  # fmt: skip
def publish_rule_set(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Publish a version that another person proposed."""
    return _moved(request, "rules", ref, "publish", body)


@writes(
    "/rule-sets/{ref:str}/refuse", "risk:write", views.RiskVersionView, asks=RiskReasonAsked,
    bound="book", idempotency="optional", dry_run=True,
)  # fmt: skip
def refuse_rule_set(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Do not publish a version."""
    return _moved(request, "rules", ref, "refuse", body)


@writes(
    "/rule-sets/{ref:str}/retire", "risk:approve", views.RiskVersionView, asks=RiskReasonAsked,
    bound="book", idempotency="optional", dry_run=True,
)  # fmt: skip
def retire_rule_set(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Take a version out of force."""
    return _moved(request, "rules", ref, "retire", body)


@writes(
    "/policies/{ref:str}/publish", "risk:approve", views.RiskVersionView, asks=NothingAsked,
    body_needed=False, bound="book", idempotency="optional", dry_run=True,
)  # fmt: skip
def publish_policy(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Put a version in force that another person proposed."""
    return _moved(request, "policy", ref, "publish", body)


@writes(
    "/policies/{ref:str}/refuse", "risk:write", views.RiskVersionView, asks=RiskReasonAsked,
    bound="book", idempotency="optional", dry_run=True,
)  # fmt: skip
def refuse_policy(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Do not publish a version."""
    return _moved(request, "policy", ref, "refuse", body)


@writes(
    "/policies/{ref:str}/retire", "risk:approve", views.RiskVersionView, asks=RiskReasonAsked,
    bound="book", idempotency="optional", dry_run=True,
)  # fmt: skip
def retire_policy(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Take a version out of force: the one before it is in force again."""
    return _moved(request, "policy", ref, "retire", body)


HANDLERS = [
    propose_rule_set, list_rule_sets, show_rule_set, compare_rule_sets, back_test_rule_set,
    publish_rule_set, refuse_rule_set, retire_rule_set,
    propose_policy, list_policies, show_policy, publish_policy, refuse_policy, retire_policy,
]  # fmt: skip
