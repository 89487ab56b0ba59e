"""The checkout without JavaScript: means, splits, declines, what comes twice, and what is not let in."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from huoshui.core import ids, log
from huoshui.interfaces.hosted import pace
from huoshui.lines.payments.escrow import Terms
from huoshui.lines.payments.payment import secret as secrets
from huoshui.lines.payments.payment.model import Cancel
from huoshui.scenarios import payment_flow
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_payments import BUYER, answer, fund, money
from tests.interfaces.hosted.shop import Buyer, opened, words


def state(tenant: Tenant, payment: str) -> str:
    """A payment's state, as the API tells it."""
    found: str = tenant.get(f"/payments/{payment}")["payment"]["state"]
    return found


def test_balance_and_points_pay_it_and_the_receipt_says_so(
    client: httpx.Client, tenant: Tenant
) -> None:
    fund(tenant, f"wallet:{BUYER}", 10_000)
    fund(tenant, f"points:{BUYER}", 1_500, "POINTS")
    payment, secret = opened(tenant, return_url="https://shop.test/done?x=1")
    buyer = Buyer(client, secret)
    seen = buyer.sees()
    assert "¥60.00" in seen.replace("CN¥", "¥") and "1,500 points, worth" in seen
    paid = buyer.pay(use=["points", "balance"])
    assert (paid.status_code, paid.headers["location"]) == (303, f"/pay/{secret}")
    assert state(tenant, payment) == "succeeded"
    assert tenant.nets()[f"wallet:{BUYER}"] == 5_500
    page = buyer.get().text
    assert f'href="https://shop.test/done?x=1&amp;payment={payment}"' in page
    receipt = words(buyer.get("/receipt/{secret}").text)
    assert payment in receipt and "Points" in receipt and "settlement window 1" in receipt
    tenant.done(f"/payments/{payment}/refund", {"amount": money(1_000)})
    found = buyer.get("/receipt/{secret}/json").json()
    assert (found["captured"], found["refunded"]) == (money(6_000), money(1_000))
    assert found["windows"] == [1] and [r["state"] for r in found["refunds"]] == ["succeeded"]
    assert "Given back" in words(buyer.get("/receipt/{secret}").text)


def test_a_declined_card_is_told_and_another_means_pays(
    client: httpx.Client, tenant: Tenant
) -> None:
    payment, secret = opened(tenant)
    buyer = Buyer(client, secret)
    assert buyer.pay(rail="card", token_card="tok_decline_expired_card").status_code == 303
    assert "Payment in progress" in buyer.sees()
    answer(tenant, payment, "declined", code="expired_card")
    assert "The card has expired. Choose another card" in buyer.sees()
    assert "银行卡已过期" in Buyer(client, secret, "zh").sees()
    assert buyer.pay(rail="card", token_card="tok_ok").status_code == 303
    version = re.findall(r"moved\?version=(\d+)", buyer.get().text)[0]
    assert buyer.get("/pay/{secret}/moved", version=version).status_code == 204
    answer(tenant, payment, "succeeded")  # reserved
    answer(tenant, payment, "succeeded")  # captured
    assert buyer.get("/pay/{secret}/moved", version=version).status_code == 205
    assert "¥60.00 was paid." in buyer.sees().replace("CN¥", "¥")


def test_a_split_over_a_voucher_a_part_of_the_balance_and_a_card(
    client: httpx.Client, tenant: Tenant
) -> None:
    fund(tenant, f"wallet:{BUYER}", 10_000)
    fund(tenant, "voucher:spring", 500)
    payment, secret = opened(tenant)
    buyer = Buyer(client, secret)
    short = buyer.pay(use="balance", balance="12.50", voucher="spring")
    assert short.status_code == 422
    assert "42.50 CNY are not covered" in words(short.text) and 'value="12.50"' in short.text
    buyer.pay(use="balance", balance="12.50", voucher="spring", rail="card", token_card="tok_ok")
    found = tenant.get(f"/payments/{payment}")["payment"]
    assert [(t["rail"], t["amount"]["amount"]) for t in found["tenders"]] == [
        ("voucher", 500), ("balance", 1_250), ("card", 4_250),
    ]  # fmt: skip
    assert found["state"] == "processing"


