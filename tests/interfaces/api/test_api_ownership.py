"""Whose is it: every endpoint against every kind of wrong key, with another tenant's objects."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from edge.protocol import new_key, public_text
from huoshui.core import ids
from huoshui.core.access import SCOPES
from huoshui.interfaces.api import HANDLERS
from huoshui.interfaces.api.contract import contract_of
from huoshui.lines.lending.loan import service
from huoshui.lines.payments import rails
from huoshui.lines.payments.rails import Answer, Call, Notice
from huoshui.lines.payments.rails import store as rail_store
from huoshui.scenarios import dispute_flow, payment_flow
from huoshui.scenarios.products import golden
from tests.ground import confirmation, placed, tender
from tests.interfaces.api import lending, modelling
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.deciding import in_force
from tests.interfaces.api.devices import CONFIRMED, PROGRAMME, Devices
from tests.interfaces.api.test_api_once import FILL, PURSE, TILL
from tests.interfaces.api.test_api_stories import PAID, money
from tests.judgement.risk import planting
from tests.lines.lending.factoring.ground import WITH, publish
from tests.lines.lending.loan import ground as loans
from tests.lines.lending.partners.test_partners import PARTNERS

GOLDEN = dict(golden())
HOOK = {"url": "https://hooks.example.com/", "events": ["*"]}
BODIES: dict[str, Any] = {
    "/facts": {"facts": []},
    "/orders/{ref:str}/refund": {"amount": money(1)},
    "/accounts": {"path": "mine", "currency": "CNY", "class": "asset"},
    "/transactions": FILL,
    "/transactions/batch": {"commands": [{"verb": "post", **FILL}]},
    "/holds": {"from": "till", "to": "purse", "amount": money(1)},
    "/holds/{ref:str}/extend": {"timeout_s": 60},
    "/accounts/{ref:str}/close": {"reason": "test"},
    "/accounts/{ref:str}/reopen": {"reason": "test"},
    "/accounts/{ref:str}/bounds": {"floor": None, "ceiling": None},
    "/periods": {"until": "2025-01-01"},
    "/clock": {"advance": "1s"},
    "/payments": {"amount": money(100), "seller": "slr_one"},
    "/payments/{ref:str}/attach": {"tenders": [{"rail": "balance", "party": "byr_one"}]},
    "/payment-links": {
        "amount": money(100),
        "seller": "slr_one",
        "title_en": "theirs",
        "title_zh": "theirs",
    },
    "/payout-batches": {"currency": "CNY"},
    "/catalog": {"file": GOLDEN["pay-in-3-free"]},
    "/catalog/{ref:str}/offer": {"number": 1},
    "/disputes/{ref:str}/evidence": {"name": "slip.txt", "content": "c2xpcA=="},
    "/settlement/terms": {},
    "/statement-files": {"name": "a.csv", "content": "date,amount\n2026-01-02,12.50\n"},
    "/reconciliation/lines/{ref:str}/split": {"amounts": [1, 2]},
    "/reconciliation/matches": {
        "lines": ["stl_00000000000000000000000000"],
        "items": [{"transaction": "txn_0", "leg": 0, "account": "acc_0"}],
    },
    "/devices": {"enrolment": "x"},
    "/devices/{ref:str}/rotate": {"rotation": "x"},
    "/devices/{ref:str}/revoke": {"cause": "lost"},
    "/devices/{ref:str}/certificates": {"programme": "prg_00000000000000000000000000"},
    "/certificates/{ref:str}/settle": {"statement": "x"},
    "/programmes": PROGRAMME,
    "/deposits": {"vouchers": []},
    "/vouchers/{ref:str}/resolve": {"outcome": "reject"},
    "/mandates": {
        "payer": "x",
        "merchant": "x",
        "currency": "CNY",
        "single_max": 1,
        "daily_max": 1,
    },
    "/mandates/{ref:str}/consent": {"confirmation": CONFIRMED},
    "/mandates/{ref:str}/page": {},
    "/device-events": {"events": []},
    "/device-events/{ref:str}/approve": {"confirmation": CONFIRMED},
    "/payments/{ref:str}/pay-later": {"product": "pay-in-3-free", "instalments": 3},
    "/payments/{ref:str}/pay-later/agree": {
        "loan": "loan_00000000000000000000000000",
        "mark": "x",
        "confirmation": CONFIRMED,
    },
    "/switched": {"file": GOLDEN["pay-in-3-free"]},
    "/loan-offers": lending.ASKED,
    "/loans": lending.ASKED | {"party": "x"},
    "/loans/{ref:str}/consent": lending.CONFIRMED,
    "/loans/{ref:str}/draw": {"amount": money(1)},
    "/loans/{ref:str}/repay": {"amount": money(1)},
    "/loans/{ref:str}/reverse": {"event": "lev_00000000000000000000000000"},
    "/loans/{ref:str}/change": {"change": {"kind": "charge_off"}},
    "/disbursements/{ref:str}/fail": {"reason": "x"},
    "/disbursements/{ref:str}/return": {"reason": "x"},
    "/loans/{ref:str}/request": {"kind": "spread", "words": "x"},
    "/loan-requests/{ref:str}/decide": {"outcome": "refuse", "answer": "x"},
    "/calculators/schedule": {"amount": money(1_000), "rate_annual": "0.1"},
    "/calculators/rates": {"received": money(100), "payments": [101]},
    "/party-pages": {"party": "slr_00000000000000000000000001"},
    "/cover-claims/{ref:str}/accept": {"amount": 1},
    "/loan-days": {},
    "/loan-loss-rules": {
        "rules": {"scenarios": [{"name": "a", "weight": "1", "lgd": "0.5", "pd_annual": ["0.1"]}]},
        "cause": "x",
    },
    "/loan-loss-proposals": {
        "rules": {"scenarios": [{"name": "a", "weight": "1", "lgd": "0.5", "pd_annual": ["0.1"]}]},
        "cause": "x",
    },
    "/loan-loss-proposals/{ref:str}/refuse": {"note": "x"},
    "/watch-list": {"party": "slr_x", "reason": "x"},
    "/watch-list/{ref:str}/remove": {},
    "/borrower-grades": {"party": "slr_x", "grade": "B"},
    "/milestone-sources": {"name": "x", "key": "x", "kinds": ["x"]},
    "/milestone-sources/{ref:str}/revoke": {"reason": "x"},
    "/milestone-sources/{ref:str}/suspend": {"reason": "x"},
    "/milestone-sources/{ref:str}/rotate": {"key": "x"},
    "/milestones": {"fact": "x"},
    "/partner-names": {"party": "x", "en": "X", "zh": "甲"},
    "/activities": {"activities": []},
    **modelling.BODIES,
    "/credit-lines": {"product": "x", "party": "byr_x"},
    "/keys": {"name": "x", "scopes": ["facts:read"]},
    "/members": {"email": "a@example.com", "name": "A", "role": "viewer"},
    "/organisations": {"kind": "partner", "name": "x"},
    "/organisations/{ref:str}/grants": {"seller": "*"},
    "/facilities": {"level": "group", "limit": money(100), "name": "x"},
    "/facilities/{ref:str}/changes": {"kind": "base", "amount": money(100), "cause": "x"},
    "/facilities/{ref:str}/freeze": {"cause": "x", "until": "2025-01-01"},
    "/facilities/{ref:str}/reservations": {"amount": money(1), "until": "2025-01-01T00:00:00Z"},
    "/facilities/{ref:str}/restore": {"amount": money(1)},
    "/facility-changes/{ref:str}/end": {"cause": "x"},
    "/facility-changes/{ref:str}/appeal": {"words": "x"},
    "/facility-appeals/{ref:str}/decide": {"outcome": "reject", "answer": "x"},
    "/receivables": {"seller": "s1", "order": "o1"},
    "/assignments": {
        "receivable": "rcv_00000000000000000000000000",
        "product": "factoring-with-recourse",
    },
    "/assignments/{ref:str}/collect": {"amount": 1},
    "/assignments/{ref:str}/release": {"evidence": "fact/1"},
    "/assignments/{ref:str}/repay": {"amount": 1},
    "/assignments/{ref:str}/dilute": {"amount": 1},
    "/rule-sets": {"file": "x"},
    "/rule-sets/{ref:str}/refuse": {"reason": "x"},
    "/rule-sets/{ref:str}/retire": {"reason": "x"},
    "/policies": {"file": "x"},
    "/policies/{ref:str}/refuse": {"reason": "x"},
    "/policies/{ref:str}/retire": {"reason": "x"},
    "/decisions": {"kind": "application"},
    "/list-entries": {
        "effect": "block",
        "about": "device",
        "value": "d",
        "reason": "score",
        "until": "2030-01-01T00:00:00Z",
    },
    "/list-entries/{ref:str}/take-back": {"note": "x"},
    "/suspects/{ref:str}/confirm": {"reason": "x"},
    "/suspects/{ref:str}/clear": {"reason": "x"},
    "/suspects/{ref:str}/reopen": {"reason": "x"},
    "/webhooks/endpoints": HOOK,
    "/webhooks/endpoints/{ref:str}": {"description": "x"},
    "/webhooks/endpoints/{ref:str}/resend": {"since": "2025-01-01T00:00:00Z"},
}
ENDPOINTS = [
    (next(iter(handler.http_methods)), path, contract_of(handler).scope)
    for handler in HANDLERS
    for path in handler.paths
]
OF_ONE = [e for e in ENDPOINTS if "{ref" in e[1]]


def queued_call(tenant: Tenant) -> UUID:
    """A call to a rail that is to be sent."""
    with tenant.database.begin(book=tenant.book) as tx:
        call = Call(id=tx.id("rca", "1"), rail="card", verb="authorise", subject="theirs", tender=0,
                    amount=1, currency="CNY")  # fmt: skip
        rails.queue(tx, [call])
    return call.id


def matched(tenant: Tenant) -> str:
    """The match of a line with the tender of the paid order."""
    order = tenant.get("/orders/o-paid")["id"]
    content = f"kind,reference,gross,at\ncharge,{order},110.00,2026-01-02T00:00:00Z\n"
    asked = {"name": "b.csv", "content": content, "profile": "acquirer", "rail": "card"}
    file = tenant.ask("POST", "/statement-files", asked).json()["id"]
    found = tenant.get("/reconciliation/lines", file=file, state="all")["data"]
    return str(found[0]["match"])


def disputed(tenant: Tenant, seller: str, about: str = "d1") -> str:
    """A dispute over a payment of 1.00 to a seller by card; its id."""
    asked = {"amount": money(100), "seller": seller, "confirm": True,
             "tenders": [{"rail": "card", "token": "tok"}]}  # fmt: skip
    payment = tenant.done("/payments", asked)["payment"]["id"]
    with tenant.database.begin(book=tenant.book) as tx:
        for verb in ("authorise", "capture"):
            [call] = [r.call for r in rail_store.of_subject(tx, payment) if r.verb == verb]
            payment_flow.told(
                tx, [(call, Answer(verdict="succeeded", reference=f"{verb}/{about}"))]
            )
        notice = Notice(event=about, kind="dispute_opened", at=tx.now, about=about, amount=100)
        found = dispute_flow.noticed(tx, call, notice)
    assert found is not None
    return ids.show("dpt", found.id)


def factored(tenant: Tenant, seller: str, name: str) -> dict[str, str]:
    """A claim of a seller on a firm, and an offer for it; their ids by address."""
    on = datetime.now(UTC).date()
    invoice = {
        "document": f"invoice {name}", "debtor": f"firm {name}", "face": money(100_000),
        "issued_on": on.isoformat(), "due_on": (on + timedelta(days=60)).isoformat(),
    }  # fmt: skip
    with tenant.database.begin(book=tenant.book) as tx:
        publish(tx)
    claim = tenant.done("/receivables", {"seller": seller, "invoice": invoice})["id"]
    asked = {"receivable": claim, "product": WITH}
    return {"/receivables": claim, "/assignments": tenant.done("/assignments", asked)["id"]}


def granted(tenant: Tenant, party: str, name: str) -> dict[str, str]:
    """A facility of a party with a freeze, an appeal and a reservation; their ids by address."""
    asked = {"level": "borrower", "limit": money(100_000), "name": name, "party": party}
    facility = tenant.done("/facilities", asked)["id"]
    # The clock of the sandbox is everybody's: others may have moved it.
    soon = datetime.fromisoformat(tenant.get("/world")["now"]) + timedelta(hours=1)
    wish = {"amount": money(100), "until": soon.isoformat()}
    reserved = tenant.done(f"/facilities/{facility}/reservations", wish)["reservation"]
    until = (soon + timedelta(days=30)).date().isoformat()
    freeze = {"cause": "test", "until": until, "share": "0.5"}
    change = tenant.done(f"/facilities/{facility}/freeze", freeze)["change"]["id"]
    appeal = tenant.done(f"/facility-changes/{change}/appeal", {"words": "no"})["id"]
    return {
        "/facilities": facility, "/facility-changes": change, "/facility-appeals": appeal,
        "/facility-reservations": reserved,
    }  # fmt: skip


def shared(tenant: Tenant, party: str) -> dict[str, str]:
    """A claim on who bears a part of a loan's loss, and a source of milestones; their ids by address."""
    with tenant.database.begin(book=tenant.book) as tx:
        loans.product(tx, "joint", more=PARTNERS)
        loan = loans.signed(tx, party, "joint")
        service.draw(tx, loan.id, 1_200_000, "d")
    lost = {"change": {"kind": "charge_off"}}
    tenant.done(f"/loans/{loan.shown}/change", lost)
    source = {"name": "School", "key": public_text(new_key()), "kinds": ["course_completed"]}
    return {
        "/cover-claims": tenant.get("/cover-claims", loan=loan.shown)["data"][0]["id"],
        "/milestone-sources": tenant.done("/milestone-sources", source)["id"],
    }


