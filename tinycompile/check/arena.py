"""An arena of tags: every byte says which byte of which value it holds, and how long it will be needed.

Each byte of each value has a tag of its own. Writing puts tags, reading compares them, so that a byte that
was never written, was overwritten, or stands elsewhere is seen wherever it came from.
"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
import numpy.typing as npt

from tinycompile.check.codes import WRONG_BYTES, WRONG_PLACE, Who
from tinycompile.ir import TensorType

Tags = npt.NDArray[np.int64]
Range = tuple[int, int]

_NOTHING = -1
_SCRATCH = -2


class Arena:
    """`size` bytes of tags; `time` counts the moments at which something is read or written."""

    def __init__(self, size: int) -> None:
        self.size, self.time, self.high_water = size, 0, 0
        self.held = np.full(size, _NOTHING, np.int64)
        self._numbers: dict[str, Tags] = {}
        self._bases: list[int] = []
        self._names: list[str] = []
        self._next = 0
        self._born = np.zeros(size, np.int64)
        self._read = np.full(size, -1, np.int64)
        self._change = np.zeros(1 << 12, np.int64)

    def number(self, value: str, type_: TensorType) -> None:
        """Give every byte of a new value a tag: an array [*shape, bytes of an element]."""
        tags = np.arange(self._next, self._next + type_.nbytes, dtype=np.int64)
        self._bases.append(self._next)
        self._names.append(value)
        self._next += type_.nbytes
        self.see(value, tags.reshape(*type_.shape, type_.dtype.itemsize))

    def see(self, value: str, tags: Tags) -> None:
        """A value that shows the bytes of others."""
        self._numbers[value] = tags

    def knows(self, value: str) -> bool:
        """Whether a value has tags."""
        return value in self._numbers

    def tags(self, value: str) -> Tags:
        """The tags of a value, [*shape, bytes of an element]."""
        return self._numbers[value]

    def part(self, value: str, rows: Range, cols: Range) -> Tags:
        """The tags of a part of an image."""
        return self._numbers[value][:, rows[0] : rows[1], cols[0] : cols[1]]

    def tick(self) -> None:
        """The next moment."""
        self.time += 1
        if self.time + 2 >= len(self._change):
            self._change = np.concatenate([self._change, np.zeros_like(self._change)])

    def inside(self, start: int, end: int, what: str, who: Who) -> None:
        """Refuse a range that leaves the arena."""
        if start < 0 or end > self.size:
            message = f"has {what} at [{start}, {end}), which leaves the arena of {self.size} bytes"
            raise who.error(WRONG_PLACE, message)
        self.high_water = max(self.high_water, end)

    def write(self, start: int, tags: Tags, what: str, who: Who) -> None:
        """Put tags at byte `start`."""
        end = start + tags.size
        self.inside(start, end, what, who)
        self._end(slice(start, end))
        self.held[start:end] = tags.reshape(-1)

    def expect(self, start: int, tags: Tags, what: str, who: Who, moment: int | None = None) -> None:
        """Read at byte `start` what must be there, now or at a moment before."""
        end = start + tags.size
        self.inside(start, end, what, who)
        held = self.held[start:end]
        if not np.array_equal(held.reshape(tags.shape), tags):
            wanted = tags.reshape(-1)
            first = int(np.flatnonzero(held != wanted)[0])
            raise who.error(
                WRONG_BYTES,
                f"reads {what} at [{start}, {end}), but byte {start + first} holds "
                f"{self.owner(int(held[first]))} instead of {self.owner(int(wanted[first]))}",
            )
        self._read[start:end] = self.time if moment is None else moment

    def clear(self, start: int, end: int, what: str, who: Who) -> None:
        """Fill scratch with what nobody may read."""
        self.inside(start, end, what, who)
        self._end(slice(start, end))
        self.held[start:end] = _SCRATCH

    def move(self, source: Rows, target: Rows, who: Who, moment: int | None = None) -> None:
        """Copy runs of bytes in order, each byte by byte from its start; they are read now or at `moment`."""
        now = self.time if moment is None else moment
        self.inside(source.start, source.end, f"the source of a copy of {source.what}", who)
        self.inside(target.start, target.end, f"a copy of {target.what}", who)
        apart = source.end <= target.start or target.end <= source.start
        if apart and source.count:
            found = _strided(self.held, source).copy()
            _strided(self._read, source)[:] = now
            self._end_rows(target)
            _strided(self.held, target)[:] = found
            return
        for index in range(source.count):
            one, other = source.start + index * source.pitch, target.start + index * target.pitch
            if one < other < one + source.size:
                raise who.error(WRONG_BYTES, f"copies {source.what} upwards onto itself")
            self._read[one : one + source.size] = now
            found = self.held[one : one + source.size].copy()
            self._end(slice(other, other + source.size))
            self.held[other : other + source.size] = found

    def owner(self, tag: int) -> str:
        """Which byte of which value a tag stands for."""
        if tag < 0:
            return "nothing" if tag == _NOTHING else "scratch"
        index = bisect_right(self._bases, tag) - 1
        return f"byte {tag - self._bases[index]} of '{self._names[index]}'"

    def take(self, size: int, start: int, end: int) -> None:
        """Bytes of scratch or counters in use in the moments [start, end)."""
        self._change[start] += size
        self._change[end] -= size

    def loads(self) -> npt.NDArray[np.int64]:
        """Per moment the bytes that are still to be read, or in use; for the end of the replay."""
        self.time += 1
        self._end(slice(0, self.size))
        return np.cumsum(self._change)[: self.time]

    def _end(self, where: slice) -> None:
        """The bytes get new contents now: those that were read have lived until their last reading."""
        born, read = self._born[where], self._read[where]
        lived = read >= born
        if lived.any():
            np.add.at(self._change, born[lived], 1)
            # What is overwritten in place by its reader makes room in the same moment.
            np.add.at(self._change, np.minimum(read[lived], self.time - 1) + 1, -1)
        self._born[where] = self.time
        self._read[where] = -1

    def _end_rows(self, rows: Rows) -> None:
        for index in range(rows.count):
            start = rows.start + index * rows.pitch
            self._end(slice(start, start + rows.size))


class Rows:
    """`count` runs of `size` bytes, `pitch` apart; `what` they are of."""

    def __init__(self, start: int, count: int, size: int, pitch: int, what: str) -> None:
        self.start, self.count, self.size, self.pitch, self.what = start, count, size, pitch, what

    @property
    def end(self) -> int:
        """Behind the last byte."""
        return (
            self.start + (self.count - 1) * self.pitch + self.size if self.count and self.size else self.start
        )


def _strided(array: Tags, rows: Rows) -> Tags:
    """The runs as an array [count, size]; within the array by what was checked before."""
    return np.lib.stride_tricks.as_strided(
        array[rows.start :], (rows.count, rows.size), (rows.pitch * array.itemsize, array.itemsize)
    )
