"""Code and constant tables beside the weights, on a Cortex-M4, with both compilers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.codegen.compilers import needs_arm_gcc
from tinycompile.build import find_arm_gcc, measure_code
from tinycompile.build.compilers import find_zig
from tinycompile.compiler import Optimize, Options, compile
from tinycompile.execution import build_input
from tinycompile.target import load_board

pytest.importorskip("elftools")

_BOARD = "nucleo-f446re"
#: Bytes of flash beside the weights that the person detector may take.
_LIMITS: dict[Optimize, int] = {"balanced": 16 << 10, "ram": 9 << 10}


@pytest.mark.qemu
@needs_arm_gcc
@pytest.mark.parametrize("level", _LIMITS)
@pytest.mark.parametrize("find", [find_arm_gcc, find_zig], ids=["gcc", "zig"])
def test_the_person_detector_is_small(zoo: Path, tmp_path: Path, level: Optimize, find: object) -> None:
    compiler = find()  # type: ignore[operator]
    if compiler is None:
        pytest.skip("the compiler is not installed")
    model = zoo / "mlperf_tiny" / "vww_int8_qdq.onnx"
    compilation = compile(model, _BOARD, options=Options(optimize=level))
    for name, text in compilation.tree.files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    built = build_input(tmp_path, compilation.program, compilation.tree.c_files, level)
    size = measure_code(built, load_board(_BOARD), compiler)
    assert size.beside_weights + size.data <= _LIMITS[level]
