"""Dead channels of real networks: what is saved, and outputs that stay as they were."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.passes.test_dead_channels import assert_same, extremes
from tests.passes.test_zoo import ZOO, lowered
from tests.skips import skip_here_if
from tinycompile.artifact import load
from tinycompile.compiler import Options, compile
from tinycompile.execution import execute
from tinycompile.ir import Graph
from tinycompile.ops.conv import Conv2D
from tinycompile.passes import without_dead_channels
from tinycompile.passes.dead_channels import removal

pytestmark = [pytest.mark.zoo, skip_here_if(not ZOO.is_dir(), f"no model zoo at {ZOO}")]

#: Model -> channels and MACs that go at least; none where training left no channel unused.
SAVED = {
    "mlperf_tiny/ad_int8_qdq.onnx": (0, 0),
    "mlperf_tiny/kws_int8_qdq.onnx": (0, 0),
    "mlperf_tiny/ic_int8_qdq.onnx": (0, 0),
    "mlperf_tiny/vww_int8_qdq.onnx": (1_724, 3_762_351),
    "mcunet/mcunet_vww1_int8_qdq.onnx": (352, 647_491),
    "mcunet/mcunet_in3_int8_qdq.onnx": (488, 5_445_559),
    "onnx/person_detect_int8.qdq.onnx": (3, 80_642),
}
SAMPLES = 1000


@pytest.mark.parametrize("name", SAVED)
def test_what_is_saved(name: str) -> None:
    graph = lowered(name)
    thin = without_dead_channels(graph)
    found = removal(graph, thin)
    assert found.channels >= SAVED[name][0] and found.macs >= SAVED[name][1]
    assert (found.weight_bytes > 0) == (found.channels > 0)
    assert (thin is graph) == (found.channels == 0)
    logits = graph.replaced(outputs=(*graph.outputs, graph.nodes[-1].inputs[0]))
    assert_same(logits, without_dead_channels(logits), count=3 if "in3" in name else None)


def filter_images(graph: Graph) -> list[np.ndarray]:
    """Images tiled with what each filter of the first convolution likes and dislikes most."""
    first = next(n for n in graph.nodes if isinstance(n.op, Conv2D))
    shape, w = graph.type(first.inputs[0]).shape, graph.values[first.inputs[1]].array
    images = []
    for sign in (1, -1):
        for taps in np.where(sign * w.astype(int) > 0, 127, -128):
            times = [-(-size // tile) for size, tile in zip(shape[1:3], taps.shape[:2], strict=True)]
            images.append(np.tile(taps, (*times, 1))[None, : shape[1], : shape[2]].astype(np.int8))
    return images


def blocks(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Noise of a random range, in squares of a random size."""
    low, high = np.sort(rng.integers(-128, 128, 2))
    size = int(rng.integers(1, 49))
    coarse = rng.integers(low, high + 1, (1, -(-shape[1] // size), -(-shape[2] // size), shape[3]))
    return coarse.repeat(size, axis=1).repeat(size, axis=2)[:, : shape[1], : shape[2]].astype(np.int8)


def test_visual_wake_words_keeps_its_outputs_in_half_the_work(tmp_path: Path) -> None:
    """In C, on random images and on images made to reach the ends of the intervals."""
    path, options = ZOO / "mlperf_tiny/vww_int8_qdq.onnx", Options()
    thin = compile(path, "host", options=options)
    whole = compile(path, "host", options=replace(options, keep_dead_channels=True))
    assert thin.program.macs <= 3_900_000 and thin.program.constant_bytes <= 60 * 1024
    assert whole.program.macs == whole.summary["macs"] == 7_489_664
    assert thin.summary["removed"]["macs"] == whole.program.macs - thin.program.macs

    rng = np.random.default_rng(11)
    (name,) = thin.graph.inputs
    images = [row[name] for row in extremes(thin.graph, rng)] + filter_images(whole.graph)
    while len(images) < SAMPLES:
        images.append(blocks(rng, images[0].shape))
    samples = {name: np.stack(images)}
    results = []
    for label, compilation in (("thin", thin), ("whole", whole)):
        _, outputs = execute(load(compilation.save(tmp_path / label)), "host", samples)
        (array,) = outputs.values()
        results.append(array)
    assert len(np.unique(results[0], axis=0)) > 50
    np.testing.assert_array_equal(*results)
