"""What the planner may do, from the command line: budgets, stages, rows, and what there is to choose from."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import onnx
import pytest

import tinycompile
from tests.cli.test_bad_input import compile_in, refused
from tests.cli.test_verbs import assert_readable
from tests.cli.tool import call, classifier
from tests.networks.archs import Arch, Block, arch_model
from tinycompile.report.pareto import read_points

BOARD = ("--board", "nucleo-f446re")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small mobile network in int8."""
    path = tmp_path_factory.mktemp("plans") / "net.onnx"
    onnx.save(arch_model(Arch("net", 40, 8, (Block(8, 48, 8, 3, 1),), None, classes=10)), path)
    return path


def test_the_plan_is_in_the_report(model: Path, tmp_path: Path) -> None:
    whole = call("compile", model, *BOARD, "-o", tmp_path / "whole", "--json").object
    assert whole["plan"]["name"] == "whole" and whole["plan"]["stages"] == []
    assert (whole["plan"]["input"], whole["plan"]["output"]) == ("ram", "ram")
    words = ("compile", model, *BOARD, "--input", "rows", "--ram", "8K", "-o", tmp_path / "rows")
    found = call(*words, "--json").object
    plan = found["plan"]
    assert found["ram"]["total"] <= 8 << 10
    assert plan["input"] == "rows"
    assert sum(s["extra_macs"] for s in plan["stages"]) == plan["extra_macs"] == found["recompute_macs"]
    assert plan["extra_percent"] == pytest.approx(100 * plan["extra_macs"] / whole["macs"])
    assert max(s["peak"] for s in plan["stages"]) <= found["ram"]["arena"]
    text = call(*words)
    assert text.code == 0
    assert_readable(text.out)
    said = " ".join(text.out.split())
    assert "row by row" in said and f"{plan['extra_cycles']:,} on top of the kernels'" in said
    assert f"cycles about {plan['cycles']:,} at zero wait states, " in said and " ms at 180 MHz" in said
    for stage in plan["stages"]:
        calls = (
            f"call {stage['first']}," if stage["calls"] == 1 else f"calls {stage['first']}-{stage['last']},"
        )
        assert f"{stage['kind']}, {calls} fullest {stage['peak']:,}" in text.out


def test_recompute_is_a_limit(model: Path, tmp_path: Path) -> None:
    words = (model, *BOARD, "--input", "rows", "--json", "--ram", "64")
    free, none = (call("compile", *words, *more) for more in ((), ("--recompute", "0")))
    sizes = [int(s.object["error"][0]["hint"].split()[-1]) for s in (free, none)]
    assert sizes[0] < sizes[1]
    at = ("compile", model, *BOARD, "--input", "rows", "--ram", str(sizes[1]), "-o", tmp_path / "a", "--json")
    assert call(*at, "--recompute", "0").object["recompute_macs"] == 0


def test_a_budget_that_is_missed_says_what_would_do(model: Path, tmp_path: Path) -> None:
    said = compile_in(tmp_path, model, "--ram", "2K")
    refused(said, 1, "TC404")
    (entry,) = said.object["error"]
    needed, budget = re.search(r"needs ([\d,]+) bytes.*budget is ([\d,]+)", entry["message"]).groups()  # type: ignore[union-attr]
    bound = re.search(r"can need less than ([\d,]+)", entry["message"])
    assert bound is not None
    number = [int(x.replace(",", "")) for x in (budget, bound[1], needed)]
    assert number[0] == 2048 and number == sorted(number)
    assert "MACs again" in entry["message"] or "computes nothing twice" in entry["message"]
    assert "bytes live: " in entry["message"]
    rows = re.match(r"with --input rows, ([\d,]+) bytes would do; or try --ram (\d+)", entry["hint"])
    assert rows is not None
    least = rows[1].replace(",", "")
    out = ("-o", tmp_path / "out", "--json")
    assert call("compile", model, *BOARD, "--ram", rows[2], *out).code == 0
    assert call("compile", model, *BOARD, "--input", "rows", "--ram", least, *out).code == 0


def test_what_is_forbidden_is_named(model: Path, tmp_path: Path) -> None:
    said = compile_in(tmp_path, model, "--stages", "whole", "--ram", "9K")
    refused(said, 1, "TC404")
    assert said.object["error"][0]["hint"].startswith("with --stages auto, ")
    said = compile_in(tmp_path, model, "--input", "rows", "--recompute", "0", "--ram", "2K")
    assert re.match(r"with --recompute [\d.]+, ", said.object["error"][0]["hint"])


def test_the_flash_budget(model: Path, tmp_path: Path) -> None:
    found = call("compile", model, *BOARD, "--flash", "100K", "-o", tmp_path / "out", "--json").object
    weights, total = found["flash"]["weights"], found["flash"]["total"]
    assert weights < total <= 100 << 10
    for size in (total - 1, weights - 1):
        said = call("compile", model, *BOARD, "--flash", str(size), "-o", tmp_path / "no", "--json")
        refused(said, 1, "TC406")
        assert not (tmp_path / "no").exists()
    host = call("compile", model, "--board", "host", "--flash", str(weights), "-o", tmp_path / "h", "--json")
    assert any("weights alone" in note for note in host.object["notes"])
    with pytest.raises(tinycompile.TinyCompileError, match="TC406"):
        tinycompile.compile(model, "nucleo-f446re", flash=total - 1)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--patches", "4x4"), "TC709"),
        (("--input", "patches"), "TC709"),
        (("--split", "3"), "TC709"),
        (("--stages", "patch", "--patches", "0x4"), "TC709"),
        (("--stages", "patch", "--split", "0"), "TC709"),
        (("--stages", "whole", "--input", "rows"), "TC709"),
        (("--stages", "whole", "--output", "rows"), "TC709"),
        (("--stages", "stream", "--recompute", "5"), "TC709"),
        (("--recompute", "-1"), "TC709"),
        (("--recompute", "nan"), "TC709"),
        (("--stages", "patch", "--patches", "44"), "TC706"),
        (("--output", "elsewhere"), "TC706"),
        (("--flash", "some"), "TC706"),
        (("--output", "rows"), "TC405"),
        (("--stages", "patch", "--patches", "2x2", "--split", "999"), "TC407"),
    ],
    ids=" ".join,
)
def test_options_that_make_no_sense(options: tuple[str, ...], code: str, model: Path, tmp_path: Path) -> None:
    said = compile_in(tmp_path, model, *options)
    refused(said, 2, code)
    assert all(entry["hint"] for entry in said.object["error"])


