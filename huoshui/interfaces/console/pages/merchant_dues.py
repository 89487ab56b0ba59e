"""What a merchant owes to lending, and what was taken for it: its part of the merchant's page."""

from __future__ import annotations

from huoshui.core import i18n, ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import Column, Frame, Id, Link, Row, Table
from huoshui.scenarios import merchant_dues
from huoshui.scenarios.merchant_dues import Taken

_SHARED = ("premium", "asg", "loan")


def tables(tx: Tx, frame: Frame, seller: str) -> tuple[Table, ...]:
    """What is owed, where anything is, and what was taken; nothing for who has to do with neither."""
    owed, taken = merchant_dues.owed(tx, seller), merchant_dues.taken(tx, seller)
    found = []
    if owed:
        found.append(
            _table(
                frame, "owed",
                tuple(
                    Row(
                        cells=(
                            frame.say(f"dues.why.{each.why}"), each.product,
                            Money(each.amount, each.currency), Id(each.reference),
                        )
                    )
                    for each in owed
                ),
            )
        )  # fmt: skip
    if taken:
        found.append(
            _table(
                frame, "taken",
                tuple(
                    Row(
                        cells=(
                            Link(
                                _what(frame, each),
                                frame.to(f"transactions/{ids.show('txn', each.txn_id)}"),
                            ),
                            each.at, Money(each.amount, each.currency),
                            Id(each.reference.rpartition("/")[2]),
                        )
                    )
                    for each in taken
                ),
            )
        )  # fmt: skip
    return tuple(found)


def _what(frame: Frame, each: Taken) -> str:
    """For what it was taken; of what lines have of takings, by what they have it for."""
    if each.template == "takings_shared":
        what = each.reference.partition("/" if "/" in each.reference else "_")[0]
        if what in _SHARED:
            return frame.say(f"dues.shared.{what}")
    return i18n.text(f"template.{each.template}", frame.lang)


def _table(frame: Frame, name: str, rows: tuple[Row, ...]) -> Table:
    second = "product" if name == "owed" else "at"
    heads = ("for", second, "amount", "reference")
    return Table(
        title=frame.say(f"dues.{name}"),
        columns=tuple(
            Column(title=frame.say(f"dues.{head}"), align="end" if head == "amount" else "start",
                   money=head == "amount", wide=head == "for")
            for head in heads
        ),
        rows=rows,
        note=frame.say(f"dues.{name}.note"),
    )  # fmt: skip
