"""Queued in the commit of the event, sent at least once, tried again, given up, sent once more."""

from __future__ import annotations

import socket
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from huoshui.core import ids, work
from huoshui.core.machine import IllegalMove
from huoshui.core.webhooks import delivery_store, service, signing, store
from huoshui.core.webhooks.model import (
    ENDPOINTS_MAX,
    Endpoint,
    EndpointDisabled,
    Parcel,
    TooManyEndpoints,
    UnknownDelivery,
    UnknownEndpoint,
)
from huoshui.core.webhooks.service import EndpointAsked, EndpointChange
from huoshui.core.webhooks.vault import Vault
from huoshui.interfaces.cli.receiving import Received
from tests.core.webhooks.conftest import LOCAL, Post
from tests.ground import DAY, HOUR, Ground


def test_a_delivery_stands_in_the_commit_of_its_event_and_nowhere_else(post: Post) -> None:
    post.endpoint("http://127.0.0.1:9/", "*")
    with pytest.raises(ZeroDivisionError), post.database.begin(book=post.number) as tx:
        tx.emit("order.released", "ord_1")
        tx.flush()
        raise ZeroDivisionError
    assert post.deliveries() == []
    with post.database.begin(book=post.number) as tx:
        tx.emit("order.released", "ord_1")
        tx.flush()
        assert len(delivery_store.deliveries(tx, limit=9)) == 1
    with post.database.begin(book=post.number) as tx:
        event = tx.value("SELECT id FROM event WHERE book = %(book)s ORDER BY id DESC")
    [queued] = post.deliveries()
    assert (queued.event_id, queued.state, queued.attempts) == (event, "due", 0)
    assert queued.id.version == 7 and queued.id.int >> 80 == event.int >> 80


@pytest.mark.parametrize(
    ("events", "heard"),
    [
        (["*"], ["order.released", "order.refunded", "seller.paid_out"]),
        (["order.*"], ["order.released", "order.refunded"]),
        (["order.released", "order.released"], ["order.released"]),
        (["seller.*", "seller.paid_out"], ["seller.paid_out"]),
        (["orde.*", "released.*"], []),
    ],
)
def test_an_endpoint_gets_what_it_listens_to(
    post: Post, events: list[str], heard: list[str]
) -> None:
    post.endpoint("http://127.0.0.1:9/", *events)
    post.tell("order.released", "order.refunded", "seller.paid_out")
    assert sorted(d.type for d in post.deliveries()) == sorted(heard)


def test_disabled_endpoints_others_books_and_replays_queue_nothing(
    post: Post, market: Ground
) -> None:
    id_, _ = post.endpoint("http://127.0.0.1:9/")
    with post.database.begin(book=post.number) as tx:
        service.update_endpoint(tx, id_, EndpointChange(enabled=False), LOCAL)
    post.tell("order.released")
    with post.database.begin(book=post.number + 500_000) as tx:
        tx.emit("order.released", "ord_1")
    assert post.deliveries() == []
    with market.database.begin() as tx:
        service.create_endpoint(tx, EndpointAsked("http://127.0.0.1:9/", ["*"]), post.vault, LOCAL)
        tx.emit("order.released", "ord_1")
        tx.flush()
        assert delivery_store.deliveries(tx, limit=9) == []


def test_what_arrives_is_signed_and_is_the_event(post: Post) -> None:
    receiver = post.receiver()
    got: list[Received] = []
    receiver._told = got.append
    _, secret = post.endpoint(receiver.url)
    receiver.secret = secret
    post.tell("order.released")
    post.deliver()
    [one] = got
    [sent] = post.deliveries()
    assert one.verified and one.times == 1 and one.id == ids.show("evt", sent.event_id)
    assert one.body["type"] == "order.released" and one.body["timestamp"].endswith("Z")
    assert one.body["data"] == {
        "id": one.id, "type": "order.released", "object": "thing_0", "actor": "system",
        "at": one.body["timestamp"], "data": {"n": 0},
    }  # fmt: skip
    assert (sent.state, sent.status, sent.attempts) == ("delivered", 200, 1)
    [attempt] = post.attempts(sent.id)
    assert (attempt.number, attempt.status, attempt.error) == (1, 200, "")
    receiver.secret = signing.shown(b"x" * 32)
    post.tell("order.released")
    post.deliver()
    assert got[-1].verified is False


