"""Tensors and the layouts in which they are seen, once transposes are taken for mere changes of view."""

from __future__ import annotations

from dataclasses import dataclass

from tinycompile.ir import Graph, Node, TensorType
from tinycompile.ops.layout import Transpose
from tinycompile.passes.permutations import Perm, Shape, composed, inverse, permuted, significant


@dataclass(frozen=True)
class Tensor:
    """One computed tensor with everything that reads it, possibly through transposes.

    A producer or reader is the number of a free node, or the layout that a fixed one has. Layouts
    are permutations of the component's reference dimensions.
    """

    position: int
    root: str
    shape: Shape
    nbytes: int
    producer: int | Perm
    readers: tuple[int | Perm, ...]

    def order(self, layout: Perm) -> Perm:
        """What identifies the bytes of this tensor in a layout."""
        return significant(self.shape, layout)


@dataclass(frozen=True)
class Component:
    """Tensors and free nodes that share reference dimensions.

    Attributes:
        free: the numbers of the free nodes.
        candidates: the layouts that fixed producers and readers have.
    """

    tensors: tuple[Tensor, ...]
    free: tuple[int, ...]
    candidates: tuple[Perm, ...]


@dataclass(frozen=True)
class Views:
    """All components with free nodes, and the layout in which each free node works now."""

    graph: Graph
    components: tuple[Component, ...]
    frames: dict[int, Perm]

    def frame(self, number: int) -> Perm:
        """The layout in which a free node works now."""
        return self.frames[number]

    def relative(self, number: int, layout: Perm) -> Perm:
        """The permutation that takes a free node's tensors from their layout now to `layout`."""
        return composed(inverse(self.frame(number)), layout)

    def can_switch(self, number: int, layout: Perm) -> bool:
        """True when the node's operator has a form for `layout`."""
        node = self.graph.nodes[number]
        perm = self.relative(number, layout)
        return node.op.permuted(perm, self.graph.in_types(node), self.graph.out_types(node)) is not None


class _Frames:
    """Union-find of values, each with its permutation from the reference dimensions of its component."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._parent: dict[str, tuple[str, Perm]] = {}

    def find(self, name: str) -> tuple[str, Perm]:
        """(root, permutation): the value is the transpose of the root's reference."""
        if name not in self._parent:
            return name, tuple(range(self._graph.type(name).rank))
        parent, perm = self._parent[name]
        root, above = self.find(parent)
        self._parent[name] = (root, composed(above, perm))
        return self._parent[name]

    def join(self, a: str, b: str, perm: Perm) -> bool:
        """State that b is seen as transpose(a, perm); False when that contradicts what is known."""
        (root_a, frame_a), (root_b, frame_b) = self.find(a), self.find(b)
        wanted = composed(frame_a, perm)
        if root_a == root_b:
            return wanted == frame_b
        self._parent[root_b] = (root_a, composed(wanted, inverse(frame_b)))
        return True


def views_of(graph: Graph) -> Views:
    """The tensors of a graph with transposes taken away."""
    frames, numbers = _Frames(graph), []
    source: dict[str, str] = {}
    for number, node in enumerate(graph.nodes):
        if isinstance(node.op, Transpose):
            frames.join(node.inputs[0], node.outputs[0], node.op.perm)
            source[node.outputs[0]] = source.get(node.inputs[0], node.inputs[0])
        elif _layout_free(graph, node) and _one_frame(graph, node, frames):
            numbers.append(number)
    found = {n: frames.find(graph.nodes[n].outputs[0]) for n in numbers}
    tensors = _tensors(graph, frames, source, set(found))
    components = []
    for wanted in dict.fromkeys(root for root, _ in found.values()):
        members = tuple(t for t in tensors if t.root == wanted)
        ends = (end for t in members for end in (t.producer, *t.readers))
        fixed = dict.fromkeys(end for end in ends if not isinstance(end, int))
        free = tuple(n for n, (root, _) in found.items() if root == wanted)
        components.append(Component(members, free, tuple(fixed)))
    return Views(graph, tuple(components), {n: frame for n, (_, frame) in found.items()})


def _layout_free(graph: Graph, node: Node) -> bool:
    """True when every operand and result has the same rank, and the operator knows about transposes."""
    ins, outs = graph.in_types(node), graph.out_types(node)
    rank = outs[0].rank
    if rank < 2 or any(t.rank != rank or _per_channel(t) for t in (*ins, *outs)):
        return False
    computed = any(not graph.values[n].is_const for n in node.inputs)
    return computed and node.op.permuted(tuple(range(rank)), ins, outs) is not None


def _per_channel(type_: TensorType) -> bool:
    return type_.quant is not None and not type_.quant.per_tensor


def _one_frame(graph: Graph, node: Node, frames: _Frames) -> bool:
    first, *others = (n for n in (*node.inputs, *node.outputs) if not graph.values[n].is_const)
    same = tuple(range(graph.type(first).rank))
    return all(frames.join(first, other, same) for other in others)


def _tensors(graph: Graph, frames: _Frames, source: dict[str, str], free: set[int]) -> tuple[Tensor, ...]:
    readers: dict[str, dict[int | Perm, None]] = {}
    producers: dict[str, int | Perm] = {n: frames.find(n)[1] for n in graph.inputs}
    for number, node in enumerate(graph.nodes):
        if isinstance(node.op, Transpose):
            continue
        for name in node.outputs:
            producers[name] = number if number in free else frames.find(name)[1]
        for name in node.inputs:
            ends = readers.setdefault(source.get(name, name), {})
            ends[number if number in free else frames.find(name)[1]] = None
    for name in graph.outputs:
        readers.setdefault(source.get(name, name), {})[frames.find(name)[1]] = None
    found = []
    for position, (name, producer) in enumerate(producers.items()):
        root, frame = frames.find(name)
        shape = permuted(graph.type(name).shape, inverse(frame))
        nbytes = graph.type(name).nbytes
        found.append(Tensor(position, root, shape, nbytes, producer, tuple(readers.get(name, ()))))
    return tuple(found)
