"""The pipeline: the only place where the stages meet."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tinycompile import artifact
from tinycompile.codegen import SourceTree, check_prefix, emit
from tinycompile.codegen.names import suggest_prefix
from tinycompile.data import one_sample
from tinycompile.errors import DoesNotFitError
from tinycompile.fit import (
    check_budget,
    check_fit,
    check_flash_budget,
    context_bytes,
    memory_use,
    ram_room,
    region_uses,
)
from tinycompile.frontends import Source, load_model, source_bytes
from tinycompile.ir import Graph, verify
from tinycompile.passes import canonical, float_edges, lower, strip_float_edges, without_dead_channels
from tinycompile.passes.dead_channels import removal
from tinycompile.plan.constants_ram import with_hot_constants
from tinycompile.plan.describe import plan_object
from tinycompile.plan.edges import at_edges
from tinycompile.plan.known_units import KnownUnits
from tinycompile.plan.outside import outside_of, plan_outside
from tinycompile.plan.planner import plan
from tinycompile.plan.program import Program
from tinycompile.plan.rules import Edge, Rules, StageKind, checked
from tinycompile.plan.spread import capacity
from tinycompile.plan.weight_use import weight_use
from tinycompile.quantize import QuantizeOptions, quantize
from tinycompile.sim.machine import Machine
from tinycompile.target import (
    AUTO,
    Board,
    MemoryRegion,
    arena_memories,
    cut_by_speed,
    load_board,
    placed_board,
)

Optimize = Literal["ram", "balanced", "speed"]
EdgeType = Literal["native", "float32"]
WeightsInRam = Literal["off", "auto"]
Memories = tuple[MemoryRegion, ...]
Candidates = list[tuple[Board, Memories]]

#: How much time may be given for less code, as a share.
_SLACK: Mapping[Optimize, float] = {"ram": 0.25, "balanced": 0.05, "speed": 0.0}


@dataclass(frozen=True)
class Options:
    """Choices of one compilation.

    Attributes:
        name: prefix of all C symbols; None derives it from the file name.
        optimize: what kernels and compiler flags favour.
        io: `native` takes and gives the tensors of the quantised model, `float32` converts at the edges.
        input_shapes: full shapes for inputs with free dimensions.
        ram: budget for arena and context in bytes: parts of the network are executed row by row or tile by
            tile until it is met, the fastest plan by the cost model. None plans whole tensors.
        flash: budget for weights and code in the default flash in bytes; None allows all of it.
        stages: which stages a plan may have.
        recompute: most multiply-accumulates that may be executed again under a budget, as a share of all.
        patches: (rows, columns) of patches, with `stages` patch; None lets the planner choose.
        split: number of calls in the patch stage, with `stages` patch; None lets the planner choose.
        input, output: `rows` lets the application give the first input (take the first output) row by row;
            `patches`, for an input, in the patches that `stages` patch asks for.
        weights: where constants go for which the default flash has no room: `internal` (nowhere), the name of
            an external flash that is memory-mapped (or `qspi` for the only one), or `fetch` (a file that the
            application reads through callbacks).
        weights_in_ram: `auto` lets start-up code copy the weights that are read most from a flash with wait
            states into what is left of the default RAM, or of the budget.
        regions: names of the board's memories that may hold the arena, in order of preference; `("auto",)`
            for all inside the chip, fastest first; None for the default RAM. Where they do not hold whole
            tensors, they are a budget like `ram`.
        quantize: how calibration data become ranges; only used with calibration data.
        keep_dead_channels: compute channels of integer layers even where they are constant or unread.
    """

    name: str | None = None
    optimize: Optimize = "balanced"
    io: EdgeType = "native"
    input_shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    ram: int | None = None
    flash: int | None = None
    stages: StageKind = StageKind.AUTO
    recompute: float = math.inf
    patches: tuple[int, int] | None = None
    split: int | None = None
    input: Edge = Edge.RAM
    output: Edge = Edge.RAM
    weights: str = "internal"
    weights_in_ram: WeightsInRam = "off"
    regions: tuple[str, ...] | None = None
    quantize: QuantizeOptions = field(default_factory=QuantizeOptions)
    keep_dead_channels: bool = False

    @property
    def context_bytes(self) -> int:
        """Most bytes of the context beside an arena in one piece."""
        return context_bytes(
            rows_in=self.input is Edge.ROWS,
            patches_in=self.input is Edge.PATCHES,
            rows_out=self.output is Edge.ROWS,
            fetches=self.weights == "fetch",
        )

    @property
    def rules(self) -> Rules:
        """What the planner may do.

        Raises:
            UsageError: TC709, some choices do not go together.
        """
        budget = None if self.ram is None else self.ram - self.context_bytes
        rules = Rules(budget, self.stages, self.recompute, self.patches, self.split, self.input, self.output)
        return checked(replace(rules, compact=self.optimize == "ram", slack=_SLACK[self.optimize]))


@dataclass(frozen=True, eq=False)
class Compilation:
    """A snapshot of every stage, from the source to the C tree.

    Attributes:
        imported: the graph as read, float or QDQ.
        lowered: the graph with all of its channels.
        graph: the graph that was planned; its reference evaluation is the oracle for the rest.
        source: the source model as self-contained serialised ONNX.
    """

    source: bytes
    imported: Graph
    lowered: Graph
    graph: Graph
    program: Program
    tree: SourceTree
    board: Board
    options: Options

    def simulate(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Outputs by name of one sample in the source model's shapes; floats for integers are quantised.

        Raises:
            UsageError: TC320, an array is missing or does not fit.
        """
        outputs = Machine(self.program).run(one_sample(self.program.inputs, inputs)).outputs
        return {p.name: p.to_source(outputs[p.name][None])[0] for p in self.program.outputs}

    @property
    def summary(self) -> dict[str, Any]:
        """The figures of this compilation, read off the Program; `flash.code` is None until measured."""
        use, weights = memory_use(self.program), weight_use(self.program)
        return {
            "model": self.program.name,
            "board": self.board.name,
            "dtype": self.program.dtype,
            "ram": {
                "arena": use.arena,
                "scratch_peak": use.scratch_peak,
                "context": use.context,
                "weights": use.weights,
                "total": use.total,
                "regions": [
                    {"name": r.name, "arena": r.arena, "needed": r.needed, "available": r.available}
                    for r in region_uses(self.program, self.board)
                ],
            },
            "lower_bound": self.program.proof.lower_bound,
            "flash": {**weights.in_flash, "code": None, "sections": None, "total": weights.internal},
            "external": dict(weights.mapped),
            "fetch": None if weights.fetch is None else asdict(weights.fetch),
            "macs": self.program.macs,
            "recompute_macs": self.program.recomputed_macs,
            "removed": self._removed(),
            "stages": self.program.execution_steps,
            "plan": plan_object(self.program),
            "digest": self.tree.digest,
            "optimize": self.options.optimize,
            "io": self.options.io,
            "notes": [*self.program.notes, *self._hints()],
        }

    def _hints(self) -> Iterator[str]:
        kind = self.options.stages
        if kind in (StageKind.STREAM, StageKind.PATCH) and not self.program.stages:
            yield f"whole tensors are the fastest plan; --ram makes use of --stages {kind.value}"
        if self.options.weights_in_ram == "auto" and not self.board.flash_wait_states:
            yield f"the flash of {self.board.name} has no wait states: no weights are copied into RAM"

    def _removed(self) -> dict[str, Any]:
        found = removal(self.lowered, self.graph)
        return {
            "channels": found.channels,
            "macs": found.macs,
            "weight_bytes": found.weight_bytes,
            "layers": [{"node": t.origin, "channels": t.channels, "kept": t.kept} for t in found.layers],
        }

    def save(self, directory: str | Path, summary: Mapping[str, Any] | None = None) -> Path:
        """Write the C tree and what later commands need; returns the folder.

        Raises:
            UsageError: the folder cannot be written or holds foreign files; nothing is left behind.
        """
        target = Path(directory)
        artifact.save(
            target, self.tree.contents, self.program, self.board, self.source, summary or self.summary
        )
        return target


