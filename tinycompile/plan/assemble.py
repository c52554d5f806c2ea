"""From a layout to the Program: resolve every kernel argument to an offset or a constant."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tinycompile.ir import Graph, Node, TensorType
from tinycompile.ops import Arg, Data, In, Null, Out, Scalar, Struct
from tinycompile.ops import Scratch as ScratchArg
from tinycompile.plan.program import (
    Alias,
    ArenaArg,
    Block,
    Call,
    CallArg,
    ConstArg,
    NullArg,
    Operand,
    Port,
    Program,
    Ring,
    RingArg,
    RowOp,
    Scratch,
    Stage,
)
from tinycompile.plan.schedule import Layout, PlacedStream
from tinycompile.plan.select import Choice
from tinycompile.plan.share import Storage
from tinycompile.plan.stream import RowKernel

C_TYPES = {
    "float32": "float",
    "int8": "int8_t",
    "uint8": "uint8_t",
    "int16": "int16_t",
    "uint16": "uint16_t",
    "int32": "int32_t",
    "uint32": "uint32_t",
    "int64": "int64_t",
    "uint64": "uint64_t",
    "bool": "uint8_t",
}


class ConstantPool:
    """Names constants; equal arrays are stored once."""

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self._names: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    def add(self, array: np.ndarray, label: str) -> str:
        """The name of the constant; `label` describes it in the C source."""
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._names:
            name = f"c{len(self.arrays)}_{label}"
            self._names[key] = name
            self.arrays[name] = np.ascontiguousarray(array)
        return self._names[key]


def assemble(
    graph: Graph, choices: Mapping[Node, Choice], storage: Storage, layout: Layout, board: str
) -> Program:
    """The Program of a finished layout."""
    return _Assembler(graph, choices, storage, layout, board).run()


class _Assembler:
    def __init__(
        self, graph: Graph, choices: Mapping[Node, Choice], storage: Storage, layout: Layout, board: str
    ) -> None:
        self.graph, self.choices, self.storage, self.layout, self.board = (
            graph,
            choices,
            storage,
            layout,
            board,
        )
        self.pool = ConstantPool()

    def run(self) -> Program:
        streamed = {
            node: placed for placed in self.layout.streams for node in (k.node for k in placed.stream.kernels)
        }
        calls = tuple(
            self._streamed_call(step, node, streamed[node]) if node in streamed else self._call(step, node)
            for step, node in enumerate(self.layout.order)
        )
        stages = tuple(self._stage(placed) for placed in self.layout.streams)
        return Program(
            name=self.graph.name,
            board=self.board,
            calls=calls,
            aliases=self._aliases(),
            inputs=tuple(self._port(n) for n in self.graph.inputs),
            outputs=tuple(self._port(n) for n in self.graph.outputs),
            blocks=self._blocks(),
            arena=self.layout.arena,
            proof=self.layout.proof,
            notes=self.graph.notes,
            constants=self.pool.arrays,
            stages=stages,
        )

    def _offset(self, value: str) -> int:
        buffer, inner = self.storage.place[value]
        return self.layout.offsets[buffer] + inner

    def _port(self, value: str) -> Port:
        return Port(value, self.graph.type(value), self._offset(value))

    def _operand(self, value: str) -> Operand:
        found = self.graph.values[value]
        if found.is_const:
            return Operand(value, found.type, None, self.pool.add(found.array, "data"))
        return Operand(value, found.type, self._offset(value))

    def _call(self, step: int, node: Node) -> Call:
        choice = self.choices[node]
        kernel = choice.kernel(node in self.layout.shared)
        ins = tuple(self._operand(n) for n in node.inputs)
        outs = tuple(self._operand(n) for n in node.outputs)
        scratch = None
        if node in self.layout.scratch_sizes:
            scratch = Scratch(self.layout.scratch[node], self.layout.scratch_sizes[node])
        args = tuple(self._argument(arg, ins, outs, scratch) for arg in kernel.args(choice.site))
        cycles = kernel.cycles(choice.site) if kernel.cycles is not None else None
        macs = node.op.macs(choice.site.ins, choice.site.outs)
        return Call(step, kernel.symbol, node.op, node.origins, ins, outs, args, scratch, macs, cycles)

    def _streamed_call(self, step: int, node: Node, placed: PlacedStream) -> Call:
        """The entry of a call that its stage executes: whole types, no places of its own."""
        choice = self.choices[node]
        values = [self.graph.values[n] for n in node.inputs]
        ins = tuple(self._operand(v.name) if v.is_const else Operand(v.name, v.type) for v in values)
        outs = tuple(Operand(n, self.graph.type(n)) for n in node.outputs)
        size = next(k.scratch for k in placed.stream.kernels if k.node is node)
        scratch = Scratch(placed.scratch, size) if size else None
        kernel = choice.plain
        cycles = kernel.cycles(choice.site) if kernel.cycles is not None else None
        macs = node.op.macs(choice.site.ins, choice.site.outs)
        return Call(step, kernel.symbol, node.op, node.origins, ins, outs, (), scratch, macs, cycles)

    def _stage(self, placed: PlacedStream) -> Stage:
        stream = placed.stream
        names = (stream.source, *(k.node.outputs[0] for k in stream.kernels))
        rings = tuple(
            Ring(name, self.graph.type(name), offset, capacity)
            for name, offset, capacity in zip(names, placed.rings, stream.occupancy.capacity, strict=True)
        )
        ops = tuple(
            RowOp(
                placed.first + index,
                k.heads,
                k.tails,
                tuple(tuple(self._row_argument(a, k, placed) for a in variant) for variant in k.variants),
            )
            for index, k in enumerate(stream.kernels)
        )
        return Stage(placed.first, ops, rings, stream.links, placed.state, placed.peak)

    def _row_argument(self, arg: Arg, kernel: RowKernel, placed: PlacedStream) -> CallArg:
        feeds = [operand for operand, *_ in kernel.reach]
        if isinstance(arg, In) and arg.index in feeds:
            return RingArg(feeds.index(arg.index), c_type(self.graph.type(kernel.node.inputs[arg.index])))
        if isinstance(arg, Out):
            return RingArg(-1, c_type(self.graph.type(kernel.node.outputs[0])))
        ins = tuple(
            self._operand(n) if self.graph.values[n].is_const else Operand(n, self.graph.type(n))
            for n in kernel.node.inputs
        )
        scratch = Scratch(placed.scratch, kernel.scratch) if kernel.scratch else None
        return self._argument(arg, ins, (), scratch)

    def _argument(
        self, arg: Arg, ins: tuple[Operand, ...], outs: tuple[Operand, ...], scratch: Scratch | None
    ) -> CallArg:
        if isinstance(arg, In):
            return _pointer(ins[arg.index], const=True)
        if isinstance(arg, Out):
            return _pointer(outs[arg.index], const=False)
        if isinstance(arg, ScratchArg):
            if scratch is None:
                return NullArg()
            return ArenaArg(scratch.offset + arg.offset, arg.ctype, const=False)
        if isinstance(arg, Data):
            return ConstArg(self.pool.add(arg.array, arg.label))
        if isinstance(arg, Null):
            return NullArg()
        assert isinstance(arg, Scalar | Struct)
        return arg

    def _aliases(self) -> tuple[Alias, ...]:
        steps = {name: step for step, node in enumerate(self.layout.order) for name in node.inputs}
        return tuple(
            Alias(
                node.op,
                tuple(self._operand(n) for n in node.inputs),
                tuple(self._operand(n) for n in node.outputs),
                min((steps[n] for n in node.outputs if n in steps), default=len(self.layout.order)),
            )
            for node in self.storage.views
        )

    def _ring_blocks(self) -> list[Block]:
        blocks = []
        for placed in self.layout.streams:
            stream, end = placed.stream, placed.first + len(placed.stream.kernels)
            for ring, kernel in enumerate(stream.kernels[:-1], start=1):
                size = stream.occupancy.capacity[ring] * stream.row_bytes[ring]
                blocks.append(Block(kernel.node.outputs, placed.rings[ring], size, placed.first, end))
            state = 8 * len(stream.row_bytes)
            blocks.append(Block(("row counters",), placed.state, state, placed.first, end, scratch=True))
            scratch = max(k.scratch for k in stream.kernels)
            if scratch:
                blocks.append(
                    Block(("scratch of a stage",), placed.scratch, scratch, placed.first, end, scratch=True)
                )
        return blocks

    def _blocks(self) -> tuple[Block, ...]:
        held: dict[int, list[str]] = {}
        for value, (buffer, _) in self.storage.place.items():
            held.setdefault(buffer, []).append(value)
        blocks = [
            Block(
                tuple(v for b in group.buffers for v in held[b]),
                self.layout.offsets[group.buffers[0]],
                group.size,
                group.start,
                group.end,
            )
            for group in self.layout.groups
        ]
        steps = {node: step for step, node in enumerate(self.layout.order)}
        blocks += [
            Block(
                (f"scratch of {node.op.name}",),
                offset,
                self.layout.scratch_sizes[node],
                steps[node],
                steps[node] + 1,
                scratch=True,
            )
            for node, offset in self.layout.scratch.items()
        ]
        blocks += self._ring_blocks()
        return tuple(sorted(blocks, key=lambda b: (b.start, b.offset)))


def c_type(type_: TensorType) -> str:
    """The C element type of a tensor."""
    return C_TYPES[type_.dtype.value]


def _pointer(operand: Operand, *, const: bool) -> CallArg:
    if operand.const is not None:
        return ConstArg(operand.const)
    assert operand.offset is not None
    return ArenaArg(operand.offset, c_type(operand.type), const)
