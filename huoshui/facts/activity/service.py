"""Recording what was done: checked against its kind, hashed, kept once, told to who follows."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import crypto, money
from huoshui.core.db import Tx
from huoshui.core.errors import FieldError
from huoshui.core.expr.faults import Fault
from huoshui.facts.activity import following, identity, store
from huoshui.facts.activity.kinds import KINDS, Kind
from huoshui.facts.activity.model import (
    ABOUT,
    ACTIVITIES_MAX,
    HASHED,
    REF_MAX,
    Activity,
    ActivityRefused,
    Kept,
    Subjects,
    Taken,
    TooManyActivities,
)

_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_Checked = Kept | tuple[FieldError, ...]  # an activity as it will be kept, or what is wrong with it
_ID = {
    name: re.compile(f"{prefix}_[0-7][0-9a-hjkmnp-tv-z]{{25}}")
    for name, prefix in (("buyer", "byr"), ("merchant", "slr"), ("order", "ord"))
}


def record(tx: Tx, activities: Sequence[Activity]) -> list[UUID]:
    """Keep activities, all or none; the id of each, an old one for what was told before.

    Raises TooManyActivities, ActivityRefused.
    """
    checked = _checked(tx, activities)
    for at, row in enumerate(checked):
        if not isinstance(row, Kept):
            raise ActivityRefused(row=at, kind=activities[at].kind[:60], errors=row)
    return [each.id for each in _keep(tx, checked) if each.id is not None]


def take(tx: Tx, activities: Sequence[Activity]) -> list[Taken]:
    """Keep activities; each has its own result, and one that is refused leaves no trace.

    In a simulated world `known_at` is when an activity was told; elsewhere it is told now.
    Raises TooManyActivities.
    """
    return _keep(tx, _checked(tx, activities))


def _checked(tx: Tx, activities: Sequence[Activity]) -> list[_Checked]:
    if len(activities) > ACTIVITIES_MAX:
        raise TooManyActivities(count=len(activities), limit=ACTIVITIES_MAX)
    secret = _secret(tx)
    return [_kept(tx, secret, each) for each in activities]


def _keep(tx: Tx, checked: Sequence[_Checked]) -> list[Taken]:
    first: dict[tuple[str, str], Kept] = {}
    for row in checked:
        if isinstance(row, Kept):
            first.setdefault((row.kind, row.key), row)
    news = _added(tx, list(first.values())) if first else []
    fresh = {row.id for row in news}
    found = {pair: row.id for pair, row in first.items()}
    old = [pair for pair, row in first.items() if row.id not in fresh]
    found |= store.known(tx, old) if old else {}
    if news:
        following.tell(tx, news)
    return [_result(row, fresh, found) for row in checked]


def _added(tx: Tx, rows: Sequence[Kept]) -> list[Kept]:
    numbers = store.add(tx, rows)
    return [msgspec.structs.replace(r, seq=numbers[r.id]) for r in rows if r.id in numbers]


def _result(
    row: _Checked, fresh: Collection[UUID], found: Mapping[tuple[str, str], UUID]
) -> Taken:  # fmt: skip
    if not isinstance(row, Kept):
        return Taken("refused", errors=row)
    return Taken("created" if row.id in fresh else "exists", found[row.kind, row.key])


def hashed(tx: Tx, subjects: Subjects) -> dict[str, str]:
    """Whom and what, as activities keep it: identifiers hashed, what is not named left out.

    Raises ActivityRefused for an identifier that cannot be one.
    """
    refs, errors = _refs(_secret(tx), subjects)
    if errors:
        raise ActivityRefused(row=0, kind="", errors=tuple(errors))
    return refs


def _secret(tx: Tx) -> bytes:
    """What this book hashes with; made when it is needed first."""
    known: bytes | None = tx.known(("activity.secret", tx.book))
    if known is not None:
        return known
    found = store.secret(tx)
    if found is None:
        store.make_secret(tx, _fresh_secret(tx))
        found = store.secret(tx)
    assert found is not None, "it was made just now"
    tx.learn(("activity.secret", tx.book), bytes(found))
    return bytes(found)


def _fresh_secret(tx: Tx) -> bytes:
    if tx.simulated:  # a history that is run again has the same hashes
        return crypto.digest(str(tx.id("act", f"secret/{tx.book}", _EPOCH)))
    return crypto.sha256(crypto.token().encode())


_EPOCH = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


def _kept(tx: Tx, secret: bytes, told: Activity) -> _Checked:
    """An activity as it will be kept, or what is wrong with it."""
    kind = KINDS.get(told.kind)
    if kind is None:
        return (FieldError("/kind", "activity_kind", {"kind": told.kind[:60]}),)
    refs, errors = _refs(secret, told)
    errors += [FieldError(f"/{n}", "missing", {"field": n}) for n in kind.about if n not in refs]
    attributes, bad = _attributes(kind, told.attributes)
    errors += bad + _times(tx, told) + _money(kind, told) + _key(told.key)
    if errors:
        return tuple(errors)
    at = told.known_at or tx.now
    key = told.key or crypto.digest(msgspec.to_builtins(_content(told, refs, attributes))).hex()
    return Kept(
        id=tx.id("act", f"{told.kind}/{key}", at), seq=0, kind=told.kind, key=key,
        occurred_at=told.occurred_at, recorded_at=at, amount=told.amount_minor,
        currency=told.currency, attributes=attributes, actor=tx.actor,
        **{("order_" if name == "order" else name): refs.get(name) for name in ABOUT},
    )  # fmt: skip


def _content(told: Activity, refs: Mapping[str, str], attributes: Mapping[str, Any]) -> list[Any]:
    return [told.kind, told.occurred_at, dict(refs), told.amount_minor, told.currency, attributes]


def _refs(secret: bytes, told: Subjects) -> tuple[dict[str, str], list[FieldError]]:
    refs: dict[str, str] = {}
    errors = []
    for name in ABOUT:
        value = getattr(told, name)
        if value is None:
            continue
        try:
            refs[name] = _ref(secret, name, value)
        except ValueError:
            errors.append(FieldError(f"/{name}", f"activity_{_SORT.get(name, 'identifier')}", {}))
    return refs, errors


_SORT = {"buyer": "buyer", "merchant": "merchant", "order": "order", "card": "card", "ip": "ip"}


def _ref(secret: bytes, name: str, value: str) -> str:
    if len(value) > REF_MAX or "\0" in value:
        raise ValueError(name)
    if name in HASHED:
        return identity.token_of(secret, name, value)
    if not _ID[name].fullmatch(value):
        raise ValueError(name)
    return value


def _attributes(
    kind: Kind, told: Mapping[str, Any]
) -> tuple[dict[str, Any], list[FieldError]]:  # fmt: skip
    known = {field.name: field for field in kind.fields}
    errors: list[FieldError] = [
        FieldError(f"/attributes/{name[:60]}", "activity_attribute_unknown",
                   {"kind": kind.name, "known": ", ".join(sorted(known)) or "—"})
        for name in told.keys() - known.keys()
    ]  # fmt: skip
    read: dict[str, Any] = {}
    for name, field in known.items():
        try:
            value = field.read(told.get(name))
        except ValueError:
            value = None
            facts = {"type": field.type.word, "words": ", ".join(field.one_of)}
            errors.append(Fault(f"/attributes/{name}", "activity_attribute", facts))
        else:
            if value is None and field.needed:
                errors.append(FieldError(f"/attributes/{name}", "missing", {"field": name}))
        if value is not None:
            read[name] = value
    return read, errors


def _times(tx: Tx, told: Activity) -> list[FieldError]:
    at, known = told.occurred_at, told.known_at
    if at.tzinfo is None:
        return [FieldError("/occurred_at", "time_zone", {"value": at.isoformat()})]
    if not _FIRST_YEAR < at.year < _LAST_YEAR:
        return [FieldError("/occurred_at", "time_out_of_range", {"text": at.isoformat()})]
    if known is not None and not tx.simulated:
        return [FieldError("/known_at", "known_at_real", {})]
    if known is not None and (known.tzinfo is None or known > tx.now):
        return [FieldError("/known_at", "known_at_future", {"now": tx.now.isoformat()})]
    if at > (known or tx.now):
        return [FieldError("/occurred_at", "future", {"now": (known or tx.now).isoformat()})]
    return []


def _money(kind: Kind, told: Activity) -> list[FieldError]:
    amount, currency = told.amount_minor, told.currency
    if amount is None and currency is None:
        return (
            [FieldError("/amount", "missing", {"field": "amount"})] if kind.amount == "must" else []
        )
    if kind.amount == "no":
        return [FieldError("/amount", "activity_no_amount", {"kind": kind.name})]
    if amount is None or currency is None or not 0 <= amount <= money.AMOUNT_MAX:
        return [FieldError("/amount", "amount_bounds", {"low": 0})]
    try:
        money.digits(currency)
    except money.UnknownCurrency:
        return [FieldError("/currency", "currency", {"currency": currency[:8]})]
    return []


def _key(key: str) -> list[FieldError]:
    if len(key) <= REF_MAX and key.isprintable():
        return []
    return [FieldError("/key", "activity_identifier", {})]
