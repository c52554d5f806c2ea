"""Which part of each operand a part of a result is made of.

For sliding windows the receptive field is computed here, and the operator's own rule is held against it; for
all other operators their rule is the statement of what they read.
"""

from __future__ import annotations

from dataclasses import dataclass

from tinycompile.check.codes import WRONG_GRAPH, Who, part_text
from tinycompile.check.graph import CheckedNode
from tinycompile.ir import Op, Region, Types
from tinycompile.ops.spatial import Window


@dataclass(frozen=True, eq=False)
class PartRead:
    """How a part of a result is made: `op` on parts `needs` of the operands (None for all of one).

    `carries`: it is made of the row before, too.
    """

    op: Op
    needs: tuple[Region | None, ...]
    carries: bool
    ins: Types
    outs: Types


class Reads:
    """Remembers what was asked before: rows and tiles repeat."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, Region], PartRead] = {}

    def part(self, node: CheckedNode, region: Region) -> PartRead:
        """How `region` of the result of `node` is made.

        Raises:
            VerificationError: it cannot be made alone.
        """
        key = (node.index, region)
        if key not in self._known:
            self._known[key] = _part(node, region)
        return self._known[key]


def _part(node: CheckedNode, region: Region) -> PartRead:
    who = Who(f"'{node.label}' ({node.op.name})", node.origins)
    form = node.op.region_form(region, node.in_types, node.out_types)
    if form is None:
        raise who.error(WRONG_GRAPH, f"cannot make {part_text(region)} alone")
    whole = getattr(node.op, "window", None)
    if isinstance(whole, Window):
        part, need = getattr(form.op, "window", None), form.needs[0]
        if not isinstance(part, Window) or need is None or not _agree(node, region, whole, part, need):
            raise who.error(WRONG_GRAPH, f"does not make {part_text(region)} of {need}")
    ins = tuple(t if n is None else n.part(t) for t, n in zip(node.in_types, form.needs, strict=True))
    return PartRead(form.op, form.needs, form.carries, ins, (region.part(node.out_types[0]),))


def _agree(node: CheckedNode, region: Region, whole: Window, part: Window, need: Region) -> bool:
    """Whether a window on a part of the operand meets the elements that the whole one does for `region`."""
    if (part.kernel, part.strides, part.dilations) != (whole.kernel, whole.strides, whole.dilations):
        return False
    for axis, (result, read) in enumerate(((region.rows, need.rows), (region.cols, need.cols))):
        size, stride = node.in_types[0].shape[1 + axis], whole.strides[axis]
        reach = (whole.kernel[axis] - 1) * whole.dilations[axis] + 1
        first = result[0] * stride - whole.pads[axis]
        end = (result[1] - 1) * stride - whole.pads[axis] + reach
        same_start = read[0] - part.pads[axis] == first
        if not (same_start and 0 <= read[0] <= max(0, first) and min(size, end) <= read[1] <= size):
            return False
    return True
