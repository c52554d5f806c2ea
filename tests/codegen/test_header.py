"""What the header says of inputs and outputs: macros, and conversions that equal NumPy's."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.codegen.compilers import host, needs_host_cc, write
from tests.codegen.networks import compiled
from tinycompile.compiler import Compilation
from tinycompile.numeric import dequantize, quantize

_CONVERT = """
#include <stdio.h>
#include "wide.h"
int main(void) {
  float x;
  for (int q = -128; q < 128; ++q) {
    const float back[2] = {wide_in0_dequantize((int8_t)q), wide_out0_dequantize((int8_t)q)};
    fwrite(back, sizeof back, 1, stdout);
  }
  while (fread(&x, sizeof x, 1, stdin) == 1) {
    const int8_t codes[2] = {wide_in0_quantize(x), wide_out0_quantize(x)};
    fwrite(codes, sizeof codes, 1, stdout);
  }
  return 0;
}
"""


@pytest.fixture(scope="module")
def model() -> Compilation:
    return compiled("int8", "wide")


def _macros(model: Compilation) -> dict[str, str]:
    text = model.tree.files[f"{model.program.name}.h"]
    return dict(re.findall(r"^#define (\w+) (.+)$", text, re.MULTILINE))


@pytest.mark.parametrize("kind", ["int8", "float32"])
def test_macros_describe_the_ports(kind: str) -> None:
    program, macros = compiled(kind, "wide").program, _macros(compiled(kind, "wide"))
    assert macros["WIDE_ARENA_BYTES"] == f"{program.arena}u"
    assert macros["WIDE_DIGEST"] == f'"{compiled(kind, "wide").tree.digest}"'
    ports = [("IN", "INPUT", program.inputs), ("OUT", "OUTPUT", program.outputs)]
    for short, long, found in ports:
        assert macros[f"WIDE_NUM_{long}S"] == str(len(found))
        for index, port in enumerate(found):
            tag = f"WIDE_{short}{index}"
            assert macros[f"WIDE_{long}_{port.name.upper()}"] == str(index)
            assert macros[f"{tag}_NAME"] == f'"{port.name}"'
            assert macros[f"{tag}_OFFSET"] == f"{port.offset}u"
            assert macros[f"{tag}_BYTES"] == f"{port.type.nbytes}u"
            assert macros[f"{tag}_SIZE"] == f"{port.type.elements}u"
            assert int(macros[f"{tag}_RANK"]) == len(port.type.shape)
            assert tuple(int(macros[f"{tag}_DIM{i}"]) for i in range(len(port.type.shape))) == port.type.shape
            quant = port.type.quant
            assert (f"{tag}_SCALE" in macros) == (quant is not None)
            if quant is not None:
                assert np.float32(macros[f"{tag}_SCALE"].rstrip("f")) == np.float32(quant.scale0)
                assert macros[f"{tag}_ZERO_POINT"] == f"({quant.zero0})"


@needs_host_cc
def test_conversions_equal_numpy(model: Compilation, tmp_path: Path) -> None:
    write(model.tree, tmp_path)
    (tmp_path / "convert.c").write_text(_CONVERT, encoding="utf-8")
    host("convert.c", *model.tree.c_files, "-o", "convert", folder=tmp_path)
    quants = [model.program.inputs[0].type.quant, model.program.outputs[0].type.quant]
    codes = np.arange(-128, 128)
    values = _interesting([q.scale0 for q in quants if q])
    done = subprocess.run(
        [tmp_path / "convert"], input=values.tobytes(), capture_output=True, check=True, timeout=60
    )
    back = np.frombuffer(done.stdout[: 256 * 8], np.float32).reshape(256, 2)
    quantised = np.frombuffer(done.stdout[256 * 8 :], np.int8).reshape(len(values), 2)
    for column, quant in enumerate(quants):
        assert quant is not None
        np.testing.assert_array_equal(back[:, column], dequantize(codes, quant.scale0, quant.zero0))
        np.testing.assert_array_equal(quantised[:, column], quantize(values, quant.scale0, quant.zero0))


def _interesting(scales: list[float]) -> np.ndarray:
    """Random values, ties of every scale, and the specials."""
    rng = np.random.default_rng(4)
    ties = [np.arange(-300, 300, dtype=np.float32) * np.float32(0.5) * np.float32(s) for s in scales]
    specials = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e38, -1e38, 1e-45], np.float32)
    return np.concatenate([rng.normal(0, 3, 500).astype(np.float32), *ties, specials]).astype(np.float32)
