"""The worked cases of debits by devices, and what a mandate must never allow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from edge.protocol import Receipt, Rotation, joined, new_key, opened, public_text, sealed
from huoshui.core.errors import Conflict
from huoshui.core.machine import IllegalMove
from huoshui.lines.payments.devices import service as devices
from huoshui.lines.payments.mandates import service as mandates
from huoshui.lines.payments.mandates.model import BadCaps, NotConfirmed, NotEnough
from tests.lines.devices.ground import Machines


def wallet(machines: Machines) -> int:
    return machines.nets().get(f"wallet:{machines.buyer}", 0)


def told(machines: Machines, text: str, **later: int) -> tuple[str, str]:
    (taken,) = machines.take(text, **later)
    return taken.state, taken.reason


def test_01_below_the_single_cap_it_is_taken_with_a_receipt_at_once(machines: Machines) -> None:
    (taken,) = machines.take(machines.debit(machines.mandate(), 199_00))
    assert taken.state == "debited" and wallet(machines) == 801_00
    assert machines.nets()[f"merchant:{machines.shops[0]}:settlement"] == 175_12
    assert taken.row
    receipt = opened(Receipt, taken.row.receipt, machines.issuer.public)
    assert (receipt.outcome, receipt.paid) == ("debited", 199_00)


def test_02_above_it_the_payer_is_asked(machines: Machines) -> None:
    mandate = machines.mandate()
    (taken,) = machines.take(machines.debit(mandate, 201_00))
    assert (taken.state, taken.reason, wallet(machines)) == ("asked", "over_single", 1_000_00)
    assert taken.row
    with machines.tx() as tx, pytest.raises(NotConfirmed):
        mandates.approve(tx, machines.issuer, taken.row.id, "")
    with machines.tx() as tx:
        assert mandates.approve(tx, machines.issuer, taken.row.id, "passkey").state == "debited"
    assert wallet(machines) == 799_00
    with machines.tx() as tx, pytest.raises(IllegalMove):
        mandates.refuse(tx, machines.issuer, taken.row.id)


def test_03_above_the_daily_cap_it_is_not_taken(machines: Machines) -> None:
    mandate = machines.mandate()
    texts = [machines.debit(mandate, amount) for amount in (200_00, 200_00, 50_00, 60_00)]
    found = machines.take(*texts)
    assert [t.state for t in found] == ["debited"] * 3 + ["asked"]
    assert (found[3].reason, wallet(machines)) == ("over_daily", 550_00)
    assert told(machines, machines.debit(mandate, 60_00), days=1) == ("debited", "")


def test_03_the_day_is_the_servers_whatever_a_device_says(machines: Machines) -> None:
    mandate = machines.mandate()
    machines.at += timedelta(days=5)
    texts = [
        machines.debit(mandate, 200_00, at=machines.ms - days * 86_400_000) for days in range(4)
    ]
    assert [t.state for t in machines.take(*texts)] == ["debited", "debited", "asked", "asked"]


def test_04_a_second_after_the_revocation_nothing_is_taken(machines: Machines) -> None:
    mandate = machines.mandate()
    machines.at += timedelta(hours=1)
    before = machines.debit(mandate, 10_00)
    with machines.tx(seconds=1) as tx:
        mandates.revoke(tx, mandate.id)
    at_once = machines.debit(mandate, 10_00)
    machines.at += timedelta(seconds=1)
    after = machines.debit(mandate, 10_00)
    assert told(machines, after) == ("refused", "mandate_revoked")
    assert told(machines, at_once) == ("refused", "mandate_revoked")
    # Signed before, brought after: the payer has the last word.
    assert told(machines, before) == ("asked", "revoked_meanwhile")
    assert wallet(machines) == 1_000_00


def test_05_one_event_is_debited_once(machines: Machines) -> None:
    mandate = machines.mandate()
    text = machines.debit(mandate, 10_00, event="e1")
    anew = machines.debit(mandate, 10_00, event="e1")  # sent again under the next counter
    one, two, three = machines.take(text, text, anew)
    (four,) = machines.take(text, days=1)
    assert [t.again for t in (one, two, three, four)] == [False, True, True, True]
    assert one.row and four.row and one.row.receipt == four.row.receipt
    assert wallet(machines) == 990_00
    changed = machines.debit(mandate, 99_00, event="e1")
    assert told(machines, changed) == ("refused", "event_differs")


def test_a_counter_is_used_once(machines: Machines) -> None:
    mandate = machines.mandate()
    machines.take(machines.debit(mandate, 10_00, counter=7))
    replayed = machines.debit(mandate, 10_00, counter=7, event="other")
    assert told(machines, replayed) == ("refused", "counter_replayed")
    assert told(machines, machines.debit(mandate, 10_00, counter=5))[0] == "debited"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"currency": "USD"}, "other_currency"),
        ({"scene": "charging"}, "other_scene"),
        ({"at": 1}, "bad_signature"),  # before its key was its key
    ],
)
def test_outside_its_scope_a_mandate_allows_nothing(machines: Machines, said, reason) -> None:
    mandate = machines.mandate(scene="parking", device=machines.machine.shown)
    assert told(machines, machines.debit(mandate, 10_00, **said)) == ("refused", reason)
    other = machines.mandate(merchant=machines.shops[1])
    assert told(machines, machines.debit(other, 10_00)) == ("refused", "other_merchant")
    assert wallet(machines) == 1_000_00


def test_without_consent_nothing_is_taken(machines: Machines) -> None:
    mandate = machines.mandate(consented=False)
    assert told(machines, machines.debit(mandate, 10_00)) == ("refused", "no_consent")
    with machines.tx() as tx, pytest.raises(NotConfirmed):
        mandates.consent(tx, mandate.id, "")
    with machines.tx() as tx:
        mandates.decline(tx, mandate.id)
    with machines.tx() as tx, pytest.raises(IllegalMove):
        mandates.consent(tx, mandate.id, "passkey")


def test_caps_rise_and_the_total_is_a_cap_too(machines: Machines) -> None:
    wrong: list[dict[str, Any]] = [{"single_max": 0}, {"daily_max": 1_00}, {"total_max": 100_00}]
    for caps in wrong:
        with pytest.raises(BadCaps):
            machines.mandate(**caps)
    mandate = machines.mandate(total_max=500_00)
    machines.take(*(machines.debit(mandate, 200_00) for _ in range(2)))
    assert told(machines, machines.debit(mandate, 101_00), days=1) == ("asked", "over_total")
    assert told(machines, machines.debit(mandate, 100_00)) == ("debited", "")


def test_an_empty_wallet_is_asked_about_not_overdrawn(machines: Machines) -> None:
    mandate = machines.mandate(single_max=1_000_00, daily_max=2_000_00)
    machines.take(machines.debit(mandate, 900_00))
    (taken,) = machines.take(machines.debit(mandate, 200_00))
    assert (taken.state, taken.reason) == ("asked", "insufficient_funds") and taken.row
    with pytest.raises(NotEnough), machines.tx() as tx:
        mandates.approve(tx, machines.issuer, taken.row.id, "passkey")
    machines.fund(100_00)
    with machines.tx() as tx:
        mandates.approve(tx, machines.issuer, taken.row.id, "passkey")
    assert wallet(machines) == 0


def test_a_device_that_was_stopped_takes_nothing(machines: Machines) -> None:
    mandate = machines.mandate()
    before = machines.debit(mandate, 10_00)
    with machines.tx(seconds=1) as tx:
        devices.revoke(tx, machines.machine.id, "stolen")
    assert told(machines, before) == ("refused", "device_revoked")
    assert told(machines, machines.debit(mandate, 10_00)) == ("refused", "device_revoked")


def test_after_a_rotation_the_next_key_signs(machines: Machines) -> None:
    mandate, old, new = machines.mandate(), machines.key, new_key()
    said = Rotation(device=machines.machine.shown, key=public_text(new), at=machines.ms)
    text = joined(sealed(said, old), sealed(said, new))
    for _ in range(2):
        with machines.tx() as tx:
            devices.rotate(tx, machines.machine.id, text)
    machines.at += timedelta(hours=1)
    assert told(machines, machines.debit(mandate, 10_00)) == ("refused", "bad_signature")
    machines.key = new
    assert told(machines, machines.debit(mandate, 10_00)) == ("debited", "")


def test_what_is_no_event_says_so(machines: Machines) -> None:
    mandate = machines.mandate()
    unknown = machines.debit(mandate, 10_00, device="dev_00000000000000000000000000")
    for text, reason in (("x", "malformed"), ("", "malformed"), (unknown, "unknown_device")):
        assert told(machines, text) == ("refused", reason)
    foreign = msgspec.structs.replace(mandate, id=UUID(int=0))
    nothing = machines.debit(foreign, 10_00)
    assert told(machines, nothing) == ("refused", "unknown_mandate")
    ahead = machines.debit(mandate, 10_00, at=machines.ms + 3_600_000)
    assert told(machines, ahead) == ("refused", "clock_ahead")


def test_the_database_keeps_counters_and_caps_by_itself(machines: Machines) -> None:
    mandate = machines.mandate()
    machines.take(machines.debit(mandate, 10_00))
    with pytest.raises(psycopg.errors.CheckViolation), machines.tx() as tx:
        tx.run("UPDATE mandate SET state = 'active', consent_at = NULL WHERE book = %(book)s")
    with pytest.raises(Conflict), machines.tx() as tx:
        tx.run(
            """INSERT INTO device_event SELECT (jsonb_populate_record(e, jsonb_build_object(
                'id', gen_random_uuid(), 'event', 'another'))).*
            FROM device_event e WHERE book = %(book)s"""
        )