def judged(tenant: Tenant) -> dict[str, str]:
    """A rule set and a policy in force, a decision and an entry of a list; their ids by address."""
    found = in_force(tenant)
    asked = {"kind": "application", "reference": "theirs", "amount": money(100)}
    until = datetime.fromisoformat(tenant.get("/world")["now"]) + timedelta(days=9)
    entry = BODIES["/list-entries"] | {"until": until.isoformat()}
    with tenant.database.begin(book=tenant.book) as tx:
        suspect = planting.suspected(tx)
    return found | {
        "/suspects": suspect.shown,
        "/decisions": tenant.done("/decisions", asked)["id"],
        "/model-trainings": modelling.waiting(tenant),
        "/list-entries": tenant.done("/list-entries", entry)["id"],
    }


class Owned:
    """A tenant with one object of each kind, and the address of each endpoint upon it."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        tenant.tell(*PAID)
        tenant.done("/accounts", TILL)
        tenant.done("/accounts", PURSE)
        key = tenant.ask("POST", "/keys", {"name": "spare", "scopes": ["console"]}).json()["id"]
        account = tenant.get("/accounts", prefix="till")["data"][0]["id"]
        partner = tenant.done("/organisations", BODIES["/organisations"])["id"]
        tenant.tell(*placed("o-paid"), tender("o-paid"), confirmation("o-paid"))
        batch = tenant.done("/payout-batches", BODIES["/payout-batches"])["id"]
        for _ in range(2):
            window = tenant.done("/settlement/windows/close")["number"]
        member = tenant.ask("POST", "/members", BODIES["/members"]).json()["id"]
        file = tenant.ask("POST", "/statement-files", BODIES["/statement-files"]).json()["id"]
        line = tenant.get("/reconciliation/lines", file=file)["data"][0]["id"]
        grant = tenant.done(f"/organisations/{partner}/grants", {"seller": "*"})["id"]
        payment = {**BODIES["/payments"], "wallet": "byr_one", "seller": ""}
        tenant.done("/payments", payment)
        self.ids = {
            "/payments": tenant.done("/payments", BODIES["/payments"])["payment"]["id"],
            "/payment-links": tenant.done("/payment-links", BODIES["/payment-links"])["id"],
            "/wallets": "byr_one",
            "/orders": tenant.get("/orders/o1")["id"],
            "/accounts": account,
            "/transactions": tenant.done("/transactions", FILL)["id"],
            "/holds": tenant.done("/holds", BODIES["/holds"] | {"amount": money(0)})["id"],
            "/keys": key,
            "/organisations": partner,
            "/members": member,
            "/grants": grant,
            "/payout-batches": batch,
            "/payouts": tenant.get(f"/payout-batches/{batch}/payouts")["data"][0]["id"],
            "/statement-files": file,
            "/reconciliation/lines": line,
            "/reconciliation/matches": matched(tenant),
            "/settlement/windows": str(window),
            "/catalog": tenant.done("/catalog", BODIES["/catalog"] | {"offer": True})["product"],
        }
        endpoint = tenant.ask("POST", "/webhooks/endpoints", HOOK).json()["id"]
        queued = tenant.done(f"/webhooks/endpoints/{endpoint}/test")["id"]
        self.ids |= {"/webhooks/endpoints": endpoint, "/webhooks/deliveries": queued}
        self.ids["/rails/calls"] = ids.show("rca", queued_call(tenant))
        lending.offered(tenant)
        borrower = tenant.get("/sellers")["data"][0]["id"]
        self.ids["/loans"] = lending.running(tenant, borrower)
        self.ids["/disbursements"] = tenant.get("/disbursements")["data"][0]["id"]
        self.ids |= lending.asked_for(tenant, borrower)
        switched = tenant.ask("POST", "/switched", {"file": GOLDEN["pay-in-instalments"]})
        self.ids["/switched"] = switched.json()["product"]
        self.ids["/whatif/full"] = switched.json()["product"]
        self.ids["/disputes"] = disputed(tenant, "slr_one")
        self.ids["/sellers"] = seller = tenant.get("/sellers")["data"][0]["id"]
        self.ids |= factored(tenant, seller, "theirs")
        self.ids |= granted(tenant, seller, "theirs")
        self.ids |= shared(tenant, seller) | judged(tenant)
        with tempfile.TemporaryDirectory() as home:
            self.ids |= Devices(tenant, Path(home), "s-device", "b-device").everything()

    def address(self, path: str) -> str:
        """A path with this tenant's object in it."""
        ref = next((i for start, i in self.ids.items() if path.startswith(start)), "")
        return path.replace("{ref:str}", ref)

    def refused(self, verb: str, path: str, key: str) -> Any:
        """What a key gets for an endpoint upon this tenant's object."""
        body = BODIES.get(path) if verb == "POST" else None
        headers = {"Idempotency-Key": "walk"}
        return self.tenant.ask(verb, self.address(path), body, key=key, headers=headers)


