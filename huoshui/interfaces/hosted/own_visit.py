"""From a secret to a party: who comes to its own page, and in whose name it acts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from huoshui.core import crypto
from huoshui.core.access import this_book
from huoshui.core.db import Database, Tx
from huoshui.core.ids import BadId
from huoshui.core.worlds import LIVE
from huoshui.facts import pages
from huoshui.facts.commerce import service as commerce
from huoshui.facts.pages import UnknownPartyPage
from huoshui.interfaces.hosted import pace
from huoshui.interfaces.hosted.opening import ACTOR, Ask, NoSuchPage, check_form, opened
from huoshui.lines.lending.loan import contract
from huoshui.lines.lending.loan.model import Loan, UnknownLoan
from huoshui.lines.payments.payment.secret import Opening

T = TypeVar("T")


class OwnVisit(msgspec.Struct, frozen=True):
    """A request whose secret opens the page of a party."""

    secret: str
    opening: Opening
    database: Database
    party: str
    name: str
    book_name: str
    zone: str

    @property
    def world(self) -> str:
        """What the page says of its world."""
        return "live" if self.opening.world == LIVE else "sandbox"

    @property
    def href(self) -> str:
        """The page's address."""
        return f"/mine/{self.secret}"

    @property
    def sells(self) -> bool:
        """Whether the party is a seller."""
        return self.party.startswith("slr_")

    def check(self, fields: dict[str, list[str]]) -> int:
        """The version that a form was made for. Raises StrangeForm, TooManyVisits."""
        pace.DEEDS.take(self.party)
        return check_form(self.secret, fields)

    def run(self, use_case: Callable[[Tx], T]) -> T:
        """Run a use case in the party's book and name, again where another writer was first."""
        actor = f"party:{self.party}"
        return self.database.run(use_case, book=self.opening.book, actor=actor)

    def loan(self, tx: Tx, ref: str) -> Loan:
        """A loan of the party. Raises NoSuchPage for every other one."""
        try:
            found = contract.find(tx, ref)
        except (UnknownLoan, BadId) as error:
            raise NoSuchPage() from error
        if found.party != self.party:
            raise NoSuchPage()
        return found


def enter(request: Ask, secret: str) -> OwnVisit:
    """The party whose page a secret opens. Raises NoSuchPage and TooManyVisits."""
    opening, database = opened(request, secret, "ptp")
    with database.begin(book=opening.book, actor=ACTOR) as tx:
        try:
            found = pages.find_page(tx, opening.id)
        except UnknownPartyPage as error:
            raise NoSuchPage() from error
        if not crypto.same(found.digest, opening.digest) or not found.opens(tx.now):
            raise NoSuchPage()
        book, name = this_book(tx), commerce.name_of(tx, found.party)
    return OwnVisit(secret, opening, database, found.party, name, book.name, book.time_zone)
