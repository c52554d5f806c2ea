"""From a trained network to C that is proven on the whole test set; needs no PyTorch and no Optuna."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from tinycompile import artifact as artifacts
from tinycompile.artifact import Artifact
from tinycompile.build import build_firmware, embedded_compiler
from tinycompile.build.elf import read_elf
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.errors import DoesNotFitError, TinyCompileError, ToolchainError
from tinycompile.evaluation import evaluate
from tinycompile.execution import build_input, compare
from tinycompile.fit import memory_use
from tinycompile.measure import final_summary, measure
from tinycompile.plan.describe import cycles_of, plan_name
from tinycompile.plan.weight_use import weight_use
from tinycompile.search.candidate import Budgets, Cost
from tinycompile.search.data import Array, Part
from tinycompile.search.resample import resampled
from tinycompile.target import Board

T = TypeVar("T")
#: Samples that the emulator and the simulated arena compute too.
EXACT_ON = 4


@dataclass(frozen=True)
class Proven:
    """What a compiled network showed.

    Attributes:
        cost: as compiled; the code measured where a compiler was there.
        accuracy: of the C code on this machine, over `samples` samples of the test; None where no C compiler
            is there.
        reference: accuracy of onnxruntime on `model.onnx`.
        agreement: share of samples with the same answer of both.
        exact_host, exact_emulator: whether outputs equal those of the simulated arena in every byte, on a few
            samples; None where it could not be run.
        image_arena, image_flash: bytes in the linked image; None without a cross compiler.
        missed: budgets that are exceeded.
        compiler: that linked the image.
        notes: what could not be done, and why.
    """

    cost: Cost
    samples: int
    accuracy: float | None
    reference: float | None
    agreement: float | None
    exact_host: bool | None
    exact_emulator: bool | None
    image_arena: int | None
    image_flash: int | None
    missed: tuple[str, ...]
    compiler: str | None
    notes: tuple[str, ...]

    def object(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**asdict(self), "cost": self.cost.object()}


@dataclass(frozen=True, eq=False)
class Finisher:
    """Compiles and proves networks of one search.

    Attributes:
        options: of the compilation, without the RAM of a single plan.
        test: samples in the form of the data set.
    """

    board: Board
    options: Options
    budgets: Budgets
    test: Part

    def finish(
        self,
        model: Path,
        folder: Path,
        ram: int | None,
        count: Callable[[int, int], None] = lambda done, total: None,
    ) -> Proven:
        """Compile `model` into `folder` within `ram` bytes, run it over the test set, hold it to budgets.

        Raises:
            ModelError, DoesNotFitError, UsageError: the compiler refuses the network.
        """
        compilation = self._compiled(model, ram)
        notes: list[str] = []
        measurement = _tried(lambda: measure(compilation), notes)
        summary = compilation.summary if measurement is None else final_summary(compilation, measurement)
        compilation.save(folder, summary)
        found = artifacts.load(folder)
        samples = self.samples(found)
        judged = _tried(lambda: evaluate(found, {**samples, "y": self.test.y}, "host", count), notes)
        few = {name: array[:EXACT_ON] for name, array in samples.items()}
        hosted = _tried(lambda: compare(found, "host", few), notes)
        emulated = _tried(lambda: compare(found, "emulator", few), notes)
        linked = _tried(lambda: _linked(found), notes)
        code = None if measurement is None else measurement.code
        cost = _cost(compilation, code)
        image_flash = None if code is None else cost.flash
        return Proven(
            cost=cost,
            samples=len(self.test),
            accuracy=None if judged is None else judged.accuracy,
            reference=None if judged is None else judged.reference_accuracy,
            agreement=None if judged is None else judged.agreement,
            exact_host=None if hosted is None else hosted.bit_exact,
            exact_emulator=None if emulated is None else emulated.bit_exact,
            image_arena=None if linked is None else linked[0],
            image_flash=image_flash,
            missed=tuple(f.value for f in self.budgets.missed(cost)),
            compiler=None if linked is None else linked[1],
            notes=tuple(dict.fromkeys(notes)),
        )

    def samples(self, artifact: Artifact) -> dict[str, Array]:
        """The test's samples as the compiled network takes them: at its size, channels last."""
        (port,) = artifact.program.inputs
        _, height, width, _ = port.source_type.shape
        return {port.name: resampled(self.test.x, height, width).transpose(0, 2, 3, 1)[:, None]}

    def _compiled(self, model: Path, ram: int | None) -> Compilation:
        options = replace(self.options, name="network", ram=ram, flash=None)
        try:
            return compile(model, self.board, options=options)
        except DoesNotFitError:
            if ram == self.budgets.ram:
                raise
        return compile(model, self.board, options=replace(options, ram=self.budgets.ram))


def _cost(compilation: Compilation, code: int | None) -> Cost:
    program, weights = compilation.program, weight_use(compilation.program).internal
    cycles = cycles_of(program)
    whole = None if cycles is None else round(cycles)
    ram = memory_use(program).total
    return Cost(ram, weights, code or 0, code is not None, whole, program.macs, plan_name(program))


def _linked(artifact: Artifact) -> tuple[int, str]:
    """Bytes of arena in a firmware image for the board, and the compiler."""
    model = build_input(artifact.directory, artifact.program, artifact.c_files, artifact.summary["optimize"])
    compiler = embedded_compiler()
    elf = read_elf(build_firmware(model, artifact.board, compiler).elf)
    return sum(n for name, n in elf.sections.items() if name.startswith(".tc_arena")), compiler.version


def _tried(work: Callable[[], T], notes: list[str]) -> T | None:
    """The result, or None and a note where a tool is missing."""
    try:
        return work()
    except ToolchainError as error:
        notes.append(error.diagnostics[0].message)
    except TinyCompileError as error:
        notes.append(str(error.diagnostics[0]).splitlines()[0])
    return None
