"""`huoshui disputes`, `devices` and `mandates` as real processes: looked at, acted upon, refused."""

from __future__ import annotations

from uuid import UUID

import pytest

from edge.protocol import Enrolment, new_key, public_text, sealed
from huoshui.core import ids
from huoshui.core.settings import Settings
from huoshui.core.worlds import Worlds
from huoshui.facts.commerce import model
from huoshui.lines import payments
from huoshui.lines.payments import Terms
from huoshui.lines.payments.devices import service as devices
from huoshui.lines.payments.devices.model import to_ms
from huoshui.lines.payments.mandates import service as mandates
from huoshui.lines.payments.mandates.service import Proposal
from tests import ground
from tests.ground import Ground
from tests.interfaces.cli.conftest import Shell
from tests.lines.payments.test_disputes import Paid

WORLD = ["--world", "live"]


@pytest.fixture(scope="module")
def desk(own_shell: Shell) -> tuple[Shell, dict[str, str]]:
    """A home with a dispute, a machine and a mandate that waits for its payer."""
    worlds = Worlds.start(Settings(home=str(own_shell.home)))
    market = Ground("live", worlds.database("live"), 1)
    with market.database.begin(book=1) as tx:
        payments.start(tx, Terms())
    paid = Paid(market)
    paid.notice("dispute_opened", 6_500, "fraudulent")
    taken = market.take(ground.shop("s1"), model.Buyer(key="b1", occurred_at=ground.START))
    shop, buyer = (
        ids.show(kind, fact.id or UUID(int=0))
        for kind, fact in zip(("slr", "byr"), taken.facts, strict=True)
    )
    with market.database.begin(book=1) as tx:
        key = new_key()
        said = Enrolment(party=shop, role="machine", key=public_text(key), at=to_ms(tx.now))
        machine = devices.enrol(tx, sealed(said, key))
        asked = Proposal(payer=buyer, merchant=shop, currency="CNY", single_max=100, daily_max=200)
        mandate = mandates.propose(tx, asked)
    made = {
        "dispute": ids.show("dpt", paid.dispute().id), "payment": ids.show("pmt", paid.id),
        "device": machine.shown, "mandate": mandate.shown,
    }  # fmt: skip
    worlds.close()
    return own_shell, made


def test_a_dispute_is_answered_from_the_shell(desk: tuple[Shell, dict[str, str]]) -> None:
    shell, made = desk
    [listed] = shell.done("disputes", "list", "--state", "needs_response", "--json", *WORLD).json
    assert (listed["id"], listed["payment_id"]) == (made["dispute"], made["payment"])
    slip = shell.folder / "slip.pdf"
    slip.write_bytes(b"%PDF-1.7 \x00 slip")
    given = shell.done(
        "disputes", "give", made["dispute"], str(slip), "--note", "at the door", "--json", *WORLD
    ).json
    assert (given["number"], given["media_type"]) == (1, "application/pdf")
    taken = shell.folder / "taken.pdf"
    shell.done("disputes", "take", made["dispute"], "1", str(taken), *WORLD)
    assert taken.read_bytes() == slip.read_bytes()
    bad = shell.folder / "bad.bin"
    bad.write_bytes(b"\x00\x01")
    refused = shell.run("disputes", "give", made["dispute"], str(bad), *WORLD)
    assert refused.code == 1 and "evidence_refused" in refused.err
    moved = shell.done(
        "disputes", "submit", made["dispute"], "--sent-as", "case 7", "--json", *WORLD
    ).json
    assert (moved["state"], moved["sent_as"]) == ("under_review", "case 7")
    late = shell.run("disputes", "accept", made["dispute"], *WORLD)
    assert late.code == 1 and "illegal_move" in late.err
    shown = shell.done("disputes", "show", made["dispute"], *WORLD, HUOSHUI_LANGUAGE="zh")
    assert "状态: 银行审理中" in shown.out and "slip.pdf, application/pdf" in shown.out
    assert made["payment"] in shown.out, "no id is cut off"


def test_a_device_is_stopped_and_goes_on(desk: tuple[Shell, dict[str, str]]) -> None:
    shell, made = desk
    ref = made["device"]
    found = shell.done("devices", "list", "--role", "machine", "--json", *WORLD).json
    assert ref in {each["id"] for each in found}
    frozen = shell.done("devices", "freeze", ref, "--reason", "noise", "--json", *WORLD).json
    assert (frozen["state"], frozen["reason"]) == ("frozen", "noise")
    assert shell.done("devices", "thaw", ref, "--json", *WORLD).json["state"] == "active"
    assert ref in shell.done("devices", "show", ref, *WORLD).out
    ended = shell.done("devices", "revoke", ref, "--cause", "retired", "--json", *WORLD).json
    assert (ended["state"], ended["allowed"]) == ("revoked", [])
    assert "bad_id" in shell.run("devices", "show", "dev_1", *WORLD).err


def test_a_mandate_has_a_page_and_is_taken_back(desk: tuple[Shell, dict[str, str]]) -> None:
    shell, made = desk
    ref = made["mandate"]
    [found] = shell.done("mandates", "list", "--state", "proposed", "--json", *WORLD).json
    assert (found["id"], found["proved"], "secret" in found) == (ref, False, False)
    page = shell.done("mandates", "page", ref, "--json", *WORLD).json
    assert page["address"] == f"/consent/{page['secret']}" and ref in page["secret"]
    early = shell.run("mandates", "revoke", ref, *WORLD)
    assert early.code == 1 and "illegal_move" in early.err
    assert "付款人" in shell.done("mandates", "show", ref, *WORLD, HUOSHUI_LANGUAGE="zh").out
