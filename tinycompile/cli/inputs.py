"""The samples of `--input`, or random ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tinycompile.data import load_arrays, match_inputs
from tinycompile.plan.program import Program
from tinycompile.report.objects import Array
from tinycompile.samples import SEED, random_samples


@dataclass(frozen=True, eq=False)
class NamedSamples:
    """Samples [count, *shape] by input name, and where they come from."""

    arrays: dict[str, Array]
    label: str

    @property
    def count(self) -> int:
        """The number of samples; 1 for a model without inputs."""
        return len(next(iter(self.arrays.values()))) if self.arrays else 1


def samples_for(program: Program, path: Path | None) -> NamedSamples:
    """What a file holds for the program's inputs, or one random sample.

    Raises:
        UsageError: TC320 to TC322.
    """
    if path is None:
        return NamedSamples(random_samples(program.inputs), f"one random sample (seed {SEED})")
    return NamedSamples(match_inputs(program.inputs, load_arrays(path)), str(path))
