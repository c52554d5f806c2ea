"""The stages of the benchmark on CIFAR-10: interrupted, resumed, proven; with little of everything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("optuna", reason="optuna is not installed")
pytest.importorskip("torch", reason="PyTorch is not installed")

from benchmarks.cifar_search import FRONT_RAM, MACS, RAM, STAGES, WEIGHTS, Scale, advance, report, stages
from tinycompile.search.record import Record
from tinycompile.search.settings import Plans

TINY = Scale(
    "tests.search.coloured:coloured", effort=0.005, trials=3, winners=2, finalists=2, workers=1, device="cpu"
)


def test_stages_keep_to_the_budgets_of_resnet8() -> None:
    found = {stage.name: stage.settings for stage in stages(Scale())}
    assert list(found) == ["supernet", "teacher", "winner", "resnet8", "whole", "front"]
    for name in ("winner", "whole"):
        assert (found[name].ram, found[name].weights, found[name].macs) == (RAM, WEIGHTS, MACS)
    assert found["whole"].plans is Plans.WHOLE and found["winner"].plans is Plans.ANY
    assert found["front"].ram == FRONT_RAM and found["front"].winners >= 5
    # Weights can be shared only by searches of one space and one set of scales.
    assert not any(settings.scale for settings in found.values())
    assert {s.effort for s in found.values()} == {1.0}


@pytest.mark.slow
def test_all_stages_in_parts(tmp_path: Path) -> None:
    assert not advance(tmp_path, TINY, 2.0)  # stopped while it began
    assert not any(s["done"] for s in json.loads((tmp_path / STAGES).read_text()).values())
    assert advance(tmp_path, TINY, 600.0)
    state = json.loads((tmp_path / STAGES).read_text())
    assert all(s["done"] and s["device"] == "CPU" and s["seconds"] > 0 for s in state.values())
    assert state["supernet"]["runs"] == 2
    assert not list(tmp_path.glob("*/checkpoints/supernet.pt"))[1:]  # one for all
    said = report(tmp_path, TINY)
    winners = {name: Record.load(tmp_path / name).winners for name in ("winner", "resnet8", "whole", "front")}
    assert said.count("\n| ") == 1 + sum(map(len, winners.values()))
    for (winner,) in (winners["winner"], winners["whole"]):
        assert winner.proven is not None and not winner.proven["missed"]
        assert winner.proven["cost"]["ram"] <= RAM and winner.proven["exact_host"] is not False
    assert winners["whole"][0].cost.plan == "whole"
    (resnet8,) = winners["resnet8"]
    assert 12_000_000 < resnet8.cost.macs < 13_000_000
    assert advance(tmp_path, TINY, 600.0)  # nothing is left to do
    assert json.loads((tmp_path / STAGES).read_text()) == state
