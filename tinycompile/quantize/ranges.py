"""Ranges of activations over calibration data, and the scales that follow from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import Graph, Quant
from tinycompile.quantize.options import QuantizeOptions
from tinycompile.sim.reference import steps

_BINS = 2048
_MSE_CANDIDATES = 80

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Range:
    """The reals that an int8 tensor shall cover; 0 is always inside, so that padding is exact."""

    low: float
    high: float

    def with_zero(self) -> Range:
        """The range widened to contain 0."""
        return Range(min(self.low, 0.0), max(self.high, 0.0))

    def union(self, other: Range) -> Range:
        """The smallest range that contains both."""
        return Range(min(self.low, other.low), max(self.high, other.high))

    def quant(self) -> Quant:
        """The int8 quantisation that covers the range; a range of 0 alone gets scale 1."""
        wide = self.with_zero()
        span = wide.high - wide.low
        if span <= 0.0:
            return Quant.tensor(1.0, 0)
        scale = max(span / 255.0, float(np.finfo(np.float32).tiny))
        zero = int(np.clip(np.rint(-128.0 - wide.low / scale), -128, 127))
        return Quant.tensor(scale, zero)


def collect(
    graph: Graph,
    names: Iterable[str],
    samples: Mapping[str, np.ndarray],
    options: QuantizeOptions,
    progress: Progress | None = None,
) -> dict[str, Range]:
    """The range of each value in `names` over all `samples`: float32 [count, *shape] per input."""
    wanted = set(names)
    found = _extremes(graph, wanted, samples, progress)
    if options.ranges == "minmax":
        return found
    histograms = _histograms(graph, found, samples)
    if options.ranges == "percentile":
        return {n: _percentile(h, found[n], options.percentile) for n, h in histograms.items()}
    return {n: _least_error(h, found[n]) for n, h in histograms.items()}


def activations(graph: Graph, samples: Mapping[str, np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
    """Per sample every value of the graph by name."""
    count = len(next(iter(samples.values())))
    for index in range(count):
        values = {n: np.ascontiguousarray(samples[n][index]) for n in graph.inputs}
        for node, results in steps(graph, values):
            values.update(zip(node.outputs, results, strict=True))
        yield values


def _extremes(
    graph: Graph, wanted: set[str], samples: Mapping[str, np.ndarray], progress: Progress | None
) -> dict[str, Range]:
    found: dict[str, Range] = {}
    count = len(next(iter(samples.values())))
    for index, values in enumerate(activations(graph, samples)):
        for name in wanted & values.keys():
            finite = values[name][np.isfinite(values[name])]
            seen = Range(float(finite.min()), float(finite.max())) if finite.size else Range(0.0, 0.0)
            found[name] = found[name].union(seen) if name in found else seen
        if progress is not None:
            progress(index + 1, count)
    return found


def _histograms(
    graph: Graph, ranges: Mapping[str, Range], samples: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    counts = {name: np.zeros(_BINS, np.int64) for name in ranges}
    for values in activations(graph, samples):
        for name, seen in ranges.items():
            if seen.high > seen.low:
                counts[name] += np.histogram(values[name], bins=_BINS, range=(seen.low, seen.high))[0]
    return counts


def _percentile(histogram: np.ndarray, seen: Range, percent: float) -> Range:
    """Cut half of what exceeds `percent` from each side, but never a side that ends at 0."""
    total = int(histogram.sum())
    if total == 0:
        return seen
    cut = total * (1.0 - percent / 100.0) / 2.0
    edges = np.linspace(seen.low, seen.high, _BINS + 1)
    below = np.cumsum(histogram)
    low = edges[int(np.searchsorted(below, cut, side="right"))] if seen.low < 0 else seen.low
    high = (
        edges[min(_BINS, int(np.searchsorted(below, total - cut, side="left")) + 1)]
        if seen.high > 0
        else seen.high
    )
    return Range(float(low), float(high)) if high > low else seen


def _least_error(histogram: np.ndarray, seen: Range) -> Range:
    """The range, shrunk in steps towards 0, with the least mean squared error of rounding and clipping."""
    if int(histogram.sum()) == 0:
        return seen
    edges = np.linspace(seen.low, seen.high, _BINS + 1)
    centres = (edges[:-1] + edges[1:]) / 2
    best, best_error = seen, np.inf
    for keep in np.linspace(1.0, 0.2, _MSE_CANDIDATES):
        trial = Range(seen.low * keep, seen.high * keep)
        quant = trial.quant()
        q = np.clip(np.rint(centres / quant.scale0) + quant.zero0, -128, 127)
        error = float((histogram * ((q - quant.zero0) * quant.scale0 - centres) ** 2).sum())
        if error < best_error:
            best, best_error = trial, error
    return best
