"""Offline payments over the API: programmes, deposits, vouchers, double spends."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import Response
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core import ids
from huoshui.core.access import Bound
from huoshui.core.db import Tx
from huoshui.interfaces.api import device_views as views
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import moves, reads, writes
from huoshui.interfaces.api.devices import covers, issuer_of, own_parties
from huoshui.interfaces.api.door import (
    Ask,
    Cursor,
    Limit,
    Page,
    Ref,
    Visit,
    Word,
    after_id,
    enter,
    page_of,
)
from huoshui.interfaces.api.settlement import NothingAsked, State
from huoshui.lines.payments.vouchers import certificates, service, store
from huoshui.lines.payments.vouchers.certificates import Opening
from huoshui.lines.payments.vouchers.model import (
    Bearer,
    DoubleSpend,
    UnknownDoubleSpend,
    UnknownVoucher,
    VoucherRow,
)

Minor = Annotated[int, Meta(ge=0, le=10**13)]
Days = Annotated[int, Meta(ge=1, le=90)]
Times = Annotated[int, Meta(ge=0, le=1_000)]


class ProgrammeAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A programme of offline payments; amounts in minor units of its currency.

    `single` a payment, `cumulative` a certificate, `lower` and `upper` payments in a row. What a
    device signs beyond its hold is borne by `bearer`, up to `loss_max` a device.
    """

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    currency: Annotated[str, Meta(min_length=3, max_length=12)]
    single: Minor
    cumulative: Minor
    lower: Times = 3
    upper: Times = 10
    certificate_days: Days = 7
    deposit_days: Days = 14
    bearer: Bearer = "merchant"
    loss_max: Minor = 0


class DepositAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Vouchers as tills keep them: certificate, voucher and counter-signature joined by `~`."""

    vouchers: Annotated[
        list[Annotated[str, Meta(max_length=12_000)]],
        Meta(min_length=1, max_length=service.DEPOSIT_MAX),
    ]


class ResolveAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pay a disputed voucher after all, or not."""

    outcome: Literal["honour", "reject"]


