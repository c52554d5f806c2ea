"""Import rules that express one source operator through others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tinycompile.ir import GraphBuilder
from tinycompile.ops.registry import import_rule
from tinycompile.ops.source import AttributeValue, SourceNode


def apply(
    node: SourceNode,
    b: GraphBuilder,
    op_type: str,
    *inputs: str,
    attributes: Mapping[str, AttributeValue] | None = None,
) -> str:
    """The first result of the source operator `op_type` on builder values, in the name of `node`.

    Raises:
        ModelError: the operator has no import rule, or that rule refuses the operands.
    """
    rule = import_rule(op_type)
    if rule is None:
        raise node.error(f"it is computed through {op_type}, which is not supported")
    part = replace(node, op_type=op_type, inputs=inputs, num_outputs=1, attributes=dict(attributes or {}))
    return rule(part, b)[0]
