"""ScatterND and ScatterElements without reductions: a copy of the data with elements replaced.

Indices as in `gather`. Updates are written in order, so the last of several to one place stays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import GraphBuilder, Op, Types
from tinycompile.ops.axes import normal_axis
from tinycompile.ops.gather import (
    check_elements,
    element_indices,
    elements_params,
    nd_params,
    small_rank,
    valid_indices,
)
from tinycompile.ops.kernel import Arg, In, Kernel, Out, Scalar, Site
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import TC_OPERANDS, SourceNode
from tinycompile.ops.strided import by_width, index_bytes
from tinycompile.ops.traits import Copying


@dataclass(frozen=True)
class ScatterND(Copying):
    """y = x, then y[indices[i..., :]] = updates[i..., :]."""

    def infer(self, ins: Types) -> Types:
        x, indices, updates = ins
        index_bytes(indices.dtype)
        depth = indices.shape[-1] if indices.rank else 0
        if not 1 <= depth <= x.rank or updates.shape != (*indices.shape[:-1], *x.shape[depth:]):
            raise ValueError(f"updates {updates} at {indices} do not fit {x}")
        if updates.dtype is not x.dtype:
            raise ValueError(f"updates {updates} are not of the type of {x}")
        return (x.with_shape(x.shape),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        depth, shape = ins[1].shape[-1], ins[0].shape
        rows = xs[1].reshape(-1, depth)
        y = xs[0].copy()
        updates = xs[2].reshape(len(rows), *shape[depth:])
        where = np.stack([valid_indices(rows[:, d], shape[d]) for d in range(depth)], axis=1)
        for index, update in zip(where, updates, strict=True):
            y[tuple(index)] = update
        return (y,)


@dataclass(frozen=True)
class ScatterElements(Copying):
    """y = x, then y[i_0, ..., indices[i...], ..., i_n] = updates[i...], the index at dimension `axis`."""

    axis: int

    def infer(self, ins: Types) -> Types:
        check_elements(self.axis, ins)
        if ins[2].shape != ins[1].shape or ins[2].dtype is not ins[0].dtype:
            raise ValueError(f"updates {ins[2]} do not go with indices {ins[1]} into {ins[0]}")
        return (ins[0].with_shape(ins[0].shape),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        y = xs[0].copy()
        where = [part.ravel() for part in np.broadcast_arrays(*element_indices(self.axis, xs[1], ins[0]))]
        for position, update in enumerate(xs[2].ravel()):
            y[tuple(part[position] for part in where)] = update
        return (y,)


def _scattered(node: SourceNode, b: GraphBuilder, op: Op) -> Sequence[str]:
    reduction = node.attr_str("reduction", "none")
    if reduction != "none":
        raise node.error(f"reduction '{reduction}' is not supported", "use the reduction 'none'")
    names = [node.input(index) for index in range(3)]
    try:
        return b.add(op, names, origins=node.origins, hint=node.name)
    except ValueError as error:
        raise node.error(str(error), code=TC_OPERANDS) from error


@imports("ScatterND")
def _import_scatter_nd(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    return _scattered(node, b, ScatterND())


@imports("ScatterElements", "Scatter")
def _import_scatter_elements(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    axis = normal_axis(node, node.attr_int("axis", 0), node.type(0, b).rank)
    return _scattered(node, b, ScatterElements(axis))


def _nd_args(site: Site) -> tuple[Arg, ...]:
    x = site.ins[0]
    params = nd_params(x, site.ins[1], 0)
    return (In(0), In(1), In(2), Out(0), Scalar(math.prod(x.shape) * x.dtype.itemsize, "size_t"), params)


def _elements_args(site: Site) -> tuple[Arg, ...]:
    op = site.op
    assert isinstance(op, ScatterElements)
    return (In(0), In(1), In(2), Out(0), elements_params(site.ins[0], site.ins[1], op.axis))


kernels(ScatterND, Kernel("tc_scatter_nd", _nd_args, small_rank, dtype="any"))
kernels(ScatterElements, *by_width("tc_scatter_elements", _elements_args, small_rank))
