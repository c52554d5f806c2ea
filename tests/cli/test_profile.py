"""`tinycompile profile`: the figures, the file that it leaves, and the page that draws it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_verbs import assert_readable
from tests.cli.tool import call
from tests.report.plans import plan
from tinycompile.build import find_arm_gcc, find_qemu, find_zig

needs_arm = pytest.mark.skipif(find_zig() is None and find_arm_gcc() is None, reason="no compiler for Arm")


@pytest.fixture
def folder(compiled: Path, tmp_path: Path) -> Path:
    """The classifier in int8 for nucleo-f446re."""
    return Path(shutil.copytree(compiled, tmp_path / "net"))


def _streamed(tmp_path: Path) -> Path:
    return plan("ring").save(tmp_path / "ring")


def _total(found: dict[str, Any], key: str) -> int:
    return sum(int(entry[key]) for entry in found["layers"])


@needs_arm
def test_layers_and_drivers_make_up_the_whole(tmp_path: Path) -> None:
    directory = _streamed(tmp_path)
    said = call("profile", directory, "--json")
    found, program = said.object, plan("ring").program
    assert said.code == 0, said.err
    layers = [entry for entry in found["layers"] if entry["kind"] == "layer"]
    drivers = [entry for entry in found["layers"] if entry["kind"] == "driver"]
    assert [entry["kernel"] for entry in layers] == [c.symbol for c in program.calls]
    assert len(drivers) == len(program.stages) > 0
    assert _total(found, "instructions") == found["instructions"]
    assert _total(found, "cycles") == pytest.approx(found["cycles"], abs=len(layers))
    assert _total(found, "estimate") == pytest.approx(found["estimate"], abs=len(layers))
    assert sum(entry["share"] for entry in found["layers"]) == pytest.approx(1)
    assert _total(found, "macs") == found["macs"] == program.macs
    assert found["cycles"] > found["instructions"] > 0
    assert found["milliseconds"] == pytest.approx(1e3 * found["cycles"] / found["clock_hz"], rel=1e-4)
    for memory, both in found["traffic"].items():
        parts = [e["traffic"][memory] for e in found["layers"] if memory in e["traffic"]]
        assert both["loaded"] == sum(t["loaded"] for t in parts) > 0
    assert json.loads((directory / "profile.json").read_text()) == found


@needs_arm
def test_the_table(folder: Path) -> None:
    said = call("profile", folder)
    assert said.code == 0, said.err
    assert_readable(said.out)
    for words in ("ms at 180 MHz, an estimate: zero wait states", "static estimate", "linear", "stores"):
        assert words in said.out


@needs_arm
def test_the_page_draws_it(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert call("report", folder, "-o", page).code == 0
    assert "Estimated cycles at zero wait states" in page.read_text()
    found = call("profile", folder, "--json").object
    assert call("report", folder, "-o", page).code == 0
    text = page.read_text()
    assert f"{found['instructions']:,} instructions" in text and f"{found['cycles']:,} model cycles" in text
    assert 'class="estimate"' in text


@needs_arm
def test_compiling_again_takes_it_away(folder: Path, files: Path) -> None:
    assert call("profile", folder).code == 0
    said = call("compile", files / "net.onnx", "--board", "nucleo-f446re", "-o", folder)
    assert said.code == 0, said.err
    assert not (folder / "profile.json").exists()


def test_cores_that_no_emulator_has(files: Path, tmp_path: Path) -> None:
    for board in ("host", "mps3-an547"):
        assert call("compile", files / "net.onnx", "--board", board, "-o", tmp_path / board).code == 0
        said = call("profile", tmp_path / board, "--json")
        assert (said.code, said.codes) == (4, ["TC513"])


def test_a_folder_without_a_compilation(tmp_path: Path) -> None:
    said = call("profile", tmp_path, "--json")
    assert (said.code, said.codes) == (2, ["TC703"])


@pytest.mark.parametrize("text", ["", "[]", '{"layers": []}', '{"layers": [{"step": 0, "kind": "layer"}]}'])
def test_a_bad_file(folder: Path, tmp_path: Path, text: str) -> None:
    (folder / "profile.json").write_text(text)
    said = call("report", folder, "-o", tmp_path / "page.html", "--json")
    assert (said.code, said.codes) == (2, ["TC710"])


@pytest.mark.qemu
@pytest.mark.skipif(find_arm_gcc() is None or find_qemu() is None, reason="needs arm gcc and QEMU")
def test_qemu_counts_the_same_instructions(tmp_path: Path) -> None:
    directory = _streamed(tmp_path)
    emulated = call("profile", directory, "--json").object
    said = call("profile", directory, "--on", "qemu")
    assert "QEMU has no cycle model" in said.out
    assert_readable(said.out)
    found = json.loads((directory / "profile.json").read_text())
    assert found["cycles"] is None and found["milliseconds"] is None
    assert found["instructions"] == emulated["instructions"]
    pairs = [p for p in zip(found["layers"], emulated["layers"], strict=True) if p[0]["kind"] == "layer"]
    for ours, theirs in pairs:
        assert ours["instructions"] == pytest.approx(theirs["instructions"], rel=0.01, abs=100), ours["label"]
