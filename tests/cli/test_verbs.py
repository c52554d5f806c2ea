"""Every verb does its work, as a table and as one JSON object."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from tests.cli.tool import call, classifier, images
from tests.frontends.models import make, port
from tinycompile import __version__
from tinycompile.build import find_qemu
from tinycompile.cli import VERBS
from tinycompile.target import board_names

WIDTH = 80


def assert_readable(text: str) -> None:
    """No line is wider than 80 columns, but for single words (paths) that cannot be broken."""
    assert text.strip()
    wide = [line for line in text.splitlines() if len(line) > WIDTH]
    assert not [line for line in wide if max(map(len, line.split())) < WIDTH // 2], wide


def test_version() -> None:
    assert call("--version").out.strip() == f"tinycompile {__version__}"


def test_module_is_the_same_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tinycompile", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == f"tinycompile {__version__}"


def test_help_lists_every_verb() -> None:
    text = call("--help").out
    for verb, line in VERBS.items():
        own = call(verb, "--help")
        assert own.code == 0
        assert " ".join(line.split()) in " ".join(own.out.split())
        assert verb in text


def test_compile_reports_what_was_emitted(files: Path, tmp_path: Path) -> None:
    net = files / "net.onnx"
    said = call("compile", net, "--board", "nucleo-f446re", "-o", tmp_path / "out", "--json")
    found = said.object
    assert said.code == 0
    assert {
        "model", "board", "dtype", "ram", "lower_bound", "flash", "macs", "recompute_macs", "stages",
        "digest",
    } <= found.keys()  # fmt: skip
    assert found["dtype"] == "float32"
    assert found["ram"]["total"] == found["ram"]["arena"] + found["ram"]["context"]
    assert found["ram"].keys() == {"arena", "scratch_peak", "context", "weights", "total", "regions"}
    (region,) = found["ram"]["regions"]
    assert region["name"] == "sram" and region["available"] == 128 << 10
    assert region["arena"] == found["ram"]["arena"] < region["needed"]
    assert found["macs"] == 8 * 8 * 4 * 9 + 64 * 3
    assert found["flash"]["code"] > 500
    assert found["flash"]["total"] == sum(found["flash"][part] for part in ("weights", "tables", "code"))
    assert found["lower_bound"] <= found["ram"]["arena"]
    header = (tmp_path / "out" / "net.h").read_text(encoding="utf-8")
    assert f'"{found["digest"]}"' in header
    assert "set to 1" in said.err  # the note on the batch is no result


def test_compile_prints_tables(compiled: Path, files: Path, tmp_path: Path) -> None:
    said = call("compile", files / "net.onnx", "--board", "nucleo-f446re", "-o", tmp_path / "out")
    assert_readable(said.out)
    for word in (
        "image: float32 1x1x8x8",
        "scores",
        "macs",
        "conv +1",
        "max_pool_f32",
        "no order needs less",
    ):
        assert word in said.out


def test_compile_twice_gives_the_same_bytes(files: Path, compiled: Path) -> None:
    again = files / "again"
    call("compile", files / "net.onnx", "-b", "nucleo-f446re", "--calib", files / "calib.npz", "-o", again)
    names = {p.name for p in compiled.iterdir() if p.is_file()}
    assert names == {p.name for p in again.iterdir() if p.is_file()}
    assert all((compiled / n).read_bytes() == (again / n).read_bytes() for n in names)


def test_default_folder_is_the_name(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("compile", files / "net.onnx", "--board", "host", "--name", "my_net").code == 0
    assert (tmp_path / "my_net" / "my_net.h").is_file()


@pytest.mark.parametrize(
    "options",
    [
        ("--ranges", "percentile", "--percentile", "99"),
        ("--ranges", "mse"),
        ("--bias-correction", "--equalize"),
    ],
)
def test_quantisation_options_reach_the_quantiser(
    files: Path, compiled: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    common = (
        "compile",
        files / "net.onnx",
        "--board",
        "host",
        "--calib",
        files / "calib.npz",
        "--json",
        "-o",
    )
    plain = call(*common, tmp_path / "plain").object["digest"]
    assert call(*common, tmp_path / "other", *options).object["digest"] != plain


def test_io_float32_converts_at_the_edges(files: Path, tmp_path: Path) -> None:
    words = (
        "compile",
        files / "net.onnx",
        "--board",
        "host",
        "--calib",
        files / "calib.npz",
        "--json",
        "--io",
        "float32",
    )
    found = call(*words, "-o", tmp_path / "out").object
    assert [p["dtype"] for p in (*found["inputs"], *found["outputs"])] == ["float32", "float32"]
    assert found["dtype"] == "mixed"


def test_input_shape_fixes_free_dimensions(tmp_path: Path) -> None:
    model = classifier()
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "h"
    onnx.save(model, tmp_path / "free.onnx")
    words = ("compile", tmp_path / "free.onnx", "--board", "host", "--input-shape", "image=1,1,8,8")
    assert call(*words, "-o", tmp_path / "out").code == 0


def test_simulate_a_folder(compiled: Path, files: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.npz"
    said = call("simulate", compiled, "--input", files / "data.npz", "--out", out, "--json")
    found = said.object
    assert said.code == 0
    assert {"peak", "arena", "peak_step", "live_at_peak", "outputs"} <= found.keys()
    assert found["peak"] <= found["arena"]
    assert sum(b["size"] for b in found["live_at_peak"]) == found["peak"]
    saved = np.load(out)["scores"]
    assert saved.shape == (20, 1, 3)
    assert saved.dtype == np.int8
    assert found["outputs"]["scores"]["values"] == saved.tolist()


def test_simulate_a_model_without_input(files: Path) -> None:
    said = call("simulate", files / "net.onnx", "--board", "nucleo-f401re")
    assert_readable(said.out)
    for word in ("one random sample (seed 0)", "<- peak", "live at step", "scores"):
        assert word in said.out


@pytest.mark.parametrize("place", ["host", "emulator", pytest.param("qemu", marks=pytest.mark.qemu)])
def test_run_is_bit_exact(compiled: Path, files: Path, place: str) -> None:
    if place == "qemu" and find_qemu() is None:
        pytest.skip("qemu-system-arm is not installed")
    said = call("run", compiled, "--on", place, "--input", files / "data.npz", "--json")
    found = said.object
    assert said.code == 0
    assert {
        "bit_exact", "samples", "instructions", "cycles_model", "stack_high_water", "arena_high_water",
        "out_of_plan_accesses", "compiler",
    } <= found.keys()  # fmt: skip
    assert found["bit_exact"] is True
    assert found["samples"] == 20
    if place == "emulator":
        assert found["out_of_plan_accesses"] == 0
        assert found["arena_high_water"] <= found["arena"]
        assert found["instructions"] > 1000


def test_run_prints_one_table(compiled: Path) -> None:
    said = call("run", compiled, "--on", "host")
    assert said.code == 0
    assert_readable(said.out)
    assert "bit-exact to the simulator  yes" in said.out


def test_run_that_differs_exits_with_1(files: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    call("compile", files / "net.onnx", "--board", "host", "-o", folder)
    weights = folder / "net_weights.c"
    head, brace, numbers = weights.read_text(encoding="utf-8").partition("= {\n")
    weights.write_text(head + brace + "9.0f," + numbers.partition(",")[2], encoding="utf-8")
    said = call("run", folder, "--on", "host", "--json")
    assert said.code == 1
    assert said.object["bit_exact"] is False
    assert said.object["differing"] == [0]
    table = call("run", folder, "--on", "host")
    assert table.code == 1
    assert "NO, 1 of 1 samples differ" in table.out


@pytest.mark.parametrize("place", [None, "simulator", "emulator"])
def test_evaluate(compiled: Path, files: Path, place: str | None) -> None:
    said = call(
        "evaluate", compiled, "--data", files / "data.npz", "--json", *(("--on", place) if place else ())
    )
    found = said.object
    assert said.code == 0
    assert {"accuracy", "samples", "agreement_with_onnxruntime", "max_abs_diff"} <= found.keys()
    assert found["samples"] == 20
    assert found["agreement_with_onnxruntime"] >= 0.9
    assert 0 < found["max_abs_diff"] < 0.2
    assert found["max_step_diff"] <= 6
    assert abs(found["accuracy"] - found["accuracy_of_onnxruntime"]) <= 0.1


def test_evaluate_counts_top_1(files: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    call("compile", files / "net.onnx", "--board", "host", "-o", folder)
    call("simulate", folder, "--input", files / "calib.npz", "--out", tmp_path / "o.npz")
    labels = np.load(tmp_path / "o.npz")["scores"].reshape(20, 3).argmax(axis=1)
    labels[:5] = (labels[:5] + 1) % 3
    np.savez(tmp_path / "data.npz", x=images(), y=labels)
    found = call("evaluate", folder, "--data", tmp_path / "data.npz", "--on", "simulator", "--json").object
    assert found["accuracy"] == found["accuracy_of_onnxruntime"] == 0.75
    assert found["agreement_with_onnxruntime"] == 1.0
    assert found["max_abs_diff"] < 1e-4


def test_evaluate_with_converted_edges_compares_reals(tmp_path: Path) -> None:
    """The source takes and gives int8; the compiled model floats."""
    nodes = [
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["x"]),
        helper.make_node("Relu", ["x"], ["y"]),
        helper.make_node("QuantizeLinear", ["y", "s", "z"], ["r"]),
    ]
    constants = {"s": np.array(0.25, np.float32), "z": np.array(3, np.int8)}
    edges = [[port(name, [1, 6], TensorProto.INT8)] for name in ("q", "r")]
    onnx.save(make(nodes, *edges, constants), tmp_path / "relu.onnx")
    words = ("compile", tmp_path / "relu.onnx", "--board", "host", "--io", "float32", "-o", tmp_path / "out")
    assert call(*words).code == 0
    np.savez(tmp_path / "data.npz", x=images(9, 6)[:, :, 0])
    words = ("evaluate", tmp_path / "out", "--data", tmp_path / "data.npz", "--on", "simulator", "--json")
    found = call(*words).object
    assert (found["samples"], found["identical_outputs"], found["max_abs_diff"]) == (9, 1.0, 0.0)


def test_evaluate_without_labels_says_so(compiled: Path, files: Path) -> None:
    said = call("evaluate", compiled, "--data", files / "calib.npz", "--on", "simulator")
    assert said.code == 0
    assert "no labels y" in said.out
    assert_readable(said.out)


def test_boards() -> None:
    said = call("boards")
    assert_readable(said.out)
    assert all(name in said.out for name in board_names())
    listed = call("boards", "--json").object["boards"]
    assert [b["name"] for b in listed] == list(board_names())
    f446 = next(b for b in listed if b["name"] == "nucleo-f446re")
    assert (f446["ram"], f446["flash"], f446["core"]) == (128 * 1024, 512 * 1024, "cortex-m4f")


def test_ops() -> None:
    said = call("ops")
    assert_readable(said.out)
    rows = {r["operator"]: r for r in call("ops", "--json").object["operators"]}
    assert rows["Conv"]["int8"]
    assert rows["Conv"]["float32"]
    assert "Conv " in said.out


def test_doctor() -> None:
    said = call("doctor")
    assert said.code == 0
    assert_readable(said.out)
    tools = {t["name"]: t for t in call("doctor", "--json").object["tools"]}
    assert tools["zig"]["how_to_get"] == "pip install ziglang"
    assert tools["unicorn"].keys() == {"name", "found", "version", "purpose", "how_to_get"}


def test_flash_builds_an_image(compiled: Path) -> None:
    found = call("flash", compiled, "--build-only", "--json").object
    assert found["board"] == "nucleo-f446re"
    assert found["written_with"] is None
    assert found["address"] == 0x0800_0000
    assert Path(found["binary"]).stat().st_size == found["size"] > 1000
