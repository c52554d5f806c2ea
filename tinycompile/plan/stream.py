"""Which runs of nodes can be streamed row by row, and how one row of a node is computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import Graph, Node, Op, Types
from tinycompile.ops import Arg, Data, Site, Struct
from tinycompile.plan.rows import SOURCE, Feed, Links, Occupancy, occupancy
from tinycompile.plan.select import Choice


@dataclass(frozen=True, eq=False)
class RowKernel:
    """A node whose rows can be computed one at a time by its plain kernel.

    Attributes:
        heads, tails: rows at the start and the end that need a parameter block of their own.
        variants: kernel arguments for each of the heads, for the rows between, and for each of the tails.
        scratch: bytes, the largest of any variant.
        reach: per run-time operand (operand, stride, pad, extent).
    """

    node: Node
    heads: int
    tails: int
    variants: tuple[tuple[Arg, ...], ...]
    scratch: int
    reach: tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True, eq=False)
class Stream:
    """Nodes in execution order that form a stream from `source` to the result of the last one."""

    source: str
    kernels: tuple[RowKernel, ...]
    links: Links
    row_bytes: tuple[int, ...]
    occupancy: Occupancy

    @property
    def result(self) -> str:
        """The value that leaves the stream."""
        return self.kernels[-1].node.outputs[0]


def row_types(op: Op, row: int, ins: Types, outs: Types) -> tuple[Op, Types, Types]:
    """The operator and the types of the call that computes `row` alone."""
    form = op.row_form(row, 1, ins, outs)
    if form is None:
        raise ValueError(f"{op.name} has no row form")
    parts = tuple(
        t if need is None else t.with_shape((t.shape[0], need[1] - need[0], *t.shape[2:]))
        for t, need in zip(ins, form.needs, strict=True)
    )
    out = outs[0]
    return form.op, parts, (out.with_shape((out.shape[0], 1, *out.shape[2:])),)


def row_kernel(graph: Graph, node: Node, choice: Choice) -> RowKernel | None:
    """The row form of a node with its chosen plain kernel; None when it has none."""
    ins, outs = graph.in_types(node), graph.out_types(node)
    if len(outs) != 1 or outs[0].rank != 4 or outs[0].shape[0] != 1 or outs[0].shape[1] < 2:
        return None
    reach = _reach(graph, node, ins, outs)
    if reach is None:
        return None
    rows = outs[0].shape[1]
    sites = [_site(choice, node, row, ins, outs) for row in range(rows)]
    if any(not choice.plain.accepts(site) for site in _distinct(sites)):
        return None
    keys = [(site.op, site.ins) for site in sites]
    middle = keys[rows // 2]
    heads = next(i for i in range(rows) if keys[i] == middle)
    tails = next(i for i in range(rows) if keys[rows - 1 - i] == middle)
    if any(key != middle for key in keys[heads : rows - tails]):
        return None
    chosen = [*sites[:heads], sites[rows // 2], *sites[rows - tails :]]
    variants = tuple(choice.plain.args(site) for site in chosen)
    if not all(_alike(variants[0], v) for v in variants):
        return None
    return RowKernel(node, heads, tails, variants, max(choice.plain.scratch(s) for s in chosen), reach)


def _reach(graph: Graph, node: Node, ins: Types, outs: Types) -> tuple[tuple[int, int, int, int], ...] | None:
    """(operand, stride, pad, extent) per run-time operand, checked against the operator's rule row by row."""
    window = getattr(node.op, "window", None)
    stride, pad, extent = (
        (1, 0, 1) if window is None else (window.strides[0], window.pads[0], window.extent[0])
    )
    forms = [node.op.row_form(row, 1, ins, outs) for row in range(outs[0].shape[1])]
    found = []
    for operand, name in enumerate(node.inputs):
        feed = Feed(operand, 0, stride, pad, extent)
        constant = graph.values[name].is_const
        for row, form in enumerate(forms):
            if form is None or (form.needs[operand] is None) != constant:
                return None
            if not constant and form.needs[operand] != feed.rows(row, ins[operand].shape[1]):
                return None
        if not constant:
            found.append((operand, stride, pad, extent))
    return tuple(found) if found else None


def _site(choice: Choice, node: Node, row: int, ins: Types, outs: Types) -> Site:
    op, parts, results = row_types(node.op, row, ins, outs)
    return Site(op, parts, results, choice.site.consts, choice.site.core)


def _distinct(sites: Sequence[Site]) -> list[Site]:
    return list({(s.op, s.ins): s for s in sites}.values())


def _alike(a: tuple[Arg, ...], b: tuple[Arg, ...]) -> bool:
    """True when two argument lists differ in the contents of parameter blocks only."""
    return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))


def _same(a: Arg, b: Arg) -> bool:
    if isinstance(a, Data) and isinstance(b, Data):
        return np.array_equal(a.array, b.array)
    if isinstance(a, Struct) and isinstance(b, Struct):
        return a.ctype == b.ctype
    return a == b


def stream_of(graph: Graph, nodes: Sequence[Node], kernels: Mapping[Node, RowKernel]) -> Stream | None:
    """The nodes as a stream from one value to the last node's result; None when they do not make one."""
    made = {node.outputs[0]: i + 1 for i, node in enumerate(nodes)}
    source: str | None = None
    feeds: list[tuple[Feed, ...]] = []
    for node in nodes:
        if node not in kernels:
            return None
        row: list[Feed] = []
        for operand, stride, pad, extent in kernels[node].reach:
            name = node.inputs[operand]
            if name not in made:
                if source not in (None, name):
                    return None
                source = name
            row.append(Feed(operand, made.get(name, SOURCE), stride, pad, extent))
        feeds.append(tuple(row))
    inside = set(nodes)
    for value in (n.outputs[0] for n in nodes[:-1]):
        readers = graph.consumers[value]
        if not readers or set(readers) - inside or value in graph.outputs:
            return None
    if source is None:
        return None
    types = [graph.type(source), *(graph.type(n.outputs[0]) for n in nodes)]
    links = Links(tuple(t.shape[1] for t in types), tuple(feeds))
    row_bytes = tuple(t.nbytes // t.shape[1] for t in types)
    return Stream(source, tuple(kernels[n] for n in nodes), links, row_bytes, occupancy(links))
