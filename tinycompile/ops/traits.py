"""What several families of operators have in common, as bases to derive from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

from tinycompile.ir import Bounds, ChannelSite, Op, Region, RegionForm, Types
from tinycompile.ir.channels import table_bounds
from tinycompile.ops.common import elementwise_region


class Copying(Op):
    """Results hold copies of operand elements and nothing else, whatever these stand for."""

    @property
    def moves_data(self) -> bool:
        return True

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        return self


@dataclass(frozen=True, kw_only=True)
class Clamped(Op):
    """The real result is clamped to [lo, hi]: a fused activation."""

    lo: float = -math.inf
    hi: float = math.inf

    def clamped_to(self, lo: float, hi: float) -> Self:
        return replace(self, lo=max(self.lo, lo), hi=max(lo, min(self.hi, hi)))

    @property
    def clamped(self) -> bool:
        return self.lo > -math.inf or self.hi < math.inf


class ElementTable(Op):
    """Each element of the only operand is replaced by itself alone, in int8 through a table."""

    def region_form(self, region: Region, ins: Types, outs: Types) -> RegionForm | None:
        return elementwise_region(self, region, ins, outs)

    def channelwise(self, ins: Types, outs: Types) -> bool:
        return True

    def channel_bounds(self, at: ChannelSite) -> Bounds:
        return table_bounds(self, at)

    def permuted(self, perm: tuple[int, ...], ins: Types, outs: Types) -> Op:
        return self
