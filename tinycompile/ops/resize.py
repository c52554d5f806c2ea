"""Resize and Upsample: nearest neighbour as index tables (`Take`, any type), linear as `ResizeLinear2D`.

ResizeLinear2D: operand x[N,H,W,C], result y[N,OH,OW,C]; float32, and int8 with per-tensor quantisation
that may differ between x and y, in fixed point with one rounding (docs/numerics.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import Bounds, ChannelSite, DType, GraphBuilder, Op, TensorType, Types
from tinycompile.ir.channels import monotone_bounds
from tinycompile.numeric import Multiplier, quantize_multiplier, requantize_s8
from tinycompile.ops.axes import ints_operand, normal_axis
from tinycompile.ops.common import quant_of
from tinycompile.ops.kernel import Arg, Data, In, Kernel, Out, Purpose, Site, Struct, per_result
from tinycompile.ops.layout import Reshape, nchw_from_nhwc, nhwc_from_nchw
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.resample import NEAREST_MODES, TRANSFORMATIONS, LinearTaps, Resampling
from tinycompile.ops.source import TC_OPERANDS, SourceNode
from tinycompile.ops.take import Take

#: Bits of an interpolation weight in int8: 255 * 2**(2 * 11) still fits an int32.
WEIGHT_BITS = 11


@dataclass(frozen=True)
class ResizeLinear2D(Op):
    """Bilinear interpolation: first along W in both rows, then between the rows."""

    rows: LinearTaps
    columns: LinearTaps

    def infer(self, ins: Types) -> Types:
        x = ins[0]
        if x.rank != 4:
            raise ValueError(f"resizing needs a 4-D operand, not {x}")
        for taps, size in ((self.rows, x.shape[1]), (self.columns, x.shape[2])):
            if max((second for _, second, _ in taps), default=0) >= size:
                raise ValueError(f"the tables were not made for {x}")
        return (x.with_shape((x.shape[0], len(self.rows), len(self.columns), x.shape[3])),)

    def channelwise(self, ins: Types, outs: Types) -> bool:
        return True

    def channel_bounds(self, at: ChannelSite) -> Bounds:
        return monotone_bounds(self, at)

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        return self if ins[0].per_tensor_int8 and outs[0].per_tensor_int8 else None

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        """float32: a + (b - a) * w for every step; int8: weights of 11 bits and one rounding."""
        if ins[0].dtype is DType.FLOAT32:
            with np.errstate(all="ignore"):
                across = _mixed(xs[0], self.columns, 2)
                return (_mixed(across, self.rows, 1),)
        x = xs[0].astype(np.int64) - quant_of(ins[0]).zero0
        acc = _weighed(_weighed(x, self.columns, 2), self.rows, 1)
        factor = _factor(ins[0], outs[0])
        return (requantize_s8(acc, factor.multiplier, factor.shift, quant_of(outs[0]).zero0),)


def _along(values: np.ndarray, axis: int) -> np.ndarray:
    return values.reshape(tuple(-1 if a == axis else 1 for a in range(4)))


def _pair(x: np.ndarray, taps: LinearTaps, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """The first and the second elements of all taps."""
    places = np.array([(first, second) for first, second, _ in taps], np.int64).reshape(-1, 2)
    return np.take(x, places[:, 0], axis), np.take(x, places[:, 1], axis)


def _mixed(x: np.ndarray, taps: LinearTaps, axis: int) -> np.ndarray:
    first, second = _pair(x, taps, axis)
    return np.asarray(first + (second - first) * _along(float_weights(taps), axis))


def _weighed(x: np.ndarray, taps: LinearTaps, axis: int) -> np.ndarray:
    weight = _along(fixed_weights(taps).astype(np.int64), axis)
    first, second = _pair(x, taps, axis)
    return np.asarray(first * ((1 << WEIGHT_BITS) - weight) + second * weight)


def float_weights(taps: LinearTaps) -> np.ndarray:
    """float32 weights of the second elements."""
    return np.array([weight for _, _, weight in taps], np.float32)


def fixed_weights(taps: LinearTaps) -> np.ndarray:
    """int32 weights of the second elements, in units of 2**-WEIGHT_BITS, rounded half to even."""
    return np.rint(float_weights(taps).astype(np.float64) * (1 << WEIGHT_BITS)).astype(np.int32)


def _factor(x: TensorType, y: TensorType) -> Multiplier:
    return quantize_multiplier(quant_of(x).scale0 / quant_of(y).scale0 / (1 << 2 * WEIGHT_BITS))


@dataclass(frozen=True)
class _Request:
    """What a Resize or Upsample node asks for."""

    mode: str
    transformation: str
    nearest_mode: str
    axes: tuple[Resampling, ...]


@imports("Resize", "Upsample")
def _import_resize(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    request = _request(node, b)
    resized = [axis for axis, resampling in enumerate(request.axes) if not resampling.identity]
    if not resized:
        return [node.input(0)]
    if request.mode == "linear":
        return [_linear(node, b, request, resized)]
    x, axes = node.input(0), request.axes
    shape = b.type(x).shape
    spatial = len(shape) in (3, 4) and resized[0] >= 2
    if spatial:
        # [N,C,L] gets a height of 1, as everywhere.
        height = (Resampling(1, 1, 1.0),) if len(shape) == 3 else ()
        axes = (axes[0], *height, *axes[2:], axes[1])
        x = nhwc_from_nchw(b, x, node.origins)
    rule = (request.transformation, request.nearest_mode)
    tables = tuple(None if axis.identity else axis.nearest(*rule) for axis in axes)
    y = b.add1(Take(tables), x, origins=node.origins, hint=node.name)
    return [nchw_from_nhwc(b, y, len(shape), node.origins) if spatial else y]


def _linear(node: SourceNode, b: GraphBuilder, request: _Request, resized: list[int]) -> str:
    """One or two neighbouring dimensions, seen as the H and W of an NHWC image."""
    x, axes = node.input(0), request.axes
    shape, out = b.type(x).shape, tuple(axis.out_size for axis in axes)
    first, last = resized[0], resized[-1]
    if last - first > 1:
        raise node.error(f"dimensions {tuple(resized)} are resized linearly", "resize two neighbouring ones")
    rows, columns = axes[first] if last > first else Resampling(1, 1, 1.0), axes[last]
    rule = request.transformation
    op = ResizeLinear2D(rows.linear(rule), columns.linear(rule))
    if len(shape) in (3, 4) and first >= 2:
        if len(shape) == 4 and last == first:
            # One of H and W alone: the other one stays as it is.
            op = ResizeLinear2D(axes[2].linear(rule), axes[3].linear(rule))
        y = b.add1(op, nhwc_from_nchw(b, x, node.origins), origins=node.origins, hint=node.name)
        return nchw_from_nhwc(b, y, len(shape), node.origins)
    image = (math.prod(shape[:first]), rows.size, columns.size, math.prod(shape[last + 1 :]))
    y = b.add1(Reshape(image), x, origins=node.origins)
    y = b.add1(op, y, origins=node.origins, hint=node.name)
    return b.add1(Reshape(out), y, origins=node.origins)


def _request(node: SourceNode, b: GraphBuilder) -> _Request:
    """The node's attributes, checked.

    Raises:
        ModelError: something that is not supported.
    """
    mode = node.attr_str("mode", "nearest")
    if mode not in ("nearest", "linear"):
        raise node.error(f"mode '{mode}' is not supported", "use nearest or linear")
    if node.attr_int("antialias", 0):
        raise node.error("antialias is not supported", "export without it")
    old = node.op_type == "Upsample" or node.opset < 11
    transformation = node.attr_str("coordinate_transformation_mode", "asymmetric" if old else "half_pixel")
    if transformation not in TRANSFORMATIONS:
        raise node.error(
            f"coordinate_transformation_mode '{transformation}' is not supported",
            f"use one of {', '.join(TRANSFORMATIONS)}",
        )
    nearest_mode = node.attr_str("nearest_mode", "simple" if old else "round_prefer_floor")
    if nearest_mode not in NEAREST_MODES:
        known = ", ".join(NEAREST_MODES[:4])
        raise node.error(f"nearest_mode '{nearest_mode}' is unknown", f"use one of {known}")
    return _Request(mode, transformation, nearest_mode, _resamplings(node, b))


def _resamplings(node: SourceNode, b: GraphBuilder) -> tuple[Resampling, ...]:
    """What happens to every dimension, from the node's scales or sizes."""
    shape = node.type(0, b).shape
    axes = tuple(normal_axis(node, a, len(shape)) for a in node.attr_ints("axes", tuple(range(len(shape)))))
    sizes, scales = _sizes(node, b), _scales(node, b)
    given: Sequence[float] | None = sizes or scales
    if given is None or len(given) != len(axes) or min(given, default=1) <= 0:
        raise node.error("it needs positive scales or sizes, one for every dimension", code=TC_OPERANDS)
    found = [Resampling(size, size, 1.0) for size in shape]
    if sizes is not None:
        factors = [np.float32(out) / np.float32(shape[axis]) for axis, out in zip(axes, sizes, strict=True)]
        policy = node.attr_str("keep_aspect_ratio_policy", "stretch")
        if policy not in ("stretch", "not_larger", "not_smaller"):
            raise node.error(f"keep_aspect_ratio_policy '{policy}' is unknown", "use stretch")
        if policy != "stretch":
            factors = [min(factors) if policy == "not_larger" else max(factors)] * len(axes)
            sizes = tuple(int(np.floor(f * shape[a] + 0.5)) for f, a in zip(factors, axes, strict=True))
        for axis, out, factor in zip(axes, sizes, factors, strict=True):
            found[axis] = Resampling(shape[axis], out, float(factor))
    else:
        for axis, scale in zip(axes, given, strict=True):
            factor = np.float32(scale)
            found[axis] = Resampling(shape[axis], int(factor * np.float32(shape[axis])), float(factor))
    return tuple(found)


