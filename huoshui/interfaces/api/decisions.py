"""Decisions over the API: asked for, looked up, made again, explained, asked what if; lists and reasons."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.api import decision_views as views
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import reads, writes
from huoshui.interfaces.api.door import (
    Ask,
    Cursor,
    Limit,
    Page,
    Ref,
    Time,
    Word,
    after_id,
    enter,
    moment,
    on_one,
    page_of,
)
from huoshui.judgement.risk import reasons as catalogue
from huoshui.judgement.risk.decision import Asked, service, store
from huoshui.judgement.risk.decision.store import Search
from huoshui.judgement.risk.lists import service as lists
from huoshui.judgement.risk.lists import store as list_store
from huoshui.scenarios import judging

Text = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f]*$")]
Kind = Literal["application", "payment", "payout", "onboarding"]
About = Literal["buyer", "merchant", "device", "ip", "card", "address", "phone", "order"]


class DecisionAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be decided. Without a `policy` it is the one in force for the kind and the product.

    `subjects` are whom and what it is about; `facts` are those that the policy's rules declare.
    """

    kind: Kind
    policy: Annotated[str, Meta(max_length=80)] = ""
    subjects: dict[About, Text] = {}
    amount: Money | None = None
    product: Text = ""
    party: Text = ""
    reference: Text = ""
    term_days: Annotated[int, Meta(ge=0, le=36_500)] | None = None
    channel: Text = ""
    facts: Annotated[dict[str, Any], Meta(max_length=100)] = {}


class ListEntryAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to block or let through, why (a code of the catalogue), and until when."""

    effect: Literal["block", "allow"]
    about: About
    value: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
    reason: Annotated[str, Meta(max_length=60)]
    until: datetime
    note: Text = ""


class TakeBackAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the entry ends."""

    note: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]


@writes(
    "/decisions", "decisions:write", views.DecisionView, asks=DecisionAsked, bound="book",
    idempotency="optional", dry_run=True,
)  # fmt: skip
def make_decision(request: Ask, body: RawBody) -> Response[bytes]:
    """Decide: what is seen, which rules fire, the score, the limit, the reasons; the record is sealed."""
    visit, asked = enter(request), decoded(body, DecisionAsked)
    said = msgspec.structs.asdict(asked)
    policy = said.pop("policy")

    def use_case(tx: Tx) -> views.DecisionView:
        made = judging.decide(tx, Asked(**said), policy=policy, key=visit.wish)
        return views.decision(made)

    return visit.answer(body, use_case)


@reads("/decisions", "decisions:read", Page[views.DecisionView], bound="book")
def list_decisions(
    request: Ask, kind: Word = "", outcome: Word = "", policy: Word = "", party: Word = "",
    reference: Word = "", reason: Word = "", rule: Word = "", since: Time = None,
    until: Time = None, after: Cursor = None, limit: Limit = 50,
) -> Page[views.DecisionView]:  # fmt: skip
    """Decisions, newest first; of a kind, an outcome, a party, with a reason, by a rule that fired."""
    by = Search(
        kind=kind, outcome=outcome, policy=policy, party=party, reference=reference,
        reason=reason, rule=rule, since=moment(since), until=moment(until),
    )  # fmt: skip
    with enter(request).begin() as tx:
        rows = store.decisions(tx, by, after_id("dec", after), limit)
    return page_of("dec", rows, limit, views.decision)


@reads("/decisions/{ref:str}", "decisions:read", views.DecisionView, bound="book")
def show_decision(request: Ask, ref: Ref) -> views.DecisionView:
    """One decision with its record."""
    with enter(request).begin() as tx:
        return views.decision(service.find(tx, ids.read("dec", ref)))


@reads("/decisions/{ref:str}/recompute", "decisions:read", views.RecomputedView, bound="book")
def recompute_decision(request: Ask, ref: Ref) -> views.RecomputedView:
    """Make a decision again from what could be seen then: whether to the byte, else where it differs."""
    with enter(request).begin() as tx:
        return views.recomputed(service.recompute(tx, service.find(tx, ids.read("dec", ref))))


@reads("/decisions/{ref:str}/explain", "decisions:read", views.DecisionExplained, bound="book")
def explain_decision(request: Ask, ref: Ref) -> views.DecisionExplained:
    """Why it came out so, in both languages: for colleagues, with what applicants are not told."""
    with enter(request).begin() as tx:
        return views.explained(service.explained(tx, service.find(tx, ids.read("dec", ref))))


@reads("/decisions/{ref:str}/rerun", "decisions:read", views.RerunView, bound="book")
def rerun_decision(request: Ask, ref: Ref, policy: Word = "") -> views.RerunView:
    """What a policy (name, or name@number) would have made of it; nothing is kept."""
    with enter(request).begin() as tx:
        row = service.find(tx, ids.read("dec", ref))
        return views.rerun(service.rerun(tx, row, policy or row.policy))


@writes(
    "/list-entries", "risk:write", views.ListEntryView, asks=ListEntryAsked, bound="book",
    idempotency="optional", dry_run=True,
)  # fmt: skip
def enter_on_list(request: Ask, body: RawBody) -> Response[bytes]:
    """Block a subject, or let it through, until then."""
    visit, asked = enter(request), decoded(body, ListEntryAsked)

    def use_case(tx: Tx) -> views.ListEntryView:
        subject = judging.subject(tx, asked.about, asked.value)
        return views.entry(
            lists.enter(tx, asked.effect, subject, asked.reason, asked.note, asked.until)
        )

    return visit.answer(body, use_case)


@reads("/list-entries", "decisions:read", Page[views.ListEntryView], bound="book")
def list_entries_of_lists(
    request: Ask, effect: Word = "", after: Cursor = None, limit: Limit = 50
) -> Page[views.ListEntryView]:
    """Entries that stand, newest first."""
    with enter(request).begin() as tx:
        rows = list_store.entries(tx, effect=effect, after=after_id("lst", after), limit=limit)
    return page_of("lst", rows, limit, views.entry)


@writes(
    "/list-entries/{ref:str}/take-back", "risk:write", views.ListEntryView, asks=TakeBackAsked,
    bound="book", idempotency="optional", dry_run=True,
)  # fmt: skip
def take_off_list(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """End an entry now; decisions that saw it are made again as they were."""
    return on_one(
        request, ref, body, "lst", TakeBackAsked,
        lambda tx, id_, asked: views.entry(lists.take_back(tx, id_, asked.note)),
    )  # fmt: skip


@reads("/reasons", "decisions:read", views.ReasonsView, bound="caller")
def list_reasons(request: Ask) -> views.ReasonsView:
    """The catalogue of reasons in both languages."""
    enter(request)
    return views.ReasonsView([views.reason(code) for code in catalogue.codes()])


HANDLERS = [
    make_decision, list_decisions, show_decision, recompute_decision, explain_decision,
    rerun_decision, enter_on_list, list_entries_of_lists, take_off_list, list_reasons,
]  # fmt: skip
