"""Members: invited by a link once, slowed down when they guess, let in by codes that are used once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.core import access, crypto
from huoshui.core.access import ROLES, SCOPES, WrongKey, members, passwords, signing_in
from huoshui.core.access.members import BadEmail, LinkUsed, Member, MemberStands
from huoshui.core.access.model import UnknownRole
from huoshui.core.access.passwords import WeakPassword
from huoshui.core.access.signing_in import DELAY_MAX_S, Tally, TooManyAttempts, counted
from huoshui.core.db import Database, Tx

NOW = datetime(2026, 5, 1, 8, 0, 7, tzinfo=UTC)


@pytest.fixture
def member(tx: Tx) -> Member:
    """Somebody of the marketplace who has joined."""
    _, secret = members.invite(tx, "li@example.com", "Li Hua", "operations")
    return members.join(tx, secret, "a hash")


# What others than the marketplace may write beside their keys: on what is theirs alone.
OWN_WRITES = {"seller": {"vouchers:write"}, "buyer": {"mandates:write"}}


def test_roles_are_sets_of_scopes_that_exist_and_the_owner_has_all() -> None:
    for kind, roles in ROLES.items():
        for role, scopes in roles.items():
            assert scopes <= SCOPES.keys(), (kind, role)
            assert scopes <= roles[access.widest(kind)], "the first of a kind is its widest"
            if kind != "marketplace":
                own = OWN_WRITES.get(kind, frozenset()) | {"keys:write"}
                assert not {s for s in scopes if s.endswith(":write")} - own
    assert ROLES["marketplace"]["owner"] == frozenset(SCOPES)


def test_a_link_is_good_once_and_a_new_one_ends_the_old(tx: Tx) -> None:
    made, first = members.invite(tx, " Li@Example.com ", "Li Hua", "viewer")
    assert made.email == "li@example.com" and made.password is None
    second = members.new_link(tx, made.id)
    for secret in (first, "nonsense"):
        with pytest.raises(LinkUsed):
            members.invited(tx, secret)
    assert members.join(tx, second, "a hash").password == "a hash"
    with pytest.raises(LinkUsed):
        members.join(tx, second, "another")
    assert second not in str(tx.tuples("SELECT digest FROM invitation"))


def test_a_link_runs_out_and_ends_with_its_member(tx: Tx) -> None:
    made, secret = members.invite(tx, "li@example.com", "Li", "viewer")
    members.remove_member(tx, made.id)
    with pytest.raises(LinkUsed):
        members.invited(tx, secret)
    made, secret = members.invite(tx, "li@example.com", "Li", "viewer")
    tx.now += timedelta(days=members.INVITATION_DAYS, seconds=1)
    with pytest.raises(LinkUsed):
        members.invited(tx, secret)


def test_who_is_invited_is_checked(tx: Tx, member: Member) -> None:
    with pytest.raises(MemberStands):
        members.invite(tx, "LI@example.com", "Again", "viewer")
    with pytest.raises(BadEmail):
        members.invite(tx, "no address", "X", "viewer")
    with pytest.raises(UnknownRole) as caught:
        members.invite(tx, "x@example.com", "X", "god")
    assert "operations" in caught.value.detail("zh")


def test_a_session_ends_with_its_member_its_password_and_its_time(tx: Tx, member: Member) -> None:
    one = signing_in.begin_session(tx, member.id, "totp", "a browser", NOW)
    two = signing_in.begin_session(tx, member.id, "password", "another", NOW)
    standing, secured = signing_in.who_is_in(tx, one.id, NOW)
    assert secured and standing.scopes == ROLES["marketplace"]["operations"]
    assert signing_in.who_is_in(tx, two.id, NOW)[1] is False, "a password alone is not two factors"
    members.set_password(tx, member.id, "new", but=two.id)
    with pytest.raises(WrongKey):
        signing_in.who_is_in(tx, one.id, NOW)
    signing_in.who_is_in(tx, two.id, NOW)
    with pytest.raises(WrongKey):
        signing_in.who_is_in(tx, two.id, NOW + timedelta(hours=signing_in.SESSION_HOURS, seconds=1))
    members.remove_member(tx, member.id)
    with pytest.raises(WrongKey):
        signing_in.who_is_in(tx, two.id, NOW)


def test_an_ended_organisation_takes_its_keys_members_and_sessions_along(tx: Tx) -> None:
    bank = access.open_organisation(tx, "partner", "Bank")
    _, text = access.make_key(tx, "test", "bank", organisation_id=bank.id)
    made, secret = members.invite(tx, "x@bank.example", "X", "reader", organisation_id=bank.id)
    members.join(tx, secret, "a hash")
    opened = signing_in.begin_session(tx, made.id, "passkey", "", NOW)
    standing, _ = signing_in.who_is_in(tx, opened.id, NOW)
    assert not standing.bound.whole and not standing.bound.sellers
    access.end_organisation(tx, bank.id)
    access.end_organisation(tx, bank.id)
    with pytest.raises(WrongKey):
        access.who(tx, text)
    with pytest.raises(WrongKey):
        signing_in.who_is_in(tx, opened.id, NOW)
    assert members.by_email(tx, "x@bank.example") is None


def test_a_code_is_good_once_in_its_half_minute(tx: Tx, member: Member) -> None:
    secret = passwords.new_secret()
    totp = pyotp.TOTP(secret)
    signing_in.set_totp(tx, member.id, b"sealed", 0, [])
    code = totp.at(NOW)
    assert signing_in.use_code(tx, member, secret, code, NOW) == "totp"
    assert signing_in.use_code(tx, member, secret, code, NOW) is None, "a replay"
    before = totp.at(NOW - timedelta(seconds=30))
    assert signing_in.use_code(tx, member, secret, before, NOW) is None, "older than one used"
    after = totp.at(NOW + timedelta(seconds=30))
    assert signing_in.use_code(tx, member, secret, f"{after[:3]} {after[3:]}", NOW) == "totp"
    stale = totp.at(NOW + timedelta(minutes=5))
    assert signing_in.use_code(tx, member, secret, stale, NOW) is None
    for junk in ("", "12345", "1234567", "abcdef", "１２３４５６"):
        assert signing_in.use_code(tx, member, secret, junk, NOW) is None


def test_a_recovery_code_is_good_once_and_new_ones_end_the_old(tx: Tx, member: Member) -> None:
    old, new = passwords.new_recovery_codes(), passwords.new_recovery_codes()
    assert len(set(old)) == passwords.RECOVERY_CODES
    signing_in.set_recovery_codes(tx, member.id, old)
    assert (
        signing_in.use_code(tx, member, None, old[0].upper().replace("-", " "), NOW) == "recovery"
    )
    assert signing_in.use_code(tx, member, None, old[0], NOW) is None
    assert signing_in.recovery_codes_left(tx, member.id) == passwords.RECOVERY_CODES - 1
    signing_in.set_recovery_codes(tx, member.id, new)
    assert signing_in.use_code(tx, member, None, old[1], NOW) is None
    assert signing_in.use_code(tx, member, None, new[1], NOW) == "recovery"


def test_the_wait_doubles_and_what_comes_within_it_is_refused_unseen(tx: Tx) -> None:
    limits = signing_in.limits_of("li@example.com", "203.0.113.1")
    at, waits = NOW, list[int]()
    for _ in range(32):
        refused = signing_in.attempt(tx, limits, at)
        if refused:
            waits.append(int(refused.facts["retry_after_s"]))
            at += timedelta(seconds=waits[-1])
    assert waits[:4] == [2, 3, 5, 9] and max(waits) == DELAY_MAX_S + 1, "of a second, rounded up"
    other = signing_in.limits_of("wang@example.com", "203.0.113.1")
    assert signing_in.attempt(tx, other, at) is None, "another member behind the same address"
    signing_in.succeeded(tx, limits)
    assert signing_in.attempt(tx, limits, at) is None


def test_attempts_that_come_at_once_are_all_counted(sandbox: Database, book: int) -> None:
    limits = signing_in.limits_of("li@example.com", "203.0.113.2")

    def one(_: int) -> TooManyAttempts | None:
        return sandbox.run(lambda tx: signing_in.attempt(tx, limits, NOW), book=book)

    with ThreadPoolExecutor(6) as threads:
        outcomes = list(threads.map(one, range(24)))
    assert sum(outcome is None for outcome in outcomes) == 4, "three free ones, and one more"


@given(st.integers(0, 60), st.integers(0, 20), st.integers(0, 30 * 3600))
def test_no_wait_is_longer_than_the_longest(failures: int, free: int, ago_s: int) -> None:
    before = Tally(failures, NOW - timedelta(seconds=ago_s), NOW)
    after = counted(before, free, NOW)
    assert timedelta(0) <= after.free_at - NOW <= timedelta(seconds=DELAY_MAX_S)
    assert after.failures == (1 if ago_s > 24 * 3600 else failures + 1)
    if after.failures <= free:
        assert after.free_at == NOW


def test_passwords_are_bounded_and_not_ones_own_words() -> None:
    for bad in ("short", "x" * 129, "aaaaaaaaaaaaaaaa", "li-hua-1234567"):
        with pytest.raises(WeakPassword) as caught:
            passwords.hash_password(bad, own=("Li-Hua",))
        assert bad not in str(caught.value.facts)
    hashed = passwords.hash_password("correct horse battery")
    assert hashed.startswith("$argon2id$") and "correct" not in hashed
    assert passwords.password_matches(hashed, "correct horse battery")
    for wrong in ("correct horse batterY", "", "x" * 10_000):
        assert not passwords.password_matches(hashed, wrong)
    assert not passwords.password_matches(None, ""), "nobody's password is no password"
    assert not passwords.password_matches("no hash", "x")


@given(st.binary(max_size=64), st.text(max_size=20), st.binary(min_size=1, max_size=64))
@settings(max_examples=50)
def test_what_is_hidden_is_bound_to_its_context(content: bytes, context: str, key: bytes) -> None:
    hidden = crypto.hide(key, content, context)
    assert crypto.reveal(key, hidden, context) == content
    assert crypto.reveal(key, hidden, context + "x") is None
    assert crypto.reveal(key + b"x", hidden, context) is None
    assert crypto.reveal(key, hidden[:-1] + bytes([hidden[-1] ^ 1]), context) is None
    assert crypto.reveal(key, hidden[:5], context) is None


def test_the_qr_code_is_svg_of_what_an_app_reads() -> None:
    secret = passwords.new_secret()
    text = passwords.provisioning(secret, "li@example.com")
    assert text.startswith("otpauth://totp/Huoshui:li%40example.com?") and secret in text
    assert b"<svg" in passwords.qr_svg(text)
