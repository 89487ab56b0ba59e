"""A product that is put into a folder today runs from the quote to the close, over the API alone."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from edge.protocol import Milestone, new_key, public_text, sealed
from tests.ground import placed
from tests.interfaces.api import lending
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_loans import cny

FILE = """
product = "apprentice-loan"
line = "lending"
currency = "CNY"
name = { en = "Apprentice loan", zh = "学徒贷" }
about = { en = "For tools and lessons.", zh = "用于工具与学费。" }
amount = { min = 100_000, max = 3_000_000 }
price = { rate_annual = "0.08" }
terms = { instalments = [3, 6], month_days = "30", year_days = 360 }
law = { cap_annual = "0.24" }
disclosures = [{ en = "You repay {total}; yearly {irr_compound}.", zh = "共还 {total}，年化 {irr_compound}。" }]
premium = { party = "insurer", rate = "0.01", borrower = "0", merchant = "0.5" }
life = { charge_off = "accelerate" }

[[eligibility]]
name = "not_too_much"
test = "asked.amount <= 25000 CNY"
en = "At most 25,000 yuan."
zh = "不超过 25,000 元。"

[limit]
base = 600_000
[[limit.milestones]]
fact = "course_completed"
share = "1"
days = 365
en = "Course completed: twice as much for a year."
zh = "完成课程：额度翻倍一年。"

[losses]
rest = "funders"
[[losses.covers]]
party = "insurer"
role = "insurer"
order = 1
basis = "net"
share = "0.8"
components = ["principal"]

[[funding.funders]]
party = "bank"
principal = "0.7"
interest = "0.7"
charges = "0"
servicing = "0.05"
"""


def test_it_runs_from_its_file_to_the_close(timed: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "apprentice-loan.toml"
    file.write_text(FILE, encoding="utf-8")
    timed.tell(*placed())
    party = timed.get("/sellers")["data"][0]["id"]
    timed.done("/catalog", {"file": file.read_text(encoding="utf-8")})
    timed.done("/catalog/apprentice-loan/offer", {"number": 1})
    line = timed.done("/credit-lines", {"product": "apprentice-loan", "party": party})
    assert line["limit"] == cny(600_000)
    asked = {"product": "apprentice-loan", "amount": 1_000_000, "instalments": 3}
    told = timed.done("/loan-offers", asked)["disclosure"]
    declined = timed.done("/loans", asked | {"party": party, "amount": 2_600_000})
    assert declined["state"] == "declined"
    assert declined["reasons"][0]["zh"] == "不超过 25,000 元。"
    ref = timed.done("/loans", asked | {"party": party})["id"]
    timed.done(f"/loans/{ref}/consent", lending.CONFIRMED)
    refused = timed.post(f"/loans/{ref}/draw", {"amount": cny(1_000_000)})
    assert refused.status_code == 409, "the line does not reach"
    lifted = timed.done("/milestones", {"fact": _certificate(timed, party)})
    assert lifted["lifted"][0]["facility"]["limit"] == cny(1_200_000)
    assert timed.done("/milestones", {"fact": lifted["milestone"]["fact"]})["again"] is True
    timed.done(f"/loans/{ref}/draw", {"amount": cny(1_000_000)})
    rows = timed.get(f"/loans/{ref}/schedule")["rows"]
    assert [(r["principal"], r["interest"]) for r in rows] == [
        (r["principal"], r["interest"]) for r in told["instalments"]
    ]
    begun = _today(timed)
    for row in rows:
        timed.done(
            "/clock", {"advance": f"{(date.fromisoformat(row['due']) - _today(timed)).days}d"}
        )
        owed = row["principal"] + row["interest"]
        state = timed.done(f"/loans/{ref}/repay", {"amount": cny(owed)})["loan"]["state"]
    assert state == "closed" and _today(timed) > begun
    assert timed.get(f"/facilities/{line['id']}")["facility"]["drawn"] == cny(0)
    gains = {each["role"]: each["gain"]["amount"] for each in timed.get("/partners")["data"]}
    assert sum(gains.values()) == 0
    assert gains["insurer"] == 10_000 and gains["merchant"] == -5_000
    assert gains["funder"] > 0 > gains["borrower"]


def _today(tenant: Tenant) -> date:
    return datetime.fromisoformat(tenant.get("/world")["now"]).date()


def _certificate(tenant: Tenant, party: str) -> str:
    """What a school signs once the course is completed."""
    key = new_key()
    asked = {"name": "School", "key": public_text(key), "kinds": ["course_completed"]}
    source = tenant.done("/milestone-sources", asked)["id"]
    assert tenant.get("/milestone-sources")["data"][0]["kinds"] == ["course_completed"]
    at = int(datetime.fromisoformat(tenant.get("/world")["now"]).timestamp() * 1000)
    with tenant.database.begin(book=tenant.book) as tx:
        market = tx.value("SELECT slug FROM book WHERE book = %(book)s")
    said = Milestone(
        source=source, number="7", kind="course_completed", subject=party, reference="welding-1",
        market=market, at=at, ends=at + 30 * 86_400_000,
    )  # fmt: skip
    forged = sealed(said, new_key())
    assert tenant.post("/milestones", {"fact": forged}).json()["code"] == "bad_milestone"
    return sealed(said, key)
