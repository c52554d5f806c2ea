"""Options whose values cannot be read: names, budgets, shapes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_bad_input import compile_in, refused
from tests.cli.tool import call

BAD_NAMES = [
    "../x",
    "*/",
    'a"b',
    "a'b",
    "int",
    "class",
    "naïve",
    "网络",
    "",
    " ",
    "1st",
    "a b",
    "a\nb",
    "x" * 60,
    "tc",
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_would_break_c_or_leave_the_folder(name: str, files: Path, tmp_path: Path) -> None:
    refused(compile_in(tmp_path, files / "net.onnx", f"--name={name}"), 2, "TC701")


@pytest.mark.parametrize("option", ["--ram", "--flash"])
@pytest.mark.parametrize("text", ["0", "-1", "", "K", "1.5K", "0x100", "64X"])
def test_budgets_that_cannot_be_read(option: str, text: str, files: Path, tmp_path: Path) -> None:
    said = compile_in(tmp_path, files / "net.onnx", option, text)
    refused(said, 2, "TC706")
    assert f"{option} '{text}'" in said.err


@pytest.mark.parametrize(
    "text", ["8", "image", "image=", "=1,2", "image=1,a", "image=1,-8", "image=" + "9" * 40]
)
def test_input_shapes_that_cannot_be_read(text: str, files: Path, tmp_path: Path) -> None:
    refused(compile_in(tmp_path, files / "net.onnx", "--input-shape", text), 2, "TC706")


@pytest.mark.parametrize("text", ["other=1,1,8,8", "image=1,1,9,8"])
def test_input_shapes_that_contradict_the_model(text: str, files: Path, tmp_path: Path) -> None:
    refused(compile_in(tmp_path, files / "net.onnx", "--input-shape", text), 2, "TC106")


def test_an_option_without_its_value() -> None:
    said = call("explore", "--ram")
    assert said.code == 2
    assert "'--ram' requires an argument" in said.err and "`tinycompile explore --help`" in said.err
