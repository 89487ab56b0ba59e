"""The loan book, a loan, its end of day, expected losses and ageing: shown, and done where one may."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from playwright.sync_api import sync_playwright

from huoshui.core import access, clock, ids
from huoshui.core.db import Database, Tx
from huoshui.core.worlds import Worlds
from huoshui.interfaces.console import make_ticket, sign_in_link
from huoshui.lines import payments
from huoshui.lines.lending.day import close_day, losses
from huoshui.lines.lending.impairment import Outlook, Rules
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.loan import service
from huoshui.lines.lending.loan.service import Repayment
from tests.ground import DAY, START, Ground
from tests.interfaces.console import site
from tests.interfaces.console.test_look import CHROMIUM, serious
from tests.lines.lending.loan import ground

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SHOTS = os.environ.get("HUOSHUI_SHOTS")
PAGES = ("loans", "loan-days", "loan-losses", "loan-vintages", "loan-rolls")
RULES = Rules(
    [
        Outlook("base", "0.7", "0.45", ["0.03", "0.02"], ["0.20"]),
        Outlook("low", "0.3", "0.6", ["0.09"], ["0.35"]),
    ],
    ccf="0.4",
)


def filled(market: Ground, months: int = 3, each: int = 5) -> list[str]:
    """A book of loans drawn month by month, some of which are late, one of which is lost."""
    chance = random.Random(5)
    loans: list[UUID] = []

    def do(act: Callable[[Tx], Any], at: datetime) -> Any:
        with market.database.begin(book=market.number, now=at) as tx:
            return act(tx)

    def begin(tx: Tx) -> str:
        losses.say(tx, "", RULES, "model of spring")
        ground.product(tx, "term", rate="0.12")
        ground.product(tx, "season", rate="0.09", terms='kind = "equal_principal"')
        return ground.borrower(tx)

    party = do(begin, START)
    at = START
    for month in range(months):
        at = START + month * timedelta(days=30) + DAY
        for n in range(each):
            name = ("term", "season")[n % 2]

            def lend(tx: Tx, name: str = name, n: int = n) -> UUID:
                loan = ground.signed(tx, party, name, amount=300_000 + 20_000 * n, instalments=6)
                service.draw(tx, loan.id, loan.amount, "draw")
                return loan.id

            loans.append(do(lend, at))
        close(market, at + 10 * DAY)
        for number, id_ in enumerate(loans):
            if number % 5 > 1 or chance.random() < 0.3:
                paid = Repayment(
                    loan_id=id_, amount=chance.choice([20_000, 60_000]), key=f"m{month}"
                )
                do(partial(_repay, paid), at + 20 * DAY)
        close(market, at + 29 * DAY)

    def lose(tx: Tx) -> object:
        on = access.today(tx)
        return service.record(tx, loans[0], e.ChargedOff(id="", on=on, recorded=on), "lost")

    close(market, at + 45 * DAY)
    do(lose, at + 46 * DAY)
    close(market, at + 60 * DAY)
    return [ids.show("loan", id_) for id_ in loans]


def _repay(paid: Repayment, tx: Tx) -> object:
    return service.repay(tx, [paid])


def close(market: Ground, at: datetime) -> None:
    with market.database.begin(book=market.number, now=at) as tx:
        day = access.today(tx) - DAY
    close_day(market.database, day, book=market.number)


def test_the_book_and_its_analyses_in_both_languages(
    client: TestClient[Litestar],
    replay_world: Callable[..., Ground],
    tmp_path: Path,
    worlds: Worlds,
) -> None:
    market = replay_world()
    loans = filled(market)
    site.operator(client, tmp_path, market.name)
    base = f"/console/{market.name}"
    told = {
        "loans": ("over 90 days", "90 天以上"),
        "loan-days": ("whole", "已完成"),
        "loan-losses": ("Roll-forward of the allowance", "损失准备变动表"),
        "loan-vintages": ("Months on book", "账龄（月）"),
        "loan-rolls": ("went on to worse", "恶化"),
    }
    for path, words in told.items():
        for lang, word in zip(("en", "zh"), words, strict=True):
            answer = client.get(f"{base}/{path}?lang={lang}")
            assert answer.status_code == 200 and word in answer.text, (path, lang)
    held = client.get(f"{base}/loan-losses?lang=en").text
    assert "come to the closing" in held and "do not come" not in held
    late = client.get(f"{base}/loans?bucket=3&lang=en").text
    lost = client.get(f"{base}/loans?bucket=5&lang=en").text
    assert loans[0] in lost and loans[0] not in late, (loans[0] in lost, loans[0] in late)
    assert "/loans/loan_" in late
    page = client.get(f"{base}/loans/{loans[0]}?lang=en").text
    for word in ("loan charged off", "Stage 1 → Stage 2", "loans:term:principal", "counts from"):
        assert word in page, word
    csv = client.get(f"{base}/export/loans.csv?lang=en").text.splitlines()
    assert len(csv) == len(loans) + 1
    day = client.get(f"{base}/loan-days?lang=en").text.split(f"{base}/loan-days/")[1][:10]
    assert "How late are loans" in client.get(f"{base}/loan-days/{day}?lang=en").text
    if SHOTS or CHROMIUM:
        looked_at(worlds, market, loans, day, tmp_path)


def looked_at(worlds: Worlds, market: Ground, loans: list[str], day: str, home: Path) -> None:
    """Each page in a browser: nothing is broken, and it is accessible."""
    with site.serving(site.app(worlds, home)) as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        ticket = make_ticket(home, market.name, clock.system_now(), book=market.number)
        tab = browser.new_page(viewport={"width": 1360, "height": 900})
        errors: list[str] = []
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(sign_in_link(origin, ticket), wait_until="commit")
        tab.wait_for_url(f"**/console/{market.name}")
        looks = [(path, lang) for path in PAGES for lang in ("en", "zh")] if SHOTS else [
            (PAGES[2], "zh")
        ]  # fmt: skip
        looks += [(f"loans/{loans[0]}", "en")]
        if SHOTS:
            looks += [
                (f"loans/{loans[3]}", "zh"),
                (f"loan-days/{day}", "zh"),
                (f"loan-days/{day}", "en"),
            ]
        for path, lang in looks:
            tab.goto(f"{origin}/console/{market.name}/{path}?lang={lang}")
            tab.wait_for_load_state("networkidle")
            if SHOTS:
                tab.evaluate("scrollTo(0, document.body.scrollHeight)")
                tab.wait_for_timeout(250)
                tab.evaluate("scrollTo(0, 0)")
                name = path.split("/")[0] + ("-one" if "/" in path else "")
                tab.screenshot(path=Path(SHOTS) / f"{name}-{lang}.png", full_page=True)
        assert not serious(tab)
        assert errors == []
        browser.close()


@pytest.fixture
def drawable(sandbox: Database, book: int) -> str:
    """A loan of the sandbox that was signed."""
    with sandbox.begin(book=book) as tx:
        payments.start(tx, payments.Terms())
        ground.product(tx, "term")
        return ground.signed(tx, ground.borrower(tx), amount=600_000, instalments=6).shown


def test_its_verbs_are_previewed_and_done(
    client: TestClient[Litestar], drawable: str, sandbox: Database, book: int, tmp_path: Path
) -> None:
    site.operator(client, tmp_path, "test", book)
    here = f"/console/test/loans/{drawable}"
    headers = {"Origin": str(client.base_url).rstrip("/")}

    def post(path: str, **fields: str) -> str:
        answer = client.post(f"{here}/{path}?lang=en", data=fields, headers=headers)
        assert answer.status_code in (200, 303, 409, 422), answer.text[:300]
        return answer.text

    assert "Draw down" in client.get(f"{here}?lang=en").text
    seen = post("draw/preview", amount="6000")
    assert "Loan paid out" in seen or "6,000.00" in seen
    with sandbox.begin(book=book) as tx:
        assert tx.value("SELECT state FROM loan WHERE book = %(book)s") == "signed"
    post("draw", amount="6000", key="console/1")
    post("draw", amount="6000", key="console/1")  # sent twice, it is done once
    post("repay", amount="1000", means="goodwill_credit", key="console/2")
    refused = post("repay/preview", amount="1000", means="repayment", on="2199-01-01")
    assert "cannot be the day" in refused
    for verb, fields in (
        ("charge", {"amount": "5", "charge": "fee", "due_on": "2199-01-01"}),
        ("interest_pause", {"until": "2199-01-01"}),
        ("re_amortise", {"interest": "carried"}),
        ("charge_off", {}),
    ):
        text = post(f"{verb}/preview", **fields)
        assert "Nothing is kept yet" in text or "problem" in text or "cannot" in text, verb
    with sandbox.begin(book=book) as tx:
        kinds = tx.tuples("SELECT kind FROM loan_event WHERE book = %(book)s ORDER BY number")
    assert kinds == [("drawdown",), ("payment",)]


def test_a_day_is_closed_by_a_button_in_the_sandbox(
    client: TestClient[Litestar], drawable: str, sandbox: Database, book: int, tmp_path: Path
) -> None:
    site.operator(client, tmp_path, "test", book)
    headers = {"Origin": str(client.base_url).rstrip("/")}
    page = client.get("/console/test/loan-days?lang=en").text
    assert "Close the day" in page
    day = page.split("/console/test/loan-days/")[1][:10]
    answer = client.post(f"/console/test/loan-days/{day}/close?lang=en", headers=headers)
    assert "whole" in answer.text
    assert "Close the day" not in client.get("/console/test/loan-days?lang=en").text
    early = client.post("/console/test/loan-days/2199-01-01/close?lang=en", headers=headers)
    assert early.status_code == 409
