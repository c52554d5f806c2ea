"""From bytes and counts to pixels: axes, ticks, numbers in SVG attributes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_KIB = 1 << 10
#: A character of the pages' small labels is about this wide, in pixels.
CHAR = 6.2


def px(value: float) -> str:
    """A coordinate with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


@dataclass(frozen=True)
class Tick:
    """A place on an axis and what it says."""

    at: float
    label: str


@dataclass(frozen=True)
class Axis:
    """Values `least` to `full` over pixels `start` to `end` (which may run backwards, as addresses up do)."""

    start: float
    end: float
    full: float
    least: float = 0.0

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        span = self.full - self.least
        return self.start + (self.end - self.start) * ((value - self.least) / span if span else 0.0)

    def bytes(self, most: int = 6) -> tuple[Tick, ...]:
        """At most `most` ticks above 0, at powers of two or of two times five bytes or KiB."""
        step = next(s for s in _binary() if self.full / s <= most)
        whole = step % _KIB == 0
        values = range(0, int(self.full) + 1, step)
        return tuple(
            Tick(self(v), f"{v // _KIB} KiB" if whole and v else f"{v} B" if v else "0") for v in values
        )

    def numbers(self, most: int = 6) -> tuple[Tick, ...]:
        """At most `most` ticks or one more, at multiples of 1, 2 or 5 times a power of ten."""
        step = next(s for s in _decimal() if (self.full - self.least) / s <= most)
        numbers = range(math.ceil(self.least / step), math.floor(self.full / step) + 1)
        return tuple(Tick(self(i * step), short_number(i * step)) for i in numbers)


def step_ticks(count: int, width: float, first: float) -> tuple[Tick, ...]:
    """Numbers under columns of `width` pixels from `first` on, as many as are readable."""
    every = next(n for n in _whole() if n * width >= 4.5 * CHAR)
    return tuple(Tick(first + (i + 0.5) * width, str(i)) for i in range(0, count, every))


def stairs(points: Sequence[tuple[float, float]], across: Axis, up: Axis, *, rising: bool = False) -> str:
    """An SVG path through the points that beat all to their left: lower ones, or higher ones if `rising`."""
    sign = -1.0 if rising else 1.0
    path, best = "", math.inf
    for size, value in sorted(points, key=lambda point: (point[0], sign * point[1])):
        if sign * value < best:
            x, y = f"{across(size):.2f}", f"{up(value):.2f}"
            path += f"H{x}V{y}" if path else f"M{x} {y}"
            best = sign * value
    return path


def short_number(value: float) -> str:
    """`12.5M`, `300k`, `40`."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g}{unit}"
    return f"{value:.3g}"


def fitted(text: str, width: float) -> str:
    """The text, or as much of its end as `width` pixels take; empty where that would say too little."""
    room = int((width - 6) / CHAR)
    if len(text) <= room:
        return text
    return "" if room < 10 else "…" + text[len(text) - room + 1 :]


def _binary() -> Iterator[int]:
    step = 1
    while True:
        yield step
        step *= 2


def _decimal() -> Iterator[float]:
    power = 1e-6
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def _whole() -> Iterator[int]:
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10
