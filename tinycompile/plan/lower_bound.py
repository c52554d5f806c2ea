"""Bytes that no plan can go below, whatever its order, stages and packing.

A plan executes each operator that needs a call in one of three ways: on whole tensors, by rows (each call
makes a whole row of the result from whole rows of the operands), or by tiles (each call makes a rectangle of
the result). Which ways there are follows from the rules and from `Op.region_form`. What holds for them:

1. *An operator.* While a call runs, what it reads and what it writes are in the arena, apart from each other
   except for one pair that its kernel may work on in place. Every row of the result, and every pixel, that
   something is made of is made by some call. So the call that makes such a row (pixel) near the middle needs
   at least the part of each operand that this row (pixel) is made of, and the row (pixel) itself; a call that
   makes more needs more. The least of the ways that are open is what the operator needs.
2. *No recomputation.* Tiles take rows from rings, which hold whole rows, or from values of their own stage.
   Where windows that follow each other down the image share rows of such a value, a stage in several bands
   makes these rows twice, unless it is one band of all rows. So with `recompute` 0 a window stands in K whole
   rows, or in as many columns of full height. The argument counts multiply-accumulates; it needs that the
   maker of the value has some, and that tiling never saves any: that every value is read in full.
3. *The start.* Inputs that are held whole and read by something all live when the first call runs. Its
   result, as small as the ways above allow, stands beside them.
4. *The end.* Likewise, outputs that are held whole, and what the last call reads.

The bound is the largest of these, and the least over the kernels that the planner may choose (fast, lean)
and the forms that it gives the graph (global averages as such, and split). With whole tensors only, it is
that of the order search.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tinycompile.ir import Graph, Node, Region
from tinycompile.ops import Site
from tinycompile.passes.folds import SplitFolds
from tinycompile.plan.call_bytes import call_bytes
from tinycompile.plan.parts import PartCall, part_call
from tinycompile.plan.rules import Edge, Rules, StageKind
from tinycompile.plan.schedule import schedule
from tinycompile.plan.select import Choice, both
from tinycompile.plan.share import Storage, share
from tinycompile.plan.units import site_of
from tinycompile.target import Core


def lower_bound(graph: Graph, core: Core, rules: Rules) -> int:
    """Bytes of arena that no plan of `graph` by `rules` can go below; the budget is not looked at."""
    if rules.stages is StageKind.WHOLE:
        shared = [share(graph, join=join) for join in (True, False)]
        chosen = both(graph, core, rules.compact, rules.slack)
        return min(schedule(graph, c, s).proof.order_bound for c in chosen for s in shared)
    split = SplitFolds().run(graph)
    variants = (graph,) if split is graph else (graph, split)
    return min(
        _Bound(v, choices, rules).bytes
        for v in variants
        for choices in both(v, core, rules.compact, rules.slack)
    )


#: (row, column)
Pixel = tuple[int, int]


@dataclass(frozen=True)
class _Way:
    """One way to execute an operator: least bytes that it reads per buffer, makes, and saves in place."""

    reads: Mapping[int, int]
    result: int
    saved: int
    scratch: int = 0

    @property
    def bytes(self) -> int:
        return call_bytes(sum(self.reads.values()), self.result, self.saved, self.scratch)

    @property
    def beside(self) -> int:
        """Bytes beside the operands."""
        return call_bytes(0, self.result, self.saved, self.scratch)


@dataclass(frozen=True, eq=False)
class _Bound:
    graph: Graph
    choices: Mapping[Node, Choice]
    rules: Rules

    @cached_property
    def storage(self) -> Storage:
        return share(self.graph, join=True)

    @property
    def bytes(self) -> int:
        operators = (min(way.bytes for way in self._ways(node)) for node in self.storage.calls)
        return max(self._start(), self._end(), *operators, 0)

    def _start(self) -> int:
        graph = self.graph
        first = graph.inputs[:1] if self.rules.input is not Edge.RAM else ()
        held = [n for n in graph.inputs if n not in first and graph.consumers[n]]
        total = self._extent(held)
        if first:
            return total
        inputs = {self._buffer(n) for n in graph.inputs}
        able = [n for n in self.storage.calls if {self._buffer(v) for v in self._read(n)} <= inputs]
        return total + min((way.beside for node in able for way in self._ways(node)), default=0)

    def _end(self) -> int:
        graph = self.graph
        if self.rules.output is Edge.ROWS:
            return self._extent(graph.outputs[1:])
        kept = {self._buffer(n) for n in graph.outputs}
        read = {self._buffer(n) for node in self.storage.calls for n in self._read(node)}
        found = []
        for node in self.storage.calls:
            made = {self._buffer(n) for n in node.outputs}
            if made & kept or not made & read:
                ways = self._ways(node, last=True)
                found += [sum(s for b, s in w.reads.items() if b not in kept) - w.saved for w in ways]
        return self._extent(graph.outputs) + max(0, min(found, default=0))

    def _ways(self, node: Node, *, last: bool = False) -> list[_Way]:
        """Ways to make the middle of the result, or its end."""
        ways = [self._whole(node)]
        type_ = self.graph.type(node.outputs[0])
        parts = type_.rank == 4 and type_.shape[0] == 1 and len(node.outputs) == 1
        if not parts or not all(
            self.storage.whole(self.graph, n) for n in (*self._read(node), *node.outputs)
        ):
            return ways
        height, width = type_.shape[1:3]
        asked = (height - 1, width - 1) if last else self._asked[node.outputs[0]]
        if asked is None:
            return [_Way({}, 0, 0)]
        row, column = asked
        found = self._call(node, (row, row + 1), (0, width))
        if found is not None:
            ways.append(self._part(node, found, scratch=True))
        found = self._call(node, (row, row + 1), (column, column + 1))
        if found is not None and self.rules.stages is not StageKind.STREAM:
            ways.append(self._part(node, found, scratch=False))
            if self._once and not last:
                ways[-1] = self._widened(node, found, ways[-1])
        return ways

    @cached_property
    def _asked(self) -> Mapping[str, Pixel | None]:
        """Of all values a pixel near the middle that something is made of; None where there is none."""
        found: dict[str, Pixel | None] = {}
        for node in reversed(self.graph.nodes):
            found.update((name, self._nearest(name, found)) for name in node.outputs)
        return found

    def _nearest(self, value: str, known: Mapping[str, Pixel | None]) -> Pixel | None:
        shape = self.graph.type(value).shape
        if len(shape) != 4:
            return 0, 0
        middle, found = (shape[1] // 2, shape[2] // 2), list[Pixel]()
        if value in self.graph.outputs or not self.graph.consumers[value]:
            return middle
        for reader in self.graph.consumers[value]:
            made = self.graph.type(reader.outputs[0])
            if made.rank != 4 or made.shape[0] != 1 or len(reader.outputs) != 1:
                return middle
            pixel = known[reader.outputs[0]]
            if pixel is None:
                continue
            call = self._call(reader, (pixel[0], pixel[0] + 1), (pixel[1], pixel[1] + 1))
            need = None if call is None else call.needs[reader.inputs.index(value)]
            if need is None:
                return middle
            if need.height > 0 and need.width > 0:
                y, x = (
                    min(max(m, s[0]), s[1] - 1) for m, s in zip(middle, (need.rows, need.cols), strict=True)
                )
                found.append((y, x))
        return min(found, key=lambda p: abs(p[0] - middle[0]) + abs(p[1] - middle[1]), default=None)

    def _whole(self, node: Node) -> _Way:
        """The call on whole tensors, in place where that is better."""
        choice, reads = self.choices[node], self._by_buffer(self._read(node))
        result = sum(s for b, s in self._by_buffer(node.outputs).items() if b not in reads)
        pairs = [(node.inputs[x], node.outputs[y]) for x, y in choice.pairs]
        saved = [min(self.graph.type(x).nbytes, self.graph.type(y).nbytes) for x, y in pairs]
        alone = _Way(reads, result, 0, choice.kernel(False).scratch(choice.site))
        if not saved:
            return alone
        both = _Way(reads, result, max(saved), choice.kernel(True).scratch(choice.site))
        return min(alone, both, key=lambda way: way.bytes)

    def _call(self, node: Node, rows: tuple[int, int], columns: tuple[int, int]) -> PartCall | None:
        graph = self.graph
        return part_call(node.op, Region(rows, columns), graph.in_types(node), graph.out_types(node))

    def _part(self, node: Node, call: PartCall, *, scratch: bool) -> _Way:
        """A call on a part; the scratch of a larger part may be smaller, where parts have many sizes."""
        site: Site = site_of(self.choices[node], call)
        reads: dict[int, int] = {}
        for name, type_ in zip(node.inputs, call.ins, strict=False):
            if not self.graph.values[name].is_const:
                buffer = self._buffer(name)
                reads[buffer] = max(reads.get(buffer, 0), type_.nbytes)
        plain, result = self.choices[node].part, call.outs[0].nbytes
        able = plain.accepts(site)
        pairs = plain.in_place(site) if able else ((x, 0) for x in range(len(node.inputs)))
        saved = max((min(call.ins[x].nbytes, result) for x, _ in pairs), default=0)
        return _Way(reads, result, saved, plain.scratch(site) if scratch and able else 0)

    def _widened(self, node: Node, call: PartCall, way: _Way) -> _Way:
        """The same where windows stand in whole rows, or in columns of full height."""
        reads = dict(way.reads)
        for name, need in zip(node.inputs, call.needs, strict=True):
            if need is None or self.graph.values[name].is_const:
                continue
            type_ = self.graph.type(name)
            pixel = type_.nbytes // (type_.shape[1] * type_.shape[2])
            rows, columns = need.height * type_.shape[2] * pixel, need.width * type_.shape[1] * pixel
            if name in self.graph.inputs:
                reads[self._buffer(name)] = rows
            elif self._overlaps(node, name) and self._counted(name):
                reads[self._buffer(name)] = min(rows, columns)
        return _Way(reads, way.result, way.saved, way.scratch)

    def _overlaps(self, node: Node, value: str) -> bool:
        """Whether every two rows of the result that follow each other share rows of an operand."""
        stride, pad, extent = node.op.row_reach(self.graph.in_types(node))
        height, count = self.graph.type(value).shape[1], self.graph.type(node.outputs[0]).shape[1]
        lows = ((row + 1) * stride - pad for row in range(count - 1))
        return count > 1 and all(max(0, low) < min(height, low - stride + extent) for low in lows)

    def _counted(self, value: str) -> bool:
        """Whether making a pixel of a value again counts as recomputation."""
        maker = self.graph.producers.get(value)
        return (
            maker is not None and maker.op.macs(self.graph.in_types(maker), self.graph.out_types(maker)) > 0
        )

    @cached_property
    def _once(self) -> bool:
        """Whether nothing may be computed twice, and tiles cannot leave out anything either."""
        made = (name for node in self.storage.calls for name in node.outputs)
        return self.rules.recompute <= 0 and all(map(self._in_full, made))

    def _in_full(self, value: str) -> bool:
        """Whether the rows and columns that the readers of a value need are together all of it.

        What exists as a whole, or grows row by row in its place, is not made in tiles.
        """
        type_ = self.graph.type(value)
        if value in self.graph.outputs or type_.rank != 4 or not all(type_.shape):
            return True
        maker = (
            self._call(self.graph.producers[value], (1, 2), (0, type_.shape[2]))
            if type_.shape[1] > 1
            else None
        )
        if maker is not None and maker.carries:
            return True
        rows: list[tuple[int, int]] = []
        columns: list[tuple[int, int]] = []
        for reader in self.graph.consumers[value]:
            needs = self._needs(reader, reader.inputs.index(value))
            if needs is None:
                return True
            rows += [need.rows for need in needs]
            columns += [need.cols for need in needs]
        return _union(rows) == type_.shape[1] and _union(columns) == type_.shape[2]

    def _needs(self, node: Node, operand: int) -> list[Region] | None:
        """What the rows and the columns of a result need of an operand; None if it is read as a whole."""
        type_ = self.graph.type(node.outputs[0])
        if type_.rank != 4:
            return None
        height, width = type_.shape[1:3]
        calls = [self._call(node, (r, r + 1), (0, width)) for r in range(height)]
        calls += [self._call(node, (0, height), (c, c + 1)) for c in range(width)]
        needs = [None if call is None else call.needs[operand] for call in calls]
        found = [need for need in needs if need is not None]
        return found if len(found) == len(needs) else None

    def _read(self, node: Node) -> list[str]:
        return [n for n in node.inputs if not self.graph.values[n].is_const]

    def _buffer(self, value: str) -> int:
        return self.storage.place[value][0]

    def _extent(self, values: Iterable[str]) -> int:
        return sum(self._by_buffer(values).values())

    def _by_buffer(self, values: Iterable[str]) -> dict[int, int]:
        """Buffer -> bytes of it that the values take together."""
        spans: dict[int, list[tuple[int, int]]] = {}
        for name in values:
            buffer, offset = self.storage.place[name]
            spans.setdefault(buffer, []).append((offset, offset + self.graph.type(name).nbytes))
        return {buffer: _union(found) for buffer, found in spans.items()}


def _union(spans: Sequence[tuple[int, int]]) -> int:
    total = end = 0
    for first, last in sorted(spans):
        total += max(0, last - max(first, end))
        end = max(end, last)
    return total
