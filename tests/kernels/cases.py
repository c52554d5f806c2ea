"""Random operands and quantisations for kernel tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from harness import Case

from tinycompile.ir import DType, Op, Quant, TensorType

SPECIAL = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 1e-42, -1e-42, 3e38], np.float32)


def floats(rng: np.random.Generator, shape: tuple[int, ...], special: float = 0.0) -> np.ndarray:
    """Normal float32 values; about a share `special` of them is NaN, infinite, zero or subnormal."""
    values = np.asarray(rng.standard_normal(shape), np.float32)
    chosen = rng.random(shape) < special
    return np.where(chosen, rng.choice(SPECIAL, shape), values).astype(np.float32)


def int8s(rng: np.random.Generator, shape: tuple[int, ...], extreme: bool = False) -> np.ndarray:
    """int8 values over the whole range, or only its ends."""
    if extreme:
        return rng.choice(np.array([-128, 127], np.int8), shape)
    return rng.integers(-128, 128, shape, dtype=np.int8)


def quantised(shape: tuple[int, ...], scale: float, zero: int) -> TensorType:
    """An int8 activation."""
    return TensorType(shape, DType.INT8, Quant.tensor(scale, zero))


def weights_type(
    rng: np.random.Generator, shape: tuple[int, ...], per_channel: bool, symmetric: bool = True
) -> TensorType:
    """int8 weights, per channel of axis 0 or per tensor."""
    zeros = tuple(0 if symmetric else int(z) for z in rng.integers(-128, 128, shape[0]))
    if not per_channel:
        return quantised(shape, 0.02, zeros[0])
    scales = tuple(float(s) for s in rng.uniform(0.002, 0.05, shape[0]).astype(np.float32))
    return TensorType(shape, DType.INT8, Quant(scales, zeros, 0))


def float_case(
    op: Op,
    rng: np.random.Generator,
    shapes: Sequence[tuple[int, ...]],
    constants: Sequence[int] = (),
    special: float = 0.0,
) -> Case:
    """A float32 node on random operands of these shapes."""
    ins = tuple(TensorType(shape, DType.FLOAT32) for shape in shapes)
    operands = tuple(floats(rng, shape, special) for shape in shapes)
    return Case(op, ins, op.infer(ins), operands, frozenset(constants))


def weighted_int8_case(
    op: Op,
    rng: np.random.Generator,
    x_shape: tuple[int, ...],
    w_shape: tuple[int, ...],
    *,
    bias: bool = True,
    extreme: bool = False,
    symmetric: bool = True,
) -> Case:
    """An int8 node y = op(x, w, bias) whose results use most of the int8 range, or saturate (`extreme`)."""
    depth = int(np.prod(w_shape[1:]))
    x = quantised(x_shape, 0.05, int(rng.integers(-128, 128)))
    w = weights_type(rng, w_shape, bool(rng.integers(2)), symmetric)
    assert w.quant is not None
    spread = 74.0 * 74.0 * max(1, depth) ** 0.5 * 0.05 * float(np.mean(w.quant.scale))
    y_shape = op.infer((x, w))[0].shape
    y = quantised(y_shape, spread / (2 if extreme else 50), int(rng.integers(-128, 128)))
    ins: tuple[TensorType, ...] = (x, w)
    operands: tuple[np.ndarray, ...] = (int8s(rng, x_shape, extreme), int8s(rng, w_shape, extreme))
    if bias:
        ins += (TensorType((w_shape[0],), DType.INT32),)
        operands += (rng.integers(-20000, 20000, w_shape[0], dtype=np.int32),)
    return Case(op, ins, (y,), operands, frozenset(range(1, len(ins))))