def test_what_is_wrong_is_told_with_its_mend_and_nothing_moves(
    client: httpx.Client, tenant: Tenant
) -> None:
    fund(tenant, f"wallet:{BUYER}", 10_000)
    payment, secret = opened(tenant)
    before = tenant.counts()
    wrong: list[tuple[dict[str, Any], str, str]] = [
        ({}, "Choose one more means", "请再选择一种方式"),
        ({"voucher": "none"}, "Check the code", "请逐字核对券码"),
        ({"rail": "cash"}, "Choose one that the page shows", "请选择页面上列出的方式"),
        ({"rail": "card", "token_card": "4242424242424242"}, "cannot pay this", "不能用于此笔付款"),
        ({"use": "balance", "balance": "x"}, "x", "x"),
        ({"use": "balance", "balance": "0.001"}, "0.001", "0.001"),
    ]
    for lang in (0, 1):
        buyer = Buyer(client, secret, ("en", "zh")[lang])
        for chosen, *said in wrong:
            refused = buyer.pay(**chosen)
            assert refused.status_code in (400, 422) and said[lang] in words(refused.text), chosen
    assert tenant.counts() == before and state(tenant, payment) == "requires_payment_method"


def test_a_double_click_and_the_back_button_pay_once(client: httpx.Client, tenant: Tenant) -> None:
    fund(tenant, f"wallet:{BUYER}", 20_000)
    payment, secret = opened(tenant)
    buyer = Buyer(client, secret)
    form = buyer.form() | {"use": "balance"}
    assert [buyer.send(form).status_code for _ in range(3)] == [303] * 3
    assert tenant.nets()[f"wallet:{BUYER}"] == 14_000
    assert state(tenant, payment) == "succeeded"
    assert buyer.send(form, "/call-off").status_code == 303
    assert state(tenant, payment) == "succeeded"


def test_a_form_from_elsewhere_or_without_its_token_does_nothing(
    client: httpx.Client, tenant: Tenant
) -> None:
    fund(tenant, f"wallet:{BUYER}", 20_000)
    payment, secret = opened(tenant)
    _, other = opened(tenant)
    buyer = Buyer(client, secret)
    form = buyer.form() | {"use": "balance"}
    strange = [
        buyer.send({"use": "balance"}),
        buyer.send(form | {"token": Buyer(client, other).form()["token"]}),
        buyer.send(form | {"version": "2"}),
        buyer.send(form | {"version": "x"}),
        buyer.send(form, origin="https://evil.test"),
        buyer.send(form, **{"sec-fetch-site": "cross-site"}),
        buyer.send({}, "/call-off"),
    ]
    assert [r.status_code for r in strange] == [403] * len(strange)
    assert state(tenant, payment) == "requires_payment_method"
    # With no referrer a browser says that a form of ours comes from nowhere.
    assert buyer.send(form, origin="null").status_code == 303


def test_every_wrong_secret_is_the_same_page(client: httpx.Client, tenant: Tenant) -> None:
    payment, secret = opened(tenant)
    head, _, tail = secret.rpartition(".")
    id_ = ids.read("pmt", payment)
    wrong = [
        "x", payment, secret[:-1], secret + "a", f"{head}.{'A' * 32}",
        secrets.make(id_, "live", tenant.book, tail), secrets.make(id_, "none", 1, tail),
        secrets.make(id_, "test", 999_999_999, tail), "pmt_" + "z" * 26 + f"_test.1.{tail}",
    ]  # fmt: skip
    bodies = set()
    for each in wrong:
        for path in ("/pay/{secret}", "/receipt/{secret}", "/receipt/{secret}/json"):
            found = Buyer(client, each).get(path)
            assert found.status_code == 404, each
            bodies.add(found.text)
    assert len(bodies) == 1


