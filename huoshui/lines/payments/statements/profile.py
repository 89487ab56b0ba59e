"""Profiles: which column of a CSV means what. A bank's or acquirer's own is given as a mapping."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from huoshui.core.errors import Problem

Heading = Annotated[str, Meta(min_length=1, max_length=80)]
Encoding = Literal["utf-8", "gb18030", "latin-1"]


class Columns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The heading of each value; the first that a file has is taken. Of `net` and `gross` one will do.

    `paid_in` and `paid_out` are two columns of amounts without a sign, in place of `net`.
    """

    at: tuple[Heading, ...] = ()
    reference: tuple[Heading, ...] = ()
    gross: tuple[Heading, ...] = ()
    fee: tuple[Heading, ...] = ()
    net: tuple[Heading, ...] = ()
    paid_in: tuple[Heading, ...] = ()
    paid_out: tuple[Heading, ...] = ()
    currency: tuple[Heading, ...] = ()
    kind: tuple[Heading, ...] = ()
    key: tuple[Heading, ...] = ()
    batch: tuple[Heading, ...] = ()
    note: tuple[Heading, ...] = ()


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to read a CSV. `source` says who wrote it: an acquirer's lines are single payments with
    their fees, a bank's what really came or went.

    `at_format` is of strptime where times are not ISO 8601; `decimal` the sign before the minor
    unit, `thousands` what groups digits.
    """

    name: Annotated[str, Meta(min_length=1, max_length=40)]
    source: Literal["bank", "acquirer"]
    columns: Columns
    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    thousands: Annotated[str, Meta(max_length=1)] = ""
    at_format: Annotated[str, Meta(max_length=40)] = ""
    encoding: Encoding = "utf-8"


_ACQUIRER = Profile(
    name="acquirer",
    source="acquirer",
    columns=Columns(
        at=("captured_at", "at", "date"),
        reference=("reference",),
        gross=("gross", "amount"),
        fee=("fee",),
        net=("net",),
        currency=("currency",),
        kind=("kind", "type"),
        key=("key", "our_reference"),
        batch=("batch", "payout", "settlement"),
        note=("note", "about", "description"),
    ),
)
_BANK = Profile(
    name="bank",
    source="bank",
    columns=Columns(
        at=("booked_at", "date", "at", "交易时间", "交易日期", "记账日期"),
        reference=("reference", "end_to_end_id", "参考号", "交易参考号", "流水号"),
        net=("amount", "net", "金额", "发生额", "交易金额"),
        paid_in=("paid_in", "credit", "贷方发生额", "收入"),
        paid_out=("paid_out", "debit", "借方发生额", "支出"),
        currency=("currency", "币种", "货币"),
        kind=("kind", "type", "交易类型"),
        batch=("batch", "批次号"),
        note=("note", "description", "remittance", "摘要", "用途", "附言"),
    ),
)
# What `write_csv` writes is read back by this one.
_OWN = Profile(
    name="huoshui",
    source="bank",
    columns=Columns(
        at=("at",),
        reference=("reference",),
        gross=("gross",),
        fee=("fee",),
        net=("net",),
        currency=("currency",),
        kind=("kind",),
        key=("key",),
        batch=("batch",),
        note=("note",),
    ),
)


class UnknownProfile(Problem):
    """No such profile; the problem lists those that there are."""

    code = "unknown_profile"
    status = 422


PROFILES = {profile.name: profile for profile in (_ACQUIRER, _BANK, _OWN)}


def profile_named(name: str) -> Profile:
    """A profile of the house. Raises UnknownProfile."""
    found = PROFILES.get(name)
    if found is None:
        raise UnknownProfile(profile=name[:40], known=", ".join(PROFILES))
    return found
