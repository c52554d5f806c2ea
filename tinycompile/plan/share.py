"""Which values share one buffer because one is a view of the other (reshape, split, joined concat)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tinycompile.ir import Graph, Node, ValueKind

#: Parts of a buffer start at multiples of this, so that every kernel may load words.
PART_ALIGN = 4


@dataclass(frozen=True, eq=False)
class Storage:
    """Buffers, where each run-time value lies in them, and which nodes need a call.

    Attributes:
        sizes: bytes per buffer.
        place: value -> (buffer, byte offset in it).
        calls: nodes that a kernel must compute, in graph order.
        views: nodes whose results lie in the bytes of their operands (or the other way round).
    """

    sizes: tuple[int, ...]
    place: Mapping[str, tuple[int, int]]
    calls: tuple[Node, ...]
    views: tuple[Node, ...]

    def whole(self, graph: Graph, value: str) -> bool:
        """True when the value is all of its buffer."""
        buffer, offset = self.place[value]
        return offset == 0 and self.sizes[buffer] == graph.type(value).nbytes


def share(graph: Graph, *, join: bool) -> Storage:
    """Assign buffers. `join` lets the operands of a concat be written straight into its result."""
    return _Sharing(graph, join).run()


class _Sharing:
    def __init__(self, graph: Graph, join: bool) -> None:
        self.graph = graph
        self.join = join
        self.sizes: list[int] = []
        self.parent: dict[int, tuple[int, int]] = {}
        self.place: dict[str, tuple[int, int]] = {}
        self.members: list[list[str]] = []

    def run(self) -> Storage:
        calls: list[Node] = []
        views: list[Node] = []
        for name in self.graph.inputs:
            self._own(name)
        for node in self.graph.nodes:
            (views if self._as_view(node) else calls).append(node)
        return self._compact(calls, views)

    def _own(self, name: str) -> None:
        self.place[name] = (len(self.sizes), 0)
        self.members.append([name])
        self.sizes.append(self.graph.type(name).nbytes)

    def _as_view(self, node: Node) -> bool:
        """Place the results of `node`; True when it needs no call."""
        ins, outs = self.graph.in_types(node), self.graph.out_types(node)
        at_run_time = [not self.graph.values[n].is_const for n in node.inputs]
        if at_run_time and at_run_time[0]:
            if node.op.view(ins, outs):
                return self._inside(node, (0,))
            offsets = node.op.result_offsets(ins, outs)
            if offsets is not None and not any(o % PART_ALIGN for o in offsets):
                return self._inside(node, offsets)
        for name in node.outputs:
            self._own(name)
        offsets = node.op.operand_offsets(ins, outs) if self.join and all(at_run_time) else None
        return offsets is not None and self._join(node, offsets)

    def _inside(self, node: Node, offsets: Sequence[int]) -> bool:
        buffer, base = self.place[node.inputs[0]]
        for name, offset in zip(node.outputs, offsets, strict=True):
            self.place[name] = (buffer, base + offset)
            self.members[buffer].append(name)
        return True

    def _join(self, node: Node, offsets: Sequence[int]) -> bool:
        if any(o % PART_ALIGN for o in offsets) or len(set(node.inputs)) < len(node.inputs):
            return False
        if not all(self._only_for(name, node) for name in node.inputs):
            return False
        target = self.place[node.outputs[0]][0]
        for name, offset in zip(node.inputs, offsets, strict=True):
            self.parent[self.place[name][0]] = (target, offset)
        return True

    def _only_for(self, name: str, node: Node) -> bool:
        """True when the buffer of `name` is all of `name`, and nothing but `node` reads it in the end."""
        buffer, offset = self.place[name]
        if offset or self.sizes[buffer] != self.graph.type(name).nbytes or buffer in self.parent:
            return False
        for member in self.members[buffer]:
            if self.graph.values[member].kind is ValueKind.INPUT or member in self.graph.outputs:
                return False
            for reader in self.graph.consumers[member]:
                inside = all(self.place.get(out, (-1, 0))[0] == buffer for out in reader.outputs)
                if reader is not node and not inside:
                    return False
        return True

    def _resolve(self, buffer: int, offset: int) -> tuple[int, int]:
        while buffer in self.parent:
            buffer, inner = self.parent[buffer]
            offset += inner
        return buffer, offset

    def _compact(self, calls: list[Node], views: list[Node]) -> Storage:
        roots = [b for b in range(len(self.sizes)) if b not in self.parent]
        number = {buffer: index for index, buffer in enumerate(roots)}
        place: dict[str, tuple[int, int]] = {}
        for name, where in self.place.items():
            buffer, offset = self._resolve(*where)
            place[name] = (number[buffer], offset)
        return Storage(tuple(self.sizes[b] for b in roots), place, tuple(calls), tuple(views))