def _sizes(node: SourceNode, b: GraphBuilder) -> tuple[int, ...] | None:
    if node.op_type == "Upsample" or node.opset < 11 or not node.has(3):
        return None
    return ints_operand(node, b, 3, "the sizes") or None


def _scales(node: SourceNode, b: GraphBuilder) -> tuple[float, ...] | None:
    if node.op_type == "Upsample" and node.opset < 9:
        values = node.attributes.get("scales", ())
        return tuple(float(v) for v in values) if isinstance(values, tuple) else None
    index = 1 if node.op_type == "Upsample" or node.opset < 11 else 2
    if not node.has(index):
        return None
    return tuple(float(v) for v in node.const(index, b, "the scales").ravel()) or None


def _offsets(op: ResizeLinear2D, x: TensorType) -> Data:
    """int32[OH + OW][2]: element offsets of both rows (or columns) of every output row (column)."""
    channels = x.shape[3]
    parts = [
        np.array([(first, second) for first, second, _ in taps], np.int64).reshape(-1, 2) * stride
        for taps, stride in ((op.rows, x.shape[2] * channels), (op.columns, channels))
    ]
    return Data(np.concatenate(parts).astype(np.int32), "offsets", Purpose.TABLE)


def _geometry(site: Site) -> tuple[tuple[str, int], ...]:
    x, y = site.ins[0].shape, site.outs[0].shape
    return (
        ("batch", x[0]),
        ("in_elements", x[1] * x[2] * x[3]),
        ("out_h", y[1]),
        ("out_w", y[2]),
        ("channels", x[3]),
    )


