"""Which channels convolutions and matrix products need."""

from __future__ import annotations

import numpy as np

from tests.ops.channel_cases import CASES, X, Y, setting_of
from tinycompile.ir import Bounds, ChannelSite, DType, Kept, Op, Quant, TensorType
from tinycompile.ir.channels import channel_count
from tinycompile.ops.conv import Conv2D
from tinycompile.ops.matmul import FullyConnected
from tinycompile.ops.spatial import Window

CONSTANT, VARYING = 17, None


def _matters(op: Op, w: np.ndarray, channels: list[int | None], bias: int = 0) -> list[bool]:
    """Which channels of an image [1, 4, 4, C] (or vector), constant or not, a convolution needs."""
    x = TensorType((1, 4, 4, w.shape[-1]) if w.ndim == 4 else (1, w.shape[-1]), DType.INT8, X)
    types = (
        x,
        TensorType(w.shape, DType.INT8, Quant.tensor(0.01, 0)),
        TensorType((w.shape[0],), DType.INT32),
    )
    bounds = Bounds(
        np.array([-128 if c is None else c for c in channels]),
        np.array([127 if c is None else c for c in channels]),
    )
    biases = np.full(w.shape[0], bias, np.int32)
    y = TensorType(op.infer(types)[0].shape, DType.INT8, Y)
    at = ChannelSite(types, (y,), (None, w, biases), (bounds, Bounds.of_data(w), Bounds.of_data(biases)))
    out = np.ones(w.shape[0], np.bool_)
    start = Kept((np.zeros(w.shape[-1], np.bool_), *(np.zeros(1, np.bool_),) * 2), out)
    return [bool(v) for v in op.kept_channels(at, start).ins[0]]


def _filters(*shape: int) -> np.ndarray:
    return np.full(shape, 3, np.int8)


def test_constants_are_folded_where_no_border_is_seen() -> None:
    channels = [VARYING, CONSTANT, X.zero0]
    assert _matters(Conv2D(Window((1, 1))), _filters(2, 1, 1, 3), channels) == [True, False, False]
    assert _matters(Conv2D(Window((3, 3))), _filters(2, 3, 3, 3), channels) == [True, False, False]
    assert _matters(FullyConnected(), _filters(2, 3), channels) == [True, False, False]


def test_at_padded_borders_only_the_zero_point_is_folded() -> None:
    padded = Conv2D(Window((3, 3), pads=(1, 1, 1, 1)))
    assert _matters(padded, _filters(2, 3, 3, 3), [VARYING, CONSTANT, X.zero0]) == [True, True, False]
    centre = np.zeros((2, 3, 3, 3), np.int8)
    centre[:, 1, 1] = 5
    assert _matters(padded, centre, [VARYING, CONSTANT, X.zero0]) == [True, False, False]


def test_pads_that_no_window_reaches_do_not_matter() -> None:
    short = Conv2D(Window((2, 2), (2, 2), (0, 0, 1, 1)))
    assert _matters(short, _filters(2, 2, 2, 2), [VARYING, CONSTANT]) == [True, False]


def test_what_no_weight_reads_is_not_needed() -> None:
    w = _filters(2, 1, 1, 3)
    w[..., 1] = 0
    assert _matters(Conv2D(Window((1, 1))), w, [VARYING] * 3) == [True, False, True]


def test_an_operator_keeps_one_channel() -> None:
    assert _matters(Conv2D(Window((1, 1))), _filters(2, 1, 1, 3), [CONSTANT] * 3) == [True, False, False]


def test_nothing_is_folded_into_a_bias_without_room() -> None:
    conv, w = Conv2D(Window((1, 1))), _filters(2, 1, 1, 3)
    assert _matters(conv, w, [VARYING, CONSTANT, X.zero0], 2**30) == [True, True, False]
    assert _matters(conv, w, [VARYING, CONSTANT, X.zero0], 2**30 - 1000) == [True, False, False]


def test_weights_that_are_computed_ask_for_everything() -> None:
    types = tuple(TensorType(shape, DType.INT8, X) for shape in ((1, 4), (3, 4)))
    at = ChannelSite(
        types, (TensorType((1, 3), DType.INT8, Y),), (None, None), tuple(Bounds.of_type(t) for t in types)
    )
    assert FullyConnected().channel_bounds(at) is None
    kept = FullyConnected().kept_channels(at, Kept((np.zeros(4, bool), np.zeros(4, bool)), np.arange(3) == 0))
    assert all(mask.all() for mask in (*kept.ins, kept.out))


def test_a_result_that_is_not_needed_asks_for_nothing() -> None:
    rng = np.random.default_rng(3)
    for case in CASES:
        at = setting_of(case, rng).at
        ins = tuple(np.arange(channel_count(t)) == 0 for t in at.ins)
        kept = case.op.kept_channels(at, Kept(ins, np.zeros(channel_count(at.outs[0]), np.bool_)))
        assert not kept.out.any()
        for before, after in zip(ins, kept.ins, strict=True):
            np.testing.assert_array_equal(before, after)
