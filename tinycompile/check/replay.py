"""The replay of a plan: every step on an arena of tags, plain calls here, stages in `stream` and `tiles`."""

from __future__ import annotations

from dataclasses import dataclass

from tinycompile.check.arena import Arena, Tags
from tinycompile.check.codes import APPLICATION, WRONG_BYTES, WRONG_GRAPH, WRONG_PLACE, Who, refuse
from tinycompile.check.document import PlanFile, PortEntry, StepEntry
from tinycompile.check.graph import CheckedGraph, CheckedNode
from tinycompile.check.reads import Reads
from tinycompile.check.usage import Range, Usage
from tinycompile.check.views import check_view, seen
from tinycompile.ir import Op, Types
from tinycompile.ops import Site
from tinycompile.target import Core


@dataclass(frozen=True)
class Access:
    """One execution of a kernel: the operator as it is applied, and the bytes that it reads and writes.

    Attributes:
        read: per operand, None for constants.
        in_place: (operand, result) pairs that may share bytes.
    """

    op: Op
    ins: Types
    outs: Types
    read: tuple[Range | None, ...]
    written: tuple[Range, ...]
    in_place: tuple[tuple[int, int], ...] = ()

    @property
    def spans(self) -> tuple[Range, ...]:
        """All of the bytes."""
        return (*(span for span in self.read if span is not None), *self.written)

    def site(self, node: CheckedNode, core: Core) -> Site:
        """What the kernel is asked about."""
        return node.site(core, self.op, self.ins, self.outs)


