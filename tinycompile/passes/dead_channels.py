"""Channels that are the same for every input, or that nothing reads, and all work on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinycompile.ir import (
    Bounds,
    ChannelSite,
    Constant,
    Graph,
    GraphBuilder,
    Kept,
    Node,
    TensorType,
    Value,
    ValueKind,
)
from tinycompile.ir.channels import channel_count, everything, has_channels, narrowed
from tinycompile.passes.rewrite import Rewriter, rewrite

Masks = dict[str, np.ndarray]


@dataclass(frozen=True)
class RemoveDeadChannels:
    """Remove channels that are constant or unread from their producers and from their readers.

    Forwards, intervals say which channels are constant (`Op.channel_bounds`). Backwards from the graph's
    outputs, masks grow until every operator has the channels that it needs (`Op.kept_channels`); constants
    that convolutions and matrix products can take into their biases are not needed. Results are the same
    for every input. Vectors that are constant as a whole become constants of the graph.

    Requires: integer operators are formed, no dead nodes.
    Ensures: results as before. Inputs and outputs of the graph keep their channels.
    """

    name: str = "remove dead channels"

    def run(self, graph: Graph) -> Graph:
        """The graph on the channels that matter."""
        if any(value.type.elements == 0 for value in graph.values.values()):
            return graph  # there, "no channel is kept" and "all are" would be the same
        sites = channel_sites(graph)
        folded = rewrite(graph, lambda rw, node: _constant_vector(rw, node, sites))
        if folded is not graph:
            return folded
        masks = _masks(graph, sites)
        if all(mask.all() for mask in masks.values()):
            return graph
        return _on_masks(graph, sites, masks)


@dataclass(frozen=True)
class ThinnedLayer:
    """An operator that lost channels of its result: their number before, and how many are left."""

    origin: str
    channels: int
    kept: int


@dataclass(frozen=True)
class Removal:
    """What a removal of channels saved: multiply-accumulates of one run, bytes of the graph's constants."""

    layers: tuple[ThinnedLayer, ...]
    macs: int
    weight_bytes: int

    @property
    def channels(self) -> int:
        """Removed channels of all operators that multiply."""
        return sum(layer.channels - layer.kept for layer in self.layers)


def removal(before: Graph, after: Graph) -> Removal:
    """What `after`, on fewer channels, saves of `before`."""
    layers = []
    for node in before.nodes:
        out = node.outputs[0]
        channels = channel_count(before.type(out))
        kept = channel_count(after.type(out)) if out in after.values else 0
        if kept < channels and node.op.macs(before.in_types(node), before.out_types(node)):
            layers.append(ThinnedLayer(node.origins[-1] if node.origins else out, channels, kept))
    saved = (count(before) - count(after) for count in (_macs, _constant_bytes))
    return Removal(tuple(layers), *saved)


def _macs(graph: Graph) -> int:
    return sum(node.op.macs(graph.in_types(node), graph.out_types(node)) for node in graph.nodes)


def _constant_bytes(graph: Graph) -> int:
    """Equal constants are stored once."""
    data = {_content(value) for value in graph.values.values() if value.is_const}
    return sum(len(content) for _, content in data)


def _content(value: Value) -> tuple[TensorType, bytes]:
    """What makes two constants one."""
    return value.type.with_dtype(value.type.dtype), value.array.tobytes()


def channel_sites(graph: Graph) -> Mapping[str, ChannelSite]:
    """First result of a node -> what is known of its operands; only for nodes on 8-bit channels."""
    bounds: dict[str, Bounds] = {}
    for name, value in graph.values.items():
        if value.data is not None and value.data.size and value.type.dtype.is_integer:
            bounds[name] = Bounds.of_data(value.data)
        elif has_channels(value.type):
            bounds[name] = Bounds.of_type(value.type)
    sites: dict[str, ChannelSite] = {}
    for node in graph.nodes:
        ins, consts = graph.in_types(node), graph.consts(node)
        computed = [t for t, data in zip(ins, consts, strict=True) if data is None]
        simple = len(node.outputs) == 1 and all(n in bounds for n in node.inputs)
        if not simple or not all(map(has_channels, (*computed, *graph.out_types(node)))):
            continue
        at = ChannelSite(ins, graph.out_types(node), consts, tuple(bounds[n] for n in node.inputs))
        sites[node.outputs[0]] = at
        bounds[node.outputs[0]] = node.op.channel_bounds(at) or bounds[node.outputs[0]]
    return sites


