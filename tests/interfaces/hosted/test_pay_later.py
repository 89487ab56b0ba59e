"""Paying later over the API and on the hosted page: shown, agreed to, paid once whatever comes twice."""

from __future__ import annotations

import re
import threading
from typing import Any

import httpx
import pytest

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.scenarios import checkout
from huoshui.scenarios.checkout import Wish
from huoshui.scenarios.products import golden
from tests.ground import placed
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.lending import CONFIRMED
from tests.interfaces.api.test_api_payments import money
from tests.interfaces.hosted.shop import Buyer, words

FREE, PRICED = "pay-in-3-free", "pay-in-instalments"
FILES = dict(golden())
_NAMES = iter(f"later-{n}" for n in range(100))


@pytest.fixture
def shop(tenant: Tenant) -> Tenant:
    """A shop that has switched on two products."""
    for product in (FREE, PRICED):
        tenant.done("/switched", {"file": FILES[product], "settings": {"fee": "0.02"}})
    return tenant


def ordered(shop: Tenant, amount: int = 30_000) -> tuple[str, str]:
    """An order of 300.00 that waits to be paid: the payment's id, and the secret of its page."""
    key = next(_NAMES)
    shop.tell(*placed(key, items=(("s1", amount, 0),)))
    made = shop.done("/payments", {"amount": money(amount), "order": key})
    return made["payment"]["id"], made["secret"]


def chosen(page: str, name: str) -> dict[str, Any]:
    """The fields of a loan on the page."""
    mark = re.findall(rf'name="mark_{name}" value="([0-9a-f]+)"', page)[0]
    return {"rail": f"later:{name}", f"mark_{name}": mark, f"agree_{name}": "yes"}


def test_an_order_over_the_api_from_the_choice_to_the_close(shop: Tenant) -> None:
    payment, _ = ordered(shop)
    told = shop.get(f"/payments/{payment}/pay-later")
    open_ = [(c["product"], c["instalments"]) for c in told["choices"] if c["disclosure"]]
    assert (FREE, 3) in open_ and (PRICED, 3) in open_ and told["amount"] == money(30_000)
    refused = [c for c in told["choices"] if c["instalments"] == 12]
    assert [r["rule"] for r in refused[0]["reasons"]] == ["large_enough_for_a_year"]
    asked = {"product": PRICED, "instalments": 3}
    offer = shop.done(f"/payments/{payment}/pay-later", asked)
    loan = offer["loan"]["id"]
    said = {"loan": loan, "mark": offer["mark"], **CONFIRMED}
    wrong = shop.post(f"/payments/{payment}/pay-later/agree", said | {"mark": "x"})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "pay_later_changed")
    paid = shop.done(f"/payments/{payment}/pay-later/agree", said)
    assert paid["state"] == "succeeded" and paid["tenders"][0]["rail"] == "pay_later"
    nets = shop.nets()
    assert nets["escrow"] == 30_000 and "rail:pay_later:clearing" not in nets
    again = shop.post(f"/payments/{payment}/pay-later/agree", said)
    assert again.status_code == 409 and shop.nets() == nets
    order = shop.get(f"/payments/{payment}")["payment"]["order"]
    shop.done(f"/orders/{order}/refund", {"amount": money(30_000), "reason": "no"})
    assert shop.get(f"/loans/{loan}")["state"] == "closed"
    assert f"loans:{PRICED}:principal" not in shop.nets()


def test_the_page_shows_the_loan_and_takes_only_what_was_agreed_to(
    client: httpx.Client, shop: Tenant
) -> None:
    payment, secret = ordered(shop)
    buyer = Buyer(client, secret)
    page = buyer.get().text
    seen = words(page)
    assert "Pay in 3, free of interest · 3 instalments" in seen and "Yearly rate" in seen
    chinese = words(Buyer(client, secret, "zh").get().text)
    assert (
        "三期免息 · 3 期" in chinese
        and "年化利率" in chinese
        and "我已阅读以上内容并同意借款" in chinese
    )
    form = buyer.form() | chosen(page, f"{PRICED}/3")
    unread = {k: v for k, v in form.items() if not k.startswith("agree")}
    assert "tick the box" in words(buyer.send(unread).text)
    changed = form | {f"mark_{PRICED}/3": "0" * 32}
    assert "look at the" in words(buyer.send(changed).text).lower()
    assert shop.get(f"/payments/{payment}")["payment"]["state"] == "requires_payment_method"
    assert buyer.send(form).status_code == 303
    assert buyer.send(form).status_code == 303  # the back button
    assert shop.get(f"/payments/{payment}")["payment"]["state"] == "succeeded"
    assert shop.nets()[f"loans:{PRICED}:principal"] == -30_000


def test_of_many_that_pay_at_once_one_pays(shop: Tenant) -> None:
    payment, _ = ordered(shop)
    [free] = [c for c in shop.get(f"/payments/{payment}/pay-later")["choices"]
              if c["product"] == FREE]  # fmt: skip
    wish = Wish(later=f"{FREE}/3", agreed=free["mark"])
    id_ = ids.read("pmt", payment)
    ready = threading.Barrier(6)

    def pay() -> None:
        ready.wait()

        def use_case(tx: Tx) -> None:
            checkout.pay(tx, id_, 1, wish, live=False)

        try:
            shop.database.run(use_case, book=shop.book)
        except Problem as problem:
            problems.append(problem)

    problems: list[Problem] = []
    threads = [threading.Thread(target=pay) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    nets = shop.nets()
    assert nets[f"loans:{FREE}:principal"] == -30_000 and nets["escrow"] == 30_000
    drawn = [net for path, net in nets.items() if path.endswith(":drawn")]
    assert drawn == [30_000, 30_000]  # the buyer's facility, and the programme above it
    assert problems == []


def test_a_loan_pays_no_other_sum_and_nobody_elses_payment(shop: Tenant) -> None:
    payment, _ = ordered(shop)
    offer = shop.done(f"/payments/{payment}/pay-later", {"product": FREE, "instalments": 3})
    said = {"loan": offer["loan"]["id"], "mark": offer["mark"], **CONFIRMED}
    other, _ = ordered(shop, 20_000)
    wrong = shop.post(f"/payments/{other}/pay-later/agree", said)
    assert (wrong.status_code, wrong.json()["code"]) == (409, "no_pay_later")
    # Nor is the rail taken by name: only a consent makes it a means.
    direct = {"tenders": [{"rail": "pay_later", "token": offer["loan"]["id"]}]}
    assert shop.post(f"/payments/{payment}/attach", direct).status_code == 400
