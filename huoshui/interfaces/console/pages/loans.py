"""The loan book as a list: what is open of each loan, how late it is, its stage, what is held."""

from __future__ import annotations

from datetime import date

from huoshui.core import access, i18n
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Choice,
    Column,
    Empty,
    Figure,
    Filter,
    Frame,
    Link,
    ListPage,
    Path,
    Row,
    Several,
    Status,
    Table,
    Tone,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.devices import choice
from huoshui.lines.lending import portfolio
from huoshui.lines.lending.loan.model import LOAN
from huoshui.lines.lending.portfolio import store
from huoshui.lines.lending.portfolio.store import Entry

SCOPE = "loans:read"
BUCKETS = 7
_NAMES = ("loan", "party", "product", "state", "signed", "principal", "days_past_due", "bucket",
          "stage", "held", "next_due")  # fmt: skip
_MONEY = frozenset({"signed", "principal", "held"})
_STATES: dict[str, Tone] = {
    "running": "accent",
    "closed": "good",
    "declined": "bad",
    "lapsed": "warn",
}
_TONES: tuple[Tone, ...] = ("good", "warn", "warn", "bad", "bad", "bad", "neutral")


def loan_state(frame: Frame, state: str) -> Status:
    """A contract's state."""
    return Status(i18n.text(f"state.loan.{state}", frame.lang), _STATES.get(state, "neutral"))


def bucket_of(frame: Frame, bucket: int) -> Status:
    """A bucket of days past due, or how the loan came off the books."""
    return Status(frame.say(f"loans.bucket.{bucket}"), _TONES[bucket])


def stage_of(frame: Frame, stage: int) -> Status:
    """A stage of IFRS 9."""
    tones: tuple[Tone, ...] = ("good", "warn", "bad")
    return Status(frame.say(f"loans.stage.{stage}"), tones[stage - 1])


def of_product(tx: Tx, frame: Frame) -> Filter:
    """The choice of a product."""
    return Filter(
        name="product", label=frame.say("loans.product"), kind="choice",
        value=frame.asked("product"), placeholder=frame.say("loans.any"),
        choices=tuple(Choice(name, name) for name in store.products(tx)),
    )  # fmt: skip


def loans_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Loans, newest first; by product, state, borrower, bucket and stage."""
    limit, state = asked.limit(frame), frame.asked("state")
    product, party = frame.asked("product"), frame.asked("party")
    bucket, stage = _number(frame, "bucket", BUCKETS - 1), _number(frame, "stage", 3)
    found = store.book(
        tx, product=product, state=state, party=party, bucket=bucket, stage=stage,
        after=asked.cursor(frame, "loan"), limit=limit + 1,
    )  # fmt: skip
    more, first = asked.paged(frame, "loan", found)
    query = asked.query(
        product=product, state=state, party=party, bucket=frame.asked("bucket"),
        stage=frame.asked("stage"), limit=str(min(limit, 100)),
    )  # fmt: skip
    return ListPage(
        title=frame.say("loans"),
        lead=frame.say("loans.lead"),
        crumbs=(asked.home(frame),),
        links=(
            Link(frame.say("relief"), frame.to("loan-requests"), "users"),
            *(
                Link(frame.say(f"menu.{name}"), frame.to(href), icon)
                for name, href, icon in (
                    ("loan_days", "loan-days", "clock"), ("loan_losses", "loan-losses", "scale"),
                    ("loan_vintages", "loan-vintages", "history"),
                    ("loan_rolls", "loan-rolls", "list-tree"),
                )
            ),
        ),
        totals=_totals(tx, frame),
        filters=(
            of_product(tx, frame),
            choice(frame, "state", "loans.state", state, LOAN.states, machine="loan"),
            _choices(frame, "bucket", range(BUCKETS)),
            _choices(frame, "stage", range(1, 4)),
            Filter(name="party", label=frame.say("loans.party"), value=party),
        ),
        table=_table(frame, found[:limit], access.today(tx)),
        count=frame.say("count.page", n=len(found[:limit])),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "loans"),
        api_calls=(ApiCall(path=f"/v1/loan-book?{query}"),),
    )  # fmt: skip


def _number(frame: Frame, name: str, most: int) -> int | None:
    said = frame.asked(name)
    return int(said) if said.isdecimal() and int(said) <= most else None


def _choices(frame: Frame, name: str, values: range) -> Filter:
    return Filter(
        name=name, label=frame.say(f"loans.{name}"), kind="choice", value=frame.asked(name),
        placeholder=frame.say("loans.any"),
        choices=tuple(Choice(str(n), frame.say(f"loans.{name}.{n}")) for n in values),
    )  # fmt: skip


def _totals(tx: Tx, frame: Frame) -> tuple[Figure, ...]:
    """Of the last closed day: so that a million loans cost no more than one."""
    found = portfolio.losses(tx)
    if found.day is None:
        return ()
    currencies = sorted({row.currency for row in found.rows})

    def total(name: str, stages: tuple[int, ...] = (1, 2, 3)) -> Several:
        return Several(
            tuple(
                Money(sum(getattr(r, name) for r in found.rows if r.currency == c and r.stage in stages), c)
                for c in currencies
            )
        )  # fmt: skip

    hint = frame.say("loans.as_of", day=found.day.isoformat())
    return (
        Figure(label=frame.say("loans.running"), value=sum(r.loans for r in found.rows), hint=hint),
        Figure(label=frame.say("loans.gross"), value=total("gross"), hint=hint),
        Figure(label=frame.say("loans.impaired"), value=total("gross", (3,)), hint=hint,
               href=frame.to("loans?stage=3"), tone="warn"),
        Figure(label=frame.say("loans.held"), value=total("held"), hint=hint,
               href=frame.to("loan-losses")),
    )  # fmt: skip


def _table(frame: Frame, found: list[Entry], today: date) -> Table:
    return Table(
        title=frame.say("loans"),
        columns=tuple(
            Column(
                title=frame.say(f"loans.{name}"),
                align="end" if name in _MONEY or name == "days_past_due" else "start",
                money=name in _MONEY,
            )
            for name in _NAMES
        ),
        rows=tuple(_row(frame, each, today) for each in found),
        empty=Empty(
            title=frame.say("loans.none"),
            detail=frame.say("loans.none.detail"),
            command="huoshui loan apply pay-in-instalments 12000 --party …",
        ),
    )


def _row(frame: Frame, each: Entry, today: date) -> Row:
    href = frame.to(f"loans/{each.shown}")
    told = each.through is not None and each.state in ("running", "closed")
    late = each.days_past_due(today) if each.state == "running" else None
    return Row(
        key=each.shown,
        href=href,
        cells=(
            Path(each.shown, href),
            Path(each.party, frame.to(f"sellers/{each.party}") if each.party[:3] == "slr" else ""),
            each.product,
            loan_state(frame, each.state),
            Money(each.amount, each.currency),
            None if each.principal is None else Money(each.principal, each.currency),
            late,
            bucket_of(frame, each.bucket or 0) if told else None,
            stage_of(frame, each.stage or 1) if told and each.state == "running" else None,
            None if each.held is None else Money(each.held, each.currency),
            each.next_due if each.state == "running" else None,
        ),
    )
