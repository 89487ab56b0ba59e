"""Offline payments: programmes with their exposure, and double spends with the two vouchers."""

from __future__ import annotations

from datetime import datetime

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Cell,
    Code,
    Column,
    Empty,
    Figure,
    Frame,
    Id,
    Link,
    ListPage,
    ObjectPage,
    Part,
    Row,
    Status,
    Table,
    Whole,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.devices import (
    exposure_table,
    reason_of,
    state_of,
    voucher_table,
)
from huoshui.lines.payments.vouchers import certificates, service, store
from huoshui.lines.payments.vouchers.model import DoubleSpend, Programme, VoucherRow

_RECENT = 50


def programmes_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Programmes of offline payments, newest first."""
    limit = asked.limit(frame)
    found = store.programmes(tx, after=asked.cursor(frame, "prg"), limit=limit + 1)
    more, first = asked.turned(frame, found[limit - 1].shown if len(found) > limit else "")
    rows = tuple(_programme_row(frame, row, store.totals(tx, row.id)) for row in found[:limit])
    names = ("programme", "state", "wallets", "held", "captured", "borne", "disputed", "cases")
    return ListPage(
        title=frame.say("offline"),
        lead=frame.say("offline.lead"),
        crumbs=(asked.home(frame),),
        links=(Link(frame.say("offline.cases"), frame.to("double-spends")),),
        table=Table(
            title=frame.say("offline"),
            columns=tuple(
                Column(
                    title=frame.say(f"offline.{name}"), align="end" if name in names[2:] else "start",
                    money=name in names[3:7],
                )
                for name in names
            ),
            rows=rows,
            empty=Empty(title=frame.say("offline.none"), detail=frame.say("offline.none.detail")),
        ),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "offline"),
        api_calls=(ApiCall(path="/v1/programmes"),),
    )  # fmt: skip


def _programme_row(frame: Frame, row: Programme, totals: dict[str, int]) -> Row:
    href = frame.to(f"offline/{row.shown}")
    return Row(
        key=row.shown,
        href=href,
        cells=(
            Link(row.name, href),
            state_of(frame, "programme", row.state),
            totals["wallets"],
            *(
                Money(totals[name], row.currency)
                for name in ("held", "captured", "borne", "disputed")
            ),
            totals["double_spends"],
        ),
    )


def programme_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """A programme: its terms, its exposure, what is still out. Raises UnknownProgramme."""
    row = certificates.find_programme(tx, key)
    totals = store.totals(tx, row.id)
    money = {name: Money(totals[name], row.currency) for name in totals}
    parts = [("captured", 1), ("held", 2), ("borne", 3), ("disputed", 4)]
    return ObjectPage(
        title=row.name,
        lead=frame.say("offline.programme.lead"),
        crumbs=(asked.home(frame), Link(frame.say("offline"), frame.to("offline"))),
        key=row.shown,
        status=state_of(frame, "programme", row.state),
        figures=(
            Figure(label=frame.say("offline.held"), value=money["held"]),
            Figure(label=frame.say("offline.captured"), value=money["captured"]),
            Figure(
                label=frame.say("offline.borne"), value=money["borne"],
                tone="bad" if totals["borne"] else "neutral",
            ),
            Figure(label=frame.say("offline.cases"), value=totals["double_spends"]),
        ),
        whole=Whole(
            title=frame.say("offline.whole"),
            parts=tuple(
                Part(label=frame.say(f"offline.{name}"), amount=money[name], series=series)
                for name, series in parts
            ),
        ),
        fields=_terms(frame, row),
        tables=(
            exposure_table(frame, store.exposures(tx, programme=row.id, limit=_RECENT)),
            voucher_table(frame, store.vouchers(tx, programme=row.id, limit=_RECENT)),
        ),
        links=(Link(frame.say("offline.cases"), frame.to("double-spends")),),
        notes=(frame.say("offline.plain"),),
        api_calls=(
            ApiCall(path=f"/v1/programmes/{row.shown}"),
            ApiCall(path=f"/v1/programmes/{row.shown}/exposures"),
        ),
    )  # fmt: skip


def _terms(frame: Frame, row: Programme) -> tuple[Figure, ...]:
    values: dict[str, Cell] = {
        "single": Money(row.single, row.currency),
        "cumulative": Money(row.cumulative, row.currency),
        "consecutive": f"{row.lower} / {row.upper}",
        "certificate_days": row.certificate_days,
        "deposit_days": row.deposit_days,
        "bearer": frame.say(f"offline.bearer.{row.bearer}"),
        "loss_max": Money(row.loss_max, row.currency),
    }
    return tuple(Figure(label=frame.say(f"offline.{n}"), value=v) for n, v in values.items())


def cases_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Double spends, newest first."""
    limit = asked.limit(frame)
    found = store.cases(tx, after=asked.cursor(frame, "dsp"), limit=limit + 1)
    more, first = asked.turned(frame, found[limit - 1].shown if len(found) > limit else "")
    rows = tuple(_case_row(frame, case) for case in found[:limit])
    names = ("case", "kind", "device", "counter", "found_at")
    return ListPage(
        title=frame.say("offline.cases"),
        lead=frame.say("offline.cases.lead"),
        crumbs=(asked.home(frame), Link(frame.say("offline"), frame.to("offline"))),
        table=Table(
            title=frame.say("offline.cases"),
            columns=tuple(
                Column(
                    title=frame.say(f"offline.{name}"),
                    align="end" if name == "counter" else "start",
                )
                for name in names
            ),
            rows=rows,
            empty=Empty(
                title=frame.say("offline.no_cases"), detail=frame.say("offline.no_cases.detail")
            ),
        ),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "double-spends"),
        api_calls=(ApiCall(path="/v1/double-spends"),),
    )


