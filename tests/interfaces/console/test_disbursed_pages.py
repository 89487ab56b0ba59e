"""Where a loan's money went, in the console: drawn to a bank, failed by hand; what its merchant owes."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from playwright.sync_api import sync_playwright

from huoshui.core import clock
from huoshui.core.db import Database
from huoshui.core.worlds import Worlds
from huoshui.interfaces.console import make_ticket, sign_in_link
from huoshui.lines import payments
from huoshui.lines.lending.loan.model import Loan
from huoshui.scenarios import disbursing, payout_flow
from tests.interfaces.console import site
from tests.interfaces.console.test_look import CHROMIUM, serious
from tests.lines.lending.loan import ground
from tests.lines.lending.partners.test_partners import PARTNERS

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SHOTS = os.environ.get("HUOSHUI_SHOTS")


@pytest.fixture
def loan(sandbox: Database, book: int) -> Loan:
    with sandbox.begin(book=book) as tx:
        payments.start(tx, payments.Terms())
        ground.product(tx, "joint", more=PARTNERS)
        return ground.signed(tx, ground.borrower(tx), "joint")


def test_money_at_a_bank_is_followed_to_its_end(
    client: TestClient[Litestar], loan: Loan, sandbox: Database, book: int, worlds: Worlds,
    tmp_path: Path,
) -> None:  # fmt: skip
    site.operator(client, tmp_path, "test", book)
    here = f"/console/test/loans/{loan.shown}"
    headers = {"Origin": str(client.base_url).rstrip("/")}

    def post(path: str, **fields: str) -> str:
        answer = client.post(f"{here}/{path}?lang=en", data=fields, headers=headers)
        assert answer.status_code in (200, 303), answer.text[:300]
        return answer.text

    post("draw", amount="6000", way="bank", key="console/1")
    seen = client.get(f"{here}?lang=en").text
    assert "Where the money went" in seen and "on its way" in seen
    [ref] = set(re.findall(r"dsb_[0-9a-z]{26}", seen))
    shown = post("not_arrived/preview", disbursement=ref, reason="account closed")
    assert "Event of a loan" in shown or "5,970.00" in shown or "6,000.00" in shown
    with sandbox.begin(book=book) as tx:
        assert disbursing.find(tx, ref).state == "disbursing", "a preview keeps nothing"
    post("not_arrived", disbursement=ref, reason="account closed")
    with sandbox.begin(book=book) as tx:
        assert disbursing.find(tx, ref).state == "failed"
        disbursing.draw(tx, loan.id, 500_000, "again")
        disbursing.draw(tx, loan.id, 100_000, "bank", way="bank")
    told = client.get(f"{here}?lang=zh").text
    assert "放款去向" in told and "用信已撤销" in told and "account closed" in told
    merchant = f"/console/test/merchant/{loan.party}"
    assert "part of a premium" in client.get(f"{merchant}?lang=en").text
    with sandbox.begin(book=book) as tx:
        payout_flow.make_batch(tx, "CNY")
    told = client.get(f"{merchant}?lang=zh").text
    assert "打款前扣收" in told and "18.00" in told
    if SHOTS or CHROMIUM:
        _looked_at(worlds, [here, merchant], tmp_path, book)


def _looked_at(worlds: Worlds, paths: list[str], home: Path, book: int) -> None:
    """Both pages in a browser: nothing is broken, and they are accessible."""
    with site.serving(site.app(worlds, home)) as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        tab = browser.new_page(viewport={"width": 1360, "height": 900})
        errors: list[str] = []
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(sign_in_link(origin, make_ticket(home, "test", clock.system_now(), book=book)))
        for n, path in enumerate(paths):
            for lang in ("en", "zh") if SHOTS else ("zh",):
                tab.goto(f"{origin}{path}?lang={lang}")
                tab.wait_for_load_state("networkidle")
                if SHOTS:
                    shot = Path(SHOTS) / f"disbursed-{n}-{lang}.png"
                    tab.screenshot(path=shot, full_page=True)
            assert not serious(tab)
        assert errors == []
        browser.close()