def test_the_secret_stays_on_its_page(client: httpx.Client, tenant: Tenant) -> None:
    _, secret = opened(tenant)
    buyer = Buyer(client, secret)
    for path in ("/pay/{secret}", "/receipt/{secret}", "/pay/{secret}/moved"):
        headers = buyer.get(path).headers
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store" and "noindex" in headers["x-robots-tag"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
    text = buyer.get().text
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', text)
    assert not re.findall(r"<script>|<style|\sstyle=|\son[a-z]+=", text)
    assert secret not in log.masked(f"GET /pay/{secret}") and "pmt_" in log.masked(secret)


def test_too_many_tries_wait(
    client: httpx.Client, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "VOUCHERS", pace.Pace(10, 36_000))
    _, secret = opened(tenant)
    buyer = Buyer(client, secret)
    form = buyer.form()
    told = [buyer.send(form | {"voucher": f"guess{n}"}) for n in range(12)]
    assert [r.status_code for r in told[:10]] == [422] * 10
    assert {r.status_code for r in told[10:]} == {429} and int(told[-1].headers["retry-after"]) > 0
    assert "Wait" in words(told[-1].text)
    narrow = pace.Pace(2, 60)
    narrow.take("a")
    narrow.take("a")
    narrow.take("b")
    with pytest.raises(pace.TooManyVisits):
        narrow.take("a")


def test_a_payment_runs_out(client: httpx.Client, tenant: Tenant) -> None:
    fund(tenant, f"wallet:{BUYER}", 20_000)
    payment, secret = opened(tenant, expires_in_s=60)
    buyer = Buyer(client, secret)
    form = buyer.form() | {"use": "balance"}
    assert "Pay by" in buyer.sees()
    with tenant.database.begin(book=tenant.book) as tx:
        tx.run(
            "UPDATE payment SET expires_at = %(now)s WHERE book = %(book)s AND id = %(id)s",
            id=ids.read("pmt", payment), now=tx.now,
        )  # fmt: skip
    assert "Time is up" in buyer.sees()
    assert buyer.send(form).status_code == 303
    assert state(tenant, payment) == "cancelled" and "Time is up" in buyer.sees()
    assert tenant.nets()[f"wallet:{BUYER}"] == 20_000


def test_what_a_shop_attached_is_confirmed_or_called_off(
    client: httpx.Client, tenant: Tenant
) -> None:
    fund(tenant, f"wallet:{BUYER}", 20_000)
    payment, secret = opened(tenant, tenders=[{"rail": "balance"}])
    assert "Confirm the payment" in Buyer(client, secret).sees()
    Buyer(client, secret).pay()
    assert state(tenant, payment) == "succeeded"
    payment, secret = opened(tenant, tenders=[{"rail": "balance"}])
    buyer = Buyer(client, secret)
    assert buyer.send(buyer.form(), "/call-off").status_code == 303
    assert state(tenant, payment) == "cancelled" and "Nothing was paid" in buyer.sees()


def test_what_a_buyer_has_to_do_at_a_rail_is_shown(client: httpx.Client, tenant: Tenant) -> None:
    payment, secret = opened(tenant)
    buyer = Buyer(client, secret)
    buyer.pay(rail="qr", token_qr="tok_ok")
    answer(tenant, payment, "action", action="HTTPS://WALLET.TEST/1")
    assert "Scan to pay" in buyer.sees() and 'class="segno"' in buyer.get().text
    payment, secret = opened(tenant)
    buyer = Buyer(client, secret)
    buyer.pay(rail="card", token_card="tok_3ds")
    answer(tenant, payment, "action", action="https://bank.test/3ds")
    assert 'href="https://bank.test/3ds" rel="noreferrer noopener"' in buyer.get().text
    payment, secret = opened(tenant)
    buyer = Buyer(client, secret)
    buyer.pay(rail="card", token_card="tok_3ds")
    answer(tenant, payment, "action", action="javascript:alert(1)")
    assert 'href="javascript' not in buyer.get().text


