"""From a secret to its mandate: who comes to the mandate's page, and in whose name it acts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from huoshui.core import crypto
from huoshui.core.access import this_book
from huoshui.core.db import Database, Tx
from huoshui.interfaces.hosted import pace
from huoshui.interfaces.hosted.opening import ACTOR, Ask, NoSuchPage, check_form, opened
from huoshui.lines.payments.mandates import store
from huoshui.lines.payments.mandates.model import MANDATE, Mandate
from huoshui.lines.payments.payment.secret import Opening

T = TypeVar("T")


class ConsentVisit(msgspec.Struct, frozen=True):
    """A request whose secret opens a mandate: where it is, and the mandate as it was."""

    secret: str
    opening: Opening
    database: Database
    mandate: Mandate
    book_name: str
    zone: str

    @property
    def version(self) -> int:
        """What a form of this page was made for: the state that it showed."""
        return MANDATE.states.index(self.mandate.state)

    def check(self, fields: dict[str, list[str]]) -> bool:
        """Whether a form is of the state that still stands. Raises StrangeForm."""
        pace.DEEDS.take(self.mandate.shown)
        return check_form(self.secret, fields) == self.version

    def run(self, use_case: Callable[[Tx], T]) -> T:
        """Run a use case in the mandate's book, in the name of its payer."""
        actor = f"payer:{self.mandate.payer}"
        return self.database.run(use_case, book=self.opening.book, actor=actor)


def enter(request: Ask, secret: str) -> ConsentVisit:
    """The mandate that a secret opens. Raises NoSuchPage and TooManyVisits."""
    opening, database = opened(request, secret, "mdt")
    with database.begin(book=opening.book, actor=ACTOR) as tx:
        found = store.mandate(tx, opening.id)
        if found is None or not crypto.same(bytes(found.secret or b""), opening.digest):
            raise NoSuchPage()
        book = this_book(tx)
    return ConsentVisit(secret, opening, database, found, book.name, book.time_zone)
