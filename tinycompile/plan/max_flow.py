"""Maximum flow between two nodes of a directed network (Dinic 1970), integer capacities."""

from __future__ import annotations

from collections import deque


class FlowNetwork:
    """A directed network over the nodes 0 .. ``count`` - 1."""

    def __init__(self, count: int) -> None:
        self._edges: list[list[int]] = [[] for _ in range(count)]
        self._heads: list[int] = []
        self._room: list[int] = []

    def add(self, tail: int, head: int, capacity: int) -> None:
        """Add an edge; its reverse edge stands next to it, so that ``edge ^ 1`` names the reverse."""
        self._edges[tail].append(len(self._heads))
        self._edges[head].append(len(self._heads) + 1)
        self._heads += [head, tail]
        self._room += [capacity, 0]

    def max_flow(self, source: int, sink: int) -> int:
        """Return the greatest flow, which is the least cut, from ``source`` to ``sink``."""
        total = 0
        while (level := self._levels(source, sink)) is not None:
            unused = [list(edges) for edges in self._edges]
            while (path := self._path(source, sink, level, unused)) is not None:
                amount = min(self._room[edge] for edge in path)
                for edge in path:
                    self._room[edge] -= amount
                    self._room[edge ^ 1] += amount
                total += amount
        return total

    def _levels(self, source: int, sink: int) -> list[int] | None:
        level = [-1] * len(self._edges)
        level[source] = 0
        queue = deque([source])
        while queue and level[sink] < 0:
            node = queue.popleft()
            for edge in self._edges[node]:
                head = self._heads[edge]
                if self._room[edge] and level[head] < 0:
                    level[head] = level[node] + 1
                    queue.append(head)
        return level if level[sink] >= 0 else None

    def _path(self, source: int, sink: int, level: list[int], unused: list[list[int]]) -> list[int] | None:
        """Return the edges of a path that climbs the levels; edges that lead nowhere are dropped for good."""
        path: list[int] = []
        node = source
        while node != sink:
            if unused[node]:
                edge = unused[node][-1]
                head = self._heads[edge]
                if self._room[edge] and level[head] == level[node] + 1:
                    path.append(edge)
                    node = head
                else:
                    unused[node].pop()
            elif path:
                edge = path.pop()
                node = self._heads[edge ^ 1]
                unused[node].pop()
            else:
                return None
        return path