@pytest.fixture(scope="module")
def owned(open_tenant: Callable[..., Tenant]) -> Owned:
    """The tenant whose objects the others try to reach."""
    return Owned(open_tenant())


@pytest.fixture(scope="module")
def stranger(open_tenant: Callable[..., Tenant]) -> Tenant:
    """Another book of the same world."""
    return open_tenant()


@pytest.fixture(scope="module")
def foreigner(open_tenant: Callable[..., Tenant]) -> Tenant:
    """A book of another world."""
    return open_tenant("live")


@pytest.mark.parametrize(("verb", "path", "scope"), ENDPOINTS)
def test_no_key_no_answer(owned: Owned, verb: str, path: str, scope: str) -> None:
    tenant = owned.tenant
    revoked = tenant.make_key()
    ref = tenant.get("/keys", limit=1)["data"][0]["id"]
    assert tenant.ask("DELETE", f"/keys/{ref}").status_code == 204
    before = tenant.counts()
    good = tenant.key
    wrong = [
        "", "nonsense", "hs_test_" + "A" * 32, "hs_nowhere_" + "A" * 32, good[:-1],
        good.replace("hs_test_", "hs_live_"), good + "A", revoked,
    ]  # fmt: skip
    answers = [owned.refused(verb, path, key) for key in wrong]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong_key")
        assert answer.headers["www-authenticate"] == "Bearer"
    told = [{k: v for k, v in a.json().items() if k != "instance"} for a in answers]
    assert all(t == told[0] for t in told), "nobody is told which"
    assert tenant.counts() == before


