"""The code of candidates: measured once for every set of kernels, or taken from the table of all kernels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tinycompile.compiler import Compilation
from tinycompile.errors import DoesNotFitError
from tinycompile.measure import measure
from tinycompile.ops.kernel_code import code_bytes
from tinycompile.plan.program import Program

#: Bytes of generated code for a call, where no compiler is there to measure it: the most seen on
#: convolutional networks, stages included.
CALL_BYTES = 480.0


@dataclass(frozen=True, eq=False)
class CodeSizes:
    """Sizes of code by set of kernels.

    The generated code grows with the number of calls, the kernels' with their set alone. So one program of a
    set is linked, and what its calls take is taken for the calls of the others.

    Attributes:
        measuring: whether to link at all; without it, or without a compiler, the table of the runtime serves.
        known: bytes per call by set of kernels and whether the program has stages.
    """

    measuring: bool = True
    known: dict[tuple[frozenset[str], bool], float] = field(default_factory=dict)

    def estimate(self, program: Program, build: Callable[[], Compilation]) -> int:
        """Bytes of code of a program; `build` compiles it, or one like it, where a measurement is needed."""
        symbols = frozenset(call.symbol for call in program.calls)
        key = symbols, bool(program.stages)
        if key not in self.known:
            self.known[key] = self._per_call(symbols, build) if self.measuring else CALL_BYTES
        return round(code_bytes(symbols) + self.known[key] * len(program.calls))

    def _per_call(self, symbols: frozenset[str], build: Callable[[], Compilation]) -> float:
        try:
            compilation = build()
            code = measure(compilation).code
        except DoesNotFitError:
            return CALL_BYTES
        if code is None:
            return CALL_BYTES
        return (code - code_bytes(symbols)) / len(compilation.program.calls)
