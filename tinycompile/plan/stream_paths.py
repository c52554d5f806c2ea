"""The partition of a network into whole-tensor layers and streams whose fullest moment is least."""

from __future__ import annotations

import numpy as np

from tinycompile.plan.stream_moments import NEVER, Bytes, Lives, Moments


def least_peak(moments: Moments) -> int:
    """The least, over all partitions, of the most bytes at any of the moments; NEVER where there is none."""
    lives, count = moments.lives, moments.count
    best = [NEVER] * (count + 1)
    best[0] = 0
    costs = _Streams(moments)
    for first in range(count):
        best[first + 1] = min(best[first + 1], max(best[first], lives.plain[first]))
        found = costs.starting_at(first)
        for end, cost in enumerate(found.tolist(), first + 1):
            peak = max(best[first], cost)
            if peak < best[end]:
                best[end] = peak
    return best[count]


class _Streams:
    def __init__(self, moments: Moments) -> None:
        self.moments, self.lives, self.count = moments, moments.lives, moments.count
        width = len(moments.rows)
        rings = np.zeros((self.count + 1, width), np.int64)
        kept = np.zeros((self.count + 1, width), np.int64)
        self.kept: dict[int, Bytes] = {}  # value -> bytes more where it is held whole than in a ring
        for index, layer in enumerate(moments.layers):
            value = layer.output
            if value == self.lives.leaving:
                continue
            rings[index + 1] = ring = moments.ring(index)
            self.kept[value] = moments.whole(index) - ring
            kept[index + 1 : self.lives.dies[value] + 1] += self.kept[value]
        np.cumsum(rings, axis=0, out=rings)
        self.loads = rings + kept
        if self.lives.fed is not None:
            self.arrived = moments.fed(self.lives.fed)
        ends = np.arange(self.count + 1)[:, None] * moments.step
        self.loads[np.arange(width)[None, :] >= ends] = -NEVER
        self.rings = rings
        self.ends = self._ends()

    def _ends(self) -> list[int]:
        """Per layer the end of the longest stream that may begin with it."""
        lives, layers = self.lives, self.moments.layers
        found, end = [0] * self.count, self.count
        for index in range(self.count - 1, -1, -1):
            layer = layers[index]
            # What is read whole has to be there before: the stream ends in front of its reader.
            for value in layer.aside:
                if value == lives.fed or value == lives.leaving:
                    end = min(end, index)
            if layer.window is None:
                end = index
            found[index] = end
        for index in range(self.count - 1, -1, -1):
            made = layers[index].output
            for reader in lives.readers[made]:
                if made in layers[reader].aside:
                    found[index] = min(found[index], reader)
            if index + 1 < self.count:
                found[index] = min(found[index], max(found[index + 1], index))
        return found

    def starting_at(self, first: int) -> Bytes:
        """Bytes of the streams [first, first + 1), [first, first + 2), ... at their fullest moment."""
        lives, end, at = self.lives, self.ends[first], first * self.moments.step
        if end <= first:
            return np.zeros(0, np.int64)
        loads = (
            self.loads[first + 1 : end + 1, at : end * self.moments.step]
            - self.rings[first, at : end * self.moments.step]
        )
        for value in lives.alive[first]:
            size, dies = lives.sizes[value], lives.dies[value]
            inside = max(0, min(dies, end) - first)
            loads[:inside] += size
            if dies < end:
                loads[inside:] += self.moments.rest(value, first)[at : end * self.moments.step]
            if value in self.kept:
                loads[:inside] -= self.kept[value][at : end * self.moments.step]
        readers = lives.readers[lives.fed] if lives.fed is not None else []
        if readers and first <= readers[0]:
            loads[max(0, readers[-1] - first) :] += self.arrived[at : end * self.moments.step]
        found = loads.max(axis=1)
        if readers and first <= readers[-1]:
            begin = readers[0] - first if first <= readers[0] else 0
            stop = readers[-1] - first if first <= readers[0] else len(found)
            found[begin:stop] = NEVER  # rows that arrive are read by one stream only
        return found