@pytest.mark.parametrize(("verb", "path", "scope"), [e for e in ENDPOINTS if e[2]])
def test_a_key_without_the_scope_is_told_which_it_lacks(
    owned: Owned, verb: str, path: str, scope: str
) -> None:
    key = owned.tenant.make_key(*(SCOPES.keys() - {scope}))
    before = owned.tenant.counts()
    answer = owned.refused(verb, path, key)
    assert (answer.status_code, answer.json()["code"]) == (403, "out_of_scope")
    assert scope in answer.json()["detail"]
    assert owned.tenant.counts() == before


@pytest.mark.parametrize(("verb", "path", "scope"), OF_ONE)
@pytest.mark.parametrize("whose", ["stranger", "foreigner"])
def test_another_tenants_object_is_as_if_it_were_not(
    owned: Owned, verb: str, path: str, scope: str, whose: str, request: pytest.FixtureRequest
) -> None:
    other: Tenant = request.getfixturevalue(whose)
    before, theirs = owned.tenant.counts(), other.counts()
    found = owned.refused(verb, path, other.key)
    assert found.status_code == 404
    # Word for word what an id that nobody has would get.
    address = owned.address(path)
    real = next(i for start, i in owned.ids.items() if path.startswith(start))
    absent = real[:-4] + ("0000" if real[-4:] != "0000" else "1111")
    body = BODIES.get(path) if verb == "POST" else None
    nothing = other.ask(
        verb, address.replace(real, absent), body, headers={"Idempotency-Key": "walk"}
    )
    assert nothing.status_code == 404 and nothing.json()["code"] == found.json()["code"]
    assert nothing.json()["detail"].replace(absent, real) == found.json()["detail"]
    assert owned.tenant.counts() == before and other.counts() == theirs


