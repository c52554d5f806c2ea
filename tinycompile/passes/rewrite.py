"""Rewriting utility: one forward walk over a graph that keeps each node or replaces its results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from tinycompile.ir import Graph, GraphBuilder, Node, Op, Types, Value, ValueKind, verify
from tinycompile.ops.layout import Copy

#: Rounds of a fixed point; real networks need fewer than ten.
MAX_ROUNDS = 50
_OpT = TypeVar("_OpT", bound=Op)


class Pass(Protocol):
    """Graph -> Graph; returns the same object when it has nothing to do."""

    @property
    def name(self) -> str:
        """The pass's name in error messages."""

    def run(self, graph: Graph) -> Graph:
        """The rewritten graph."""


class Rewriter(GraphBuilder):
    """A builder that starts with a graph's values and receives its nodes one after the other.

    A rule sees a node whose operands are already rewritten, may look at their producers, and adds
    nodes through the builder interface. Nodes that nothing needs afterwards disappear, so a rule
    that absorbs a producer just leaves it behind.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph.name)
        self.source = graph
        self.values = dict(graph.values)
        self.inputs = list(graph.inputs)
        self.notes = list(graph.notes)
        self._replaced: dict[str, str] = {}
        self._producers: dict[str, Node] = {}
        self._uses = Counter(name for node in graph.nodes for name in node.inputs)
        self._uses.update(graph.outputs)

    def producer(self, name: str) -> Node | None:
        """The node, old or new, that computes `name` in the graph being built."""
        return self._producers.get(name)

    def produced_by(self, name: str, op_class: type[_OpT]) -> tuple[Node, _OpT] | None:
        """The producer of `name` and its operator, if that is an `op_class`."""
        node = self._producers.get(name)
        return (node, node.op) if node is not None and isinstance(node.op, op_class) else None

    def sole_use(self, name: str) -> bool:
        """True when one operand of one node reads `name` and it is no graph output.

        Counted on the graph before the walk; a value that took over another's readers counts both.
        """
        return self._uses[name] == 1

    def current(self, name: str) -> str:
        """What stands for the original value `name` by now."""
        while name in self._replaced:
            name = self._replaced[name]
        return name

    def behind_view(self, name: str) -> tuple[Node | None, Node | None]:
        """(producer, view): the producer of `name`, or of what a view of one reader shows as `name`."""
        node = self._producers.get(name)
        if node is None or not node.op.view(self.in_types(node), self.out_types(node)):
            return node, None
        return (self._producers.get(node.inputs[0]) if self.sole_use(node.inputs[0]) else None), node

    def in_types(self, node: Node) -> Types:
        """The types of a node's operands."""
        return tuple(self.values[n].type for n in node.inputs)

    def out_types(self, node: Node) -> Types:
        """The types of a node's results."""
        return tuple(self.values[n].type for n in node.outputs)

    def add(
        self,
        op: Op,
        inputs: Sequence[str],
        *,
        origins: Sequence[str] = (),
        hint: str = "",
        out_types: Types | None = None,
    ) -> tuple[str, ...]:
        """As `GraphBuilder.add`; the new node is known to `producer` at once."""
        count = len(self.nodes)
        outs = super().add(op, inputs, origins=origins, hint=hint, out_types=out_types)
        for node in self.nodes[count:]:
            self._record(node)
        return outs

    def walk(self, rule: Rule) -> Graph:
        """Apply `rule` to every node; the source graph itself when nothing was replaced."""
        for original in self.source.nodes:
            inputs = tuple(self.current(n) for n in original.inputs)
            node = original if inputs == original.inputs else replace(original, inputs=inputs)
            results = rule(self, node)
            if results is None:
                self.nodes.append(node)
                self._record(node)
                continue
            for old, new in zip(node.outputs, results, strict=True):
                assert new not in node.outputs, f"{node.op.name} replaced by itself"
                self._replaced[old] = new
                self._uses[new] += self._uses[old]
        return self._finish() if self._replaced else self.source

    def _record(self, node: Node) -> None:
        for out in node.outputs:
            self._producers[out] = node

    def _finish(self) -> Graph:
        """The new graph, with the names of replaced values handed to what replaced them."""
        names: dict[str, str] = {}
        for old in (*self.source.outputs, *self._replaced):
            new = self.current(old)
            original = new in self.source.values
            named = new in self.source.outputs or (original and old not in self.source.outputs)
            if new != old and not named and new not in names and self.values[new].kind is ValueKind.TEMP:
                names[new] = old
        outputs = [names.get(self.current(n), self.current(n)) for n in self.source.outputs]
        self._rename(names)
        for index, wanted in enumerate(self.source.outputs):
            if outputs[index] != wanted:
                outputs[index] = self._copied(outputs[index], wanted)
        return self.graph(outputs)

    def _copied(self, name: str, wanted: str) -> str:
        """A graph output that has become another value keeps its name through a copy."""
        self.values[wanted] = Value(wanted, self.type(name), ValueKind.TEMP)
        self.nodes.append(Node(Copy(), (name,), (wanted,)))
        return wanted

    def _rename(self, names: dict[str, str]) -> None:
        for new, old in names.items():
            self.values[old] = replace(self.values.pop(new), name=old)
        self.nodes = [
            replace(n, inputs=_renamed(n.inputs, names), outputs=_renamed(n.outputs, names))
            if any(name in names for name in (*n.inputs, *n.outputs))
            else n
            for n in self.nodes
        ]


Rule = Callable[[Rewriter, Node], Sequence[str] | None]


def rewrite(graph: Graph, rule: Rule) -> Graph:
    """One walk of `rule` over `graph`."""
    return Rewriter(graph).walk(rule)


def apply(graph: Graph, passes: Sequence[Pass], tidy: Sequence[Pass] = ()) -> Graph:
    """Every pass once, in order, verified after each; where one changed something, `tidy` runs to its end."""
    for step in passes:
        changed = step.run(graph)
        if changed is not graph:
            graph = verify(changed, step.name)
            graph = fixed_point(graph, tidy) if tidy else graph
    return graph


def fixed_point(graph: Graph, passes: Sequence[Pass], tidy: Sequence[Pass] = ()) -> Graph:
    """The passes in order, each tidied up after, again and again until none changes anything.

    Every intermediate graph is valid, so passes that undo each other end after a fixed number of rounds.
    """
    for _ in range(MAX_ROUNDS):
        changed = apply(graph, passes, tidy)
        if changed is graph:
            break
        graph = changed
    return graph


def _renamed(names: tuple[str, ...], mapping: dict[str, str]) -> tuple[str, ...]:
    return tuple(mapping.get(n, n) for n in names)