def _float_args(site: Site) -> tuple[Arg, ...]:
    op = site.op
    assert isinstance(op, ResizeLinear2D)
    weights = np.concatenate([float_weights(op.rows), float_weights(op.columns)])
    params = Struct("tc_resize_f32_t", _geometry(site))
    return (In(0), Out(0), _offsets(op, site.ins[0]), Data(weights, "weights", Purpose.TABLE), params)


def _int8_args(site: Site) -> tuple[Arg, ...]:
    op, x, y = site.op, site.ins[0], site.outs[0]
    assert isinstance(op, ResizeLinear2D)
    weights = np.concatenate([fixed_weights(op.rows), fixed_weights(op.columns)]).astype(np.int16)
    factor = _factor(x, y)
    params = Struct(
        "tc_resize_s8_t",
        (
            *_geometry(site),
            ("in_zero", quant_of(x).zero0),
            ("out_zero", quant_of(y).zero0),
            ("multiplier", factor.multiplier),
            ("shift", factor.shift),
        ),
    )
    return (In(0), Out(0), _offsets(op, x), Data(weights, "weights", Purpose.TABLE), params)


def _is_float(site: Site) -> bool:
    return site.ins[0].dtype is DType.FLOAT32


kernels(
    ResizeLinear2D,
    Kernel(
        "tc_resize_linear_s8",
        _int8_args,
        lambda site: site.ins[0].per_tensor_int8,
        cycles=per_result(68.0, 900.0),
    ),
    Kernel("tc_resize_linear_f32", _float_args, _is_float, cycles=per_result(25.2, 900.0), dtype="float32"),
)
