"""Kernels follow the core and what is to be saved."""

from __future__ import annotations

import numpy as np
import pytest

from tinycompile.ir import DType, Graph, GraphBuilder, Quant, TensorType
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.matmul import FullyConnected
from tinycompile.ops.spatial import Window
from tinycompile.plan.select import select
from tinycompile.target import CORES


def _activation(shape: tuple[int, ...]) -> TensorType:
    return TensorType(shape, DType.INT8, Quant.tensor(0.05, -128))


def _graph(op: Conv2D | FullyConnected, x: tuple[int, ...], w: tuple[int, ...]) -> Graph:
    """One int8 node with constant weights of about half the range."""
    builder = GraphBuilder("net", fold=False)
    weights = np.random.default_rng(1).integers(-64, 65, w, dtype=np.int8)
    names = (builder.input("x", _activation(x)), builder.const(weights, "w", Quant.tensor(0.01, 0)))
    (out,) = op.infer(tuple(builder.type(n) for n in names))
    return builder.graph([builder.add1(op, *names, out_type=_activation(out.shape))])


_NODES = {
    "general": (Conv2D(Window((3, 3), (2, 2))), (1, 13, 13, 8), (16, 3, 3, 8)),
    "three columns": (Conv2D(Window((3, 3))), (1, 12, 12, 8), (16, 3, 3, 8)),
    "pointwise": (Conv2D(Window((1, 1))), (1, 12, 12, 8), (16, 1, 1, 8)),
    "one pixel": (Conv2D(Window((1, 1))), (1, 1, 1, 8), (16, 1, 1, 8)),
    "dense": (FullyConnected(), (1, 64), (16, 64)),
    "deep": (Conv2D(Window((3, 3))), (1, 5, 5, 512), (4, 3, 3, 512)),
}


@pytest.mark.parametrize(
    ("node", "core", "compact", "symbol"),
    [
        ("general", "cortex-m4f", False, "tc_conv2d_s8_dsp"),
        ("general", "cortex-m7-dp", False, "tc_conv2d_s8_dsp"),
        ("general", "cortex-m33", True, "tc_conv2d_small_s8_dsp"),
        ("general", "cortex-m3", False, "tc_conv2d_s8"),
        ("general", "cortex-m0+", True, "tc_conv2d_s8"),
        ("three columns", "cortex-m4f", False, "tc_conv2d_kx3_s8_dsp"),
        ("three columns", "cortex-m33", True, "tc_conv2d_kx3_s8_dsp"),
        ("three columns", "cortex-m3", False, "tc_conv2d_s8"),
        ("pointwise", "cortex-m4f", False, "tc_conv2d_1x1_s8_dsp"),
        ("pointwise", "cortex-m4f", True, "tc_conv2d_small_s8_dsp"),
        ("pointwise", "cortex-m3", False, "tc_fully_connected_s8"),
        ("one pixel", "cortex-m4f", False, "tc_fully_connected_s8_dsp"),
        ("dense", "cortex-m4f", False, "tc_fully_connected_small_s8_dsp"),
        ("dense", "cortex-m7-dp", False, "tc_fully_connected_s8_dsp"),
        ("dense", "cortex-m33", False, "tc_fully_connected_s8_dsp"),
        ("dense", "cortex-m7-dp", True, "tc_fully_connected_small_s8_dsp"),
        ("dense", "cortex-m3", False, "tc_fully_connected_s8"),
        ("deep", "cortex-m4f", False, "tc_conv2d_wide_s8_dsp"),
    ],
)
def test_choice(node: str, core: str, compact: bool, symbol: str) -> None:
    (choice,) = select(_graph(*_NODES[node]), CORES[core], compact).values()
    assert choice.plain.symbol == symbol
