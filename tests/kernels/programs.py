"""Many cases of one kernel side by side in one Program, to be run on an emulated core."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from harness import Case

from tinycompile.build import Compiler, Optimize, run_on_emulator
from tinycompile.codegen import emit
from tinycompile.execution import build_input
from tinycompile.ir import Graph, GraphBuilder
from tinycompile.ops import Kernel, Site
from tinycompile.plan.assemble import assemble
from tinycompile.plan.program import Program
from tinycompile.plan.schedule import schedule
from tinycompile.plan.select import Choice
from tinycompile.plan.share import share
from tinycompile.plan.spread import region
from tinycompile.plan.validate import validate
from tinycompile.target import Board


def check_on_emulator(
    kernel: Kernel, cases: Sequence[Case], board: Board, compiler: Compiler, optimize: Optimize = "speed"
) -> None:
    """Assert that every result is that of `evaluate`, and that no access leaves the plan."""
    graph = _graph(cases)
    program = _program(graph, kernel, board)
    tree = emit(program)
    with tempfile.TemporaryDirectory(prefix="tinycompile-") as folder:
        directory = Path(folder)
        for name, text in tree.files.items():
            (directory / name).write_text(text, encoding="utf-8")
        built = build_input(directory, program, tree.c_files, optimize)
        sample = [np.ascontiguousarray(case.operands[0]).tobytes() for case in cases]
        result = run_on_emulator(built, board, [sample], compiler=compiler, time_limit=120)
    for case, found in zip(cases, result.outputs[0], strict=True):
        assert found == case.expected()[0].tobytes(), f"{kernel.symbol}: {case.op} on {case.ins}"
    assert result.out_of_plan_accesses == 0, result.out_of_plan_examples
    assert result.uninitialised_reads == 0


def _graph(cases: Sequence[Case]) -> Graph:
    builder = GraphBuilder("cases", fold=False)
    results = []
    for index, case in enumerate(cases):
        names = [
            builder.const(data, f"w{index}", type_.quant)
            if position in case.constants
            else builder.input(f"x{index}", type_)
            for position, (type_, data) in enumerate(zip(case.ins, case.operands, strict=True))
        ]
        results.append(builder.add1(case.op, *names, out_type=case.outs[0], hint=f"y{index}"))
    return builder.graph(results)


def _program(graph: Graph, kernel: Kernel, board: Board) -> Program:
    choices = {
        node: Choice(
            Site(node.op, graph.in_types(node), graph.out_types(node), graph.consts(node), board.core),
            kernel,
            None,
        )
        for node in graph.nodes
    }
    storage = share(graph, join=True)
    program = assemble(graph, choices, storage, schedule(graph, choices, storage), board.name)
    program = replace(program, regions=(region(board.ram, 0, program.arena),))
    validate(program)
    return program
