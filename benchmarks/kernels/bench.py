"""Builds one kernel call as a whole model, emulates it and holds the result against the semantics."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.kernels.problem import Problem, Shape
from tinycompile.build import Compiler, kernel_code, run_on_emulator
from tinycompile.build.contract import Optimize
from tinycompile.codegen import emit
from tinycompile.codegen.runtime import sources_for
from tinycompile.execution import build_input
from tinycompile.ir import Graph, GraphBuilder, Node
from tinycompile.ops import Kernel, Site, kernels_of
from tinycompile.plan.assemble import assemble
from tinycompile.plan.program import Program
from tinycompile.plan.schedule import schedule
from tinycompile.plan.select import Choice
from tinycompile.plan.share import share
from tinycompile.plan.spread import region
from tinycompile.plan.validate import validate
from tinycompile.target import Board, Core


@dataclass(frozen=True)
class Result:
    """One kernel on one shape.

    Attributes:
        instructions, cycles, estimate: totals; the cycles are model cycles and None where the core has no
            table, the estimate is the kernel's own.
        code: bytes of the kernel's file and those it calls, read-only tables included.
        stack, scratch: bytes.
        exact: whether every byte of the result is that of the operator's semantics.
    """

    symbol: str
    instructions: int
    cycles: float | None
    estimate: float | None
    code: int
    stack: int
    scratch: int
    exact: bool


def graph_of(problem: Problem) -> Graph:
    """The node alone, between the inputs and the output of a graph."""
    builder = GraphBuilder("bench", fold=False)
    names = [
        builder.input(f"x{index}", type_)
        if index < problem.inputs
        else builder.const(data, f"w{index}", type_.quant)
        for index, (type_, data) in enumerate(problem.operands)
    ]
    return builder.graph([builder.add1(problem.op, *names, out_type=problem.out)])


def candidates(problem: Problem, core: Core) -> list[Kernel]:
    """The kernels that can do the node on a core, in order of registration."""
    site = _site(graph_of(problem), core)
    return [k for k in kernels_of(type(problem.op)) if k.requires <= core.features and k.accepts(site)]


def run(shape: Shape, kernel: Kernel, board: Board, compiler: Compiler, optimize: Optimize) -> Result:
    """Compile and emulate one call of `kernel`.

    Raises:
        TinyCompileError: the plan, a tool or the emulated program fails.
    """
    problem = shape.make()
    program = program_of(problem, kernel, board)
    data = [operand for _, operand in problem.operands]
    tree = emit(program)
    with tempfile.TemporaryDirectory(prefix="tinycompile-") as folder:
        directory = Path(folder)
        for name, text in tree.files.items():
            (directory / name).write_text(text, encoding="utf-8")
        built = build_input(directory, program, tree.c_files, optimize)
        sample = [np.ascontiguousarray(x).tobytes() for x in data[: problem.inputs]]
        found = run_on_emulator(built, board, [sample], compiler=compiler)
    assert found.instructions is not None and found.stack_high_water is not None
    types = tuple(type_ for type_, _ in problem.operands)
    (expected,) = problem.op.evaluate(data, types, (problem.out,))
    sources = [name.removesuffix(".c") for name in sources_for([kernel.symbol])]
    sound = not found.out_of_plan_accesses and not found.uninitialised_reads
    return Result(
        kernel.symbol,
        found.instructions,
        found.cycles_model,
        program.calls[0].cycles,
        sum(kernel_code(sources, board.core, compiler, optimize).values()),
        found.stack_high_water,
        program.scratch_peak,
        sound and found.outputs[0][0] == expected.tobytes(),
    )


def program_of(problem: Problem, kernel: Kernel, board: Board) -> Program:
    """The checked Program in which `kernel` computes the node."""
    graph = graph_of(problem)
    node, site = graph.nodes[0], _site(graph, board.core)
    plain = next(k for k in kernels_of(type(problem.op)) if not k.aliased and k.accepts(site))
    choice = Choice(site, plain, kernel) if kernel.aliased else Choice(site, kernel, None)
    choices: dict[Node, Choice] = {node: choice}
    storage = share(graph, join=True)
    program = assemble(graph, choices, storage, schedule(graph, choices, storage), board.name)
    program = replace(program, regions=(region(board.ram, 0, program.arena),))
    validate(program)
    return program


def _site(graph: Graph, core: Core) -> Site:
    (node,) = graph.nodes
    return Site(node.op, graph.in_types(node), graph.out_types(node), graph.consts(node), core)
