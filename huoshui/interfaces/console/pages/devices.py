"""Devices: wallets, tills and machines, whose each is, and whether it may still act."""

from __future__ import annotations

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.i18n import text
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Choice,
    Code,
    Column,
    Deed,
    Empty,
    Figure,
    Filter,
    Frame,
    Id,
    Link,
    ListPage,
    ObjectPage,
    Row,
    Status,
    Step,
    Table,
    Tone,
)
from huoshui.interfaces.console.pages import asked
from huoshui.lines.payments.devices import service, store
from huoshui.lines.payments.devices.model import DEVICE, Device, Key
from huoshui.lines.payments.vouchers import store as vouchers
from huoshui.lines.payments.vouchers.model import Exposure, VoucherRow

TONES: dict[str, Tone] = {
    "active": "good", "frozen": "warn", "revoked": "bad", "proposed": "neutral", "declined": "bad",
    "debited": "good", "asked": "warn", "refused": "bad", "open": "good", "closed": "neutral",
    "deposited": "good", "disputed": "warn", "double_spend": "bad", "rejected": "bad",
}  # fmt: skip
_RECENT = 20


def state_of(frame: Frame, machine: str, name: str) -> Status:
    """A state of one of the machines of devices as a pill."""
    return Status(text(f"state.{machine}.{name}", frame.lang), TONES.get(name, "neutral"))


def reason_of(frame: Frame, reason: str) -> str:
    """Why, in words, where there are some."""
    return asked.word(frame, "devices.reason", reason) if reason else ""


def devices_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Devices, newest first."""
    limit = asked.limit(frame)
    party, role, state = frame.asked("party"), frame.asked("role"), frame.asked("state")
    found = store.devices(
        tx, party=party, role=role, state=state, after=asked.cursor(frame, "dev"), limit=limit + 1
    )
    more, first = asked.paged(frame, "dev", found)
    rows = tuple(_row(frame, device) for device in found[:limit])
    names = ("id", "role", "party", "name", "state", "reason", "enrolled")
    return ListPage(
        title=frame.say("devices"),
        lead=frame.say("devices.lead"),
        crumbs=(asked.home(frame),),
        table=Table(
            title=frame.say("devices"),
            columns=tuple(Column(title=frame.say(f"devices.{name}")) for name in names),
            rows=rows,
            empty=Empty(title=frame.say("devices.none"), detail=frame.say("devices.none.detail")),
        ),
        filters=(
            Filter(name="party", label=frame.say("devices.party"), value=party),
            choice(frame, "role", "devices.role", role, ("wallet", "till", "machine")),
            choice(frame, "state", "devices.state", state, DEVICE.states, machine="device"),
        ),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "devices"),
        api_calls=(
            ApiCall(
                path="/v1/devices?"
                + asked.query(party=party, role=role, state=state, limit=str(min(limit, 100)))
            ),
        ),
    )


def choice(
    frame: Frame, name: str, label: str, value: str, words: tuple[str, ...], *, machine: str = ""
) -> Filter:
    """A filter of one among some words."""

    def said(word: str) -> str:
        if machine:
            return text(f"state.{machine}.{word}", frame.lang)
        return frame.say(f"devices.{name}.{word}")

    return Filter(
        name=name,
        label=frame.say(label),
        kind="choice",
        value=value,
        placeholder=frame.say("devices.any"),
        choices=tuple(Choice(word, said(word)) for word in words),
    )


def _row(frame: Frame, device: Device) -> Row:
    href = frame.to(f"devices/{device.shown}")
    return Row(
        key=device.shown,
        href=href,
        cells=(
            Id(device.shown, href),
            frame.say(f"devices.role.{device.role}"),
            Id(device.party),
            device.name,
            state_of(frame, "device", device.state),
            reason_of(frame, device.reason),
            device.enrolled_at,
        ),
    )


def device_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One device: its state, its keys, what it holds and what it signed. Raises UnknownDevice."""
    device = service.find(tx, key)
    keys = store.keys_of(tx, [device.id])[device.id]
    exposures = vouchers.exposures(tx, device=device.id, limit=_RECENT)
    signed = vouchers.vouchers(tx, device=device.id, limit=_RECENT)
    tables: tuple[Table, ...] = (_keys_table(frame, keys),)
    if device.role == "wallet":
        tables += (exposure_table(frame, exposures), voucher_table(frame, signed))
    return ObjectPage(
        title=device.name or frame.say(f"devices.role.{device.role}"),
        lead=frame.say(f"devices.role.{device.role}.lead"),
        crumbs=(asked.home(frame), Link(frame.say("devices"), frame.to("devices"))),
        key=device.shown,
        status=state_of(frame, "device", device.state),
        steps=_steps(frame, device),
        fields=(
            Figure(label=frame.say("devices.party"), value=Id(device.party)),
            Figure(label=frame.say("devices.role"), value=frame.say(f"devices.role.{device.role}")),
            Figure(label=frame.say("devices.enrolled"), value=device.enrolled_at),
            Figure(label=frame.say("devices.since"), value=device.state_at),
            Figure(label=frame.say("devices.reason"), value=reason_of(frame, device.reason)),
        ),
        tables=tables,
        deed=_deed(frame, device),
        api_calls=(ApiCall(path=f"/v1/devices/{device.shown}"),),
    )


