"""What the plannings of one network have in common: units of the same calls, made by the same kernels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from tinycompile.ir import Graph, Node, Value
from tinycompile.ops import Kernel
from tinycompile.plan.select import Choice
from tinycompile.plan.units import Unit

if TYPE_CHECKING:
    from tinycompile.plan.tilings import Tiling

_Key = tuple[tuple[Node, ...], tuple[Value, ...], tuple[Kernel, ...]]


class KnownUnits:
    """Row units and tilings by their nodes, the values these read and make, and their kernels.

    Forms of a graph share nodes and values as objects wherever they do not differ. All plannings that share
    this are for one core.
    """

    def __init__(self) -> None:
        self._rows: dict[_Key, Unit | None] = {}
        self._tilings: dict[_Key, tuple[Tiling, ...]] = {}

    def row(self, graph: Graph, node: Node, choice: Choice, make: Callable[[], Unit | None]) -> Unit | None:
        """The unit that makes rows of a node."""
        key = _key(graph, (node,), {node: choice})
        if key not in self._rows:
            self._rows[key] = make()
        return self._rows[key]

    def tilings(
        self,
        graph: Graph,
        nodes: Sequence[Node],
        choices: Mapping[Node, Choice],
        make: Callable[[], Sequence[Tiling]],
    ) -> tuple[Tiling, ...]:
        """The tilings of some calls; where they stand in the order may differ."""
        key = _key(graph, nodes, choices)
        if key not in self._tilings:
            self._tilings[key] = tuple(make())
        return self._tilings[key]


def _key(graph: Graph, nodes: Sequence[Node], choices: Mapping[Node, Choice]) -> _Key:
    values = tuple(graph.values[name] for node in nodes for name in (*node.inputs, *node.outputs))
    kernels = tuple(kernel for node in nodes for kernel in (choices[node].plain, choices[node].part))
    return tuple(nodes), values, kernels
