"""A tenant with the golden rules and policy in force, put there by two keys."""

from __future__ import annotations

from typing import Any

from huoshui.core import access
from tests.interfaces.api.conftest import Tenant
from tests.judgement.risk.conftest import POLICY, RULES

GOOD = {"identity_verified": True, "free_income_monthly": 500_000}


def in_force(tenant: Tenant) -> dict[str, str]:
    """The rule set and the policy, proposed with one key and published with another; by address."""
    with tenant.database.begin(book=tenant.book) as tx:
        other = access.make_key(tx, tenant.world, "second", frozenset(access.SCOPES))[1]
    found = {}
    for place, text in (("/rule-sets", RULES), ("/policies", POLICY)):
        version = tenant.done(place, {"file": text})["id"]
        published = tenant.ask("POST", f"{place}/{version}/publish", None, key=other)
        assert published.json()["state"] == "published", published.text
        found[place] = version
    return found


def asked(amount: int = 300_000, **more: Any) -> dict[str, Any]:
    """An application of somebody who is verified and has income left, unless it says otherwise."""
    facts = {**GOOD, **more.pop("facts", {})}
    given = {"subjects": {"device": "d1"}, "reference": "r1", **more}
    return {
        "kind": "application",
        "amount": {"amount": amount, "currency": "CNY"},
        "facts": facts,
    } | given
