"""A mandate's page: agreed to by a passkey in Chromium, refused without one, taken back at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext

from huoshui.core import log
from huoshui.lines.payments.escrow import Terms
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.devices import CONFIRMED, Devices
from tests.interfaces.api.test_api_payments import fund
from tests.interfaces.console.test_passkey_browser import device
from tests.interfaces.hosted.conftest import CHROMIUM
from tests.interfaces.hosted.shop import FIELDS, opened, words
from tests.interfaces.hosted.test_hosted_look import at_once, look

pytestmark = [
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


class Payer:
    """A payer with the link of a mandate, without JavaScript."""

    def __init__(self, client: httpx.Client, secret: str, lang: str = "en") -> None:
        self.client, self.secret, self.lang = client, secret, lang

    def get(self) -> httpx.Response:
        return self.client.get(f"/consent/{self.secret}", params={"lang": self.lang})

    def form(self) -> dict[str, str]:
        return dict(FIELDS.findall(self.get().text))

    def send(self, path: str, fields: dict[str, Any], **headers: str) -> httpx.Response:
        return self.client.post(
            f"/consent/{self.secret}{path}", data=fields, headers=headers, follow_redirects=False
        )


@pytest.fixture
def strict(open_tenant: Any, tmp_path: Path) -> Devices:
    """A tenant of whom large payments are confirmed strongly, with a machine."""
    return Devices(open_tenant(terms=Terms(strong_from=5_000)), tmp_path)


def page_of(mine: Devices, **terms: Any) -> tuple[str, str]:
    """A mandate that waits for its payer, and the secret of its page."""
    made = mine.mandate(confirmation=None, device=mine.machine, scene="parking", **terms)
    found = mine.tenant.done(f"/mandates/{made['id']}/page")
    assert found["mandate"]["state"] == "proposed"
    return made["id"], found["secret"]


def state(tenant: Tenant, mandate: str) -> str:
    return str(tenant.get(f"/mandates/{mandate}")["state"])


def test_from_the_bound_on_no_callers_word_will_do(strict: Devices) -> None:
    small = strict.mandate(single_max=4_999)
    assert (small["state"], small["consent"], small["proved"]) == ("active", "passkey", False)
    answer = strict.tenant.post(
        "/mandates",
        {"payer": strict.buyer, "merchant": strict.shop, "currency": "CNY", "single_max": 5_000,
         "daily_max": 9_000, "confirmation": CONFIRMED},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (403, "consent_by_passkey")
    mandate, _ = page_of(strict)
    path = f"/mandates/{mandate}/consent"
    assert strict.tenant.post(path, {"confirmation": CONFIRMED}).status_code == 403
    assert state(strict.tenant, mandate) == "proposed"


def test_the_page_says_what_may_be_taken_and_no_passkey_agrees_to_nothing(
    client: httpx.Client, strict: Devices
) -> None:
    mandate, secret = page_of(strict, total_max=90_000)
    payer = Payer(client, secret)
    seen = words(payer.get().text)
    for said in ("Shop s1", strict.machine, "parking", "200.00", "500.00", "900.00"):
        assert said in seen, said
    form = payer.form()
    begun = payer.send("/passkey/begin", form).json()
    answer = {"id": begun["id"], "answer": {"rawId": "AAAA"}}
    for _ in range(2):  # the second time the challenge is used up
        refused = client.post(f"/consent/{secret}/passkey", json=form | answer)
        assert refused.status_code == 403 and refused.json()["code"] == "passkey_refused"
    strange = [
        payer.send("/decline", {}),
        payer.send("/decline", form | {"version": "9"}),
        payer.send("/decline", form, origin="https://evil.test"),
        payer.send("/passkey/begin", {}),
        client.post(f"/consent/{secret}/passkey", json={}),
    ]
    assert [r.status_code for r in strange] == [403] * len(strange)
    assert state(strict.tenant, mandate) == "proposed"
    assert payer.send("/decline", form).status_code == 303
    assert state(strict.tenant, mandate) == "declined"
    assert "You did not agree" in words(payer.get().text)
    assert payer.send("/passkey/begin", payer.form() or form).json()["code"] == "nothing_to_prove"
    over = strict.tenant.post(f"/mandates/{mandate}/page")
    assert (over.status_code, over.json()["code"]) == (409, "illegal_move")


def test_a_wrong_or_older_secret_opens_nothing(client: httpx.Client, strict: Devices) -> None:
    mandate, secret = page_of(strict)
    newer = strict.tenant.done(f"/mandates/{mandate}/page")["secret"]
    _, payment = opened(strict.tenant)
    head, _, tail = secret.rpartition(".")
    wrong = [secret, "x", mandate, newer + "a", f"{head}.{'A' * 32}", payment]
    bodies = {Payer(client, each).get().text for each in wrong}
    assert len(bodies) == 1
    assert {Payer(client, each).get().status_code for each in wrong} == {404}
    assert client.get(f"/pay/{newer}").status_code == 404, "nor the pages of another kind"
    assert Payer(client, newer).get().headers["referrer-policy"] == "no-referrer"
    assert tail not in log.masked(f"GET /consent/{secret}")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_payer_agrees_by_a_passkey_and_takes_it_back(
    context: BrowserContext, origin: str, strict: Devices, lang: str
) -> None:
    mandate, secret = page_of(strict)
    tab = context.new_page()
    device(tab)
    said = at_once(tab)
    tab.goto(f"{origin}/consent/{secret}?lang={lang}")
    look(tab, f"consent-first-{lang}")
    tab.locator(".wide-button").click()  # a passkey is made at the first use
    tab.locator("form[data-passkey=get]").wait_for()
    assert state(strict.tenant, mandate) == "proposed", "to make one is not to agree"
    look(tab, f"consent-{lang}")
    tab.locator(".wide-button").click()
    tab.locator(".verdict.good").wait_for()
    look(tab, f"consent-active-{lang}")
    found = strict.tenant.get(f"/mandates/{mandate}")
    assert (found["state"], found["proved"]) == ("active", True)
    assert found["consent"].startswith("passkey: ")
    fund(strict.tenant, f"wallet:{strict.buyer}", 50_000)
    event = strict.debit(mandate, 10_000)
    [taken] = strict.tenant.done("/device-events", {"events": [event]})["results"]
    assert taken["state"] == "debited"
    tab.locator("form[action$=revoke] button").click()
    tab.locator(".verdict.bad").wait_for()
    look(tab, f"consent-revoked-{lang}")
    [late] = strict.tenant.done("/device-events", {"events": [strict.debit(mandate, 10)]})[
        "results"
    ]
    assert (late["state"], late["reason"]) == ("refused", "mandate_revoked")
    assert said == []


def test_the_passkey_of_payments_agrees_and_anothers_does_not(
    browser: Browser, context: BrowserContext, origin: str, strict: Devices
) -> None:
    fund(strict.tenant, f"wallet:{strict.buyer}", 50_000)
    mine = context.new_page()
    device(mine)
    _, paying = opened(strict.tenant, buyer=strict.buyer, seller=strict.shop)
    mine.goto(f"{origin}/pay/{paying}")
    mine.locator(".wide-button").click()
    mine.get_by_role("button", name="Make a passkey").click()
    mine.get_by_role("button", name="Confirm with passkey").wait_for()
    mandate, secret = page_of(strict)
    strange = browser.new_context(locale="zh-CN").new_page()
    device(strange)
    strange.goto(f"{origin}/consent/{secret}")
    strange.locator("form[data-passkey=get] .wide-button").click()
    strange.get_by_text("未能完成").wait_for()
    strange.context.close()
    assert state(strict.tenant, mandate) == "proposed"
    mine.goto(f"{origin}/consent/{secret}")
    mine.get_by_role("button", name="Agree with passkey").click()
    mine.get_by_text("You agreed").wait_for()
    assert state(strict.tenant, mandate) == "active"


def test_an_answer_for_one_mandate_agrees_to_no_other(
    client: httpx.Client, strict: Devices
) -> None:
    """What a challenge is good for names the caps: the one of another mandate is not taken."""
    _, one = page_of(strict)
    _, other = page_of(strict, single_max=5_001)
    first, second = Payer(client, one), Payer(client, other)
    begun = first.send("/passkey/begin", first.form()).json()
    answer = {"id": begun["id"], "answer": {"rawId": "AAAA"}}
    refused = client.post(f"/consent/{other}/passkey", json=second.form() | answer)
    assert refused.status_code == 403


def waiting(mine: Devices, amount: int, **terms: Any) -> tuple[str, str, str]:
    """A debit above its mandate's cap, which waits for the payer: mandate, page's secret, debit."""
    made = mine.mandate(single_max=1_000, scene="parking", **terms)
    secret = mine.tenant.done(f"/mandates/{made['id']}/page")["secret"]
    fund(mine.tenant, f"wallet:{mine.buyer}", 50_000)
    event = mine.debit(made["id"], amount)
    [asked] = mine.tenant.done("/device-events", {"events": [event]})["results"]
    assert (asked["state"], asked["reason"]) == ("asked", "over_single")
    return made["id"], secret, asked["event"]["id"]


def debit_state(mine: Devices, debit: str) -> str:
    return str(mine.tenant.get(f"/device-events/{debit}")["state"])


def test_a_large_debit_is_allowed_by_nobodys_word(strict: Devices) -> None:
    _, _, small = waiting(strict, 4_999)
    assert strict.tenant.done(
        f"/device-events/{small}/approve", {"confirmation": CONFIRMED}
    )["state"] == "debited"  # fmt: skip
    _, _, large = waiting(strict, 5_000)
    answer = strict.tenant.post(f"/device-events/{large}/approve", {"confirmation": CONFIRMED})
    assert (answer.status_code, answer.json()["code"]) == (403, "allow_by_passkey")
    assert debit_state(strict, large) == "asked"


def test_a_payer_refuses_a_debit_on_the_page_and_only_those_of_its_mandate(
    client: httpx.Client, strict: Devices
) -> None:
    _, secret, mine = waiting(strict, 6_000)
    _, _, other = waiting(strict, 7_000)
    payer = Payer(client, secret)
    seen = words(payer.get().text)
    assert "60.00" in seen and "70.00" not in seen and "above the cap per debit" in seen
    form = payer.form()
    strange = [
        payer.send(f"/debits/{other}/refuse", form),
        payer.send(f"/debits/{other}/passkey/begin", form),
        payer.send("/debits/dbt_x/refuse", form),
    ]
    assert [r.status_code for r in strange] == [404] * 3
    assert payer.send(f"/debits/{mine}/refuse", {}).status_code == 403
    assert payer.send(f"/debits/{mine}/refuse", form, origin="https://evil.test").status_code == 403
    begun = payer.send(f"/debits/{mine}/passkey/begin", form).json()
    answer = {"id": begun["id"], "answer": {"rawId": "AAAA"}}
    refused = client.post(f"/consent/{secret}/debits/{mine}/passkey", json=form | answer)
    assert (refused.status_code, refused.json()["code"]) == (403, "passkey_refused")
    assert (debit_state(strict, mine), debit_state(strict, other)) == ("asked", "asked")
    assert payer.send(f"/debits/{mine}/refuse", form).status_code == 303
    assert (debit_state(strict, mine), debit_state(strict, other)) == ("refused", "asked")
    again = payer.send(f"/debits/{mine}/passkey/begin", form)
    assert again.json()["code"] == "nothing_to_prove"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_payer_allows_one_debit_by_a_passkey(
    context: BrowserContext, origin: str, strict: Devices, lang: str
) -> None:
    mandate, secret, debit = waiting(strict, 6_000)
    tab = context.new_page()
    device(tab)
    said = at_once(tab)
    tab.goto(f"{origin}/consent/{secret}?lang={lang}")
    tab.locator("form[data-passkey=create] .wide-button").click()
    tab.locator("form[data-passkey=get]").wait_for()
    assert debit_state(strict, debit) == "asked", "to make one is not to allow"
    look(tab, f"consent-asked-{lang}")
    tab.locator("form[data-passkey=get] .wide-button").click()
    tab.locator("form[data-passkey]").wait_for(state="detached")
    assert debit_state(strict, debit) == "debited"
    [over] = strict.tenant.done("/device-events", {"events": [strict.debit(mandate, 6_000)]})[
        "results"
    ]
    assert over["state"] == "asked", "the mandate itself is as it was"
    assert said == []