# What is no list: a world's own replay, the process's lane, a log that begins with its first leaf,
# the rails and the kinds of activities that there are, what tills are to know.
NO_LISTS = (
    "/activity-kinds",
    "/features",
    "/settlement/terms",
    "/reconciliation/check",
    "/replay",
    "/offline/trust",
    "/ledger/lane",
    "/ledger/checkpoint",
    "/rails",
)
LISTS = [e for e in ENDPOINTS if e[0] == "GET" and "{ref" not in e[1] and e[1] not in NO_LISTS]


@pytest.mark.parametrize(("verb", "path", "scope"), LISTS)
@pytest.mark.parametrize("whose", ["stranger", "foreigner"])
def test_no_list_and_no_total_holds_what_is_anothers(
    owned: Owned, verb: str, path: str, scope: str, whose: str, request: pytest.FixtureRequest
) -> None:
    other: Tenant = request.getfixturevalue(whose)
    told = other.get(path)
    if path == "/keys":
        mine = {k["id"] for k in told["data"]}
        assert mine.isdisjoint({k["id"] for k in owned.tenant.get("/keys")["data"]})
    elif path == "/settlement/windows":
        assert [w["number"] for w in told["data"]] == [1]
    elif path == "/requests":
        owned.tenant.client.app.state.requests.write()  # type: ignore[attr-defined]
        theirs = {c["id"] for c in owned.tenant.get("/requests", limit=100)["data"]}
        assert theirs and theirs.isdisjoint({c["id"] for c in told["data"]})
    elif path == "/world":
        assert told["book"] == f"book-{other.book}"
    elif path == "/whatif":
        assert told["results"] == []
    elif path == "/reasons":  # one catalogue for all
        assert told.keys() == {"reasons"}
    elif path == "/whatif/full":
        assert told["full"] == told["estimate"] == told["refused"] == []
    else:
        assert told.get("data", told.get("lines")) == []


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ("/transactions", "account", "/accounts"),
        ("/events", "object", "/orders"),
        ("/transactions", "reference", "/orders"),
        ("/orders", "after", "/orders"),
        ("/transactions", "after", "/transactions"),
        ("/holds", "after", "/holds"),
        ("/webhooks/deliveries", "endpoint", "/webhooks/endpoints"),
        ("/webhooks/deliveries", "after", "/webhooks/deliveries"),
        ("/webhooks/endpoints", "after", "/webhooks/endpoints"),
    ],
)
def test_a_filter_or_cursor_with_anothers_id_finds_nothing(
    owned: Owned, stranger: Tenant, path: str, name: str, kind: str
) -> None:
    assert stranger.get(path, **{name: owned.ids[kind]})["data"] == []


def test_own_accounts_are_never_moved_by_anothers_transaction(
    owned: Owned, stranger: Tenant
) -> None:
    before = owned.tenant.counts()
    answer = stranger.post("/transactions", FILL)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_account")
    assert owned.tenant.counts() == before
