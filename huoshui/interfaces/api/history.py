"""An account in time over the API: balances, statements, and a statement with its proof."""

from __future__ import annotations

from typing import cast, get_args

from litestar import Response

from huoshui.core.errors import FieldError
from huoshui.interfaces.api import ledger_views as views
from huoshui.interfaces.api.body import BadParameter
from huoshui.interfaces.api.contract import reads
from huoshui.interfaces.api.door import Ask, Cursor, Limit, Ref, Time, Word, enter, moment
from huoshui.interfaces.api.owned import own_account
from huoshui.ledger import history, proof
from huoshui.ledger.history import Place, View


@reads("/accounts/{ref:str}/balance", "ledger:read", views.BalanceView, stateful=True, bound="rows")
def show_balance(
    request: Ask, ref: Ref, at: Time = None, view: Word = "recorded"
) -> views.BalanceView:
    """What stood on an account at a moment: as it was recorded, or as it had taken effect."""
    visit = enter(request)
    seen, asked_at = _view(view), moment(at)
    with visit.begin() as tx:
        account = own_account(tx, visit, ref)
        return views.balance(account, history.balance_at(tx, account.id, asked_at or tx.now, seen))


@reads("/accounts/{ref:str}/statement", "ledger:read", views.StatementView, bound="rows")
def show_statement(
    request: Ask,
    ref: Ref,
    since: Time = None,
    until: Time = None,
    view: Word = "recorded",
    after: Cursor = None,
    limit: Limit = 50,
) -> views.StatementView:
    """An account's postings of a span of recorded or of effective time, oldest first."""
    visit = enter(request)
    seen, start, end = _view(view), moment(since), moment(until)
    place = Place.read(after) if after else None
    if after and place is None:
        fault = FieldError("after", "cursor", {"value": after[:40]})
        raise BadParameter(name="after", errors=(fault,))
    with visit.begin() as tx:
        account = own_account(tx, visit, ref)
        found = history.statement(
            tx, account.id, since=start, until=end, view=seen, after=place, limit=limit
        )
    return views.statement(found)


@reads("/accounts/{ref:str}/proof", "ledger:read", proof.Statement, stateful=True, bound="rows")
def prove_statement(
    request: Ask, ref: Ref, since: Time = None, until: Time = None
) -> Response[bytes]:
    """A statement by recorded time that proves itself with the log's public key and no server.

    Keep the answer byte for byte: it is the file that `huoshui verify` reads.
    """
    visit = enter(request)
    start, end = moment(since), moment(until)
    with visit.begin() as tx:
        account = own_account(tx, visit, ref)
        made = proof.prove(tx, account.id, start or account.opened_at, end or tx.now)
    return Response(made.file, media_type="application/json")


def _view(text: str) -> View:
    if text not in get_args(View):
        raise BadParameter(
            name="view", errors=(FieldError("view", "choice", {"value": text[:40]}),)
        )
    return cast(View, text)


HANDLERS = [show_balance, show_statement, prove_statement]
