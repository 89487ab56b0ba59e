"""Activities over the API: batches of what buyers, merchants and devices did; a list; the kinds."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.facts import activity
from huoshui.facts.activity import KINDS, Activity, Kept, naming, store
from huoshui.facts.activity.kinds import Kind
from huoshui.facts.activity.model import ABOUT, Taken
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import reads, writes
from huoshui.interfaces.api.door import (
    Ask,
    Cursor,
    Limit,
    Page,
    Time,
    Word,
    after_id,
    enter,
    moment,
    page_of,
)
from huoshui.interfaces.api.problems import language
from huoshui.interfaces.api.views import FieldErrorView

ActivityRef = Annotated[str, Meta(min_length=1, max_length=activity.REF_MAX)]


class ActivityAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What somebody did. Buyers, merchants and orders by id or by the marketplace's own key.

    Of device, IP, card, address and phone only a keyed hash is kept. A card's number is refused.
    """

    kind: Annotated[str, Meta(min_length=1, max_length=60)]
    occurred_at: datetime
    key: Annotated[str, Meta(max_length=activity.REF_MAX)] = ""
    buyer: ActivityRef | None = None
    merchant: ActivityRef | None = None
    device: ActivityRef | None = None
    ip: ActivityRef | None = None
    card: ActivityRef | None = None
    address: ActivityRef | None = None
    phone: ActivityRef | None = None
    order: ActivityRef | None = None
    amount: Money | None = None
    attributes: dict[str, Any] = {}
    known_at: datetime | None = None


class ActivitiesAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Activities to keep: at most 2,000 in one call."""

    activities: list[ActivityAsked]


class ActivityResult(msgspec.Struct, frozen=True):
    """What became of one activity: created, exists or refused."""

    outcome: str
    id: str | None
    errors: list[FieldErrorView]


class ActivityResults(msgspec.Struct, frozen=True):
    """The results of a batch, in its order."""

    results: list[ActivityResult]


class ActivityView(msgspec.Struct, frozen=True):
    """An activity as it is kept: `about` holds ids and keyed hashes."""

    id: str
    kind: str
    key: str
    occurred_at: datetime
    recorded_at: datetime
    about: dict[str, str]
    amount: Money | None
    attributes: dict[str, Any]


class ActivityField(msgspec.Struct, frozen=True):
    """An attribute of a kind of activity."""

    name: str
    type: str
    needed: bool
    one_of: list[str]
    en: str
    zh: str


class ActivityKind(msgspec.Struct, frozen=True):
    """A kind of activity: what it must be about, whether it has an amount (no, may, must)."""

    name: str
    en: str
    zh: str
    about: list[str]
    amount: str
    attributes: list[ActivityField]


class ActivityKinds(msgspec.Struct, frozen=True):
    """All kinds that may be told."""

    kinds: list[ActivityKind]


def activity_view(row: Kept) -> ActivityView:
    """An activity."""
    about = {name: ref for name in ABOUT if (ref := row.ref(name))}
    worth = None if row.amount is None else Money(row.amount, row.currency or "")
    return ActivityView(
        row.shown, row.kind, row.key, row.occurred_at, row.recorded_at, about, worth, row.attributes
    )


def _told(asked: ActivityAsked) -> Activity:
    fields = msgspec.structs.asdict(asked)
    worth = fields.pop("amount")
    return Activity(
        **fields,
        amount_minor=worth.amount if worth else None,
        currency=worth.currency if worth else None,
    )


def _result(taken: Taken, lang: str) -> ActivityResult:
    errors = [FieldErrorView(e.pointer, e.code, e.detail(lang)) for e in taken.errors]
    return ActivityResult(taken.outcome, ids.show("act", taken.id) if taken.id else None, errors)


@writes(
    "/activities", "facts:write", ActivityResults, asks=ActivitiesAsked, idempotency="optional",
    dry_run=True, bound="book",
)  # fmt: skip
def record_activities(request: Ask, body: RawBody) -> Response[bytes]:
    """Tell what was done; each activity gets its own result, and the same again changes nothing."""
    visit = enter(request)
    told = [_told(asked) for asked in decoded(body, ActivitiesAsked).activities]
    lang = language(request)

    def use_case(tx: Tx) -> ActivityResults:
        taken = activity.take(tx, naming.named(tx, told))
        return ActivityResults([_result(each, lang) for each in taken])

    return visit.answer(body, use_case)


@reads("/activities", "facts:read", Page[ActivityView], bound="book")
def list_activities(
    request: Ask,
    kind: Word = "",
    buyer: Word = "",
    merchant: Word = "",
    device: Word = "",
    order: Word = "",
    since: Time = None,
    until: Time = None,
    after: Cursor = None,
    limit: Limit = 50,
) -> Page[ActivityView]:
    """Activities, the newest told first; about a buyer, merchant, device or order, by id or as told."""
    visit = enter(request)
    with visit.begin() as tx:
        asked = Activity(
            kind=kind, occurred_at=tx.now, buyer=buyer or None, merchant=merchant or None,
            device=device or None, order=order or None,
        )  # fmt: skip
        [known] = naming.named(tx, [asked])
        rows = store.page(
            tx, kind=kind, about=activity.hashed(tx, known), since=moment(since),
            until=moment(until), after=after_id("act", after), limit=limit,
        )  # fmt: skip
    return page_of("act", rows, limit, activity_view)


@reads("/activity-kinds", "facts:read", ActivityKinds, bound="book")
def list_activity_kinds(request: Ask) -> ActivityKinds:
    """The kinds of activities that may be told, with their attributes."""
    enter(request)
    return ActivityKinds([_kind(kind) for kind in KINDS.values()])


def _kind(kind: Kind) -> ActivityKind:
    fields = [
        ActivityField(f.name, str(f.type), f.needed, list(f.one_of), f.en, f.zh)
        for f in kind.fields
    ]
    return ActivityKind(kind.name, kind.en, kind.zh, list(kind.about), kind.amount, fields)


HANDLERS = [record_activities, list_activities, list_activity_kinds]
