"""Layers in parts: the channels of a result computed in several nodes and joined again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tinycompile.ir import ChannelForm, Graph, Node, Quant, TensorType, Value, ValueKind
from tinycompile.ops.concat import MAX_OPERANDS, Concat

#: Parts have a multiple of this many channels, so that each begins at a word in the joined result.
CHANNEL_STEP = 4


@dataclass(frozen=True)
class SplitChannels:
    """f(x) -> concat(f_1(x), .., f_n(x)), each part with its share of the weights.

    Where operators follow that treat channels apart (pooling, depthwise convolutions, functions) and end in a
    result whose channels are dense, they are computed in parts too, so that the join is contiguous.

    Attributes:
        channels: (result of a node, most channels of a part); nodes that cannot be split stay as they are.

    Requires: weights and biases of the named nodes are constants.
    Ensures: the graph computes the same, bit for bit; no channel is computed twice.
    """

    channels: tuple[tuple[str, int], ...]
    name: str = "split channels"

    def run(self, graph: Graph) -> Graph:
        """The graph with the named layers in parts."""
        wanted = dict(self.channels)
        work = _Work(graph)
        done: set[Node] = set()
        for node in graph.nodes:
            if node in done:
                continue
            cuts = _cuts(graph, node, wanted.get(node.outputs[0]))
            if len(cuts) < 2:
                work.nodes.append(node)
                continue
            chain = [node, *_followers(graph, node)]
            done.update(chain)
            work.split(chain, cuts)
        return graph.replaced(work.nodes, work.values) if done else graph


def splittable(graph: Graph, node: Node) -> bool:
    """Whether `SplitChannels` can make parts of a node."""
    return len(_cuts(graph, node, CHANNEL_STEP)) > 1


@dataclass
class _Work:
    graph: Graph

    def __post_init__(self) -> None:
        self.values = dict(self.graph.values)
        self.nodes: list[Node] = []

    def split(self, chain: Sequence[Node], cuts: Sequence[tuple[int, int]]) -> None:
        """The nodes of `chain` for every cut, and the join of the last results."""
        ends = []
        for number, (first, count) in enumerate(cuts):
            x: str | None = None
            for node in chain:
                x = self._part(node, x, number, first, count)
            assert x is not None
            ends.append(x)
        last = chain[-1]
        self._join(ends, last.outputs[0], last.origins)

    def _part(self, node: Node, x: str | None, number: int, first: int, count: int) -> str:
        form = _form(self.graph, node, first, count)
        assert form is not None
        operands = []
        for index, (name, axis) in enumerate(zip(node.inputs, form.axes, strict=True)):
            if index == 0 and x is not None:
                operands.append(x)
            else:
                operands.append(name if axis is None else self._cut(name, number, first, count, axis))
        whole = self.graph.type(node.outputs[0])
        result = self._fresh(f"{node.outputs[0]}/{number}")
        self.values[result] = Value(result, _narrow(whole, first, count, whole.rank - 1))
        self.nodes.append(Node(form.op, tuple(operands), (result,), node.origins))
        return result

    def _cut(self, name: str, number: int, first: int, count: int, axis: int) -> str:
        value = self.graph.values[name]
        part = value.array.take(range(first, first + count), axis)
        part.setflags(write=False)
        fresh = self._fresh(f"{name}/{number}")
        self.values[fresh] = Value(fresh, _narrow(value.type, first, count, axis), ValueKind.CONST, part)
        return fresh

    def _join(self, parts: list[str], result: str, origins: tuple[str, ...]) -> None:
        """Concats of as many operands as one takes, in levels."""
        axis = self.graph.type(result).rank - 1
        while len(parts) > MAX_OPERANDS:
            groups = [parts[i : i + MAX_OPERANDS] for i in range(0, len(parts), MAX_OPERANDS)]
            parts = [g[0] if len(g) == 1 else self._concat(g, axis, origins) for g in groups]
        self.nodes.append(Node(Concat(axis), tuple(parts), (result,), origins))

    def _concat(self, parts: list[str], axis: int, origins: tuple[str, ...]) -> str:
        name = self._fresh(f"{parts[0]}..")
        first = self.values[parts[0]].type
        width = sum(self.values[p].type.shape[axis] for p in parts)
        self.values[name] = Value(name, first.with_shape((*first.shape[:axis], width)))
        self.nodes.append(Node(Concat(axis), tuple(parts), (name,), origins))
        return name

    def _fresh(self, hint: str) -> str:
        name, count = hint, 0
        while name in self.values:
            count += 1
            name = f"{hint}.{count}"
        return name


def _form(graph: Graph, node: Node, first: int, count: int) -> ChannelForm | None:
    """The channel form of a node whose operands but the first are constants where they are cut."""
    if len(node.outputs) != 1 or not node.inputs or graph.values[node.inputs[0]].is_const:
        return None
    form = node.op.channel_form(first, count, graph.in_types(node), graph.out_types(node))
    if form is None:
        return None
    rest = zip(node.inputs[1:], form.axes[1:], strict=True)
    return form if all(axis is None or graph.values[name].is_const for name, axis in rest) else None


def _cuts(graph: Graph, node: Node, most: int | None) -> list[tuple[int, int]]:
    """(first, count) of every part, equal but for the last; one or none when the node stays whole."""
    whole = graph.type(node.outputs[0])
    if most is None or not whole.rank:
        return []
    channels = whole.shape[-1]
    form = _form(graph, node, 0, channels)
    if form is None or form.axes[0] is not None:
        return []
    width = max(CHANNEL_STEP, most // CHANNEL_STEP * CHANNEL_STEP)
    return [(first, min(width, channels - first)) for first in range(0, channels, width)]


def _followers(graph: Graph, node: Node) -> list[Node]:
    """The nodes behind `node` that are split with it: up to the first dense result, none if there is none."""
    found: list[Node] = []
    name = node.outputs[0]
    while not _is_dense(graph.type(name)):
        readers = graph.consumers[name]
        if len(readers) != 1 or name in graph.outputs or readers[0].inputs.count(name) != 1:
            return []
        form = _form(graph, readers[0], 0, graph.type(name).shape[-1])
        same = form is not None and form.axes[0] == graph.type(name).rank - 1
        if not same or readers[0].inputs[0] != name:
            return []
        found.append(readers[0])
        name = readers[0].outputs[0]
    return found


def _is_dense(type_: TensorType) -> bool:
    return all(d == 1 for d in type_.shape[:-1])


def _narrow(type_: TensorType, first: int, count: int, axis: int) -> TensorType:
    """The type of the elements [first, first + count) along `axis`."""
    quant = type_.quant
    if quant is not None and quant.axis == axis and len(quant.scale) > 1:
        part = slice(first, first + count)
        quant = Quant(quant.scale[part], quant.zero_point[part], axis)
    shape = (*type_.shape[:axis], count, *type_.shape[axis + 1 :])
    return replace(type_, shape=shape, quant=quant)
