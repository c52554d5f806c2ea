"""Every operator and every kernel is met by the operator cases, which put it through four oracles."""

from __future__ import annotations

import itertools

import pytest

from tests.ops.models import float_model, qdq_model
from tests.ops.test_cases import FAMILIES
from tinycompile.frontends import load_model
from tinycompile.ir import Graph, Op
from tinycompile.ops import kernels_of, known_op_types, op_classes
from tinycompile.passes import canonical, lower, strip_float_edges
from tinycompile.passes.folds import SplitFolds
from tinycompile.plan.planner import plan
from tinycompile.plan.rules import Rules
from tinycompile.sim.reference import evaluate
from tinycompile.target import load_board

#: Kernel -> where it is compared bit for bit instead, and why no case reaches it.
_AT_THE_EDGE = "tests/kernels/test_quantise.py: at the edges of a model these nodes are taken off"
ELSEWHERE = {
    **{f"tc_quantize_{kind}": _AT_THE_EDGE for kind in ("u8", "s16", "u16")},
    **{f"tc_dequantize_{kind}": _AT_THE_EDGE for kind in ("u8", "s16", "u16", "s32")},
}
#: Operators that no single node becomes -> the networks that put them through the same oracles.
OF_SEVERAL_NODES = {"Shuffle": "tests/networks: shufflenet_v1, shufflenet_v2"}
#: Source operators of which nothing remains alone, or that stand at the edges of every int8 case.
NEED_NONE = {"DequantizeLinear", "Dropout", "Identity", "QuantizeLinear"}


def _met() -> tuple[frozenset[type[Op]], frozenset[str]]:
    """Operators and kernels that appear when the cases are compiled, float and int8.

    For cores with the DSP extension and one without, and with compact kernels on either.
    """
    boards = (
        ("mps2-an386", False),
        ("mps2-an500", False),
        ("mps2-an385", False),
        ("mps2-an386", True),
        ("mps2-an385", True),
    )
    operators: set[type[Op]] = set()
    symbols: set[str] = set()

    def visit(graph: Graph) -> None:
        operators.update(type(node.op) for node in graph.nodes)
        split = SplitFolds().run(graph)
        operators.update(type(node.op) for node in split.nodes)
        for variant, (board, compact) in itertools.product((graph, split), boards):
            symbols.update(
                call.symbol for call in plan(variant, load_board(board), Rules(compact=compact)).calls
            )

    for case in (case for cases in FAMILIES.values() for case in cases):
        model, feeds = float_model(case)
        graph = lower(canonical(load_model(model, name="case")))
        visit(graph)
        if case.int8:
            outputs = evaluate(graph, {name: feeds[name] for name in graph.inputs})
            quantised, _ = qdq_model(case, [outputs[name] for name in graph.outputs])
            visit(strip_float_edges(lower(canonical(load_model(quantised, name="case")))))
    return frozenset(operators), frozenset(symbols)


def test_every_operator_and_every_kernel_has_cases() -> None:
    operators, symbols = _met()
    known = {op.__name__ for op in op_classes()}
    assert known - {op.__name__ for op in operators} == OF_SEVERAL_NODES.keys()
    registered = {kernel.symbol for op in op_classes() for kernel in kernels_of(op)}
    assert registered - symbols == ELSEWHERE.keys()


def test_every_import_rule_has_cases() -> None:
    tried = {case.op_type for cases in FAMILIES.values() for case in cases}
    assert set(known_op_types()) - tried == NEED_NONE


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_case_names_are_unique(family: str) -> None:
    names = [case.name for case in FAMILIES[family]]
    assert len(names) == len(set(names))
    assert all(name.isidentifier() for name in names)
