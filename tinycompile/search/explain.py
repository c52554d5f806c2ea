"""What a space has to offer under budgets, found by sampling it: no training, no compiling.

Of two scales of width and resolution, the one whose networks compute more within the budgets promises the
better network (Lin et al.: MCUNet, NeurIPS 2020).
"""

from __future__ import annotations

import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tinycompile.search.gate import Gate, Verdict
from tinycompile.search.space import Space, Value

#: The choices that make a scale.
SCALES = ("width", "resolution")
_BINS = 20
#: A scale is judged by the mean of the networks that fit, if there are so many.
_ENOUGH = 5


@dataclass(frozen=True)
class Scale:
    """Samples of one width and resolution.

    Attributes:
        values: of the choices that make the scale.
        fitting: of `samples`.
        macs: mean multiply-accumulates of those that fit; 0 without any.
        largest: most multiply-accumulates of any that fits.
    """

    values: Mapping[str, Value]
    samples: int
    fitting: int
    macs: float
    largest: int

    @property
    def share(self) -> float:
        """How many of the samples fit."""
        return self.fitting / self.samples if self.samples else 0.0


@dataclass(frozen=True)
class Explanation:
    """What sampling showed.

    Attributes:
        verdicts: number of samples by verdict.
        macs: multiply-accumulates of the samples that fit, ascending.
        scales: the most promising first.
        smallest_ram: bytes that the smallest network of the space needs by the planner's estimate.
        smallest: its point.
        seconds: that building all samples and holding them to the bounds took; the estimates come on top.
    """

    space: str
    samples: int
    verdicts: Mapping[str, int]
    macs: tuple[int, ...]
    scales: tuple[Scale, ...]
    smallest_ram: int
    smallest: Mapping[str, Value]
    seconds: float

    @property
    def fitting(self) -> int:
        """Samples that may fit."""
        return len(self.macs)

    @property
    def best(self) -> Scale | None:
        """The scale to search; None where nothing fits."""
        return self.scales[0] if self.scales and self.scales[0].fitting else None

    def histogram(self) -> list[dict[str, int]]:
        """Equal intervals of multiply-accumulates with the number of fitting samples in each."""
        if not self.macs:
            return []
        low, high = self.macs[0], self.macs[-1]
        width = max(1, -(-(high - low + 1) // _BINS))
        counts: defaultdict[int, int] = defaultdict(int)
        for macs in self.macs:
            counts[(macs - low) // width] += 1
        last = (high - low) // width
        return [
            {"from": low + i * width, "to": low + (i + 1) * width, "count": counts[i]}
            for i in range(last + 1)
        ]

    def object(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "space": self.space,
            "samples": self.samples,
            "fitting": self.fitting,
            "share": self.fitting / self.samples,
            "verdicts": dict(self.verdicts),
            "histogram": self.histogram(),
            "scales": [
                {
                    "values": dict(s.values),
                    "samples": s.samples,
                    "fitting": s.fitting,
                    "share": s.share,
                    "mean_macs": round(s.macs),
                    "largest_macs": s.largest,
                }
                for s in self.scales
            ],
            "best": None if self.best is None else dict(self.best.values),
            "smallest": {"ram": self.smallest_ram, "point": dict(self.smallest)},
            "seconds": round(self.seconds, 3),
            "candidates_per_second": round(self.samples / self.seconds) if self.seconds else None,
        }


def explain(
    gate: Gate,
    samples: int,
    seed: int,
    count: Callable[[int, int], None] = lambda done, total: None,
) -> Explanation:
    """Sample a space evenly over its scales and judge every sample by the fast bound and estimate.

    Args:
        samples: to draw, at least one of each scale.
    """
    rng = random.Random(f"explain/{seed}")
    scales = list(_scales(gate.space))
    fitting: dict[int, list[int]] = {i: [] for i in range(len(scales))}
    drawn: dict[int, int] = dict.fromkeys(fitting, 0)
    verdicts: dict[str, int] = {v.value: 0 for v in Verdict}
    total, bounding = max(samples, len(scales)), 0.0
    for number in range(total):
        index = number % len(scales)
        point = {**gate.space.sample(rng), **scales[index]}
        begun = time.perf_counter()
        network = gate.network(point)
        missed = gate.bounds.missed(network)
        bounding += time.perf_counter() - begun
        verdict = gate.judged(network, missed)
        drawn[index] += 1
        verdicts[verdict.value] += 1
        if verdict is Verdict.MAY_FIT:
            fitting[index].append(network.macs)
        if number % 100 == 0:
            count(number, total)
    found = [_scale(scales[i], drawn[i], fitting[i]) for i in fitting]
    found.sort(key=lambda s: (min(s.fitting, _ENOUGH), s.macs), reverse=True)
    smallest, ram = gate.smallest()
    macs = tuple(sorted(m for part in fitting.values() for m in part))
    return Explanation(gate.space.name, total, verdicts, macs, tuple(found), round(ram), smallest, bounding)


def _scales(space: Space) -> Sequence[dict[str, Value]]:
    """Every combination of the values of the choices that make a scale."""
    found: list[dict[str, Value]] = [{}]
    for choice in space.choices():
        if choice.name in SCALES:
            found = [{**scale, choice.name: value} for scale in found for value in choice.values]
    return found


def _scale(values: Mapping[str, Value], samples: int, macs: Sequence[int]) -> Scale:
    mean = statistics.fmean(macs) if macs else 0.0
    return Scale(values, samples, len(macs), mean, max(macs, default=0))
