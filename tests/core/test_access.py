"""Keys, scopes, books and kept replies: what is another's is neither seen nor touched."""

from __future__ import annotations

import pytest

from huoshui.core import access, idempotency
from huoshui.core.access import SCOPES, OutOfScope, UnknownScope, WrongKey
from huoshui.core.db import Database, Tx
from huoshui.core.errors import Conflict, NotFound
from huoshui.core.idempotency import KeyReused
from tests import ground


def test_a_key_opens_its_own_book_with_its_own_scopes(tx: Tx) -> None:
    key, text = access.make_key(tx, "test", "ci", frozenset({"ledger:read"}))
    actor = access.who(tx, text)
    assert (actor.key_id, actor.book, actor.world) == (key.id, tx.book, "test")
    actor.need("ledger:read")
    with pytest.raises(OutOfScope) as caught:
        actor.need("ledger:write")
    assert "ledger:write" in caught.value.detail("en")


def test_only_a_digest_is_kept(tx: Tx) -> None:
    key, text = access.make_key(tx, "test", "ci")
    (row,) = tx.tuples("SELECT * FROM api_key WHERE book = %(book)s AND id = %(id)s", id=key.id)
    secret = text.split("_", 2)[2]
    assert all(secret not in str(value) for value in row) and key.hint == text[-4:]
    assert text not in repr(access.keys(tx))


@pytest.mark.parametrize(
    "text",
    ["", "hs_test_", "hs_test_short", "Bearer x", "hs_test_" + "a" * 32, "hs_TEST_" + "a" * 32],
)
def test_a_wrong_key_is_not_told_what_is_wrong(tx: Tx, text: str) -> None:
    with pytest.raises(WrongKey) as caught:
        access.who(tx, text)
    assert caught.value.facts == {} and caught.value.status == 401


def test_a_revoked_key_opens_nothing(tx: Tx) -> None:
    key, text = access.make_key(tx, "test", "ci")
    access.revoke(tx, key.id)
    access.revoke(tx, key.id)
    with pytest.raises(WrongKey):
        access.who(tx, text)
    assert [k.revoked_at is not None for k in access.keys(tx)] == [True]


def test_another_books_key_is_neither_listed_nor_revoked(sandbox: Database, book: int) -> None:
    with sandbox.begin(book=book) as tx:
        key, text = access.make_key(tx, "test", "mine")
    other = ground.fresh_book()
    with sandbox.begin(book=other) as tx:
        access.open_book(tx, ground.book(other))
        assert access.keys(tx) == []
        with pytest.raises(NotFound):
            access.revoke(tx, key.id)
        assert access.who(tx, text).book == book


def test_an_unknown_scope_is_named_with_those_that_exist(tx: Tx) -> None:
    with pytest.raises(UnknownScope) as caught:
        access.make_key(tx, "test", "ci", frozenset({"ledger:read", "root"}))
    assert caught.value.facts["scope"] == "root"
    assert all(scope in caught.value.detail("en") for scope in SCOPES)


def test_the_prefix_names_the_world() -> None:
    assert access.world_of("hs_live_" + "a" * 32) == "live"
    assert access.world_of("hs_replay-1a2b_" + "a" * 32) == "replay-1a2b"
    with pytest.raises(WrongKey):
        access.world_of("sk_live_" + "a" * 32)


def test_a_book_is_opened_once_and_must_stand(sandbox: Database, tx: Tx) -> None:
    again = access.open_book(tx, ground.book(tx.book, "EUR"))
    assert again.currency == "CNY", "the same slug again changes nothing"
    with sandbox.begin(book=ground.fresh_book()) as other, pytest.raises(NotFound):
        access.this_book(other)


def test_the_first_reply_is_kept_and_given_again(tx: Tx) -> None:
    assert idempotency.kept(tx, "k", b"body") is None
    idempotency.keep(tx, "k", b"body", 201, b"reply")
    reply = idempotency.kept(tx, "k", b"body")
    assert reply is not None and (reply.status, bytes(reply.body)) == (201, b"reply")
    with pytest.raises(KeyReused) as caught:
        idempotency.kept(tx, "k", b"other")
    assert caught.value.status == 422 and "k" in caught.value.detail("zh")


def test_a_key_used_in_another_book_is_another_key(sandbox: Database, book: int) -> None:
    with sandbox.begin(book=book) as tx:
        idempotency.keep(tx, "k", b"body", 201, b"reply")
    with sandbox.begin(book=book + 800_000) as tx:
        assert idempotency.kept(tx, "k", b"other") is None


def test_a_race_for_one_key_is_lost_by_the_later_writer(sandbox: Database, book: int) -> None:
    with pytest.raises(Conflict), sandbox.begin(book=book) as tx:
        idempotency.keep(tx, "k", b"a", 200, b"")
        idempotency.keep(tx, "k", b"b", 200, b"")
