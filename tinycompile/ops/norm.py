"""Normalisations over the trailing dimensions, and the source operators that come down to them.

float32 only; in an int8 model they are float islands, except BatchNormalization, which becomes a scale
and a shift per channel that fold into the operator before it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinycompile.ir import DType, GraphBuilder, Op, Types
from tinycompile.numeric.float_math import sqrtf
from tinycompile.ops.arithmetic import Add, Arithmetic, Div, Mul, Sub
from tinycompile.ops.axes import normal_axes, normal_axis
from tinycompile.ops.broadcast import add_elementwise
from tinycompile.ops.extremes import Max
from tinycompile.ops.kernel import Arg, In, Kernel, Null, Out, Site, Struct
from tinycompile.ops.layout import Reshape
from tinycompile.ops.reduce import Kind, Reduce
from tinycompile.ops.registry import imports, kernels
from tinycompile.ops.source import TC_OPERANDS, SourceNode
from tinycompile.ops.unary import Unary

#: Keeps the norm of an all-zero row from dividing: the smallest normal float32.
_TINY = 1.17549435e-38


@dataclass(frozen=True)
class Normalize(Op):
    """Operands x and optionally scale, and bias, both of the shape of the last `rank` dimensions of x.

    Over these dimensions: y = d / sqrt(mean(d**2) + epsilon) * scale + bias, where d is x - mean(x), or x
    itself unless `centred`. All sums run in order.
    """

    rank: int
    epsilon: float
    centred: bool = True

    def infer(self, ins: Types) -> Types:
        x = ins[0]
        inner = x.shape[x.rank - self.rank :]
        if not 1 <= self.rank <= x.rank or x.dtype is not DType.FLOAT32:
            raise ValueError(f"{x} cannot be normalised over {self.rank} dimensions")
        if any(t.shape != inner or t.dtype is not x.dtype for t in ins[1:]):
            raise ValueError(f"scale and bias {', '.join(map(str, ins[1:]))} do not fit {inner}")
        return (x.with_dtype(x.dtype),)

    def evaluate(self, xs: Sequence[np.ndarray], ins: Types, outs: Types) -> tuple[np.ndarray, ...]:
        rows = xs[0].reshape(self.split(ins))
        count = np.float32(rows.shape[1])
        with np.errstate(all="ignore"):
            if self.centred:
                rows = rows - (_ordered_sum(rows) / count)[:, None]
            spread = _ordered_sum(rows * rows) / count + np.float32(self.epsilon)
            y = rows * (np.float32(1) / sqrtf(spread))[:, None]
            for operand, combine in zip(xs[1:], (np.multiply, np.add), strict=False):
                y = combine(y, operand.reshape(1, -1))
        return (np.asarray(y, dtype=np.float32).reshape(outs[0].shape),)

    def split(self, ins: Types) -> tuple[int, int]:
        """(rows, elements of a row)."""
        count = math.prod(ins[0].shape[ins[0].rank - self.rank :])
        return math.prod(ins[0].shape[: ins[0].rank - self.rank]), count


def _ordered_sum(rows: np.ndarray) -> np.ndarray:
    """float32[n]: the sum of each row, element by element."""
    total = np.zeros(len(rows), np.float32)
    for column in rows.T:
        total = total + column
    return total


def _binary(b: GraphBuilder, op: Arithmetic | Max, x: str, z: str, node: SourceNode) -> str:
    return add_elementwise(b, op, [x, z], node.origins, node.name)


def _reshaped(b: GraphBuilder, x: str, shape: tuple[int, ...], node: SourceNode) -> str:
    return x if b.type(x).shape == shape else b.add1(Reshape(shape), x, origins=node.origins)


def _per_channel(b: GraphBuilder, x: str, rank: int, node: SourceNode) -> str:
    """A vector over dimension 1 of a tensor of `rank` dimensions."""
    return _reshaped(b, x, (1, b.type(x).elements, *(1,) * (rank - 2)), node)


def _float_const(b: GraphBuilder, value: float, hint: str) -> str:
    return b.const(np.asarray(value, np.float32), hint)


@imports("BatchNormalization")
def _import_batch_norm(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    """x * factor + shift per channel; both are computed in float64 from constant operands."""
    if node.attr_int("training_mode", 0) or node.num_outputs > 1:
        raise node.error("training mode is not supported", "export the model for inference")
    if not node.attr_int("spatial", 1):
        raise node.error("spatial=0 is not supported", "normalise per channel")
    rank, epsilon = node.type(0, b).rank, node.attr_float("epsilon", 1e-5)
    if rank < 2:
        raise node.error(f"an operand of {rank} dimensions has no channels", code=TC_OPERANDS)
    operands = [node.input(index) for index in range(1, 5)]
    data = [b.settled(name) for name in operands]
    constants = [d.astype(np.float64) for d in data if d is not None]
    if len(constants) == 4:
        gamma, beta, mean, variance = constants
        slope = gamma / np.sqrt(variance + epsilon)
        factor = b.const(slope.astype(np.float32), f"{node.name}.factor")
        shift = b.const((beta - mean * slope).astype(np.float32), f"{node.name}.shift")
    else:
        gamma_, beta_, mean_, variance_ = operands
        spread = _binary(b, Add(), variance_, _float_const(b, epsilon, "epsilon"), node)
        factor = _binary(b, Div(), gamma_, b.add1(Unary("Sqrt"), spread, origins=node.origins), node)
        shift = _binary(b, Sub(), beta_, _binary(b, Mul(), mean_, factor, node), node)
    y = _binary(b, Mul(), node.input(0), _per_channel(b, factor, rank, node), node)
    return [_binary(b, Add(), y, _per_channel(b, shift, rank, node), node)]


@imports("LayerNormalization", "RMSNormalization")
def _import_layer_norm(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    if node.num_outputs > 1:
        return _layer_norm_parts(node, b)
    x, shape = node.input(0), node.type(0, b).shape
    axis = normal_axis(node, node.attr_int("axis", -1), len(shape))
    centred = node.op_type == "LayerNormalization"
    op = Normalize(len(shape) - axis, node.attr_float("epsilon", 1e-5), centred)
    extra = [node.input(index) for index in range(1, len(node.inputs)) if node.has(index)]
    if all(b.type(e).elements == math.prod(shape[axis:]) for e in extra):
        operands = [x, *(_reshaped(b, e, shape[axis:], node) for e in extra)]
        return [b.add1(op, *operands, origins=node.origins, hint=node.name)]
    y = b.add1(op, x, origins=node.origins, hint=node.name)
    for operand, apply in zip(extra, (Mul(), Add()), strict=False):
        y = _binary(b, apply, y, operand, node)
    return [y]


def _layer_norm_parts(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    """LayerNormalization that also gives the mean and the inverse standard deviation."""
    x, shape = node.input(0), node.type(0, b).shape
    axes = tuple(range(normal_axis(node, node.attr_int("axis", -1), len(shape)), len(shape)))
    mean = b.add1(Reduce(Kind.MEAN, axes), x, origins=node.origins)
    centred = _binary(b, Sub(), x, mean, node)
    square = _binary(b, Mul(), centred, centred, node)
    variance = b.add1(Reduce(Kind.MEAN, axes), square, origins=node.origins)
    spread = _binary(b, Add(), variance, _float_const(b, node.attr_float("epsilon", 1e-5), "epsilon"), node)
    root = b.add1(Unary("Sqrt"), spread, origins=node.origins)
    inverse = b.add1(Unary("Reciprocal"), root, origins=node.origins)
    y = _binary(b, Mul(), centred, inverse, node)
    for index, apply in ((1, Mul()), (2, Add())):
        if node.has(index):
            y = _binary(b, apply, y, node.input(index), node)
    return [y, mean, inverse]


@imports("InstanceNormalization", "GroupNormalization")
def _import_group_norm(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    """Groups of channels with their spatial extent; an instance norm has one channel a group.

    Scale and bias have one element a channel, or before opset 21 one a group.
    """
    x, shape, epsilon = node.input(0), node.type(0, b).shape, node.attr_float("epsilon", 1e-5)
    if len(shape) < 3:
        raise node.error(f"an operand of shape {shape} has no spatial dimensions", code=TC_OPERANDS)
    instance = node.op_type == "InstanceNormalization"
    groups = shape[1] if instance else node.attr_int("num_groups")
    if groups < 1 or shape[1] % groups:
        raise node.error(f"{shape[1]} channels do not make {groups} groups", code=TC_OPERANDS)
    per_group = math.prod(shape[1:]) // groups
    grouped = _reshaped(b, x, (shape[0], groups, per_group), node)
    y = b.add1(Normalize(1, epsilon), grouped, origins=node.origins, hint=node.name)
    for index, apply in ((1, Mul()), (2, Add())):
        vector = node.input(index)
        at_group = b.type(vector).elements == groups and groups != shape[1]
        y = _reshaped(b, y, (shape[0], groups, per_group) if at_group else shape, node)
        y = _binary(b, apply, y, _per_channel(b, vector, b.type(y).rank, node), node)
    return [_reshaped(b, y, shape, node)]


@imports("LpNormalization")
def _import_lp_norm(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    """x divided by its norm along one dimension; an all-zero row stays zero."""
    x, p = node.input(0), node.attr_int("p", 2)
    axis = normal_axis(node, node.attr_int("axis", -1), node.type(0, b).rank)
    if p not in (1, 2):
        raise node.error(f"p={p} is not supported", "use 1 or 2")
    norm = b.add1(Reduce(Kind.L1 if p == 1 else Kind.SUM_SQUARE, (axis,)), x, origins=node.origins)
    if p == 2:
        norm = b.add1(Unary("Sqrt"), norm, origins=node.origins)
    norm = _binary(b, Max(), norm, _float_const(b, _TINY, "tiny"), node)
    return [_binary(b, Div(), x, norm, node)]


@imports("MeanVarianceNormalization")
def _import_mean_variance(node: SourceNode, b: GraphBuilder) -> Sequence[str]:
    x = node.input(0)
    axes = normal_axes(node, node.attr_ints("axes", (0, 2, 3)), node.type(0, b).rank)
    centred = _binary(b, Sub(), x, b.add1(Reduce(Kind.MEAN, axes), x, origins=node.origins), node)
    square = _binary(b, Mul(), centred, centred, node)
    deviation = b.add1(Unary("Sqrt"), b.add1(Reduce(Kind.MEAN, axes), square, origins=node.origins))
    floor = _binary(b, Add(), deviation, _float_const(b, 1e-9, "epsilon"), node)
    return [_binary(b, Div(), centred, floor, node)]


def _args(site: Site) -> tuple[Arg, ...]:
    op = site.op
    assert isinstance(op, Normalize)
    rows, count = op.split(site.ins)
    extra: list[Arg] = [In(index) if index < len(site.ins) else Null() for index in (1, 2)]
    fields = (
        ("rows", rows),
        ("count", count),
        ("centred", int(op.centred)),
        ("epsilon", float(np.float32(op.epsilon))),
    )
    return (In(0), Out(0), *extra, Struct("tc_normalize_t", fields))


def _in_place(site: Site) -> tuple[tuple[int, int], ...]:
    return () if site.has_const(0) else ((0, 0),)


def _cycles(site: Site) -> float:
    """Estimated Cortex-M4F cycles: per element, and per row for mean, variance and root."""
    assert isinstance(site.op, Normalize)
    return 34.0 * site.ins[0].elements + 110.0 * site.op.split(site.ins)[0] + 60.0


kernels(
    Normalize,
    Kernel("tc_normalize_f32", _args, in_place=_in_place, cycles=_cycles, dtype="float32"),
)
