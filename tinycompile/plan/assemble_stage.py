"""From placed streams to the stages of a Program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tinycompile.ir import Graph, Node
from tinycompile.ops import Arg, In, Out
from tinycompile.ops import Scratch as ScratchArg
from tinycompile.plan.arguments import ArenaArg, CallArg, Operand, RingArg, Scratch, c_type
from tinycompile.plan.program import Block, Call
from tinycompile.plan.schedule import PlacedStream
from tinycompile.plan.select import Choice
from tinycompile.plan.stage_cycles import driven, tile_cycles
from tinycompile.plan.stage_types import RESULT, Ring, RowCall, RowOp, Stage, TileCall, TileCopy, Tiles
from tinycompile.plan.tile_plan import NodeCall, TilePlan
from tinycompile.plan.units import Unit

#: Resolves an argument that is neither a row nor a buffer, given the operands and the scratch of its call.
Resolve = Callable[[Arg, tuple[Operand, ...], tuple[Operand, ...], Scratch | None], CallArg]


@dataclass(frozen=True, eq=False)
class StageAssembler:
    """Builds one stage; `operand` and `resolve` are those of plain calls."""

    graph: Graph
    choices: Mapping[Node, Choice]
    placed: PlacedStream
    steps: Mapping[Node, int]
    operand: Callable[[str], Operand]
    resolve: Resolve

    def stage(self) -> Stage:
        """The stage with everything resolved."""
        placed, stream = self.placed, self.placed.stream
        rings = tuple(
            Ring(value, self.graph.type(value), offset, capacity, row_bytes)
            for value, offset, capacity, row_bytes in zip(
                stream.values, placed.rings, stream.occupancy.capacity, stream.row_bytes, strict=True
            )
        )
        ops = tuple(map(self._op, stream.units))
        cycles = driven(stream.links, stream.occupancy.capacity, stream.row_bytes).cycles + sum(
            tile_cycles(op.tiles.bands, op.tiles.columns, op.tiles.buffers, op.tiles.steps)
            for op in ops
            if op.tiles is not None
        )
        last = placed.end - 1
        return Stage(placed.first, last, ops, rings, stream.links, placed.state, placed.peak, cycles)

    def calls(self) -> dict[Node, Call]:
        """The entries of the calls that the stage executes: whole types, no places of their own."""
        return {node: self._call(unit, node) for unit in self.placed.stream.units for node in unit.nodes}

    def blocks(self) -> list[Block]:
        """Rings, counters and scratch."""
        placed, stream = self.placed, self.placed.stream
        span = (placed.first, placed.end)
        found = [
            Block((value,), placed.rings[ring], stream.ring_bytes(ring), *span)
            for ring, value in enumerate(stream.values)
            if not stream.links.whole(ring) and ring not in stream.links.remote
        ]
        found.append(Block(("row counters",), placed.state, stream.state_bytes, *span, scratch=True))
        for index, offset in placed.scratch.items():
            unit = stream.units[index]
            label = f"scratch for {self.graph.values[unit.result].name}"
            found.append(Block((label,), offset, unit.scratch, *span, scratch=True))
        return found

    def _base(self, unit: Unit) -> int:
        """Where the scratch of a unit begins."""
        return self.placed.scratch.get(self.placed.stream.units.index(unit), 0)

    def _op(self, unit: Unit) -> RowOp:
        if unit.tiles is not None:
            return RowOp(unit.axis, (), self._tiles(unit.tiles, self._base(unit)))
        rows = tuple(
            self._row_call(unit, node, variants)
            for node, variants in zip(unit.nodes, unit.variants, strict=True)
        )
        return RowOp(unit.axis, rows)

    def _row_call(self, unit: Unit, node: Node, variants: tuple[tuple[Arg, ...], ...]) -> RowCall:
        feeds = self._feeds(unit, node)
        resolved = tuple(tuple(self._row_argument(arg, unit, node, feeds) for arg in v) for v in variants)
        return RowCall(self.steps[node], feeds, resolved)

    def _feeds(self, unit: Unit, node: Node) -> tuple[int | None, ...]:
        """Per operand of a node the feed of its unit, the row of the result, or neither."""
        inner = {n for m in unit.nodes for n in m.outputs}
        places = {r.operand: index for index, r in enumerate(unit.reach) if r.node is node}
        return tuple(RESULT if n in inner else places.get(i) for i, n in enumerate(node.inputs))

    def _call(self, unit: Unit, node: Node) -> Call:
        choice = self.choices[node]
        in_rows = {reach.value for reach in unit.reach} | {n for m in unit.nodes for n in m.outputs}
        ins = tuple(Operand(n, self.graph.type(n)) if n in in_rows else self.operand(n) for n in node.inputs)
        outs = tuple(Operand(n, self.graph.type(n)) for n in node.outputs)
        kernel = choice.part
        cycles = unit.cycles.get(node)
        macs = node.op.macs(choice.site.ins, choice.site.outs)
        scratch, extra = self._scratch(unit, node), unit.recomputed.get(node, 0)
        step = self.steps[node]
        return Call(step, kernel.symbol, node.op, node.origins, ins, outs, (), scratch, macs, cycles, extra)

    def _scratch(self, unit: Unit, node: Node) -> Scratch | None:
        if unit.tiles is None:
            return Scratch(self._base(unit), unit.scratch) if unit.scratch else None
        call = next(s for s in unit.tiles.steps if isinstance(s, NodeCall) and s.node is node)
        used = any(isinstance(arg, ScratchArg) for arg in call.variants[0])
        size = unit.scratch - unit.tiles.kernel_scratch
        return Scratch(self._base(unit) + unit.tiles.kernel_scratch, size) if used and size else None

    def _row_argument(self, arg: Arg, unit: Unit, node: Node, feeds: tuple[int | None, ...]) -> CallArg:
        feed = feeds[arg.index] if isinstance(arg, In) else None
        if isinstance(arg, In) and feed is not None:
            return RingArg(feed, c_type(self.graph.type(node.inputs[arg.index])))
        if isinstance(arg, Out):
            return RingArg(RESULT, c_type(self.graph.type(node.outputs[0])))
        ins = tuple(
            self.operand(n) if feed is None else Operand(n, self.graph.type(n))
            for n, feed in zip(node.inputs, feeds, strict=True)
        )
        return self.resolve(arg, ins, (), self._scratch(unit, node))

    def _tiles(self, plan: TilePlan, base: int) -> Tiles:
        buffers = tuple(replace(b, offset=base + b.offset) for b in plan.buffers)
        steps = tuple(s if isinstance(s, TileCopy) else self._tile_call(s, plan, base) for s in plan.steps)
        return Tiles(plan.bands, plan.columns, buffers, steps)

    def _tile_call(self, call: NodeCall, plan: TilePlan, base: int) -> TileCall:
        variants = tuple(tuple(self._tile_argument(a, call, plan, base) for a in v) for v in call.variants)
        return TileCall(self.steps[call.node], call.ins, call.out, variants)

    def _tile_argument(self, arg: Arg, call: NodeCall, plan: TilePlan, base: int) -> CallArg:
        index = call.ins[arg.index] if isinstance(arg, In) else call.out if isinstance(arg, Out) else None
        if index is not None:
            buffer = plan.buffers[index]
            return ArenaArg(base + buffer.offset, c_type(buffer.type), const=isinstance(arg, In))
        ins = tuple(
            self.operand(n) if self.graph.values[n].is_const else Operand(n, self.graph.type(n))
            for n in call.node.inputs
        )
        return self.resolve(arg, ins, (), Scratch(base + plan.kernel_scratch, 0))
