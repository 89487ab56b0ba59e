"""Access: books, organisations, roles, and scoped keys.

Every book belongs to one marketplace. Its sellers, buyers and partners may have organisations with
keys and members of their own. A role is a frozen set of scopes in code (`ROLES`); there is no
policy engine. Invariants: a key never does more than its organisation's role, and a caller that is
not the marketplace sees only the rows in its `Bound`; what is another's is as if it were not.
"""

from __future__ import annotations

from huoshui.core.access.books import book_of, books, midnight, open_book, this_book, today, zone_of
from huoshui.core.access.keys import key_of, keys, make_key, revoke, valid, who, world_of
from huoshui.core.access.model import (
    ROLES,
    SCOPES,
    WHOLE,
    Actor,
    Book,
    Bound,
    Grant,
    Key,
    Kind,
    Organisation,
    OutOfBounds,
    OutOfScope,
    UnknownRole,
    UnknownScope,
    WrongKey,
    bound_of,
    role_scopes,
    widest,
)
from huoshui.core.access.organisations import (
    NotAPartner,
    OrganisationStands,
    end_organisation,
    grant_rows,
    grants,
    open_organisation,
    organisation,
    organisation_of,
    organisations,
    revoke_grant,
)

__all__ = [
    "ROLES",
    "SCOPES",
    "WHOLE",
    "Actor",
    "Book",
    "Bound",
    "Grant",
    "Key",
    "Kind",
    "NotAPartner",
    "Organisation",
    "OrganisationStands",
    "OutOfBounds",
    "OutOfScope",
    "UnknownRole",
    "UnknownScope",
    "WrongKey",
    "book_of",
    "books",
    "bound_of",
    "end_organisation",
    "grant_rows",
    "grants",
    "key_of",
    "keys",
    "make_key",
    "midnight",
    "open_book",
    "open_organisation",
    "organisation",
    "organisation_of",
    "organisations",
    "revoke",
    "revoke_grant",
    "role_scopes",
    "this_book",
    "today",
    "valid",
    "who",
    "widest",
    "world_of",
    "zone_of",
]  # fmt: skip
