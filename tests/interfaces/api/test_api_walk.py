"""The walk: every endpoint × every role × what is another's. The list is the handlers' own.

An endpoint that is added is walked without a line here. It must declare what bounds it
(`Contract.bound`); one that is bound to rows and never asks whose they are answers 500, and one
that answers another's rows is found by the words that only the other's rows hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from huoshui.core import access, ids
from huoshui.core.access import ROLES, SCOPES, members
from huoshui.core.db import Tx
from huoshui.facts.commerce import model
from huoshui.interfaces.api import HANDLERS
from huoshui.interfaces.api.contract import Contract, contract_of
from huoshui.interfaces.api.door import Unbounded, Visit
from huoshui.lines.payments.settlement import payouts
from tests import ground
from tests.interfaces.api import lending
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.devices import Devices
from tests.interfaces.api.modelling import waiting
from tests.interfaces.api.test_api_ownership import BODIES, disputed, factored, granted

ENDPOINTS = [
    (next(iter(handler.http_methods)), path, contract_of(handler))
    for handler in HANDLERS
    for path in handler.paths
]
# What a caller may make of its own is not made here: what is another's is looked for.
WISHES = BODIES | {"/model-trainings": {}}
NAMES = [f"{verb} {path}" for verb, path, _ in ENDPOINTS]
OTHERS = [(kind, role) for kind, roles in ROLES.items() for role in roles if kind != "marketplace"]
# Every till is told which wallets to refuse (`/offline/trust`): bare ids of devices, whoever's.
MARK = "theirs"  # in every name of what the walkers may not see


class Party(msgspec.Struct, frozen=True):
    """Who walks: a key for each kind and role, and the ids of what is theirs and not theirs."""

    tenant: Tenant
    keys: dict[tuple[Any, str], str]
    own: dict[str, str]
    other: dict[str, str]


def _shop(tenant: Tenant, name: str, buyer: str) -> None:
    """A seller with an order of a buyer that was paid for and confirmed."""
    at = ground.START
    tenant.tell(
        ground.shop(f"s-{name}"),
        model.Buyer(key=buyer, occurred_at=at, city="", region="", postcode=""),
        model.Product(key=f"p-{name}", occurred_at=at, name=name, category="", weight_g=0),
        model.Order(key=f"o-{name}", occurred_at=at, buyer=buyer, currency="CNY"),
        model.Item(
            key=f"i-{name}", occurred_at=at, order=f"o-{name}", product=f"p-{name}",
            seller=f"s-{name}", price=ground.cny(10_000), freight=ground.cny(1_000),
        ),
        ground.tender(f"o-{name}"),
        ground.delivery(f"o-{name}"),
        ground.confirmation(f"o-{name}"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def party(open_tenant: Callable[..., Tenant], home: Path) -> Party:
    """One marketplace, two sellers, two buyers; the walkers are of the first of each."""
    tenant = open_tenant()
    lending.offered(tenant)
    _shop(tenant, "mine", "b-mine")
    _shop(tenant, MARK, f"b-{MARK}")
    with tenant.database.begin(book=tenant.book) as tx:
        keys: dict[tuple[Any, str], str] = {
            (kind, role): _key(tx, tenant, kind, role) for kind, role in OTHERS
        }
        payouts.pay_out(tx)
        stranger = access.open_organisation(tx, "partner", f"partner {MARK}")
        access.make_key(tx, tenant.world, f"key {MARK}", organisation_id=stranger.id)
        grant = access.grant_rows(tx, stranger.id, None)
        member, _ = members.invite(tx, f"{MARK}@example.com", MARK, "viewer")
    return Party(tenant, keys, _ids(tenant, "mine"), _ids(tenant, MARK) | {
        "/organisations": ids.show("org", stranger.id), "/grants": ids.show("grt", grant.id),
        "/members": member.shown, "/model-trainings": waiting(tenant),
        "/keys": next(
            k["id"] for k in tenant.get("/keys", limit=100)["data"] if k["name"] == f"key {MARK}"
        ),
    } | Devices(tenant, home / MARK, f"s-{MARK}", f"b-{MARK}").everything())  # fmt: skip


def _key(tx: Tx, tenant: Tenant, kind: Any, role: str) -> str:
    """A key of an organisation of that kind and role; a seller's or buyer's is the first one."""
    named = {"seller": "slr", "buyer": "byr"}.get(kind)
    object_id: UUID | None = None
    if named:
        table = "seller" if named == "slr" else "buyer"
        object_id = tx.value(
            f"SELECT id FROM {table} WHERE book = %(book)s AND key = %(key)s",  # type: ignore[arg-type]
            key=f"{named[0]}-mine",
        )
        standing = access.organisation_of(tx, object_id) if object_id else None
        if standing:  # the narrower role is a member's; a key of it has that role's scopes
            scopes = access.role_scopes(kind, role)
            return access.make_key(tx, tenant.world, role, scopes, organisation_id=standing.id)[1]
    made = access.open_organisation(tx, kind, f"{kind} {role}", role=role, object_id=object_id)
    if kind == "partner":
        mine = tx.value("SELECT id FROM seller WHERE book = %(book)s AND key = 's-mine'")
        access.grant_rows(tx, made.id, mine)
    return access.make_key(tx, tenant.world, role, organisation_id=made.id)[1]


def _ids(tenant: Tenant, name: str) -> dict[str, str]:
    """The ids of a shop's objects, by the address under which they stand."""
    seller = tenant.get("/sellers", key=f"s-{name}")["data"][0]["id"]
    order = tenant.get(f"/orders/o-{name}")["id"]
    account = tenant.get("/accounts", prefix=f"merchant:{seller}:")["data"][0]["id"]
    transaction = tenant.get("/transactions", reference=order)["data"][0]["id"]
    buyer = tenant.get(f"/orders/o-{name}")["buyer"]
    asked = {"amount": {"amount": 100, "currency": "CNY"}, "seller": seller, "buyer": f"b-{name}"}
    payment = tenant.done("/payments", asked)["payment"]["id"]
    link = {"amount": asked["amount"], "seller": seller, "title_en": name, "title_zh": name}
    asked_for = lending.asked_for(tenant, seller)
    loan = lending.running(tenant, seller)
    return asked_for | {
        "/loans": loan, "/disbursements": tenant.get("/disbursements", loan=loan)["data"][0]["id"],
        "/payment-links": tenant.done("/payment-links", link)["id"],
        "/disputes": disputed(tenant, seller, f"d-{name}"), "/payments": payment, "/wallets": f"byr_{buyer}",
        "/sellers": seller, "/orders": order, "/accounts": account, "/transactions": transaction,
        "/holds": transaction, "/payouts": tenant.get("/payouts", seller=seller)["data"][0]["id"],
    } | factored(tenant, seller, name) | granted(tenant, seller, name)  # fmt: skip


