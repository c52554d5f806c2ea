"""Kernels of int8 Add, Sub and Mul for cores with the DSP extension: four elements at a time."""

from __future__ import annotations

from collections.abc import Callable

from tinycompile.ops.arithmetic import Add, Mul, Sub, add_int8_args, is_int8_pair, mul_int8_args
from tinycompile.ops.broadcast import collapse, loop_cycles
from tinycompile.ops.kernel import Arg, Kernel, Site, Struct, elementwise_in_place
from tinycompile.ops.registry import kernels
from tinycompile.target import Feature

_INT32_MAX = 2**31 - 1
#: Shifts of products for which the high word of a product and a shifted zero point do.
_SHIFTS = range(33, 55)


def _moved_zero(site: Site) -> dict[str, int]:
    """The fields of tc_add_s8_t with the result's zero point in `offset`."""
    block = add_int8_args(site)[-1]
    assert isinstance(block, Struct)
    fields = {name: int(value) for name, value in block.fields if not isinstance(value, tuple)}
    fields["offset"] += fields["y_zero"] << fields["shift"]
    return {**fields, "y_zero": 0}


def _is_dense(site: Site) -> bool:
    """True when no operand is broadcast along the innermost loop."""
    _, strides = collapse(site.outs[0].shape, [t.shape for t in site.ins])
    return is_int8_pair(site) and all(stride[-1] == 1 for stride in strides)


def _adds(site: Site) -> bool:
    """True when no partial sum leaves int32 although the zero point is shifted."""
    if not _is_dense(site):
        return False
    fields = _moved_zero(site)
    reach = 128 * (abs(fields["a_multiplier"]) + abs(fields["b_multiplier"]))
    return abs(fields["offset"]) + reach <= _INT32_MAX


def _multiplies(site: Site) -> bool:
    op = site.op
    assert isinstance(op, Mul)
    return _is_dense(site) and op.factors(site.ins, site.outs)[1] in _SHIFTS


def _add_args(site: Site) -> tuple[Arg, ...]:
    *operands, _ = add_int8_args(site)
    return (*operands, Struct("tc_add_s8_t", tuple(_moved_zero(site).items())))


def _kernel(
    symbol: str,
    args: Callable[[Site], tuple[Arg, ...]],
    accepts: Callable[[Site], bool],
    per_element: float,
) -> Kernel:
    """`per_element`: estimated Cortex-M4 cycles."""
    return Kernel(
        symbol,
        args,
        accepts,
        frozenset({Feature.DSP}),
        in_place=elementwise_in_place,
        cycles=lambda site: loop_cycles(site, per_element, 120.0),
    )


_ADD = _kernel("tc_add_s8_dsp", _add_args, _adds, 8.8)

kernels(Add, _ADD)
kernels(Sub, _ADD)
kernels(Mul, _kernel("tc_mul_s8_dsp", mul_int8_args, _multiplies, 8.8))
