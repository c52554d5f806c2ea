"""The graph as rows arrive at it and leave it."""

from __future__ import annotations

from dataclasses import replace

from tinycompile.ir import Graph
from tinycompile.passes.row_edges import nhwc_input, nhwc_output
from tinycompile.plan.rules import Edge, Rules


def at_edges(graph: Graph, rules: Rules) -> tuple[Graph, Rules]:
    """The graph with images that come or go in rows or patches as NHWC: line by line, pixel by pixel."""
    if rules.input is not Edge.RAM and graph.inputs:
        graph, perm = nhwc_input(graph, graph.inputs[0])
        rules = replace(rules, input_perm=perm)
    if rules.output is Edge.ROWS:
        graph, perm = nhwc_output(graph, graph.outputs[0])
        rules = replace(rules, output_perm=perm)
    return graph, rules
