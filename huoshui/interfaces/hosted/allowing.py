"""Debits that a mandate does not cover, on the mandate's page: its payer allows one, this once, by a
passkey, or refuses it.

A challenge is good for one debit with its amount and nothing else; the payer's yes to a mandate is
no yes to what goes beyond it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, post
from litestar.params import FromPath, RawBody

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.i18n import catalogue, text
from huoshui.core.ids import BadId
from huoshui.core.money import Money
from huoshui.core.passkey import Passkey
from huoshui.core.settings import Settings
from huoshui.interfaces.hosted import proving
from huoshui.interfaces.hosted.answer import redirect
from huoshui.interfaces.hosted.consent_visit import ConsentVisit, enter
from huoshui.interfaces.hosted.opening import Ask, NoSuchPage, form, own_form
from huoshui.interfaces.hosted.proving import NothingToProve, Proof
from huoshui.lines.payments.devices import issuer as issuers
from huoshui.lines.payments.devices.issuer import Issuer
from huoshui.lines.payments.mandates import service, store
from huoshui.lines.payments.mandates.model import DEBIT, UnknownDebit
from huoshui.lines.payments.mandates.store import DebitRow

SHOWN_MOST = 20


class AskedDebit(msgspec.Struct, frozen=True):
    """A debit that waits for its payer, as the page shows it."""

    href: str
    amount: Money
    scene: str
    at: datetime
    reason: str


def waiting(tx: Tx, visit: ConsentVisit, lang: str) -> tuple[AskedDebit, ...]:
    """What waits for the payer's word, the latest first."""
    found = store.debits(tx, mandate=visit.mandate.id, state=DEBIT.initial, limit=SHOWN_MOST)
    return tuple(
        AskedDebit(
            f"/consent/{visit.secret}/debits/{ids.show('dbt', row.id)}",
            Money(row.amount, row.currency), row.scene, row.at, _why(row, lang),
        )
        for row in found
    )  # fmt: skip


def _why(row: DebitRow, lang: str) -> str:
    key = f"console.devices.reason.{row.reason}"
    return text(key, lang) if key in catalogue() else row.reason


@post("/{secret:str}/debits/{debit:str}/passkey/begin", sync_to_thread=True, status_code=200)
def begin(
    request: Ask, secret: FromPath[str], debit: FromPath[str], body: RawBody
) -> Response[bytes]:
    """What the browser is to ask for: a new passkey at the first use, else one that stands."""
    own_form(request)
    visit = enter(request, secret)
    visit.check(form(body))
    return proving.answer_begun(request, visit, lambda tx: _proof(_asked(tx, visit, debit)))


@post("/{secret:str}/debits/{debit:str}/passkey", sync_to_thread=True, status_code=200)
def finish(
    request: Ask, secret: FromPath[str], debit: FromPath[str], body: RawBody
) -> Response[bytes]:
    """Keep the passkey that was made, or take the debit that one has confirmed."""
    own_form(request)
    visit, issuer = _enter_with_issuer(request, secret)
    said = proving.said_by(body)
    visit.check({"version": [said.version], "token": [said.token]})

    def allowed(tx: Tx, used: Passkey) -> DebitRow:
        id_ = ids.read("dbt", debit)
        return service.approve(tx, issuer, id_, f"passkey: {used.name}", proved=True)

    return proving.answer_finished(
        request, visit, said, lambda tx: _proof(_asked(tx, visit, debit)), allowed,
        f"/consent/{secret}",
    )  # fmt: skip


@post("/{secret:str}/debits/{debit:str}/refuse", sync_to_thread=True, status_code=200)
def refuse(
    request: Ask, secret: FromPath[str], debit: FromPath[str], body: RawBody
) -> Response[bytes]:
    """The payer does not allow it."""
    own_form(request)
    visit, issuer = _enter_with_issuer(request, secret)
    if visit.check(form(body)):
        visit.run(lambda tx: service.refuse(tx, issuer, _asked(tx, visit, debit).id))
    return redirect(f"/consent/{secret}")


def _enter_with_issuer(request: Ask, secret: str) -> tuple[ConsentVisit, Issuer]:
    """The visit, and who signs receipts: its key is read before anything is locked."""
    visit = enter(request, secret)
    settings: Settings = request.app.state.settings
    return visit, visit.run(lambda tx: issuers.current(tx, settings.home_path))


def _asked(tx: Tx, visit: ConsentVisit, debit: str) -> DebitRow:
    """A debit of this mandate that still waits. Raises NoSuchPage, NothingToProve."""
    try:
        row = service.find_debit(tx, debit)
    except (BadId, UnknownDebit) as error:
        raise NoSuchPage() from error
    if row.mandate_id != visit.mandate.id:
        raise NoSuchPage()
    if row.state != DEBIT.initial:
        raise NothingToProve()
    return row


def _proof(row: DebitRow) -> Proof:
    about = f"{ids.show('dbt', row.id)}/{row.merchant}/{row.amount}/{row.currency}"
    return Proof(row.payer, f"debit/{about}")


HANDLERS: list[Any] = [begin, finish, refuse]
