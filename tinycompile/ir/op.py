"""The interface of an operator, as the graph and the passes see it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir.channels import (
    Bounds,
    ChannelSite,
    Kept,
    OnChannels,
    everything,
    monotone_bounds,
    operands_on_channels,
    same_channels,
)
from tinycompile.ir.region import Region
from tinycompile.ir.types import TensorType

Types = tuple[TensorType, ...]


@dataclass(frozen=True)
class RegionForm:
    """How a region of an NHWC result is computed alone.

    Attributes:
        op: the operator to apply to the needed parts of the operands.
        needs: per operand the region that is read, or None for an operand read as it is.
        carries: the row of the result before the region is one more operand, the last (a running sum). The
            kernel finds it where it writes the new row.
    """

    op: Op
    needs: tuple[Region | None, ...]
    carries: bool = False


@dataclass(frozen=True)
class Fold:
    """A reduction over all rows as an accumulation, row by row, and what is left to do at the end.

    `accumulate` makes a value of type `sums`, a row for each row of the operand; `finish` reads the last one.
    """

    accumulate: Op
    sums: TensorType
    finish: Op


@dataclass(frozen=True)
class ChannelForm:
    """How some channels (the last dimension of result 0) are computed alone.

    Attributes:
        op: the operator to apply to the needed parts of the operands.
        axes: per operand the dimension that is cut to the channels, or None for an operand read as it is.
    """

    op: Op
    axes: tuple[int | None, ...]


@dataclass(frozen=True)
class Op(ABC):
    """A typed operator. Subclasses are frozen dataclasses whose fields are the attributes.

    The meaning of a node follows from the operator and the types of its operands: on float32
    it computes with floats, on int8 tensors with a quantisation it computes with integers.
    """

    @property
    def name(self) -> str:
        """The operator's name in printed graphs and reports."""
        return type(self).__name__

    @abstractmethod
    def infer(self, ins: Types) -> Types:
        """The types of the results for operands of types `ins`, with no quantisation.

        Raises:
            ValueError: the operands do not go together; the message says why.
        """

    @abstractmethod
    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        """Reference semantics on arrays of exactly the types `ins`; returns arrays of types `outs`.

        Float results are those of the float contract of docs/numerics.md, integer results those
        of the integer contract: bit for bit what every kernel computes.
        """

    def macs(self, ins: Types, outs: Types) -> int:
        """Multiply-accumulates of one execution; 0 where the field does not count any."""
        return 0

    def integer_form(self, ins: Types, outs: Types) -> Op | None:
        """The operator to use when the operands are quantised to `ins` and results to `outs`.

        None means that there is no integer semantics for these types, and the node stays a
        float island.
        """
        return None

    @property
    def moves_data(self) -> bool:
        """True when results hold only copies of operand elements, so any quantisation passes through."""
        return False

    def permuted(self, perm: tuple[int, ...], ins: Types, outs: Types) -> Op | None:
        """The operator that computes transpose(self(x), perm) from operands transposed by `perm`.

        None when there is none; the transpose then stays where it is.
        """
        return None

    @property
    def weight_operand(self) -> tuple[int, int] | None:
        """(operand, axis): constant weights that are quantised symmetrically per channel along `axis`.

        A bias, if any, is the operand behind the weights.
        """
        return None

    @property
    def result_range(self) -> tuple[float, float] | None:
        """The reals that results can take whatever the operand, where that is narrow (a sigmoid's 0 to 1)."""
        return None

    @property
    def foldable(self) -> bool:
        """False for operators that must survive on constant operands (a Dequantize of weights)."""
        return True

    @property
    def clamp(self) -> tuple[float, float] | None:
        """(lo, hi) when the operator is y = min(max(x, lo), hi) on its one operand, else None."""
        return None

    def clamped_to(self, lo: float, hi: float) -> Op | None:
        """The operator whose results are in addition clamped to the reals [lo, hi], or None."""
        return None

    @property
    def clamped(self) -> bool:
        """True when a fused activation clamps the results."""
        return False

    @property
    def weight_axis(self) -> int | None:
        """For operators of (x, weights[, bias]) that are linear in weights and bias, until they clamp.

        The axis of the weights along which the channels of the result's last dimension stand; the
        bias has one element per channel. None for every other operator.
        """
        return None

    def affine(self, constants: Sequence[np.ndarray | None]) -> tuple[np.ndarray, np.ndarray] | None:
        """(scale, shift) in float64 when the operator is scale * x + shift in its one variable operand.

        `constants` holds None for x; scale and shift broadcast against x. None when it is not affine.
        """
        return None

    def zero_pads(self, ins: Types, outs: Types) -> tuple[tuple[int, int], ...] | None:
        """(before, after) per dimension when the operator surrounds operand 0 with the real 0, else None."""
        return None

    def padded(self, pads: tuple[tuple[int, int], ...]) -> Op | None:
        """The operator that equals this one on operand 0 surrounded by `pads` zeros, or None."""
        return None

    def cropped(self, before: tuple[int, ...], after: tuple[int, ...]) -> Op | None:
        """The operator that gives result 0 without so many elements at each end of its dimensions."""
        return None

    def view(self, ins: Types, outs: Types) -> bool:
        """True when result 0 has the bytes of operand 0 in the same order (a reshape)."""
        return False

    def operand_offsets(self, ins: Types, outs: Types) -> tuple[int, ...] | None:
        """Byte offset of each operand inside result 0 when they lie dense in it, one after another."""
        return None

    def result_offsets(self, ins: Types, outs: Types) -> tuple[int, ...] | None:
        """Byte offset of each result inside operand 0 when each result is a dense range of it."""
        return None

    def region_form(self, region: Region, ins: Types, outs: Types) -> RegionForm | None:
        """How to compute `region` of result 0 (NHWC) alone; None when that is not possible."""
        return None

    def row_reach(self, ins: Types) -> tuple[int, int, int]:
        """(stride, pad, extent): row r of result 0 reads the rows from r * stride - pad on, `extent` of them.

        For all operands that `region_form` wants a region of; clipped to the operand.
        """
        return (1, 0, 1)

    def fold(self, ins: Types, outs: Types) -> Fold | None:
        """The reduction over all rows as an accumulation over rows, or None when it is none."""
        return None

    def channelwise(self, ins: Types, outs: Types) -> bool:
        """True when channel c of the result comes from channel c of the operands alone (or from an only one).

        The operator itself then serves any choice of channels. Channels stand along the last dimension.
        """
        return False

    def channel_bounds(self, at: ChannelSite) -> Bounds | None:
        """Between which values each channel of the 8-bit result lies, by the integer contract.

        Called where all computed operands are 8-bit with one quantisation. None when nothing is known.
        """
        return monotone_bounds(self, at) if self.moves_data else None

    def kept_channels(self, at: ChannelSite, kept: Kept) -> Kept:
        """`kept` with the channels added that must stay for the others to stay, of operands and result.

        A result of which nothing is kept asks for nothing. More kept channels never ask for fewer.
        """
        return same_channels(kept) if self.channelwise(at.ins, at.outs) else everything(kept)

    def on_channels(self, at: ChannelSite, kept: Kept) -> OnChannels:
        """The operator on the channels that `kept_channels` left as they are."""
        return OnChannels(self, operands_on_channels(at, kept))

    def channel_form(self, first: int, count: int, ins: Types, outs: Types) -> ChannelForm | None:
        """How to compute channels [first, first + count) of result 0 alone; None when that cannot be."""
        if not self.channelwise(ins, outs):
            return None
        channels = outs[0].shape[-1:]
        return ChannelForm(
            self, tuple(t.rank - 1 if t.rank and t.shape[-1:] == channels else None for t in ins)
        )