@writes(
    "/programmes", "devices:write", views.ProgrammeView, asks=ProgrammeAsked,
    idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def open_programme(request: Ask, body: RawBody) -> Response[bytes]:
    """Open a programme of offline payments; its terms never change."""
    visit = enter(request)
    asked = Opening(**msgspec.structs.asdict(decoded(body, ProgrammeAsked)))
    return visit.answer(body, lambda tx: views.programme(certificates.open_programme(tx, asked)))


@reads("/programmes", "devices:read", Page[views.ProgrammeView], bound="book")
def list_programmes(
    request: Ask, after: Cursor = None, limit: Limit = 50
) -> Page[views.ProgrammeView]:
    """Programmes, newest first."""
    with enter(request).begin() as tx:
        cursor = after_id("prg", after)
        rows = store.programmes(tx, after=cursor, limit=limit)
    return page_of("prg", rows, limit, views.programme)


@reads("/programmes/{ref:str}", "devices:read", views.ProgrammeView, bound="book")
def show_programme(request: Ask, ref: Ref) -> views.ProgrammeView:
    """One programme."""
    with enter(request).begin() as tx:
        return views.programme(certificates.find_programme(tx, ref))


@writes(
    "/programmes/{ref:str}/close", "devices:write", views.ProgrammeView, asks=NothingAsked,
    body_needed=False, idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def close_programme(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Certify nobody more under a programme; what is out runs on."""
    visit = enter(request)
    decoded(body or b"{}", NothingAsked)
    return visit.answer(body, lambda tx: views.programme(certificates.close_programme(tx, ref)))


@reads("/programmes/{ref:str}/exposures", "devices:read", Page[views.ExposureView], bound="book")
def list_exposures(
    request: Ask, ref: Ref, after: Cursor = None, limit: Limit = 50
) -> Page[views.ExposureView]:
    """The wallets' certificates of a programme with what is still out under each, newest first."""
    with enter(request).begin() as tx:
        rows = store.exposures(
            tx,
            programme=certificates.find_programme(tx, ref).id,
            after=after_id("crt", after),
            limit=limit,
        )
    following = ids.show("crt", rows[-1].certificate_id) if len(rows) == limit else None
    return Page([views.exposure(row) for row in rows], following)


@writes(
    "/deposits", "vouchers:write", views.DepositResults, asks=DepositAsked,
    idempotency="optional", dry_run=True, bound="rows",
)  # fmt: skip
def deposit_vouchers(request: Ask, body: RawBody) -> Response[bytes]:
    """Bring in vouchers, in any order and any number of times; each gets its own result.

    A repeat is answered with the first receipt and moves nothing.
    """
    visit = enter(request)
    asked, issuer = decoded(body, DepositAsked), issuer_of(request, visit)

    def use_case(tx: Tx) -> views.DepositResults:
        own = own_parties(visit.bound)
        merchants = None if own is None else frozenset(own)
        found = service.deposit(tx, issuer, asked.vouchers, merchants)
        return views.DepositResults(
            [views.deposited(each, rehearsal=visit.rehearsal) for each in found]
        )

    return visit.answer(body, use_case)


@reads("/vouchers", "devices:read", Page[views.VoucherView], bound="rows")
def list_vouchers(
    request: Ask, device: Word = "", state_: State = "", after: Cursor = None, limit: Limit = 50
) -> Page[views.VoucherView]:
    """Vouchers that came in, newest first; of a device, in a state."""
    visit = enter(request)
    with visit.begin() as tx:
        own = own_parties(visit.bound)
        rows = store.vouchers(
            tx,
            device=ids.read("dev", device) if device else None,
            state=state_,
            merchants=own,
            payers=own,
            after=after_id("vch", after),
            limit=limit,
        )
    return page_of("vch", rows, limit, views.voucher)


@reads("/vouchers/{ref:str}", "devices:read", views.VoucherView, bound="rows")
def show_voucher(request: Ask, ref: Ref) -> views.VoucherView:
    """One voucher, as it was signed, with what became of it."""
    visit = enter(request)
    with visit.begin() as tx:
        bound = visit.bound
        row = service.find(tx, ref)
        if not covers(bound, row.payer, row.merchant):
            raise UnknownVoucher(kind="voucher", id=ref)
        return views.voucher(row)


@moves(
    "/vouchers/{ref:str}/resolve", "devices:write", views.VoucherView, asks=ResolveAsked,
    body_needed=True, bound="book",
)  # fmt: skip
def resolve_voucher(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Decide on a disputed voucher: honour it, or reject it."""
    visit = enter(request)
    asked, issuer = decoded(body, ResolveAsked), issuer_of(request, visit)
    decide = service.honour if asked.outcome == "honour" else service.reject

    def use_case(tx: Tx) -> views.VoucherView:
        row = decide(tx, issuer, service.find(tx, ref).id)
        return views.voucher(row, rehearsal=visit.rehearsal)

    return visit.answer(body, use_case)


@reads("/double-spends", "devices:read", Page[views.DoubleSpendView], bound="rows")
def list_double_spends(
    request: Ask, after: Cursor = None, limit: Limit = 50
) -> Page[views.DoubleSpendView]:
    """Double spends that were proved, newest first; those in which the caller has a part."""
    visit = enter(request)
    with visit.begin() as tx:
        bound = visit.bound
        cursor = after_id("dsp", after)
        cases = store.cases(tx, after=cursor, limit=limit)
        found = [(case, *_two(tx, case)) for case in cases]
        seen = [each for each in found if _part(bound, each[1], each[2])]
    following = cases[-1].shown if len(cases) == limit else None
    return Page([views.double_spend(*each) for each in seen], following)


@reads("/double-spends/{ref:str}", "devices:read", views.DoubleSpendView, bound="rows")
def show_double_spend(request: Ask, ref: Ref) -> views.DoubleSpendView:
    """One double spend with its two vouchers."""
    visit = enter(request)
    with visit.begin() as tx:
        return views.double_spend(*_own_case(tx, visit, ref))


@reads("/double-spends/{ref:str}/evidence", "devices:read", views.EvidenceView, bound="rows")
def show_evidence(request: Ask, ref: Ref) -> views.EvidenceView:
    """The evidence file: two signed vouchers that anybody can check with the issuer's key."""
    visit = enter(request)
    with visit.begin() as tx:
        case, *_ = _own_case(tx, visit, ref)
        return views.EvidenceView(service.evidence(tx, case))


def _own_case(tx: Tx, visit: Visit, ref: str) -> tuple[DoubleSpend, VoucherRow, VoucherRow]:
    bound = visit.bound
    case = service.find_case(tx, ref)
    first, second = _two(tx, case)
    if not _part(bound, first, second):
        raise UnknownDoubleSpend(kind="double_spend", id=ref)
    return case, first, second


def _two(tx: Tx, case: DoubleSpend) -> tuple[VoucherRow, VoucherRow]:
    shown = (ids.show("vch", id_) for id_ in (case.first_id, case.second_id))
    first, second = (service.find(tx, ref) for ref in shown)
    return first, second


def _part(bound: Bound, first: VoucherRow, second: VoucherRow) -> bool:
    """Whether the caller is the payer, or the merchant of both: each else sees its own voucher."""
    return covers(bound, first.payer) or all(covers(bound, v.merchant) for v in (first, second))


HANDLERS = [
    open_programme, list_programmes, show_programme, close_programme, list_exposures,
    deposit_vouchers, list_vouchers, show_voucher, resolve_voucher, list_double_spends,
    show_double_spend, show_evidence,
]  # fmt: skip
