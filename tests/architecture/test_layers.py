"""The three laws and the layers of docs/architecture.md, as far as imports and syntax show them."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.project import ROOT, importers, name_of, python_files, text_files, tree


@pytest.mark.skipif(importlib.util.find_spec("importlinter") is None, reason="import-linter is not installed")
def test_layers_of_pyproject() -> None:
    script = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", script, "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_only_the_frontends_read_onnx() -> None:
    outside = {name for name in importers("onnx") if not name.startswith("tinycompile/frontends/")}
    # ONNX's own interface for backends; the networks of a search, which are written, not read.
    assert outside == {"tinycompile/onnx_backend.py", "tinycompile/search/network_onnx.py"}
    assert importers("onnxruntime") == {"tinycompile/frontends/onnx_session.py"}


def test_only_the_printers_know_templates() -> None:
    """C is printed by one module, HTML by another."""
    assert importers("jinja2") == {"tinycompile/codegen/emit.py", "tinycompile/report/html.py"}


@pytest.mark.parametrize("module", ["tinycompile.passes", "tinycompile.quantize", "tinycompile.frontends"])
def test_emitter_and_simulator_only_know_the_program(module: str) -> None:
    """Nothing goes back: what prints or executes a Program cannot reach the stages ahead of it."""
    later = ("tinycompile/codegen/", "tinycompile/sim/", "tinycompile/build/")
    assert not {name for name in importers(module) if name.startswith(later)}


@pytest.mark.parametrize(
    "stage",
    [
        "tinycompile.passes.canonical",
        "tinycompile.passes.lower",
        "tinycompile.quantize.quantize",
        "tinycompile.plan.planner",
        "tinycompile.codegen.emit",
    ],
)
def test_stages_meet_in_one_place(stage: str) -> None:
    package = stage.split(".")[1]
    users = {name for name in importers(stage) if not name.startswith(f"tinycompile/{package}/")}
    # Exploring is the same pipeline with many plans in the place of one.
    more = {"tinycompile/exploration.py"} if stage == "tinycompile.plan.planner" else set()
    assert users == {"tinycompile/compiler.py"} | more


def test_source_operators_are_told_apart_by_their_rules_alone() -> None:
    """No ladder over operator names outside the files of the operators and the reading of ONNX."""
    found = {
        name_of(path)
        for path in python_files("tinycompile")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Compare) and any(_is_op_type(side) for side in (node.left, *node.comparators))
    }
    assert not {n for n in found if not n.startswith(("tinycompile/ops/", "tinycompile/frontends/"))}


def _is_op_type(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "op_type"


def test_library_code_never_prints() -> None:
    found = {
        name_of(path)
        for path in python_files("tinycompile")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert not found


def test_nothing_is_left_open() -> None:
    pattern = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" * 3 + r"\b", "NotImplemented" + "Error")))
    assert not [name_of(p) for p in text_files() if pattern.search(p.read_text(encoding="utf-8"))]


def test_files_speak_of_no_machine() -> None:
    """No absolute paths of somebody's disk."""
    pattern = re.compile(r"(?<![\w.\]-])/" + r"(home|root|work|opt|mnt|Users)/\w")
    assert not [name_of(p) for p in text_files() if pattern.search(p.read_text(encoding="utf-8"))]


def test_every_package_is_told_about() -> None:
    """Each folder of the package stands in the map of docs/architecture.md."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    packages = {p.parent.name for p in Path(ROOT / "tinycompile").glob("*/__init__.py")}
    assert not {name for name in packages if f"{name}" not in text}