def _steps(frame: Frame, device: Device) -> tuple[Step, ...]:
    first = Step(text=frame.say("devices.enrolled"), state="done", at=device.enrolled_at)
    if device.state == "active":
        now = Step(text=text("state.device.active", frame.lang), state="now")
        return (first, now)
    stopped = text(f"state.device.{device.state}", frame.lang)
    return (first, Step(text=stopped, state="failed", at=device.state_at))


def _deed(frame: Frame, device: Device) -> Deed | None:
    if not frame.writes("devices:write"):
        return None
    verb = next((v for v in ("freeze", "thaw") if v in DEVICE.allowed(device.state)), "")
    if not verb:
        return None
    return Deed(
        label=text(f"verb.device.{verb}", frame.lang),
        href=frame.to(f"devices/{device.shown}/{verb}"),
        says=frame.say(f"devices.{verb}.says"),
    )


def _keys_table(frame: Frame, keys: list[Key]) -> Table:
    return Table(
        title=frame.say("devices.keys"),
        columns=tuple(
            Column(title=frame.say(f"devices.key.{name}")) for name in ("public", "from", "until")
        ),
        rows=tuple(Row(cells=(Code(k.public), k.from_at, k.until_at)) for k in keys),
    )


def exposure_table(frame: Frame, rows: list[Exposure]) -> Table:
    """Certificates of wallets: what is held, what came in, which counters are still out."""
    words = ("certificate", "device", "granted", "captured", "arrived", "highest", "missing",
             "missing_value", "until")  # fmt: skip
    numbers = words[2:-1]
    return Table(
        title=frame.say("offline.exposures"),
        columns=tuple(
            Column(
                title=frame.say(f"offline.{word}"), align="end" if word in numbers else "start",
                money=word in ("granted", "captured", "missing_value"),
            )
            for word in words
        ),
        rows=tuple(
            Row(
                cells=(
                    Id(ids.show("crt", row.certificate_id)),
                    Id(
                        ids.show("dev", row.device_id),
                        frame.to(f"devices/{ids.show('dev', row.device_id)}"),
                    ),
                    Money(row.amount, row.currency),
                    Money(row.captured, row.currency),
                    row.arrived,
                    row.highest,
                    row.missing,
                    Money(row.missing_value, row.currency),
                    row.deposit_until,
                )
            )
            for row in rows
        ),
        empty=Empty(title=frame.say("offline.nothing"), detail=frame.say("offline.nothing.detail")),
    )  # fmt: skip


def voucher_table(frame: Frame, rows: list[VoucherRow]) -> Table:
    """Vouchers that came in."""
    words = ("voucher", "counter", "state", "amount", "captured", "borne", "reason", "merchant",
             "paid_at", "deposited_at")  # fmt: skip
    numbers, money = ("counter", "amount", "captured", "borne"), ("amount", "captured", "borne")
    return Table(
        title=frame.say("offline.vouchers"),
        columns=tuple(
            Column(
                title=frame.say(f"offline.{word}"), align="end" if word in numbers else "start",
                money=word in money,
            )
            for word in words
        ),
        rows=tuple(
            Row(
                cells=(
                    Id(row.shown),
                    row.counter,
                    state_of(frame, "voucher", row.state),
                    Money(row.amount, row.currency),
                    Money(row.captured, row.currency),
                    Money(row.borne, row.currency),
                    reason_of(frame, row.reason),
                    Id(row.merchant, frame.to(f"sellers/{row.merchant}")),
                    row.paid_at,
                    row.deposited_at,
                )
            )
            for row in rows
        ),
        empty=Empty(title=frame.say("offline.nothing"), detail=frame.say("offline.nothing.detail")),
    )  # fmt: skip
