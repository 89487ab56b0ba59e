"""Devices, mandates and offline vouchers over HTTP, with a real wallet, till and machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.protocol import Receipt, Rotation, joined, new_key, opened, proved, public_text, sealed
from huoshui.core import access
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.devices import CONFIRMED, Devices


@pytest.fixture
def mine(tenant: Tenant, tmp_path: Path) -> Devices:
    return Devices(tenant, tmp_path)


def test_a_till_deposits_what_it_took_without_a_network(mine: Devices) -> None:
    for amount in (1_000, 2_000):
        mine.sell(amount)

    def carry(texts: object) -> list[str]:
        return [each["receipt"] for each in mine.deposit(*texts)]  # type: ignore[misc]

    done = mine.till.deposit(carry)
    assert [receipt.paid for receipt in done] == [1_000, 2_000]
    assert mine.till.waiting() == []
    found = mine.tenant.get("/vouchers", device=mine.device)["data"]
    assert [(v["state"], v["captured"]["amount"]) for v in found] == [
        ("deposited", 2_000), ("deposited", 1_000),
    ]  # fmt: skip
    payment = mine.tenant.get(f"/payments/{found[0]['payment']}")
    assert payment["payment"]["state"] == "succeeded"
    (exposed,) = mine.tenant.get(f"/programmes/{mine.programme}/exposures")["data"]
    assert (exposed["missing"], exposed["captured"]["amount"]) == (0, 3_000)


def test_a_rehearsal_gives_no_receipt_and_no_certificate(mine: Devices) -> None:
    text, before = mine.sell(1_000), mine.tenant.nets()
    (rehearsed,) = mine.deposit(text, params={"dry_run": "true"})
    assert (rehearsed["state"], rehearsed["receipt"]) == ("deposited", "")
    assert mine.tenant.nets() == before
    (done,) = mine.deposit(text)
    assert opened(Receipt, done["receipt"], mine.certificate["issuer"]).paid == 1_000
    asked = {"programme": mine.programme}
    path = f"/devices/{mine.till_device}/certificates"
    assert mine.tenant.done(path, asked, params={"dry_run": "true"})["text"] == ""


def test_a_double_spend_is_kept_with_its_evidence(mine: Devices) -> None:
    first = mine.sell(1_000)
    one, two = mine.deposit(first, mine.twin(first))
    assert (one["state"], two["state"]) == ("deposited", "double_spend")
    case = mine.tenant.get(f"/double-spends/{two['double_spend']}")
    assert case["first"]["counter"] == case["second"]["counter"] == 1
    file = mine.tenant.get(f"/double-spends/{two['double_spend']}/evidence")["file"]
    assert proved(file, mine.certificate["issuer"]).device == mine.device
    assert mine.tenant.get(f"/devices/{mine.device}")["state"] == "frozen"
    assert mine.tenant.get("/offline/trust")["blocked"] == [mine.device]
    assert mine.tenant.done(f"/devices/{mine.device}/thaw")["state"] == "active"


def test_what_a_device_signed_after_it_was_stolen_is_disputed_until_resolved(
    mine: Devices,
) -> None:
    mine.tenant.done(f"/devices/{mine.device}/revoke", {"cause": "stolen"})
    one, two = mine.deposit(mine.sell(1_000), mine.sell(2_000))
    assert (one["state"], one["reason"]) == ("disputed", "wallet_stolen")
    path = f"/vouchers/{one['voucher']}/resolve"
    assert mine.tenant.done(path, {"outcome": "honour"})["captured"]["amount"] == 1_000
    again = mine.tenant.post(path, {"outcome": "reject"})
    assert (again.status_code, again.json()["code"]) == (409, "illegal_move")
    path = f"/vouchers/{two['voucher']}/resolve"
    assert mine.tenant.done(path, {"outcome": "reject"})["state"] == "rejected"


def test_what_was_not_spent_is_freed_by_the_wallets_word(mine: Devices) -> None:
    text = mine.sell(1_000)
    path = f"/certificates/{mine.certificate['id']}/settle"
    statement = mine.wallet.statement(at=mine.now())
    refused = mine.tenant.post(path, {"statement": statement})
    assert (refused.status_code, refused.json()["code"]) == (409, "still_out")
    mine.deposit(text)
    assert mine.tenant.done(path, {"statement": statement})["settled_at"]
    again = mine.certify(mine.device, statement=statement)
    assert again["counter"] == 1


def test_a_machine_debits_within_its_mandate_and_asks_beyond_it(mine: Devices) -> None:
    mandate = mine.mandate()["id"]
    events = [mine.debit(mandate, amount) for amount in (19_900, 20_100)]
    taken, asked = mine.tenant.done("/device-events", {"events": events})["results"]
    assert (taken["state"], asked["state"], asked["reason"]) == ("debited", "asked", "over_single")
    receipt = opened(Receipt, taken["event"]["receipt"], mine.certificate["issuer"])
    assert (receipt.outcome, receipt.paid) == ("debited", 19_900)
    path = f"/device-events/{asked['event']['id']}/approve"
    assert mine.tenant.post(path, {}).status_code == 400
    assert mine.tenant.done(path, {"confirmation": CONFIRMED})["state"] == "debited"
    again = mine.tenant.done("/device-events", {"events": events})["results"]
    assert [each["again"] for each in again] == [True, True]
    found = mine.tenant.get(f"/mandates/{mandate}")
    assert (found["spent"]["amount"], found["allowed"]) == (40_000, ["revoke"])
    assert mine.tenant.done(f"/mandates/{mandate}/revoke")["state"] == "revoked"
    late = mine.tenant.done("/device-events", {"events": [mine.debit(mandate, 1)]})["results"]
    assert (late[0]["state"], late[0]["reason"]) == ("refused", "mandate_revoked")


def test_a_mandate_waits_for_the_payer(mine: Devices) -> None:
    made = mine.mandate(confirmation=None)
    assert (made["state"], made["allowed"]) == ("proposed", ["consent", "decline"])
    path = f"/mandates/{made['id']}/consent"
    assert mine.tenant.done(path, {"confirmation": CONFIRMED})["state"] == "active"
    refused = mine.tenant.post(f"/mandates/{made['id']}/decline")
    assert "revoke" in refused.json()["detail"]


def test_a_device_rotates_its_key(mine: Devices) -> None:
    new = new_key()
    said = Rotation(device=mine.machine, key=public_text(new), at=mine.now())
    text = joined(sealed(said, mine.key), sealed(said, new))
    found = mine.tenant.done(f"/devices/{mine.machine}/rotate", {"rotation": text})
    assert found["keys"][0]["public"] == public_text(new)
    assert mine.tenant.post(f"/devices/{mine.machine}/rotate", {"rotation": "x"}).status_code == 422


def test_each_sees_and_deposits_its_own(mine: Devices, tmp_path: Path) -> None:
    tenant = mine.tenant
    other = Devices(tenant, tmp_path / "other", seller="s2", buyer="b2")
    with tenant.database.begin(book=tenant.book) as tx:
        row = tx.value("SELECT id FROM seller WHERE book = %(book)s AND key = 's1'")
        made = access.open_organisation(tx, "seller", "S1", role="owner", object_id=row)
        key = access.make_key(tx, tenant.world, "s1", organisation_id=made.id)[1]
    texts = [mine.sell(1_000), other.sell(2_000)]
    body = {"vouchers": texts}
    found = tenant.post("/deposits", body, key=key).json()["results"]
    assert [(each["state"], each["reason"]) for each in found] == [
        ("deposited", ""), ("refused", "wrong_till"),
    ]  # fmt: skip
    own = tenant.ask("GET", "/devices", key=key).json()["data"]
    assert {device["party"] for device in own} == {mine.shop}
    foreign = tenant.done("/deposits", body)["results"]
    assert [each["state"] for each in foreign] == ["deposited", "deposited"]
    listed = tenant.ask("GET", "/vouchers", key=key).json()["data"]
    assert {voucher["merchant"] for voucher in listed} == {mine.shop}
    assert tenant.ask("GET", f"/vouchers/{foreign[1]['voucher']}", key=key).status_code == 404
