"""Signatures held against the specification's own example; waits and verdicts as rules."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.core import log
from huoshui.core.webhooks import retry, signing
from huoshui.core.webhooks.model import BadEventPattern, Reply, patterns
from huoshui.core.webhooks.sending import retry_after_s
from huoshui.core.webhooks.signing import BadWebhookSecret, WrongWebhook

# The example of the Standard Webhooks specification and its libraries' tests.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
NOW = datetime(2026, 3, 3, tzinfo=UTC)
ids_ = st.uuids()
secrets_ = st.binary(min_size=24, max_size=64)


def test_the_specifications_example_is_signed_and_verified() -> None:
    secret = signing.secret_of(SECRET)
    signed = signing.headers(MESSAGE, AT, BODY, [secret])
    assert signed == {
        "webhook-id": MESSAGE,
        "webhook-timestamp": str(AT),
        "webhook-signature": SIGNATURE,
    }
    assert signing.verify(signed, BODY, SECRET, now_s=AT + 300) == MESSAGE
    assert signing.shown(secret) == SECRET


@given(secrets_, secrets_, ids_, st.binary(max_size=200))
def test_both_secrets_verify_and_nothing_changed_does(
    first: bytes, second: bytes, id_: UUID, body: bytes
) -> None:
    signed = signing.headers(str(id_), AT, body, [first, second])
    for secret in (first, second):
        assert signing.verify(signed, body, signing.shown(secret), now_s=AT) == str(id_)
    changed = [
        (signed | {"webhook-id": f"{id_}x"}, body), (signed | {"webhook-timestamp": str(AT + 1)}, body),
        (signed, body + b" "), (signed | {"webhook-signature": "v1,AAAA v2,x ,"}, body),
        (signed | {"webhook-signature": ""}, body), ({}, body),
    ]  # fmt: skip
    for headers, content in changed:
        with pytest.raises(WrongWebhook):
            signing.verify(headers, content, signing.shown(first), now_s=AT)


@pytest.mark.parametrize("off", [-301, 301, 10**6])
def test_what_is_too_old_or_too_new_is_refused(off: int) -> None:
    signed = signing.headers(MESSAGE, AT, BODY, [signing.secret_of(SECRET)])
    with pytest.raises(WrongWebhook, match="timestamp"):
        signing.verify(signed, BODY, SECRET, now_s=AT + off)
    with pytest.raises(WrongWebhook):
        signing.verify(signed, BODY, SECRET)
    titled = {name.title(): text for name, text in signed.items()}
    assert signing.verify(titled, BODY, SECRET, 10**9) == MESSAGE


@pytest.mark.parametrize(
    "text", ["", "whsec_", "whsec_AAAA", "whsec_!!", "密", "whsec_" + "A" * 400]
)
def test_a_secret_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(BadWebhookSecret):
        signing.secret_of(text)


def test_a_secret_never_reaches_the_log() -> None:
    record = logging.makeLogRecord({"msg": f"made {SECRET}", "secret": SECRET})
    assert "MfKQ9r8" not in log.JsonLines().format(record)


@given(ids_)
def test_ten_tries_over_three_days_spread_by_a_tenth(id_: UUID) -> None:
    now, total = NOW, timedelta(0)
    for tries in range(1, retry.TRIES_MAX):
        verdict = retry.verdict(id_, tries, Reply(status=500), now)
        assert verdict == retry.verdict(id_, tries, Reply(error="timeout"), now)
        assert verdict.due_at is not None
        wait = verdict.due_at - now
        plain = retry.WAITS_S[tries - 1]
        assert plain * 9 // 10 <= wait.total_seconds() <= plain * 11 // 10
        now, total = verdict.due_at, total + wait
    assert timedelta(days=2.8) <= total <= timedelta(days=3.5)
    last = retry.verdict(id_, retry.TRIES_MAX, Reply(status=500), now)
    assert (last.state, last.due_at) == ("dead", None)


@given(ids_, st.integers(1, 9), st.integers(100, 599), st.integers(0, 10**9))
def test_every_answer_has_one_verdict(id_: UUID, tries: int, status: int, after: int) -> None:
    found = retry.verdict(id_, tries, Reply(status=status, retry_after_s=after), NOW)
    if 200 <= status < 300:
        assert found.state == "delivered" and not found.gone
    elif status == 410:
        assert found.state == "dead" and found.gone
    else:
        assert found.due_at is not None
        wait_s = (found.due_at - NOW).total_seconds()
        assert found.state == "due" and wait_s >= 1
        if status in (429, 503):
            assert wait_s >= min(after, 86_400)
            assert wait_s == max(retry.wait_after(id_, tries), min(after, 86_400))


def test_what_failed_together_does_not_come_back_together() -> None:
    waits = {retry.wait_after(UUID(int=n), 4) for n in range(200)}
    assert len(waits) > 50


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120), (" 5 ", 5), ("", None), ("soon", None), ("-5", None), ("١٢", None),
     ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("9" * 40, 999_999_999)],
)  # fmt: skip
def test_retry_after_is_read_in_both_forms(text: str, seconds: int | None) -> None:
    assert retry_after_s(text) == seconds


@pytest.mark.parametrize(
    "bad", [[], [""], ["order"], ["order."], ["*.paid"], ["order.*.x"], ["Order.paid"], ["order.*", "a b.c"],
            [f"a.b{'c' * n}" for n in range(101)]],
)  # fmt: skip
def test_what_names_no_events_is_refused(bad: list[str]) -> None:
    with pytest.raises(BadEventPattern):
        patterns(bad)
