"""A stable text form of graphs, for error messages, golden files and eyes."""

from __future__ import annotations

from dataclasses import fields

from tinycompile.ir.graph import Graph, Node
from tinycompile.ir.op import Op


def print_op(op: Op) -> str:
    """`Name(attr=value, ...)` with the attributes in declaration order."""
    attributes = ", ".join(f"{f.name}={getattr(op, f.name)!r}" for f in fields(op))
    return f"{op.name}({attributes})"


def print_node(graph: Graph, node: Node) -> str:
    """One line: results with types, the operator, the operands."""
    outs = ", ".join(f"%{n}: {graph.type(n)}" for n in node.outputs)
    ins = ", ".join(f"%{n}" for n in node.inputs)
    return f"{outs} = {print_op(node.op)} {ins}"


def print_graph(graph: Graph) -> str:
    """The whole graph, one line a node; the same graph always gives the same text."""
    lines = [f"graph {graph.name}"]
    lines += [f"  input %{n}: {graph.type(n)}" for n in graph.inputs]
    lines += [f"  const %{n}: {v.type}" for n, v in graph.values.items() if v.is_const]
    lines += [f"  {print_node(graph, node)}" for node in graph.nodes]
    lines.append(f"  return {', '.join('%' + n for n in graph.outputs)}")
    return "\n".join(lines) + "\n"
