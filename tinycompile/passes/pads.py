"""Zero padding before a sliding window becomes padding of the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.ir import Graph, Node
from tinycompile.ops.layout import Reshape
from tinycompile.passes.rewrite import Rewriter, rewrite

Pads = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class MergePads:
    """window(pad(x)) -> window with larger pads (x), when the padding is zero and has no other reader.

    A view in between that adds or drops dimensions of 1 is passed.

    Requires: nothing; on integers the padding's operand and result have one quantisation.
    Ensures: no operator that can pad by itself is the sole reader of zero padding.
    """

    name: str = "merge pads"

    def run(self, graph: Graph) -> Graph:
        """The graph with fewer padding nodes."""
        return rewrite(graph, _merge)


def _merge(rw: Rewriter, node: Node) -> Sequence[str] | None:
    if not node.inputs or not rw.sole_use(node.inputs[0]):
        return None
    pad, view = rw.behind_view(node.inputs[0])
    if pad is None:
        return None
    padded, x = rw.type(node.inputs[0]), pad.inputs[0]
    pads = pad.op.zero_pads(rw.in_types(pad), rw.out_types(pad))
    if pads is not None and view is not None:
        pads = through_view(pads, rw.type(pad.outputs[0]).shape, padded.shape)
    if pads is None or rw.type(x).quant != padded.quant:
        return None
    op = node.op.padded(pads)
    if op is None:
        return None
    origins = (*pad.origins, *node.origins)
    if view is not None:
        shape = tuple(size - sum(pair) for size, pair in zip(padded.shape, pads, strict=True))
        x = rw.add1(Reshape(shape), x, origins=origins, out_type=rw.type(x).with_shape(shape))
    operands, outs = [x, *node.inputs[1:]], rw.out_types(node)
    return rw.add(op, operands, origins=origins, hint=node.outputs[0], out_types=outs)


def through_view(pads: Pads, shape: tuple[int, ...], target: tuple[int, ...]) -> Pads | None:
    """Pads of a tensor of `shape` in its view `target`, when that only adds or drops dimensions of 1."""
    wide = [(size, pair) for size, pair in zip(shape, pads, strict=True) if size != 1]
    if [size for size, _ in wide] != [size for size in target if size != 1]:
        return None
    pairs = iter(pair for _, pair in wide)
    return tuple((0, 0) if size == 1 else next(pairs) for size in target)
