"""The removal of channels as users see it: figures, table, folder, and the way to switch it off."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from tests.cli.tool import call, classifier
from tests.networks.blind import with_blind_filters


@pytest.fixture(scope="module")
def blind(files: Path) -> Path:
    path = files / "blind.onnx"
    onnx.save(with_blind_filters(classifier()), path)
    return path


def test_removed_channels_are_reported_unless_they_are_kept(files: Path, blind: Path, tmp_path: Path) -> None:
    words = ("compile", blind, "-b", "nucleo-f446re", "--calib", files / "calib.npz", "--json")
    thin = call(*words, "-o", tmp_path / "thin").object
    whole = call(*words, "-o", tmp_path / "whole", "--keep-dead-channels").object
    removed = thin["removed"]
    assert removed["channels"] == sum(layer["channels"] - layer["kept"] for layer in removed["layers"]) > 0
    assert removed["macs"] == whole["macs"] - thin["macs"] > 0
    assert 0 < removed["weight_bytes"] <= whole["flash"]["weights"] - thin["flash"]["weights"]
    assert whole["removed"] == {"channels": 0, "macs": 0, "weight_bytes": 0, "layers": []}
    outputs = [
        call("simulate", tmp_path / name, "--input", files / "calib.npz", "--json").object["outputs"]
        for name in ("thin", "whole")
    ]
    assert outputs[0]["scores"]["values"] == outputs[1]["scores"]["values"]


def test_the_table_names_what_was_removed(files: Path, blind: Path, tmp_path: Path) -> None:
    words = ("compile", blind, "-b", "nucleo-f446re", "--calib", files / "calib.npz")
    said = call(*words, "-o", tmp_path / "thin").out
    assert "constant or unread channels" in said
    assert "constant or unread" not in call(*words, "-o", tmp_path / "whole", "--keep-dead-channels").out
