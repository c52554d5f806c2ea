"""Networks with many branches: two-path residual nets, Inception, NASNet-A, DARTS and RandWire."""

from __future__ import annotations

from collections.abc import Callable

import networkx as nx

from tests.networks.sketch import Sketch

#: Operator and state that each half of a node reads, two halves a node (Liu, Simonyan, Yang 2019).
_Genotype = tuple[tuple[str, int], ...]
_DARTS: dict[str, tuple[_Genotype, _Genotype]] = {
    "v1": (
        (
            ("sep3", 1), ("sep3", 0), ("skip", 0), ("sep3", 1),
            ("skip", 0), ("sep3", 1), ("sep3", 0), ("skip", 2),
        ),
        (
            ("max", 0), ("max", 1), ("skip", 2), ("max", 0),
            ("max", 0), ("skip", 2), ("skip", 2), ("mean", 0),
        ),
    ),
    "v2": (
        (
            ("sep3", 0), ("sep3", 1), ("sep3", 0), ("sep3", 1),
            ("sep3", 1), ("skip", 0), ("skip", 0), ("dil3", 2),
        ),
        (
            ("max", 0), ("max", 1), ("skip", 2), ("max", 1),
            ("max", 0), ("skip", 2), ("skip", 2), ("max", 1),
        ),
    ),
}  # fmt: skip


