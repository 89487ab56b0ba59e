"""The books of a world: one marketplace each."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from huoshui.core.access.model import Book
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound


def open_book(tx: Tx, book: Book) -> Book:
    """Open a marketplace's books; the same slug again changes nothing."""
    tx.run(
        """
        INSERT INTO book (book, slug, name, currency, time_zone, generated)
        VALUES (%(number)s, %(slug)s, %(name)s, %(currency)s, %(time_zone)s, %(generated)s)
        ON CONFLICT DO NOTHING
        """,
        number=book.book,
        slug=book.slug,
        name=book.name,
        currency=book.currency,
        time_zone=book.time_zone,
        generated=book.generated,
    )
    return this_book(tx)


def zone_of(tx: Tx) -> ZoneInfo:
    """The time zone of this transaction's books: their days begin at its midnight."""
    return ZoneInfo(this_book(tx).time_zone)


def today(tx: Tx) -> date:
    """The day of this transaction's books that it is."""
    return tx.now.astimezone(zone_of(tx)).date()


def midnight(tx: Tx, day: date) -> datetime:
    """The moment at which a day of this transaction's books begins."""
    return datetime.combine(day, time(), zone_of(tx))


def this_book(tx: Tx) -> Book:
    """The books that this transaction works on. Raises NotFound."""
    known: Book | None = tx.known(("book", tx.book))
    if known is not None:
        return known
    row = tx.row(
        Book,
        """
        SELECT book, slug, name, currency, time_zone, generated FROM book
        WHERE book = %(book)s
        """,
    )
    if row is None:
        raise NotFound(kind="book", id=str(tx.book))
    tx.learn(("book", tx.book), row)  # once opened they never change
    return row


def books(tx: Tx) -> list[int]:
    """The numbers of this world's books."""
    return [number for (number,) in tx.tuples("SELECT book FROM book ORDER BY book")]


def book_of(tx: Tx, slug: str) -> int | None:
    """The number of the books of that name; of the only ones where no name is given."""
    found: int | None = tx.value(
        """
        SELECT min(book) FROM book WHERE %(slug)s IN ('', slug)
        HAVING count(*) = 1
        """,
        slug=slug,
    )
    return found
