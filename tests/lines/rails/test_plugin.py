"""A rail is added from a folder, by an entry point or a setting, and pays end to end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from huoshui.core import settings as core_settings
from huoshui.core.db import Database
from huoshui.lines.payments import rails
from huoshui.lines.payments.rails import UnknownRail, registry
from huoshui.lines.payments.rails.registry import BadRailSetting
from tests.lines.rails import ground

PLUGIN = '''
"""A rail of a village: its cashier writes into a book, and knows each key that it has seen."""

from pathlib import Path

from huoshui.lines.payments.rails import Answer, Capabilities


class Village:
    capabilities = Capabilities(refunds=True, currencies=("CNY",))

    def __init__(self, name, file):
        self.name, self.file = name, Path(file)

    def _seen(self):
        return self.file.read_text().split() if self.file.exists() else []

    def send(self, call):
        if str(call.id) not in self._seen():
            with self.file.open("a") as book:
                book.write(f"{call.id}\\n")
        return self.status(call)

    def status(self, call):
        if str(call.id) in self._seen():
            return Answer(verdict="succeeded", reference=f"v-{call.id.hex}", amount=call.amount)
        return Answer(verdict="unknown", code="not_received")

    def read(self, headers, body):
        return []


def make(name, setting):
    return Village(name, setting["file"])
'''


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A package as pip would have put it there."""
    (tmp_path / "village_rail.py").write_text(PLUGIN)
    info = tmp_path / "village_rail-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: village-rail\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[huoshui.rails]\nvillage = village_rail:make\n")
    sys.path.insert(0, str(tmp_path))
    yield tmp_path
    sys.path.remove(str(tmp_path))
    sys.modules.pop("village_rail", None)
    registry.forget("cash")


@pytest.mark.parametrize("plugin", ["village", "village_rail:make"])
def test_a_rail_from_a_folder_pays_end_to_end(
    sandbox: Database, book: int, folder: Path, plugin: str
) -> None:
    file = folder / "huoshui.toml"
    file.write_text(f'[rails.cash]\nplugin = "{plugin}"\nfile = "{folder}/cashbook"\n')
    with pytest.raises(UnknownRail):
        rails.capabilities("cash")
    registry.load(core_settings.load(file, {}).rails)
    assert rails.capabilities("cash").refunds and "cash" in registry.outside()
    with ground.field(sandbox, book, folder / "sim") as field:
        field.sender = field.new_sender(find=registry.rail)
        call = field.queue("cash", "capture")
        [row] = field.settled(call)
    assert (row.state, row.answered, row.reference) == ("succeeded", 10_000, f"v-{call.hex}")
    assert (folder / "cashbook").read_text() == f"{call}\n"
    with pytest.raises(UnknownRail):
        rails.rail("cash", live=True)


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("cash", {"plugin": "no_such_entry"}),
        ("cash", {"plugin": "no_such_module:make"}),
        ("cash", {"plugin": "village_rail:nothing"}),
        ("balance", {"plugin": "village"}),
        ("card", {"plugin": "simulated"}),
        ("card", {"plugin": "simulated", "url": "http://x", "secret": "hunter2-not-whsec"}),
        ("cash", {"plugin": "simulated", "url": "http://x", "secret": "s"}),
    ],
)
def test_a_wrong_setting_is_named_and_tells_no_secret(
    folder: Path, name: str, setting: dict[str, str]
) -> None:
    with pytest.raises(BadRailSetting) as caught:
        registry.load({name: setting})
    assert name in caught.value.detail("en") and "hunter2" not in caught.value.detail("zh")


def test_secrets_come_from_the_environment_and_are_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "huoshui.toml"
    file.write_text('[rails.card]\nplugin = "simulated"\nurl = "http://x"\n')
    read = core_settings.load(file, {"HUOSHUI_RAIL_CARD_SECRET": "whsec_s3"})
    assert read.rails["card"]["secret"] == "whsec_s3"
    assert "s3" not in str(core_settings.shown(read)) and "http://x" in str(
        core_settings.shown(read)
    )
