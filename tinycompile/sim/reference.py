"""Reference evaluation of a Graph: no arena, no kernels, the operators' own semantics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from tinycompile.errors import Diagnostic, UsageError, declare
from tinycompile.ir import Graph, Node

TC_INPUT = declare(
    "TC320",
    "Input data does not fit the model",
    "An array is missing, or has another shape or element type than the model's input.",
)


def evaluate(graph: Graph, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Outputs by name for inputs by name; arrays have exactly the graph's types.

    Raises:
        UsageError: an input is missing or of another type.
    """
    values = dict(check_inputs(graph, inputs))
    for node, results in steps(graph, values):
        values.update(zip(node.outputs, results, strict=True))
    return {name: values[name] for name in graph.outputs}


def steps(graph: Graph, values: Mapping[str, np.ndarray]) -> Iterator[tuple[Node, tuple[np.ndarray, ...]]]:
    """Each node in order with its results; the caller adds them to `values` before the next step."""
    for node in graph.nodes:
        operands = [values[n] if n in values else graph.values[n].array for n in node.inputs]
        with np.errstate(all="ignore"):
            yield node, node.op.evaluate(operands, graph.in_types(node), graph.out_types(node))


def check_inputs(graph: Graph, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The inputs as contiguous arrays, checked against the graph."""
    found: dict[str, np.ndarray] = {}
    problems: list[Diagnostic] = []
    for name in graph.inputs:
        type_ = graph.type(name)
        array = inputs.get(name)
        if array is None:
            problems.append(
                Diagnostic(TC_INPUT, f"no data for input '{name}'", (name,), f"give an array {type_}")
            )
        elif array.shape != type_.shape or array.dtype != type_.dtype.numpy:
            problems.append(
                Diagnostic(
                    TC_INPUT,
                    f"input '{name}' is {array.dtype}{list(array.shape)}, the model takes {type_}",
                    (name,),
                    "reshape or convert the data",
                )
            )
        else:
            found[name] = np.ascontiguousarray(array)
    if problems:
        raise UsageError(problems)
    return found
