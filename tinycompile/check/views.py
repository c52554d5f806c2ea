"""What views show: the operators that only rearrange bytes, on arrays of tags or of addresses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tinycompile.check.codes import WRONG_GRAPH, WRONG_PLACE, Who, refuse
from tinycompile.check.document import ViewEntry
from tinycompile.check.graph import CheckedGraph, CheckedNode
from tinycompile.ops.concat import Concat
from tinycompile.ops.layout import Reshape, Transpose
from tinycompile.ops.slice import Slice

Array = npt.NDArray[np.int64]


def seen(node: CheckedNode, sources: Sequence[Array]) -> Array:
    """The one result of a view on arrays [*shape, bytes of an element].

    Raises:
        VerificationError: the operator computes something.
    """
    op, shape = node.op, (*node.out_types[0].shape, node.out_types[0].dtype.itemsize)
    if isinstance(op, Reshape):
        return sources[0].reshape(shape)
    if isinstance(op, Transpose):
        return sources[0].transpose(*op.perm, len(op.perm))
    if isinstance(op, Concat):
        return np.concatenate(sources, axis=op.axis)
    if isinstance(op, Slice):
        found = sources[0]
        if not all(op.steps):
            raise refuse(WRONG_GRAPH, f"'{node.label}' takes elements 0 apart", node.origins)
        for axis, (start, size, step) in enumerate(zip(op.starts, op.sizes, op.steps, strict=True)):
            found = found.take(range(start, start + size * step, step), axis=axis)
        return found
    raise refuse(WRONG_GRAPH, f"'{node.label}' ({op.name}) has no call, but is no view", node.origins)


def check_view(graph: CheckedGraph, entry: ViewEntry) -> None:
    """Every byte of the result lies where the operand has it."""
    node = graph.nodes[entry.node]
    who = Who(f"the view '{node.outs[0]}' ('{node.label}')", node.origins)
    if len(node.outs) != 1 or len(entry.results) != 1 or len(entry.sources) != len(node.ins):
        raise who.error(WRONG_GRAPH, "has other operands than its node")
    addresses = []
    for name, type_, offset in zip(node.ins, node.in_types, entry.sources, strict=True):
        if offset is None:
            raise who.error(WRONG_PLACE, f"shows '{name}', a constant")
        places = np.arange(offset, offset + type_.nbytes, dtype=np.int64)
        addresses.append(places.reshape(*type_.shape, type_.dtype.itemsize))
    found, at = seen(node, addresses).reshape(-1), entry.results[0]
    wrong = np.flatnonzero(found != np.arange(at, at + len(found)))
    if len(wrong):
        byte = int(wrong[0])
        raise who.error(
            WRONG_PLACE, f"is said to lie at {at}, but its byte {byte} is seen at {int(found[byte])}"
        )