def test_stages_need_a_budget(model: Path, tmp_path: Path) -> None:
    found = call("compile", model, *BOARD, "--stages", "stream", "-o", tmp_path / "a", "--json").object
    assert any("--ram makes use of --stages stream" in note for note in found["notes"])


def test_explore_as_text(model: Path) -> None:
    said = call("explore", model, *BOARD, "--input", "rows")
    assert said.code == 0
    assert_readable(said.out)
    assert "<- chosen" in said.out and "against RAM" in said.out
    rows = [line.split() for line in said.out.splitlines() if re.match(r"[a-z]  +[\d,]+ ", line)]
    sizes = [int(row[1].replace(",", "")) for row in rows]
    assert len(sizes) > 2 and sizes == sorted(sizes, reverse=True)
    chart = said.out.split("against RAM")[1]
    assert all(re.search(rf"\|.*{row[0]}", chart) for row in rows)


def test_explore_as_json_and_files(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "points"
    found = call("explore", model, *BOARD, "--ram", "10K", "-o", folder, "--json").object
    assert {"points", "budget", "lower_bound", "macs", "unestimated"} <= found.keys()
    (chosen,) = [p for p in found["points"] if p["chosen"]]
    larger = [p for p in found["points"] if p["ram"] > chosen["ram"]]
    assert chosen["ram"] <= 10 << 10 < min(p["ram"] for p in larger)
    compiled = call("compile", model, *BOARD, "--ram", "10K", "-o", tmp_path / "out", "--json").object
    assert compiled["ram"]["total"] <= 10 << 10
    assert compiled["plan"]["extra_macs"] == chosen["extra_macs"]
    assert json.loads((folder / "pareto.json").read_text()) == found
    assert [p.ram for p in read_points(folder)] == sorted(p["ram"] for p in found["points"])
    page = (folder / "pareto.html").read_text()
    assert page.count("<svg") == 2 and "http-equiv" in page and "src=" not in page


def test_explore_goes_by_the_same_kernels_as_compile(model: Path, tmp_path: Path) -> None:
    words = (model, *BOARD, "--json", "--optimize", "ram")
    largest = max(call("explore", *words).object["points"], key=lambda point: point["ram"])
    compiled = call("compile", *words, "-o", tmp_path / "out").object
    assert (compiled["ram"]["total"], compiled["plan"]["cycles"]) == (largest["ram"], largest["cycles"])
    assert largest["cycles"] > max(p["cycles"] for p in call("explore", *words[:-2]).object["points"][:1])


def test_points_in_a_compiled_folder(model: Path, tmp_path: Path) -> None:
    """The report draws them; compiling again removes them, because they may be of another model."""
    folder = tmp_path / "out"
    assert call("compile", model, *BOARD, "-o", folder, "--json").code == 0
    assert call("explore", model, *BOARD, "-o", folder, "--json").code == 0
    assert call("report", folder, "-o", tmp_path / "page.html", "--json").code == 0
    assert "Plans to choose from" in (tmp_path / "page.html").read_text()
    assert call("compile", model, *BOARD, "-o", folder, "--json").code == 0
    assert not (folder / "pareto.json").exists()
    (folder / "mine.txt").write_text("mine")
    refused(call("explore", model, *BOARD, "-o", folder, "--json"), 2, "TC704")


def test_explore_from_python(model: Path) -> None:
    found = tinycompile.explore(model, "nucleo-f446re", input="rows", recompute=0)
    assert all(p.program.recomputed_macs == 0 for p in found.points)
    compiled = tinycompile.compile(
        model, "nucleo-f446re", input="rows", recompute=0, ram=found.points[-1].ram
    )
    assert compiled.program.arena == found.points[-1].program.arena
    assert compiled.options.rules.recompute == 0


def test_explore_a_float_model_with_samples(tmp_path: Path) -> None:
    onnx.save(classifier(size=16), tmp_path / "net.onnx")
    samples = np.random.default_rng(0).normal(size=(4, 1, 16, 16)).astype(np.float32)
    np.savez(tmp_path / "calib.npz", x=samples)
    words = ("explore", tmp_path / "net.onnx", *BOARD, "--json")
    in_float, in_int8 = (call(*words, *w).object for w in ((), ("--calib", tmp_path / "calib.npz")))
    assert in_int8["points"][0]["ram"] < in_float["points"][0]["ram"]


def test_the_host_has_no_limit(model: Path) -> None:
    said = call("explore", model, "--board", "host")
    assert said.code == 0
    assert_readable(said.out)
    assert "budget" not in said.out.splitlines()[3] and "board " not in said.out
