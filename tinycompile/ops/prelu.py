"""PRelu: a leaky rectifier whose slope is a tensor that broadcasts to x."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import Bounds, ChannelSite, DType, GraphBuilder, Op, Types
from tinycompile.ir.channels import corner_bounds
from tinycompile.numeric import Multiplier, quantize_multiplier, requantize, saturate
from tinycompile.ops.activation import LeakyRelu
from tinycompile.ops.broadcast import Elementwise, add_elementwise, fits_loops, looped, loops
from tinycompile.ops.common import quant_of
from tinycompile.ops.kernel import Arg, In, Kernel, Out, Site, Struct, elementwise_in_place
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import SourceNode


@dataclass(frozen=True)
class PRelu(Elementwise):
    """Operands x, slope: x for x >= 0, x * slope below."""

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        if ins[0].dtype is DType.INT8:
            return (_evaluate_int8(xs, ins, outs),)
        with np.errstate(all="ignore"):
            return (np.asarray(np.where(xs[0] < 0, xs[0] * xs[1], xs[0])),)

    def channel_bounds(self, at: ChannelSite) -> Bounds | None:
        """By the corners, and where x is 0: on either side of it the function is monotonic."""
        x = at.bounds[0]
        return corner_bounds(self, at, [(np.clip(quant_of(at.ins[0]).zero0, x.low, x.high),)])

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        if not all(t.per_tensor_int8 for t in (*ins, *outs)):
            return None
        try:
            _factors(ins, outs)
        except ValueError:  # the scales are too far apart
            return None
        return self


def _factors(ins: Types, outs: Types) -> tuple[Multiplier, Multiplier]:
    """The factors of x for x >= 0 and of x * slope below."""
    x, slope, y = (quant_of(t).scale0 for t in (*ins, *outs))
    return quantize_multiplier(x / y), quantize_multiplier(x * slope / y)


def _evaluate_int8(xs: Sequence[np.ndarray], ins: Types, outs: Types) -> np.ndarray:
    above, below = _factors(ins, outs)
    x, slope = (v.astype(np.int32) - quant_of(t).zero0 for v, t in zip(xs, ins, strict=True))
    kept = requantize(x, above.multiplier, above.shift).astype(np.int64)
    bent = requantize(x * slope, below.multiplier, below.shift)
    return saturate(np.where(x < 0, bent, kept) + quant_of(outs[0]).zero0, np.int8)


@imports("PRelu")
def _import_prelu(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    """One constant slope makes a LeakyRelu."""
    x, slope = node.input(0), node.input(1)
    data = b.data(slope)
    if data is not None and data.size == 1 and data.dtype == np.float32:
        return [b.add1(LeakyRelu(float(data.item())), x, origins=node.origins, hint=node.name)]
    return [add_elementwise(b, PRelu(), [x, slope], node.origins, node.name)]


def _args(site: Site) -> tuple[Arg, ...]:
    return (In(0), In(1), Out(0), loops(site))


def _int8_args(site: Site) -> tuple[Arg, ...]:
    above, below = _factors(site.ins, site.outs)
    x, slope, y = (quant_of(t).zero0 for t in (*site.ins, *site.outs))
    fields = (
        ("multiplier", above.multiplier),
        ("shift", above.shift),
        ("slope_multiplier", below.multiplier),
        ("slope_shift", below.shift),
        ("a_zero", x),
        ("b_zero", slope),
        ("y_zero", y),
    )
    return (*_args(site), Struct("tc_prelu_s8_t", fields))


def _is_int8(site: Site) -> bool:
    return all(t.per_tensor_int8 for t in (*site.ins, *site.outs)) and fits_loops(site)


def _is_float(site: Site) -> bool:
    return site.ins[0].dtype is DType.FLOAT32 and fits_loops(site)


kernels(
    PRelu,
    Kernel("tc_prelu_s8", _int8_args, _is_int8, in_place=elementwise_in_place, cycles=looped(47.0, 80.0)),
    Kernel(
        "tc_prelu_f32",
        _args,
        _is_float,
        in_place=elementwise_in_place,
        cycles=looped(16.0, 80.0),
        dtype="float32",
    ),
)