def _case_row(frame: Frame, case: DoubleSpend) -> Row:
    href = frame.to(f"double-spends/{case.shown}")
    device = ids.show("dev", case.device_id)
    return Row(
        key=case.shown,
        href=href,
        cells=(
            Id(case.shown, href),
            Status(frame.say(f"offline.kind.{case.kind}"), "bad"),
            Id(device, frame.to(f"devices/{device}")),
            case.counter,
            case.found_at,
        ),
    )


def case_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """A double spend: its two vouchers side by side. Raises UnknownDoubleSpend."""
    case = service.find_case(tx, key)
    first, second = (
        service.find(tx, ids.show("vch", id_)) for id_ in (case.first_id, case.second_id)
    )
    device = ids.show("dev", case.device_id)
    return ObjectPage(
        title=frame.say(f"offline.kind.{case.kind}"),
        lead=frame.say("offline.case.lead"),
        crumbs=(
            asked.home(frame),
            Link(frame.say("offline"), frame.to("offline")),
            Link(frame.say("offline.cases"), frame.to("double-spends")),
        ),
        key=case.shown,
        status=Status(frame.say("offline.proved"), "bad"),
        figures=(
            Figure(label=frame.say("offline.counter"), value=case.counter),
            Figure(label=frame.say("offline.found_at"), value=case.found_at),
            Figure(label=frame.say("offline.borne"), value=Money(second.borne, second.currency)),
        ),
        fields=(
            Figure(label=frame.say("offline.device"), value=Id(device, frame.to(f"devices/{device}"))),
            Figure(label=frame.say("offline.payer"), value=Id(first.payer)),
        ),
        tables=(_beside(frame, first, second),),
        links=(
            Link(
                frame.say("offline.evidence"), frame.to(f"double-spends/{case.shown}/evidence.json"),
                "download",
            ),
        ),
        notes=(frame.say("offline.case.note"),),
        api_calls=(ApiCall(path=f"/v1/double-spends/{case.shown}/evidence"),),
    )  # fmt: skip


def _beside(frame: Frame, first: VoucherRow, second: VoucherRow) -> Table:
    """The two vouchers, a line for each thing that they say."""

    def said(row: VoucherRow) -> dict[str, Cell]:
        paid: datetime = row.paid_at
        return {
            "voucher": Id(row.shown),
            "state": state_of(frame, "voucher", row.state),
            "reason": reason_of(frame, row.reason),
            "counter": row.counter,
            "amount": Money(row.amount, row.currency),
            "captured": Money(row.captured, row.currency),
            "borne": Money(row.borne, row.currency),
            "merchant": Id(row.merchant, frame.to(f"sellers/{row.merchant}")),
            "till": Id(ids.show("dev", row.till_id)),
            "paid_at": paid,
            "deposited_at": row.deposited_at,
            "digest": Code(f"{row.digest[:24]}…"),
        }

    one, two = said(first), said(second)
    return Table(
        title=frame.say("offline.beside"),
        columns=tuple(
            Column(title=frame.say(f"offline.beside.{name}"))
            for name in ("what", "first", "second")
        ),
        rows=tuple(Row(cells=(frame.say(f"offline.{name}"), one[name], two[name])) for name in one),
    )
