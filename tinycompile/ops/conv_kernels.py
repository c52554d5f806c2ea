"""The kernels of convolutions: 1x1 as matrix product, depthwise (also in place), and the general form."""

from __future__ import annotations

import math

import numpy as np

from tinycompile.ir import DType
from tinycompile.ops.common import clamp_bounds, quant_of, requantise_data
from tinycompile.ops.conv import Conv2D, is_depthwise
from tinycompile.ops.kernel import Arg, Data, In, Kernel, Null, Out, Purpose, Scalar, Scratch, Site, Struct
from tinycompile.ops.matmul_kernels import (
    CONV_FIELDS,
    asymmetric_cycles,
    bias_of,
    dense_float_args,
    dense_float_cycles,
    dense_int8_args,
    dense_int8_cycles,
    folded_bias,
    has_int8_bias,
    has_int8_constants,
    is_float,
    is_symmetric,
    weight_zeros,
)
from tinycompile.ops.registry import kernels

#: TC_DEPTHWISE_ROWS of the C runtime.
_MAX_DEPTHWISE_ROWS = 16
#: Channels that the depthwise kernels compute together.
_DEPTHWISE_BLOCK = 4


def _conv(site: Site) -> Conv2D:
    assert isinstance(site.op, Conv2D)
    return site.op


def conv_params(site: Site) -> Struct:
    """The geometry block shared by the kernels of one element type."""
    op, x, y = _conv(site), site.ins[0], site.outs[0]
    window = op.window
    geometry = (
        *x.shape,
        *y.shape[1:],
        *window.kernel,
        *window.strides,
        *window.pads[:2],
        *window.dilations,
        op.groups,
    )
    if x.dtype is DType.FLOAT32:
        shared = tuple(zip(CONV_FIELDS, geometry, strict=False))
        return Struct("tc_conv2d_f32_t", (*shared, ("lo", float(op.lo)), ("hi", float(op.hi))))
    values = (*geometry, quant_of(x).zero0, quant_of(y).zero0, *clamp_bounds(y, op.lo, op.hi))
    return Struct("tc_conv2d_s8_t", tuple(zip(CONV_FIELDS, values, strict=True)))


def _general_int8(site: Site) -> tuple[Arg, ...]:
    x, w, y = site.ins[0], site.ins[1], site.outs[0]
    requant = requantise_data(x, w, y, y.shape[3])
    return (In(0), Out(0), In(1), Data(bias_of(site), "bias", Purpose.BIASES), requant, conv_params(site))


def _float_bias(site: Site) -> Arg:
    return In(2) if len(site.ins) > 2 else Null()


def _general_float(site: Site) -> tuple[Arg, ...]:
    return (In(0), Out(0), In(1), _float_bias(site), conv_params(site))


def _asymmetric(site: Site) -> tuple[Arg, ...]:
    *pointers, params = _general_int8(site)
    return (*pointers, weight_zeros(site), params)


def _takes_int8(site: Site) -> bool:
    return has_int8_bias(site) and is_symmetric(site)


def is_pointwise(site: Site) -> bool:
    """True when every pixel is a row of a matrix product."""
    op, window = _conv(site), _conv(site).window
    plain = window.kernel == (1, 1) and window.strides == (1, 1) and not any(window.pads)
    return plain and op.groups == 1


def _pointwise_int8(site: Site) -> tuple[Arg, ...]:
    op = _conv(site)
    return dense_int8_args(site, op.lo, op.hi)


def _pointwise_float(site: Site) -> tuple[Arg, ...]:
    op = _conv(site)
    return dense_float_args(site, op.lo, op.hi)


def has_depthwise_filters(site: Site) -> bool:
    """True for one constant filter per channel, and enough channels."""
    op = _conv(site)
    single = is_depthwise(op, site.ins[0]) and op.groups == site.outs[0].shape[3] >= _DEPTHWISE_BLOCK
    return single and site.has_const(1) and op.window.kernel[0] <= _MAX_DEPTHWISE_ROWS


