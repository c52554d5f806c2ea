"""The demo, as the README's first command runs it."""

from __future__ import annotations

from pathlib import Path

from tests.cli.tool import call
from tinycompile.demo.digits import MODEL


def test_demo_is_accurate_and_bit_exact(tmp_path: Path) -> None:
    said = call("demo", "--json", "-o", tmp_path / "digits")
    found = said.object
    assert said.code == 0, said.err
    assert found["samples"] == 360
    assert found["accuracy"] >= 0.98
    assert found["accuracy_of_onnxruntime"] >= 0.98
    assert found["agreement_with_onnxruntime"] >= 0.99
    assert found["bit_exact"] is True
    assert found["out_of_plan_accesses"] == 0
    assert (found["board"], found["model"]) == ("stm32f746g-disco", "digits")
    assert found["ram"]["total"] < 4096
    assert (tmp_path / "digits" / "digits.h").is_file()


def test_model_is_small() -> None:
    assert MODEL.stat().st_size < 50_000
