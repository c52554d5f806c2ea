"""Gather, GatherElements and GatherND: elements of a tensor of any type chosen by indices.

Constant indices along one dimension become a Slice or a Take. Computed indices are int32 or int64; negative
ones count from the end, and one that is out of range reads the nearest valid entry, here and in C.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import GraphBuilder, Op, TensorType, Types
from tinycompile.ops.axes import normal_axis
from tinycompile.ops.kernel import Arg, In, Kernel, Out, Site, Struct
from tinycompile.ops.layout import Reshape
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.slice import Slice
from tinycompile.ops.source import TC_OPERANDS, SourceNode
from tinycompile.ops.strided import MOVE_RANK, by_width, dense_strides, index_bytes, padded_rank
from tinycompile.ops.take import Table, Take
from tinycompile.ops.traits import Copying


@dataclass(frozen=True)
class Gather(Copying):
    """y = x with dimension `axis` replaced by the dimensions of the indices: x[:, indices, :]."""

    axis: int

    def infer(self, ins: Types) -> Types:
        x, indices = ins
        if not 0 <= self.axis < x.rank:
            raise ValueError(f"{x} has no dimension {self.axis}")
        index_bytes(indices.dtype)
        return (x.with_shape((*x.shape[: self.axis], *indices.shape, *x.shape[self.axis + 1 :])),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        indices = valid_indices(xs[1], ins[0].shape[self.axis])
        return (np.take(xs[0], indices, axis=self.axis).reshape(outs[0].shape),)


@dataclass(frozen=True)
class GatherElements(Copying):
    """y[i_0, ..., i_n] = x[i_0, ..., indices[i_0, ..., i_n], ..., i_n], the index at dimension `axis`."""

    axis: int

    def infer(self, ins: Types) -> Types:
        check_elements(self.axis, ins)
        return (ins[0].with_shape(ins[1].shape),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        return (xs[0][element_indices(self.axis, xs[1], ins[0])],)


@dataclass(frozen=True)
class GatherND(Copying):
    """y[b..., i..., :] = x[b..., indices[b..., i..., 0], indices[b..., i..., 1], ..., :]."""

    batch_dims: int = 0

    def infer(self, ins: Types) -> Types:
        x, indices = ins
        index_bytes(indices.dtype)
        depth = indices.shape[-1] if indices.rank else 0
        if depth < 1 or self.batch_dims >= indices.rank or self.batch_dims + depth > x.rank:
            raise ValueError(f"indices {indices} with {self.batch_dims} batch dimensions do not fit {x}")
        if x.shape[: self.batch_dims] != indices.shape[: self.batch_dims]:
            raise ValueError(f"{x} and {indices} have other batch dimensions")
        return (x.with_shape((*indices.shape[:-1], *x.shape[self.batch_dims + depth :])),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        batch = math.prod(ins[0].shape[: self.batch_dims])
        data = xs[0].reshape(batch, *ins[0].shape[self.batch_dims :])
        depth = ins[1].shape[-1]
        rows = xs[1].reshape(batch, -1, depth)
        where = [valid_indices(rows[..., d], data.shape[d + 1]) for d in range(depth)]
        return (data[(np.arange(batch)[:, None], *where)].reshape(outs[0].shape),)


def valid_indices(indices: np.ndarray, size: int) -> np.ndarray:
    """int64 indices into `size` entries: counted from the front, moved to the nearest valid one."""
    wide = indices.astype(np.int64)
    return np.asarray(np.clip(np.where(wide < 0, wide + size, wide), 0, max(size - 1, 0)))


def check_elements(axis: int, ins: Types) -> None:
    """Raises ValueError when indices do not fit the data of GatherElements or ScatterElements."""
    x, indices = ins[0], ins[1]
    index_bytes(indices.dtype)
    if not 0 <= axis < x.rank or indices.rank != x.rank:
        raise ValueError(f"indices {indices} along dimension {axis} do not fit {x}")
    if any(i > d for at, (i, d) in enumerate(zip(indices.shape, x.shape, strict=True)) if at != axis):
        raise ValueError(f"indices {indices} reach beyond {x}")


def element_indices(axis: int, indices: np.ndarray, x: TensorType) -> tuple[np.ndarray, ...]:
    """The full index of the data element that every index names."""
    where: list[np.ndarray] = list(np.indices(indices.shape, sparse=True))
    where[axis] = valid_indices(indices, x.shape[axis])
    return tuple(where)


@imports("Gather")
def _import_gather(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    x = node.type(0, b)
    op = Gather(normal_axis(node, node.attr_int("axis", 0), x.rank))
    indices = b.data(node.input(1))
    if indices is None or b.data(node.input(0)) is not None:
        return _indexed(node, b, op)
    size = x.shape[op.axis]
    if indices.size and not -size <= indices.min() <= indices.max() < size:
        found = f"{indices.min()}..{indices.max()}"
        raise node.error(f"indices {found} leave a dimension of {size}", code=TC_OPERANDS)
    y = b.add1(
        _chosen(x, op.axis, valid_indices(indices, size).ravel()),
        node.input(0),
        origins=node.origins,
        hint=node.name,
    )
    shape = op.infer((x, node.type(1, b)))[0].shape
    return [y if b.type(y).shape == shape else b.add1(Reshape(shape), y, origins=node.origins)]


def _chosen(x: TensorType, axis: int, indices: np.ndarray) -> Op:
    """A Slice when the indices are evenly spaced, else a Take."""
    steps = set(np.diff(indices).tolist())
    if indices.size == 0 or len(steps) > 1 or 0 in steps:
        tables: list[Table] = [None] * x.rank
        tables[axis] = tuple(int(index) for index in indices)
        return Take(tuple(tables))
    starts, sizes, strides = [0] * x.rank, list(x.shape), [1] * x.rank
    starts[axis], sizes[axis], strides[axis] = int(indices[0]), indices.size, int(steps.pop()) if steps else 1
    return Slice(tuple(starts), tuple(sizes), tuple(strides))


@imports("GatherElements")
def _import_gather_elements(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    axis = normal_axis(node, node.attr_int("axis", 0), node.type(0, b).rank)
    return _indexed(node, b, GatherElements(axis))


@imports("GatherND")
def _import_gather_nd(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    return _indexed(node, b, GatherND(node.attr_int("batch_dims", 0)))


def _indexed(node: SourceNode, b: GraphBuilder, op: Op) -> Sequence[str]:
    try:
        return b.add(op, [node.input(0), node.input(1)], origins=node.origins, hint=node.name)
    except ValueError as error:
        raise node.error(str(error), code=TC_OPERANDS) from error


def _gather_args(site: Site) -> tuple[Arg, ...]:
    op, x = site.op, site.ins[0]
    assert isinstance(op, Gather)
    params = Struct(
        "tc_gather_t",
        (
            ("outer", math.prod(x.shape[: op.axis])),
            ("size", x.shape[op.axis]),
            ("count", site.ins[1].elements),
            ("run", math.prod(x.shape[op.axis + 1 :]) * x.dtype.itemsize),
            ("index_bytes", index_bytes(site.ins[1].dtype)),
        ),
    )
    return (In(0), In(1), Out(0), params)


def nd_params(x: TensorType, indices: TensorType, batch_dims: int) -> Struct:
    """The block tc_gather_nd_t for indices [batch..., rows..., depth] into x."""
    depth, item = indices.shape[-1], x.dtype.itemsize
    batch = math.prod(x.shape[:batch_dims])
    inner = x.shape[batch_dims:]
    strides = tuple(stride * item for stride in dense_strides(inner)[:depth])
    unused = (0,) * (MOVE_RANK - depth)
    return Struct(
        "tc_gather_nd_t",
        (
            ("batch", batch),
            ("rows", math.prod(indices.shape[batch_dims:-1])),
            ("depth", depth),
            ("run", math.prod(inner[depth:]) * item),
            ("batch_bytes", math.prod(inner) * item),
            ("index_bytes", index_bytes(indices.dtype)),
            ("size", (*inner[:depth], *unused)),
            ("stride", (*strides, *unused)),
        ),
    )


def _nd_args(site: Site) -> tuple[Arg, ...]:
    op = site.op
    assert isinstance(op, GatherND)
    return (In(0), In(1), Out(0), nd_params(site.ins[0], site.ins[1], op.batch_dims))


def elements_params(x: TensorType, indices: TensorType, axis: int) -> Struct:
    """The block tc_elements_t for indices along dimension `axis` of x."""
    strides = list(dense_strides(x.shape))
    axis_stride, strides[axis] = strides[axis], 0
    return Struct(
        "tc_elements_t",
        (
            ("size", padded_rank(indices.shape, 1)),
            ("stride", padded_rank(strides, 0)),
            ("axis_size", x.shape[axis]),
            ("axis_stride", axis_stride),
            ("index_bytes", index_bytes(indices.dtype)),
            ("elements", x.elements),
        ),
    )


def _elements_args(site: Site) -> tuple[Arg, ...]:
    op = site.op
    assert isinstance(op, GatherElements)
    return (In(0), In(1), Out(0), elements_params(site.ins[0], site.ins[1], op.axis))


def small_rank(site: Site) -> bool:
    """True when the kernels can walk operands 0 and 1, and there is something to index."""
    return max(site.ins[0].rank, site.ins[1].rank) <= MOVE_RANK and site.ins[0].elements > 0


kernels(Gather, Kernel("tc_gather", _gather_args, lambda site: site.ins[0].elements > 0, dtype="any"))
kernels(GatherND, Kernel("tc_gather_nd", _nd_args, small_rank, dtype="any"))
kernels(GatherElements, *by_width("tc_gather_elements", _elements_args, small_rank))
