"""The statement of a loan as a paper. No I/O."""

from __future__ import annotations

import hashlib

import msgspec

from huoshui.catalog import Said
from huoshui.interfaces.papers.model import Block, Fields, Heading, Paper, Table, Text
from huoshui.interfaces.papers.words import Words
from huoshui.lines.lending.life.view import Due
from huoshui.lines.lending.loan.paper import Parties
from huoshui.lines.lending.loan.statement import Balance, Line, Statement


class Account(msgspec.Struct, frozen=True):
    """A statement with what names it."""

    loan: str
    product: Said
    currency: str
    parties: Parties
    statement: Statement

    @property
    def digest(self) -> str:
        """SHA-256 of all that it says, in hex."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


def account(of: Account, lang: str) -> Paper:
    """The statement in a language."""
    words, told = Words(lang, of.currency), of.statement
    name = words.say("named", name=of.parties.borrower_name, id=of.parties.borrower)
    period = words.say("period", since=words.day(told.since), until=words.day(told.until))
    head = (
        (words.say("lender"), of.parties.lender), (words.say("borrower"), name),
        (words.say("loan"), of.loan), (words.say("product"), of.product.say(lang)),
        (words.say("days"), period),
    )  # fmt: skip
    blocks: list[Block] = [Fields(head), *_balances(told, words), *_moved(told, words)]
    blocks += _instalments(told, words)
    blocks.append(Text(words.say("known", n=told.events), small=True))
    return Paper(
        lang=lang,
        title=words.say("statement"),
        subtitle=f"{of.loan} · {period}",
        author=of.parties.lender,
        foot=words.say("foot", loan=of.loan, digest=of.digest),
        page=words.say("page", n="{n}", of="{of}"),
        blocks=tuple(blocks),
    )


def _balances(told: Statement, words: Words) -> list[Block]:
    heads = ("what", "opening", "closing")
    names = ["principal", "overdue", "days_past_due", "credit", "payoff"]
    if told.opening.penalty or told.closing.penalty:
        names.append("penalty")
    rows = tuple(
        (words.say(f"balance.{name}"), *(_said(at, name, words) for at in (told.opening, told.closing)))
        for name in names
    )  # fmt: skip
    days = ("", words.day(told.opening.on), words.day(told.closing.on))
    table = Table(
        tuple(words.say(f"head.{head}") for head in heads), ("left", "right", "right"),
        (40, 30, 30), (days, *rows),
    )  # fmt: skip
    return [Heading(words.say("part.balances")), table]


def _said(at: Balance, name: str, words: Words) -> str:
    value = getattr(at, name)
    return str(value) if name == "days_past_due" else words.bare(value)


def _moved(told: Statement, words: Words) -> list[Block]:
    heading = Heading(words.say("part.moved"))
    if not told.lines:
        return [heading, Text(words.say("moved.none"))]
    heads = ("on", "what", "amount", "principal", "interest", "charges", "balance")
    table = Table(
        tuple(words.say(f"head.{head}") for head in heads),
        ("left", "left", "right", "right", "right", "right", "right"),
        (18, 18, 14, 14, 12, 10, 14), tuple(_line(each, words) for each in told.lines),
    )  # fmt: skip
    return [heading, table]


def _line(each: Line, words: Words) -> tuple[str, ...]:
    parts = (each.principal, each.interest, each.charges)
    cells = [words.bare(part) if part else "" for part in parts]
    amount = words.bare(each.amount) if each.amount else ""
    balance = "" if each.balance is None else words.bare(each.balance)
    return (
        words.day(each.on),
        words.said(f"moved.{each.kind}", each.kind),
        amount,
        *cells,
        balance,
    )


def _instalments(told: Statement, words: Words) -> list[Block]:
    heads = ("n", "due", "principal", "interest", "charges", "paid", "open", "state")
    table = Table(
        tuple(words.say(f"head.{head}") for head in heads),
        ("left", "left", "right", "right", "right", "right", "right", "left"),
        (5, 19, 14, 12, 10, 14, 14, 12),
        tuple(_row(each, told, words) for each in told.instalments),
    )
    return [Heading(words.say("part.instalments")), table]


def _row(each: Due, told: Statement, words: Words) -> tuple[str, ...]:
    parts = (each.principal, each.interest, each.fees + each.penalties, each.paid, each.outstanding)
    state = state_of(each, told)
    return (
        str(each.n), words.day(each.due), *map(words.bare, parts), words.say(f"state.{state}"),
    )  # fmt: skip


def state_of(each: Due, told: Statement) -> str:
    """Whether an instalment is paid, late, partly paid or still to come."""
    if not each.outstanding:
        return "paid"
    if each.due < told.until:
        return "late"
    return "partly" if each.paid else "open"