def _address(path: str, objects: dict[str, str]) -> str:
    start = "/" + path.split("/")[1]
    return path.replace("{ref:str}", objects.get(start, "x_00000000000000000000000000"))


@pytest.fixture
def untouched(party: Party) -> Iterator[None]:
    """What a refused walk leaves as it was."""
    before = party.tenant.counts()
    yield
    after = party.tenant.counts()
    # A caller may make keys of its own.
    assert after | {"api_key": 0} == before | {"api_key": 0}


@pytest.mark.parametrize(("verb", "path", "contract"), ENDPOINTS, ids=NAMES)
def test_every_endpoint_says_what_bounds_it(verb: str, path: str, contract: Contract) -> None:
    assert contract.bound in ("book", "rows", "caller")
    assert contract.scope in SCOPES or not contract.scope
    if contract.bound == "book":
        assert contract.scope, "what concerns the whole book needs a scope"


@pytest.mark.parametrize(("verb", "path", "contract"), ENDPOINTS, ids=NAMES)
@pytest.mark.parametrize(("kind", "role"), OTHERS)
def test_no_role_reaches_what_is_anothers(
    party: Party, untouched: None, kind: str, role: str, verb: str, path: str, contract: Contract
) -> None:
    answer = party.tenant.ask(
        verb, _address(path, party.other), WISHES.get(path, {}) if verb == "POST" else None,
        key=party.keys[kind, role], headers={"Idempotency-Key": "walk"},
    )  # fmt: skip
    code = answer.json()["code"] if answer.status_code >= 400 else ""
    if contract.scope and contract.scope not in ROLES[kind][role]:  # type: ignore[index]
        assert (answer.status_code, code) == (403, "out_of_scope")
    elif contract.bound == "book":
        assert (answer.status_code, code) == (403, "out_of_bounds")
    elif "{ref" in path:
        assert answer.status_code == 404, (answer.text, "add its body to BODIES?")
    else:
        assert answer.status_code in (200, 201, 400, 422), answer.text
    told_to_all = {party.other["/devices"]} if path == "/offline/trust" else set()
    for word in {MARK, *party.other.values()} - told_to_all:
        told = answer.text.replace(_address(path, party.other), "")
        assert word not in told or answer.status_code == 404, (word, answer.text)