def two_path(blocks: int = 12, size: int = 32, channels: int = 16) -> Sketch:
    """Residual blocks with two paths of different kernels beside the identity (as Shake-Shake, PolyNet)."""
    s = Sketch("two_path")
    x = s.conv(s.input(size, size, 3), channels, 3)
    for block in range(blocks):
        stride = 2 if block and block % (blocks // 3) == 0 else 1
        channels *= stride
        paths = []
        for kernel in (3, 5):
            y = s.relu(s.conv(s.relu(x), channels // 2, 1, stride))
            paths.append(s.conv(s.relu(s.conv(y, channels // 2, kernel)), channels))
        short = x if stride == 1 else s.conv(x, channels, 1, stride)
        x = s.add(short, *paths)
    return s.finish(s.relu(x))


def _inception_cell(s: Sketch, x: int, width: int) -> int:
    def conv(y: int, channels: int, kernel: int) -> int:
        return s.relu(s.conv(y, channels, kernel))

    a = conv(x, width, 1)
    b = conv(conv(x, 3 * width // 4, 1), width, 5)
    c = conv(conv(conv(x, width, 1), 3 * width // 2, 3), 3 * width // 2, 3)
    wide = conv(x, 3 * width // 2, 1)
    d = [conv(wide, width, 3), conv(wide, width, 3)]
    return s.concat(a, b, c, *d, conv(s.pool(x, "mean"), width // 2, 1))


def inception(cells: int = 6, size: int = 28, width: int = 16) -> Sketch:
    """Cells with paths of one to three convolutions, split ends and a pool; grids shrink in two branches."""
    s = Sketch("inception_cells")
    x = s.relu(s.conv(s.input(2 * size, 2 * size, 3), 2 * width, 3, 2))
    for cell in range(cells):
        if cell and cell % 2 == 0:
            y = s.relu(s.conv(s.relu(s.conv(x, width, 1)), 3 * width // 2, 3))
            parts = s.relu(s.conv(x, 2 * width, 3, 2)), s.relu(s.conv(y, 2 * width, 3, 2))
            x = s.concat(*parts, s.pool(x, "max", 3, 2))
        x = _inception_cell(s, x, width)
    return s.finish(x)


def _halved(s: Sketch, x: int, channels: int) -> int:
    """Two 1x1 convolutions of stride 2, side by side."""
    x = s.relu(x)
    return s.concat(s.conv(x, channels // 2, 1, 2), s.conv(x, channels - channels // 2, 1, 2))


def _adjusted(s: Sketch, before: int, x: int, channels: int) -> tuple[int, int]:
    """The two inputs of a cell at its channels, the older one at the size of the newer."""
    if s.size(before) != s.size(x):
        return _halved(s, before, channels), s.relu_conv(x, channels)
    return s.relu_conv(before, channels), s.relu_conv(x, channels)


def _nasnet_normal(s: Sketch, before: int, x: int, channels: int) -> int:
    p, h = _adjusted(s, before, x, channels)
    return s.concat(
        p,
        s.add(s.separable(h, channels, 5), s.separable(p, channels, 3)),
        s.add(s.separable(p, channels, 5), s.separable(p, channels, 3)),
        s.add(s.pool(h, "mean"), p),
        s.add(s.pool(p, "mean"), s.pool(p, "mean")),
        s.add(s.separable(h, channels, 3), h),
    )


def _nasnet_reduction(s: Sketch, before: int, x: int, channels: int) -> int:
    p, h = _adjusted(s, before, x, channels)
    a = s.add(s.separable(h, channels, 5, 2), s.separable(p, channels, 7, 2))
    b = s.add(s.pool(h, "max", 3, 2), s.separable(p, channels, 7, 2))
    c = s.add(s.pool(h, "mean", 3, 2), s.separable(p, channels, 5, 2))
    d = s.add(s.pool(a, "mean"), b)
    e = s.add(s.separable(a, channels, 3), s.pool(h, "max", 3, 2))
    return s.concat(b, c, d, e)


def nasnet(cells: str = "nnrnnrn", size: int = 32, channels: int = 12) -> Sketch:
    """NASNet-A (Zoph et al. 2018): ``n`` is a normal cell, ``r`` a reduction."""
    s = Sketch("nasnet_a")
    before = x = s.conv(s.input(size, size, 3), 3 * channels, 3)
    for kind in cells:
        channels *= 2 if kind == "r" else 1
        cell = _nasnet_reduction if kind == "r" else _nasnet_normal
        before, x = x, cell(s, before, x, channels)
    return s.finish(s.relu(x))


def _darts_operator(s: Sketch, kind: str, x: int, channels: int, stride: int) -> int:
    match kind:
        case "skip":
            return x if stride == 1 else _halved(s, x, channels)
        case "sep3":
            return s.separable(x, channels, 3, stride)
        case "dil3":
            return s.conv(s.depthwise(s.relu(x), 3, stride, 2), channels)
        case _:
            return s.pool(x, kind, 3, stride)


def darts(version: str, cells: str = "nnrnrn", size: int = 32, channels: int = 16) -> Sketch:
    """The cells DARTS_V1 or DARTS_V2 (Liu, Simonyan, Yang 2019), four nodes each, joined at the end."""
    s = Sketch(f"darts_{version}")
    before = x = s.conv(s.input(size, size, 3), 3 * channels, 3)
    for kind in cells:
        channels *= 2 if kind == "r" else 1
        states = list(_adjusted(s, before, x, channels))
        genotype = _DARTS[version][kind == "r"]
        for first, second in zip(genotype[::2], genotype[1::2], strict=True):
            halves = [
                _darts_operator(s, name, states[of], channels, 2 if kind == "r" and of < 2 else 1)
                for name, of in (first, second)
            ]
            states.append(s.add(*halves))
        before, x = x, s.concat(*states[2:])
    return s.finish(x)


def _watts_strogatz(nodes: int, seed: int) -> nx.DiGraph:
    """WS(nodes, 4, 0.75), every edge from the lower to the higher number."""
    drawn = nx.connected_watts_strogatz_graph(nodes, 4, 0.75, seed=seed)
    graph = nx.DiGraph()
    graph.add_nodes_from(range(nodes))
    graph.add_edges_from((min(edge), max(edge)) for edge in drawn.edges)
    return graph


def _randwire_stage(s: Sketch, x: int, graph: nx.DiGraph, channels: int, whole: bool) -> int:
    values: dict[int, int] = {}
    for node in range(len(graph)):
        inputs = [values[before] for before in sorted(graph.predecessors(node))]
        stride = 1 if inputs else 2
        if whole:  # the sum, the separable convolution: one operator that reads all inputs
            values[node] = s.node(tuple(inputs) or (x,), channels, stride)
        else:
            values[node] = s.separable(s.add(*inputs) if inputs else x, channels, 3, stride, repeats=1)
    ends = [values[node] for node in graph if not graph.out_degree(node)]
    return s.node(tuple(ends), channels, 1) if whole else s.add(*ends)


def randwire(
    nodes: int = 32, stages: int = 3, seed: int = 0, size: int = 32, channels: int = 16, whole: bool = False
) -> Sketch:
    """RandWire (Xie et al. 2019): every node sums its inputs, then ReLU and a separable convolution.

    ``whole`` makes each node a single operator, as the paper draws it.
    """
    s = Sketch(f"randwire_{nodes}x{stages}_{seed}")
    x = s.conv(s.input(size, size, 3), channels, 3)
    for stage in range(stages):
        channels *= 2 if stage else 1
        x = _randwire_stage(s, x, _watts_strogatz(nodes, 100 * seed + stage), channels, whole)
    return s.finish(s.relu(x))


#: Name -> a network of 100 steps and more.
CELLS: dict[str, Callable[[], Sketch]] = {
    "two_path": two_path,
    "inception": inception,
    "nasnet_a": nasnet,
    "darts_v1": lambda: darts("v1"),
    "darts_v2": lambda: darts("v2"),
    "randwire": randwire,
    "randwire_64": lambda: randwire(64, 1),
}
