"""Sealing, verifying and statements as a person meets them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.interfaces.cli.conftest import Shell


@pytest.fixture(scope="module")
def sealed(shell: Shell, sample: Path) -> Shell:
    """A sandbox with money in it, sealed."""
    shell.done("import", str(sample), "--money")
    done = shell.done("seal", "--json").json
    assert done["key"].startswith("huoshui/test/")
    assert shell.done("seal", "--json").json["leaves"] == 0
    return shell


def test_a_sealed_world_is_verified_and_its_checkpoint_kept(sealed: Shell) -> None:
    found = sealed.done("verify", "--json").json
    log = found["log"]
    assert found["holds"] and log["holds"] and log["fault_count"] == 0
    assert log["transfers"] > 40 and log["unsealed"]["transfers"] == 0
    note = sealed.done("checkpoint")
    assert note.out.startswith("huoshui/test/") and "huoshui/test/" in note.err
    kept = sealed.folder / "kept.txt"
    kept.write_text(note.out)
    told = sealed.done("checkpoint", "--json").json
    good = sealed.done("verify", "--checkpoint", str(kept), "--key", told["keys"][0])
    assert "{" not in good.out
    words = sealed.done("verify", HUOSHUI_LANGUAGE="zh")
    assert "防篡改日志" in words.out
    other = note.out.replace(note.out.split("\n")[2][:6], "AAAAAA")
    kept.write_text(other)
    assert sealed.run("verify", "--checkpoint", str(kept)).code == 1


def test_a_statement_is_written_and_checked_alone(sealed: Shell) -> None:
    file = sealed.folder / "statement.json"
    made = sealed.done("statement", "escrow", "--out", str(file))
    assert str(file) in made.out
    key = sealed.done("checkpoint", "--json").json["keys"][0]
    nowhere = {"HUOSHUI_HOME": str(sealed.folder / "empty"), "DATABASE_URL": "postgresql://x:1/n"}
    found = sealed.done("verify", "--statement", str(file), "--key", key, "--json", **nowhere).json
    assert (found["path"], found["transfers"] > 10) == ("escrow", True)
    assert not Path(nowhere["HUOSHUI_HOME"]).exists()
    assert "escrow" in sealed.done("verify", "--statement", str(file)).out
    unknown = sealed.run("verify", "--statement", str(file), **nowhere)
    assert (unknown.code, "bad_log_key" in unknown.err) == (1, True)
    changed = msgspec.json.decode(file.read_bytes())
    changed["transfers"][0]["row"]["amount"] += 1
    file.write_bytes(msgspec.json.format(msgspec.json.encode(changed), indent=1) + b"\n")
    refused = sealed.run("verify", "--statement", str(file), "--key", key)
    assert (refused.code, "bad_statement" in refused.err) == (1, True)
    empty = sealed.run("statement", "escrow", "--out", str(file), "--since", "yesterday")
    assert "bad_moment" in empty.err


def test_a_new_key_signs_from_here_on(sealed: Shell) -> None:
    before = sealed.done("checkpoint", "--json").json["keys"]
    assert before[0] != sealed.done("seal", "--new-key", "--json").json["key"]
    told = sealed.done("checkpoint", "--json").json
    assert told["keys"][0] == before[0] and told["note"].count("— ") == 2
    assert sealed.done("verify", "--key", before[0], "--json").json["holds"]