# A role without the scope is refused before anything is looked for.
REACHED = [
    (kind, role, *e)
    for kind, role in OTHERS
    for e in ENDPOINTS
    if "{ref" in e[1] and e[2].bound == "rows" and e[2].scope in ROLES[kind][role]
]


@pytest.mark.parametrize(
    ("kind", "role", "verb", "path", "contract"),
    REACHED,
    ids=[f"{kind}-{role}-{verb} {path}" for kind, role, verb, path, _ in REACHED],
)
def test_anothers_object_is_told_apart_from_none_by_nobody(
    party: Party, kind: str, role: str, verb: str, path: str, contract: Contract
) -> None:
    theirs = _address(path, party.other)
    real = next(id_ for id_ in party.other.values() if id_ in theirs)
    absent = real[:-4] + ("0000" if real[-4:] != "0000" else "1111")
    key = party.keys[kind, role]
    found, nothing = (
        party.tenant.ask(verb, a, BODIES.get(path, {}) if verb == "POST" else None, key=key)
        for a in (theirs, theirs.replace(real, absent))
    )
    assert found.status_code == nothing.status_code
    told = nothing.json()["detail"].replace(absent, real)
    assert (found.json()["code"], found.json()["detail"]) == (nothing.json()["code"], told)


def test_each_sees_its_own(party: Party) -> None:
    def seen(kind: str, role: str, path: str) -> Any:
        found = party.tenant.ask("GET", path, key=party.keys[kind, role]).json()["data"]
        return [row for row in found if row.get("key") != "o-both"]

    for who in (("seller", "owner"), ("seller", "viewer"), ("partner", "reader")):
        assert [o["key"] for o in seen(*who, "/orders")] == ["o-mine"]
        assert [s["key"] for s in seen(*who, "/sellers")] == ["s-mine"]
        assert [a["id"] for a in seen(*who, "/accounts")] == [party.own["/accounts"]]
        own = party.own["/accounts"]
        assert len(seen(*who, f"/accounts/{own}/transfers")) > 0
    assert [o["key"] for o in seen("buyer", "buyer", "/orders")] == ["o-mine"]
    assert seen("buyer", "buyer", "/sellers") == []
    assert {k["name"] for k in seen("seller", "owner", "/keys")} >= {"owner", "viewer"}


def test_a_seller_sees_of_a_shared_order_its_own_part(party: Party) -> None:
    tenant, at = party.tenant, ground.START
    tenant.tell(
        model.Order(key="o-both", occurred_at=at, buyer="b-mine", currency="CNY"),
        *(
            model.Item(
                key=f"i-both-{name}", occurred_at=at, order="o-both", product=f"p-{name}",
                seller=f"s-{name}", price=ground.cny(price), freight=ground.cny(0),
            )
            for name, price in (("mine", 300), (MARK, 70_000))
        ),
    )  # fmt: skip
    key = party.keys["seller", "owner"]
    answer = tenant.ask("GET", "/orders/o-both", key=key, params={"expand": "items"})
    found = answer.json()
    assert found["total"]["amount"] == 300 and found["lines"] == 1
    assert [i["seller"] for i in found["items"]] == ["s-mine"] and "70000" not in answer.text
    listed = tenant.ask("GET", "/orders", key=key).json()["data"]
    assert next(o for o in listed if o["key"] == "o-both")["total"]["amount"] == 300
    for part in ("money", "tenders", "history"):
        refused = tenant.ask("GET", "/orders/o-both", key=key, params={"expand": part})
        assert (refused.status_code, refused.json()["code"]) == (422, "unknown_expand")
    as_of = tenant.ask("GET", "/orders/o-both", key=key, params={"as_of": "2030-01-01T00:00:00Z"})
    assert as_of.status_code == 422


