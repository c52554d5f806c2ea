"""Results of a sliding window that are cut off again are not made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.ir import Graph, Node
from tinycompile.ops.layout import Reshape
from tinycompile.ops.slice import Slice
from tinycompile.passes.pads import through_view
from tinycompile.passes.rewrite import Rewriter, rewrite


@dataclass(frozen=True)
class MergeCrops:
    """crop(window(x)) -> window with smaller pads (x), when nothing else reads what is cut off.

    How causal convolutions are often written: padded on both sides, then cut at the end. A view in between
    that adds or drops dimensions of 1 is passed.

    Requires: nothing. Ensures: no crop of whole steps is the sole reader of a window that saw pads there.
    """

    name: str = "merge crops"

    def run(self, graph: Graph) -> Graph:
        """The graph with windows that make less."""
        return rewrite(graph, _merge)


def _merge(rw: Rewriter, node: Node) -> Sequence[str] | None:
    if not isinstance(node.op, Slice) or set(node.op.steps) != {1} or not rw.sole_use(node.inputs[0]):
        return None
    made, view = rw.behind_view(node.inputs[0])
    if made is None or len(made.outputs) != 1 or 0 in node.op.sizes:
        return None
    seen, made_type = rw.type(node.inputs[0]), rw.type(made.outputs[0])
    ends = zip(node.op.starts, node.op.sizes, seen.shape, strict=True)
    cut = tuple((start, size - start - length) for start, length, size in ends)
    inner = cut if view is None else through_view(cut, seen.shape, made_type.shape)
    if inner is None:
        return None
    op = made.op.cropped(tuple(first for first, _ in inner), tuple(last for _, last in inner))
    if op is None:
        return None
    shape = tuple(size - sum(pair) for size, pair in zip(made_type.shape, inner, strict=True))
    origins = (*made.origins, *node.origins)
    y = rw.add1(op, *made.inputs, origins=origins, out_type=made_type.with_shape(shape))
    return [y] if view is None else rw.add(Reshape(node.op.sizes), [y], out_types=rw.out_types(node))