def test_while_a_secret_is_rotated_both_sign_and_then_only_the_new_one(timed: Post) -> None:
    receiver = timed.receiver()
    id_, old = timed.endpoint(receiver.url)
    with timed.database.begin(book=1) as tx:
        new = service.rotate_secret(tx, id_, timed.vault, HOUR)
    timed.forget()
    assert new != old

    def verified(secret: str) -> bool:
        got: list[Received] = []
        receiver.secret, receiver._told = secret, got.append
        timed.tell("order.released")
        timed.deliver()
        return bool(got[-1].verified)

    assert verified(old) and verified(new)
    timed.move(timed.now() + 2 * HOUR)
    assert verified(new) and not verified(old)


def test_secrets_are_encrypted_at_rest_and_bound_to_their_row(post: Post, tmp_path) -> None:
    id_, secret = post.endpoint("http://127.0.0.1:9/")
    with post.database.begin(book=post.number) as tx:
        sealed = tx.value(
            "SELECT sealed FROM webhook_secret WHERE book = %(book)s AND endpoint_id = %(id)s",
            id=id_,
        )
    plain = signing.secret_of(secret)
    assert plain not in bytes(sealed) and secret.encode() not in bytes(sealed)
    assert post.vault.open(post.number, id_, sealed) == plain
    key = tmp_path / "webhooks.key"
    assert key.stat().st_mode & 0o077 == 0 and len(key.read_bytes()) == 32
    with pytest.raises(Exception, match="secret_unreadable"):
        post.vault.open(post.number + 1, id_, sealed)
    assert Vault(tmp_path).open(post.number, id_, sealed) == plain
    with pytest.raises(Exception, match="secret_unreadable"):
        Vault(tmp_path / "other").open(post.number, id_, sealed)


def test_a_failure_is_tried_again_on_the_worlds_clock_until_it_is_dead(timed: Post) -> None:
    receiver = timed.receiver(status=500)
    id_, _ = timed.endpoint(receiver.url)
    timed.tell("order.released")
    waits = []
    for _ in range(20):
        before = timed.now()
        timed.deliver()
        [one] = timed.deliveries()
        if one.state != "due":
            break
        waits.append((one.due_at - before).total_seconds())
        timed.deliver()
        assert timed.deliveries() == [one], "nothing is sent before it is due"
        timed.move(one.due_at + timedelta(seconds=1))
    assert one.state == "dead" and one.attempts == 10 and sum(receiver.seen.values()) == 10
    wanted = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert waits == pytest.approx(wanted, rel=0.11, abs=2)
    assert 2.8 * DAY < timedelta(seconds=sum(waits)) < 3.6 * DAY
    assert [a.number for a in timed.attempts(one.id)] == list(range(1, 11))
    failing = timed.state(id_)
    assert failing.state == "enabled" and failing.failing_since is not None
    _resend_what_died(timed, id_)


def _resend_what_died(timed: Post, id_) -> None:
    good = timed.receiver()
    with timed.database.begin(book=1) as tx:
        service.update_endpoint(tx, id_, EndpointChange(url=good.url), LOCAL)
        assert service.resend_failed(tx, id_, tx.now - HOUR) == 0
        assert service.resend_failed(tx, id_, tx.now - 5 * DAY) == 1
    timed.deliver()
    found = {d.type: d for d in timed.deliveries()}
    one = found["order.released"]
    assert (one.state, one.attempts, one.attempts_before) == ("delivered", 11, 10)
    assert timed.state(id_).failing_since is None, "it is well again"
    with timed.database.begin(book=1) as tx:
        assert service.resend(tx, one.id).state == "due"
        with pytest.raises(IllegalMove, match="resend"):
            service.resend(tx, one.id)
    timed.deliver()
    assert good.seen[ids.show("evt", one.event_id)] == 2, "under the same id"