def _constant_vector(rw: Rewriter, node: Node, sites: Mapping[str, ChannelSite]) -> Sequence[str] | None:
    """A constant instead of a vector that is the same for every input."""
    at = sites.get(node.outputs[0])
    if at is None or not node.op.foldable or at.outs[0].elements != channel_count(at.outs[0]):
        return None
    bounds = node.op.channel_bounds(at)
    if bounds is None or not bounds.constant.all():
        return None
    type_ = at.outs[0]
    return [rw.const(bounds.low.astype(type_.dtype.numpy).reshape(type_.shape), node.outputs[0], type_.quant)]


def _masks(graph: Graph, sites: Mapping[str, ChannelSite]) -> Masks:
    """The least channels per computed value that satisfy every operator.

    What an operator adds depends on masks that only grow, so the sweeps end, and at the same masks in
    whatever order.
    """
    masks = {name: np.zeros(channel_count(value.type), np.bool_) for name, value in graph.values.items()}
    for name, value in graph.values.items():
        if name in graph.outputs or value.kind not in (ValueKind.TEMP, ValueKind.CONST):
            masks[name][:] = True
    shared = _sharing_weights(graph)
    while True:
        before = sum(int(mask.sum()) for mask in masks.values())
        for node in reversed(graph.nodes):
            kept = _node_kept(graph, sites, node, masks)
            _grow(masks, zip(node.inputs, kept.ins, strict=True))
            _grow(masks, ((out, kept.out) for out in node.outputs))
        for twins in shared:
            nodes = [node for node in twins if masks[node.outputs[0]].any()]
            for names in ([n.inputs[0] for n in nodes], [n.outputs[0] for n in nodes]):
                _grow(masks, [(name, masks[other]) for name in names for other in names])
        if before == sum(int(mask.sum()) for mask in masks.values()):
            return {name: mask for name, mask in masks.items() if not graph.values[name].is_const}


def _grow(masks: Masks, wanted: Iterable[tuple[str, np.ndarray]]) -> None:
    for name, mask in wanted:
        masks[name] = masks[name] | mask


def _node_kept(graph: Graph, sites: Mapping[str, ChannelSite], node: Node, masks: Masks) -> Kept:
    """What a node asks for at these masks; constant operands start with nothing."""
    ins = tuple(
        masks[n] if graph.values[n].data is None else np.zeros(channel_count(graph.type(n)), np.bool_)
        for n in node.inputs
    )
    at = sites.get(node.outputs[0])
    if at is not None:
        return node.op.kept_channels(at, Kept(ins, masks[node.outputs[0]]))
    read = any(bool(masks[out].any()) for out in node.outputs)
    return everything(Kept(ins, np.full(1, read)))


def _sharing_weights(graph: Graph) -> tuple[tuple[Node, ...], ...]:
    """Nodes that read equal weights: they keep the same channels, so that one copy still serves all."""
    readers: dict[tuple[TensorType, bytes, int, int], list[Node]] = defaultdict(list)
    for node in graph.nodes:
        if node.op.weight_operand is not None:
            w = graph.values[node.inputs[node.op.weight_operand[0]]]
            x, y = (channel_count(graph.type(n)) for n in (node.inputs[0], node.outputs[0]))
            if w.is_const:
                readers[*_content(w), x, y].append(node)
    return tuple(tuple(nodes) for nodes in readers.values() if len(nodes) > 1)


def _on_masks(graph: Graph, sites: Mapping[str, ChannelSite], masks: Masks) -> Graph:
    """The graph on the kept channels; nodes of which nothing is kept are gone."""
    b = GraphBuilder(graph.name)
    b.values = dict(graph.values)
    for name, mask in masks.items():
        value = graph.values[name]
        if value.kind is ValueKind.TEMP and mask.any():
            b.values[name] = replace(value, type=narrowed(value.type, mask))
    nodes = []
    for node in graph.nodes:
        if not any(masks[out].any() for out in node.outputs):
            continue
        at = sites.get(node.outputs[0])
        whole = all(masks[n].all() for n in (*node.inputs, *node.outputs) if n in masks)
        if at is not None and not whole:
            node = _on_channels(b, node, at, _node_kept(graph, sites, node, masks))
        nodes.append(node)
    return graph.replaced(nodes=nodes, values=b.values)


def _on_channels(b: GraphBuilder, node: Node, at: ChannelSite, kept: Kept) -> Node:
    found = node.op.on_channels(at, kept)
    operands = [
        b.const(operand.data, f"{node.outputs[0]}.kept", operand.quant)
        if isinstance(operand, Constant)
        else node.inputs[operand]
        for operand in found.operands
    ]
    return replace(node, op=found.op, inputs=tuple(operands))
