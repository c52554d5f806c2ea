"""Lookup: any function of an 8-bit tensor, element by element, as its 256 results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import Op, Types
from tinycompile.ops.kernel import Site
from tinycompile.ops.lut import look_up, table_kernels
from tinycompile.ops.registry import kernels
from tinycompile.ops.traits import ElementTable


@dataclass(frozen=True)
class Lookup(ElementTable):
    """y[i] = entries[x[i] - lowest value of x's type]; the quantisations stand in the types."""

    entries: tuple[int, ...]

    def infer(self, ins: Types) -> Types:
        return (ins[0],)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        return (look_up(xs[0], np.array(self.entries, outs[0].dtype.numpy)),)

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        return self


def _entries(site: Site) -> np.ndarray:
    assert isinstance(site.op, Lookup)
    return np.array(site.op.entries, site.outs[0].dtype.numpy)


kernels(Lookup, *table_kernels(_entries))