def test_an_endpoint_that_fails_for_five_days_is_disabled_with_an_event(timed: Post) -> None:
    bad, good = timed.receiver(status=503), timed.receiver()
    id_, _ = timed.endpoint(bad.url)
    timed.tell("order.released")
    timed.deliver()
    timed.move(timed.now() + 4 * DAY)
    timed.deliver()
    assert timed.state(id_).state == "enabled"
    other, _ = timed.endpoint(good.url, "webhook.*")
    timed.move(timed.now() + DAY)
    timed.tell("order.released")
    timed.deliver()
    stands = timed.state(id_)
    assert (stands.state, stands.why) == ("disabled", "failing")
    timed.deliver()
    [told] = [d for d in timed.deliveries() if d.endpoint_id == other]
    assert (told.type, told.state) == ("webhook.disabled", "delivered")
    with timed.database.begin(book=1) as tx:
        with pytest.raises(EndpointDisabled):
            service.resend_failed(tx, id_, tx.now)
        with pytest.raises(EndpointDisabled):
            service.test_endpoint(tx, id_)
        back = service.update_endpoint(tx, id_, EndpointChange(enabled=True), LOCAL)
    assert (back.state, back.why, back.failing_since) == ("enabled", "", None)


def test_who_answers_410_is_disabled_at_once(post: Post) -> None:
    receiver = post.receiver(status=410)
    id_, _ = post.endpoint(receiver.url)
    post.tell("order.released")
    post.deliver()
    assert post.states() == ["dead"]
    assert (post.state(id_).state, post.state(id_).why) == ("disabled", "gone")


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500])
def test_what_is_not_taken_is_tried_again_and_no_redirect_followed(post: Post, status: int) -> None:
    receiver = post.receiver(status=status)
    post.endpoint(receiver.url)
    post.tell("order.released")
    post.deliver()
    [one] = post.deliveries()
    assert (one.state, one.status) == ("due", status) and sum(receiver.seen.values()) == 1


def test_no_answer_is_told_by_a_word(post: Post) -> None:
    with socket.socket() as shut:
        shut.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{shut.getsockname()[1]}/"
    slow = post.receiver(slow=1.0, slow_s=3.0)
    dropping = post.receiver(drop=1.0)
    words = {}
    for url in (refused, slow.url, dropping.url, "http://nowhere.invalid/"):
        id_, _ = post.endpoint(url)
        words[id_] = url
    post.tell("order.released")
    post.deliver()
    found = {words[d.endpoint_id]: d.error for d in post.deliveries()}
    assert found == {refused: "connect", slow.url: "timeout", dropping.url: "broken_answer",
                     "http://nowhere.invalid/": "lookup"}  # fmt: skip
    assert post.states() == ["due"] * 4


def test_a_slow_endpoint_holds_up_no_other(post: Post) -> None:
    slow, quick = post.receiver(slow=1.0, slow_s=5.0), post.receiver()
    first, _ = post.endpoint(slow.url)
    second, _ = post.endpoint(quick.url)
    post.tell("order.released", count=60)
    post.courier.start()
    try:
        _until(lambda: len(quick.accepted) == 60)
        assert len(slow.seen) <= 8 * 3, "it never had more than its few places"
        assert all(d.state == "due" for d in post.deliveries(endpoint_id=first))
    finally:
        post.courier.stop()
    assert {d.state for d in post.deliveries(endpoint_id=second)} == {"delivered"}


def _until(holds) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_claim_is_taken_once_and_returns_when_its_lease_is_over(post: Post) -> None:
    id_, _ = post.endpoint("http://127.0.0.1:9/")
    post.tell("order.released", count=3)

    def claim(tx, **more) -> list[Parcel]:
        asked: dict[str, Any] = {"busy": {}, "each": 9, "limit": 9, "lease_s": 60} | more
        return delivery_store.claim(tx, **asked)

    with post.database.begin(book=post.number) as one, post.database.begin(book=post.number) as two:
        assert len(claim(one, limit=2)) == 2
        assert len(claim(two)) == 1
    with post.database.begin(book=post.number) as tx:
        assert claim(tx) == []
        assert claim(tx, busy={id_: 9}) == []
    post.run(
        "UPDATE webhook_delivery SET leased_until = now() - interval '1 s' WHERE book = %(book)s"
    )
    with post.database.begin(book=post.number) as tx:
        assert claim(tx, busy={id_: 9}) == [] and len(claim(tx, busy={id_: 7})) == 2
        assert {p.number for p in claim(tx, each=99)} == {2}


