"""The kernel of int8 3x3 depthwise convolutions that works channel by channel, on the DSP extension.

Along lines at stride 1 it needs fewer loads than the kernels that work pixel by pixel, at the price of
widening the operand first. The lines are the rows of the image, or its columns where these are longer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tinycompile.ops.conv import Conv2D
from tinycompile.ops.conv_kernels import conv_params
from tinycompile.ops.depthwise_kernels import filters_at, takes_3x3, two_halves, window_at
from tinycompile.ops.kernel import (
    Arg,
    Data,
    FieldValue,
    In,
    Kernel,
    Out,
    Purpose,
    Scalar,
    Scratch,
    Site,
    Struct,
)
from tinycompile.ops.registry import kernels
from tinycompile.target import Feature

#: Bytes of two neighbouring pixels of four channels, widened.
_PAIR_BYTES = 16
#: Results of a channel in a strip, below which starting it would count.
_STRIP_RESULTS, _STRIP_LINES = 64, 4
#: Height and width exchanged.
_EXCHANGED = {
    "in_h": "in_w",
    "out_h": "out_w",
    "kernel_h": "kernel_w",
    "stride_h": "stride_w",
    "pad_top": "pad_left",
    "dilation_h": "dilation_w",
}
_EXCHANGED |= {b: a for a, b in _EXCHANGED.items()}


@dataclass(frozen=True)
class _Plane:
    """The geometry along the lines (`length`) and across them (`lines`)."""

    columns: bool
    in_length: int
    in_lines: int
    length: int
    lines: int
    stride: int
    pad: int
    pad_ahead: int

    @property
    def strip(self) -> int:
        """Lines of results per strip."""
        wanted = max(_STRIP_LINES, math.ceil(_STRIP_RESULTS / max(1, self.length)))
        return max(1, math.ceil(self.lines / max(1, self.lines // wanted)))

    @property
    def strip_in(self) -> int:
        """Lines of the operand per strip."""
        return (self.strip - 1) * self.stride + 3

    @property
    def pairs(self) -> int:
        """Pairs of pixels in a widened line."""
        return (self.length + 3) // 2

    def cycles(self, site: Site) -> float:
        """Estimated Cortex-M4 cycles: per widened line, per strip and line of a channel, per four results."""
        batch, channels = site.ins[0].shape[0], site.ins[0].shape[3]
        strips, in_lines = math.ceil(self.lines / self.strip), (self.lines - 1) * self.stride + 3
        inside = max(0, (self.in_length + self.pad_ahead) // 2 - (self.pad_ahead + 1) // 2)
        kept = max(0, 3 - self.stride) * (strips - 1) * self.pairs
        fours, single = math.ceil(self.length // 2 / 2), self.length % 2
        if self.length < 4:
            fours, single = 0, self.length
        lane = 93.0 * strips + self.lines * (24.0 + 70.5 * fours + 39.5 * single)
        widening = in_lines * (205.0 + 15.5 * inside) + 7.5 * (kept + 20 * strips)
        return batch * (math.ceil(channels / 4) * widening + channels * lane)


def _plane(site: Site) -> _Plane | None:
    """Lines along the longer side of the result if its stride is 1, else along the other, or None."""
    _, out_h, out_w, _ = site.outs[0].shape
    tall = out_h > out_w
    return _direction(site, tall) or _direction(site, not tall)


def _direction(site: Site, columns: bool) -> _Plane | None:
    window, (_, in_h, in_w, _), (_, out_h, out_w, _) = window_at(site), site.ins[0].shape, site.outs[0].shape
    if columns:
        if window.strides[0] != 1:
            return None
        return _Plane(True, in_h, in_w, out_h, out_w, window.strides[1], window.pads[1], window.pads[0])
    if window.strides[1] != 1:
        return None
    return _Plane(False, in_w, in_h, out_w, out_h, window.strides[0], window.pads[0], window.pads[1])


def _chosen(site: Site) -> _Plane:
    plane = _plane(site)
    assert plane is not None
    return plane


def _takes(site: Site) -> bool:
    return takes_3x3(site) and _plane(site) is not None


def _params(site: Site) -> Struct:
    """The geometry block, height and width exchanged where lines are columns."""
    block = conv_params(site)
    if not _chosen(site).columns:
        return block
    values: dict[str, FieldValue] = dict(block.fields)
    fields = tuple((name, values[_EXCHANGED.get(name, name)]) for name, _ in block.fields)
    return Struct(block.ctype, fields)


def _packed(site: Site) -> Data:
    """int32[channels][8]: per line of the filter {t0, t1} and {t1, t2}; bias; multiplier."""
    filters = filters_at(site)
    taps = filters.weights.transpose(0, 2, 1) if _chosen(site).columns else filters.weights
    pairs = two_halves(taps[:, :, :2], taps[:, :, 1:]).reshape(len(taps), 6)
    rest = np.stack([filters.bias, filters.multipliers.astype(np.int32)], axis=1)
    return Data(np.concatenate([pairs, rest], axis=1), "filters", Purpose.WEIGHTS)


def _args(site: Site) -> tuple[Arg, ...]:
    plane = _chosen(site)
    strip = (Scratch("uint32_t"), Scalar(plane.strip), Scalar(int(plane.columns)))
    return (In(0), Out(0), _packed(site), _params(site), *strip)


def _scratch(site: Site) -> int:
    plane = _chosen(site)
    return plane.strip_in * plane.pairs * _PAIR_BYTES


def _in_place(site: Site) -> tuple[tuple[int, int], ...]:
    """The operand, where no strip is widened after results have overwritten what it needs.

    A result takes the place of the same channel of some pixel.
    """
    plane, x, y = _chosen(site), site.ins[0], site.outs[0]
    if site.has_const(0) or y.elements > x.elements:
        return ()
    if plane.strip >= plane.lines:
        return ((0, 0),)
    for done in range(plane.strip, plane.lines, plane.strip):
        unread = (done - 1) * plane.stride - plane.pad + 3
        if plane.columns or (
            unread < plane.in_lines and done * plane.length > max(0, unread) * plane.in_length
        ):
            return ()
    return ((0, 0),)


kernels(
    Conv2D,
    Kernel(
        "tc_depthwise_conv2d_3x3_planar_s8_dsp",
        _args,
        _takes,
        requires=frozenset({Feature.DSP}),
        scratch=_scratch,
        in_place=_in_place,
        cycles=lambda site: _chosen(site).cycles(site),
    ),
)
