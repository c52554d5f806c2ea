"""The kernels of matrix products; `fully_connected_*` also serve 1x1 convolutions."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tinycompile.ir import DType, TensorType
from tinycompile.ops.broadcast import collapse
from tinycompile.ops.common import clamp_bounds, quant_of, requantise_data
from tinycompile.ops.integers import is_raw
from tinycompile.ops.kernel import Arg, Data, In, Kernel, Null, Out, Purpose, Site, Struct
from tinycompile.ops.matmul import FullyConnected, MatMul
from tinycompile.ops.registry import kernels

#: TC_MATMUL_RANK of the C runtime.
MAX_BATCH_RANK = 4
_INT32_MAX = 2**31 - 1

#: The fields of tc_conv2d_s8_t.
CONV_FIELDS = (
    "batch",
    "in_h",
    "in_w",
    "in_c",
    "out_h",
    "out_w",
    "out_c",
    "kernel_h",
    "kernel_w",
    "stride_h",
    "stride_w",
    "pad_top",
    "pad_left",
    "dilation_h",
    "dilation_w",
    "groups",
    "in_zero",
    "out_zero",
    "lo",
    "hi",
)


def bias_of(site: Site) -> np.ndarray:
    """int32[channels] of the constant operand 2, zeros when the node has none."""
    return site.const(2) if len(site.ins) > 2 else np.zeros(site.outs[0].shape[-1], np.int32)


def folded_bias(site: Site) -> Data:
    """int32[channels]: the bias minus in_zero * (sum of the filter), so that kernels add plain x * w."""
    w = site.const(1)
    sums = w.reshape(w.shape[0], -1).astype(np.int64).sum(axis=1)
    return Data((bias_of(site) - quant_of(site.ins[0]).zero0 * sums).astype(np.int32), "bias", Purpose.BIASES)


def fits_int32(site: Site) -> bool:
    """True when no partial sum of folded bias and products leaves int32."""
    depth = math.prod(site.ins[1].shape[1:])
    largest = max(1, int(np.abs(bias_of(site).astype(np.int64)).max(initial=0)))
    return largest + (2 if is_symmetric(site) else 4) * 128 * 128 * depth <= _INT32_MAX


def has_int8_bias(site: Site) -> bool:
    """True for an int8 node whose bias (if any) is constant; weights may be computed at run time."""
    return site.ins[0].per_tensor_int8 and (len(site.ins) < 3 or site.has_const(2)) and fits_int32(site)


def is_symmetric(site: Site) -> bool:
    """True when the weights have no zero points."""
    return quant_of(site.ins[1]).symmetric


def has_int8_constants(site: Site) -> bool:
    """True for an int8 node with constant bias and constant weights without zero points."""
    return has_int8_bias(site) and site.has_const(1) and is_symmetric(site)


def is_float(site: Site) -> bool:
    """True on float32."""
    return site.ins[0].dtype is DType.FLOAT32


def dense_int8_args(site: Site, lo: float, hi: float) -> tuple[Arg, ...]:
    """The arguments of tc_fully_connected_s8 for a node whose operand 1 holds one filter per channel."""
    x, w, y = site.ins[0], site.ins[1], site.outs[0]
    requant = requantise_data(x, w, y, w.shape[0])
    return (In(0), Out(0), In(1), folded_bias(site), requant, dense_params(site, lo, hi))


def dense_params(site: Site, lo: float, hi: float) -> Struct:
    """The parameter block of int8 rows times filters."""
    w, y = site.ins[1], site.outs[0]
    low, high = clamp_bounds(y, lo, hi)
    fields = (*_dense_sizes(w, y), ("out_zero", quant_of(y).zero0), ("lo", low), ("hi", high))
    return Struct("tc_fully_connected_s8_t", fields)


def dense_float_args(site: Site, lo: float, hi: float) -> tuple[Arg, ...]:
    """The arguments of tc_fully_connected_f32, likewise."""
    bias: Arg = In(2) if len(site.ins) > 2 else Null()
    return (In(0), Out(0), In(1), bias, dense_float_params(site, lo, hi))


def dense_float_params(site: Site, lo: float, hi: float) -> Struct:
    """The parameter block of float32 rows times filters."""
    sizes = _dense_sizes(site.ins[1], site.outs[0])
    return Struct("tc_fully_connected_f32_t", (*sizes, ("lo", float(lo)), ("hi", float(hi))))


def _dense_sizes(w: TensorType, y: TensorType) -> tuple[tuple[str, int], ...]:
    rows = y.elements // max(1, w.shape[0])
    return (("rows", rows), ("depth", math.prod(w.shape[1:])), ("channels", w.shape[0]))


def dense_int8_cycles(site: Site) -> float:
    """Estimated Cortex-M4 cycles of tc_fully_connected_s8."""
    sizes = dict(_dense_sizes(site.ins[1], site.outs[0]))
    rows, depth, channels = sizes["rows"], sizes["depth"], sizes["channels"]
    paired = rows // 2 * 2 * channels
    single = rows % 2 * channels
    return paired * (3.0 * depth + 42) + single * (3.9 * depth + 50)


def dense_float_cycles(site: Site) -> float:
    """Estimated Cortex-M4F cycles of tc_fully_connected_f32."""
    sizes = dict(_dense_sizes(site.ins[1], site.outs[0]))
    rows, depth, channels = sizes["rows"], sizes["depth"], sizes["channels"]
    return rows // 2 * 2 * channels * (4.2 * depth + 25) + rows % 2 * channels * (5.5 * depth + 40)


def _fully_connected(site: Site) -> FullyConnected:
    assert isinstance(site.op, FullyConnected)
    return site.op


def _dense_int8(site: Site) -> tuple[Arg, ...]:
    op = _fully_connected(site)
    return dense_int8_args(site, op.lo, op.hi)


def _dense_float(site: Site) -> tuple[Arg, ...]:
    op = _fully_connected(site)
    return dense_float_args(site, op.lo, op.hi)


def weight_zeros(site: Site) -> Data:
    """int32[channels] of the zero points of the weights."""
    zeros = np.asarray(quant_of(site.ins[1]).zero_point, np.int32)
    return Data(np.array(np.broadcast_to(zeros, (site.ins[1].shape[0],))), "w_zero", Purpose.QUANTISATION)


def _asymmetric(site: Site) -> tuple[Arg, ...]:
    """The rows as the pixels of a 1x1 convolution."""
    op, x, w, y = _fully_connected(site), site.ins[0], site.ins[1], site.outs[0]
    sizes = dict(_dense_sizes(w, y))
    lo, hi = clamp_bounds(y, op.lo, op.hi)
    geometry = (
        1,
        1,
        sizes["rows"],
        sizes["depth"],
        1,
        sizes["rows"],
        sizes["channels"],
        1,
        1,
        1,
        1,
        0,
        0,
        1,
        1,
        1,
        quant_of(x).zero0,
        quant_of(y).zero0,
        lo,
        hi,
    )
    params = Struct("tc_conv2d_s8_t", tuple(zip(CONV_FIELDS, geometry, strict=True)))
    requant = requantise_data(x, w, y, w.shape[0])
    return (
        In(0),
        Out(0),
        In(1),
        Data(bias_of(site), "bias", Purpose.BIASES),
        requant,
        weight_zeros(site),
        params,
    )


def asymmetric_cycles(site: Site) -> float:
    """Estimated Cortex-M4 cycles of tc_conv2d_asymmetric_s8: per MAC, window position and output."""
    *positions, depth = site.ins[1].shape[1:]
    return site.outs[0].elements * (math.prod(positions) * (9.0 * depth + 40.0) + 80.0)


def batch_of(site: Site) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]:
    """Sizes of the batch loops, and per operand the strides in matrices."""
    leads = [t.shape[:-2] for t in site.ins]
    return collapse(site.outs[0].shape[:-2], leads)


def _matmul_params(site: Site) -> Struct:
    sizes, strides = batch_of(site)
    fill = MAX_BATCH_RANK - len(sizes)
    fields: list[tuple[str, int | tuple[int, ...]]] = [("size", (1,) * fill + sizes)]
    for label, stride, type_ in zip("ab", strides, site.ins, strict=True):
        matrix = type_.shape[-2] * type_.shape[-1]
        fields.append((label, (0,) * fill + tuple(s * matrix for s in stride)))
    rows = site.outs[0].shape[-2] if site.outs[0].elements else 0
    fields += [("rows", rows), ("depth", site.ins[0].shape[-1]), ("columns", site.outs[0].shape[-1])]
    return Struct("tc_matmul_t", tuple(fields))


def _matmul(site: Site) -> MatMul:
    assert isinstance(site.op, MatMul)
    return site.op


def _matmul_int8(site: Site) -> tuple[Arg, ...]:
    op, y = _matmul(site), site.outs[0]
    factor = op.factor(site.ins, site.outs)
    lo, hi = clamp_bounds(y, op.lo, op.hi)
    zeros = zip(("a_zero", "b_zero", "y_zero"), (*site.ins, y), strict=True)
    fields = (
        *((label, quant_of(t).zero0) for label, t in zeros),
        ("multiplier", factor.multiplier),
        ("shift", factor.shift),
        ("lo", lo),
        ("hi", hi),
    )
    return (In(0), In(1), Out(0), _matmul_params(site), Struct("tc_matmul_s8_t", fields))


def matmul_float_args(site: Site) -> tuple[Arg, ...]:
    op = _matmul(site)
    clamp = Struct("tc_range_f32_t", (("lo", float(op.lo)), ("hi", float(op.hi))))
    return (In(0), In(1), Out(0), _matmul_params(site), clamp)


def _matmul_raw(site: Site) -> tuple[Arg, ...]:
    return (In(0), In(1), Out(0), _matmul_params(site))


def _dense_raw(site: Site) -> tuple[Arg, ...]:
    """FullyConnected of raw integers, which are rare: a matrix product by the transposed weights."""
    w = np.ascontiguousarray(site.const(1).T)
    sizes = dict(_dense_sizes(site.ins[1], site.outs[0]))
    ones, zeros = (1,) * MAX_BATCH_RANK, (0,) * MAX_BATCH_RANK
    params = Struct(
        "tc_matmul_t",
        (
            ("size", ones),
            ("a", zeros),
            ("b", zeros),
            ("rows", sizes["rows"]),
            ("depth", sizes["depth"]),
            ("columns", sizes["channels"]),
        ),
    )
    return (In(0), Data(w, "weights", Purpose.WEIGHTS), Out(0), params)


def _takes_raw(bits: int) -> Callable[[Site], bool]:
    return lambda site: _is_raw_of(bits)(site) and len(site.ins) == 2 and site.has_const(1)


def _raw_cycles(per_mac: float) -> Callable[[Site], float]:
    return lambda site: site.outs[0].elements * (per_mac * math.prod(site.ins[1].shape[1:]) + 30.0)


def _matmul_kernel(
    symbol: str,
    args: Callable[[Site], tuple[Arg, ...]],
    accepts: Callable[[Site], bool],
    cost: float,
    dtype: str,
) -> Kernel:
    return Kernel(
        symbol,
        args,
        lambda site: accepts(site) and len(batch_of(site)[0]) <= MAX_BATCH_RANK,
        cycles=lambda site: (
            site.outs[0].elements * (cost * site.ins[0].shape[-1] + 30)
            + 100.0 * site.outs[0].elements / max(1, site.outs[0].shape[-1])
        ),
        dtype=dtype,
    )


def _is_raw_of(bits: int) -> Callable[[Site], bool]:
    return lambda site: is_raw(site.ins[0]) and site.ins[0].dtype.itemsize * 8 == bits


kernels(
    FullyConnected,
    Kernel("tc_fully_connected_s8", _dense_int8, has_int8_constants, cycles=dense_int8_cycles),
    Kernel("tc_conv2d_asymmetric_s8", _asymmetric, has_int8_bias, cycles=asymmetric_cycles),
    Kernel("tc_fully_connected_f32", _dense_float, is_float, cycles=dense_float_cycles, dtype="float32"),
    Kernel("tc_matmul_32", _dense_raw, _takes_raw(32), cycles=_raw_cycles(8.0), dtype="int32"),
    Kernel("tc_matmul_64", _dense_raw, _takes_raw(64), cycles=_raw_cycles(16.0), dtype="int64"),
)
kernels(
    MatMul,
    _matmul_kernel("tc_matmul_s8", _matmul_int8, lambda site: site.ins[0].per_tensor_int8, 5.25, "int8"),
    _matmul_kernel("tc_matmul_f32", matmul_float_args, is_float, 5.5, "float32"),
    _matmul_kernel("tc_matmul_32", _matmul_raw, _is_raw_of(32), 8.0, "int32"),
    _matmul_kernel("tc_matmul_64", _matmul_raw, _is_raw_of(64), 16.0, "int64"),
)
