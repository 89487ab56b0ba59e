"""The small parts: texts, settings, logs, machines, spans, problems, secrets."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.core import crypto, i18n, log, settings
from huoshui.core.clock import BadSpan, span
from huoshui.core.errors import FieldError, NotFound, Problem
from huoshui.core.machine import IllegalMove, Machine, Move
from huoshui.core.settings import BadSetting, Settings

DOOR = Machine("door", "shut", {"open": Move(("shut",), "open"), "shut": Move(("open",), "shut"),
                                "lock": Move(("shut",), "locked")})  # fmt: skip


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("", "en"), ("zh", "zh"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en-US,en;q=0.5", "en"),
        ("en;q=0.4, zh;q=0.5", "zh"), ("fr, de;q=0.9", "en"), ("fr, zh-Hant;q=0.1", "zh"),
        ("zh;q=0", "en"), ("zh;q=x", "en"), ("*", "en"), (";;;,,,", "en"),
    ],
)  # fmt: skip
def test_the_reader_s_language_is_picked(header: str, lang: str) -> None:
    assert i18n.pick(header) == lang


@given(st.text(max_size=50))
def test_any_header_picks_a_language(header: str) -> None:
    assert i18n.pick(header) in i18n.LANGUAGES


def test_a_text_takes_facts_with_braces_as_they_are() -> None:
    assert "{x}" in i18n.text("problem.unknown_order.detail", "en", order="{x}")


def test_settings_come_from_the_file_and_then_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "huoshui.toml"
    file.write_text('port = 9000\nlanguage = "zh"\n')
    loaded = settings.load(file, {"HUOSHUI_PORT": "9001", "DATABASE_URL": "postgresql://x/y"})
    assert (loaded.port, loaded.language, loaded.database_url) == (9001, "zh", "postgresql://x/y")
    own = settings.load(file, {"HUOSHUI_DATABASE_URL": "postgresql://a", "DATABASE_URL": "no"})
    assert own.database_url == "postgresql://a"


@pytest.mark.parametrize("text", ["porr = 1", 'port = "many"', "port = ", "\udcff"])
def test_a_bad_setting_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "huoshui.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadSetting) as caught:
        settings.load(file, {})
    assert caught.value.detail("en") and caught.value.detail("zh")


def test_settings_are_shown_without_secrets() -> None:
    shown = settings.shown(Settings(database_url="postgresql://u:secret@h/d"))
    assert "secret" not in str(shown) and shown["database_url"] == "••••"
    assert settings.shown(Settings())["database_url"] == ""


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("key hs_test_abcdefghijklmnop here", "abcdefghijklmnop"),
        ("key hs_live_Ab-_efghijklmnopqrstuvwxyz", "efghijklmnop"),
        ("hs_replay-1a2b3c4d_abcdefghijklmnop", "abcdefghijklmnop"),
        ("postgresql://huoshui:s3cr3t-pw@/huoshui?host=/x", "s3cr3t-pw"),
        ("postgres://u:s3cr3t@h/d", "s3cr3t"),
        ("Authorization: Bearer abcdefgh12345", "abcdefgh12345"),
        ("/console?ticket=abcdefgh12345", "abcdefgh12345"),
        ('{"password": "correct horse"}', "correct horse"),
        ("host=/tmp user=u password=s3cr3t-pw dbname=d", "s3cr3t-pw"),
    ],
)
def test_logs_mask_secrets_wherever_they_stand(text: str, secret: str) -> None:
    assert secret not in log.masked(text)
    record = logging.makeLogRecord({"msg": "said %s", "args": (text,), "levelname": "INFO",
                                    "name": "t", "extra_field": text})  # fmt: skip
    line = log.JsonLines().format(record)
    assert secret not in line
    assert json.loads(line)["message"].startswith("said")


def test_a_trace_is_masked_too() -> None:
    try:
        raise RuntimeError("postgresql://u:s3cr3t@h/d")
    except RuntimeError as error:
        record = logging.makeLogRecord({"msg": "x", "exc_info": (type(error), error, None)})
    assert "s3cr3t" not in log.JsonLines().format(record)


def test_a_machine_allows_its_moves_and_names_them() -> None:
    assert DOOR.states == ("shut", "open", "locked")
    assert DOOR.allowed("shut") == ("open", "lock") and DOOR.allowed("locked") == ()
    assert DOOR.after("shut", "lock") == "locked"
    with pytest.raises(IllegalMove) as caught:
        DOOR.after("open", "lock")
    assert caught.value.facts["allowed"] == "shut"
    assert "open --> shut: shut" in DOOR.mermaid()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("12h", 43_200), (" 30d ", 2_592_000), ("2w", 1_209_600)],
)
def test_spans_are_read(text: str, seconds: int) -> None:
    assert span(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "1", "d", "-1d", "1.5h", "1y", "999999d"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(BadSpan):
        span(text)


def test_a_problem_is_a_document_in_both_languages() -> None:
    problem = NotFound(kind="order", id="ord_x",
                       errors=(FieldError("/id", "path", {"path": "x"}),))  # fmt: skip
    for lang in i18n.LANGUAGES:
        document = problem.document(lang, "/v1/orders/ord_x")
        assert document["status"] == 404 and document["code"] == "not_found"
        assert "ord_x" in document["detail"] and document["errors"][0]["detail"]
    assert problem.document("en")["title"] != problem.document("zh")["title"]
    assert Problem().document("en")["code"] == "internal"


@given(st.dictionaries(st.text(max_size=5), st.integers(), max_size=5))
def test_equal_values_have_equal_digests(value: dict[str, int]) -> None:
    turned = dict(reversed(value.items()))
    assert crypto.digest(value) == crypto.digest(turned)


def test_what_we_sign_is_ours() -> None:
    mac = crypto.sign(b"secret", b"message")
    assert crypto.signed_by(b"secret", b"message", mac)
    assert not crypto.signed_by(b"other", b"message", mac)
    assert not crypto.signed_by(b"secret", b"messagf", mac)
    assert len({crypto.token() for _ in range(50)}) == 50