def compile(
    model: Source,
    board: str | Board = "host",
    *,
    calibration: Mapping[str, np.ndarray] | None = None,
    options: Options | None = None,
    check: bool = True,
    progress: Callable[[str], None] = lambda stage: None,
) -> Compilation:
    """Compile an ONNX model for a board.

    Args:
        model: path, bytes or ModelProto; float32, or int8 as QDQ.
        calibration: input name -> samples [count, ...]; quantises a float model to int8.
        check: refuse a result that is larger than the board's memories.
        progress: called with the name of each stage as it starts.

    Raises:
        ModelError, UsageError, TargetError, DoesNotFitError: each with coded diagnostics.
    """
    options = options or Options()
    target = board if isinstance(board, Board) else load_board(board)
    candidates = _placed(target, options.regions)
    asked = options.rules
    front = prepare(model, calibration=calibration, options=options, progress=progress)
    progress("plan")
    graph, rules = at_edges(front.graph, asked)
    known = KnownUnits()
    program, target = _planned(graph, candidates, options, rules, known)
    if options.weights_in_ram == "auto" and target.flash_wait_states:
        program = with_hot_constants(program, target.ram.name, ram_room(program, target, options.ram))
    if options.ram is not None:
        check_budget(program, options.ram, front.graph, target, asked, partial(plan, known=known))
    if options.flash is not None:
        check_flash_budget(program, target, options.flash)
    if check:
        check_fit(program, target)
    progress("emit")
    tree = emit(program)
    source = source_bytes(model)
    return Compilation(source, front.imported, front.lowered, graph, program, tree, target, options)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A model before planning: the graph as read, lowered with all of its channels, and without the dead."""

    imported: Graph
    lowered: Graph
    graph: Graph


def prepare(
    model: Source,
    *,
    calibration: Mapping[str, np.ndarray] | None = None,
    options: Options | None = None,
    progress: Callable[[str], None] = lambda stage: None,
) -> Prepared:
    """Read, quantise and lower a model; as `compile` before it plans.

    Raises:
        ModelError, UsageError: each with coded diagnostics.
    """
    options = options or Options()
    stem = Path(model).stem if isinstance(model, str | Path) else "model"
    name = check_prefix(options.name) if options.name is not None else suggest_prefix(stem)
    progress("import")
    imported = verify(load_model(model, input_shapes=options.input_shapes, name=name), "import")
    progress("simplify")
    graph = canonical(imported)
    if calibration is not None:
        progress("quantise")
        graph = quantize(graph, calibration, options.quantize)
    progress("lower")
    lowered = lower(graph)
    lowered = float_edges(lowered) if options.io == "float32" else strip_float_edges(lowered)
    graph = lowered if options.keep_dead_channels else without_dead_channels(lowered)
    return Prepared(imported, lowered, graph)


def _placed(board: Board, names: Sequence[str] | None) -> Candidates:
    """The board with the memories that may hold the arena; with `auto`, once cut by speed and once as it is.

    Raises:
        UsageError: TC514.
    """
    if names is None or tuple(names) != (AUTO,):
        board = placed_board(board, names or ())
        return [(board, arena_memories(board, names))]
    return [(b, arena_memories(b, names)) for b in dict.fromkeys((cut_by_speed(board), board))]


def _planned(
    graph: Graph, candidates: Candidates, options: Options, asked: Rules, known: KnownUnits
) -> tuple[Program, Board]:
    """The first plan that its board's memories hold, or the last one; a memory that is named is a budget."""
    for board, memories in candidates:
        rules = asked
        if options.regions is not None and rules.budget is None and len(memories) == 1:
            rules = replace(rules, budget=capacity(board, memories[0], 1))
        try:
            program = _plan(graph, board, options, rules, memories, known)
        except DoesNotFitError:
            if board == candidates[-1][0]:
                raise
            continue
        if all(use.needed <= use.available for use in region_uses(program, board)):
            break
    return program, board


def _plan(
    graph: Graph, board: Board, options: Options, rules: Rules, memories: Memories, known: KnownUnits
) -> Program:
    """The Program, with constants where the options want them."""
    flash = board.flash_bytes if options.flash is None else min(options.flash, board.flash_bytes)
    callbacks = options.context_bytes - context_bytes()
    where = outside_of(board, options.weights, flash, memories, rules.budget, callbacks)
    if where is None:
        return plan(graph, board, rules, memories, known)
    return plan_outside(graph, board, rules, where)
