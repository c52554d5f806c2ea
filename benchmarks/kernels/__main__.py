"""`python -m benchmarks.kernels [PATTERN] [--core ...] [--compiler ...] [--optimize ...] [--kernel ...]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks.kernels.bench import Result, candidates, run
from benchmarks.kernels.problem import Figures, Shape
from benchmarks.kernels.shapes import SHAPES
from tinycompile.build import find_arm_gcc, find_zig
from tinycompile.target import load_board

#: Boards of the emulator with memory enough for every shape.
BOARDS = {
    "cortex-m3": "mps2-an385",
    "cortex-m4": "mps2-an386",
    "cortex-m7": "mps2-an500",
    "cortex-m33": "mps2-an505",
}
_HEADER = (
    f"{'shape':26} {'kernel':36} {'instr':>6} {'cycles':>7} {'estim.':>7} {'goal':>6} "
    f"{'CMSIS-NN':>12} {'TinyEngine':>12} {'code':>6} {'stack':>6} {'scratch':>8}"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one line per kernel and shape; 1 when a result is wrong, 2 when the compiler is missing."""
    chosen = _parser().parse_args(arguments)
    board = load_board(BOARDS[chosen.core])
    compiler = find_arm_gcc() if chosen.compiler == "gcc" else find_zig()
    if compiler is None:
        print(f"{chosen.compiler} is not installed", file=sys.stderr)
        return 2
    print(f"{compiler.version}, {board.core.name}, for {chosen.optimize}; per unit\n{_HEADER}")
    wrong = False
    for shape in (s for s in SHAPES if chosen.pattern in s.name):
        for kernel in candidates(shape.make(), board.core):
            if chosen.kernel in kernel.symbol:
                result = run(shape, kernel, board, compiler, chosen.optimize)
                print(_line(shape, result), flush=True)
                wrong |= not result.exact
    return 1 if wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kernels", description=__doc__)
    parser.add_argument("pattern", nargs="?", default="", help="part of the names of the shapes to run")
    parser.add_argument("--kernel", default="", help="part of the names of the kernels to run")
    parser.add_argument("--core", choices=sorted(BOARDS), default="cortex-m4")
    parser.add_argument("--compiler", choices=("gcc", "zig"), default="gcc")
    parser.add_argument("--optimize", choices=("ram", "balanced", "speed"), default="speed")
    return parser


def _line(shape: Shape, result: Result) -> str:
    cycles = "-" if result.cycles is None else f"{result.cycles / shape.units:.2f}"
    estimate = "-" if result.estimate is None else f"{result.estimate / shape.units:.2f}"
    goal = "-" if shape.goal is None else f"{shape.goal:.2f}"
    instructions = f"{result.instructions / shape.units:6.2f}"
    return (
        f"{shape.name:26} {result.symbol:36} {instructions} {cycles:>7} {estimate:>7} "
        f"{goal:>6} {_figures(shape.cmsis):>12} {_figures(shape.tinyengine):>12} "
        f"{result.code:6} {result.stack:6} {result.scratch:8}{'' if result.exact else '  WRONG'}"
    )


def _figures(figures: Figures) -> str:
    return "-" if figures is None else f"{figures[0]:g} ({figures[1]:g})"


if __name__ == "__main__":
    sys.exit(main())