class Replay:
    """What all parts of the replay share.

    Attributes:
        made: values that are complete.
        executed: per step the multiply-accumulates that were executed.
        moments: per step, the first and the last moment of its replay.
        rows, tiles: how many were made in stages.
    """

    def __init__(self, plan: PlanFile, graph: CheckedGraph, core: Core) -> None:
        self.plan, self.graph, self.core = plan, graph, core
        self.arena, self.usage, self.reads = Arena(plan.arena), Usage(plan), Reads()
        self.made: set[str] = {name for name, constant in graph.constant.items() if constant}
        self.executed = [0] * len(plan.steps)
        self.moments: list[Range] = [(0, 0)] * len(plan.steps)
        self.rows = self.tiles = self.moved = 0
        self.called: set[int] = set()
        self.viewed = {view.node: view for view in plan.views}

    def begin(self) -> None:
        """Inputs are there; views lie where they should."""
        self._ports(self.plan.inputs, self.graph.inputs, "inputs")
        self._ports(self.plan.outputs, self.graph.outputs, "outputs")
        for view in self.plan.views:
            if not 0 <= view.node < len(self.graph.nodes):
                raise refuse(WRONG_GRAPH, f"a view is of node {view.node}, which does not exist")
            check_view(self.graph, view)
        for port in self.plan.inputs:
            type_ = self.graph.types[port.name]
            self.arena.number(port.name, type_)
            self.made.add(port.name)
            if not port.rows:
                tags, span = self.arena.tags(port.name), (port.offset, port.offset + type_.nbytes)
                self.usage.touch(0, port.name, span, APPLICATION)
                self.arena.write(port.offset, tags, f"input '{port.name}'", APPLICATION)
        self.arena.tick()

    @staticmethod
    def _ports(ports: tuple[PortEntry, ...], names: tuple[str, ...], what: str) -> None:
        if tuple(port.name for port in ports) != names:
            raise refuse(WRONG_GRAPH, f"the {what} of the plan are not those of the graph: {list(names)}")

    def begin_node(self, entry: StepEntry) -> CheckedNode:
        """The node of a step that begins to be computed: once."""
        if not 0 <= entry.node < len(self.graph.nodes):
            raise refuse(WRONG_GRAPH, f"step {entry.step} computes node {entry.node}, which does not exist")
        node = self.graph.nodes[entry.node]
        who = self.who(entry, node)
        if len(entry.ins) != len(node.ins) or len(entry.outs) != len(node.outs):
            raise who.error(WRONG_GRAPH, "has other operands than its node")
        if any(not (0 <= o < len(node.ins) and 0 <= r < len(node.outs)) for o, r in entry.in_place):
            raise who.error(WRONG_GRAPH, "shares bytes in place between operands and results that it has not")
        if node.index in self.called or node.index in self.viewed:
            raise who.error(WRONG_GRAPH, f"computes '{node.label}' a second time")
        lacking = node.kernel(entry.kernel).requires - self.core.features
        if lacking:
            needs = ", ".join(sorted(feature.value for feature in lacking))
            raise who.error(WRONG_GRAPH, f"is {entry.kernel}, which needs {needs}; {self.core.name} has none")
        self.called.add(node.index)
        for name, type_ in zip(node.outs, node.out_types, strict=True):
            self.arena.number(name, type_)
        return node

    @staticmethod
    def who(entry: StepEntry, node: CheckedNode | None = None) -> Who:
        """A step in messages."""
        return Who(f"step {entry.step} ('{entry.label}')", node.origins if node else ())

    def call(self, entry: StepEntry) -> None:
        """A plain call: operands are read whole, then results are written."""
        node = self.begin_node(entry)
        who, start = self.who(entry, node), self.arena.time
        read = [self.read_whole(entry, node, i, who) for i in range(len(node.ins))]
        written = []
        for name, type_, offset in zip(node.outs, node.out_types, entry.outs, strict=True):
            if offset is None:
                raise who.error(WRONG_PLACE, f"puts '{name}' nowhere")
            written.append((offset, offset + type_.nbytes))
        access = Access(node.op, node.in_types, node.out_types, tuple(read), tuple(written), entry.in_place)
        self.shared(entry, node, access, who)
        self.scratch(entry, node, access, who)
        self._pointers(entry, access, who)
        partners = {result: operand for operand, result in entry.in_place}
        for i, (name, span) in enumerate(zip(node.outs, written, strict=True)):
            partner = node.ins[partners[i]] if i in partners else None
            self.usage.touch(entry.step, name, span, who, partner)
            self.arena.write(span[0], self.arena.tags(name), f"'{name}'", who)
            self.made.add(name)
        self.executed[entry.step] = node.op.macs(node.in_types, node.out_types)
        self.moments[entry.step] = (start, self.arena.time)
        self.arena.tick()

    def read_whole(self, entry: StepEntry, node: CheckedNode, operand: int, who: Who) -> Range | None:
        """A step reads all of an operand where it says that it lies; None for constants."""
        name, offset = node.ins[operand], entry.ins[operand]
        if node.constant[operand]:
            return None
        tags = self.resolve(name, who)
        if offset is None:
            raise who.error(WRONG_PLACE, f"reads '{name}' nowhere")
        span = (offset, offset + tags.size)
        partners = [node.outs[r] for o, r in entry.in_place if o == operand and r < len(node.outs)]
        self.usage.touch(entry.step, name, span, who, partners[0] if partners else None)
        self.arena.expect(offset, tags, f"'{name}'", who)
        return span

    def resolve(self, name: str, who: Who) -> Tags:
        """The tags of a value that must be made by now; those of a view come from its operands."""
        if name not in self.made:
            producer = self.graph.producer.get(name)
            if producer is None or producer.index not in self.viewed:
                by = f" (by '{producer.label}')" if producer else ""
                raise who.error(WRONG_GRAPH, f"needs '{name}' before it is made{by}")
            self.arena.see(name, seen(producer, [self.resolve(n, who) for n in producer.ins]))
            self.made.add(name)
        return self.arena.tags(name)

    def shared(self, entry: StepEntry, node: CheckedNode, access: Access, who: Who) -> None:
        """Operands and results share bytes only where that is listed and the kernel allows it."""
        kernel, together = node.kernel(entry.kernel), False
        allowed = kernel.in_place(access.site(node, self.core)) if access.in_place else ()
        for operand, span in enumerate(access.read):
            for result, out in enumerate(access.written):
                if span is None or not (span[0] < out[1] and out[0] < span[1]):
                    continue
                at = f"[{max(span[0], out[0])}, {min(span[1], out[1])})"
                what = f"writes '{node.outs[result]}' onto '{node.ins[operand]}' at {at}"
                if (operand, result) not in access.in_place:
                    raise who.error(WRONG_PLACE, f"{what}, which is not listed as in place")
                if (operand, result) not in allowed or span[0] != out[0]:
                    raise who.error(WRONG_PLACE, f"{what}, which {entry.kernel} does not allow")
                together = True
        if kernel.aliased and not together:
            raise who.error(WRONG_PLACE, f"writes its result apart, but {entry.kernel} only works in place")

    def scratch(self, entry: StepEntry, node: CheckedNode, access: Access, who: Who) -> None:
        """Scratch is large enough and apart from operands and results; what lay there is gone."""
        needed = node.kernel(entry.kernel).scratch(access.site(node, self.core))
        offset, size = entry.scratch or (0, 0)
        if size < needed:
            raise who.error(WRONG_PLACE, f"has {size} bytes of scratch; {entry.kernel} uses {needed}")
        if not size:
            return
        end = offset + size
        for low, high in access.spans:
            if low < end and offset < high:
                raise who.error(WRONG_PLACE, f"has scratch at [{offset}, {end}), on its own [{low}, {high})")
        self.usage.scratch(entry.step, (offset, end), who)
        self.arena.clear(offset, end, "scratch", who)
        self.arena.take(size, self.arena.time, self.arena.time + 1)

    def _pointers(self, entry: StepEntry, access: Access, who: Who) -> None:
        """What the C call is given are the places of operands, results, scratch, and what was read for it."""
        scratch = (entry.scratch[0], sum(entry.scratch)) if entry.scratch else (0, 0)
        fetched = {f.offset + p.offset for f in self.plan.fetches if f.step == entry.step for p in f.parts}
        read = {span[0] for span in access.read if span and span[0] < span[1]}
        written = {low for low, high in access.written if low < high}
        for kind, at in entry.pointers:
            places = [s[0] for s in (access.read if kind == "in" else access.written) if s]
            if kind == "in" and at in fetched:
                continue
            if at not in places and not scratch[0] <= at < scratch[1]:
                raise who.error(WRONG_BYTES, f"is given a pointer to byte {at}, where it has nothing to do")
        given = {at for _, at in entry.pointers}
        within = [at for at in given if scratch[0] <= at < scratch[1]]
        if scratch[0] < scratch[1] and min(within, default=None) != scratch[0]:
            told = f"at {min(within)}, not at {scratch[0]}" if within else f"nowhere, not at {scratch[0]}"
            raise who.error(WRONG_BYTES, f"is given scratch {told}")
        results = {at for kind, at in entry.pointers if kind == "out"}
        lacking = {"its result": written - results, "an operand": read - given, "a constant": fetched - given}
        for what, missing in lacking.items():
            if missing:
                raise who.error(WRONG_BYTES, f"is given no pointer to {what} at {min(missing)}")

    def finish(self) -> None:
        """Outputs are complete, nodes are executed, buffers are used as declared."""
        for port in self.plan.outputs:
            if port.rows:
                continue
            tags = self.resolve(port.name, APPLICATION)
            span = (port.offset, port.offset + tags.size)
            self.usage.touch(self.usage.steps - 1, port.name, span, APPLICATION)
            self.arena.expect(port.offset, tags, f"output '{port.name}'", APPLICATION)
        for node in self.graph.nodes:
            if node.index not in self.called and node.index not in self.viewed:
                raise refuse(WRONG_GRAPH, f"'{node.label}' is never computed", node.origins)
        for name in self.graph.outputs:
            if name not in self.made:
                raise refuse(WRONG_GRAPH, f"the output '{name}' is not complete at the end")
        self.usage.finish()
