"""Figures of one network on one board, read off the Program, the linked image and the emulator."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tinycompile.build import BuildInput, Compiler, measure_code, run_on_emulator
from tinycompile.build.contract import RunResult
from tinycompile.compiler import Compilation, Optimize, Options, compile
from tinycompile.errors import DoesNotFitError
from tinycompile.execution import build_input
from tinycompile.ir import TensorType
from tinycompile.plan.weight_use import weight_use

#: The first one that is large enough is taken.
BOARDS = ("nucleo-f446re", "nucleo-h743zi2", "host")
#: Where the code of networks runs that need more memory than nucleo-f446re has: the same core, more of it.
LARGE_M4 = "mps2-an386"
LEVELS: tuple[Optimize, ...] = ("ram", "balanced", "speed")


@dataclass(frozen=True)
class Run:
    """One `--optimize` on a Cortex-M4: bytes of code without weights, instructions and model cycles."""

    optimize: Optimize
    code: int
    instructions: int
    cycles: float


@dataclass(frozen=True)
class Row:
    """One network.

    Attributes:
        board: the first of BOARDS that holds it.
        machine: the emulated Cortex-M4 that ran it; arena and weights are those of the Program for it.
        compile_seconds: from reading the ONNX to the C text, in a warm process.
    """

    model: str
    board: str
    machine: str
    dtype: str
    macs: int
    arena: int
    scratch: int
    weights: int
    compile_seconds: float
    runs: tuple[Run, ...]


def measure(path: Path, compiler: Compiler) -> Row:
    """All figures of one network, for the first board that holds it with its code.

    Raises:
        TinyCompileError: the network is refused, or a tool fails.
        ValueError: the C code and the simulator disagree.
    """
    for board in BOARDS[:-1]:
        try:
            compile(path, board)
            return _measured(path, board, compiler)
        except DoesNotFitError:
            continue
    return _measured(path, BOARDS[-1], compiler)


def _measured(path: Path, board: str, compiler: Compiler) -> Row:
    machine = board if board == BOARDS[0] else LARGE_M4
    begin = time.perf_counter()
    compilation = compile(path, machine)
    seconds = time.perf_counter() - begin
    program = compilation.program
    runs = tuple(_run(path, machine, level, compiler) for level in LEVELS)
    name = path.stem.replace(".", "_") if path.stem != "network" else path.parent.name
    return Row(
        name,
        board,
        machine,
        program.dtype,
        program.macs,
        program.arena,
        program.scratch_peak,
        weight_use(program).weights,
        seconds,
        runs,
    )


def zoo_folder() -> Path:
    """The folder of models, unless one is named."""
    default = Path(__file__).resolve().parents[2] / "shared" / "zoo"
    return Path(os.environ.get("TINYCOMPILE_ZOO", default))


def _run(path: Path, machine: str, level: Optimize, compiler: Compiler) -> Run:
    compilation = compile(path, machine, options=Options(optimize=level))
    with tempfile.TemporaryDirectory(prefix="tinycompile-") as folder:
        size = measure_code(_written(compilation, Path(folder)), compilation.board, compiler)
    result = _executed(path.name, compilation, compiler)
    assert result.instructions is not None and result.cycles_model is not None
    return Run(level, size.beside_weights, result.instructions, result.cycles_model)


def execute(path: Path, machine: str, options: Options, compiler: Compiler) -> RunResult:
    """One random input through the C code of a network on an emulated machine.

    Raises:
        TinyCompileError: the network is refused, or a tool fails.
        ValueError: the C code and the simulator disagree.
    """
    return _executed(path.name, compile(path, machine, options=options), compiler)


def _executed(name: str, compilation: Compilation, compiler: Compiler) -> RunResult:
    program, rng = compilation.program, np.random.default_rng(0)
    sample = {port.name: _random(port.type, rng) for port in program.inputs}
    raw = [[sample[port.name].tobytes() for port in program.inputs]]
    with tempfile.TemporaryDirectory(prefix="tinycompile-") as folder:
        tree = _written(compilation, Path(folder))
        result = run_on_emulator(tree, compilation.board, raw, compiler=compiler, check_memory=False)
    expected = compilation.simulate(sample)
    if result.outputs[0] != [expected[port.name].tobytes() for port in program.outputs]:
        level = compilation.options.optimize
        raise ValueError(f"{name}: the C code at --optimize {level} and the simulator disagree")
    return result


def _written(compilation: Compilation, folder: Path) -> BuildInput:
    for name, text in compilation.tree.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return build_input(folder, compilation.program, compilation.tree.c_files, compilation.options.optimize)


def _random(type_: TensorType, rng: np.random.Generator) -> npt.NDArray[np.generic]:
    if type_.dtype.is_integer:
        low, high = type_.dtype.limits
        return rng.integers(low, high, type_.shape, endpoint=True).astype(type_.dtype.numpy)
    return rng.standard_normal(type_.shape).astype(type_.dtype.numpy)
