"""From a Program to plan.json."""

from __future__ import annotations

from tinycompile.check import document as doc
from tinycompile.check import plan_text
from tinycompile.check.text import attributes_of
from tinycompile.ir import Op
from tinycompile.plan.constants_place import constant_uses
from tinycompile.plan.program import Alias, ArenaArg, Call, Operand, Port, Program
from tinycompile.planfile.stages import stage_entry
from tinycompile.target import Board


def plan_json(program: Program, board: Board) -> str:
    """The text of plan.json: the planned graph and the whole plan, in a stable order."""
    return plan_text(_Writer(program, board).plan())


class _Writer:
    def __init__(self, program: Program, board: Board) -> None:
        self.program, self.board = program, board
        self.nodes: list[doc.NodeEntry] = []
        self.values: dict[str, doc.ValueEntry] = {}
        self.node_of: dict[Call | Alias, int] = {}

    def plan(self) -> doc.PlanFile:
        program, proof = self.program, self.program.proof
        graph = self._graph()
        bound = doc.BoundEntry(
            proof.lower_bound,
            program.arena - proof.lower_bound,
            proof.order_peak,
            proof.order_exact,
            proof.max_load,
            proof.packing,
            proof.packing_exact,
        )
        buffers = tuple(
            doc.BufferEntry(b.values, b.offset, b.size, b.start, b.end, b.scratch) for b in program.blocks
        )
        return doc.PlanFile(
            version=doc.VERSION,
            model=program.name,
            board=program.board,
            core=self.board.core.name,
            arena=program.arena,
            peak=max(program.loads),
            regions=tuple(doc.RegionEntry(r.name, r.start, r.size) for r in program.regions),
            bound=bound,
            macs=program.macs,
            recomputed=program.recomputed_macs,
            inputs=tuple(map(_port, program.inputs)),
            outputs=tuple(map(_port, program.outputs)),
            steps=tuple(map(self._step, program.calls)),
            views=tuple(map(self._view, program.aliases)),
            buffers=buffers,
            overlaps=_overlaps(buffers),
            stages=tuple(stage_entry(stage) for stage in program.stages),
            graph=graph,
            fetches=_fetches(program),
            copied=_placed(program, copied=True),
            mapped=_placed(program, copied=False),
        )

    def _graph(self) -> doc.GraphEntry:
        """Calls in execution order, each view as soon as its operands are there."""
        for port in self.program.inputs:
            self._value(Operand(port.name, port.type))
        waiting = list(self.program.aliases)
        for call in self.program.calls:
            waiting = self._ready(waiting)
            self._node(call, call.op, call.ins, call.outs, call.origins)
        for alias in self._ready(waiting):
            self._node(alias, alias.op, alias.sources, alias.results, ())
        names = tuple(p.name for p in self.program.inputs), tuple(p.name for p in self.program.outputs)
        return doc.GraphEntry(*names, self.values, tuple(self.nodes))

    def _ready(self, waiting: list[Alias]) -> list[Alias]:
        """Note the views that can be seen by now; returns the others."""
        left = []
        for alias in waiting:
            if all(s.value in self.values for s in alias.sources):
                self._node(alias, alias.op, alias.sources, alias.results, ())
            else:
                left.append(alias)
        return left

    def _node(
        self,
        owner: Call | Alias,
        op: Op,
        ins: tuple[Operand, ...],
        outs: tuple[Operand, ...],
        origins: tuple[str, ...],
    ) -> None:
        for operand in (*ins, *outs):
            self._value(operand)
        self.node_of[owner] = len(self.nodes)
        inputs, outputs = tuple(o.value for o in ins), tuple(o.value for o in outs)
        self.nodes.append(doc.NodeEntry(type(op).__name__, attributes_of(op), inputs, outputs, origins))

    def _value(self, operand: Operand) -> None:
        entry = doc.ValueEntry(operand.type.dtype.value, operand.type.shape, operand.const is not None)
        self.values.setdefault(operand.value, entry)

    def _step(self, call: Call) -> doc.StepEntry:
        scratch = None if call.scratch is None else (call.scratch.offset, call.scratch.size)
        pointers = tuple(("in" if a.const else "out", a.offset) for a in call.args if isinstance(a, ArenaArg))
        return doc.StepEntry(
            step=call.step,
            node=self.node_of[call],
            label=call.label,
            kernel=call.symbol,
            ins=tuple(None if o.const is not None else o.offset for o in call.ins),
            outs=tuple(o.offset for o in call.outs),
            live=self.program.loads[call.step],
            macs=call.macs,
            recomputed=call.recomputed,
            scratch=scratch,
            in_place=_in_place(call),
            pointers=pointers,
        )

    def _view(self, alias: Alias) -> doc.ViewEntry:
        results = tuple(o.offset for o in alias.results if o.offset is not None)
        return doc.ViewEntry(self.node_of[alias], tuple(o.offset for o in alias.sources), results)


def _fetches(program: Program) -> tuple[doc.FetchEntry, ...]:
    """The reads, each with the name of its buffer."""
    names = {(b.offset, b.start): b.values[0] for b in program.blocks}
    return tuple(
        doc.FetchEntry(
            names[f.target, f.begin],
            f.step,
            f.begin,
            f.target,
            f.size,
            tuple(doc.FetchPart(p.name, p.offset, program.constants[p.name].nbytes) for p in f.parts),
        )
        for f in program.fetches
    )


def _placed(program: Program, *, copied: bool) -> tuple[doc.PlacedEntry, ...]:
    """The constants outside the default flash: those that start-up code copies into RAM, or all others."""
    uses = constant_uses(program)
    return tuple(
        doc.PlacedEntry(p.name, p.region, uses[p.name].nbytes, uses[p.name].units)
        for p in program.placed
        if p.copied == copied
    )


def _port(port: Port) -> doc.PortEntry:
    return doc.PortEntry(port.name, port.offset, port.rows)


def _in_place(call: Call) -> tuple[tuple[int, int], ...]:
    """The (operand, result) pairs that share bytes."""
    ins = [(i, x.span) for i, x in enumerate(call.ins) if x.offset is not None and x.const is None]
    outs = [(j, y.span) for j, y in enumerate(call.outs) if y.offset is not None]
    return tuple((i, j) for i, x in ins for j, y in outs if x[0] < y[1] and y[0] < x[1])


def _overlaps(buffers: tuple[doc.BufferEntry, ...]) -> tuple[doc.OverlapEntry, ...]:
    """The pairs of buffers that share bytes while both are live: rows of one die before others are born."""
    found = []
    for i, a in enumerate(buffers):
        for j in range(i + 1, len(buffers)):
            b = buffers[j]
            start, end = max(a.start, b.start), min(a.end, b.end)
            shared = min(a.offset + a.size, b.offset + b.size) - max(a.offset, b.offset)
            if start < end and shared > 0:
                found.append(doc.OverlapEntry((i, j), shared, start, end))
    return tuple(found)
