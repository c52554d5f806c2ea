"""Whether a set of shapes fits into one memory: load first, then first fit, then the searches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tinycompile.plan.pack import PackItem, pack
from tinycompile.plan.pack_shape_conflicts import Conflicts
from tinycompile.plan.pack_shape_greedy import Placer, Recipe
from tinycompile.plan.pack_shapes import Shape, pack_shapes

#: Clusters by their index, as a set that can be a key.
Members = frozenset[int]
#: Offsets of shapes by their index.
Offsets = dict[int, int]

#: Placements of the exact search for buffers and decisions of that for shapes, for one set.
_NODES = 2_000
_EFFORT = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """Offsets, or None; `certain` when None is a proof rather than the end of a search."""

    offsets: Offsets | None
    certain: bool = True


@dataclass(slots=True)
class Oracle:
    """Answers for clusters: shapes that must share a memory, `clusters` giving their indices.

    Answers are kept, so that the searches may ask the same again; `attempts` counts the packings computed.
    """

    shapes: Sequence[Shape]
    clusters: Sequence[tuple[int, ...]]
    attempts: int = 0
    loads: NDArray[np.int64] = field(init=False)
    _known: dict[tuple[Members, int], Answer] = field(default_factory=dict)
    _smallest: dict[Members, Offsets] = field(default_factory=dict)
    _placer: Placer | None = None

    def __post_init__(self) -> None:
        edges = sorted({t for shape in self.shapes for start, end, *_ in shape.spans for t in (start, end)})
        at = {step: index for index, step in enumerate(edges)}
        self.loads = np.zeros((len(self.clusters), max(1, len(edges))), np.int64)
        for row, cluster in zip(self.loads, self.clusters, strict=True):
            for start, end, low, high in (s for i in cluster for s in self.shapes[i].spans):
                row[at[start] : at[end]] += high - low

    def load(self, members: Iterable[int]) -> int:
        """The largest sum of occupied bytes at one step."""
        rows = self.loads[list(members)]
        return int(rows.sum(axis=0).max()) if len(rows) else 0

    def largest(self, cluster: int) -> int:
        """Bytes of the cluster's largest shape."""
        return max(self.shapes[i].size for i in self.clusters[cluster])

    def meet(self, a: int, b: int) -> bool:
        """Whether the clusters are alive together at some step."""
        return bool(((self.loads[a] > 0) & (self.loads[b] > 0)).any())

    def may_fit(self, members: Members, capacity: int) -> bool:
        """Whether load and sizes leave a chance."""
        return max(map(self.largest, members), default=0) <= capacity and self.load(members) <= capacity

    def fit(self, members: Members, capacity: int) -> Answer:
        """Offsets of all shapes of the clusters below `capacity`."""
        if not self.may_fit(members, capacity):
            return Answer(None)
        key = (members, capacity)
        if key not in self._known:
            self.attempts += 1
            self._known[key] = self._answer(members, capacity)
        return self._known[key]

    def knows(self, members: Members, capacity: int) -> bool:
        """Whether `fit` answers without a new attempt."""
        return (members, capacity) in self._known or not self.may_fit(members, capacity)

    def smallest(self, members: Members) -> Offsets:
        """Offsets with the lowest peak that the searches find, whatever the capacity."""
        if members not in self._smallest:
            self._smallest[members] = self._packed(members)
        return self._smallest[members]

    def _packed(self, members: Members) -> Offsets:
        chosen = self._chosen(members)
        shapes = [self.shapes[i] for i in chosen]
        items = _items(shapes)
        offsets = pack_shapes(shapes).offsets if items is None else pack(items).offsets
        return dict(zip(chosen, offsets, strict=True))

    def peak(self, offsets: Offsets) -> int:
        """Bytes up to the end of the highest shape."""
        return max((offset + self.shapes[i].size for i, offset in offsets.items()), default=0)

    def _chosen(self, members: Members) -> list[int]:
        return sorted(i for cluster in members for i in self.clusters[cluster])

    def _answer(self, members: Members, capacity: int) -> Answer:
        chosen = self._chosen(members)
        shapes = [self.shapes[i] for i in chosen]
        items = _items(shapes)
        if items is None:
            quick = self._greedy(chosen, capacity)
            if quick is not None:
                return Answer(quick)
            found = pack_shapes(shapes, capacity=capacity, effort=_EFFORT)
            return self._judged(chosen, found.offsets, found.peak, capacity, certain=found.bound > capacity)
        packed = pack(items, node_limit=_NODES, capacity=capacity)
        return self._judged(chosen, packed.offsets, packed.peak, capacity, certain=packed.proven_optimal)

    def _greedy(self, chosen: list[int], capacity: int) -> Offsets | None:
        """First fit in a few orders; the distances between shapes are those of the whole instance."""
        if self._placer is None:
            self._placer = Placer(self.shapes, Conflicts.of(self.shapes))
        for key in (lambda i: -self.shapes[i].size, lambda i: -self.shapes[i].area):
            order = tuple(sorted(chosen, key=lambda i, key=key: (key(i), i)))  # type: ignore[misc]
            placed = self._placer.place(Recipe(order, frozenset(), 0), capacity)
            if placed is not None:
                return {i: placed[1][i] for i in chosen}
        return None

    def _judged(
        self, chosen: list[int], offsets: Sequence[int], peak: int, capacity: int, certain: bool
    ) -> Answer:
        if peak <= capacity:
            return Answer(dict(zip(chosen, offsets, strict=True)))
        return Answer(None, certain)


def _items(shapes: Sequence[Shape]) -> list[PackItem] | None:
    """The shapes as plain buffers; None when one of them varies over time."""
    items = []
    for shape in shapes:
        if not shape.spans:
            items.append(PackItem(0, shape.align, 0, 1))
        elif len(shape.spans) == 1 and shape.spans[0][2:] == (0, shape.size):
            items.append(PackItem(shape.size, shape.align, shape.start, shape.end))
        else:
            return None
    return items
