"""`partner …`: who gains what, and claims on those who bear losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import i18n, ids
from huoshui.core.db import Tx
from huoshui.core.money import major, parse_amount
from huoshui.core.settings import Settings
from huoshui.facts import partners as names
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.proving import opened
from huoshui.interfaces.cli.terminal import say
from huoshui.lines.lending.partners import CoverClaim, service, store
from huoshui.scenarios import partners

ACTOR = "cli"
_VERBS: dict[str, Callable[[Tx, UUID, str], CoverClaim]] = {
    "submit": service.submit,
    "refuse": service.refuse,
    "contest": service.contest,
    "pay": service.pay,
    "give-back": service.give_back,
}


class Asked(msgspec.Struct, frozen=True):
    """A verb of a claim as it is typed; the amount in major units."""

    verb: str
    claim: str
    amount: str
    note: str


def run_list(settings: Settings, where: Where, *, json: bool) -> None:
    """Who gains what: each party's statement by product."""
    with opened(settings, where.world) as database, database.begin(book=where.book) as tx:
        found = partners.all_statements(tx)
    if json:
        terminal.print_json(
            [msgspec.to_builtins(each) | {"position": each.position} for each in found]
        )
        return
    if not found:
        terminal.out.print(say("partner.none"), highlight=False)
        return
    heads = [say(f"partner.{name}") for name in ("product", "role", "party", "position", "gain")]
    rows = [
        [
            each.product, i18n.text(f"partner.role.{each.role}", terminal.language()), each.party,
            _shown(each.position, each.currency), _shown(each.gain, each.currency),
        ]
        for each in found
    ]  # fmt: skip
    terminal.table(heads, rows, numbers=(3, 4))


def run_names(settings: Settings, where: Where, *, json: bool) -> None:
    """What partners are called."""
    with opened(settings, where.world) as database, database.begin(book=where.book) as tx:
        found = names.names(tx)
    if json:
        terminal.print_json(msgspec.to_builtins(found))
        return
    if not found:
        terminal.out.print(say("partner.no_names"), highlight=False)
        return
    heads = [say(f"partner.{name}") for name in ("party", "name_en", "name_zh")]
    terminal.table(heads, [[each.party, each.en, each.zh] for each in found])


def run_name(settings: Settings, where: Where, told: tuple[str, str, str], *, json: bool) -> None:
    """Call a partner so from now on: its word, its name in English and in Chinese."""
    with opened(settings, where.world) as database:
        made = database.run(lambda tx: names.name_partner(tx, *told), book=where.book, actor=ACTOR)
    if json:
        terminal.print_json(msgspec.to_builtins(made))
        return
    said = say("partner.named", party=made.party, en=made.en, zh=made.zh)
    terminal.out.print(said, highlight=False)


def run_claims(settings: Settings, where: Where, state: str, limit: int, *, json: bool) -> None:
    """Claims on covers, newest first."""
    with opened(settings, where.world) as database, database.begin(book=where.book) as tx:
        found = store.claims(tx, state=state, limit=limit)
    if json:
        terminal.print_json([_told(each) for each in found])
        return
    if not found:
        terminal.out.print(say("partner.no_claims"), highlight=False)
        return
    names = ("due", "accepted", "paid")
    heads = [say(f"partner.{name}") for name in ("claim", "party", "state", *names)]
    rows = [
        [
            each.shown, each.party, _state(each),
            *(_shown(getattr(each, name), each.currency) for name in names),
        ]
        for each in found
    ]  # fmt: skip
    terminal.table(heads, rows, numbers=(3, 4, 5))


def run_claim(settings: Settings, where: Where, ref: str, *, json: bool) -> None:
    """One claim and what happened to it."""
    id_ = ids.read("clm", ref)
    with opened(settings, where.world) as database, database.begin(book=where.book) as tx:
        found, entries = service.find_claim(tx, id_), store.entries(tx, id_)
    if json:
        terminal.print_json(_told(found) | {"entries": [msgspec.to_builtins(e) for e in entries]})
        return
    _tell(found)
    for each in entries:
        verb = i18n.text(f"verb.cover_claim.{each.verb}", terminal.language())
        told = (
            f"{each.at:%Y-%m-%d %H:%M}  {verb}  {_shown(each.amount, found.currency)}  {each.note}"
        )
        terminal.out.print(told.rstrip(), highlight=False)


def run_do(settings: Settings, where: Where, asked: Asked, *, json: bool) -> None:
    """Do a verb of a claim."""
    id_, note = ids.read("clm", asked.claim), asked.note[:200]

    def use_case(tx: Tx) -> CoverClaim:
        if asked.verb != "accept":
            return _VERBS[asked.verb](tx, id_, note)
        currency = service.find_claim(tx, id_).currency
        amount = parse_amount(asked.amount, currency) if asked.amount else None
        return service.accept(tx, id_, amount, note)

    with opened(settings, where.world) as database:
        found = database.run(use_case, book=where.book, actor=ACTOR)
    if json:
        terminal.print_json(_told(found))
    else:
        _tell(found)


def _told(found: CoverClaim) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(found)
    return told | {"id": found.shown, "loan_id": ids.show("loan", found.loan_id)}


def _tell(found: CoverClaim) -> None:
    money = ("due", "claimed", "accepted", "paid", "outstanding")
    terminal.fields(
        [
            (found.shown, _state(found)),
            (say("partner.loan"), ids.show("loan", found.loan_id)),
            (say("partner.party"), found.party),
            *((say(f"partner.{n}"), _shown(getattr(found, n), found.currency)) for n in money),
        ]
    )


def _state(found: CoverClaim) -> str:
    return i18n.text(f"state.cover_claim.{found.state}", terminal.language())


def _shown(amount: int, currency: str) -> str:
    return f"{major(amount, currency):,} {currency}"
