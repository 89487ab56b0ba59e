"""`huoshui risk …`: trained from a file, registered, asked again; benchmarks without their files."""

from __future__ import annotations

import json

import pytest

from huoshui.core.settings import Settings
from huoshui.interfaces.cli import risking
from huoshui.interfaces.cli.bench import BENCHES
from huoshui.judgement.risk.models.training.options import Options
from tests.judgement.risk.models import made

pytest.importorskip("lightgbm")


def test_training_writes_texts_and_cards_in_both_languages(tmp_path, capsys):
    file = tmp_path / "cases.csv.gz"
    file.write_bytes(made.content(made.rows(600), zipped=True))
    asked = Options(target="outcome", trials=1, exclude=("recovered", "settled", "applied"))
    risking.run_train(Settings(), None, risking.Job(file, asked, tmp_path / "out"), json=True)
    told = json.loads(capsys.readouterr().out)
    assert [card["form"] for card in told["cards"]] == ["booster", "scorecard"]
    assert told["models"] == [] and told["cards"][0]["name"] == "cases"
    assert {each.name for each in (tmp_path / "out").iterdir()} == {
        f"{form}.{end}" for form in ("booster", "scorecard")
        for end in ("model", "json", "en.html", "zh.html")
    }  # fmt: skip


@pytest.mark.parametrize("name", ["models", "capacity", "transfer", "device_fraud"])
def test_a_benchmark_without_its_files_says_so(name, tmp_path, monkeypatch):
    monkeypatch.setenv("HUOSHUI_SHARED", str(tmp_path))
    found = BENCHES[name](Settings(), True)
    assert found.figures == {} and "HUOSHUI_SHARED" in found.notes[0]
