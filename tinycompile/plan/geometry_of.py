"""The geometry of a Graph: what `peak` needs of it, with the kernels of a core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from tinycompile.ir import Graph, Node, Region
from tinycompile.ops import Kernel, Site, kernels_of
from tinycompile.ops.spatial import Window
from tinycompile.plan.geometry import Geometry, Layer, Plane
from tinycompile.plan.parts import part_call
from tinycompile.plan.select import Choice, select
from tinycompile.plan.share import Storage, share
from tinycompile.target import Core


def geometry_of(graph: Graph, core: Core) -> Geometry:
    """The geometry, with the least scratch and the most sharing in place of all kernels that may be chosen.

    Raises:
        ValueError: batches, several results, joined or divided buffers, images that are read in two shapes.
    """
    return _Reading(graph, core).geometry()


@dataclass(frozen=True, eq=False)
class _Reading:
    graph: Graph
    core: Core

    def geometry(self) -> Geometry:
        calls = self.storage.calls
        layers = tuple(self._layer(node) for node in calls)
        planes = tuple(self._plane(buffer) for buffer in range(len(self.storage.sizes)))
        inputs, outputs = (
            tuple(map(self._buffer, names)) for names in (self.graph.inputs, self.graph.outputs)
        )
        return Geometry(planes, layers, inputs, outputs)

    @cached_property
    def storage(self) -> Storage:
        return share(self.graph, join=True)

    @cached_property
    def choices(self) -> Mapping[Node, Choice]:
        return select(self.graph, self.core)

    def _buffer(self, name: str) -> int:
        if not self.storage.whole(self.graph, name):
            raise ValueError(f"'{name}' is a part of a buffer")
        return self.storage.place[name][0]

    @cached_property
    def seen(self) -> frozenset[str]:
        """The values that calls read and make."""
        return frozenset(n for node in self.storage.calls for n in (*node.inputs, *node.outputs))

    def _plane(self, buffer: int) -> Plane:
        """Its shape as an image where calls see it as one."""
        names = [n for n, (at, _) in self.storage.place.items() if at == buffer]
        types = [self.graph.type(n) for n in ([n for n in names if n in self.seen] or names)]
        images = {t.shape: t for t in types if t.rank == 4 and t.elements}
        if any(t.shape[0] != 1 for t in images.values()):
            raise ValueError("a batch of several samples")
        tall = [t for t in images.values() if t.shape[1:3] != (1, 1)]
        if len(tall) > 1:
            raise ValueError("a buffer that holds images of two shapes")
        for type_ in (*tall, *images.values()):
            _, height, width, channels = type_.shape
            return Plane(height, width, channels, type_.dtype.itemsize)
        return Plane(1, 1, types[0].elements, types[0].dtype.itemsize)

    def _layer(self, node: Node) -> Layer:
        graph = self.graph
        if len(node.outputs) != 1:
            raise ValueError(f"{node.op.name} has several results")
        ins, outs = graph.in_types(node), graph.out_types(node)
        window, rows, whole = self._window(node)
        site = Site(node.op, ins, outs, graph.consts(node), self.core)
        able = [k for k in kernels_of(type(node.op)) if k.requires <= self.core.features and k.accepts(site)]
        shared = {x for kernel in able for x, _ in kernel.in_place(site)}
        return Layer(
            tuple(self._buffer(node.inputs[x]) for x in rows),
            self._buffer(node.outputs[0]),
            window,
            tuple(self._buffer(node.inputs[x]) for x in whole),
            tuple(self._buffer(node.inputs[x]) for x in sorted(shared) if x in (*rows, *whole)),
            window is not None and self._overwrites(node, able),
            node.op.fold(ins, outs) is not None,
            macs=node.op.macs(ins, outs),
            scratch=min((kernel.scratch(site) for kernel in able), default=0),
            likely=self.choices[node].plain.scratch(site),
        )

    def _window(self, node: Node) -> tuple[Window | None, list[int], list[int]]:
        """(window, operands read through it, operands read whole)."""
        at_run_time = [x for x, n in enumerate(node.inputs) if not self.graph.values[n].is_const]
        out = self.graph.out_types(node)[0]
        ins = self.graph.in_types(node)
        if out.rank != 4 or out.shape[0] != 1 or not out.elements:
            return None, at_run_time, []
        row = out.shape[1] // 2
        call = part_call(node.op, Region((row, row + 1), (0, out.shape[2])), ins, (out,))
        rows = [x for x in at_run_time if call is not None and call.needs[x] is not None]
        if not rows:
            return None, at_run_time, []
        window = getattr(node.op, "window", None)
        if not isinstance(window, Window):
            if node.op.row_reach(ins) != (1, 0, 1):
                raise ValueError(f"{node.op.name} reads rows in a way of its own")
            window = Window((1, 1))
        return window, rows, [x for x in at_run_time if x not in rows]

    def _overwrites(self, node: Node, able: list[Kernel]) -> bool:
        """Whether a row of the result may take the place of a row of an operand of its shape."""
        out = self.graph.out_types(node)[0]
        row = out.shape[1] // 2
        call = part_call(
            node.op, Region((row, row + 1), (0, out.shape[2])), self.graph.in_types(node), (out,)
        )
        if call is None:
            return False
        site = Site(call.op, call.ins, call.outs, self.graph.consts(node), self.core)
        return any(
            call.ins[x].shape == call.outs[0].shape
            for kernel in able
            if kernel.accepts(site)
            for x, _ in kernel.in_place(site)
        )
