"""DepthToSpace and SpaceToDepth, as transposes of NHWC blocks."""

from __future__ import annotations

from collections.abc import Sequence

from tinycompile.ir import GraphBuilder
from tinycompile.ops.layout import Reshape, Transpose, nchw_from_nhwc, nhwc_from_nchw
from tinycompile.ops.registry import imports
from tinycompile.ops.source import TC_OPERANDS, SourceNode


def _shuffled(
    node: SourceNode, b: GraphBuilder, apart: tuple[int, ...], perm: tuple[int, ...], shape: tuple[int, ...]
) -> Sequence[str]:
    """Reshape, transpose, reshape between NHWC and NCHW."""
    x = nhwc_from_nchw(b, node.input(0), node.origins)
    x = b.add1(Reshape(apart), x, origins=node.origins)
    x = b.add1(Transpose(perm), x, origins=node.origins, hint=node.name)
    x = b.add1(Reshape(shape), x, origins=node.origins)
    return [nchw_from_nhwc(b, x, 4, node.origins)]


def _operand(node: SourceNode, b: GraphBuilder) -> tuple[tuple[int, ...], int]:
    shape, block = node.type(0, b).shape, node.attr_int("blocksize")
    if len(shape) != 4 or block < 1:
        raise node.error(f"an operand of shape {shape} does not go with blocks of {block}", code=TC_OPERANDS)
    return shape, block


def _mode(node: SourceNode) -> str:
    """DCR: the position in the block is the outer part of a channel number; CRD: the inner part."""
    mode = node.attr_str("mode", "DCR")
    if mode not in ("DCR", "CRD"):
        raise node.error(f"mode '{mode}' is unknown", "use DCR or CRD")
    return mode


@imports("DepthToSpace")
def _import_depth_to_space(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    (n, c, h, w), k = _operand(node, b)
    if c % (k * k):
        raise node.error(f"{c} channels do not hold blocks of {k} by {k}", code=TC_OPERANDS)
    depth = c // (k * k)
    shape = (n, h * k, w * k, depth)
    if _mode(node) == "CRD":
        return _shuffled(node, b, (n, h, w, depth, k, k), (0, 1, 4, 2, 5, 3), shape)
    return _shuffled(node, b, (n, h, w, k, k, depth), (0, 1, 3, 2, 4, 5), shape)


@imports("SpaceToDepth")
def _import_space_to_depth(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    (n, c, h, w), k = _operand(node, b)
    if h % k or w % k:
        raise node.error(f"an image of {h} by {w} does not divide into blocks of {k}", code=TC_OPERANDS)
    apart, shape = (n, h // k, k, w // k, k, c), (n, h // k, w // k, k * k * c)
    if _mode(node) == "CRD":
        return _shuffled(node, b, apart, (0, 1, 3, 5, 2, 4), shape)
    return _shuffled(node, b, apart, (0, 1, 3, 2, 4, 5), shape)
