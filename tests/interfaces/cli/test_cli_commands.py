"""Every command as a real process: what it prints, how it ends, and what it says when refused."""

from __future__ import annotations

import gzip
import re
import shutil
from pathlib import Path

import pytest

from huoshui.core import db
from huoshui.core.db import DatabaseGone
from huoshui.core.postgres import Cluster
from tests.interfaces.cli.conftest import Shell

CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["nosuch"], "nosuch"),
        (["sample", "here", "--orders", "-5"], "--orders"),
    ],
)
def test_wrong_arguments_get_one_clear_line(shell: Shell, arguments: list[str], named: str) -> None:
    said = shell.run(*arguments)
    assert (said.code, said.out) == (2, "")
    assert len(said.err.strip().splitlines()) == 1, said.err
    assert named in said.err
    assert "--help" in said.err


def test_a_history_is_imported_once_and_verified(shell: Shell, sample: Path) -> None:
    told = shell.done("import", str(sample), "--money", "--json").json
    assert told["good"]
    assert told["facts"]["created"] > 200
    assert told["facts"]["refused"] == 0
    again = shell.done("import", str(sample), "--money", "--json").json
    assert again["facts"]["created"] == again["facts"]["corrected"] == 0
    found = shell.done("verify", "--json").json
    assert found["holds"]
    assert found["orders"] == 40


def test_a_faulty_history_is_told_row_by_row_and_loads_nothing(shell: Shell, sample: Path) -> None:
    faulty = shell.folder / "faulty"
    shutil.copytree(sample, faulty)
    rows = gzip.decompress((faulty / "items.csv.gz").read_bytes()).decode().splitlines()
    at = rows[0].split(",").index("price")
    for number, price in ((1, "12.345"), (3, "dear")):
        cells = rows[number].split(",")
        cells[at] = price
        rows[number] = ",".join(cells)
    (faulty / "items.csv.gz").unlink()
    (faulty / "items.csv").write_text("\n".join(rows) + "\n")
    said = shell.run("import", str(faulty), "--world", "live", "--json")
    assert said.code == 1
    assert not said.json["good"]
    assert said.json["faults"] == 2
    words = shell.run("import", str(faulty), "--world", "live", HUOSHUI_LANGUAGE="zh")
    assert words.code == 1
    for line in (2, 4):
        [told] = [t for t in words.err.splitlines() if f"line {line}, price" in t]
        assert "items.csv" in told
        assert CHINESE.search(told)
    # Not even a book was opened: this one is the first.
    opened = shell.done("open", "Quayside", "--world", "live", HUOSHUI_LANGUAGE="zh")
    assert "Quayside" in opened.out
    assert CHINESE.search(opened.out)
    other = shell.run("open", "Another", "--world", "live")
    assert (other.code, "book_stands" in other.err) == (1, True)
    assert "Quayside" in other.err


def test_a_replay_prints_one_document_and_its_world_can_be_dropped(
    shell: Shell, sample: Path
) -> None:
    report = shell.folder / "report.html"
    told = shell.done(
        "replay", "--orders", str(sample), "--name", "tale", "--report", str(report), "--json"
    ).json
    assert told["verified"]
    assert told["world"] == "tale"
    assert told["orders"] == 40
    assert re.fullmatch("[0-9a-f]{64}", told["ledger_hash"])
    assert {"orders_per_s", "peak_rss_mb", "report", "verification"} <= told.keys()
    assert report.read_text().lstrip().lower().startswith("<!doctype html>")
    assert (
        shell.done("verify", "--world", "tale", "--json").json["ledger_hash"] == told["ledger_hash"]
    )
    names = [w["name"] for w in shell.done("worlds", "--json").json]
    assert names == ["live", "tale", "test"]
    assert "tale" in shell.done("drop", "tale").out
    kept = shell.run("drop", "live", HUOSHUI_LANGUAGE="zh")
    assert kept.code == 1
    assert "world_kept" in kept.err
    assert CHINESE.search(kept.err)


def test_keys_zones_and_clocks(shell: Shell) -> None:
    made = shell.done("key", "till", "--scope", "facts:read", "--json").json
    assert made["scopes"] == ["facts:read"]
    assert made["key"].startswith("hs_test_")
    bare = shell.done("key", "all")
    assert re.search(r"^hs_test_\S+$", bare.out, re.MULTILINE)
    wrong = shell.run("key", "x", "--scope", "everything")
    assert (wrong.code, "unknown_scope" in wrong.err) == (1, True)
    nowhere = shell.run("open", "Z", "--time-zone", "Mars/Base")
    assert (nowhere.code, "unknown_zone" in nowhere.err) == (1, True)
    moved = shell.done("clock", "30d")
    assert re.search(r"\d{4}-\d\d-\d\d", moved.out)
    live = shell.run("clock", "30d", "--world", "live")
    assert (live.code, "live_clock" in live.err) == (1, True)


def test_config_masks_secrets_and_a_bad_address_is_told_without_them(shell: Shell) -> None:
    url = "postgresql://owner:s3cret-w0rd@127.0.0.1:1/books"
    shown = shell.done("config", "--json", DATABASE_URL=url)
    assert shown.json["database_url"] == "••••"
    assert "s3cret" not in shown.out
    gone = shell.run("worlds", DATABASE_URL=url)
    assert (gone.code, "database_gone" in gone.err) == (1, True)
    garbage = shell.run("worlds", DATABASE_URL="s3cret-w0rd and more")
    assert (garbage.code, "bad_database_url" in garbage.err) == (1, True)
    assert "s3cret" not in gone.err + garbage.err
    bad = shell.run("config", HUOSHUI_PORT="many", HUOSHUI_LANGUAGE="zh")
    assert (bad.code, "bad_setting" in bad.err) == (1, True)
    assert CHINESE.search(bad.err)


def test_the_embedded_server_asks_for_its_password_on_a_socket_alone(shell: Shell) -> None:
    shell.done("doctor")
    cluster = Cluster(shell.home.resolve())
    password = shell.home / "postgres.password"
    assert password.stat().st_mode & 0o077 == 0
    with db.admin(cluster.url) as execute:
        assert execute("SHOW listen_addresses") == [("",)]
    for url in (f"postgresql://huoshui@/huoshui?host={cluster.socket}",
                f"postgresql://huoshui:guess@/huoshui?host={cluster.socket}"):  # fmt: skip
        with pytest.raises(DatabaseGone), db.admin(url):
            pass


def test_the_machine_room(shell: Shell) -> None:
    doctor = shell.done("doctor")
    assert doctor.out.count("✓") == 3
    assert "PostgreSQL" in doctor.out
    shell.done("migrate")
    migrated = shell.done("migrate").out
    for name in ("registry", "template", "live", "test"):
        assert re.search(rf"^{name} +0$", migrated, re.MULTILINE)
    claims = shell.done("claims", "--json", HUOSHUI_LANGUAGE="zh").json
    assert {"system", "study", "ours", "command", "words"} <= claims[0].keys()
    assert CHINESE.search(claims[0]["study"])
    assert "replay" in shell.done("bench", "--list", "--json").json
    unknown = shell.run("bench", "nothing")
    assert (unknown.code, "unknown_bench" in unknown.err) == (1, True)
