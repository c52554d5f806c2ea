"""The executable statement of what a legal graph is; run after every pass."""

from __future__ import annotations

from tinycompile.errors import InternalError
from tinycompile.ir.graph import Graph, Node, ValueKind
from tinycompile.ir.printer import print_node


def verify(graph: Graph, stage: str) -> Graph:
    """Check the invariants of `graph` and return it.

    Raises:
        InternalError: naming the stage, the node and the broken rule.
    """
    defined = {n for n, v in graph.values.items() if v.kind in (ValueKind.INPUT, ValueKind.CONST)}
    missing_inputs = set(graph.inputs) - defined
    if missing_inputs:
        raise InternalError(f"after {stage}: inputs {sorted(missing_inputs)} are not declared")
    for node in graph.nodes:
        _verify_node(graph, node, defined, stage)
    undefined = set(graph.outputs) - defined
    if undefined:
        raise InternalError(f"after {stage}: outputs {sorted(undefined)} are never computed")
    for name, value in graph.values.items():
        if value.is_const and value.array.shape != value.type.shape:
            raise InternalError(
                f"after {stage}: constant '{name}' has shape {value.array.shape}, not {value.type}"
            )
        if value.is_const and value.array.dtype != value.type.dtype.numpy:
            raise InternalError(
                f"after {stage}: constant '{name}' holds {value.array.dtype}, not {value.type}"
            )
    return graph


def _verify_node(graph: Graph, node: Node, defined: set[str], stage: str) -> None:
    unknown = [n for n in node.inputs if n not in defined]
    if unknown:
        raise _broken(graph, node, stage, f"operands {unknown} are not computed before it")
    twice = [n for n in node.outputs if n in defined]
    if twice:
        raise _broken(graph, node, stage, f"results {twice} are computed twice")
    try:
        expected = node.op.infer(graph.in_types(node))
    except ValueError as error:
        raise _broken(graph, node, stage, str(error)) from error
    shapes = tuple(t.shape for t in expected)
    if shapes != tuple(t.shape for t in graph.out_types(node)):
        raise _broken(graph, node, stage, f"the shape rule gives {shapes}")
    defined.update(node.outputs)


def _broken(graph: Graph, node: Node, stage: str, rule: str) -> InternalError:
    return InternalError(f"after {stage}: {print_node(graph, node)}: {rule}")