def test_a_live_world_takes_no_token_and_offers_no_simulator(
    client: httpx.Client, live: Tenant
) -> None:
    payment, secret = opened(live)
    buyer = Buyer(client, secret)
    page = buyer.get().text
    assert "Sandbox" not in page and "tok_" not in page and 'value="card"' not in page
    assert buyer.pay(rail="card", token_card="tok_ok").status_code == 422
    assert state(live, payment) == "requires_payment_method"


def test_only_what_can_pay_it_is_offered(client: httpx.Client, tenant: Tenant) -> None:
    _, secret = opened(tenant, capture="manual", buyer="")
    page = Buyer(client, secret).get().text
    assert 'value="card"' in page and 'value="qr"' not in page and 'value="transfer"' not in page
    assert 'value="balance"' not in page


def test_a_subsidy_of_the_platform_stays_after_a_decline(
    client: httpx.Client, open_tenant: Any
) -> None:
    tenant = open_tenant(terms=Terms(commission_rate=Terms().commission_rate))
    card = [{"rail": "card", "token": "tok_ok"}]
    payment, secret = opened(tenant, tenders=card, subsidy=money(1_000), confirm=True)
    answer(tenant, payment, "declined", code="do_not_honour")
    buyer = Buyer(client, secret)
    assert "is paid for you" in buyer.sees()
    fund(tenant, f"wallet:{BUYER}", 5_000)
    assert buyer.pay(use="balance").status_code == 303
    assert state(tenant, payment) == "succeeded"
    assert tenant.nets().get(f"wallet:{BUYER}", 0) == 0


def test_a_payment_that_was_called_off_elsewhere_is_not_paid(
    client: httpx.Client, tenant: Tenant
) -> None:
    fund(tenant, f"wallet:{BUYER}", 20_000)
    payment, secret = opened(tenant)
    buyer = Buyer(client, secret)
    form = buyer.form() | {"use": "balance"}
    with tenant.database.begin(book=tenant.book) as tx:
        payment_flow.apply(tx, [Cancel(ids.read("pmt", payment))])
    assert buyer.send(form).status_code == 303
    assert state(tenant, payment) == "cancelled"
    assert buyer.get("/receipt/{secret}").headers["location"] == f"/pay/{secret}"


def test_a_strong_confirmation_needs_its_answer(client: httpx.Client, open_tenant: Any) -> None:
    tenant = open_tenant(terms=Terms(strong_from=5_000))
    fund(tenant, f"wallet:{BUYER}", 20_000)
    payment, secret = opened(tenant)
    buyer = Buyer(client, secret)
    buyer.pay(use="balance")
    assert "Make one on this device now" in buyer.sees()
    form = buyer.form()
    assert buyer.send(form).status_code == 303  # the button of before, pressed again
    begun = buyer.send(form, "/passkey/begin").json()
    assert begun["options"]["user"]["name"].startswith("Payments at")
    refused = buyer.client.post(
        f"/pay/{secret}/passkey", json=form | {"id": begun["id"], "answer": {"rawId": "AAAA"}}
    )
    assert refused.status_code == 403 and "Begin" in refused.headers["x-problem"]
    again = buyer.client.post(
        f"/pay/{secret}/passkey", json=form | {"id": begun["id"], "answer": {"rawId": "AAAA"}}
    )
    assert again.json()["code"] == "passkey_refused"  # the challenge is used up
    assert buyer.client.post(f"/pay/{secret}/passkey", json={}).status_code == 403
    assert buyer.send({}, "/passkey/begin").status_code == 403
    assert state(tenant, payment) == "requires_action"
    assert buyer.send(form, "/call-off").status_code == 303
    assert buyer.send(form, "/passkey/begin").json()["code"] == "nothing_to_prove"
