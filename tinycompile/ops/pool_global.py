"""The kernel of int8 averages over whole images: little code, and faster than the general portable one."""

from __future__ import annotations

from tinycompile.numeric.fixed_point import Multiplier
from tinycompile.ops.common import quant_of
from tinycompile.ops.kernel import Arg, In, Kernel, Out, Site, Struct
from tinycompile.ops.pool import AveragePool2D, average_factor, counts_along
from tinycompile.ops.registry import kernels


def _op(site: Site) -> AveragePool2D:
    assert isinstance(site.op, AveragePool2D)
    return site.op


def _factor(site: Site) -> Multiplier:
    op, x, y = _op(site), site.ins[0], site.outs[0]
    rows, columns = (int(counts_along(op, axis, x, y)[0]) for axis in (0, 1))
    return average_factor(op, rows * columns, x, y)


def _takes_all(site: Site) -> bool:
    """True for one window that covers the whole image, and a factor that the high word of a product has."""
    window, x, y = _op(site).window, site.ins[0], site.outs[0]
    covered = all(window.kernel[i] - window.pads[i] >= x.shape[1 + i] for i in (0, 1))
    single = y.shape[1:3] == (1, 1) and window.dilations == (1, 1)
    return x.per_tensor_int8 and single and covered and _factor(site).shift > 32


def _args(site: Site) -> tuple[Arg, ...]:
    x, y, factor = site.ins[0], site.outs[0], _factor(site)
    fields = (
        ("batch", x.shape[0]),
        ("pixels", x.shape[1] * x.shape[2]),
        ("channels", x.shape[3]),
        ("multiplier", factor.multiplier),
        ("shift", factor.shift),
        ("in_zero", quant_of(x).zero0),
        ("out_zero", quant_of(y).zero0),
    )
    return (In(0), Out(0), Struct("tc_global_pool_t", fields))


def _cycles(site: Site) -> float:
    """Estimated Cortex-M4 cycles: per input, and per result."""
    return 8.0 * site.ins[0].elements + 45.0 * site.outs[0].elements + 45.0


kernels(AveragePool2D, Kernel("tc_global_average_pool_s8", _args, _takes_all, cycles=_cycles, compact=True))
