"""The float32 kernels for cores with an FPU; weights are packed ahead as tc_tile_f32.h describes."""

from __future__ import annotations

import numpy as np

from tinycompile.ops.conv import Conv2D
from tinycompile.ops.conv_kernels import (
    conv_params,
    has_depthwise_filters,
    is_pointwise,
    onto_operand,
    ring_rows,
    shrinks,
)
from tinycompile.ops.float_cycles import (
    conv_cycles,
    dense_cycles,
    depthwise_cycles,
    in_place_cycles,
    matmul_cycles,
)
from tinycompile.ops.kernel import Arg, Data, In, Kernel, Out, Purpose, Scalar, Scratch, Site, Struct
from tinycompile.ops.matmul import FullyConnected, MatMul
from tinycompile.ops.matmul_kernels import (
    MAX_BATCH_RANK,
    batch_of,
    dense_float_params,
    is_float,
    matmul_float_args,
)
from tinycompile.ops.registry import kernels
from tinycompile.target import Feature

_FPU = frozenset({Feature.FPU_SP})
#: Channels of a block, pixels of a tile.
_BLOCK, _PIXELS = 4, 4
#: Bytes of a word.
_WORD = 4


def _has_constants(site: Site) -> bool:
    """True for float32 with weights, and bias if there is one, that are known ahead."""
    return is_float(site) and site.has_const(1) and (len(site.ins) < 3 or site.has_const(2))


def _start(site: Site) -> np.ndarray:
    return site.const(2) if len(site.ins) > 2 else np.zeros(site.ins[1].shape[0], np.float32)


def _packed(site: Site, groups: int = 1) -> Data:
    """Blocks of four filters: their start values, then element by element the weights of all four.

    Blocks do not span groups; filters of zeros fill up the last one of each.
    """
    weights = site.const(1).reshape(site.ins[1].shape[0], -1)
    rows = np.concatenate([_start(site)[:, None], weights], axis=1).astype(np.float32)
    grouped = rows.reshape(groups, -1, rows.shape[1])
    filled = np.pad(grouped, ((0, 0), (0, -grouped.shape[1] % _BLOCK), (0, 0)))
    blocks = filled.reshape(-1, _BLOCK, rows.shape[1]).transpose(0, 2, 1)
    return Data(np.ascontiguousarray(blocks), "packed", Purpose.WEIGHTS)


def zeros_change_nothing(site: Site) -> bool:
    """True when products with a padding of zeros may be added where the operator leaves them out.

    A product with zero is then a zero, and a sum that is no -0 is the same with it added.
    """
    start = _start(site)
    return bool(np.isfinite(site.const(1)).all() and not (np.signbit(start) & (start == 0)).any())


def _conv(site: Site) -> Conv2D:
    assert isinstance(site.op, Conv2D)
    return site.op


def _takes_conv(site: Site) -> bool:
    return _has_constants(site) and (not any(_conv(site).window.pads) or zeros_change_nothing(site))


def _conv_args(site: Site) -> tuple[Arg, ...]:
    return (In(0), Out(0), _packed(site, _conv(site).groups), conv_params(site), Scratch("float"))


def _conv_scratch(site: Site) -> int:
    """A pixel of zeros, and a place for every tap of the windows of a tile."""
    _, kernel_h, kernel_w, group_c = site.ins[1].shape
    return _WORD * (group_c + _PIXELS * kernel_h * kernel_w)


def _dense_params(site: Site) -> Struct:
    assert isinstance(site.op, Conv2D | FullyConnected)
    return dense_float_params(site, site.op.lo, site.op.hi)


def _dense_args(site: Site) -> tuple[Arg, ...]:
    return (In(0), Out(0), _packed(site), _dense_params(site))


def _takes_depthwise(site: Site) -> bool:
    return _takes_conv(site) and has_depthwise_filters(site)


def _depthwise_packed(site: Site) -> Data:
    """As `_packed`, but the last block may share channels with the one before."""
    channels = site.ins[1].shape[0]
    rows = np.concatenate([_start(site)[:, None], site.const(1).reshape(channels, -1)], axis=1)
    starts = [min(start, channels - _BLOCK) for start in range(0, channels, _BLOCK)]
    blocks = np.stack([rows[start : start + _BLOCK].T for start in starts])
    return Data(np.ascontiguousarray(blocks, np.float32), "packed", Purpose.WEIGHTS)


def _depthwise_args(site: Site) -> tuple[Arg, ...]:
    return (In(0), Out(0), _depthwise_packed(site), conv_params(site), Scratch("float"))


def _in_place_args(site: Site) -> tuple[Arg, ...]:
    return (*_depthwise_args(site), Scratch("float", _depthwise_scratch(site)), Scalar(ring_rows(site)))


def _depthwise_scratch(site: Site) -> int:
    """A pixel of zeros, and a place for every column that a row of windows of three pixels reads."""
    window = _conv(site).window
    triples = window.kernel[1] // 3 if window.strides[1] == window.dilations[1] == 1 else 0
    columns = 5 * triples + 3 * (window.kernel[1] - 3 * triples)
    return _WORD * (site.ins[0].shape[3] + window.kernel[0] * columns)


def _in_place_scratch(site: Site) -> int:
    return _depthwise_scratch(site) + ring_rows(site) * site.ins[0].shape[2] * site.ins[0].shape[3] * _WORD


def _takes_matmul(site: Site) -> bool:
    wide = site.outs[0].shape[-1] >= _BLOCK
    return is_float(site) and wide and len(batch_of(site)[0]) <= MAX_BATCH_RANK


kernels(
    Conv2D,
    Kernel(
        "tc_fully_connected_f32_fpu",
        _dense_args,
        lambda site: _has_constants(site) and is_pointwise(site),
        _FPU,
        cycles=dense_cycles,
        dtype="float32",
    ),
    Kernel(
        "tc_depthwise_conv2d_f32_fpu",
        _depthwise_args,
        _takes_depthwise,
        _FPU,
        _depthwise_scratch,
        cycles=depthwise_cycles,
        dtype="float32",
    ),
    Kernel(
        "tc_depthwise_conv2d_inplace_f32_fpu",
        _in_place_args,
        lambda site: _takes_depthwise(site) and shrinks(site),
        _FPU,
        _in_place_scratch,
        onto_operand,
        in_place_cycles,
        aliased=True,
        dtype="float32",
    ),
    Kernel(
        "tc_conv2d_f32_fpu", _conv_args, _takes_conv, _FPU, _conv_scratch, cycles=conv_cycles, dtype="float32"
    ),
)
kernels(
    FullyConnected,
    Kernel(
        "tc_fully_connected_f32_fpu", _dense_args, _has_constants, _FPU, cycles=dense_cycles, dtype="float32"
    ),
)
kernels(
    MatMul,
    Kernel(
        "tc_matmul_f32_fpu", matmul_float_args, _takes_matmul, _FPU, cycles=matmul_cycles, dtype="float32"
    ),
)
