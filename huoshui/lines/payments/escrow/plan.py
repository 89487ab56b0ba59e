"""The plan of an order's money: who paid in, who is to be paid, and both backwards. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from huoshui.core import ids, money
from huoshui.facts.commerce.store import ItemRow
from huoshui.ledger.split import backwards
from huoshui.lines.payments.escrow.terms import Terms

PLATFORM = ""


class Share(msgspec.Struct, frozen=True, array_like=True):
    """One party's part: `group` is the seller or the rail, `back` what has been given back."""

    group: str
    role: str
    amount: int
    back: int = 0

    @property
    def left(self) -> int:
        """What it still has of it, minor units."""
        return self.amount - self.back


class Underpaid(msgspec.Struct, frozen=True):
    """The tenders lack more than the platform makes up."""

    missing: int


def total(items: Sequence[ItemRow]) -> int:
    """Price and freight of all lines, minor units."""
    return sum(item.price_minor + item.freight_minor for item in items)


def parts(items: Sequence[ItemRow], taken: int, terms: Terms) -> tuple[Share, ...]:
    """Who is to be paid out of an order: each seller's split, then what was paid above it.

    Commission is a rate of the goods, rounded half to even once a seller; tax is a rate of the
    commission, taken out of it; the seller has the rest, so the parts sum exactly.
    """
    found: list[Share] = []
    for seller in dict.fromkeys(item.seller_id for item in items):
        own = [item for item in items if item.seller_id == seller]
        goods = sum(item.price_minor for item in own)
        freight = sum(item.freight_minor for item in own)
        commission = money.share(goods, terms.commission_rate)
        tax = money.share(commission, terms.tax_rate)
        to_seller = goods - commission + (freight if terms.freight_to == "seller" else 0)
        group = ids.show("slr", seller)
        found += [
            Share(group, "seller", to_seller),
            Share(group, "commission", commission - tax),
            Share(group, "tax", tax),
            Share(group, "freight", goods + freight - to_seller - commission),
        ]
    surcharge = taken - sum(share.amount for share in found)
    if surcharge > 0:
        found.append(Share(PLATFORM, "surcharge", surcharge))
    return tuple(found)


def with_subsidy(
    sources: tuple[Share, ...], shares: tuple[Share, ...], terms: Terms
) -> tuple[Share, ...] | Underpaid:
    """The sources with the platform's subsidy where tenders lack a little, else Underpaid."""
    missing = sum(s.amount for s in shares) - sum(s.amount for s in sources)
    if missing > terms.subsidy_max:
        return Underpaid(missing)
    return (*sources, Share(PLATFORM, "subsidy", missing)) if missing > 0 else sources


def subsidy_back(sources: Sequence[Share], refunded: int, amount: int) -> int:
    """What of the subsidy goes back with `amount`: its floor so far, all of it at the end."""
    subsidy = sum(s.amount for s in sources if s.role == "subsidy")
    taken = sum(s.amount for s in sources if s.role == "tender")
    done = sum(s.back for s in sources if s.role == "subsidy")
    return subsidy * (refunded + amount) // taken - done


def give_back(
    shares: Sequence[Share], amount: int, owner_role: str, group: str = ""
) -> tuple[Share, ...]:
    """The shares after `amount` went back: first out of `group`, as far as it has it.

    Within the group, and then over all, in proportion to what each still holds; the odd unit is
    borne by `owner_role`.
    """
    own = [i for i, share in enumerate(shares) if group and share.group == group]
    first = min(amount, sum(shares[i].left for i in own))
    after = _give(shares, own, first, owner_role)
    return _give(after, list(range(len(shares))), amount - first, owner_role)


def give_of(
    shares: Sequence[Share], chosen: Sequence[bool], amount: int, owner_role: str
) -> tuple[Share, ...]:
    """The shares after `amount` went back out of the chosen ones."""
    return _give(shares, [i for i, own in enumerate(chosen) if own], amount, owner_role)


def give_again(shares: Sequence[Share], chosen: Sequence[bool], amount: int) -> tuple[Share, ...]:
    """The shares after `amount` came again, in proportion to what each chosen one gave back."""
    given = backwards(
        amount, [s.back if own else 0 for s, own in zip(shares, chosen, strict=True)], 0
    )
    return tuple(
        msgspec.structs.replace(s, back=s.back - more)
        for s, more in zip(shares, given, strict=True)
    )


def _give(
    shares: Sequence[Share], chosen: list[int], amount: int, owner_role: str
) -> tuple[Share, ...]:
    if not amount:
        return tuple(shares)
    roles = [shares[i].role for i in chosen]
    owner = roles.index(owner_role) if owner_role in roles else 0
    given = backwards(amount, [shares[i].left for i in chosen], owner)
    after = list(shares)
    for index, back in zip(chosen, given, strict=True):
        after[index] = msgspec.structs.replace(shares[index], back=shares[index].back + back)
    return tuple(after)
