"""From a layout to the Program: resolve every kernel argument to an offset or a constant."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tinycompile.ir import Graph, Node
from tinycompile.ops import Arg, Data, In, Null, Out, Purpose, Scalar, Struct
from tinycompile.ops import Scratch as ScratchArg
from tinycompile.plan.arguments import (
    ArenaArg,
    CallArg,
    ConstArg,
    NullArg,
    Operand,
    Scratch,
    c_type,
)
from tinycompile.plan.assemble_stage import StageAssembler
from tinycompile.plan.program import Alias, Block, Call, Port, Program
from tinycompile.plan.schedule import Layout
from tinycompile.plan.select import Choice
from tinycompile.plan.share import Storage


class ConstantPool:
    """Names constants; equal arrays are stored once, and count as tables where any kernel looks them up."""

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self.purposes: dict[str, Purpose] = {}
        self._names: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    def add(self, array: np.ndarray, label: str, purpose: Purpose) -> str:
        """The name of the constant; `label` describes it in the C source."""
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._names:
            name = f"c{len(self.arrays)}_{label}"
            self._names[key] = name
            self.arrays[name] = np.ascontiguousarray(array)
            self.purposes[name] = purpose
        if purpose is Purpose.TABLE:
            self.purposes[self._names[key]] = purpose
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
        steps = {node: step for step, node in enumerate(layout.order)}
        self.stages = tuple(
            StageAssembler(graph, choices, placed, steps, self._operand, self._argument)
            for placed in layout.streams
        )

    def run(self) -> Program:
        staged: dict[Node, Call] = {}
        for assembler in self.stages:
            staged |= assembler.calls()
        calls = tuple(
            staged.get(node) or self._call(step, node) for step, node in enumerate(self.layout.order)
        )
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
            purposes=self.pool.purposes,
            stages=tuple(assembler.stage() for assembler in self.stages),
            regions=self.layout.spread.regions if self.layout.spread else (),
        )

    def _offset(self, value: str) -> int:
        buffer, inner = self.storage.place[value]
        return self.layout.offsets[buffer] + inner

    def _port(self, value: str) -> Port:
        for placed in self.layout.streams:
            links = placed.stream.links
            leaving = () if links.leaving is None else (links.leaving,)
            for ring in (*links.fed, *links.remote, *leaving):
                if placed.stream.values[ring] == value:
                    perm, patches = self.layout.perms.get(value), ring in links.remote
                    return Port(value, self.graph.type(value), placed.rings[ring], True, perm, patches)
        return Port(value, self.graph.type(value), self._offset(value))

    def _operand(self, value: str) -> Operand:
        found = self.graph.values[value]
        if found.is_const:
            purpose = Purpose.WEIGHTS if found.array.ndim > 1 else Purpose.BIASES
            return Operand(value, found.type, None, self.pool.add(found.array, "data", purpose))
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
        cycles = kernel.estimate(choice.site)
        macs = node.op.macs(choice.site.ins, choice.site.outs)
        return Call(step, kernel.symbol, node.op, node.origins, ins, outs, args, scratch, macs, cycles)

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
            return ConstArg(self.pool.add(arg.array, arg.label, arg.purpose))
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
        blocks += [block for assembler in self.stages for block in assembler.blocks()]
        return tuple(sorted(blocks, key=lambda b: (b.start, b.offset)))


def _pointer(operand: Operand, *, const: bool) -> CallArg:
    if operand.const is not None:
        return ConstArg(operand.const)
    assert operand.offset is not None
    return ArenaArg(operand.offset, c_type(operand.type), const)
