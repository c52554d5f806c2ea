"""The layout in which every operator works, chosen so that the fewest bytes are transposed.

Transposes say only under which permutation a tensor is seen. An operator with `permuted` can work on
its operands in any layout, as long as all of them share it; the others read and write fixed ones. A
tensor must be transposed once for every layout in which it is read and is not produced.

For one candidate layout, the question which free operators should switch to it is a minimum cut:
operators on the source side switch, and each tensor contributes edges that are cut exactly when it
has to be transposed (sharing included, so one transpose serves several readers). Trying all candidate
layouts until none helps is the expansion move of Boykov, Veksler and Zabih, "Fast approximate energy
minimization via graph cuts" (PAMI 2001); with the usual two layouts the first cut is the optimum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

from tinycompile.ir import Graph, Node
from tinycompile.ops.layout import Transpose
from tinycompile.passes.permutations import Perm, inverse, permuted
from tinycompile.passes.rewrite import Rewriter, rewrite
from tinycompile.passes.tensor_views import Component, Tensor, Views, views_of

_SWITCH, _STAY = "switch", "stay"
Labels = Mapping[int, Perm]


@dataclass(frozen=True)
class ChooseLayouts:
    """Transposes move through operators until the fewest bytes are transposed, at last as late as possible.

    An operator in another layout gets transposes before and after it; `SimplifyMovement` and
    `MergeDuplicates` then let them meet their inverses.

    Requires: nothing. Ensures: no switch of operators to the layout of a neighbour saves bytes.
    """

    name: str = "choose layouts"

    def run(self, graph: Graph) -> Graph:
        """The graph with operators in their cheapest layouts."""
        if not any(isinstance(node.op, Transpose) for node in graph.nodes):
            return graph
        views = views_of(graph)
        moves: dict[tuple[str, ...], Perm] = {}
        for component in views.components:
            for number, layout in LayoutProblem(views, component).solve().items():
                if layout != views.frame(number):
                    moves[graph.nodes[number].outputs] = views.relative(number, layout)
        return rewrite(graph, lambda rw, node: _moved(rw, node, moves.get(node.outputs)))


def _moved(rw: Rewriter, node: Node, perm: Perm | None) -> Sequence[str] | None:
    op = None if perm is None else node.op.permuted(perm, rw.in_types(node), rw.out_types(node))
    if op is None or perm is None:
        return None
    operands = [rw.add1(Transpose(perm), n) for n in node.inputs]
    types = tuple(t.with_shape(permuted(t.shape, perm)) for t in rw.out_types(node))
    results = rw.add(op, operands, origins=node.origins, out_types=types)
    return [
        rw.add1(Transpose(inverse(perm)), result, out_type=type_)
        for result, type_ in zip(results, rw.out_types(node), strict=True)
    ]


@dataclass(frozen=True)
class LayoutProblem:
    """The layouts to choose in one component: one for each of its free operators."""

    views: Views
    component: Component

    def cost(self, labels: Labels) -> int:
        """Transposed bytes, and among equals those further down the graph."""
        return sum(self._weight(t) * len(_other_layouts(t, labels)) for t in self.component.tensors)

    def solve(self) -> dict[int, Perm]:
        """The layout of each free operator, by node number."""
        labels = {number: self.views.frame(number) for number in self.component.free}
        cost, improved = self.cost(labels), True
        while improved and cost:
            improved = False
            for layout in self.component.candidates:
                trial = self._expanded(labels, layout)
                trial_cost = self.cost(trial)
                if trial_cost < cost:
                    labels, cost, improved = trial, trial_cost, True
        return labels

    def _weight(self, tensor: Tensor) -> int:
        """Bytes first; then earlier positions weigh more. All positions together are below one byte."""
        last = len(self.views.graph.nodes) + len(self.views.graph.inputs)
        return tensor.nbytes * last**2 + last - tensor.position if tensor.nbytes else 0

    def _expanded(self, labels: Labels, layout: Perm) -> dict[int, Perm]:
        """The best labels in which free operators keep theirs or switch to `layout`."""
        network = nx.DiGraph()
        network.add_nodes_from((_SWITCH, _STAY))
        for number in self.component.free:
            if not self.views.can_switch(number, layout):
                network.add_edge(number, _STAY)
        for tensor in self.component.tensors:
            self._add_tensor(network, tensor, labels, layout)
        _, (switching, _) = nx.minimum_cut(network, _SWITCH, _STAY)
        return {n: layout if n in switching else label for n, label in labels.items()}

    def _add_tensor(self, network: nx.DiGraph, tensor: Tensor, labels: Labels, layout: Perm) -> None:
        """Edges whose cut costs the tensor's weight once per layout that it must be transposed to."""
        weight, target = self._weight(tensor), tensor.order(layout)
        producer, produced = _end(tensor, tensor.producer, labels, target)
        wanted: dict[Perm, list[object]] = {}
        for reader in tensor.readers:
            end, order = _end(tensor, reader, labels, target)
            wanted.setdefault(order, []).append(end)
            if isinstance(reader, int) and order != target:
                wanted.setdefault(target, []).append(end)
        for order, ends in wanted.items():
            middle = (tensor.position, order)
            if order == target:
                if produced != target:
                    network.add_edges_from((end, middle) for end in ends)
                    network.add_edge(middle, producer, capacity=weight)
                continue
            network.add_edges_from((middle, end) for end in ends)
            network.add_edge(producer if order == produced else _SWITCH, middle, capacity=weight)


def _end(tensor: Tensor, end: int | Perm, labels: Labels, target: Perm) -> tuple[object, Perm]:
    """The network node of a producer or reader and the order of dimensions it has without switching."""
    order = tensor.order(labels[end] if isinstance(end, int) else end)
    if order == target:
        return _SWITCH, order
    return (end if isinstance(end, int) else _STAY), order


def _other_layouts(tensor: Tensor, labels: Labels) -> set[Perm]:
    """The orders of dimensions that are read and not produced."""
    orders = {tensor.order(labels[r] if isinstance(r, int) else r) for r in tensor.readers}
    made = tensor.producer
    return orders - {tensor.order(labels[made] if isinstance(made, int) else made)}
