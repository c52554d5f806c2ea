"""Order, in-place sharing and offsets: from storage and kernel choices to places in the arena."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tinycompile.ir import Graph, Node
from tinycompile.plan.order import OrderProblem, OrderStep, best_order
from tinycompile.plan.pack import PackItem, pack
from tinycompile.plan.pack_shapes import Shape
from tinycompile.plan.program import Proof
from tinycompile.plan.select import Choice
from tinycompile.plan.share import Storage
from tinycompile.plan.spread import Spread, Spreading, Use
from tinycompile.plan.stream import Stream

#: Every buffer starts at a multiple of this; the arena itself is aligned to 16 bytes.
BUFFER_ALIGN = 8

#: Placements that the packing may try: a few seconds at most, where first fit does not reach the bound.
_PACK_NODES = 25_000


@dataclass(frozen=True)
class Group:
    """Buffers that share one place, one after the other, through in-place calls."""

    buffers: tuple[int, ...]
    size: int
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class PlacedStream:
    """A stream with its places: calls [first, end), offsets of rings, counters and scratch, and its peak."""

    first: int
    end: int
    stream: Stream
    rings: tuple[int, ...]
    state: int
    scratch: Mapping[int, int]
    peak: int


@dataclass(frozen=True, eq=False)
class Layout:
    """A complete decision: the order, who shares, and all offsets.

    Attributes:
        order: nodes with calls, in execution order.
        shared: nodes whose in-place pair shares storage.
        offsets: byte offset per buffer.
        scratch: byte offset of the scratch per node that has any.
        scratch_sizes: bytes of it.
        perms: inputs and outputs whose dimensions are ordered otherwise than in the source model.
        spread: where the arena was spread over several memories, how; else None.
    """

    order: tuple[Node, ...]
    shared: frozenset[Node]
    groups: tuple[Group, ...]
    offsets: Mapping[int, int]
    scratch: Mapping[Node, int]
    scratch_sizes: Mapping[Node, int]
    arena: int
    proof: Proof
    streams: tuple[PlacedStream, ...] = ()
    perms: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    spread: Spreading | None = None


def schedule(
    graph: Graph, choices: Mapping[Node, Choice], storage: Storage, spread: Spread | None = None
) -> Layout:
    """The layout of least arena that the exact order and the packing find.

    With `spread` its buffers are then placed in several memories.
    """
    pairs = {node: _pairs(graph, node, choices[node], storage) for node in storage.calls}
    problem = _order_problem(graph, choices, storage, pairs)
    found = best_order(problem)
    order = tuple(storage.calls[i] for i in found.order)
    lives = _lifetimes(graph, storage, order)
    merges = _possible_merges(graph, storage, order, pairs, lives)
    sharing = _Sharing(choices, storage, order, lives, merges)
    best = sharing.best()
    if spread is not None:
        best = sharing.spread(best, spread)
    proof = Proof(
        found.peak,
        found.lower_bound,
        found.exact,
        best.proof.max_load,
        best.proof.packing,
        best.proof.packing_exact,
    )
    return replace(best, proof=proof)


def _pairs(graph: Graph, node: Node, choice: Choice, storage: Storage) -> tuple[tuple[int, int], ...]:
    """Buffer pairs that the node may let share, whole buffers only."""
    found = []
    for operand, result in choice.pairs:
        x, y = node.inputs[operand], node.outputs[result]
        if storage.whole(graph, x) and storage.whole(graph, y):
            found.append((storage.place[x][0], storage.place[y][0]))
    return tuple(dict.fromkeys(found))


def _order_problem(
    graph: Graph,
    choices: Mapping[Node, Choice],
    storage: Storage,
    pairs: Mapping[Node, tuple[tuple[int, int], ...]],
) -> OrderProblem:
    steps = []
    for node in storage.calls:
        kernel = choices[node].kernel(shared=bool(pairs[node]))
        reads = {storage.place[n][0] for n in node.inputs if n in storage.place}
        writes = {storage.place[n][0] for n in node.outputs}
        steps.append(
            OrderStep(
                tuple(sorted(reads)), tuple(sorted(writes)), kernel.scratch(choices[node].site), pairs[node]
            )
        )
    return OrderProblem(
        tuple(steps),
        storage.sizes,
        keep=frozenset(storage.place[n][0] for n in graph.outputs),
        start=frozenset(storage.place[n][0] for n in graph.inputs),
    )


def _lifetimes(graph: Graph, storage: Storage, order: tuple[Node, ...]) -> dict[int, tuple[int, int]]:
    """Half-open step interval per buffer; inputs live from 0, outputs to the end."""
    lives: dict[int, tuple[int, int]] = {storage.place[n][0]: (0, 1) for n in graph.inputs}
    for step, node in enumerate(order):
        for name in (*node.inputs, *node.outputs):
            if name in storage.place:
                buffer = storage.place[name][0]
                lives[buffer] = (lives.get(buffer, (step, 0))[0], step + 1)
    for name in graph.outputs:
        buffer = storage.place[name][0]
        lives[buffer] = (lives[buffer][0], max(1, len(order)))
    return lives


def _possible_merges(
    graph: Graph,
    storage: Storage,
    order: tuple[Node, ...],
    pairs: Mapping[Node, tuple[tuple[int, int], ...]],
    lives: Mapping[int, tuple[int, int]],
) -> dict[Node, tuple[int, int]]:
    """At most one pair per node, whose operand dies at the node and whose result is born there."""
    kept = {storage.place[n][0] for n in graph.outputs}
    merges: dict[Node, tuple[int, int]] = {}
    for step, node in enumerate(order):
        able = [
            (x, y)
            for x, y in pairs[node]
            if lives[x][1] == step + 1 and lives[y][0] == step and x not in kept and x != y
        ]
        if able:
            # The largest operand gains most; the first of equals keeps the result deterministic.
            merges[node] = max(able, key=lambda pair: storage.sizes[pair[0]])
    return merges


@dataclass(frozen=True, eq=False)
class _Sharing:
    choices: Mapping[Node, Choice]
    storage: Storage
    order: tuple[Node, ...]
    lives: Mapping[int, tuple[int, int]]
    merges: Mapping[Node, tuple[int, int]]

    def best(self) -> Layout:
        """The least arena found over which pairs share; those of equal sizes never lose by it."""
        unequal = [
            node
            for node in sorted(self.merges, key=self.order.index)
            if self.storage.sizes[self.merges[node][0]] != self.storage.sizes[self.merges[node][1]]
        ]
        every = frozenset(self.merges)
        found = [self.layout(every)]
        if unequal:
            found.append(self.layout(every.difference(unequal)))
        best = min(found, key=lambda layout: layout.arena)
        for node in unequal:
            trial = self.layout(best.shared ^ {node})
            if trial.arena < best.arena:
                best = trial
        return best

    def layout(self, shared: frozenset[Node]) -> Layout:
        """Pack with exactly the pairs of `shared` sharing storage."""
        groups = self._groups(shared)
        items = [PackItem(g.size, BUFFER_ALIGN, g.start, g.end) for g in groups]
        scratch_sizes: dict[Node, int] = {}
        for node in self.order:
            choice = self.choices[node]
            size = choice.kernel(node in shared).scratch(choice.site)
            if size:
                scratch_sizes[node] = size
        steps = {node: step for step, node in enumerate(self.order)}
        items += [PackItem(size, BUFFER_ALIGN, steps[n], steps[n] + 1) for n, size in scratch_sizes.items()]
        packed = pack(items, node_limit=_PACK_NODES)
        offsets = {b: packed.offsets[i] for i, g in enumerate(groups) for b in g.buffers}
        scratch = dict(zip(scratch_sizes, packed.offsets[len(groups) :], strict=True))
        proof = Proof(0, 0, False, packed.max_load, packed.method, packed.proven_optimal)
        return Layout(self.order, shared, groups, offsets, scratch, scratch_sizes, packed.peak, proof)

    def spread(self, layout: Layout, spread: Spread) -> Layout:
        """The layout with its groups and scratch in several memories."""
        nodes = tuple(layout.scratch_sizes)
        steps = {node: step for step, node in enumerate(self.order)}
        spans = [(g.size, g.start, g.end) for g in layout.groups]
        spans += [(layout.scratch_sizes[n], steps[n], steps[n] + 1) for n in nodes]
        shapes = [Shape(s, BUFFER_ALIGN, ((a, b, 0, s),) if s else ()) for s, a, b in spans]
        uses = [Use(buffers=g.buffers) for g in layout.groups] + [Use(scratch=(n,)) for n in nodes]
        packed = spread.pack(shapes, uses)
        return replace(
            layout,
            offsets={b: packed.offsets[i] for i, g in enumerate(layout.groups) for b in g.buffers},
            scratch=dict(zip(nodes, packed.offsets[len(layout.groups) :], strict=True)),
            arena=packed.arena,
            proof=replace(layout.proof, packing=packed.method, packing_exact=packed.proven_optimal),
            spread=packed,
        )

    def _groups(self, shared: frozenset[Node]) -> tuple[Group, ...]:
        follower = {x: y for node, (x, y) in self.merges.items() if node in shared}
        heads = [b for b in self.lives if b not in set(follower.values())]
        groups = []
        for head in heads:
            chain = [head]
            while chain[-1] in follower:
                chain.append(follower[chain[-1]])
            groups.append(
                Group(
                    tuple(chain),
                    max(self.storage.sizes[b] for b in chain),
                    self.lives[chain[0]][0],
                    self.lives[chain[-1]][1],
                )
            )
        return tuple(groups)