def test_a_failing_endpoint_gets_a_quarter_of_the_places(post: Post) -> None:
    failing, _ = post.endpoint("http://127.0.0.1:9/")
    well, _ = post.endpoint("http://127.0.0.1:9/")
    post.tell("order.released", count=20)
    post.run("UPDATE webhook_endpoint SET failing_since = now() WHERE id = %(id)s", id=failing)
    with post.database.begin(book=post.number) as tx:
        taken = delivery_store.claim(tx, busy={}, each=8, limit=99, lease_s=60)
    counts = Counter(parcel.endpoint_id for parcel in taken)
    assert counts == {failing: 2, well: 8}


def test_what_ended_long_ago_is_forgotten_and_what_is_due_is_kept(timed: Post) -> None:
    receiver = timed.receiver()
    timed.endpoint(receiver.url)
    timed.tell("order.released", count=3)
    timed.deliver()
    timed.move(timed.now() + 80 * DAY)
    timed.tell("order.refunded")
    timed.move(timed.now() + 20 * DAY)
    timed.run("UPDATE work SET due_at = %(at)s", at=timed.now())
    work.drain(timed.database, service.WORK)
    assert [(d.type, d.state) for d in timed.deliveries()] == [("order.refunded", "due")]
    with timed.database.begin() as tx:
        assert tx.value("SELECT count(*) FROM webhook_attempt") == 0
        due = work.next_due(tx)
        assert due is not None and due > tx.now
    timed.move(timed.now() + 100 * DAY)
    work.drain(timed.database, service.WORK)
    assert timed.states() == ["due"]


def test_a_test_event_goes_to_one_endpoint_whatever_it_listens_to(post: Post) -> None:
    receiver, other = post.receiver(), post.receiver()
    id_, _ = post.endpoint(receiver.url, "order.*")
    post.endpoint(other.url, "order.*")
    with post.database.begin(book=post.number) as tx:
        queued = service.test_endpoint(tx, id_)
        assert (queued.type, queued.endpoint_id) == ("test.triggered", id_)
    post.deliver()
    assert len(receiver.seen) == 1 and not other.seen


def test_a_deleted_endpoint_is_gone_and_its_past_stays(post: Post) -> None:
    id_, _ = post.endpoint("http://127.0.0.1:9/")
    post.tell("order.released")
    [one] = post.deliveries()
    with post.database.begin(book=post.number) as tx:
        service.delete_endpoint(tx, id_)
        with pytest.raises(UnknownEndpoint):
            service.endpoint(tx, id_)
        with pytest.raises(UnknownEndpoint):
            service.resend(tx, one.id)
        assert tx.value("SELECT count(*) FROM webhook_secret WHERE book = %(book)s") == 0
    assert post.states() == ["dead"]


def test_another_books_webhooks_are_as_if_they_were_not(post: Post) -> None:
    id_, _ = post.endpoint("http://127.0.0.1:9/")
    post.tell("order.released")
    [one] = post.deliveries()
    with post.database.begin(book=post.number + 500_000) as tx:
        assert service.endpoints(tx) == [] and delivery_store.deliveries(tx, limit=9) == []
        for use in (service.endpoint, service.delete_endpoint, service.test_endpoint):
            with pytest.raises(UnknownEndpoint):
                use(tx, id_)
        for ask in (service.delivery, service.resend):
            with pytest.raises(UnknownDelivery):
                ask(tx, one.id)


def test_a_book_has_a_bounded_number_of_endpoints(post: Post) -> None:
    with post.database.begin(book=post.number) as tx:
        for n in range(ENDPOINTS_MAX):
            made = Endpoint(
                tx.id("whe", ""), f"http://x/{n}", "", ["*"], "enabled", "", None, None, tx.now
            )
            store.add_endpoint(tx, made)
        with pytest.raises(TooManyEndpoints):
            service.create_endpoint(
                tx, EndpointAsked("http://127.0.0.1:9/", ["*"]), post.vault, LOCAL
            )