def _taps_first(site: Site) -> Data:
    """The filters as [kernel_h][kernel_w][channels]."""
    return Data(np.ascontiguousarray(site.const(1)[..., 0].transpose(1, 2, 0)), "taps", Purpose.WEIGHTS)


def _depthwise_int8(site: Site) -> tuple[Arg, ...]:
    x, w, y = site.ins[0], site.ins[1], site.outs[0]
    requant = requantise_data(x, w, y, y.shape[3])
    return (In(0), Out(0), _taps_first(site), folded_bias(site), requant, conv_params(site))


def _depthwise_float(site: Site) -> tuple[Arg, ...]:
    return (In(0), Out(0), _taps_first(site), _float_bias(site), conv_params(site))


def _in_place_int8(site: Site) -> tuple[Arg, ...]:
    return (*_depthwise_int8(site), Scratch("int8_t"), Scalar(ring_rows(site)))


def _in_place_float(site: Site) -> tuple[Arg, ...]:
    return (*_depthwise_float(site), Scratch("float"), Scalar(ring_rows(site)))


def ring_rows(site: Site) -> int:
    """The most input rows that are overwritten, or about to be, while windows still need them.

    Result row r ends at byte (r + 1) * out_row; the operand's rows that begin before it are lost. Windows
    from result row r on need rows from r * stride - pad on.
    """
    window = _conv(site).window
    (_, in_h, in_w, _), (_, out_h, out_w, _) = site.ins[0].shape, site.outs[0].shape
    most = 1
    for row in range(out_h):
        lost = min(in_h, -(-(row + 1) * out_w // in_w))
        needed = max(0, row * window.strides[0] - window.pads[0])
        most = max(most, lost - needed)
    return most


def saved_rows(site: Site) -> int:
    """How many input rows are saved in the ring on the way down."""
    window = _conv(site).window
    (_, in_h, in_w, _), (_, out_h, out_w, _) = site.ins[0].shape, site.outs[0].shape
    seen = saved = 0
    for row in range(out_h):
        while seen < in_h and seen * in_w < (row + 1) * out_w:
            saved += seen >= row * window.strides[0] - window.pads[0]
            seen += 1
    return saved


def _ring_bytes(site: Site) -> int:
    x = site.ins[0]
    return ring_rows(site) * x.shape[2] * x.shape[3] * x.dtype.itemsize


def shrinks(site: Site) -> bool:
    """True when the result of every image ends within its operand."""
    return site.outs[0].elements <= site.ins[0].elements and not site.has_const(0)


def onto_operand(site: Site) -> tuple[tuple[int, int], ...]:
    return ((0, 0),)


def _inside(size: int, extent: int, pad: int, stride: int, out: int) -> int:
    """How many of `out` window positions along an axis lie inside `size` elements."""
    first = -(-pad // stride)
    last = (size + pad - extent) // stride
    return max(0, min(last, out - 1) - first + 1)


def border_share(site: Site, *, rows: bool) -> float:
    """The share of outputs whose window reaches into the padding: left and right, with `rows` all around."""
    window = _conv(site).window
    (_, in_h, in_w, _), (_, out_h, out_w, _) = site.ins[0].shape, site.outs[0].shape
    across = _inside(in_w, window.extent[1], window.pads[1], window.strides[1], out_w) / max(1, out_w)
    down = _inside(in_h, window.extent[0], window.pads[0], window.strides[0], out_h) / max(1, out_h)
    return 1.0 - across * (down if rows else 1.0)


def _general_cycles(site: Site) -> float:
    """Estimated Cortex-M4F cycles of the general kernels: per MAC, per run of dense elements, per output."""
    _, kernel_h, kernel_w, group_c = site.ins[1].shape
    op, y = _conv(site), site.outs[0]
    depth = kernel_h * kernel_w * group_c
    joined = group_c == site.ins[0].shape[3] * op.window.dilations[1]
    runs = kernel_h * (1 if joined else kernel_w)
    per_mac = (4.6 if is_float(site) else 3.0) + 1.1 * border_share(site, rows=True)
    per_group = max(1, y.shape[3] // op.groups)
    twice = 1.0 + (per_group % 2) / per_group
    return y.elements * twice * (per_mac * depth + 25.0 * runs + 63.0)


def _depthwise_cycles(site: Site) -> float:
    """Estimated Cortex-M4F cycles of the depthwise kernels: per MAC, window row, output, row of outputs."""
    _, kernel_h, kernel_w, _ = site.ins[1].shape
    y = site.outs[0]
    if is_float(site):
        return y.elements * (6.7 * kernel_h * kernel_w + 5.2 * kernel_h + 47.0)
    per_mac = 5.7 + 5.0 * border_share(site, rows=False)
    rows = y.elements / max(1, y.shape[2])
    return y.elements * (per_mac * kernel_h * kernel_w + 5.1 * kernel_h + 35.0) + 104.0 * rows


def _in_place_cycles(site: Site) -> float:
    """As `_depthwise_cycles`, and one copy of the operand."""
    return _depthwise_cycles(site) + 1.5 * site.ins[0].nbytes


def _depthwise_kernel(element: str, in_place: bool) -> Kernel:
    floating = element == "f32"
    plain = _depthwise_float if floating else _depthwise_int8
    shared = _in_place_float if floating else _in_place_int8
    takes = is_float if floating else has_int8_constants
    dtype = "float32" if floating else "int8"
    if not in_place:
        return Kernel(
            f"tc_depthwise_conv2d_{element}",
            plain,
            lambda site: takes(site) and has_depthwise_filters(site),
            cycles=_depthwise_cycles,
            dtype=dtype,
        )
    return Kernel(
        f"tc_depthwise_conv2d_inplace_{element}",
        shared,
        lambda site: takes(site) and has_depthwise_filters(site) and shrinks(site),
        scratch=_ring_bytes,
        in_place=onto_operand,
        cycles=_in_place_cycles,
        aliased=True,
        dtype=dtype,
    )


def _plane_bytes(site: Site) -> int:
    """What the windows of one channel span, padding included, in whole words of 8 as the arena has them."""
    window, (_, out_h, out_w, _) = _conv(site).window, site.outs[0].shape
    spans = zip((out_h, out_w), window.strides, window.extent, strict=True)
    return -(-math.prod((out - 1) * stride + extent for out, stride, extent in spans) // 8) * 8


def _plane_cycles(site: Site) -> float:
    """Estimated Cortex-M4 cycles of the kernel for planes: per MAC, window row, output, byte of the plane."""
    _, kernel_h, kernel_w, _ = site.ins[1].shape
    read = site.ins[0].nbytes
    return site.outs[0].elements * (8.0 * kernel_h * kernel_w + 10.0 * kernel_h + 30.0) + 9.0 * read


_PLANES = Kernel(
    "tc_depthwise_conv2d_planes_s8",
    lambda site: (*_depthwise_int8(site), Scratch("int8_t")),
    lambda site: has_int8_constants(site) and has_depthwise_filters(site) and shrinks(site),
    scratch=_plane_bytes,
    in_place=onto_operand,
    cycles=_plane_cycles,
    aliased=True,
)

kernels(
    Conv2D,
    Kernel(
        "tc_fully_connected_s8",
        _pointwise_int8,
        lambda site: has_int8_constants(site) and is_pointwise(site),
        cycles=dense_int8_cycles,
    ),
    _depthwise_kernel("s8", in_place=False),
    _depthwise_kernel("s8", in_place=True),
    _PLANES,
    Kernel("tc_conv2d_s8", _general_int8, _takes_int8, cycles=_general_cycles),
    Kernel("tc_conv2d_asymmetric_s8", _asymmetric, has_int8_bias, cycles=asymmetric_cycles),
    Kernel(
        "tc_fully_connected_f32",
        _pointwise_float,
        lambda site: is_float(site) and is_pointwise(site),
        cycles=dense_float_cycles,
        dtype="float32",
    ),
    _depthwise_kernel("f32", in_place=False),
    _depthwise_kernel("f32", in_place=True),
    Kernel("tc_conv2d_f32", _general_float, is_float, cycles=_general_cycles, dtype="float32"),
)
