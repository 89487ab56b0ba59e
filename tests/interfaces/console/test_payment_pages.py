"""The pages of payments, disputes and their success: what they show and what they let one do."""

from __future__ import annotations

from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from huoshui.core import ids
from huoshui.core.db import Database
from huoshui.lines import payments
from huoshui.lines.payments.disputes import service
from huoshui.lines.payments.escrow import Terms
from huoshui.lines.payments.payment.model import Create, Part, Tender
from huoshui.scenarios import payment_flow
from tests import ground
from tests.ground import Ground
from tests.interfaces.console import site
from tests.lines.payments.test_disputes import CARD, FEE, SELLER, Paid

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
BASE = "/console/test"


def fill(database: Database, book: int) -> list[Paid]:
    """A payment with a dispute and files, one half refunded, one declined, one that was begun."""
    with database.begin(book=book) as tx:
        payments.start(tx, Terms())
    market = Ground("test", database, book)
    disputed, refunded = Paid(market, name="1"), Paid(market, name="2")
    disputed.notice("dispute_opened", 6_500, "fraudulent")
    market.take(*ground.placed("o1"), ground.delivery("o1"))
    with database.begin(book=book) as tx:
        id_ = disputed.dispute().id
        service.add_evidence(tx, id_, "slip.pdf", b"%PDF-1.7 slip", "signed at the door")
        payment_flow.refund(tx, refunded.id, "k", 2_000, "too small")
        tender = Tender("card", CARD, 5_000, token="tok")
        parts = (Part(SELLER, "seller", 4_500), Part(FEE, "commission", 500))
        begun = Create(id=tx.id("pmt", "3"), currency="CNY", tenders=(tender,), parts=parts)
        payment_flow.apply(tx, [begun])[0].demand()
    return [disputed, refunded]


@pytest.fixture
def made(client: TestClient[Litestar], sandbox: Database, book: int, tmp_path: Path) -> list[Paid]:
    """What the operator, who is signed in, looks at."""
    found = fill(sandbox, book)
    site.operator(client, tmp_path, "test", book)
    return found


def test_every_page_answers_in_both_languages(
    client: TestClient[Litestar], made: list[Paid]
) -> None:
    dispute = ids.show("dpt", made[0].dispute().id)
    payment = ids.show("pmt", made[0].id)
    for place in ("payments", "payments?state=succeeded&rail=card&least=100", "refunds", "success",
                  "disputes", f"disputes/{dispute}", f"payments/{payment}"):  # fmt: skip
        for lang in ("en", "zh"):
            joint = "&" if "?" in place else "?"
            answer = client.get(f"{BASE}/{place}{joint}lang={lang}")
            assert answer.status_code == 200, place
    for name in ("payments", "refunds", "disputes"):
        answer = client.get(f"{BASE}/export/{name}.csv")
        assert answer.status_code == 200 and len(answer.text.splitlines()) > 1, name


def test_a_payment_shows_what_was_charged_back_and_what_may_be_asked(
    client: TestClient[Litestar], made: list[Paid]
) -> None:
    text = client.get(f"{BASE}/payments/{ids.show('pmt', made[0].id)}?lang=en").text
    assert "Charged back" in text and "Disputes" in text and "Preview" not in text
    page = f"{BASE}/payments/{ids.show('pmt', made[1].id)}"
    assert "can go back, by the same means" in client.get(f"{page}?lang=en").text
    version = str(made[1].now().version)
    answer = client.post(f"{page}/refund", data={"version": version}, follow_redirects=False)
    assert answer.status_code == 303
    assert made[1].now().left == 0
    again = client.post(f"{page}/refund", data={"version": version}, follow_redirects=False)
    assert again.status_code == 409, "the same form twice is once"


def test_a_dispute_is_answered_once(client: TestClient[Litestar], made: list[Paid]) -> None:
    page = f"{BASE}/disputes/{ids.show('dpt', made[0].dispute().id)}"
    shown = client.get(f"{page}?lang=en").text
    assert "Submit the evidence" in shown and "slip.pdf" in shown
    answer = client.post(f"{page}/submit", follow_redirects=False)
    assert answer.status_code == 303
    found = made[0].dispute()
    assert found.state == "under_review" and found.paper
    assert found.paper.hex() in client.get(page).text
    printed = client.get(f"{page}/evidence.html?lang=zh")
    assert "attachment" in printed.headers["content-disposition"]
    assert found.paper.hex() in printed.text and "slip.pdf" in printed.text
    assert 'src="/' not in printed.text and 'href="/' not in printed.text, "it needs no server"
    assert client.post(f"{page}/accept", follow_redirects=False).status_code == 409
    assert client.post(f"{page}/win", follow_redirects=False).status_code == 404
