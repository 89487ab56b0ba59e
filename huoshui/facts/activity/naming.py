"""The marketplace's own keys of buyers, merchants and orders become the ids that activities keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.facts.activity.model import Activity
from huoshui.facts.commerce import store as commerce

_Find = Callable[[Tx, list[str]], dict[str, UUID]]
_SORTS: dict[str, tuple[str, _Find]] = {
    "buyer": ("byr", lambda tx, keys: commerce.parties_of(tx, "buyer", keys)),
    "merchant": ("slr", lambda tx, keys: commerce.parties_of(tx, "seller", keys)),
    "order": ("ord", commerce.order_ids),
}


def named(tx: Tx, activities: Sequence[Activity], *, strict: bool = False) -> list[Activity]:
    """The same with ids for the keys that are known.

    The others stay, and are refused later; where this is `strict` they are left out.
    """
    found = {sort: _found(tx, sort, activities) for sort in _SORTS}
    return [
        msgspec.structs.replace(
            each, **{sort: _named(getattr(each, sort), sort, names, strict) for sort, names in found.items()}
        )
        for each in activities
    ]  # fmt: skip


def _named(told: str | None, sort: str, names: Mapping[str, str], strict: bool) -> str | None:
    if told is None or told in names:
        return told and names[told]
    return None if strict and not _is_id(sort, told) else told


def _is_id(sort: str, told: str) -> bool:
    try:
        return bool(ids.read(_SORTS[sort][0], told))
    except ids.BadId:
        return False


def _found(tx: Tx, sort: str, activities: Sequence[Activity]) -> dict[str, str]:
    prefix, find = _SORTS[sort]
    told = {str(getattr(each, sort) or "") for each in activities} - {""}
    keys = sorted(key for key in told if "\0" not in key and not _is_id(sort, key))
    return {key: ids.show(prefix, id_) for key, id_ in find(tx, keys).items()} if keys else {}
