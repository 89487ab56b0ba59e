"""What proves an account's statement: the newest checkpoint, what it covers, and how to check it."""

from __future__ import annotations

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.interfaces.console.page import Cell, Code, Figure, FigureGroup, Frame, Id, Link
from huoshui.interfaces.console.pages import asked
from huoshui.ledger import proof
from huoshui.ledger.journal import sealed_store
from huoshui.ledger.model import Account

CHECK = "huoshui verify --statement statement.json --key '{key}'"


def proof_of(tx: Tx, frame: Frame, account: Account) -> FigureGroup:
    """The account's proof: what is sealed of it, the file to hand on, and the words to check it."""
    title = frame.say("proof")
    if tx.simulated:
        return FigureGroup(title, (), frame.say("proof.replay"))
    note = proof.last_checkpoint(tx)
    if note is None:
        return FigureGroup(title, (), frame.say("proof.nothing"))
    checkpoint, key = proof.read_checkpoint(note), proof.log_keys(tx)[-1]
    newest = sealed_store.newest(tx, account.id)
    covered: Cell = frame.say("proof.covers.still")
    if newest:
        covered = frame.say("proof.covers.all" if newest.sealed else "proof.covers.most")
    query = asked.query(**{"from": frame.asked("from"), "to": frame.asked("to")})
    place = frame.to(f"accounts/{ids.show('acc', account.id)}/statement.json")
    return FigureGroup(
        title,
        (
            Figure(label=frame.say("proof.covers"), value=covered),
            Figure(label=frame.say("proof.size"), value=checkpoint.size),
            Figure(label=frame.say("proof.signed"), value=checkpoint.at),
            Figure(label=frame.say("proof.key"), value=Id(key.text)),
            Figure(label=frame.say("proof.check"), value=Code(CHECK.format(key=key.text))),
        ),
        frame.say("proof.how"),
        (Link(frame.say("proof.download"), f"{place}?{query}" if query else place, "download"),),
    )
