"""The examples for rows and patches compile without a warning, and those that run do what they say."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from tests.codegen.compilers import check_c, check_cxx, host, needs_host_cc, write
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.plan.rules import Edge, StageKind

DOCUMENTS = Path(__file__).resolve().parents[2] / "docs"
SHAPE = (1, 1, 12, 10)


def _example(name: str, document: str = "rows.md") -> str:
    text = (DOCUMENTS / document).read_text(encoding="utf-8")
    found = re.search(rf"<!-- example: {name} -->\n```c\n(.*?)```", text, re.S)
    assert found is not None
    return found.group(1)


def _compiled(output: Edge, patches: tuple[int, int] | None = None) -> Compilation:
    rng = np.random.default_rng(2)
    weights = {"w": rng.normal(0, 0.4, (4, 1, 3, 3)), "v": rng.normal(0, 0.4, (2, 4, 3, 3))}
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["x", "w"], ["a"], pads=[1] * 4),
            helper.make_node("Conv", ["a", "v"], ["y"], strides=[2, 2], pads=[1] * 4),
        ],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, SHAPE)],
        [helper.make_empty_tensor_value_info("y")],
        [numpy_helper.from_array(w.astype(np.float32), n) for n, w in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    calibration = {"x": rng.uniform(0, 1, (4, *SHAPE)).astype(np.float32)}
    options = Options(name="net", input=Edge.ROWS, output=output)
    if patches is not None:
        options = replace(options, input=Edge.PATCHES, stages=StageKind.PATCH, patches=patches)
    return compile(model, "nucleo-f412zg", calibration=calibration, options=options)


@needs_host_cc
def test_pull(tmp_path: Path) -> None:
    found = _compiled(Edge.ROWS)
    write(found.tree, tmp_path)
    (tmp_path / "main.c").write_text(_example("pull"), encoding="utf-8")
    check_cxx(tmp_path, ["main.c"])
    host("main.c", *found.tree.c_files, "-o", "main", folder=tmp_path)
    image = np.random.default_rng(4).integers(-128, 128, SHAPE).astype(np.int8)
    (want,) = found.simulate({"x": image}).values()
    (tmp_path / "image").write_bytes(image.tobytes())  # one channel: the same bytes in either order
    with (tmp_path / "image").open("rb") as stream:
        done = subprocess.run([tmp_path / "main"], stdin=stream, capture_output=True, check=True, timeout=60)
    assert done.stdout == want.transpose(0, 2, 3, 1).tobytes()


@needs_host_cc
def test_patches(tmp_path: Path) -> None:
    found = _compiled(Edge.RAM, (3, 2))
    write(found.tree, tmp_path)
    (tmp_path / "main.c").write_text(_example("patches", "patches.md"), encoding="utf-8")
    check_c(tmp_path, ["main.c"])
    check_cxx(tmp_path, ["main.c"])
    host("main.c", *found.tree.c_files, "-o", "main", folder=tmp_path)
    image = np.random.default_rng(4).integers(-128, 128, SHAPE).astype(np.int8)
    (want,) = found.simulate({"x": image}).values()
    done = subprocess.run(
        [tmp_path / "main"], input=image.tobytes(), capture_output=True, check=True, timeout=60
    )
    assert done.stdout == want.tobytes()


@needs_host_cc
def test_camera(tmp_path: Path) -> None:
    """A main loop that is told of each line just when it waits for it gets the outputs of the simulator."""
    found = _compiled(Edge.RAM)
    write(found.tree, tmp_path)
    text = _example("camera")
    assert "<= line) {\n" in text
    driven = text.replace("/* Sleep until the next interrupt: __WFI(). */", "expose(line);")
    declared = driven.replace('#include "net.h"\n', '#include "net.h"\nstatic void expose(uint32_t line);\n')
    prototypes = "void camera_line_arrived(void);\nvoid camera_prepare(void);\nint camera_frame(void);\n"
    (tmp_path / "camera.c").write_text(prototypes + text, encoding="utf-8")
    (tmp_path / "main.c").write_text(prototypes + declared + _MAIN, encoding="utf-8")
    check_c(tmp_path, ["camera.c"])
    check_cxx(tmp_path, ["camera.c"])
    host("main.c", *found.tree.c_files, "-o", "main", folder=tmp_path)
    done = subprocess.run([tmp_path / "main"], capture_output=True, check=True, timeout=60)
    rows, columns = np.arange(SHAPE[2])[:, None], np.arange(SHAPE[3])
    quant = found.program.inputs[0].type.quant
    assert quant is not None
    levels = ((rows * 31 + columns * 7) % 256).astype(np.float32) / np.float32(255)
    image = np.clip(np.rint(levels / np.float32(quant.scale0)) + quant.zero0, -128, 127).astype(np.int8)
    (want,) = found.simulate({"x": image.reshape(SHAPE)}).values()
    assert done.stdout == 2 * want.tobytes()


_MAIN = """
#include <stdio.h>
static void expose(uint32_t line) {
  for (uint32_t x = 0; x < WIDTH; ++x) lines[line % 2u][x] = (uint8_t)(line * 31u + x * 7u);
  camera_line_arrived();
}
int main(void) {
  camera_prepare();
  for (int frame = 0; frame < 2; ++frame) {
    if (camera_frame() != NET_OK) return 1;
    fwrite(net_out0(&net), 1, NET_OUT0_BYTES, stdout);
  }
  return 0;
}
"""
