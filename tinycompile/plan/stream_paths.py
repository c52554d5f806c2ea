"""The partition of a network into whole-tensor layers and streams whose fullest moment is least."""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from tinycompile.plan.lives import NEVER
from tinycompile.plan.stage_types import STATE_BYTES
from tinycompile.plan.stream_moments import Moments, Rows


def least_peak(moments: Moments, enough: int = 0) -> int:
    """The least, over all partitions, of the most bytes at any of the moments; NEVER where there is none.

    A partition of at most `enough` bytes ends the search.
    """
    lives, count = moments.lives, moments.count
    between = [sum(lives.sizes[v] for v in alive) for alive in lives.alive]
    best = [NEVER] * (count + 1)
    best[0] = between[0]
    plain = lives.plain if moments.certain else lives.likely
    rest = list(accumulate(reversed(plain), max, initial=0))[::-1]
    known = rest[0]  # what whole tensors behind what has been looked at would need
    if known <= enough:
        return max(known, between[count])
    streams = _Streams(moments)
    for first in range(count):
        reached = max(best[first], between[first])
        if known <= enough:
            break
        if reached >= known:
            continue
        best[first + 1] = min(best[first + 1], max(reached, plain[first]))
        if first in lives.folded:
            best[first + 2] = min(best[first + 2], max(reached, lives.folded[first]))
        for end, load in enumerate(streams.starting_at(first), first + 1):
            if load < best[end]:
                best[end] = min(best[end], max(reached, load))
                known = min(known, max(best[end], rest[end]))
    return max(min(best[count], known), between[count])


class _Streams:
    def __init__(self, moments: Moments) -> None:
        self.moments, self.lives, self.count = moments, moments.lives, moments.count
        held, whole = moments.rings(), moments.whole()
        kept = np.zeros((self.count + 1, held.shape[1]), np.int64)
        if self.lives.leaving is not None:
            held[moments.index[self.lives.leaving]] = 0
        rings, most = self._rings(held)
        self.more = whole - most  # where a result is held whole, not in a ring
        for index, layer in enumerate(moments.layers):
            if layer.output != self.lives.leaving:
                kept[index + 1] += whole[index]
                kept[index + 2 : self.lives.dies[layer.output] + 1] += self.more[index]
        self.before = rings[:-1].copy()
        self.before[1:] += most[:-1]
        self.loads = rings + kept
        if not moments.certain:
            self._expect()
        later = np.arange(held.shape[1]) >= moments.at[:, None]
        self.loads[later] = -NEVER
        self.arrived = held[moments.index[self.lives.fed]] if self.lives.fed is not None else None
        self.ends = self._ends()

    def _expect(self) -> None:
        """Scratch of the layer that is at work, and the counters of all rings."""
        moments, layers = self.moments, self.moments.layers
        self.loads += np.repeat([layer.likely for layer in layers], np.diff(moments.at))
        counted = np.cumsum([0, *(STATE_BYTES * (not layer.elementwise) for layer in layers)])
        self.loads += counted[:, None] + STATE_BYTES
        self.before += counted[:-1, None]

    def _rings(self, held: Rows) -> tuple[Rows, Rows]:
        """(least bytes of rings, most bytes of one ring) over all ways to tile.

        The first is per end of a stream: of the results that are read before it. What a stream from another
        layer than the first needs is at least the difference, less the most that its source may need.
        """
        moments, most = self.moments, held[: self.count].copy()
        rings = np.zeros((self.count + 1, held.shape[1]), np.int64)
        np.cumsum(held[: self.count - 1], axis=0, out=rings[2:])
        limits = moments.limits
        if limits is None or not limits.chains:
            return rings, most
        if not moments.lives.geometry.forced:
            left = held[: self.count - 1] * ~np.array(limits.vanishes[:-1])[:, None]
            np.cumsum(left, axis=0, out=rings[2:])
            return rings, most
        tiled: list[list[tuple[int, Rows]]] = [[] for _ in range(self.count)]
        for chain, waiting in zip(limits.chains, moments.tiled(limits.chains), strict=True):
            source = np.zeros_like(held[0])
            if chain.first:
                source = np.maximum(held[chain.first - 1], waiting)
                if moments.certain:
                    np.maximum(most[chain.first - 1], source, out=most[chain.first - 1])
            if not moments.certain:
                source[moments.at[chain.first] : moments.at[chain.last + 1]] += chain.buffers
            tiled[chain.last].append((chain.first, source))
        for last in range(1, self.count):
            np.add(rings[last], held[last - 1], out=rings[last + 1])
            for first, source in tiled[last]:
                np.minimum(rings[last + 1], rings[first] + source, out=rings[last + 1])
        return rings, most

    def _ends(self) -> list[int]:
        """Per layer the end of the longest stream that may begin with it."""
        lives, layers = self.lives, self.moments.layers
        found, end = [0] * self.count, self.count
        for index in range(self.count - 1, -1, -1):
            layer = layers[index]
            # What is read whole has to be there before: the stream ends in front of its reader.
            whole = [reader for reader in lives.readers[layer.output] if layer.output in layers[reader].aside]
            end = min(end, *whole) if whole else end
            if layer.window is None or any(map(lives.passing, layer.aside)):
                end = index
            found[index] = end
        return found

    def starting_at(self, first: int) -> list[int]:
        """Bytes of the streams [first, first + 1), [first, first + 2), ... at their fullest moment."""
        lives, end, at = self.lives, self.ends[first], self.moments.at
        if end <= first:
            return []
        columns = slice(int(at[first]), int(at[end]))
        loads = self.loads[first + 1 : end + 1, columns] - self.before[first, columns]
        for value in lives.alive[first]:
            inside = max(0, min(lives.dies[value], end) - first)
            loads[:inside] += lives.sizes[value]
            if lives.dies[value] < end:
                loads[inside:] += self._left(value, first)[columns]
            if lives.born[value] >= 0:
                loads[:inside] -= self.more[lives.born[value], columns]
        reading = lives.readers[lives.fed] if lives.fed is not None else []
        if reading and first <= reading[0]:
            assert self.arrived is not None
            loads[reading[-1] - first :] += self.arrived[columns]
        found: list[int] = loads.max(axis=1).tolist()
        if reading and first <= reading[-1]:
            # Rows that arrive are read by one stream only.
            begin, stop = (reading[0], reading[-1]) if first <= reading[0] else (first, end)
            found[begin - first : stop - first] = [NEVER] * len(found[begin - first : stop - first])
        return found

    def _left(self, value: int, first: int) -> Rows:
        """Bytes that are left of a value that dies in a stream; all of them where it is read whole."""
        layers = self.moments.layers
        if any(value in layers[reader].aside for reader in self.lives.readers[value] if reader >= first):
            return np.full(len(self.moments.rows), self.lives.sizes[value], np.int64)
        return self.moments.rest(self.moments.index[value], first)
