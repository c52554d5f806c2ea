"""Several nodes as one operator of a stage, made tile by tile (patch-based inference).

A band of the result is cut into tiles of columns. For each tile the regions that the nodes must compute
follow from the receptive fields, backwards from the result (MCUNetV2, Lin et al., 2021). Columns that the
next tile needs again are either left for it or computed again, rows that the next band needs are computed
again. With bands of one row this recomputes just a cheap part of a stream, for example the 1x1 expansion in
front of a depthwise convolution, whose wide rows then never exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tinycompile.ir import Node, Op, Region
from tinycompile.plan.parts import PartCall, Parts
from tinycompile.plan.select import Choice
from tinycompile.plan.units import MOST_FEEDS, MOST_ROWS

Range = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Line:
    """The rows of one band, or the columns of one tile.

    Attributes:
        held: per value the range that is there.
        fresh: the part of it that is computed here; the rest was left by the tile before.
        left: the part that is left for the next tile.
        ops: the operators of the parts, with their pads along this axis.
    """

    held: Mapping[str, Range]
    fresh: Mapping[str, Range]
    ops: tuple[Op, ...]
    left: Mapping[str, Range] = field(default_factory=dict)

    def key(self) -> tuple[object, ...]:
        """Equal for lines with the same sizes and parameter blocks."""
        sizes = [tuple(end - first for first, end in m.values()) for m in (self.held, self.fresh, self.left)]
        return (*sizes, self.ops)


class TileChain:
    """Nodes with one result, whose operands come from outside in rows."""

    def __init__(self, parts: Parts, nodes: Sequence[Node], choices: Mapping[Node, Choice]) -> None:
        self.parts, self.graph, self.nodes, self.choices = parts, parts.graph, tuple(nodes), choices
        self.result = nodes[-1].outputs[0]
        self.made = [node.outputs[0] for node in nodes]
        self._rows: dict[int, tuple[Line, ...] | None] = {}

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The run-time values that are read and not made here."""
        read = (n for node in self.nodes for n in node.inputs if not self.graph.values[n].is_const)
        return tuple(dict.fromkeys(n for n in read if n not in self.made))

    @cached_property
    def possible(self) -> bool:
        """Whether the nodes are images of batch 1 with one result each, all but the last read here only."""
        types = [self.graph.type(n) for n in (*self.sources, *self.made)]
        if any(t.rank != 4 or t.shape[0] != 1 or t.shape[1] > MOST_ROWS for t in types):
            return False
        own = set(self.nodes)
        return (
            all(len(node.outputs) == 1 for node in self.nodes)
            and len(self.sources) <= MOST_FEEDS
            and not any(n in self.graph.outputs or set(self.graph.consumers[n]) - own for n in self.made[:-1])
        )

    def rows(self, band: int) -> tuple[Line, ...] | None:
        """The bands of `band` rows of the result; None when some operator cannot compute its part."""
        if band not in self._rows:
            height = self.graph.type(self.result).shape[1]
            lines = [self._line(0, (r, min(height, r + band)), None) for r in range(0, height, band)]
            found = tuple(line for line in lines if line is not None)
            self._rows[band] = found if len(found) == len(lines) else None
        return self._rows[band]

    def columns(self, width: int, carry: bool) -> tuple[Line, ...] | None:
        """The tiles of `width` columns of the result; with `carry`, each leaves columns for the next."""
        size = self.graph.type(self.result).shape[2]
        lines: list[Line] = []
        for first in range(0, size, width):
            before = lines[-1] if lines and carry else None
            line = self._line(1, (first, min(size, first + width)), before)
            if line is None:
                return None
            lines.append(line)
        return tuple(self._leaving(lines)) if carry else tuple(lines)

    def _line(self, axis: int, part: Range, before: Line | None) -> Line | None:
        """From the result back to the sources; a value read twice is held on the hull of both ranges."""
        held, fresh = {self.result: part}, {self.result: part}
        ops: list[Op] = []
        for node in reversed(self.nodes):
            out = node.outputs[0]
            fresh[out] = self._fresh(out, held[out], before)
            if fresh[out][0] >= fresh[out][1]:
                return None
            whole = Region.whole(self.graph.type(out))
            region = Region(fresh[out], whole.cols) if axis == 0 else Region(whole.rows, fresh[out])
            call = self.call(node, region)
            if call is None:
                return None
            ops.append(call.op)
            for name, need in zip(node.inputs, call.needs, strict=True):
                if need is not None:
                    low, high = need.rows if axis == 0 else need.cols
                    known = held.get(name, (low, high))
                    held[name] = (min(low, known[0]), max(high, known[1]))
        for name in self.sources:
            fresh[name] = held[name]
        return Line(held, fresh, tuple(ops))

    def _fresh(self, value: str, held: Range, before: Line | None) -> Range:
        """What the tile before has not left."""
        return held if before is None else (max(held[0], before.held[value][1]), held[1])

    def _leaving(self, lines: Sequence[Line]) -> list[Line]:
        """Each tile leaves what the next one holds and does not compute."""
        found = []
        for index, line in enumerate(lines):
            after = lines[index + 1] if index + 1 < len(lines) else None
            left = {}
            for value in self.made[:-1]:
                end = line.held[value][1]
                left[value] = (min(end, after.held[value][0]) if after is not None else end, end)
            found.append(Line(line.held, line.fresh, line.ops, left))
        return found

    def call(self, node: Node, region: Region) -> PartCall | None:
        """The call of a node for a region of its result; None when it cannot be called alone in rows."""
        call = self.parts.call(node, region)
        if call is None or call.carries:
            return None
        alone = (
            (need is None) == self.graph.values[n].is_const
            for n, need in zip(node.inputs, call.needs, strict=True)
        )
        return call if all(alone) else None
