"""What every source operator compiles to, found by compiling the operator cases of the tests.

A registry of kernels alone cannot say this: an import rule may build an operator from several others, and the
integer form of one operator may be a table of another.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from onnx import ModelProto

from tests.ops import cases as case_package
from tests.ops.case import OpCase, TensorSpec
from tests.ops.models import float_model, qdq_model
from tinycompile.errors import TinyCompileError
from tinycompile.frontends import load_model
from tinycompile.ir import DType, Graph
from tinycompile.ops import known_op_types
from tinycompile.passes import canonical, lower, strip_float_edges
from tinycompile.plan.select import select
from tinycompile.sim.reference import evaluate
from tinycompile.target import CORES

#: One core for each set of features that kernels ask for.
_CORES = ("cortex-m0", "cortex-m4f", "cortex-m7-dp", "cortex-m55")
#: Operators whose own cases would be nothing but copies, or that stand in every int8 case.
_EXTRA = (
    OpCase("transpose", "Transpose", [TensorSpec((1, 2, 3, 4))], {"perm": [0, 3, 1, 2]}),
    OpCase("identity", "Identity", [TensorSpec((1, 4))]),
    OpCase("dropout", "Dropout", [TensorSpec((1, 4))]),
    OpCase("quantise", "QuantizeLinear", [TensorSpec((1, 4)), np.float32(0.1), np.int8(0)]),
    OpCase("dequantise", "DequantizeLinear", [TensorSpec((1, 4), "int8"), np.float32(0.1), np.int8(0)]),
)
ANY, ISLAND = "any", "float island"


@dataclass
class Row:
    """Core classes with kernels of their own, per kind of element type; `float island` for int8."""

    float32: set[str] = field(default_factory=set)
    int8: set[str] = field(default_factory=set)
    other: set[str] = field(default_factory=set)


def operator_rows() -> list[dict[str, object]]:
    """`{operator, float32, int8, other}` for every operator with an import rule, sorted by name."""
    rows: dict[str, Row] = defaultdict(Row)
    for case in (*_cases(), *_EXTRA):
        _add(rows[case.op_type], case)
    return [
        {
            "operator": name,
            "float32": _ordered(rows[name].float32),
            "int8": _ordered(rows[name].int8),
            "other": _ordered(rows[name].other),
        }
        for name in known_op_types()
    ]


def _cases() -> list[OpCase]:
    modules = (m.name for m in pkgutil.iter_modules(case_package.__path__))
    return [c for m in modules for c in importlib.import_module(f"{case_package.__name__}.{m}").CASES]


def _add(row: Row, case: OpCase) -> None:
    model, feeds = float_model(case)
    graph = _graph(model)
    floats = any(v.type.dtype is DType.FLOAT32 for v in graph.values.values())
    (row.float32 if floats else row.other).update(_classes(graph))
    fed = [spec for spec in case.inputs if isinstance(spec, TensorSpec)]
    if not case.int8 and not (fed and floats and all(spec.dtype == "float32" for spec in fed)):
        return
    with np.errstate(all="ignore"):
        outputs = evaluate(graph, {n: feeds[n] for n in graph.inputs})
    try:
        graph = _graph(qdq_model(case, [outputs[n] for n in graph.outputs])[0])
    except TinyCompileError:
        # A case that does not ask for an int8 form may have none: old operator sets, float parameters.
        if case.int8:
            raise
        return
    integer = all(t.dtype is not DType.FLOAT32 for n in graph.nodes for t in graph.out_types(n))
    row.int8.update(_classes(graph) if integer else {ISLAND})


def _graph(model: ModelProto) -> Graph:
    return strip_float_edges(lower(canonical(load_model(model, name="case"))))


def _classes(graph: Graph) -> set[str]:
    """`any` for portable kernels, else the features that the kernels chosen for some core require."""
    found: set[str] = set()
    for core in _CORES:
        try:
            choices = select(graph, CORES[core])
        except TinyCompileError:
            continue
        for choice in choices.values():
            for kernel in (choice.plain, choice.aliased):
                if kernel is not None:
                    found.add("+".join(sorted(kernel.requires)) or ANY)
    return found


def _ordered(classes: set[str]) -> list[str]:
    return sorted(classes, key=lambda name: (name != ANY, name == ISLAND, name))
