"""The papers of a loan over the API: the contract and the statement as PDF, in the language asked for."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from litestar import Response
from litestar.params import QueryParameter

from huoshui.core import crypto
from huoshui.core.db import Tx
from huoshui.interfaces.api.contract import reads
from huoshui.interfaces.api.devices import covers
from huoshui.interfaces.api.door import Ask, Ref, enter
from huoshui.interfaces.api.problems import language
from huoshui.interfaces.papers import loans as papers
from huoshui.interfaces.papers.loans import MEDIA_TYPE, File
from huoshui.lines.lending.loan import contract
from huoshui.lines.lending.loan.model import Loan, UnknownLoan

Since = Annotated[
    date | None, QueryParameter(description="First day, that of the first drawdown if left out")
]
Known = Annotated[
    int | None,
    QueryParameter(
        description="As when so many events were known, all if left out", ge=1, le=10**6
    ),
]
Until = Annotated[date | None, QueryParameter(description="Last day, today if left out")]


@reads(
    "/loans/{ref:str}/contract", "loans:read", bytes, bound="rows", stateful=True, media=MEDIA_TYPE
)
def show_loan_contract(request: Ask, ref: Ref) -> Response[bytes]:
    """The contract as it was consented to, or as it is offered: a PDF, the same bytes each time."""
    return _file(request, ref, papers.contract_file)


@reads(
    "/loans/{ref:str}/statement", "loans:read", bytes, bound="rows", stateful=True,
    media=MEDIA_TYPE,
)  # fmt: skip
def show_loan_statement(
    request: Ask, ref: Ref, since: Since = None, until: Until = None, known: Known = None
) -> Response[bytes]:
    """What happened to a loan from one day to another, and where it stood before and after: a PDF."""
    return _file(
        request,
        ref,
        lambda tx, loan, lang: papers.statement_file(tx, loan, lang, since, until, known),
    )


def _file(request: Ask, ref: str, make: Callable[[Tx, Loan, str], File]) -> Response[bytes]:
    """A file with two digests: of its bytes, and of what it says in whatever language."""
    visit = enter(request)
    lang = language(request)
    bound = visit.bound
    with visit.begin() as tx:
        found = contract.find(tx, ref)
        if not covers(bound, found.party):
            raise UnknownLoan(kind="loan", id=ref)
        file = make(tx, found, lang)
    told = base64.b64encode(crypto.sha256(file.content)).decode()
    headers = {
        "Content-Language": lang,
        "Content-Disposition": f'inline; filename="{file.name}"',
        "Repr-Digest": f"sha-256=:{told}:",
        "Paper-Digest": file.digest,
    }
    if file.agreed:
        headers["Paper-Agreed"] = file.agreed
    return Response(file.content, media_type=MEDIA_TYPE, headers=headers)


HANDLERS: list[Any] = [show_loan_contract, show_loan_statement]
