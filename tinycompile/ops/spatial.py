"""Sliding windows over H and W: sizes, padding rules, taps, receptive fields, for convolutions and pools."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tinycompile.ir import Region, TensorType
from tinycompile.ops.source import SourceNode

Pair = tuple[int, int]


@dataclass(frozen=True)
class Tap:
    """One position of the window, and which outputs read which inputs through it."""

    ky: int
    kx: int
    in_y: slice
    in_x: slice
    out_y: slice
    out_x: slice


#: Parameter blocks of the C runtime hold kernel, strides, dilations and pads in 16 bits.
LONGEST = 2**15 - 1


@dataclass(frozen=True)
class Window:
    """A 2-D sliding window. `pads` are (top, left, bottom, right); all sizes in elements."""

    kernel: Pair
    strides: Pair = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilations: Pair = (1, 1)
    ceil_mode: bool = False

    @property
    def extent(self) -> Pair:
        """Rows and columns that the dilated window spans."""
        return (
            (self.kernel[0] - 1) * self.dilations[0] + 1,
            (self.kernel[1] - 1) * self.dilations[1] + 1,
        )

    @property
    def fields(self) -> tuple[tuple[str, int], ...]:
        """The window in parameter blocks of kernels, which need no end pads beside the size of the result."""
        pairs = {
            ("kernel_h", "kernel_w"): self.kernel,
            ("stride_h", "stride_w"): self.strides,
            ("pad_top", "pad_left"): self.pads[:2],
            ("dilation_h", "dilation_w"): self.dilations,
        }
        return tuple(field for names, sizes in pairs.items() for field in zip(names, sizes, strict=True))

    def check_filters(self, x: TensorType, w: TensorType, groups: int) -> None:
        """Refuse operands x[N, H, W, C] and w[O, KH, KW, C / groups] that do not go together.

        Raises:
            ValueError: they do not; the message says why.
        """
        if x.rank != 4 or w.rank != 4:
            raise ValueError(f"a convolution needs 4-D operands, not {x} and {w}")
        if x.shape[3] != w.shape[3] * groups or w.shape[0] % groups:
            what = f"{x.shape[3]} channels in {groups} group{'s' * (groups > 1)}"
            raise ValueError(
                f"{what} do not go with {w.shape[0]} filters of {w.shape[3]} input channels each"
            )
        if w.shape[1:3] != self.kernel:
            raise ValueError(f"weights {w.shape} are not {self.kernel}")

    def out_size(self, size: Pair) -> Pair:
        """Output height and width for an input of `size`.

        Raises:
            ValueError: the padded input is smaller than the window.
        """
        return (self._out(size[0], 0), self._out(size[1], 1))

    def _out(self, size: int, axis: int) -> int:
        span = size + self.pads[axis] + self.pads[axis + 2] - self.extent[axis]
        if span < 0:
            raise ValueError(f"a window of extent {self.extent} does not fit a padded input of size {size}")
        stride = self.strides[axis]
        if not self.ceil_mode:
            return span // stride + 1
        steps = -(-span // stride) + 1
        # A last window that would start in the end padding is dropped.
        return steps - 1 if (steps - 1) * stride >= size + self.pads[axis] else steps

    def floored(self, size: Pair) -> Window:
        """The window with as many results of an input of `size`, but without `ceil_mode`: by its end pads.

        The same operator where what lies in pads counts for nothing.
        """
        bottom, right = (self._end_pad(axis, size[axis]) for axis in (0, 1))
        return replace(self, pads=(*self.pads[:2], bottom, right), ceil_mode=False)

    def _end_pad(self, axis: int, size: int) -> int:
        stride = self.strides[axis]
        least = (self._out(size, axis) - 1) * stride + self.extent[axis] - size - self.pads[axis]
        return max(0, least, min(self.pads[axis + 2], least + stride - 1))

    def cropped(self, before: tuple[int, ...], after: tuple[int, ...]) -> Window | None:
        """The window without so many results at the ends of [N, H, W, C] where it saw pads, else None."""
        if self.ceil_mode or len(before) != 4 or any((before[0], before[3], after[0], after[3])):
            return None
        top, left, bottom, right = self.pads
        (down, across), (low, high) = self.strides, (1, 2)
        pads = (
            top - before[low] * down,
            left - before[high] * across,
            bottom - after[low] * down,
            right - after[high] * across,
        )
        return replace(self, pads=pads) if min(pads) >= 0 else None

    def padded(self, pads: tuple[Pair, ...]) -> Window | None:
        """The window with (before, after) zeros of [N, H, W, C] as pads too; None for N, C or long ones."""
        if len(pads) != 4 or any(pads[0] + pads[3]) or min(min(pair) for pair in pads) < 0:
            return None
        top, left, bottom, right = self.pads
        added = (top + pads[1][0], left + pads[2][0], bottom + pads[1][1], right + pads[2][1])
        return replace(self, pads=added) if max(added) <= LONGEST else None

    def taps(self, in_size: Pair, out_size: Pair) -> Iterator[Tap]:
        """All taps that read any input, in the order (ky, kx); padded positions are left out."""
        for ky in range(self.kernel[0]):
            rows = self._valid(ky, 0, in_size[0], out_size[0])
            if rows is None:
                continue
            for kx in range(self.kernel[1]):
                columns = self._valid(kx, 1, in_size[1], out_size[1])
                if columns is not None:
                    yield Tap(ky, kx, rows[0], columns[0], rows[1], columns[1])

    def spans(self, in_size: Pair, out_size: Pair) -> tuple[tuple[slice | None, ...], ...]:
        """Along H and along W, the results that each tap reads an input for; None where it never does."""
        along: list[tuple[slice | None, ...]] = []
        for axis in (0, 1):
            found = [self._valid(k, axis, in_size[axis], out_size[axis]) for k in range(self.kernel[axis])]
            along.append(tuple(None if span is None else span[1] for span in found))
        return tuple(along)

    def _valid(self, k: int, axis: int, in_size: int, out_size: int) -> tuple[slice, slice] | None:
        stride, shift = self.strides[axis], k * self.dilations[axis] - self.pads[axis]
        first = max(0, -(shift // stride) if shift < 0 else 0)
        last = min(out_size - 1, (in_size - 1 - shift) // stride)
        if last < first:
            return None
        start = first * stride + shift
        return slice(start, last * stride + shift + 1, stride), slice(first, last + 1)

    def region(self, region: Region, x: TensorType, y: TensorType) -> tuple[Window, Region] | None:
        """The window that computes `region` of the result alone, and the region of the operand it reads.

        None when it reads padding only, or when the size of a result does not follow from the pads.
        """
        low, high, top, bottom = self._part(0, region.rows, x.shape[1], y.shape[1])
        first, last, left, right = self._part(1, region.cols, x.shape[2], y.shape[2])
        if low >= high or first >= last or self.ceil_mode:
            return None
        pads = (top, left, bottom, right)
        return Window(self.kernel, self.strides, pads, self.dilations), Region((low, high), (first, last))

    def _part(self, axis: int, part: tuple[int, int], size: int, results: int) -> tuple[int, int, int, int]:
        """(first, end) of the positions that results [part) read along an axis, and the pads around them."""
        # Whole rows keep their width; an only row reads like any other, without what strides leave behind it.
        if part == (0, results) and (axis == 1 or results > 1):
            return 0, size, self.pads[axis], self.pads[axis + 2]
        first, end = self.reads(axis, part)
        low, high = max(0, first), min(size, end)
        return low, high, low - first, max(0, end - high)

    def reads(self, axis: int, part: Pair) -> Pair:
        """[first, end) of the positions along an axis that results [part) are made of, padding included."""
        stride, pad = self.strides[axis], self.pads[axis]
        return part[0] * stride - pad, (part[1] - 1) * stride - pad + self.extent[axis]

    @property
    def row_reach(self) -> tuple[int, int, int]:
        """(stride, pad, extent) along H."""
        return self.strides[0], self.pads[0], self.extent[0]


def window_of(
    node: SourceNode, kernel: tuple[int, ...], size: tuple[int, ...], *, ceil_mode: bool = False
) -> Window:
    """The window of a source node for a spatial `size` (one or two dimensions; one becomes height 1).

    Raises:
        ModelError: more than two spatial dimensions, or bad attributes.
    """
    rank = len(size)
    if rank not in (1, 2):
        raise node.error(f"{rank} spatial dimensions are not supported", "use 1-D or 2-D operators")
    strides = node.attr_ints("strides", (1,) * rank)
    dilations = node.attr_ints("dilations", (1,) * rank)
    pads = node.attr_ints("pads", (0,) * (2 * rank))
    auto_pad = node.attr_str("auto_pad", "NOTSET")
    if len(kernel) != rank or len(strides) != rank or len(dilations) != rank or len(pads) != 2 * rank:
        raise node.error("kernel_shape, strides, dilations or pads have the wrong length")
    if min(kernel + strides + dilations) < 1 or min(pads) < 0:
        raise node.error(
            f"kernel {kernel}, strides {strides}, dilations {dilations} or pads {pads} are out of range"
        )
    if max(kernel + strides + dilations + pads) > LONGEST:
        raise node.error(f"kernel, strides, dilations or pads above {LONGEST:,} are not supported")
    if auto_pad in ("SAME_UPPER", "SAME_LOWER"):
        pads = _same_pads(kernel, strides, dilations, size, upper=auto_pad == "SAME_UPPER")
    elif auto_pad == "VALID":
        pads = (0,) * (2 * rank)
    elif auto_pad != "NOTSET":
        raise node.error(f"auto_pad '{auto_pad}' is unknown", "use NOTSET, SAME_UPPER, SAME_LOWER or VALID")
    if rank == 1:
        return Window((1, kernel[0]), (1, strides[0]), (0, pads[0], 0, pads[1]), (1, dilations[0]), ceil_mode)
    return Window(
        (kernel[0], kernel[1]),
        (strides[0], strides[1]),
        (pads[0], pads[1], pads[2], pads[3]),
        (dilations[0], dilations[1]),
        ceil_mode,
    )


def _same_pads(
    kernel: tuple[int, ...],
    strides: tuple[int, ...],
    dilations: tuple[int, ...],
    size: tuple[int, ...],
    *,
    upper: bool,
) -> tuple[int, ...]:
    begins, ends = [], []
    for k, stride, dilation, length in zip(kernel, strides, dilations, size, strict=True):
        total = max(0, (-(-length // stride) - 1) * stride + (k - 1) * dilation + 1 - length)
        small = total // 2
        begins.append(small if upper else total - small)
        ends.append(total - small if upper else small)
    return (*begins, *ends)
