"""Functions of one 8-bit tensor as lookup tables: the integer form of every unary function."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinycompile.ir import DType, TensorType
from tinycompile.numeric import int8_table
from tinycompile.numeric.affine import TableFunction
from tinycompile.ops.common import quant_of
from tinycompile.ops.kernel import Arg, Data, In, Kernel, Out, Purpose, Scalar, Site, elementwise_in_place

_BYTES = (DType.INT8, DType.UINT8)


def has_table(x: TensorType, y: TensorType) -> bool:
    """True when a function from `x` to `y` can be a table: 8-bit tensors, one scale each."""
    return all(t.dtype in _BYTES and t.quant is not None and t.quant.per_tensor for t in (x, y))


def table(fn: TableFunction, x: TensorType, y: TensorType) -> np.ndarray:
    """int8[256] or uint8[256] (the type of y): fn of every value of x, from the lowest on.

    An unsigned tensor is the signed one of the same reals, 128 steps higher.
    """
    in_shift, out_shift = (128 if t.dtype is DType.UINT8 else 0 for t in (x, y))
    qx, qy = quant_of(x), quant_of(y)
    signed = int8_table(fn, qx.scale0, qx.zero0 - in_shift, qy.scale0, qy.zero0 - out_shift)
    return (signed.astype(np.int16) + out_shift).astype(y.dtype.numpy)


def look_up(values: np.ndarray, entries: np.ndarray) -> np.ndarray:
    """`entries[value - lowest value]` for an int8 or uint8 array."""
    lowest = 0 if values.dtype == np.uint8 else -128
    return np.asarray(entries[values.astype(np.intp) - lowest])


def table_kernels(entries: Callable[[Site], np.ndarray]) -> tuple[Kernel, Kernel]:
    """The kernels of a unary operator whose integer form is the table `entries(site)`."""

    def args(site: Site) -> tuple[Arg, ...]:
        return (In(0), Out(0), Data(entries(site), "table", Purpose.TABLE), Scalar(site.ins[0].elements))

    def accepts(dtype: DType) -> Callable[[Site], bool]:
        return lambda site: site.ins[0].dtype is dtype and has_table(site.ins[0], site.outs[0])

    def cycles(site: Site) -> float:
        return 5.1 * site.ins[0].elements + 40.0

    def kernel(symbol: str, dtype: DType) -> Kernel:
        return Kernel(
            symbol,
            args,
            accepts(dtype),
            in_place=elementwise_in_place,
            cycles=cycles,
            dtype=dtype.value,
        )

    return kernel("tc_lut_s8", DType.INT8), kernel("tc_lut_u8", DType.UINT8)
