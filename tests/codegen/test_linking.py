"""Several models and several instances in one firmware, through the documented API alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.codegen.compilers import CXX_WARNINGS, host, needs_host_cc, run, write
from tests.codegen.networks import compiled, images
from tinycompile.build.compilers import find_host_cc
from tinycompile.compiler import Compilation

pytestmark = needs_host_cc

#: Two instances of `kws` and one of `ic`, interleaved: both inputs are written before either instance runs.
_MAIN = """
#include <stdio.h>
#include "kws.h"
#include "ic.h"

static KWS_ARENA(arena);
static KWS_ARENA(other_arena);
static IC_ARENA(ic_arena);
static kws_t net, other;
static ic_t ic;

int main(void) {
  int8_t *in, *in2;
  if (kws_init(&net, arena) != KWS_OK) return 1;
  if (kws_init(&other, other_arena) != KWS_OK || ic_init(&ic, ic_arena) != IC_OK) return 1;
  in = kws_input(&net, 0);
  in2 = kws_input(&other, 0);
  for (int i = 0; i < 3; ++i) {
    if (fread(in, 1, KWS_IN0_BYTES, stdin) != KWS_IN0_BYTES) return 2;
    if (fread(in2, 1, KWS_IN0_BYTES, stdin) != KWS_IN0_BYTES) return 2;
    if (fread(ic_input(&ic, 0), 1, IC_IN0_BYTES, stdin) != IC_IN0_BYTES) return 2;
    if (kws_run(&other) != KWS_OK || ic_run(&ic) != IC_OK || kws_run(&net) != KWS_OK) return 3;
    fwrite(kws_output(&net, 0), 1, KWS_OUT0_BYTES, stdout);
    fwrite(kws_output(&other, KWS_OUTPUT_PROBABILITIES), 1, KWS_OUT0_BYTES, stdout);
    fwrite(ic_out0(&ic), 1, IC_OUT0_BYTES, stdout);
  }
  return 0;
}
"""

_ERRORS = """
#include "kws.h"
static uint8_t memory[KWS_ARENA_BYTES + 2 * KWS_ARENA_ALIGN] __attribute__((aligned(KWS_ARENA_ALIGN)));
int main(void) {
  kws_t net, never = {NULL};
  if (kws_init(NULL, memory) != KWS_NULL_POINTER) return 1;
  if (kws_init(&net, NULL) != KWS_NULL_POINTER) return 2;
  for (unsigned i = 1; i < KWS_ARENA_ALIGN; ++i)
    if (kws_init(&net, memory + i) != KWS_MISALIGNED_ARENA) return 3;
  if (kws_init(&net, memory + KWS_ARENA_ALIGN) != KWS_OK) return 4;
  if (kws_input(&net, -1) || kws_input(&net, KWS_NUM_INPUTS) || kws_output(&net, KWS_NUM_OUTPUTS)) return 5;
  if (kws_run(NULL) != KWS_NULL_POINTER || kws_run(&never) != KWS_NULL_POINTER) return 6;
  if ((uint8_t *)kws_input(&net, 0) != memory + KWS_ARENA_ALIGN + KWS_IN0_OFFSET) return 7;
  return kws_in0(&net) == kws_input(&net, 0) && kws_out0(&net) == kws_output(&net, 0) ? 0 : 8;
}
"""


@pytest.fixture(scope="module")
def kws() -> Compilation:
    return compiled("int8", "kws", seed=1, wide=False)


def test_two_models_and_two_instances(kws: Compilation, tmp_path: Path) -> None:
    ic = compiled("float32", "ic", seed=2, wide=False)
    (tmp_path / "main.c").write_text(_MAIN, encoding="utf-8")
    sources: list[Path] = []
    for model in (kws, ic):
        folder = write(model.tree, tmp_path / model.program.name)
        sources += [folder / name for name in model.tree.c_files]
    host("-Ikws", "-Iic", "main.c", *sources, "-o", "firmware", folder=tmp_path)

    rng = np.random.default_rng(3)
    quantised = rng.integers(-128, 128, (6, *kws.program.inputs[0].type.shape)).astype(np.int8)
    pictures = images(3)
    stream, expected = b"", b""
    for i in range(3):
        stream += quantised[2 * i].tobytes() + quantised[2 * i + 1].tobytes() + pictures[i].tobytes()
        for sample in (quantised[2 * i], quantised[2 * i + 1]):
            expected += kws.simulate({"image": sample})["probabilities"].tobytes()
        expected += ic.simulate({"image": pictures[i]})["probabilities"].tobytes()
    done = subprocess.run([tmp_path / "firmware"], input=stream, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0
    assert done.stdout == expected


def test_init_and_run_refuse_bad_pointers(kws: Compilation, tmp_path: Path) -> None:
    write(kws.tree, tmp_path)
    (tmp_path / "errors_main.c").write_text(_ERRORS, encoding="utf-8")
    host("errors_main.c", *kws.tree.c_files, "-o", "errors", folder=tmp_path)
    assert subprocess.run([tmp_path / "errors"], check=False, timeout=60).returncode == 0


def test_from_cxx(kws: Compilation, tmp_path: Path) -> None:
    """A C++ program on top of the same trees, compiled as C."""
    compiler = find_host_cc()
    assert compiler is not None
    write(kws.tree, tmp_path)
    (tmp_path / "main.cpp").write_text(
        '#include "kws.h"\nstatic KWS_ARENA(arena);\nint main() {\n  kws_t net;\n'
        "  if (kws_init(&net, arena) != KWS_OK) return 1;\n  int8_t *in = kws_input(&net, 0);\n"
        "  in[0] = kws_in0_quantize(1.0f);\n  return kws_run(&net) == KWS_OK ? 0 : 2;\n}\n",
        encoding="utf-8",
    )
    host("-c", *kws.tree.c_files, folder=tmp_path)
    objects = sorted(path.name for path in tmp_path.glob("*.o"))
    flags = ("-std=c++11", "-pedantic-errors", *CXX_WARNINGS)
    run([*compiler.command, *flags, "main.cpp", *objects, "-o", "program"], tmp_path)
    assert subprocess.run([tmp_path / "program"], check=False, timeout=60).returncode == 0
