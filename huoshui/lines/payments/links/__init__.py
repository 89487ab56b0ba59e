"""Payment links: an address that anybody opens to pay a seller or the marketplace, again and again.

A link has a fixed amount or bounds within which the payer says it. It ends when somebody ends it or
its time is up, and begins no payment any more then; what was begun goes on.
"""

from huoshui.lines.payments.links.model import (
    BadLink,
    Link,
    LinkAmount,
    LinkAsked,
    LinkOver,
    UnknownLink,
)
from huoshui.lines.payments.links.service import (
    end_link,
    link,
    links,
    make_link,
    of_reference,
    payments_of,
)

__all__ = [
    "BadLink", "Link", "LinkAmount", "LinkAsked", "LinkOver", "UnknownLink", "end_link", "link",
    "links", "make_link", "of_reference", "payments_of",
]  # fmt: skip