def test_a_filter_or_cursor_of_anothers_finds_nothing(party: Party) -> None:
    for who in OTHERS:
        key = party.keys[who]
        for path, params in (
            ("/orders", {"seller": f"s-{MARK}"}), ("/orders", {"buyer": f"b-{MARK}"}),
            ("/sellers", {"key": f"s-{MARK}"}), ("/payouts", {"seller": party.other["/sellers"]}),
            ("/accounts", {"prefix": "escrow"}), ("/accounts", {"kind": "platform.commission"}),
        ):  # fmt: skip
            answer = party.tenant.ask("GET", path, key=key, params=params)
            if answer.status_code != 403:
                assert answer.json()["data"] == [] or MARK not in answer.text


def test_a_partner_sees_what_it_was_granted_and_no_longer(
    open_tenant: Callable[..., Tenant],
) -> None:
    tenant = open_tenant()
    _shop(tenant, "mine", "b-mine")
    made = tenant.done("/organisations", {"kind": "partner", "name": "Bank", "role": "regulator"})
    scopes = ["facts:read", "ledger:read"]
    key = tenant.ask(
        "POST", "/keys", {"name": "k", "scopes": scopes, "organisation": made["id"]}
    ).json()["key"]

    def orders() -> int:
        return len(tenant.ask("GET", "/orders", key=key).json()["data"])

    def trial() -> int:
        return tenant.ask("GET", "/trial-balance", key=key).status_code

    assert (orders(), trial()) == (0, 403)
    one = tenant.done(f"/organisations/{made['id']}/grants", {"seller": "s-mine"})
    assert (orders(), trial()) == (1, 403)
    assert tenant.ask("DELETE", f"/grants/{one['id']}").status_code == 204
    assert (orders(), trial()) == (0, 403)
    tenant.done(f"/organisations/{made['id']}/grants", {"seller": "*"})
    assert (orders(), trial()) == (1, 200)
    assert tenant.done(f"/organisations/{made['id']}/end")["ended_at"]
    assert trial() == 401


def test_the_same_idempotency_key_of_another_caller_is_another(party: Party) -> None:
    """A reply that was kept for one caller is never given to another one."""
    wish = {"Idempotency-Key": "shared"}
    body = {"kind": "partner", "name": "once"}
    first = party.tenant.ask("POST", "/organisations", body, headers=wish)
    assert first.status_code == 200
    for who in OTHERS:
        again = party.tenant.ask("POST", "/organisations", body, key=party.keys[who], headers=wish)
        assert again.status_code == 403 and first.json()["id"] not in again.text


def test_a_key_of_an_organisation_makes_keys_of_its_own_alone(party: Party) -> None:
    key, tenant = party.keys["seller", "owner"], party.tenant
    made = tenant.ask("POST", "/keys", {"name": "owner", "scopes": ["facts:read"]}, key=key).json()
    assert made["organisation"].startswith("org_")
    answer = tenant.ask("GET", "/orders", key=made["key"]).json()["data"]
    assert MARK not in str([o["buyer"] for o in answer])
    more = tenant.ask("POST", "/keys", {"name": "x", "scopes": ["ledger:write"]}, key=key)
    assert (more.status_code, more.json()["code"]) == (403, "out_of_scope")
    body = {"name": "x", "scopes": ["facts:read"], "organisation": party.other["/organisations"]}
    assert tenant.ask("POST", "/keys", body, key=key).status_code == 404


def test_an_endpoint_that_never_asks_whose_rows_answers_nothing(tenant: Tenant) -> None:
    """The net below: `Visit.begin` and `Visit.answer` withhold what was not bounded."""
    contract = msgspec.structs.replace(contract_of(HANDLERS[1]), bound="rows")
    assert not contract.dry_run
    with tenant.database.begin(book=tenant.book) as tx:
        actor = access.who(tx, tenant.key)

    class Asked:
        url = type("Url", (), {"path": "/v1/x"})

    app = tenant.client.app.state.door  # type: ignore[attr-defined]
    visit = Visit(Asked(), app, actor, contract)  # type: ignore[arg-type]
    with pytest.raises(Unbounded), visit.begin():
        pass
    with visit.begin():
        assert visit.bound.whole
